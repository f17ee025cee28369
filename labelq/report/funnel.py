"""What was read, what of it is measured, and what was set aside, each as a share of the whole."""

from __future__ import annotations

from dataclasses import dataclass

from labelq.labels.model import Intake
from labelq.report import words
from labelq.report.numbers import count


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what was read: sentences, and ``width`` in percent of the longest bar."""

    what: str
    count: str
    width: float
    kept: bool


def funnel(intake: Intake) -> list[Part]:
    """What is measured, then what was set aside and why, the most first."""
    whole = max([intake.n_kept, 1, *(row.count for row in intake.aside)])
    aside = sorted(intake.aside, key=lambda row: -row.count)
    return [
        Part("Answers that are measured", count(intake.n_kept), _width(intake.n_kept, whole), True),
        *(
            Part(words.aside(row), count(row.count), _width(row.count, whole), False)
            for row in aside
        ),
    ]


def _width(n: int, whole: int) -> float:
    """A bar that can be seen wherever there is anything."""
    return round(max(100 * n / whole, 0.5), 1) if n else 0.0
