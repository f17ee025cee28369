"""Conger's kappa: Cohen's kappa for any number of raters, each with marginals of his own.

Expected agreement is the mean over pairs of raters of what the two would agree on by chance
(Conger 1980). With missing ratings the observed agreement is that of Fleiss and Gwet, and a
rater's marginals are those of all units he rated (Gwet 2014, chapter 2). With two raters who
rated everything this is Cohen's kappa.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import CountPatterns, RaterPatterns
from labelq.measure.additive import Additive, CountTable, Floats, Parts
from labelq.measure.coefficients.chance import agreeing_share, corrected
from labelq.measure.coefficients.scale import Scale, Weights

MOST_CELLS = 2_000
"""With more combinations of rater and label than this, p_e is taken as linear for intervals."""

_CELLS = 4_000_000
"""Rater × label arrays are made a strip of raters at a time, this large at most."""


def conger_kappa(patterns: RaterPatterns, name: str | None, scale: Scale) -> Additive:
    """Conger's kappa with the weights called ``name``: one column.

    The sums are the agreement of each unit and the ratings of each rater by label, only those
    that occur; with very many of them, how much each unit moves the expected agreement.
    """
    W = scale.weights(name)
    table = counts_of(patterns, W.q)
    first = np.stack([agreeing_share(table, W), table.pairable.astype(float)], axis=1)
    key = patterns.rater.astype(np.int64) * W.q + patterns.value
    cells, column = np.unique(key, return_inverse=True)
    given = sparse.csr_array(
        (np.ones(len(key)), column, patterns.start), shape=(len(table.m), len(cells)), copy=True
    )
    rater, value = np.divmod(cells, max(W.q, 1))
    _, rater = np.unique(rater, return_inverse=True)
    marginals = _Marginals(rater.astype(np.intp), value.astype(np.intp), W)
    if len(cells) > MOST_CELLS:
        return _linearised(table, first, given, marginals)

    def formula(T: Floats) -> Parts:
        p_a = T[..., 0] / T[..., 1]
        p_e = marginals.agreement(T[..., 2:])
        return Parts(*(x[..., None] for x in (corrected(p_a, p_e), p_a, p_e)))

    sums = sparse.csr_array(sparse.hstack([sparse.csr_array(first), given], format="csr"))
    return Additive(sums, formula, table.varied, agreed=table.agreed)


def _linearised(
    table: CountTable, first: Floats, given: sparse.csr_array, marginals: _Marginals
) -> Additive:
    """Conger's kappa with an expected agreement that is linear in the counts: three sums.

    The value is exact; a unit more or less moves p_e by its first derivative. Scaling a
    rater's counts changes nothing, so the derivative sums to 0 over all units.
    """
    n = np.asarray(table.multiplicity.astype(float) @ given).ravel()
    whole = float(marginals.agreement(n))
    moves = np.asarray(given @ marginals.derivative(n)).ravel()

    def formula(T: Floats) -> Parts:
        p_a = T[..., 0] / T[..., 1]
        p_e = whole + T[..., 2]
        return Parts(*(x[..., None] for x in (corrected(p_a, p_e), p_a, p_e)))

    return Additive(np.column_stack([first, moves]), formula, table.varied, agreed=table.agreed)


def counts_of(patterns: RaterPatterns, q: int) -> CountTable:
    """The label counts of each rater pattern."""
    counts = sparse.csr_array(
        (np.ones(len(patterns.value)), patterns.value, patterns.start),
        shape=(len(patterns.multiplicity), q),
        copy=True,  # adding up works in place
    )
    counts.sum_duplicates()
    return CountTable(
        CountPatterns(counts, patterns.multiplicity, patterns.units, patterns.pattern)
    )


class _Marginals:
    """Columns of rater and label (C,), and what pairs of raters agree on by chance."""

    def __init__(self, rater: NDArray[np.intp], value: NDArray[np.intp], weights: Weights) -> None:
        self.rater, self.value, self.weights = rater, value, weights
        self.n_raters = int(rater.max(initial=-1)) + 1
        ones, columns = np.ones(len(rater)), np.arange(len(rater))
        self._by_rater = sparse.csr_array((ones, (columns, rater)))
        self._by_value = sparse.csr_array(
            (ones, (columns, value)), shape=(len(rater), max(1, weights.q))
        )

    def agreement(self, n: Floats) -> Floats:
        """Ratings by rater and label (…, C) → mean over ordered pairs of raters of p_g W p_h.

        Raters without a rating (in a resample) are left out; nan with fewer than two.
        """
        n_rater = _times(n, self._by_rater)
        share = n / np.maximum(n_rater, 1)[..., self.rater]
        r = (n_rater > 0).sum(axis=-1)
        total = _times(share, self._by_value)
        own = self._own(share)
        between = (total * self.weights.spread(total)).sum(axis=-1) - own
        return np.where(r > 1, between / np.maximum(r * (r - 1), 1), np.nan)

    def derivative(self, n: Floats) -> Floats:
        """How the agreement moves with each entry of ``n`` (C,)."""
        n_rater = _times(n, self._by_rater)
        r = int((n_rater > 0).sum())
        n_rater = np.maximum(n_rater, 1)
        share = n / n_rater[self.rater]
        met = self.weights.spread(_times(share, self._by_value))[self.value] - self._met(share)
        mean = _times(share * met, self._by_rater)
        found: Floats = 2 * (met - mean[self.rater]) / n_rater[self.rater] / max(1, r * (r - 1))
        return found

    def _met(self, share: Floats) -> Floats:
        """(W p_g)_k at every entry of ``share`` (C,)."""
        if self.weights.identity:
            return share
        q, found = self.weights.q, np.zeros(len(share))
        step = max(1, _CELLS // max(1, q))
        for i in range(0, self.n_raters, step):
            mine = np.flatnonzero((self.rater >= i) & (self.rater < i + step))
            strip = np.zeros((min(step, self.n_raters - i), q))
            strip[self.rater[mine] - i, self.value[mine]] = share[mine]
            found[mine] = self.weights.spread(strip)[self.rater[mine] - i, self.value[mine]]
        return found

    def _own(self, share: Floats) -> Floats:
        """The sum over raters of p_g W p_g."""
        if self.weights.identity:
            squares: Floats = (share * share).sum(axis=-1)
            return squares
        q, shape = self.weights.q, share.shape[:-1]
        step = max(1, _CELLS // max(1, q * int(np.prod(shape))))
        found = np.zeros(shape)
        for i in range(0, self.n_raters, step):
            mine = np.flatnonzero((self.rater >= i) & (self.rater < i + step))
            strip = np.zeros((*shape, min(step, self.n_raters - i), q))
            strip[..., self.rater[mine] - i, self.value[mine]] = share[..., mine]
            found += (strip * self.weights.spread(strip)).sum(axis=(-1, -2))
        return found


def _times(dense: Floats, matrix: sparse.csr_array) -> Floats:
    return np.asarray(dense @ matrix, np.float64)
