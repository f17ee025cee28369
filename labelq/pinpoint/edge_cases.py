"""Edge cases: units that a guideline should quote, because they lie on a border."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round, label_text
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.findings import EdgeCase

AT_MOST = 50
"""So many edge cases of each kind and question are named, the weightiest."""


def find_edge_cases(
    round_: Round, question: Question, settling: Settling, consensus: Consensus
) -> tuple[EdgeCase, ...]:
    """The edge cases of one question, kind by kind, each kind with the weightiest first.

    Even splits: the two leading values have the same number of votes. Consistent splits: two
    of the best third of raters (by the consensus' estimate of accuracy) differ. Same text:
    units with one text and different consensus; one case per text. Against gold: more than
    half of two or more raters contradict the gold. Free numbers and rankings
    hardly ever tie: there the units with the largest share of disagreement stand for even
    splits, and nothing else.
    """
    ratings = round_.ratings[question.name]
    tally = _Tally.of(ratings)
    share = np.zeros(len(round_.units))
    share[settling.units] = np.round(settling.unit_share(), 12)
    if question.no_labels:
        wide = tally.units[(tally.votes > 1) & (share[tally.units] > 0)]
        wide = wide[np.lexsort((wide, -share[wide]))]
        return _cases(question, "even_split", ratings, wide)
    even = tally.units[(tally.votes > 1) & (tally.first == tally.second)]
    votes_of = np.zeros(len(round_.units))
    votes_of[tally.units] = tally.votes
    even = even[np.lexsort((even, -share[even], -votes_of[even]))]
    split = _consistent_splits(ratings, consensus)
    split = split[np.lexsort((split, -share[split]))]
    gold = _against_gold(round_, question, tally)
    gold = gold[np.lexsort((gold, -votes_of[gold]))]
    return (
        *_cases(question, "even_split", ratings, even),
        *_cases(question, "consistent_split", ratings, split),
        *_same_text(round_, question, ratings, consensus),
        *_cases(question, "against_gold", ratings, gold),
    )


class _Tally:
    """Per unit: how many votes, and how many the first and second value got."""

    def __init__(
        self,
        units: NDArray[np.integer],
        votes: NDArray[np.integer],
        first: NDArray[np.integer],
        second: NDArray[np.integer],
    ) -> None:
        self.units, self.votes, self.first, self.second = units, votes, first, second

    @classmethod
    def of(cls, ratings: Ratings) -> _Tally:
        width = max(len(ratings.values), 1)
        key = ratings.unit.astype(np.int64) * width + ratings.value
        cells, n = np.unique(key, return_counts=True)
        unit = cells // width
        order = np.lexsort((-n, unit))
        units, start = np.unique(unit[order], return_index=True)
        ends = np.append(start[1:], len(order))
        n = n[order]
        second = np.where(ends - start > 1, n[np.minimum(start + 1, len(n) - 1)], 0)
        return cls(units, np.add.reduceat(n, start) if len(n) else n, n[start], second)


def _consistent_splits(ratings: Ratings, consensus: Consensus) -> NDArray[np.integer]:
    accuracy = consensus.accuracy
    ranked = sorted(accuracy, key=lambda rater: (-round(accuracy[rater], 12), rater))
    best = ranked[: max(2, len(ranked) // 3)]
    if len(ranked) < 3:  # with two raters this is every disagreement
        return np.zeros(0, np.int32)
    theirs = np.isin(ratings.rater, best)
    unit, value = ratings.unit[theirs], ratings.value[theirs]
    if not len(unit):
        return unit
    units, start = np.unique(unit, return_index=True)
    differ = np.minimum.reduceat(value, start) != np.maximum.reduceat(value, start)
    return np.asarray(units[differ])


def _against_gold(round_: Round, question: Question, tally: _Tally) -> NDArray[np.integer]:
    gold = round_.gold.get(question.name)
    if gold is None:
        return np.zeros(0, np.int32)
    ratings = round_.ratings[question.name]
    golden = gold[ratings.unit]
    wrong = np.bincount(ratings.unit[(golden >= 0) & (golden != ratings.value)],
                        minlength=len(round_.units))  # fmt: skip
    most = (tally.votes > 1) & (2 * wrong[tally.units] > tally.votes)
    return np.asarray(tally.units[most])


def _same_text(
    round_: Round, question: Question, ratings: Ratings, consensus: Consensus
) -> tuple[EdgeCase, ...]:
    """Texts under several ids that got different labels, the most frequent text first."""
    by_text: dict[str, list[int]] = {}
    for row, unit in enumerate(consensus.units.tolist()):
        text = round_.units.text[unit]
        if text and text.strip():
            by_text.setdefault(_plain(text), []).append(row)
    found: list[tuple[int, tuple[int, ...]]] = []
    for rows in by_text.values():
        others = [row for row in rows if consensus.differ(row, rows[0])]
        if others:
            units = consensus.units[[rows[0], *others]].tolist()
            found.append((units[0], tuple(units[1:])))
    found.sort(key=lambda case: (-len(case[1]), case[0]))
    votes = _votes(ratings, [unit for unit, _ in found[:AT_MOST]])
    return tuple(
        EdgeCase(question.name, unit, "same_text", votes[unit], others)
        for unit, others in found[:AT_MOST]
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _cases(
    question: Question, kind: str, ratings: Ratings, units: NDArray[np.integer]
) -> tuple[EdgeCase, ...]:
    chosen = units[:AT_MOST].tolist()
    votes = _votes(ratings, chosen)
    return tuple(
        EdgeCase(question.name, unit, kind, votes[unit])  # type: ignore[arg-type]  # a literal
        for unit in chosen
    )


def _votes(ratings: Ratings, units: Iterable[int]) -> dict[int, tuple[tuple[str, int], ...]]:
    """The votes on each of a few units, most votes first."""
    found: dict[int, tuple[tuple[str, int], ...]] = {}
    for unit in units:
        a, b = np.searchsorted(ratings.unit, [unit, unit + 1])
        values, n = np.unique(ratings.value[a:b], return_counts=True)
        order = np.lexsort((values, -n))
        found[unit] = tuple((label_text(ratings.values[values[i]]), int(n[i])) for i in order)
    return found
