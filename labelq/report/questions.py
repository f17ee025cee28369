"""The questions of a round as the report shows them: verdict, picture, agreement, labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.measure.results import Verdict
from labelq.report import agreements, ceilings, comparison, label_pairs, verdicts, words
from labelq.report.agreements import AgreementPart
from labelq.report.ceilings import CeilingPart
from labelq.report.charts import Chart, coefficient_bar
from labelq.report.findings import question_anchors
from labelq.report.label_pairs import ConfusionPart
from labelq.report.verdicts import VerdictRow

if TYPE_CHECKING:
    from labelq.auditing import Audit


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
    agreement: AgreementPart
    confusion: ConfusionPart | None
    quality: list[str]  # sentences
    ceiling: CeilingPart | None


def questions(audit: Audit) -> list[QuestionPart]:
    """One part per verdict, in the audit's order."""
    anchors = question_anchors(audit)
    return [_question(audit, v, anchors[v.question]) for v in audit.verdicts]


def _question(audit: Audit, v: Verdict, anchor: str) -> QuestionPart:
    question = audit.round.question(v.question)
    everyone = [a for a in audit.agreements if a.question == v.question and a.raters is None]
    pairs = [p for p in audit.label_pairs if p.question == v.question]
    return QuestionPart(
        name=v.question,
        anchor=anchor,
        verdict=verdicts.row(audit, v),
        metric=words.metric_of(v.headline),
        picture=coefficient_bar(v, comparison.earlier(audit, v)),
        level=words.level(question),
        labels=words.labels_source(question),
        agreement=agreements.part(question, v, everyone),
        confusion=label_pairs.part(question, pairs),
        quality=ceilings.sentences(audit, v.question),
        ceiling=ceilings.part(audit, v.question),
    )
