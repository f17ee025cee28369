"""Pictures of tasks in a report: small copies inside the page, or the reason why there is none.

They stand beside an audit in ``pictures.json``: unit id → ``{"uri": "data:…"}``, or
``{"reason": "…"}``. A page never holds the bytes that came from anywhere: every picture is
decoded, made small and encoded anew.
"""

from __future__ import annotations

import base64
import io
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelq.errors import SourceError
from labelq.files import read_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURES = "pictures.json"
"""What the file is called in an audit's directory."""

SIDE = 240
"""No side of a small copy is longer, in pixels."""

MOST_BYTES = 15_000
"""A small copy has no more bytes, before it is written as base64."""

MOST_PIXELS = 60_000_000
"""A larger picture is not decoded: it would take gigabytes."""

MOST_IN_FILE = 4_000_000
"""A larger ``pictures.json`` is none that labelq wrote."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_URI = re.compile(r"data:image/jpeg;base64,[A-Za-z0-9+/]{4,22000}={0,2}")
_SIZES = ((SIDE, 80), (SIDE, 60), (SIDE, 40), (160, 40), (96, 30))  # side, quality

NO_PICTURE = "it is not a picture that can be shown small"
TOO_LARGE = "it has too many pixels"


@dataclass(frozen=True, slots=True)
class Picture:
    """A small copy as a ``data:`` address, or the ``reason`` why there is none (data text)."""

    uri: str = ""
    reason: str = ""


def thumbnail(content: bytes) -> Picture:
    """A small copy of the picture ``content``: a JPEG on white, without anything but pixels."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about metadata, which is thrown away
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    return Picture(reason=TOO_LARGE)
                return Picture(_uri(_small(image)))
    except Exception:  # noqa: BLE001  # bytes from anywhere make a decoder raise anything
        return Picture(reason=NO_PICTURE)


def _small(image: Image) -> Image:
    """``image`` upright, in three colours, no side longer than :data:`SIDE`."""
    from PIL import Image, ImageOps

    if image.mode.startswith("I"):  # 16 bits, as scanners in hospitals write them
        deep = image.convert("I")
        _, most = deep.getextrema()
        factor = 255 / max(int(most), 255)  # type: ignore[arg-type]  # one band: two numbers
        image = deep.point(lambda value: value * factor).convert("L")
    image.thumbnail((SIDE, SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB")


def _uri(image: Image) -> str:
    """``image`` as a ``data:`` address of at most :data:`MOST_BYTES` (before base64).

    Raises:
        ValueError: it cannot be made so small.
    """
    for side, quality in _SIZES:
        image.thumbnail((side, side))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True)
        if len(out.getvalue()) <= MOST_BYTES:
            return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")
    raise ValueError("too many bytes")


def pictures_document(pictures: Mapping[str, Picture]) -> dict[str, dict[str, str]]:
    """``pictures`` by unit id, as they stand in :data:`PICTURES`."""
    return {
        unit: {"uri": picture.uri} if picture.uri else {"reason": picture.reason}
        for unit, picture in pictures.items()
    }


def read_pictures(directory: Path) -> dict[str, Picture]:
    """The pictures of an audit's directory by unit id; none where it has no such file.

    Whatever the file says, a picture is a small JPEG inside the page, or a reason.

    Raises:
        SourceError: the file is not as ``labelq audit`` writes it.
    """
    path = directory / PICTURES
    if not path.is_file():
        return {}
    document: Any = None
    if path.stat().st_size <= MOST_IN_FILE:
        try:
            document = json.loads(read_bytes(path))
        except (ValueError, RecursionError):
            document = None
    if not isinstance(document, dict) or not all(isinstance(v, dict) for v in document.values()):
        raise SourceError(f"{path}: is not as `labelq audit` writes it; remove it, or audit again")
    return {unit: _read(told) for unit, told in document.items()}


def _read(told: Mapping[str, Any]) -> Picture:
    uri, reason = told.get("uri"), told.get("reason")
    if isinstance(uri, str) and _URI.fullmatch(uri):
        return Picture(uri)
    return Picture(reason=reason if isinstance(reason, str) and reason else NO_PICTURE)
