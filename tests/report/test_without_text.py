"""No page of an audit without texts holds anything that stood in a task."""

import dataclasses
import datetime as dt
import io
import re
from dataclasses import replace

import pytest

from labelq.pinpoint.findings import Apart, EdgeCase
from labelq.remedy.acts import Change, GuidelineVersion
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.remember.findings import ClusterFate, Comparison, Effect, Shift, Surroundings
from labelq.remember.findings import Share as Agreeing
from labelq.report.beside import Beside
from labelq.report.directory import write_audit
from labelq.report.feedback import casebook, feedback_html, feedback_markdown, feedback_page
from labelq.report.html import report_html, rules_html
from labelq.report.markdown import report_markdown
from labelq.report.pictures import Picture
from labelq.report.terminal import print_audit
from labelq.report.without_text import (
    LEFT_OUT,
    SAID,
    SAID_HERE,
    SAID_TO_ONE,
    is_without_text,
    without_text,
)

TOKEN = re.compile("secrettoken[0-9]+")


class Tokens:
    """A word that stands nowhere else, each time."""

    def __init__(self):
        self.n = 0

    def __call__(self, *_):
        self.n += 1
        return f"secrettoken{self.n}"


@pytest.fixture(scope="module")
def protected(audit):
    """An audit in which everything that comes from a task, and nothing else, is a token."""
    token = Tokens()
    units = replace(
        audit.round.units,
        text=tuple(map(token, audit.round.units.text)),
        fields={"note": tuple(map(token, audit.round.units.text))},
    )
    where = (("note", token()),)
    source = replace(
        audit.round, units=units, selection=replace(audit.round.selection, where=where)
    )
    clusters = tuple(
        replace(
            cluster,
            words=() if cluster.remainder else (token(), token()),
            apart=(Apart("note", token(), 1.0, 0.1),),
        )
        for cluster in audit.clusters
    )
    rules = tuple(
        replace(rule, words=(token(),), text=token(), title=token()) for rule in audit.draft.rules
    )
    said = f"## {token()}\n\n{token()}\n"
    draft = replace(
        audit.draft,
        original=said,
        text=said + token(),
        diff=f"--- a\n+++ b\n@@ -1 +1 @@\n+{token()}\n",
        rules=rules,
        log=token(),
        changes=(Change("proposed", token(), token()),),
        used=GuidelineVersion("g.md", 1, "x"),
    )
    scope = Scope(words=(token(),), where={"note": token()})
    evidence = Evidence("r", "category-1", (token(),), 3, 0.2)
    decision = Decision(
        token(),
        "category",
        ("Refund", "Cancel"),
        "label",
        scope,
        "Refund",
        rule=token(),
        when=dt.date(2026, 3, 20),
        evidence=evidence,
    )
    agreeing = Agreeing(4, 0.5, 0.2, 0.8)
    comparison = Comparison(
        "before",
        "id",
        10,
        10,
        4,
        (),
        (ClusterFate("category-1", "before", "category", ("Refund", "Cancel"), (token(),),
                     "gone", 9, 9, (1,)),),
        (Effect(decision.id, "category", "label", ("Refund",), *(agreeing,) * 4, 0.1, 0.0, 0.2,
                0.95, None, "not_shown", None),),
        Surroundings((), (), (), (), (), (), 5,
                     (Shift("field", "note", ((token(), 0.1, 0.4),), 0.3, 0.001),),
                     "same", ("g.md", "g.md")),
    )  # fmt: skip
    cases = (*audit.edge_cases, EdgeCase("category", 2, "near_text", (("Refund", 2),), (4,)))
    found = replace(
        audit,
        round=source,
        clusters=clusters,
        draft=draft,
        tasks=({"data": {"text": token()}},),
        decisions=(decision,),
        decided={"category-2": decision.id},
        comparison=comparison,
        edge_cases=cases,
    )
    assert len(set(TOKEN.findall(everything(found)))) == token.n
    return found


