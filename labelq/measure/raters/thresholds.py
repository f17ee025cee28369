"""Leniency and thresholds: how a rater uses the scale, against the others on the same units.

All are paired: an answer is held against the other answers to the same unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.measure.raters.estimates import (
    Counts,
    Estimates,
    Floats,
    mean_estimates,
    means,
    t_quantile,
)
from labelq.measure.raters.shared import MOST_SPREAD, Shared
from labelq.measure.raters.tails import two_sided

MOST_STEPS = 50
"""Ordered labels beyond which thresholds are not looked at one by one."""
MOST_TABLE = 5_000_000
APART = 10
"""Units on which a rater and the others are not alike, below which there is no interval."""


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """Mean difference from the others on the same units, and its p-value per rater.

    The p-value is the larger of two: Student's t of the differences over units, and the
    normal law of what permuting each unit's answers among its raters would give. The first is
    too small where a rater never differs, the second where one rarely does: together neither.
    """

    estimates: Estimates
    p_value: Floats


class Lean(NamedTuple):
    """Use of answers per rater and option (a label, or a threshold): parallel columns.

    ``value`` is the share of shared units on which the rater's answer is one, less the share
    among the others on the same units, with its interval (nan: too little). ``own`` and
    ``others`` are these shares, ``n`` counts the rater's, ``expected`` what it would be were
    raters alike, ``p_value`` exact and two-sided (1 where plainly nothing is there),
    ``n_units`` the shared units.
    """

    rater: Counts
    option: Counts
    value: Floats
    lower: Floats
    upper: Floats
    own: Floats
    others: Floats
    n: Counts
    expected: Floats
    p_value: Floats
    n_units: Counts


def shift(shared: Shared, x: Floats) -> Shift:
    """How much higher or lower than the others each rater answers; ``x`` numbers the values."""
    from scipy.stats import norm, t

    own = x[shared.value]
    own = own - (own.mean() if len(own) else 0.0)
    n_rows = len(shared.cells_of_row[0])
    m = np.bincount(shared.row, minlength=n_rows)
    mean = np.bincount(shared.row, own, minlength=n_rows) / np.maximum(m, 1)
    off = own - mean[shared.row]
    between = (np.bincount(shared.row, off**2, minlength=n_rows) / np.maximum(m, 1))[shared.row]
    apart = off * shared.m / (shared.m - 1)  # own minus the mean of the others
    estimates = mean_estimates(shared.rater, apart, shared.n_raters)
    n, average, variance = means(shared.rater, apart, shared.n_raters)
    moved = np.bincount(shared.rater, off, minlength=shared.n_raters)
    spread = np.sqrt(np.bincount(shared.rater, between, minlength=shared.n_raters))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_units = 2 * t.sf(np.abs(average) / np.sqrt(variance), np.maximum(n - 1, 1))
        by_permuting = 2 * norm.sf(np.abs(moved) / spread)
    # No variance at all over units: the permutation alone speaks.
    by_units = np.where(variance > 0, by_units, 0.0)
    p_value = np.fmax(by_units, by_permuting)
    return Shift(estimates, np.where(np.isfinite(p_value) & (average != 0), p_value, 1.0))


def thresholds(shared: Shared, n_labels: int, floor: float) -> Lean | None:
    """Per rater and threshold: is the answer above it more often than the others' are?

    Option *k* is the threshold between labels *k* and *k* + 1. ``floor`` is the net share
    from which on a p-value is computed. None with fewer than 3 labels, or very many.
    """
    if not 3 <= n_labels <= MOST_STEPS or not len(shared):
        return None
    n_rows = len(shared.cells_of_row[0])
    parts = []
    for k in range(n_labels - 1):
        above = shared.value > k
        on = np.bincount(shared.row, above, minlength=n_rows)[shared.row]
        parts.append((np.arange(len(shared)), above, on, np.full(len(shared), k)))
    rating, own, on, option = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _lean(shared, rating, own, on, option, n_labels - 1, floor)


def too_wide(shared: Shared, n_labels: int) -> bool:
    """Whether there are too many raters × labels, or ratings × labels on their units."""
    return shared.n_raters * n_labels > MOST_TABLE or shared.n_spread > MOST_SPREAD


def label_use(shared: Shared, floor: float, ticks: NDArray[np.bool_] | None = None) -> Lean | None:
    """Per rater and label: is it given more or less often than by the others?

    Option is the label. ``ticks`` (values × labels) says which labels a value holds, where it
    may hold several. None where there are too many raters × labels, or ratings × labels.
    """
    n_labels = shared.n_values if ticks is None else ticks.shape[1]
    if too_wide(shared, n_labels) or not len(shared):
        return None
    if ticks is None:
        rating, cell = shared.spread
        own = shared.cell[rating] == cell
        on, option = shared.cell_n[cell], shared.cell_value[cell]
    else:
        n_rows = len(shared.cells_of_row[0])
        shape = (n_rows, shared.n_values)
        table = sparse.csr_array((shared.cell_n, (shared.cell_row, shared.cell_value)), shape=shape)
        counts = sparse.csr_array(table @ sparse.csr_array(ticks.astype(np.int64)))
        wide_by = np.diff(counts.indptr)[shared.row]
        rating = np.repeat(np.arange(len(shared)), wide_by)
        at = np.arange(len(rating)) - np.repeat(np.cumsum(wide_by) - wide_by, wide_by)
        at = counts.indptr[shared.row[rating]] + at
        on, option = counts.data[at], counts.indices[at].astype(np.int64)
        own = ticks[shared.value[rating], option]
    return _lean(shared, rating, own, on, option, n_labels, floor)


def _lean(
    shared: Shared,
    rating: Counts,
    own: NDArray[np.bool_],
    on: NDArray[np.integer] | Floats,
    option: Counts,
    n_options: int,
    floor: float,
) -> Lean:
    """From pairs of a rating and an option: whether the rating is one (``own``) and how many
    of its unit's ratings are (``on``). Pairs that are left out are neither.
    """
    size = shared.n_raters * n_options
    place = shared.rater[rating] * n_options + option
    m = shared.m[rating]
    apart = own - (on - own) / (m - 1)
    chance = on / m
    n_own = np.bincount(place, own, minlength=size)
    summed = np.bincount(place, apart, minlength=size)
    squares = np.bincount(place, apart**2, minlength=size)
    differ = np.bincount(place, apart != 0, minlength=size)
    expected = np.bincount(place, chance, minlength=size)
    spread = np.bincount(place, chance * (1 - chance), minlength=size)
    seen = np.flatnonzero(expected > 0)
    rater, which = np.divmod(seen, n_options)
    n = shared.n[rater]
    value = summed[seen] / n
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (squares[seen] / n - value**2) / (n - 1)
        score = (n_own - expected)[seen] / np.sqrt(spread[seen])
        half = t_quantile(n) * np.sqrt(variance)
    half = np.where((differ[seen] >= APART) & (half > 0), half, np.nan)
    p_value = np.ones(len(seen))
    # What lies within two standard deviations is far from any corrected threshold.
    worth = np.flatnonzero((np.abs(value) >= floor) & (np.abs(score) > 2))
    if len(worth):
        wanted = np.zeros(size, np.bool_)
        wanted[seen[worth]] = True
        rows = np.flatnonzero(wanted[place])
        rows = rows[np.argsort(place[rows], kind="stable")]
        start = np.searchsorted(place[rows], seen[worth])
        end = np.searchsorted(place[rows], seen[worth], side="right")
        for i, a, b in zip(worth, start, end, strict=True):
            p_value[i] = two_sided(int(n_own[seen[i]]), chance[rows[a:b]])
    own_share = n_own[seen] / n
    return Lean(
        rater,
        which,
        value,
        np.maximum(value - half, -1),
        np.minimum(value + half, 1),
        own_share,
        own_share - value,
        n_own[seen].astype(np.int64),
        expected[seen].astype(np.float64),
        p_value,
        n,
    )
