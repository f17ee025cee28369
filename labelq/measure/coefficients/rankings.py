"""Rank agreement of several raters: the mean of Kendall's tau over pairs, and his W."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Ratings
from labelq.labels.statistics import count_patterns, row_of_entry, weighted_count
from labelq.measure.additive import Additive, CountTable, Floats, Parts
from labelq.measure.coefficients.orders import Orders, rankings
from labelq.measure.coefficients.scale import Scale


def kendall_tau_mean(table: CountTable, _name: None, scale: Scale) -> Additive:
    """Mean of tau-b over the pairs of raters of a unit, then over units: one column.

    Pairs whose tau is undefined (fewer than two common items, or one ranking all tied) are
    left out, and with them units that have no other.
    """
    orders = Orders.of(rankings(scale.values))
    row, a, b, product = table.pairs
    met, back = np.unique(a * table.width + b, return_inverse=True)
    first, second = np.divmod(met, max(table.width, 1))
    tau = orders.compared(first, second).tau[back]
    defined = ~np.isnan(tau)
    n_patterns = len(table.m)
    weight = 2 * product * defined
    total = weighted_count(row, weight * np.nan_to_num(tau), n_patterns)
    pairs = weighted_count(row, weight, n_patterns)
    # Raters who gave the same ranking agree, unless it is no order at all.
    ordered = np.array([len(ranking.places) > 1 for ranking in rankings(scale.values)], float)
    n = table.counts @ ordered
    own = (table.m + table.same_rater) * n / np.maximum(table.m, 1)
    same = (table.counts * table.counts) @ ordered - own
    sums = np.stack(
        [
            np.divide(total + same, pairs + same, out=np.zeros(n_patterns), where=pairs + same > 0),
            (pairs + same > 0).astype(float),
        ],
        axis=1,
    )

    def formula(T: Floats) -> Parts:
        value = np.where(T[..., 1] > 0, T[..., 0] / T[..., 1], np.nan)[..., None]
        return Parts(value, value, np.zeros_like(value))

    return _mean_of_units(table, sums, formula, largest=2.0)


def kendall_w(table: CountTable, _name: None, scale: Scale) -> Additive:
    """Kendall's W per unit, corrected for ties, and its mean over units: one column.

    Within a unit, raters who placed the same items are taken together; a unit with several
    such groups has their mean, weighted by their raters.

    W = S / (m Σ v), with S the sum over items of the squared sum of centred ranks, and v of a
    rater the sum of squares of his own: m²(n³-n)/12 less what his ties take (Kendall 1948).
    """
    orders = Orders.of(rankings(scale.values))
    sets: dict[tuple[int, ...], int] = {}
    group: NDArray[np.int64] = np.array(
        [
            sets.setdefault(tuple(orders.item[a:b].tolist()), len(sets))
            for a, b in itertools.pairwise(orders.start.tolist())
        ],
        np.int64,
    )
    ranks = orders.centred_ranks()
    own = np.asarray((ranks * ranks).sum(axis=1)).ravel()
    C = table.counts
    pattern = row_of_entry(C)
    n_patterns = len(table.m)
    cell, row = np.unique(pattern * max(len(sets), 1) + group[C.indices], return_inverse=True)
    given = sparse.csr_array((C.data, (row, C.indices)), shape=(len(cell), table.width))
    together = given @ ranks
    S = np.asarray((together * together).sum(axis=1)).ravel()
    m = np.asarray(given.sum(axis=1)).ravel()
    v = (given @ own) / np.maximum(m, 1)
    at = cell // max(len(sets), 1)
    # A rater who is drawn twice is not two raters: see CountTable.same_rater.
    twice = table.same_rater[at] * m / np.maximum(table.m[at], 1)
    several = (m * (m - 1) - twice > 0) & (v > 0)
    W = np.divide(S - twice * v, (m * m - twice) * v, out=np.zeros(len(cell)), where=several)
    weight = weighted_count(at, m * several, n_patterns)
    mean = weighted_count(at, m * several * W, n_patterns)
    defined = weight > 0
    sums = np.stack(
        [np.divide(mean, weight, out=np.zeros(n_patterns), where=defined), defined.astype(float)],
        axis=1,
    )

    def formula(T: Floats) -> Parts:
        value = np.where(T[..., 1] > 0, T[..., 0] / T[..., 1], np.nan)[..., None]
        return Parts(value, value, np.full_like(value, np.nan))

    return _mean_of_units(table, sums, formula)


def mean_distances(ratings: Ratings) -> tuple[Codes, Floats]:
    """Units with two or more rankings, and the mean Kendall distance of two of each (0 to 1)."""
    patterns = count_patterns(ratings)
    table = CountTable(patterns)
    _, a, b, _ = table.pairs
    apart = 2 * table.between(Orders.of(rankings(ratings.values)).distance(a, b))
    several = table.pairable[patterns.pattern]
    mean = apart / np.maximum(table.n_pairs, 1)
    return patterns.units[several], mean[patterns.pattern][several]


def _mean_of_units(
    table: CountTable, sums: Floats, formula: Callable[[Floats], Parts], largest: float = 1.0
) -> Additive:
    used = int(table.multiplicity[sums[:, 1] > 0].sum())
    if not used:
        return Additive.without("nothing_ordered")
    note = f"on {used:,} of {table.n_units:,} tasks" if used < table.n_units else ""
    return Additive(
        sums, formula, table.varied, largest=largest, n_units=np.array([used]), note=note
    )
