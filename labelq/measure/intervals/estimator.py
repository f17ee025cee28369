"""From sums over units to values with intervals, for one question."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from labelq.labels.statistics import CountPatterns, RaterPatterns
from labelq.measure.additive import Additive
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.scale import Weights
from labelq.measure.intervals import analytic, pairs
from labelq.measure.intervals.estimates import Estimates, estimate
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.raters import RatersLeftOut
from labelq.measure.intervals.raters_drawn import RatersDrawn
from labelq.measure.intervals.sampling import Sampling
from labelq.measure.intervals.without_ratings import Errors, WithoutRatings, of_pair_means
from labelq.measure.tables import Tables

Make = Callable[[Tables], Additive]
"""A coefficient's sums from the tables of a question."""


@dataclass(frozen=True)
class Estimator:
    """Estimates of one question's coefficients, as ``plan`` wants their intervals."""

    tables: Tables
    plan: IntervalPlan

    def of_counts(self, make: Make, published: analytic.Published | None = None) -> Estimates:
        """Of sums over patterns of label counts."""
        found = make(self.tables)
        return self._estimate(make, found, self.tables.count_patterns, self._by_counts, published)

    def of_rater_patterns(
        self, make: Make, published: analytic.Published | None = None
    ) -> Estimates:
        """Of sums over patterns of raters and labels."""
        found = make(self.tables)
        return self._estimate(make, found, self.tables.rater_patterns, self._by_raters, published)

    def of_pairs(
        self,
        pairs_of: Callable[[Tables], cohen.PairTable],
        weights: Weights,
        *,
        pooled: bool,
    ) -> Estimates:
        """Of Cohen's kappa (``pooled``: Scott's pi) of every pair and, last, their two means."""
        table = pairs_of(self.tables)
        if self._over_units.method in ("percentile", "bca") and table.dense:
            additive = cohen.additive(table, weights, pooled=pooled)
            return self.of_rater_patterns(lambda _tables: additive)
        sampling = None if self.plan.groups is None else self._by_raters
        found = pairs.of_pairs(table, weights, self._over_units, pooled=pooled, sampling=sampling)
        if self._left_out is not None:
            kappas = cohen.kappas(table, weights, pooled=pooled)
            weight = np.where(np.isnan(kappas.value), 0, kappas.n)
            left = self._left_out.pairs_without(table.cells.pairs)
            self._left_out.widen(
                found,
                lambda: np.stack(
                    [cohen.with_means(kappas.value, weight * w)[-cohen.N_MEANS :] for w in left]
                ),
                self.plan,
                ratings=of_pair_means(table, kappas),
                last=cohen.N_MEANS,
            )
        if self._drawn is not None:
            self._drawn.of_pair_means(found, table, weights, pooled=pooled)
        return found

    @cached_property
    def _left_out(self) -> RatersLeftOut | None:
        return RatersLeftOut.of(self.tables, self._seed) if self.plan.resample_raters else None

    @cached_property
    def _drawn(self) -> RatersDrawn | None:
        if self._left_out is None or self.plan.method != "percentile":
            return None
        return RatersDrawn(self.tables, self._left_out.raters, self.plan, tuple(self._seed))

    @property
    def _over_units(self) -> IntervalPlan:
        """How intervals are made before raters come in."""
        return self.plan if self._left_out is None else replace(self.plan, method="jackknife")

    @cached_property
    def _counts_without_ratings(self) -> WithoutRatings:
        return WithoutRatings.of_counts(self.tables, self._seed)

    @cached_property
    def _raters_without_ratings(self) -> WithoutRatings | None:
        return WithoutRatings.of_rater_patterns(self.tables, self._seed)

    @cached_property
    def _by_counts(self) -> Sampling:
        return self._sampling(self.tables.count_patterns)

    @cached_property
    def _by_raters(self) -> Sampling:
        return self._sampling(self.tables.rater_patterns)

    @property
    def _seed(self) -> list[int]:
        return [self.plan.seed, zlib.crc32(self.tables.question.name.encode("utf-8", "replace"))]

    def _sampling(self, patterns: CountPatterns | RaterPatterns) -> Sampling:
        return Sampling(patterns, groups=self.plan.groups, seed=self._seed)

    def _estimate(
        self,
        make: Make,
        additive: Additive,
        patterns: CountPatterns | RaterPatterns,
        sampling: Sampling,
        published: analytic.Published | None,
    ) -> Estimates:
        found = estimate(
            additive,
            patterns.multiplicity,
            sampling,
            self._over_units,
            n_units=self.tables.counts.n_units,
            published=published,
        )
        if self._left_out is not None:
            without = self._left_out.without
            self._left_out.widen(
                found,
                lambda: np.stack(
                    [make(t).parts(_multiplicity(t, patterns)).value for t in without]
                ),
                self.plan,
                ratings=self._of_ratings(make, additive, patterns, found),
            )
        if self._drawn is not None and isinstance(patterns, CountPatterns):
            self._drawn.of_counts(found, make)
        return found

    def _of_ratings(
        self,
        make: Make,
        additive: Additive,
        patterns: CountPatterns | RaterPatterns,
        found: Estimates,
    ) -> Errors | None:
        """What single ratings bring about; None where a rating less is a unit less."""
        t = [method for method in found.method if (method or "").startswith("jackknife")]
        if additive.size is not None or not t:
            return None
        counted = isinstance(patterns, CountPatterns)
        fewer = self._counts_without_ratings if counted else self._raters_without_ratings
        return None if fewer is None else fewer.errors(make(fewer.tables), found.parts.value)


def _multiplicity(tables: Tables, like: CountPatterns | RaterPatterns) -> Any:
    counted = isinstance(like, CountPatterns)
    return (tables.count_patterns if counted else tables.rater_patterns).multiplicity
