"""Leanings: who uses the scale or the labels differently from the others on the same units.

Where one person rates high, the others do not rate low: the largest leanings are taken first,
and those raters' answers then left out, until nothing is left that stands out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, label_text
from labelq.measure.raters.estimates import Estimate, Estimates, nowhere
from labelq.measure.raters.shared import Shared
from labelq.measure.raters.thresholds import (
    MOST_STEPS,
    Lean,
    Shift,
    label_use,
    shift,
    thresholds,
    too_wide,
)
from labelq.pinpoint.flags import ENOUGH_UNITS, SIGNIFICANT, Family, Flags, Floats, holm, refused
from labelq.pinpoint.rater_findings import Flag, LabelUse, ThresholdUse

T = TypeVar("T")

SHIFT_STEPS = 0.25
"""Steps of an ordered scale (standard deviations of free numbers) from which a shift counts."""
LEANS_BY = 0.05
"""Net share of shared units from which a label's use or a threshold counts."""
USE_TIMES = 1.5
EXPECTED = 5
"""A label or a threshold is looked at where so many answers (and as many others) are expected."""
MOST_LABELS = 12
"""So many labels per rater get a row of their use: those that differ most from the others'."""
ALL = 2.0
"""A share that no difference reaches: nothing is tested, everything is estimated."""
AT_ONE = 0.6
"""So much of all of a rater's differences lies at one threshold, else it is a general shift."""


class _Leaning(NamedTuple):
    """A flag of a rater, with how large it is; significant and large enough."""

    rater: int
    size: float
    flag: Flag


@dataclass(frozen=True, slots=True, eq=False)
class Leanings(Generic[T]):
    """A ``family`` of flags, and the comparisons that they were told from.

    ``found`` is what each comparison found about all raters, ``out`` the raters left out of it,
    ``last`` (R,) the position of the one in which a rater was last tested. What is shown about
    a rater comes from that one too, so that no flag contradicts the number beside it. Without
    ``found`` the question was not compared.
    """

    family: Family
    found: Sequence[T] = ()
    out: Sequence[tuple[int, ...]] = ()
    last: NDArray[np.integer] | None = None

    def look(self, rater: int) -> int:
        """The position of the comparison in which the rater was last tested."""
        return 0 if self.last is None else int(self.last[rater])

    def left_out(self, rater: int) -> tuple[int, ...]:
        """The raters that are left out where this one is compared."""
        return self.out[self.look(rater)] if self.out else ()


def shift_flags(
    question: Question, shared: Shared, ratings: Ratings, x: Floats | None, n_questions: int = 1
) -> Leanings[Shift]:
    """Who answers higher or lower than the others on the same units, by a quarter step.

    ``shared`` are the ``ratings`` that count, ``x`` numbers their values. A step is one label
    of an ordinal question, one standard deviation of free numbers.
    """
    if x is None:
        return Leanings(refused(shared.n_raters, "needs_ordered_labels"))
    spread = float(x[ratings.value].std()) if len(ratings) else 0.0
    least = SHIFT_STEPS * (1.0 if question.level == "ordinal" else spread)

    def leanings(left: Shared, tested: NDArray[np.integer]) -> tuple[Shift, list[_Leaning]]:
        found = shift(left, x)
        p_value = holm(found.p_value[tested], n_questions)
        return found, [
            _Leaning(r, abs(v), Flag("shift", v, 0.0, int(left.n[r]), int(left.n[r]), p))
            for r, p in zip(tested.tolist(), p_value.tolist(), strict=True)
            for v in [float(found.estimates.value[r])]
            if p < SIGNIFICANT and abs(v) >= least and v != 0
        ]

    return _largest_first(shared, ratings, leanings)


def threshold_flags(
    question: Question, shared: Shared, ratings: Ratings, n_questions: int = 1
) -> Leanings[Lean | None]:
    """Who draws the line between two neighbouring labels elsewhere than the others.

    Only where at least 60 % of the rater's differences lie at that one threshold: else it is
    a general shift.
    """
    labels = [label_text(value) for value in ratings.values]
    if question.level != "ordinal":
        return Leanings(refused(shared.n_raters, "needs_ordered_labels"))
    if len(labels) < 3:
        return Leanings(refused(shared.n_raters, "needs_three_labels"))
    if len(labels) > MOST_STEPS:
        return Leanings(refused(shared.n_raters, "too_many_values"))

    def leanings(left: Shared, tested: NDArray[np.integer]) -> tuple[Lean | None, list[_Leaning]]:
        lean = thresholds(left, len(labels), LEANS_BY)
        if lean is None:
            return None, []
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
        return lean, found

    return _largest_first(shared, ratings, leanings)


