"""A key → the header that opens the server: a legacy token, or a personal access token.

A legacy token is sent as it is. A personal access token is a JSON web token that is never sent
with a request: it is exchanged for a short-lived one (five minutes), again and again.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

__all__ = ["Key"]

_EARLY = 30.0
"""Seconds before its end at which a short-lived token is exchanged for the next."""


class Key:
    """The user's key. Its text is in no representation of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lock = threading.Lock()
        self._access, self._until = "", 0.0
        self.kind: Literal["legacy token", "personal access token"] = (
            "legacy token" if _claims(text) is None else "personal access token"
        )

    def header(self, exchange: Callable[[str], str], refused: str = "") -> str:
        """The value of ``Authorization``; ``exchange`` gets an access token for the personal one.

        ``refused`` is the value that the server has just refused: the same is not given again.
        """
        if self.kind == "legacy token":
            return f"Token {self._text}"
        with self._lock:
            if time.monotonic() > self._until or refused == f"Bearer {self._access}":
                asked = time.monotonic()  # our clock and the server's need not agree
                self._access = exchange(self._text)
                claims = _claims(self._access) or {}
                try:
                    lasts = float(claims["exp"]) - float(claims["iat"])
                except (KeyError, TypeError, ValueError):
                    lasts = 60.0 + _EARLY
                self._until = asked + max(lasts - _EARLY, lasts / 2)
            return f"Bearer {self._access}"


def _claims(token: str) -> dict[str, Any] | None:
    """What a JSON web token says about itself; None if it is none. Nothing is verified."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None
