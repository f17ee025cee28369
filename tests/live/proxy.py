"""Bad weather on the way to a real Label Studio: a small reverse proxy with scripted faults.

::

    with Proxy(server.url, weather=[None, status(429, retry_after=1), cut()]) as proxy:
        …                       # the 1st request passes, the 2nd and 3rd fail, the rest passes
        proxy.requests          # what was asked, in order: .method .path .query .body .number
        proxy.count("POST", "/import")   # how many requests with this method, path containing this

    # or by a function of the request; `times` makes the usual one
    Proxy(server.url, weather=times(2, stall(5), path="/api/tasks/", after=1))
    Proxy(server.url, weather=either(older_server, times(1, lost(), "POST")))

Faults (None lets a request pass):
  status(code, retry_after=…, detail=…)  the server is not asked; JSON like Label Studio's own
  cut(after=20)      the answer ends in the middle of its body; the connection closes
  dropped()          the connection closes before any answer; the server was not asked
  lost()             the server was asked and did it, but its answer never arrives
  stall(seconds)     silence, then the true answer (if the client still waits)
  changed(function)  the true answer's body through function(bytes) -> bytes, well-formed HTTP
  truncated()        JSON cut in the middle, with a Content-Length that fits
  fewer_tasks(n)     a page of tasks without its last n; its totals stay as they were
  page(html, code)   an HTML page instead
  redirect(url)      302 to somewhere else
  first(callback)    callback() runs before the request is passed on (delete the project, revoke
                     the token, stop the server)
  then(callback)     callback() runs after the server has answered, before the client sees it
Whole servers (functions for ``weather=``):
  older_server       knows neither ``include=`` on tasks nor the bulk action ``add_data_field``
  sign_in(header, value, to=None)   a sign-in page (or a redirect to one) without that header

``Proxy(url, prefix="/label-studio")`` serves under a path; ``Proxy(url, tls=authority.context)``
over TLS, where ``authority = Authority(tmp_path)`` and ``authority.file`` is what
``--ca-bundle`` wants. It is an ordinary forward proxy too (``HTTP_PROXY=proxy.url``), and one
for ``HTTPS_PROXY`` if it is told where the tunnels end: ``Proxy(url, tunnel=("127.0.0.1", port))``.
An exception in a weather function or a callback is raised again when the ``with`` block ends.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

SIGN_IN = (
    "<!doctype html><html><head><title>Sign in</title></head><body><form action='/sign-in'>"
    "<input name='user'><input name='password' type='password'></form></body></html>"
)

_PER_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; ``path`` is without prefix and query."""

    number: int
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Fault:
    """What happens to a request; see the functions below."""

    answer: Answer | None = None
    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None
    stall: float = 0.0
    change: Callable[[bytes], bytes] | None = None
    cut: int | None = None
    asks: bool = True
    answers: bool = True


Weather = Callable[[Asked], Fault | None]


def status(code: int, *, retry_after: object = None, detail: str = "bad weather") -> Fault:
    headers = [("Content-Type", "application/json"), ("Set-Cookie", "sessionid=weather")]
    if retry_after is not None:
        headers.append(("Retry-After", str(retry_after)))
    return Fault(Answer(code, headers, json.dumps({"detail": detail}).encode()))


def page(html: str = SIGN_IN, code: int = 200) -> Fault:
    return Fault(Answer(code, [("Content-Type", "text/html; charset=utf-8")], html.encode()))


def redirect(url: str, code: int = 302) -> Fault:
    return Fault(Answer(code, [("Location", url)], b""))


def cut(after: int = 20) -> Fault:
    return Fault(cut=after)


def dropped() -> Fault:
    return Fault(asks=False, answers=False)


def lost() -> Fault:
    return Fault(answers=False)


def stall(seconds: float) -> Fault:
    return Fault(stall=seconds)


def changed(function: Callable[[bytes], bytes]) -> Fault:
    return Fault(change=function)


