"""Are consensus labels right as often as they claim? Where there is gold, this can be seen.

The consensus must not have been told the gold labels it is compared with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings
from labelq.measure.intervals.shares import wilson
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Bin, Calibration, Consensus

Floats = NDArray[np.float64]

BINS = 10
LEAST_GOLD = 30
"""Units with gold below which nothing is said."""

RESAMPLES, MOST_DRAWS = 1_000, 2_000_000
"""Resamples, and resamples × units beyond which there are fewer, but 100."""

CONVENTION = (
    "expected calibration error: mean absolute difference of mean certainty and share right over"
    f" {BINS} bins of equal width, (low, high], weighted by their units (Naeini et al. 2015, Guo"
    " et al. 2017); interval by resampling units, bootstrap percentiles; it cannot come out"
    " below zero, so few units make it look larger than it is: compare error_by_chance"
)


def calibration(
    question: Question,
    ratings: Ratings,
    consensus: Consensus,
    gold: Codes | None,
    *,
    seed: int = 0,
    confidence: float = 0.95,
) -> Calibration:
    """Compare how sure ``consensus`` is with how often it equals ``gold``.

    ``gold`` (all units) holds value codes of ``ratings``, -1 where there is none. The
    certainty of a set is that of all its ticks, were they independent. Reasons: ``no_gold``,
    ``too_few_gold`` (fewer than :data:`LEAST_GOLD` units), ``no_model`` (no certainties).
    """
    known = np.zeros(0, np.intp) if gold is None else np.flatnonzero(gold[consensus.units] >= 0)
    n = len(known)
    reason = None
    if not consensus.posterior.shape[1]:
        reason = "no_model"
    elif n < LEAST_GOLD:
        reason = "too_few_gold" if n else "no_gold"
    if gold is None or reason is not None:
        none = Estimate(n=n, reason=reason or "no_gold")
        return Calibration(
            question.name, n, None, none, none, None, None, (), confidence, CONVENTION, none.reason
        )
    true = gold[consensus.units[known]]
    best = consensus.best
    right = np.array(
        [best[i] == ratings.values[code] for i, code in zip(known, true, strict=True)], np.float64
    )
    stated = _certainty(question, consensus)[known]
    where = _bins(stated)
    rng = np.random.default_rng([seed, n])
    times = max(100, min(RESAMPLES, MOST_DRAWS // n))
    each = np.ones(n)
    resampled, by_chance = [], []
    for _ in range(times):
        weight = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        resampled.append(_error(where, stated, right, weight))
        drawn = (rng.random(n) < stated).astype(np.float64)
        by_chance.append(_error(where, stated, drawn, each))
    ends = np.quantile(resampled, [0.5 - confidence / 2, 0.5 + confidence / 2])
    error = _error(where, stated, right, each)
    share = np.array([right.mean()])
    low, high = wilson(share, np.array([float(n)]), confidence)
    return Calibration(
        question=question.name,
        n=n,
        stated=float(stated.mean()),
        right=Estimate(float(share[0]), float(low[0]), float(high[0]), n, None),
        error=Estimate(error, min(float(ends[0]), error), max(float(ends[1]), error), n, None),
        error_by_chance=float(np.mean(by_chance)),
        brier=float(((stated - right) ** 2).mean()),
        bins=_table(where, stated, right, confidence),
        confidence=confidence,
        convention=CONVENTION,
        reason=None,
    )


def _certainty(question: Question, consensus: Consensus) -> Floats:
    """How sure each unit's label is, as in labels.csv."""
    posterior = consensus.posterior
    if question.level == "set":
        return np.asarray(np.maximum(posterior, 1 - posterior).prod(axis=1))
    return np.asarray(posterior.max(axis=1))


def _bins(stated: Floats) -> NDArray[np.intp]:
    """The bin of each unit: (0, .1], (.1, .2] …; zero falls into the first."""
    # Twelve decimals, so that .3 lies in (.2, .3] whatever 10 × .3 makes of it.
    return np.clip(np.ceil(np.round(stated * BINS, 12)).astype(np.intp) - 1, 0, BINS - 1)


def _error(where: NDArray[np.intp], stated: Floats, right: Floats, weight: Floats) -> float:
    gap = np.bincount(where, weight * (stated - right), minlength=BINS)
    return float(np.abs(gap).sum() / weight.sum())


def _table(
    where: NDArray[np.intp], stated: Floats, right: Floats, confidence: float
) -> tuple[Bin, ...]:
    """The reliability table: bins that hold a unit."""
    n = np.bincount(where, minlength=BINS)
    at = np.flatnonzero(n)
    mean = np.bincount(where, stated, minlength=BINS)[at] / n[at]
    share = np.bincount(where, right, minlength=BINS)[at] / n[at]
    lower, upper = wilson(share, n[at].astype(np.float64), confidence)
    return tuple(
        Bin(i / BINS, (i + 1) / BINS, int(n[i]), *map(float, row))
        for i, *row in zip(at.tolist(), mean, share, lower, upper, strict=True)
    )
