"""What a unit's label most probably is, given everyone's answers: which method, and its result.

Labels: the model of Dawid and Skene, its one-coin form, or the majority. Sets of labels: every
label is a question of its own, ticked or not. Numbers: a weighted mean with each rater's bias
and variance, or the median. Rankings: the mean place of each item. What each assumes and when it
is chosen is in docs/consensus.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings, Value, label_text
from labelq.measure.coefficients.distances import numbers
from labelq.measure.consensus import counting
from labelq.measure.consensus.borda import borda
from labelq.measure.consensus.dawid_skene import Fit, Model, Size, fit_model
from labelq.measure.consensus.methods import (
    FEWEST_UNITS,
    LARGEST,
    MOST_CELLS,
    Method,
    choice,
    largest,
)
from labelq.measure.consensus.soundness import agreed, astray, compared, exchanged
from labelq.measure.consensus.weighted_mean import fit_weighted_mean
from labelq.measure.results import Consensus

Floats = NDArray[np.float64]
NAMES = {"dawid_skene": "Dawid-Skene", "one_coin": "one coin per annotator"}
"""What models are called in words."""
TIE_RULE = "of labels with equally many votes the first in the question's order"


def consensus(
    question: Question,
    ratings: Ratings,
    n_raters: int,
    *,
    method: Method | None = None,
    gold: Codes | None = None,
    repeats: Ratings | None = None,
) -> Consensus:
    """The consensus on one question, for every unit that carries a rating.

    ``method`` None chooses from the data, and the result's ``why`` says why. ``gold`` holds a
    code into ``ratings.values`` per unit code, -1 where nothing is known: such a unit is
    certain, and its raters are measured against it. ``repeats`` are earlier answers of the
    same raters to the same units: evidence about units and raters for the models, while
    counting (majority, median) takes each rater's last word.

    Raises:
        SettingsError: ``method`` does not fit the question's level or the size of the data.
    """
    units, row = np.unique(ratings.unit, return_inverse=True)
    units = units.astype(np.int32)
    chosen, why = choice(question, ratings, row, len(units), n_raters, method)
    known = None if gold is None else gold[units]
    # Gold may well show that all were wrong; and what was asked for is what is given.
    free = method is None and known is None
    together = agreed(row, ratings.value, len(units)) if free else np.full(len(units), -1)
    answers = ratings
    if chosen in ("dawid_skene", "one_coin", "weighted_mean") and repeats is not None:
        answers = _with_repeats(ratings, repeats, units)
        row = np.searchsorted(units, answers.unit)
    if chosen == "weighted_mean":
        found = weighted_mean(question, answers, units, row, n_raters, known)
    elif question.level == "set":
        once = ratings if free else None
        found = _per_tick(question, answers, units, row, n_raters, cast("Any", chosen), known, once)
    elif chosen == "borda":
        found = borda(question, answers, units, row, known)
    elif chosen == "median":
        found = median(question, answers, units, row, known)
    elif chosen == "majority":
        found = majority(question, answers, units, row, known)
    else:
        found = _modelled(question, answers, units, row, n_raters, chosen, known, together)
    found = replace(found, why="; ".join(part for part in (why, found.why) if part))
    certain = None if known is None else units[known >= 0]
    return compared(question, ratings, found, known=certain)


def ticks(question: Question, ratings: Ratings) -> NDArray[np.bool_]:
    """Which of the question's labels each distinct set holds: (values × labels)."""
    position = {label: i for i, label in enumerate(question.labels)}
    table = np.zeros((len(ratings.values), len(position)), np.bool_)
    for code, value in enumerate(ratings.values):
        assert isinstance(value, frozenset)
        table[code, [position[label] for label in value]] = True
    return table


def majority(
    question: Question,
    ratings: Ratings,
    units: Codes,
    row: NDArray[np.intp],
    known: Codes | None = None,
) -> Consensus:
    """The commonest vote of each unit (:data:`TIE_RULE`); its posterior are shares of votes."""
    n_labels = len(ratings.values)
    found = counting.majority(row, ratings.value, len(units), n_labels)
    best, tied = found.best.copy(), found.tied
    posterior: Floats = np.zeros((len(units), 0))
    if len(units) * n_labels <= MOST_CELLS:
        posterior = counting.shares(row, ratings.value, len(units), n_labels)
    if known is not None:
        at = np.flatnonzero(known >= 0)
        best[at], tied[at] = known[at], False
        if posterior.shape[1]:
            posterior[at] = 0.0
            posterior[at, known[at]] = 1.0
    return Consensus(
        question=question.name,
        method="majority",
        units=units,
        labels=ratings.values,
        posterior=posterior,
        best=tuple(ratings.values[code] for code in best.tolist()),
        accuracy=_accuracy(ratings.rater, (ratings.value == best[row]).astype(np.float64)),
        iterations=0,
        n_ties=int(tied.sum()),
    )


