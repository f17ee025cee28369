"""The page for one annotator: fair, about nobody else, and inert whatever the data hold."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest

from labelq.measure.raters.estimates import Estimate
from labelq.pinpoint.findings import Camp, Cause
from labelq.pinpoint.rater_findings import Flag, RaterStatistics
from labelq.remedy.decisions import Decision, Scope
from labelq.remedy.feedback import KINDS, Case
from labelq.remedy.guideline import TaskLinks
from labelq.report import yours
from labelq.report.beside import NOTHING, Beside
from labelq.report.feedback import casebook, feedback_html, feedback_markdown, feedback_page
from labelq.report.feedback_cases import sentences
from labelq.report.pictures import Picture
from labelq.report.text import plain
from tests.report.test_pages import ATTRIBUTES, Page, inert

LINKS = Beside(TaskLinks("https://studio.example", 7))


def pages(audit, code, beside=NOTHING):
    feedback = casebook(audit).of(code)
    return feedback_html(audit, feedback, beside), feedback_markdown(audit, feedback, beside)


@pytest.fixture(scope="module")
def told(audit):
    """The audit with something of every kind: gold, a reviewer's decisions, a rule."""
    source = audit.round
    n = len(source.units)
    gold = np.where(np.arange(n) % 3 == 0, 2, -1).astype(np.int32)
    decision = Decision(
        "money-back",
        "category",
        ("Refund", "Cancel"),
        "label",
        Scope(words=("money", "refund", "parcel")),
        "Refund",
        rule="Money back is <b>Refund</b>. <script>alert(7)</script>",
        who=("Hidden Chair",),
        when=dt.date(2026, 3, 20),
    )
    round_ = replace(
        source, gold={"category": gold}, adjudicated={"category": {1: "Delivery", 5: "Cancel"}}
    )
    return replace(audit, round=round_, decisions=(decision,), decided={})


@pytest.mark.parametrize("code", range(5))
def test_nothing_but_text_comes_from_data(told, code):
    markup, _ = pages(told, code)
    page = Page(markup)
    inert(page)
    assert not set(page.text) & set("\x1b\u202e\u2068\u2069\ud800\x00")
    assert "<script" not in markup
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in markup
    ids = page.ids()
    assert len(ids) == len(set(ids))
    assert {v[1:] for _, name, v in page.attributes if name == "href"} <= set(ids)


def test_links_lead_to_the_tasks_and_nowhere_else(told):
    page = Page(pages(told, 0, LINKS)[0])
    links = [v for _, name, v in page.attributes if name == "href" and not v.startswith("#")]
    assert links
    address = r"https://studio\.example/projects/7/data\?task=1\d{3}"
    assert all(re.fullmatch(address, link) for link in links)
    assert {name for _, name, _ in page.attributes} <= {*ATTRIBUTES, "rel"}


def test_a_picture_or_the_reason_stands_where_a_text_would(told):
    units = replace(told.round.units, text=(None,) * len(told.round.units))
    audit = replace(told, round=replace(told.round, units=units))
    plain_page, plain_md = pages(audit, 0)
    assert "<em>no text</em>" in plain_page
    assert ": no text. " in plain_md
    uri = "data:image/jpeg;base64,AAAA"
    shown = {one: Picture(uri) for one in units.ids[::2]}
    missing = {one: Picture(reason="the server says <b>403") for one in units.ids[1::2]}
    page, md = pages(audit, 0, Beside(pictures={**shown, **missing}))
    assert f'<img class="thumb" src="{uri}" alt="Picture of task 1' in page
    assert "No picture here: <bdi>the server says &lt;b&gt;403</bdi>" in page
    assert "no text" not in page
    assert ": a picture. " in md
    assert ": no picture here (`the server says <b>403`). " in md


def named_apart(audit):
    """The audit with people whose name, id and letter no other text can hold by chance."""
    raters = tuple(
        replace(rater, id=f"idzq{i}@zq.example", name=f"Namezq{i} Zq", letter=f"ZQ{i}")
        for i, rater in enumerate(audit.round.raters)
    )
    return replace(audit, round=replace(audit.round, raters=raters))


@pytest.mark.parametrize("code", range(5))
def test_nobody_else_is_on_the_page(told, code):
    audit = named_apart(told)
    left_out = [replace(r, left_out={f.kind: (2,) for f in r.flags}) for r in audit.raters]
    audit = replace(audit, raters=tuple(left_out))
    for shown in pages(audit, code, LINKS):
        tokens = set(re.findall(r"(?:idzq|Namezq|ZQ)\d", shown))
        assert tokens == {f"Namezq{code}"}
        assert "Hidden Chair" not in shown


