"""How what a push made is known again: one line in a project's description, the tab's title.

A queue project is ours by the marker line alone: its title, and whatever else stands in the
description, belong to the people who use it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = [
    "Mark",
    "digest",
    "mark_in",
    "marked_projects",
    "project_title",
    "projects_of_queue",
    "queue_projects",
    "tab_title",
]

_LINE = re.compile(
    r"^[ \t]*labelq-queue: (-|\d+(?:,\d+)*) ([0-9a-f]{12}) (another-person|second-look)[ \t]*\r?$",
    re.MULTILINE,
)
_PAGE = 100
_JOINERS = "\u200c\u200d"  # that letters need


@dataclass(frozen=True, slots=True)
class Mark:
    """Which round a queue project belongs to, and what its tasks want.

    ``projects`` are the ids of the projects that were labeled (none: the round was a file),
    ``digest`` is :func:`digest` of the round's name, ``wants`` is ``another_person`` or
    ``second_look``: the two need different numbers of votes, so each has its own project.
    """

    projects: tuple[int, ...]
    digest: str
    wants: str

    @property
    def line(self) -> str:
        """The line in the project's description.

        >>> Mark((3,), digest("round 1"), "second_look").line
        'labelq-queue: 3 cf7c48aeb1cd second-look'
        """
        projects = ",".join(map(str, self.projects)) or "-"
        return f"labelq-queue: {projects} {self.digest} {self.wants.replace('_', '-')}"


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
    ids = "" if found[1] == "-" else found[1]
    projects = tuple(int(one) for one in ids.split(",") if one)
    return Mark(projects, found[2], found[3].replace("-", "_"))


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
    first = "Second look" if wants == "second_look" else "Another opinion"
    return one_line(f"{first}: {round_name}", 50)


def description(round_name: str, mark: Mark) -> str:
    """What a queue project's description says when it is made: words, then the mark."""
    return (
        f"Tasks of the round {one_line(round_name, 200)} that are worth another label, most"
        " valuable first. Made by `labelq queue push`; votes given here count for the labels,"
        " never for agreement. You may change these words; the line below is how labelq"
        f" knows this project.\n{mark.line}"
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


def marked_projects(connection: Connection) -> Iterator[tuple[Row, Mark]]:
    """Every queue project that the key can see, with its mark.

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
            if mark is not None:
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
