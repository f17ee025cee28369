"""Decided labels: what is one, what it does to a round, what it says about clusters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.errors import SourceError
from labelq.files import csv_safe
from labelq.labels.cells import cell_of
from labelq.labels.model import Question
from labelq.pinpoint.findings import Cause, Cluster
from labelq.remedy.adjudication import (
    Adjudicated,
    applied,
    check,
    content_of,
    decisions_in,
    new_rows,
    tally,
    value_in,
)
from tests.rounds import make_round

ROWS = [
    ("1", "ann", "refund", "money back"),
    ("1", "bo", "cancel", "money back"),
    ("2", "ann", "refund", "stop it"),
    ("2", "bo", "cancel", "stop it"),
    ("3", "ann", "cancel", "no more"),
    ("3", "bo", "cancel", "no more"),
]
ROUND = make_round(ROWS)
TOPICS = Question("topics", "set", "test", ("login", "a, b", "staff"))


def row(unit, label, **more):
    return Adjudicated(unit, "value", label, "Mia", "2026-03-13", "meeting", **more)


def cluster(*units, consensus="refund", labels=("cancel", "refund")):
    return Cluster(
        "value-1", "value", labels, units, ("money",), 0.5, None, Cause("gap"), consensus
    )


@pytest.mark.parametrize(
    ("record", "unit", "label"),
    [
        ({"task": "1", "label": "refund"}, "1", "refund"),
        ({"Task_ID": " 1 ", "Adjudicated": "refund "}, "1", "refund"),
        ({"unit": "1", "decision": "refund", "note": "=1+1"}, "1", "refund"),
        ({"id": 1, "value": "refund"}, "1", "refund"),
    ],
)
def test_people_name_their_columns_as_they_like(record, unit, label):
    (found,) = decisions_in([record, dict.fromkeys(record, "")], who="Mia", when="today")
    assert (found.unit, found.label, found.row) == (unit, label, 2)
    assert (found.who, found.when, found.question) == ("Mia", "today", "")


def test_a_table_without_what_is_needed_is_refused():
    with pytest.raises(SourceError, match="no column label; it has task, who"):
        decisions_in([{"task": "1", "who": "Mia"}])
    estimates = {"unit": "1", "label": "a", "probability": "1", "source": "consensus"}
    with pytest.raises(SourceError, match="which nobody decided"):
        decisions_in([estimates | {"n_votes": "3"}])


def test_every_bad_row_is_told_with_its_number():
    rows = decisions_in(
        [
            {"task": "1", "question": "", "label": "refund", "who": "Mia"},
            {"task": "", "question": "", "label": "refund", "who": "Mia"},
            {"task": "99", "question": "", "label": "refund", "who": "Mia"},
            {"task": "2", "question": "mood", "label": "refund", "who": "Mia"},
            {"task": "2", "question": "value", "label": "refnd", "who": "Mia"},
            {"task": "2", "question": "value", "label": "", "who": "Mia"},
            {"task": "2", "question": "value", "label": "refund", "who": ""},
            {"task": "1", "question": "value", "label": "cancel", "who": "Mia"},
        ]
    )
    found, problems = check(ROUND, rows)
    assert [(one.unit, one.question, one.label) for one in found] == [("1", "value", "refund")]
    assert {p.row: p.text for p in problems} == {
        3: "names no task",
        4: "the round has no task '99'",
        5: "there is no question 'mood'; known: value",
        6: "'refnd' is no answer to value; did you mean refund?",
        7: "has no label",
        8: "who decided? --by NAME says it, or a column who",
        9: "is decided otherwise in row 2",
    }


def test_the_same_decision_twice_is_one():
    found, problems = check(ROUND, [row("1", "refund", row=2), row("1", "refund", row=3)])
    assert (len(found), problems) == (1, [])
    assert new_rows(found, found) == []
    again = replace(found[0], label="cancel")
    assert new_rows(found, [again]) == [again]
    assert new_rows([*found, again], found) == found  # back to what it was: that is new


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('["login", "a, b"]', {"login", "a, b"}),
        ("login; staff", {"login", "staff"}),
        ("login, staff", {"login", "staff"}),
        ("a, b", {"a, b"}),
        ("[]", set()),
        ("login, stuff", None),
        ('["stuff"]', None),
    ],
)
def test_several_labels_in_one_cell(cell, value):
    found = value_in(TOPICS, cell)
    assert (None if found is None else set(found)) == value


@given(st.text(min_size=1).filter(lambda text: text == text.strip()))
def test_whatever_a_label_is_called_it_is_read_as_it_was_written(label):
    question = Question("q", "nominal", "test", (label, label + "x"))
    assert value_in(question, csv_safe(cell_of(label))) == label
    many = Question("q", "set", "test", (label, label + "x"))
    both = frozenset(many.labels)
    assert value_in(many, csv_safe(cell_of(both))) == both


def test_numbers_and_paths():
    price = Question("price", "ratio", "test")
    assert value_in(price, "3") == 3.0
    assert [value_in(price, cell) for cell in ("-1", "1e200", "nan", "cheap")] == [None] * 4
    assert value_in(replace(price, level="interval"), "-1") == -1.0
    paths = Question("animal", "set", "test", (("Animal", "Cat"), ("Animal", "Dog")))
    assert value_in(paths, "Animal / Cat") == frozenset({("Animal", "Cat")})
    assert value_in(paths, '[["Animal", "Cow"]]') is None


def test_decided_labels_go_over_what_reviewers_decided_and_gold_stays():
    reviewed = replace(
        make_round(ROWS, gold={"1": "cancel"}), adjudicated={"value": {0: "cancel", 2: "cancel"}}
    )
    rows = [row("1", "cancel"), row("1", "refund"), row("2", "refund"), row("77", "refund")]
    found = applied(reviewed, rows, where="adjudicated.csv")
    assert found.adjudicated == {"value": {0: "refund", 1: "refund", 2: "cancel"}}
    assert found.intake.n_adjudicated == 3
    assert found.gold["value"].tolist() == reviewed.gold["value"].tolist()
    assert found == reviewed  # nothing else has changed
    assert found.intake.notes[-1] == (
        "adjudicated.csv: 2 decided labels of it are about this round. 1 task in it is not of"
        " this round, or shows something else now."
    )


def test_a_decision_holds_for_what_was_shown():
    (known,), _ = check(ROUND, [row("1", "refund")])
    assert known.content == content_of(ROUND, 0)
    other = make_round([(unit, who, label, "else") for unit, who, label, _ in ROWS])
    assert applied(ROUND, [known], where="f").adjudicated == {"value": {0: "refund"}}
    assert applied(other, [known], where="f").adjudicated == {}
    assert applied(other, [row("1", "refund")], where="f").adjudicated  # nobody says what it was
    _, problems = check(other, [known])
    assert problems[0].text == "showed something else when it was decided"


def test_tasks_without_text_are_known_by_their_fields():
    def of(field, value):
        told = {field: {"1": value}}
        return content_of(make_round([("1", "a", "x"), ("1", "b", "y")], fields=told), 0)

    assert of("image", "a.png") == of("image", "a.png")
    assert len({of("image", "a.png"), of("image", "b.png"), of("page", "a.png")}) == 3


def test_labels_that_the_round_does_not_know_are_mapped_or_set_aside():
    rows = [row("1", "moneyback"), row("2", "refund")]
    found = applied(ROUND, rows, where="f")
    assert found.adjudicated == {"value": {1: "refund"}}
    (aside,) = [one for one in found.intake.aside if one.reason == "adjudicated"]
    assert (aside.count, aside.question) == (1, "value")
    mapped = applied(ROUND, rows, where="f", map_labels={("value", "moneyback"): "refund"})
    assert mapped.adjudicated == {"value": {0: "refund", 1: "refund"}}


def test_what_decisions_say_about_clusters_and_annotators():
    rows, _ = check(ROUND, [row("1", "cancel"), row("2", "refund"), row("3", "cancel")])
    so_far = {("1", "value"): "refund", ("2", "value"): "refund"}
    found = tally(ROUND, [cluster(0, 1), cluster(1), cluster(2, consensus=None)], so_far, rows)
    assert found.agree == {"value": (1, 2)}
    first, second, third = found.clusters
    assert (first.n, first.said, first.contradicts) == (2, (("cancel", 1), ("refund", 1)), True)
    assert (second.said, second.contradicts) == ((("refund", 1),), False)
    assert (third.said, third.contradicts) == ((("cancel", 1),), False)
    assert [(s.rater, s.n, s.of) for s in found.sides] == [(0, 2, 3), (1, 2, 3)]
    assert tally(ROUND, [cluster(0, 1)], {}, []).clusters == ()


def test_a_tick_is_contradicted_by_its_lack():
    round_ = make_round([("1", "a", {"x", "y"}), ("1", "b", {"y"})], level="set")
    rows, problems = check(round_, [row("1", '["y"]')])
    assert not problems
    for consensus, contradicts in (("x", True), ("without x", False)):
        about = cluster(0, consensus=consensus, labels=("without x", "x"))
        (one,) = tally(round_, [about], {}, rows).clusters
        assert (one.said, one.contradicts) == ((("without x", 1),), contradicts)
