"""The rows of the report's pages: looked up in an audit and put into words, ready to print.

Texts in a row are data, unless the field's comment says sentence (see
:mod:`labelq.report.text`). Long lists are cut here; the full ones are in the files beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.measure.results import Agreement, Verdict
from labelq.report import ceilings, words
from labelq.report.ceilings import CeilingPart
from labelq.report.charts import Chart, coefficient_bar, confusion, pair_matrix
from labelq.report.findings import question_anchors
from labelq.report.names import Names
from labelq.report.numbers import NONE, amount, coefficient, count, interval
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.auditing import Audit

MOST_LABEL_ROWS = 800
"""Rows by label in the report; with thousands of labels the rest stands in audit.json."""


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
class QuestionPart:
    """One question: its verdict and picture, its coefficients, its charts."""

    name: str
    anchor: str
    sign: str
    state: str
    value: str
    interval: str
    metric: str  # sentence
    sentence: str  # sentence
    picture: Chart
    level: str  # sentence
    labels: str  # sentence
    overall: list[CoefficientRow]
    refused: list[str]  # sentences
    by_label: list[CoefficientRow]
    pairs: Chart | None
    confusion: Chart | None
    quality: list[str]  # sentences
    ceiling: CeilingPart | None


def questions(audit: Audit, names: Names) -> list[QuestionPart]:
    """One part per verdict, in the audit's order."""
    anchors = question_anchors(audit)
    return [_question(audit, names, v, anchors[v.question]) for v in audit.verdicts]


def _question(audit: Audit, names: Names, v: Verdict, anchor: str) -> QuestionPart:
    thresholds = (v.tentative_from, v.reliable_from)
    question = audit.round.question(v.question)
    rows = [a for a in audit.agreements if a.question == v.question]
    everyone = [a for a in rows if a.raters is None]
    return QuestionPart(
        name=v.question,
        anchor=anchor,
        sign=words.STATES[v.state][0],
        state=words.STATES[v.state][1],
        value=coefficient(v.headline.value, thresholds),
        interval=interval(v.headline.lower, v.headline.upper, thresholds),
        metric=words.metric_of(v.headline),
        sentence=words.verdict(v),
        picture=coefficient_bar(v),
        level=words.level(question),
        labels=words.labels_source(question),
        overall=[_coefficient(a) for a in everyone if a.label is None and not _refused(a)],
        refused=_refusals([a for a in everyone if a.label is None and _refused(a)]),
        by_label=[_coefficient(a) for a in everyone if a.label is not None][:MOST_LABEL_ROWS],
        pairs=pair_matrix(rows, names),
        confusion=confusion([p for p in audit.label_pairs if p.question == v.question]),
        quality=ceilings.sentences(audit, v.question),
        ceiling=ceilings.part(audit, v.question),
    )


def _refused(row: Agreement) -> bool:
    return row.value is None and row.observed is None


def _refusals(rows: list[Agreement]) -> list[str]:
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
    squared = row.metric == "krippendorff_alpha" or row.metric.startswith("icc_")
    if row.label is None and squared and row.level in ("ordinal", "interval", "ratio"):
        # Squared distances have the unit of the data: 42,296 beside .41 says nothing.
        what = "disagreement" if row.metric == "krippendorff_alpha" else "variance"
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
