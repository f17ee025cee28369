"""What a unit's label most probably is, given everyone's votes: a statistical consensus.

Labels: the model of Dawid and Skene (1979). Each rater has a confusion matrix, the chance to
answer *b* where *a* is true; it and the units' labels are estimated in turn (EM), starting
from the units' shares of votes. Where the ratings are too few for whole matrices, each rater
has one number instead, the chance to be right (one coin). Sets of labels: every label is a
question of its own, ticked or not. Numbers: the median.

One EM step is two sparse products: (units × raters·labels) with the confusion matrices and,
transposed, with the posterior.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Question, Ratings, Value
from labelq.measure.results import Consensus

Floats = NDArray[np.float64]
Model = Literal["dawid_skene", "one_coin"]

SMOOTHING = 0.3
"""Answers added to every cell of a rater's confusion matrix (and to right and wrong of a
coin), so that what was never seen is rare, not impossible."""

MAX_ITERATIONS = 200
TOLERANCE = 1e-9
"""EM ends when the log-likelihood per rating grows by less."""

MOST_CELLS = 12_000_000
"""A posterior is units × labels; a larger one would take minutes and gigabytes."""

TINY = 1e-300


class Size(NamedTuple):
    """How many units, raters and labels the codes run over."""

    units: int
    raters: int
    labels: int


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model: ``posterior`` (units × labels), ``prior`` (labels), per rater
    ``confusion`` (raters × true × given; None for one coin), and the log-likelihood.
    """

    posterior: Floats
    prior: Floats
    confusion: Floats | None
    log_likelihood: float
    iterations: int


def consensus(question: Question, ratings: Ratings, n_raters: int) -> Consensus:
    """The consensus on one question, for every unit that carries a rating.

    ``method`` of the result is ``dawid_skene``, ``one_coin`` (raters × labels² over five
    million cells, or a median of fewer than five ratings per rater and label), ``majority``
    (units × labels over :data:`MOST_CELLS`: the commonest vote, no posterior) or ``median``.
    """
    units, row = np.unique(ratings.unit, return_inverse=True)
    units = units.astype(np.int32)
    if question.level in ("interval", "ratio"):
        return medians(question, ratings, units, row)
    if question.level == "set":
        return _per_tick(question, ratings, units, row, n_raters)
    labels = ratings.values
    if len(units) * len(labels) > MOST_CELLS:
        return majority(question, ratings, units, row)
    model = _model(ratings.rater, n_raters, len(labels))
    size = Size(len(units), n_raters, len(labels))
    fit = fit_model(model, row, ratings.rater, ratings.value, size)
    likely = fit.posterior[row, ratings.value]
    # Rounded, so that equal posteriors tie on every machine: the first label then wins.
    best = np.round(fit.posterior, 12).argmax(axis=1) if len(labels) else np.zeros(0, np.intp)
    return Consensus(
        question=question.name,
        method=model,
        units=units,
        labels=labels,
        posterior=fit.posterior,
        best=tuple(labels[code] for code in best.tolist()),
        accuracy=_accuracy(ratings.rater, likely),
        iterations=fit.iterations,
    )


def ticks(question: Question, ratings: Ratings) -> NDArray[np.bool_]:
    """Which of the question's labels each distinct set holds: (values × labels)."""
    position = {label: i for i, label in enumerate(question.labels)}
    table = np.zeros((len(ratings.values), len(position)), np.bool_)
    for code, value in enumerate(ratings.values):
        assert isinstance(value, frozenset)
        table[code, [position[label] for label in value]] = True
    return table


def fit_model(
    model: Model,
    unit: NDArray[np.integer],
    rater: Codes,
    label: NDArray[np.integer],
    size: Size,
    *,
    smoothing: float = SMOOTHING,
    tolerance: float = TOLERANCE,
) -> Fit:
    """Fit ``model`` by EM to parallel arrays of unit, rater and label codes.

    A rater may have answered a unit more than once. Every unit must carry a rating.
    """
    n_units, n_raters, n_labels = size
    votes = np.bincount(unit * n_labels + label, minlength=n_units * n_labels)
    votes = votes.reshape(n_units, n_labels).astype(np.float64)
    posterior: Floats = votes / votes.sum(axis=1, keepdims=True)
    if n_units == 0 or n_labels < 2:
        return Fit(posterior, np.ones(n_labels), None, 0.0, 0)
    ones = np.ones(len(unit))
    coin = model == "one_coin"
    column = rater if coin else rater.astype(np.int64) * n_labels + label
    width = n_raters if coin else n_raters * n_labels
    answers = sparse.csr_array((ones, (unit, column)), shape=(n_units, width))
    answered = np.bincount(rater, minlength=n_raters).astype(np.float64)
    confusion, previous, iteration = None, -np.inf, 0
    for iteration in range(1, MAX_ITERATIONS + 1):  # noqa: B007  # reported
        prior = posterior.mean(axis=0)
        if coin:
            right = np.bincount(rater, posterior[unit, label], minlength=n_raters)
            right = (right + smoothing) / np.maximum(answered + 2 * smoothing, TINY)
            wrong = (1 - right) / (n_labels - 1)
            gain = np.log(np.maximum(right, TINY)) - np.log(np.maximum(wrong, TINY))
            cell = unit.astype(np.int64) * n_labels + label
            score = np.bincount(cell, gain[rater], minlength=n_units * n_labels)
            score = score.reshape(n_units, n_labels)
            score += (answers @ np.log(np.maximum(wrong, TINY)))[:, None]
        else:
            confusion = confusions(answers, posterior) + smoothing
            confusion /= np.maximum(confusion.sum(axis=2, keepdims=True), TINY)
            table = np.log(np.maximum(confusion, TINY)).transpose(0, 2, 1)
            score = answers @ table.reshape(width, n_labels)
        score += np.log(np.maximum(prior, TINY))
        top = score.max(axis=1, keepdims=True)
        posterior = np.exp(score - top)
        total = posterior.sum(axis=1, keepdims=True)
        posterior /= total
        likelihood = float((top + np.log(total)).sum())
        if likelihood - previous < tolerance * len(unit):
            break
        previous = likelihood
    return Fit(posterior, posterior.mean(axis=0), confusion, likelihood, iteration)


