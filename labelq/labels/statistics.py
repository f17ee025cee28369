"""Statistics of ratings: the small tables that coefficients are functions of.

Most coefficients need not the ratings but how often each *pattern* occurs. Units whose label
counts are the same share one row of :class:`CountPatterns`; units on which the same raters
gave the same labels share one row of :class:`RaterPatterns`. With few labels a million
ratings are a few hundred rows. Everything is sparse: never an array of units × labels ×
labels.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Ratings

_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class CountPatterns:
    """Distinct label counts of units, with their multiplicities.

    ``counts`` (K × V, CSR) holds, per pattern, how many raters gave each value;
    ``multiplicity`` (K,) how many units share it. ``units`` are the codes of the units that
    carry a rating, in order, ``pattern`` the row of each.
    """

    counts: sparse.csr_array
    multiplicity: NDArray[np.int64]
    units: Codes
    pattern: NDArray[np.intp]

    @property
    def n_per_unit(self) -> NDArray[np.float64]:
        """Number of ratings per pattern, (K,)."""
        return np.asarray(self.counts.sum(axis=1), np.float64).ravel()


@dataclass(frozen=True, slots=True, eq=False)
class RaterPatterns:
    """Distinct combinations of (rater, label) on a unit, with their multiplicities.

    Pattern k consists of the entries ``start[k]:start[k+1]`` of ``rater`` and ``value``,
    sorted by rater. ``multiplicity``, ``units`` and ``pattern`` as in
    :class:`CountPatterns`.
    """

    start: NDArray[np.intp]
    rater: Codes
    value: Codes
    multiplicity: NDArray[np.int64]
    units: Codes
    pattern: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class PairCells:
    """What pairs of raters answered on units that both rated, still per rater pattern.

    One entry per pattern and pair of raters: ``pattern`` (row of the rater patterns),
    ``pair`` (position in ``pairs``), ``row`` and ``column`` (value codes of the first and
    second rater). ``pairs`` (P × 2) are rater codes, first < second.
    """

    pattern: NDArray[np.intp]
    pair: NDArray[np.intp]
    row: Codes
    column: Codes
    pairs: Codes


def count_patterns(ratings: Ratings, n_values: int | None = None) -> CountPatterns:
    """The distinct label counts of ``ratings``; ``n_values`` columns (default: all values)."""
    width = len(ratings.values) if n_values is None else n_values
    units, row = _positions(ratings.unit)
    key = row * width + ratings.value
    if len(units) * width <= 4 * len(key) + 4096:
        dense = np.bincount(key, minlength=len(units) * width)
        cell = np.flatnonzero(dense)
        n = dense[cell]
    else:
        cell, n = np.unique(key, return_counts=True)
    row, column = np.divmod(cell, max(width, 1))
    start = np.searchsorted(row, np.arange(len(units) + 1))
    first, pattern = group_runs(start, (column, n))
    kept, ends = entries_of_runs(start, first)
    counts = sparse.csr_array(
        (n[kept].astype(np.float64), column[kept], ends), shape=(len(first), width)
    )
    return CountPatterns(counts, np.bincount(pattern, minlength=len(first)), units, pattern)


def rater_patterns(ratings: Ratings) -> RaterPatterns:
    """The distinct (rater, label) combinations of ``ratings``."""
    rater, value, unit = ratings.rater, ratings.value, ratings.unit
    step, next_rater = np.diff(unit), np.diff(rater)
    if not ((step > 0) | ((step == 0) & (next_rater >= 0))).all():  # they rarely are unsorted
        order = np.lexsort((rater, unit))
        rater, value, unit = rater[order], value[order], unit[order]
    units, row = _positions(unit)
    start = np.searchsorted(row, np.arange(len(units) + 1))
    first, pattern = group_runs(start, (rater, value))
    kept, ends = entries_of_runs(start, first)
    return RaterPatterns(
        ends, rater[kept], value[kept], np.bincount(pattern, minlength=len(first)), units, pattern
    )


def pair_cells(patterns: RaterPatterns) -> PairCells:
    """Every pair of raters within every pattern."""
    pattern, first, second = pairs_within(patterns.start)
    n_raters = int(patterns.rater.max(initial=-1)) + 1
    key = patterns.rater[first].astype(np.int64) * n_raters + patterns.rater[second]
    if n_raters**2 <= 4_000_000:  # counting beats sorting on a small range
        used = np.bincount(key, minlength=1) > 0
        keys, pair = np.flatnonzero(used), (np.cumsum(used) - 1)[key]
    else:
        keys, pair = np.unique(key, return_inverse=True)
    pairs = np.stack(np.divmod(keys, max(n_raters, 1)), axis=1).astype(np.int32)
    return PairCells(pattern, pair, patterns.value[first], patterns.value[second], pairs)


def pairs_within(
    start: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Every pair of entries within each run ``start[k]:start[k+1]``: (run, first, second).

    Runs of the same length n are expanded together, n(n-1)/2 pairs each.
    """
    lengths = np.diff(start)
    none = np.zeros(0, np.intp)
    parts: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]
    parts = [(none, none, none)]
    for n in np.unique(lengths[lengths > 1]):
        runs = np.flatnonzero(lengths == n)
        i, j = np.triu_indices(int(n), 1)
        base = start[runs][:, None]
        parts.append((np.repeat(runs, len(i)), (base + i).ravel(), (base + j).ravel()))
    run, first, second = (np.concatenate(column) for column in zip(*parts, strict=True))
    return run, first, second


