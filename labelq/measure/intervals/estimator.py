"""From sums over units to values with intervals, for one question."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

from labelq.labels.statistics import CountPatterns, RaterPatterns
from labelq.measure.additive import Additive
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.scale import Weights
from labelq.measure.intervals.estimates import Estimates, Resampling, estimate
from labelq.measure.intervals.linearised import linearised
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.tables import Tables


@dataclass(frozen=True)
class Estimator:
    """Estimates of one question's coefficients, as ``plan`` wants their intervals."""

    tables: Tables
    plan: IntervalPlan

    def of_counts(self, additive: Additive) -> Estimates:
        """Of sums over patterns of label counts."""
        return self._estimate(additive, self.tables.count_patterns, self._count_resampling)

    def of_rater_patterns(self, additive: Additive) -> Estimates:
        """Of sums over patterns of raters and labels."""
        return self._estimate(additive, self.tables.rater_patterns, self._rater_resampling)

    def of_pairs(self, table: cohen.PairTable, weights: Weights) -> Estimates:
        """Of Cohen's kappa of every pair and, last, their mean."""
        if table.dense:
            return self.of_rater_patterns(cohen.additive(table, weights))
        return linearised(table, weights, self.plan.confidence, wanted=self.plan.resamples > 0)

    @cached_property
    def _count_resampling(self) -> Resampling:
        return self._resampling(self.tables.count_patterns)

    @cached_property
    def _rater_resampling(self) -> Resampling:
        return self._resampling(self.tables.rater_patterns)

    def _resampling(self, patterns: CountPatterns | RaterPatterns) -> Resampling:
        return Resampling(
            patterns.multiplicity,
            patterns.pattern,
            n_resamples=self.plan.resamples,
            seed=[self.plan.seed, zlib.crc32(self.tables.question.name.encode())],
        )

    def _estimate(
        self, additive: Additive, patterns: CountPatterns | RaterPatterns, resampling: Resampling
    ) -> Estimates:
        return estimate(
            additive,
            patterns.multiplicity,
            resampling,
            n_units=self.tables.counts.n_units,
            confidence=self.plan.confidence,
        )
