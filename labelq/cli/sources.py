"""From what a command line names to the files that are read: a server's projects are pulled."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelq.errors import SettingsError

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection
    from labelq.label_studio.projects import Project
    from labelq.label_studio.pull import Pulled
    from labelq.label_studio.sources import Export
    from labelq.settings import Settings

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a round comes from.

    ``sources`` are what is read, ``name`` the round's name if no setting gives one,
    ``guideline`` (name, Markdown) what the annotators had where the source itself tells it,
    ``server`` what a manifest says about projects on a server, ``connection`` the way to it while
    the files are there.
    """

    sources: tuple[Path | Export, ...]
    name: str
    guideline: tuple[str, str] | None = None
    server: Mapping[str, Any] | None = None
    connection: Connection | None = None


@contextmanager
def origin_of(
    sources: Sequence[Path],
    settings: Settings,
    api_key: str | None,
    *,
    named: Callable[[str], None] = lambda _name: None,
    progress: Progress = lambda _step, _share: None,
) -> Iterator[Origin]:
    """The files ``sources``, or else the projects of ``settings``, pulled for the while.

    ``named`` is called with the round's name as soon as it is known, before any long work.

    Raises:
        SettingsError: nothing is named, or what is named does not fit together.
        ServerError: a project cannot be pulled.
    """
    if sources:
        from labelq.reading import round_name

        origin = Origin(tuple(sources), settings.round or round_name(sources))
        named(origin.name)
        yield origin
        return
    if not settings.project:
        raise SettingsError(
            "which round? Give SOURCE (a Label Studio export, a folder of them, or a table) or"
            " --project ID"
        )
    if settings.view is not None and len(settings.project) > 1:
        raise SettingsError("--view is a tab of one project; give one --project with it")
    if settings.rater_from is not None:
        raise SettingsError("--rater-from is about files; a project says who labeled")
    from labelq.cli.connecting import connection_of

    with (
        tempfile.TemporaryDirectory(prefix="labelq-") as folder,
        connection_of(settings, api_key) as connection,
    ):
        yield _pulled(connection, settings, Path(folder), named, progress)


def _pulled(
    connection: Connection,
    settings: Settings,
    folder: Path,
    named: Callable[[str], None],
    progress: Progress,
) -> Origin:
    from datetime import UTC, datetime

    from labelq.label_studio.projects import read_project
    from labelq.label_studio.sources import Export

    projects = [read_project(connection, project) for project in settings.project]
    name = settings.round or " + ".join(dict.fromkeys(p.title for p in projects))
    named(name)
    queues: list[Project] = []
    if settings.queues:
        from labelq.label_studio.queues.marks import queue_projects

        ids = queue_projects(connection, settings.project)
        found = [read_project(connection, one) for one in ids if one not in settings.project]
        queues = [queue for queue in found if queue.n_tasks]
    pulled_at = datetime.now(UTC).isoformat(timespec="seconds")
    exports = []
    for project in (*projects, *queues):
        is_round = project in projects
        if is_round:
            check_config(project)
        target = folder / f"project_{project.id}.json"
        got = pull_project(
            connection, project, target, settings.view if is_round else None, progress
        )
        exports.append(
            Export(
                target,
                title=f"project {project.id} ({project.title})",
                label_config=write_beside(target, project)[0],
                queue=not is_round,
                notes=got.notes,
            )
        )
    return Origin(
        tuple(exports),
        name,
        guideline=_instructions(projects),
        server={
            "url": connection.url,
            "projects": [{"id": p.id, "title": p.title} for p in projects],
            "view": settings.view,
            "queues": [queue.id for queue in queues],
            "pulled_at": pulled_at,
        },
        connection=connection,
    )


def pull_project(
    connection: Connection, project: Project, target: Path, view: int | None, progress: Progress
) -> Pulled:
    """Pull ``project`` into ``target``, saying how far it is."""
    from labelq.cli.progress import Counted
    from labelq.label_studio.pull import pull

    counted = Counted(progress, f"pulling project {project.id}", "tasks")
    return pull(connection, project, target, view=view, progress=counted)


def check_config(project: Project) -> None:
    """Refuse a project in which nothing is asked, before it is pulled.

    Raises:
        SettingsError: its labeling config has no control tag.
    """
    if not re.search(r"\btoName\s*=", project.label_config, re.IGNORECASE):
        raise SettingsError(
            f"project {project.id} ({project.title}): has no labeling config yet, so nothing"
            " was asked; set it up in Label Studio (Settings, Labeling Interface)"
        )


def beside(target: Path) -> tuple[Path, Path]:
    """Where the labeling config and the instructions of the snapshot ``target`` stand."""
    return (
        target.with_name(f"{target.stem}.label_config.xml"),
        target.with_name(f"{target.stem}.guideline.md"),
    )


def write_beside(target: Path, project: Project) -> tuple[Path | None, Path | None]:
    """The labeling config and the instructions as files beside the snapshot ``target``.

    Those of an earlier pull go: a project that has none any more must not be read with them.
    """
    config, guideline = beside(target)
    for path, text in ((config, project.label_config), (guideline, project.instructions)):
        if text:
            path.write_text(text, encoding="utf-8", newline="")
        else:
            path.unlink(missing_ok=True)
    return config if project.label_config else None, guideline if project.instructions else None


def _instructions(projects: Sequence[Project]) -> tuple[str, str] | None:
    """The first project's instructions that there are, as a guideline."""
    for project in projects:
        if project.instructions:
            return f"project_{project.id}.guideline.md", project.instructions
    return None
