"""How many units and raters per unit answer a question about agreement, from an observed round.

The standard error of a coefficient shrinks with the square root of the number of units:
error² = s²(r) / units, where r is the number of ratings per unit. s²(r) is measured on the
round itself: each unit's ratings are cut down at random to r = 2, 3, … as far as the units
go. A coefficient of agreement compares pairs of ratings within a unit, so its error is that of
a U-statistic of degree two (Hoeffding 1948)::

    s²(r) = a + 4b / r + 2c / (r (r - 1)),    a, b, c ≥ 0

which carries on beyond the observed r: exactly where units with four or more ratings tell a, b
and c apart, else as the largest value that the observed ones allow ("at most").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from labelq.labels.model import Question, Rater, Ratings
from labelq.measure.agreement import agreement
from labelq.measure.intervals.estimates import MIN_VARIED
from labelq.measure.registry import HEADLINE
from labelq.measure.results import Agreement

Floats = NDArray[np.float64]
Basis = Literal["measured", "extrapolated", "at_most"]

DRAWS = 5
"""Random cuts of the ratings to r per unit, over which s²(r) is averaged."""

ENOUGH_UNITS, ENOUGH_SHARE = 30, 0.2
"""s²(r) is measured on so many units with r ratings, and this share of those with two."""

MISFIT = 0.1
"""A fit that is off by this share somewhere does not tell what lies beyond."""

POWER = 0.8
IDLE = 10
"""An answer that took more than so many times the median is counted as that: idle time."""

RATERS_PER_UNIT = (2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Goal:
    """``width``: the interval shall be so wide, from end to end. ``detect``: a next round of
    other units, measured alike, shall show a change of this size with a chance of 80 %.
    """

    kind: Literal["width", "detect"]
    size: float


@dataclass(frozen=True, slots=True)
class Option:
    """One design: ``units`` with ``raters_per_unit`` different raters each.

    ``basis`` says how s²(r) is known: measured on the round, extrapolated, or an upper bound.
    ``seconds`` is the labeling time of all ratings, None where the round has no times.
    ``cheapest`` marks the option with the fewest ratings.
    """

    raters_per_unit: int
    units: int
    ratings: int
    seconds: float | None
    basis: Basis
    cheapest: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What one question needs to reach ``goal``.

    ``headline`` is the coefficient of the round as it is, ``n_units`` its units with two or
    more ratings. ``seconds`` is the mean time per rating without idle time, over ``n_timed``
    ratings. ``reason`` says why there are no options: ``no_overlap``, ``no_variation``,
    ``too_few_units``, ``too_little_variation`` (the round is too small to plan from) or
    ``round_too_uncertain`` (no next round, however large, shows such a change, because this
    round itself is not known well enough). ``smallest`` is the smallest change that a next
    round of any size could show, None for a width.
    """

    question: str
    goal: Goal
    headline: Agreement
    n_units: int
    seconds: float | None
    n_timed: int
    options: tuple[Option, ...]
    reason: str | None = None
    smallest: float | None = None


def plan(
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    goal: Goal,
    *,
    raters_per_unit: Sequence[int] = RATERS_PER_UNIT,
    seconds: float | None = None,
    seed: int = 0,
    confidence: float = 0.95,
) -> Plan:
    """Designs that reach ``goal`` for the headline coefficient of ``question``.

    ``seconds`` per rating replaces the observed time.
    """

    def headline_of(of: Ratings, seed: int) -> Agreement:
        rows = agreement(question, of, raters, metrics=[HEADLINE], seed=seed, confidence=confidence)
        return next(row for row in rows if row.label is None)

    row = headline_of(ratings, seed)
    timed = ratings.seconds[np.isfinite(ratings.seconds)].astype(np.float64)
    each = seconds if seconds is not None else _mean_seconds(timed)
    found = Plan(question.name, goal, row, row.n_units, each, len(timed), ())
    error = _error(row, confidence)
    if error is None:
        return replace(found, reason=row.reason or "too_little_variation")
    z = float(ndtri((1 + confidence) / 2))
    if goal.kind == "width":
        left = (goal.size / 2 / z) ** 2
    else:
        reach = z + float(ndtri(POWER))
        found = replace(found, smallest=error * reach)
        left = (goal.size / reach) ** 2 - error**2
        if left <= 0:
            return replace(found, reason="round_too_uncertain")
    observed = _spreads(ratings, headline_of, seed=seed, confidence=confidence)
    if not observed:
        return replace(found, reason="too_little_variation")
    varied = _varied_share(ratings)
    options = []
    for r in sorted(set(raters_per_unit)):
        spread, basis = spread_at(r, observed)
        # So many units that they pass the evidence floor, too.
        units = max(math.ceil(spread / left), math.ceil(MIN_VARIED / varied), 2)
        cost = None if each is None else units * r * each
        options.append(Option(r, units, units * r, cost, basis))
    cheapest = min(range(len(options)), key=lambda i: options[i].ratings)
    options[cheapest] = replace(options[cheapest], cheapest=True)
    return replace(found, options=tuple(options))


