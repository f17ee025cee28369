"""The report's agreement section: a headline, each label on one axis, and every coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.measure.registry import HEADLINE
from labelq.measure.results import Agreement, Verdict
from labelq.report import words
from labelq.report.numbers import NONE, amount, coefficient, count, interval, threshold
from labelq.report.strips import Axis, Strip, axis, dot, ticks
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.labels.model import Question

MOST_LABEL_ROWS = 800
"""Rows by label in the report; with thousands of labels the rest stands in audit.json."""

MOST_LABELS = 24
"""So many labels are drawn; the table behind has the others."""


@dataclass(frozen=True, slots=True)
class CoefficientRow:
    """One coefficient; every field is a sentence."""

    title: str
    value: str
    interval: str
    observed: str
    expected: str
    units: str
    ratings: str
    convention: str
    missing: str


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label on the common axis. Texts are sentences; ``rare`` says why there is no interval,
    ``number`` is the value to sort by.
    """

    label: str
    picture: Strip
    value: str
    number: float | None
    interval: str
    rare: str


@dataclass(frozen=True, slots=True)
class LabelChart:
    """The labels of a question, each against all others, on one axis."""

    title: str  # sentence
    ticks: Strip
    rows: list[LabelRow]
    more: int


@dataclass(frozen=True, slots=True)
class AgreementPart:
    """One question's agreement: sentences, the labels drawn, every coefficient."""

    headline: str
    labels: LabelChart | None
    overall: list[CoefficientRow]
    refused: list[str]
    by_label: list[CoefficientRow]
    more_by_label: int


def part(question: Question, verdict: Verdict, rows: Sequence[Agreement]) -> AgreementPart:
    """What is shown of ``rows``, the coefficients of one question over all its raters."""
    whole = [row for row in rows if row.label is None]
    by_label = [row for row in rows if row.label is not None]
    return AgreementPart(
        headline=headline(verdict),
        labels=label_chart(question, verdict, by_label),
        overall=[_coefficient(row) for row in whole if not _refused(row)],
        refused=_refusals([row for row in whole if _refused(row)]),
        by_label=[_coefficient(row) for row in by_label[:MOST_LABEL_ROWS]],
        more_by_label=max(0, len(by_label) - MOST_LABEL_ROWS),
    )


def headline(verdict: Verdict) -> str:
    """The coefficient that the verdict rests on, in a sentence."""
    row, thresholds = verdict.headline, (verdict.tentative_from, verdict.reliable_from)
    said = f"{words.metric_of(row)} is {coefficient(row.value, thresholds)}"
    if row.value is None:
        said = f"{words.metric_of(row)} cannot be computed: {words.reason(row.reason)}"
    spread = interval(row.lower, row.upper, thresholds)
    said += f" (interval {spread})" if spread else ""
    low, high = map(threshold, thresholds)
    return f"{said}. Tentative from {low}, reliable from {high}."


def label_chart(
    question: Question, verdict: Verdict, rows: Sequence[Agreement]
) -> LabelChart | None:
    """Each label by the headline coefficient: a scale in its order, else the lowest first.

    None with fewer than two labels: one is the whole question.
    """
    found = [row for row in rows if row.metric == HEADLINE]
    if len(found) < 2:
        return None
    if not question.ordered:  # what cannot be said comes last
        found.sort(key=lambda row: (row.value is None, row.lower is None, row.value or 0.0))
    shown = found[:MOST_LABELS]
    ends = [end for row in shown for end in (row.value, row.lower)]
    on = axis(ends, (verdict.tentative_from, verdict.reliable_from))
    order = "in their order" if question.ordered else "the least agreed on first"
    return LabelChart(
        title=f"Each label against all others, {order}",
        ticks=ticks(on),
        rows=[_label(row, on) for row in shown],
        more=len(found) - len(shown),
    )


def _label(row: Agreement, on: Axis) -> LabelRow:
    spread = interval(row.lower, row.upper)
    return LabelRow(
        label=mark(row.label),
        picture=dot(on, row.value, row.lower, row.upper),
        value=coefficient(row.value),
        number=row.value,
        interval=spread or NONE,
        rare="" if spread else words.reason(row.reason),
    )


def _refused(row: Agreement) -> bool:
    return row.value is None and row.observed is None


def _refusals(rows: Sequence[Agreement]) -> list[str]:
    """The coefficients that were not computed, reason by reason."""
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        titles = by_reason.setdefault(words.reason(row.reason), [])
        if words.metric_of(row) not in titles:
            titles.append(words.metric_of(row))
    return [f"Not computed, {why}: {', '.join(titles)}." for why, titles in by_reason.items()]


def _coefficient(row: Agreement) -> CoefficientRow:
    title = words.metric_of(row)
    observed, expected = amount(row.observed), amount(row.expected)
    convention = mark(row.convention, 1000)
    squared = row.metric == HEADLINE or row.metric.startswith("icc_")
    if row.label is None and squared and row.level in ("ordinal", "interval", "ratio"):
        # Squared distances have the unit of the data: 42,296 beside .41 says nothing.
        what = "disagreement" if row.metric == HEADLINE else "variance"
        convention += f"; observed {what} {observed}, expected {expected}"
        share = row.observed / row.expected if row.observed is not None and row.expected else None
        observed, expected = coefficient(share), NONE
    return CoefficientRow(
        title=title if row.label is None else f"{mark(row.label)}: {title}",
        value=coefficient(row.value),
        interval=interval(row.lower, row.upper) or NONE,
        observed=observed,
        expected=expected,
        units=count(row.n_units),
        ratings=count(row.n_ratings),
        convention=convention,
        missing=words.reason(row.reason),
    )
