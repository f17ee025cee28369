"""The guideline meeting in Chromium, with the command's own process behind it."""

import os
import re
import shlex
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from labelq.report.text import visible
from tests.browser.conftest import PHONE
from tests.browser.looking import foreign, headings, open_everything, tabbing, too_wide, violations
from tests.hostile import CORPUS

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
BY_HAND = """version: 1
# Kept as it is: by hand.
decisions:
  - id: complaints   # of last week
    question: category
    labels: [Complaint, Product question]
    outcome: label
    label: Complaint
    scope: {words: [furious]}
"""


class Held:
    """One ``labelq review`` at a desk of its own: a guideline, and what it writes beside it."""

    def __init__(self, audit, desk):
        self.audit, self.desk, self.port, self.process = audit, desk, None, None
        desk.mkdir(exist_ok=True)
        self.guideline = desk / "guideline.md"
        self.guideline.write_bytes((audit / "guideline.md").read_bytes())
        self.decisions, self.minutes = desk / "decisions.yaml", desk / "minutes.md"

    def start(self, *more):
        """Start it, on the port of the last time; the address that it prints."""
        told = ["--no-browser", "--no-ballots", "--guideline", "guideline.md", *more]
        if self.port is not None:
            told += ["--port", self.port]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "labelq", "review", str(self.audit), *told],
            cwd=self.desk,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.fullmatch(r"The meeting: (http://127\.0\.0\.1:(\d+)/\?token=\S+)\n", line)
        if found is None:
            line += self.process.stdout.read()
            self.kill()
            raise AssertionError(line)
        self.port = found[2]
        return found[1]

    def kill(self):
        """No time for anything: what is not written is lost."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate()


@pytest.fixture
def held(audits, tmp_path):
    one = Held(audits("sample"), tmp_path / "desk")
    yield one
    one.kill()


@pytest.fixture(scope="module")
def looked_at(audits, tmp_path_factory):
    """The addresses of two meetings that tests look at: the sample's, and the hostile round's."""
    all_held = {
        name: Held(audits(name), tmp_path_factory.mktemp("looked_at") / name)
        for name in ("sample", "hostile")
    }
    started = {}

    def address(name):
        if name not in started:
            started[name] = all_held[name].start()
        return all_held[name], started[name]

    yield address
    for one in all_held.values():
        one.kill()


def tab_to(page, selector):
    """Press the tab key until it is there, as somebody does who has no mouse."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the tab key does not reach {selector}")


def said(page, selector, words):
    """Wait until something says so; what it says then."""
    page.locator(selector).filter(has_text=re.compile(words)).wait_for()
    return page.locator(selector).inner_text()


def press(page, key, address):
    """Press a key that leads to another page."""
    with page.expect_navigation(url=re.compile(address)):
        page.keyboard.press(key)


NOT_LET_IN = ("403 (Forbidden)", "Response Status Error Code 403")
"""What an open page is told by a new server before the new address is opened."""


