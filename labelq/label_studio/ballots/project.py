"""The project of a meeting's ballots: made once, filled with what is missing, taken back.

A task is one paper: what annotators saw, the question, what can be answered, and the key that the
answers come back by. Nothing of the first votes, no prediction and no consensus is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labelq.errors import SourceError
from labelq.label_studio.ballots.config import ASKS, OPTIONS, ballot_config
from labelq.label_studio.queues.fitting import Fitting
from labelq.label_studio.queues.instructions import instructions
from labelq.label_studio.queues.marks import (
    BLIND_VOTES,
    Mark,
    Row,
    description,
    digest,
    marked_projects,
    project_title,
)
from labelq.label_studio.queues.matching import match
from labelq.label_studio.queues.media import stores
from labelq.label_studio.queues.new_project import NewProject, look
from labelq.label_studio.queues.order import Entry, Order
from labelq.label_studio.queues.tasks import all_tasks, without_ours
from labelq.label_studio.queues.withdraw import Emptied, Withdrawal
from labelq.labels.queue_fields import BALLOT, ROUND
from labelq.remedy.ballots import BallotPaper
from labelq.remedy.entries import shown_data
from labelq.remedy.guideline import for_annotators

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection
    from labelq.labels.model import Round

__all__ = ["EVERYBODY", "ballots_project", "plan_ballots", "plan_ballots_withdrawal"]

EVERYBODY = 100
"""So many people can answer: Label Studio serves a task to whoever has not answered it, until it
has that many answers.
"""

_INTRODUCTION = """\
These are the examples that the guideline review meeting will talk about. Answer each of them
alone, by the guideline as it stands, before you talk about them with anybody. Earlier answers are
not shown on purpose. Where the task does not tell, say so: that is an answer, too.
"""


def plan_ballots(
    connection: Connection,
    order: Order,
    papers: Sequence[BallotPaper],
    round_: Round,
    *,
    projects: Sequence[int] = (),
    label_config: str | None = None,
) -> NewProject:
    """What a push would change, from what the server says now. Nothing is written.

    ``order`` is the audit's; ``order.guideline`` are the instructions. ``projects`` are those
    that were labeled: tasks are copied from there, as they are. Without any, what the audit
    keeps of the tasks goes in, under ``label_config``.

    Raises:
        ServerError: a project or its tasks cannot be read.
        SourceError: there is no labeling config, or the tasks do not fit it.
    """
    where = "--label-config"
    if label_config is None and projects:
        with connection.doing(f"reading project {projects[0]}"):
            label_config = connection.sdk.projects.get(id=projects[0]).label_config or ""
        where = f"project {projects[0]}"
    if label_config is None:
        raise SourceError(
            "which labeling config? The audit was made from a file: give --label-config FILE,"
            " or --project ID of the project that was labeled"
        )
    mark = Mark(tuple(sorted(projects)), digest(order.round), BLIND_VOTES)
    text = _INTRODUCTION
    if order.guideline.strip():
        text += f"\n---\n\n{for_annotators(order.guideline)}"
    settings: dict[str, Any] = {
        "title": project_title(order.round, BLIND_VOTES),
        "description": description(order.round, mark),
        "label_config": ballot_config(label_config, where=where),
        "expert_instruction": instructions(text),
        "show_instruction": True,
        "maximum_annotations": EVERYBODY,
        "sampling": "Sequential sampling",
        "show_collab_predictions": False,
        "enable_empty_annotation": False,
    }
    empty = NewProject(mark, None, settings["title"], EVERYBODY, settings, (), (), key=BALLOT)
    plan, there = look(connection, empty)
    missing = [paper for paper in papers if paper.key not in there]
    entries = {paper.unit: _entry(order, paper, round_) for paper in missing}
    if projects:
        matches = match(connection, order, list(entries.values()), projects, label_config)
        data = {unit: without_ours(task.data) for unit, task in matches.tasks.items()}
        left_out = matches.left_out
    else:
        fit = Fitting(label_config, order.text_field, where)
        data = {entry.unit: fit(entry.data) for entry in entries.values()}
        left_out = ()
    tasks = tuple(
        {"data": data[unit] | _ours(order, paper)}
        for paper in missing
        if (unit := round_.units.ids[paper.unit]) in data
    )
    return replace(
        plan,
        tasks=tasks,
        n_there=len(papers) - len(missing),
        left_out=left_out,
        media=stores(task["data"] for task in tasks),
    )


def _entry(order: Order, paper: BallotPaper, round_: Round) -> Entry:
    """The paper's unit, as what a task is found by."""
    unit = round_.units.ids[paper.unit]
    data = shown_data(round_, paper.unit, order.text_field)
    return Entry(unit, paper.key, 1.0, BLIND_VOTES, (), data)


def _ours(order: Order, paper: BallotPaper) -> dict[str, Any]:
    return {
        BALLOT: paper.key,
        ROUND: order.round,
        ASKS: paper.asks,
        OPTIONS: [{"value": option} for option in paper.options],
    }


def ballots_project(
    connection: Connection, round_name: str, projects: Sequence[int], *, ours: bool = False
) -> Row | None:
    """The project of a round's ballots, if there is one.

    A round from a file may have been pushed with its project, which is not known then: any
    project of its name is taken (papers are known by what they show), unless it is to be
    ``ours``, made without one.

    Raises:
        ServerError: the projects cannot be listed.
    """
    wanted = digest(round_name)
    found = [
        row
        for row, mark in marked_projects(connection, "ballots")
        if mark.digest == wanted
        and (mark.projects == tuple(sorted(projects)) or not (projects or ours))
    ]
    return min(found, key=lambda row: row.id, default=None)


def plan_ballots_withdrawal(
    connection: Connection, round_name: str, projects: Sequence[int]
) -> Withdrawal:
    """What taking the ballots back would change: papers that nobody answered or began go.

    Raises:
        ServerError: the project cannot be read.
    """
    row = ballots_project(connection, round_name, projects, ours=True)
    if row is None:
        return Withdrawal(round_name, (), ())
    tasks = all_tasks(connection, row.id)
    free = tuple(task.id for task in tasks if BALLOT in task.data and not task.touched)
    whole = len(free) == len(tasks)
    emptied = Emptied(
        row.id, row.title or "", free, len(tasks) - len(free), whole, "ballot project"
    )
    return Withdrawal(round_name, (), (emptied,))
