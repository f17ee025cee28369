"""What lies behind the kappa of a pair: how large it can get, how skewed the labels are.

With two labels the *prevalence index* |n_11 - n_22|/n says how unequally often the two labels
were given, the *bias index* |n_12 - n_21|/n how far the two raters differ in how often they
gave them (Byrt, Bishop & Carlin 1993). The *maximum attainable kappa* is what kappa would be
if the two agreed as often as their marginals allow: (sum_k min(p_k·, p_·k) - p_e)/(1 - p_e)
(Cohen 1960, p. 42). For more labels no prevalence or bias index is in use, and for weighted
kappa no maximum, so there is none here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import weighted_count
from labelq.measure.additive import Floats
from labelq.measure.coefficients.chance import corrected
from labelq.measure.coefficients.cohen import PairTable


class Indices(NamedTuple):
    """Arrays (P,), one entry per pair, nan where undefined."""

    kappa_max: Floats
    prevalence: Floats
    bias: Floats


def indices(table: PairTable) -> Indices:
    """The indices of every pair; prevalence and bias only where there are two labels."""
    rows, columns = table.shares()
    most = np.asarray(sparse.csr_array(rows).minimum(columns).sum(axis=1), np.float64).ravel()
    p_e = np.asarray((rows * columns).sum(axis=1), np.float64).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa_max = corrected(most, p_e)
    if table.q != 2:
        nothing = np.full(table.n_pairs, np.nan)
        return Indices(kappa_max, nothing, nothing)
    pair, row, column = table.split()
    share = table.n / table.overlap()[pair]

    def apart(mask: NDArray[np.bool_]) -> Floats:
        signed = np.where(mask, np.where(row == 0, share, -share), 0.0)
        return np.abs(weighted_count(pair, signed, table.n_pairs))

    return Indices(kappa_max, apart(row == column), apart(row != column))
