"""Normal intervals from linearised (delta method) standard errors, for very many pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.measure.additive import Floats, Parts
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.scale import Weights
from labelq.measure.intervals import estimates
from labelq.measure.intervals.estimates import Estimates


def linearised(
    table: cohen.PairTable, weights: Weights, confidence: float, *, wanted: bool
) -> Estimates:
    """All pairs and their mean with normal intervals from linearised standard errors."""
    from scipy.special import ndtri

    found = cohen.kappas(table, weights)
    weight = np.where(np.isnan(found.value), 0, found.n)

    def with_mean(x: NDArray[np.float64]) -> Floats:
        return np.append(x, cohen.overlap_mean(x, weight))

    value = with_mean(found.value)
    error = np.append(found.error, cohen.mean_error(table, found))
    varied = np.append(table.varied(), cohen.varied_units(table))
    n = np.append(found.n, table.shared_units())
    defined = ~np.isnan(value)
    some = (defined & (varied >= estimates.MIN_VARIED) & (error > 0)) if wanted else defined & False
    half = np.where(some, ndtri(0.5 + confidence / 2) * error, np.nan)
    lower, upper = np.maximum(value - half, -1.0), np.minimum(value + half, 1.0)
    method = [estimates.LINEARISED if ok else None for ok in some]
    expected = with_mean(found.expected)
    if wanted:
        for i in np.flatnonzero(defined & (varied >= estimates.MIN_VARIED) & (error == 0)).tolist():
            if value[i] == 1:
                lower[i], upper[i] = (
                    estimates.lowest_without_disagreement(int(n[i]), 1 - expected[i], confidence),
                    1.0,
                )
                method[i], some[i] = estimates.BINOMIAL, True
    reason = [
        None if ok else estimates.why(bool(d), enough=False, n_units=int(k), resample=True)
        for ok, d, k in zip(some, defined, n, strict=True)
    ]
    return Estimates(
        Parts(value, with_mean(found.observed), expected),
        lower,
        upper,
        method,
        reason,
    )
