"""The re-labeling queue: which units are worth another label, why, and as what task.

A task never carries earlier votes, gold or predictions: whoever labels it next must not be
led. What the reasons say is in words and names no label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round, field_text
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster, EdgeCase
from labelq.remedy.acts import Entry, Reason, ReasonCode, Task

UNCERTAIN = 0.2
"""From this chance of a wrong consensus label on, a unit is queued though nobody disagreed."""

SETTLED = 0.05
"""Below this chance a unit is not queued only because somebody disagreed: the others (and how
often each is right) have settled it."""

WORDS: dict[ReasonCode, str] = {
    "disputed": "annotators disagree",
    "even_split": "the votes are split evenly",
    "one_vote": "only one person labeled it",
    "against_gold": "the votes contradict the reference answer",
    "same_text": "the same text got another label elsewhere",
    "gap": "the guideline has no rule for it yet",
    "uncertain": "the consensus is uncertain",
}
"""What each reason says to the person who opens the task."""

BY_EDGE_CASE: dict[str, ReasonCode] = {
    "even_split": "even_split",
    "same_text": "same_text",
    "against_gold": "against_gold",
}
"""Edge cases that are a reason of their own; raters who differ are one already."""


def queue(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    clusters: Sequence[Cluster],
    edge_cases: Sequence[EdgeCase],
) -> tuple[Entry, ...]:
    """One entry per unit over all questions, the most valuable first.

    Queued are units on which raters disagree and the consensus may be wrong, or whose
    consensus is uncertain without a dispute; units that split evenly, contradict gold or
    another unit with the same text, or belong to a guideline gap or look like it.
    The priority is the chance that the consensus label is wrong (one minus the largest
    posterior; of sets the most doubtful tick), the largest over the questions. Numbers have
    no posterior: there it is half the unit's variance relative to all ratings', at most .5.
    """
    n = len(round_.units)
    priority: NDArray[np.float64] = np.zeros(n)
    reasons: list[list[Reason] | None] = [None] * n

    def add(units: NDArray[np.integer] | Sequence[int], reason: Reason) -> None:
        for unit in np.asarray(units, np.int64).tolist():
            own = reasons[unit]
            if own is None:
                reasons[unit] = [reason]
            elif reason not in own:
                own.append(reason)

    open_gaps: set[int] = set()
    for question in round_.questions:
        name = question.name
        ratings, consensus = round_.ratings[name], consensuses[name]
        doubt = np.zeros(n)
        doubt[consensus.units] = _doubt(question, ratings, consensus)
        priority = np.maximum(priority, doubt)
        n_votes, disputed = _disputed(ratings, n)
        for cluster in clusters:
            if cluster.question == name and cluster.cause.kind == "gap":
                units = (*cluster.units, *cluster.lookalikes)
                add(units, Reason("gap", name, cluster.id))
                open_gaps.update(units)
        own = [case for case in edge_cases if case.question == name]
        for case in own:
            if case.kind in BY_EDGE_CASE:
                add((case.unit, *case.others), Reason(BY_EDGE_CASE[case.kind], name))
        add(np.flatnonzero(disputed & (doubt >= SETTLED)), Reason("disputed", name))
        uncertain = (doubt >= UNCERTAIN) & ~disputed
        add(np.flatnonzero(uncertain), Reason("uncertain", name))
        queued = np.array([own is not None for own in reasons])
        add(np.flatnonzero((n_votes == 1) & queued), Reason("one_vote", name))
    entries = [
        Entry(
            unit=unit,
            priority=float(priority[unit]),
            reasons=tuple(own),
            wants="second_look" if unit in open_gaps else "another_person",
        )
        for unit, own in enumerate(reasons)
        if own is not None
    ]
    entries.sort(key=lambda entry: (-round(entry.priority, 12), entry.unit))
    return tuple(entries)


def queue_tasks(
    round_: Round, entries: Sequence[Entry], text_field: str = "text"
) -> tuple[Task, ...]:
    """The entries as Label Studio import tasks, in their order.

    ``data`` holds what the annotator saw (the text under ``text_field`` and the unit's other
    fields) and ``labelq_key``, ``labelq_round``, ``labelq_priority``, ``labelq_reason`` to
    sort and filter by; ``meta`` the same as codes, to recognise the answers by.
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
        data["labelq_key"] = f"{round_.name}/{unit}"
        data["labelq_round"] = round_.name
        data["labelq_priority"] = entry.priority
        data["labelq_reason"] = reason_words(entry)
        codes = {
            "round": round_.name,
            "unit": unit,
            "priority": entry.priority,
            "wants": entry.wants,
            "reasons": [
                {"code": reason.code, "question": reason.question, "cluster": reason.cluster}
                for reason in entry.reasons
            ],
        }
        tasks.append({"data": data, "meta": {"labelq": codes}})
    return tuple(tasks)


def queue_rows(round_: Round, entries: Sequence[Entry]) -> list[dict[str, str | float]]:
    """The entries as rows of a table: plain values, not yet made safe for a spreadsheet."""
    return [
        {
            "rank": rank,
            "unit": round_.units.ids[entry.unit],
            "priority": entry.priority,
            "wants": entry.wants,
            "reason": reason_words(entry),
            "reason_codes": " ".join(dict.fromkeys(reason.code for reason in entry.reasons)),
            "questions": ", ".join(dict.fromkeys(reason.question for reason in entry.reasons)),
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


def _doubt(question: Question, ratings: Ratings, consensus: Consensus) -> NDArray[np.float64]:
    """The chance that the consensus is wrong, per unit of ``consensus.units``."""
    posterior = consensus.posterior
    if question.level in ("interval", "ratio"):
        value = np.array(ratings.values, np.float64)[ratings.value]
        total = float(value.var()) if len(value) else 0.0
        if total == 0:
            return np.zeros(len(consensus.units))
        row = np.searchsorted(consensus.units, ratings.unit)
        m = np.bincount(row)
        mean = np.bincount(row, value) / m
        variance = np.bincount(row, (value - mean[row]) ** 2) / m
        return np.asarray(np.minimum(variance / total, 1) / 2)
    if posterior.shape[1] == 0:
        return np.zeros(len(posterior))
    if question.level == "set":
        return np.asarray(np.minimum(posterior, 1 - posterior).max(axis=1))
    return np.asarray(np.maximum(1 - posterior.max(axis=1), 0))


def _disputed(ratings: Ratings, n_units: int) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
    """Per unit code: number of ratings, and whether two of them differ."""
    n = np.bincount(ratings.unit, minlength=n_units)
    low = np.full(n_units, len(ratings.values))
    high = np.full(n_units, -1)
    np.minimum.at(low, ratings.unit, ratings.value)
    np.maximum.at(high, ratings.unit, ratings.value)
    return n, high > low
