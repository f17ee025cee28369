"""What single ratings add to the variance of a coefficient: ratings are left out one by one.

Leaving out units counts what a single rating adds once, leaving out raters counts it again.
The variance over units and raters is therefore V_units + V_raters - V_ratings (Owen 2007, The
pigeonhole bootstrap; Cameron, Gelbach & Miller 2011). The noise of a pair of ratings of one
unit is counted once with the units, and twice with the raters and with the ratings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import CountPatterns, RaterPatterns, row_of_entry, weighted_count
from labelq.measure.additive import Additive, CountTable, Floats
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.cohen import Kappas, PairTable
from labelq.measure.intervals.jackknife import Moments
from labelq.measure.intervals.sampling import Sampling
from labelq.measure.tables import Tables

MAX_ENTRIES = 5_000_000
"""Patterns of raters without each of their ratings are made up to so many entries."""

Errors = tuple[Floats, Floats]
"""Standard errors of the value and of artanh(value), (c,), as ratings alone would bring about."""


@dataclass(frozen=True)
class _Extended(Tables):
    """Tables whose patterns are followed by patterns without one rating, multiplicity 0."""

    count_table: CountTable | None = None
    patterns: RaterPatterns | None = None

    @cached_property
    def counts(self) -> CountTable:
        assert self.count_table is not None
        return self.count_table

    @cached_property
    def rater_patterns(self) -> RaterPatterns:
        assert self.patterns is not None
        return self.patterns


@dataclass(frozen=True, eq=False)
class WithoutRatings:
    """``tables`` whose K patterns, of ``multiplicity`` (K,), are followed by E without one rating.

    ``source`` (E,) is the pattern that each of these comes from.
    """

    tables: Tables
    multiplicity: NDArray[np.int64]
    source: NDArray[np.intp]
    sampling: Sampling

    @classmethod
    def of_counts(cls, tables: Tables, seed: list[int]) -> WithoutRatings:
        """Patterns of label counts without one of their ratings."""
        patterns = tables.count_patterns
        C = patterns.counts
        source = row_of_entry(C)
        E = len(source)
        one = sparse.csr_array((np.ones(E), (np.arange(E), C.indices)), shape=(E, C.shape[1]))
        fewer = sparse.csr_array(C[source] - one)
        fewer.eliminate_zeros()
        table = CountTable(
            CountPatterns(
                sparse.csr_array(sparse.vstack([C, fewer])),
                np.append(patterns.multiplicity, np.zeros(E, np.int64)),
                patterns.units,
                patterns.pattern,
            )
        )
        times = (patterns.multiplicity[source] * C.data).astype(np.int64)
        extended = _Extended(tables.question, tables.ratings, tables.n_raters, count_table=table)
        return cls(extended, patterns.multiplicity, source, _sampling(times, seed))

    @classmethod
    def of_rater_patterns(cls, tables: Tables, seed: list[int]) -> WithoutRatings | None:
        """Patterns of raters and labels without one of their ratings; None if these are many."""
        P = tables.rater_patterns
        lengths = np.diff(P.start)
        if int((lengths**2).sum()) > MAX_ENTRIES:
            return None
        source = np.repeat(np.arange(len(lengths)), lengths)
        n = lengths[source]
        ends = np.append(0, np.cumsum(n))
        of_copy = np.repeat(np.arange(len(source)), n)
        place = np.arange(ends[-1]) - ends[of_copy]
        left_out = np.arange(len(source)) - P.start[source]
        entry = (P.start[source][of_copy] + place)[place != left_out[of_copy]]
        start = np.append(P.start, P.start[-1] + np.cumsum(n - 1))
        extended = RaterPatterns(
            start,
            np.append(P.rater, P.rater[entry]),
            np.append(P.value, P.value[entry]),
            np.append(P.multiplicity, np.zeros(len(source), np.int64)),
            P.units,
            P.pattern,
        )
        return cls(
            _Extended(tables.question, tables.ratings, tables.n_raters, patterns=extended),
            P.multiplicity,
            source,
            _sampling(P.multiplicity[source], seed),
        )

    def errors(self, additive: Additive, value: Floats) -> Errors:
        """Of the coefficients that ``additive`` gives on :attr:`tables`; ``value`` of all, (c,)."""
        sums = additive.sums
        K = sums.shape[0] - len(self.source)
        total = np.asarray(self.multiplicity.astype(float) @ sums[:K]).ravel()
        moved = sums[K:] - sums[self.source]
        rows = self.sampling.rows(moved)
        weight = self.sampling.weight.astype(float)
        moments = Moments(value)
        for some, piece in self.sampling.chunks(rows):
            with np.errstate(divide="ignore", invalid="ignore"):
                moments.add(additive.formula(total + piece).value, weight[some][:, None])
        found = moments.result(float(self.sampling.n))
        return found.error, found.z_error


def _sampling(times: NDArray[np.int64], seed: list[int]) -> Sampling:
    """Ratings as the rows that are left out: kind i of rating occurs ``times`` (E,)."""
    n = int(times.sum())
    kinds = np.repeat(np.arange(len(times)), times)
    nothing = sparse.csr_array((len(times), 1))
    return Sampling(CountPatterns(nothing, times, np.arange(n, dtype=np.int32), kinds), seed=seed)


def of_pair_means(table: PairTable, kappas: Kappas) -> Errors:
    """Of the two means over pairs, linearised: a rating that is left out leaves all its pairs."""
    cells = table.cells
    defined = ~np.isnan(kappas.value)
    value, active = np.nan_to_num(kappas.value), defined[cells.pair]
    n_raters = int(cells.pairs.max(initial=0)) + 1
    keys = [cells.pattern * n_raters + cells.pairs[cells.pair, side] for side in (0, 1)]
    rating, place = np.unique(np.concatenate(keys), return_inverse=True)
    effect = np.where(active, np.nan_to_num(kappas.influence[table.cell]), 0.0)
    means = cohen.with_means(kappas.value, np.where(defined, kappas.n, 0))[-cohen.N_MEANS :]
    errors = []
    for plain, mean in ((False, means[0]), (True, means[1])):
        weight = np.where(defined, 1.0 if plain else kappas.n, 0.0)
        moved = effect / kappas.n[cells.pair] if plain else effect + value[cells.pair] - mean
        moved = np.where(active, moved, 0.0)
        per_rating = weighted_count(place, np.tile(moved, 2), len(rating))
        times = table.multiplicity[rating // n_raters]
        errors.append(np.sqrt((times * per_rating**2).sum()) / max(weight.sum(), 1e-300))
    error = np.array(errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        return error, error / (1 - means**2)
