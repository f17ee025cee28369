"""Each rater's answer beside the others' answers to the same unit, and beside what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings, Round, Value, label_text
from labelq.pinpoint.votes import single_labels, tick_labels

Ints = NDArray[np.integer]

OUTSIDE = 3
"""A number stands apart where it lies outside those of so many others, or more."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers to one choice: parallel arrays of N rows, sorted by unit.

    ``label`` are codes into ``labels``, as they are called today. ``tick`` is the position of
    the label of a multiple choice that is chosen or not, None elsewhere. ``alike`` and
    ``most`` hold per row how many others gave the same label, and the commonest other one,
    ``next`` that label. ``n`` is how many others answered. ``far`` is given for numbers and
    rankings, which hardly ever are the same: whether a number lies far outside all others'.
    ``order`` are the rows sorted by rater, each one's from ``starts`` on. ``adjudicated`` and
    ``gold`` are labels by unit code. ``ordered``: labels stand in order.
    """

    question: str
    labels: tuple[str, ...]
    tick: int | None
    unit: Codes
    rater: Codes
    label: Codes
    submitted: NDArray[np.datetime64]
    n: Ints
    alike: Ints
    most: Ints
    next: Ints
    order: Ints
    starts: Ints
    far: NDArray[np.bool_] | None
    adjudicated: Mapping[int, str]
    gold: Mapping[int, str]
    ordered: bool

    def rows_of(self, rater: int) -> Ints:
        """The rows of the rater with this code, by unit."""
        a, b = self.starts[[rater, rater + 1]] if rater + 1 < len(self.starts) else (0, 0)
        return self.order[a:b]

    def answer(self, row: int) -> str:
        """The label given."""
        return self.labels[int(self.label[row])]

    def same(self, row: int) -> int:
        """How many others gave the same label."""
        return int(self.alike[row])

    def lead(self, row: int) -> int:
        """How many others gave the commonest other label."""
        return int(self.most[row])

    def leading(self, row: int) -> str:
        """The commonest other label."""
        return self.labels[int(self.next[row])]

    def others(self, row: int) -> int:
        """How many others answered."""
        return int(self.n[row])

    def row(self, unit: int, rater: int) -> int:
        """The row of a rater's answer to a unit, which must be there."""
        start, stop = np.searchsorted(self.unit, [unit, unit + 1])
        return int(start + np.searchsorted(self.rater[start:stop], rater))

    def counts(self, row: int) -> tuple[tuple[str, int], ...]:
        """The other labels that others gave, with how many did, most first."""
        start, stop = np.searchsorted(self.unit, [self.unit[row], self.unit[row] + 1])
        codes, n = np.unique(self.label[start:stop], return_counts=True)
        found = [
            (self.labels[code], count)
            for code, count in zip(codes.tolist(), n.tolist(), strict=True)
            if code != self.label[row]
        ]
        return tuple(sorted(found, key=lambda one: (-one[1], self.labels.index(one[0]))))

    def range_of(self, row: int) -> tuple[str, str] | None:
        """The lowest and the highest of the others' numbers; None where answers are labels."""
        if self.far is None or not self.far[row]:
            return None
        start, stop = np.searchsorted(self.unit, [self.unit[row], self.unit[row] + 1])
        given = np.delete(self.label[start:stop], row - start)  # values are sorted, and so codes
        return self.labels[given.min()], self.labels[given.max()]

    def steps(self, row: int, label: str | None) -> int:
        """How many steps of an ordered scale the answer is away from ``label``."""
        if not self.ordered or label not in self.labels:
            return 0
        return abs(int(self.label[row]) - self.labels.index(label))


