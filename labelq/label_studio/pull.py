"""A project on a server → a snapshot: a plain Label Studio JSON export, as if made by hand.

The pages of the Data Manager are read with only the fields that are needed (about twice as
fast as all of them), checked against the server's own totals, and written to a file that
appears whole or not at all. From there on a pulled round is read like any export.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from labelq.errors import OutputError, ServerError, SettingsError, SourceError
from labelq.label_studio.authors import Authors
from labelq.label_studio.projects import Project, read_project
from labelq.label_studio.refusals import RefusedError
from labelq.labels.queue_fields import QUEUE

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Pulled", "pull"]

Progress = Callable[[int, int], None]
"""Called with the number of tasks that are pulled and of all."""

_PAGE = 1000
_MOST_BYTES = 64 << 20  # of a page; heavier pages are asked for in halves
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: ``n_annotations`` with skipped ones; ``notes`` for the reader."""

    project: Project
    path: Path
    n_tasks: int
    n_annotations: int
    notes: tuple[str, ...] = ()


class _Annotation(Struct):
    """An annotation as it stands on a page and in the snapshot; order as in exports.

    ``created_username`` names authors whom the list of users does not; it is not written.
    """

    id: int
    completed_by: int | dict[str, Any] | Raw | UnsetType | None = UNSET
    result: Raw | UnsetType = UNSET
    was_cancelled: bool | None = None
    ground_truth: bool | None = None
    created_at: Raw | UnsetType = UNSET
    updated_at: Raw | UnsetType = UNSET
    draft_created_at: Raw | UnsetType = UNSET
    lead_time: Raw | UnsetType = UNSET
    import_id: Raw | UnsetType = UNSET
    updated_by: Raw | UnsetType = UNSET
    parent_prediction: Raw | UnsetType = UNSET
    parent_annotation: Raw | UnsetType = UNSET
    created_username: str | UnsetType | None = UNSET


class _Task(Struct):
    id: int
    project: int | UnsetType = UNSET
    annotations: list[_Annotation] | UnsetType = UNSET
    predictions: Raw | UnsetType = UNSET
    draft_exists: bool | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    meta: Raw | UnsetType = UNSET
    overlap: Raw | UnsetType = UNSET
    created_at: Raw | UnsetType = UNSET


class _Page(Struct):
    total: int
    tasks: list[_Task]
    total_annotations: int | None = None


# A name in `include` holds at every depth: without `result` annotations come without results.
_FIELDS = ("id", "project", "data", "meta", "overlap", "annotations", "draft_exists", "created_at")
_OF_ANNOTATION = tuple(n for n in _Annotation.__struct_fields__ if n not in _FIELDS)
_OF_PREDICTION = ("predictions", "model_version", "score")


