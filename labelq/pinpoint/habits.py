"""Habits: one label again and again where the others say another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.flags import SIGNIFICANT, Flags, Floats, holm
from labelq.pinpoint.rater_findings import Flag
from labelq.pinpoint.votes import Votes

HABIT_ANSWERS, HABIT_SHARE, HABIT_TIMES = 5, 0.5, 4


class _Habits(NamedTuple):
    """Tested habits, one per row of parallel columns."""

    rater: NDArray[np.integer]
    instead_of: NDArray[np.integer]
    label: NDArray[np.integer]
    n: NDArray[np.integer]
    of: NDArray[np.integer]
    others: Floats
    p_value: Floats


def habit_flags(
    choices: Sequence[Votes], clusters: Sequence[Cluster], n_raters: int, n_questions: int = 1
) -> Flags:
    """Who answers one label where the others say another, again and again.

    Tested over all units and inside the content of each cluster, because a habit often
    concerns one kind of unit only. The others must say one label by plurality. The share must
    exceed the others' share and the rater's own share of deviating answers elsewhere: careless
    answers are no habit.
    """
    found: list[tuple[Votes, tuple[str, ...], _Habits]] = []
    for votes in choices:
        said = others_say(votes)
        use = said >= 0
        if not use.any():
            continue
        contents = [((), np.ones(len(votes.unit), np.bool_))] + [
            (cluster.words, np.isin(votes.unit, (*cluster.units, *cluster.lookalikes)))
            for cluster in clusters
            if not cluster.remainder
            and set(cluster.labels) <= set(votes.labels)
            and cluster.cause.kind not in ("gap", "ambiguous")
        ]
        found += [
            (votes, words, _habits(votes, said, use & inside, use, n_raters))
            for words, inside in contents
        ]
    if not found:
        return {}
    corrected = holm(np.concatenate([habits.p_value for *_, habits in found]), n_questions)
    best: dict[tuple[int, str, str], Flag] = {}
    at = 0
    for votes, words, habits in found:
        for i in range(len(habits.rater)):
            flag = _habit(votes, words, habits, i, float(corrected[at + i]))
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


def _habit(
    votes: Votes, words: tuple[str, ...], habits: _Habits, i: int, p_value: float
) -> Flag | None:
    n, of, others = int(habits.n[i]), int(habits.of[i]), float(habits.others[i])
    share = n / of
    strong = share >= HABIT_SHARE and share >= HABIT_TIMES * others
    if n < HABIT_ANSWERS or not strong or p_value >= SIGNIFICANT:
        return None
    label, instead_of = votes.labels[habits.label[i]], votes.labels[habits.instead_of[i]]
    return Flag("habit", share, others, n, of, p_value, label, instead_of, words=words)


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
    # Only what can be a habit at all is tested: the rest counts in the correction, as p = 1.
    able = (n >= HABIT_ANSWERS) & (n >= HABIT_SHARE * of)
    against_others = np.ones(len(n))
    against_others[able] = hypergeom.sf(n[able] - 1, all_of[able], all_n[able], of[able])
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
