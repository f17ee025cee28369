"""Flags: behaviours of raters that stand out, each a test with its evidence.

Every function takes the ratings that count and gives flags per rater code. Tests are
corrected over raters with Holm's method; evidence floors stand at the top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round
from labelq.pinpoint.findings import Cluster, Flag
from labelq.pinpoint.votes import Votes

Floats = NDArray[np.float64]
Flags = dict[int, tuple[Flag, ...]]

SIGNIFICANT = 0.05
ENOUGH_UNITS = 20
"""Shared units (or timed answers) below which nothing is said."""
DIFFERS_BY = 0.05
FAST = 1 / 3
HABIT_ANSWERS, HABIT_SHARE, HABIT_TIMES = 5, 0.5, 4
SHIFT_STEPS = 0.25
SKIPS, SKIPS_TIMES = 5, 3


def differs_flags(question: Question, ratings: Ratings, n_raters: int) -> Flags:
    """Who differs from the others more often than they do among themselves, task by task.

    Only units with three or more ratings can tell: on each of a rater's units the share of
    the others who differ is held against the share of differing pairs among those others, so
    that somebody with harder tasks is not blamed for them. The test is exact: were raters
    alike, each of a unit's raters would be as likely to be the odd one (who differs from most
    others), and how often a rater is follows from the units alone.
    """
    if question.level in ("interval", "ratio") or not len(ratings):
        return {}
    m = np.bincount(ratings.unit)[ratings.unit]
    ratings, m = ratings.select(m >= 3), m[m >= 3]
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
    p_value = _holm(
        np.array(
            [
                _at_least(int(odd[rows].sum()), chance[rows])
                for rater in tested
                for rows in [by_rater[start[rater] : start[rater + 1]]]
            ]
        )
    )
    found: Flags = {}
    for i, rater in enumerate(tested.tolist()):
        own, others = own_share[rater] / n_units[rater], rest_share[rater] / n_units[rater]
        if p_value[i] < SIGNIFICANT and own - others >= DIFFERS_BY:
            n_differ = int(differ[ratings.rater == rater].sum())
            n_pairs = int((m - 1)[ratings.rater == rater].sum())
            flag = Flag("differs", float(own), float(others), n_differ, n_pairs, float(p_value[i]))
            found[rater] = (flag,)
    return found


def _at_least(n: int, chance: Floats) -> float:
    """The probability of ``n`` or more successes in independent trials of these chances.

    Exact (a product of binomials, one per distinct chance); above some thousand uncertain
    trials by the normal law, whose tail is exact enough there.
    """
    from scipy.stats import binom, norm

    certain = int((chance > 1 - 1e-12).sum())
    chance = chance[(chance > 1e-12) & (chance < 1 - 1e-12)]
    if len(chance) > 4_000:
        spread = float(np.sqrt((chance * (1 - chance)).sum()))
        return float(norm.sf((n - certain - 0.5 - chance.sum()) / spread))
    law = np.ones(1)
    for p, trials in zip(*np.unique(np.round(chance, 12), return_counts=True), strict=True):
        law = np.convolve(law, binom.pmf(np.arange(trials + 1), trials, p))
    return float(min(1.0, law[max(0, n - certain) :].sum()))


def median_seconds(ratings: Ratings, n_raters: int) -> tuple[Floats, NDArray[np.integer]]:
    """Per rater: median seconds per answer (nan without any), and how many were timed."""
    timed = np.isfinite(ratings.seconds)
    rater, seconds = ratings.rater[timed], ratings.seconds[timed].astype(np.float64)
    n = np.bincount(rater, minlength=n_raters)
    median = np.full(n_raters, np.nan)
    if len(rater):
        seconds = seconds[np.lexsort((seconds, rater))]
        start = np.cumsum(n) - n
        has = n > 0
        low, high = start + np.maximum(n - 1, 0) // 2, start + n // 2
        median[has] = (seconds[low[has]] + seconds[high[has]]) / 2
    return median, n


def fast_flags(ratings: Ratings, n_raters: int) -> Flags:
    """Whose median time is less than a third of the median of the others' medians."""
    median, n = median_seconds(ratings, n_raters)
    timed = np.flatnonzero(n >= ENOUGH_UNITS)
    found: Flags = {}
    for rater in timed.tolist():
        rest = median[timed[timed != rater]]
        if len(rest) and median[rater] < FAST * np.median(rest):
            flag = Flag(
                "fast",
                float(median[rater]),
                float(np.median(rest)),
                int(n[rater]),
                int((ratings.rater == rater).sum()),
            )
            found[rater] = (flag,)
    return found


