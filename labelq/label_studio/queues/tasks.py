"""The tasks of a project as a queue sees them: data, overlap, and who has voted."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from labelq.errors import ServerError
from labelq.label_studio.refusals import RefusedError
from labelq.labels.queue_fields import OVERLAP, PREFIX, QUEUED_AT

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Served", "Vote", "all_tasks", "delete_untouched", "tasks_by_id", "without_ours"]

_PAGE = 1000
_IDS = 200  # in one address
# Names hold at every depth: without completed_by annotations come without their authors.
_FIELDS = "id,data,overlap,is_labeled,total_annotations,cancelled_annotations,draft_exists"
_VOTES = ",annotations,completed_by,created_at,was_cancelled"


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotation: who, when (ISO 8601), and whether it was a skip."""

    person: int | None
    created_at: str
    skipped: bool


@dataclass(frozen=True, slots=True)
class Served:
    """A task on the server. ``votes`` are all its annotations, None where not asked for."""

    id: int
    data: Mapping[str, Any] = field(repr=False)
    overlap: int
    is_labeled: bool
    n_annotations: int
    has_draft: bool
    votes: tuple[Vote, ...] | None = None

    @property
    def touched(self) -> bool:
        """Whether somebody labeled, skipped or began it."""
        return self.n_annotations > 0 or self.has_draft

    def people(self, *, bought: bool, skips: bool = False) -> set[int]:
        """Who voted on the task through the queue, or else before it was queued."""
        since = self.data.get(QUEUED_AT)
        found = set()
        for vote in self.votes or ():
            late = isinstance(since, str) and since_is_before(since, vote.created_at)
            if vote.person is not None and late == bought and (skips or not vote.skipped):
                found.add(vote.person)
        return found

    @property
    def old_overlap(self) -> int | None:
        """The overlap before a push changed it; None if none did."""
        value = self.data.get(OVERLAP)
        return int(value) if isinstance(value, (int, float)) else None


def since_is_before(since: str, created_at: str) -> bool:
    """Whether an annotation was made at ``since`` (whole seconds, UTC) or later."""
    return created_at[:19] >= since[:19]


def without_ours(data: Mapping[str, Any]) -> dict[str, Any]:
    """Task data without the fields that labelq writes."""
    return {name: value for name, value in data.items() if not name.startswith(PREFIX)}


def all_tasks(
    connection: Connection,
    project: int,
    *,
    votes: bool = False,
    equal: tuple[str, str] | None = None,
) -> list[Served]:
    """Every task of a project, or those whose data field equals a text (``equal``).

    Raises:
        ServerError: they cannot be read, or not all of them.
    """
    query: dict[str, Any] = {}
    if equal is not None:
        name, value = equal
        item = {
            "filter": f"filter:tasks:data.{name}",
            "operator": "equal",
            "type": "String",
            "value": value,
        }
        query = {"filters": {"conjunction": "and", "items": [item]}}
    found: dict[int, Served] = {}
    page, total = 1, 1
    while len(found) < total:
        rows, total = _page(connection, project, page, query, votes=votes)
        if not rows:
            break
        found.update((task.id, task) for task in rows)
        page += 1
    if len(found) != total:
        raise ServerError(
            f"project {project}: gave {len(found)} of {total} tasks (it is being changed);"
            " repeat the command"
        )
    return list(found.values())


def tasks_by_id(
    connection: Connection, project: int, ids: Sequence[int], *, votes: bool = False
) -> Iterator[Served]:
    """The tasks with these ids that the project has, fresh from the server.

    Raises:
        ServerError: they cannot be read.
    """
    for start in range(0, len(ids), _IDS):
        chunk = list(ids[start : start + _IDS])
        query = {"selectedItems": {"all": False, "included": chunk}}
        rows, _ = _page(connection, project, 1, query, votes=votes)
        yield from rows


def delete_untouched(connection: Connection, project: int, ids: Sequence[int]) -> None:
    """Delete those of these tasks that nobody has labeled, skipped or begun by now.

    Raises:
        ServerError: the server failed.
    """
    still = [task.id for task in tasks_by_id(connection, project, ids) if not task.touched]
    for start in range(0, len(still), _PAGE):
        chunk = still[start : start + _PAGE]
        assert chunk, "without ids the action takes every task"
        with connection.doing(f"deleting tasks of project {project}"):
            # The server looks once more: a label may have come since.
            connection.sdk.actions.create(
                id="delete_tasks",
                project=project,
                selected_items={"all": False, "included": chunk},
                filters={
                    "conjunction": "and",
                    "items": [_none("total_annotations"), _none("cancelled_annotations")],
                },
            )


def _none(counter: str) -> dict[str, Any]:
    return {
        "filter": f"filter:tasks:{counter}",
        "operator": "equal",
        "type": "Number",
        "value": 0,
    }


def _page(
    connection: Connection, project: int, page: int, query: Mapping[str, Any], *, votes: bool
) -> tuple[list[Served], int]:
    parameters: dict[str, Any] = {
        "project": project,
        "page": page,
        "page_size": _PAGE,
        "fields": "all" if votes else "task_only",
        "include": _FIELDS + (_VOTES if votes else ""),
        "resolve_uri": "false",
    }
    if query:
        # the server decodes the query twice: once as a parameter, once as a link's part
        parameters["query"] = urllib.parse.quote(msgspec.json.encode(query).decode())
    with connection.doing(f"reading the tasks of project {project}"):
        try:
            body = connection.get("api/tasks/", **parameters)
        except RefusedError as refused:
            if refused.status != 400:
                raise
            # A server that does not know the short form gives everything.
            del parameters["include"]
            body = connection.get("api/tasks/", **(parameters | {"fields": "all"}))
        answer = msgspec.json.decode(body)
    return [_served(row, votes=votes) for row in answer["tasks"]], int(answer["total"])


def _served(row: Mapping[str, Any], *, votes: bool) -> Served:
    cast = tuple(
        Vote(
            person=_person(annotation.get("completed_by")),
            created_at=str(annotation.get("created_at") or ""),
            skipped=bool(annotation.get("was_cancelled")),
        )
        for annotation in row.get("annotations") or ()
    )
    return Served(
        id=int(row["id"]),
        data=row["data"],
        overlap=int(row.get("overlap") or 1),
        is_labeled=bool(row.get("is_labeled")),
        n_annotations=int(row.get("total_annotations") or 0)
        + int(row.get("cancelled_annotations") or 0),
        has_draft=bool(row.get("draft_exists")),
        votes=cast if votes else None,
    )


def _person(value: Any) -> int | None:
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, int) else None
