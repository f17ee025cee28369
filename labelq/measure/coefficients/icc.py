"""Intraclass correlations (Shrout & Fleiss 1979): the share of variance that is the units' own.

ICC(1): each unit has raters of its own. ICC(2): the raters are a sample, and how high each rates
counts as error. ICC(3): these raters only, and how high each rates does not count. With k: of
the mean of k ratings instead of a single one. All are 1 - error variance / total variance, and
``observed`` and ``expected`` are these two variances.

ICC(1) takes unequal numbers of ratings through the one-way analysis of variance with
k0 = (N - sum of m² / N) / (n - 1) for k (Searle 1971; Lessells & Boag 1987). ICC(2) and ICC(3)
need a complete block: units that all of the same raters rated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import RaterPatterns, group_runs, weighted_count
from labelq.measure.additive import Additive, CountTable, Floats, Parts
from labelq.measure.coefficients.scale import Scale

MOST_BLOCKS = 200
"""So many sets of raters are tried as the raters of the complete block."""

_DUST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class MeanSquares:
    """The analysis of variance: arrays (…), on any number of totals at once.

    ``n`` units, ``k`` ratings per unit (k0 where they are unequal), mean squares ``between``
    units, between ``raters`` (nan in a one-way analysis) and of the ``error``.
    """

    n: Floats
    k: Floats
    between: Floats
    raters: Floats
    error: Floats


def icc_1(table: CountTable, _name: None, scale: Scale) -> Additive:
    """ICC(1,1): one column."""
    return _one_way(table, scale, lambda s: s.between + (s.k - 1) * s.error)


def icc_1k(table: CountTable, _name: None, scale: Scale) -> Additive:
    """ICC(1,k): one column."""
    return _one_way(table, scale, lambda s: s.between)


def icc_2(patterns: RaterPatterns, _name: None, scale: Scale) -> Additive:
    """ICC(2,1): one column."""
    return _two_way(
        patterns,
        scale,
        lambda s: s.between + (s.k - 1) * s.error + s.k * (s.raters - s.error) / s.n,
    )


def icc_2k(patterns: RaterPatterns, _name: None, scale: Scale) -> Additive:
    """ICC(2,k): one column."""
    return _two_way(patterns, scale, lambda s: s.between + (s.raters - s.error) / s.n)


def icc_3(patterns: RaterPatterns, _name: None, scale: Scale) -> Additive:
    """ICC(3,1): one column."""
    return _two_way(patterns, scale, lambda s: s.between + (s.k - 1) * s.error)


def icc_3k(patterns: RaterPatterns, _name: None, scale: Scale) -> Additive:
    """ICC(3,k), which is Cronbach's alpha of the raters: one column."""
    return _two_way(patterns, scale, lambda s: s.between)


def _parts(squares: MeanSquares, total: Floats) -> Parts:
    """1 - error / total variance, both divided by k; ``total`` is k times the total variance."""
    own = squares.between - squares.error
    value = np.where((total > 0) & (squares.n > 1), own / total, np.nan)
    observed, expected = (total - own) / squares.k, total / squares.k
    return Parts(value[..., None], observed[..., None], expected[..., None])


def _positive(sum_of_squares: Floats, of: Floats) -> Floats:
    """A sum of squares that is a difference: what rounding leaves of none is none."""
    return np.where(sum_of_squares > _DUST * of, sum_of_squares, 0.0)


def _one_way(table: CountTable, scale: Scale, total: Callable[[MeanSquares], Floats]) -> Additive:
    sums, x = _one_way_sums(table, scale)

    def formula(T: Floats) -> Parts:
        squares = _one_way_squares(T)
        return _parts(squares, total(squares))

    return Additive(
        sums,
        formula,
        table.varied,
        disagreement=True,
        largest=_largest(x[table.totals > 0]),
        of_pairs=False,
    )


def _one_way_sums(table: CountTable, scale: Scale) -> tuple[Floats, Floats]:
    # About the mean: variances do not change, precision does.
    x = scale.numbers - (table.totals @ scale.numbers) / max(table.totals.sum(), 1)
    m = np.where(table.pairable, table.m, 0.0)
    s1 = np.where(table.pairable, table.counts @ x, 0.0)
    _, a, b, _ = table.pairs
    variance = table.between((x[a] - x[b]) ** 2) / np.maximum(table.n_pairs, 1)
    within = np.where(table.pairable, (table.m - 1) * variance, 0.0)
    columns = (table.pairable, m, m * m, s1, s1 * s1 / np.maximum(m, 1), within)
    return np.stack([column.astype(np.float64) for column in columns], axis=1), x


