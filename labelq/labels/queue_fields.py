"""The task fields that labelq itself writes: how a queued task and its votes are known again.

Every task field whose name begins with :data:`PREFIX` is labelq's own. It is never part of
what annotators saw, so queueing a task changes neither its text, its fields nor its content.
"""

from __future__ import annotations

PREFIX = "labelq_"

KEY = "labelq_key"
"""In a queue project: the round's name, a slash, and the unit's id."""

ROUND = "labelq_round"
"""In a queue project: the round's name."""

PRIORITY = "labelq_priority"
"""The higher, the earlier it is to be labeled."""

QUEUE = "labelq_queue"
"""In the round's own project: the tag, the round's name."""

QUEUED_AT = "labelq_queued_at"
"""In the round's own project: when it was tagged, by the server's clock (ISO 8601, UTC), and in
which project: a task that was copied elsewhere keeps the field, but not its votes' dates."""

IN_PROJECT = " in project "
"""Stands between the two."""

BALLOT = "labelq_ballot"
"""In a project of ballots: how a ballot paper is known again. What is answered there is a vote
on a meeting's question, and no label of any round."""

OVERLAP = "labelq_overlap"
"""In the round's own project: the task's overlap before it was queued."""


def released_name(round_name: str) -> str:
    """What the queue of the annotations that decisions contradict is called, as a round."""
    return f"{round_name}, decided"
