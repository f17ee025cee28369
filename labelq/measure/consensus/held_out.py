"""Does the model of raters predict votes that it has not seen better than the other votes do?

A model with a confusion matrix per rater can fit noise. So votes are held out in folds, the
model is fitted to the rest, and each held-out vote is predicted twice:

- by the model: Σ over labels of (probability of the label, from the unit's other votes) ×
  (chance that this rater gives this answer there);
- by the majority, raters exchangeable: the shares of the unit's other votes, drawn to the
  shares of the round by as many votes' worth as predicts the training votes best, each left
  out in turn (a Dirichlet prior; its mean is the round's shares).

Both predict a *vote*, not the truth, so they can be compared: mean log loss, and how often the
likeliest answer was given. A model that loses here says nothing about truth; but what it knows
about raters does not hold beyond the votes it was fitted to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings
from labelq.measure.coefficients.distances import numbers
from labelq.measure.consensus.dawid_skene import Fit, Model, Size, fit_model
from labelq.measure.consensus.estimation import ticks
from labelq.measure.consensus.weighted_mean import FREEDOM, fit_weighted_mean
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import HeldOut, Loss

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

FOLDS = 5
LEAST_UNITS = 30
"""Units with held-out votes below which nothing is compared."""

MOST_RATINGS, MOST_CELLS = 40_000, 1_000_000
"""Ratings (times ticks, for sets), and units × labels, beyond which units are sampled."""

STRENGTHS = np.geomspace(0.1, 100, 13)
"""Votes' worth of the round's shares, to choose from."""

CONVENTION = (
    "votes held out in {folds} folds, every task keeps one or more; difference of mean log loss"
    " in nats, interval by Student's t over tasks"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """Per held-out vote: log loss and hit (1/k where k answers tie), by model and majority."""

    loss: Floats
    hit: Floats
    loss_majority: Floats
    hit_majority: Floats


def held_out(
    question: Question,
    ratings: Ratings,
    n_raters: int,
    method: str,
    *,
    seed: int = 0,
    confidence: float = 0.95,
) -> HeldOut:
    """Compare the consensus' model, ``method``, with the majority on held-out votes.

    For sets every tick is predicted on its own, and losses add up. Reasons: ``no_model``
    (``method`` is neither ``dawid_skene`` nor ``one_coin``, nor ``weighted_mean`` of ordered
    labels), ``no_overlap``, ``too_few_units``, ``no_variation``.
    """
    if method not in ("dawid_skene", "one_coin", "weighted_mean") or question.no_labels:
        return _nothing(question, method, "no_model", 0, confidence)
    model: Model | Floats = "dawid_skene" if method == "dawid_skene" else "one_coin"
    if method == "weighted_mean":
        model = numbers(ratings.values)
    n = np.bincount(ratings.unit)
    n_multiple = int((n >= 2).sum())
    if n_multiple < LEAST_UNITS:
        reason = "too_few_units" if n_multiple else "no_overlap"
        return _nothing(question, method, reason, n_multiple, confidence)
    rng = np.random.default_rng([seed, len(ratings)])
    is_set = question.level == "set"
    width = len(question.labels) if is_set else len(ratings.values)
    sample = _sample(ratings, width, rng, per_tick=is_set)
    if len(np.unique(sample.value)) < 2:
        return _nothing(question, method, "no_variation", n_multiple, confidence)
    units, row = np.unique(sample.unit, return_inverse=True)
    fold = _folds(row, rng)
    held = fold >= 0
    if is_set:
        table = ticks(question, sample)
        size = Size(len(units), n_raters, 2)
        parts = [
            _scores(model, row, sample.rater, table[sample.value, i].astype(np.int32), fold, size)
            for i in range(width)
            if table[sample.value, i].any()
        ]
        scores = _Scores(
            loss=np.sum([p.loss for p in parts], axis=0),
            hit=np.mean([p.hit for p in parts], axis=0),
            loss_majority=np.sum([p.loss_majority for p in parts], axis=0),
            hit_majority=np.mean([p.hit_majority for p in parts], axis=0),
        )
    else:
        size = Size(len(units), n_raters, width)
        scores = _scores(model, row, sample.rater, sample.value, fold, size)
    unit = row[held]
    worse = _mean_by_unit(scores.loss - scores.loss_majority, unit, confidence)
    assert worse.lower is not None
    assert worse.upper is not None
    return HeldOut(
        question=question.name,
        model=method,
        by_model=Loss(float(scores.loss.mean()), float(scores.hit.mean())),
        by_majority=Loss(float(scores.loss_majority.mean()), float(scores.hit_majority.mean())),
        worse=worse,
        worse_hits=_mean_by_unit(scores.hit_majority - scores.hit, unit, confidence),
        says="worse" if worse.lower > 0 else "better" if worse.upper < 0 else "alike",
        n_votes=len(unit),
        n_units=len(np.unique(unit)),
        folds=FOLDS,
        sampled=len(sample) < len(ratings),
        confidence=confidence,
        convention=CONVENTION.format(folds=FOLDS),
        reason=None,
    )


def _nothing(question: Question, method: str, reason: str, n: int, confidence: float) -> HeldOut:
    none = Estimate(n=n, reason=reason)
    words = CONVENTION.format(folds=FOLDS)
    return HeldOut(
        question.name, method, None, None, none, none, None, 0, 0, FOLDS, False, confidence,
        words, reason,
    )  # fmt: skip


def _sample(ratings: Ratings, width: int, rng: np.random.Generator, *, per_tick: bool) -> Ratings:
    """The ratings of a random part of the units, small enough to be fitted five times."""
    units = np.unique(ratings.unit)
    cost = len(ratings) * (width if per_tick else 1)
    cells = len(units) * width
    part = min(1.0, MOST_RATINGS / max(cost, 1), MOST_CELLS / max(cells, 1))
    if part >= 1:
        return ratings
    size = max(LEAST_UNITS, int(part * len(units)))
    return ratings.select(np.isin(ratings.unit, rng.permutation(units)[:size]))


def _folds(row: Index, rng: np.random.Generator) -> Index:
    """The fold of each vote, -1 where a unit has only one: it is never held out.

    A unit's votes, in random order, go to successive folds from a random one on: with two or
    more votes no fold holds them all.
    """
    n = np.bincount(row)
    order = np.lexsort((rng.random(len(row)), row))
    rank = np.empty(len(row), np.intp)
    rank[order] = np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n)
    fold = (rank + rng.integers(0, FOLDS, len(n))[row]) % FOLDS
    return np.asarray(np.where(n[row] >= 2, fold, -1), np.intp)


def _scores(
    model: Model | Floats, row: Index, rater: Codes, value: Codes, fold: Index, size: Size
) -> _Scores:
    """Every held-out vote predicted from the other folds, in the order of the votes.

    ``model`` is one of votes, or the numbers of ordered labels.
    """
    found = np.zeros((4, len(row)))
    for k in range(FOLDS):
        out = fold == k
        if not out.any():
            continue
        others, given = (row[~out], rater[~out], value[~out]), value[out]
        if isinstance(model, str):
            fit = fit_model(model, *others, size, tolerance=1e-2, max_iterations=60)
            by_model = _by_model(fit, row[out], rater[out])
        else:
            by_model = _by_means(model, others, row[out], rater[out], size)
        for i, chance in enumerate(
            (
                by_model,
                _by_majority(row[~out], value[~out], row[out], size),
            )
        ):
            likely = chance[np.arange(len(given)), given]
            top = chance >= chance.max(axis=1, keepdims=True) - 1e-12
            found[2 * i, out] = -np.log(np.maximum(likely, 1e-12))
            found[2 * i + 1, out] = top[np.arange(len(given)), given] / top.sum(axis=1)
    return _Scores(*found[:, fold >= 0])


def _by_model(fit: Fit, row: Index, rater: Codes) -> Floats:
    """The chance of each answer: (votes × labels)."""
    posterior = fit.posterior[row]
    if fit.right is not None:
        right = fit.right[rater][:, None]
        wrong = (1 - right) / (posterior.shape[1] - 1)
        return np.asarray(posterior * right + (1 - posterior) * wrong)
    assert fit.confusion is not None
    chance = np.empty_like(posterior)
    order = np.argsort(rater, kind="stable")
    for votes in np.split(order, np.flatnonzero(np.diff(rater[order])) + 1):
        chance[votes] = posterior[votes] @ fit.confusion[rater[votes[0]]]
    return chance


def _by_means(
    number: Floats, others: tuple[Index, Codes, Codes], row: Index, rater: Codes, size: Size
) -> Floats:
    """The chance of each answer, (votes × labels), from ``others``: unit, rater, label."""
    from scipy.special import stdtr

    unit, who, label = others
    fit = fit_weighted_mean(number[label], unit, who, size.units, size.raters, tolerance=1e-3)
    order = np.argsort(number, kind="stable")
    ends = (number[order][1:] + number[order][:-1]) / 2
    spread = np.sqrt(fit.variance[rater] + fit.sd[row] ** 2)
    off = (ends - (fit.mean[row] + fit.bias[rater])[:, None]) / spread[:, None]
    edge = np.ones((len(row), 1))
    chance = np.zeros((len(row), len(number)))
    chance[:, order] = np.diff(np.hstack([0 * edge, stdtr(FREEDOM, off), edge]), axis=1)
    return chance


def _by_majority(row: Index, value: Codes, held: Index, size: Size) -> Floats:
    """The chance of each answer in the units ``held``, from all units' training votes."""
    n_units, _, n_labels = size
    cell = row * n_labels + value
    votes = np.bincount(cell, minlength=n_units * n_labels).reshape(n_units, n_labels)
    n = votes.sum(axis=1)
    # Half a vote for what nobody gave: rare, not impossible.
    share = votes.sum(axis=0) + 0.5
    share = share / share.sum()
    # Every training vote from the others of its unit: which strength predicts it best?
    others = n[row] - 1
    same, base, others = (x[others > 0] for x in (votes[row, value] - 1, share[value], others))
    strength = 1.0
    if len(same):
        fits = [np.log((same + s * base) / (others + s)).sum() for s in STRENGTHS]
        strength = float(STRENGTHS[int(np.argmax(fits))])
    return np.asarray((votes[held] + strength * share) / (n[held] + strength)[:, None])


def _mean_by_unit(x: Floats, unit: Index, confidence: float) -> Estimate:
    """The mean over votes, with Student's interval over units (a ratio of sums over units)."""
    from scipy.special import stdtrit

    _, row, n = np.unique(unit, return_inverse=True, return_counts=True)
    mean = float(x.mean())
    off = np.bincount(row, x) - mean * n
    spread = float(np.sqrt((off**2).sum() * len(n) / (len(n) - 1))) / len(x)
    reach = float(stdtrit(len(n) - 1, 0.5 + confidence / 2)) * spread
    return Estimate(mean, mean - reach, mean + reach, len(n), None)
