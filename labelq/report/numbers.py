"""Numbers as people read them. Rounding happens here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable

MINUS = "\u2212"

NONE = "–"
"""Stands where there is no number."""


def coefficient(value: float | None, against: Iterable[float] = ()) -> str:
    """A coefficient with two decimals and no leading zero; a third where rounding would put it
    on the wrong side of a threshold in ``against``; words where three do not tell them apart.

    >>> coefficient(0.6249), coefficient(-0.05), coefficient(1.0), coefficient(None)
    ('.62', '−.05', '1.00', '–')
    >>> coefficient(0.6664, against=[0.667]), coefficient(0.66704, against=[0.667])
    ('.666', '.67')
    >>> coefficient(0.7996, against=[0.8]), coefficient(0.6669, against=[0.667])
    ('just below .8', 'just below .667')
    """
    if value is None or not math.isfinite(value):
        return NONE
    against = tuple(against)
    for decimals in (2, 3):
        shown = f"{value:.{decimals}f}"
        if all(_keeps_side(value, float(shown), t) for t in against):
            return _typographic(shown)
    nearest = min(against, key=lambda t: abs(value - t))
    return f"just {'above' if value > nearest else 'below'} {threshold(nearest)}"


def _keeps_side(value: float, shown: float, threshold: float) -> bool:
    """Whether ``shown`` says on which side of a threshold ``value`` lies (on it: reached).

    Of zero: only zero is shown as zero, because a sign is at stake.
    """
    if threshold == 0 and shown == 0:
        return value == 0
    return (shown >= threshold) == (value >= threshold)


def amount(value: float | None) -> str:
    """An observed or expected (dis)agreement, which squared distances can make large.

    >>> amount(0.2931), amount(42296.1), amount(None)
    ('.29', '42,296', '–')
    """
    large = value is not None and math.isfinite(value) and abs(value) >= 100
    return f"{value:,.0f}" if large else coefficient(value)


def digits(value: float | None, decimals: int = 6) -> str:
    """A number of a calculation that people follow: enough decimals to add up as printed.

    >>> digits(0.2), digits(1 / 3), digits(40), digits(-1234.5, 2), digits(2e-9)
    ('.2', '.333333', '40', '−1,234.5', '2e-09')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if value and abs(value) < 10**-decimals:
        return f"{value:.0e}".replace("-", MINUS, 1) if value < 0 else f"{value:.0e}"
    shown = f"{value:,.{decimals}f}"
    return _typographic(shown.rstrip("0").rstrip(".") if "." in shown else shown)


def threshold(value: float) -> str:
    """A threshold with the decimals it needs.

    >>> threshold(0.667), threshold(0.8)
    ('.667', '.8')
    """
    return _typographic(f"{value:.4g}")


def interval(lower: float | None, upper: float | None, against: Iterable[float] = ()) -> str:
    """An interval in words, empty if there is none.

    >>> interval(0.55, 0.69)
    '.55 to .69'
    """
    if lower is None or upper is None:
        return ""
    against = tuple(against)
    return f"{coefficient(lower, against)} to {coefficient(upper, against)}"


def percent(share: float | None) -> str:
    """A whole percentage; the ends are only claimed when they are exact.

    >>> percent(0.314), percent(0.001), percent(0.999), percent(1)
    ('31 %', 'under 1 %', 'over 99 %', '100 %')
    """
    if share is None or not math.isfinite(share):
        return NONE
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share * 100:.0f} %"


def share(value: float | None, lower: float | None = None, upper: float | None = None) -> str:
    """A share with its interval; at an end of the scale what the interval adds, if anything.

    >>> share(0.84, 0.81, 0.87), share(0.84)
    ('84 % (81 % to 87 %)', '84 %')
    >>> share(0.001, 0.0, 0.003), share(0.001, 0.0, 0.04), share(0.999, 0.97, 1.0)
    ('under 1 %', 'under 1 % (at most 4 %)', 'over 99 % (at least 97 %)')
    """
    said = percent(value)
    if value is None or lower is None or upper is None:
        return said
    low, high = percent(lower), percent(upper)
    if value < 0.005 and lower < 0.005:
        return said if upper < 0.005 else f"{said} (at most {high})"
    if value >= 0.995 and upper >= 0.995:
        return said if lower >= 0.995 else f"{said} (at least {low})"
    return f"{said} ({low} to {high})"


def about(shown: str) -> str:
    """The word *about* before a number, but not before what says so already.

    >>> about("84 %"), about("over 99 %")
    ('about 84 %', 'over 99 %')
    """
    return shown if shown.startswith(("over ", "under ")) else f"about {shown}"


def count(n: int) -> str:
    """A count with thousands set apart: ``1,912``."""
    return f"{n:,}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "task"), counted(1200, "task")
    ('1 task', '1,200 tasks')
    """
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def seconds(value: float | None) -> str:
    """A duration: ``3 s``, ``1 min 20 s``, ``2 h 5 min``.

    >>> seconds(2.6), seconds(80), seconds(7500), seconds(0.2)
    ('3 s', '1 min 20 s', '2 h 5 min', 'under 1 s')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if 0 < value < 0.5:
        return "under 1 s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(value / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def times(value: float | None) -> str:
    """A ratio: ``3.1×``; ``under 0.1×`` where rounding would say nothing."""
    if value is None or not math.isfinite(value):
        return NONE
    if 0 < value < 0.05:
        return "under 0.1×"
    return f"{count(round(value))}×" if value >= 100 else f"{value:.1f}×"


def small(value: float | None) -> str:
    """A very small difference: ``2e-16``, ``0``."""
    return NONE if value is None else f"{value:.0e}" if value else "0"


def fixed(value: float | None, decimals: int = 4) -> str:
    """A number of a column of numbers with equally many decimals.

    >>> fixed(0.143), fixed(-0.5349), fixed(None)
    ('.1430', '−.5349', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    return _typographic(f"{value:,.{decimals}f}")


def _typographic(shown: str) -> str:
    sign = MINUS if shown.startswith("-") else ""
    digits = shown.removeprefix("-")
    if not digits.strip("0."):
        sign = ""  # no negative zero
    return sign + (digits.removeprefix("0") if digits.startswith("0.") else digits)
