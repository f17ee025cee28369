"""The door of the meeting: who may come in, and what every answer carries.

The page is for browsers on this computer that were given the printed address. The random token
in it is exchanged for a cookie that no script can read and no other site can send; it holds for
the session. The name that the
browser asked for must be this computer's own, which keeps out sites that point their name here;
what changes anything must come from the page itself, with the cookie and a token of its form.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""The names of this computer, for itself."""

LARGEST_BODY = 256 * 1024
"""No form of the meeting is larger."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it a browser says that forms come from nowhere.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer carries."""

SAFE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one session: ``token`` for the address, ``cookie`` for the browser, and
    ``form`` for forms.
    """

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def form(self) -> str:
        """What every form must send back."""
        return hmac.new(self.cookie.encode(), b"form", hashlib.sha256).hexdigest()

    @property
    def cookie_name(self) -> str:
        """Cookies know no ports, so the name has it."""
        return f"labelq-review-{self.port}"

    @property
    def address(self) -> str:
        """The address to open, token included."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"


class Guard:
    """Lets in what may come in, and nothing else."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app, self.keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(k, v) for k, v in message["headers"] if k.lower() != b"server"]
                kept += [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
                message = {**message, "headers": kept}
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, sealed)
            return
        if scope["method"] in SAFE:
            await self.app(scope, receive, sealed)
            return
        body = await _body(receive)
        if body is None:
            await _said(413, "That is too much for a form.")(scope, receive, sealed)
            return
        fields = fields_of(body)
        if not _same(fields.get("form", ""), self.keys.form):
            said = "This form is from another session: open the page again."
            await _said(403, said)(scope, receive, sealed)
            return
        scope["labelq.fields"] = fields
        await self.app(scope, receive, sealed)

    def _refused(self, scope: Scope) -> Response | None:
        """The answer to what may not come in; None where it may."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        allowed = [f"{name}:{self.keys.port}" for name in LOOPBACK]
        if len(hosts) != 1 or hosts[0].lower() not in allowed:
            return _said(421, "This page answers to 127.0.0.1 only.")
        if scope["method"] not in (*SAFE, "POST"):
            return _said(405, "This page knows GET and POST only.")
        given = _tokens(scope["query_string"])
        if given and scope["method"] == "GET" and scope["path"] == "/":
            if len(given) != 1 or not _same(given[0], self.keys.token):
                return _said(403, "This address is of another session: see the terminal.")
            answer = RedirectResponse("/", 303)
            answer.set_cookie(
                self.keys.cookie_name, self.keys.cookie, httponly=True, samesite="strict", path="/"
            )
            return answer
        if not _same(_cookie(headers, self.keys.cookie_name), self.keys.cookie):
            return _said(403, "Open the address that the terminal shows: it lets you in.")
        if scope["method"] == "POST":
            site = headers.get("sec-fetch-site", "same-origin")
            if headers.get("origin") != f"http://{hosts[0]}" or site != "same-origin":
                return _said(403, "Only the page itself may do that.")
        return None


def _tokens(query: bytes) -> list[str]:
    try:
        return parse_qs(query.decode("latin-1"), max_num_fields=20).get("token", [])
    except ValueError:  # too many fields
        return []


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form; of a name that comes twice the first."""
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=2000)
    except ValueError:  # no UTF-8, or too many fields
        return {}
    return {name: values[0] for name, values in found.items()}


async def _body(receive: Receive) -> bytes | None:
    """The body of a request; None where it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _cookie(headers: Headers, name: str) -> str:
    for part in "; ".join(headers.getlist("cookie")).split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _said(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence + "\n", status)
