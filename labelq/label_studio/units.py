"""Which tasks are the same unit: by id, by a field, by content, or by the key of a queue."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from labelq.errors import SourceError
from labelq.labels.queue_fields import KEY, PREFIX, QUEUED_AT, ROUND
from labelq.labels.submissions import Submissions

__all__ = ["CONTENT", "Joining", "NotJoinedError", "own_fields", "queued_at"]

CONTENT = "content"
"""``--join content``: tasks with the same data are one unit."""


def own_fields(data: dict[str, Any]) -> dict[str, Any]:
    """Labelq's own fields, taken out of ``data``: they are nothing that annotators saw.

    >>> data = {"text": "late", "labelq_queue": "round 1"}
    >>> own_fields(data), data
    ({'labelq_queue': 'round 1'}, {'text': 'late'})
    """
    return {name: data.pop(name) for name in list(data) if name.startswith(PREFIX)}


class NotJoinedError(SourceError):
    """A task that lacks what tasks are joined by."""


class Joining:
    """The units met so far, by the id that ``join`` gives them.

    ``join`` is None for the task's own id (one export), :data:`CONTENT`, or the name of a
    task field.
    """

    def __init__(self, submissions: Submissions, join: str | None) -> None:
        self.s = submissions
        self.join = join
        self.places: dict[str, int] = {}
        self.by_queue: set[int] = set()
        self.n_told_apart = 0
        self.differing: set[int] = set()
        self.twice: set[int] = set()
        self.latest: dict[int, int] = {}

    def unit_id(self, task_id: int | str | None, data: dict[str, Any]) -> str:
        """The id of a task's unit. ``data`` is without labelq's own fields.

        Raises:
            NotJoinedError: the task lacks the field to join by.
        """
        if self.join is None:
            return f"#{len(self.s.unit_ids) + 1}" if task_id is None else str(task_id)
        if self.join == CONTENT:
            content = msgspec.json.encode(data, order="sorted")
            return hashlib.sha256(content).hexdigest()[:12]
        value = data.get(self.join)
        if value is None or value == "" or isinstance(value, list | dict):
            there = ", ".join(sorted(data)[:12]) or "none"
            raise NotJoinedError(f"has no field {self.join!r} of --join (fields: {there})")
        return str(value)

    def place(self, unit_id: str, text: str | None, fields: dict[str, Any], source: int) -> int:
        """The position of an ordinary task's unit; ``source`` numbers the file it is from."""
        s, base, n = self.s, unit_id, 1
        while (known := self.places.get(unit_id)) is not None:
            if known in self.by_queue:  # only a vote was met: now the task itself
                self.by_queue.discard(known)
                s.unit_text[known], s.unit_fields[known] = text, fields
                break
            same = s.unit_fields[known] == fields and s.unit_text[known] == text
            if self.join is None and not same:
                n += 1
                unit_id = f"{base}#{n}"
                self.n_told_apart += n == 2
                continue
            if self.join is not None:
                if not same:
                    self.differing.add(known)
                if self.latest.get(known) == source:
                    self.twice.add(known)
            break
        else:
            known = self.places[unit_id] = s.add_unit(unit_id, text, fields)
        if self.join is not None:
            self.latest[known] = source
        return known

    def queued_place(self, own: dict[str, Any], text: str | None, fields: dict[str, Any]) -> int:
        """The position of the unit that a task of a queue project asks about again."""
        unit_id = str(own[KEY]).removeprefix(f"{own.get(ROUND)}/")
        known = self.places.get(unit_id)
        if known is None:
            known = self.places[unit_id] = self.s.add_unit(unit_id, text, fields)
            self.by_queue.add(known)
        return known

    def notes(self) -> list[str]:
        """What is to be said about how tasks were joined."""
        found = []
        if self.n_told_apart:
            found.append("Tasks with the same id and other data are told apart as id#2, id#3 …")
        if self.differing:
            found.append(
                f"{len(self.differing)} tasks joined by {self.join} have other data elsewhere:"
                " what was met first is shown."
            )
        if self.twice:
            by = "content" if self.join == CONTENT else f"the field {self.join}"
            found.append(
                f"{len(self.twice)} tasks occur more than once in one source by {by}: each is"
                " one task here, and an annotator's last answer to it counts."
            )
        return found


def queued_at(own: dict[str, Any]) -> str | None:
    """When a task was queued in its own project, as it is written there."""
    value = own.get(QUEUED_AT)
    return value if isinstance(value, str) and value else None
