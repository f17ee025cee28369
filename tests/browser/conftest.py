"""One Chromium per test process; pages that fail a test by themselves where something leaks."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser import chromium, rounds

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
OURSELVES = ("127.0.0.1", "localhost", "[::1]")
# Dates and numbers look the same on every machine.
ANYWHERE = {"locale": "en-US", "timezone_id": "UTC"}
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 360, "height": 740}

VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", e =>
  window.__violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""


class Chromium:
    """A Chromium without a window, and the event loop that playwright drives it by.

    Playwright leaves its loop marked as the running one of the thread, and no other test could
    start one: it is marked so only while a page is looked at (``with chromium:``).
    """

    def __init__(self, running: Any) -> None:
        self.running = running
        self.loop = asyncio._get_running_loop()

    def __enter__(self) -> Any:
        asyncio._set_running_loop(self.loop)
        return self.running

    def __exit__(self, *_: object) -> None:
        asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """One for all tests of a process; skips where the machine has none."""
    path = chromium.find()
    if path is None:
        pytest.skip(chromium.MISSING)
    from playwright.sync_api import sync_playwright

    started = sync_playwright().start()
    chrome = Chromium(started.chromium.launch(executable_path=path, args=list(ARGUMENTS)))
    with chrome:
        pass
    yield chrome
    with chrome as running:
        running.close()
        started.stop()


class Watch:
    """What a page must not do, written down while it does it."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def over(self, context: Any) -> None:
        """Watch every page of ``context``; requests that leave the machine are stopped."""
        context.route("**/*", self._request)
        context.on("page", self._page)

    def expected(self, *words: str) -> None:
        """Forgive what says so; it must have been said."""
        for word in words:
            assert any(word in wrong for wrong in self.wrong), (word, self.wrong)
        self.possible(*words)

    def possible(self, *words: str) -> None:
        """Forgive what says so, if anything does: it depends on who is quicker."""
        self.wrong = [one for one in self.wrong if not any(word in one for word in words)]

    def _request(self, route: Any) -> None:
        request = route.request
        parts = urlsplit(request.url)
        own = parts.scheme in ("data", "about", "blob") or (
            # A file may open itself, and nothing beside it.
            request.is_navigation_request()
            if parts.scheme == "file"
            else parts.scheme == "http" and parts.netloc.rpartition(":")[0] in OURSELVES
        )
        if own:
            route.continue_()
        else:
            self.wrong.append(f"request to {request.url[:200]}")
            route.abort()

    def _page(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.wrong.append(f"error on the page: {error}"))
        page.on("dialog", self._dialog)
        page.on("console", self._console)
        page.on("crash", lambda _: self.wrong.append("the page crashed"))

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")


@pytest.fixture
def watch() -> Watch:
    """The list of what went wrong; a test that expects a refusal takes it off the list."""
    return Watch()


@pytest.fixture
def visit(browser: Chromium, watch: Watch) -> Iterator[Callable[..., Any]]:
    """``visit(path_or_url, **context)``: a page of its own context, watched to the end.

    ``context`` takes what playwright's ``new_context`` takes: ``color_scheme="dark"``,
    ``viewport=PHONE``, ``reduced_motion="reduce"``, ``java_script_enabled=False``.
    """
    contexts = []

    def go(place: Path | str, **context: Any) -> Any:
        opened = running.new_context(**{"viewport": WIDE} | ANYWHERE | context)
        contexts.append(opened)
        opened.set_default_timeout(20_000)
        watch.over(opened)
        opened.add_init_script(VIOLATIONS)
        page = opened.new_page()
        page.goto(place.as_uri() if isinstance(place, Path) else place)
        return page

    with browser as running:
        yield go
        for context in contexts:
            for page in context.pages:
                watch.wrong += page.evaluate("window.__violations || []")
            context.close()
    assert watch.wrong == []


@pytest.fixture(scope="session")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``audits("sample")``: the directory of one of the audits in ``rounds.py``.

    Each is made once for all test processes: the first that asks makes it, the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "audits"
    shared.mkdir(exist_ok=True)

    def made(name: str) -> Path:
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (shared / name).exists():
                rounds.AUDITS[name](shared / name, made)
        return shared / name

    return made
