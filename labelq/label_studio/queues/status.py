"""How far a queue is labeled, on the server now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from labelq.label_studio.queues.marks import digest, marked_projects
from labelq.label_studio.queues.order import Order
from labelq.label_studio.queues.tasks import Served, all_tasks
from labelq.labels.queue_fields import KEY, QUEUE, ROUND

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Standing", "Status", "people", "read_status"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One destination: ``waiting`` are the ids of its tasks that lack votes.

    ``n_votes`` were given, ``n_wanted`` are wanted in all; ``votes`` is person → number,
    ``skips`` person → number of tasks skipped.
    """

    project: int
    title: str
    new: bool
    n_tasks: int
    n_wanted: int
    n_votes: int
    waiting: tuple[int, ...]
    votes: Mapping[int, int] = field(default_factory=dict)
    skips: Mapping[int, int] = field(default_factory=dict)

    @property
    def n_done(self) -> int:
        """Tasks that have their votes."""
        return self.n_tasks - len(self.waiting)


@dataclass(frozen=True, slots=True)
class Status:
    """All destinations of a round's queue; ``not_pushed`` are entries that are in none."""

    round: str
    standings: tuple[Standing, ...]
    not_pushed: tuple[str, ...]


def read_status(connection: Connection, order: Order, projects: Sequence[int]) -> Status:
    """How far the queue of this round is, in ``projects`` and in its own projects.

    Raises:
        ServerError: they cannot be read.
    """
    standings: list[Standing] = []
    there: set[str] = set()
    for project in projects:
        tasks = all_tasks(connection, project, votes=True, equal=(QUEUE, order.round))
        if tasks:
            with connection.doing(f"reading project {project}"):
                title = connection.sdk.projects.get(id=project).title or ""
            standings.append(_standing(project, title, tasks, new=False))
            there.update(str(task.id) for task in tasks)
    name = digest(order.round)
    for row, mark in marked_projects(connection):
        if mark.digest == name:
            tasks = [
                task
                for task in all_tasks(connection, int(row["id"]), votes=True)
                if task.data.get(ROUND) == order.round and isinstance(task.data.get(KEY), str)
            ]
            standings.append(_standing(int(row["id"]), str(row["title"]), tasks, new=True))
            there.update(str(task.data[KEY]).removeprefix(f"{order.round}/") for task in tasks)
    missing = tuple(entry.unit for entry in order.entries if entry.unit not in there)
    return Status(order.round, tuple(standings), missing)


def _standing(project: int, title: str, tasks: Sequence[Served], *, new: bool) -> Standing:
    votes: Counter[int] = Counter()
    skips: Counter[int] = Counter()
    waiting = []
    n_wanted = 0
    for task in tasks:
        bought = task.people(bought=not new)
        wanted = task.overlap
        if not new:
            opened = task.old_overlap is not None
            wanted = max(task.overlap - len(task.people(bought=False)), 1) if opened else 1
        votes.update(bought)
        skips.update(task.people(bought=not new, skips=True) - bought)
        n_wanted += wanted
        if len(bought) < wanted:
            waiting.append(task.id)
    return Standing(
        project=project,
        title=title,
        new=new,
        n_tasks=len(tasks),
        n_wanted=n_wanted,
        n_votes=sum(votes.values()),
        waiting=tuple(waiting),
        votes=votes,
        skips=skips,
    )


def people(connection: Connection) -> dict[int, str]:
    """Who has which id: the e-mail.

    Raises:
        ServerError: the users cannot be listed.
    """
    with connection.doing("reading the list of users"):
        users = msgspec.json.decode(connection.get("api/users/"))
    return {user["id"]: user.get("email") or f"user {user['id']}" for user in users}
