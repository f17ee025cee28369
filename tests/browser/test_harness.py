"""What the browser tests rely on: a page that does wrong is noticed."""

import asyncio

import pytest

from tests.browser import chromium
from tests.browser.looking import foreign, headings, tabbing, too_wide, violations

pytestmark = pytest.mark.browser

BAD = """<!doctype html><html lang=en><title>x</title>
<meta http-equiv=Content-Security-Policy content="img-src data:">
<body><h1>h</h1><h3>i</h3>
<img src=https://evil.example/x.png alt=x><link rel=stylesheet href=http://evil.example/x.css>
<p style="width:2000px">wide <iframe srcdoc=x title=x></iframe></p>
<button>focus</button><a href=javascript:x style="outline:0">link</a>
<script>window.__pwned = 1; alert(1); console.error("told"); throw new Error("thrown")</script>
"""


@pytest.fixture
def bad(visit, watch, tmp_path):
    (tmp_path / "bad.html").write_text(BAD, "utf-8")
    page = visit(tmp_path / "bad.html")
    page.wait_for_load_state("networkidle")
    yield page
    watch.wrong += page.evaluate("window.__violations")
    page.evaluate("window.__violations = []")
    told = "\n".join(watch.wrong)
    for words in ("request to http://evil.example", "dialog: 1", "console: told",
                  "error on the page: thrown", "img-src"):  # fmt: skip
        assert words in told
    watch.wrong.clear()


def test_what_a_page_does_wrong_is_noticed(bad):
    said = "\n".join(foreign(bad))
    for words in ("<iframe", "href=javascript:x", "element <link", "style=width", "script out"):
        assert words in said
    assert "2000px" in "\n".join(too_wide(bad))
    assert headings(bad) == [1, 3]
    assert [html[:2] for html in tabbing(bad)[1]] == ["<a"]


def test_axe_speaks(visit, tmp_path):
    (tmp_path / "grey.html").write_text(
        "<!doctype html><html><title>x</title><p style='color:#ccc;background:#fff'>pale", "utf-8"
    )
    found = "\n".join(violations(visit(tmp_path / "grey.html")))
    assert "color-contrast" in found
    assert "html-has-lang" in found


def test_a_file_may_not_open_its_neighbours(visit, watch, tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "page.html").write_text("<title>x</title><img src=a.png>", "utf-8")
    visit(tmp_path / "page.html").wait_for_load_state("networkidle")
    assert any("a.png" in wrong for wrong in watch.wrong)
    watch.wrong.clear()


def test_other_tests_can_still_start_an_event_loop():
    async def nothing():
        return 1

    assert asyncio.run(nothing()) == 1


def test_chromium_is_what_one_says_or_what_is_there(tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find() is None
    (tmp_path / "google-chrome").write_text("#!/bin/sh\n")
    (tmp_path / "google-chrome").chmod(0o755)
    assert chromium.find() == str(tmp_path / "google-chrome")
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert chromium.find() is None
