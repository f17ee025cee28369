"""The same data through other formulas, as people read it, and the answer in a paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labelq.measure.explaining.explanation import Convention, Explanation
from labelq.report import words
from labelq.report.gaps import GAPS, gap
from labelq.report.numbers import coefficient, digits, fixed, interval
from labelq.report.page import Page
from labelq.report.text import line, mark

SAME = GAPS["same_formula"]

RAW, MEAN = "raw agreement", "cohen_kappa_score"
"""The sources of shares of agreement and of means that stand beside a coefficient."""


def print_convention(page: Page, convention: Convention, ours: float | None) -> None:
    """Print what a program or a paper says, how far it is from ``ours``, and why."""
    from rich.text import Text

    name = line(f"{convention.source}: {convention.call}", 100)
    shown = fixed(convention.value)
    other = _apart(convention, ours)
    room = page.console.width - len(shown) - len(other) - 6
    if len(name) <= room:
        text = f"  {name:<{min(room, 59)}}  {shown:>7}  {other}"
        page.console.print(Text(text.rstrip(), style="cyan" if other == "same" else ""))
    else:
        page.say(f"{name}  {shown}  {other}", indent=2)
    said = gap(convention)
    if convention.problem:
        alone = said == SAME or not convention.problem.startswith("raises Runtime")
        said = convention.problem if alone else f"{convention.problem}; {said}"
    if convention.lower is not None:
        said = f"{interval(convention.lower, convention.upper)}; {said}"
    if said != SAME:
        page.say(said, indent=6)


def _apart(convention: Convention, ours: float | None) -> str:
    """How far the convention is from ``ours``, in words or with a sign."""
    if convention.value is None or ours is None:
        return ""
    if same(convention, ours):
        return "same"
    difference = convention.value - ours
    return apart(difference)


def apart(difference: float) -> str:
    """A difference with its sign, and with the digits that it takes to see one."""
    shown = fixed(difference) if abs(difference) >= 0.00005 else digits(difference)
    return f"{'+' if difference > 0 else ''}{shown}"


def same(convention: Convention, ours: float | None) -> bool:
    """Whether a convention comes to our number."""
    if convention.value is None or ours is None:
        return False
    return abs(convention.value - ours) <= 1e-9 * max(1.0, abs(ours))


def in_short(found: Explanation) -> str:
    """One paragraph: what labelq says, who agrees, who says something else and why."""
    row = found.row
    if row.value is None:
        said = f"labelq gives no value: {words.reason(row.reason)}."
        does: dict[str, str | None] = {}
        for c in found.conventions:
            if _packaged(c):
                value = None if c.value is None else f"says {coefficient(c.value)}"
                does.setdefault(_name(c), value or c.problem)
        parts = [f"{name} {what}" for name, what in does.items()]
        return f"{said} {_series(parts)}." if parts else said
    said = f"labelq says {digits(row.value, 4)}."
    alike = list(dict.fromkeys(_name(c) for c in found.conventions if same(c, row.value)))
    if alike:
        verb = "agrees" if len(alike) == 1 else "agree"
        said += f" {_series(alike)} {verb}."
    told: set[str] = set()
    others = [
        c
        for c in found.conventions
        if c.value is not None
        and _differs(c.value, row.value)
        and not (of_pairs(c) or c.source in (RAW, MEAN))
    ]
    for c in sorted(others, key=lambda c: not _packaged(c)):
        if c.source not in told and len(told) < 2:
            told.add(c.source)
            said += f" {_name(c)} ({c.call}) says {digits(c.value, 4)}: {gap(c)}."
    return said + _ends(found.conventions)


def _ends(conventions: Sequence[Convention]) -> str:
    """Raw agreement, and the range of the pairs' kappas: what else may stand in a mail."""
    raw = next((c for c in conventions if c.source == RAW and c.value is not None), None)
    said = f" Raw agreement is {fixed(raw.value)}." if raw else ""
    ends = [c for c in conventions if of_pairs(c) and c.value is not None]
    if len(ends) == 2:
        low, high = (f"{fixed(c.value)} ({_pair_in(c)})" for c in ends)
        said += f" Two annotators at a time, scikit-learn says {low} to {high}."
    return f"{said} A number you were told: --find NUMBER." if said else ""


def _pair_in(convention: Convention) -> str:
    return mark(convention.call.partition("pair, ")[2], 60)


def _differs(value: float, ours: float) -> bool:
    """Whether two numbers differ in the digits that people read."""
    return digits(value, 4) != digits(ours, 4)


def _packaged(convention: Convention) -> bool:
    """Whether it is a program that people run, no paper."""
    return convention.run or convention.source in ("irrCAC", "NLTK")


def _name(convention: Convention) -> str:
    return re.sub(r" \d+(\.\d+)*$", "", convention.source)


def _series(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def of_pairs(convention: Convention) -> bool:
    """Whether it is one end of the range of the pairs of annotators."""
    return convention.gap in ("pair_lowest", "pair_highest")
