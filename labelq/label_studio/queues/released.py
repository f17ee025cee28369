"""The queue of what decisions released, in its project: as the guideline and the labels are today.

A decision contradicts some of a task's annotations, so that each task wants as many answers as
it has of these. What is decided later goes to the same project, which then gets the config and
the instructions of that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labelq.label_studio.queues.order import Entry
from labelq.label_studio.queues.tasks import Served, all_tasks
from labelq.labels.queue_fields import KEY

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["answers_wanted", "outdated", "put_overlaps", "uneven"]

_SETTINGS = ("label_config", "expert_instruction")


def answers_wanted(entries: Sequence[Entry]) -> dict[str, int]:
    """Key → how many answers its task wants: one of each person who is contradicted."""
    return {entry.key: max(len(entry.raters), 1) for entry in entries}


def outdated(connection: Connection, project: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The labeling config and the instructions of ``settings``, where the project has others.

    Raises:
        ServerError: it cannot be read.
    """
    with connection.doing(f"reading project {project}"):
        read = connection.sdk.projects.get(id=project)
    told = {name: settings[name] for name in _SETTINGS}
    return {name: new for name, new in told.items() if (getattr(read, name) or "") != new}


def uneven(connection: Connection, project: int, wanted: Mapping[str, int]) -> list[Served]:
    """The tasks of a project that ask for another number of answers than is wanted.

    Raises:
        ServerError: they cannot be read.
    """
    tasks = all_tasks(connection, project)
    return [
        task for task in tasks if wanted.get(str(task.data.get(KEY)), task.overlap) != task.overlap
    ]


def put_overlaps(connection: Connection, project: int, wanted: Mapping[str, int]) -> None:
    """Let each task ask for as many answers as are wanted. Interrupted, it can be done again.

    Raises:
        ServerError: the server failed.
    """
    for task in uneven(connection, project, wanted):
        n = wanted[str(task.data[KEY])]
        with connection.doing(f"opening task {task.id}"):
            connection.sdk.tasks.update(
                id=str(task.id), overlap=n, is_labeled=task.n_annotations >= n
            )
