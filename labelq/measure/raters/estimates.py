"""An estimate per rater: a value, its interval, what it rests on, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

CONFIDENCE = 0.95
ENOUGH = 10
"""Units below which a mean gets no interval."""
ENOUGH_FOR_SHARE = 5
"""Units below which a share gets no interval: it would reach from nearly 0 to nearly 1."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number about one rater. ``value`` None: ``reason`` says why; a reason beside a
    value says why there is no interval. ``n`` is what it rests on (units, pairs or answers).
    """

    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    n: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """The same number for every rater: parallel arrays (R,), nan where there is none.

    ``n`` is what each rests on. ``none`` is the reason of a missing value, ``open`` that of a
    missing interval; ``short`` the one where ``n`` is above 0 and no value can be given.
    """

    value: Floats
    lower: Floats
    upper: Floats
    n: Counts
    none: str = "no_overlap"
    open: str = "too_few_units"

    def of(self, rater: int) -> Estimate:
        """The estimate of one rater, with None in place of nan."""
        value, n = _number(self.value[rater]), int(self.n[rater])
        if value is None:
            return Estimate(n=n, reason=self.none if n == 0 else self.open)
        lower, upper = _number(self.lower[rater]), _number(self.upper[rater])
        if lower is None or upper is None:
            return Estimate(value, None, None, n, self.open)
        return Estimate(value, lower, upper, n, None)


def nowhere(n_raters: int, reason: str) -> Estimates:
    """No estimate for anybody, for one reason."""
    none = np.full(n_raters, np.nan)
    return Estimates(none, none, none, np.zeros(n_raters, np.int64), reason, reason)


def _number(x: float) -> float | None:
    return float(x) if np.isfinite(x) else None


def t_quantile(n: Counts) -> Floats:
    """The two-sided quantile of Student's t with ``n`` - 1 degrees of freedom."""
    from scipy.stats import t

    return np.asarray(t.ppf(0.5 + CONFIDENCE / 2, np.maximum(n - 1, 1)), np.float64)


def means(rater: NDArray[np.integer], x: Floats, n_raters: int) -> tuple[Counts, Floats, Floats]:
    """Per rater: how many, their mean, and the variance of that mean (nan where undefined)."""
    n = np.bincount(rater, minlength=n_raters)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(rater, x, minlength=n_raters) / n
        off = x - mean[rater]
        variance = np.bincount(rater, off**2, minlength=n_raters) / (n - 1) / n
    return n, mean, np.where(n > 1, variance, np.nan)


def mean_estimates(rater: NDArray[np.integer], x: Floats, n_raters: int) -> Estimates:
    """Means with Student's interval, from :data:`ENOUGH` units on that are not all alike."""
    n, mean, variance = means(rater, x, n_raters)
    half = np.where((n >= ENOUGH) & (variance > 0), t_quantile(n) * np.sqrt(variance), np.nan)
    return Estimates(mean, mean - half, mean + half, n, open="too_little_variation")


def share_intervals(share: Floats, variance: Floats, n: Counts) -> tuple[Floats, Floats]:
    """Wilson's interval at the effective sample size, for shares that units make up.

    The size at which independent answers would have this variance: p(1 - p) / variance, and
    ``n`` units where the share is 0 or 1 or its variance unknown; with Student's quantile in
    the place of the normal one, from :data:`ENOUGH_FOR_SHARE` units on. As for proportions of
    clustered surveys (Kott and Carr 1997; ``svyciprop`` of R's survey package).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = share * (1 - share) / variance
    size = np.where(np.isfinite(size) & (size > 0), size, n)
    k = t_quantile(n) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (share + k / (2 * size)) / (1 + k / size)
        half = np.sqrt(k * (share * (1 - share) / size + k / (4 * size**2))) / (1 + k / size)
    known = n >= ENOUGH_FOR_SHARE
    return (
        np.where(known, np.clip(middle - half, 0, 1), np.nan),
        np.where(known, np.clip(middle + half, 0, 1), np.nan),
    )
