"""Queue entries as people and Label Studio read them: words, rows of a table, tasks.

A task never carries earlier votes, gold or predictions: whoever labels it next must not be
led. What the reasons say is in words and names no label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labelq.labels.model import Round, field_text
from labelq.labels.queue_fields import KEY, PRIORITY, ROUND
from labelq.remedy.acts import Entry, ReasonCode, Status, Task

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
"""What each entry asks for, in words; see :func:`wants`."""

_BY_THE_RULE = "a second look, by the rule that was decided"

STATUS: dict[Status, str] = {
    "queued": "within the budget",
    "later": "worth it, beyond the budget",
    "held_back": "held back: re-labeling it now buys the same split again",
}
"""What an entry's status says."""


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
        data = shown_data(round_, entry.unit, text_field)
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


def shown_data(round_: Round, unit: int, text_field: str = "text") -> dict[str, Any]:
    """What the annotator saw of the unit with code ``unit``, as task data."""
    columns = round_.units.fields.items()
    data = {name: column[unit] for name, column in columns if column[unit] is not None}
    text = round_.units.text[unit]
    if text is not None:
        data[text_field] = text
    return data


def queue_rows(round_: Round, entries: Sequence[Entry]) -> list[dict[str, str | float]]:
    """The entries as rows of a table for people: not yet made safe for a spreadsheet."""
    voters = round_.voters
    return [
        {
            "rank": rank,
            "task": round_.units.ids[entry.unit],
            "status": STATUS[entry.status],
            "wants": wants(entry),
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


def wants(entry: Entry) -> str:
    """What an entry asks for, in words: a second look waits for a rule, or follows one."""
    decided = any(reason.code == "decided" for reason in entry.reasons)
    if entry.wants == "second_look" and decided and entry.status != "held_back":
        return _BY_THE_RULE
    return WANTS[entry.wants]


def reason_words(entry: Entry) -> str:
    """Why the unit is queued, for people: by question, in words that name no label."""
    by_question: dict[str, list[str]] = {}
    for reason in entry.reasons:
        said = by_question.setdefault(reason.question, [])
        if WORDS[reason.code] not in said:
            said.append(WORDS[reason.code])
    return "; ".join(f"{name}: {', '.join(said)}" for name, said in by_question.items())