def median(
    question: Question,
    ratings: Ratings,
    units: Codes,
    row: NDArray[np.intp],
    known: Codes | None = None,
) -> Consensus:
    """The median of each unit: for numbers the mean of the two middle ones, for ordered labels
    the lower of them.
    """
    # Values are in order, so their codes order them.
    low, high = counting.middles(row, ratings.value, len(units))
    best: tuple[Value, ...]
    if question.level == "ordinal":
        code = low if known is None else np.where(known >= 0, known, low)
        best = tuple(ratings.values[i] for i in code.tolist())
    else:
        value = np.array(ratings.values, np.float64)
        # Halved first: two numbers near the largest there is have a sum beyond it.
        middle = np.where(low == high, value[low], value[low] / 2 + value[high] / 2)
        if known is not None:
            middle = np.where(known >= 0, value[known], middle)
        best = tuple(middle.tolist())
    return Consensus(
        question=question.name,
        method="median",
        units=units,
        labels=ratings.values if question.level == "ordinal" else (),
        posterior=np.zeros((len(units), 0)),
        best=best,
        accuracy={},
        iterations=0,
        n_ties=int((low != high).sum()) if question.level == "ordinal" else 0,
    )


def weighted_mean(
    question: Question,
    ratings: Ratings,
    units: Codes,
    row: NDArray[np.intp],
    n_raters: int,
    known: Codes | None = None,
) -> Consensus:
    """Each unit's weighted mean; for ordered labels the nearest label too."""
    number = numbers(ratings.values)
    told = None
    if known is not None:
        told = np.where(known >= 0, number[known], np.nan) if len(number) else None
    fit = fit_weighted_mean(
        number[ratings.value], row, ratings.rater, len(units), n_raters, known=told
    )
    present = np.flatnonzero(np.bincount(ratings.rater, minlength=n_raters))
    found = by_means(
        Consensus(
            question=question.name,
            method="weighted_mean",
            units=units,
            labels=ratings.values if question.level == "ordinal" else (),
            posterior=np.zeros((len(units), 0)),
            best=(),
            accuracy={},
            iterations=fit.iterations,
            converged=fit.converged,
            moved=fit.moved,
            bias={int(r): float(fit.bias[r]) for r in present},
            spread={int(r): float(np.sqrt(fit.variance[r])) for r in present},
        ),
        fit.mean,
        fit.sd,
    )
    if not found.posterior.shape[1]:
        return found
    likely = found.posterior[row, ratings.value]
    return replace(found, accuracy=_accuracy(ratings.rater, likely))


def by_means(consensus: Consensus, mean: Floats, sd: Floats) -> Consensus:
    """``consensus`` with these means and standard deviations per unit.

    For ordered labels each label's probability is that of the normal distribution between the
    middles to its neighbours, and the best label is the one nearest to the mean.
    """
    if not consensus.labels:
        return replace(consensus, mean=mean, sd=sd, best=tuple(mean.tolist()))
    number = numbers(consensus.labels)
    posterior, nearest = chances_of_labels(number, mean, sd)
    best = tuple(consensus.labels[code] for code in nearest.tolist())
    return replace(consensus, mean=mean, sd=sd, best=best, posterior=posterior)


