"""What a source says, before any policy: the one form that every reader produces.

A reader (Label Studio export, table) appends annotations and answers as it meets them;
:func:`labelq.labels.building.build_round` then applies selection and policies (which answer
counts, what is set aside and why) once, for all sources alike.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from labelq.labels.model import Aside, Question, Value

ANSWER, GOLD, PREDICTION, SELECTED, ADJUDICATED = 0, 1, 2, 3, 4
"""Kinds of answer: a rater's, a ground-truth annotation's, a model version's, one that a queue
asked for, a reviewer's."""

NO_TIME = -(2**63)
"""``submitted`` of an annotation without a date (numpy's NaT)."""

MOST_QUESTIONS = 2**15 - 1
"""As many questions as the code of a question has room for."""


@dataclass(slots=True)
class Submissions:
    """Parallel columns, one entry per unit, per annotation, and per answer.

    Units: ``unit_ids``, ``unit_text``, ``unit_fields`` (one dict per unit).
    Raters: ``raters`` maps a stable id to (position, display name, kind); ``aliases`` an id to
    what else the same person is called (their number, where the id is an e-mail address).
    Annotations (one per submission, in source order): ``a_unit``, ``a_rater`` (-1: no
    author), ``a_kind``, ``a_submitted`` (seconds since 1970 UTC, ``NO_TIME`` if unknown),
    ``a_seconds`` (nan if unknown), ``a_edited``, ``a_prelabeled``, ``a_skipped``.
    ``scores`` holds, by position, how sure a model says it is of a prediction.
    Answers: ``annotation`` (position of its annotation), ``question``, ``value`` (code into
    ``values[question]``). A question that was not answered has no row.
    """

    questions: list[Question] = field(default_factory=list)
    values: list[dict[Value, int]] = field(default_factory=list)
    unit_ids: list[str] = field(default_factory=list)
    unit_text: list[str | None] = field(default_factory=list)
    unit_fields: list[dict[str, Any]] = field(default_factory=list)
    raters: dict[str, tuple[int, str, Literal["person", "model"]]] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    a_unit: array[int] = field(default_factory=lambda: array("i"))
    a_rater: array[int] = field(default_factory=lambda: array("i"))
    a_kind: array[int] = field(default_factory=lambda: array("b"))
    a_submitted: array[int] = field(default_factory=lambda: array("q"))
    a_seconds: array[float] = field(default_factory=lambda: array("f"))
    a_edited: array[int] = field(default_factory=lambda: array("b"))
    a_prelabeled: array[int] = field(default_factory=lambda: array("b"))
    a_skipped: array[int] = field(default_factory=lambda: array("b"))
    scores: dict[int, float] = field(default_factory=dict)
    annotation: array[int] = field(default_factory=lambda: array("i"))
    question: array[int] = field(default_factory=lambda: array("h"))
    value: array[int] = field(default_factory=lambda: array("i"))
    aside: Counter[tuple[str, str | None, str]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add_question(self, question: Question) -> int:
        """Register a question and return its position."""
        self.questions.append(question)
        self.values.append({})
        return len(self.questions) - 1

    def add_unit(self, unit_id: str, text: str | None, fields: dict[str, Any]) -> int:
        """Register a unit and return its position. ``unit_id`` must be new."""
        self.unit_ids.append(unit_id)
        self.unit_text.append(text)
        self.unit_fields.append(fields)
        return len(self.unit_ids) - 1

    def add_rater(
        self, rater_id: str, name: str, kind: Literal["person", "model"] = "person"
    ) -> int:
        """Position of the rater called ``rater_id``, registered if new."""
        known = self.raters.get(rater_id)
        if known is None:
            known = self.raters[rater_id] = (len(self.raters), name, kind)
        return known[0]

    def add_annotation(
        self,
        unit: int,
        rater: int,
        kind: int = ANSWER,
        *,
        submitted: int = NO_TIME,
        seconds: float = float("nan"),
        edited: bool = False,
        prelabeled: bool = False,
        skipped: bool = False,
    ) -> int:
        """Register one submitted annotation and return its position."""
        self.a_unit.append(unit)
        self.a_rater.append(rater)
        self.a_kind.append(kind)
        self.a_submitted.append(submitted)
        self.a_seconds.append(seconds)
        self.a_edited.append(edited)
        self.a_prelabeled.append(prelabeled)
        self.a_skipped.append(skipped)
        return len(self.a_unit) - 1

    def add_answer(self, annotation: int, question: int, value: Value) -> None:
        """Register the answer of ``annotation`` to ``question``."""
        codes = self.values[question]
        self.annotation.append(annotation)
        self.question.append(question)
        self.value.append(codes.setdefault(value, len(codes)))

    def set_aside(
        self, reason: str, count: int = 1, question: str | None = None, detail: str = ""
    ) -> None:
        """Count something that the source holds and no policy will ever measure."""
        self.aside[reason, question, detail] += count

    def asides(self) -> list[Aside]:
        """What the reader set aside, in the order it was met."""
        return [Aside(reason, n, q, detail) for (reason, q, detail), n in self.aside.items()]
