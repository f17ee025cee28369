"""A project on a server → a snapshot: a plain Label Studio JSON export, as if made by hand.

The pages of the Data Manager are read with only the fields that are needed (about twice as
fast as all of them), checked against the server's own totals, and written to a file that
appears whole or not at all. From there on a pulled round is read like any export.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from labelq.errors import OutputError, ServerError, SettingsError, SourceError
from labelq.files import html_to_markdown
from labelq.label_studio.authors import Authors, decoded
from labelq.label_studio.refusals import RefusedError

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Project", "Pulled", "pull", "read_project"]

Progress = Callable[[int, int], None]
"""Called with the number of tasks that are pulled and of all."""

_PAGE = 1000
_MOST_BYTES = 64 << 20  # of a page; heavier pages are asked for in halves
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Project:
    """A project as its server describes it.

    ``instructions`` are Markdown, empty if none; ``n_predictions`` is None where it is not told.
    """

    id: int
    title: str
    label_config: str
    instructions: str
    n_tasks: int
    n_annotations: int
    n_predictions: int | None
    overlap: int
    url: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: ``n_annotations`` with skipped ones; ``notes`` for the reader."""

    project: Project
    path: Path
    n_tasks: int
    n_annotations: int
    notes: tuple[str, ...] = ()


# --- the project ----------------------------------------------------------------------------


class _Described(Struct):
    """The part of ``GET api/projects/ID/`` that is needed."""

    id: int
    title: str | None = None
    label_config: str | None = None
    expert_instruction: str | None = None
    task_number: int | None = None
    total_annotations_number: int | None = None
    skipped_annotations_number: int | None = None
    total_predictions_number: int | None = None
    maximum_annotations: int | None = None


def read_project(connection: Connection, project_id: int) -> Project:
    """The project with this id.

    Raises:
        ServerError: there is none, or the key may not see it.
    """
    what = f"reading project {project_id}"
    with connection.doing(what):
        told = decoded(connection.get(f"api/projects/{project_id}/"), _Described, what)
    counts = (told.total_annotations_number, told.skipped_annotations_number)
    return Project(
        id=told.id,
        title=told.title or f"project {told.id}",
        label_config=told.label_config or "",
        instructions=_markdown(told.expert_instruction or ""),
        n_tasks=told.task_number or 0,
        n_annotations=sum(count or 0 for count in counts),
        n_predictions=told.total_predictions_number,
        overlap=told.maximum_annotations or 1,
        url=f"{connection.url}/projects/{told.id}",
    )


def _markdown(instructions: str) -> str:
    """Instructions are HTML where they hold a tag, else text as it stands."""
    if not instructions.strip():
        return ""
    if re.search(r"</?[a-zA-Z][^<>]*>", instructions):
        return html_to_markdown(instructions)
    return instructions.strip() + "\n"


# --- its tasks ------------------------------------------------------------------------------


class _Annotation(Struct):
    """An annotation as it stands on a page and in the snapshot; order as in exports.

    ``created_username`` names authors whom the list of users does not; it is not written.
    """

    id: int
    completed_by: Any = UNSET
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
_FIELDS = ("id", "data", "meta", "overlap", "annotations", "draft_exists", "created_at")
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
    if view is not None:
        _check_view(connection, project, view)
    return _Pull(connection, project, view, progress).into(target)


class _Tab(Struct):
    id: int
    data: dict[str, Any] | None = None


def _check_view(connection: Connection, project: Project, view: int) -> None:
    """Refuse a tab of another project: the server would fail instead of saying so."""
    what = f"listing the tabs of project {project.id}"
    with connection.doing(what):
        tabs = decoded(connection.get("api/dm/views/", project=project.id), list[_Tab], what)
    if all(tab.id != view for tab in tabs):
        named = (f"{tab.id} ({(tab.data or {}).get('title', 'no title')})" for tab in tabs[:10])
        raise SettingsError(
            f"--view {view}: project {project.id} has no such tab; its tabs:"
            f" {', '.join(named) or 'none'}"
        )


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
        n_annotations = n_skipped = first_total = told = 0
        encode = msgspec.json.Encoder().encode
        for page in self.pages():
            if not seen:
                first_total = page.total
            elif page.total != first_total:
                raise _Changed
            for task in page.tasks:
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
            told = page.total_annotations or 0
            self.progress(len(seen), page.total)
        if len(seen) != first_total:
            raise _Changed
        if not seen:
            where = f" in its tab {self.view}" if self.view is not None else ""
            raise SourceError(
                f"project {self.project.id} holds no task{where}: there is nothing to pull"
            )
        file.write(b"]\n")
        notes = []
        if n_annotations - n_skipped != told:
            notes.append(
                f"Project {self.project.id}: {n_annotations - n_skipped} submitted annotations"
                f" were pulled, the server counts {told}: labeling went on during the pull."
            )
        return Pulled(self.project, target, len(seen), n_annotations, tuple(notes))

    def pages(self) -> Iterator[_Page]:
        """The pages in order, each once.

        Raises:
            _Changed: the pages end before the server's own count is reached.
        """
        size, start, total = _PAGE, 0, 1
        while start < total:
            page, n_bytes = self.page(start // size + 1, size, first=not start)
            total = page.total
            if len(page.tasks) != max(min(size, total - start), 0):
                raise _Changed
            yield page
            start += size
            if n_bytes > _MOST_BYTES and size % 2 == 0:
                size //= 2

    def page(self, number: int, size: int, *, first: bool) -> tuple[_Page, int]:
        """One page and its bytes; the slow face where the server does not know the fast one."""
        try:
            page, n_bytes = self.get(number, size)
        except RefusedError as error:
            if error.status == 404 and not first:  # no such page any more, or no such project
                read_project(self.connection, self.project.id)
                raise _Changed from None
            if error.status not in (400, 405, 414, 422) or not (first and self.fast):
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
        return self.page(number, size, first=first)

    def get(self, number: int, size: int) -> tuple[_Page, int]:
        parameters: dict[str, Any] = {"project": self.project.id, "fields": "all"}
        if self.view is not None:
            parameters["view"] = self.view
        if self.fast:
            parameters["include"] = ",".join(self.include())
        parameters |= {"page": number, "page_size": size, "resolve_uri": "false"}
        with self.connection.doing(self.what):
            content = self.connection.get("api/tasks/", **parameters)
        return decoded(content, _Page, self.what), len(content)

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
