"""A real server in fair and in bad weather: who is let in, what is repeated, what is said."""

from __future__ import annotations

import gzip
import json
import threading
import time
from types import SimpleNamespace

import pytest

from labelq.errors import ServerError
from labelq.label_studio import keys, retrying
from labelq.label_studio.connection import address, connect
from labelq.label_studio.refusals import RefusedError
from tests.live.conftest import who
from tests.live.newcomers import newcomer
from tests.live.proxy import (
    Answer,
    Fault,
    Proxy,
    always,
    cut,
    dropped,
    lost,
    page,
    redirect,
    stall,
    status,
    then,
    times,
    truncated,
)
from tests.live.server import free_port

pytestmark = pytest.mark.live

WHOAMI = "/api/current-user/whoami"


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("kind", ["token", "pat"])
@pytest.mark.parametrize("written", ["{}", " {}\n", "Token {}", "Bearer {}"])
def test_both_kinds_of_key(server, admin, kind, written):
    assert who(server.url, written.format(getattr(admin, kind))) == admin.email


@pytest.mark.parametrize("kind", ["token", "pat"])
def test_a_server_under_a_path(server, admin, kind):
    with Proxy(server.url, prefix="/label-studio") as proxy:
        for url in (proxy.url, f"{proxy.url}/", f"{proxy.url}/projects/3/data?tab=5"):
            where = address(url, getattr(admin, kind), environment={})
            with connect(where) as connection, connection.doing("asking twice"):
                assert connection.me["email"] == admin.email
                assert connection.sdk.users.whoami().email == admin.email
                assert connection.url == proxy.url


def test_a_personal_token_is_exchanged_once_and_never_sent_otherwise(server, admin):
    with Proxy(server.url) as proxy:
        with connect(address(proxy.url, admin.pat, environment={})) as connection:
            for _ in range(3):
                connection.get("api/projects/")
        assert proxy.count("POST", "/api/token/refresh/") == 1
        assert not any(admin.pat in str(asked.headers) for asked in proxy.requests)


def test_an_access_token_is_renewed_before_its_end(server, admin, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(keys, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with Proxy(server.url) as proxy:
        with connect(address(proxy.url, admin.pat, environment={})) as connection:
            for later in (0, 260, 20):  # it lasts 300 s
                now[0] += later
                connection.get("api/projects/")
        assert proxy.count("POST", "/api/token/refresh/") == 2


def test_an_access_token_that_expired_on_the_way_is_renewed_even_for_a_change(server, admin):
    with Proxy(server.url, times(1, status(401), "POST", path="/api/projects/")) as proxy:
        with connect(address(proxy.url, admin.pat, environment={})) as connection:
            with connection.doing("making a project"):
                made = connection.sdk.projects.create(title="once only")
            assert connection.sdk.projects.get(id=made.id).title == "once only"
        assert proxy.count("POST", "/api/token/refresh/") == 2
        assert proxy.count("POST", "/api/projects/") == 2


def test_legacy_tokens_switched_off(server, admin, api):
    settings = {"api_tokens_enabled": True, "api_token_ttl_days": 73000}
    api("POST", "jwt/settings", json=settings | {"legacy_api_tokens_enabled": False})
    try:
        with pytest.raises(RefusedError, match="no legacy tokens: make a personal access token"):
            who(server.url, admin.token)
        assert who(server.url, admin.pat) == admin.email
    finally:
        with connect(address(server.url, admin.pat, environment={})) as connection:
            connection.client.post(
                f"{server.url}/api/jwt/settings",
                json=settings | {"legacy_api_tokens_enabled": True},
            ).raise_for_status()


def test_a_key_taken_back_in_the_middle(server):
    person = newcomer(server.url)
    weather = times(1, then(person.revoke), "GET", path=WHOAMI)
    with Proxy(server.url, weather) as proxy:
        with connect(address(proxy.url, person.token, environment={})) as connection:
            assert connection.me["email"] == person.email
            with (
                pytest.raises(RefusedError, match="reading it: the key is no longer valid") as told,
                connection.doing("reading it"),
            ):
                connection.get("api/projects/")
        assert told.value.status == 401


# ---------------------------------------------------------------- what is repeated


@pytest.mark.parametrize(
    "fault",
    [
        status(429, retry_after=0.01),
        status(429, retry_after="nonsense"),
        status(500),
        page("<html>Bad Gateway</html>", 502),
        status(503),
        cut(),
        cut(0),
        truncated(),
        dropped(),
        lost(),
    ],
    ids=lambda f: f"{f.answer.status if f.answer else ''}{f.cut}{f.asks}{f.answers}",
)
@pytest.mark.parametrize("kind", ["token", "pat"])
def test_reads_are_repeated_until_they_succeed(server, admin, fault, kind):
    with Proxy(server.url, times(4, fault, "GET", path=WHOAMI)) as proxy:
        assert who(proxy.url, getattr(admin, kind)) == admin.email
        assert proxy.count("GET", WHOAMI) == 5


def test_a_compressed_answer_is_read_whole_or_again(server, admin):
    packed = gzip.compress(json.dumps({"id": 1, "email": "packed@example.com"}).encode())
    headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")]
    broken, whole = (Fault(Answer(200, headers, body)) for body in (packed[:-12], packed))
    with Proxy(server.url, [None, broken, broken, whole]) as proxy:
        assert who(proxy.url, admin.token) == "packed@example.com"


def test_the_exchange_of_a_personal_token_is_repeated_too(server, admin):
    with Proxy(server.url, times(2, status(502), path="/api/token/refresh/")) as proxy:
        assert who(proxy.url, admin.pat) == admin.email


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (status(429), "fewer requests"),
        (status(500, detail="database is locked"), r"HTTP 500\) \(database is locked\)"),
        (page("<html>Bad Gateway</html>", 502), "nothing behind"),
        (cut(), "broke off; repeat the command"),
        (truncated(), "broke off; repeat the command"),
        (dropped(), "broke off; repeat the command"),
    ],
)
def test_reads_are_given_up_in_the_end(server, admin, fault, words):
    with Proxy(server.url, always(fault, path=WHOAMI)) as proxy:
        with pytest.raises(ServerError, match=words):
            who(proxy.url, admin.token)
        assert proxy.count("GET", WHOAMI) == 5