def shift_flags(question: Question, ratings: Ratings, n_raters: int) -> Flags:
    """Who answers higher or lower than the others on the same units, by a quarter step.

    A step is one label of an ordinal question, one standard deviation of free numbers. The
    largest shifts are taken first, and those raters' answers then left out: where one person
    rates high, the others do not rate low.
    """
    if not question.ordered or not len(ratings):
        return {}
    free = question.level != "ordinal"
    values = np.array(ratings.values if free else range(len(ratings.values)), np.float64)
    least = SHIFT_STEPS * (float(values[ratings.value].std()) if free else 1.0)
    found: Flags = {}
    while True:
        shifts = [one for one in _shifts(values, ratings, n_raters) if one[0] not in found]
        shifts = [one for one in shifts if (one[1].p_value or 0) < SIGNIFICANT]
        largest = max((abs(flag.value) for _, flag in shifts), default=0.0)
        if largest < least or largest == 0:
            return found
        # Nearly equal shifts are taken together: of two raters neither is the one who is off.
        found |= {r: (flag,) for r, flag in shifts if abs(flag.value) >= 0.9 * largest}
        ratings = ratings.select(~np.isin(ratings.rater, list(found)))


def _shifts(values: Floats, ratings: Ratings, n_raters: int) -> list[tuple[int, Flag]]:
    """Per rater with enough shared units: the mean difference from the others, t-tested."""
    from scipy.stats import t

    x = values[ratings.value]
    total, m = np.bincount(ratings.unit, x), np.bincount(ratings.unit)
    shared = m[ratings.unit] > 1
    x, unit, rater = x[shared], ratings.unit[shared], ratings.rater[shared]
    apart = x - (total[unit] - x) / (m[unit] - 1)
    n = np.bincount(rater, minlength=n_raters)
    tested = np.flatnonzero(n >= ENOUGH_UNITS)
    size = n[tested].astype(np.float64)
    mean = np.bincount(rater, apart, minlength=n_raters)[tested] / size
    square = np.bincount(rater, apart**2, minlength=n_raters)[tested]
    error = np.sqrt(np.maximum(square - size * mean**2, 0) / (size - 1) / size)
    score = np.where(error > 0, np.abs(mean) / np.where(error > 0, error, 1), np.inf)
    score[mean == 0] = 0.0
    p_value = _holm(np.asarray(2 * t.sf(score, size - 1)))
    return [
        (int(r), Flag("shift", float(mean[i]), 0.0, int(n[r]), int(n[r]), float(p_value[i])))
        for i, r in enumerate(tested)
    ]


def skip_flags(round_: Round) -> tuple[Floats, Mapping[int, Flag]]:
    """Per rater: the share of skipped among skipped and answered units; and who skips much."""
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
    rest = (skipped.sum() - skipped) / np.maximum(offered.sum() - offered, 1)
    much = (skipped >= SKIPS) & (rate >= SKIPS_TIMES * rest) & (n > 1)
    flags = {
        int(r): Flag("skips", float(rate[r]), float(rest[r]), int(skipped[r]), int(offered[r]))
        for r in np.flatnonzero(much)
    }
    return rate, flags


class _Habits(NamedTuple):
    """Tested habits, one per row of parallel columns."""

    rater: NDArray[np.integer]
    instead_of: NDArray[np.integer]
    label: NDArray[np.integer]
    n: NDArray[np.integer]
    of: NDArray[np.integer]
    others: Floats
    p_value: Floats


def habit_flags(choices: Sequence[Votes], clusters: Sequence[Cluster], n_raters: int) -> Flags:
    """Who answers one label where the others say another, again and again.

    Tested over all units and inside the content of each cluster, because a habit often
    concerns one kind of unit only. The others must say one label by plurality. The share must
    exceed the others' share and the rater's own share of deviating answers elsewhere: careless
    answers are no habit.
    """
    found: list[tuple[Votes, _Habits]] = []
    for votes in choices:
        said = others_say(votes)
        use = said >= 0
        if not use.any():
            continue
        contents = [np.ones(len(votes.unit), np.bool_)] + [
            np.isin(votes.unit, (*cluster.units, *cluster.lookalikes))
            for cluster in clusters
            if not cluster.remainder
            and set(cluster.labels) <= set(votes.labels)
            and cluster.cause.kind not in ("gap", "ambiguous")
        ]
        found += [(votes, _habits(votes, said, use & inside, use, n_raters)) for inside in contents]
    if not found:
        return {}
    corrected = _holm(np.concatenate([habits.p_value for _, habits in found]))
    best: dict[tuple[int, str, str], Flag] = {}
    at = 0
    for votes, habits in found:
        for i in range(len(habits.rater)):
            flag = _habit(votes, habits, i, float(corrected[at + i]))
            if flag is not None:
                key = int(habits.rater[i]), str(flag.instead_of), str(flag.label)
                if key not in best or (flag.p_value or 0) < (best[key].p_value or 0):
                    best[key] = flag
        at += len(habits.rater)
    flags: Flags = {}
    for rater, *_ in sorted(best):
        own = [flag for key, flag in best.items() if key[0] == rater]
        flags[rater] = tuple(sorted(own, key=lambda flag: (flag.p_value, flag.label)))
    return flags