def test_a_meeting_from_the_agenda_to_the_minutes_by_keyboard_and_through_a_kill(
    held, visit, watch
):
    held.decisions.write_text(BY_HAND, "utf-8")
    page = visit(held.start())
    assert page.url == f"http://127.0.0.1:{held.port}/"  # without its token
    assert page.locator("#agenda .item").count() == 2
    assert "2 still open" in page.locator(".go").inner_text()
    tab_to(page, "#start")
    press(page, "Enter", "/cluster/category-1$")

    # first the people, then what they said before
    first = page.locator("#first-votes li").first
    assert first.is_hidden()
    for phase, votes in (("before", "43"), ("after", "61")):
        tab_to(page, f"#hands-{phase} input[type=text]")
        for typed in votes:
            page.keyboard.type(typed)
            page.keyboard.press("Tab")
        said(page, f"#hands-{phase} .agreement", "7 votes")
    assert first.is_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    assert first.is_visible()
    assert re.search(r"(Damaged item|Shipping) \d", first.inner_text())

    # what a decision would do
    page.keyboard.press("d")
    page.keyboard.press("Space")
    said(page, "#effect", r"Contradicts \d+ of \d+ annotations on \d+ tasks")
    assert re.search(r"takes about \d+\s(min|h)", page.locator("#effect").inner_text())
    page.locator("#drawn summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#drawn li:visible").count() == 10
    page.locator("#decide [name=choice]:checked").focus()
    tab_to(page, "#rule")
    page.keyboard.press("Control+a")
    page.keyboard.type("What the courier broke is damaged, and nothing else. vnpdu?")
    said(page, "#diff", "What the courier broke is damaged, and nothing else. vnpdu")
    assert held.decisions.read_text("utf-8") == BY_HAND  # a look writes nothing

    # decided, taken back, decided
    press(page, "Control+Enter", "said=decided")
    assert "vnpdu?" in held.decisions.read_text("utf-8")
    assert page.locator("#said").inner_text().startswith("Written down.")
    press(page, "u", "said=undone")
    assert held.decisions.read_text("utf-8") == BY_HAND
    page.keyboard.press("d")
    page.keyboard.press("ArrowDown")
    said(page, "#effect", "Contradicts")
    press(page, "Control+Enter", "said=decided")
    written = held.decisions.read_text("utf-8")
    assert written.startswith(BY_HAND)
    assert "label: Damaged item" in written
    press(page, "n", "/cluster/category-2$")

    # killed while somebody types, and edited by hand before it is back
    page.keyboard.press("d")
    tab_to(page, "#rule")
    page.keyboard.press("Control+a")
    page.keyboard.type("Half a ru")
    page.wait_for_load_state("networkidle")
    held.kill()
    page.keyboard.type("le")
    page.locator("body.away").wait_for()
    edited = written.replace(
        "labels: [Complaint, ", "rule: Said by hand.\n    labels: [Complaint, "
    )
    edited = re.sub(r"(label: Damaged item\n)", r"\1    who: [Mia]\n", edited)
    held.decisions.write_text(edited, "utf-8")
    page.goto("about:blank")  # which asks nobody
    page.goto(held.start())
    watch.expected("ERR_CONNECTION_REFUSED", "htmx:sendError", "htmx:afterRequest")
    watch.possible(*NOT_LET_IN)
    assert "1 still open" in page.locator(".go").inner_text()
    page.get_by_role("link", name="Go on").press("Enter")
    page.wait_for_url(re.compile("/cluster/category-2$"))
    assert page.locator("#rule").input_value() == "Half a rule"
    page.keyboard.press("d")
    page.keyboard.press("Space")
    press(page, "Control+Enter", "said=decided")
    assert held.decisions.read_text("utf-8").startswith(edited)

    # to the end
    press(page, "n", "/after$")
    assert page.locator("#decided > li").count() == 2
    assert page.locator("#left").count() == 0
    shown = page.locator("main").inner_text()
    assert "Said by hand." in shown
    assert "by Mia" in shown
    assert "Half a rule" in shown
    minutes = held.minutes.read_text("utf-8")
    for words in ("**Decided**: `Damaged item`", "cannot tell 0. 7 votes", "> Half a rule"):
        assert words in minutes
    command = shlex.split(page.locator("#command").inner_text())
    done = subprocess.run(
        [sys.executable, "-m", *command, "--dry-run", "--no-push"],
        cwd=held.desk,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Damaged item" in done.stdout


def test_an_open_page_outlives_its_server(held, visit, watch):
    page = visit(held.start())
    press(page, "n", "/cluster/category-1$")
    press(page, "Control+Enter", "/decide$")  # nothing chosen: said where it is chosen
    assert page.evaluate("document.activeElement.id") == "error"
    watch.expected("422 (Unprocessable")
    page.keyboard.press("h")
    page.keyboard.type("abc")
    assert "“abc” for" in said(page, "#kept-before", "whole numbers")
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    said(page, "#kept-before", "2 votes")
    held.kill()
    page.locator("[name=choice][value=label-0]").check()
    page.locator("#rule").fill("Typed to nobody.")
    page.keyboard.press("Control+Enter")
    page.locator("#away-gone").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.locator("#away-gone").bounding_box()["y"] == 0  # wherever one has scrolled to
    address = held.start()
    page.locator("#away-anew").wait_for()
    page.context.new_page().goto(address)
    page.locator("body:not(.away)").wait_for()
    assert page.locator("#rule").input_value() == "Typed to nobody."
    press(page, "Control+Enter", "said=decided")
    assert "Typed to nobody." in held.decisions.read_text("utf-8")
    press(page, "u", "said=undone")
    assert page.locator("#rule").input_value() == "Typed to nobody."
    watch.expected("ERR_CONNECTION_REFUSED", "htmx:sendError", "htmx:afterRequest")
    watch.possible(*NOT_LET_IN)


def test_two_tabs_lose_nothing_and_see_each_other(looked_at, visit, watch):
    held, address = looked_at("sample")
    mine = visit(address)
    at = f"http://127.0.0.1:{held.port}/cluster/category-2"
    mine.goto(at)
    theirs = mine.context.new_page()
    theirs.goto(at)
    for page, choice, rule in ((theirs, "label-0", "Theirs."), (mine, "label-1", "Mine.")):
        page.locator(f"[name=choice][value={choice}]").check()
        page.locator("#rule").fill(rule)
        page.locator("#decide-button").click()
    mine.locator("#theirs").wait_for()
    assert "decided otherwise meanwhile" in mine.locator("#error").inner_text()
    assert "Theirs." in mine.locator("#theirs").inner_text()
    assert mine.locator("#rule").input_value() == "Mine."
    assert "Theirs." in held.decisions.read_text("utf-8")
    assert violations(mine, ".page, #decision") == []
    press(mine, "Control+Enter", "said=decided")
    assert "Mine." in held.decisions.read_text("utf-8")
    theirs.reload()
    assert theirs.locator("#rule").input_value() == "Mine."
    # Another browser is let in by the printed address only.
    other = visit("about:blank")
    other.goto(at)
    assert "Open the address that the terminal shows" in other.inner_text("body")
    watch.expected("409 (Conflict)", "403 (Forbidden)")


def pages_of(address, page):
    """Every page of a meeting, one after the other, with everything on it open."""
    page.goto(address)
    yield page
    page.locator("#start").click()
    page.locator("[name=choice][value=label-0]").check()
    page.locator("#diff").wait_for()
    open_everything(page)
    yield page
    page.goto(page.url.partition("/cluster")[0] + "/after")
    yield page


CONTRAST = ("color-contrast", "link-in-text-block")
SIZES = ("color-contrast", "target-size", "scrollable-region-focusable")


@pytest.mark.parametrize(
    ("name", "context", "only"),
    [
        ("sample", {}, ()),
        ("sample", {"color_scheme": "dark"}, CONTRAST),
        ("sample", {"viewport": PHONE}, SIZES),
        ("hostile", {"viewport": PHONE}, SIZES),
    ],
    ids=["light", "dark", "phone", "hostile phone"],
)
def test_every_page_is_readable_by_everybody(looked_at, visit, name, context, only):
    _, address = looked_at(name)
    page = visit("about:blank", **context)
    for shown in pages_of(address, page):
        assert violations(shown, only=only) == []
        assert too_wide(shown) == []
        levels = headings(shown)
        assert levels[0] == 1
        assert all(below <= above + 1 for above, below in pairwise(levels)), levels
        if not context:
            shown.reload()  # what was chosen is still chosen
            open_everything(shown)
            assert tabbing(shown) == ([], [])


FORMS = (
    *("link", "form", "fieldset", "legend", "select", "option", "textarea", "dialog", "noscript"),
)
OWN_LINKS = ("/cluster/", "/static/", "/after", "/undo", "data:,")


def test_hostile_words_stay_text_in_a_meeting(looked_at, visit):
    held, address = looked_at("hostile")
    page = visit("about:blank")

    def inert():
        open_everything(page)
        assert foreign(page, OWN_LINKS, FORMS) == []
        assert page.locator("script").evaluate_all("all => all.map(s => s.textContent)") == ["", ""]
        assert page.locator("h1").evaluate("h => getComputedStyle(h).position") == "static"
        shown = page.evaluate("document.documentElement.textContent")
        assert not set(shown) & set("\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b")
        return "".join(shown.split())

    for _ in pages_of(address, page):
        inert()
    page.goto(address)
    page.locator("#start").click()
    few = [text[:90].encode("utf-8", "replace").decode() for text in CORPUS.values()]
    rule = " / ".join(few)[:4900]
    page.locator("[name=choice][value=label-1]").check()
    page.locator("#rule").fill(rule)
    page.locator("[name=who]").fill(CORPUS["handler"])
    # What is kept is said for a while only: one wait for each, right after what it waits for.
    page.locator("#diff", has_text="evil.example").wait_for(timeout=60_000)
    page.locator("#minority").fill(rule)
    page.locator("#kept-words", has_text="Kept.").wait_for(timeout=60_000)
    inert()
    page.locator("#rule").press("Control+Enter")
    page.wait_for_url(re.compile("said=decided"), timeout=60_000)
    inert()
    page.goto(page.url.partition("/cluster")[0] + "/after")
    seen = inert()
    assert "".join(visible(CORPUS["svg"][:80]).split()) in seen
    assert "`touch" in held.minutes.read_text("utf-8")
