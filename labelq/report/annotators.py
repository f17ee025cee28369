"""The report's annotator section: each annotator's row, and everything known one click away.

Behaviour with evidence, never a judgement: a disagreement with the others is no error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.measure.raters.drift import Change
from labelq.measure.raters.estimates import Estimate
from labelq.measure.raters.methods import METHODS, REASONS
from labelq.pinpoint.camps import FEWEST, RaterOrder, rater_order
from labelq.pinpoint.rater_findings import Flag, RaterReport
from labelq.report import causes, text, words
from labelq.report.causes import label
from labelq.report.charts import Chart, pair_matrix
from labelq.report.comparison import signed
from labelq.report.names import Names
from labelq.report.numbers import (
    MINUS,
    NONE,
    coefficient,
    count,
    counted,
    interval,
    percent,
    seconds,
)
from labelq.report.strips import Axis, Strip, axis, dot, steps, ticks
from labelq.report.text import mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelq.auditing import Audit

MOST_LISTED, MOST_DETAILED = 100, 60
"""Per question so many annotators are listed, and get their details; all are in audit.json."""

SELDOM = 0.05
"""A change over time is shown where chance alone gives one in fewer than this share of cases."""

FAMILIES: dict[str, str] = {
    "differs": "differing from the others",
    "habit": "habits",
    "label_use": "use of single labels",
    "shift": "answering higher or lower",
    "threshold": "thresholds",
    "self": "consistency with oneself",
    "drift": "change over time",
    "fast": "speed",
    "skips": "skipping",
}
"""Families of tests, as they are called where there is too little to say."""

NOT_ASKED = (
    "needs_ordered_labels",
    "ordered_labels",
    "not_for_numbers",
    "not_for_rankings",
    "not_for_sets",
    "needs_three_labels",
)
"""States of a family that say something about the question, not about the evidence."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One number about an annotator: ``what`` is a sentence."""

    what: str
    value: str
    interval: str
    rests: str


@dataclass(frozen=True, slots=True)
class RaterRow:
    """One annotator on one question; ``name`` is data, ``flags``, ``tests`` and ``too_little``
    sentences. ``number`` and ``duration`` are what to sort by; ``turn`` draws a change of
    agreement over time, ``turned`` says it; both are empty where there is none.
    """

    name: str
    anchor: str
    picture: Strip
    agreement: str
    number: float | None
    interval: str
    seconds: str
    duration: float | None
    shift: str
    turn: Strip | None
    turned: str
    ratings: str
    flags: list[str]
    tests: list[str]
    details: list[Detail]
    too_little: str


@dataclass(frozen=True, slots=True)
class RaterPart:
    """One question: its annotators, their pairs, their camps. ``question`` and ``camps`` are
    sentences; ``times``, ``shifts`` and ``turns`` say whether any row has one; ``more`` rows are
    left out.
    """

    question: str
    ticks: Strip
    rows: list[RaterRow]
    more: int
    times: bool
    shifts: bool
    turns: bool
    pairs: Chart | None
    camps: str


def raters(audit: Audit, names: Names) -> list[RaterPart]:
    """One part per question, in the audit's order."""
    questions = dict.fromkeys(r.question for r in audit.raters)
    anchors = text.anchors("annotators", questions)
    told: set[tuple[int, str]] = set()
    return [_part(audit, names, name, anchors[name], told) for name in questions]


def _part(
    audit: Audit, names: Names, question: str, anchor: str, told: set[tuple[int, str]]
) -> RaterPart:
    reports = [r for r in audit.raters if r.question == question]
    on = axis(())
    rows: list[RaterRow] = []
    for r in reports[:MOST_LISTED]:
        flags = [f for f in r.flags if (r.rater, f.kind) not in told]
        told |= {(r.rater, f.kind) for f in flags if f.kind in causes.PERSONAL}
        rows.append(_row(r, names, flags, on, f"{anchor}-{len(rows) + 1}", len(rows)))
    order = rater_order([a for a in audit.agreements if a.question == question], seed=audit.seed)
    return RaterPart(
        question=mark(question),
        ticks=ticks(on),
        rows=rows,
        more=len(reports) - len(rows),
        times=any(row.duration is not None for row in rows),
        shifts=any(row.shift != NONE for row in rows),
        turns=any(row.turn is not None for row in rows),
        pairs=pair_matrix(order, names, audit.more_pairs.get(question, 0)),
        camps=camps(order, names),
    )


