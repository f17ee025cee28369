"""The few pictures that a report shows: fetched where a server has them, made small."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.cli.sources import Origin
    from labelq.label_studio.texts import TextSource
    from labelq.report.pictures import Picture
    from labelq.settings import Settings

MOST_PICTURES = 60
"""So many tasks of a report have their picture."""

MOST_SECONDS = 60.0
"""So long an audit waits for all pictures together."""

FROM_FILE = "the round was audited from a file, so no server was asked for it"
OF_SEVERAL = "its tasks are from several projects"
NO_TIME = "the others took too long"

Progress = Callable[[str, float], None]


def pictures_of(
    found: Audit, origin: Origin, settings: Settings, progress: Progress
) -> dict[str, Picture]:
    """A small picture, or the reason why there is none, for each task that the report shows.

    By unit id; only tasks that show a picture are there, the first :data:`MOST_PICTURES`.
    """
    from labelq.label_studio.pictures import NoPictureError, fetch_picture, picture_address
    from labelq.report.pictures import Picture, thumbnail
    from labelq.report.task_sections import shown_units

    sources = _sources(origin, settings)
    if not sources:
        return {}
    units, pictures = found.round.units, dict[str, Picture]()
    until = time.monotonic() + MOST_SECONDS
    projects = (origin.server or {}).get("projects") or []
    for unit in shown_units(found):
        if len(pictures) == MOST_PICTURES:
            break
        data = {name: column[unit] for name, column in units.fields.items()}
        address = picture_address(sources, data)
        if address is None:
            continue
        left, why = until - time.monotonic(), ""
        if origin.connection is None:
            why = FROM_FILE
        elif len(projects) != 1:
            why = OF_SEVERAL
        elif left <= 0:
            why = NO_TIME
        if why or origin.connection is None:
            pictures[units.ids[unit]] = Picture(reason=why)
            continue
        progress("fetching pictures", len(pictures) / MOST_PICTURES)
        try:
            content = fetch_picture(
                origin.connection, address, project=projects[0]["id"], seconds=left
            )
        except NoPictureError as error:
            pictures[units.ids[unit]] = Picture(reason=str(error))
        else:
            pictures[units.ids[unit]] = thumbnail(content)
    return pictures


def _sources(origin: Origin, settings: Settings) -> list[TextSource]:
    """The fields that hold pictures, as the labeling configs of the round say."""
    from labelq.errors import LabelqError
    from labelq.files import read_bytes
    from labelq.label_studio.pictures import picture_sources
    from labelq.label_studio.sources import label_config_beside

    found: dict[TextSource, None] = {}
    for source in origin.sources:
        path = settings.label_config
        if path is None and not isinstance(source, Path):
            path = source.label_config
        if path is None and isinstance(source, Path):
            path = label_config_beside(source)
        if path is None or not path.is_file():
            continue
        try:
            found |= dict.fromkeys(picture_sources(read_bytes(path)))
        except LabelqError:
            continue  # the round was read: what is wrong with a config was said there
    return list(found)
