"""From the results of annotations to answers: which question each belongs to, or why to none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from labelq.errors import SourceError
from labelq.label_studio.config import Control, LabelConfig
from labelq.label_studio.control_tags import ControlTag, of_result
from labelq.label_studio.records import NO_REGION, Answer, Result, region
from labelq.label_studio.slots import Slot
from labelq.labels.model import Question
from labelq.labels.submissions import MOST_QUESTIONS, Submissions

__all__ = ["Answers", "Results"]

Results = Sequence[Result | list[Result]] | None

_BEGUN = ("prediction", "prediction-changed")
_NOWHERE = Slot(tag="")


class Answers:
    """The questions met so far, and where results go. ``where`` names the source in errors."""

    def __init__(self, submissions: Submissions, config: LabelConfig | None, where: str) -> None:
        self.s = submissions
        self.config = config
        self.where = where
        self.slots: dict[tuple[str | None, str | None], Slot] = {}
        self.by_name: dict[str, Slot] = {}
        for control in config.controls if config else ():
            if control.line is not None and control.per is None and control.pattern is None:
                self.new_slot(control.name, control.line, control)

    def new_slot(self, name: str, line: ControlTag, control: Control | None) -> Slot:
        """A question that was not met before."""
        if len(self.by_name) == MOST_QUESTIONS:
            raise SourceError(
                f"{self.where}: holds more than {MOST_QUESTIONS} questions (control {name!r});"
                " measure its parts one by one"
            )
        question = Question(
            name=name, level=line.level, level_source=f"{line.tag} results", tag=line.tag
        )
        slot = Slot(
            self.s.add_question(control.question(name) if control else question),
            tag=line.tag,
            line=line,
            control=control,
        )
        self.by_name[name] = slot
        return slot

    def enter(self, annotations: Iterable[tuple[int, Results]]) -> None:
        """Enter the results of annotations as answers, or count why they are none."""
        s, slots = self.s, self.slots
        last_name: Any = UNSET  # no name that a result can have
        last_kind: Any = UNSET
        slot = _NOWHERE
        answered: list[int] = []
        asked: list[int] = []
        codes: list[int] = []
        for here, results in annotations:
            for result in results or ():
                if type(result) is not Result:  # old aggregated completions: a list per rater
                    self.enter([(here, result)])  # type: ignore[list-item]  # the other case
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
                        if type(answer) is dict or type(answer) is list:  # a ranking
                            answer = msgspec.json.encode(answer).decode()
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

    def set_aside(self) -> None:
        """Count what went to no question."""
        for slot in self.slots.values():
            if slot.count:
                self.s.set_aside(slot.aside[0], slot.count, detail=slot.aside[1])


def _type_of(value: Answer | None) -> str:
    """The type of a result that does not say it, from the key that its value has."""
    for key in ("choices", "taxonomy", "rating", "number", "datetime", "ranker"):
        if getattr(value, key, UNSET) is not UNSET:
            return key
    return "pairwise" if getattr(value, "selected", UNSET) is not UNSET else ""
