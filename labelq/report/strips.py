"""Small pictures that stand in a table's row: a value and its interval on a common axis.

Each is a few SVG shapes: the numbers stand beside it in the row, so it is hidden from screen
readers. Lengths are shares of the width, so that a strip fits a phone with its dots as large as
on a desk. Only numbers enter; colours are the page's (classes in ``_sections.css``). A whole
chart comes from :mod:`labelq.report.charts` instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labelq.report.numbers import threshold


@dataclass(frozen=True, slots=True)
class Strip:
    """A small picture: ``svg`` is complete and safe."""

    svg: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale that the strips of one table share; ``marks`` are lines to read values by."""

    low: float = 0.0
    high: float = 1.0
    marks: tuple[float, ...] = ()

    def at(self, value: float) -> float:
        """Where ``value`` lies, in percent of the width; what lies outside stays at the end."""
        value = min(max(value, self.low), self.high)
        return (value - self.low) / (self.high - self.low) * 100


def axis(values: Iterable[float | None], marks: Sequence[float] = ()) -> Axis:
    """An axis from 0 (or the tenth below the smallest value) to 1.

    >>> axis([0.4, -0.13, None], (0.8,))
    Axis(low=-0.2, high=1.0, marks=(0.8,))
    """
    low = min([0.0, *(math.floor(value * 10) / 10 for value in _known(values))])
    return Axis(low, 1.0, tuple(mark for mark in marks if low <= mark <= 1))


def differences(values: Iterable[float | None]) -> Axis:
    """An axis for changes: as far below zero as above, with zero marked.

    >>> differences([0.12, -0.31, None])
    Axis(low=-0.35, high=0.35, marks=(0.0,))
    """
    far = max((abs(value) for value in _known(values)), default=0.0)
    end = max(0.05, math.ceil(far * 20 - 1e-9) / 20)
    return Axis(-end, end, (0.0,))


def ticks(on: Axis) -> Strip:
    """The numbers of an axis, for the head of its column."""
    shown = [
        (on.low, "start"),
        *((mark, "middle") for mark in on.marks if on.low < mark < on.high),
        (on.high, "end"),
    ]
    texts = [
        f'<text class="{place}" x="{on.at(value):.1f}%" y="12">'
        f"{threshold(value).replace('-', '−')}</text>"
        for value, place in shown
    ]
    return _strip(texts)


def dot(on: Axis, value: float | None, lower: float | None, upper: float | None) -> Strip:
    """A value as a dot and its interval as a line through it; the bare axis without a value."""
    shapes = _ground(on)
    if lower is not None and upper is not None:
        shapes.append(_line("span", on.at(lower), on.at(upper)))
    if value is not None:
        shapes.append(_circle("dot", on.at(value)))
    return _strip(shapes)


def change(
    on: Axis,
    before: float | None,
    after: float | None,
    lower: float | None = None,
    upper: float | None = None,
) -> Strip:
    """Two values: the earlier a ring, the later a dot; a line through them, or the interval."""
    shapes = _ground(on)
    if lower is not None and upper is not None:
        shapes.append(_line("span", on.at(lower), on.at(upper)))
    if before is not None and after is not None:
        shapes.append(_line("way", on.at(before), on.at(after)))
    if before is not None:
        shapes.append(_circle("ring", on.at(before)))
    if after is not None:
        shapes.append(_circle("dot", on.at(after)))
    return _strip(shapes)


def bar(share: float | None, most: float = 1.0) -> Strip:
    """A share as a bar; ``most`` fills the width."""
    wide = 0.0 if share is None or most <= 0 else min(max(share / most, 0.0), 1.0) * 100
    return _strip(
        [
            '<rect class="whole" x="0" y="4" width="100%" height="8"></rect>',
            f'<rect class="bar" x="0" y="4" width="{wide:.1f}%" height="8"></rect>',
        ]
    )


def steps(before: float, after: float, at: float) -> Strip:
    """A line that runs level for the share ``at`` of its way, then higher or lower."""
    turn = min(max(at, 0.0), 1.0) * 100
    first, then = (8, 8) if before == after else (13, 3) if before < after else (3, 13)
    upright = f'x1="{turn:.1f}%" x2="{turn:.1f}%" y1="{first}" y2="{then}"'
    return _strip(
        [
            _line("way", 0, turn, first),
            f'<line class="turn" {upright}></line>',
            _line("span", turn, 100, then),
        ]
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _ground(on: Axis) -> list[str]:
    marks = [
        f'<line class="mark" x1="{x:.1f}%" x2="{x:.1f}%" y1="0" y2="16"></line>'
        for x in map(on.at, on.marks)
    ]
    return [_line("axis", 0, 100), *marks]


def _line(name: str, start: float, end: float, y: int = 8) -> str:
    return f'<line class="{name}" x1="{start:.1f}%" x2="{end:.1f}%" y1="{y}" y2="{y}"></line>'


def _circle(name: str, x: float) -> str:
    return f'<circle class="{name}" cx="{x:.1f}%" cy="8" r="4"></circle>'


def _strip(shapes: Sequence[str]) -> Strip:
    return Strip(f'<svg class="strip" aria-hidden="true">{"".join(shapes)}</svg>')
