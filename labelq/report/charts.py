"""Charts: self-contained SVG to stand inline in HTML, each with its numbers as a table.

Drawn by matplotlib on figures of their own (no pyplot, no global state, no date), then tidied
by :mod:`labelq.report.svg`: the page's CSS variables instead of colours, so that dark mode and
print just work; a title; no metadata. Shade is never the only sign: the numbers are printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelq.measure.results import Agreement, Verdict
from labelq.pinpoint.findings import LabelPair
from labelq.report import words
from labelq.report.names import Names
from labelq.report.numbers import NONE, coefficient, count, interval, percent, threshold, times
from labelq.report.svg import ACCENT, INK, MUTED, canvas, to_svg
from labelq.report.text import line, mark, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 24
"""A heat map larger than this cannot be read; its table still holds every number."""

_STRONGEST = 0.55  # opacity at which ink on accent is still easy to read, light and dark


MOST_PAIRS = 300
"""So many pairs of annotators are listed; a crowd has tens of thousands."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture (an SVG element), its text alternative, and the numbers behind it.

    ``title`` and the cells are sentences; ``svg`` is complete and safe.
    """

    svg: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def coefficient_bar(verdict: Verdict, earlier: Agreement | None = None) -> Chart:
    """A question's headline coefficient: value and interval on a scale with the thresholds.

    ``earlier`` is the same coefficient in the round that this one is compared with.
    """
    row = verdict.headline
    thresholds = (verdict.tentative_from, verdict.reliable_from)
    value, spread = coefficient(row.value, thresholds), interval(row.lower, row.upper, thresholds)
    low, high = map(threshold, thresholds)
    title = f"{words.metric(row.metric)} of {mark(verdict.question)}: {value}"
    title += f", interval {spread}" if spread else ", without an interval"
    title += f"; tentative from {low}, reliable from {high}"
    before = None if earlier is None else earlier.value
    if before is not None:
        title += f"; before {coefficient(before)}"
    with canvas(*_BAR) as (figure, ax):
        ax.set_axis_off()
        ends = (row.value, row.lower, before)
        lowest = min(0.0, *(v for v in ends if v is not None), 0.0)
        lowest = math.floor(lowest * 5) / 5  # down to a tick, so that its label is short
        ax.set_xlim(lowest - 0.02, 1.02)
        ax.set_ylim(-0.9, 1.75)
        _zones(ax, lowest, thresholds)
        if row.lower is not None and row.upper is not None:
            _box(ax, (row.lower, row.upper, 0.36, 0.64), ACCENT, 1.0)
        if before is not None:
            _dot(ax, before, 0.058, fc="none", ec=INK, lw=1.3)
        if row.value is not None:
            _dot(ax, row.value, 0.07, fc=ACCENT, lw=0)
        svg = to_svg(figure, plain(title))
    table = (
        ("value", value),
        ("interval", spread or NONE),
        ("tentative from", low),
        ("reliable from", high),
        ("observed", _exact(row.observed)),
        ("expected", _exact(row.expected)),
        *([("before", coefficient(before))] if before is not None else []),
    )
    return Chart(svg, title, ("number", "value"), table)


_BAR = (3.5, 0.56)  # inches: the picture of a verdict


def _dot(ax: Axes, x: float, radius: float, **look: Any) -> None:
    """A circle of ``radius`` inches in the middle of the scale. A patch, because markers are
    drawn by reference, and our pictures have no ids.
    """
    from matplotlib.patches import Ellipse

    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    width, height = (
        2 * radius * (high - low) / inches
        for low, high, inches in ((left, right, _BAR[0]), (bottom, top, _BAR[1]))
    )
    ax.add_patch(Ellipse((x, 0.5), width, height, clip_on=False, **look))


def _zones(ax: Axes, lowest: float, thresholds: tuple[float, float]) -> None:
    """The zones below, between and above the thresholds: shaded, edged and named."""
    low, high = thresholds
    zones = (
        (lowest, low, 0.05, "unreliable"),
        (low, high, 0.11, "tentative"),
        (high, 1.0, 0.18, "reliable"),
    )
    for start, end, opacity, name in zones:
        _box(ax, (start, end, 0.12, 0.88), INK, opacity)
        if end - start > 0.12 * (1 - lowest):
            ax.text((start + end) / 2, 1.1, name, color=MUTED, fontsize=8, ha="center")
    for edge in dict.fromkeys((lowest, 0.0, low, high, 1.0)):
        ax.plot([edge, edge], [-0.02, 1.02], color=MUTED, lw=0.8, clip_on=False)
        shown = "0" if edge == 0 else "1" if edge == 1 else threshold(round(edge, 3))
        place = "left" if edge == lowest < 0 else "center"  # to the left there is no room
        ax.text(edge, -0.14, shown, color=MUTED, fontsize=8, ha=place, va="top")


def _box(ax: Axes, corners: tuple[float, float, float, float], color: str, opacity: float) -> None:
    """A filled rectangle (x, x, y, y). Nothing is clipped, so that the SVG needs no ids."""
    from matplotlib.patches import Rectangle

    x0, x1, y0, y1 = corners
    ax.add_patch(
        Rectangle((x0, y0), x1 - x0, y1 - y0, fc=color, alpha=opacity, lw=0, clip_on=False)
    )


def pair_matrix(rows: Sequence[Agreement], names: Names) -> Chart | None:
    """Annotator × annotator: the agreement of every pair. None without pairs.

    ``rows`` are the agreements of one question; those with raters and a metric in common
    (Cohen's kappa, quadratic where labels have an order) are drawn.
    """
    pairs = [r for r in rows if r.raters is not None and r.label is None]
    if not pairs:
        return None
    kind = min({(r.metric, r.weights) for r in pairs}, key=_kappa_first)
    pairs = [r for r in pairs if (r.metric, r.weights) == kind]
    cells: dict[tuple[str, str], float | None] = {}
    for r in pairs:
        assert r.raters is not None
        a, b = (names.of_id(i) for i in r.raters)
        cells[a, b] = cells[b, a] = r.value
    who = sorted({a for a, _ in cells}, key=lambda name: (len(name), name))
    title = f"Every pair of annotators: {words.metric_of(pairs[0]).replace(' of a pair', '')}"
    svg = ""
    if len(who) <= MOST_ROWS:
        values = [[cells.get((a, b)) for b in who] for a in who]
        numbers = [["" if v is None else coefficient(v) for v in row] for row in values]
        svg = _heat_map(values, who, title, numbers)
    table = tuple(
        (
            f"{mark(names.of_id(r.raters[0]))} and {mark(names.of_id(r.raters[1]))}",
            coefficient(r.value) if r.value is not None else words.reason(r.reason),
            interval(r.lower, r.upper) or NONE,
            count(r.n_units),
        )
        for r in sorted(pairs, key=lambda r: -r.n_units)[:MOST_PAIRS]
        if r.raters is not None
    )
    if len(pairs) > MOST_PAIRS:
        title += (
            f"; the {MOST_PAIRS} of {count(len(pairs))} that share most tasks (all: audit.json)"
        )
    return Chart(svg, title, ("pair", "agreement", "interval", "shared tasks"), table)


def _kappa_first(kind: tuple[str, str | None]) -> tuple[bool, bool, str]:
    """Cohen's kappa before all others, with quadratic weights where labels have an order."""
    metric, weights = kind
    return metric != "cohen_kappa", weights != "quadratic", f"{metric} {weights or ''}"


def confusion(pairs: Sequence[LabelPair]) -> Chart | None:
    """Label × label: how often each pair is confused. None without pairs.

    Shade is the share of disagreement; the number in a cell is how many times as often as
    their frequencies explain.
    """
    if not pairs:
        return None
    cells: dict[tuple[str, str], LabelPair] = {}
    order: list[str] = []
    for pair in pairs:
        new = [name for name in pair.labels if name not in order]
        if len(order) + len(new) <= MOST_ROWS // 2:
            order += new
            cells[pair.labels] = cells[pair.labels[::-1]] = pair
    order.sort()
    title = (
        "Label confusion: share of the disagreement, and how many times as often as the labels’ "
        "frequencies explain"
    )
    if len(order) > len(cells) // 2:  # too few of the pairs occur for a matrix
        svg = _bars(pairs[: MOST_ROWS // 2], title)
    else:
        most = max(p.share for p in cells.values()) or 1.0
        found = [[cells.get((a, b)) for b in order] for a in order]
        shades = [[None if p is None else p.share / most for p in row] for row in found]
        numbers = [["" if p is None else times(p.excess) for p in row] for row in found]
        svg = _heat_map(shades, order, title, numbers)
    table = tuple(
        (
            mark(p.labels[0]),
            mark(p.labels[1]),
            count(p.n_units),
            percent(p.share),
            times(p.excess),
            coefficient(p.settled),
        )
        for p in pairs
    )
    header = (
        "label",
        "other label",
        "tasks with both",
        "share of disagreement",
        "times as often as frequencies explain",
        "alpha if settled, at most",
    )
    return Chart(svg, title, header, table)


def _bars(pairs: Sequence[LabelPair], title: str) -> str:
    """A bar for each pair: its share of the disagreement, and its times of chance beside."""
    shown = [line(" / ".join(pair.labels), 40) for pair in pairs]
    most = max(pair.share for pair in pairs) or 1.0
    left, high = 0.16 + 0.066 * max(map(len, shown)), 0.3 * len(pairs)
    with canvas(left + 3.0, high, left=left) as (figure, ax):
        ax.set_axis_off()
        ax.set_xlim(0, 1.5)
        ax.set_ylim(len(pairs), 0)
        for i, pair in enumerate(pairs):
            _box(ax, (0, pair.share / most, i + 0.15, i + 0.85), ACCENT, _STRONGEST)
            ax.text(-0.04, i + 0.5, shown[i], color=MUTED, fontsize=8.5, ha="right", va="center")
            number = f"{percent(pair.share)}, {times(pair.excess)}"
            place = pair.share / most + 0.03
            ax.text(place, i + 0.5, number, color=INK, fontsize=8, va="center")
        return to_svg(figure, plain(title))


def _heat_map(
    shades: Sequence[Sequence[float | None]],
    names: Sequence[str],
    title: str,
    cells: Sequence[Sequence[str]],
) -> str:
    """A lower triangle of cells: ``shades`` from 0 to 1 (n × n), a text in each cell."""
    n = len(names)
    shown = [line(name, 22) for name in names]
    side = 0.46 if n <= 12 else 0.36
    long = max(map(len, shown)) > 4
    left = 0.16 + 0.066 * max(map(len, shown))
    bottom = 0.14 + 0.049 * max(map(len, shown)) if long else 0.24
    width, height = left + side * (n - 1), bottom + side * (n - 1)
    with canvas(width, height, left=left, bottom=bottom) as (figure, ax):
        for i in range(1, n):
            for j in range(i):
                shade = shades[i][j]
                corners = (j + 0.03, j + 0.97, i + 0.03, i + 0.97)
                _box(ax, corners, INK, 0.05)
                if shade is not None:
                    _box(ax, corners, ACCENT, _STRONGEST * min(max(shade, 0.0), 1.0))
                ax.text(
                    j + 0.5, i + 0.5, cells[i][j], color=INK, fontsize=8, ha="center", va="center"
                )
        ax.set_xlim(0, n - 1)
        ax.set_ylim(n, 1)
        for spine in ax.spines.values():
            spine.set_visible(False)
        places = [k + 0.5 for k in range(n)]
        ax.set_yticks(places[1:], shown[1:])
        ax.set_xticks(
            places[:-1],
            shown[:-1],
            rotation=45 if long else 0,
            ha="right" if long else "center",
            rotation_mode="anchor",
        )
        ax.tick_params(length=0, labelsize=8.5, labelcolor=MUTED)
        return to_svg(figure, plain(title))


def _exact(value: float | None) -> str:
    return NONE if value is None else f"{value:,.4f}"
