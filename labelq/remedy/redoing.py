"""What it takes to have one annotator's answers given again by others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from labelq.pinpoint.rater_findings import RaterReport

MATTERS = 0.02
"""A coefficient that rises by less without somebody's answers does not ask for this."""


@dataclass(frozen=True, slots=True)
class Redoing:
    """The answers of ``rater`` (code) to one question: without them the headline coefficient is
    ``without``. To have ``n`` of them given by others takes ``seconds`` (None: no time known).
    """

    rater: int
    without: float
    n: int
    seconds: float | None


def redoing(reports: Sequence[RaterReport], question: str, value: float | None) -> Redoing | None:
    """The annotator with a flag without whom the coefficient of ``question``, now ``value``,
    rises most; None where nobody makes it rise by :data:`MATTERS`.

    An answer takes what the other annotators' medians take in the middle.
    """
    own = [report for report in reports if report.question == question]
    if value is None:
        return None
    rising = [
        (report.without, report)
        for report in own
        if report.flags and report.without is not None and report.without - value >= MATTERS
    ]
    if not rising:
        return None
    without, found = max(rising, key=lambda one: (one[0], -one[1].rater))
    times = [
        report.statistics.seconds.value
        for report in own
        if report.rater != found.rater and report.statistics.seconds.value is not None
    ]
    seconds = median(times) * found.n_ratings if times else None
    return Redoing(found.rater, without, found.n_ratings, seconds)
