"""When all of an export is read: what each answer says, and which question was not answered.

A question hidden by ``visibleWhen`` was not asked. One that was asked and has no answer is
empty; a multiple choice without a tick is the empty set, which is an answer.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SourceError
from labelq.label_studio.config import Condition
from labelq.label_studio.control_tags import of_result
from labelq.label_studio.slots import Slot
from labelq.labels.model import Value
from labelq.labels.submissions import PREDICTION, Submissions

__all__ = ["settle_answers"]

Mask = NDArray[np.bool_]


def settle_answers(s: Submissions, slots: Sequence[Slot], where: str) -> None:
    """Read every distinct answer once, and give every asked question its answer.

    On entry ``s.value`` holds codes into ``slot.answers``, on leaving into ``s.values``.

    Raises:
        SourceError: no answer at all has the shape of its question.
    """
    answers = _Answers(s)
    for slot in slots:
        _choose_multiple(s, slot)
        answers.read(slot, where)
    answers.union_of_sets(s)
    answers.fill_missing(s, slots)
    s.annotation = array("i", answers.annotation.astype(np.int32).tobytes())
    s.question = array("h", answers.question.astype(np.int16).tobytes())
    s.value = array("i", answers.value.astype(np.int32).tobytes())


def _choose_multiple(s: Submissions, slot: Slot) -> None:
    """Without a label config, choices are multiple where somebody made more than one."""
    assert slot.line is not None
    several = any(isinstance(answer, tuple) and len(answer) > 1 for answer in slot.answers)
    if slot.control is None and several:
        slot.line = of_result(slot.line.result_type, multiple=True) or slot.line
        question = s.questions[slot.position]
        s.questions[slot.position] = replace(question, level=slot.line.level)


class _Answers:
    """The answer columns as arrays: annotation, question, value."""

    def __init__(self, s: Submissions) -> None:
        self.s = s
        self.annotation = np.array(s.annotation, np.int64)
        self.question = np.array(s.question, np.int64)
        self.value = np.array(s.value, np.int64)

    def read(self, slot: Slot, where: str) -> None:
        """From answers as they stand in the file to values; rows that hold none go."""
        assert slot.line is not None
        reader = slot.line.reader()
        attributes: Mapping[str, str] = slot.control.attributes if slot.control else {}
        values = self.s.values[slot.position]
        table = np.full(len(slot.answers) + 1, -1, np.int64)
        wrong: dict[int, str] = {}
        for answer, code in slot.answers.items():
            try:
                value = reader(answer, attributes)
            except ValueError as error:
                wrong[code] = f"{answer!r} is {error}"
                continue
            if value is not None:
                table[code] = values.setdefault(value, len(values))
        mine = np.flatnonzero(self.question == slot.position)
        if wrong:
            self._refuse(slot, mine, wrong, where, nothing_else=not values)
        self.value[mine] = table[self.value[mine]]
        keep = np.ones(len(self.value), bool)
        keep[mine] = self.value[mine] >= 0
        self._keep(keep)

    def _refuse(
        self,
        slot: Slot,
        mine: NDArray[Any],
        wrong: Mapping[int, str],
        where: str,
        *,
        nothing_else: bool,
    ) -> None:
        assert slot.line is not None
        question = self.s.questions[slot.position]
        rows = mine[np.isin(self.value[mine], list(wrong))]
        first = wrong[int(self.value[rows[0]])]
        if nothing_else:
            task = self.s.unit_ids[self.s.a_unit[int(self.annotation[rows[0]])]]
            raise SourceError(
                f"{where}: task {task}: field {question.name}.{slot.line.value_key}: {first},"
                f" nor is any other answer to this {slot.tag} question;"
                " check --label-config against the export"
            )
        numeric = slot.line.level in ("ordinal", "interval", "ratio")
        self.s.set_aside(
            "not_a_number" if numeric else "bad_record",
            len(rows),
            question.name,
            f"first: {first}" if len(wrong) > 1 else first,
        )

    def _keep(self, keep: Mask) -> None:
        if not keep.all():
            self.annotation = self.annotation[keep]
            self.question = self.question[keep]
            self.value = self.value[keep]

    def union_of_sets(self, s: Submissions) -> None:
        """Several results of one multiple choice in one annotation are one set."""
        keys = self.annotation * len(s.questions) + self.question
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        several = counts[inverse] > 1
        if not several.any():
            return
        is_set = np.array([question.level == "set" for question in s.questions])
        rows = np.flatnonzero(several & is_set[self.question])
        united: dict[int, tuple[int, frozenset[Any]]] = {}
        names = [list(values) for values in s.values]
        keep = np.ones(len(keys), bool)
        for row in rows.tolist():
            value: Any = names[self.question[row]][self.value[row]]
            first, union = united.get(int(keys[row]), (row, frozenset()))
            united[int(keys[row])] = first, union | value
            keep[row] = row == first
        for row, union in united.values():
            values = s.values[self.question[row]]
            self.value[row] = values.setdefault(union, len(values))
        self._keep(keep)

    def fill_missing(self, s: Submissions, slots: Sequence[Slot]) -> None:
        """Empty sets for multiple choices without a tick; counts for what has no answer."""
        n = len(s.a_unit)
        asked = (np.array(s.a_kind, np.int8) != PREDICTION) & ~np.array(s.a_skipped, bool)
        unit = np.array(s.a_unit, np.int64)
        visible = _Visibility(s, slots, self).mask
        added: list[tuple[NDArray[Any], int, int]] = []
        for slot in slots:
            q = slot.position
            answered = np.zeros(n, bool)
            answered[self.annotation[self.question == q]] = True
            missing = asked & ~answered
            if slot.control is not None and slot.control.pattern is not None:
                # A copy in a repeater was asked where somebody answered it.
                missing &= np.isin(unit, unit[answered])
            seen = visible(slot)
            if hidden := int((missing & ~seen).sum()):
                s.set_aside("not_asked", hidden, s.questions[q].name)
            missing &= seen
            if not missing.any():
                continue
            if s.questions[q].level == "set":
                values = s.values[q]
                nothing: Value = frozenset()
                code = values.setdefault(nothing, len(values))
                added.append((np.flatnonzero(missing), q, code))
            else:
                s.set_aside("empty", int(missing.sum()), s.questions[q].name)
        for places, q, code in added:
            self.annotation = np.append(self.annotation, places)
            self.question = np.append(self.question, np.full(len(places), q))
            self.value = np.append(self.value, np.full(len(places), code))


class _Visibility:
    """In which annotations a question was to be seen, from what the others were answered."""

    def __init__(self, s: Submissions, slots: Sequence[Slot], answers: _Answers) -> None:
        self.s = s
        self.slots = {s.questions[slot.position].name: slot for slot in slots}
        self.answers = answers
        self.n = len(s.a_unit)

    def mask(self, slot: Slot) -> Mask:
        """One entry per annotation: whether all conditions of the question held."""
        seen = np.ones(self.n, bool)
        for condition in slot.control.conditions if slot.control else ():
            seen &= self._holds(condition, slot)
        return seen

    def _holds(self, condition: Condition, asking: Slot) -> Mask:
        if condition.kind == "choice-selected":
            return self._selected(condition, asking)
        if condition.kind == "choice-unselected":
            return ~self._selected(condition, asking)
        # A question beside a selected region is no question about the task.
        return np.full(self.n, condition.kind != "region-selected")

    def _selected(self, condition: Condition, asking: Slot) -> Mask:
        """Where a choice that the condition names was made."""
        if condition.control is not None:
            named = self.slots.get(condition.control)
            looked_at = [named] if named else []
        else:
            tags = ("Choices", "Taxonomy")
            looked_at = [x for x in self.slots.values() if x is not asking and x.tag in tags]
        selected = np.zeros(self.n, bool)
        for slot in looked_at:
            names = condition.choices | _aliases(slot, condition.choices)
            values = self.s.values[slot.position]
            fits = np.array([_has(value, names) for value in values] + [False])
            rows = self.answers.question == slot.position
            hits = rows & fits[np.where(rows, self.answers.value, -1)]
            selected[self.answers.annotation[hits]] = True
        return selected


def _aliases(slot: Slot, choices: frozenset[str]) -> frozenset[str]:
    """What results call the choices that the condition names by their value."""
    aliases = slot.control.aliases if slot.control else {}
    return frozenset(aliases[choice] for choice in choices if choice in aliases)


def _has(value: Value, names: frozenset[str]) -> bool:
    """Whether an answer selects any of ``names`` (or, with no names, anything at all)."""
    if not isinstance(value, frozenset):
        return not names or str(value) in names
    if not names:
        return bool(value)
    parts = {x for label in value for x in (label if isinstance(label, tuple) else (label,))}
    return bool(parts & names)
