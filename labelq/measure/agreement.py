"""All coefficients of a question, each with its interval, its convention or its reason."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from labelq.labels.grouping import Groups
from labelq.labels.model import Question, Rater, Ratings, Value
from labelq.measure.additive import Additive
from labelq.measure.coefficients.cohen import PairTable
from labelq.measure.coefficients.distances import custom
from labelq.measure.coefficients.indices import indices
from labelq.measure.coefficients.krippendorff import with_distance
from labelq.measure.coefficients.scale import Scale
from labelq.measure.intervals.analytic import Published
from labelq.measure.intervals.conventions import interval_words, test_words
from labelq.measure.intervals.estimates import Estimates, or_none
from labelq.measure.intervals.estimator import Estimator, Make
from labelq.measure.intervals.plan import IntervalPlan, Method
from labelq.measure.metric import Metric
from labelq.measure.naming import metric_called
from labelq.measure.registry import HEADLINE, METRICS
from labelq.measure.results import Agreement, PairIndices
from labelq.measure.tables import Tables

MAX_PAIRS_PER_LABEL = 45
"""Per-label kappas of every pair are listed up to this many pairs (10 raters)."""

MAX_LABELS_OF_PAIRS = 100
"""Per-label kappas are computed for this many of the commonest labels."""


def agreement(
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    *,
    metrics: Sequence[str] | None = None,
    also: Sequence[str] = (),
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    interval: Method = "jackknife",
    groups: Groups | None = None,
    resample_raters: bool = False,
) -> tuple[Agreement, ...]:
    """Registered coefficients on one question, overall, per label, per pair of raters.

    ``metrics`` names some of them, each with all its weights and distances (default: those that
    an audit shows, with the usual ones); any name of a metric will do. ``also`` names further
    ones beside those that an audit shows. Intervals are about units, raters fixed: they hold
    for these raters, unless ``resample_raters``. Units of one of ``groups`` are kept together.
    ``resamples`` of 0 means no intervals. A metric that does not apply keeps a row with its
    reason. Deterministic for a ``seed``.

    Raises:
        SettingsError: a metric is not known, or there are too few resamples.
    """
    chosen = _chosen(question, metrics, also)
    tables = Tables(question, ratings, len(raters))
    plan = IntervalPlan(
        method=interval,
        resamples=resamples,
        seed=seed,
        confidence=confidence,
        groups=groups,
        resample_raters=resample_raters,
    )
    work = _Work(tables, raters, plan, every=metrics is not None)
    return tuple(row for metric in chosen for row in work.rows(metric))


def alpha_with(
    distance: Callable[[Value, Value], float],
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    *,
    name: str = "custom",
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Agreement:
    """Krippendorff's alpha with a ``distance`` of one's own, and its interval.

    ``distance`` takes two different values of the question (a label as text, a number, a frozen
    set of labels or of paths, a ranking) and gives a number from 0 up, on any scale. It must be
    symmetric; of a value from itself it is 0. It is asked once for each pair of distinct values,
    however many ratings there are, and nothing is squared: interval alpha is
    ``lambda a, b: (a - b) ** 2``. ``name`` is what the row calls it.

    Raises:
        SettingsError: there are too many distinct values, or a distance is no such number.
    """
    between = custom(ratings.values, distance)
    tables = Tables(question, ratings, len(raters))
    plan = IntervalPlan(resamples=resamples, confidence=confidence)
    work = _Work(tables, raters, plan)
    found = work.estimator.of_counts(lambda t: with_distance(t.counts, between))
    note = f"distance {name}: a function given by the caller"
    alpha = metric_called(HEADLINE)
    return work.row(alpha, found, 0, variant=name, size=tables.size, note=note)


def pair_indices(
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    *,
    most: int | None = None,
) -> tuple[PairIndices, ...]:
    """What lies behind the kappas of pairs, for the ``most`` pairs that share most units.

    None for numbers and sets, where there is no kappa.
    """
    if question.level not in ("nominal", "ordinal"):
        return ()
    table = Tables(question, ratings, len(raters)).pairs
    if not table.n_pairs:
        return ()
    overlap, found = table.overlap(), [or_none(column) for column in indices(table)]
    kept = np.sort(np.argsort(-overlap, kind="stable")[:most])
    return tuple(
        PairIndices(
            question.name,
            (raters[a].id, raters[b].id),
            int(overlap[i]),
            *(column[i] for column in found),
        )
        for i, (a, b) in zip(kept.tolist(), table.cells.pairs[kept].tolist(), strict=True)
    )


def _chosen(question: Question, names: Sequence[str] | None, also: Sequence[str]) -> list[Metric]:
    wanted = {metric_called(name).name for name in (*(names or ()), *also)}
    shown = names is None
    return [
        metric
        for metric in METRICS
        if metric.name in wanted
        or (shown and metric.shown and not (metric.quiet and metric.refusal(question)))
    ]


@dataclass(frozen=True)
class _Work:
    """One question's rows; what they need is made when first needed."""

    tables: Tables
    raters: tuple[Rater, ...]
    plan: IntervalPlan
    every: bool = False

    @property
    def question(self) -> Question:
        return self.tables.question

    @cached_property
    def estimator(self) -> Estimator:
        return Estimator(self.tables, self.plan)

    def rows(self, metric: Metric) -> Iterator[Agreement]:
        refusal = metric.refusal(self.question)
        if refusal:
            yield self._refused(metric, refusal)
        elif metric.statistic == "pair_tables":
            yield from self._pairs(metric)
        else:
            yield from self._overall(metric)
        if metric.per_label and self.question.level in ("nominal", "ordinal", "set"):
            if metric.statistic == "pair_tables":
                yield from self._pairs_per_label(metric)
            else:
                yield from self._per_label(metric)

    # Coefficients of all raters

    def _overall(self, metric: Metric) -> Iterator[Agreement]:
        function = resolve(metric.function)
        counted = metric.statistic == "counts"
        estimate = self.estimator.of_counts if counted else self.estimator.of_rater_patterns
        for variant in metric.variants_on(self.question, every=self.every):

            def make(tables: Tables, variant: str | None = variant) -> Additive:
                table = tables.counts if counted else tables.rater_patterns
                additive: Additive = function(table, variant, tables.scale)
                return additive

            of_all = make(self.tables)
            if of_all.refused:
                reason = of_all.refused if self.tables.counts.n_units else "no_overlap"
                yield self._refused(metric, reason, variant=variant)
                continue

            def once(tables: Tables, of_all: Additive = of_all, make: Make = make) -> Additive:
                return of_all if tables is self.tables else make(tables)

            found = estimate(once, self._published(metric, variant))
            size = of_all.size or self.tables.size
            yield self.row(metric, found, 0, variant=variant, size=size, note=of_all.note)

    def _published(self, metric: Metric, variant: str | None) -> Published:
        """The published errors of a metric, computed when asked for."""
        tables = self.tables
        table = tables.counts if metric.statistic == "counts" else tables.rater_patterns

        def call(path: str | None) -> Callable[[], Any] | None:
            return None if path is None else lambda: resolve(path)(table, variant, tables.scale)

        return Published(call(metric.analytic), call(metric.null_error))

    def _per_label(self, metric: Metric) -> Iterator[Agreement]:
        assert metric.per_label
        if not self.tables.labels:
            return
        function = resolve(metric.per_label)
        found = self.estimator.of_counts(lambda tables: function(tables.binary))
        variant = "nominal" if metric.variant_is == "distance" else None
        for i, text in enumerate(self.tables.labels):
            yield self.row(metric, found, i, variant=variant, size=self.tables.size, label=text)

    # Coefficients of pairs of raters

    @cached_property
    def _found_pairs(self) -> dict[tuple[str | None, int | None, bool], Estimates]:
        """Estimates by (weights, label, pooled); computed once for the means and for the pairs."""
        return {}

    def _pair_estimates(
        self, weighting: str | None, label: int | None, *, pooled: bool
    ) -> Estimates:
        key = (weighting, label, pooled)
        if key not in self._found_pairs:
            weights = (_TICKED if label is not None else self.tables.scale).weights(weighting)

            def pairs_of(tables: Tables) -> PairTable:
                if label is None:
                    return tables.pairs
                given = tables.members[:, [label]].toarray().ravel() > 0
                if self.plan.draws_patterns:
                    return tables.pairs.binary(given)
                return tables.label_pairs.against_rest(given)

            self._found_pairs[key] = self.estimator.of_pairs(pairs_of, weights, pooled=pooled)
        return self._found_pairs[key]

    def _pairs(self, metric: Metric) -> Iterator[Agreement]:
        for variant in metric.variants_on(self.question, every=self.every):
            yield from self._pair_rows(metric, variant, None)

    def _pairs_per_label(self, metric: Metric) -> Iterator[Agreement]:
        if metric.raters == "pairs" and self.tables.pairs.n_pairs > MAX_PAIRS_PER_LABEL:
            return
        binary = self.tables.binary
        given = np.asarray(binary.multiplicity.astype(float) @ binary.given).ravel()
        commonest = np.sort(np.argsort(-given, kind="stable")[:MAX_LABELS_OF_PAIRS])
        for i in commonest.tolist():
            yield from self._pair_rows(metric, None, i, self.tables.labels[i])

    def _pair_rows(
        self, metric: Metric, variant: str | None, label: int | None, text: str | None = None
    ) -> Iterator[Agreement]:
        table, size = self.tables.pairs, self.tables.size
        if table.n_pairs == 0:
            if metric.raters == "any":
                yield self._refused(metric, "no_overlap", variant=variant, label=text)
            return
        found = self._pair_estimates(variant, label, pooled=metric.pooled)
        if metric.raters == "any":
            i = table.n_pairs + metric.mean
            yield self.row(metric, found, i, variant=variant, size=size, label=text)
            return
        overlap = table.overlap()
        for i, (a, b) in enumerate(table.cells.pairs.tolist()):
            n = int(overlap[i])
            pair = (self.raters[a].id, self.raters[b].id)
            yield self.row(
                metric, found, i, variant=variant, size=(n, 2 * n, 2), label=text, raters=pair
            )

    # Rows

    def _refused(
        self, metric: Metric, reason: str, *, variant: str | None = None, label: str | None = None
    ) -> Agreement:
        found = Estimates.refused(reason)
        return self.row(metric, found, 0, variant=variant, size=self.tables.size, label=label)

    def row(
        self,
        metric: Metric,
        found: Estimates,
        i: int,
        *,
        variant: str | None,
        size: tuple[int, int, int],
        label: str | None = None,
        raters: tuple[str, str] | None = None,
        note: str = "",
    ) -> Agreement:
        """Column ``i`` of ``found`` as a row; ``note`` goes into its convention."""
        value, lower, upper, observed, expected, error, p_value = (
            column[i] for column in found.plain
        )
        test = found.test[i] if metric.tested else None
        return Agreement(
            question=self.question.name,
            metric=metric.name,
            level=self.question.level,
            weights=variant if metric.variant_is == "weights" else None,
            distance=variant if metric.variant_is == "distance" else None,
            label=label,
            raters=raters,
            value=value,
            lower=lower,
            upper=upper,
            confidence=self.plan.confidence,
            interval_method=found.method[i],
            observed=observed,
            expected=expected,
            n_units=size[0],
            n_ratings=size[1],
            n_raters=size[2],
            convention=self._convention(
                metric, note, found.method[i], test, of_label=label is not None
            ),
            reason=found.reason[i],
            error=error,
            p_value=p_value if metric.tested else None,
        )

    def _convention(
        self, metric: Metric, note: str, method: str | None, test: str | None, *, of_label: bool
    ) -> str:
        """Which formula, which interval and which test it was; many rows share one."""
        key = (metric.name, note, method, test, of_label)
        if key not in self._conventions:
            formula = metric.per_label_convention or "" if of_label else metric.convention
            parts = (formula, note, *interval_words(method, self.plan, self.tables))
            self._conventions[key] = "; ".join(p for p in (*parts, test_words(test)) if p)
        return self._conventions[key]

    @cached_property
    def _conventions(self) -> dict[tuple[str, str, str | None, str | None, bool], str]:
        return {}


_TICKED = Scale(Question("a label", "nominal", "ticked or not"), ("no", "yes"))
"""The scale of one label against all others."""


def resolve(path: str) -> Callable[..., Any]:
    """The function that a registry names as ``module:function``."""
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function