def _row(
    r: RaterReport, names: Names, flags: list[Flag], on: Axis, anchor: str, place: int
) -> RaterRow:
    turned = r.drift if r.drift is not None and r.drift.p_value < SELDOM else None
    detailed = place < MOST_DETAILED
    return RaterRow(
        name=names.of(r.rater),
        anchor=anchor,
        picture=dot(on, r.agreement, r.lower, r.upper),
        agreement=percent(r.agreement),
        number=r.agreement,
        interval=_spread(r.lower, r.upper, percent),
        seconds=seconds(r.statistics.seconds.value),
        duration=r.statistics.seconds.value,
        shift=signed(r.statistics.shift.value),
        turn=None if turned is None else _turn(turned),
        turned=""
        if turned is None
        else f"{percent(turned.before.value)} → {percent(turned.after.value)}",
        ratings=count(r.n_ratings),
        flags=causes.flags(r, names, flags),
        tests=list(dict.fromkeys(filter(None, (causes.flag_test(f) for f in flags)))),
        details=list(_details(r, names)) if detailed else [],
        too_little=_too_little(r) if detailed else "",
    )


def _turn(found: Change) -> Strip | None:
    if found.before.value is None or found.after.value is None:
        return None
    return steps(found.before.value, found.after.value, (found.nth - 1) / max(found.of, 1))


CAMPS_METHOD = (
    "Annotators stand in the order of a clustering (average linkage) of how much each pair agrees, "
    "turned so that neighbours agree most. If all followed one reading, some with more slips than "
    "others, the agreement of two would be the product of what each shares with that reading. "
    "Camps are named where pairs agree more than that inside and less across, by more than one in "
    "100 rounds with one reading shows by chance, and by at least .1."
)


def camps(found: RaterOrder, names: Names) -> str:
    """Who agrees with whom more than with the others, where that is clear; else that it is not.

    Empty where too few annotators share tasks to say either.
    """
    if found.camps:
        said = [
            f"{words.series([mark(names.of_id(rater)) for rater in camp.raters])} agree with each"
            f" other ({coefficient(camp.within)}) more than with the others"
            f" ({coefficient(camp.across)})"
            for camp in found.camps
        ]
        return f"{'; '.join(said)}. They may read the guideline in different ways."
    if found.reason == "too_sparse":
        return "Too few pairs of annotators share tasks to order them by how alike they answer."
    if len(found.order) < FEWEST:
        return ""
    return "No camps show: who agrees less with some agrees less with everybody."


METHOD_TITLES: dict[str, str] = {
    "agreement": "Agrees with the others",
    "most": "What most of the others say",
    "kappa": "Beyond chance",
    "shift": "Higher or lower",
    "thresholds": "Above a line",
    "label_use": "Use of a label",
    "repeats": "A task answered again",
    "same_text": "The same text",
    "self_kappa": "Both, beyond chance",
    "seconds": "Median time",
    "pace": "Time for the same tasks",
    "drift": "Agreement over time",
    "speed_drift": "Time over time",
    "confusion": "Where one label is true",
}


def methods() -> list[tuple[str, str]]:
    """What each number is called here, and how it is computed."""
    return [(METHOD_TITLES[name], said) for name, said in METHODS.items()]