@pytest.mark.parametrize(
    "fault",
    [status(429, retry_after=0.01), status(500), status(503), cut(), dropped(), lost(), stall(60)],
    ids=lambda f: f"{f.answer.status if f.answer else ''}{f.cut}{f.asks}{f.answers}",
)
@pytest.mark.parametrize("kind", ["token", "pat"])
def test_what_changes_something_is_never_repeated(server, admin, fault, kind):
    with Proxy(server.url, always(fault, "POST", path="/api/projects/")) as proxy:
        where = address(proxy.url, getattr(admin, kind), environment={"LABELQ_TIMEOUT": "2"})
        with (
            connect(where) as connection,
            pytest.raises(ServerError, match=r"^making a project: "),
            connection.doing("making a project"),
        ):
            connection.sdk.projects.create(title="never twice")
        assert proxy.count("POST", "/api/projects/") == 1


def test_a_change_is_not_turned_into_a_read_by_a_redirect(server, admin):
    weather = always(redirect(f"{server.url}/api/projects/"), "POST", path="/api/projects/")
    with (
        Proxy(server.url, weather) as proxy,
        connect(address(proxy.url, admin.token, environment={})) as connection,
        pytest.raises(ServerError, match="sends this request elsewhere"),
        connection.doing("making a project"),
    ):
        connection.sdk.projects.create(title="not made")


def test_a_stall_is_waited_for_twice_and_no_longer(server, admin):
    with Proxy(server.url, always(stall(60), path=WHOAMI)) as proxy:
        began = time.monotonic()
        with pytest.raises(ServerError, match=r"did not answer in time.*LABELQ_TIMEOUT"):
            who(proxy.url, admin.token, LABELQ_TIMEOUT="1")
        assert time.monotonic() - began < 20
        assert proxy.count("GET", WHOAMI) == 2
    with Proxy(server.url, times(1, stall(60), path=WHOAMI)) as proxy:
        assert who(proxy.url, admin.token, LABELQ_TIMEOUT="2") == admin.email


def test_the_server_says_how_long_to_wait(server, admin, monkeypatch):
    slept = []
    monkeypatch.setattr(retrying.time, "sleep", slept.append)
    told = []
    faults = [status(429, retry_after=7), status(503, retry_after=3600), status(503)]
    # A date in the past asks for no more than usual.
    past = status(503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT")
    with Proxy(server.url, [None, *faults, past]) as proxy:
        assert who(proxy.url, admin.token, waiting=lambda *a: told.append(a)) == admin.email
    assert slept[:2] == [7, retrying.LONGEST_PAUSE]
    assert all(pause < 0.1 for pause in slept[2:])
    assert told[:2] == [("HTTP 429", 7), ("HTTP 503", 60)]


def test_a_server_that_never_answered_is_not_waited_for(admin, monkeypatch):
    monkeypatch.setattr(retrying.time, "sleep", lambda _: pytest.fail("waited"))
    for url in (f"http://127.0.0.1:{free_port()}", "http://no-such-host.invalid"):
        with pytest.raises(ServerError, match=r"nobody answers|no host of this name"):
            who(url, admin.token)


def test_a_server_that_answered_is_waited_for_while_it_restarts(server, admin, monkeypatch):
    monkeypatch.setattr(retrying, "PAUSES", (0.01, 0.1, 1, 5))
    with Proxy(server.url) as proxy:
        connection_to = connect(address(proxy.url, admin.token, environment={}))
        with connection_to as connection:
            alive, proxy.target = proxy.target, f"http://127.0.0.1:{free_port()}"
            back = threading.Timer(0.02, lambda: setattr(proxy, "target", alive))
            back.start()
            assert connection.me["email"] == admin.email
            back.join()
