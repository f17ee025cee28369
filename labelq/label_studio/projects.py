"""A project on a server: its title, its labeling config, its instructions and its counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct

from labelq.documents import html_to_markdown

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["Project", "read_project"]


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
    told = connection.read(
        f"api/projects/{project_id}/", _Described, f"reading project {project_id}"
    )
    counts = (told.total_annotations_number, told.skipped_annotations_number)
    return Project(
        id=told.id,
        # A title is shown and written to files, and may hold whatever its author had copied.
        title=connection.hidden(told.title or f"project {told.id}"),
        label_config=told.label_config or "",
        instructions=_markdown(connection.hidden(told.expert_instruction or "")),
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
