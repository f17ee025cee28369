"""Which tasks a decision is about, now and a round later, and what contradicts it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from labelq.errors import DecisionsError
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.findings import Cause, Cluster
from labelq.reading import read
from labelq.remedy.decisions import (
    Decision,
    Evidence,
    Scope,
    check_labels,
    mapping,
    new_id,
    unknown_labels,
)
from labelq.remedy.releasing import effects
from labelq.remedy.scope import Scopes, contradicting, decided_clusters, in_scope, still_rejected
from tests.pinpoint.planted import pinpointed
from tests.rounds import make_round

SAMPLE = Path(__file__).parents[2] / "sample_data" / "support_triage"
PLANTED = json.loads((SAMPLE / "planted.json").read_text(encoding="utf-8"))
TICKETS = json.loads((SAMPLE / "tickets.json").read_text(encoding="utf-8"))
KIND = {ticket["text"]: ticket["kind"] for ticket in TICKETS}

TEXTS = {
    "1": "The gift card arrived empty",
    "2": "A gift card instead of money",
    "3": "The gift card arrived damaged",
    "4": "Where is my parcel today",
    "5": "The parcel is late today",
    "6": "Log in fails",
}
VOTES = {"1": "AB", "2": "AB", "3": "BB", "4": "AC", "5": "CC", "6": "AA"}


def _round(votes=VOTES, texts=TEXTS, **more):
    rows = [(u, r, v, texts[u]) for u, vs in votes.items() for r, v in zip("xy", vs, strict=True)]
    fields = {"channel": {"1": "mail", "2": "chat"}, "tags": {"3": ["a", "b"]}}
    return make_round(rows, fields=fields, **more)


def _decision(outcome="label", labels=("A", "B"), scope=None, **more):
    return Decision(
        "d", "value", labels, outcome, Scope(tasks=("1", "2")) if scope is None else scope, **more
    )


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (Scope(tasks=("1", "2"), lookalikes=False), "12"),
        (Scope(tasks=("1", "2", "gone")), "123"),
        (Scope(tasks=("1",)), "1"),  # one task has nothing in common with itself
        (Scope(tasks=("1", "4", "6")), "146"),  # nothing in common
        (Scope(words=("GIFT card", "parcel")), "12345"),
        (Scope(words=("card gift",)), ""),
        (Scope(words=("par",)), ""),
        (Scope(labels=("C",)), "45"),
        (Scope(words=("parcel",), labels=("A",)), "4"),
        (Scope(where={"channel": "mail"}), "1"),
        (Scope(where={"tags": "b"}), "3"),
        (Scope(where={"nowhere": "b"}), ""),
        (Scope(tasks=("1", "2"), where={"channel": "chat"}), "2"),
        (Scope(tasks=("1", "2"), lookalikes=False, excluded=("2",)), "1"),
        (Scope(tasks=("1", "2"), excluded=("1", "2")), ""),
        (Scope(words=("parcel", "gift card"), excluded=("3", "gone")), "1245"),
        (Scope(excluded=("3",)), "1246"),  # no condition by itself
        (Scope(), "12346"),  # wherever somebody gave A or B
    ],
)
def test_all_conditions_hold(scope, found):
    round_ = _round()
    units = in_scope(_decision(scope=scope), round_)
    assert "".join(round_.units.ids[unit] for unit in units) == found


def test_a_round_later_tasks_are_the_same_by_text_and_alike_by_content():
    before = _round().units
    later = {
        "1": "Log in fails",  # an id of before, but another task
        "2": "Where is the invoice now",
        "11": "The gift card arrived empty",
        "12": "Another gift card instead of money",
        "13": "The parcel is late again",
    }
    round_ = _round(dict.fromkeys(later, "AB"), later)
    units = in_scope(_decision(scope=Scope(tasks=("1", "2", "3"))), round_, anchors=before)
    assert [round_.units.ids[unit] for unit in units] == ["11", "12"]


def test_a_cluster_of_later_tasks_is_not_decided_by_their_ids():
    before = _round().units
    later = {"1": "Log in fails", "2": "Another log in fails", "3": "The password is gone"}
    round_ = _round(dict.fromkeys(later, "AB"), later)
    cluster = _cluster((0, 1), words=())
    made = _decision(label="A", scope=Scope(tasks=("1", "2"), lookalikes=False))
    assert decided_clusters([made], [cluster], round_) == {cluster.id: made}
    scopes = Scopes(round_, before)
    assert decided_clusters([made], [cluster], round_, scopes=scopes) == {}
    assert effects([made], round_, scopes=scopes)[0].contradicted == {}
    assert effects([made], round_)[0].contradicted


def test_known_words_are_not_looked_at_again():
    round_ = _round()
    content = Content.of(round_.units)
    scope = Scope(tasks=("1", "2", "gone"))
    assert (
        Scopes(round_, words=content).units(_decision(scope=scope)).tolist()
        == in_scope(_decision(scope=scope), round_).tolist()
    )


def test_without_texts_ids_are_the_tasks():
    votes = make_round([(u, r, "A") for u in "123" for r in "xy"])
    for anchors in (None, votes.units):
        assert in_scope(_decision(), votes, anchors=anchors).tolist() == [0, 1]


@pytest.fixture(scope="module")
def rounds():
    first, second = (read(SAMPLE / f"round_{n}.json") for n in (1, 2))
    category = tuple(q for q in first.questions if q.name == "category")
    return pinpointed(replace(first, questions=category)), second


@pytest.mark.parametrize(("gap", "recall"), [("gift_card", 0.45), ("courier_damage", 0.4)])
def test_the_scope_of_a_planted_gap_is_found_a_round_later(rounds, gap, recall):
    found, second = rounds
    first = found.round
    then, now = ([KIND[text] for text in one.units.text] for one in (first, second))
    cluster = max(found.clusters, key=lambda c: np.mean([then[unit] == gap for unit in c.units]))
    assert not cluster.remainder
    tasks = tuple(first.units.ids[unit] for unit in cluster.units)
    decision = Decision("d", "category", cluster.labels, "label", Scope(tasks), label="Billing")
    units = Scopes(second, first.units).units(decision)
    right = sum(now[unit] == gap for unit in units)
    assert right / len(units) >= 0.8
    assert right / now.count(gap) >= recall


def _hit(decision, round_, units=None):
    ratings = round_.ratings["value"]
    units = np.arange(len(round_.units)) if units is None else np.array(units)
    found = contradicting(decision, round_, units)
    return [round_.units.ids[ratings.unit[i]] + "xy"[ratings.rater[i]] for i in found]


def test_what_contradicts():
    round_ = _round()
    assert _hit(_decision(label="A"), round_, [0, 1, 2]) == ["1y", "2y", "3x", "3y"]
    assert _hit(_decision(label="C"), round_, [0, 3]) == ["1x", "1y", "4x"]
    assert _hit(_decision("new_label", label="N"), round_, [0, 3]) == ["1x", "1y", "4x"]
    assert _hit(_decision("split", label="C", into=("D", "E")), round_) == ["4y", "5x", "5y"]
    assert _hit(_decision("drop", ("C", "A")), round_) == ["4y", "5x", "5y"]
    for outcome in ("merge", "rename", "undecided", "rejected"):
        assert _hit(_decision(outcome), round_) == []
    assert len(contradicting(replace(_decision(), question="other"), round_, np.arange(6))) == 0


def test_what_contradicts_in_a_multiple_choice():
    rows = [("1", "x", ["A"]), ("1", "y", []), ("2", "x", ["A", "B"]), ("2", "y", ["B"])]
    round_ = make_round(rows, level="set")
    tick = ("without A", "A")
    assert _hit(_decision(labels=tick, label="A"), round_) == ["1y", "2y"]
    assert _hit(_decision(labels=tick, label="without A"), round_) == ["1x", "2x"]
    assert _hit(_decision(label="A"), round_) == ["2y"]  # B without A
    assert _hit(_decision("drop", ("B",)), round_) == ["2x", "2y"]
    assert unknown_labels([_decision(labels=tick, label="A")], round_) == []


def test_merges_and_renames_are_a_mapping_to_today():
    def of(outcome, labels, label):
        return Decision("d", "q", labels, outcome, Scope(), label=label)

    chain = [
        of("rename", ("Refunds",), "Refund"),
        of("merge", ("Refund", "Billing"), "Money"),
        of("label", ("Money", "Other"), "Money"),
        of("merge", ("Late", "Lost"), "Late"),
    ]
    assert mapping(chain) == {
        ("q", "Refunds"): "Money",
        ("q", "Refund"): "Money",
        ("q", "Billing"): "Money",
        ("q", "Lost"): "Late",
    }
    back = [of("rename", ("A",), "B"), of("rename", ("B",), "A")]
    assert mapping(back) == {("q", "B"): "A"}


def test_unknown_labels_are_named_with_what_was_meant():
    round_ = _round(labels=("A", "B", "C"))
    assert unknown_labels([_decision(label="A"), _decision("drop", ("Gone",))], round_) == []
    # A new label, and what is said about it afterwards; an old name and the new one.
    new = _decision("new_label", label="N")
    renamed = _decision("rename", ("Old",), label="C")
    assert (
        unknown_labels([_decision(("label"), ("N", "Old"), label="N"), new, renamed], round_) == []
    )
    for decision, problem in [
        (_decision(labels=("A", "b"), label="A"), "value has no label 'b'; did you mean B?"),
        (_decision(label="D"), "value has no label 'D'; known: A, B, C"),
        (_decision(scope=Scope(labels=("D",)), label="A"), "has no label 'D'"),
        (_decision("rename", ("Old",), label="New"), "has no label 'Old'"),
        (replace(_decision(), question="valu"), "no question 'valu'; did you mean value?"),
    ]:
        with pytest.raises(DecisionsError, match=r"^decision d: ") as raised:
            check_labels([decision], round_)
        assert problem in str(raised.value)
    numbers = make_round([("1", "x", 1.0), ("1", "y", 2.0)], level="interval")
    assert "no labels to decide" in unknown_labels([_decision()], numbers)[0][1]


def _cluster(units, words=("gift", "card"), labels=("A", "B"), **more):
    cause = Cause("gap")
    return Cluster("value-1", "value", labels, units, words, 0.5, None, cause, None, **more)


def test_a_cluster_is_known_again_by_its_tasks_its_words_or_its_labels():
    round_ = _round()
    cluster = _cluster((0, 1, 2))
    seen = Evidence("r", "value-3", ("Card", "gift"), 3, 0.5)

    def about(*decisions):
        return decided_clusters(decisions, [cluster], round_).get("value-1")

    elsewhere = Scope(tasks=("gone",))
    by_tasks = _decision(label="A")
    by_words = _decision(label="A", scope=elsewhere, evidence=seen)
    assert about(by_tasks) == by_tasks
    assert about(by_words) == by_words
    assert about(_decision(scope=elsewhere, label="A")) is None
    one_word = replace(seen, words=("credit", "card"))
    assert about(_decision(scope=elsewhere, label="A", evidence=one_word)) is None
    assert about(replace(by_tasks, labels=("A", "C"))) is None
    assert about(replace(by_tasks, question="other")) is None
    merged = _decision("merge", ("A", "B", "C"), Scope(labels=("A",)), label="A")
    dropped = _decision("drop", ("B",), Scope(labels=("A", "B")))
    assert about(merged) == merged
    assert about(dropped) == dropped
    open_again = _decision("undecided")
    assert about(by_tasks, open_again) == open_again
    assert about(open_again, by_tasks) == by_tasks


def test_a_rejected_proposal_comes_back_when_the_evidence_changed():
    seen = Evidence("r", "value-1", ("gift", "card"), 4, 0.5)
    no = _decision("rejected", evidence=seen)
    assert still_rejected(no, _cluster((0, 1, 2, 3, 4)))
    assert not still_rejected(no, _cluster((0, 1, 2, 3, 4, 5)))
    assert not still_rejected(no, _cluster((0, 1), words=("parcel",)))
    assert still_rejected(no, _cluster((0, 1), words=("Card", "parcel")))
    assert still_rejected(no, _cluster((0, 1), words=(), remainder=True))
    assert still_rejected(replace(no, evidence=None), _cluster(tuple(range(6))))
    clusters = [_cluster(tuple(range(6)), words=("gift", "card"))]
    assert decided_clusters([no], clusters, _round()) == {}


def test_ids_are_unique_and_plain():
    assert new_id(["gift", "card", "empty", "more"], [], ()) == "gift-card-empty"
    assert new_id([], ["without A & B", "A"], ()) == "without-a-b-a"
    assert new_id(["كرتون", "<b>"], [], ()) == "كرتون-b"
    assert new_id(["!!"], ["?"], {"decision"}) == "decision-2"
    assert len(new_id(["x" * 500], [], ())) <= 80
