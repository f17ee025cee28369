"""The pages hold nothing that data brought but text, and no name but the private one."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labelq.report
from labelq.remedy.acts import Draft
from labelq.report.beside import beside
from labelq.report.html import private_annotators_html, report_html, rules_html

ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "section", "article"),
    *("nav", "footer", "div", "span", "p", "br", "a", "h1", "h2", "h3", "h4", "em", "code", "pre"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    *(
        "strong",
        "h5",
        "h6",
        "figure",
        "figcaption",
        "details",
        "summary",
        "blockquote",
        "mark",
        "bdi",
    ),
    *("svg", "g", "path", "text", "rect", "script"),
    *("line", "circle", "del", "ins", "img"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "href", "dir", "scope"),
    *("colspan", "start", "tabindex", "role", "style", "open", "aria-label", "aria-labelledby"),
    *("x1", "x2", "y1", "y2", "cx", "cy", "r", "data-value"),
    *("aria-hidden", "viewbox", "d", "x", "y", "transform", "width", "height"),
    *("preserveaspectratio", "data-value", "src", "alt", "rel"),
}
VOID = {"meta", "br", "img"}


TEMPLATES = Path(labelq.report.__file__).parent / "templates"


class Page(HTMLParser):
    """Elements, attributes, texts; fails on anything that is not closed in order."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self.attributes, self.texts, self.stack = [], [], [], []
        self.scripts = []
        self.feed(markup)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack[-1:] == ["script"]:
            self.scripts.append(data)
        elif self.stack[-1:] != ["style"]:
            self.texts.append(data)

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_comment

    @property
    def text(self):
        return "".join(self.texts)

    def ids(self):
        return [value for _, name, value in self.attributes if name == "id"]


@pytest.fixture(scope="module")
def markup(audit):
    return report_html(audit)


@pytest.fixture(scope="module")
def page(markup):
    return Page(markup)


def inert(page):
    assert set(page.elements) <= ELEMENTS
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    for tag, name, value in page.attributes:
        if name == "href":
            assert re.fullmatch(r"#[a-z0-9-]+", value), value
        if name in ("id", "class"):
            assert re.fullmatch(r"[A-Za-z0-9 -]+", value), value
        if name == "style":
            assert tag in ("svg", "path", "text", "g", "rect")
            assert "url(" not in value
    charts = page.attributes.count(("svg", "role", "img"))
    assert page.elements.count("style") == page.elements.count("title") - charts


def test_nothing_but_text_comes_from_data(page):
    inert(page)
    for hostile in (
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "onerror=alert(2)",
        "\\u202egnp.exe",
        "\\x1b[31mred",
        "\\ud800",
        "</style></title>",
        "javascript:alert(1)",
    ):
        assert hostile in page.text
    assert not set(page.text) & set("\x1b\u202e\u2068\u2069\ud800\x00")


def test_no_request_leaves_the_file(markup, page):
    outside = [v for _, _, v in page.attributes if v and re.search(r"https?:|//|url\(", v)]
    # Labels may hold anything, in text alternatives too: those are read aloud, not fetched.
    assert outside == []
    style = re.search("<style>(.*?)</style>", markup, re.DOTALL).group(1)
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in markup


