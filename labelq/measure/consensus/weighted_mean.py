"""Numbers, and ordered labels as numbers: a mean that weighs every rater, and wild values.

    answer of rater r on unit u = value of u + bias of r + noise of r

The noise has a variance per rater and the tails of a Student distribution with
:data:`FREEDOM` degrees of freedom: an answer that lies far from the others (9999 for 99.99)
weighs little, whoever gave it. Biases are relative to the raters together (weighted by their
answers they sum to zero); biases and variances of raters with few answers are drawn to zero
and to the pooled variance. The units' values have a wide Student prior (:data:`WIDE` times the
spread of their medians), which takes part in the weights only: of two answers, 99.99 and 9999, it
tells which is the wild one.

Fitted by expectation and conditional maximisation (Lange, Little and Taylor 1989, for the
Student weights); variances count that the units' values are estimated too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes
from labelq.labels.statistics import weighted_count

Floats = NDArray[np.float64]

FREEDOM = 4.0
"""Degrees of freedom of the noise. None of 3 to 8 is much better or worse in simulations."""

POOLING = 5.0
"""Answers' worth of the pooled variance in every rater's variance."""

WIDE = 5.0
"""Scale of the prior of the units' values, in spreads (scaled MAD) of the units' medians."""

MAX_ITERATIONS = 500
TOLERANCE = 1e-6
"""The fit ends when no mean and no bias moves by more, in standard deviations of the noise,
and no standard deviation by more of itself."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanFit:
    """``mean`` and ``sd`` (units,): each unit's value and its standard deviation.

    ``bias`` and ``variance`` (raters,) of each rater; ``pooled`` is the variance of all, and
    ``between`` that of the biases; ``known`` (raters,) says who answered at all. The units'
    values have the prior ``centre`` and (squared scale) ``wide``. ``moved`` is the last
    change of a mean or a bias, in standard deviations of the noise.
    """

    mean: Floats
    sd: Floats
    bias: Floats
    variance: Floats
    known: NDArray[np.bool_]
    pooled: float
    between: float
    centre: float
    wide: float
    iterations: int
    moved: float
    converged: bool

    def judge(
        self, value: Floats, row: NDArray[np.integer], rater: Codes, n_units: int
    ) -> tuple[Floats, Floats]:
        """Mean and standard deviation of units from other answers, the raters being as fitted.

        Somebody whom the fit does not know (a code beyond its raters, or one without answers)
        has no bias, and the variance of all, that of biases included.
        """
        size = max(int(rater.max(initial=-1)) + 1, len(self.bias))
        bias: Floats = np.zeros(size)
        variance: Floats = np.full(size, self.pooled + self.between)
        at = np.flatnonzero(self.known)
        bias[at], variance[at] = self.bias[at], self.variance[at]
        own = value - bias[rater]
        several = np.bincount(row, minlength=n_units)[row] > 1
        mean = _medians(own, row, n_units)
        total: Floats = np.ones(n_units)
        moved, step = np.inf, 0
        while moved > TOLERANCE and step < MAX_ITERATIONS:
            step += 1
            spread = (own - mean[row]) ** 2
            if step > 1:
                spread = spread + (1 / total)[row]
            weight = _student(spread / variance[rater], FREEDOM) / variance[rater]
            weight[~several] = 1 / variance[rater][~several]
            prior = _student((mean - self.centre) ** 2 / self.wide, FREEDOM) / self.wide
            total = weighted_count(row, weight, n_units) + prior
            new = weighted_count(row, weight * own, n_units) + prior * self.centre
            moved = float(np.abs(new / total - mean).max(initial=0.0) / np.sqrt(self.pooled))
            mean = new / total
        return _means(own, weight, row, n_units)


