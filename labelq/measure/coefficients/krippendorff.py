"""Krippendorff's alpha at every level of measurement (Krippendorff 2011; 2019, chapter 12).

alpha = 1 - D_o / D_e. Every ordered pair of ratings of one unit weighs 1/(m-1), so each unit
contributes m coincidences; units with one rating contribute none. D_e pairs the pooled values
without replacement: n(n-1) pairs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import row_of_entry, weighted_count, with_entries
from labelq.measure.additive import Additive, BinaryTable, CountTable, Floats, Parts
from labelq.measure.coefficients.distances import PairDistance
from labelq.measure.coefficients.scale import Scale

_DENSE_VALUES = 5_000
"""Above so many distinct values the distance matrix is never held, and no interval given."""


def alpha(table: CountTable, name: str, scale: Scale) -> Additive:
    """Alpha with the distance called ``name``: one column."""
    if name == "nominal":
        return _nominal(table)
    if name == "ordinal":
        return _ordinal(table)
    if name == "interval":
        return _interval(table, scale.numbers)
    return _with_distance(table, scale.distance(name))


def _alpha(observed: Floats, expected: Floats) -> Parts:
    value = np.where(expected > 0, 1 - observed / expected, np.nan)
    return Parts(value[..., None], observed[..., None], expected[..., None])


def _stack(table: CountTable, *columns: Floats | sparse.csr_array) -> sparse.csr_array:
    """Columns first, then the counts on pairable units (K × V)."""
    first = [sparse.csr_array(c[:, None] if isinstance(c, np.ndarray) else c) for c in columns]
    return sparse.csr_array(
        sparse.hstack([*first, table.scaled(table.pairable.astype(float))], format="csr")
    )


def _nominal(table: CountTable) -> Additive:
    agreeing = table.same * table.per_pair

    def formula(T: Floats) -> Parts:
        n_k = T[..., 1:]
        n = n_k.sum(axis=-1)
        D_o = (n - T[..., 0]) / n
        D_e = (n * n - (n_k * n_k).sum(axis=-1)) / (n * (n - 1))
        return _alpha(np.maximum(D_o, 0), D_e)

    def unanimous(m: Floats, code: NDArray[np.intp]) -> Floats:
        return np.append(m.sum(), weighted_count(code, m, table.width))

    return Additive(
        _stack(table, agreeing), formula, table.varied, disagreement=True, unanimous=unanimous
    )


def _only_marginals(n_first: int, width: int) -> Callable[[Floats, NDArray[np.intp]], Floats]:
    """Totals of unanimous units where the first columns hold disagreement: there is none."""

    def unanimous(m: Floats, code: NDArray[np.intp]) -> Floats:
        return np.append(np.zeros(n_first), weighted_count(code, m, width))

    return unanimous


def _interval(table: CountTable, x: Floats) -> Additive:
    # Sums of squares are taken about the mean: the distance does not change, precision does.
    x = x - (table.totals @ x) / max(table.totals.sum(), 1)
    m = np.where(table.pairable, table.m, 0)
    s1 = np.where(table.pairable, table.counts @ x, 0)
    s2 = np.where(table.pairable, table.counts @ (x * x), 0)
    _, a, b, _ = table.pairs
    within = 2 * table.between((x[a] - x[b]) ** 2) * table.per_pair

    def formula(T: Floats) -> Parts:
        n, s1, s2, within = (T[..., i] for i in range(4))
        D_e = 2 * (n * s2 - s1 * s1) / (n * (n - 1))
        # All values equal leaves rounding dust, not variation.
        D_e = np.where(n * s2 - s1 * s1 > 1e-12 * n * s2, D_e, 0.0)
        return _alpha(within / n, D_e)

    used = x[table.totals > 0]
    largest = float(np.ptp(used) ** 2) if len(used) else 1.0

    def unanimous(m: Floats, code: NDArray[np.intp]) -> Floats:
        return np.array([m.sum(), (m * x[code]).sum(), (m * x[code] ** 2).sum(), 0.0])

    return Additive(
        np.stack([m, s1, s2, within], axis=1),
        formula,
        table.varied,
        disagreement=True,
        largest=largest,
        unanimous=unanimous,
    )


def _ordinal(table: CountTable) -> Additive:
    """Interval alpha on mid-ranks; the ranks follow the marginals of every resample."""
    row, a, b, product = table.pairs
    met, column = np.unique(a * table.width + b, return_inverse=True)
    low, high = np.divmod(met, max(table.width, 1))
    pairs = sparse.csr_array(
        (2 * product * table.per_pair[row], (row, column)), shape=(len(table.m), len(met))
    )
    n_pairs = len(met)

    def formula(T: Floats) -> Parts:
        n_k = T[..., n_pairs:]
        n = n_k.sum(axis=-1)
        rank = np.cumsum(n_k, axis=-1) - n_k / 2
        D_o = (T[..., :n_pairs] * (rank[..., high] - rank[..., low]) ** 2).sum(axis=-1) / n
        mean = (n_k * rank).sum(axis=-1, keepdims=True) / n[..., None]
        D_e = 2 * (n_k * (rank - mean) ** 2).sum(axis=-1) / (n - 1)
        return _alpha(D_o, D_e)

    total = table.totals
    rank = np.cumsum(total) - total / 2
    used = rank[total > 0]
    largest = float(np.ptp(used) ** 2) if len(used) else 1.0
    return Additive(
        _stack(table, pairs),
        formula,
        table.varied,
        disagreement=True,
        largest=largest,
        unanimous=_only_marginals(n_pairs, table.width),
    )


def _with_distance(table: CountTable, between: PairDistance) -> Additive:
    _, a, b, _ = table.pairs
    apart = 2 * table.between(between(a, b)) * table.per_pair
    # Every value that occurs, also on units with one rating: a unit may be settled to it.
    used = np.unique(table.counts.indices).astype(np.intp)
    spread = _spread(between, used)

    def formula(T: Floats) -> Parts:
        n_k = T[..., 1:]
        n = n_k.sum(axis=-1)
        return _alpha(T[..., 0] / n, spread(n_k[..., used]) / (n * (n - 1)))

    return Additive(
        _stack(table, apart),
        formula,
        table.varied,
        disagreement=True,
        resample=len(used) <= _DENSE_VALUES,
        unanimous=_only_marginals(1, table.width),
    )


def _spread(between: PairDistance, used: NDArray[np.intp]) -> Callable[[Floats], Floats]:
    """n_k (…, used) → sum over ordered pairs of values of n_a · n_b · distance."""

    def rows(chosen: NDArray[np.intp]) -> Floats:
        a, b = (grid.ravel() for grid in np.meshgrid(chosen, used, indexing="ij"))
        return between(a, b).reshape(len(chosen), len(used))

    if len(used) <= _DENSE_VALUES:
        D = rows(used)
        return lambda n_k: ((n_k @ D) * n_k).sum(axis=-1)

    def in_strips(n_k: Floats) -> Floats:
        total = np.zeros(n_k.shape[:-1])
        for i in range(0, len(used), 256):
            strip = rows(used[i : i + 256])
            total += ((n_k[..., i : i + 256] @ strip) * n_k).sum(axis=-1)
        return total

    return in_strips


def alpha_per_label(table: BinaryTable) -> Additive:
    """Nominal alpha of each label against all others: one column per label."""
    X = table.given
    rows = row_of_entry(X)
    m, pairable = table.m[rows], table.pairable[rows]
    apart = with_entries(X, 2 * X.data * (m - X.data) * table.per_pair[rows])
    given = with_entries(X, X.data * pairable)
    L = X.shape[1]

    def formula(T: Floats) -> Parts:
        n = T[..., -1:]
        n_k = T[..., L:-1]
        D_o = T[..., :L] / n
        D_e = 2 * n_k * (n - n_k) / (n * (n - 1))
        return Parts(np.where(D_e > 0, 1 - D_o / D_e, np.nan), D_o, D_e)

    n = sparse.csr_array(np.where(table.pairable, table.m, 0)[:, None])
    sums = sparse.csr_array(sparse.hstack([apart, given, n], format="csr"))
    return Additive(sums, formula, table.varied, disagreement=True)
