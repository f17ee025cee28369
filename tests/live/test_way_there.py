"""The way to a real server (TLS, proxies, sign-in pages), and what is said of refusals."""

from __future__ import annotations

import socket

import pytest

from labelq.errors import ServerError, SettingsError
from labelq.label_studio.connection import address, connect
from labelq.label_studio.refusals import RefusedError
from tests.live.conftest import who
from tests.live.proxy import (
    Answer,
    Authority,
    Fault,
    Proxy,
    always,
    changed,
    cut,
    page,
    redirect,
    sign_in,
    status,
    times,
)

pytestmark = pytest.mark.live

WHOAMI = "/api/current-user/whoami"
VERSION = "/api/version"


# ---------------------------------------------------------------- the way there


def test_a_private_authority(server, admin, tmp_path):
    authority = Authority(tmp_path)
    with Proxy(server.url, tls=authority.context) as proxy:
        with pytest.raises(ServerError, match=r"is not trusted .*--ca-bundle FILE"):
            who(proxy.url, admin.pat)
        assert who(proxy.url, admin.pat, ca_bundle=authority.file) == admin.email
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            assert who(proxy.url, admin.pat, **{name: str(authority.file)}) == admin.email
        # An option wins over the environment.
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(ServerError, match="is not trusted"):
            who(
                proxy.url,
                admin.pat,
                ca_bundle=Authority(other).file,
                SSL_CERT_FILE=str(authority.file),
            )


def test_a_body_that_is_cut_under_tls(server, admin, tmp_path):
    authority = Authority(tmp_path)
    weather = times(2, cut(), path=WHOAMI)
    with Proxy(server.url, weather, tls=authority.context) as proxy:
        assert who(proxy.url, admin.token, ca_bundle=authority.file) == admin.email


def test_a_certificate_for_another_name(server, admin, tmp_path):
    authority = Authority(tmp_path, "label-studio.example.com")
    with (
        Proxy(server.url, tls=authority.context) as proxy,
        pytest.raises(ServerError, match=r"is not trusted .*mismatch"),
    ):
        who(proxy.url, admin.pat, ca_bundle=authority.file)


def test_tls_that_is_none(server, admin):
    with pytest.raises(ServerError, match="is it http:// instead of https://"):
        who(server.url.replace("http:", "https:"), admin.token)


def test_a_redirect_to_tls_is_followed_once_and_for_all(server, admin, tmp_path):
    authority = Authority(tmp_path)
    with Proxy(server.url, tls=authority.context) as safe:

        def to_tls(asked):
            return redirect(safe.url + asked.path)

        with Proxy(server.url, to_tls) as plain:
            where = address(plain.url, admin.pat, ca_bundle=authority.file, environment={})
            with connect(where) as connection:
                assert connection.url == safe.url
                assert connection.me["email"] == admin.email
            assert len(plain.requests) == 1


@pytest.mark.parametrize(
    ("ours", "theirs"), [("https", "http"), ("https", "https"), ("http", "http")]
)
def test_no_redirect_takes_the_key_out_of_tls_or_to_another_port(
    server, admin, tmp_path, ours, theirs
):
    authority = Authority(tmp_path)
    tls = {"http": None, "https": authority.context}
    with Proxy(server.url, tls=tls[theirs]) as elsewhere:

        def moved(asked):
            return redirect(f"{elsewhere.url}{asked.path}?x=1")

        with (
            Proxy(server.url, moved, tls=tls[ours]) as proxy,
            pytest.raises(ServerError, match="sends us to") as told,
        ):
            who(
                proxy.url, admin.pat, ca_bundle=authority.file, LABELQ_HEADERS="X-Sign-In: a secret"
            )
        (asked,) = elsewhere.requests
        assert {"authorization", "x-sign-in"}.isdisjoint(asked.headers)
        assert not proxy.count("POST")
        assert f"sends us to {elsewhere.url}; give that as --url if" in str(told.value)


@pytest.mark.parametrize("kind", ["token", "pat"])
def test_a_redirect_to_a_path_is_followed_once_and_for_all(server, admin, kind):
    def to_the_path(asked):
        if asked.path.startswith("/ls/"):
            return None
        return redirect(f"{proxy.url}/ls{asked.path}")

    with Proxy(server.url) as end, Proxy(server.url, to_the_path) as proxy:
        pass_on, proxy.pass_on = proxy.pass_on, lambda a, t: pass_on(a, t.removeprefix("/ls"))
        where = address(proxy.url, getattr(admin, kind), environment={})
        with connect(where) as connection:
            assert connection.url == f"{proxy.url}/ls"
            assert connection.me["email"] == admin.email
        assert not end.requests
        assert sum(not asked.path.startswith("/ls/") for asked in proxy.requests) == 1


