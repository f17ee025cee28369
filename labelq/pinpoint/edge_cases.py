"""Edge cases: units that a guideline should quote, because they lie on a border."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round, label_text
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.borders import between_labels, near_pairs
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.findings import EDGE_CASES_NAMED, EdgeCase

Ints = NDArray[np.integer]


FEW_ANSWERS = 10
"""Nobody is among the most consistent with fewer answers, where others have enough."""

CONFIDENT = 0.9
RIGHT, TESTED = 0.9, 30
"""A model is confident from this score on; without scores, when it gave the same as unanimous
raters so often, on so many units at least."""

HALFWAY = 0.7
"""A content made half of one and half of another label is 1/√2 as near to either as their own."""

NEAR_HALF = 0.35
"""A consensus is torn when its second label has this probability or more."""


def find_edge_cases(
    round_: Round,
    question: Question,
    settling: Settling,
    consensus: Consensus,
    content: Content | None = None,
) -> tuple[EdgeCase, ...]:
    """The edge cases of one question, kind by kind, each kind with the weightiest first.

    :class:`~labelq.pinpoint.findings.EdgeCase` says what the kinds are. ``content`` is what
    the units are about: without it nothing is said about near-identical texts and about units
    between two labels. Free numbers and rankings hardly ever tie: there the units with the
    largest share of disagreement stand for even splits, and nothing else.
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
    best = _most_consistent(ratings, consensus)
    split = _consistent_splits(best)
    split = split[np.lexsort((split, -share[split]))]
    gold = round_.gold.get(question.name)
    against = _against_gold(ratings, gold, tally)
    rejected = _rejected_gold(best, gold)
    return (
        *_cases(question, "even_split", ratings, even),
        *_cases(question, "consistent_split", ratings, split),
        *_cases(question, "torn", ratings, _torn(question, consensus, tally)),
        *_cases(question, "border", ratings, _on_border(question, tally, content)),
        *_same_text(round_, question, ratings, consensus),
        *_near_text(round_, question, ratings, consensus, content),
        *_cases(question, "against_model", ratings, _against_model(round_, question, tally)),
        *_cases(question, "against_gold", ratings, against),
        *_cases(question, "gold_rejected", ratings, rejected),
    )


def disputed_gold(
    round_: Round, question: Question, consensus: Consensus | None = None
) -> frozenset[int]:
    """All units whose gold is in dispute: those of the kinds ``against_gold`` and, where there is
    a ``consensus`` to say who is consistent, ``gold_rejected``.
    """
    gold = round_.gold.get(question.name)
    if gold is None or question.no_labels:
        return frozenset()
    ratings = round_.ratings[question.name]
    found = set(_against_gold(ratings, gold, _Tally.of(ratings)).tolist())
    if consensus is not None:
        found.update(_rejected_gold(_most_consistent(ratings, consensus), gold).tolist())
    return frozenset(found)


class _Tally:
    """Per unit: how many votes, and how many the first and second value got, and which."""

    def __init__(
        self, units: Ints, votes: Ints, first: Ints, second: Ints, leading: Ints, next_: Ints
    ) -> None:
        self.units, self.votes, self.first, self.second = units, votes, first, second
        self.leading, self.next = leading, next_

    @classmethod
    def of(cls, ratings: Ratings) -> _Tally:
        width = max(len(ratings.values), 1)
        key = ratings.unit.astype(np.int64) * width + ratings.value
        cells, n = np.unique(key, return_counts=True)
        unit, value = np.divmod(cells, width)
        order = np.lexsort((value, -n, unit))
        units, start = np.unique(unit[order], return_index=True)
        ends = np.append(start[1:], len(order))
        n, value = n[order], value[order]
        several = ends - start > 1
        follows = np.minimum(start + 1, max(len(n) - 1, 0))
        second = np.where(several, n[follows], 0) if len(n) else n
        next_ = np.where(several, value[follows], -1) if len(n) else value
        votes = np.add.reduceat(n, start) if len(n) else n
        return cls(units, votes, n[start], second, value[start], next_)

    @property
    def unanimous(self) -> NDArray[np.bool_]:
        """Units on which two or more votes are all alike."""
        return np.asarray((self.votes > 1) & (self.first == self.votes))


