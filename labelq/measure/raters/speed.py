"""Speed: how long answers take, robust to idle time and fair about harder units.

Everything is on the log scale and rests on medians, so a forgotten tab moves nothing. A time is
the unit's times the rater's: log time = unit + rater, fitted by medians (Tukey's median polish,
1977, each answer against the others' only). So nobody looks slow for sharing units with somebody
fast: the others' times are first brought to the pace of the rater in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Ratings
from labelq.measure.raters.estimates import CONFIDENCE, ENOUGH, Counts, Estimates, Floats

SHORTEST = 0.1
"""Seconds: shorter times are taken for this."""
IDLE_TIMES = 5
"""An answer is never idle below so many times the rater's own median."""
MOST_POLISHED = 100_000
"""Answers that the paces are fitted to."""
MOST_ROUNDS, ENOUGH_MOVED = 30, 0.002
"""Rounds of the polish, and the change of a pace (on the log scale) below which it stops."""


@dataclass(frozen=True, slots=True, eq=False)
class Speed:
    """Per rater: median ``seconds`` of answers without idle time, ``pace`` as a share of what
    the rater in the middle takes on the same units (1: the same; the median of ratios), and how
    many answers were ``idle``. With two raters only it is a share of the other's time.

    ``faster`` of ``compared`` answers took less time than the rater in the middle takes on that
    unit; ``p_value`` is the sign test of that (one-sided, exact; nan without any). ``against``
    is parallel to the ratings: the log of the time over that time (nan: not known).
    """

    seconds: Estimates
    pace: Estimates
    idle: Counts
    faster: Counts
    compared: Counts
    p_value: Floats
    against: Floats


def speed(ratings: Ratings, n_raters: int) -> Speed:
    """The speed of every rater, from answers whose time is known."""
    from scipy.stats import binom

    timed = np.flatnonzero(np.isfinite(ratings.seconds))
    log = np.log(np.maximum(ratings.seconds[timed], SHORTEST)).astype(np.float64)
    rater = ratings.rater[timed]
    idle = _idle(rater, log, n_raters)
    kept, rater, log = timed[~idle], rater[~idle], log[~idle]
    against = _against(ratings.unit[kept], rater, log, n_raters)
    there = np.isfinite(against)
    signs = there & (against != 0)
    faster = np.bincount(rater[signs], against[signs] < 0, minlength=n_raters).astype(np.int64)
    signed = np.bincount(rater[signs], minlength=n_raters)
    everywhere = np.full(len(ratings), np.nan)
    everywhere[kept] = against
    pace = _estimates(rater[there], against[there], n_raters, "no_overlap")
    return Speed(
        _estimates(rater, log, n_raters, "no_times"),
        pace,
        np.bincount(ratings.rater[timed[idle]], minlength=n_raters),
        faster,
        pace.n,
        np.where(signed > 0, binom.sf(faster - 1, np.maximum(signed, 1), 0.5), np.nan),
        everywhere,
    )


def _against(
    unit: NDArray[np.integer], rater: NDArray[np.integer], log: Floats, n_raters: int
) -> Floats:
    """Log of each time over what the rater in the middle takes on that unit; nan where unknown.

    Raters that no chain of shared units connects are not compared: each such group has its own
    middle, over its raters with enough times (all of them if none has).
    """
    shared = np.flatnonzero(np.bincount(unit)[unit] > 1)
    against = np.full(len(log), np.nan)
    unit, rater, log = unit[shared], rater[shared], log[shared]
    group, n_in_group = _groups(unit, rater, n_raters)
    alone = n_in_group[group] < 3  # of two raters neither is in the middle
    pace = np.zeros(n_raters)

    def moved(rows: slice | NDArray[np.bool_]) -> Floats:
        who = rater[rows]
        off = log[rows] - others_median(unit[rows], log[rows] - pace[who])
        n = np.bincount(who, minlength=n_raters)
        middle = _group_medians(who, off, n_raters)
        middle -= _middles(middle, n, group)[group]
        return np.where(alone | (n == 0), 0.0, middle - pace)

    # Of a large round some whole units fix the paces, and the rest tell of raters without any.
    step = len(log) // MOST_POLISHED + 1
    some = slice(None) if step == 1 else unit % step == 0
    for _ in range(MOST_ROUNDS):
        change = moved(some)
        if np.abs(change).max(initial=0) < ENOUGH_MOVED:
            break
        pace += change / 2  # whole steps would swing: who was slow makes the others fast
    if step > 1:
        unseen = np.bincount(rater[some], minlength=n_raters) == 0
        pace += np.where(unseen, moved(slice(None)), 0.0) if unseen.any() else 0.0
    against[shared] = log - others_median(unit, log - pace[rater])
    return against


