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
from labelq.pinpoint.rater_findings import RaterReport
from labelq.report import causes
from labelq.report.causes import label
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
from labelq.report.text import mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from labelq.auditing import Audit

MOST_DETAILED = 60
"""Per question so many annotators get their details in the report; all are in audit.json."""

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
    sentences.
    """

    name: str
    ratings: str
    agreement: str
    interval: str
    kappa: str
    shared: str
    without: str
    seconds: str
    skipped: str
    again: str
    gold: str
    flags: list[str]
    tests: list[str]
    details: list[Detail]
    too_little: str


def raters(audit: Audit, names: Names) -> list[tuple[str, list[RaterRow]]]:
    """Question (sentence) and its annotators."""
    parts: dict[str, list[RaterRow]] = {}
    told: set[tuple[int, str]] = set()
    for r in audit.raters:
        flags = [f for f in r.flags if (r.rater, f.kind) not in told]
        told |= {(r.rater, f.kind) for f in flags if f.kind in causes.PERSONAL}
        rows = parts.setdefault(mark(r.question), [])
        detailed = len(rows) < MOST_DETAILED
        rows.append(
            RaterRow(
                name=names.of(r.rater),
                ratings=count(r.n_ratings),
                agreement=percent(r.agreement),
                interval=_spread(r.lower, r.upper, percent),
                kappa=coefficient(r.statistics.kappa.value),
                shared=f"{count(r.counted)} of {count(r.n_shared)}",
                without=coefficient(r.without),
                seconds=seconds(r.statistics.seconds.value),
                skipped=percent(r.skip_rate),
                again=_again(r),
                gold=f"{count(r.gold_right)} of {count(r.gold_of)}" if r.gold_of else NONE,
                flags=causes.flags(r, names, flags),
                tests=list(dict.fromkeys(filter(None, (causes.flag_test(f) for f in flags)))),
                details=list(_details(r, names)) if detailed else [],
                too_little=_too_little(r) if detailed else "",
            )
        )
    return list(parts.items())


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


def _again(r: RaterReport) -> str:
    """Equal answers to what was answered twice, of either kind."""
    both = [one for one in (r.statistics.repeats, r.statistics.same_text) if one.value is not None]
    n = sum(one.n for one in both)
    same = sum(round((one.value or 0) * one.n) for one in both)
    return f"{count(same)} of {count(n)}" if n else NONE


def _details(r: RaterReport, names: Names) -> Iterator[Detail]:
    s = r.statistics
    yield from _detail("Answers what most of the others say", s.most, percent)
    yield from _detail("Agreement with the others beyond chance", s.kappa, coefficient)
    others = {name: causes.compared(r, name, names) for name in ("shift", "threshold", "label_use")}
    yield from _detail(f"Higher (+) or lower than {others['shift']}", s.shift, _signed)
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
    if change is None or change.p_value >= 0.05:
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


def _signed(value: float | None) -> str:
    """A difference with its sign: ``+.47``."""
    if value is None:
        return NONE
    return (
        f"{value:+.2f}".replace("-", MINUS).replace("+0.", "+.").replace(f"{MINUS}0.", f"{MINUS}.")
    )


def _points(value: float | None) -> str:
    """A difference of shares in points of a percentage, with its sign: ``+12 points``."""
    return NONE if value is None else f"{value * 100:+.0f}".replace("-", MINUS) + " points"
