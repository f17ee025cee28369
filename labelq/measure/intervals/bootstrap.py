"""Intervals from resampled rows: percentiles, and Efron's BCa.

Efron & Tibshirani (1993), An introduction to the bootstrap, chapters 13 and 14. BCa corrects
the percentiles for bias (z0: the share of resamples below the value, ties counted half) and
for skewness (the acceleration, from the jackknife). Every resample recomputes marginals,
distances and overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelq.measure.additive import Additive, Floats
from labelq.measure.intervals.jackknife import Jackknife
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling

if TYPE_CHECKING:
    from labelq.measure.intervals.estimates import Estimates

MAX_UNDEFINED = 0.01
_DUST = 1e-12

PERCENTILE = "bootstrap_percentile"
BCA = "bootstrap_bca"


def replace_ends(
    found: Estimates,
    additive: Additive,
    sampling: Sampling,
    left_out: Jackknife,
    plan: IntervalPlan,
) -> None:
    """Put bootstrap ends in place of those of ``found`` that are not exact limits.

    Ends are withheld, for ``too_little_variation``, where more than :data:`MAX_UNDEFINED` of
    the resamples are undefined, the interval has no width or leaves out its own value. Where
    BCa is undefined the percentiles stand, and ``method`` says so.
    """
    wanted = np.array([(m or "").startswith("jackknife") for m in found.method], bool)
    if not wanted.any():
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.concatenate(
            [
                additive.formula(T).value[:, wanted]
                for T in sampling.totals(additive.sums, plan.resamples)
            ]
        )
    for column, i in enumerate(np.flatnonzero(wanted).tolist()):
        acceleration = float(left_out.acceleration[i]) if plan.method == "bca" else None
        put_ends(found, i, drawn[:, column], plan.confidence, sampling.kind, acceleration)


def put_ends(
    found: Estimates,
    i: int,
    drawn: Floats,
    confidence: float,
    kind: str,
    acceleration: float | None = None,
) -> None:
    """Put ends of column ``i`` in place, from its values ``drawn`` (resamples,), or withhold them.

    ``kind`` is what was drawn; with an ``acceleration`` the tails are those of BCa.
    """
    value, undefined = float(found.parts.value[i]), np.isnan(drawn)
    x = np.sort(drawn[~undefined])
    lower = upper = np.nan
    method = PERCENTILE
    if undefined.mean() <= MAX_UNDEFINED:
        tail = (1 - confidence) / 2
        tails = np.array([tail, 1 - tail])
        if acceleration is not None:
            corrected = _corrected(x, value, acceleration, tails)
            if corrected is not None:
                tails, method = corrected, BCA
        lower, upper = np.quantile(x, tails)
    if upper - lower > _DUST and lower <= value <= upper:
        found.lower[i], found.upper[i] = lower, upper
        found.method[i] = method if kind == "units" else f"{method}_{kind}"
    else:
        found.lower[i] = found.upper[i] = found.error[i] = found.p_value[i] = np.nan
        found.method[i], found.test[i] = None, None
        found.reason[i] = "too_little_variation"


def _corrected(
    x: Floats, value: float, acceleration: float, tails: NDArray[np.float64]
) -> Floats | None:
    """The tails to take percentiles at, None where z0 or the acceleration is undefined."""
    from scipy.special import ndtr, ndtri

    # Resamples that equal the value up to rounding are ties.
    dust = _DUST * max(1.0, abs(value))
    below = (np.searchsorted(x, value - dust) + np.searchsorted(x, value + dust, "right")) / 2
    if not np.isfinite(acceleration) or not 0 < below < len(x):
        return None
    z0 = float(ndtri(float(below) / len(x)))
    z = z0 + ndtri(tails)
    stretch = 1 - acceleration * z
    if (stretch <= 0).any():
        return None
    corrected: Floats = ndtr(z0 + z / stretch)
    return corrected