def chances_of_labels(number: Floats, mean: Floats, sd: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Of ordered labels with these numbers: the probability of each, and the nearest to the mean.

    (units × labels), which is empty where that is too many, and codes (units,).
    """
    from scipy.special import ndtr

    order = np.argsort(number, kind="stable")
    ends = (number[order][1:] + number[order][:-1]) / 2
    nearest = order[np.searchsorted(ends, np.round(mean, 12))]
    if len(mean) * len(number) > MOST_CELLS:
        return np.zeros((len(mean), 0)), nearest
    below = ndtr((ends - mean[:, None]) / np.maximum(sd, 1e-12)[:, None])
    edge = np.ones((len(mean), 1))
    posterior = np.zeros((len(mean), len(number)))
    posterior[:, order] = np.diff(np.hstack([0 * edge, below, edge]), axis=1)
    return posterior, nearest


def _with_repeats(ratings: Ratings, repeats: Ratings, units: Codes) -> Ratings:
    """The ratings and the earlier answers, one after the other."""
    kept = repeats.select((repeats.value >= 0) & np.isin(repeats.unit, units))
    if not len(kept):
        return ratings
    code = kept.value
    if kept.values != ratings.values:
        position = {value: i for i, value in enumerate(ratings.values)}
        table = np.array([position.get(value, -1) for value in kept.values], np.int32)
        kept, code = kept.select(table[code] >= 0), table[code][table[code] >= 0]
    columns = ("unit", "rater", "seconds", "submitted", "edited", "prelabeled")
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(ratings, name), getattr(kept, name)]) for name in columns
    }
    return replace(ratings, value=np.concatenate([ratings.value, code]), **joined)


def _modelled(
    question: Question,
    ratings: Ratings,
    units: Codes,
    row: NDArray[np.intp],
    n_raters: int,
    model: Model,
    known: Codes | None,
    together: NDArray[np.intp],
) -> Consensus:
    """By a model of raters; by a simpler one where it lost what the labels' names mean.

    ``together`` is what all answers to a unit say (-1 where they differ, or are not to be
    asked): see :func:`labelq.measure.consensus.unanimity.astray`.
    """
    labels = ratings.values
    size = Size(len(units), n_raters, len(labels))
    known_as_numbers = question.level == "ordinal" and largest(ratings) <= LARGEST
    ordered = known_as_numbers and int((together >= 0).sum()) > 0 and _several(row) >= FEWEST_UNITS
    why = ""
    models: tuple[Model, ...] = ("dawid_skene", "one_coin")
    for tried in models[models.index(model) :]:
        fit = fit_model(tried, row, ratings.rater, ratings.value, size, gold=known)
        # Rounded, so that equal posteriors tie on every machine: the first label then wins.
        rounded = np.round(fit.posterior, 12)
        best = rounded.argmax(axis=1) if len(labels) else np.zeros(0, np.intp)
        wrong = astray(together, best, labels, ordered=ordered)
        if exchanged(fit.posterior, row, ratings.value):
            wrong = "took one label for another"
        if not wrong:
            break
        why = "; ".join(filter(None, (why, f"{NAMES[tried]} {wrong}")))
        if ordered:
            found = weighted_mean(question, ratings, units, row, n_raters, known)
            return replace(found, why=why)
    else:
        return replace(majority(question, ratings, units, row, known), why=why)
    top = rounded.max(axis=1, keepdims=True) if len(labels) else rounded
    return Consensus(
        question=question.name,
        method=tried,
        units=units,
        labels=labels,
        posterior=fit.posterior,
        best=tuple(labels[code] for code in best.tolist()),
        accuracy=_accuracy(ratings.rater, fit.posterior[row, ratings.value]),
        iterations=fit.iterations,
        why=why,
        converged=fit.converged,
        moved=fit.moved,
        n_ties=int(((rounded == top).sum(axis=1) > 1).sum()),
    )


def _per_tick(
    question: Question,
    ratings: Ratings,
    units: Codes,
    row: NDArray[np.intp],
    n_raters: int,
    method: Literal["majority", "one_coin", "dawid_skene"],
    known: Codes | None,
    once: Ratings | None,
) -> Consensus:
    """Every label as a question of its own: ticked or not.

    ``once`` are the ratings without repeats: what a model says against all of them is not
    believed. None where it is.
    """
    table = ticks(question, ratings)
    size = Size(len(units), n_raters, 2)
    posterior = np.zeros((len(units), table.shape[1]))
    likely = np.zeros(len(ratings))
    fits: list[Fit] = []
    counted: list[str] = []
    for i in range(table.shape[1]):
        ticked = table[ratings.value, i].astype(np.int64)
        told = None if known is None else np.where(known >= 0, table[known, i], -1)
        if not ticked.any() and (told is None or not (told > 0).any()):
            likely += 1.0
            continue
        shares = counting.shares(row, ticked, len(units), 2)
        if told is not None:
            shares[told >= 0] = np.eye(2)[told[told >= 0]]
        if method != "majority":
            codes = None if told is None else told.astype(np.int32)
            fit = fit_model(method, row, ratings.rater, ticked, size, gold=codes)
            wrong = exchanged(fit.posterior, row, ticked)
            if once is not None and not wrong:
                own = agreed(np.searchsorted(units, once.unit), table[once.value, i], len(units))
                best = (np.round(fit.posterior[:, 1], 12) > 0.5).astype(np.intp)
                wrong = bool(astray(own, best, ("not ticked", "ticked"), ordered=False))
            if wrong:
                counted.append(label_text(question.labels[i]))
            else:
                fits.append(fit)
                shares = fit.posterior
        posterior[:, i] = shares[:, 1]
        likely += shares[row, ticked]
    # Paths are not among the values of a question, only in its sets: here they are labels.
    labels = cast("tuple[Value, ...]", question.labels)
    rounded = np.round(posterior, 12)
    sets, which = np.unique(rounded > 0.5, axis=0, return_inverse=True)
    named = [cast("Value", frozenset(labels[i] for i in np.flatnonzero(one))) for one in sets]
    return Consensus(
        question=question.name,
        method=method,
        units=units,
        labels=labels,
        posterior=posterior,
        best=tuple(named[code] for code in which.ravel().tolist()),
        accuracy=_accuracy(ratings.rater, likely / max(table.shape[1], 1)),
        iterations=max((fit.iterations for fit in fits), default=0),
        why=f"{NAMES[method]} went astray, so votes count, on {', '.join(counted)}"
        if counted and method != "majority"
        else "",
        converged=all(fit.converged for fit in fits),
        moved=max((fit.moved for fit in fits), default=0.0),
        n_ties=int((rounded == 0.5).any(axis=1).sum()),
    )


def _several(row: NDArray[np.integer]) -> int:
    """How many units have two or more answers."""
    return int((np.bincount(row) > 1).sum())


def _accuracy(rater: Codes, likely: Floats) -> dict[int, float]:
    """Per rater, the mean probability that an answer is right."""
    n = np.bincount(rater)
    right = np.bincount(rater, likely)
    return {int(r): float(right[r] / n[r]) for r in np.flatnonzero(n)}
