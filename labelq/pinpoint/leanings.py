"""Leanings: who uses the scale or the labels differently from the others on the same units.

Where one person rates high, the others do not rate low: the largest leanings are taken first,
and those raters' answers then left out, until nothing is left that stands out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, label_text
from labelq.measure.raters.shared import Shared
from labelq.measure.raters.thresholds import (
    MOST_STEPS,
    Lean,
    label_use,
    shift,
    thresholds,
    too_wide,
)
from labelq.pinpoint.findings import Flag
from labelq.pinpoint.flags import ENOUGH_UNITS, SIGNIFICANT, Family, Flags, Floats, holm, refused

SHIFT_STEPS = 0.25
"""Steps of an ordered scale (standard deviations of free numbers) from which a shift counts."""
LEANS_BY = 0.05
"""Net share of shared units from which a label's use or a threshold counts."""
USE_TIMES = 1.5
EXPECTED = 5
"""A label or a threshold is looked at where so many answers (and as many others) are expected."""
AT_ONE = 0.6
"""So much of all of a rater's differences lies at one threshold, else it is a general shift."""


class _Leaning(NamedTuple):
    """A flag of a rater, with how large it is; significant and large enough."""

    rater: int
    size: float
    flag: Flag


def shift_flags(
    question: Question, shared: Shared, ratings: Ratings, x: Floats | None, n_questions: int = 1
) -> Family:
    """Who answers higher or lower than the others on the same units, by a quarter step.

    ``shared`` are the ``ratings`` that count, ``x`` numbers their values. A step is one label
    of an ordinal question, one standard deviation of free numbers.
    """
    if x is None:
        return refused(shared.n_raters, "needs_ordered_labels")
    spread = float(x[ratings.value].std()) if len(ratings) else 0.0
    least = SHIFT_STEPS * (1.0 if question.level == "ordinal" else spread)

    def leanings(left: Shared, tested: NDArray[np.integer]) -> list[_Leaning]:
        found = shift(left, x)
        p_value = holm(found.p_value[tested], n_questions)
        return [
            _Leaning(r, abs(v), Flag("shift", v, 0.0, int(left.n[r]), int(left.n[r]), p))
            for r, p in zip(tested.tolist(), p_value.tolist(), strict=True)
            for v in [float(found.estimates.value[r])]
            if p < SIGNIFICANT and abs(v) >= least and v != 0
        ]

    return Family(_largest_first(shared, ratings, leanings), shared.n, ENOUGH_UNITS)


def threshold_flags(
    question: Question, shared: Shared, ratings: Ratings, n_questions: int = 1
) -> Family:
    """Who draws the line between two neighbouring labels elsewhere than the others.

    Only where at least 60 % of the rater's differences lie at that one threshold: else it is
    a general shift.
    """
    labels = [label_text(value) for value in ratings.values]
    if question.level != "ordinal":
        return refused(shared.n_raters, "needs_ordered_labels")
    if len(labels) < 3:
        return refused(shared.n_raters, "needs_three_labels")
    if len(labels) > MOST_STEPS:
        return refused(shared.n_raters, "too_many_values")

    def leanings(left: Shared, tested: NDArray[np.integer]) -> list[_Leaning]:
        lean = thresholds(left, len(labels), LEANS_BY)
        if lean is None:
            return []
        all_of_rater = np.bincount(lean.rater, np.abs(lean.value), minlength=left.n_raters)
        found = []
        for i, p in _tested(left, lean, tested, n_questions):
            r, k, value = int(lean.rater[i]), int(lean.option[i]), float(lean.value[i])
            if abs(value) < AT_ONE * all_of_rater[r]:
                continue
            own, rest, n, of = _across(left, r, k, up=value > 0)
            edge = (labels[k + 1], labels[k]) if value > 0 else (labels[k], labels[k + 1])
            if of and own >= 2 * rest:
                flag = Flag("threshold", value, rest, n, of, p, *edge)
                found.append(_Leaning(r, abs(value), flag))
        return found

    return Family(_largest_first(shared, ratings, leanings), shared.n, ENOUGH_UNITS)


