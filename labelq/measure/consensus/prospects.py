"""What further votes are expected to mend on one question: every unit's loss, and its fall.

Loss is in labels: one that is wrong counts 1. With costs of their own (``Question.costs``)
a wrong label counts its cost as a share of the largest, an ordered label its distance as a
share of the scale, a set one for each wrong tick. Numbers and rankings have no posterior:
their loss is the variance of the unit's mean, as half a share of the variance of all answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Question, Ratings, label_text
from labelq.labels.statistics import weighted_count
from labelq.measure.consensus.dawid_skene import POOLED, seen_answers
from labelq.measure.consensus.estimation import ticks
from labelq.measure.consensus.methods import MOST_MATRIX_CELLS
from labelq.measure.consensus.value_of_votes import MOST_VOTES, entropies, falls_of_loss
from labelq.measure.results import Consensus

Floats = NDArray[np.float64]


def costs_of(question: Question, n_labels: int) -> Floats:
    """What deciding one label costs where another is true: (true × decided), 1 at most."""
    if question.costs:
        position = {label_text(label): i for i, label in enumerate(question.labels)}
        found = np.zeros((n_labels, n_labels))
        for a, b, cost in question.costs:
            found[position[a], position[b]] = found[position[b], position[a]] = cost
        return np.asarray(found / max(found.max(), 1e-300))
    if question.level == "ordinal":
        steps = np.arange(n_labels)
        return np.abs(steps[:, None] - steps) / max(n_labels - 1, 1)
    return 1 - np.eye(n_labels)


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """The chance of each answer where each label is true, by rater: ``seen`` expected answers
    (raters × given × true) where raters have matrices, else ``right`` is each one's coin.
    """

    n_labels: int
    matrices: Floats | None
    right: Floats | None

    @classmethod
    def of(
        cls,
        posterior: Floats,
        row: NDArray[np.integer],
        rater: Codes,
        given: NDArray[np.integer],
        n_raters: int,
        *,
        coin: bool,
    ) -> Self:
        """From the answers ``given`` by ``rater`` to units (``row`` of the posterior).

        Somebody without an answer is taken to be like all raters together.
        """
        n_units, n_labels = posterior.shape
        if coin or n_raters * n_labels**2 > MOST_MATRIX_CELLS:
            right = weighted_count(rater, posterior[row, given], n_raters)
            answered = np.bincount(rater, minlength=n_raters).astype(np.float64)
            return cls(n_labels, None, POOLED.coins(right, answered))
        column = rater.astype(np.int64) * n_labels + given
        shape = (n_units, n_raters * n_labels)
        answers = sparse.csr_array((np.ones(len(column)), (row, column)), shape=shape)
        return cls(n_labels, POOLED.matrices(seen_answers(answers, posterior)), None)

    def each(self, raters: NDArray[np.integer]) -> Floats:
        """Of each of ``raters``: (raters × true × given)."""
        if self.matrices is not None:
            return np.asarray(self.matrices[raters].transpose(0, 2, 1))
        return np.stack([self.mean(np.array([rater])) for rater in raters.tolist()])

    def mean(self, raters: NDArray[np.integer]) -> Floats:
        """Of one of these raters, any of them: (true × given)."""
        if self.matrices is not None:
            return np.asarray(self.matrices[raters].mean(axis=0).T)
        assert self.right is not None
        right = float(self.right[raters].mean())
        found = np.full((self.n_labels, self.n_labels), (1 - right) / max(self.n_labels - 1, 1))
        np.fill_diagonal(found, right)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """The units of one question (``units``, codes): ``loss`` that is expected of the consensus
    as it is, ``entropy`` of the label in nats, and what votes would change.
    """

    units: Codes
    loss: Floats
    entropy: Floats
    parts: tuple[tuple[Floats, Channels, Floats], ...] = ()
    votes: Floats | None = None

    @classmethod
    def of(cls, question: Question, consensus: Consensus, ratings: Ratings, n_raters: int) -> Self:
        """``consensus`` may know more than ``ratings``, which tell how raters answer."""
        units, posterior = consensus.units, consensus.posterior
        known = np.isin(ratings.unit, units)
        ratings = ratings if known.all() else ratings.select(known)
        row = np.searchsorted(units, ratings.unit)
        n = np.maximum(np.bincount(row, minlength=len(units)), 1).astype(np.float64)
        if question.level in ("interval", "ratio", "ranking"):
            spread = spread_of(question, ratings, units)
            return cls(units, spread / n, np.zeros(len(units)), votes=n)
        if not posterior.shape[1]:
            return cls(units, np.zeros(len(units)), np.zeros(len(units)))
        coin = consensus.method == "one_coin"
        tables, given = [posterior], [ratings.value]
        if question.level == "set":
            ticked = ticks(question, ratings)
            tables = [np.column_stack([1 - p, p]) for p in posterior.T]
            given = [column[ratings.value].astype(np.int32) for column in ticked.T]
        parts = tuple(
            (
                table,
                Channels.of(table, row, ratings.rater, answer, n_raters, coin=coin),
                1 - np.eye(2) if question.level == "set" else costs_of(question, table.shape[1]),
            )
            for table, answer in zip(tables, given, strict=True)
        )
        loss = sum(((p @ cost).min(axis=1) for p, _, cost in parts), np.zeros(len(units)))
        entropy = sum((entropies(p) for p, _, _ in parts), np.zeros(len(units)))
        return cls(units, loss, entropy, parts)

    def falls(
        self, rows: NDArray[np.integer], raters: NDArray[np.integer], most: int = MOST_VOTES
    ) -> Floats:
        """By how much the loss of the units in ``rows`` falls with 1 … ``most`` votes of people
        like ``raters`` (one of them at a time, any): (rows × most).
        """
        if self.votes is not None:
            n, more = self.votes[rows][:, None], np.arange(1, most + 1)
            return np.asarray(self.loss[rows][:, None] * more / (n + more))
        found = np.zeros((len(rows), most))
        for table, channels, costs in self.parts:
            found += falls_of_loss(table[rows], channels.mean(raters), costs, most)
        return found


def spread_of(question: Question, ratings: Ratings, units: Codes) -> Floats:
    """Of numbers: half the variance of each unit's answers as a share of all answers', at most
    .5. Of rankings: their mean distance, at most .5.
    """
    if question.level == "ranking":
        from labelq.measure.coefficients.rankings import mean_distances

        ranked, apart = mean_distances(ratings)
        found = np.zeros(len(units))
        found[np.searchsorted(units, ranked)] = np.minimum(apart, 0.5)
        return found
    value = np.array(ratings.values, np.float64)[ratings.value]
    total = float(value.var()) if len(value) else 0.0
    if total == 0:
        return np.zeros(len(units))
    row = np.searchsorted(units, ratings.unit)
    m = np.maximum(np.bincount(row, minlength=len(units)), 1)
    mean = np.bincount(row, value, minlength=len(m)) / m
    variance = np.bincount(row, (value - mean[row]) ** 2, minlength=len(m)) / m
    return np.asarray(np.minimum(variance / total, 1) / 2)
