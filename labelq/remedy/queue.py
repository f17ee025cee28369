"""The re-labeling queue: which units are worth another label, why, by whom, and as what task.

A task never carries earlier votes, gold or predictions: whoever labels it next must not be
led. What the reasons say is in words and names no label.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Round, field_text
from labelq.labels.queue_fields import KEY, PRIORITY, ROUND
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster, EdgeCase
from labelq.remedy.acts import Entry, Reason, ReasonCode, Released, Status, Task
from labelq.remedy.budget import HOUR, LABELS_AN_HOUR, choose, limits, suggested
from labelq.remedy.candidates import Candidates, candidates
from labelq.remedy.people import People, people_of
from labelq.remedy.worth import Worths, worths_of
from labelq.settings import Budget

WORDS: dict[ReasonCode, str] = {
    "disputed": "annotators disagree",
    "even_split": "the votes are split evenly",
    "one_vote": "only one person labeled it",
    "against_gold": "the votes contradict the reference answer",
    "same_text": "the same text got another label elsewhere",
    "gap": "the guideline has no rule for it yet",
    "resembles_gap": "resembles tasks of an open gap",
    "uncertain": "the consensus is uncertain",
    "decided": "the rule that was decided says otherwise",
}
"""What each reason says to people who look through the queue."""

WANTS: dict[str, str] = {
    "another_person": "another person",
    "second_look": "a second look, once the rule is decided",
}
"""What each entry asks for, in words."""

STATUS: dict[Status, str] = {
    "queued": "within the budget",
    "later": "worth it, beyond the budget",
    "held_back": "held back: re-labeling it now buys the same split again",
}
"""What an entry's status says."""

NOTHING = Released()


def queue(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    clusters: Sequence[Cluster],
    edge_cases: Sequence[EdgeCase],
    *,
    budget: Budget | None = None,
    active: Collection[str] | None = None,
    released: Released = NOTHING,
) -> tuple[Entry, ...]:
    """One entry per unit over all questions: what the budget covers, what comes later, and
    what is held back, each with the most valuable per hour first.

    An answer is worth by how much it makes the loss of the unit's consensus fall, over all its
    questions, because whoever opens the task answers them all; looking ahead, because one
    answer alone seldom changes a label. ``budget`` None is an hour of everybody who can be
    asked (``active``: ids of these, instead of those who labeled lately).

    What a decision contradicts comes first, for those whose annotations it contradicts. Units
    of an open gap are held back until ``released``: more votes under the same guideline split
    as the first did. But a unit with one label that looks like a gap wants another person.

    Raises:
        SettingsError: nobody is called as ``active`` says.
    """
    found = candidates(round_, consensuses, clusters, edge_cases, released)
    people = people_of(round_, active)
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
            e.wants == "second_look" and e.status == "later",
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
    offers = worths.offers
    seconds = people.with_somebody_new
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
    """The units of open gaps: worth what votes of anybody would be, once they can settle it."""
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


def queue_tasks(
    round_: Round, entries: Sequence[Entry], text_field: str = "text"
) -> tuple[Task, ...]:
    """The entries as Label Studio import tasks, in their order.

    ``data`` holds what the annotator saw (the text under ``text_field`` and the unit's other
    fields), ``labelq_key`` and ``labelq_round`` to recognise the answers by, and
    ``labelq_priority`` to sort by: no reason, which would lead whoever opens the task.
    ``meta``, which is not shown while labeling, says what the task wants and why.
    """
    tasks: list[Task] = []
    for entry in entries:
        unit = round_.units.ids[entry.unit]
        data = {
            name: column[entry.unit]
            for name, column in round_.units.fields.items()
            if column[entry.unit] is not None
        }
        text = round_.units.text[entry.unit]
        if text is not None:
            data[text_field] = text
        data[KEY] = f"{round_.name}/{unit}"
        data[ROUND] = round_.name
        data[PRIORITY] = entry.priority
        codes = {
            "round": round_.name,
            "unit": unit,
            "priority": entry.priority,
            "wants": entry.wants,
            "status": entry.status,
            "reasons": [
                {"code": reason.code, "question": reason.question, "cluster": reason.cluster}
                for reason in entry.reasons
            ],
        }
        tasks.append({"data": data, "meta": {"labelq": codes}})
    return tuple(tasks)


def queue_rows(round_: Round, entries: Sequence[Entry]) -> list[dict[str, str | float]]:
    """The entries as rows of a table for people: not yet made safe for a spreadsheet."""
    voters = round_.voters
    return [
        {
            "rank": rank,
            "task": round_.units.ids[entry.unit],
            "status": STATUS[entry.status],
            "wants": WANTS[entry.wants],
            "why": reason_words(entry),
            "people": ", ".join(voters[code].letter for code in entry.people) or "somebody new",
            "answers": entry.votes,
            "minutes": round(entry.seconds / 60, 1) if entry.seconds else "",
            "gain": round(entry.gain, 4),
            "gain per hour": round(entry.per_hour, 2),
            "doubt": round(entry.doubt, 3),
            "text": field_text(round_.units.text[entry.unit]),
        }
        for rank, entry in enumerate(entries, start=1)
    ]


def reason_words(entry: Entry) -> str:
    """Why the unit is queued, for people: by question, in words that name no label."""
    by_question: dict[str, list[str]] = {}
    for reason in entry.reasons:
        said = by_question.setdefault(reason.question, [])
        if WORDS[reason.code] not in said:
            said.append(WORDS[reason.code])
    return "; ".join(f"{name}: {', '.join(said)}" for name, said in by_question.items())
