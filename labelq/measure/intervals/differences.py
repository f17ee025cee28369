"""The difference of a coefficient between two rounds, which may share units.

The interval comes from the two intervals that stand beside the values (Zou & Donner 2008,
"MOVER": method of variance estimates recovery), so that it is as lopsided as they are::

    L = d - √((v₂-l₂)² + (u₁-v₁)² - 2ρ(v₂-l₂)(u₁-v₁))
    U = d + √((u₂-v₂)² + (v₁-l₁)² - 2ρ(u₂-v₂)(v₁-l₁))

ρ is the correlation of the two values over the units that are in both rounds (Zou 2007): each
such unit is left out of both. With bootstrap intervals units are drawn together instead, and
the ends are percentiles of the differences.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import CountPatterns, RaterPatterns
from labelq.measure.additive import Additive, Floats, Matrix
from labelq.measure.intervals.bootstrap import MAX_UNDEFINED
from labelq.measure.intervals.sampling import MAX_ROWS

MOVER = "mover"
PERCENTILE = "bootstrap_percentile"

POWER = 0.8
_CHUNK = 4_000_000
_DUST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One round's coefficient: column ``column`` of ``additive``, whose rows are ``patterns``.

    ``row`` (units,) says for each unit code of the round which row it is of those that are
    drawn: units with the same row in both rounds, or in one (a group), go together.
    """

    additive: Additive
    patterns: CountPatterns | RaterPatterns
    row: NDArray[np.integer]
    column: int = 0

    @property
    def used(self) -> NDArray[np.integer]:
        """The row of each unit that carries a rating."""
        return np.asarray(self.row[self.patterns.units])

    def pieces(self, rows: NDArray[np.integer]) -> Matrix:
        """Sums of each of ``rows`` (sorted, distinct), (len(rows) × d)."""
        used, pattern = self.used, self.patterns.pattern
        at = np.searchsorted(rows, used)
        known = at < len(rows)
        known[known] = rows[at[known]] == used[known]
        shape = (len(rows), len(self.patterns.multiplicity))
        member = sparse.csr_array(
            sparse.coo_array((np.ones(int(known.sum())), (at[known], pattern[known])), shape=shape)
        )
        return _times(member, self.additive.sums)

    def values(self, totals: Floats) -> Floats:
        """The coefficient of totals (n × d), (n,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.additive.formula(totals).value[:, self.column])


def correlation(before: Side, after: Side, errors: tuple[float, float]) -> float:
    """The correlation of two values over the rows in both rounds; ``errors``: standard errors."""
    shared = np.intersect1d(before.used, after.used)
    if len(shared) < 2 or not all(error > 0 for error in errors):
        return 0.0
    block: NDArray[np.integer] = np.arange(len(shared))
    if len(shared) > MAX_ROWS:
        block = np.random.default_rng(0).permutation(len(shared)) % MAX_ROWS
    moved = []
    for side in (before, after):
        total = side.additive.total(side.patterns.multiplicity)
        pieces = _merged(side.pieces(shared), block)
        moved.append(np.concatenate([side.values(total - p) for p in _dense(pieces)]))
    defined = ~np.isnan(moved[0]) & ~np.isnan(moved[1])
    first, second = (values[defined] - values[defined].mean() for values in moved)
    covariance = float(first @ second)
    return max(-1.0, min(1.0, covariance / (errors[0] * errors[1])))


def mover(
    before: tuple[float, float, float], after: tuple[float, float, float], correlation: float = 0.0
) -> tuple[float, float]:
    """The ends of the difference after - before, each (value, lower, upper).

    >>> [round(end, 3) for end in mover((0.5, 0.4, 0.6), (0.8, 0.7, 0.85))]
    [0.159, 0.412]
    """
    (v1, l1, u1), (v2, l2, u2) = before, after
    d = v2 - v1

    def width(a: float, b: float) -> float:
        return math.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0))

    return d - width(v2 - l2, u1 - v1), d + width(u2 - v2, v1 - l1)


def resampled(
    before: Side, after: Side, *, resamples: int, seed: int, confidence: float
) -> tuple[float, float] | None:
    """Percentiles of the difference over resamples; None where too many are undefined."""
    rows = np.union1d(before.used, after.used)
    block: NDArray[np.integer] = np.arange(len(rows))
    rng = np.random.default_rng([seed, len(rows)])
    if len(rows) > MAX_ROWS:
        block = rng.permutation(len(rows)) % MAX_ROWS
    first, second = (_merged(side.pieces(rows), block) for side in (before, after))
    n = int(block.max(initial=-1)) + 1
    drawn = []
    step = max(1, _CHUNK // max(n, 1))
    for i in range(0, resamples, step):
        weights = rng.multinomial(n, np.full(n, 1 / n), min(step, resamples - i)).astype(float)
        drawn.append(
            after.values(np.asarray(weights @ second)) - before.values(np.asarray(weights @ first))
        )
    found = np.concatenate(drawn)
    undefined = np.isnan(found)
    if undefined.mean() > MAX_UNDEFINED:
        return None
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(found[~undefined], [tail, 1 - tail])
    return (float(lower), float(upper)) if upper - lower > _DUST else None


def detectable(lower: float, upper: float, confidence: float) -> float:
    """The change that an interval this wide excludes 0 for in four of five rounds.

    >>> round(detectable(-0.05, 0.09, 0.95), 3)
    0.1
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2))
    return (upper - lower) / 2 * (z + float(ndtri(POWER))) / z


def _merged(pieces: Matrix, block: NDArray[np.integer]) -> Matrix:
    n = int(block.max(initial=-1)) + 1
    if n == len(block):
        return pieces
    member = sparse.csr_array((np.ones(len(block)), (block, np.arange(len(block)))))
    return _times(member, pieces)


def _times(member: sparse.csr_array, sums: Matrix) -> Matrix:
    product: Matrix = np.asarray(member @ sums) if isinstance(sums, np.ndarray) else member @ sums
    return product


def _dense(pieces: Matrix) -> Iterator[Floats]:
    step = max(1, _CHUNK // max(1, pieces.shape[1]))
    for i in range(0, pieces.shape[0], step):
        some = pieces[i : i + step]
        yield np.asarray(some.toarray() if sparse.issparse(some) else some, float)
