"""Keys, tokens and cookies, taken out of any text before somebody else can read it.

Known secrets (the key, the values of extra headers, a proxy's password) are replaced wherever
they stand; what merely looks like one (a token of 40 hex digits, a JSON web token, the value of
a header or a cookie that carries one) is replaced as well.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

__all__ = ["known_secrets", "redacted", "without", "without_parts"]

HIDDEN = "[hidden]"
_PART = 8  # characters of a secret that tell something

_SHAPES = (
    # JSON web tokens: header and payload are JSON, so both begin with eyJ. A cut one counts.
    re.compile(r"eyJ[\w-]{6,}(?:\.[\w-]*){0,2}"),
    # The whole line of a header that carries a secret, in a dump of headers too.
    re.compile(
        r"(?i)['\"]?\b(?:set-cookie|cookie|(?:proxy-)?authorization|x-api-key|x-csrftoken)\b['\"]?"
        r"\s*[:=,]\s*(?:b?'[^'\n]*'|b?\"[^\"\n]*\"|[^\n]+)"
    ),
    re.compile(r"(?i)\b(?:sessionid|csrftoken)\b(?:['\"]?\s*[=:]\s*['\"]?[^;\s'\",]*)?"),
    re.compile(r"(?i)\b(?:token|bearer|basic)\s+[\w.~+/=-]{16,}"),
    re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{40}(?![0-9a-fA-F])"),
    # The password in a URL: its host and path stay.
    re.compile(r"(?<=://)[^\s/@'\"]+(?=@)"),
)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without any of ``secrets``, and without anything that looks like one.

    >>> redacted("401 for Token 0123456789abcdef0123456789abcdef01234567; sessionid=x.y")
    '401 for [hidden]; [hidden]'
    """
    text = without(text, secrets)
    for shape in _SHAPES:
        text = shape.sub(HIDDEN, text)
    return text


def without(text: str, secrets: Iterable[str]) -> str:
    """``text`` without any of ``secrets``; for texts in which any hash may be an honest id."""
    # Handed over as "Token …" or "Bearer …", a key is one without that word too.
    bare = {re.sub(r"^(?:Token|Bearer|Basic)\s+", "", secret) for secret in secrets}
    for secret in sorted((s for s in bare if len(s) >= 4), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def without_parts(text: str, secrets: Iterable[str]) -> str:
    """``text`` without any eight characters in a row of a long secret: who repeats a secret may
    have cut it.

    >>> without_parts("no user for 6789abcdef0123", ["0123456789abcdef0123456789"])
    'no user for [hidden]'
    """
    parts = {
        secret[i : i + _PART]
        for secret in secrets
        if len(secret) >= 2 * _PART
        for i in range(len(secret) - _PART + 1)
    }
    found = {i for i in range(len(text) - _PART + 1) if text[i : i + _PART] in parts}
    hidden = {i + n for i in found for n in range(_PART)}
    runs = groupby(range(len(text)), key=hidden.__contains__)
    return "".join(HIDDEN if secret else "".join(text[i] for i in run) for secret, run in runs)


def known_secrets(
    environment: Mapping[str, str] | None = None, arguments: Sequence[str] | None = None
) -> list[str]:
    """The secrets that this process was handed: by its environment and its command line."""
    environment = os.environ if environment is None else environment
    arguments = sys.argv if arguments is None else arguments
    found = [environment.get("LABEL_STUDIO_API_KEY", "").strip()]
    found += _header_values(environment.get("LABELQ_HEADERS", ""))
    for argument, following in pairwise([*arguments, ""]):
        name, _, value = argument.partition("=")
        if name == "--api-key":
            found.append((value or following).strip())
    return [secret for secret in found if secret]


def _header_values(text: str) -> list[str]:
    """The values in LABELQ_HEADERS, malformed or not."""
    found = [line.partition(":")[2].strip() for line in text.splitlines()]
    try:
        document = json.loads(text)
    except ValueError:
        return found
    return found + [str(v) for v in document.values()] if isinstance(document, dict) else found
