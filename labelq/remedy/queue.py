"""The re-labeling queue: which units are worth another label, why, by whom, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Round
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster, EdgeCase
from labelq.remedy.acts import Entry, Released
from labelq.remedy.budget import HOUR, LABELS_AN_HOUR, choose, limits, suggested
from labelq.remedy.candidates import Candidates, candidates
from labelq.remedy.entries import STATUS
from labelq.remedy.people import People, people_of
from labelq.remedy.worth import Worths, worths_of
from labelq.settings import Budget

NOTHING = Released()


def queue(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    clusters: Sequence[Cluster],
    edge_cases: Sequence[EdgeCase],
    *,
    budget: Budget | None = None,
    active: Collection[str] | None = None,
    hurried: Collection[int] = (),
    released: Released = NOTHING,
) -> tuple[Entry, ...]:
    """One entry per unit over all questions: what the budget covers, what comes later, and
    what is held back, each with the most valuable per hour first.

    An answer is worth by how much it makes the loss of the unit's consensus fall, over all its
    questions, because whoever opens the task answers them all; looking ahead, because one
    answer alone seldom changes a label. ``budget`` None is an hour of everybody who can be
    asked (``active``: ids of these, instead of those who labeled lately
    and are not ``hurried``).

    What a decision contradicts comes first, for those whose annotations it contradicts. Units
    of an open gap, what looks like them and what has the same text are held back until
    ``released``: more votes under the same guideline split as the first did.

    Raises:
        SettingsError: nobody is called as ``active`` says.
    """
    found = candidates(round_, consensuses, clusters, edge_cases, released)
    people = people_of(round_, active, hurried)
    held = np.array(sorted(found.waiting & found.reasons.keys()), np.int64)
    open_ = np.array([u for u in found.reasons if u not in found.waiting], np.int64)
    fresh = np.array([u for u in open_.tolist() if u not in found.again], np.int64)
    looks = _second_looks(round_, found, people)
    whole = limits(budget, people)
    looks, spent = _within(looks, whole)
    worths = worths_of(round_, consensuses, found.doubts, people, fresh)
    choice = choose(worths.offers, people, budget, spent)
    person = dict(zip(choice.units.tolist(), choice.person.tolist(), strict=True))
    entries = [*looks, *_held(round_, consensuses, found, people, held)]
    for i, unit in enumerate(fresh.tolist()):
        entries.append(_entry(found, people, worths, i, unit, person.get(i)))
    best = max((entry.per_hour for entry in entries), default=0.0) or 1.0
    places = list(STATUS)
    entries.sort(
        key=lambda e: (
            places.index(e.status),
            (e.wants == "second_look") == (e.status == "later"),  # decided: first what is covered
            -round(e.per_hour, 9),
            -round(float(found.doubt[e.unit]), 12),
            e.unit,
        )
    )
    return tuple(replace(e, priority=round(e.per_hour / best, 12)) for e in entries)


def _entry(
    found: Candidates, people: People, worths: Worths, i: int, unit: int, person: int | None
) -> Entry:
    """The entry of a unit that wants another person; ``person`` None: beyond the budget."""
    offers, seconds = worths.offers, worths.seconds
    at = person if person is not None else int(np.argmax(offers.value[i] / seconds))
    gain = max(float(offers.value[i, at]), 0.0)
    return Entry(
        unit=unit,
        priority=0.0,
        reasons=found.reasons[unit],
        wants="another_person",
        status="later" if person is None else "queued",
        doubt=float(found.doubt[unit]),
        gain=gain,
        per_hour=gain / float(seconds[at]) * HOUR if people.timed else gain * LABELS_AN_HOUR,
        fall=float(worths.fall[i, at]),
        votes=1,
        seconds=float(seconds[at]) if people.timed else 0.0,
        people=suggested(offers, people, i, at),
    )


def _second_looks(round_: Round, found: Candidates, people: People) -> list[Entry]:
    """What a decision contradicts, for those whose annotations it contradicts.

    Each corrected annotation is worth its share of the unit's: the decision knows the label.
    """
    n = np.zeros(len(round_.units))
    for ratings in round_.ratings.values():
        np.maximum(n, np.bincount(ratings.unit, minlength=len(n)), out=n)
    entries = []
    for unit, raters in found.again.items():
        codes = np.array(raters, np.int64)
        seconds = float(people.seconds[codes].sum())
        gain = 1 / max(float(n[unit]), 1.0)
        hours = seconds / HOUR if people.timed else len(codes) / LABELS_AN_HOUR
        entries.append(
            Entry(
                unit=unit,
                priority=0.0,
                reasons=found.reasons[unit],
                wants="second_look",
                doubt=float(found.doubt[unit]),
                gain=gain,
                per_hour=gain * len(codes) / hours,
                votes=len(codes),
                seconds=seconds if people.timed else 0.0,
                people=raters,
            )
        )
    return sorted(entries, key=lambda entry: (-round(entry.per_hour, 9), entry.unit))


def _within(looks: list[Entry], whole: Budget) -> tuple[list[Entry], float]:
    """The second looks with their status, and how much of the budget they take."""
    spent, most = 0.0, whole.labels if whole.seconds is None else whole.seconds
    marked = []
    for entry in looks:
        cost = float(entry.votes) if whole.seconds is None else entry.seconds
        covered = spent + cost <= (most or 0) + 1e-9
        spent += cost if covered else 0.0
        marked.append(entry if covered else replace(entry, status="later"))
    return marked, spent


def _held(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    found: Candidates,
    people: People,
    units: NDArray[np.int64],
) -> list[Entry]:
    """The units that wait: worth what votes of anybody would be, once they can settle it."""
    nobody = replace(people, asked=people.asked[:0])
    worths = worths_of(round_, consensuses, found.doubts, nobody, units)
    n = len(people.seconds)
    entries = []
    for i, unit in enumerate(units.tolist()):
        codes = people.done[slice(*np.searchsorted(people.done, (unit * n, unit * n + n)))] % n
        entry = _entry(found, nobody, worths, i, unit, None)
        entries.append(
            replace(
                entry,
                status="held_back",
                wants="second_look",
                fall=0.0,
                votes=len(codes),
                seconds=float(people.seconds[codes].sum()) if people.timed else 0.0,
                people=tuple(codes.tolist()),
            )
        )
    return entries
