"""How bad it is to confuse two labels: what somebody wrote down, checked, kept on a question.

A matrix of costs holds 0 on the diagonal and any number of at least 0 beside it; a matrix of
weights (agreement) holds 1 on the diagonal and numbers from 0 to 1, and is read as the costs
1 - weight. Both are symmetric: one half is enough.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from labelq.errors import SettingsError
from labelq.labels.model import Question

Kind = Literal["cost", "weight"]
Matrix = Mapping[str, Mapping[str, float] | float]
"""label → other label → cost, or weight; :data:`ALL_OTHERS` → a single number."""

ALL_OTHERS = "*"
"""The row of a matrix that stands for every pair that no other row names."""

MOST_LABELS = 500
"""A matrix is held as an array of labels × labels."""


def with_costs(
    questions: Sequence[Question], given: Mapping[str, Matrix], kind: Kind
) -> tuple[Question, ...]:
    """The questions, those in ``given`` with the costs of their matrix.

    Where the labels are those that occur, a matrix may name more: they are left out.

    Raises:
        SettingsError: a matrix is about no question, about no labels, or is not whole.
    """
    names = [question.name for question in questions]
    for name in given:
        if name not in names:
            raise SettingsError(
                f"--{kind} {name}: there is no question {name!r}; the source has"
                f" {', '.join(sorted(names))}"
            )
    return tuple(
        replace(q, costs=_costs(q, given[q.name], kind)) if q.name in given else q
        for q in questions
    )


def check_costs(questions: Iterable[Question]) -> None:
    """Refuse costs of an earlier audit that do not cover the labels of today.

    Raises:
        SettingsError: a pair of labels has no cost.
    """
    for question in questions:
        known = {frozenset(pair) for *pair, _ in question.costs}
        labels = [str(label) for label in question.labels] if known else []
        for i, a in enumerate(labels):
            for b in labels[i + 1 :]:
                if {a, b} not in known:
                    raise SettingsError(
                        f"question {question.name}: the costs of the earlier audit say nothing"
                        f" about {a!r} and {b!r}; give --cost {question.name}=FILE"
                    )


def _costs(question: Question, matrix: Matrix, kind: Kind) -> tuple[tuple[str, str, float], ...]:
    where = f"--{kind} {question.name}"
    if question.level not in ("nominal", "ordinal"):
        raise SettingsError(
            f"{where}: is about labels, but {question.name} is measured as {question.level}"
        )
    labels = [str(label) for label in question.labels]
    if len(labels) > MOST_LABELS:
        raise SettingsError(
            f"{where}: {question.name} has {len(labels):,} labels; a matrix may have {MOST_LABELS}"
        )
    rows = {a: row for a, row in matrix.items() if isinstance(row, Mapping)}
    named = dict.fromkeys([*rows, *(b for row in rows.values() for b in row)])
    _refuse_unknown(question, where, labels, list(named))
    pairs = _pairs(rows, kind, where)
    others = _others(matrix, kind, where)
    diagonal = 0.0 if kind == "cost" else 1.0
    costs = []
    for i, a in enumerate(labels):
        if pairs.get((a, a), diagonal) != diagonal:
            raise SettingsError(
                f"{where}: {a!r} with itself must be {diagonal:g}, not {pairs[a, a]:g}"
                + ("; agreement is --weight" if kind == "cost" and pairs[a, a] == 1 else "")
            )
        for b in labels[i + 1 :]:
            value = pairs.get((a, b), others)
            if value is None:
                raise SettingsError(
                    f"{where}: says nothing about {a!r} and {b!r}; every pair is needed, or a"
                    f' number for all others ("{ALL_OTHERS}" = 1)'
                )
            costs.append((a, b, value if kind == "cost" else 1 - value))
    if not any(cost > 0 for _, _, cost in costs) and costs:
        raise SettingsError(f"{where}: no two labels differ; one cost must be above 0")
    return tuple(costs)


def _refuse_unknown(question: Question, where: str, labels: list[str], named: list[str]) -> None:
    """Refuse a label that the question does not have; where labels are observed, a misspelt one."""
    left = [label for label in labels if label not in named]
    for name in named:
        if name in labels:
            continue
        near = difflib.get_close_matches(name, left, 1)
        if question.labels_source == "config" or near:
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(labels[:10])}"
            raise SettingsError(f"{where}: {question.name} has no label {name!r}; {hint}")


def _others(matrix: Matrix, kind: Kind, where: str) -> float | None:
    value = matrix.get(ALL_OTHERS)
    if value is None or isinstance(value, Mapping):
        return None
    _refuse_out_of_range(value, kind, f"{where}: {ALL_OTHERS!r} is")
    return value


def _refuse_out_of_range(value: float, kind: Kind, said: str) -> None:
    most = 1e12 if kind == "cost" else 1.0
    if not 0 <= value <= most:
        room = "a number from 0 to 1e12" if kind == "cost" else "a number from 0 to 1"
        raise SettingsError(f"{said} {value:g}; a {kind} is {room}")


def _pairs(
    rows: Mapping[str, Mapping[str, float]], kind: Kind, where: str
) -> dict[tuple[str, str], float]:
    """Both halves of the matrix.

    Raises:
        SettingsError: a number is out of range, or the halves contradict each other.
    """
    found: dict[tuple[str, str], float] = {}
    for a, row in rows.items():
        for b, value in row.items():
            _refuse_out_of_range(value, kind, f"{where}: {a!r} and {b!r} are")
            if found.setdefault((b, a), value) != value:
                raise SettingsError(
                    f"{where}: {a!r} and {b!r} are {value:g}, but {b!r} and {a!r} are"
                    f" {found[b, a]:g}; it must be symmetric"
                )
            found[a, b] = value
    return found
