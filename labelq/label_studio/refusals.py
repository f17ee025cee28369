"""What went wrong between here and the server → one line that says what to do.

Bodies and headers of answers are never shown: an error page has 170 KB, and the headers hold
a session's cookie. At most the server's own ``detail`` is, cut short and without secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from labelq.errors import ServerError
from labelq.label_studio.redaction import redacted, without_parts
from labelq.label_studio.retrying import NotFollowedError

__all__ = ["RefusedError", "refusal"]

_LONGEST = 100_000
_KEY_PLACE = "Account & Settings in Label Studio"
_SIGN_IN = re.compile(r"(?i)password|sign[ -]?in|log[ -]?in|single sign|\bsso\b|saml|oauth|openid")

# Brackets without end are JSON by the letter, and more than any reader's stack holds.
_NO_JSON = (json.JSONDecodeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class RefusedError(ServerError):
    """The server answered, and not with what was asked for.

    ``status`` is the HTTP status; ``detail`` what the server said about it, cleaned ("" if it
    was not Label Studio that answered).
    """

    def __init__(self, message: str, status: int, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer that is no success, however it was told."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(repr=False)
    elsewhere: bool = False
    """A redirect led to another host."""

    @property
    def is_page(self) -> bool:
        kind = next((v for k, v in self.headers.items() if k.lower() == "content-type"), "")
        text = self.body if isinstance(self.body, str) else ""
        return "html" in kind or text.lstrip()[:15].lower().startswith(("<!doctype", "<html"))


def refusal(
    error: Exception, what: str, url: str, *, admitted: bool = False, secrets: Sequence[str] = ()
) -> ServerError | None:
    """``error``, met while ``what`` ("reading project 3") at ``url``, as one line.

    ``admitted``: the key had been accepted before. None: the error is none of a server's.
    """
    answer = _answer(error)
    if answer is not None:
        detail = _short(_detail(answer.body), secrets)
        said = _said(answer, detail, url, admitted=admitted)
        return RefusedError(f"{what}: {said}", answer.status, detail)
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL):
        return ServerError(f"{what}: {_unheard(error, url, secrets)}")
    if isinstance(error, msgspec.ValidationError):
        found = _short(_mismatch(str(error)), secrets)
        return ServerError(
            f"{what}: {url} does not answer as Label Studio does ({found}); is it an older"
            " version, or is something between?"
        )
    if isinstance(error, _NO_JSON):
        return ServerError(f"{what}: {url} answered something that is not the JSON asked for")
    return None


def _answer(error: Exception) -> _Answer | None:
    if isinstance(error, httpx.HTTPStatusError):
        response = error.response
        try:
            body = response.json()
        except httpx.ResponseNotRead:
            body = ""
        except (ValueError, RecursionError):
            body = response.text
        place = (response.url.host, response.url.port)
        elsewhere = any((r.url.host, r.url.port) != place for r in response.history)
        return _Answer(response.status_code, body, response.headers, elsewhere)
    # The SDK's ApiError, known by its shape: importing it takes a second.
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and hasattr(error, "body"):
        return _Answer(status, error.body, getattr(error, "headers", None) or {})
    return None


def _said(answer: _Answer, detail: str, url: str, *, admitted: bool) -> str:
    status, about = answer.status, f" ({detail})" if detail else ""
    if answer.is_page or (status < 400 and not isinstance(answer.body, dict | list)):
        return _page(answer, url, admitted=admitted)
    if status == 407:
        return "the proxy on the way wants a user and a password (HTTPS_PROXY)"
    if "legacy token authentication has been disabled" in detail:
        return (
            f"{url} takes no legacy tokens: make a personal access token ({_KEY_PLACE}) and set"
            " LABEL_STUDIO_API_KEY to it"
        )
    if status == 401:
        state = "is no longer valid: it was taken back, or it expired" if admitted else "is refused"
        return (
            f"the key {state}{about}; copy or make one under {_KEY_PLACE} at {url}, and set"
            " LABEL_STUDIO_API_KEY to it"
        )
    if status == 403:
        return f"this key's user may not do that at {url}{about}"
    if status == 404:
        missing = re.match(r"No (\w+) matches", detail)
        thing = missing[1].lower() if missing else "thing"
        return f"{url} has no such {thing}, or this key's user does not see it{about}"
    if status == 413:
        return f"{url}, or a proxy before it, does not take that much at once"
    if status == 429:
        return f"{url} asks for fewer requests (HTTP 429); repeat the command later"
    if status >= 500:
        return (
            f"{url} failed (HTTP {status}){about}; repeat the command, and if it fails again, its"
            " log says why"
        )
    return f"{url} refused (HTTP {status}){about}"


def _page(answer: _Answer, url: str, *, admitted: bool) -> str:
    """A web page where JSON was asked for."""
    text = answer.body if isinstance(answer.body, str) else ""
    if answer.status >= 500:
        return (
            f"nothing behind {url} answers (HTTP {answer.status} from a proxy); is Label Studio"
            " running?"
        )
    if (
        answer.elsewhere
        or answer.status in (401, 403)
        or (answer.status < 400 and _SIGN_IN.search(text))
    ):
        return (
            f"a sign-in proxy answered at {url}, not Label Studio; ask its administrator for a way"
            " past it for programs (a header), and give that in LABELQ_HEADERS as Name: value"
        )
    if answer.status == 404 and admitted:
        return f"{url} does not know this request (HTTP 404); is it an old version?"
    return (
        f"{url} answered with a web page (HTTP {answer.status}), not as Label Studio does; is the"
        " address complete (a path?), and is there no sign-in page before it?"
    )


def _unheard(error: Exception, url: str, secrets: Sequence[str]) -> str:
    """No answer at all, or none to the end."""
    text = str(error)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and _elsewhere(error, url):
        return (
            f"{url} sends us to another address, which does not answer; is a sign-in proxy there?"
        )
    if "CERTIFICATE_VERIFY_FAILED" in text:
        reason = re.search(r"certificate verify failed: ([^(]*)", redacted(text, secrets))
        return (
            f"the certificate of {url} is not trusted"
            f"{f' ({reason[1].strip()})' if reason else ''}; give the certificate of its"
            " authority with --ca-bundle FILE, or in SSL_CERT_FILE"
        )
    if isinstance(error, httpx.ProxyError):
        return (
            f"the proxy on the way to {url} refused ({_short(text, secrets)}); see HTTPS_PROXY and"
            " NO_PROXY"
        )
    if isinstance(error, NotFollowedError):
        return (
            f"{url} sends this request elsewhere, which is not followed with a change; is a sign-in"
            " proxy before it, or is --url not the address that a browser shows?"
        )
    if isinstance(error, httpx.TooManyRedirects):
        return f"{url} redirects in a circle; is a sign-in page before it?"
    if isinstance(error, httpx.ConnectTimeout):
        return f"nobody answers at {url}; is the host right, and is it reachable from here?"
    if isinstance(error, httpx.ReadTimeout):
        return (
            f"{url} did not answer in time; repeat the command, and if the server is just slow, set"
            " LABELQ_TIMEOUT to more seconds"
        )
    if isinstance(error, httpx.ConnectError) and "SSL" in text:
        return f"{url} does not speak TLS as it should; is it http:// instead of https://?"
    if isinstance(error, httpx.ConnectError):
        if re.search(r"Errno -[235]\b|getaddrinfo|Name or service|nodename|resolution", text):
            return f"no host of this name: {url}; is it spelled right?"
        return f"nobody answers at {url}; is the server running, and is the port right?"
    if isinstance(error, httpx.TransportError | httpx.DecodingError):
        return f"the connection to {url} broke off; repeat the command"
    return f"{url} cannot be asked ({type(error).__name__})"


def _elsewhere(error: httpx.RequestError, url: str) -> bool:
    """Whether it was a redirect's target that could not be reached."""
    asked, home = error.request.url, httpx.URL(url)
    return (asked.host, asked.port) != (home.host, home.port)


