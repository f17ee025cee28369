"""How far a queue is labeled, on the server now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from labelq.label_studio.queues.marks import projects_of_queue
from labelq.label_studio.queues.matching import located, unit_of
from labelq.label_studio.queues.order import Order
from labelq.label_studio.queues.tasks import Served, all_tasks, queued_tasks
from labelq.labels.queue_fields import KEY

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Standing", "Status", "people", "read_status"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One destination: ``waiting`` are the ids of its tasks that lack answers.

    ``n_wanted`` answers are wanted in all; of those that were given ``n_votes`` count towards
    them, at most as many per task as it wants, and ``n_extra`` are beyond. ``votes`` is person
    → number, ``skips`` person → number of tasks skipped. ``n_earlier`` of its tasks are not in
    the audit's queue (any more).
    """

    project: int
    title: str
    new: bool
    n_tasks: int
    n_wanted: int
    n_votes: int
    n_extra: int
    waiting: tuple[int, ...]
    n_earlier: int = 0
    votes: Mapping[int, int] = field(default_factory=dict)
    skips: Mapping[int, int] = field(default_factory=dict)

    @property
    def n_done(self) -> int:
        """Tasks that have their answers."""
        return self.n_tasks - len(self.waiting)

    @property
    def n_missing(self) -> int:
        """Answers that are still wanted."""
        return self.n_wanted - self.n_votes


@dataclass(frozen=True, slots=True)
class Status:
    """All destinations of a round's queue, and the audit's entries that are in none.

    ``elsewhere`` is round → number of entries whose task stands in that round's queue;
    ``not_pushed`` are the others: what they want → their number.
    """

    round: str
    standings: tuple[Standing, ...]
    not_pushed: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Mapping[str, int] = field(default_factory=dict)


def read_status(connection: Connection, order: Order, projects: Sequence[int]) -> Status:
    """How far the queue of this round is, in ``projects`` and in its own projects.

    Raises:
        ServerError: they cannot be read.
    """
    standings: list[Standing] = []
    named = unit_of(order)
    left = {entry.unit for entry in order.entries}
    units = frozenset(left)
    for project in projects:
        tasks = queued_tasks(connection, project, order.round)
        if tasks:
            with connection.doing(f"reading project {project}"):
                title = connection.sdk.projects.get(id=project).title or ""
            asked = [named(task) for task in tasks]
            standings.append(_standing(project, title, tasks, asked, units, new=False))
            left.difference_update(asked)
    for row in projects_of_queue(connection, order.round, projects):
        tasks = [t for t in all_tasks(connection, row.id, votes=True) if t.pushed_for(order.round)]
        asked = [str(task.data[KEY]).removeprefix(f"{order.round}/") for task in tasks]
        standings.append(_standing(row.id, row.title or "", tasks, asked, units, new=True))
        left.difference_update(asked)
    found = located(connection, order, left, projects)
    theirs = {unit: task.queue for unit, task in found.items() if task.queue}
    left -= theirs.keys()
    not_pushed = Counter(
        entry.wants for entry in order.entries if entry.unit in left and entry.status != "later"
    )
    return Status(order.round, tuple(standings), not_pushed, Counter(theirs.values()))


def _standing(
    project: int,
    title: str,
    tasks: Sequence[Served],
    asked: Sequence[str],
    units: AbstractSet[str],
    *,
    new: bool,
) -> Standing:
    votes: Counter[int] = Counter()
    skips: Counter[int] = Counter()
    waiting = []
    n_wanted = n_votes = 0
    for task in tasks:
        bought = task.people(bought=not new)
        wanted = task.overlap
        if not new:
            opened = task.old_overlap is not None
            wanted = max(task.overlap - len(task.people(bought=False)), 1) if opened else 1
        votes.update(bought)
        skips.update(task.people(bought=not new, skips=True) - bought)
        n_wanted += wanted
        n_votes += min(len(bought), wanted)
        if len(bought) < wanted:
            waiting.append(task.id)
    return Standing(
        project=project,
        title=title,
        new=new,
        n_tasks=len(tasks),
        n_wanted=n_wanted,
        n_votes=n_votes,
        n_extra=votes.total() - n_votes,
        waiting=tuple(waiting),
        n_earlier=sum(unit not in units for unit in asked),
        votes=votes,
        skips=skips,
    )


def people(connection: Connection) -> dict[int, str]:
    """Who has which id: the e-mail.

    Raises:
        ServerError: the users cannot be listed.
    """
    users = connection.read("api/users/", list[_User], "reading the list of users")
    return {user.id: user.email or f"user {user.id}" for user in users}


class _User(msgspec.Struct):
    id: int
    email: str | None = None
