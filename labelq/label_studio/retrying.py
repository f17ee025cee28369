"""Patience with a server: reads are repeated, nothing else is.

A read (GET, HEAD) changes nothing, so it may be asked again: on 429 and 5xx, on a connection
that is refused, dropped, or cut in the middle of a body. Only one thing more is repeated: a
request that the server refused *because its access token had expired*, which it therefore
did not carry out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import httpx

from labelq.label_studio.keys import Key

PAUSES: tuple[float, ...] = (1.0, 3.0, 9.0, 27.0)
"""Seconds before each repetition, about: together the time that a server takes to restart."""

LONGEST_PAUSE = 60.0
"""A server that asks for more patience (Retry-After) than this gets this much."""

ONCE = {"labelq_once": True}
"""``extensions=ONCE``: no repetition, and the body is left to be streamed."""

EXCHANGE = "/api/token/refresh/"

_READS = frozenset({"GET", "HEAD"})
_REPEATED = frozenset({429, 500, 502, 503, 504})
_NEVER_HEALS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.ProxyError)

Waiting = Callable[[str, float], None]
"""Is told why, and for how many seconds, before each pause."""


class NotFollowedError(httpx.RequestError):
    """A request that changes something was answered with a redirect."""


class CutShortError(httpx.ReadError):
    """The body ended early, though HTTP itself was satisfied."""


class RetryingTransport(httpx.BaseTransport):
    """``inner``, asked again where that is safe, and with the key and ``headers`` on the way home.

    ``home`` is the server's URL: requests to anywhere else (a redirect to a storage, to a
    sign-in page) go without them. ``key`` is used as soon as it is set.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        home: httpx.URL,
        headers: Mapping[str, str],
        waiting: Waiting | None = None,
    ) -> None:
        self.inner = inner
        self.home = home
        self.headers = headers
        self.waiting = waiting
        self.key: Key | None = None
        self.answered = False
        """Somebody answered: from now on a refused connection is bad weather, not a wrong URL."""
        self.admitted = False
        """The key was accepted: from now on a refusal means that it was taken back."""

    def close(self) -> None:
        """Close the connections."""
        self.inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to ``request``, whole if it was a read."""
        at_home = self._at_home(request.url)
        # A redirect's request begins as a copy of the one before.
        for name in ("Authorization", *self.headers):
            request.headers.pop(name, None)
        if at_home:
            request.headers.update(self.headers)
        if self.key is None or not at_home:
            return self._careful(request)
        given = self.key.header(lambda token: self._exchange(token, request))
        request.headers["Authorization"] = given
        response = self._careful(request)
        if response.status_code == 401 and given.startswith("Bearer "):
            # An access token that expired on the way: the request was refused, so not done.
            response.close()
            renewed = self.key.header(lambda token: self._exchange(token, request), given)
            request.headers["Authorization"] = renewed
            response = self._careful(request)
        # The version is told to everybody.
        if response.is_success and "/api/version" not in request.url.path:
            self.admitted = True
        return response

    def _exchange(self, token: str, request: httpx.Request) -> str:
        """A short-lived access token for the personal one."""
        exchange = httpx.Request(
            "POST",
            f"{str(self.home).rstrip('/')}{EXCHANGE}",
            json={"refresh": token},
            headers=dict(self.headers),
            extensions={"timeout": request.extensions["timeout"]},
        )
        response = self._careful(exchange)
        response.read()
        response.request = exchange
        try:
            access = response.json()["access"] if response.is_success else None
        except (ValueError, KeyError, TypeError, RecursionError):
            access = None
        if not isinstance(access, str):
            raise httpx.HTTPStatusError("refused", request=exchange, response=response)
        return access

    def _careful(self, request: httpx.Request) -> httpx.Response:
        response = self._patiently(request)
        if response.has_redirect_location and request.method not in _READS:
            response.close()
            raise NotFollowedError("redirected", request=request)
        return response

    def _patiently(self, request: httpx.Request) -> httpx.Response:
        if not _repeatable(request):
            response = self.inner.handle_request(request)
            self.answered = True
            return response
        timeouts = 0
        for pause in (*PAUSES, None):
            wait = pause and pause * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, no secret
            try:
                response = self._whole(request)
            except (httpx.TransportError, httpx.DecodingError) as error:
                timeouts += isinstance(error, httpx.ReadTimeout)
                if wait is None or timeouts > 1 or not self._may_heal(error):
                    raise
                why = "no answer" if isinstance(error, httpx.TimeoutException) else "disconnected"
            else:
                if wait is None or response.status_code not in _REPEATED:
                    return response
                wait = _asked_for(response) or wait
                why = f"HTTP {response.status_code}"
            if self.waiting:
                self.waiting(why, wait)
            time.sleep(wait)
        raise AssertionError("the last round returns or raises")

    def _whole(self, request: httpx.Request) -> httpx.Response:
        """The answer with all of its body, so that a cut one is noticed while it can be mended."""
        response = self.inner.handle_request(request)
        self.answered = True
        assert isinstance(response.stream, httpx.SyncByteStream)
        try:
            body = b"".join(response.stream)
        finally:
            response.close()
        whole = httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(body),
            extensions=response.extensions,
        )
        if whole.status_code == 200 and "json" in whole.headers.get("Content-Type", ""):
            _check_ends(whole.read(), request)
        return whole

    def _may_heal(self, error: Exception) -> bool:
        if isinstance(error, _NEVER_HEALS) or "CERTIFICATE" in str(error):
            return False
        return self.answered

    def _at_home(self, url: httpx.URL) -> bool:
        same = (url.scheme, url.host, url.port) == (
            self.home.scheme,
            self.home.host,
            self.home.port,
        )
        # What may be sent in the clear may be sent over TLS to the same host.
        safer = self.home.scheme == "http" and url.scheme == "https" and url.host == self.home.host
        return same or safer


def _repeatable(request: httpx.Request) -> bool:
    # The exchange of a personal access token for a short-lived one creates nothing either.
    safe = request.method in _READS or request.url.path.endswith(EXCHANGE)
    return safe and not request.extensions.get("labelq_once")


def _check_ends(body: bytes, request: httpx.Request) -> None:
    body = body.strip()
    if body[:1] + body[-1:] in (b"{}", b"[]") or body[:1] not in (b"{", b"["):
        return
    raise CutShortError("the JSON ends in the middle", request=request)


def _asked_for(response: httpx.Response) -> float | None:
    """Seconds that the server asks to wait (Retry-After, a number or a date), within reason."""
    asked = response.headers.get("Retry-After", "")
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    # Also refuses nan, which is not greater than anything.
    return min(seconds, LONGEST_PAUSE) if seconds > 0 else None
