"""What an answer by each person is worth on each unit of the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Round
from labelq.measure.consensus.prospects import Prospect
from labelq.measure.consensus.value_of_votes import MOST_VOTES, best_of
from labelq.measure.results import Consensus
from labelq.remedy.budget import Offers
from labelq.remedy.people import People

Floats = NDArray[np.float64]

MOST_PAIRS = 500_000
"""Units × people beyond which only the units that are worth most are weighed person by person."""

MOST_WEIGHED = 40_000
"""Units × groups of people that votes are looked ahead for."""

GROUPS = (4, 40)
"""People are told apart by how often they are right, in at least and at most so many groups."""

LIKELY = 0.2
"""A unit counts for the rarest of the labels that it has with this probability."""


@dataclass(frozen=True, slots=True, eq=False)
class Worths:
    """``offers`` of the units, ``fall``, what an answer by each (units × asked + 1) mends at
    once, and the ``seconds`` that it takes each.
    """

    offers: Offers
    fall: Floats
    seconds: Floats


def worths_of(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    doubts: Mapping[str, Floats],
    people: People,
    units: NDArray[np.int64],
) -> Worths:
    """What an answer on each of ``units`` is worth, by everybody who can be asked."""
    prospects = {
        q.name: Prospect.of(q, consensuses[q.name], round_.ratings[q.name], len(round_.voters))
        for q in round_.questions
    }
    n, n_asked = len(units), len(people.asked)
    open_ = {name: units[doubts[name][units] > 0] for name in prospects}
    everybody = people.asked if n_asked else np.arange(len(round_.voters))
    gain, fall = _together(prospects, open_, units, everybody)
    value, once = np.full((n, n_asked + 1), -1.0), np.zeros((n, n_asked + 1))
    free = people.free(units)
    value[:, :n_asked][free] = np.broadcast_to(gain[:, None], free.shape)[free]
    once[:] = fall[:, None]
    value[~free.any(axis=1), n_asked] = gain[~free.any(axis=1)]
    weighed = np.argsort(-gain, kind="stable")[: max(MOST_PAIRS // max(n_asked, 1), 1)]
    for members in _groups(round_, consensuses, people, len(weighed)):
        own_gain, own_fall = _together(prospects, open_, units[weighed], people.asked[members])
        for person in members.tolist():
            can = weighed[free[weighed, person]]
            value[can, person] = own_gain[free[weighed, person]]
            once[weighed, person] = own_fall
    entropy = np.zeros(n)
    for name, prospect in prospects.items():
        at, rows = _rows(prospect, open_[name], units)
        entropy[at] += prospect.entropy[rows]
    label = _labels(round_, consensuses, doubts, units)
    doubt = sum((doubts[name][units] for name in prospects), np.zeros(n))
    return Worths(Offers(value, entropy, label, doubt), once, people.with_somebody_new)


def _together(
    prospects: Mapping[str, Prospect],
    open_: Mapping[str, NDArray[np.int64]],
    units: NDArray[np.int64],
    people: NDArray[np.integer],
) -> tuple[Floats, Floats]:
    """Over all questions, of one answer by one of ``people``: its gain, and its fall at once."""
    falls = np.zeros((len(units), MOST_VOTES))
    if not len(people):
        return falls[:, 0], falls[:, 0]
    for name, prospect in prospects.items():
        at, rows = _rows(prospect, open_[name], units)
        falls[at] += prospect.falls(rows, people)
    return best_of(falls), falls[:, 0]


def _rows(
    prospect: Prospect, open_: NDArray[np.int64], units: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of ``units`` the question still asks about, and their rows there."""
    at = np.flatnonzero(np.isin(units, open_) & np.isin(units, prospect.units))
    return at, np.searchsorted(prospect.units, units[at])


def _groups(
    round_: Round, consensuses: Mapping[str, Consensus], people: People, n_units: int
) -> list[NDArray[np.intp]]:
    """Positions among those asked, in groups of like ability."""
    n = len(people.asked)
    most = int(np.clip(MOST_WEIGHED // max(n_units, 1), *GROUPS))
    right = np.zeros(n)
    for question in round_.questions:
        told = consensuses[question.name].accuracy
        usual = float(np.mean(list(told.values()))) if told else 0.0
        right += [told.get(int(code), usual) for code in people.asked]
    ranked = np.argsort(right, kind="stable")
    return [part for part in np.array_split(ranked, min(most, n)) if len(part)] if n else []


def _labels(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    doubts: Mapping[str, Floats],
    units: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The label that each unit counts for: on its most doubtful question, the rarest one that
    it may have. A number, which means nothing else.
    """
    found = np.zeros(len(units), np.int64)
    most = np.full(len(units), -1.0)
    start = 0
    for question in round_.questions:
        consensus = consensuses[question.name]
        posterior = consensus.posterior
        here = np.flatnonzero(np.isin(units, consensus.units))
        doubt = doubts[question.name][units[here]]
        here = here[doubt > most[here]]
        most[here] = doubts[question.name][units[here]]
        found[here] = start
        if posterior.shape[1]:
            rows = np.searchsorted(consensus.units, units[here])
            chance = posterior[rows]
            if question.level == "set":
                chance = np.minimum(chance, 1 - chance)
            common = posterior.sum(axis=0)
            may = chance >= np.minimum(LIKELY, chance.max(axis=1, keepdims=True))
            found[here] = start + np.where(may, common, np.inf).argmin(axis=1)
        start += max(posterior.shape[1], 1)
    return found
