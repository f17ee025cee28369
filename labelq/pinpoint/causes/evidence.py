"""What speaks for each cause: the measured evidence, as features of the models.

A feature is a number of known meaning, none of them fitted. :data:`CONTENT` is told of a
cluster with a common content, :data:`DISAGREEMENT` of every disputed unit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelq.pinpoint.causes.pattern import HURRIED, Bools, Floats, Pattern

CONTENT: dict[str, str] = {
    "size": "log of the number of disputed units",
    "votes": "log of the mean number of votes on a disputed unit",
    "disputed": "share of the units with this content that are disputed, up to three in ten (of"
    " slips it is far less)",
    "single": "share of disputed units on which one vote stands against two or more alike",
    "even": "share of disputed units whose leading labels have equal votes",
    "third": "share of disputed units with three labels or more",
    "own_rule": "how much better a vote is foretold by its rater's other votes on this content"
    " than by everybody's (mean log ratio)",
    "own_rule_sum": "the same, the square root of the sum over all votes",
    "lone_camp": "whether one rater alone mostly gives another label than three others or more",
    "one_of_three": "the same against two others: a rule of one, or a gap with two camps",
    "camps": "whether two raters or more do",
    "camp_share": "share of the answers of raters who mostly give another label than the rest",
    "resolved": "share of disputed units on which all others agree without the most"
    " deviating rater",
    "still_disputed": "share of all units with this content that are disputed without that rater",
    "apart": "log of that rater's share of the deviating votes over the share of the answers",
    "leaves_pattern": "how much more often that rater deviates here than elsewhere (log odds)",
    "careless": "how much more often that rater deviates elsewhere than is usual (log odds)",
    "flat": "how unsure the consensus is of the disputed units (mean)",
    "hurried": "share of deviating votes in a third of the usual time or less",
}
"""Feature of a cluster with a common content → what it is."""

DISAGREEMENT: dict[str, str] = {
    "votes": "log of the number of votes",
    "two_votes": "whether there are two votes only",
    "single": "whether one vote stands against two or more alike",
    "even": "whether the leading labels have equal votes",
    "minority": "share of the second label among the votes",
    "third": "whether there are three labels or more",
    "deviates": "how much more often than is usual the deviating rater differs from the others"
    " elsewhere (log odds; of several the one who does most)",
    "lift": "how much likelier than everybody that rater is to give this label where the others"
    " say theirs (log ratio)",
    "confused": "how much more often than slips would all other raters confuse these two labels"
    " (log ratio; of several the most)",
    "flat": "how unsure the consensus is of the unit",
    "toss": "log of how much likelier the votes are when everybody tosses between two labels than"
    " when the deviating ones slip",
    "hurried": "log of the quickest deviating vote's time over what is usual (0: unknown)",
    "tempo": "log of the deviating rater's usual time over that of all (0: unknown)",
    "known": "whether the right label is known",
}
"""Feature of a disputed unit → what it is."""

WITHIN: dict[str, str] = DISAGREEMENT | {
    "cluster_rater": "the cluster's log odds of a rater's habit against slips",
    "cluster_ambiguous": "the cluster's log odds of an ambiguous content against slips",
    "cluster_gap": "the cluster's log odds of a gap against slips",
    "own_rule": "how much better the unit's votes are foretold by their raters' other votes on"
    " this content than by everybody's (mean log ratio)",
    "odd_rater": "share of the deviating votes that are the cluster's most deviating rater's",
}
"""Feature of a disputed unit in a cluster with a common content → what it is."""

LEFT: dict[str, str] = {
    "rater": "log of the mean probability of a habit over that of a slip",
    "ambiguous": "log of the mean probability of ambiguity over that of a slip",
    "gap": "log of the mean probability of a gap over that of a slip",
    "rater_size": "the first, times the log of the number of disputed units",
    "ambiguous_size": "the second, times it",
    "gap_size": "the third, times it",
}
"""Feature of what is left of a label pair, from its disagreements' probabilities."""

