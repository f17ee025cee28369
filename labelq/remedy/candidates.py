"""Which units are worth another label, and why; what waits for a decision of the guideline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.evidence import last_words
from labelq.labels.model import Question, Ratings, Round
from labelq.measure.consensus.prospects import spread_of
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster, EdgeCase
from labelq.pinpoint.raters import same_text
from labelq.remedy.acts import Reason, ReasonCode, Released

WORTH_IT = 0.2
"""From this expected error of the consensus on, one more answer is worth it: a label that is
right with less than 80 %, a tick, an ordered label that is off by a fifth of the scale. So on
a scale of five, doubt between neighbours is not worth it, and doubt between ends is."""

BY_EDGE_CASE: dict[str, ReasonCode] = {"same_text": "same_text", "against_gold": "against_gold"}
"""Edge cases that are worth another label however sure the consensus is."""

NEAR = 0.25
"""The same text with ordered labels no further apart than this share of the scale (neighbours
on a scale of five) is no contradiction."""

Doubts = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """``reasons`` by unit code; ``waiting`` are units of open gaps, those that look like them and
    those with the same text; ``again`` those that a decision contradicts, with the raters who
    have to look again. ``doubts`` holds the expected error (0 to 1) of each question's consensus
    per unit code, ``doubt`` the mean over the questions that a unit answers.
    """

    reasons: Mapping[int, tuple[Reason, ...]]
    waiting: Collection[int]
    again: Mapping[int, tuple[int, ...]]
    doubts: Doubts
    doubt: NDArray[np.float64]


def candidates(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    clusters: Sequence[Cluster],
    edge_cases: Sequence[EdgeCase],
    released: Released,
) -> Candidates:
    """The units that are worth another label.

    A dispute that the consensus has settled is none of them. Worth it are units whose
    consensus is expected to be wrong by :data:`WORTH_IT` on some question, and over all
    questions by more than a unit chosen blindly; and whatever the consensus says, units that
    contradict gold or another unit with the same text, that belong to a guideline gap or look
    like it, or that a decision contradicts. A unit with one label says nothing about doubt:
    it needs such a pointer.

    Votes that came through a queue and reviewers' decisions are part of the evidence here: a
    question that a reviewer decided, or that such votes have made sure, asks for nothing more.
    """
    n = len(round_.units)
    doubts: dict[str, NDArray[np.float64]] = {}
    answered = np.zeros(n)
    said = {question.name: last_words(round_, question) for question in round_.questions}
    for question in round_.questions:
        consensus = consensuses[question.name]
        doubt = np.zeros(n)
        doubt[consensus.units] = _doubt(question, said[question.name], consensus)
        doubt[_codes(round_.adjudicated.get(question.name, ()))] = 0
        doubts[question.name] = doubt
        answered[consensus.units] += 1
    mean = np.round(sum(doubts.values(), np.zeros(n)) / np.maximum(answered, 1), 12)
    above_usual = mean >= np.round(mean.mean(), 12) if n else mean > 0
    reasons: dict[int, list[Reason]] = {}

    def add(units: NDArray[np.integer] | Sequence[int], reason: Reason) -> None:
        units = np.asarray(units, np.int64)
        for unit in units[~closed[units]].tolist():
            own = reasons.setdefault(unit, [])
            if reason not in own:
                own.append(reason)

    waiting: set[int] = set()
    again: dict[int, tuple[int, ...]] = {}
    for question in round_.questions:
        name = question.name
        later, closed = _later(round_, name, doubts[name])
        n_votes, disputed = _disputed(said[name], n)
        settled = _codes(released.settled.get(name, ()))
        contradicted = released.contradicted.get(name, {})
        closed[settled] = True
        closed[_codes(contradicted)] = False
        for unit, raters in contradicted.items():
            again[unit] = tuple(sorted({*again.get(unit, ()), *raters}))
        add(_codes(contradicted), Reason("decided", name))
        closed[_codes(contradicted)] = True
        for cluster in clusters:
            if cluster.question == name and cluster.cause.kind == "gap":
                add(cluster.units, Reason("gap", name, cluster.id))
                add(cluster.lookalikes, Reason("resembles_gap", name, cluster.id))
                held = _codes((*cluster.units, *cluster.lookalikes))
                waiting.update(held[~closed[held]].tolist())
        even: list[int] = []
        for case in edge_cases:
            if case.question == name and case.kind in BY_EDGE_CASE:
                units = [case.unit, *case.others]
                if case.kind == "same_text" and (
                    _near(question, consensuses[name], case)
                    or (later[units].any() and _alike(consensuses[name], units))
                ):
                    continue
                add(units, Reason(BY_EDGE_CASE[case.kind], name))
            elif case.question == name and case.kind == "even_split":
                even.append(case.unit)
        pointed = np.zeros(n, bool)
        pointed[[*reasons, *released.pointed_at.get(name, ())]] = True
        worth_it = (np.round(doubts[name], 12) >= WORTH_IT) & above_usual
        worth_it &= (n_votes > 1) | pointed
        add(np.flatnonzero(worth_it & disputed), Reason("disputed", name))
        even = [unit for unit in even if worth_it[unit] and not later[unit]]
        add(even, Reason("even_split", name))
        add(np.flatnonzero(worth_it & ~disputed), Reason("uncertain", name))
        queued = np.zeros(n, bool)
        queued[[*reasons]] = True
        add(np.flatnonzero((n_votes == 1) & queued), Reason("one_vote", name))
    text = same_text(round_.units)
    waits = np.isin(text, text[_codes(waiting)]) & (text >= 0)
    waiting.update(np.flatnonzero(waits).tolist())
    return Candidates(
        {unit: tuple(reasons[unit]) for unit in sorted(reasons)},
        waiting - again.keys(),
        again,
        doubts,
        mean,
    )


def _doubt(question: Question, ratings: Ratings, consensus: Consensus) -> NDArray[np.float64]:
    """The expected error of the consensus (0 to 1), per unit of ``consensus.units``."""
    posterior = consensus.posterior
    if question.level in ("interval", "ratio", "ranking"):
        return spread_of(question, ratings, consensus.units)
    if posterior.shape[1] == 0:
        return np.zeros(len(posterior))
    if question.level == "set":
        return np.asarray(np.minimum(posterior, 1 - posterior).max(axis=1))
    if question.level == "ordinal":
        # In steps between labels, as a share of the longest way.
        steps = np.arange(posterior.shape[1])
        best = np.round(posterior, 12).argmax(axis=1)
        off = (posterior * np.abs(steps - best[:, None])).sum(axis=1)
        return np.asarray(off / max(len(steps) - 1, 1))
    return np.asarray(np.maximum(1 - posterior.max(axis=1), 0))


def _later(
    round_: Round, question: str, doubt: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Per unit code: whether anything came after the round, and whether that left no question."""
    later = np.zeros(len(doubt), bool)
    if question in round_.selected:
        later[round_.selected[question].unit] = True
    later[_codes(round_.adjudicated.get(question, ()))] = True
    return later, later & (np.round(doubt, 12) < WORTH_IT)


def _alike(consensus: Consensus, units: Sequence[int]) -> bool:
    rows = np.searchsorted(consensus.units, units)
    return not any(consensus.differ(row, rows[0]) for row in rows[1:].tolist())


def _codes(units: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(units), np.int64)


def _near(question: Question, consensus: Consensus, case: EdgeCase) -> bool:
    """Whether the ordered consensus labels of a case's units are all near to each other."""
    if question.level != "ordinal":
        return False
    rows = np.searchsorted(consensus.units, (case.unit, *case.others))
    best = np.round(consensus.posterior[rows], 12).argmax(axis=1)
    return bool(np.ptp(best) <= NEAR * (len(consensus.labels) - 1))


def _disputed(ratings: Ratings, n_units: int) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
    """Per unit code: number of ratings, and whether two of them differ."""
    n = np.bincount(ratings.unit, minlength=n_units)
    low = np.full(n_units, len(ratings.values))
    high = np.full(n_units, -1)
    np.minimum.at(low, ratings.unit, ratings.value)
    np.maximum.at(high, ratings.unit, ratings.value)
    return n, high > low
