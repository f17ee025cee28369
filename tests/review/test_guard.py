"""Who may come in: one browser with the token, from the page itself, by this computer's name."""

import pytest
from starlette.responses import PlainTextResponse

from labelq.review.guard import HEADERS, LARGEST_BODY, Guard, Keys
from tests.review.client import TestClient

PORT = 9000
BASE = f"http://127.0.0.1:{PORT}"
KEYS = Keys(PORT)


async def echo(scope, receive, send):
    await PlainTextResponse(f"in {scope['method']} {scope.get('labelq.fields')}")(
        scope, receive, send
    )


@pytest.fixture
def client():
    return TestClient(Guard(echo, KEYS), base_url=BASE, follow_redirects=False)


@pytest.fixture
def inside(client):
    client.cookies.set(KEYS.cookie_name, KEYS.cookie)
    return client


def send(client, **how):
    headers = {"origin": BASE} | how.pop("headers", {})
    headers = {name: value for name, value in headers.items() if value is not None}
    return client.post("/x", data={"form": KEYS.form} | how.pop("data", {}), headers=headers, **how)


def test_the_token_is_given_away_once_for_a_cookie_and_leaves_the_address(client):
    answer = client.get("/", params={"token": KEYS.token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert KEYS.token not in cookie
    assert client.get("/").text == "in GET None"


def test_nobody_comes_in_without_token_or_cookie(client):
    assert client.get("/").status_code == 403
    assert client.get("/static/meeting.js").status_code == 403
    assert client.get("/", params={"token": "wrong"}).status_code == 403
    assert client.get("/", params={"token": KEYS.cookie}).status_code == 403
    assert client.get("/cluster/x", params={"token": KEYS.token}).status_code == 403
    assert client.get(f"/?{'&'.join(f'a{i}=1' for i in range(30))}").status_code == 403
    client.cookies.set(KEYS.cookie_name, KEYS.token)
    assert client.get("/").status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example:9000", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:9000", "", "[::1]"],
)
def test_another_name_is_refused_whoever_asks(inside, host):
    assert inside.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "host", ["127.0.0.1:9000", "localhost:9000", "LOCALHOST:9000", "[::1]:9000"]
)
def test_this_computer_has_several_names(inside, host):
    assert inside.get("/", headers={"host": host}).status_code == 200


def test_a_form_from_the_page_comes_in(inside):
    assert send(inside, data={"a": "b"}).text.startswith("in POST {'form'")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": None},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"origin": "http://127.0.0.1:9001"},
        {"origin": f"http://localhost:{PORT}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(inside, headers):
    assert send(inside, headers=headers).status_code == 403


def test_a_form_needs_its_token(inside):
    assert send(inside, data={"form": "x"}).status_code == 403
    assert send(inside, data={"form": KEYS.token}).status_code == 403
    assert inside.post("/x", content=b"", headers={"origin": BASE}).status_code == 403
    assert inside.post("/x", content=b"\xff\xfe", headers={"origin": BASE}).status_code == 403
    many = "&".join(f"a{i}=1" for i in range(3000))
    assert inside.post("/x", content=many, headers={"origin": BASE}).status_code == 403


def test_other_methods_and_large_bodies_are_refused(inside):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert inside.request(method, "/", headers={"origin": BASE}).status_code == 405
    assert send(inside, data={"a": "x" * LARGEST_BODY}).status_code == 413


def test_every_answer_carries_the_policy(inside):
    for answer in (inside.get("/"), send(inside), inside.get("/", headers={"host": "x"})):
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_each_session_has_its_own_secrets():
    one, other = Keys(1), Keys(1)
    assert len({one.token, one.cookie, one.form, other.token, other.cookie, other.form}) == 6