def pull(
    connection: Connection,
    project: Project,
    target: Path,
    *,
    view: int | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Pulled:
    """Write the tasks of ``project`` (those of its tab ``view``) with all labels to ``target``.

    The file appears whole or not at all, and replaces what stood there.

    Raises:
        ServerError: the server fails, the project goes away, or it keeps changing.
        SettingsError: the project has no such tab.
        SourceError: there is no task.
        OutputError: ``target`` cannot be written.
    """
    chosen = () if view is None else _chosen_by(connection, project, view)
    pulled = _Pull(connection, project, view, progress).into(target)
    return replace(pulled, notes=(*chosen, *pulled.notes))


class _Tab(Struct):
    id: int
    data: dict[str, Any] | None = None


def _chosen_by(connection: Connection, project: Project, view: int) -> tuple[str, ...]:
    """What must be said about the tasks of a tab.

    Raises:
        SettingsError: it is a tab of another project: the server would only fail.
    """
    what = f"listing the tabs of project {project.id}"
    tabs = connection.read("api/dm/views/", list[_Tab], what, project=project.id)
    if all(tab.id != view for tab in tabs):
        named = (f"{tab.id} ({(tab.data or {}).get('title', 'no title')})" for tab in tabs[:10])
        raise SettingsError(
            f"--view {view}: project {project.id} has no such tab; its tabs:"
            f" {', '.join(named) or 'none'}"
        )
    filters = next((tab.data or {}).get("filters") for tab in tabs if tab.id == view)
    if QUEUE not in str(filters):
        return ()
    said = (
        f"Tab {view} holds a queue: its tasks were chosen because annotators disagreed, so their"
        " agreement is lower than the round's and says nothing about it."
    )
    return (said,)


class _Changed(Exception):  # noqa: N818  # no error: the reason to begin again
    """The project is no longer what the first pages showed."""


class _Pull:
    """One pull under way."""

    def __init__(
        self, connection: Connection, project: Project, view: int | None, progress: Progress
    ) -> None:
        self.connection = connection
        self.project = project
        self.view = view
        self.progress = progress
        self.what = f"pulling project {project.id}"
        self.fast = True
        self.recounted = False
        self.people = Authors(connection)

    def into(self, target: Path) -> Pulled:
        """Try until the project holds still for one pull."""
        for _ in range(_ATTEMPTS):
            with suppress(_Changed), _whole_file(target) as file:
                return self.once(file, target)
        raise ServerError(
            f"{self.what}: tasks were added or deleted during each of {_ATTEMPTS} attempts;"
            " pull again when nobody imports or deletes"
        )

    def once(self, file: Any, target: Path) -> Pulled:
        """All pages into ``file``.

        Raises:
            _Changed: what came is not what the server counts.
        """
        seen: set[int] = set()
        came: list[tuple[int, int, list[int]]] = []
        n_annotations = n_skipped = first_total = 0
        odd = _Odd()
        encode = msgspec.json.Encoder().encode
        for page, number, size in self.pages():
            if not seen:
                first_total = page.total
            elif page.total != first_total:
                raise _Changed
            for task in page.tasks:
                odd.look(task)
                for annotation in task.annotations or ():
                    n_annotations += 1
                    n_skipped += bool(annotation.was_cancelled)
                    self.people.name(annotation)
                task.draft_exists = task.draft_exists or UNSET
                if task.predictions is not UNSET and bytes(task.predictions) == b"[]":
                    task.predictions = UNSET
                file.write(b",\n" if seen else b"[")
                seen.add(task.id)
                file.write(encode(task))
            came.append((number, size, [task.id for task in page.tasks]))
            self.progress(len(seen), page.total)
        if len(seen) != first_total:
            raise _Changed
        if not seen:
            where = f" in its tab {self.view}" if self.view is not None else ""
            raise SourceError(
                f"project {self.project.id} holds no task{where}: there is nothing to pull"
            )
        told = self.look_again(came, first_total)
        notes = self.compared(n_annotations, n_annotations - n_skipped, told)
        file.write(b"]\n")
        notes += [f"Project {self.project.id}: {note}" for note in odd.notes()]
        return Pulled(self.project, target, len(seen), n_annotations, tuple(notes))

    def look_again(self, came: list[tuple[int, int, list[int]]], total: int) -> int | None:
        """The server's count of submitted annotations, if the tasks are still those that came.

        ``came`` has the number, the size and the ids of every page. A task deleted while another
        is added leaves the total as it was. But the last task of each page still stands where it
        stood only if none before it has gone; so these are asked for, one by one. In a tab,
        whose order need not be strict, all ids are.

        Raises:
            _Changed: they are not.
        """
        expected: set[int] = set()
        found: set[int] = set()
        told = None
        for number, size, ids in came:
            if self.view is None:
                page, _ = self.get((number - 1) * size + len(ids), 1, ids=True)
                expected.add(ids[-1])
            else:
                page, _ = self.get(number, size, ids=True)
                expected.update(ids)
            if page.total != total:
                raise _Changed
            found.update(task.id for task in page.tasks)
            told = page.total_annotations
        if found != expected:
            raise _Changed
        return told

    def compared(self, n_annotations: int, n_submitted: int, told: int | None) -> list[str]:
        """Notes where the server counts other annotations than came.

        Raises:
            _Changed: it counts more, for the first time.
        """
        in_all = self.project.n_annotations if self.view is None else 0
        fewer = in_all > n_annotations
        if not fewer and told in (None, n_submitted):
            return []
        if (fewer or (told or 0) > n_submitted) and not self.recounted:
            self.recounted = True
            self.project = read_project(self.connection, self.project.id)
            raise _Changed
        if told not in (None, n_submitted):
            numbers = (
                f"{n_submitted:,} submitted annotations were pulled, the server counts {told:,}"
            )
        else:
            numbers = f"{n_annotations:,} annotations were pulled, the server counts {in_all:,}"
        return [f"Project {self.project.id}: {numbers}."]

    def pages(self) -> Iterator[tuple[_Page, int, int]]:
        """The pages in order, each once, with their number (from 1) and size.

        Raises:
            _Changed: the pages end before the server's own count is reached.
        """
        size, start, total = _PAGE, 0, 1
        while start < total:
            number = start // size + 1
            page, n_bytes = self.page(number, size)
            total = page.total
            if len(page.tasks) != max(min(size, total - start), 0):
                raise _Changed
            yield page, number, size
            start += size
            if n_bytes > _MOST_BYTES and size % 2 == 0:
                size //= 2

    def page(self, number: int, size: int) -> tuple[_Page, int]:
        """One page and its bytes; the slow face where the server does not know the fast one."""
        try:
            page, n_bytes = self.get(number, size)
        except RefusedError as error:
            if error.status not in (400, 405, 414, 422) or number > 1 or not self.fast:
                raise
        else:
            if _complete(page):
                return page, n_bytes
            if not self.fast:
                raise ServerError(
                    f"{self.what}: the server's pages hold no results; export the project as"
                    " JSON and give that file"
                )
        self.fast = False
        return self.page(number, size)

    def get(self, number: int, size: int, *, ids: bool = False) -> tuple[_Page, int]:
        """One page of tasks, or of their ids.

        Raises:
            _Changed: there is no such page any more.
        """
        parameters: dict[str, Any] = {"project": self.project.id, "fields": "all"}
        if self.view is not None:
            parameters["view"] = self.view
        if ids:
            parameters["fields"] = "task_only"
        if self.fast:
            parameters["include"] = "id" if ids else ",".join(self.include())
        parameters |= {"page": number, "page_size": size, "resolve_uri": "false"}
        try:
            with self.connection.doing(self.what):
                content = self.connection.get("api/tasks/", **parameters)
                return msgspec.json.decode(content, type=_Page), len(content)
        except RefusedError as error:
            if error.status != 404 or number == 1:
                raise
            read_project(self.connection, self.project.id)  # or no such project
            raise _Changed from None

    def include(self) -> tuple[str, ...]:
        predicted = _OF_PREDICTION if self.project.n_predictions != 0 else ()
        return (*_FIELDS, *_OF_ANNOTATION, *predicted)


def _complete(page: _Page) -> bool:
    """Whether tasks have their data and annotations their results and authors."""
    return all(
        task.data is not UNSET
        and task.annotations is not UNSET
        and all(a.result is not UNSET and a.completed_by is not UNSET for a in task.annotations)
        for task in page.tasks
    )


class _Odd:
    """Tasks and annotations that a server stores and no audit can read."""

    def __init__(self) -> None:
        self.without_data: list[int] = []
        self.unreadable: list[int] = []

    def look(self, task: _Task) -> None:
        if _first(task.data) != b"{":
            self.without_data.append(task.id)
        if any(_first(a.result) not in (b"[", b"n") for a in task.annotations or ()):
            self.unreadable.append(task.id)

    def notes(self) -> Iterator[str]:
        if self.without_data:
            yield f"{_named(self.without_data)} without data."
        if self.unreadable:
            yield (
                f"{_named(self.unreadable)} with a result that is no list of answers;"
                " --skip-bad-records leaves them out."
            )


def _first(raw: Raw | UnsetType) -> bytes:
    return b"" if raw is UNSET else bytes(memoryview(raw)[:1])


def _named(tasks: list[int]) -> str:
    some = ", ".join(map(str, tasks[:5])) + (", …" if len(tasks) > 5 else "")
    return f"{len(tasks):,} task{'' if len(tasks) == 1 else 's'} ({some})"


# --- the disk ------------------------------------------------------------------


@contextmanager
def _whole_file(target: Path) -> Iterator[Any]:
    """A fresh file beside ``target`` that takes its place when the block ends well."""
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with fresh.open("xb", buffering=1 << 20) as file:
            yield file
        os.replace(fresh, target)  # noqa: PTH105  # on purpose: replaces on every system
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror or error})") from None
    finally:
        fresh.unlink(missing_ok=True)