def _habit(votes: Votes, habits: _Habits, i: int, p_value: float) -> Flag | None:
    n, of, others = int(habits.n[i]), int(habits.of[i]), float(habits.others[i])
    share = n / of
    strong = share >= HABIT_SHARE and share >= HABIT_TIMES * others
    if n < HABIT_ANSWERS or not strong or p_value >= SIGNIFICANT:
        return None
    label, instead_of = votes.labels[habits.label[i]], votes.labels[habits.instead_of[i]]
    return Flag("habit", share, others, n, of, p_value, label, instead_of)


def _habits(
    votes: Votes,
    said: NDArray[np.integer],
    inside: NDArray[np.bool_],
    use: NDArray[np.bool_],
    n_raters: int,
) -> _Habits:
    """All (rater, what the others say, what the rater says) that occur ``inside``."""
    from scipy.stats import binom, hypergeom

    width = len(votes.labels)
    rater, low, high = votes.rater[inside], said[inside], votes.label[inside]
    cells, n = np.unique((rater.astype(np.int64) * width + low) * width + high, return_counts=True)
    who, rest = np.divmod(cells, width * width)
    instead_of, label = np.divmod(rest, width)
    answers = np.bincount(rater.astype(np.int64) * width + low, minlength=n_raters * width)
    of = answers[who * width + instead_of]
    keep = (instead_of != label) & (of >= HABIT_ANSWERS)
    who, instead_of, label, n, of = (column[keep] for column in (who, instead_of, label, n, of))
    all_of = np.bincount(low, minlength=width)[instead_of]
    pair = np.bincount(low.astype(np.int64) * width + high, minlength=width * width)
    all_n = pair[instead_of * width + label]
    others = (all_n - n) / np.maximum(all_of - of, 1)
    against_others = hypergeom.sf(n - 1, all_of, all_n, of)
    # The rater's deviating answers elsewhere: other units, or where others say another label.
    answered = np.bincount(votes.rater[use], minlength=n_raters)[who]
    deviating = np.bincount(
        votes.rater[use], (votes.label != said)[use].astype(np.float64), minlength=n_raters
    )[who]
    here = np.bincount(
        rater.astype(np.int64) * width + low, (low != high).astype(np.float64), n_raters * width
    )[who * width + instead_of]
    elsewhere = (deviating - here + 1) / (answered - of + 2)
    against_self = binom.sf(n - 1, of, elsewhere)
    p_value = np.maximum(against_others, against_self)
    return _Habits(who, instead_of, label, n, of, others, p_value)


def others_say(votes: Votes) -> NDArray[np.int64]:
    """Per vote: the label that most of the other raters on the unit gave, -1 where they tie.

    From the three leading labels of each unit: without the vote in question, the first
    still leads unless that vote was for it.
    """
    width = len(votes.labels)
    key = votes.unit.astype(np.int64) * width + votes.label
    cells, n = np.unique(key, return_counts=True)
    unit, label = np.divmod(cells, width)
    order = np.lexsort((label, -n, unit))
    unit, label, n = unit[order], label[order], n[order]
    units, start = np.unique(unit, return_index=True)
    length = np.diff(np.append(start, len(unit)))
    labels = np.full((3, len(units)), -1)
    counts = np.zeros((3, len(units)), np.int64)
    for place in range(3):
        has = length > place
        labels[place, has], counts[place, has] = label[start[has] + place], n[start[has] + place]
    row = np.searchsorted(units, votes.unit)
    leading = labels[:, row]
    left = counts[:, row] - (leading == votes.label)
    said = np.full(len(votes.unit), -1, np.int64)
    top = left.max(axis=0)
    leads = left == top
    sole = (leads.sum(axis=0) == 1) & (top > 0)
    said[sole] = leading[leads.argmax(axis=0)[sole], np.flatnonzero(sole)]
    return said


def _holm(p_values: Floats) -> Floats:
    from statsmodels.stats.multitest import multipletests

    if not len(p_values):
        return p_values
    return np.asarray(multipletests(p_values, method="holm")[1], np.float64)
