"""The one door to a running Label Studio server: who asks, how patiently, and what went wrong.

Reads (GET) are repeated on 429, 5xx and dropped connections, with growing pauses; nothing else
is ever repeated blindly. Every failure becomes one line that a person can act on, and neither
the key nor a cookie is ever part of it.
"""

from __future__ import annotations

import http.cookiejar
import ipaddress
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

from labelq.errors import LabelqError, ServerError, SettingsError
from labelq.label_studio.addresses import Address, address
from labelq.label_studio.keys import Key
from labelq.label_studio.redaction import without

if TYPE_CHECKING:
    import httpx
    from label_studio_sdk import LabelStudio

    from labelq.label_studio.retrying import RetryingTransport, Waiting

__all__ = ["Address", "Connection", "Person", "address", "connect"]

T = TypeVar("T")


class Person(TypedDict):
    """A user as the server describes one."""

    id: int
    username: NotRequired[str | None]
    email: NotRequired[str | None]
    first_name: NotRequired[str | None]
    last_name: NotRequired[str | None]


class _Package(msgspec.Struct):
    version: str | None = None


class _Version(msgspec.Struct):
    """The part of ``GET api/version`` that is needed; older servers tell less."""

    release: str | None = None
    package: _Package | None = msgspec.field(name="label-studio-os-package", default=None)
    edition: str | None = None


