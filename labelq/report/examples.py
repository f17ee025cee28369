"""Tasks as people see them: the text, and who voted for what. Looked up, never computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelq.labels.model import Round, label_text
from labelq.report.names import Names
from labelq.report.text import clip, mark


@dataclass(frozen=True, slots=True)
class Example:
    """One task: ``id`` and ``text`` are data text, ``votes`` a sentence."""

    id: str
    text: str
    votes: str


def example(source: Round, question: str, unit: int, names: Names, limit: int = 480) -> Example:
    """The unit with code ``unit`` as it was labeled in ``question``."""
    text = source.units.text[unit]
    return Example(
        id=clip(source.units.ids[unit], 80),
        text="" if text is None else clip(text.strip(), limit),
        votes=votes(source, question, unit, names),
    )


def votes(source: Round, question: str, unit: int, names: Names) -> str:
    """Who voted for what: ``Refund (A, C) · Cancel (B)``, most votes first."""
    ratings = source.ratings[question]
    start, stop = np.searchsorted(ratings.unit, [unit, unit + 1])  # rows are sorted by unit
    by_value: dict[int, list[int]] = {}
    for value, rater in zip(
        ratings.value[start:stop].tolist(), ratings.rater[start:stop].tolist(), strict=True
    ):
        by_value.setdefault(value, []).append(rater)
    ranked = sorted(by_value.items(), key=lambda item: (-len(item[1]), item[0]))
    return " · ".join(
        f"{mark(label_text(ratings.values[value]))} ({names.series(who)})" for value, who in ranked
    )
