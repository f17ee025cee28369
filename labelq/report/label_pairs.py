"""The report's section on label pairs: a picture, and how to read it by its first cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.labels.model import label_text
from labelq.report import causes
from labelq.report.charts import Chart, confusion
from labelq.report.numbers import counted, percent, times

if TYPE_CHECKING:
    from labelq.labels.model import Question
    from labelq.pinpoint.findings import LabelPair


@dataclass(frozen=True, slots=True)
class ConfusionPart:
    """One question: ``example`` is a sentence."""

    example: str
    chart: Chart


def part(question: Question, pairs: Sequence[LabelPair]) -> ConfusionPart | None:
    """What is shown of the label pairs of one question; None without any."""
    chart = confusion(pairs, [label_text(label) for label in question.labels])
    return (
        None if chart is None else ConfusionPart(example(max(pairs, key=lambda p: p.share)), chart)
    )


def example(pair: LabelPair) -> str:
    """How to read a cell: ``Refund or Cancel: 41 tasks have both …``."""
    said = (
        f"{causes.either(pair.labels)}: {counted(pair.n_units, 'task')} with both answers,"
        f" {percent(pair.share)} of the disagreement"
    )
    if pair.excess is None:
        return f"{said}."
    if 0.85 < pair.excess < 1.15:
        return f"{said}. That is what their frequencies explain: both are common."
    why = "hard to tell apart" if pair.excess > 1 else "they meet because both are common"
    return f"{said}. That is {times(pair.excess)} what their frequencies explain: {why}."
