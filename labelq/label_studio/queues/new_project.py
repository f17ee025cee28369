"""The queue as a project of its own: a second look by the same people, or another team.

What a task carries is what annotators saw in the round, the key that its votes come back by,
and a reason in words; never an earlier vote, unless somebody asked for them, then nameless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from labelq.errors import ServerError, SettingsError, SourceError
from labelq.label_studio.queues.fitting import Fitting
from labelq.label_studio.queues.header import REASON, VOTES, queue_config, reason_shown
from labelq.label_studio.queues.instructions import instructions
from labelq.label_studio.queues.marks import (
    Mark,
    description,
    digest,
    marked_projects,
    project_title,
)
from labelq.label_studio.queues.matching import LeftOut, match
from labelq.label_studio.queues.media import check_media, stores
from labelq.label_studio.queues.order import Entry, Order
from labelq.label_studio.queues.released import (
    answers_wanted,
    outdated,
    put_overlaps,
    uneven,
)
from labelq.label_studio.queues.tabs import first_tab
from labelq.label_studio.queues.tasks import all_tasks, delete_untouched, without_ours
from labelq.label_studio.refusals import RefusedError
from labelq.labels.queue_fields import KEY, PRIORITY, ROUND
from labelq.remedy.guideline import for_annotators, n_undecided

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["NewProject", "look", "plan_new_project", "push_new_project"]

Progress = Callable[[str, float], None]

_CHUNK = 1000
_BYTES = 20_000_000
_AS_ORIGIN = ("enable_empty_annotation", "show_skip_button", "skip_queue")


@dataclass(frozen=True, slots=True)
class NewProject:
    """What a push to a queue project would change. ``project`` is its id, None: it is made.

    ``settings`` are those that it is made with; ``tasks`` go in, in this order; ``n_there``
    entries are in it, ``n_elsewhere`` in the round's other queue projects. ``doubled`` are ids
    of tasks without a label that an interrupted push left twice; ``updates`` are settings that a
    project which is there gets anew. ``wanted`` says how many answers a task gets, by key, where
    that is not ``overlap`` for all; ``n_uneven`` tasks are there and want another number.
    ``key`` is the field that its tasks are known by.
    """

    mark: Mark
    project: int | None
    title: str
    overlap: int
    settings: Mapping[str, Any] = field(repr=False)
    tasks: tuple[Mapping[str, Any], ...] = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)
    n_undecided: int = 0
    n_there: int = 0
    n_elsewhere: int = 0
    left_out: tuple[LeftOut, ...] = ()
    doubled: tuple[int, ...] = ()
    media: Mapping[str, str] = field(default_factory=dict)
    updates: Mapping[str, Any] = field(default_factory=dict, repr=False)
    wanted: Mapping[str, int] = field(default_factory=dict, repr=False)
    n_uneven: int = 0
    key: str = KEY

    @property
    def n_new(self) -> int:
        """How many tasks the push adds."""
        return len(self.tasks)

    @property
    def n_answers(self) -> int:
        """How many answers the tasks that it adds ask for."""
        keys = (task["data"][self.key] for task in self.tasks)
        return sum(self.wanted.get(key, self.overlap) for key in keys)

    @property
    def changes_something(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.tasks or self.doubled or self.updates or self.n_uneven)


def plan_new_project(
    connection: Connection,
    order: Order,
    entries: Sequence[Entry],
    wants: str,
    *,
    projects: Sequence[int] = (),
    label_config: str | None = None,
    votes: int | None = None,
    show_votes: bool = False,
) -> NewProject:
    """What would change, from what the server says now. Nothing is written.

    ``projects`` are those that were labeled: tasks are copied from there, as they are. Without
    any, the queue's own tasks go in, under ``label_config``. ``votes`` is how many answers
    each task is to get; None: another person's one, or for a second look as many as before.

    Raises:
        ServerError: a project or its tasks cannot be read.
        SourceError: there is no labeling config, or the tasks do not fit it.
        SettingsError: the project is there, and shows earlier answers where this push would
            not, or the other way round.
    """
    settings: dict[str, Any] = {}
    where = "--label-config"
    if projects:
        with connection.doing(f"reading project {projects[0]}"):
            read = connection.sdk.projects.get(id=projects[0])
        settings = {name: getattr(read, name, None) for name in _AS_ORIGIN}
        settings = {name: value for name, value in settings.items() if value is not None}
        if label_config is None:
            label_config, where = read.label_config or "", f"project {projects[0]}"
    if label_config is None:
        raise SourceError(
            "which labeling config? The audit was made from a file: give --label-config FILE,"
            " or --project ID of the project that was labeled"
        )
    config = queue_config(label_config, wants, votes=show_votes, where=where)
    overlap = votes or _overlap(entries, wants)
    mark = Mark(tuple(sorted(projects)), digest(order.round), wants)
    settings |= {
        "title": project_title(order.round, wants),
        "description": description(order.round, mark),
        "label_config": config,
        "expert_instruction": instructions(for_annotators(order.guideline)),
        "show_instruction": bool(order.guideline.strip()),
        "maximum_annotations": overlap,
        "sampling": "Sequential sampling",
        "show_collab_predictions": False,
    }
    empty = NewProject(
        mark,
        None,
        settings["title"],
        overlap,
        settings,
        (),
        (),
        n_undecided=n_undecided(order.guideline),
    )
    plan, keys = look(connection, empty)
    missing = [entry for entry in entries if entry.key not in keys]
    if plan.project is not None and missing:
        _same_panel(connection, plan.project, show_votes=show_votes)
    if order.released:
        wanted = answers_wanted(entries)
        plan = replace(plan, wanted=wanted)
        if plan.project is not None:
            updates = outdated(connection, plan.project, settings)
            n_uneven = len(uneven(connection, plan.project, wanted))
            plan = replace(plan, updates=updates, n_uneven=n_uneven)
    data, left_out = _data(connection, order, missing, projects, label_config, where)
    new: list[Mapping[str, Any]] = []
    kept = []
    n_there = n_elsewhere = 0
    for entry in entries:
        if entry.key in keys:
            n_there += keys[entry.key] == plan.project
            n_elsewhere += keys[entry.key] != plan.project
        elif entry.unit in data:
            new.append({"data": data[entry.unit] | _ours(order, entry, show_votes=show_votes)})
            kept.append(entry)
    return replace(
        plan,
        tasks=tuple(new),
        entries=tuple(kept),
        n_there=n_there,
        n_elsewhere=n_elsewhere,
        left_out=left_out,
        media=stores(task["data"] for task in new),
    )


def _overlap(entries: Sequence[Entry], wants: str) -> int:
    """Another person's one vote; for a second look as many as have labeled the usual task."""
    if wants == "another_person":
        return 1
    numbers = sorted(max(len(entry.raters), 1) for entry in entries)
    return numbers[len(numbers) // 2] if numbers else 1


def look(connection: Connection, plan: NewProject) -> tuple[NewProject, dict[str, int]]:
    """The plan with the project that is there, and the project of every key of the round.

    Raises:
        ServerError: what is there cannot be read.
    """
    mark = plan.mark
    ours = [
        (row, theirs)
        for row, theirs in marked_projects(connection, mark.kind)
        if (theirs.digest, theirs.projects) == (mark.digest, mark.projects)
    ]
    # the one that these entries go to comes first: of doubles, it keeps the oldest
    ours.sort(key=lambda found: (found[1].wants != mark.wants, found[0].id))
    keys: dict[str, int] = {}
    doubled: list[int] = []
    for row, _theirs in ours:
        project = row.id
        tasks = all_tasks(connection, project)
        tasks.sort(key=lambda task: (not task.touched, task.id))
        seen: set[str] = set()
        for task in tasks:
            key = task.data.get(plan.key)
            if isinstance(key, str):
                if key in seen and row is ours[0][0] and not task.touched:
                    doubled.append(task.id)
                seen.add(key)
                keys.setdefault(key, project)
    if not ours or ours[0][1].wants != mark.wants:
        return plan, keys
    first = ours[0][0]
    found = replace(
        plan,
        project=first.id,
        title=first.title or "",
        overlap=first.maximum_annotations or plan.overlap,
        doubled=tuple(doubled),
    )
    return found, keys


def _same_panel(connection: Connection, project: int, *, show_votes: bool) -> None:
    """Refuse to mix tasks with and without earlier answers in one project."""
    with connection.doing(f"reading project {project}"):
        config = connection.sdk.projects.get(id=project).label_config or ""
    if (f"${VOTES}" in config) != show_votes:
        does, so = ("does not show", "without") if show_votes else ("shows", "with")
        raise SettingsError(
            f"project {project} {does} earlier answers: push {so} --show-votes, or take it back"
            " first (labelq queue withdraw)"
        )


def _data(
    connection: Connection,
    order: Order,
    entries: Sequence[Entry],
    projects: Sequence[int],
    label_config: str,
    where: str,
) -> tuple[dict[str, dict[str, Any]], tuple[LeftOut, ...]]:
    """Unit id → task data as annotators saw it; and the units that have none."""
    if projects:
        matches = match(connection, order, entries, projects, label_config)
        found = {unit: without_ours(task.data) for unit, task in matches.tasks.items()}
        return found, matches.left_out
    fit = Fitting(label_config, order.text_field, where)
    return {entry.unit: fit(entry.data) for entry in entries}, ()


def _ours(order: Order, entry: Entry, *, show_votes: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        KEY: entry.key,
        ROUND: order.round,
        PRIORITY: entry.priority,
        REASON: reason_shown(entry.reasons),
    }
    if show_votes:
        told[VOTES] = {
            f"{question}: {_answer(label)}": n
            for question, labels in entry.votes.items()
            for label, n in sorted(labels.items(), key=lambda item: (-item[1], item[0]))
        } or {"no answers": 0}
    return told


def _answer(cell: str) -> str:
    """A cell of ratings.csv for people: sets are JSON lists there.

    >>> _answer('["staff", "login"]'), _answer("[sic"), _answer("[]")
    ('staff, login', '[sic', 'none')
    """
    try:
        labels = msgspec.json.decode(cell, type=list[str])
    except msgspec.MsgspecError:
        return cell
    return ", ".join(labels) or "none"


def push_new_project(connection: Connection, plan: NewProject, progress: Progress) -> int:
    """Do what the plan says; the project's id. Interrupted, it can be planned and done again.

    Raises:
        ServerError: the server failed, or cannot show the tasks' media.
    """
    project = plan.project
    if project is None:
        progress("making the project", 0.0)
        project = _make(connection, plan)
    elif plan.updates:
        with connection.doing(f"updating project {project}"):
            connection.sdk.projects.update(id=project, **plan.updates)
    if plan.doubled:
        delete_untouched(connection, project, plan.doubled)
    first_tab(connection, project, plan.mark.kind.capitalize())
    if plan.media:
        progress("looking at the media", 0.0)
        check_media(connection, project, plan.media)
    done = 0
    for chunk in _chunks(plan.tasks):
        progress(f"{done:,} of {len(plan.tasks):,} tasks", done / len(plan.tasks))
        _fill(connection, project, chunk, plan.key)
        done += len(chunk)
    if plan.wanted:
        put_overlaps(connection, project, plan.wanted)
    progress(f"{done:,} tasks", 1.0)
    return project


def _make(connection: Connection, plan: NewProject) -> int:
    try:
        with connection.doing("making the project"):
            made = int(connection.sdk.projects.create(**plan.settings).id)
        return _only(connection, plan, made)
    except RefusedError as refused:
        if refused.status < 500:
            raise
        lost: ServerError = refused
    except ServerError as error:
        lost = error
    for row, mark in marked_projects(connection, plan.mark.kind):  # if only the answer was lost
        if mark == plan.mark:
            return row.id
    raise ServerError(f"{lost}; repeat the command: it completes")


def _only(connection: Connection, plan: NewProject, made: int) -> int:
    """``made``, if nobody else made the queue's project at the same time.

    Raises:
        SettingsError: somebody did, and was first.
    """
    there = marked_projects(connection, plan.mark.kind)
    first = min(row.id for row, mark in there if mark == plan.mark)
    if first == made:
        return made
    with connection.doing(f"deleting project {made}"):
        connection.sdk.projects.delete(id=made)
    raise SettingsError(
        f"somebody else is pushing the same at this moment, to project {first}; repeat the"
        " command when that is done"
    )


def _fill(connection: Connection, project: int, tasks: list[Mapping[str, Any]], key: str) -> None:
    """Import tasks, never twice: where the answer is lost, what is there decides."""
    try:
        with connection.doing(f"filling project {project}"):
            connection.sdk.projects.import_tasks(
                id=project, request=tasks, request_options={"max_retries": 0}
            )
    except RefusedError as refused:
        if refused.status < 500:
            raise
        lost: ServerError = refused
    except ServerError as error:
        lost = error
    else:
        return
    there = {task.data.get(key) for task in all_tasks(connection, project)}
    if not {task["data"][key] for task in tasks} <= there:
        raise ServerError(f"{lost}; repeat the command: it completes")


def _chunks(tasks: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """In order; none of more than 1,000 tasks, or of more bytes than a proxy may take."""
    chunk: list[Mapping[str, Any]] = []
    size = 0
    for task in tasks:
        n = len(msgspec.json.encode(task))
        if chunk and (len(chunk) == _CHUNK or size + n > _BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(task)
        size += n
    if chunk:
        yield chunk
