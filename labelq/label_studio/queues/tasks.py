"""The tasks of a project as a queue sees them: data, overlap, and who has voted."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from labelq.errors import ServerError
from labelq.label_studio.refusals import RefusedError
from labelq.label_studio.units import queued_in
from labelq.labels.queue_fields import KEY, OVERLAP, PREFIX, QUEUE, ROUND

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = [
    "Served",
    "Vote",
    "all_tasks",
    "delete_untouched",
    "queued_tasks",
    "tasks_by_id",
    "without_ours",
]

_PAGE = 1000
_IDS = 200  # in one address
_MOST_OVERLAP = 10_000
# Names hold at every depth: without completed_by annotations come without their authors.
# (`fields=task_only` would leave draft_exists out.)
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
    project: int
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

    def pushed_for(self, round_: str) -> bool:
        """Whether a push put it into a queue's project, for this round."""
        return self.data.get(ROUND) == round_ and isinstance(self.data.get(KEY), str)

    @property
    def queue(self) -> str:
        """The round whose queue holds it here; empty: none does."""
        tag = self.data.get(QUEUE)
        return tag if isinstance(tag, str) and not self._moved else ""

    @property
    def since(self) -> str:
        """When it was queued here (ISO 8601, UTC); empty: it was not, or not completely."""
        queued = queued_in(dict(self.data))
        return queued[0] if queued and not self._moved else ""

    @property
    def old_overlap(self) -> int | None:
        """The overlap before a push changed it; None if none did."""
        value = self.data.get(OVERLAP)
        if not isinstance(value, (int, float)) or self._moved:
            return None
        # Anybody can write the field: a number that no push writes is none.
        return int(value) if 1 <= value <= _MOST_OVERLAP else None

    @property
    def _moved(self) -> bool:
        """Whether it was queued in another project, and came here by export and import."""
        queued = queued_in(dict(self.data))
        return queued is not None and queued[1] not in ("", str(self.project))

    @property
    def asked_again(self) -> bool:
        """Whether an annotation or a skip came through the queue, by whomever."""
        since = self.since
        return any(since and since_is_before(since, vote.created_at) for vote in self.votes or ())

    def people(self, *, bought: bool, skips: bool = False) -> set[int]:
        """Who voted on the task through the queue, or else before it was queued."""
        since = self.since
        found = set()
        for vote in self.votes or ():
            late = bool(since) and since_is_before(since, vote.created_at)
            if vote.person is not None and late == bought and (skips or not vote.skipped):
                found.add(vote.person)
        return found


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
        items = [_equal(f"data.{name}", "String", value)]
        query = {"filters": {"conjunction": "and", "items": items}}
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


def queued_tasks(connection: Connection, project: int, round_: str) -> list[Served]:
    """The tasks of a labeled project that the queue of this round holds, with their votes.

    Raises:
        ServerError: they cannot be read, or not all of them.
    """
    tagged = all_tasks(connection, project, votes=True, equal=(QUEUE, round_))
    return [task for task in tagged if task.queue == round_]


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
    for start in range(0, len(ids), _IDS):
        some = tasks_by_id(connection, project, ids[start : start + _IDS])
        chunk = [task.id for task in some if not task.touched]
        if not chunk:  # without ids the action would take every task
            continue
        with connection.doing(f"deleting tasks of project {project}"):
            # The server looks once more: somebody may have begun since.
            connection.sdk.actions.create(
                id="delete_tasks",
                project=project,
                selected_items={"all": False, "included": chunk},
                filters={
                    "conjunction": "and",
                    "items": [
                        _equal("total_annotations", "Number", 0),
                        _equal("cancelled_annotations", "Number", 0),
                        _equal("draft_exists", "Boolean", value=False),
                    ],
                },
            )


def _equal(column: str, kind: str, value: object) -> dict[str, Any]:
    return {
        "filter": f"filter:tasks:{column}",
        "operator": "equal",
        "type": kind,
        "value": value,
    }


def _page(
    connection: Connection, project: int, page: int, query: Mapping[str, Any], *, votes: bool
) -> tuple[list[Served], int]:
    parameters: dict[str, Any] = {
        "project": project,
        "page": page,
        "page_size": _PAGE,
        "fields": "all",
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
            body = connection.get("api/tasks/", **parameters)
        answer = msgspec.json.decode(body, type=_Answer)
    rows = [_served(row, project, votes=votes) for row in answer.tasks]
    return rows, answer.total


class _Annotation(msgspec.Struct):
    completed_by: Any = None
    created_at: str | None = None
    was_cancelled: bool | None = None


class _Row(msgspec.Struct):
    id: int
    data: dict[str, Any]
    overlap: int | None = None
    is_labeled: bool | None = None
    total_annotations: int | None = None
    cancelled_annotations: int | None = None
    draft_exists: bool = True  # not told: nothing may be deleted
    annotations: list[_Annotation] | None = None


class _Answer(msgspec.Struct):
    total: int
    tasks: list[_Row]


def _served(row: _Row, project: int, *, votes: bool) -> Served:
    cast = tuple(
        Vote(
            person=_person(annotation.completed_by),
            created_at=annotation.created_at or "",
            skipped=bool(annotation.was_cancelled),
        )
        for annotation in row.annotations or ()
    )
    return Served(
        id=row.id,
        project=project,
        data=row.data,
        overlap=row.overlap or 1,
        is_labeled=bool(row.is_labeled),
        n_annotations=(row.total_annotations or 0) + (row.cancelled_annotations or 0),
        has_draft=row.draft_exists,
        votes=cast if votes else None,
    )


def _person(value: Any) -> int | None:
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, int) else None