def _mismatch(text: str) -> str:
    """What msgspec says of an answer, field first.

    >>> _mismatch("Expected `int`, got `str` - at `$.tasks[...].id`")
    'tasks[...].id: expected int, got str'
    """
    said, _, place = text.replace("`", "").partition(" - at $")
    said = said[:1].lower() + said[1:]
    return f"{place.lstrip('.')}: {said}" if place else said


def _detail(body: Any) -> str:
    """What Label Studio says about its refusal; nothing of anybody else's body."""
    if not isinstance(body, dict):
        return ""
    said = [str(body.get("detail") or "")]
    problems = body.get("validation_errors")
    if isinstance(problems, dict):
        said += [
            f"{name}: {one}" if name != "non_field_errors" else str(one)
            for name, many in problems.items()
            for one in (many if isinstance(many, list) else [many])
        ]
        said = said[1:] or said
    return "; ".join(s for s in said if s)


def _short(text: str, secrets: Sequence[str], limit: int = 160) -> str:
    """``text`` on one line, without tags and secrets, and only then cut: no secret is halved."""
    if len(text) > _LONGEST:
        return ""  # no sentence to a reader
    text = redacted(without_parts(text, secrets), secrets)
    text = " ".join(re.sub(r"<[^<>]*>", " ", text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
