"""Whatever people wrote into tasks, labels, names and guidelines stays text in a browser."""

import re
from html.parser import HTMLParser

import pytest

from labelq.report.text import visible
from tests.browser.looking import foreign, open_everything, scripts
from tests.hostile import CORPUS, LONG_LINE

pytestmark = pytest.mark.browser

AUDITS = ("hostile", "hand_made_0", "hand_made_1", "hand_made_2")
PAGES = ("report.html", "rules.html", "private/annotators.html", "private/feedback-B.html")


@pytest.mark.parametrize("name", AUDITS)
@pytest.mark.parametrize("page_name", PAGES)
def test_nothing_out_of_data_is_more_than_text(visit, audits, name, page_name):
    page = visit(audits(name) / page_name)
    open_everything(page)
    assert foreign(page) == []
    sample = (audits("sample") / page_name).read_text("utf-8")
    assert scripts(page) == re.findall(r"<script[^>]*>(.*?)</script>", sample, re.DOTALL)
    assert page.locator("h1").is_visible()
    assert page.locator("h1").evaluate("h => getComputedStyle(h).position") == "static"
    shown = page.evaluate("document.documentElement.textContent")
    assert not set(shown) & set("\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b")


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.shown = []

    def handle_data(self, data):
        self.shown.append(data)


def test_the_corpus_is_seen(audits):
    read = _Text()
    for name in AUDITS:
        for page_name in PAGES:
            read.feed((audits(name) / page_name).read_text("utf-8"))
    shown = "".join(read.shown)
    folded = "".join(shown.split())
    missing = [
        name for name, text in CORPUS.items() if "".join(visible(text)[:30].split()) not in folded
    ]
    assert missing == []


def test_a_line_of_ten_megabytes_makes_no_large_page(audits):
    assert len(LONG_LINE) == 10_000_000
    assert (audits("hand_made_0") / "report.html").stat().st_size < 1_000_000
