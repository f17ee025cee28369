"""The one door to a running Label Studio server: who asks, how patiently, and what went wrong.

Reads (GET) are repeated on 429, 5xx and dropped connections, with growing pauses; nothing else
is ever repeated blindly. Every failure becomes one line that a person can act on, and neither
the key nor a cookie is ever part of it.
"""

from __future__ import annotations

import http.cookiejar
import ipaddress
import json
import os
import re
import ssl
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from labelq.errors import LabelqError, ServerError, SettingsError
from labelq.label_studio.keys import Key

if TYPE_CHECKING:
    import httpx
    from label_studio_sdk import LabelStudio

    from labelq.label_studio.retrying import RetryingTransport, Waiting

__all__ = ["Address", "Connection", "address", "connect"]

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
        raise SettingsError("--url: no URL; write it as https://label-studio.example.com") from None
    if "@" in parts.netloc:
        raise SettingsError(
            "--url: no user and password in it; the key goes into LABEL_STUDIO_API_KEY, a header"
            " for a sign-in proxy into LABELQ_HEADERS"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        bare = url.rpartition("://")[2].lstrip("/")
        example = (
            bare if re.fullmatch(r"[\w.:\[\]-]+(/[\w./-]*)?", bare) else "label-studio.example.com"
        )
        raise SettingsError(f"--url: write the whole address, as in https://{example}")
    if not re.fullmatch(r"[\x21-\x7e]+", url):
        raise SettingsError("--url: holds a space or a character that no URL has")
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
        told: Mapping[str, Any],
        seconds: float,
    ) -> None:
        self.where = where
        self.url = where.url
        self.client = client
        self.version = str(told.get("release") or told.get("label-studio-os-package") or "")
        self.edition = str(told.get("edition") or "")
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
    def me(self) -> Mapping[str, Any]:
        """The user whom the key belongs to: id, email, first_name, last_name and more.

        Raises:
            ServerError: the key is refused.
        """
        with self.doing("signing in"):
            told = json.loads(self.get("api/current-user/whoami"))
            if not isinstance(told, dict) or "id" not in told:
                raise ServerError(f"signing in: {self.url} does not say who this key belongs to")
            return told

    def get(self, path: str, **parameters: Any) -> bytes:
        """The body of ``GET path``, for large answers that need no model of the SDK.

        ``path`` begins after the server's own ("api/tasks/"); a parameter that is None is not sent.

        Raises:
            ServerError: it cannot be had (RefusedError, with its ``status``, if it is refused).
        """
        with self.doing(self._what):
            sent = {name: value for name, value in parameters.items() if value is not None}
            response = self.client.get(f"{self.url}/{path}", params=sent)
            _must_be_json(response)
            return response.content

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Translate whatever goes wrong in the block: ``what`` is "reading project 3".

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
) -> tuple[Address, Mapping[str, Any]]:
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
        told = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise refusal(error, what, where.url, secrets=_secrets(where)) or error from None
    if not isinstance(told, dict) or not {"release", "label-studio-os-package"} & set(told):
        raise ServerError(f"{what}: {where.url} answers, but is no Label Studio; is --url right?")
    moved = str(response.url).partition("/api/version")[0]
    if moved != where.url and response.history:
        # To https, or to a path: told once, asked there from now on. Nowhere else, though: the
        # key is meant for this host.
        if response.url.host != httpx.URL(where.url).host:
            raise ServerError(
                f"{what}: {where.url} sends us to {moved}; give that as --url if you trust it"
            )
        where = replace(where, url=moved)
        transport.home = httpx.URL(moved)
    return where, told


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