@pytest.mark.parametrize(
    "place",
    [
        "http://user:pass@{host}/api/version",
        "http://{host}/sign-in/ok",
        "http://{host}/api/version2",
    ],
)
def test_a_redirect_to_something_odd_is_not_followed(server, admin, place):
    def odd(asked):
        return redirect(place.format(host=proxy.url[7:])) if asked.number == 0 else told

    told = Fault(Answer(200, [("Content-Type", "application/json")], b'{"release": "1"}'))
    with (
        Proxy(server.url, odd) as proxy,
        pytest.raises(ServerError, match="sends us to") as said,
    ):
        who(proxy.url, admin.token)
    assert "pass" not in str(said.value)


def test_neither_key_nor_headers_follow_a_redirect_to_another_place(server, admin):
    with (
        Proxy(server.url) as other,
        Proxy(server.url, always(redirect(f"{other.url}/media/1"), path="/data/")) as proxy,
    ):
        environment = {"LABELQ_HEADERS": "X-Sign-In: a secret"}
        with connect(address(proxy.url, admin.token, environment=environment)) as connection:
            connection.client.get(f"{proxy.url}/data/1")
            connection.me  # noqa: B018  # asks
        (asked,) = other.requests
        assert {"authorization", "x-sign-in", "cookie"}.isdisjoint(asked.headers)
        for asked in proxy.requests:
            assert asked.headers["x-sign-in"] == "a secret"
            assert "cookie" not in asked.headers


def test_a_sign_in_proxy_lets_through_who_knows_the_header(server, admin):
    with Proxy(server.url, sign_in("X-Sign-In", "open sesame")) as proxy:
        with pytest.raises(ServerError, match=r"a sign-in proxy answered .* LABELQ_HEADERS"):
            who(proxy.url, admin.pat)
        for headers in ("X-Sign-In: open sesame\n", '{"X-Sign-In": "open sesame"}'):
            assert who(proxy.url, admin.pat, LABELQ_HEADERS=headers) == admin.email


def test_a_sign_in_page_in_the_middle(server, admin):
    with (
        Proxy(server.url, always(page(), path=WHOAMI)) as proxy,
        pytest.raises(ServerError, match="signing in: a sign-in proxy answered"),
    ):
        who(proxy.url, admin.pat)
    with (
        Proxy(server.url, always(page(), path="/api/projects")) as proxy,
        connect(address(proxy.url, admin.pat, environment={})) as connection,
        pytest.raises(ServerError, match="reading it: a sign-in proxy answered"),
        connection.doing("reading it"),
    ):
        connection.sdk.projects.get(id=1)


def test_the_proxy_that_the_environment_names(server, admin, monkeypatch):
    with Proxy(server.url) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
        assert who("http://label-studio.internal", admin.pat) == admin.email
        assert proxy.requests[0].headers["host"] == "label-studio.internal"
        n = len(proxy.requests)
        assert who(server.url, admin.pat) == admin.email  # loopback needs none
        monkeypatch.setenv("NO_PROXY", ".internal")
        with pytest.raises(ServerError, match="no host of this name"):
            who("http://label-studio.internal", admin.pat)
        assert len(proxy.requests) == n


def test_a_tunnel_through_a_proxy(server, admin, monkeypatch, tmp_path):
    authority = Authority(tmp_path, "label-studio.internal")
    with Proxy(server.url, tls=authority.context) as end:
        with Proxy(server.url, tunnel=("127.0.0.1", end.port)) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
            url = "https://label-studio.internal"
            assert who(url, admin.pat, ca_bundle=authority.file) == admin.email
            assert [asked.method for asked in proxy.requests] == ["CONNECT"]
        with Proxy(server.url) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
            with pytest.raises(ServerError, match=r"proxy on the way .* refused") as told:
                who(url, admin.pat, ca_bundle=authority.file)
            assert "secret" not in str(told.value)


