"""The choices that raters made, one label each: what pairs, clusters and habits are found in.

A nominal or ordinal question is one choice among its labels. A multiple choice is one choice
per label: with it or without it. Free numbers are no choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Label, Question, Ratings, Value, label_text
from labelq.measure.consensus.estimation import ticks
from labelq.measure.results import Consensus

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """One choice: parallel arrays ``unit``, ``rater`` and ``label`` (codes into ``labels``,
    which are shown text), sorted by unit, then rater. ``tick`` is the position of the label
    that is ticked or not, None where the question is a single choice.
    """

    question: str
    labels: tuple[str, ...]
    unit: Codes
    rater: Codes
    label: Codes
    tick: int | None = None

    def at(self, units: NDArray[np.integer]) -> Votes:
        """The votes on ``units`` only."""
        keep = np.isin(self.unit, units)
        return Votes(
            self.question,
            self.labels,
            self.unit[keep],
            self.rater[keep],
            self.label[keep],
            self.tick,
        )

    def counts(self) -> tuple[Codes, Floats]:
        """Units with a vote (U,), and how often each got each label, (U × labels).

        Dense: meant for the votes on a few units, or with few labels.
        """
        units, row = np.unique(self.unit, return_inverse=True)
        n = len(self.labels)
        table = np.bincount(row * n + self.label, minlength=len(units) * n)
        return units, table.reshape(len(units), n).astype(np.float64)


def choices(question: Question, ratings: Ratings) -> tuple[Votes, ...]:
    """The choices of one question: one, one per label for sets, none for numbers."""
    unit, rater = ratings.unit, ratings.rater
    if question.no_labels:
        return ()
    if question.level != "set":
        labels = tuple(label_text(value) for value in ratings.values)
        return (Votes(question.name, labels, unit, rater, ratings.value),)
    table = ticks(question, ratings).astype(np.int32)
    return tuple(
        Votes(question.name, tick_labels(label), unit, rater, table[ratings.value, i], i)
        for i, label in enumerate(question.labels)
        if table[:, i].any()
    )


def tick_labels(label: Label) -> tuple[str, str]:
    """The two answers to one label of a multiple choice: without it (0) and with it (1)."""
    shown = label_text(label)
    return f"without {shown}", shown


def label_codes(question: Question, ratings: Ratings, labels: tuple[str, ...]) -> list[int]:
    """The value codes of two or three labels; none for sets, whose pairs are ticks."""
    if question.level == "set":
        return []
    code = {label_text(value): i for i, value in enumerate(ratings.values)}
    return [code[label] for label in labels if label in code]


def consensus_votes(votes: Votes, consensus: Consensus, rows: NDArray[np.integer]) -> Codes:
    """The consensus label at ``rows`` of ``consensus.units``, as a code into ``votes.labels``."""
    if votes.tick is not None:
        chance: Floats = consensus.posterior[rows, votes.tick]
        return (np.round(chance, 12) > 0.5).astype(np.int32)
    code = {label: i for i, label in enumerate(votes.labels)}
    return np.array([code[label_text(consensus.best[row])] for row in rows.tolist()], np.int32)


def modal_values(ratings: Ratings, units: NDArray[np.integer]) -> Codes:
    """The commonest value code of each of ``units`` (ties: the first), in their order."""
    keep = np.isin(ratings.unit, units)
    width = max(len(ratings.values), 1)
    key = ratings.unit[keep].astype(np.int64) * width + ratings.value[keep]
    cells, n = np.unique(key, return_counts=True)
    unit, value = np.divmod(cells, width)
    order = np.lexsort((value, -n, unit))
    found, first = np.unique(unit[order], return_index=True)
    best = np.zeros(int(found.max(initial=-1)) + 1, np.int32)
    best[found] = value[order][first]
    chosen: Codes = best[units]
    return chosen


def consensus_values(ratings: Ratings, consensus: Consensus, units: NDArray[np.integer]) -> Codes:
    """The value code that the consensus gives to each of ``units``, in their order.

    A consensus that is nobody's answer is the nearest number, and for sets and rankings the
    commonest answer to the unit (ties: the first).
    """
    code = {value: i for i, value in enumerate(ratings.values)}
    rows = np.searchsorted(consensus.units, units).tolist()
    best = [consensus.best[row] for row in rows]
    found = np.array([code.get(value, -1) for value in best], np.int32)
    new = np.flatnonzero(found < 0)
    if not len(new):
        return found
    if isinstance(best[new[0]], float):
        x = np.array(ratings.values, np.float64)
        wanted = np.array([best[i] for i in new.tolist()], np.float64)
        right = np.clip(np.searchsorted(x, wanted), 1, max(len(x) - 1, 1))
        left = right - 1
        right = np.minimum(right, len(x) - 1)
        found[new] = np.where(wanted - x[left] <= x[right] - wanted, left, right)
    else:
        found[new] = modal_values(ratings, np.asarray(units)[new])
    return found


def unit_disagreement(votes: Votes) -> tuple[Codes, Floats]:
    """Units that two or more voted on, and each one's observed disagreement.

    Coincidences of different labels: Σ n_a·n_b / (m - 1) over ordered pairs of labels.
    """
    units, row = np.unique(votes.unit, return_inverse=True)
    n = len(votes.labels)
    cells, count = np.unique(row.astype(np.int64) * n + votes.label, return_counts=True)
    m = np.bincount(row, minlength=len(units)).astype(np.float64)
    same = np.bincount(cells // n, count.astype(np.float64) ** 2, minlength=len(units))
    several = m > 1
    return units[several], (m[several] ** 2 - same[several]) / (m[several] - 1)


def single_labels(value: Value) -> frozenset[str]:
    """The labels that a value stands for, as shown: one, or those of a set."""
    if isinstance(value, frozenset):
        return frozenset(map(label_text, value))
    return frozenset({label_text(value)})
