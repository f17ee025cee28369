"""Flags: behaviours of raters that stand out, each a test with its evidence.

A family of tests is one kind of flag over the whole round. Every function takes what counts
on one question and says who was tested, on how much, and who is flagged. p-values are
corrected over raters with Holm's method and over the round's questions with Bonferroni's;
evidence floors stand at the top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round
from labelq.measure.raters.consistency import ENOUGH_PAIRS, Consistency
from labelq.measure.raters.drift import ENOUGH_BEFORE_AND_AFTER, Drift
from labelq.measure.raters.speed import Speed
from labelq.measure.raters.tails import at_least
from labelq.pinpoint.rater_findings import Flag

Floats = NDArray[np.float64]
Flags = dict[int, tuple[Flag, ...]]

SIGNIFICANT = 0.05
ENOUGH_UNITS = 20
"""Shared units (or timed answers) below which nothing is said."""
DIFFERS_BY = 0.05
FAST = 1 / 3
SKIPS, SKIPS_TIMES = 5, 3
SELF_BY = 0.1
DRIFTS_BY = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """One family on one question: ``flags`` per rater code; ``n`` (R,) is the evidence on each
    rater, of which ``enough`` is needed. ``none`` is the reason where a rater has no evidence,
    ``few`` where there is too little; with ``refused`` the family cannot be tested on the
    question at all.
    """

    flags: Mapping[int, Sequence[Flag]]
    n: NDArray[np.integer]
    enough: int
    none: str = "no_overlap"
    few: str = "too_few_units"
    refused: str | None = None

    def state(self, rater: int) -> str:
        """``flagged``, ``nothing``, or the reason why there is too little to say."""
        if self.flags.get(rater):
            return "flagged"
        if self.refused is not None:
            return self.refused
        n = int(self.n[rater])
        return "nothing" if n >= self.enough else self.few if n else self.none


def refused(n_raters: int, reason: str) -> Family:
    """A family that cannot be tested on a question, for anybody."""
    return Family({}, np.zeros(n_raters, np.int64), 1, refused=reason)


def holm(p_values: Floats, n_questions: int = 1) -> Floats:
    """Corrected over the tests of a question (Holm) and over questions (Bonferroni)."""
    # statsmodels' multipletests gives the same, and collects garbage on every call: .2 s each.
    order = np.argsort(p_values)
    corrected = np.empty(len(p_values))
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    corrected[order] = np.maximum.accumulate(steps)
    return np.minimum(corrected * n_questions, 1.0)


def differs_flags(
    question: Question, ratings: Ratings, n_raters: int, n_questions: int = 1
) -> Family:
    """Who differs from the others more often than they do among themselves, task by task.

    Only units with three or more ratings can tell: on each of a rater's units the share of
    the others who differ is held against the share of differing pairs among those others, so
    that somebody with harder tasks is not blamed for them. The test is exact: were raters
    alike, each of a unit's raters would be as likely to be the odd one (who differs from most
    others), and how often a rater is follows from the units alone.
    """
    if question.no_labels:
        return refused(n_raters, question.no_labels)
    m = np.bincount(ratings.unit)[ratings.unit]
    ratings, m = ratings.select(m >= 3), m[m >= 3]
    if not len(ratings):
        return refused(n_raters, "needs_three_raters")
    key = ratings.unit.astype(np.int64) * len(ratings.values) + ratings.value
    _, cell, n = np.unique(key, return_inverse=True, return_counts=True)
    differ = m - n[cell]  # how many of the others differ
    pairs = np.bincount(ratings.unit, differ)[ratings.unit] / 2
    rest = (pairs - differ) / ((m - 1) * (m - 2) / 2)
    odd = 2 * differ > m - 1
    chance = (np.bincount(ratings.unit, odd) / np.maximum(np.bincount(ratings.unit), 1))[
        ratings.unit
    ]
    n_units = np.bincount(ratings.rater, minlength=n_raters)
    tested = np.flatnonzero(n_units >= ENOUGH_UNITS)
    own_share = np.bincount(ratings.rater, differ / (m - 1), minlength=n_raters)
    rest_share = np.bincount(ratings.rater, rest, minlength=n_raters)
    by_rater = np.argsort(ratings.rater, kind="stable")
    start = np.append(0, np.cumsum(n_units))
    p_value = holm(
        np.array(
            [
                at_least(int(odd[rows].sum()), chance[rows])
                for rater in tested
                for rows in [by_rater[start[rater] : start[rater + 1]]]
            ]
        ),
        n_questions,
    )
    found: Flags = {}
    for i, rater in enumerate(tested.tolist()):
        own, others = own_share[rater] / n_units[rater], rest_share[rater] / n_units[rater]
        if p_value[i] < SIGNIFICANT and own - others >= DIFFERS_BY:
            n_differ = int(differ[ratings.rater == rater].sum())
            n_pairs = int((m - 1)[ratings.rater == rater].sum())
            flag = Flag("differs", float(own), float(others), n_differ, n_pairs, float(p_value[i]))
            found[rater] = (flag,)
    return Family(found, n_units, ENOUGH_UNITS, "needs_three_raters")


def fast_flags(speed: Speed, n_questions: int = 1) -> Family:
    """Who takes less than a third of the usual time on the same units (a sign test).

    Usual is what the rater in the middle takes (:mod:`labelq.measure.raters.speed`).
    """
    n, pace = speed.compared, speed.pace.value
    tested = np.flatnonzero((n >= ENOUGH_UNITS) & np.isfinite(speed.p_value))
    p_value = holm(speed.p_value[tested], n_questions)
    found: Flags = {
        r: (Flag("fast", float(pace[r]), 1.0, int(speed.faster[r]), int(n[r]), float(p)),)
        for r, p in zip(tested.tolist(), p_value, strict=True)
        if p < SIGNIFICANT and pace[r] < FAST
    }
    none = "no_overlap" if speed.seconds.n.any() else "no_times"
    return Family(found, n, ENOUGH_UNITS, none)


def self_flags(consistency: Consistency, n_questions: int = 1) -> Family:
    """Who answers the same thing differently, more often than any two raters' answers differ."""
    tried = consistency.tested
    tested = np.flatnonzero(tried >= ENOUGH_PAIRS)
    p_value = holm(consistency.p_value[tested], n_questions)
    found: Flags = {}
    for r, p in zip(tested.tolist(), p_value.tolist(), strict=True):
        n, differ = int(tried[r]), int(consistency.differ[r])
        others = float(consistency.any_two[r])
        if p < SIGNIFICANT and differ / n - others >= SELF_BY:
            found[r] = (Flag("self", differ / n, others, differ, n, p),)
    none = "no_overlap"
    if not consistency.n.any():
        alike = consistency.same_text.none
        none = alike if alike == "no_texts" else "no_repeats"
    return Family(found, tried, ENOUGH_PAIRS, none, "too_few_pairs")


