"""A Label Studio JSON export → :class:`~labelq.labels.submissions.Submissions`."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET

from labelq.errors import SourceError
from labelq.label_studio.asked import settle_answers
from labelq.label_studio.config import Control, LabelConfig, read_label_config
from labelq.label_studio.control_tags import ControlTag, of_result
from labelq.label_studio.json_min import min_rows
from labelq.label_studio.people import People
from labelq.label_studio.records import (
    NO_REGION,
    Annotation,
    Answer,
    Prediction,
    Result,
    Scalar,
    Task,
    region,
    tasks,
)
from labelq.label_studio.slots import Slot
from labelq.label_studio.texts import TextSource, guessed_text_field, shown_text
from labelq.labels.model import Question
from labelq.labels.submissions import (
    ANSWER,
    GOLD,
    MOST_QUESTIONS,
    NO_TIME,
    PREDICTION,
    Submissions,
)

__all__ = ["read_export"]

Progress = Callable[[str, float], None]
Results = Sequence[Result | list[Result]] | None

_BEGUN = ("prediction", "prediction-changed")
_NOWHERE = Slot(tag="")
_SCALARS = {str, int, float, bool, type(None)}
_BATCH = 256
_YEAR_1, _YEAR_9999 = -62_135_596_800, 253_402_300_799


def read_export(
    path: Path,
    *,
    label_config: Path | None = None,
    text_field: str | None = None,
    skip_bad_records: bool = False,
    progress: Progress | None = None,
) -> Submissions:
    """What the export at ``path`` says.

    ``label_config`` is the labeling config (XML); without it, a ``label_config.xml`` beside
    the export is taken, and without that the scheme is inferred from the results. Both are
    noted. ``text_field`` names the task field with the text. With ``skip_bad_records`` a
    record that cannot be read is set aside (``bad_record``).

    Raises:
        SourceError: the export or the config cannot be read; the line says where and why.
    """
    notes: list[str] = []
    beside = path.parent / "label_config.xml"
    if label_config is None and beside.is_file():
        label_config = beside
        notes.append(f"The label config {beside.name} beside the export was used.")
    config = read_label_config(label_config) if label_config else None
    filling = _Filling(path, config, text_field)
    filling.submissions.notes += notes + (list(config.notes) if config else [])
    on_bad = filling.bad_record if skip_bad_records else None
    for n, (task, share) in enumerate(tasks(path, min_row=min_rows(config), on_bad=on_bad)):
        filling.add(task)
        if progress is not None and n % 1000 == 0:
            progress("reading", share)
    filling.finish()
    if progress is not None:
        progress("reading", 1.0)
    return filling.submissions


class _Filling:
    """One export on its way into a Submissions."""

    def __init__(self, path: Path, config: LabelConfig | None, text_field: str | None) -> None:
        self.path = path
        self.config = config
        self.submissions = Submissions()
        self.people = People()
        self.slots: dict[tuple[str | None, str | None], Slot] = {}
        self.by_name: dict[str, Slot] = {}
        self.units: dict[str, int] = {}
        self.structured: set[str] = set()
        self.batch: list[Annotation] = []
        self.batch_unit: list[int] = []
        self.predicted: list[tuple[int, Prediction]] = []
        self.n_undated = 0
        self.texts: tuple[TextSource, ...] | None = config.texts if config else None
        self.text_field = text_field
        if text_field is not None:
            self.texts = (TextSource((text_field,)),)
        self.shown = {source.steps[0] for source in self.texts or ()}
        for control in config.controls if config else ():
            if control.line is not None and control.per is None and control.pattern is None:
                self.new_slot(control.name, control.line, control)

    def bad_record(self, problem: str) -> None:
        self.submissions.set_aside("bad_record", detail=problem)

    def new_slot(self, name: str, line: ControlTag, control: Control | None) -> Slot:
        """A question that was not met before."""
        if len(self.by_name) == MOST_QUESTIONS:
            raise SourceError(
                f"{self.path}: holds more than {MOST_QUESTIONS} questions (control {name!r});"
                " measure its parts one by one"
            )
        question = Question(
            name=name, level=line.level, level_source=f"{line.tag} results", tag=line.tag
        )
        slot = Slot(
            self.submissions.add_question(control.question(name) if control else question),
            tag=line.tag,
            line=line,
            control=control,
        )
        self.by_name[name] = slot
        return slot

    # --- one task ---------------------------------------------------------------------

    def add(self, task: Task) -> None:
        """Enter a task with its annotations, predictions and drafts."""
        unit = self.unit(task)
        if mine := task.annotations or task.completions:
            self.batch += mine
            self.batch_unit += [unit] * len(mine)
        for prediction in task.predictions or ():
            if type(prediction) is Prediction:
                self.predicted.append((unit, prediction))
            else:
                self.submissions.set_aside("prediction", detail="listed by number only")
        if len(self.batch) >= _BATCH or len(self.predicted) >= _BATCH:
            self.flush()
        if task.drafts:
            drafts = [d for d in task.drafts if getattr(d, "annotation", None) is None]
            self.submissions.set_aside("draft", len(drafts))

    def unit(self, task: Task) -> int:
        """The unit of a task; the same task met again (same id, same data) is the same unit."""
        s = self.submissions
        fields = task.data or {}
        text = shown_text(self.texts, fields) if self.texts else None
        for name in self.shown:
            fields.pop(name, None)
        if not _SCALARS.issuperset(map(type, fields.values())):
            for name, value in fields.items():
                if type(value) is list or type(value) is dict:
                    self.structured.add(name)
                    fields[name] = msgspec.json.encode(value).decode()  # as kept
        unit_id = base = f"#{len(s.unit_ids) + 1}" if task.id is None else str(task.id)
        n = 1
        while (known := self.units.get(unit_id)) is not None:
            if s.unit_fields[known] == fields and s.unit_text[known] == text:
                return known
            n += 1
            unit_id = f"{base}#{n}"
        if n == 2:
            self.note_once("Tasks with the same id and other data are told apart as id#2, id#3 …")
        self.units[unit_id] = s.add_unit(unit_id, text, fields)
        return self.units[unit_id]

    def note_once(self, note: str) -> None:
        if note not in self.submissions.notes:
            self.submissions.notes.append(note)

    def flush(self) -> None:
        """Enter the annotations that wait, column by column; drafts are only counted."""
        s, waiting, units = self.submissions, self.batch, self.batch_unit
        self.batch, self.batch_unit = [], []
        if any(a.draft for a in waiting):
            s.set_aside("draft", sum(bool(a.draft) for a in waiting))
            units = [unit for unit, a in zip(units, waiting, strict=True) if not a.draft]
            waiting = [a for a in waiting if not a.draft]
        start = len(s.a_unit)
        position, differ = self.people.position, self.people.differ
        skipped = [bool(a.was_cancelled or a.skipped) for a in waiting]
        s.a_unit.extend(units)
        s.a_rater.extend([position(a.completed_by) for a in waiting])
        s.a_kind.extend([GOLD if a.ground_truth or a.honeypot else ANSWER for a in waiting])
        s.a_submitted.extend(self.submitted([a.created_at for a in waiting]))
        s.a_seconds.extend([_seconds(a.lead_time) for a in waiting])
        s.a_edited.extend(
            [
                a.updated_by is not None
                and a.updated_by != a.completed_by
                and differ(a.completed_by, a.updated_by)
                for a in waiting
            ]
        )
        s.a_prelabeled.extend([a.parent_prediction is not None for a in waiting])
        s.a_skipped.extend(skipped)
        results = [None if skip else a.result for a, skip in zip(waiting, skipped, strict=True)]
        self.results(enumerate(results, start))
        self.flush_predictions()

    def flush_predictions(self) -> None:
        """Enter what model versions answered, as far as it waits."""
        s, waiting = self.submissions, self.predicted
        self.predicted = []
        start, n = len(s.a_unit), len(waiting)
        model = self.people.model
        s.a_unit.extend([unit for unit, _ in waiting])
        s.a_rater.extend([model(prediction.model_version) for _, prediction in waiting])
        s.a_kind.extend([PREDICTION] * n)
        s.a_submitted.extend(self.submitted([prediction.created_at for _, prediction in waiting]))
        s.a_seconds.extend([math.nan] * n)
        for column in (s.a_edited, s.a_prelabeled, s.a_skipped):
            column.extend([False] * n)
        self.results(enumerate([prediction.result for _, prediction in waiting], start))

    def submitted(self, dates: Sequence[Scalar]) -> list[int]:
        """Seconds since 1970 UTC; a date without a zone is in UTC."""
        try:  # as Label Studio writes them: 2026-03-04T05:06:07.123456Z
            if {date[26:] for date in dates} == {"Z"}:  # type: ignore[index]  # else TypeError
                cut = np.array([date[:19] for date in dates], "datetime64[s]")  # type: ignore[index]  # as above
                found: list[int] = cut.astype(np.int64).tolist()
                return found
        except (TypeError, ValueError):
            pass
        return [self.one_date(date) for date in dates]

    def one_date(self, date: Scalar) -> int:
        """The date in any form that was ever written; epoch seconds in old exports."""
        if isinstance(date, str):
            try:
                at = datetime.fromisoformat(date)
            except ValueError:
                self.n_undated += 1
                return NO_TIME
            return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
        return int(date) if date is not None and _YEAR_1 <= date <= _YEAR_9999 else NO_TIME

    # --- one result -------------------------------------------------------------------

    def results(self, annotations: Iterable[tuple[int, Results]]) -> None:
        """Enter the results of annotations as answers, or count why they are none."""
        s, slots = self.submissions, self.slots
        last_name: Any = UNSET  # no name that a result can have
        last_kind: Any = UNSET
        slot = _NOWHERE
        answered: list[int] = []
        asked: list[int] = []
        codes: list[int] = []
        for here, results in annotations:
            for result in results or ():
                if type(result) is not Result:  # old aggregated completions: a list per rater
                    self.results([(here, result)])  # type: ignore[list-item]  # the other case
                    continue
                name, kind = result.from_name, result.type
                if name != last_name or kind != last_kind:  # results of a kind come in rows
                    slot = slots.get((name, kind)) or self.slot(result)
                    last_name, last_kind = name, kind
                value = result.value
                if slot.position < 0:
                    slot.count += 1
                elif value is None:
                    pass
                elif result.item_index is not None or region(value) != NO_REGION:
                    per = "item" if result.item_index is not None else "region"
                    detail = f"{slot.tag} {result.from_name}, per {per}"
                    s.set_aside("region_not_measured", detail=detail)
                else:
                    if result.origin != "manual" and result.origin in _BEGUN:
                        s.a_prelabeled[here] = True
                    answer = getattr(value, slot.key)
                    if answer is not UNSET:
                        known = slot.answers
                        answered.append(here)
                        asked.append(slot.position)
                        codes.append(known.setdefault(answer, len(known)))
        s.annotation.extend(answered)
        s.question.extend(asked)
        s.value.extend(codes)

    def slot(self, result: Result) -> Slot:
        """Where results of this name and type go; decided once."""
        key = name, kind = result.from_name, result.type or _type_of(result.value)
        if key not in self.slots:
            self.slots[key] = self.decide(name, kind)
        return self.slots[key]

    def decide(self, name: str | None, kind: str) -> Slot:
        """A question if it is measured, asked about the whole task, and known to the config."""
        control = self.config.control(name) if self.config and name else None
        line = control.line if control else of_result(kind)
        tag = control.tag if control else (line.tag if line else kind or "a result without a type")
        title = f"{tag} {name}" if name else tag
        if control is None and self.config is not None and name:
            return Slot(tag=tag, aside=("tag_not_measured", f"{title}, not in the label config"))
        if line is None or not name:
            return Slot(tag=tag, aside=("tag_not_measured", title))
        if control is not None and control.per is not None:
            return Slot(tag=tag, aside=("region_not_measured", f"{title}, per {control.per}"))
        if kind and kind != line.result_type:
            detail = f"{kind} {name}, a {tag} in the label config"
            return Slot(tag=tag, aside=("tag_not_measured", detail))
        slot = self.by_name.get(name)
        if slot is not None and slot.line is not line:
            return Slot(tag=tag, aside=("tag_not_measured", f"{title}, also a {slot.tag}"))
        return slot or self.new_slot(name, line, control)

    # --- the end ----------------------------------------------------------------------

    def finish(self) -> None:
        """What can only be said when everything was read."""
        self.flush()
        s = self.submissions
        n_gold = s.a_kind.count(GOLD)
        n_annotations = n_gold + s.a_kind.count(ANSWER)
        if 2 * n_gold > n_annotations:
            s.a_kind = array("b", [ANSWER if kind == GOLD else kind for kind in s.a_kind])
            s.notes.append(
                f"{n_gold} of {n_annotations} annotations are marked as ground truth,"
                " as imports do by default: all count as ordinary answers."
            )
        if self.n_undated:
            s.notes.append(f"{self.n_undated} annotations have a created_at that is no date.")
        if self.config is None:
            s.notes.append(
                "No label config was given: questions and labels are inferred from the results"
                " (--label-config names the file)."
            )
        for slot in self.slots.values():
            if slot.count:
                s.set_aside(slot.aside[0], slot.count, detail=slot.aside[1])
        self.people.settle(s)
        settle_answers(s, list(self.by_name.values()), str(self.path))
        self.settle_text()

    def settle_text(self) -> None:
        """Guess the text where nothing names it; refuse a ``--text-field`` that nobody has."""
        s = self.submissions
        if self.text_field is not None and not any(text is not None for text in s.unit_text):
            there = ", ".join(sorted({name for fields in s.unit_fields for name in fields})[:12])
            raise SourceError(
                f"{self.path}: no task has text in the field {self.text_field!r} of --text-field"
                f" (fields: {there or 'none'})"
            )
        if self.texts is not None:
            return
        name = guessed_text_field(s.unit_fields, self.structured)
        if name is None:
            return
        if name != "text":
            s.notes.append(f"The text of a task is taken from its field {name} (--text-field).")
        for i, fields in enumerate(s.unit_fields):
            text = fields.pop(name, None)
            s.unit_text[i] = text if isinstance(text, str) or text is None else str(text)


def _seconds(lead_time: float | None) -> float:
    """A plausible working time; nan where there is none."""
    return lead_time if lead_time is not None and 0 <= lead_time < 1e9 else math.nan


def _type_of(value: Answer | None) -> str:
    """The type of a result that does not say it, from the key that its value has."""
    for key in ("choices", "taxonomy", "rating", "number", "datetime"):
        if getattr(value, key, UNSET) is not UNSET:
            return key
    return "pairwise" if getattr(value, "selected", UNSET) is not UNSET else ""
