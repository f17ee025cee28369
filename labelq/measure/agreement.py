"""All coefficients of a question, each with its interval, its convention or its reason."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.errors import SettingsError
from labelq.labels.model import Question, Rater, Ratings, label_text
from labelq.labels.statistics import count_patterns, pair_cells, rater_patterns
from labelq.measure.additive import Additive, BinaryTable, CountTable, Floats, Parts
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.distances import weights
from labelq.measure.intervals import estimates as intervals
from labelq.measure.intervals.estimates import Estimates, Resampling, estimate
from labelq.measure.registry import METRICS, Metric
from labelq.measure.results import Agreement

MAX_PAIRS_PER_LABEL = 45
"""Per-label kappas of every pair are listed up to this many pairs (10 raters)."""

MIN_RESAMPLES = 100
"""The ends of an interval are percentiles: fewer resamples have none."""

MAX_LABELS_OF_PAIRS = 100
"""Per-label kappas are computed for this many of the commonest labels."""


def agreement(
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    *,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[Agreement, ...]:
    """Every registered coefficient on one question, overall, per label, per pair of raters.

    Intervals resample units, raters fixed: they hold for these raters. A metric that does not
    apply keeps a row with its reason. Deterministic for a ``seed``.
    """
    if 0 < resamples < MIN_RESAMPLES:
        raise SettingsError(
            f"{resamples} resamples make no interval; use {MIN_RESAMPLES} or more, or 0 for none"
        )
    work = _Work(question, ratings, raters, resamples, seed, confidence)
    return tuple(row for metric in METRICS for row in work.rows(metric))


@dataclass(frozen=True)
class _Work:
    """One question's tables, resamples and rows; each is made when first needed."""

    question: Question
    ratings: Ratings
    raters: tuple[Rater, ...]
    resamples: int
    seed: int
    confidence: float

    def rows(self, metric: Metric) -> Iterator[Agreement]:
        refusal = metric.refusal(self.question)
        if refusal:
            yield self._refused(metric, refusal)
        elif metric.statistic == "counts":
            yield from self._overall(metric)
        else:
            yield from self._pairs(metric)
        if metric.per_label and self.question.level in ("nominal", "ordinal", "set"):
            if metric.statistic == "counts":
                yield from self._per_label(metric)
            else:
                yield from self._pairs_per_label(metric)

    # Coefficients of label counts

    @cached_property
    def _patterns(self) -> Any:
        return count_patterns(self.ratings)

    @cached_property
    def table(self) -> CountTable:
        return CountTable(self._patterns)

    @cached_property
    def _count_resampling(self) -> Resampling:
        return self._resampling(self._patterns)

    def _resampling(self, patterns: Any) -> Resampling:
        return Resampling(
            patterns.multiplicity,
            patterns.pattern,
            n_resamples=self.resamples,
            seed=[self.seed, zlib.crc32(self.question.name.encode())],
        )

    @cached_property
    def _size(self) -> tuple[int, int, int]:
        """Units with two or more ratings, their ratings, their raters."""
        patterns = self._patterns
        shared = np.zeros(int(patterns.units.max(initial=-1)) + 1, bool)
        shared[patterns.units[self.table.pairable[patterns.pattern]]] = True
        on_shared = shared[self.ratings.unit] if len(shared) else np.zeros(0, bool)
        raters = np.unique(self.ratings.rater[on_shared])
        return self.table.n_units, int(on_shared.sum()), len(raters)

    def _estimate(self, additive: Additive, resampling: Resampling, table: Any) -> Estimates:
        return estimate(
            additive,
            table.multiplicity,
            resampling,
            n_units=self.table.n_units,
            confidence=self.confidence,
        )

    def _overall(self, metric: Metric) -> Iterator[Agreement]:
        function = resolve(metric.function)
        for variant in metric.variants[self.question.level]:
            additive = function(self.table, variant, self.ratings.values)
            found = self._estimate(additive, self._count_resampling, self.table)
            yield self._row(metric, found, 0, variant=variant, size=self._size)

    @cached_property
    def _labels(self) -> tuple[list[str], sparse.csr_array]:
        """Texts of the labels, and which values contain each: (V × L)."""
        labels = self.question.labels
        if self.question.level != "set":
            return [label_text(v) for v in self.ratings.values], sparse.eye_array(
                len(self.ratings.values), format="csr"
            )
        position = {label: i for i, label in enumerate(labels)}
        cells = [
            (row, position[label])
            for row, value in enumerate(self.ratings.values)
            if isinstance(value, frozenset)
            for label in value
        ]
        rows, columns = np.array(cells, int).reshape(-1, 2).T
        shape = (len(self.ratings.values), len(labels))
        return [label_text(label) for label in labels], sparse.csr_array(
            (np.ones(len(rows)), (rows, columns)), shape=shape
        )

    @cached_property
    def _binary(self) -> BinaryTable:
        given = sparse.csr_array(self.table.counts @ self._labels[1])
        return BinaryTable(given, self.table.m, self.table.multiplicity)

    def _per_label(self, metric: Metric) -> Iterator[Agreement]:
        assert metric.per_label
        texts = self._labels[0]
        if not texts:
            return
        additive = resolve(metric.per_label)(self._binary)
        found = self._estimate(additive, self._count_resampling, self._binary)
        variant = "nominal" if metric.variant_is == "distance" else None
        for i, text in enumerate(texts):
            yield self._row(metric, found, i, variant=variant, size=self._size, label=text)

    # Coefficients of pairs of raters

    @cached_property
    def _rater_patterns(self) -> Any:
        return rater_patterns(self.ratings)

    @cached_property
    def _rater_resampling(self) -> Resampling:
        return self._resampling(self._rater_patterns)

    @cached_property
    def _pair_table(self) -> cohen.PairTable:
        patterns = self._rater_patterns
        return cohen.PairTable.of(
            pair_cells(patterns), patterns.multiplicity, max(1, len(self.ratings.values))
        )

    @cached_property
    def _found_pairs(self) -> dict[tuple[str | None, int | None], Estimates]:
        """Estimates by (weights, label); computed once for the mean and for the pairs."""
        return {}

    def _pair_estimates(self, weighting: str | None, label: int | None) -> Estimates:
        key = (weighting, label)
        if key not in self._found_pairs:
            table = self._pair_table
            W = weights(weighting, self.ratings.values) if label is None else np.eye(2)
            if label is not None:
                mask = self._labels[1][:, [label]].toarray().ravel() > 0
                table = table.binary(mask)
            if table.dense:
                additive = cohen.additive(table, W)
                found = self._estimate(additive, self._rater_resampling, table)
            else:
                found = _linearised(table, W, self.confidence, wanted=self.resamples > 0)
            self._found_pairs[key] = found
        return self._found_pairs[key]

    def _pairs(self, metric: Metric) -> Iterator[Agreement]:
        for variant in metric.variants[self.question.level]:
            yield from self._pair_rows(metric, variant, None)

    def _pairs_per_label(self, metric: Metric) -> Iterator[Agreement]:
        texts = self._labels[0]
        if metric.raters == "pairs" and self._pair_table.n_pairs > MAX_PAIRS_PER_LABEL:
            return
        given = np.asarray(self._binary.multiplicity.astype(float) @ self._binary.given).ravel()
        commonest = np.sort(np.argsort(-given, kind="stable")[:MAX_LABELS_OF_PAIRS])
        for i in commonest.tolist():
            yield from self._pair_rows(metric, None, i, texts[i])

    def _pair_rows(
        self, metric: Metric, variant: str | None, label: int | None, text: str | None = None
    ) -> Iterator[Agreement]:
        table = self._pair_table
        if table.n_pairs == 0:
            if metric.raters == "any":
                yield self._refused(metric, "no_overlap", variant=variant, label=text)
            return
        found = self._pair_estimates(variant, label)
        if metric.raters == "any":
            yield self._row(
                metric, found, table.n_pairs, variant=variant, size=self._size, label=text
            )
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
        return self._row(metric, found, 0, variant=variant, size=self._size, label=label)

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
        words = _INTERVAL_WORDS.get(method or "", "").format(n=f"{self.resamples:,}")
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
            confidence=self.confidence,
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


