"""Where a Label Studio server is, and by which key: from options, else from the environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from labelq.errors import SettingsError

__all__ = ["Address", "address"]

_URL = "--url or LABEL_STUDIO_URL"

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PRINTABLE = re.compile(r"[\x21-\x7e]+(?: +[\x21-\x7e]+)*")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, and by which key. Neither the key nor a header is ever shown.

    ``url`` has no slash at its end; ``timeout`` is how many seconds an answer may take.
    """

    url: str
    api_key: str = field(repr=False)
    ca_bundle: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 300.0


def address(
    url: str | None = None,
    api_key: str | None = None,
    *,
    ca_bundle: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Address:
    """The address from options, else from the environment.

    ``LABEL_STUDIO_URL``, ``LABEL_STUDIO_API_KEY``; ``SSL_CERT_FILE`` or ``REQUESTS_CA_BUNDLE``;
    ``LABELQ_HEADERS`` (lines "Name: value", or a JSON object) for a proxy that authenticates;
    ``LABELQ_TIMEOUT`` in seconds.

    Raises:
        SettingsError: the URL or the key is missing or malformed.
    """
    url = (url or environment.get("LABEL_STUDIO_URL") or "").strip()
    api_key = (api_key or environment.get("LABEL_STUDIO_API_KEY") or "").strip()
    if not url:
        raise SettingsError("which Label Studio? Give --url, or set LABEL_STUDIO_URL")
    url = _checked_url(url)
    if not api_key:
        raise SettingsError(
            "no key: set LABEL_STUDIO_API_KEY (Account & Settings → Personal Access Token)"
        )
    # A key copied together with its kind, as the API's own documentation shows it.
    api_key = re.sub(r"^(?:Token|Bearer)\s+", "", api_key)
    if not re.fullmatch(r"[\x21-\x7e]+", api_key):
        raise SettingsError(
            "the key (LABEL_STUDIO_API_KEY) holds a space, a line break or another character"
            " that no key has: copy it again"
        )
    bundle = ca_bundle or _path(environment, "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    if bundle is not None and not bundle.exists():
        name = "--ca-bundle" if ca_bundle else "SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
        raise SettingsError(f"{bundle}: no such file ({name})")
    return Address(
        url,
        api_key,
        bundle,
        _headers(environment.get("LABELQ_HEADERS", "")),
        _timeout(environment.get("LABELQ_TIMEOUT", "")),
    )


def _checked_url(url: str) -> str:
    """``url`` without what follows the server's own path.

    >>> _checked_url("https://example.com/label-studio/projects/3/data?tab=5")
    'https://example.com/label-studio'
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise SettingsError(
            f"{_URL}: no URL; write it as https://label-studio.example.com"
        ) from None
    if "@" in parts.netloc:
        raise SettingsError(
            f"{_URL}: no user and password in it; the key goes into LABEL_STUDIO_API_KEY, a"
            " header for a sign-in proxy into LABELQ_HEADERS"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        bare = url.rpartition("://")[2].lstrip("/")
        example = (
            bare if re.fullmatch(r"[\w.:\[\]-]+(/[\w./-]*)?", bare) else "label-studio.example.com"
        )
        raise SettingsError(f"{_URL}: write the whole address, as in https://{example}")
    if not re.fullmatch(r"[\x21-\x7e]+", url):
        raise SettingsError(f"{_URL}: holds a space or a character that no URL has")
    path = re.split(r"/(?:projects|api|user)(?:/|$)", parts.path, maxsplit=1)[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _path(environment: Mapping[str, str], *names: str) -> Path | None:
    return next((Path(environment[name]) for name in names if environment.get(name)), None)


def _headers(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except ValueError:
            raise SettingsError("LABELQ_HEADERS: begins as JSON and is none") from None
        pairs = [(str(name), str(value)) for name, value in document.items()]
    else:
        lines = [line.partition(":") for line in text.splitlines() if line.strip()]
        pairs = [(name.strip(), value.strip()) for name, _, value in lines]
    for name, value in pairs:
        if not _HEADER_NAME.fullmatch(name) or not _PRINTABLE.fullmatch(value):
            # Not even the name is shown: it may be the value of somebody who forgot the name.
            raise SettingsError('LABELQ_HEADERS: write "Name: value", one header on each line')
        if name.lower() in ("authorization", "host", "content-length", "transfer-encoding"):
            raise SettingsError(f"LABELQ_HEADERS: {name} is needed for Label Studio itself")
    return dict(pairs)


def _timeout(text: str) -> float:
    try:
        seconds = float(text or 300)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 86400:
        raise SettingsError("LABELQ_TIMEOUT: must be a number of seconds")
    return seconds