def _one_way_squares(T: Floats) -> MeanSquares:
    n, ratings, squared, s1, means, within = (T[..., i] for i in range(6))
    between = _positive(means - s1 * s1 / ratings, means)
    return MeanSquares(
        n=n,
        k=(ratings - squared / ratings) / (n - 1),
        between=between / (n - 1),
        raters=np.full_like(n, np.nan),
        error=within / (ratings - n),
    )


def _largest(x: Floats) -> float:
    """The largest variance that one unit's ratings can have: two at the ends of the range."""
    return float(np.ptp(x) ** 2 / 2) if len(x) else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A complete block: ``x`` (patterns × raters) numbers and the ``rows`` of these patterns."""

    x: Floats
    rows: NDArray[np.intp]
    raters: NDArray[np.integer]
    n_units: int


def complete_block(patterns: RaterPatterns, numbers: Floats) -> Block | None:
    """The block with most ratings among those whose raters rated some unit together.

    Its units are all those that each of these raters rated (others may have rated them too). Of
    equally large blocks the one with more raters, then the first. None where no two raters
    share two units. With more than :data:`MOST_BLOCKS` different sets of raters, the sets that
    gave most ratings are tried.
    """
    first, group = group_runs(patterns.start, (patterns.rater,))
    if not len(first):
        return None
    lengths = np.diff(patterns.start)[first]
    n_units = weighted_count(group, patterns.multiplicity, len(first))
    entries = [patterns.rater[patterns.start[i] : patterns.start[i + 1]] for i in first.tolist()]
    of_set = sparse.csr_array(
        (np.ones(int(lengths.sum())), np.concatenate(entries), np.append(0, np.cumsum(lengths))),
        shape=(len(first), int(patterns.rater.max(initial=0)) + 1),
    )
    order = np.lexsort((np.arange(len(first)), -lengths * n_units))
    tried = order[lengths[order] > 1][:MOST_BLOCKS]
    best: tuple[float, int, int] | None = None
    for candidate in tried.tolist():
        shared = np.asarray(of_set @ of_set[[candidate]].toarray()[0]).ravel()
        n = float(n_units[shared == lengths[candidate]].sum())
        found = (n * lengths[candidate], int(lengths[candidate]), -candidate)
        if n > 1 and (best is None or found > best):
            best = found
    if best is None:
        return None
    raters = np.sort(entries[-best[2]])
    inside = np.isin(patterns.rater, raters)
    pattern = np.repeat(np.arange(len(patterns.multiplicity)), np.diff(patterns.start))
    rows = np.flatnonzero(np.bincount(pattern[inside], minlength=len(lengths)) == len(raters))
    kept = inside & np.isin(pattern, rows)
    x = numbers[patterns.value[kept]].reshape(len(rows), len(raters))  # sorted by rater
    return Block(x, rows, raters, int(patterns.multiplicity[rows].sum()))


def _two_way(
    patterns: RaterPatterns, scale: Scale, total: Callable[[MeanSquares], Floats]
) -> Additive:
    block = complete_block(patterns, scale.numbers)
    if block is None:
        return Additive.without("no_complete_block")
    k = block.x.shape[1]
    sums = _two_way_sums(block, patterns)

    def formula(T: Floats) -> Parts:
        squares = _two_way_squares(T, k)
        return _parts(squares, total(squares))

    weight = patterns.multiplicity[block.rows]
    values, n = np.unique(block.x, return_counts=True)
    commonest = values[np.argmax(n)]
    varied = int(weight[(block.x != commonest).any(axis=1)].sum())
    of = len(np.unique(patterns.rater))
    who = f"all {k} annotators" if k == of else f"the same {k} of {of} annotators"
    return Additive(
        sums,
        formula,
        np.array([varied]),
        disagreement=True,
        largest=_largest(block.x),
        n_units=np.array([block.n_units]),
        size=(block.n_units, block.n_units * k, k),
        note=f"complete block: {block.n_units:,} tasks that {who} rated",
    )


def _two_way_sums(block: Block, patterns: RaterPatterns) -> Floats:
    weight = patterns.multiplicity[block.rows]
    y = block.x - float(weight @ block.x.mean(axis=1)) / weight.sum()
    k = y.shape[1]
    sums = np.zeros((len(patterns.multiplicity), k + 3))
    of_unit = y.sum(axis=1)
    sums[block.rows] = np.column_stack(
        [np.ones(len(y)), y, (y * y).sum(axis=1), of_unit * of_unit / k]
    )
    return sums


def _two_way_squares(T: Floats, k: int) -> MeanSquares:
    n, of_rater = T[..., 0], T[..., 1 : k + 1]
    squares, of_units = T[..., k + 1], T[..., k + 2]
    grand = of_rater.sum(axis=-1) ** 2 / (n * k)
    of_raters = (of_rater * of_rater).sum(axis=-1) / n
    rest = squares - of_units - of_raters + grand
    return MeanSquares(
        n=n,
        k=np.full_like(n, k),
        between=_positive(of_units - grand, squares) / (n - 1),
        raters=_positive(of_raters - grand, squares) / (k - 1),
        error=_positive(rest, squares) / ((n - 1) * (k - 1)),
    )


Ends = tuple[float, float]


def f_one_way(table: CountTable, scale: Scale, confidence: float, *, of_mean: bool) -> Ends | None:
    """The published interval of ICC(1), from the F distribution (Shrout & Fleiss 1979).

    For ratings that are normal; None where units have unequal numbers of ratings, or where
    nothing varies within or between units. ``of_mean``: of ICC(1,k).
    """
    several = table.m[table.pairable]
    if not len(several) or np.ptp(several) > 0:
        return None
    sums, _ = _one_way_sums(table, scale)
    squares = _one_way_squares(table.multiplicity.astype(np.float64) @ sums)
    n, k = float(squares.n), float(squares.k)
    return _f_ends(squares, n * (k - 1), confidence, of_mean=of_mean)


def f_two_way(
    patterns: RaterPatterns, scale: Scale, confidence: float, *, fixed: bool, of_mean: bool
) -> Ends | None:
    """The published interval of ICC(2), ``fixed``: ICC(3), on the complete block, likewise.

    ICC(2)'s takes approximate degrees of freedom (Shrout & Fleiss 1979; McGraw & Wong 1996).
    """
    block = complete_block(patterns, scale.numbers)
    if block is None:
        return None
    totals = patterns.multiplicity.astype(np.float64) @ _two_way_sums(block, patterns)
    squares = _two_way_squares(totals, block.x.shape[1])
    if fixed:
        df = float((squares.n - 1) * (squares.k - 1))
        return _f_ends(squares, df, confidence, of_mean=of_mean)
    return _satterthwaite_ends(squares, confidence, of_mean=of_mean)


def _f_ends(squares: MeanSquares, df: float, confidence: float, *, of_mean: bool) -> Ends | None:
    from scipy.stats import f

    n, k = float(squares.n), float(squares.k)
    between, error = float(squares.between), float(squares.error)
    if n < 2 or between <= 0 or error <= 0:
        return None
    q = (1 + confidence) / 2
    low = between / error / float(f.ppf(q, n - 1, df))
    high = between / error * float(f.ppf(q, df, n - 1))
    return _ends((low - 1) / (low + k - 1), (high - 1) / (high + k - 1), k, of_mean=of_mean)


def _satterthwaite_ends(squares: MeanSquares, confidence: float, *, of_mean: bool) -> Ends | None:
    from scipy.stats import f

    n, k, between, raters, error = (
        float(x) for x in (squares.n, squares.k, squares.between, squares.raters, squares.error)
    )
    if n < 2 or between <= 0 or error <= 0:
        return None
    q = (1 + confidence) / 2
    value = (between - error) / (between + (k - 1) * error + k * (raters - error) / n)
    ratio, rest = raters / error, n * (1 + (k - 1) * value) - k * value
    df = (k - 1) * (n - 1) * (k * value * ratio + rest) ** 2
    df /= (n - 1) * (k * value * ratio) ** 2 + rest**2
    spread = k * raters + (k * n - k - n) * error
    low, high = float(f.ppf(q, n - 1, df)), float(f.ppf(q, df, n - 1))
    return _ends(
        n * (between - low * error) / (low * spread + n * between),
        n * (high * between - error) / (spread + n * high * between),
        k,
        of_mean=of_mean,
    )


def _ends(low: float, high: float, k: float, *, of_mean: bool) -> Ends:
    if not of_mean:
        return low, high
    return k * low / (1 + (k - 1) * low), k * high / (1 + (k - 1) * high)