def test_something_written_or_known_stands_behind_the_first_section_only(told):
    page = feedback_page(told, casebook(told).of(0))
    known, others, not_you = page.groups
    wrong = re.compile("rule says|known answer is|reviewer decided")
    assert known.n
    for part in known.parts:
        for card in part.cards:
            assert all(wrong.search(one.said) for one in card.said)
    for part in (*others.parts, *not_you.parts):
        if "known answer" not in part.title:
            assert not any(wrong.search(one.said) for card in part.cards for one in card.said)
    assert re.search(r"\b(?:wrong|mistakes?|errors?)\b", plain(others.lead)).group() == "error"
    assert "not an error" in others.lead


def case(kind, **more):
    base = Case("q", 0, kind, "Refund", "Billing", 0, (("Billing", 3),))
    return " ".join(plain(one) for one in sentences(replace(base, **more)))


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        (
            "others",
            {"on_agenda": True},
            "Three others answered Billing. It is on the agenda of the next guideline meeting.",
        ),
        (
            "gap",
            {"on_agenda": True, "others": (("Billing", 2), ("Other", 1)), "alike": 1},
            (
                "Two others answered Billing, one answered Other, one as you did. The guideline is"
                " silent. It is on the agenda of the next guideline meeting."
            ),
        ),
        ("gold", {"others": ()}, "The known answer is Billing. Nobody else answered it."),
        (
            "doubted",
            {"others": (), "alike": 3},
            "The known answer is Billing. Three others answered as you did.",
        ),
        (
            "rule",
            {"resembles": True, "others": (("Billing", 1),)},
            (
                "The rule says Billing. It was decided on other tasks, which this one resembles."
                " One other answered Billing."
            ),
        ),
        ("adjudicated", {}, "The reviewer decided Billing. Three others answered Billing."),
        (
            "others",
            {"between": ("1", "2.5"), "others": (("1", 2), ("2.5", 12))},
            "14 others answered between “1” and “2.5”.",
        ),
        (
            "split",
            {"others": tuple((f"l{i}", 1) for i in range(6))},
            (
                "One other answered l0, one answered l1, one answered l2, one answered l3,"
                " two something else."
            ),
        ),
    ],
)
def test_what_is_said_of_a_task(kind, more, said):
    assert case(kind, **more) == f"You answered Refund. {said}"


def test_what_is_said_of_a_label_of_a_multiple_choice():
    ticked = {"answer": "x", "tick": "x", "says": "without x", "others": (("without x", 2),)}
    assert case("gold", **ticked) == (
        "You chose x. The known answer leaves it out. Two others left it out."
    )
    left = {"answer": "without x", "tick": "x", "says": "x", "others": (("x", 2),), "alike": 1}
    assert case("gold", **left) == (
        "You left out x. The known answer has it. Two others chose it, one as you did."
    )


def test_a_rule_that_came_later_is_held_against_nobody(told):
    ratings = told.round.ratings["category"]
    for day, said in (
        ("2026-03-01", "You answered before this was decided: nobody could know it then."),
        ("2026-04-01", "The rule was there when you answered."),
    ):
        at = np.full(len(ratings), day, "datetime64[s]")
        dated = {**told.round.ratings, "category": replace(ratings, submitted=at)}
        audit = replace(told, round=replace(told.round, ratings=dated))
        shown = " ".join(text for code in range(5) for text in pages(audit, code))
        assert said in shown
        since = "Decided since, on" if day < "2026-03-20" else "Decided on"
        assert f"{since} 20 March 2026: " in shown


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        (
            Flag("fast", 0.13, 1.0, 112, 120),
            (
                "Per task you took 4 s in the middle, 13 % of the usual time for the same tasks "
                "(less than usual on 112 of 120)."
            ),
        ),
        (
            Flag("differs", 0.31, 0.12, 25, 80),
            (
                "Your answers differ from the others’ in 31 % of comparisons; theirs differ from "
                "each other’s in 12 %."
            ),
        ),
        (
            Flag("habit", 0.8, 0.04, 12, 15, 0.01, "Cancel", "Refund"),
            (
                "Where the others say Refund, you answer Cancel: 12 of 15 times; the others do so"
                " 4 % of the time."
            ),
        ),
        (Flag("habit", 0.8, None, 12, 15, 0.01, "Cancel"), "You answer Cancel: 12 of 15 times."),
        (
            Flag("shift", -0.8, None, 12, 15),
            (
                "Your answers are .80 lower than those of most of the others, on average over 15"
                " tasks."
            ),
        ),
        (
            Flag("threshold", -0.1, 0.05, 14, 20, 0.01, "4", "5"),
            (
                "Where most of the others answer “5” or more, you answer “4” or less: 14 of 20 "
                "times; the others do so 5 % of the time."
            ),
        ),
        (
            Flag("label_use", 0.32, 0.12, 40, 125, 0.01, "Other"),
            "You give Other on 32 % of the tasks you share with others; the others on 12 %.",
        ),
        (
            Flag("self", 0.42, 0.18, 10, 24, 0.01),
            (
                "To the same thing you gave different answers 10 of 24 times (42 %); any two "
                "answers to it differ 18 % of the time."
            ),
        ),
        (
            Flag("drift", 0.6, 0.9, 61, 98, 0.01, when="2026-03-02T10:00:00"),
            (
                "From your answer 61 of 98 (2026-03-02) on, you and the others agree on 60 % of "
                "pairs; before, on 90 %."
            ),
        ),
        (Flag("skips", 0.2, 0.03, 12, 60), "You skip 20 % of tasks; the others 3 %."),
    ],
)
def test_a_behaviour_is_told_with_its_evidence(audit, flag, said):
    feedback = casebook(audit).of(0)
    none = Estimate(reason="none")
    statistics = RaterStatistics(*[none] * 6, Estimate(4.0, 3.0, 5.0, 120), none, 0)
    report = replace(
        audit.raters[0], flags=(flag,), statistics=statistics, left_out={"shift": (3,)}
    )
    (pattern,) = yours.patterns(replace(feedback, reports=(report,), habits=()))
    assert plain(pattern.said) == said
    assert pattern.rests.startswith("Chance alone would hardly") == (flag.p_value is not None)


