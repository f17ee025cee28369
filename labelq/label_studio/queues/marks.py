"""How what a push made is known again: one line in a project's description, the tab's title.

A queue project is ours by the marker line alone: its title, and whatever else stands in the
description, belong to the people who use it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = [
    "BLIND_VOTES",
    "Mark",
    "digest",
    "mark_in",
    "marked_projects",
    "project_title",
    "projects_of_queue",
    "queue_projects",
    "tab_title",
]

BLIND_VOTES = "blind_votes"
"""What the tasks of a meeting's ballots want: they are no queue, and never found as one."""

_LINE = re.compile(
    r"^[ \t]*labelq-(queue|ballots): (-|\d+(?:,\d+)*) ([0-9a-f]{12})"
    r" (another-person|second-look|blind-votes)[ \t]*\r?$",
    re.MULTILINE,
)
_PAGE = 100
Kind = Literal["queue", "ballots"]
_JOINERS = "\u200c\u200d"  # that letters need


@dataclass(frozen=True, slots=True)
class Mark:
    """Which round a project of ours belongs to, and what its tasks want.

    ``projects`` are the ids of the projects that were labeled (none: the round was a file),
    ``digest`` is :func:`digest` of the round's name, ``wants`` is ``another_person`` or
    ``second_look``: the two need different numbers of votes, so each has its own project; or
    ``blind_votes``, on the examples of a meeting.
    """

    projects: tuple[int, ...]
    digest: str
    wants: str

    @property
    def kind(self) -> Kind:
        """What the project holds."""
        return "ballots" if self.wants == BLIND_VOTES else "queue"

    @property
    def line(self) -> str:
        """The line in the project's description.

        >>> Mark((3,), digest("round 1"), "second_look").line
        'labelq-queue: 3 cf7c48aeb1cd second-look'
        """
        projects = ",".join(map(str, self.projects)) or "-"
        return f"labelq-{self.kind}: {projects} {self.digest} {self.wants.replace('_', '-')}"


def digest(round_name: str) -> str:
    """A round's name as twelve hexadecimal digits: names may hold anything."""
    return hashlib.sha256(round_name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def mark_in(description: object) -> Mark | None:
    r"""The mark in a project's description, if labelq made the project.

    >>> mark_in("Our own words.\nlabelq-queue: 3,4 cf7c48aeb1cd second-look").projects
    (3, 4)
    >>> mark_in("see labelq-queue: 3 cf7c48aeb1cd second-look") is None
    True
    """
    found = _LINE.search(description) if isinstance(description, str) else None
    if found is None:
        return None
    ids = "" if found[2] == "-" else found[2]
    projects = tuple(int(one) for one in ids.split(",") if one)
    mark = Mark(projects, found[3], found[4].replace("-", "_"))
    return mark if mark.kind == found[1] else None


def one_line(text: str, most: int) -> str:
    r"""``text`` on one line of at most ``most`` characters, without controls.

    >>> one_line("a\tb" + chr(27) + "c" + chr(0x202E), 50), one_line("long", 3)
    ('a b c', 'lo…')
    """
    kept = (c if c.isprintable() or c in _JOINERS else " " for c in text)
    line = " ".join("".join(kept).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def tab_title(round_name: str) -> str:
    """The title of the tab in the labeled project."""
    return one_line(f"Queue: {round_name}", 50)


def project_title(round_name: str, wants: str) -> str:
    """The title of a queue project: Label Studio takes 3 to 50 characters.

    >>> project_title("round 1", "second_look")
    'Second look: round 1'
    """
    return one_line(f"{_TITLES[wants]}: {round_name}", 50)


_TITLES = {
    "another_person": "Another opinion",
    "second_look": "Second look",
    BLIND_VOTES: "Ballots",
}


def description(round_name: str, mark: Mark) -> str:
    """What a queue project's description says when it is made: words, then the mark."""
    name = one_line(round_name, 200)
    what = (
        f"Tasks of the round {name} that are worth another label, most valuable first. Made by"
        " `labelq queue push`; votes given here count for the labels, never for agreement."
    )
    if mark.kind == "ballots":
        what = (
            f"Examples for the guideline review meeting of {name}: everybody answers all of them,"
            " alone. Made by `labelq review ballots`; answers given here are votes for the"
            " meeting, never labels."
        )
    return (
        f"{what} You may change these words; the line below is how labelq knows this project."
        f"\n{mark.line}"
    )


class Row(msgspec.Struct):
    """A project as the list of projects tells it."""

    id: int
    title: str | None = None
    description: str | None = None
    maximum_annotations: int | None = None


class _Listed(msgspec.Struct):
    count: int
    results: list[Row]


def marked_projects(connection: Connection, kind: Kind = "queue") -> Iterator[tuple[Row, Mark]]:
    """Every project of this kind that the key can see, with its mark.

    Raises:
        ServerError: the projects cannot be listed.
    """
    page, seen, total = 1, 0, 1
    while seen < total:
        answer = connection.read(
            "api/projects/",
            _Listed,
            "listing the projects",
            page=page,
            page_size=_PAGE,
            include="id,title,description,maximum_annotations",
        )
        rows, total = answer.results, answer.count
        if not rows:
            return
        for row in rows:
            mark = mark_in(row.description)
            if mark is not None and mark.kind == kind:
                row.title = connection.hidden(row.title or "")
                yield row, mark
        seen += len(rows)
        page += 1


def projects_of_queue(
    connection: Connection, round_name: str, projects: Collection[int]
) -> Iterator[Row]:
    """The projects that this round's queue was pushed to, if it was labeled in ``projects``.

    Raises:
        ServerError: the projects cannot be listed.
    """
    ours = (digest(round_name), tuple(sorted(projects)))
    for row, mark in marked_projects(connection):
        if (mark.digest, mark.projects) == ours:
            yield row


def queue_projects(connection: Connection, project_ids: Collection[int]) -> list[int]:
    """The ids of the queue projects that hold tasks of these projects, ascending.

    Raises:
        ServerError: the projects cannot be listed.
    """
    wanted = set(project_ids)
    return sorted(
        row.id for row, mark in marked_projects(connection) if not wanted.isdisjoint(mark.projects)
    )
