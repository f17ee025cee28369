"""The report's section on an earlier round: before and after on one axis, then the sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labelq.remember.findings import Change, ClusterFate, Comparison
from labelq.report import causes, words
from labelq.report.comparison import (
    DIFFERENCES,
    FALL,
    FATES,
    SEEN,
    WORDS,
    effect,
    rates,
    reason,
    signed,
    spread,
    summary,
    surroundings,
    tasks,
)
from labelq.report.names import Names
from labelq.report.numbers import NONE, coefficient
from labelq.report.strips import Axis, Strip, axis, ticks
from labelq.report.strips import change as strip
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.auditing import Audit


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One coefficient in both rounds; texts are sentences, ``number`` is the change."""

    title: str
    tasks: str
    picture: Strip
    before: str
    after: str
    number: float | None
    change: str
    interval: str
    seen: str
    word: str


@dataclass(frozen=True, slots=True)
class FateRow:
    """One cluster of the earlier round; texts are sentences."""

    fate: str
    what: str
    picture: Strip
    rates: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a page shows of a comparison; all texts are sentences."""

    name: str
    summary: str
    tasks: str
    ticks: Strip
    rows: tuple[ChangeRow, ...]
    more: tuple[ChangeRow, ...]
    reasons: tuple[str, ...]
    clusters: tuple[FateRow, ...]
    effects: tuple[str, ...]
    around: tuple[str, ...]
    methods: tuple[str, ...] = field(default=(FALL, DIFFERENCES, SEEN))


def page(audit: Audit, shown: Names) -> Page | None:
    """The comparison for a page; None where there is none."""
    found = audit.comparison
    if found is None:
        return None
    # What neither round has is not worth a row.
    rows = [row for row in found.changes if row.difference is not None or row.headline]
    untold = dict.fromkeys(
        f"{mark(row.question)}: {reason(row)}."
        for row in rows
        if row.word == "cannot_tell" and row.headline
    )
    measured = [r for row in rows for r in (row.before, row.after) if r is not None]
    on = axis([end for r in measured for end in (r.value, r.lower)], _thresholds(audit))
    return Page(
        name=found.name,
        summary=summary(found),
        tasks=tasks(found),
        ticks=ticks(on),
        rows=tuple(_row(row, on) for row in rows if row.headline),
        more=tuple(_row(row, on) for row in rows if not row.headline),
        reasons=tuple(untold),
        clusters=tuple(_fate_row(c, _rates_axis(found)) for c in found.clusters),
        effects=tuple(effect(e) for e in found.effects),
        around=tuple(surroundings(found.surroundings, shown)),
    )


def _thresholds(audit: Audit) -> tuple[float, ...]:
    """The thresholds of the verdicts, where all have the same."""
    found = {(v.tentative_from, v.reliable_from) for v in audit.verdicts}
    return found.pop() if len(found) == 1 else ()


def _rates_axis(found: Comparison) -> Axis:
    rates = [rate for c in found.clusters for rate in (c.before, c.after, c.highest)]
    most = max((rate for rate in rates if rate is not None), default=1.0)
    return Axis(0.0, most or 1.0)


def _fate_row(found: ClusterFate, on: Axis) -> FateRow:
    about = ", ".join(f"“{mark(word, 40)}”" for word in found.words[:4])
    what = causes.either(found.labels) + (f", about {about}" if about else "")
    return FateRow(
        fate=FATES[found.fate],
        what=f"{what} ({mark(found.question)})",
        picture=strip(on, found.before, found.after),
        rates=rates(found),
    )


def _row(row: Change, on: Axis) -> ChangeRow:
    before, after = (None if r is None else r.value for r in (row.before, row.after))
    told = row.after or row.before
    name = words.short_metric(told) if told is not None else words.metric(row.metric)
    ends = (None, None) if row.after is None else (row.after.lower, row.after.upper)
    return ChangeRow(
        title=f"{mark(row.question)}: {name}",
        tasks="all" if row.tasks == "all" else "in both",
        picture=strip(on, before, after, *ends),
        before=coefficient(before),
        after=coefficient(after),
        number=row.difference,
        change=signed(row.difference),
        interval=spread(row.lower, row.upper) or NONE,
        seen=NONE if row.detectable is None else coefficient(row.detectable),
        word=WORDS[row.word],
    )
