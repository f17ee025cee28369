"""What was answered on ballots: pulled like any project, read paper by paper."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from labelq.errors import SourceError
from labelq.label_studio.ballots.config import CHOICE, WHY
from labelq.label_studio.ballots.project import ballots_project
from labelq.label_studio.json_min import min_rows
from labelq.label_studio.people import Author, People, Person
from labelq.label_studio.projects import read_project
from labelq.label_studio.pull import pull
from labelq.label_studio.records import Annotation, Result, Task, tasks
from labelq.labels.queue_fields import BALLOT
from labelq.remedy.ballots import Ballot, BallotPaper, Cast, counted

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection
    from labelq.labels.model import Round

__all__ = ["Ballots", "cast_in", "pull_ballots"]

_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Ballots:
    """The ballots of a meeting as they stand on the server.

    ``project`` is the id of their project; ``n_papers`` of its papers are on this agenda, of
    ``n_agenda``. ``answered`` is voter → number of papers, ``skipped`` voter → number of those
    skipped and not answered. ``unknown``: choices that no paper offers → number;
    ``n_elsewhere``: answers to papers that are not on this agenda; ``n_edited``: answers that
    somebody else changed last.
    """

    project: int
    title: str
    n_agenda: int
    n_papers: int
    ballots: tuple[Ballot, ...]
    answered: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    n_elsewhere: int = 0
    n_edited: int = 0


def pull_ballots(
    connection: Connection,
    papers: Sequence[BallotPaper],
    round_: Round,
    projects: Sequence[int] = (),
) -> Ballots | None:
    """The ballots on ``papers`` so far; None: they were not pushed. Nothing is written.

    ``projects`` are those that were labeled. Voters are called what annotators are: by e-mail.

    Raises:
        ServerError: they cannot be read.
    """
    row = ballots_project(connection, round_.name, projects)
    if row is None:
        return None
    empty = Ballots(row.id, row.title or "", len(papers), 0, ())
    project = read_project(connection, row.id)
    if not project.n_tasks:
        return empty
    with tempfile.TemporaryDirectory(prefix="labelq-") as folder:
        target = Path(folder) / "ballots.json"
        try:
            pull(connection, project, target)
        except SourceError:  # its last task has just gone
            return empty
        found = [task for task, _ in tasks(target, min_row=min_rows(None), on_bad=_pass)]
    return _read(empty, found, papers, round_)


def _pass(_problem: str) -> None:
    """An answer that nobody can read is no ballot."""


def _read(
    empty: Ballots, found: Sequence[Task], papers: Sequence[BallotPaper], round_: Round
) -> Ballots:
    kept = counted(papers, cast_in(found), round_)
    keys = {paper.key for paper in papers}
    there = {(task.data or {}).get(BALLOT) for task in found}
    return Ballots(
        empty.project,
        empty.title,
        empty.n_agenda,
        len(keys & there),
        kept.ballots,
        answered=kept.answered,
        skipped=kept.skipped,
        unknown=kept.unknown,
        n_elsewhere=kept.n_elsewhere,
        n_edited=sum(
            People.differ(one.completed_by, one.updated_by)
            for task in found
            for one in task.annotations or ()
        ),
    )


def cast_in(found: Sequence[Task]) -> Iterator[Cast]:
    """Every answer in the tasks of a project of ballots; of tasks without our key none."""
    for task in found:
        key = (task.data or {}).get(BALLOT)
        if not isinstance(key, str):
            continue
        for annotation in task.annotations or ():
            voter = _name(annotation.completed_by)
            if voter:
                choice, note = (None, "") if annotation.was_cancelled else _said(annotation)
                at = str(annotation.updated_at or annotation.created_at or "")
                yield Cast(key, voter, choice, note, at)


def _name(author: Author) -> str:
    """As annotators are called: by e-mail, else by number; empty: nobody knows."""
    if isinstance(author, Person):
        author = author.email or author.id
    return "" if author is None else str(author)


def _said(annotation: Annotation) -> tuple[str | None, str]:
    """The choice, and why. More than one choice can only come through the API: it is none."""
    choice: str | None = None
    note = ""
    for result in _results(annotation.result):
        value = result.value
        if value is None:
            continue
        if result.from_name == CHOICE and isinstance(value.choices, tuple):
            only = value.choices[0] if len(value.choices) == 1 else None
            choice = only if isinstance(only, str) else None
        elif result.from_name == WHY and value.text is not UNSET:
            note = _text(msgspec.json.decode(value.text))
    return choice, note


def _results(listed: Sequence[Result | list[Result]] | None) -> Iterator[Result]:
    for one in listed or ():
        yield from one if isinstance(one, list) else (one,)


def _text(value: Any) -> str:
    """What a text field holds, on one line: a text, or a list of them."""
    parts = value if isinstance(value, list) else [value]
    return " ".join(" ".join(str(part).split()) for part in parts if part)[:_LONGEST_NOTE]