def answers_of(
    round_: Round,
    question: Question,
    ratings: Ratings,
    today: Mapping[tuple[str, str], str],
) -> Iterator[Answers]:
    """The choices of one question: one, or one per label of a multiple choice.

    ``today`` leads from (question, label) to what the label is called after all merges and
    renames: two labels that were merged are the same answer.
    """

    def now(label: str) -> str:
        return today.get((question.name, label), label)

    gold = round_.gold.get(question.name)
    golden = round_.ratings[question.name].values
    known = {} if gold is None else {u: golden[c] for u, c in enumerate(gold.tolist()) if c >= 0}
    decided = round_.adjudicated.get(question.name, {})
    if question.level != "set":
        shown = [now(label_text(value)) for value in ratings.values]
        labels = tuple(dict.fromkeys(shown))
        code = np.array([labels.index(one) for one in shown], np.int32)
        yield _answers(
            question,
            labels,
            None,
            ratings,
            code[ratings.value],
            *({u: now(label_text(v)) for u, v in known.items()} for known in (decided, known)),
        )
        return
    held = [frozenset(map(now, single_labels(value))) for value in ratings.values]

    def ticked(values: Mapping[int, Value], label: str) -> dict[int, str]:
        two = tick_labels(label)
        return {u: two[label in map(now, single_labels(v))] for u, v in values.items()}

    for tick, label in enumerate(dict.fromkeys(now(label_text(one)) for one in question.labels)):
        has = np.array([label in value for value in held], np.int32)
        yield _answers(
            question,
            tick_labels(label),
            tick,
            ratings,
            has[ratings.value],
            ticked(decided, label),
            ticked(known, label),
        )


def _answers(
    question: Question,
    labels: tuple[str, ...],
    tick: int | None,
    ratings: Ratings,
    label: Codes,
    adjudicated: Mapping[int, str],
    gold: Mapping[int, str],
) -> Answers:
    width = max(len(labels), 1)
    key = ratings.unit.astype(np.int64) * width + label
    cells, cell, n_cell = np.unique(key, return_inverse=True, return_counts=True)
    of_unit, of_label = np.divmod(cells, width)
    # Per unit its cells, the commonest label first (ties: the first label).
    order = np.lexsort((of_label, -n_cell, of_unit))
    units, first = np.unique(of_unit[order], return_index=True)
    ends = np.append(first[1:], len(order))
    second = np.where(ends - first > 1, first + 1, first)
    row = np.searchsorted(units, ratings.unit)
    top, after = order[first][row], order[second][row]
    other = np.where(top == cell, after, top)
    lone = other == cell
    per_unit = np.add.reduceat(n_cell[order], first) if len(first) else n_cell
    return Answers(
        question=question.name,
        labels=labels,
        tick=tick,
        unit=ratings.unit,
        rater=ratings.rater,
        label=label,
        submitted=ratings.submitted,
        n=per_unit[row] - 1,
        alike=n_cell[cell] - 1,
        most=np.where(lone, 0, n_cell[other]),
        next=np.where(lone, label, of_label[other]),
        order=np.argsort(ratings.rater, kind="stable"),
        starts=np.append(0, np.cumsum(np.bincount(ratings.rater))),
        far=_far(question, ratings, row, len(units)) if question.no_labels else None,
        adjudicated=adjudicated,
        gold=gold,
        ordered=question.level == "ordinal",
    )


def _far(question: Question, ratings: Ratings, row: Ints, n_units: int) -> NDArray[np.bool_]:
    """Whether a number is further away from all others' (:data:`OUTSIDE` or more) than the
    others' lowest is from their highest: whoever gave the lowest or the highest is no news.
    """
    nowhere: NDArray[np.bool_] = np.zeros(len(ratings), np.bool_)
    if question.level == "ranking" or not len(ratings):
        return nowhere
    x = np.array(ratings.values, np.float64)[ratings.value]
    order = np.lexsort((x, row))
    start = np.searchsorted(row[order], np.arange(n_units))
    stop = np.append(start[1:], len(order)) - 1
    several = stop - start >= OUTSIDE
    start, stop = start[several], stop[several]
    in_order = x[order]
    low, second = in_order[start], in_order[start + 1]
    high, last = in_order[stop], in_order[stop - 1]
    found = nowhere.copy()
    found[order[start[second - low > high - second]]] = True
    found[order[stop[high - last > last - low]]] = True
    return found
