"""Whether a task's media can be seen through a project: cloud files need their storage there."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labelq.errors import ServerError
from labelq.label_studio.retrying import ONCE

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection

__all__ = ["CLOUD", "check_media", "media_of", "stores"]

_STORES = {
    "s3": "Amazon S3",
    "gs": "Google Cloud Storage",
    "azure-blob": "Azure Blob Storage",
    "azure_spi": "Azure Blob Storage",
}
CLOUD = re.compile(r"(s3|gs|azure-blob|azure_spi)://([^/\s]+)/\S")
_OWN = re.compile(r"/data/(upload|local-files)[/?]\S")


def stores(tasks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """One address per place where media of these tasks lie: ``s3://bucket``, ``/data/upload``."""
    found: dict[str, str] = {}
    for data in tasks:
        for place, url in media_of(data):
            found.setdefault(place, url)
    return found


def media_of(value: Any) -> Iterator[tuple[str, str]]:
    """Place and address of everything in task data that Label Studio itself must fetch."""
    if isinstance(value, str):
        if cloud := CLOUD.match(value):
            yield f"{cloud[1]}://{cloud[2]}", value
        elif own := _OWN.match(value):
            yield f"/data/{own[1]}", value
    elif isinstance(value, Mapping):
        for below in value.values():
            yield from media_of(below)
    elif isinstance(value, list):
        for below in value:
            yield from media_of(below)


def check_media(connection: Connection, project: int, found: Mapping[str, str]) -> None:
    """Fetch one file of each place through the project, from the server alone.

    Addresses of other hosts are never followed: the key goes nowhere else.

    Raises:
        ServerError: a file cannot be seen; the line says which storage to connect.
    """
    for place, url in found.items():
        if place.startswith("/data/"):
            path, query = url, {}
        else:
            path = f"/projects/{project}/resolve/"
            query = {"fileuri": base64.urlsafe_b64encode(url.encode()).decode()}
        with connection.doing(f"fetching a file of {place}"):
            request = connection.client.build_request(
                "GET",
                connection.url + path,
                params=query or None,
                headers={"Range": "bytes=0-0"},
                extensions=ONCE,  # no retry, and only the beginning of a file
            )
            answer = connection.client.send(request, follow_redirects=False, stream=True)
            answer.close()
        if answer.status_code >= 400:
            raise ServerError(_missing(connection, project, place, answer.status_code))


def _missing(connection: Connection, project: int, place: str, status: int) -> str:
    settings = f"{connection.url}/projects/{project}/settings/storage"
    if place.startswith("/data/"):
        return (
            f"project {project}: a file under {place} cannot be fetched (status {status}); make"
            f" it readable there ({settings}), then repeat the command: it completes"
        )
    kind = _STORES[place.split("://", maxsplit=1)[0]]
    return (
        f"project {project}: cannot see the files in {place} (status {status}); connect the"
        f" {kind} source storage {place} there ({settings}), then repeat the command:"
        " it completes"
    )