def _positions(unit: Codes) -> tuple[Codes, NDArray[np.int64]]:
    """Units in use (sorted) and, per rating, the position of its unit among them."""
    if not len(unit):
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    used = np.bincount(unit) > 0
    units = np.flatnonzero(used).astype(np.int32)
    position = np.cumsum(used) - 1
    return units, position[unit]


def entries_of_runs(
    start: NDArray[np.intp], chosen: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Entries of the ``chosen`` runs, one after the other, and where each run then starts."""
    lengths = np.diff(start)[chosen]
    ends = np.append(0, np.cumsum(lengths))
    return np.repeat(start[chosen] - ends[:-1], lengths) + np.arange(ends[-1]), ends


def group_runs(
    start: NDArray[np.intp], columns: tuple[NDArray[np.generic], ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Group runs ``start[i]:start[i+1]`` that are equal in all ``columns``.

    Runs are compared by the sum of a 64-bit mix of their entries. Equal sums are then checked
    entry by entry; if ever two different runs collide, the exact (slower) way is taken.

    Returns:
        the first run of each group, and each run's group, groups in order of appearance.
    """
    n_runs = len(start) - 1
    if n_runs == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    mixed = np.zeros(start[-1], np.uint64)
    for column in columns:  # splitmix64 over the columns
        mixed = (mixed ^ column.astype(np.uint64)) * _MIX
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    lengths = np.diff(start)
    total = np.add.reduceat(mixed, start[:-1]) * np.uint64(31) + lengths.astype(np.uint64)
    _, first, group = np.unique(total, return_index=True, return_inverse=True)
    if not _same(start, lengths, first[group], columns):
        first, group = _group_exactly(start, columns)
    appearance = np.argsort(first, kind="stable")
    rank = np.empty(len(first), np.intp)
    rank[appearance] = np.arange(len(first))
    return first[appearance], rank[group]


def _same(
    start: NDArray[np.intp],
    lengths: NDArray[np.intp],
    like: NDArray[np.intp],
    columns: tuple[NDArray[np.generic], ...],
) -> bool:
    """Whether each run equals the run it was grouped with, entry by entry."""
    if not np.array_equal(lengths, lengths[like]):
        return False
    offset = np.arange(start[-1]) - np.repeat(start[:-1], lengths)
    twin = np.repeat(start[like], lengths) + offset
    return all(np.array_equal(column, column[twin]) for column in columns)


def _group_exactly(
    start: NDArray[np.intp], columns: tuple[NDArray[np.generic], ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows = np.stack(columns, axis=1)
    keys = [rows[a:b].tobytes() for a, b in itertools.pairwise(start)]
    groups: dict[bytes, int] = {}
    group = np.array([groups.setdefault(k, len(groups)) for k in keys], np.intp)
    return np.unique(group, return_index=True)[1], group


def weighted_count(
    code: NDArray[np.integer], weight: NDArray[np.generic], n: int
) -> NDArray[np.float64]:
    """The sum of ``weight`` per code: (n,)."""
    return np.bincount(code, np.asarray(weight, np.float64), minlength=n).astype(np.float64)


def row_of_entry(matrix: sparse.csr_array) -> NDArray[np.intp]:
    """The row of each stored entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def with_entries(matrix: sparse.csr_array, data: NDArray[np.float64]) -> sparse.csr_array:
    """The same pattern of entries, with other values."""
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
