"""Can I trust this round: one verdict per question, from one table.

*Reliable* if the lower end of the headline interval reaches .8, *tentative* if it reaches
.667, *unreliable* if the upper end stays below .667 (Krippendorff 2004 names both
thresholds), otherwise *cannot tell yet*, with how many more multiply labeled units would tell.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from labelq.labels.model import Question, Ratings, label_text
from labelq.labels.statistics import count_patterns
from labelq.measure.additive import CountTable
from labelq.measure.baseline import constant_answer
from labelq.measure.intervals.estimates import MIN_VARIED
from labelq.measure.registry import HEADLINE, metric
from labelq.measure.results import Agreement, Paradox, State, Verdict

RELIABLE_FROM = 0.8
TENTATIVE_FROM = 0.667
DOMINANT_SHARE = 0.8
"""A label given in this share of all ratings dominates: rare labels are judged separately."""

MUCH_AGREEMENT = 0.8
"""Raw agreement from which a low coefficient needs a word of explanation."""

MORE_UNITS_LIMIT = 10
"""Beyond so many times the round's units "more labels" is no advice."""

POWER = 0.8
"""The chance with which "so many more units would tell" shall come true."""


def verdict(
    question: Question,
    ratings: Ratings,
    rows: tuple[Agreement, ...],
    *,
    reliable_from: float = RELIABLE_FROM,
    tentative_from: float = TENTATIVE_FROM,
) -> Verdict:
    """The verdict on ``question`` from its ``rows`` of coefficients."""
    row = headline(question, rows)
    patterns = count_patterns(ratings)
    table = CountTable(patterns)
    n_multiple = table.n_units
    lengths = np.diff(table.counts.indptr)
    unanimous = int(table.multiplicity[table.pairable & (lengths == 1)].sum())
    # Of numbers the commonest is no answer to judge by, of rankings none to another task.
    constant = None if question.no_labels else constant_answer(ratings)
    commonest = None if constant is None or not table.n_units else constant[0]
    share = float(table.totals.max() / table.totals.sum()) if table.n_units else 0.0
    labels = [label_text(value) for value in ratings.values]
    dominant = question.level in ("nominal", "ordinal") and share >= DOMINANT_SHARE
    state = _state(row, reliable_from, tentative_from)
    return Verdict(
        question=question.name,
        state=state,
        headline=row,
        reliable_from=reliable_from,
        tentative_from=tentative_from,
        n_units=len(patterns.units),
        n_multiple=n_multiple,
        n_unanimous=unanimous,
        commonest=labels[commonest] if commonest is not None else None,
        baseline=constant[1] if constant is not None and commonest is not None else None,
        dominant=dominant,
        more_units=_more_units(row, table, tentative_from) if state == "cannot_tell" else None,
        rare_labels=_rare(rows, labels[commonest]) if dominant and commonest is not None else (),
        paradox=_paradox(question, rows, table, row, tentative_from) if dominant else None,
    )


def headline(question: Question, rows: tuple[Agreement, ...]) -> Agreement:
    """The row that the verdict on ``question`` rests on."""
    distance = metric(HEADLINE).variants[question.level][0]
    return next(
        row
        for row in rows
        if (row.question, row.metric, row.distance, row.label)
        == (question.name, HEADLINE, distance, None)
    )


def _state(row: Agreement, reliable_from: float, tentative_from: float) -> State:
    if row.lower is None or row.upper is None:
        return "cannot_tell"
    if row.lower >= reliable_from:
        return "reliable"
    if row.lower >= tentative_from:
        return "tentative"
    return "unreliable" if row.upper < tentative_from else "cannot_tell"


def _more_units(row: Agreement, table: CountTable, threshold: float) -> int | None:
    """How many more units like these would put the interval on one side of ``threshold``.

    An interval narrows with the square root of the number of units, and its end moves about:
    so many units that it passes the threshold with a chance of 80 %. Below the evidence floor:
    so many that an interval can be given at all. None where that is beyond
    :data:`MORE_UNITS_LIMIT` times the round: then the value lies too near the threshold.
    """
    n = table.n_units
    if row.value is None or row.lower is None or row.upper is None:
        varied = int(table.varied[0])
        if not varied or row.reason != "too_little_variation":
            return None
        more = math.ceil(n * MIN_VARIED / varied) - n
        return max(1, more) if more <= MORE_UNITS_LIMIT * n else None
    gap = abs(row.value - threshold)
    reach = row.value - row.lower if row.value >= threshold else row.upper - row.value
    if gap < 1e-9:
        return None
    z = -ndtri((1 - row.confidence) / 2)
    more = math.ceil(n * (reach / gap * (z + ndtri(POWER)) / z) ** 2) - n
    return max(1, more) if more <= MORE_UNITS_LIMIT * n else None


def _paradox(
    question: Question,
    rows: tuple[Agreement, ...],
    table: CountTable,
    headline: Agreement,
    threshold: float,
) -> Paradox | None:
    """High raw agreement beside a headline below ``threshold``; None where there is neither."""
    if headline.value is None or headline.value >= threshold:
        return None
    n_k, n = table.totals, table.totals.sum()
    # Both as nominal alpha counts them, so that the three numbers fit together.
    agreement = float(table.multiplicity @ (table.same * table.per_pair) / n)
    if agreement < MUCH_AGREEMENT:
        return None
    row = ("gwet_ac1", question.name, None)
    ac1 = [r.value for r in rows if (r.metric, r.question, r.label) == row]
    return Paradox(
        agreement=agreement,
        expected=float((n_k * (n_k - 1)).sum() / (n * (n - 1))),
        share=float(n_k.max() / n),
        ac1=ac1[0] if ac1 else None,
    )


def _rare(rows: tuple[Agreement, ...], commonest: str) -> tuple[Agreement, ...]:
    return tuple(
        row
        for row in rows
        if row.metric == HEADLINE and row.label is not None and row.label != commonest
    )
