"""The bootstrap over units × raters: both are drawn with replacement.

A rater who is drawn twice weighs twice, and pairs of a rater with himself are left out
(``CountTable.same_rater``; in means over pairs a pair weighs the product of its raters). With
each draw of the slower side (raters, where counts have to be made anew; units, where kappas of
pairs do) the other side is drawn several times, so that the resamples are
:func:`draws` of the one times some of the other. Owen (2007), The pigeonhole bootstrap: what
single ratings bring about is counted up to three times, so the interval errs on the wide side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import CountPatterns, PairCells, weighted_count
from labelq.measure.additive import Additive, CountTable, Floats
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.cohen import PairTable
from labelq.measure.coefficients.scale import Scale, Weights
from labelq.measure.intervals.bootstrap import PERCENTILE, put_ends
from labelq.measure.intervals.estimates import Estimates
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling
from labelq.measure.tables import Tables

MOST_DRAWS, FEWEST_DRAWS = 400, 200
"""So many draws of the slower side, down to the second with :data:`MANY_ENTRIES`."""

MANY_ENTRIES = 20_000
MAX_ENTRIES = 100_000
"""With more entries (ratings, or pairs of ratings, of distinct patterns) the jackknife stands."""

CHUNK = 200_000
"""Entries of so many draws are looked at together."""

MAX_KEPT = 8_000_000
"""Up to so many entries of all draws are kept from one coefficient to the next."""

KIND = "raters"
PERCENTILE_RATERS = f"{PERCENTILE}_{KIND}"


def draws(tables: Tables, resamples: int) -> tuple[int, int]:
    """Draws of the slower side, and of the other with each of them."""
    many = len(tables.rater_patterns.rater) > MANY_ENTRIES
    outer = min(FEWEST_DRAWS if many else MOST_DRAWS, max(FEWEST_DRAWS, resamples))
    return outer, max(1, round(resamples / outer))


@dataclass(frozen=True)
class _Weighted(Tables):
    """The tables of a question with weighted counts."""

    like: Tables | None = None
    count_table: CountTable | None = None

    @cached_property
    def counts(self) -> CountTable:
        assert self.count_table is not None
        return self.count_table

    @cached_property
    def scale(self) -> Scale:
        assert self.like is not None
        return self.like.scale


@dataclass(frozen=True)
class RatersDrawn:
    """Resamples of a question's units and raters; ``raters`` are the codes that are drawn."""

    tables: Tables
    raters: NDArray[np.integer]
    plan: IntervalPlan
    seed: tuple[int, ...]

    def of_counts(self, found: Estimates, make: Callable[[Tables], Additive]) -> None:
        """Put the ends of a coefficient of counts in place, where ``found`` has any."""
        chosen = _with_interval(found)
        entries = len(self.tables.rater_patterns.rater)
        if not chosen or entries > MAX_ENTRIES or not make(self.tables).of_pairs:
            return
        values = []
        for weighted, units in self._weighted():
            additive = make(weighted)
            rows = [
                self._sampling.rows(additive.sums[k * self._size : (k + 1) * self._size])
                for k in range(len(units))
            ]
            with np.errstate(divide="ignore", invalid="ignore"):
                totals = np.concatenate([n @ x for n, x in zip(units, rows, strict=True)])
                values.append(additive.formula(totals).value[:, chosen])
        drawn = np.concatenate(values)
        for column, i in enumerate(chosen):
            put_ends(found, i, drawn[:, column], self.plan.confidence, KIND)

    def of_pair_means(
        self, found: Estimates, table: PairTable, weights: Weights, *, pooled: bool
    ) -> None:
        """Put the ends of the two means over pairs in place, where ``found`` has any."""
        first = table.n_pairs
        chosen = [i - first for i in _with_interval(found) if i >= first]
        entries = len(table.cells.pair)
        if not chosen or entries > MAX_ENTRIES:
            return
        outer, inner = draws(self.tables, self.plan.resamples)
        N, share = int(table.multiplicity.sum()), table.multiplicity / table.multiplicity.sum()
        in_cell = sparse.csr_array((np.ones(entries), (table.cells.pattern, table.cell)))
        a, b = table.cells.pairs.T
        step = max(1, CHUNK // len(table.key))
        values = []
        for start in range(0, outer, step):
            B = min(step, outer - start)
            rng = np.random.default_rng([*self.seed, start])
            times = rng.multinomial(N, share, B).astype(np.float64)
            n = np.asarray(times[:, : in_cell.shape[0]] @ in_cell)
            with np.errstate(divide="ignore", invalid="ignore"):
                kappas = cohen.kappas(_side_by_side(table, n), weights, pooled=pooled)
            value, overlap = kappas.value.reshape(B, 1, first), kappas.n.reshape(B, 1, first)
            twice = self._weights(rng, B * inner).reshape(B, inner, -1)
            both = np.where(np.isnan(value), 0.0, twice[..., a] * twice[..., b])
            kappa = np.nan_to_num(value)
            with np.errstate(divide="ignore", invalid="ignore"):
                means = [
                    (both * by * kappa).sum(axis=-1) / (both * by).sum(axis=-1)
                    for by in (overlap, np.ones_like(overlap))
                ]
            values.append(np.stack(means, axis=-1).reshape(B * inner, -1)[:, chosen])
        drawn: Floats = np.concatenate(values)
        for column, i in enumerate(chosen):
            put_ends(found, first + i, drawn[:, column], self.plan.confidence, KIND)

    def _weights(self, rng: np.random.Generator, n: int) -> Floats:
        """How often each rater is drawn, (n × raters); those not drawn from weigh 1."""
        R = len(self.raters)
        weights = np.ones((n, self.tables.n_raters))
        weights[:, self.raters] = rng.multinomial(R, np.full(R, 1 / R), n)
        return weights

    def _weighted(self) -> Iterable[tuple[Tables, Floats]]:
        """Tables of raters drawn, and draws of units (draws × resamples × rows).

        The patterns of several draws stand below each other, as many per draw as there are
        patterns of raters.
        """
        outer, inner = draws(self.tables, self.plan.resamples)
        held = outer * (self._entries + inner * self._size)
        return self._kept if held <= MAX_KEPT else self._made()

    @cached_property
    def _kept(self) -> list[tuple[Tables, Floats]]:
        return list(self._made())

    def _made(self) -> Iterator[tuple[Tables, Floats]]:
        outer, inner = draws(self.tables, self.plan.resamples)
        patterns, K = self.tables.rater_patterns, self._size
        width = max(1, len(self.tables.ratings.values))
        row = np.repeat(np.arange(K), np.diff(patterns.start))
        keys, cell = np.unique(row * width + patterns.value, return_inverse=True)
        starts = np.searchsorted(keys, np.arange(K + 1) * width)
        share = self._sampling.weight / max(self._sampling.n, 1)
        step = max(1, CHUNK // max(1, self._entries))
        for start in range(0, outer, step):
            B = min(step, outer - start)
            rng = np.random.default_rng([*self.seed, start])
            weight = self._weights(rng, B)[:, patterns.rater]
            of_draw = np.arange(B)[:, None]
            size = B * len(keys)
            counts = sparse.csr_array(
                (
                    weighted_count((of_draw * len(keys) + cell).ravel(), weight.ravel(), size),
                    np.tile(keys % width, B),
                    np.append((of_draw * len(keys) + starts[:-1]).ravel(), size),
                ),
                shape=(B * K, width),
            )
            twice = weight * (weight - 1)
            table = CountTable(
                CountPatterns(
                    counts, np.tile(patterns.multiplicity, B), patterns.units, patterns.pattern
                ),
                weighted_count((of_draw * K + row).ravel(), twice.ravel(), B * K),
            )
            of = self.tables
            weighted = _Weighted(of.question, of.ratings, of.n_raters, like=of, count_table=table)
            yield weighted, rng.multinomial(self._sampling.n, share, (B, inner)).astype(float)

    @cached_property
    def _entries(self) -> int:
        """Ratings of distinct patterns, and pairs of them: what one draw holds."""
        n = np.diff(self.tables.rater_patterns.start)
        return int((n + n * (n - 1) // 2).sum())

    @property
    def _size(self) -> int:
        return len(self.tables.rater_patterns.multiplicity)

    @cached_property
    def _sampling(self) -> Sampling:
        return Sampling(self.tables.rater_patterns, seed=list(self.seed))


def _with_interval(found: Estimates) -> list[int]:
    return [i for i, m in enumerate(found.method) if (m or "").startswith("jackknife")]


def _side_by_side(table: PairTable, n: Floats) -> PairTable:
    """The pairs of ``table`` once for each row of how often its cells occur, ``n`` (B × C)."""
    B, P = len(n), table.n_pairs
    key = (np.arange(B)[:, None] * (P * table.q**2) + table.key).ravel()
    nothing = np.zeros(0, np.intp)
    codes = nothing.astype(np.int32)
    cells = PairCells(nothing, nothing, codes, codes, np.tile(table.cells.pairs, (B, 1)))
    return PairTable(cells, table.multiplicity, table.q, key, n.ravel(), nothing)