def everything(found):
    return repr({field.name: getattr(found, field.name) for field in dataclasses.fields(found)})


def test_nothing_of_a_task_is_left_in_the_audit(protected):
    assert TOKEN.findall(everything(without_text(protected))) == []
    assert is_without_text(without_text(protected))
    assert not is_without_text(protected)


def printed(found):
    out = io.StringIO()
    print_audit(found, "audits/x", file=out)
    return out.getvalue()


@pytest.mark.parametrize("render", [report_html, report_markdown, rules_html, printed])
def test_no_page_holds_a_text(protected, render):
    assert TOKEN.search(render(protected))
    assert not TOKEN.search(render(without_text(protected)))


def test_the_pages_say_what_is_left_out_and_keep_the_rest(protected):
    hidden = without_text(protected)
    page, rules = report_html(hidden), rules_html(hidden)
    assert SAID in page
    assert SAID in rules
    assert SAID not in report_html(protected)
    assert SAID in report_markdown(hidden)
    assert SAID not in report_markdown(protected)
    assert SAID_HERE in " ".join(printed(hidden).split())
    assert SAID_HERE not in " ".join(printed(protected).split())
    assert f"<em>{LEFT_OUT}</em>" in page
    assert f"“<bdi>{LEFT_OUT}</bdi>”" in page  # a cluster's words: it has a common content
    assert f"<mark>{LEFT_OUT}" not in page
    assert "1008" in page  # which task it is
    assert "decision-1" in page
    assert "The draft quotes tasks" in page


def test_a_directory_without_texts_in_its_pages(protected, tmp_path):
    pictures = {"1008": Picture("data:image/jpeg;base64,AAAA")}
    target = tmp_path / "audit"
    write_audit(protected, target, manifest={}, text=False, pictures=pictures)
    pages = [*target.rglob("*.html"), target / "report.md"]
    assert len(pages) == 4
    for page in pages:
        assert not TOKEN.search(page.read_text("utf-8"))
        assert "data:image" not in page.read_text("utf-8").replace("img-src data:", "")
    for data in ("ratings.csv", "guideline_draft.md", "audit.json"):
        assert TOKEN.search((target / data).read_text("utf-8"))


def test_a_task_without_a_text_stays_one(audit):
    texts = (None, *audit.round.units.text[1:])
    units = replace(audit.round.units, text=texts)
    hidden = without_text(replace(audit, round=replace(audit.round, units=units)))
    assert hidden.round.units.text[:2] == (None, LEFT_OUT)


@pytest.fixture(scope="module")
def told(protected):
    """The audit with a rule that is about tasks by the words in their texts."""
    (rule,) = protected.decisions
    about = replace(rule, scope=Scope(words=tuple(protected.round.units.text)))
    return replace(protected, decisions=(about,), decided={})


PICTURED = Beside(pictures={f"1{i:03}": Picture("data:image/jpeg;base64,AAAA") for i in range(30)})


@pytest.mark.parametrize("render", [feedback_html, feedback_markdown])
def test_no_feedback_page_holds_a_text(told, render):
    book, hidden = casebook(told), without_text(told)
    for code in range(5):
        page = render(hidden, book.of(code), PICTURED)
        assert TOKEN.search(render(told, book.of(code)))
        assert not TOKEN.search(page)
        assert "data:image" not in page
        assert SAID_TO_ONE in page
        assert LEFT_OUT in page
        assert SAID_TO_ONE not in render(told, book.of(code))


def test_a_feedback_page_without_texts_has_the_same_cases(told):
    found = casebook(told).of(1)
    assert found.n("rule")  # known by a text alone
    hidden, full = (feedback_page(shown, found) for shown in (without_text(told), told))
    assert [group.n for group in hidden.groups] == [group.n for group in full.groups]
    shown, seen = (
        [
            (card.id, card.said)
            for group in page.groups
            for part in group.parts
            for card in part.cards
        ]
        for page in (hidden, full)
    )
    assert shown == seen
    assert hidden.rows == full.rows
