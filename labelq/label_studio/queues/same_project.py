"""The queue in the project that was labeled: another person labels the task where it is.

Label Studio never serves a task twice to the same annotator, so whoever opens the queue gets
tasks that are new to them. A task is tagged, its overlap raised, and it is open again; one tab
shows the queue to everybody. Annotations, and everything else in the project, stay as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from labelq.label_studio.queues.matching import LeftOut, match
from labelq.label_studio.queues.order import Entry, Order
from labelq.label_studio.queues.tabs import put_tab, queue_tab
from labelq.label_studio.queues.tasks import Served, tasks_by_id
from labelq.label_studio.refusals import RefusedError
from labelq.labels.queue_fields import IN_PROJECT, OVERLAP, PRIORITY, QUEUE, QUEUED_AT

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["SameProject", "Tagged", "plan_same_project", "push_same_project"]

Progress = Callable[[str, float], None]
Elsewhere = Literal["busy", "answered", "counted"]

RANKS = 20
"""A rank costs one call for all its tasks, so neighbours in the queue share one."""

_CHUNK = 5000
_WAIT = 1.05  # seconds until the coming second has begun
_REFUSED = (400, 403, 404, 405, 501)


@dataclass(frozen=True, slots=True)
class Tagged:
    """What happens to one task: ``fields`` are written to its data; an ``overlap`` that is not
    None is set, and the task is open. ``was_done`` is whether it was done before; ``answers``
    is how many it then waits for.
    """

    id: int
    fields: Mapping[str, str | int]
    overlap: int | None
    was_overlap: int
    was_done: bool
    answers: int

    @property
    def raised(self) -> bool:
        """Whether its overlap is raised."""
        return self.overlap is not None and self.overlap > self.was_overlap


@dataclass(frozen=True, slots=True)
class SameProject:
    """What a push to the labeled project would change.

    ``n_there`` entries are in its queue already. ``entries`` are those that are pushed or
    there. ``prefilled`` is the model version whose answers the project fills in beforehand.
    """

    project: int
    title: str
    round: str
    changes: tuple[Tagged, ...]
    entries: tuple[Entry, ...]
    n_there: int
    n_open: int
    prefilled: str = ""
    left_out: tuple[LeftOut, ...] = ()
    tab: Mapping[str, Any] | None = field(default=None, repr=False)
    tab_id: int | None = None

    @property
    def n_new(self) -> int:
        """How many entries the push adds or asks for once more."""
        return len(self.entries) - self.n_there

    @property
    def n_again(self) -> int:
        """How many of these stand in the queue, and are opened once more."""
        return sum(1 for change in self.changes if QUEUE not in change.fields)

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.changes) or self.tab is not None


def plan_same_project(
    connection: Connection, order: Order, entries: Sequence[Entry], project: int
) -> SameProject:
    """What would change, from what the server says now. Nothing is written.

    Raises:
        ServerError: the project or its tasks cannot be read.
    """
    with connection.doing(f"reading project {project}"):
        settings = connection.sdk.projects.get(id=project)
    matches = match(connection, order, entries, [project], settings.label_config or "")
    with_votes = {
        task.id: task
        for task in tasks_by_id(
            connection, project, [task.id for task in matches.tasks.values()], votes=True
        )
    }
    skips = settings.skip_queue == "IGNORE_SKIPPED"  # there a skip counts as an answer
    changes: list[Tagged] = []
    kept: list[Entry] = []
    left: dict[tuple[Elsewhere, str], list[int]] = {}
    n_there = n_open = 0
    chosen = [entry for entry in entries if entry.unit in matches.tasks]
    for rank, entry in enumerate(chosen):
        task = with_votes.get(matches.tasks[entry.unit].id)
        if task is None:
            continue
        if task.queue not in ("", order.round) and (why := _elsewhere(task, entry)):
            left.setdefault((why, task.queue), []).append(task.id)
            continue
        kept.append(entry)
        change = _change(task, entry, order.round, _rank(rank, len(chosen)), skips=skips)
        if change is None:
            n_there += 1
        else:
            n_open += not task.is_labeled and not task.queue
            changes.append(change)
    tab_id, tab = queue_tab(connection, project, order.round) if kept else (None, None)
    return SameProject(
        project=project,
        title=connection.hidden(settings.title or ""),
        prefilled=(settings.show_collab_predictions and settings.model_version) or "",
        round=order.round,
        changes=tuple(changes),
        entries=tuple(kept),
        n_there=n_there,
        n_open=n_open,
        left_out=(
            *matches.left_out,
            *(LeftOut(why, tuple(ids), theirs) for (why, theirs), ids in left.items()),
        ),
        tab=tab,
        tab_id=tab_id,
    )


def _elsewhere(task: Served, entry: Entry) -> Elsewhere | None:
    """Why a task stays in the queue of another round: its answers are known by that tag.

    None: nobody answered it there, and nobody will, because it is closed.
    """
    n = len(task.people(bought=True))
    if n:
        return "counted" if len(entry.bought) >= n else "answered"
    return None if task.is_labeled else "busy"


def _rank(place: int, n: int) -> int:
    """Three digits whatever the rank: some databases sort a data field as text.

    >>> _rank(0, 40), _rank(39, 40)
    (999, 980)
    """
    return 999 - place * RANKS // max(n, 1)


def _change(task: Served, entry: Entry, round_: str, rank: int, *, skips: bool) -> Tagged | None:
    """What one task lacks; None: nothing."""
    wanted = len(entry.bought) + 1
    bought = len(task.people(bought=True, skips=skips))
    overlap = max(task.overlap, len(task.people(bought=False, skips=skips)) + wanted)
    opens = bought < wanted and (task.is_labeled or task.overlap < overlap)
    fields: dict[str, str | int] = {}
    if opens and task.old_overlap is None:
        fields[OVERLAP] = task.overlap
    if task.queue != round_:
        fields[PRIORITY] = rank
        fields[QUEUE] = round_
    if not task.since:
        fields[QUEUED_AT] = ""  # told when the time has come
    if not fields and not opens:
        return None
    answers = max(wanted - bought, 0)
    return Tagged(
        task.id, fields, overlap if opens else None, task.overlap, task.is_labeled, answers
    )


def push_same_project(connection: Connection, plan: SameProject, progress: Progress) -> None:
    """Do what the plan says. Interrupted, it can be planned and done again.

    Raises:
        ServerError: the server failed; a repeat does what is left.
    """
    tagging = any(change.fields for change in plan.changes)
    since = f"{_next_second(connection)}{IN_PROJECT}{plan.project}" if tagging else ""
    changes = _not_yet_queued(connection, plan)
    tag = [change for change in changes if change.fields]
    began = time.monotonic()
    progress("tagging", 0.0)
    slow = not all(
        _tag(connection, plan.project, name, value, ids) for name, value, ids in _bulk(tag, since)
    )
    if tag:
        # no vote through the queue may be older than the tag
        time.sleep(max(began + _WAIT - time.monotonic(), 0))
    todo = [change for change in changes if change.overlap is not None or slow]
    for n, change in enumerate(todo):
        progress(f"task {n + 1:,} of {len(todo):,}", n / len(todo))
        told: dict[str, Any] = {}
        if change.overlap is not None:
            told |= {"overlap": change.overlap, "is_labeled": False}
        if slow and change.fields:
            # The server replaces the whole of a task's data, which others edit, too: read it now.
            for task in tasks_by_id(connection, plan.project, [change.id]):
                told["data"] = {**task.data, **_fields(change, since)}
        if told:
            with connection.doing(f"opening task {change.id}"):
                connection.sdk.tasks.update(id=str(change.id), **told)
    if plan.tab is not None:
        progress("the tab", 1.0)
        put_tab(connection, plan.project, plan.tab_id, plan.tab)


def _not_yet_queued(connection: Connection, plan: SameProject) -> list[Tagged]:
    """The changes, without tasks that another push has queued since the plan was made.

    Their votes are known by the time that they were queued at, so it is never written twice.
    """
    ids = [change.id for change in plan.changes if QUEUED_AT in change.fields]
    queued = {task.id for task in tasks_by_id(connection, plan.project, ids) if task.since}
    return [change for change in plan.changes if change.id not in queued]


def _fields(change: Tagged, since: str) -> dict[str, str | int]:
    told = dict(change.fields)
    if QUEUED_AT in told:
        told[QUEUED_AT] = since
    return told


def _bulk(changes: Sequence[Tagged], since: str) -> Iterator[tuple[str, str | int, list[int]]]:
    """Every value to write and the tasks that get it: the tag first, for a withdrawal to find
    whatever is half done; the time last, because from then on votes count as the queue's.
    """
    groups: dict[tuple[str, str | int], list[int]] = {}
    for change in changes:
        for name, value in _fields(change, since).items():
            groups.setdefault((name, value), []).append(change.id)
    order = (QUEUE, PRIORITY, OVERLAP, QUEUED_AT)
    for name, value in sorted(groups, key=lambda group: order.index(group[0])):
        ids = groups[name, value]
        for start in range(0, len(ids), _CHUNK):
            yield name, value, ids[start : start + _CHUNK]


def _tag(connection: Connection, project: int, name: str, value: str | int, ids: list[int]) -> bool:
    """Write one data field of many tasks in one call; False where the server refuses it."""
    assert ids, "without ids the action takes every task"
    body = {
        "value_name": name,
        "value_type": "String" if isinstance(value, str) else "Number",
        "value": value,
    }
    try:
        with connection.doing(f"tagging tasks of project {project}"):
            connection.sdk.actions.create(
                id="add_data_field",
                project=project,
                selected_items={"all": False, "included": ids},
                request_options={"additional_body_parameters": body},
            )
    except RefusedError as refused:
        # A server that does not know the action answers 500, and names it.
        if refused.status in _REFUSED or "add_data_field" in refused.detail:
            return False
        raise
    return True


def _next_second(connection: Connection) -> str:
    """The coming second by the server's clock, which dates annotations."""
    with connection.doing("asking for the time"):
        told = connection.client.get(f"{connection.url}/api/version").headers.get("Date", "")
    try:
        now = parsedate_to_datetime(told).astimezone(UTC)
    except ValueError:
        now = datetime.now(UTC)
    return (now + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