def _details(r: RaterReport, names: Names) -> Iterator[Detail]:
    s = r.statistics
    yield Detail("Tasks that somebody else labeled too", count(r.n_shared), NONE, NONE)
    if r.counted != r.n_shared:
        yield Detail("Of these without gaps and ambiguous tasks", count(r.counted), NONE, NONE)
    if r.without is not None:
        yield Detail("Alpha without this annotator", coefficient(r.without), NONE, NONE)
    yield Detail("Skipped", percent(r.skip_rate), NONE, NONE)
    if r.gold_of:
        yield Detail("Gold tasks right", percent(r.gold_right / r.gold_of), NONE, count(r.gold_of))
    yield from _detail("Answers what most of the others say", s.most, percent)
    yield from _detail("Agreement with the others beyond chance", s.kappa, coefficient)
    others = {name: causes.compared(r, name, names) for name in ("shift", "threshold", "label_use")}
    yield from _detail(f"Higher (+) or lower than {others['shift']}", s.shift, signed)
    for line in r.thresholds:
        what = f"Above the line from {label(line.below, 40)} to {label(line.above, 40)}"
        yield from _detail(f"{what}, against {others['threshold']}", line.difference, _points)
    for use in r.label_use[:5]:
        what = (
            f"Gives {label(use.label, 40)} {percent(use.own)} of the time, {others['label_use']}"
            f" {percent(use.others)}"
        )
        yield from _detail(what, use.difference, _points)
    yield from _detail("Same answer to a task answered again", s.repeats, percent)
    yield from _detail("Same answer to the same text", s.same_text, percent)
    yield from _detail("Both, beyond chance", s.self_kappa, coefficient)
    idle = f" ({counted(s.idle, 'answer')} left out as idle)" if s.idle else ""
    yield from _detail(f"Median time{idle}", s.seconds, seconds)
    yield from _detail(
        "Time for the same tasks (100 %: the annotator in the middle)", s.pace, percent
    )
    yield from _changes("Agreement", r.drift, percent)
    yield from _changes("Median time", r.speed_drift, seconds)
    for row in r.confusion:
        basis = "gold says" if row.basis == "gold" else "the consensus says"
        for answer, share in sorted(row.given.items(), key=lambda x: -(x[1].value or 0))[:3]:
            if share.value is not None and share.value >= 0.05:
                yield from _detail(
                    f"Where {basis} {label(row.true, 40)}: {label(answer, 40)}",
                    share,
                    percent,
                )


def _detail(
    what: str, estimate: Estimate, shown: Callable[[float | None], str]
) -> Iterator[Detail]:
    """A line, where there is a value."""
    if estimate.value is None:
        return
    yield Detail(
        what,
        shown(estimate.value),
        _spread(estimate.lower, estimate.upper, shown)
        if estimate.reason is None
        else REASONS.get(estimate.reason, estimate.reason) or NONE,
        count(estimate.n),
    )


def _changes(
    what: str, change: Change | None, shown: Callable[[float | None], str]
) -> Iterator[Detail]:
    """The likeliest change point, only where chance alone seldom gives it."""
    if change is None or change.p_value >= SELDOM:
        return
    p = "< .001" if change.p_value < 0.001 else "= " + f"{change.p_value:.3f}".removeprefix("0")
    nth = f"answer {count(change.nth)} of {count(change.of)} ({mark(change.time[:10])})"
    name = f"{what} before {nth}"
    yield from _detail(name, change.before, shown)
    name = f"{what} from there on (p {p}, for this annotator alone)"
    yield from _detail(name, change.after, shown)


def _too_little(r: RaterReport) -> str:
    """What the data are too little to say, and why; empty if nothing."""
    by_reason: dict[str, list[str]] = {}
    for family, state in r.families.items():
        if state not in ("flagged", "nothing", *NOT_ASKED):
            by_reason.setdefault(state, []).append(FAMILIES.get(family, family))
    said = [
        f"{', '.join(families)} ({REASONS.get(reason, reason)})"
        for reason, families in by_reason.items()
    ]
    return f"Too little to say: {'; '.join(said)}." if said else ""


def _spread(lower: float | None, upper: float | None, shown: Callable[[float | None], str]) -> str:
    if lower is None or upper is None:
        return NONE
    if shown is coefficient:
        return interval(lower, upper)
    return f"{shown(lower)} to {shown(upper)}"


def _points(value: float | None) -> str:
    """A difference of shares in points of a percentage, with its sign: ``+12 points``."""
    return NONE if value is None else f"{value * 100:+.0f}".replace("-", MINUS) + " points"
