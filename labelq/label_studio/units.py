"""Which tasks are the same unit: by id, by a field, by content, or by the key of a queue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from labelq.errors import SourceError
from labelq.labels.model import field_text
from labelq.labels.queue_fields import IN_PROJECT, KEY, PREFIX, QUEUED_AT, ROUND
from labelq.labels.submissions import Submissions

__all__ = ["BALLOTS", "CONTENT", "Joining", "NotJoinedError", "own_fields", "queued_in"]

CONTENT = "content"
"""``--join content``: tasks with the same data are one unit."""


BALLOTS = (
    "holds the ballots of a guideline review meeting, which are no labels of a round; audit the"
    " project that was labeled (labelq review reads the ballots)"
)
"""Why a project of ballots is refused."""


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
        self.n_told_apart = self.n_astray = 0
        self.differing: set[int] = set()
        self.twice: set[int] = set()
        self.latest: dict[int, int] = {}
        self.shared: set[int] = set()

    def unit_id(
        self, task_id: int | str | None, data: dict[str, Any], *, lenient: bool = False
    ) -> str:
        """The id of a task's unit. ``data`` is without labelq's own fields.

        With ``lenient`` a task without the field to join by has the empty id.

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
            if lenient:
                return ""
            there = ", ".join(sorted(data)[:12]) or "none"
            raise NotJoinedError(f"has no field {self.join!r} of --join (fields: {there})")
        return str(value)

    def place(self, unit_id: str, text: str | None, fields: dict[str, Any], source: int) -> int:
        """The position of an ordinary task's unit; ``source`` numbers the file it is from."""
        s, base, n = self.s, unit_id, 1
        while (known := self.places.get(unit_id)) is not None:
            same = s.unit_fields[known] == fields and s.unit_text[known] == text
            if self.join is None and not same:
                n += 1
                unit_id = f"{base}#{n}"
                self.n_told_apart += n == 2
                continue
            if self.join is not None:
                if not same:
                    self.differing.add(known)
                before = self.latest.get(known)
                if before == source:
                    self.twice.add(known)
                elif before is not None:
                    self.shared |= {before, source}
            break
        else:
            known = self.places[unit_id] = s.add_unit(unit_id, text, fields)
        if self.join is not None:
            self.latest[known] = source
        return known

    def queued_place(
        self, own: dict[str, Any], joined: str, text: str | None, fields: dict[str, Any]
    ) -> int:
        """The position of the unit that a task of a queue project asks about again.

        That is the unit which its key names or, where the round was joined otherwise when it
        was queued, the one that it is ``joined`` with; in both cases only if the content is the
        same. Any other is a unit of its own, which nobody rated.
        """
        key = str(own[KEY])
        named = key.removeprefix(f"{own.get(ROUND)}/")
        candidates = (named,) if self.join is None else (named, joined)
        for unit_id in candidates:
            known = self.places.get(unit_id)
            if known is not None and self._same_content(known, text, fields):
                return known
        self.n_astray += named in self.places
        lost = f"{key} (queue)"
        if lost not in self.places:
            self.places[lost] = self.s.add_unit(lost, text, fields)
        return self.places[lost]

    def _same_content(self, unit: int, text: str | None, fields: dict[str, Any]) -> bool:
        """Whether a task shows what ``unit`` shows; a field that only one has does no harm."""
        theirs = self.s.unit_fields[unit]
        shared = [name for name in fields if name in theirs]
        if text != self.s.unit_text[unit] or not (shared or text):
            return False
        return all(field_text(fields[name]) == field_text(theirs[name]) for name in shared)

    def notes(self, sources: Sequence[str]) -> list[str]:
        """What is to be said about how tasks of ``sources`` were joined."""
        found = []
        if self.n_told_apart:
            found.append("Tasks with the same id and other data are told apart as id#2, id#3 …")
        by = "content" if self.join == CONTENT else f"the field {self.join}"
        alone = [name for n, name in enumerate(sources) if n not in self.shared]
        if self.join is not None and len(sources) > 1 and alone:
            found.append(
                f"No task of {', '.join(alone[:5])} is in another source, joined by {by}: is that"
                " the right --join?"
            )
        if self.differing:
            found.append(
                f"Tasks joined by {by} that have other data elsewhere: {len(self.differing):,};"
                " what was met first is shown."
            )
        if self.twice:
            found.append(
                f"Tasks that occur more than once in one source by {by}: {len(self.twice):,}; each"
                " is one task here, and an annotator's last answer to it counts."
            )
        if self.n_astray:
            found.append(
                f"Tasks of a queue whose content is not that of the task with their id:"
                f" {self.n_astray:,}; their votes are set aside (was the round joined otherwise"
                " when it was queued? then give the same --join)."
            )
        return found


def queued_in(own: dict[str, Any]) -> tuple[str, str] | None:
    """When a task was queued where it had been labeled, and the id of that project.

    >>> queued_in({"labelq_queued_at": "2026-03-13T10:00:00Z in project 3"})
    ('2026-03-13T10:00:00Z', '3')
    """
    if QUEUED_AT not in own:
        return None
    date, _, project = str(own[QUEUED_AT]).partition(IN_PROJECT)
    return date, project