def label_use_flags(
    question: Question,
    shared: Shared,
    ratings: Ratings,
    ticks: NDArray[np.bool_] | None,
    habits: Mapping[int, Sequence[Flag]],
    n_questions: int = 1,
) -> Family:
    """Who gives a label much more or less often than the others do on the same units.

    ``ticks`` says which labels each value holds, where it may hold several. A label that a
    habit of the rater already tells about is not told again.
    """
    if question.ordered:
        return refused(shared.n_raters, question.no_labels or "ordered_labels")
    if question.no_labels:
        return refused(shared.n_raters, question.no_labels)
    of = ratings.values if ticks is None else question.labels
    labels = [label_text(value) for value in of]
    if too_wide(shared, len(labels)):
        return refused(shared.n_raters, "too_many_values")

    def leanings(left: Shared, tested: NDArray[np.integer]) -> list[_Leaning]:
        lean = label_use(left, LEANS_BY, ticks)
        if lean is None:
            return []
        found = []
        for i, p in _tested(left, lean, tested, n_questions):
            r, own, others = int(lean.rater[i]), float(lean.own[i]), float(lean.others[i])
            if max(own, others) < USE_TIMES * min(own, others):
                continue
            label = labels[int(lean.option[i])]
            flag = Flag("label_use", own, others, int(lean.n[i]), int(left.n[r]), p, label)
            found.append(_Leaning(r, abs(float(lean.value[i])), flag))
        return found

    flags = _largest_first(shared, ratings, leanings)
    for rater in list(flags):
        told = {label for flag in habits.get(rater, ()) for label in (flag.label, flag.instead_of)}
        flags[rater] = tuple(flag for flag in flags[rater] if flag.label not in told)
    return Family(flags, shared.n, ENOUGH_UNITS)


def _tested(
    shared: Shared, lean: Lean, tested: NDArray[np.integer], n_questions: int
) -> list[tuple[int, float]]:
    """Rows that are significant after correction over raters and options, with their p-value.

    Which rows are tested follows from the units alone, not from who answered what.
    """
    enough = np.minimum(lean.expected, shared.n[lean.rater] - lean.expected) >= EXPECTED
    rows = np.flatnonzero(np.isin(lean.rater, tested) & enough)
    p_value = holm(lean.p_value[rows], n_questions)
    large = np.abs(lean.value[rows]) >= LEANS_BY
    hits = np.flatnonzero((p_value < SIGNIFICANT) & large)
    return [(int(rows[hit]), float(p_value[hit])) for hit in hits]


def _across(shared: Shared, rater: int, k: int, *, up: bool) -> tuple[float, float, int, int]:
    """Where most of the others are on the other side of threshold ``k``: the share of the
    rater's answers that are on this side, the same share among all other raters, and the
    rater's counts.
    """
    above = shared.value > k
    on = np.bincount(shared.row, above)[shared.row] - above
    beyond = 2 * on < shared.m - 1 if up else 2 * on > shared.m - 1
    here = above if up else ~above
    own = shared.rater == rater
    n, of = int((own & beyond & here).sum()), int((own & beyond).sum())
    all_n, all_of = int((beyond & here).sum()), int(beyond.sum())
    return n / max(of, 1), (all_n - n) / max(all_of - of, 1), n, of


def _largest_first(
    shared: Shared,
    ratings: Ratings,
    leanings: Callable[[Shared, NDArray[np.integer]], list[_Leaning]],
) -> Flags:
    found: Flags = {}
    gone = np.zeros(shared.n_raters, np.bool_)
    while len(shared):
        tested = np.flatnonzero((shared.n >= ENOUGH_UNITS) & ~gone)
        left = leanings(shared, tested)
        if not left:
            break
        largest = max(one.size for one in left)
        # Nearly equal ones are taken together: of two raters neither is the one who is off.
        taken = {one.rater for one in left if one.size >= 0.9 * largest}
        for rater in sorted(taken):
            own = sorted((one for one in left if one.rater == rater), key=lambda one: -one.size)
            found[rater] = tuple(one.flag for one in own)
        gone[list(taken)] = True
        shared = shared.without(gone, ratings)
    return found