def test_the_only_script_is_ours_and_no_other_may_run(markup, page, audit):
    (script,) = page.scripts
    assert script == (TEMPLATES / "_tables.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall('"Content-Security-Policy" content="([^"]*)"', markup)
    assert re.findall("script-src ([^;]*);", policy) == [f"'sha256-{digest}'"]
    for other in (private_annotators_html(audit), rules_html(audit)):
        assert Page(other).scripts == []
        assert "script-src" not in other
    assert not re.search(
        "innerHTML|outerHTML|insertAdjacent|eval|Function|setAttribute.*on", script
    )
    assert len(script.splitlines()) < 125


def test_anchors_are_distinct_and_every_link_finds_its_place(page):
    ids = page.ids()
    assert len(ids) == len(set(ids))
    links = {value[1:] for _, name, value in page.attributes if name == "href"}
    assert links <= set(ids)
    sections = "agreement label-pairs clusters edge-cases annotators queue guideline data method"
    assert set(sections.split()) <= set(ids)
    assert {"cluster-category-1", "question-urgency"} <= set(ids)


def test_the_first_screen_answers(page):
    said = " ".join(page.text.split())
    first = said[: said.index("How far people agree")]
    for words in (
        "In part. Annotators agree enough on urgency to train on it",
        "All annotators agreed on 104 of 212 tasks",
        "14 were last edited by somebody else",
        "41 were begun from a prediction",
        "--map-label 'category:Refunds<script>=NEW'",
        "The text is taken from the field",
        "Likely gap in the guideline",
        "14 tasks for another person",
        "labelq audit next_round.json",
    ):
        assert words in first


def test_three_findings_and_four_steps_stand_on_the_first_screen(audit, markup):
    first = markup[: markup.index('id="contents"')]
    findings, steps = re.findall(r'<ol class="(findings|steps)">(.*?)</ol>', first, re.DOTALL)
    assert (findings[0], findings[1].count("<li>")) == ("findings", 3)
    assert (steps[0], steps[1].count("<li>")) == ("steps", 4)
    later = re.findall(r'<ol class="(findings|steps)" start="(\d)">', first)
    assert later == [("findings", "4"), ("steps", "5")]


def test_the_contents_name_every_section_in_its_order(markup):
    contents = markup[markup.index('<nav class="contents"') :].partition("</nav>")[0]
    links = re.findall(r'href="#([a-z-]+)"', contents)
    assert re.findall(r'<section id="(?!question)([a-z-]+)"', markup) == links


def test_the_range_for_a_model_stands_beside_the_verdict(audit, ceiling):
    row = ceiling(question="category", commonest="Refund")
    text = " ".join(Page(report_html(replace(audit, ceilings=(row,)))).text.split())
    assert "85 % a perfect model scores" in text
    assert "24 % always Refund" in text


def test_a_megabyte_without_a_space_does_not_make_a_megabyte_page(markup):
    assert len(markup) < 200_000


def test_names_stand_on_the_private_page_only(audit, markup):
    known = [(r.name, r.id) for r in audit.round.raters]
    for name, address in known:
        assert address not in markup
        assert name not in Page(markup).text
        assert address not in rules_html(audit)
    private = Page(private_annotators_html(audit))
    inert(private)
    for name, address in known:
        assert name in private.text
        assert address in private.text
    assert "Alma Brandt" in Page(report_html(audit, names=True)).text


def test_rules_are_ready_to_paste(audit):
    page = Page(rules_html(audit))
    inert(page)
    assert audit.draft.rules[0].text in page.text
    assert "under the heading “Refund <h1>”" in page.text


def test_rules_are_rendered_and_nothing_in_them_is_markup(audit):
    text = (
        "#### When <b>\\*this\\*</b>\n\n- **UNDECIDED**: a or b?\n- عربي [x](javascript:alert(1)) "
        "![y](https://evil.example) <https://evil.example> https://evil.example\n\n<img src=x>\n"
    )
    rule = replace(audit.draft.rules[0], text=text)
    page = Page(rules_html(replace(audit, draft=replace(audit.draft, rules=(rule,)))))
    inert(page)
    assert {"h4", "ul", "li", "strong", "pre"} <= set(page.elements)
    assert "When <b>*this*</b>" in page.text
    assert "[x](javascript:alert(1))" in page.text


def test_many_questions_come_as_a_list_with_the_words_one_click_below(audit):
    assert "Each verdict in words" not in Page(report_html(audit)).text
    questions = [replace(audit.round.questions[0], name=f"q{i}") for i in range(6)]
    ratings = {q.name: audit.round.ratings["category"] for q in questions}
    source = replace(
        audit.round,
        questions=(*questions, *audit.round.questions),
        ratings={**audit.round.ratings, **ratings},
    )
    verdicts = tuple(replace(audit.verdicts[0], question=q.name) for q in questions)
    page = Page(report_html(replace(audit, round=source, verdicts=(*verdicts, audit.verdicts[2]))))
    inert(page)
    said = " ".join(page.text.split())
    assert said.index("topics ○ unreliable") < said.index("q0 ? cannot tell")
    assert said.index("Each verdict in words") < said.index("What matters most")
    assert len(page.ids()) == len(set(page.ids()))


def test_squared_distances_stand_as_a_share_of_expected(audit):
    row = replace(audit.verdicts[1].headline, observed=42_296.1, expected=91_230.4)
    assert row.level == "ordinal"
    text = Page(report_html(replace(audit, agreements=(row,)))).text
    assert "observed disagreement 42,296, expected 91,230" in text
    assert ".46" in text


def test_a_behaviour_that_is_no_matter_of_the_question_is_told_once(audit):
    again = replace(audit.raters[3], question="topics")
    text = Page(report_html(replace(audit, clusters=(), raters=(*audit.raters, again)))).text
    below = text[text.index("count against nobody") :]
    assert below.count("takes 13\u00a0%") == 1
    assert below.count("from the others in 31\u00a0%") == 2


def test_the_same_audit_gives_the_same_page(audit, markup):
    assert report_html(audit) == markup


def test_an_audit_with_nothing_in_it(audit):
    empty = replace(
        audit,
        agreements=(),
        verdicts=(),
        consensus={},
        label_pairs=(),
        clusters=(),
        edge_cases=(),
        raters=(),
        influences=(),
        agendas=(),
        label_schemes=(),
        queue=(),
        tasks=(),
        gates=(),
        options={},
        draft=Draft("draft.md", None, "", ""),
    )
    page = Page(report_html(empty))
    inert(page)
    assert "There is no question in this round that can be measured." in page.text
    assert "No rule is proposed." in Page(rules_html(empty)).text


NASTY = st.text(max_size=30) | st.sampled_from(
    ["<svg/onload=x>", "&lt;b&gt;", "\"'>", "]]>", "<!--", "{%", "$\\frac{", "\u2069<b>", "a\rb"]
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(NASTY, NASTY, NASTY)
def test_whatever_the_labels_and_texts_are(audit, label, text, name):
    source = audit.round
    values = (label, *source.ratings["category"].values[1:])
    nasty = replace(
        source,
        name=name,
        units=replace(source.units, text=(text,) * len(source.units)),
        ratings={**source.ratings, "category": replace(source.ratings["category"], values=values)},
    )
    cluster = replace(audit.clusters[0], id=name, labels=(label, "b"), words=(text, name))
    pair = replace(audit.label_pairs[0], labels=(label, "b\u202e"))
    inert(Page(report_html(replace(audit, round=nasty, clusters=(cluster,), label_pairs=(pair,)))))


def test_the_method_says_what_the_audit_was_made_from(audit):
    manifest = {
        "inputs": {"source": {"name": "<b>round</b>.json", "sha256": "0123456789abcdef" * 4}},
        "versions": {"labelq": "0.1.0", "numpy": "2.2.6"},
    }
    read = Page(report_html(audit, beside=beside(manifest)))
    said = " ".join(read.text.split())
    assert "source <b>round</b>.json (SHA-256 0123456789ab…)" in said
    assert "labelq 0.1.0, numpy 2.2.6" in said
    for hostile in ({"inputs": [1], "versions": "x"}, {"inputs": {"source": 3}}, {}):
        assert "Made from" not in report_html(audit, beside=beside(hostile))
