"""Speed: how long answers take, robust to idle time and fair about harder units.

Everything is on the log scale and rests on medians, so a forgotten tab moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Ratings
from labelq.measure.raters.estimates import CONFIDENCE, Counts, Estimates, Floats

SHORTEST = 0.1
"""Seconds: shorter times are taken for this."""
IDLE_TIMES = 5
"""An answer is never idle below so many times the rater's own median."""


@dataclass(frozen=True, slots=True, eq=False)
class Speed:
    """Per rater: median ``seconds`` of answers without idle time, ``pace`` as a share of the
    others' time on the same units (1: the same; the median of ratios), and how many answers
    were ``idle``.

    ``faster`` of ``compared`` answers took less time than the others' median on that unit;
    ``p_value`` is the sign test of that (one-sided, exact; nan without any). ``against`` is
    parallel to the ratings: the log of the time over the others' median (nan: not known).
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
    against = log - others_median(ratings.unit[kept], log)
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
