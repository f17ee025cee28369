"""Cohen's kappa and Scott's pi for every pair of raters, and their means over pairs.

Each pair is measured on the units that both rated, with the marginals of those units: each
rater's own for kappa (Cohen 1960; weighted: Cohen 1968), those of the two together for pi
(Scott 1955). All pairs come from one table of cells (pair, label, label). Two means stand
behind the pairs: weighted by overlap, and plain (Light 1971).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import PairCells, weighted_count
from labelq.measure.additive import Additive, Floats, Parts
from labelq.measure.coefficients.scale import Weights

DENSE_CELLS = 4_000
"""Up to so many cells (pairs × labels²) kappas are resampled jointly; beyond, linearised."""


@dataclass(frozen=True, eq=False)
class PairTable:
    """Cells of all pairs. ``cells`` as counted per rater pattern, ``q`` labels.

    ``key`` (C,) is pair · q² + row · q + column of each distinct cell, ``n`` (C,) how many
    units it holds.
    """

    cells: PairCells
    multiplicity: NDArray[np.int64]
    q: int
    key: NDArray[np.int64]
    n: Floats
    cell: NDArray[np.intp]

    @classmethod
    def of(cls, cells: PairCells, multiplicity: NDArray[np.int64], q: int) -> PairTable:
        """Count ``cells`` with the multiplicity of their patterns."""
        key = (cells.pair * q + cells.row) * q + cells.column
        if len(cells.pairs) * q * q <= 4_000_000:  # counting beats sorting on a small range
            used = np.bincount(key, minlength=1) > 0
            keys, cell = np.flatnonzero(used), (np.cumsum(used) - 1)[key]
        else:
            keys, cell = np.unique(key, return_inverse=True)
        n = weighted_count(cell, multiplicity[cells.pattern], len(keys))
        return cls(cells, multiplicity, q, keys, n, cell)

    @property
    def n_pairs(self) -> int:
        """Number of pairs that share a unit."""
        return len(self.cells.pairs)

    @property
    def dense(self) -> bool:
        """Whether all cells fit a small dense table."""
        return self.n_pairs * self.q**2 <= DENSE_CELLS

    def split(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Pair, row and column of each distinct cell."""
        return self._split

    @cached_property
    def _split(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        pair, rest = np.divmod(self.key, self.q**2)
        row, column = np.divmod(rest, self.q)
        return pair, row, column

    def overlap(self) -> Floats:
        """Units that both raters of each pair rated, (P,)."""
        return weighted_count(self.split()[0], self.n, self.n_pairs)

    def shares(self) -> tuple[Any, Any]:
        """How often each rater of a pair gave each value, as shares of their overlap: (P × q).

        Plain arrays where these are small (counting beats sorting), else sparse ones: both know
        the same arithmetic.
        """
        pair, row, column = self.split()
        p, shape = self.n / self.overlap()[pair], (self.n_pairs, self.q)
        if self.n_pairs * self.q <= 1_000_000:
            key, size = pair * self.q, self.n_pairs * self.q
            return (
                weighted_count(key + row, p, size).reshape(shape),
                weighted_count(key + column, p, size).reshape(shape),
            )
        rows = sparse.csr_array((p, (pair, row)), shape=shape)
        columns = sparse.csr_array((p, (pair, column)), shape=shape)
        rows.sum_duplicates()
        columns.sum_duplicates()
        return rows, columns

    def shared_units(self) -> int:
        """Units that at least one pair shares."""
        return int(self.multiplicity[np.unique(self.cells.pattern)].sum())

    def binary(self, given: NDArray[np.bool_]) -> PairTable:
        """The same pairs with each value (q,) as given (1) or not (0)."""
        cells = self.cells
        return PairTable.of(
            PairCells(
                cells.pattern,
                cells.pair,
                given[cells.row].astype(np.int32),
                given[cells.column].astype(np.int32),
                cells.pairs,
            ),
            self.multiplicity,
            2,
        )

    @cached_property
    def commonest(self) -> NDArray[np.intp]:
        """The label that the two raters of each pair gave most often, the first of equals, (P,)."""
        pair, row, column = self.split()
        key = np.append(pair * self.q + row, pair * self.q + column)
        n, size = np.append(self.n, self.n), self.n_pairs * self.q
        if size < 5_000_000:  # counting beats sorting on a small range
            table = np.bincount(key, n, minlength=size).reshape(self.n_pairs, self.q)
            return np.asarray(table.argmax(axis=1), np.intp)
        keys, cell = np.unique(key, return_inverse=True)
        given, (pair, label) = np.bincount(cell, n), np.divmod(keys, self.q)
        order = np.lexsort((label, -given, pair))
        first = np.flatnonzero(np.diff(pair[order], prepend=-1))
        return np.asarray(label[order][first], np.intp)

    def varied(self) -> NDArray[np.int64]:
        """Per pair, shared units on which a label other than the pair's commonest occurs."""
        pair, row, column = self.split()
        common = self.commonest[pair]
        other = (row != common) | (column != common)
        return weighted_count(pair, self.n * other, self.n_pairs).astype(np.int64)

    def agreed(self) -> NDArray[np.int64]:
        """Per pair, shared units on which both gave another label than the pair's commonest."""
        pair, row, column = self.split()
        common = self.commonest[pair]
        other = (row != common) & (column != common)
        return weighted_count(pair, self.n * other, self.n_pairs).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Kappas:
    """Kappa of every pair with its linearised standard error: arrays (P,), nan if undefined.

    ``influence`` (one value per distinct cell) is the derivative of the pair's kappa with
    respect to one unit in that cell, times the overlap.
    """

    value: Floats
    observed: Floats
    expected: Floats
    n: Floats
    error: Floats
    influence: Floats


def kappas(table: PairTable, weights: Weights, *, pooled: bool = False) -> Kappas:
    """Kappa of every pair with agreement ``weights`` of its q values; ``pooled``: Scott's pi.

    The standard error is the large-sample one of Fleiss, Cohen & Everitt (1969), which is the
    delta method on the cells.
    """
    pair, row, column = table.split()
    n = table.overlap()
    p = table.n / n[pair]
    rows, columns = table.shares()
    if pooled:
        rows = columns = (rows + columns) / 2
    w = weights.at(row, column)
    p_o = weighted_count(pair, p * w, table.n_pairs)
    row_w = columns if weights.identity else spread(weights, columns)
    column_w = rows if weights.identity else spread(weights, rows)
    p_e: Floats = np.asarray((rows * row_w).sum(axis=1), np.float64).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(1 - p_e > 1e-12, (p_o - p_e) / (1 - p_e), np.nan)
        d_o = w - p_o[pair]
        d_e = entries(row_w, pair, row) + entries(column_w, pair, column) - 2 * p_e[pair]
        rest = 1 - p_e[pair]
        influence = d_o / rest - (1 - p_o[pair]) / rest**2 * d_e
        error = np.sqrt(weighted_count(pair, p * influence**2, table.n_pairs) / n)
    return Kappas(value, p_o, p_e, n, error, influence)


def null_errors(table: PairTable, result: Kappas, weights: Weights) -> Floats:
    """Standard error of every pair's kappa if the true kappa is 0, (P,); nan if undefined.

    Fleiss, Cohen & Everitt (1969): the variance of p_o with independent marginals r and c is
    (sum r c w² - sum r a² - sum c b² + p_e²) / (n (1 - p_e)²), a and b the mean weights that a
    row or column label meets.
    """
    rows, columns = table.shares()
    if weights.identity:
        a, b, squares = columns, rows, result.expected
    elif weights.q > _DENSE_WEIGHTS:
        return np.full(table.n_pairs, np.nan)
    else:
        a, b = spread(weights, columns), spread(weights, rows)
        squared = columns @ np.square(weights.dense())
        squares = np.asarray((rows * squared).sum(axis=1), np.float64).ravel()
    rest = sum(
        np.asarray((share * met * met).sum(axis=1), np.float64).ravel()
        for share, met in ((rows, a), (columns, b))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.maximum(squares - rest + result.expected**2, 0) / result.n
        return np.where(
            1 - result.expected > 1e-12, np.sqrt(variance) / (1 - result.expected), np.nan
        )


_DENSE_WEIGHTS = 512
"""Beyond so many labels squared weights are not held as an array, and there is no null error."""


def spread(weights: Weights, shares: Any) -> Any:
    """Shares (P × q, plain or sparse) @ W, a strip of pairs at a time."""
    if isinstance(shares, np.ndarray):
        return weights.spread(shares)
    step = max(1, 4_000_000 // max(1, weights.q))
    strips = [
        sparse.csr_array(weights.spread(shares[i : i + step].toarray()))
        for i in range(0, shares.shape[0], step)
    ]
    return sparse.csr_array(sparse.vstack(strips)) if strips else shares


def entries(matrix: Any, i: NDArray[np.intp], j: NDArray[np.intp]) -> Floats:
    """The entries at rows ``i`` and columns ``j``."""
    return np.asarray(matrix[i, j], np.float64).ravel()


N_MEANS = 2
"""Behind the pairs stand their mean weighted by overlap, and their plain mean."""


def additive(table: PairTable, weights: Weights, *, pooled: bool = False) -> Additive:
    """All pairs, their mean weighted by overlap and their plain mean: P + 2 columns.

    Only for :attr:`PairTable.dense` tables: the sums are all cells.
    """
    P, q = table.n_pairs, table.q
    W = weights.dense()
    cells = table.cells
    flat = (cells.pair * q + cells.row) * q + cells.column
    sums = sparse.csr_array(
        (np.ones(len(flat)), (cells.pattern, flat)), shape=(len(table.multiplicity), P * q * q)
    )

    def formula(T: Floats) -> Parts:
        cell = T.reshape(*T.shape[:-1], P, q, q)
        n = cell.sum(axis=(-1, -2))
        rows, columns = cell.sum(axis=-1), cell.sum(axis=-2)
        if pooled:
            rows = columns = (rows + columns) / 2
        p_o = (cell * W).sum(axis=(-1, -2)) / n
        p_e = ((rows @ W) * columns).sum(axis=-1) / n**2
        kappa = np.where(1 - p_e > 1e-12, (p_o - p_e) / (1 - p_e), np.nan)
        weight = np.where(np.isnan(kappa), 0, n)
        return Parts(*(with_means(x, weight) for x in (kappa, p_o, p_e)))

    varied, agreed = of_some_pair(table)
    return Additive(
        sums,
        formula,
        np.append(table.varied(), [varied] * N_MEANS),
        n_units=np.append(table.overlap(), [table.shared_units()] * N_MEANS).astype(np.int64),
        agreed=np.append(table.agreed(), [agreed] * N_MEANS),
    )


def with_means(x: Floats, weight: Floats) -> Floats:
    """Numbers of pairs (…, P) with their two means behind them (…, P + 2).

    ``weight`` is each pair's overlap, 0 where its kappa is undefined.
    """
    return np.concatenate([x, _mean(x, weight), _mean(x, (weight > 0).astype(float))], axis=-1)


def _mean(x: Floats, n: Floats) -> Floats:
    """Mean over pairs (last axis, kept) weighted by ``n``; pairs without weight do not count."""
    total = n.sum(axis=-1, keepdims=True)
    weighted = np.where(n > 0, np.nan_to_num(x) * n, 0).sum(axis=-1, keepdims=True)
    mean: Floats = np.divide(weighted, total, out=np.full_like(total, np.nan), where=total > 0)
    return mean


def of_some_pair(table: PairTable) -> tuple[int, int]:
    """Units that some pair shares: on which one of its raters, on which both of them, gave
    another label than the commonest of all.
    """
    cells = table.cells
    weight = table.multiplicity[cells.pattern].astype(float)
    given = weighted_count(cells.row, weight, table.q)
    given += weighted_count(cells.column, weight, table.q)
    commonest = int(given.argmax()) if len(given) else 0
    row, column = cells.row != commonest, cells.column != commonest

    def units(entries: NDArray[np.bool_]) -> int:
        some = np.zeros(len(table.multiplicity), bool)
        some[cells.pattern[entries]] = True
        return int(table.multiplicity[some].sum())

    return units(row | column), units(row & column)
