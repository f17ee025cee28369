"""Take a queue back: everything that a push made, and nothing that carries a label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelq.label_studio.queues.marks import projects_of_queue
from labelq.label_studio.queues.order import Order
from labelq.label_studio.queues.tabs import queue_tabs
from labelq.label_studio.queues.tasks import (
    Served,
    all_tasks,
    delete_untouched,
    queued_tasks,
    tasks_by_id,
    without_ours,
)
from labelq.labels.queue_fields import PREFIX

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Emptied", "Untagged", "Withdrawal", "plan_withdrawal", "withdraw"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Untagged:
    """In a labeled project: ``tabs`` go, ``tasks`` lose tag and raised overlap.

    ``voted`` tasks got a vote through the queue (or are begun): they keep the tag that their
    votes are known by, and no more votes are asked for.
    """

    project: int
    tabs: tuple[int, ...]
    tasks: tuple[int, ...]
    voted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Emptied:
    """A project of ours: ``tasks`` without a label go; with ``whole`` the project goes, too.

    ``kind`` is what people call it.
    """

    project: int
    title: str
    tasks: tuple[int, ...]
    n_kept: int
    whole: bool
    kind: str = "queue project"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal would change; ``n_kept`` tasks with votes stay in labeled projects."""

    round: str
    untagged: tuple[Untagged, ...]
    emptied: tuple[Emptied, ...]
    n_kept: int = 0

    @property
    def is_there(self) -> bool:
        """Whether anything of the queue is on the server."""
        return bool(self.untagged or self.emptied or self.n_kept)

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to do."""
        return any(u.tabs or u.tasks or u.voted for u in self.untagged) or any(
            e.tasks or e.whole for e in self.emptied
        )


def plan_withdrawal(connection: Connection, order: Order, projects: Sequence[int]) -> Withdrawal:
    """What would change, from what the server says now. Nothing is written.

    Raises:
        ServerError: the projects cannot be read.
    """
    untagged = []
    n_kept = 0
    for project in projects:
        tasks = queued_tasks(connection, project, order.round)
        tabs = tuple(tab for tab, _ in queue_tabs(connection, project, order.round))
        free = tuple(task.id for task in tasks if not _voted(task))
        voted = tuple(task.id for task in tasks if _voted(task) and _still_open(task))
        n_kept += len(tasks) - len(free) - len(voted)
        if free or voted or tabs:
            untagged.append(Untagged(project, tabs, free, voted))
    emptied = []
    for row in projects_of_queue(connection, order.round, projects):
        tasks = all_tasks(connection, row.id)
        free = tuple(t.id for t in tasks if t.pushed_for(order.round) and not t.touched)
        whole = len(free) == len(tasks)
        emptied.append(Emptied(row.id, row.title or "", free, len(tasks) - len(free), whole))
    return Withdrawal(order.round, tuple(untagged), tuple(emptied), n_kept)


def _voted(task: Served) -> bool:
    return task.asked_again or task.has_draft


def _still_open(task: Served) -> bool:
    return task.old_overlap is not None and not task.is_labeled


def withdraw(connection: Connection, plan: Withdrawal, progress: Progress) -> None:
    """Do what the plan says. Interrupted, it can be planned and done again.

    Raises:
        ServerError: the server failed; a repeat does what is left.
    """
    for part in plan.untagged:
        for tab in part.tabs:
            with connection.doing(f"removing the tab of project {part.project}"):
                connection.sdk.views.delete(id=str(tab))
        _untag(connection, part, progress)
    for queue in plan.emptied:
        progress(f"emptying project {queue.project}", 0.0)
        if queue.tasks:
            delete_untouched(connection, queue.project, queue.tasks)
        # One without any task of ours may be anybody's, whatever its description says.
        if queue.whole and queue.tasks and not all_tasks(connection, queue.project):
            with connection.doing(f"deleting project {queue.project}"):
                connection.sdk.projects.delete(id=queue.project)
    progress("withdrawn", 1.0)


def _untag(connection: Connection, part: Untagged, progress: Progress) -> None:
    ids = (*part.tasks, *part.voted)
    untagged: dict[int, Served] = {}
    for k, number in enumerate(ids):
        progress(f"task {k + 1:,} of {len(ids):,}", k / len(ids))
        # Fresh, because the server replaces the whole of a task's data, and votes may have come.
        for task in tasks_by_id(connection, part.project, [number], votes=True):
            told: dict[str, Any] = {}
            if task.old_overlap is not None:
                told["overlap"] = task.old_overlap
                n_people = len({vote.person for vote in task.votes or ()})
                told["is_labeled"] = n_people >= task.old_overlap
            if not _voted(task):
                told["data"] = without_ours(task.data)
                untagged[task.id] = task
            if told:
                with connection.doing(f"closing task {task.id}"):
                    connection.sdk.tasks.update(id=str(task.id), **told)
    _tag_again(connection, part, untagged)


def _tag_again(connection: Connection, part: Untagged, untagged: Mapping[int, Served]) -> None:
    """Tag those again that got a vote in the moment between reading and writing."""
    for task in tasks_by_id(connection, part.project, list(untagged), votes=True):
        before = untagged[task.id]
        if len(task.votes or ()) > len(before.votes or ()):
            ours = {name: v for name, v in before.data.items() if name.startswith(PREFIX)}
            with connection.doing(f"tagging task {task.id} again"):
                connection.sdk.tasks.update(id=str(task.id), data={**task.data, **ours})