def resolve(path: str) -> Callable[..., Any]:
    """The function that a registry names as ``module:function``."""
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _number(x: Any) -> float | None:
    return None if np.isnan(x) else float(x)


def _linearised(table: cohen.PairTable, W: Floats, confidence: float, *, wanted: bool) -> Estimates:
    """All pairs and their mean with normal intervals from linearised standard errors."""
    from scipy.special import ndtri

    found = cohen.kappas(table, W)
    weight = np.where(np.isnan(found.value), 0, found.n)

    def with_mean(x: NDArray[np.float64]) -> Floats:
        return np.append(x, cohen.overlap_mean(x, weight))

    value = with_mean(found.value)
    error = np.append(found.error, cohen.mean_error(table, found))
    varied = np.append(table.varied(), cohen.varied_units(table))
    n = np.append(found.n, table.shared_units())
    defined = ~np.isnan(value)
    some = (defined & (varied >= intervals.MIN_VARIED) & (error > 0)) if wanted else defined & False
    half = np.where(some, ndtri(0.5 + confidence / 2) * error, np.nan)
    lower, upper = np.maximum(value - half, -1.0), np.minimum(value + half, 1.0)
    method = [intervals.LINEARISED if ok else None for ok in some]
    expected = with_mean(found.expected)
    if wanted:
        for i in np.flatnonzero(defined & (varied >= intervals.MIN_VARIED) & (error == 0)).tolist():
            if value[i] == 1:
                lower[i], upper[i] = (
                    intervals.lowest_without_disagreement(int(n[i]), 1 - expected[i], confidence),
                    1.0,
                )
                method[i], some[i] = intervals.BINOMIAL, True
    reason = [
        None if ok else intervals.why(bool(d), enough=False, n_units=int(k), resample=True)
        for ok, d, k in zip(some, defined, n, strict=True)
    ]
    return Estimates(
        Parts(value, with_mean(found.observed), expected),
        lower,
        upper,
        method,
        reason,
    )
