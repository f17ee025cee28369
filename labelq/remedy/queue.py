"""The re-labeling queue: which units are worth another label, why, and as what task.

A task never carries earlier votes, gold or predictions: whoever labels it next must not be
led. What the reasons say is in words and names no label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labelq.labels.evidence import last_words
from labelq.labels.model import Question, Ratings, Round, field_text
from labelq.labels.queue_fields import KEY, PRIORITY, ROUND
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster, EdgeCase
from labelq.remedy.acts import Entry, Reason, ReasonCode, Task

WORTH_IT = 0.2
"""From this expected error of the consensus on, one more answer is worth it: a label that is
right with less than 80 %, a tick, an ordered label that is off by a fifth of the scale. So on
a scale of five, doubt between neighbours is not worth it, and doubt between ends is."""

WORDS: dict[ReasonCode, str] = {
    "disputed": "annotators disagree",
    "even_split": "the votes are split evenly",
    "one_vote": "only one person labeled it",
    "against_gold": "the votes contradict the reference answer",
    "same_text": "the same text got another label elsewhere",
    "gap": "the guideline has no rule for it yet",
    "resembles_gap": "resembles tasks of an open gap",
    "uncertain": "the consensus is uncertain",
}
"""What each reason says to people who look through the queue."""

WANTS: dict[str, str] = {
    "another_person": "another person",
    "second_look": "a second look, once the rule is decided",
}
"""What each entry asks for, in words."""

BY_EDGE_CASE: dict[str, ReasonCode] = {"same_text": "same_text", "against_gold": "against_gold"}
"""Edge cases that are worth another label however sure the consensus is."""

NEAR = 0.25
"""The same text with ordered labels no further apart than this share of the scale (neighbours
on a scale of five) is no contradiction."""


def queue(
    round_: Round,
    consensuses: Mapping[str, Consensus],
    clusters: Sequence[Cluster],
    edge_cases: Sequence[EdgeCase],
) -> tuple[Entry, ...]:
    """One entry per unit over all questions, the most valuable first.

    A list of priorities: a dispute that the consensus has settled is not in it. Queued are
    units whose consensus is expected to be wrong by :data:`WORTH_IT` on some question, and
    over all questions by more than a unit chosen blindly; and whatever the consensus says,
    units that contradict gold or another unit with the same text, that belong to a guideline
    gap or look like it. The priority is the expected error of the consensus, the mean over
    the unit's questions: whoever opens the task answers them all. Numbers have no posterior:
    there it is half the unit's variance relative to all ratings', at most .5.

    Votes that came through a queue and reviewers' decisions are part of the evidence here: a
    question that a reviewer decided, or that such votes have made sure, asks for nothing more.

    Gap units come last, because they wait for a rule: only then a second look helps. But a
    unit with one vote that resembles a gap wants another person first.
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
    priority = np.round(sum(doubts.values(), np.zeros(n)) / np.maximum(answered, 1), 12)
    above_usual = priority >= np.round(priority.mean(), 12) if n else priority > 0
    reasons: list[list[Reason] | None] = [None] * n

    def add(units: NDArray[np.integer] | Sequence[int], reason: Reason) -> None:
        units = np.asarray(units, np.int64)
        for unit in units[~closed[units]].tolist():
            own = reasons[unit]
            if own is None:
                reasons[unit] = [reason]
            elif reason not in own:
                own.append(reason)

    waiting: set[int] = set()
    for question in round_.questions:
        name = question.name
        later, closed = _later(round_, name, doubts[name])
        n_votes, disputed = _disputed(said[name], n)
        for cluster in clusters:
            if cluster.question == name and cluster.cause.kind == "gap":
                add(cluster.units, Reason("gap", name, cluster.id))
                add(cluster.lookalikes, Reason("resembles_gap", name, cluster.id))
                alike = np.array(cluster.lookalikes, np.int64)
                waiting.update(cluster.units, alike[n_votes[alike] > 1].tolist())
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
        worth_it = (np.round(doubts[name], 12) >= WORTH_IT) & above_usual
        add(np.flatnonzero(worth_it & disputed), Reason("disputed", name))
        even = [unit for unit in even if worth_it[unit] and not later[unit]]
        add(even, Reason("even_split", name))
        add(np.flatnonzero(worth_it & ~disputed), Reason("uncertain", name))
        queued = np.array([own is not None for own in reasons])
        add(np.flatnonzero((n_votes == 1) & queued), Reason("one_vote", name))
    entries = [
        Entry(
            unit=unit,
            priority=float(priority[unit]),
            reasons=tuple(own),
            wants="second_look" if unit in waiting else "another_person",
        )
        for unit, own in enumerate(reasons)
        if own is not None
    ]
    entries.sort(key=lambda entry: (entry.wants == "second_look", -entry.priority, entry.unit))
    return tuple(entries)


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
            "reasons": [
                {"code": reason.code, "question": reason.question, "cluster": reason.cluster}
                for reason in entry.reasons
            ],
        }
        tasks.append({"data": data, "meta": {"labelq": codes}})
    return tuple(tasks)


def queue_rows(round_: Round, entries: Sequence[Entry]) -> list[dict[str, str | float]]:
    """The entries as rows of a table for people: not yet made safe for a spreadsheet."""
    return [
        {
            "rank": rank,
            "task": round_.units.ids[entry.unit],
            "wants": WANTS[entry.wants],
            "why": reason_words(entry),
            "priority": round(entry.priority, 3),
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
    """The expected error of the consensus (0 to 1), per unit of ``consensus.units``."""
    posterior = consensus.posterior
    if question.level == "ranking":
        from labelq.measure.coefficients.rankings import mean_distances

        units, apart = mean_distances(ratings)
        doubt = np.zeros(len(consensus.units))
        doubt[np.searchsorted(consensus.units, units)] = np.minimum(apart, 0.5)
        return doubt
    if question.level in ("interval", "ratio"):
        value = np.array(ratings.values, np.float64)[ratings.value]
        total = float(value.var()) if len(value) else 0.0
        if total == 0:
            return np.zeros(len(consensus.units))
        row = np.searchsorted(consensus.units, ratings.unit)
        m = np.maximum(np.bincount(row, minlength=len(consensus.units)), 1)
        mean = np.bincount(row, value, minlength=len(m)) / m
        variance = np.bincount(row, (value - mean[row]) ** 2, minlength=len(m)) / m
        return np.asarray(np.minimum(variance / total, 1) / 2)
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