@pytest.mark.parametrize("proxy", ["socks9://127.0.0.1:1", "http://[::bad"])
def test_a_proxy_that_cannot_be_used(proxy, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(SettingsError, match="must be http://host:port"):
        who("http://label-studio.internal", "key")


# ---------------------------------------------------------------- what is said


def test_what_the_server_refuses(server, admin, new_project):
    project = new_project([])
    with connect(address(server.url, admin.token, environment={})) as connection:

        def refused(words, ask, **arguments):
            match = f"^reading: {words}"
            with pytest.raises(RefusedError, match=match) as told, connection.doing("reading"):
                ask(**arguments)
            assert told.value.__cause__ is None
            assert told.value.__suppress_context__
            assert len(str(told.value)) < 300
            return told.value

        projects = connection.sdk.projects
        bare = refused(".* has no such project", connection.get, path="api/projects/999999/")
        assert bare.status == 404
        assert str(refused(".* has no such project", projects.get, id=999999)) == str(bare)
        unfit = refused(
            r".* refused .HTTP 400. \(", projects.update, id=project, label_config="<View>"
        )
        assert unfit.detail
        assert connection.me["id"] == admin.id
        # 170 KB of HTML and a session's cookie: nothing of either.
        refused(
            ".* does not know this request",
            projects.duplicate,
            id=project,
            mode="settings",
            workspace=1,
            title="a copy",
        )


def test_an_error_of_ours_passes_as_it_is(server, admin):
    with connect(address(server.url, admin.token, environment={})) as connection:
        with pytest.raises(ZeroDivisionError), connection.doing("counting"):
            _ = 1 / 0
        with pytest.raises(ServerError, match=r"^ours$"), connection.doing("asking"):
            raise ServerError("ours")


def test_a_server_that_repeats_the_key_back(server, admin):
    key, header = "no-token-looks-like-this", "open sesame"
    fault = status(400, detail=f"bad: {key}, {header}, {admin.token}; sessionid=abc.def")
    with Proxy(server.url, always(fault, path=WHOAMI)) as proxy:
        with pytest.raises(RefusedError) as told:
            who(proxy.url, key, LABELQ_HEADERS=f"X-Sign-In: {header}")
        for secret in (key, header, admin.token, "sessionid", "abc.def"):
            assert secret not in str(told.value) + told.value.detail


def test_json_that_is_none(server, admin):
    broken = changed(lambda body: body.replace(b":", b"", 1))
    with (
        Proxy(server.url, always(broken, path=WHOAMI)) as proxy,
        pytest.raises(ServerError, match=r"signing in: .* not the JSON asked for"),
    ):
        who(proxy.url, admin.token)


DEEP = b"[" * 200_000 + b"]" * 200_000


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (WHOAMI, b'{"id": "7"}', r"as Label Studio does \(id: expected int, got str\); is it an"),
        (WHOAMI, b'{"email": "a@example.com"}', r"\(object missing required field id\)"),
        (WHOAMI, b"[]", r"\(expected object, got array\)"),
        (WHOAMI, b'{"id": 1, "email": {}}', r"\(email: expected str \| null, got object\)"),
        (WHOAMI, b'{"id": 1, "x": ' + DEEP + b"}", "not the JSON asked for"),
        (WHOAMI, b'{"id": 1, "email": "\xff"}', "not the JSON asked for"),
        (VERSION, b'{"release": 7}', r"\(release: expected str \| null, got int\)"),
        (VERSION, b"[]", r"\(expected object, got array\)"),
        (VERSION, b'{"cat": "meow"}', "is no Label Studio; is --url"),
        (VERSION, b'{"release": "1", "x": ' + DEEP + b"}", "not the JSON asked for"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_answers_that_are_json_and_not_label_studios(server, admin, path, body, words):
    with Proxy(server.url, always(changed(lambda _: body), path=path)) as proxy:
        with pytest.raises(ServerError, match=words) as told:
            who(proxy.url, admin.token)
        assert len(str(told.value)) < 300


def test_a_refusal_of_absurd_depth(server, admin):
    deep = b'{"detail": ' + DEEP + b"}"
    fault = Fault(Answer(400, [("Content-Type", "application/json")], deep))
    for path in (WHOAMI, "/api/token/refresh/"):
        with (
            Proxy(server.url, always(fault, path=path)) as proxy,
            pytest.raises(ServerError, match=r"^signing in: ") as told,
        ):
            who(proxy.url, admin.pat)
        assert len(str(told.value)) < 300


def test_a_socket_that_only_listens(admin):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerError, match="did not answer in time"):
            who(url, admin.token, LABELQ_TIMEOUT=".3")