def _groups(
    unit: NDArray[np.integer], rater: NDArray[np.integer], n_raters: int
) -> tuple[Counts, Counts]:
    """Per rater, the group that shared units connect; and how many raters with times each has."""
    from scipy import sparse

    n_units = int(unit.max(initial=-1)) + 1
    shape = (n_raters + n_units, n_raters + n_units)
    edges = sparse.coo_array((np.ones(len(unit), np.int8), (rater, n_raters + unit)), shape=shape)
    _, label = sparse.csgraph.connected_components(edges.tocsr(), directed=False)
    there = np.bincount(rater, minlength=n_raters) > 0
    group: Counts = label[:n_raters].astype(np.int64)
    return group, np.bincount(group[there], minlength=int(group.max(initial=-1)) + 1)


def _middles(pace: Floats, n: Counts, group: Counts) -> Floats:
    """The median pace of each group of raters (0 where nobody has a time)."""
    n_groups = int(group.max(initial=-1)) + 1
    most = np.zeros(n_groups, np.int64)
    np.maximum.at(most, group, n)
    counts = (n > 0) & (n >= np.minimum(ENOUGH, most)[group])
    return _group_medians(group[counts], pace[counts], n_groups)


def _group_medians(group: NDArray[np.integer], x: Floats, n_groups: int) -> Floats:
    """The median of ``x`` in each group, 0 where there is none."""
    n = np.bincount(group, minlength=n_groups)
    found, some = np.zeros(n_groups), n > 0
    ordered = x[np.lexsort((x, group))]
    start, n = (np.cumsum(n) - n)[some], n[some]
    found[some] = (ordered[start + (n - 1) // 2] + ordered[start + n // 2]) / 2
    return found


def others_median(unit: NDArray[np.integer], x: Floats) -> Floats:
    """Per entry, the median of the other entries of the same unit; nan where there is none."""
    order = np.lexsort((x, unit))
    ordered = x[order]
    n = np.bincount(unit)
    first = (np.cumsum(n) - n)[unit[order]]
    size = n[unit[order]]
    place = np.arange(len(x)) - first
    found = np.full(len(x), np.nan)
    several = size > 1
    place, first, size = place[several], first[several], size[several]
    # Without the entry itself, those from its place on move up by one.
    low, high = (size - 2) // 2, (size - 1) // 2
    low, high = low + (low >= place), high + (high >= place)
    found[order[several]] = (ordered[first + low] + ordered[first + high]) / 2
    return found


def _idle(rater: NDArray[np.integer], log: Floats, n_raters: int) -> NDArray[np.bool_]:
    """Answers far above their rater's own median: three quartile distances above the third
    quartile of all raters' deviations (Tukey's outer fence), and five times the median.
    """
    if not len(log):
        return np.zeros(0, np.bool_)
    off = log - _medians(rater, log, n_raters)[0][rater]
    low, high = np.quantile(off, (0.25, 0.75))
    idle: NDArray[np.bool_] = off > max(high + 3 * (high - low), np.log(IDLE_TIMES))
    return idle


def _estimates(rater: NDArray[np.integer], log: Floats, n_raters: int, none: str) -> Estimates:
    """Medians back from the log scale: seconds, or ratios."""
    middle, lower, upper, n = _medians(rater, log, n_raters)
    return Estimates(np.exp(middle), np.exp(lower), np.exp(upper), n, none)


def _medians(
    rater: NDArray[np.integer], log: Floats, n_raters: int
) -> tuple[Floats, Floats, Floats, Counts]:
    """The median per rater, with its interval from order statistics (no assumption), and n."""
    from scipy.stats import binom

    n = np.bincount(rater, minlength=n_raters)
    start = np.cumsum(n) - n
    # So many lie below the lower end that the binomial law of 1/2 leaves at most 2.5 % there.
    tail = (1 - CONFIDENCE) / 2
    below = binom.ppf(tail, n, 0.5)
    below = np.where(binom.cdf(below, n, 0.5) > tail, below - 1, below)
    middle, lower, upper = (np.full(n_raters, np.nan) for _ in range(3))
    by_rater = log[np.argsort(rater, kind="stable")]
    for r in np.flatnonzero(n):
        own = np.sort(by_rater[start[r] : start[r] + n[r]])
        middle[r] = (own[(n[r] - 1) // 2] + own[n[r] // 2]) / 2
        if below[r] >= 0:
            rank = int(below[r])
            lower[r], upper[r] = own[rank], own[n[r] - 1 - rank]
    return middle, lower, upper, n
