"""Drift: did a rater's agreement with the others change over time, and where?

Only units with three or more ratings tell: on each, the share of the others who agree with
the rater is held against the share of agreeing pairs among those others, so that harder units
later on are not taken for a change. The change point is where the cumulative sum of these
differences, in the order of submission, lies farthest from a straight line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Ratings
from labelq.measure.raters.estimates import (
    Counts,
    Estimate,
    Floats,
    share_intervals,
)
from labelq.measure.raters.shared import Shared
from labelq.measure.raters.speed import SHORTEST, Speed

ENOUGH_BEFORE_AND_AFTER = 20
"""Answers on each side of a change point, at least."""

STEPWISE = 0.583
"""How much farther a Brownian bridge strays than a walk of n steps, in 1/√n (Siegmund)."""


@dataclass(frozen=True, slots=True)
class Change:
    """The likeliest change point of one rater, and how likely it is by chance alone.

    ``nth`` of ``of`` comparable answers, in order of time, is the first after it, given at
    ``time`` (ISO, UTC); ``before`` and ``after`` are the values on either side. ``change`` is their
    difference freed of how hard the units were (for speed the ratio, freed of slow units).
    ``p_value`` is that of the largest CUSUM (not corrected over raters).
    """

    nth: int
    of: int
    time: str
    before: Estimate
    after: Estimate
    change: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Per rater code, the change points of raters with enough answers; ``n`` (R,) counts each
    rater's comparable answers, and ``dated`` says whether any answer has a time.
    """

    changes: dict[int, Change]
    n: Counts
    dated: bool


def agreement_drift(shared: Shared, ratings: Ratings) -> Drift:
    """Where agreement with the others changed. ``shared`` holds units with 3 or more ratings."""
    when = ratings.submitted[shared.at]
    dated = np.flatnonzero(~np.isnat(when))
    m = shared.m.astype(np.float64)
    own = shared.same / (m - 1)
    agreeing = np.bincount(shared.row, shared.same)[shared.row] / 2
    rest = (agreeing - shared.same) / ((m - 1) * (m - 2) / 2)
    return _drift(
        shared.rater[dated], when[dated], (own - rest)[dated], own[dated], shared.n_raters
    )


def speed_drift(speed: Speed, ratings: Ratings, n_raters: int) -> Drift:
    """Where the time per answer changed against the others' on the same units.

    On ranks; answers taken for idle time are left out.
    """
    at = np.flatnonzero(np.isfinite(speed.against) & ~np.isnat(ratings.submitted))
    against = speed.against[at]
    log = np.log(np.maximum(ratings.seconds[at], SHORTEST)).astype(np.float64)
    return _drift(ratings.rater[at], ratings.submitted[at], against, None, n_raters, log)


def _drift(
    rater: NDArray[np.integer],
    when: NDArray[np.datetime64],
    y: Floats,
    share: Floats | None,
    n_raters: int,
    log: Floats | None = None,
) -> Drift:
    n = np.bincount(rater, minlength=n_raters)
    found: list[tuple[int, int, int, str, float, float]] = []
    parts: list[Floats] = []
    by_rater = np.argsort(rater, kind="stable")
    ends = np.cumsum(n)
    for r in np.flatnonzero(n >= 2 * ENOUGH_BEFORE_AND_AFTER):
        rows = by_rater[ends[r] - n[r] : ends[r]]
        rows = rows[np.argsort(when[rows], kind="stable")]
        series = y[rows] if share is not None else _ranks(y[rows])
        point = change_point(series, when[rows])
        if point is None:
            continue
        first, p_value = point
        before, after = rows[:first], rows[first:]
        if share is not None:
            change = float(y[after].mean() - y[before].mean())
            parts += [share[before], share[after]]
        else:
            assert log is not None
            change = float(np.exp(np.median(y[after]) - np.median(y[before])))
            parts += [log[before], log[after]]
        found.append((int(r), first + 1, len(rows), str(when[rows[first]]), change, p_value))
    sides = _shares(parts) if share is not None else _medians(parts)
    changes = {
        r: Change(nth, of, time, sides[2 * i], sides[2 * i + 1], change, p_value)
        for i, (r, nth, of, time, change, p_value) in enumerate(found)
    }
    return Drift(changes, n, bool(len(rater)))


def change_point(y: Floats, when: NDArray[np.datetime64]) -> tuple[int, float] | None:
    """Position of the first answer after the likeliest change of the mean, and its p-value.

    ``y`` is in the order of ``when``. Answers of the same moment stay together: the sum is
    only looked at between moments, and only with enough answers on each side. The p-value is
    Kolmogorov's (the largest distance of a Brownian bridge) at the largest distance seen plus
    Siegmund's correction for steps; fewer places to look at only make it larger than needed.
    None where nothing varies or there is no place to look at.
    """
    from scipy.special import kolmogorov

    n = len(y)
    off = y - y.mean()
    spread = float(np.sqrt((off**2).mean()))
    places = np.flatnonzero(when[1:] != when[:-1]) + 1
    inside = (places >= ENOUGH_BEFORE_AND_AFTER) & (places <= n - ENOUGH_BEFORE_AND_AFTER)
    places = places[inside]
    if spread < 1e-9 or not len(places):
        return None
    stray = np.abs(np.cumsum(off)[places - 1])
    best = int(stray.argmax())
    score = stray[best] / spread / np.sqrt(n) + STEPWISE / np.sqrt(n)
    return int(places[best]), float(kolmogorov(score))


def _ranks(x: Floats) -> Floats:
    """Ranks, equal values sharing their mean."""
    order = np.argsort(x)
    ordered = x[order]
    new = np.append(True, ordered[1:] != ordered[:-1])
    start = np.flatnonzero(new)
    mean = (start + np.append(start[1:], len(x)) - 1) / 2
    ranks: Floats = np.empty(len(x))
    ranks[order] = mean[np.cumsum(new) - 1]
    return ranks


def _shares(parts: Sequence[Floats]) -> list[Estimate]:
    n = np.array([len(part) for part in parts], np.int64)
    mean = np.array([part.mean() for part in parts])
    variance = np.array([part.var(ddof=1) / len(part) for part in parts])
    lower, upper = share_intervals(mean, variance, n)
    return [
        Estimate(float(mean[i]), float(lower[i]), float(upper[i]), int(n[i]))
        for i in range(len(parts))
    ]


def _medians(parts: Sequence[Floats]) -> list[Estimate]:
    return [
        Estimate(float(np.exp(np.median(part))), None, None, len(part), "not_given")
        for part in parts
    ]
