"""All coefficients of a question, each with its interval, its convention or its reason."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from labelq.errors import SettingsError
from labelq.labels.model import Question, Rater, Ratings
from labelq.measure.additive import Parts
from labelq.measure.coefficients.scale import Scale
from labelq.measure.intervals import estimates as intervals
from labelq.measure.intervals.estimates import Estimates
from labelq.measure.intervals.estimator import Estimator
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.registry import METRICS, Metric
from labelq.measure.results import Agreement
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
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[Agreement, ...]:
    """Registered coefficients on one question, overall, per label, per pair of raters.

    ``metrics`` names some of them (default: those that an audit shows). Intervals resample
    units, raters fixed: they hold for these raters. A metric that does not apply keeps a row
    with its reason. Deterministic for a ``seed``.

    Raises:
        SettingsError: a metric is not known, or there are too few resamples.
    """
    chosen = _chosen(metrics)
    tables = Tables(question, ratings, len(raters))
    plan = IntervalPlan(resamples=resamples, seed=seed, confidence=confidence)
    work = _Work(tables, raters, plan)
    return tuple(row for metric in chosen for row in work.rows(metric))


def _chosen(names: Sequence[str] | None) -> list[Metric]:
    if names is None:
        return [metric for metric in METRICS if metric.shown]
    known = {metric.name: metric for metric in METRICS}
    for name in names:
        if name not in known:
            raise SettingsError(f"there is no metric {name!r}; known: {', '.join(known)}")
    return [known[name] for name in names]


@dataclass(frozen=True)
class _Work:
    """One question's rows; what they need is made when first needed."""

    tables: Tables
    raters: tuple[Rater, ...]
    plan: IntervalPlan

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
        function, tables = resolve(metric.function), self.tables
        for variant in metric.variants[self.question.level]:
            if metric.statistic == "counts":
                additive = function(tables.counts, variant, tables.scale)
                found = self.estimator.of_counts(additive)
            else:
                additive = function(tables.rater_patterns, variant, tables.scale)
                found = self.estimator.of_rater_patterns(additive)
            yield self._row(metric, found, 0, variant=variant, size=tables.size)

    def _per_label(self, metric: Metric) -> Iterator[Agreement]:
        assert metric.per_label
        if not self.tables.labels:
            return
        found = self.estimator.of_counts(resolve(metric.per_label)(self.tables.binary))
        variant = "nominal" if metric.variant_is == "distance" else None
        for i, text in enumerate(self.tables.labels):
            yield self._row(metric, found, i, variant=variant, size=self.tables.size, label=text)

    # Coefficients of pairs of raters

    @cached_property
    def _found_pairs(self) -> dict[tuple[str | None, int | None], Estimates]:
        """Estimates by (weights, label); computed once for the mean and for the pairs."""
        return {}

    def _pair_estimates(self, weighting: str | None, label: int | None) -> Estimates:
        key = (weighting, label)
        if key not in self._found_pairs:
            table, weights = self.tables.pairs, self.tables.scale.weights(weighting)
            if label is not None:
                mask = self.tables.members[:, [label]].toarray().ravel() > 0
                table, weights = table.binary(mask), _TICKED.weights(None)
            self._found_pairs[key] = self.estimator.of_pairs(table, weights)
        return self._found_pairs[key]

    def _pairs(self, metric: Metric) -> Iterator[Agreement]:
        for variant in metric.variants[self.question.level]:
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
        found = self._pair_estimates(variant, label)
        if metric.raters == "any":
            yield self._row(metric, found, table.n_pairs, variant=variant, size=size, label=text)
            return
        overlap = table.overlap()
        for i, (a, b) in enumerate(table.cells.pairs.tolist()):
            n = int(overlap[i])
            pair = (self.raters[a].id, self.raters[b].id)
            yield self._row(
                metric, found, i, variant=variant, size=(n, 2 * n, 2), label=text, raters=pair
            )

    # Rows

    def _refused(
        self, metric: Metric, reason: str, *, variant: str | None = None, label: str | None = None
    ) -> Agreement:
        nothing = np.full(1, np.nan)
        found = Estimates(Parts(nothing, nothing, nothing), nothing, nothing, [None], [reason])
        return self._row(metric, found, 0, variant=variant, size=self.tables.size, label=label)

    def _row(
        self,
        metric: Metric,
        found: Estimates,
        i: int,
        *,
        variant: str | None,
        size: tuple[int, int, int],
        label: str | None = None,
        raters: tuple[str, str] | None = None,
    ) -> Agreement:
        method = found.method[i]
        convention = metric.convention if label is None else metric.per_label_convention or ""
        words = _INTERVAL_WORDS.get(method or "", "").format(n=f"{self.plan.resamples:,}")
        return Agreement(
            question=self.question.name,
            metric=metric.name,
            level=self.question.level,
            weights=variant if metric.variant_is == "weights" else None,
            distance=variant if metric.variant_is == "distance" else None,
            label=label,
            raters=raters,
            value=_number(found.parts.value[i]),
            lower=_number(found.lower[i]),
            upper=_number(found.upper[i]),
            confidence=self.plan.confidence,
            interval_method=method,
            observed=_number(found.parts.observed[i]),
            expected=_number(found.parts.expected[i]),
            n_units=size[0],
            n_ratings=size[1],
            n_raters=size[2],
            convention="; ".join(part for part in (convention, words) if part),
            reason=found.reason[i],
        )


_INTERVAL_WORDS = {
    intervals.PERCENTILE: "interval: percentiles of {n} resamples of tasks, annotators fixed",
    intervals.BLOCKS: "interval: percentiles of {n} resamples of random blocks of tasks,"
    " annotators fixed",
    intervals.LINEARISED: "interval: linearised standard error over tasks, normal, annotators"
    " fixed",
    intervals.BINOMIAL: "interval: no disagreement observed; lower end from the exact binomial"
    " limit for 0 of n tasks",
}


_TICKED = Scale(Question("a label", "nominal", "ticked or not"), ("no", "yes"))
"""The scale of one label against all others."""


def resolve(path: str) -> Callable[..., Any]:
    """The function that a registry names as ``module:function``."""
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _number(x: Any) -> float | None:
    return None if np.isnan(x) else float(x)