def confusions(answers: sparse.csr_array, posterior: Floats) -> Floats:
    """How often each rater gave each label on units of each: raters × true × given.

    ``answers`` (units × raters·labels) holds a one per answer, ``posterior`` the true labels.
    """
    n_labels = posterior.shape[1]
    given = np.asarray(answers.T @ posterior).reshape(-1, n_labels, n_labels)
    return given.transpose(0, 2, 1)


def _model(rater: Codes, n_raters: int, n_labels: int) -> Model:
    """Whole confusion matrices where the ratings can carry them, else one coin."""
    answered = np.bincount(rater, minlength=n_raters)
    answered = answered[answered > 0]
    few = len(answered) > 0 and float(np.median(answered)) < 5 * n_labels
    return "one_coin" if few or n_raters * n_labels**2 > 5_000_000 else "dawid_skene"


def _per_tick(
    question: Question, ratings: Ratings, units: Codes, row: NDArray[np.intp], n_raters: int
) -> Consensus:
    """Every label as a question of its own: ticked or not."""
    table = ticks(question, ratings)
    model = _model(ratings.rater, n_raters, 2)
    posterior = np.zeros((len(units), table.shape[1]))
    likely = np.zeros(len(ratings))
    iterations = 0
    for i in range(table.shape[1]):
        ticked = table[ratings.value, i].astype(np.int64)
        if not ticked.any():
            likely += 1.0
            continue
        fit = fit_model(model, row, ratings.rater, ticked, Size(len(units), n_raters, 2))
        posterior[:, i] = fit.posterior[:, 1]
        likely += fit.posterior[row, ticked]
        iterations = max(iterations, fit.iterations)
    # Paths are not among the values of a question, only in its sets: here they are labels.
    labels = cast("tuple[Value, ...]", question.labels)
    chosen = np.round(posterior, 12) > 0.5
    sets, which = np.unique(chosen, axis=0, return_inverse=True)
    named = [cast("Value", frozenset(labels[i] for i in np.flatnonzero(one))) for one in sets]
    return Consensus(
        question=question.name,
        method=model,
        units=units,
        labels=labels,
        posterior=posterior,
        best=tuple(named[code] for code in which.ravel().tolist()),
        accuracy=_accuracy(ratings.rater, likely / max(table.shape[1], 1)),
        iterations=iterations,
    )


def majority(
    question: Question, ratings: Ratings, units: Codes, row: NDArray[np.intp]
) -> Consensus:
    """The commonest vote of each unit, the first in order among equals; no posterior."""
    width = len(ratings.values)
    cell, n = np.unique(row * width + ratings.value, return_counts=True)
    unit, label = np.divmod(cell, width)
    order = np.lexsort((label, -n, unit))
    first = np.searchsorted(unit[order], np.arange(len(units)))
    best = label[order][first]
    agrees = (ratings.value == best[row]).astype(np.float64)
    return Consensus(
        question=question.name,
        method="majority",
        units=units,
        labels=ratings.values,
        posterior=np.zeros((len(units), 0)),
        best=tuple(ratings.values[code] for code in best.tolist()),
        accuracy=_accuracy(ratings.rater, agrees),
        iterations=0,
    )


def medians(question: Question, ratings: Ratings, units: Codes, row: NDArray[np.intp]) -> Consensus:
    """The median of each unit's numbers (the mean of the two middle ones)."""
    # Values are sorted, so their codes order them.
    order = np.lexsort((ratings.value, row))
    value = np.array(ratings.values, np.float64)[ratings.value[order]]
    n = np.bincount(row, minlength=len(units))
    start = np.cumsum(n) - n
    middle = (value[start + (n - 1) // 2] + value[start + n // 2]) / 2 if len(n) else value
    return Consensus(
        question=question.name,
        method="median",
        units=units,
        labels=(),
        posterior=np.zeros((len(units), 0)),
        best=tuple(middle.tolist()),
        accuracy={},
        iterations=0,
    )


def _accuracy(rater: Codes, likely: Floats) -> dict[int, float]:
    """Per rater, the mean probability that an answer is right."""
    n = np.bincount(rater)
    right = np.bincount(rater, likely)
    return {int(r): float(right[r] / n[r]) for r in np.flatnonzero(n)}
