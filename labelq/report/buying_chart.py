"""What the queue buys as a picture: wrong labels fewer, hour by hour from its top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labelq.remedy.acts import Entry, QueueForecast
from labelq.remedy.forecast import Stage, course
from labelq.report.buying import hours, number
from labelq.report.charts import Chart
from labelq.report.numbers import NONE, count, counted
from labelq.report.svg import ACCENT, INK, MUTED, canvas, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 5
"""Fewer tasks than these need no picture."""

_SIZE = (3.7, 1.5)  # inches
_ROWS = 10  # of the table


def fall(entries: Sequence[Entry], found: QueueForecast | None) -> Chart | None:
    """The expected fall in wrong labels along the queue, with its interval where there is one.

    None where there is too little to see.
    """
    stages = [] if found is None else course(entries, found)
    if found is None or found.n_entries < FEWEST or not stages or stages[-1].fewer < 1:
        return None
    last, timed = stages[-1], found.seconds is not None
    spread = _spread(last)
    work = hours(last.seconds) if timed else counted(last.votes, "answer")
    title = f"Wrong labels fewer while the queue is worked from its top: {number(last.fewer)}"
    title += f"{f' ({spread})' if spread != NONE else ''} after {work}"
    title += ", by the model alone" if found.basis == "model" else ""
    with canvas(*_SIZE) as (figure, ax):
        ax.set_axis_off()
        _draw(ax, stages, timed=timed)
        _label(ax, stages, work)
        svg = to_svg(figure, title)
    shown = [stages[round(i * (len(stages) - 1) / _ROWS)] for i in range(1, _ROWS + 1)]
    rows = tuple(
        (
            count(one.votes),
            *([hours(one.seconds)] if timed else []),
            number(one.fewer),
            _spread(one),
        )
        for one in dict.fromkeys(shown)
    )
    header = ("answers", *(["work"] if timed else []), "wrong labels fewer", "interval")
    return Chart(svg, title, header, rows)


def _spread(one: Stage) -> str:
    if one.lower is None or one.upper is None:
        return NONE
    return f"{number(one.lower)} to {number(one.upper)}"


def _draw(ax: Axes, stages: Sequence[Stage], *, timed: bool) -> None:
    """The line and its band, both as shares of their ends: x is the work done."""
    from matplotlib.patches import Polygon

    last = stages[-1]
    done = [one.seconds / last.seconds if timed else one.votes / last.votes for one in stages]
    top = max(last.fewer, last.upper or 0.0)
    ax.set_xlim(-0.02, 1.42)
    ax.set_ylim(-0.2, 1.08)
    band = [
        (x, end / top)
        for ends in (
            [(x, one.lower) for x, one in zip(done, stages, strict=True)],
            [(x, one.upper) for x, one in zip(done, stages, strict=True)][::-1],
        )
        for x, end in ends
        if end is not None
    ]
    if band:
        ax.add_patch(Polygon(band, closed=True, fc=ACCENT, alpha=0.18, lw=0, clip_on=False))
    ax.plot([0, 1], [0, 0], color=MUTED, lw=0.8, clip_on=False)
    height = [one.fewer / top for one in stages]
    ax.plot(done, height, color=ACCENT, lw=1.8, clip_on=False)


def _label(ax: Axes, stages: Sequence[Stage], work: str) -> None:
    """What stands at the end of the line, and below the axis."""
    last = stages[-1]
    end = last.fewer / max(last.fewer, last.upper or 0.0)
    ax.text(1.03, end, f"{number(last.fewer)} fewer", color=INK, fontsize=9, va="center")
    if last.lower is not None:
        ax.text(1.03, end - 0.16, _spread(last), color=MUTED, fontsize=8, va="center")
    ax.text(0, -0.06, "nothing yet", color=MUTED, fontsize=8, va="top")
    ax.text(1, -0.06, work, color=MUTED, fontsize=8, ha="right", va="top")
