"""What each rater answers where one label is true: counted against gold, or expected.

Where there is gold, answers are counted. Without it truth is estimated: each answer counts for
every label that may be true, by its probability, so the counts are expected ones. Truth that
is not known for sure is worth less evidence than its expected count. An interval is therefore
Wilson's at an effective count, the information that the answers hold about a cell's share when
truth is probable only: Σ (p (x - θ))² / (θ (1 - θ)), with p the probability that the label is
true, x whether the answer was given, θ the share (the outer product of the scores). That is
n ((1 - θ) a + θ b), where a and b are Σ p² / Σ p over the answers given and over the others: for
known truth the count. How often such intervals hold the true share is in docs/ceiling.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Question, Ratings, label_text
from labelq.measure.consensus.dawid_skene import seen_answers
from labelq.measure.intervals.shares import wilson
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import ConfusionRow, Consensus

Floats = NDArray[np.float64]

LEAST_ANSWERS = 10.0
"""Answers (expected) on units of a label, below which its row is not given."""

MOST_CELLS = 5_000_000
"""Raters × labels² beyond which nothing is counted."""


def rater_confusion(
    question: Question,
    ratings: Ratings,
    n_raters: int,
    consensus: Consensus,
    *,
    gold: Codes | None = None,
    confidence: float = 0.95,
) -> tuple[ConfusionRow, ...]:
    """Every rater's row of the confusion matrix for every label that they met.

    ``basis`` of a row is ``gold``, where a rater answered units with gold (only these count),
    or ``consensus``. A rater can have rows of both; they are never mixed. Reasons of a row
    without shares: ``too_few_answers``, and for the consensus ``two_raters`` (their errors
    cannot be told apart). Nothing for sets, numbers, a consensus without a model, and
    beyond :data:`MOST_CELLS`.
    """
    width = len(ratings.values)
    if question.level not in ("nominal", "ordinal") or n_raters * width**2 > MOST_CELLS:
        return ()
    rows: list[ConfusionRow] = []
    if gold is not None and (gold >= 0).any():
        known = ratings.select(gold[ratings.unit] >= 0)
        true: Floats = np.zeros((len(known), width))
        true[np.arange(len(known)), gold[known.unit]] = 1.0
        rows += _rows(question, known, true, n_raters, "gold", None, confidence)
    if consensus.method in ("dawid_skene", "one_coin", "weighted_mean") and len(consensus.labels):
        two = len(np.unique(ratings.rater)) < 3
        true = consensus.posterior[np.searchsorted(consensus.units, ratings.unit)]
        reason = "two_raters" if two else None
        rows += _rows(question, ratings, true, n_raters, "consensus", reason, confidence)
    return tuple(rows)


def _rows(
    question: Question,
    ratings: Ratings,
    true: Floats,
    n_raters: int,
    basis: str,
    reason: str | None,
    confidence: float,
) -> list[ConfusionRow]:
    """The rows that ``true`` (ratings × labels), what may be true of each answer, leads to."""
    width = len(ratings.values)
    column = ratings.rater.astype(np.int64) * width + ratings.value
    shape = (len(ratings), n_raters * width)
    at = (np.arange(len(ratings)), column)
    answers = sparse.csr_array((np.ones(len(ratings)), at), shape=shape)
    seen = seen_answers(answers, true)  # raters × given × true
    squared = seen_answers(answers, true**2)
    n = seen.sum(axis=1, keepdims=True)
    # What an answer is worth: Σ p² / Σ p, of those who gave it and of the others. Half an
    # answer of usual worth more on either side, for labels that were hardly given.
    usual = squared.sum(axis=1, keepdims=True) / np.maximum(n, 1e-300)
    hits = (squared + 0.5 * usual) / (seen + 0.5)
    others = (n * usual - squared + 0.5 * usual) / (n - seen + 0.5)
    share = (seen + 0.5) / (n + 1)
    size = np.maximum(n * ((1 - share) * hits + share * others), 0.5)
    plain = seen / np.maximum(n, 1e-300)
    lower, upper = wilson(plain, size, confidence)
    names = [label_text(value) for value in ratings.values]
    given = np.bincount(column, minlength=n_raters * width).reshape(n_raters, width)
    rows = []
    for rater, label in zip(*np.nonzero(n[:, 0, :] >= 0.5), strict=True):
        total = float(n[rater, 0, label])
        why = reason or ("too_few_answers" if total < LEAST_ANSWERS else None)
        cells = {}
        for answer in np.flatnonzero(given[rater]) if why is None else ():
            cell = (rater, answer, label)
            cells[names[answer]] = Estimate(
                float(plain[cell]), float(lower[cell]), float(upper[cell]), round(total), None
            )
        rows.append(ConfusionRow(int(rater), question.name, basis, names[label], total, cells, why))
    return rows