TELLING = 0.3
"""From this share of disputed units on, more of them do not speak against slips more."""
CAMP = 3
"""Answers from which a rater's commonest label counts as a rule."""


class Inside(NamedTuple):
    """The evidence of a cluster with a common content.

    ``features`` in the order of :data:`CONTENT`. ``rater`` deviates most; all others agree on
    ``resolved`` of the disputed units. ``follows`` of ``of`` votes are what their rater mostly
    gives on this content. ``n_content`` units have it. The rater is off in ``off`` of ``answers``
    here, and how often ``elsewhere``. ``hurried`` of ``timed`` deviating votes are hurried.
    ``gain`` is how much better each of ``votes`` is foretold by its rater's others than by
    everybody's.
    """

    features: Floats
    rater: int | None
    resolved: float
    follows: int
    of: int
    n_content: int
    off: int
    answers: int
    elsewhere: float
    hurried: int
    timed: int
    votes: NDArray[np.intp]
    gain: Floats


def of_content(
    pattern: Pattern, units: NDArray[np.integer], alike: NDArray[np.integer], flat: Floats
) -> Inside:
    """The evidence of a cluster: ``units`` are disputed, ``alike`` have the same content.

    ``flat`` is, per unit of the pattern, how unsure the consensus is.
    """
    p = pattern
    here = p.at(np.sort(units))
    rows = np.unique(p.row[here])
    content = p.at(np.sort(np.append(units, alike)))
    k, top, second = p.k[rows], p.top[rows], p.second[rows]
    tie = top == second
    suspect = here[p.suspect[here]]
    rater, label = p.votes.rater, p.votes.label

    raters, who = np.unique(rater[content], return_inverse=True)
    names, what = np.unique(label[content], return_inverse=True)
    table = np.zeros((len(raters), len(names)))
    np.add.at(table, (who, what), 1.0)
    n_own, n_all = table.sum(axis=1), table.sum(axis=0)
    everybody = (n_all[what] - 1 + 0.5) / (len(content) - 1 + 0.5 * len(names))
    by_own = (table[who, what] - 1 + everybody) / (n_own[who] - 1 + 1)
    gain = np.log(by_own / everybody)

    leading = int(n_all.argmax()) if len(names) else 0
    steady = n_own >= CAMP
    other = steady & (table.argmax(axis=1) != leading)
    in_camp = n_own[other].sum() / max(n_own[steady].sum(), 1)

    odd, resolved, still, apart, rates = _most_deviating(p, here, suspect, content, rows)
    rate_here, rate_elsewhere = rates
    with np.errstate(invalid="ignore"):
        fast = p.pace[suspect] + p.tempo[rater[suspect]] < HURRIED
    timed = np.isfinite(p.pace[suspect])
    features = np.array(
        [
            np.log(max(len(rows), 1)),
            np.log(k.mean()) if len(k) else 0.0,
            min(len(rows) / max(len(np.unique(p.row[content])), 1), TELLING),
            _share((k >= 3) & (top == k - 1)),
            _share(tie),
            _share(p.labels[rows] > 2),
            gain.mean() if len(gain) else 0.0,
            np.sqrt(max(gain.sum(), 0.0)),
            float(other.sum() == 1 and steady.sum() > 3),
            float(other.sum() == 1 and steady.sum() <= 3),
            float(other.sum() >= 2),
            in_camp,
            resolved,
            still,
            apart,
            np.clip(_logit(rate_here) - _logit(rate_elsewhere), -2, 4),
            np.clip(_logit(rate_elsewhere) - _logit(p.usual), -2, 4),
            float(flat[rows].mean()) if len(rows) else 0.0,
            fast[timed].mean() if timed.any() else 0.0,
        ]
    )
    return Inside(
        features,
        odd,
        resolved,
        int(table.max(axis=1).sum()) if table.size else 0,
        len(content),
        len(np.unique(p.row[content])),
        int((rater[suspect] == odd).sum()),
        int((rater[content] == odd).sum()),
        rate_elsewhere,
        int(fast[timed].sum()),
        int(timed.sum()),
        content,
        gain,
    )


