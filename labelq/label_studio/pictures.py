"""Pictures that tasks show: where they are, and their bytes, asked for with the user's own key.

Only the Label Studio server is asked. It may pass a request on (to the storage that a file lies
in); the key goes to the server alone. What any other address in a task's data leads to is not
fetched: data from anywhere must not choose whom this machine talks to.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from labelq.errors import LabelqError, ServerError, SourceError
from labelq.label_studio.queues.media import CLOUD
from labelq.label_studio.retrying import ONCE
from labelq.label_studio.texts import TextSource, variables

if TYPE_CHECKING:
    import httpx

    from labelq.label_studio.connection import Connection

__all__ = ["NoPictureError", "fetch_picture", "picture_address", "picture_sources"]

MOST_BYTES = 20_000_000
"""A larger file is not read to its end."""

MOST_SECONDS = 15.0
"""So long one picture may take."""

MOST_HOPS = 3
"""So often a request may be passed on."""

_INSIDE = re.compile(r"data:image/[a-z+.-]+;base64,", re.IGNORECASE)
_OWN = re.compile(r"/data/(?:upload/|local-files/?\?)\S+")


class NoPictureError(LabelqError):
    """Why there is no picture: the end of a sentence, without anything from the server."""


def picture_sources(label_config: str | bytes) -> tuple[TextSource, ...]:
    """The task fields that the image tags of a labeling config show.

    Raises:
        SourceError: it is no XML, or declares what no labeling config needs.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        tree = fromstring(label_config, forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError, RecursionError):
        raise SourceError("the label config: is no XML that can be read") from None
    found: list[TextSource] = []
    for element in tree.iter():
        if element.tag.lower() != "image":
            continue
        told = {name.lower(): value for name, value in element.attrib.items()}
        found += variables(told.get("value", "")) + variables(told.get("valuelist", ""))
    return tuple(dict.fromkeys(found))


def picture_address(sources: Sequence[TextSource], data: Mapping[str, Any]) -> str | None:
    """The address of the first picture that a task with ``data`` shows; None where it has none."""
    for source in sources:
        for text in source.texts(data):
            if text.strip():
                return text.strip()
    return None


def fetch_picture(
    connection: Connection, address: str, *, project: int, seconds: float = MOST_SECONDS
) -> bytes:
    """The bytes behind ``address``, as a task of ``project`` has it, within ``seconds``.

    Raises:
        NoPictureError: there is no picture to be had; it says why.
    """
    if _INSIDE.match(address):
        return _inside(address)
    url, query = _place(connection, address, project)
    until = time.monotonic() + min(seconds, MOST_SECONDS)
    try:
        with connection.doing("fetching a picture"):
            return _read(connection, url, query, until)
    except ServerError:
        raise NoPictureError("the server does not give it") from None


def _inside(address: str) -> bytes:
    """A picture that stands in the task itself."""
    if len(address) > MOST_BYTES:
        raise NoPictureError("it is too large")
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise NoPictureError("its address cannot be read") from None


def _place(connection: Connection, address: str, project: int) -> tuple[str, dict[str, str]]:
    """Where on the server to ask, and with which parameters."""
    if CLOUD.match(address):
        uri = base64.urlsafe_b64encode(address.encode("utf-8", "surrogatepass")).decode("ascii")
        return f"{connection.url}/projects/{project}/resolve/", {"fileuri": uri}
    path = address
    if re.match(r"https?://", address, re.IGNORECASE):
        home = connection.url + "/"
        if not address.startswith(home):
            raise NoPictureError("it is not on the Label Studio server")
        path = address[len(home) - 1 :]
    if not _OWN.fullmatch(path) or _climbs(path):
        raise NoPictureError("its address is none of the server’s files")
    return connection.url + path, {}


def _climbs(path: str) -> bool:
    """Whether an address leads out of the folder that it names, however that is written."""
    plain = unquote(unquote(path)).replace("\\", "/")
    return ".." in re.split(r"[/?&=]", plain) or "#" in path


def _read(connection: Connection, url: str, query: Mapping[str, str], until: float) -> bytes:
    import httpx

    request = connection.client.build_request(
        "GET",
        url,
        params=query or None,
        # What is packed could unpack to anything. Label Studio refuses "Accept: image/*" (406).
        headers={"Accept": "*/*", "Accept-Encoding": "identity"},
        timeout=httpx.Timeout(max(until - time.monotonic(), 0.1)),
        extensions=dict(ONCE),  # no patience for a picture, and the body is left to be streamed
    )
    for _ in range(MOST_HOPS + 1):
        answer = connection.client.send(request, follow_redirects=False, stream=True)
        try:
            if answer.next_request is None:
                return _body(answer, until)
            request = answer.next_request
        finally:
            answer.close()
        if request.url.scheme not in ("http", "https"):
            break
    raise NoPictureError("it is passed on too often")


def _body(answer: httpx.Response, until: float) -> bytes:
    if not answer.is_success:
        raise NoPictureError(f"the server answers {answer.status_code}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NoPictureError("it is packed")
    found = bytearray()
    for chunk in answer.iter_raw():
        found += chunk
        if len(found) > MOST_BYTES:
            raise NoPictureError("it is too large")
        if time.monotonic() > until:
            raise NoPictureError("it took too long")
    return bytes(found)
