"""What decisions release: exactly the annotations that contradict them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.remedy.acts import Reason
from labelq.remedy.decisions import Decision, Scope
from labelq.remedy.label_changes import LabelChange, label_changes
from labelq.remedy.releasing import DRAWN, effects, released
from tests.rounds import make_round

SECONDS = {"ann": 10.0, "bo": 20.0, "cy": 60.0}


def decision(outcome="label", *, labels=("refund", "billing"), label="billing", **more):
    scope = more.pop("scope", Scope(words=("card",)))
    return Decision("cards", "value", labels, outcome, scope, label, **more)


def the_round(**more):
    text = {"1": "gift card", "2": "my card", "3": "a parcel", "4": "card, please"}
    votes = {"1": "rbb", "2": "rro", "3": "rrr", "4": "bb"}
    names = {"r": "refund", "b": "billing", "o": "other"}
    rows = [
        (unit, who, names[vote], text[unit])
        for unit, said in votes.items()
        for who, vote in zip(SECONDS, said, strict=False)
    ]
    return make_round(rows, seconds=SECONDS, **more)


def test_exactly_what_contradicts_is_released():
    (found,) = effects([decision()], the_round())
    assert found.contradicted == {0: (0,), 1: (0, 1)}
    assert (found.n_units, found.n_annotations, found.n_contradicted) == (3, 8, 3)
    assert found.seconds == 20.0  # the median of all 11 answers to the question
    assert found.hours == pytest.approx(3 * 20 / 3600)
    assert [e.unit for e in found.examples] == [0, 1]
    assert found.examples[0].votes == (("billing", 2), ("refund", 1))
    entries = released(the_round(), [found])
    assert [(e.unit, e.people, e.votes) for e in entries] == [(1, (0, 1), 2), (0, (0,), 1)]
    assert entries[0].priority == pytest.approx(2 / 3)
    assert {e.wants for e in entries} == {"second_look"}
    assert entries[0].reasons == (Reason("decided", "value"),)
    assert entries[0].seconds == 40.0


@pytest.mark.parametrize(
    ("outcome", "more", "contradicted"),
    [
        ("split", {"labels": ("refund",), "label": "refund", "into": ("a", "b")}, {0: 1, 1: 2}),
        ("drop", {"labels": ("refund",), "label": None, "scope": Scope()}, {0: 1, 1: 2, 2: 3}),
        ("new_label", {"labels": ("refund", "other"), "label": "card"}, {0: 1, 1: 3}),
        ("merge", {"label": "money"}, {}),
        ("rename", {"labels": ("refund",), "label": "money"}, {}),
        ("rejected", {"label": None}, {}),
    ],
)
def test_every_outcome(outcome, more, contradicted):
    (found,) = effects([decision(outcome, **more)], the_round())
    assert {unit: len(raters) for unit, raters in found.contradicted.items()} == contradicted


def test_what_is_open_does_nothing():
    assert effects([decision("undecided", label=None)], the_round()) == ()


def test_the_last_word_counts():
    """Who has looked again by now, and followed the rule, contradicts it no more."""
    round_ = the_round()
    asked = round_.ratings["value"]
    again = replace(
        asked.select(np.array([0, 3])),
        value=np.array([asked.values.index("billing")] * 2, np.int32),
    )
    (found,) = effects([decision()], replace(round_, selected={"value": again}))
    assert found.contradicted == {1: (1,)}
    late = replace(again, value=np.array([asked.values.index("refund")] * 2, np.int32))
    (found,) = effects([decision()], replace(round_, selected={"value": late}))
    assert found.contradicted == {0: (0,), 1: (0, 1)}


def test_tasks_that_a_person_decided_wait_for_nobody():
    round_ = replace(the_round(), adjudicated={"value": {1: "refund"}})
    (found,) = effects([decision()], round_)
    assert (found.contradicted, found.n_settled) == ({0: (0,)}, 1)


def test_labels_are_read_by_their_names_of_today():
    renamed = decision("rename", labels=("refund",), label="money", scope=Scope())
    cards = replace(decision(labels=("money", "billing")), id="of-money")
    for order in ([renamed, cards], [cards, renamed]):
        by_id = {e.decision.id: e for e in effects(order, the_round())}
        assert by_id["of-money"].contradicted == {0: (0,), 1: (0, 1)}
    merged = decision("merge", labels=("refund", "billing"), label="billing", scope=Scope())
    by_id = {e.decision.id: e for e in effects([merged, replace(decision(), id="x")], the_round())}
    assert by_id["x"].contradicted == {}  # they mean the same by now


def test_a_task_that_two_rules_contradict_is_looked_at_once():
    two = [decision(), replace(decision(labels=("other", "billing")), id="others")]
    found = effects(two, the_round())
    entries = released(the_round(), found)
    assert [(e.unit, e.people, e.votes) for e in entries] == [(1, (0, 1, 2), 3), (0, (0,), 1)]


def test_no_times_no_hours():
    round_ = make_round([("1", "a", "refund", "card"), ("1", "b", "billing", "card")])
    (found,) = effects([decision()], round_)
    assert (found.seconds, found.hours) == (None, None)


def many(n):
    rows = [
        (f"{u:03}", who, label, "card")
        for u in range(n)
        for who, label in (("a", "refund"), ("b", "billing"))
    ]
    return make_round(rows)


def test_ten_are_drawn_with_a_seed_whatever_else_is_decided():
    round_ = many(60)
    drawn = [e.unit for e in effects([decision()], round_)[0].examples]
    assert len(set(drawn)) == DRAWN
    other = replace(decision("drop", labels=("billing",), label=None), id="a")
    assert drawn == [e.unit for e in effects([other, decision()], round_)[1].examples]
    assert drawn != [e.unit for e in effects([decision()], round_, seed=1)[0].examples]


def test_the_draw_is_even():
    """Each of 20 tasks is drawn in half of many draws: no place in the order is favoured."""
    round_ = many(20)
    times = np.zeros(20)
    for seed in range(300):
        times[[e.unit for e in effects([decision()], round_, seed=seed)[0].examples]] += 1
    assert np.abs(times / 300 - 0.5).max() < 0.15  # five standard deviations


@given(st.lists(st.sampled_from("rbo"), min_size=2, max_size=9), st.randoms())
def test_the_order_of_tasks_and_people_does_not_matter(votes, dice):
    names = {"r": "refund", "b": "billing", "o": "other"}
    rows = [(str(i // 3), f"p{i % 3}", names[v], "card") for i, v in enumerate(votes)]
    shuffled = list(rows)
    dice.shuffle(shuffled)
    labels = sorted(names.values())
    one, other = (
        effects([decision()], make_round(r, labels=labels))[0].contradicted
        for r in (rows, shuffled)
    )
    assert one == other
    assert sum(map(len, one.values())) == votes.count("r")


def test_which_labels_go_and_come():
    split = decision("split", labels=("refund",), label="refund", into=("money", "credit"))
    kept = decision("split", labels=("refund",), label="refund", into=("refund", "credit"))
    assert label_changes([split, decision(), decision("rejected", label=None)]) == (
        LabelChange("value", ("refund",), ("money", "credit"), "refund", "cards"),
    )
    assert label_changes([kept])[0].gone == ()
    assert label_changes([kept])[0].beside == "refund"
    (dropped,) = label_changes([decision("drop", label=None)])
    assert (dropped.gone, dropped.new) == (("refund",), ())
    (new,) = label_changes([decision("new_label", label="card")])
    assert (new.gone, new.new, new.beside) == ((), ("card",), "billing")
    (merged,) = label_changes([decision("merge", label="billing")])
    assert (merged.gone, merged.new) == (("refund",), ("billing",))
    (tick,) = label_changes([decision("drop", labels=("without login", "login"), label=None)])
    assert tick.gone == ("login",)