def fit_weighted_mean(
    value: Floats,
    row: NDArray[np.integer],
    rater: Codes,
    n_units: int,
    n_raters: int,
    *,
    known: Floats | None = None,
    freedom: float = FREEDOM,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> MeanFit:
    """Fit parallel arrays of numbers, units and raters; every unit must carry a number.

    ``known`` (units,) is the known value of a unit, nan where none is known: it stays.
    """
    given = np.zeros(n_units, np.bool_) if known is None else np.isfinite(known)
    n = np.bincount(row, minlength=n_units)
    answered = np.bincount(rater, minlength=n_raters).astype(np.float64)
    # A lone answer on a unit without a known value says nothing about its rater.
    tells = (n[row] > 1) | given[row]
    counted = np.bincount(rater[tells], minlength=n_raters).astype(np.float64)
    mean = _medians(value, row, n_units)
    if known is not None:
        mean = np.where(given, known, mean)
    least = _least_variance(value)
    pooled = max(_spread(value - mean[row], tells) ** 2, least)
    variance: Floats = np.full(n_raters, pooled)
    centre, wide = _prior(mean)
    bias: Floats = np.zeros(n_raters)
    uncertain: Floats = np.zeros(n_units)
    between, moved, iteration = 0.0, np.inf, 0
    distance = (value - mean[row]) ** 2 / pooled
    while iteration < max_iterations and moved > tolerance:
        iteration += 1
        weight = _student(distance, freedom) / variance[rater]
        weight[~tells] = 1 / variance[rater][~tells]
        prior = _student((mean - centre) ** 2 / wide, freedom) / wide
        total = weighted_count(row, weight, n_units) + prior
        new = weighted_count(row, weight * (value - bias[rater]), n_units)
        new = (new + prior * centre) / total
        uncertain = 1 / total
        if known is not None:
            new[given], uncertain[given] = known[given], 0.0
        moved = float(np.abs(new - mean).max(initial=0.0))
        mean, before = new, bias
        bias, between = _biases(value - mean[row], weight, rater, tells, n_raters)
        bias -= float(answered @ bias) / max(float(answered.sum()), 1.0)
        moved = max(moved, float(np.abs(bias - before).max(initial=0.0))) / np.sqrt(pooled)
        rest = (value - mean[row] - bias[rater]) ** 2 + uncertain[row]
        student = weight * variance[rater] * rest
        sums = weighted_count(rater[tells], student[tells], n_raters)
        if counted.any():
            pooled = max(float(sums.sum() / counted.sum()), least)
        old, variance = variance, (sums + POOLING * pooled) / (counted + POOLING)
        variance = np.maximum(variance, least)
        moved = max(moved, float(np.abs(np.sqrt(variance / old) - 1).max(initial=0.0)))
        distance = rest / variance[rater]
    if n_units:
        mean, sd = _means(value - bias[rater], weight, row, n_units)
        if known is not None:
            mean[given], sd[given] = known[given], 0.0
    return MeanFit(
        mean=mean,
        sd=sd if n_units else mean,
        bias=bias,
        variance=variance,
        known=answered > 0,
        pooled=pooled,
        between=between,
        centre=centre,
        wide=wide,
        iterations=iteration,
        moved=moved,
        converged=moved <= tolerance,
    )


def _means(
    own: Floats, weight: Floats, row: NDArray[np.integer], n_units: int
) -> tuple[Floats, Floats]:
    """Weighted means of answers without their bias, and their standard deviations.

    The prior has had its say in the weights, so that five answers of 3 have the mean 3.
    """
    total = weighted_count(row, weight, n_units)
    base = _medians(own, row, n_units)
    off = weighted_count(row, weight * (own - base[row]), n_units)
    return base + off / total, np.sqrt(1 / total)


def _student(distance: Floats, freedom: float) -> Floats:
    """The weight of an answer at a squared ``distance`` in variances: 5/4 near, 0 far away."""
    return (freedom + 1) / (freedom + distance)


def _biases(
    off: Floats,
    weight: Floats,
    rater: Codes,
    tells: NDArray[np.bool_],
    n_raters: int,
) -> tuple[Floats, float]:
    """Each rater's bias, drawn to zero, and the variance of the biases (by moments)."""
    told = weighted_count(rater[tells], weight[tells], n_raters)
    sums = weighted_count(rater[tells], (weight * off)[tells], n_raters)
    seen = told > 0
    plain = np.divide(sums, told, out=np.zeros(n_raters), where=seen)
    excess = float(told @ plain**2) - int(seen.sum())
    between = max(excess / max(float(told.sum()), 1e-300), 0.0)
    return sums * between / (told * between + 1), between


def _medians(value: Floats, row: NDArray[np.integer], n_units: int) -> Floats:
    order = np.lexsort((value, row))
    n = np.bincount(row, minlength=n_units)
    start = np.cumsum(n) - n
    ordered = value[order]
    if not len(ordered):
        return np.zeros(0)
    return np.asarray((ordered[start + (n - 1) // 2] + ordered[start + n // 2]) / 2)


def _prior(mean: Floats) -> tuple[float, float]:
    """Centre and squared scale of the units' values; infinitely wide where they are alike."""
    if not len(mean):
        return 0.0, np.inf
    centre = float(np.median(mean))
    spread = 1.4826 * float(np.median(np.abs(mean - centre)))
    return centre, (WIDE * spread) ** 2 or np.inf


def _spread(off: Floats, tells: NDArray[np.bool_]) -> float:
    """A first standard deviation of the noise, whatever wild values there are."""
    size = np.abs(off[tells])
    if not len(size):
        return 0.0
    robust = 1.4826 * float(np.median(size))
    return robust if robust > 0 else float(np.quantile(size, 0.9)) / 1.645


def _least_variance(value: Floats) -> float:
    """What rounding alone contributes: a twelfth of the smallest step, squared.

    Where most answers are exactly equal the noise would else be estimated as none.
    """
    steps = np.diff(np.unique(value))
    if not len(steps):
        return 1e-12
    return max(float(steps.min()) ** 2 / 12, (1e-9 * float(np.abs(value).max())) ** 2, 1e-300)