def truncated() -> Fault:
    return changed(lambda body: body[: len(body) // 2])


def fewer_tasks(n: int = 1) -> Fault:
    def without_last(body: bytes) -> bytes:
        told = json.loads(body)
        told["tasks"] = told["tasks"][:-n]
        return json.dumps(told).encode()

    return changed(without_last)


def first(callback: Callable[[], object]) -> Fault:
    return Fault(before=callback)


def then(callback: Callable[[], object]) -> Fault:
    return Fault(after=callback)


def times(n: int, fault: Fault, method: str = "", *, path: str = "", after: int = 0) -> Weather:
    """``fault`` for ``n`` requests with this method and ``path`` in their path, after ``after``."""
    lock, seen = threading.Lock(), [0]

    def weather(asked: Asked) -> Fault | None:
        if (method and asked.method != method) or path not in asked.path:
            return None
        with lock:
            seen[0] += 1
            return fault if after < seen[0] <= after + n else None

    return weather


def always(fault: Fault, method: str = "", *, path: str = "", after: int = 0) -> Weather:
    return times(10**9, fault, method, path=path, after=after)


def either(*weathers: Weather) -> Weather:
    """The first fault that any of them has."""
    return lambda asked: next((f for w in weathers if (f := w(asked)) is not None), None)


def older_server(asked: Asked) -> Fault | None:
    if asked.method == "GET" and asked.path == "/api/tasks/" and "include" in asked.query:
        return status(400, detail="include: unknown parameter")
    action, form = "add_data_field", "/api/dm/actions/add_data_field/form/"
    if asked.path == form or (asked.path == "/api/dm/actions/" and asked.query.get("id") == action):
        # What the real server says of an action it does not know.
        return status(500, detail=f"Can't find '{action}' in registered actions")
    return None


def sign_in(header: str, value: str, to: str | None = None, code: int = 200) -> Weather:
    def weather(asked: Asked) -> Fault | None:
        if asked.headers.get(header.lower()) == value:
            return None
        return redirect(to) if to else page(SIGN_IN, code)

    return weather


class Authority:
    """A certificate authority of one's own, with a certificate for the loopback address."""

    def __init__(self, folder: Path, *names: str) -> None:
        import trustme

        ca = trustme.CA()
        self.file = folder / "authority.pem"
        ca.cert_pem.write_to_path(str(self.file))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(self.context)


class Proxy:
    """``with Proxy(server.url, weather=…) as proxy: proxy.url``; see the top of this file."""

    def __init__(
        self,
        target: str,
        weather: Iterable[Fault | None] | Weather | None = None,
        *,
        prefix: str = "",
        tls: ssl.SSLContext | None = None,
        tunnel: tuple[str, int] | None = None,
    ) -> None:
        self.target = target
        self.weather: Weather = weather if callable(weather) else _by_number(list(weather or ()))
        self.prefix = prefix
        self.tunnel = tunnel
        self.requests: list[Asked] = []
        self.errors: list[BaseException] = []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.listener = _Listener(("127.0.0.1", 0), _Handler)
        self.listener.proxy, self.listener.tls = self, tls
        self.port = int(self.listener.server_address[1])
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}{prefix}"

    def count(self, method: str = "", path: str = "") -> int:
        """How many requests came with this method, and ``path`` in their path."""
        return sum((not method or r.method == method) and path in r.path for r in self.requests)

    def __enter__(self) -> Self:
        self.thread = threading.Thread(
            target=self.listener.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self.thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.closing.set()
        self.listener.shutdown()
        self.thread.join()
        for connection in list(self.listener.connections):
            _shut(connection)
        self.listener.server_close()
        if self.errors and kind is None:
            raise self.errors[0]

    def pass_on(self, asked: Asked, target: str) -> Answer:
        place = urlsplit(self.target)
        upstream = http.client.HTTPConnection(place.hostname or "", place.port, timeout=300)
        headers = {k: v for k, v in asked.headers.items() if k not in _PER_HOP}
        headers |= {"host": place.netloc, "accept-encoding": "identity"}
        try:
            upstream.request(asked.method, target, body=asked.body or None, headers=headers)
            got = upstream.getresponse()
            kept = [(k, v) for k, v in got.getheaders() if k.lower() not in _PER_HOP]
            return Answer(got.status, kept, got.read())
        finally:
            upstream.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    proxy: Proxy
    tls: ssl.SSLContext | None

    def __init__(self, *arguments: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*arguments)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self.tls:  # the handshake is left to the connection's own thread
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """A client that went away is no error of the proxy; a callback's was kept already."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # Date and Server are the target's

    def answer(self) -> None:
        proxy = self.server.proxy
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = address.path.removeprefix(proxy.prefix)
        query = {k: v[-1] for k, v in parse_qs(address.query, keep_blank_values=True).items()}
        headers = {k.lower(): v for k, v in self.headers.items()}
        with proxy.lock:
            asked = Asked(len(proxy.requests), self.command, path, query, headers, body)
            proxy.requests.append(asked)
        if not address.path.startswith(proxy.prefix + "/"):
            return self.send(page("<html>Not Found</html>", 404).answer)
        try:
            fault = proxy.weather(asked) or Fault()
            if fault.before:
                fault.before()
            if fault.stall:
                proxy.closing.wait(fault.stall)
            answer = fault.answer
            if answer is None and fault.asks and not proxy.closing.is_set():
                answer = proxy.pass_on(asked, path + (f"?{address.query}" if address.query else ""))
            if fault.after:
                fault.after()
            if answer and fault.change:
                answer = Answer(answer.status, answer.headers, fault.change(answer.body))
        except (OSError, http.client.HTTPException):  # the server is down: as any proxy says
            return self.send(page("<html><h1>502 Bad Gateway</h1></html>", 502).answer)
        except BaseException as error:
            proxy.errors.append(error)
            raise
        if answer is None or not fault.answers:
            self.close_connection = True
            return None
        return self.send(answer, fault.cut)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815

    def send(self, answer: Answer | None, cut_after: int | None = None) -> None:
        assert answer is not None
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if cut_after is not None:
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(answer.body if cut_after is None else answer.body[:cut_after])

    def do_CONNECT(self) -> None:
        proxy = self.server.proxy
        headers = {k.lower(): v for k, v in self.headers.items()}
        with proxy.lock:
            asked = Asked(len(proxy.requests), "CONNECT", self.path, {}, headers, b"")
            proxy.requests.append(asked)
        self.close_connection = True
        if proxy.tunnel is None:
            return self.send(status(403).answer)
        with socket.create_connection(proxy.tunnel) as end:
            self.server.connections.add(end)
            self.send_response(200, "Connection established")
            self.end_headers()
            back = threading.Thread(target=_pump, args=(end, self.connection))
            back.start()
            _pump(self.connection, end)
            back.join()
            self.server.connections.discard(end)
        return None


def _by_number(faults: list[Fault | None]) -> Weather:
    return lambda asked: faults[asked.number] if asked.number < len(faults) else None


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    except OSError:
        pass
    _shut(sink)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
