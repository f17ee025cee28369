"""The rows of the report's pages: looked up in an audit and put into words, ready to print.

Texts in a row are data, unless the field's comment says sentence (see
:mod:`labelq.report.text`). Long lists are cut here; the full ones are in the files beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.measure.results import Agreement, Verdict
from labelq.pinpoint.findings import Cluster, EdgeCase
from labelq.remedy.entries import STATUS, wants
from labelq.report import causes, ceilings, comparison, decisions, verdicts, words
from labelq.report.ceilings import CeilingPart
from labelq.report.charts import Chart, coefficient_bar, confusion, pair_matrix
from labelq.report.examples import Example, example
from labelq.report.findings import cluster_anchors, question_anchors, stands_open
from labelq.report.names import Names
from labelq.report.numbers import NONE, amount, coefficient, count, interval
from labelq.report.text import clip, mark
from labelq.report.verdicts import VerdictRow

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.remedy.acts import Entry

MOST_CLUSTERS, MOST_EDGE_CASES, MOST_QUEUED, MOST_DIFF_LINES = 24, 30, 20, 400


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
    verdict: VerdictRow
    metric: str  # sentence
    picture: Chart
    level: str  # sentence
    labels: str  # sentence
    overall: list[CoefficientRow]
    refused: list[str]  # sentences
    by_label: list[CoefficientRow]
    pairs: Chart | None
    confusion: Chart | None
    ceiling: CeilingPart | None


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """One cluster; the fields but ``anchor``, ``words`` and ``examples`` are sentences."""

    anchor: str
    question: str
    cause: str
    meaning: str
    labels: str
    quoted: str
    size: str
    evidence: list[str]
    consensus: str
    decided: str
    words: tuple[str, ...]
    examples: list[Example]
    more: int
    open: bool  # worth being seen without a click


def questions(audit: Audit, names: Names) -> list[QuestionPart]:
    """One part per verdict, in the audit's order."""
    anchors = question_anchors(audit)
    return [_question(audit, names, v, anchors[v.question]) for v in audit.verdicts]


def _question(audit: Audit, names: Names, v: Verdict, anchor: str) -> QuestionPart:
    question = audit.round.question(v.question)
    rows = [a for a in audit.agreements if a.question == v.question]
    everyone = [a for a in rows if a.raters is None]
    return QuestionPart(
        name=v.question,
        anchor=anchor,
        verdict=verdicts.row(audit, v),
        metric=words.metric_of(v.headline),
        picture=coefficient_bar(v, comparison.earlier(audit, v)),
        level=words.level(question),
        labels=words.labels_source(question),
        overall=[_coefficient(a) for a in everyone if a.label is None and not _refused(a)],
        refused=_refusals([a for a in everyone if a.label is None and _refused(a)]),
        by_label=[_coefficient(a) for a in everyone if a.label is not None][:MOST_LABEL_ROWS],
        pairs=pair_matrix(rows, names),
        confusion=confusion([p for p in audit.label_pairs if p.question == v.question]),
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


def cluster_cards(audit: Audit, names: Names) -> list[ClusterCard]:
    """The clusters as cards, the first matters most."""
    anchors = cluster_anchors(audit)
    return [
        _card(audit, names, cluster, anchors[cluster.id])
        for cluster in audit.clusters[:MOST_CLUSTERS]
    ]


def _card(audit: Audit, names: Names, cluster: Cluster, anchor: str) -> ClusterCard:
    # The most central tasks show what a cluster is about, the most divided where it hurts.
    shown = list(dict.fromkeys([*cluster.units[:2], *cluster.divided[:1], *cluster.units[2:3]]))[:3]
    return ClusterCard(
        anchor=anchor,
        question=mark(cluster.question),
        cause=causes.likely_cause(cluster, names),
        meaning=causes.CAUSES[cluster.cause.kind][1],
        labels=causes.either(cluster.labels),
        quoted=causes.words_of(cluster) if not cluster.remainder else "no common content",
        size=causes.cluster_size(cluster),
        evidence=causes.set_apart(cluster) + causes.evidence(cluster, names),
        consensus=causes.consensus(cluster),
        decided=decisions.told(audit.decision(cluster.id)),
        words=cluster.words,
        examples=[example(audit.round, cluster.question, unit, names) for unit in shown],
        more=len(cluster.units) - len(shown),
        open=stands_open(cluster),
    )


def edge_cases(audit: Audit, names: Names) -> list[tuple[str, str, str, Example]]:
    """Kind, question, votes (sentences) and the task."""
    found = []
    for case in _of_every_kind(audit.edge_cases):
        shown = example(audit.round, case.question, case.unit, names, limit=200)
        others = causes.same_text(case, audit.round.units.ids)
        if case.kind == "near_text":
            other = example(audit.round, case.question, case.others[0], names, limit=160)
            others += f" “{mark(other.text, 160)}” ({other.votes})"
        kind = causes.EDGE_CASES[case.kind]
        found.append((kind, mark(case.question), shown.votes + others, shown))
    return found


def _of_every_kind(cases: Sequence[EdgeCase]) -> list[EdgeCase]:
    """The first few edge cases of every kind and question, in the audit's order.

    A task that stands there for one reason is not shown again for another.
    """
    waiting: dict[tuple[str, str], list[int]] = {}
    for place, case in enumerate(cases):
        waiting.setdefault((case.question, case.kind), []).append(place)
    chosen: list[int] = []
    shown: set[tuple[str, int]] = set()
    queues = [iter(places) for places in waiting.values()]
    while queues and len(chosen) < MOST_EDGE_CASES:
        for places in list(queues):
            place = next((p for p in places if (cases[p].question, cases[p].unit) not in shown), -1)
            if place < 0:
                queues.remove(places)
            else:
                chosen.append(place)
                shown.add((cases[place].question, cases[place].unit))
    return [cases[place] for place in sorted(chosen[:MOST_EDGE_CASES])]


def queue(
    audit: Audit, names: Names, limit: int = MOST_QUEUED
) -> list[tuple[str, str, str, str, str, str, str]]:
    """Task id and text (data), reasons, what it wants, of whom status, gain per hour."""
    units = audit.round.units
    # Who voted through a queue only can be asked, too.
    voters = Names(audit.round.voters, names=not names.hidden)
    return [
        (
            clip(units.ids[entry.unit], 80),
            clip((units.text[entry.unit] or "").strip(), 160),
            causes.queue_reasons(entry.reasons),
            wants(entry),
            people(entry, voters),
            STATUS[entry.status],
            amount(entry.per_hour),
        )
        for entry in audit.queue[:limit]
    ]


def people(entry: Entry, names: Names) -> str:
    """Whom the queue counts on, and who can stand in."""
    if not entry.people:
        return "somebody new"
    if entry.wants == "second_look":
        return names.people(entry.people, bare=True)
    first, *others = (names.people([code], bare=True) for code in entry.people)
    return first + (f", else {' or '.join(others)}" if others else "")


def diff_lines(audit: Audit) -> list[tuple[str, str, str]]:
    """The guideline draft's diff as (kind, sign, data text); file headers are left out."""
    lines = audit.draft.diff.split("\n")
    body = lines[2:] if lines[0].startswith("--- ") else lines
    kinds = {"+": ("added", "+"), "-": ("removed", "−"), "@": ("gap", "⋯")}
    found = []
    for text in body[:MOST_DIFF_LINES]:
        kind, sign = kinds.get(text[:1], ("kept", ""))
        found.append((kind, sign, "" if kind == "gap" else clip(text[1:], 1200)))
    while found and found[-1] == ("kept", "", ""):
        found.pop()
    return found