def _most_deviating(
    p: Pattern,
    here: NDArray[np.intp],
    suspect: NDArray[np.intp],
    content: NDArray[np.intp],
    rows: NDArray[np.intp],
) -> tuple[int | None, float, float, float, tuple[float, float]]:
    """The rater who deviates most: on which share of the disputed units all others agree, on
    which of all with this content they do not, how far apart from the rest, and how often here
    and elsewhere.
    """
    if not len(suspect) or len(np.unique(p.votes.rater[here])) < 3:
        return None, 0.0, 1.0, 0.0, (p.usual, p.usual)
    rater, label, row = p.votes.rater, p.votes.label, p.row
    # Where votes are even each side is as suspect as the other: both count by half.
    weight = 1 / np.where((p.top == p.second)[row[suspect]] & ~p.known[row[suspect]], 2, 1)
    off = np.bincount(rater[suspect], weight, minlength=int(rater[here].max()) + 1)
    answers = np.bincount(rater[content], minlength=len(off))
    odd = int(off.argmax())
    left = here[rater[here] != odd]
    first, last, n_left = _ends(row[left], label[left])
    several = int((p.k[rows] >= 3).sum())
    resolved = float(((first == last) & (n_left >= 2)).sum() / max(several, 1))
    rest = content[rater[content] != odd]
    low, high, n_rest = _ends(row[rest], label[rest])
    still = float((low != high).sum() / max(int((n_rest >= 2).sum()), 1))
    share = off[odd] / off.sum()
    of_answers = answers[odd] / answers.sum()
    rate_here = (off[odd] + 0.5) / (answers[odd] + 1)
    elsewhere = float(p.deviates[content[rater[content] == odd]].mean())
    return odd, resolved, still, float(np.log(share / of_answers)), (float(rate_here), elsewhere)


def _ends(
    row: NDArray[np.intp], label: NDArray[np.integer]
) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.intp]]:
    """The lowest and the highest label of each unit, and its number of votes."""
    start = np.flatnonzero(np.append(True, row[1:] != row[:-1])) if len(row) else row
    low, high = np.minimum.reduceat(label, start), np.maximum.reduceat(label, start)
    return low, high, np.diff(np.append(start, len(row)))


def of_disagreements(pattern: Pattern, flat: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Disputed units (N,), as positions, and their features (N × :data:`DISAGREEMENT`)."""
    p = pattern
    rows = np.flatnonzero(p.disputed)
    n = len(p.units)
    k, top, second = p.k, p.top, p.second
    votes = np.flatnonzero(p.suspect)
    row, rater = p.row[votes], p.votes.rater[votes]
    odds = np.log(p.deviates[votes] / (1 - p.deviates[votes])) - _logit(p.usual)
    deviates, lift, confused, tempo = (np.full(n, -np.inf) for _ in range(4))
    np.maximum.at(deviates, row, odds)
    # The likeliest rater to be off is meant: of several votes the one most out of pattern.
    np.maximum.at(lift, row, p.lift[votes])
    np.maximum.at(confused, row, p.confused[votes])
    np.maximum.at(tempo, row, -p.tempo[rater])
    quick = np.full(n, np.inf)
    pace = p.pace[votes]
    timed = np.isfinite(pace)
    np.minimum.at(quick, row[timed], pace[timed])
    slips = np.where(top == second, k - top, np.bincount(row, minlength=n))
    width = max(len(p.votes.labels), 2)
    toss = np.clip(k * np.log(0.5) - slips * np.log(p.usual / (width - 1)), -10, 10)
    features = np.column_stack(
        [
            np.log(k),
            k == 2,
            (k >= 3) & (top == k - 1),
            top == second,
            second / k,
            p.labels > 2,
            deviates,
            np.clip(lift, -3, 6),
            np.clip(confused, -3, 6),
            flat,
            toss,
            np.where(np.isfinite(quick), np.clip(quick, -3, 3), 0.0),
            -tempo,
            p.known,
        ]
    )
    return rows, features[rows]


def _share(mask: Bools) -> float:
    return float(mask.mean()) if len(mask) else 0.0


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
