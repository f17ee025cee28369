"""Pictures are asked for at the server alone, with the key; the key goes nowhere else."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from labelq.errors import SourceError
from labelq.label_studio import pictures
from labelq.label_studio.connection import Address, connect
from labelq.label_studio.pictures import (
    NoPictureError,
    fetch_picture,
    picture_address,
    picture_sources,
)

KEY = "0123456789abcdef0123456789abcdef01234567"
URI = base64.urlsafe_b64encode(b"s3://bucket/a.png").decode()


class Handler(BaseHTTPRequestHandler):
    """Answers by its path; remembers what it was asked, and with which key."""

    def do_GET(self):
        server = self.server
        key, header = self.headers.get("Authorization"), self.headers.get("X-Proxy")
        server.asked.append((self.path, key, header))
        if self.path.startswith("/api/version"):
            return self.answer(json.dumps({"release": "1.23.2"}).encode(), "application/json")
        if self.path == f"/projects/3/resolve/?fileuri={URI.replace('=', '%3D')}":
            return self.redirect(f"{server.other}/stored.png?signature=x")
        if self.headers.get("Accept") != "*/*":  # as Label Studio does
            self.send_error(406)
            return None
        if self.path == "/data/upload/3/loop.png":
            return self.redirect("/data/upload/3/loop.png")
        if self.path == "/data/upload/3/file.png":
            return self.redirect("file:///etc/passwd")
        if self.path == "/data/upload/3/refused.png":
            self.send_error(403)
            return None
        if self.path == "/data/upload/3/endless.png":
            return self.answer(b"x" * 4000, "image/png")
        if self.path == "/data/upload/3/packed.png":
            return self.answer(b"x", "image/png", encoding="gzip")
        return self.answer(b"bytes of " + self.path.encode(), "image/png")

    def answer(self, body, kind, encoding=None):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def servers():
    """The Label Studio server, and a storage that it passes requests on to."""
    both = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    for server in both:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = [f"http://127.0.0.1:{server.server_address[1]}" for server in both]
    both[0].other = addresses[1]
    yield both[0], both[1], addresses[0]
    for server in both:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _fresh(servers):
    for server in servers[:2]:
        server.asked.clear()


@pytest.fixture(scope="module")
def fetch(servers):
    url = servers[2]
    with connect(Address(url, KEY, None, {"X-Proxy": "secret"}, 10.0)) as connection:

        def fetched(address, **options):
            return fetch_picture(connection, address, project=3, **options)

        fetched.url = url
        yield fetched


@pytest.mark.parametrize("own", ["/data/upload/3/a.png", "/data/local-files/?d=folder/a.png"])
def test_a_file_of_the_server_is_fetched_with_the_key(fetch, servers, own):
    for address in (own, fetch.url + own):
        assert fetch(address) == b"bytes of " + own.encode()
        assert servers[0].asked[-1] == (own, f"Token {KEY}", "secret")


def test_a_file_in_a_storage_is_fetched_through_the_server_and_the_key_stays_there(fetch, servers):
    assert fetch("s3://bucket/a.png") == b"bytes of /stored.png?signature=x"
    assert servers[0].asked[-1][1] == f"Token {KEY}"
    assert servers[1].asked == [("/stored.png?signature=x", None, None)]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://images.example/a.png", "not on the Label Studio server"),
        ("http://127.0.0.1:1/data/upload/3/a.png", "not on the Label Studio server"),
        ("http://169.254.169.254/latest/meta-data", "not on the Label Studio server"),
        ("/api/users/", "none of the server’s files"),
        ("/data/upload/../../api/users/", "none of the server’s files"),
        ("/data/upload/%2e%2e/%2E%2e/api/users/", "none of the server’s files"),
        ("/data/upload/%252e%252e/api/users/", "none of the server’s files"),
        ("/data/local-files/?d=../../etc/passwd", "none of the server’s files"),
        ("/data/upload/..\\api", "none of the server’s files"),
        ("//evil.example/data/upload/a.png", "none of the server’s files"),
        ("file:///etc/passwd", "none of the server’s files"),
        ("javascript:alert(1)", "none of the server’s files"),
        ("a cat", "none of the server’s files"),
        ("data:image/png;base64,%%%", "cannot be read"),
    ],
)
def test_nobody_is_asked_for_anything_else(fetch, servers, address, why):
    with pytest.raises(NoPictureError, match=why):
        fetch(address)
    assert servers[0].asked == servers[1].asked == []


def test_an_address_that_begins_like_the_server_is_another(fetch):
    with pytest.raises(NoPictureError, match="not on the Label Studio server"):
        fetch(f"{fetch.url}.evil.example/data/upload/3/a.png")


def test_a_picture_in_the_task_itself(fetch):
    assert fetch("data:image/png;base64," + base64.b64encode(b"abc").decode()) == b"abc"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("refused", "the server answers 403"),
        ("loop", "passed on too often"),
        ("file", "passed on too often|does not give it"),
        ("packed", "it is packed"),
    ],
)
def test_why_there_is_none(fetch, name, why):
    with pytest.raises(NoPictureError, match=why):
        fetch(f"/data/upload/3/{name}.png")


def test_what_is_too_large_is_not_read(fetch, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 1000)
    with pytest.raises(NoPictureError, match="too large"):
        fetch("/data/upload/3/endless.png")
    with pytest.raises(NoPictureError, match="too large"):
        fetch("data:image/png;base64," + "A" * 2000)


def test_what_takes_too_long(fetch):
    with pytest.raises(NoPictureError, match=r"took too long|does not give it"):
        fetch("/data/upload/3/a.png", seconds=-1)


def test_which_fields_show_pictures():
    config = """<View><Image name="i" value="$image"/><image name="j" valueList="$pages"/>
        <Text name="t" value="$text"/><Image name="k" value="$shown[0].url"/>
        <Choices name="c" toName="i"><Choice value="x"/></Choices></View>"""
    sources = picture_sources(config)
    assert [source.steps for source in sources] == [("image",), ("pages",), ("shown", "", "url")]
    assert picture_address(sources, {"image": " /data/upload/1.png "}) == "/data/upload/1.png"
    assert picture_address(sources, {"image": None, "pages": ["a.png", "b.png"]}) == "a.png"
    assert picture_address(sources, {"shown": [{"url": "c.png"}]}) == "c.png"
    assert picture_address(sources, {"text": "a.png"}) is None


@pytest.mark.parametrize("config", ["<View", "<!DOCTYPE x [<!ENTITY a 'b'>]><View/>", ""])
def test_a_config_that_cannot_be_read(config):
    with pytest.raises(SourceError, match="no XML that can be read"):
        picture_sources(config)
