"""Label Studio JSON exports → :class:`~labelq.labels.submissions.Submissions`."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from labelq.errors import SourceError
from labelq.label_studio.asked import settle_answers
from labelq.label_studio.config import LabelConfig
from labelq.label_studio.json_min import min_rows
from labelq.label_studio.people import People
from labelq.label_studio.records import (
    Annotation,
    Prediction,
    Scalar,
    Task,
    tasks,
)
from labelq.label_studio.results import Answers
from labelq.label_studio.sources import Export, config_of_all
from labelq.label_studio.texts import TextSource, guessed_text_field, shown_text
from labelq.label_studio.units import BALLOTS, Joining, NotJoinedError, own_fields, queued_in
from labelq.labels.queue_fields import BALLOT, KEY, PREFIX, QUEUED_AT
from labelq.labels.submissions import (
    ANSWER,
    GOLD,
    NO_TIME,
    PREDICTION,
    SELECTED,
    Submissions,
)

__all__ = ["read_export", "read_exports"]

Progress = Callable[[str, float], None]
_NO_FIELDS: dict[str, Any] = {}
_ALWAYS = NO_TIME
"""Since when a queue project's task was queued: every label in it is a queue's."""
_SCALARS = {str, int, float, bool, type(None)}
_BATCH = 256
_YEAR_1, _YEAR_9999 = -62_135_596_800, 253_402_300_799


def read_export(path: Path, **options: Any) -> Submissions:
    """What the one export at ``path`` says: see :func:`read_exports`."""
    return read_exports([Export(path)], **options)


def read_exports(
    exports: Sequence[Export],
    *,
    label_config: Path | None = None,
    text_field: str | None = None,
    join: str | None = None,
    skip_bad_records: bool = False,
    progress: Progress | None = None,
) -> Submissions:
    """What ``exports`` say together, as one round.

    ``label_config`` is the labeling config (XML) of all; without it those beside the exports
    are taken, and without these the scheme is inferred from the results. Both are noted.
    ``text_field`` names the task field with the text. ``join`` says which tasks are the same
    unit: those with the same id (None), the same content, or the same value in the field that
    it names; a task of a queue belongs to the unit that it was queued for. With
    ``skip_bad_records`` a record that cannot be read is set aside (``bad_record``).

    Raises:
        SourceError: an export or a config cannot be read; the line says where and why.
    """
    config, notes = config_of_all(exports, label_config)
    filling = _Filling(" + ".join(e.name for e in exports), config, text_field, join)
    filling.submissions.notes += notes
    on_bad = filling.bad_record if skip_bad_records else None
    read_row, begun = min_rows(config), 0.0
    weights = [_size(export.path) for export in exports]
    for source, (export, weight) in enumerate(zip(exports, weights, strict=True)):
        filling.begin(source, export)
        filling.submissions.notes += export.notes
        part = weight / (sum(weights) or 1)
        for n, (task, share) in enumerate(tasks(export.path, min_row=read_row, on_bad=on_bad)):
            try:
                filling.add(task)
            except NotJoinedError as error:
                problem = f"{export.name}: task {task.id}: {error}"
                if on_bad is None:
                    hint = "--skip-bad-records leaves it out" if n else "name one that all have"
                    raise SourceError(f"{problem}; {hint}") from None
                on_bad(problem)
            if progress is not None and n % 1000 == 0:
                progress("reading", begun + part * share)
        filling.flush()
        begun += part
    filling.finish()
    if progress is not None:
        progress("reading", 1.0)
    return filling.submissions


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it says what is wrong


class _Filling:
    """Exports on their way into a Submissions. ``where`` names them in errors."""

    def __init__(
        self, where: str, config: LabelConfig | None, text_field: str | None, join: str | None
    ) -> None:
        self.where = where
        self.config = config
        self.submissions = Submissions()
        self.units = Joining(self.submissions, join)
        self.source = 0
        self.sources: list[str] = []
        self.in_queue = False
        self.author: str | None = None
        self.people = People()
        self.answers = Answers(self.submissions, config, where)
        self.structured: set[str] = set()
        self.batch: list[Annotation] = []
        self.batch_unit: list[int] = []
        self.batch_queued: dict[int, int] = {}
        self.predicted: list[tuple[int, Prediction]] = []
        self.n_undated = self.n_changed_later = 0
        self.n_moved = self.n_garbled = self.n_only_later = 0
        self.texts: tuple[TextSource, ...] | None = config.texts if config else None
        self.text_field = text_field
        if text_field is not None:
            self.texts = (TextSource((text_field,)),)
        self.shown = {source.steps[0] for source in self.texts or ()}

    def bad_record(self, problem: str) -> None:
        self.submissions.set_aside("bad_record", detail=problem)

    # --- one task ---------------------------------------------------------------------

    def begin(self, source: int, export: Export) -> None:
        """From here on the tasks are those of ``export``."""
        self.source, self.author, self.in_queue = source, export.rater, export.queue
        if not export.queue:
            self.sources.append(export.name)

    def add(self, task: Task) -> None:
        """Enter a task with its annotations, predictions and drafts.

        Raises:
            NotJoinedError: it cannot be joined with other tasks.
        """
        mine = task.annotations or task.completions
        if self.in_queue and KEY not in (task.data or ()):
            by_hand = "on a task that somebody added to the queue's project"
            self.submissions.set_aside("queue", len(mine or ()), detail=by_hand)
            return
        unit, queued = self.unit(task)
        if mine:
            if queued is not None:
                self.n_only_later += queued != _ALWAYS and all(
                    _epoch_seconds(a.created_at) >= queued for a in mine
                )
                here = len(self.batch)
                self.batch_queued |= dict.fromkeys(range(here, here + len(mine)), queued)
            self.batch += mine
            self.batch_unit += [unit] * len(mine)
        for prediction in task.predictions or ():
            if queued == _ALWAYS:
                self.submissions.set_aside("prediction", detail="in a queue project")
            elif type(prediction) is Prediction:
                self.predicted.append((unit, prediction))
            else:
                self.submissions.set_aside("prediction", detail="listed by number only")
        if len(self.batch) >= _BATCH or len(self.predicted) >= _BATCH:
            self.flush()
        if task.drafts:
            drafts = [d for d in task.drafts if getattr(d, "annotation", None) is None]
            self.submissions.set_aside("draft", len(drafts))
        elif task.draft_exists:
            self.submissions.set_aside("draft", detail="tasks with a draft, as the server tells")

    def unit(self, task: Task) -> tuple[int, int | None]:
        """The unit of a task, and from when on (seconds since 1970) a queue asked about it."""
        fields = task.data or {}
        own = _NO_FIELDS
        for name in fields:
            if name[: len(PREFIX)] == PREFIX:
                own = own_fields(fields)
                break
        if BALLOT in own:
            raise SourceError(f"{self.where}: {BALLOTS}")
        queue_task = KEY in own
        unit_id = self.units.unit_id(task.id, fields, lenient=queue_task)
        text = shown_text(self.texts, fields) if self.texts else None
        for name in self.shown:
            fields.pop(name, None)
        if not _SCALARS.issuperset(map(type, fields.values())):
            for name, value in fields.items():
                if type(value) is list or type(value) is dict:
                    self.structured.add(name)
                    fields[name] = msgspec.json.encode(value).decode()  # as kept
        if queue_task:
            return self.units.queued_place(own, unit_id, text, fields), _ALWAYS
        place = self.units.place(unit_id, text, fields, self.source)
        if not own or (queued := queued_in(own)) is None:
            return place, None
        date, project = queued
        if project and isinstance(task.project, int) and project != str(task.project):
            self.n_moved += 1  # exported there, imported here: all dates are the import's
            return place, None
        since = _epoch_seconds(date)
        if since == NO_TIME:
            self.n_garbled += 1
            return place, None
        return place, since

    def flush(self) -> None:
        """Enter the annotations that wait, column by column; drafts are only counted."""
        s, waiting, units, queued = (
            self.submissions,
            self.batch,
            self.batch_unit,
            self.batch_queued,
        )
        self.batch, self.batch_unit, self.batch_queued = [], [], {}
        kinds = [GOLD if a.ground_truth or a.honeypot else ANSWER for a in waiting]
        for n, since in queued.items():
            if _epoch_seconds(waiting[n].created_at) >= since:
                kinds[n] = SELECTED
            else:
                self.n_changed_later += _epoch_seconds(waiting[n].updated_at) >= since
        if any(a.draft for a in waiting):
            s.set_aside("draft", sum(bool(a.draft) for a in waiting))
            units = [unit for unit, a in zip(units, waiting, strict=True) if not a.draft]
            kinds = [kind for kind, a in zip(kinds, waiting, strict=True) if not a.draft]
            waiting = [a for a in waiting if not a.draft]
        start = len(s.a_unit)
        position, differ = self.people.position, self.people.differ
        skipped = [bool(a.was_cancelled or a.skipped) for a in waiting]
        s.a_unit.extend(units)
        s.a_kind.extend(kinds)
        s.a_submitted.extend(self.submitted([a.created_at for a in waiting]))
        s.a_seconds.extend([_seconds(a.lead_time) for a in waiting])
        if self.author is not None and waiting:
            s.a_rater.extend([position(self.author)] * len(waiting))
            s.a_edited.extend([False] * len(waiting))
        else:
            s.a_rater.extend([position(a.completed_by) for a in waiting])
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
        self.answers.enter(enumerate(results, start))
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
        s.scores |= {
            i: prediction.score
            for i, (_, prediction) in enumerate(waiting, start)
            if isinstance(prediction.score, int | float)
        }
        self.answers.enter(enumerate([prediction.result for _, prediction in waiting], start))

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
        """The date in any form that was ever written; one that is none is counted."""
        found = _epoch_seconds(date)
        self.n_undated += found == NO_TIME and isinstance(date, str)
        return found

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
        s.notes += self.units.notes(self.sources)
        if self.n_moved:
            s.notes.append(
                f"{_many(self.n_moved, 'task')} had been queued in another project before being"
                " copied here: answers that the queue asked for cannot be told from the others,"
                " and all count as ordinary ratings."
            )
        if self.n_garbled:
            s.notes.append(
                f"{_many(self.n_garbled, 'task')} with a {QUEUED_AT} that is no date: answers that"
                " a queue asked for cannot be told from the others, and all count as ordinary"
                " ratings."
            )
        if self.n_only_later:
            s.notes.append(
                f"{_many(self.n_only_later, 'task')} had no answer yet when queued, says"
                f" {QUEUED_AT}: all their answers count as the queue's, and for no agreement. (A"
                " push only queues tasks that have answers: was the field copied or changed?)"
            )
        if self.n_changed_later:
            one = self.n_changed_later == 1
            s.notes.append(
                f"{_many(self.n_changed_later, 'annotation')} {'was' if one else 'were'} changed"
                " after the task was queued; submitted before, they count as ordinary ratings, as"
                " they stand now: agreement may have moved with them."
            )
        if self.n_undated:
            s.notes.append(f"{self.n_undated} annotations have a created_at that is no date.")
        if self.config is None:
            s.notes.append(
                "No label config was given: questions and labels are inferred from the results"
                " (--label-config names the file)."
            )
        self.answers.set_aside()
        self.people.settle(s)
        settle_answers(s, list(self.answers.by_name.values()), self.where)
        self.settle_text()

    def settle_text(self) -> None:
        """Guess the text where nothing names it; refuse a ``--text-field`` that nobody has."""
        s = self.submissions
        if self.text_field is not None and not any(text is not None for text in s.unit_text):
            there = ", ".join(sorted({name for fields in s.unit_fields for name in fields})[:12])
            raise SourceError(
                f"{self.where}: no task has text in the field {self.text_field!r} of --text-field"
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


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _epoch_seconds(date: Scalar) -> int:
    """ISO dates (without a zone: UTC), or epoch seconds as in old exports."""
    if isinstance(date, str):
        try:
            at = datetime.fromisoformat(date)
        except ValueError:
            return NO_TIME
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    return int(date) if date is not None and _YEAR_1 <= date <= _YEAR_9999 else NO_TIME


def _seconds(lead_time: float | None) -> float:
    """A plausible working time; nan where there is none."""
    return lead_time if lead_time is not None and 0 <= lead_time < 1e9 else math.nan