def _most_consistent(ratings: Ratings, consensus: Consensus) -> Ratings:
    """The ratings of the best third of raters, by the consensus' estimate of accuracy.

    Raters with few answers are left out where three or more have enough. None with two raters:
    then it would be every disagreement.
    """
    n = np.bincount(ratings.rater)
    enough = {r: a for r, a in consensus.accuracy.items() if r < len(n) and n[r] >= FEW_ANSWERS}
    accuracy = enough if len(enough) >= 3 else consensus.accuracy
    ranked = sorted(accuracy, key=lambda rater: (-round(accuracy[rater], 12), rater))
    best = ranked[: max(2, len(ranked) // 3)] if len(ranked) >= 3 else []
    return ratings.select(np.isin(ratings.rater, best))


def _consistent_splits(best: Ratings) -> Ints:
    """Units on which the most consistent raters are evenly split."""
    tally = _Tally.of(best)
    return np.asarray(tally.units[(tally.votes > 1) & (tally.first == tally.second)])


def _against_gold(ratings: Ratings, gold: Ints | None, tally: _Tally) -> Ints:
    """Units on which more than half of two or more votes contradict gold, unanimous ones first."""
    if gold is None:
        return np.zeros(0, np.int32)
    golden = gold[ratings.unit]
    missed = (golden >= 0) & (golden != ratings.value)
    wrong = np.bincount(ratings.unit[missed], minlength=len(gold))[tally.units]
    most = np.flatnonzero((tally.votes > 1) & (2 * wrong > tally.votes))
    right = tally.votes[most] - wrong[most]
    order = np.lexsort((tally.units[most], -tally.votes[most], right > 0))
    return np.asarray(tally.units[most][order])


def _rejected_gold(best: Ratings, gold: Ints | None) -> Ints:
    """Units whose gold all of two or more of the most consistent raters reject, alike."""
    if gold is None:
        return np.zeros(0, np.int32)
    tally = _Tally.of(best)
    at = np.flatnonzero(tally.unanimous)
    at = at[(gold[tally.units[at]] >= 0) & (gold[tally.units[at]] != tally.leading[at])]
    return np.asarray(tally.units[at[np.lexsort((tally.units[at], -tally.votes[at]))]])


def _against_model(round_: Round, question: Question, tally: _Tally) -> Ints:
    """Units that two or more raters labeled alike and a confident model another way.

    A model is confident where it says so, or, where it never does, when it gave the same as
    unanimous raters nine times of ten.
    """
    predicted = round_.predictions.get(question.name)
    if predicted is None:
        return np.zeros(0, np.int32)
    score = round_.scores.get(question.name, np.full(len(predicted), np.nan, np.float32))
    agreed = np.full(len(round_.units), -1)
    agreed[tally.units[tally.unanimous]] = tally.leading[tally.unanimous]
    votes = np.zeros(len(round_.units))
    votes[tally.units] = tally.votes
    known = agreed[predicted.unit] >= 0
    same = predicted.value == agreed[predicted.unit]
    sure = np.zeros(len(predicted), bool)
    for model in np.unique(predicted.rater).tolist():
        own = predicted.rater == model
        said = own & np.isfinite(score)
        if said.any():
            # On any other scale than 0 to 1 nobody knows what is much.
            if score[said].min() >= 0 and score[said].max() <= 1:
                sure |= said & (score >= CONFIDENT)
        elif (n := int((own & known).sum())) >= TESTED and same[own & known].sum() >= RIGHT * n:
            sure |= own
    units, at = np.unique(predicted.unit[known & ~same & sure], return_index=True)
    level = np.nan_to_num(score[known & ~same & sure][at])
    return np.asarray(units[np.lexsort((units, -level, -votes[units]))])


def _torn(question: Question, consensus: Consensus, tally: _Tally) -> Ints:
    """Units whose consensus is nearest to one half for each of two labels.

    Evenly split votes are a kind of their own: these are the others, where raters weigh
    unequally, or where one vote of several leads and the model does not believe it.
    """
    posterior = consensus.posterior
    if question.level == "set" or consensus.method == "majority" or posterior.shape[1] < 2:
        return np.zeros(0, np.int32)
    top = np.round(-np.partition(-posterior, 1, axis=1)[:, :2], 9)
    uneven = np.isin(consensus.units, tally.units[(tally.votes > 1) & (tally.first > tally.second)])
    at = np.flatnonzero(uneven & (top[:, 1] >= NEAR_HALF))
    units = consensus.units[at]
    return np.asarray(units[np.lexsort((units, -top[at, 1]))])


def _on_border(question: Question, tally: _Tally, content: Content | None) -> Ints:
    """Units with votes for two labels whose content is near to both."""
    if content is None or question.level == "set":
        return np.zeros(0, np.int32)
    at = np.flatnonzero(tally.next >= 0)
    agreed = np.flatnonzero(tally.unanimous)
    if not len(at) or not len(agreed):
        return np.zeros(0, np.int32)
    both = between_labels(
        content.vectors,
        tally.units[agreed],
        tally.leading[agreed],
        tally.units[at],
        np.stack([tally.leading[at], tally.next[at]], axis=1),
    )
    on = np.flatnonzero(both >= HALFWAY)
    units = tally.units[at[on]]
    return np.asarray(units[np.lexsort((units, -np.round(both[on], 9)))])


def _near_text(
    round_: Round,
    question: Question,
    ratings: Ratings,
    consensus: Consensus,
    content: Content | None,
) -> tuple[EdgeCase, ...]:
    """Units with nearly the same content, not the same text, and another label."""
    if content is None or not content.written:
        return ()
    distinct, first = np.unique(content.text_of, return_index=True)
    stands = np.full(content.holds.shape[0], -1)  # one unit for all that carry a text
    stands[distinct[distinct >= 0]] = first[distinct >= 0]
    a, b, cosine = near_pairs(content.holds)
    a, b = stands[a], stands[b]
    row = np.full(len(round_.units), -1)
    row[consensus.units] = np.arange(len(consensus.units))
    kept = [
        i
        for i in np.lexsort((b, a, -np.round(cosine, 9))).tolist()
        if row[a[i]] >= 0 and row[b[i]] >= 0 and consensus.differ(int(row[a[i]]), int(row[b[i]]))
    ]
    others: dict[int, list[int]] = {}
    taken: set[int] = set()
    for i in kept:
        one, other = int(a[i]), int(b[i])
        if other not in taken and (one in others or one not in taken):
            others.setdefault(one, []).append(other)
            taken |= {one, other}
    chosen = sorted(others, key=lambda unit: (-len(others[unit]), unit))[:EDGE_CASES_NAMED]
    votes = _votes(ratings, chosen)
    return tuple(
        EdgeCase(question.name, unit, "near_text", votes[unit], tuple(others[unit]))
        for unit in chosen
    )


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
    votes = _votes(ratings, [unit for unit, _ in found[:EDGE_CASES_NAMED]])
    return tuple(
        EdgeCase(question.name, unit, "same_text", votes[unit], others)
        for unit, others in found[:EDGE_CASES_NAMED]
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _cases(
    question: Question, kind: str, ratings: Ratings, units: NDArray[np.integer]
) -> tuple[EdgeCase, ...]:
    chosen = units[:EDGE_CASES_NAMED].tolist()
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