def drift_flags(drift: Drift, n_questions: int = 1) -> Family:
    """Whose agreement with the others fell at some point, by a tenth or more."""
    changes = drift.changes
    p_value = holm(np.array([change.p_value for change in changes.values()]), n_questions)
    found: Flags = {}
    for (r, change), p in zip(changes.items(), p_value, strict=True):
        if p >= SIGNIFICANT or change.change > -DRIFTS_BY:
            continue
        value, others = change.after.value, change.before.value
        assert value is not None
        at = (change.nth, change.of)
        flag = Flag("drift", value, others, *at, float(p), when=change.time)
        found[r] = (flag,)
    none = "needs_three_raters" if drift.dated else "no_dates"
    return Family(found, drift.n, 2 * ENOUGH_BEFORE_AND_AFTER, none)


def skip_flags(round_: Round) -> tuple[Floats, Family]:
    """Per rater: the share of skipped among skipped and answered units; and who skips much.

    Tested as a draw of the rater's units from everybody's (hypergeometric): which units were
    skipped is not known, so harder units cannot be told from more skipping.
    """
    from scipy.stats import hypergeom

    n = len(round_.raters)
    size = max(len(round_.units), 1)
    answered = [
        np.unique(r.rater.astype(np.int64) * size + r.unit) for r in round_.ratings.values()
    ]
    seen = np.unique(np.concatenate(answered)) // size if answered else np.zeros(0, np.int64)
    skipped = np.zeros(n)
    for rater, count in round_.skips.items():
        skipped[rater] = count
    offered = np.bincount(seen, minlength=n) + skipped
    rate = skipped / np.maximum(offered, 1)
    if n < 2 or not skipped.any():
        return rate, refused(n, "no_skips" if n > 1 else "needs_other_raters")
    rest = (skipped.sum() - skipped) / np.maximum(offered.sum() - offered, 1)
    tested = np.flatnonzero(offered >= ENOUGH_UNITS)
    total, of = int(skipped.sum()), int(offered.sum())
    p_value = holm(
        np.asarray(hypergeom.sf(skipped[tested] - 1, of, total, offered[tested].astype(np.int64)))
    )
    flags: Flags = {
        r: (Flag("skips", float(rate[r]), float(rest[r]), int(skipped[r]), int(offered[r]), p),)
        for r, p in zip(tested.tolist(), p_value.tolist(), strict=True)
        if p < SIGNIFICANT and skipped[r] >= SKIPS and rate[r] >= SKIPS_TIMES * rest[r]
    }
    return rate, Family(flags, offered.astype(np.int64), ENOUGH_UNITS)
