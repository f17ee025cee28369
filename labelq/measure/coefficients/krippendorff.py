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

from labelq.labels.model import Question
from labelq.labels.statistics import row_of_entry, weighted_count, with_entries
from labelq.measure.additive import Additive, BinaryTable, CountTable, Floats, Parts
from labelq.measure.coefficients.distances import Distance
from labelq.measure.coefficients.scale import Scale
from labelq.measure.metric import MOST_DEPTHS

_DENSE_VALUES = 5_000
"""Above so many distinct values the distances of all pairs are never held."""

_SIMILAR, _QUICK_SIMILAR = 30_000_000, 2_000_000
"""So many pairs with something in common are held, and in an interval's resamples."""


def alpha(table: CountTable, name: str, scale: Scale) -> Additive:
    """Alpha with the distance called ``name``: one column."""
    if name == "nominal":
        return _nominal(table)
    if name == "ordinal":
        return _ordinal(table)
    if name == "interval":
        return _interval(table, scale.numbers)
    distance = scale.distance(name)
    if distance.refused:
        return Additive.without(distance.refused)
    return with_distance(table, distance, distance_words(name, scale.question))


_DISTANCES = {
    "masi": "distance MASI: 1 - Jaccard · monotonicity (1 equal, 2/3 one contains the other, 1/3"
    " overlap, 0), Passonneau (2006), as NLTK has it",
    "masi_dkpro": "distance MASI as DKPro Statistics has it: Jaccard's distance · 1 - monotonicity",
    "passonneau_2004": "distance 0 equal, 1/3 one contains the other, 2/3 overlap, 1 (Passonneau"
    " 2004)",
    "jaccard": "distance: 1 - common labels / all labels of both sets",
    "tree": "distance of two paths: 1 - 2·depth of the common ancestor / sum of depths; of sets:"
    " mean over the paths of both to the nearest path of the other",
    "subtree": "distance: 1 - common nodes / all nodes on the paths of both sets",
    "kendall": "distance: share of pairs of common items in opposite order, tied in one ranking"
    " only 1/2; 1/2 with fewer than two common items",
}


def distance_words(name: str, question: Question) -> str:
    """What a distance is, in words, where its name does not say it all."""
    if not name.startswith("depth_"):
        return _DISTANCES.get(name, "")
    cut = int(name.removeprefix("depth_"))
    rest = "; deeper cuts are not computed" if MOST_DEPTHS == cut < question.depth else ""
    return f"paths cut at depth {cut} of {question.depth}, then Jaccard's distance{rest}"


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
        _stack(table, agreeing),
        formula,
        table.varied,
        disagreement=True,
        unanimous=unanimous,
        agreed=table.agreed,
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
        agreed=table.agreed,
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
        agreed=table.agreed,
        largest=largest,
        unanimous=_only_marginals(n_pairs, table.width),
    )


def with_distance(table: CountTable, between: Distance, note: str = "") -> Additive:
    """Alpha with any distance: one column. ``note`` says more about it."""
    _, a, b, _ = table.pairs
    apart = 2 * table.between(between(a, b)) * table.per_pair
    # Every value that occurs, also on units with one rating: a unit may be settled to it.
    used = np.unique(table.counts.indices).astype(np.intp)
    spread, quick = _spread(between, used)

    def formula(T: Floats) -> Parts:
        n_k = T[..., 1:]
        n = n_k.sum(axis=-1)
        return _alpha(T[..., 0] / n, spread(n_k[..., used]) / (n * (n - 1)))

    return Additive(
        _stack(table, apart),
        formula,
        table.varied,
        disagreement=True,
        agreed=table.agreed,
        largest=between.largest,
        resample=quick,
        unanimous=_only_marginals(1, table.width),
        note=note,
    )


def _spread(between: Distance, used: NDArray[np.intp]) -> tuple[Callable[[Floats], Floats], bool]:
    """n_k (…, used) → sum over ordered pairs of values of n_a · n_b · distance, and if quickly."""
    if len(used) > _DENSE_VALUES // 10 and between.sums and (sums := between.sums(used)):
        return sums, True
    if len(used) <= _DENSE_VALUES:
        D = between.table(used, used)
        return lambda n_k: ((n_k @ D) * n_k).sum(axis=-1), True
    if between.similar and between.n_similar and between.n_similar(used) <= _SIMILAR:
        S, far = between.similar(used, used), between.far

        def of_similar(n_k: Floats) -> Floats:
            alike = (S @ n_k.reshape(-1, len(used)).T).T.reshape(n_k.shape)
            return np.asarray(far * (n_k.sum(axis=-1) ** 2 - (alike * n_k).sum(axis=-1)))

        return of_similar, S.nnz <= _QUICK_SIMILAR

    def in_strips(n_k: Floats) -> Floats:
        total = np.zeros(n_k.shape[:-1])
        for i in range(0, len(used), 256):
            strip = between.table(used[i : i + 256], used)
            total += ((n_k[..., i : i + 256] @ strip) * n_k).sum(axis=-1)
        return total

    return in_strips, False


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
    return Additive(sums, formula, table.varied, disagreement=True, agreed=table.agreed)
