"""Which of the units that are worth it are labeled within a budget, and by whom.

Greedy: the pair of unit and person with the most value per second first. Nobody is given much
more than an equal share of the time, and a quarter of the budget is kept for the labels in
proportion to the errors that are expected of each, so that rare ones are not starved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.remedy.people import People
from labelq.settings import Budget

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

HOUR = 3600.0
LABELS_AN_HOUR = 60
"""Where nobody's time is known."""

LOAD = 2.0
"""Nobody is given more than so many times an equal share of a budget, unless it would be left."""

KEPT = 0.25
"""The share of the budget that is kept for labels by the errors expected of them."""

MOST_PAIRS, FEWEST = 200_000, 5
"""Pairs of unit and person that are gone through, but so many people per unit."""

STAND_INS = 2
"""People who are named beside the first."""


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Units to choose from: what one answer by each of those asked is worth, and in the last
    column by somebody new (units × asked + 1; -1 where that cannot be: everybody may be asked
    who has not labeled it, somebody new where nobody else is left). ``entropy`` breaks ties;
    each unit counts for a ``label`` (any numbers) with its ``doubt``, the errors expected.
    """

    value: Floats
    entropy: Floats
    label: NDArray[np.integer]
    doubt: Floats

    def __len__(self) -> int:
        return len(self.entropy)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """``units`` (positions among the offers) within the budget, in the order of choice, and
    ``person`` of each, a position among those asked (one beyond: somebody new).
    """

    units: Indices
    person: Indices


def limits(budget: Budget | None, people: People) -> Budget:
    """The budget; without one an hour of everybody who is asked."""
    if budget is not None:
        return budget
    if people.timed:
        return Budget(seconds=HOUR * max(len(people.asked), 1))
    return Budget(labels=LABELS_AN_HOUR * max(len(people.asked), 1))


def choose(offers: Offers, people: People, budget: Budget | None, spent: float = 0.0) -> Choice:
    """The units to label within ``budget`` (None: an hour of everybody) and who labels them.

    ``spent`` of it, in its own measure, is gone already.
    """
    whole, n = limits(budget, people), len(offers)
    by_time = whole.labels is None
    seconds = people.with_somebody_new
    whole_amount = float(whole.seconds if whole.seconds is not None else whole.labels or 0)
    left = whole_amount - spent
    equal = whole_amount * (1 if by_time else people.usual) / max(len(people.asked), 1)
    most = equal * (1.0 if budget is None else LOAD)
    # With a few labels for many people nobody's share is less than one of them.
    caps = np.full(len(seconds), max(most, float(seconds.max())))
    caps[-1] = np.inf
    order = _order(offers.value / seconds, offers.entropy)
    load, done = np.zeros(len(seconds)), np.zeros(n, bool)
    kept = _kept(offers, left / (people.usual if by_time else 1))
    labels = offers.label.tolist()
    found: list[tuple[int, int]] = []
    passes = [(True, caps), (False, caps)]
    if budget is not None:
        passes.append((False, np.full(len(seconds), np.inf)))
    for by_label, cap in passes:
        for unit, person in order:
            if left <= 1e-9:
                break
            if done[unit] or (by_label and kept[labels[unit]] < 1):
                continue
            cost = seconds[person] if by_time else 1.0
            if cost > left + 1e-9 or load[person] + seconds[person] > cap[person] + 1e-9:
                continue
            done[unit] = True
            left -= cost
            kept[labels[unit]] -= 1
            load[person] += seconds[person]
            found.append((unit, person))
    chosen = np.array(found, np.intp).reshape(-1, 2)
    return Choice(chosen[:, 0], chosen[:, 1])


def suggested(offers: Offers, people: People, unit: int, first: int | None) -> tuple[int, ...]:
    """The codes of who can label a unit: ``first`` (a position; None: nobody yet), then those
    who can stand in. Empty: somebody new.
    """
    n = len(people.asked)
    value = offers.value[unit, :n]
    ranked = np.lexsort((np.arange(n), -np.round(value / people.seconds[people.asked], 15)))
    told = [] if first is None or first >= n else [first]
    told += [p for p in ranked[value[ranked] >= 0].tolist() if p != first]
    return tuple(int(people.asked[person]) for person in told[: 1 + STAND_INS])


def _order(per_second: Floats, entropy: Floats) -> list[tuple[int, int]]:
    """Pairs of unit and person, the most valuable per second first."""
    n, n_people = per_second.shape
    unit, person = np.nonzero(per_second >= 0)
    worth = np.round(per_second[unit, person], 12)
    # Of equally valuable ones each person begins with another unit, so that load is shared.
    turn = (person - unit) % n_people
    if len(unit) > MOST_PAIRS:  # of each unit only the best people
        best = np.lexsort((turn, -worth, unit))
        starts = np.searchsorted(unit, np.arange(n))
        place = np.arange(len(unit)) - starts[unit]  # within the unit, whose pairs stand together
        kept = best[place < max(MOST_PAIRS // n, FEWEST)]
        unit, person, worth, turn = unit[kept], person[kept], worth[kept], turn[kept]
    ranked = np.lexsort((turn, unit, -np.round(entropy[unit], 9), -worth))
    return list(zip(unit[ranked].tolist(), person[ranked].tolist(), strict=True))


def _kept(offers: Offers, n_votes: float) -> dict[int, int]:
    """How many answers are kept for each label: its share of the errors expected, of
    :data:`KEPT` of the budget, and at least one as far as that goes.
    """
    labels, at = np.unique(offers.label, return_inverse=True)
    expected = np.bincount(at.ravel(), offers.doubt, minlength=len(labels))
    room = KEPT * n_votes
    kept = np.floor(room * expected / max(float(expected.sum()), 1e-300))
    left = int(room - kept.sum())
    bare = np.flatnonzero((kept == 0) & (expected > 0))
    kept[bare[np.argsort(-expected[bare], kind="stable")][:left]] = 1
    return {int(label): int(n) for label, n in zip(labels, kept, strict=True)}