def label_use_flags(
    question: Question,
    shared: Shared,
    ratings: Ratings,
    ticks: NDArray[np.bool_] | None,
    habits: Mapping[int, Sequence[Flag]],
    n_questions: int = 1,
) -> Leanings[Lean | None]:
    """Who gives a label much more or less often than the others do on the same units.

    ``ticks`` says which labels each value holds, where it may hold several. A label that a
    habit of the rater already tells about is not told again.
    """
    if question.ordered:
        return Leanings(refused(shared.n_raters, question.no_labels or "ordered_labels"))
    if question.no_labels:
        return Leanings(refused(shared.n_raters, question.no_labels))
    of = ratings.values if ticks is None else question.labels
    labels = [label_text(value) for value in of]
    if too_wide(shared, len(labels)):
        return Leanings(refused(shared.n_raters, "too_many_values"))

    def leanings(left: Shared, tested: NDArray[np.integer]) -> tuple[Lean | None, list[_Leaning]]:
        lean = label_use(left, LEANS_BY, ticks)
        if lean is None:
            return None, []
        found = []
        for i, p in _tested(left, lean, tested, n_questions):
            r, own, others = int(lean.rater[i]), float(lean.own[i]), float(lean.others[i])
            if max(own, others) < USE_TIMES * min(own, others):
                continue
            label = labels[int(lean.option[i])]
            flag = Flag("label_use", own, others, int(lean.n[i]), int(left.n[r]), p, label)
            found.append(_Leaning(r, abs(float(lean.value[i])), flag))
        return lean, found

    told = _largest_first(shared, ratings, leanings)
    flags = dict(told.family.flags)
    for rater in list(flags):
        known = {label for flag in habits.get(rater, ()) for label in (flag.label, flag.instead_of)}
        flags[rater] = tuple(flag for flag in flags[rater] if flag.label not in known)
    return replace(told, family=replace(told.family, flags=flags))


def shift_estimates(told: Leanings[Shift], shared: Shared) -> Estimates:
    """How much higher or lower each rater answers, as in the comparison of its flags."""
    if not told.found:
        reason = told.family.refused or "no_overlap"
        return nowhere(shared.n_raters, reason)
    parts = [shifted.estimates for shifted in told.found]
    look, rater = told.last, np.arange(shared.n_raters)
    value, lower, upper, n = (
        np.array([getattr(part, name) for part in parts])[look, rater]
        for name in ("value", "lower", "upper", "n")
    )
    return Estimates(value, lower, upper, n, parts[0].none, parts[0].open)


def label_uses(
    question: Question,
    ratings: Ratings,
    told: Leanings[Lean | None],
    shared: Shared,
    ticks: NDArray[np.bool_] | None,
) -> dict[int, tuple[LabelUse, ...]]:
    """Per rater, the labels whose use differs most from the others' on the same units."""
    if question.no_labels:
        return {}
    of = question.labels if question.level == "set" else ratings.values
    labels = [label_text(value) for value in of]
    found: dict[int, list[LabelUse]] = {}
    # Where answers are ordered nothing is flagged here, and nobody left out.
    for lean, i in _rows(told, told.found or (label_use(shared, ALL, ticks),)):
        rows = found.setdefault(int(lean.rater[i]), [])
        if len(rows) < MOST_LABELS:
            own, others = float(lean.own[i]), float(lean.others[i])
            rows.append(LabelUse(labels[lean.option[i]], own, others, _difference(lean, i)))
    return {rater: tuple(rows) for rater, rows in found.items()}


def threshold_uses(
    question: Question, ratings: Ratings, told: Leanings[Lean | None]
) -> dict[int, tuple[ThresholdUse, ...]]:
    """Per rater, how each threshold of an ordered scale is used against the others."""
    if question.level != "ordinal":
        return {}
    labels = [label_text(value) for value in ratings.values]
    found: dict[int, dict[int, ThresholdUse]] = {}
    for lean, i in _rows(told, told.found):
        k = int(lean.option[i])
        line = ThresholdUse(labels[k], labels[k + 1], _difference(lean, i))
        found.setdefault(int(lean.rater[i]), {})[k] = line
    return {rater: tuple(lines[k] for k in sorted(lines)) for rater, lines in found.items()}


def _rows(told: Leanings[Lean | None], leans: Sequence[Lean | None]) -> Iterator[tuple[Lean, int]]:
    """The rows of each rater from the comparison that counts for it, the largest first."""
    for look, lean in enumerate(leans):
        if lean is None:
            continue
        for i in np.lexsort((lean.option, -np.abs(np.round(lean.value, 12)), lean.rater)).tolist():
            if told.look(int(lean.rater[i])) == look:
                yield lean, i


def _difference(lean: Lean, i: int) -> Estimate:
    value, n = float(lean.value[i]), int(lean.n_units[i])
    if not np.isfinite(lean.lower[i]):
        return Estimate(value, None, None, n, "too_little_variation")
    return Estimate(value, float(lean.lower[i]), float(lean.upper[i]), n)


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
    leanings: Callable[[Shared, NDArray[np.integer]], tuple[T, list[_Leaning]]],
) -> Leanings[T]:
    flags: Flags = {}
    n, last = shared.n, np.zeros(shared.n_raters, np.int64)
    found: list[T] = []
    out: list[tuple[int, ...]] = []
    gone = np.zeros(shared.n_raters, np.bool_)
    while len(shared):
        tested = np.flatnonzero((shared.n >= ENOUGH_UNITS) & ~gone)
        last[tested] = len(found)
        looked, left = leanings(shared, tested)
        found.append(looked)
        out.append(tuple(np.flatnonzero(gone).tolist()))
        if not left:
            break
        largest = max(one.size for one in left)
        # Nearly equal ones are taken together: of two raters neither is the one who is off.
        taken = {one.rater for one in left if one.size >= 0.9 * largest}
        for rater in sorted(taken):
            own = sorted((one for one in left if one.rater == rater), key=lambda one: -one.size)
            flags[rater] = tuple(one.flag for one in own)
        gone[list(taken)] = True
        shared = shared.without(gone, ratings)
    return Leanings(Family(flags, n, ENOUGH_UNITS), found, out, last)