def spread_at(r: int, observed: dict[int, float]) -> tuple[float, Basis]:
    """s²(r), from s² at some numbers of ratings per unit, the smallest of them 2.

    Beyond what was observed from non-negative a, b and c that fit it, or, where they are not
    determined, the largest value that they allow. Where none fit (some units weigh more than
    all others), no gain from more ratings is promised.
    """
    from scipy.optimize import linprog, nnls

    if r in observed:
        return observed[r], "measured"
    known = np.array(sorted(observed), np.float64)
    squares = np.array([observed[int(k)] for k in known])
    terms, at_r = _terms(known), _terms(np.array([r], np.float64))[0]
    fit, _ = nnls(terms, squares)
    if (np.abs(terms @ fit - squares) > MISFIT * squares).any():
        return float(squares[known < r].min()), "at_most"
    if len(known) >= 3:
        return float(at_r @ fit), "extrapolated"
    # The fitted values hold exactly; what they leave open is set against the plan.
    worst = linprog(-at_r, A_eq=terms, b_eq=terms @ fit, bounds=[(0, None)] * 3)
    return min(float(at_r @ worst.x), float(squares[-1])), "at_most"


def _terms(r: Floats) -> Floats:
    return np.stack([np.ones_like(r), 4 / r, 2 / (r * (r - 1))], axis=1)


def _spreads(
    ratings: Ratings,
    headline_of: Callable[[Ratings, int], Agreement],
    *,
    seed: int,
    confidence: float,
) -> dict[int, float]:
    """s²(r) for r = 2, 3, … as far as enough units have so many ratings.

    Units with more ratings than most are often chosen because they are hard: they must be
    at least a fifth of all.
    """
    n = np.bincount(ratings.unit)
    most = int(n.max(initial=0))
    found: dict[int, float] = {}
    rng = np.random.default_rng([seed, 0x504C414E])
    for r in range(2, min(most, max(RATERS_PER_UNIT) + 1) + 1):
        if (n >= r).sum() < max(ENOUGH_UNITS, ENOUGH_SHARE * (n >= 2).sum()):
            break
        enough = ratings.select(n[ratings.unit] >= r)
        # Where there is nothing to cut one draw says it all.
        draws = DRAWS if (n > r).any() else 1
        squares = []
        for _ in range(draws):
            row = headline_of(_cut(enough, r, rng), seed)
            error = _error(row, confidence)
            if error is not None:
                squares.append(error**2 * row.n_units)
        if not squares:
            break
        found[r] = float(np.mean(squares))
    return found


def _cut(ratings: Ratings, r: int, rng: np.random.Generator) -> Ratings:
    """``r`` ratings of every unit, drawn at random without replacement."""
    order = np.lexsort((rng.random(len(ratings)), ratings.unit))
    unit = ratings.unit[order]
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    place = np.arange(len(unit)) - np.repeat(first, np.diff(np.append(first, len(unit))))
    return ratings.select(np.sort(order[place < r]))


def _error(row: Agreement, confidence: float) -> float | None:
    """Standard error from the width of an interval that resampling gave."""
    if row.lower is None or row.upper is None or row.value is None:
        return None
    if (row.interval_method or "").startswith("binomial"):
        return None
    return float((row.upper - row.lower) / 2 / ndtri((1 + confidence) / 2))


def _varied_share(ratings: Ratings) -> float:
    """Share of units with two or more ratings that carry another value than the commonest."""
    n = np.bincount(ratings.unit)
    multiple = ratings.select(n[ratings.unit] >= 2)
    commonest = np.bincount(multiple.value).argmax()
    other = np.unique(multiple.unit[multiple.value != commonest])
    return max(len(other), 1) / len(np.unique(multiple.unit))


def _mean_seconds(timed: Floats) -> float | None:
    """Mean time per rating; what took more than :data:`IDLE` medians counts as that much."""
    if not len(timed):
        return None
    return float(np.minimum(timed, IDLE * np.median(timed)).mean())
