import subprocess
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from labelq.report import text

EVERYTHING = st.text(st.characters(), max_size=60) | st.text("\x1b\u202e\u2068\u2069<&`|*\n a")


@given(EVERYTHING)
def test_nothing_unsafe_is_left(data):
    shown = text.visible(data)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in shown if c not in "\n\t")
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    shown.encode("utf-8")


@given(EVERYTHING, EVERYTHING)
def test_data_cannot_leave_its_place_in_a_sentence(first, second):
    sentence = f"{text.mark(first)} or {text.mark(second)}"
    assert sentence.count(text.OPEN) == sentence.count(text.CLOSE) == 2
    assert "\n" not in sentence
    shown = str(text.html(sentence))
    assert shown.count("<") == shown.count(">") == 4  # two bdi, opened and closed


def test_letters_keep_their_marks_and_joiners():
    for whole in ("مُدَرِّسَة", "می‌خواهم", "👩‍👩‍👧", "e\u0301", "\u200fعربي"):
        assert text.visible(whole) == whole


def test_clip_at_words_and_never_inside_a_grapheme():
    assert text.clip("short", 10) == "short"
    assert text.clip("a refund for my order", 14) == "a refund for…"
    assert text.clip("x" * 20, 10) == "x" * 10 + "…"
    assert text.clip("aaaa" + "e\u0301" * 5, 5) == "aaaa…"
    assert text.clip("aaaa👩‍👩‍👧b", 6) == "aaaa…"
    assert text.clip("aa🇵🇱🇩🇪🇫🇷", 5) == "aa🇵🇱…"
    assert text.clip("aaaa👍🏽", 5) == "aaaa…"


def test_a_code_span_holds_whatever_back_ticks_there_are():
    assert text.code_span("plain") == "`plain`"
    assert text.code_span("`") == "`` ` ``"
    assert text.code_span("``a`") == "``` ``a` ```"
    assert text.code_span(" \n ") == "`(empty)`"


def test_media():
    sentence = f"answers {text.mark('<b>')} on 31 % of tasks"
    assert text.plain(sentence) == "answers <b> on 31 % of tasks"
    assert text.markdown(sentence) == "answers `<b>` on 31 % of tasks"
    assert text.html(sentence) == "answers <bdi>&lt;b&gt;</bdi> on 31\u00a0% of tasks"


def test_highlighting_escapes_and_marks_whole_words():
    shown = text.html_highlighted("Back money <b>money</b> moneyed", ["money", "back", "<b>", " "])
    assert shown == (
        "<mark>Back</mark> <mark>money</mark> &lt;b&gt;<mark>money</mark>&lt;/b&gt; moneyed"
    )


def test_anchors_are_distinct_and_ascii():
    found = text.anchors("q", ["a b", "a-b", "عربي", "<script>", "3", ""])
    assert len(set(found.values())) == 6
    assert all(anchor.replace("-", "").isalnum() and anchor.isascii() for anchor in found.values())


def test_the_report_imports_nothing_heavy_before_it_is_asked():
    heavy = "matplotlib jinja2 rich pandas scipy sklearn markupsafe"
    code = (
        "import sys, labelq.report.terminal, labelq.report.directory; "
        f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(EVERYTHING, st.integers(1, 40))
def test_clip_keeps_its_limit(data, limit):
    shown = text.clip(data, limit)
    assert len(shown) <= limit + 1
    assert data.startswith(shown.removesuffix("…"))
