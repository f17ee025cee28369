"""How a rater agrees with the others on the same units: with each, with most, beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelq.measure.raters.estimates import (
    CONFIDENCE,
    ENOUGH,
    Counts,
    Estimates,
    Floats,
    means,
    nowhere,
    share_intervals,
    t_quantile,
)
from labelq.measure.raters.shared import MOST_SPREAD, Shared

MOST_TABLE = 5_000_000
"""Raters × values beyond which no kappa is computed."""


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut:
    """Agreement of each rater with the others.

    ``pairs``: the share of agreeing pairs of this rater's answer and another's. ``most``: the
    share of units on which the rater gave what most of the others gave (of *k* answers that
    tie among the others each counts 1/*k*). ``kappa``: agreement with the others beyond chance
    (Schouten's index of one rater against a group: for two raters Cohen's kappa, with
    quadratic weights where answers are ordered).
    """

    pairs: Estimates
    most: Estimates
    kappa: Estimates


def leave_one_out(shared: Shared, x: Floats | None) -> LeaveOneOut:
    """Agreement with the others. ``x`` gives each value a number where answers are ordered.

    Intervals hold for these raters and other units like these.
    """
    return LeaveOneOut(
        _pairs(shared),
        _most(shared),
        _kappa_of_labels(shared) if x is None else _kappa_of_numbers(shared, x[shared.value]),
    )


def _pairs(shared: Shared) -> Estimates:
    others = (shared.m - 1).astype(np.float64)
    rater, n_raters = shared.rater, shared.n_raters
    n = shared.n
    pairs = np.bincount(rater, others, minlength=n_raters)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.bincount(rater, shared.same, minlength=n_raters) / pairs
        off = shared.same - share[rater] * others
        # A ratio of sums over units, linearised.
        variance = np.bincount(rater, off**2, minlength=n_raters) * n / (n - 1) / pairs**2
    return Estimates(share, *share_intervals(share, variance, n), n)


def _most(shared: Shared) -> Estimates:
    first, _ = shared.cells_of_row
    if not len(first):
        return nowhere(shared.n_raters, "no_overlap")
    top = np.maximum.reduceat(shared.cell_n, first)
    n_rows = len(first)
    leads = shared.cell_n == top[shared.cell_row]
    leaders = np.bincount(shared.cell_row, leads, minlength=n_rows)
    behind = np.bincount(shared.cell_row, shared.cell_n == top[shared.cell_row] - 1, n_rows)
    # Without the rater's own answer a sole leader has one vote less, and may tie with those
    # that stood one behind; without a leader of several, the others lead.
    own = leads[shared.cell] & (leaders[shared.row] == 1)
    ties = np.where(top[shared.row] > 1, behind[shared.row], np.inf)
    credit = np.where(own, 1 / (1 + ties), 0.0)
    n, share, variance = means(shared.rater, credit, shared.n_raters)
    return Estimates(share, *share_intervals(share, variance, n), n)


def _kappa_of_labels(shared: Shared) -> Estimates:
    n_raters, width = shared.n_raters, shared.n_values
    if n_raters * width > MOST_TABLE or shared.n_spread > MOST_SPREAD:
        return nowhere(n_raters, "too_many_values")
    n = shared.n
    per_unit = 1 / np.maximum(n, 1)
    rating, cell = shared.spread
    who = shared.rater[rating]
    theirs = (shared.cell_n[cell] - (shared.cell[rating] == cell)) / (shared.m[rating] - 1)
    label = shared.cell_value[cell]
    place = who * width + label
    q = np.bincount(place, theirs * per_unit[who], minlength=n_raters * width)
    p = np.bincount(
        shared.rater * width + shared.value, per_unit[shared.rater], minlength=n_raters * width
    )
    expected = 1 - (p * q).reshape(n_raters, width).sum(axis=1)
    apart = 1 - shared.same / (shared.m - 1)
    # How the expected disagreement changes with a unit's own answer and the others' answers.
    moves = np.bincount(rating, theirs * p[place], minlength=len(shared))
    moves = -(q[shared.rater * width + shared.value] + moves - 2 * (1 - expected)[shared.rater])
    return _kappa(shared, apart, expected, moves, upper_unit=1.0)


def _kappa_of_numbers(shared: Shared, x: Floats) -> Estimates:
    x = x - (x.mean() if len(x) else 0.0)
    rater, n_raters = shared.rater, shared.n_raters
    total, square = np.bincount(shared.row, x), np.bincount(shared.row, x**2)
    mean = (total[shared.row] - x) / (shared.m - 1)
    second = (square[shared.row] - x**2) / (shared.m - 1)
    _, p1, _ = means(rater, x, n_raters)
    _, p2, _ = means(rater, x**2, n_raters)
    _, q1, _ = means(rater, mean, n_raters)
    _, q2, _ = means(rater, second, n_raters)
    expected = p2 - 2 * p1 * q1 + q2
    apart = x**2 - 2 * x * mean + second
    p1, q1 = p1[rater], q1[rater]
    moves = x**2 + second - 2 * (x * q1 + p1 * mean - p1 * q1) - expected[rater]
    return _kappa(shared, apart, expected, moves, upper_unit=None)


def _kappa(
    shared: Shared, apart: Floats, expected: Floats, moves: Floats, *, upper_unit: float | None
) -> Estimates:
    """1 - observed / expected, linearised over units.

    ``apart`` is the mean distance to the others per rating, ``moves`` the derivative of the
    expected distance there. ``upper_unit`` is the largest distance on a unit, where one is.
    """
    n, observed, _ = means(shared.rater, apart, shared.n_raters)
    expected = np.where(expected > 1e-12, expected, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = 1 - observed / expected
        slope = -(apart - observed[shared.rater]) / expected[shared.rater]
        slope += (observed / expected**2)[shared.rater] * moves
        variance = np.bincount(shared.rater, slope**2, minlength=shared.n_raters) / (n - 1) / n
    varied = _varied(shared)
    half = t_quantile(n) * np.sqrt(np.where(variance > 0, variance, np.nan))
    lower, upper = value - half, np.minimum(value + half, 1.0)
    if upper_unit is not None:
        # Nobody differed: the exact binomial upper limit for 0 of n units.
        limit = 1 - ((1 - CONFIDENCE) / 2) ** (1 / np.maximum(n, 1))
        none = observed == 0
        lower = np.where(none, 1 - limit * upper_unit / expected, lower)
        upper = np.where(none, 1.0, upper)
    known = varied >= ENOUGH
    lower, upper = np.where(known, lower, np.nan), np.where(known, upper, np.nan)
    reason = "too_little_variation"
    return Estimates(value, lower, upper, n, open=reason)


def _varied(shared: Shared) -> Counts:
    """Per rater, shared units that carry another value than the rater's units mostly carry."""
    common = np.bincount(shared.value, minlength=shared.n_values).argmax()
    other = np.bincount(shared.row, shared.value != common) > 0
    varied: Counts = np.bincount(shared.rater[other[shared.row]], minlength=shared.n_raters)
    return varied