def test_a_habit_is_told_with_what_it_rests_on(audit):
    cause = Cause("rater", (Camp(1, "Cancel", 7, 8),), 1, 0.86, probabilities={"rater": 0.82})
    habit = replace(audit.clusters[1], cause=cause)
    feedback = replace(casebook(audit).of(1), reports=(), habits=(habit,))
    (pattern,) = yours.patterns(feedback)
    assert plain(pattern.said) == (
        "On tasks about “parcel”, “delivered” you mostly answer Cancel: 7 of 8 times."
    )
    assert plain(pattern.rests) == (
        "Without your answers, everybody else agrees on 86 % of these 3 tasks. That this is a"
        " habit, and no missing rule, is likely by 82 % (uncalibrated: learned from simulated"
        " rounds)."
    )


def test_too_little_is_said_and_nothing_found_too(audit):
    feedback = casebook(audit).of(0)
    said = plain(yours.too_little(feedback))
    assert said.startswith("Too little to say about: consistency with oneself (")
    assert "higher or lower" not in said  # no matter of the evidence: labels have no order
    page = feedback_page(audit, replace(feedback, habits=(), reports=()))
    assert page.nothing == yours.NOTHING
    assert page.answer.endswith("Nobody else answered any of them.")
    none = replace(audit.raters[0].statistics, most=Estimate(reason="not_for_numbers"))
    numbers = replace(audit.raters[0], statistics=none, gold_of=0)
    page = feedback_page(audit, replace(feedback, habits=(), reports=(numbers,)))
    assert re.fullmatch(r"You answered \d+ tasks\.", page.answer)
    assert page.rows == []


def test_the_first_lines_say_what_went_well(told):
    markup, text = pages(told, 0)
    said = " ".join(Page(markup).text.split())
    first = said[: said.index("Where a rule or a known answer says otherwise")]
    assert "is the one that most of the others gave on 80 % of tasks." in first
    assert "of your answers the right one was known beforehand;" in first
    assert "A reviewer decided" in first
    assert "usual here is the annotator in the middle" in first
    assert "`category`: the answer of most others on 80 % of tasks" in text


def test_somebody_without_any_case(told):
    feedback = replace(casebook(told).of(0), cases=(), counts={}, standings=(), habits=())
    page = Page(feedback_html(told, feedback))
    inert(page)
    for words in ("None: no rule, no reviewer", "None: you never stood", "None: no task of yours"):
        assert words in page.text


def test_every_kind_of_case_has_its_place(told):
    feedback = casebook(told).of(0)
    base = feedback.cases[0]
    cases = tuple(replace(base, unit=i, kind=kind) for i, kind in enumerate(KINDS))
    ruled = ("rule", "relabeled")
    cases = tuple(replace(c, decision="money-back" if c.kind in ruled else None) for c in cases)
    decisions = {"money-back": told.decisions[0]}
    whole = replace(feedback, cases=cases, counts=dict.fromkeys(KINDS, 1), decisions=decisions)
    groups = feedback_page(told, whole).groups
    assert [group.n for group in groups] == [3, 1, 6]
    shown = [part.title for group in groups for part in group.parts]
    assert len(shown) == len(KINDS)
    assert all(shown)


def test_a_name_may_be_anything(told):
    name = "</title><script>alert(1)</script>\u202e"
    raters = tuple(replace(rater, name=name) for rater in told.round.raters)
    markup, text = pages(replace(told, round=replace(told.round, raters=raters)), 2)
    inert(Page(markup))
    assert "<script" not in markup
    assert "# Feedback for `</title><script>alert(1)</script>\\u202e`" in text