class Connection:
    """A server that answered as Label Studio does.

    ``url`` has no slash at its end; ``version`` and ``edition`` are the server's own words
    ("1.23.2", "Community"). ``sdk`` is the official client: it never retries by itself, and
    every call of it stands inside ``with connection.doing(…)``. ``client`` repeats reads, and
    sends the key with every request to this server. ``answered_in``: seconds until it first
    answered.
    """

    def __init__(
        self,
        where: Address,
        client: httpx.Client,
        transport: RetryingTransport,
        told: _Version,
        seconds: float,
    ) -> None:
        self.where = where
        self.url = where.url
        self.client = client
        self.version = told.release or (told.package and told.package.version) or ""
        self.edition = told.edition or ""
        self.answered_in = seconds
        self._transport = transport
        self._key = transport.key = Key(where.api_key)
        self._what = "asking Label Studio"

    @cached_property
    def sdk(self) -> LabelStudio:
        """The official client, imported when it is first needed: that takes a second.

        It never sees the key: the transport sets the header, for this server alone.
        """
        from label_studio_sdk import LabelStudio

        return LabelStudio(
            base_url=self.url, api_key="none", httpx_client=self.client, max_retries=0
        )

    @property
    def key_kind(self) -> str:
        """What the key is: "personal access token" or "legacy token"."""
        return self._key.kind

    @cached_property
    def me(self) -> Person:
        """The user whom the key belongs to.

        Raises:
            ServerError: the key is refused.
        """
        return self.read("api/current-user/whoami", Person, "signing in")

    def read(self, path: str, kind: type[T], what: str, **parameters: Any) -> T:
        """The answer of ``GET path`` as ``kind``: what any small read is done with.

        ``kind`` names the fields that are needed, with their types (a msgspec.Struct, a TypedDict,
        or a list of them); others are passed over. ``what`` is "reading project 3"; ``path`` and
        ``parameters`` are as for :meth:`get`.

        Raises:
            ServerError: it cannot be had (RefusedError, with its ``status``, if it is refused),
                or it is no ``kind``: the line says which field is what instead.
        """
        with self.doing(what):
            return msgspec.json.decode(self.get(path, **parameters), type=kind)

    def get(self, path: str, **parameters: Any) -> bytes:
        """The body of ``GET path``, for large answers; small ones are for :meth:`read`.

        Decoding it belongs into ``with connection.doing(…)``, which says what is wrong with it.

        ``path`` begins after the server's own ("api/tasks/"); a parameter that is None is not sent.

        Raises:
            ServerError: it cannot be had (RefusedError, with its ``status``, if it is refused).
        """
        with self.doing(self._what):
            sent = {name: value for name, value in parameters.items() if value is not None}
            response = self.client.get(f"{self.url}/{path}", params=sent)
            _must_be_json(response)
            return response.content

    def hidden(self, text: str) -> str:
        """``text`` of the server without the key and the headers, should it repeat them.

        Short headers' values stay: they are words as they stand in any text.
        """
        return without(text, [s for s in _secrets(self.where) if len(s) >= 8])

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Translate whatever goes wrong in the block: ``what`` is "reading project 3".

        That an answer cannot be decoded (by json or msgspec) is one such thing.

        Raises:
            ServerError: the server refuses (RefusedError), breaks off, or does not answer.
        """
        before, self._what = self._what, what
        try:
            yield
        except LabelqError:
            raise
        except Exception as error:
            line = self._refusal(error, what)
            if line is None:
                raise
            # The cause holds the answer with its headers: it must not reach a traceback.
            raise line from None
        finally:
            self._what = before

    def _refusal(self, error: Exception, what: str) -> ServerError | None:
        from labelq.label_studio.refusals import refusal

        return refusal(
            error,
            what,
            self.url,
            admitted=self._transport.admitted,
            secrets=_secrets(self.where),
        )


@contextmanager
def connect(where: Address, *, waiting: Waiting | None = None) -> Iterator[Connection]:
    """A connection to the server at ``where``; ``waiting`` is told of each pause.

    The key is not used yet: ``connection.me`` is the first to need it.

    Raises:
        ServerError: nobody answers, or somebody else than Label Studio does.
        SettingsError: the certificates or the proxy cannot be used.
    """
    import httpx

    from labelq.label_studio.retrying import RetryingTransport

    transport = RetryingTransport(_transport(where), httpx.URL(where.url), where.headers, waiting)
    # Cookies are neither needed nor kept: a session beside a key only confuses.
    nothing = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    with httpx.Client(
        transport=transport,
        cookies=nothing,
        timeout=httpx.Timeout(where.timeout, connect=min(10.0, where.timeout)),
        follow_redirects=True,
    ) as client:
        began = time.perf_counter()
        where, told = _first_contact(where, client, transport)
        yield Connection(where, client, transport, told, time.perf_counter() - began)


def _first_contact(
    where: Address, client: httpx.Client, transport: RetryingTransport
) -> tuple[Address, _Version]:
    """The version that the server tells, without the key; and its address after a redirect."""
    import httpx

    from labelq.label_studio.refusals import refusal

    what = "connecting"
    try:
        response = client.get(
            f"{where.url}/api/version",
            timeout=httpx.Timeout(min(30.0, where.timeout), connect=min(10.0, where.timeout)),
        )
        _must_be_json(response)
        told = msgspec.json.decode(response.content, type=_Version)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise refusal(error, what, where.url, secrets=_secrets(where)) or error from None
    if told.release is None and told.package is None:
        raise ServerError(
            f"{what}: {where.url} answers, but is no Label Studio; is --url (or LABEL_STUDIO_URL)"
            " right?"
        )
    if response.history:
        where = _moved(where, response.url)
        transport.home = httpx.URL(where.url)
    return where, told


def _moved(where: Address, to: httpx.URL) -> Address:
    """The address after a redirect: to https, or to a path; told once, asked there from now on.

    Raises:
        ServerError: it leads anywhere else. The key is meant for this host, on this way: a key
            that was to be sent over TLS never goes out in clear, nor to another port's server.
    """
    import httpx

    home = httpx.URL(where.url)
    same = (to.scheme, to.host, to.port) == (home.scheme, home.host, home.port)
    safer = home.scheme == "http" and to.scheme == "https" and to.host == home.host
    place = f"{to.scheme}://{to.netloc.decode('ascii')}"
    path, version, rest = to.path.partition("/api/version")
    if (same or safer) and version and rest in ("", "/") and not to.userinfo:
        return replace(where, url=f"{place}{path}")
    raise ServerError(
        f"connecting: {where.url} sends us to {place}{path if version else to.path}; give that as"
        " --url if you trust it"
    )


def _must_be_json(response: httpx.Response) -> None:
    """Raise HTTPStatusError unless this is a success with JSON in it."""
    import httpx

    if not response.is_success or "html" in response.headers.get("Content-Type", ""):
        raise httpx.HTTPStatusError("refused", request=response.request, response=response)


def _secrets(where: Address) -> list[str]:
    return [where.api_key, *where.headers.values()]


def _transport(where: Address) -> httpx.HTTPTransport:
    import httpx

    proxy = _proxy(urlsplit(where.url))
    try:
        return httpx.HTTPTransport(
            verify=_certificates(where.ca_bundle), proxy=proxy, trust_env=False
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        raise SettingsError(
            "the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY must be http://host:port"
            " (socks5:// needs the package socksio)"
        ) from None


def _certificates(bundle: Path | None) -> ssl.SSLContext:
    if bundle is None:
        import certifi

        return ssl.create_default_context(cafile=certifi.where())
    try:
        if bundle.is_dir():
            return ssl.create_default_context(capath=str(bundle))
        return ssl.create_default_context(cafile=str(bundle))
    except (ssl.SSLError, OSError):
        raise SettingsError(f"{bundle}: holds no certificate (PEM) that can be read") from None


def _proxy(url: SplitResult) -> str | None:
    """The proxy that the environment names for ``url``; none for this machine itself."""
    host = url.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost" or host.endswith(".localhost")
    if loopback or urllib.request.proxy_bypass(url.netloc):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
