"""Cohen's kappa for every pair of raters, and its mean weighted by overlap.

Each pair is measured on the units that both rated, with the marginals of those units (Cohen
1960; weighted: Cohen 1968). All pairs come from one table of cells (pair, label, label).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import PairCells, weighted_count
from labelq.measure.additive import Additive, Floats, Parts
from labelq.measure.coefficients.scale import Weights

DENSE_CELLS = 4_000
"""Up to so many cells (pairs × labels²) kappas are resampled jointly; beyond, linearised."""


@dataclass(frozen=True, slots=True, eq=False)
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
        pair, rest = np.divmod(self.key, self.q**2)
        row, column = np.divmod(rest, self.q)
        return pair, row, column

    def overlap(self) -> Floats:
        """Units that both raters of each pair rated, (P,)."""
        return weighted_count(self.split()[0], self.n, self.n_pairs)

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

    def varied(self) -> NDArray[np.int64]:
        """Per pair, shared units on which a label other than the pair's commonest occurs."""
        pair, row, column = self.split()
        given = np.zeros((self.n_pairs, self.q)) if self.n_pairs * self.q < 5_000_000 else None
        if given is None:  # many pairs of many labels: a unit where both agree is the floor
            return (self.overlap() - self._agreeing()).astype(np.int64)
        np.add.at(given, (pair, row), self.n)
        np.add.at(given, (pair, column), self.n)
        commonest = given.argmax(axis=1)[pair]
        other = (row != commonest) | (column != commonest)
        return weighted_count(pair, self.n * other, self.n_pairs).astype(np.int64)

    def _agreeing(self) -> Floats:
        pair, row, column = self.split()
        return weighted_count(pair, self.n * (row == column), self.n_pairs)


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


def kappas(table: PairTable, weights: Weights) -> Kappas:
    """Kappa of every pair with agreement ``weights`` of its q values.

    The standard error is the large-sample one of Fleiss, Cohen & Everitt (1969), which is the
    delta method on the cells.
    """
    pair, row, column = table.split()
    shape = (table.n_pairs, table.q)
    n = table.overlap()
    p = table.n / n[pair]
    rows = sparse.csr_array((p, (pair, row)), shape=shape)
    columns = sparse.csr_array((p, (pair, column)), shape=shape)
    rows.sum_duplicates()
    columns.sum_duplicates()
    w = weights.at(row, column)
    p_o = weighted_count(pair, p * w, table.n_pairs)
    row_w = columns if weights.identity else _spread(weights, columns)
    column_w = rows if weights.identity else _spread(weights, rows)
    p_e: Floats = np.asarray((rows * row_w).sum(axis=1), np.float64).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(1 - p_e > 1e-12, (p_o - p_e) / (1 - p_e), np.nan)
        d_o = w - p_o[pair]
        d_e = _at(row_w, pair, row) + _at(column_w, pair, column) - 2 * p_e[pair]
        rest = 1 - p_e[pair]
        influence = d_o / rest - (1 - p_o[pair]) / rest**2 * d_e
        error = np.sqrt(weighted_count(pair, p * influence**2, table.n_pairs) / n)
    return Kappas(value, p_o, p_e, n, error, influence)


def _spread(weights: Weights, shares: sparse.csr_array) -> sparse.csr_array:
    """Shares (P × q) @ W, a strip of pairs at a time."""
    step = max(1, 4_000_000 // max(1, weights.q))
    strips = [
        sparse.csr_array(weights.spread(shares[i : i + step].toarray()))
        for i in range(0, shares.shape[0], step)
    ]
    return sparse.csr_array(sparse.vstack(strips)) if strips else shares


def _at(matrix: sparse.csr_array, i: NDArray[np.intp], j: NDArray[np.intp]) -> Floats:
    return np.asarray(matrix[i, j], np.float64).ravel()


def additive(table: PairTable, weights: Weights) -> Additive:
    """All pairs and, last, their mean weighted by overlap: P + 1 columns.

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
        p_o = (cell * W).sum(axis=(-1, -2)) / n
        p_e = ((rows @ W) * columns).sum(axis=-1) / n**2
        kappa = np.where(1 - p_e > 1e-12, (p_o - p_e) / (1 - p_e), np.nan)
        return Parts(
            *(
                np.concatenate([x, overlap_mean(x, np.where(np.isnan(kappa), 0, n))], axis=-1)
                for x in (kappa, p_o, p_e)
            )
        )

    overlap = table.overlap()
    return Additive(
        sums,
        formula,
        np.append(table.varied(), varied_units(table)),
        n_units=np.append(overlap, table.shared_units()).astype(np.int64),
    )


def overlap_mean(x: Floats, n: Floats) -> Floats:
    """Mean over pairs (last axis, kept) weighted by overlap; undefined pairs weigh nothing."""
    total = n.sum(axis=-1, keepdims=True)
    weighted = np.where(n > 0, np.nan_to_num(x) * n, 0).sum(axis=-1, keepdims=True)
    mean: Floats = np.divide(weighted, total, out=np.full_like(total, np.nan), where=total > 0)
    return mean


def varied_units(table: PairTable) -> int:
    """Units that some pair shares and that carry a label other than the commonest of all."""
    cells = table.cells
    weight = table.multiplicity[cells.pattern].astype(float)
    given = weighted_count(cells.row, weight, table.q)
    given += weighted_count(cells.column, weight, table.q)
    commonest = int(given.argmax()) if len(given) else 0
    other = np.zeros(len(table.multiplicity), bool)
    other[cells.pattern[(cells.row != commonest) | (cells.column != commonest)]] = True
    return int(table.multiplicity[other].sum())


def mean_error(table: PairTable, result: Kappas) -> float:
    """Linearised standard error of the overlap-weighted mean kappa.

    A unit moves the mean by the sum of its influences on the kappas of its pairs, each
    weighted by the pair's share of the overlap, and moves these weights themselves.
    """
    defined = ~np.isnan(result.value)
    total = result.n[defined].sum()
    if not total:
        return float("nan")
    mean = float((result.value[defined] * result.n[defined]).sum() / total)
    pair = table.cells.pair
    effect = np.where(
        defined[pair], result.influence[table.cell] + np.nan_to_num(result.value)[pair] - mean, 0
    )
    per_pattern = weighted_count(table.cells.pattern, effect, len(table.multiplicity))
    return float(np.sqrt((table.multiplicity * per_pattern**2).sum()) / total)
