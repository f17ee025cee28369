"""What one rater can learn: against what is known first, and never against what is open."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.errors import SettingsError
from labelq.labels.model import Aside, Rater
from labelq.pinpoint.edge_cases import find_edge_cases
from labelq.pinpoint.findings import Agenda, Cause, Cluster
from labelq.remedy.casebook import Casebook
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.remedy.feedback import FEWEST, MOST_CASES, NOT_YOU, rater_called
from tests.pinpoint.planted import pinpointed
from tests.rounds import make_round

PEOPLE = ("ann", "bo", "cy", "di", "ed")
LABELS = {"r": "refund", "b": "billing", "o": "other"}


def the_round(votes, texts=None, **more):
    """A round from unit → one letter per person (a point: no answer)."""
    rows = [
        (unit, who, LABELS[vote], (texts or {}).get(unit, f"text {unit}"))
        for unit, said in votes.items()
        for who, vote in zip(PEOPLE, said, strict=False)
        if vote != "."
    ]
    return make_round(rows, labels=tuple(LABELS.values()), **more)


def cluster(units, kind, *, name="value-1", labels=("refund", "billing"), rater=None, **more):
    cause = Cause(kind, rater=rater)
    return Cluster(name, "value", labels, units, ("card",), 0.4, 0.8, cause, None, **more)


def book(round_, clusters=(), decisions=(), decided=None, **more):
    agenda = Agenda("value", tuple(c.id for c in clusters), 0.4, 0.4, 0.2, 0.5, 0.8)
    return Casebook(round_, (), clusters, (agenda,), decisions, decided, **more)


def found(*arguments, rater=0, **more):
    return {case.unit: case for case in book(*arguments, **more).of(rater).cases}


def rule(**more):
    scope = more.pop("scope", Scope(words=("card",)))
    return Decision("cards", "value", ("refund", "billing"), "label", scope, "billing", **more)


@pytest.mark.parametrize(
    ("votes", "kind", "alike", "others"),
    [
        ("rbbb", "others", 0, (("billing", 3),)),
        ("rbb", "others", 0, (("billing", 2),)),
        ("rbbbo", "others", 0, (("billing", 3), ("other", 1))),
        ("rrbbb", "even", 1, (("billing", 3),)),
        ("rrbb", "even", 1, (("billing", 2),)),
        ("rb", "even", 0, (("billing", 1),)),
        ("rbo", "split", 0, (("billing", 1), ("other", 1))),
        ("rbboo", "split", 0, (("billing", 2), ("other", 2))),
    ],
)
def test_where_nothing_is_known_the_others_are_counted(votes, kind, alike, others):
    case = found(the_round({"1": votes}))[0]
    assert (case.kind, case.answer, case.alike, case.others) == (kind, "refund", alike, others)


@pytest.mark.parametrize("votes", ["rrrbb", "rrb", "r", "rrbo", "rrrr"])
def test_nothing_is_said_to_those_whom_more_follow_than_anybody_else(votes):
    assert found(the_round({"1": votes})) == {}


def test_a_reviewer_goes_before_a_rule_and_a_rule_before_gold():
    votes = {"1": "rbb", "2": "rbb", "3": "rbb", "4": "rbb"}
    texts = {"1": "card", "2": "card", "3": "parcel", "4": "parcel"}
    round_ = the_round(votes, texts, gold=dict.fromkeys("12", "other") | {"3": "billing"})
    round_ = replace(round_, adjudicated={"value": {0: "other"}})
    cases = found(round_, decisions=[rule()])
    assert [(u, c.kind, c.says) for u, c in sorted(cases.items())] == [
        (0, "adjudicated", "other"),
        (1, "rule", "billing"),
        (2, "gold", "billing"),
        (3, "others", "billing"),
    ]
    assert cases[1].decision == "cards"


def test_who_answered_as_is_known_hears_of_nothing_whatever_the_others_say():
    votes = {"1": "rrbbb", "2": "rbb", "3": "rbb"}
    round_ = the_round(votes, {"2": "card"}, gold={"1": "refund"})
    round_ = replace(round_, adjudicated={"value": {2: "refund"}})
    book_ = book(round_, decisions=[replace(rule(), label="refund")])
    feedback = book_.of(0)
    assert feedback.cases == ()
    assert [(s.kind, s.right, s.of, s.alone) for s in feedback.standings] == [
        ("adjudicated", 1, 1, (2,)),
        ("rule", 1, 1, (1,)),
        ("doubted", 1, 1, (0,)),
    ]


def test_gold_that_most_annotators_contradict_counts_against_nobody():
    votes = {"1": "rrrb", "2": "rboo", "3": "roo", "4": "rb", "5": "r"}
    book_ = book(the_round(votes, gold=dict.fromkeys("12345", "other")))
    feedback = book_.of(0)
    # Half of the votes are not most; and one vote alone contradicts nothing.
    assert {c.unit: c.kind for c in feedback.cases} == {
        0: "doubted", 1: "gold", 2: "gold", 3: "doubted", 4: "gold",
    }  # fmt: skip
    assert [(s.kind, s.right, s.of) for s in feedback.standings] == [
        ("gold", 0, 3),
        ("doubted", 0, 2),
    ]
    assert "doubted" in NOT_YOU


def test_gold_is_in_dispute_exactly_where_an_edge_case_says_so():
    rows = [(f"{i}", who, "refund") for i in range(10, 40) for who in PEOPLE[:2]]
    rows += [(f"{i}", who, "billing") for i in range(10, 40) for who in PEOPLE[2:]]
    round_ = make_round(rows, labels=tuple(LABELS.values()), gold={"17": "billing"})
    accuracy = dict(zip(range(5), (0.9, 0.9, 0.5, 0.5, 0.5), strict=True))
    all_ = pinpointed(round_)
    found_ = replace(all_.consensuses["value"], accuracy=accuracy)
    edges = find_edge_cases(round_, round_.questions[0], all_.settlings["value"], found_)
    assert [c.kind for c in edges if "gold" in c.kind] == ["gold_rejected"]
    assert found(round_, consensus={"value": found_})[7].kind == "doubted"
    assert found(round_)[7].kind == "gold"


def test_an_answer_counts_under_the_strongest_of_what_is_known():
    round_ = the_round({"1": "booo", "2": "rooo"}, {"1": "card", "2": "card"})
    round_ = replace(round_, gold=the_round({"1": "booo", "2": "rooo"}, gold={"1": "other"}).gold)
    feedback = book(round_, decisions=[rule()]).of(0)
    assert [(s.kind, s.right, s.of) for s in feedback.standings] == [("rule", 1, 2)]
    assert [c.kind for c in feedback.cases] == ["rule"]


def test_gold_stands_before_a_rule_that_nobody_could_know():
    evidence = Evidence("r", "value-1", ("card",), 4, 0.3)
    votes, texts = {"1": "rbb", "2": "rbb"}, {"1": "card", "2": "card"}
    feedback = book(
        the_round(votes, texts, gold={"1": "billing"}), decisions=[rule(evidence=evidence)]
    ).of(0)
    assert [(c.unit, c.kind) for c in feedback.cases] == [(0, "gold"), (1, "later")]
    assert [(s.kind, s.right, s.of) for s in feedback.standings] == [("gold", 0, 1)]


@pytest.mark.parametrize(
    ("votes", "kind"), [("orb", "neither"), ("obb", "neither"), ("ob", "even"), ("oob", None)]
)
def test_an_answer_on_neither_side_of_a_gap(votes, kind):
    round_ = the_round({"1": votes}, {"1": "card"})
    gap = cluster((0,), "gap")
    case = found(round_, (gap,)).get(0)
    assert (case and case.kind, case and case.decision) == (kind, None)
    if kind != "neither":
        return
    assert case.on_agenda
    # After the decision the rule is shown: it contradicts neither side that they did not take.
    case = found(round_, (gap,), [rule()], {"value-1": "cards"})[0]
    assert (case.kind, case.decision, case.says) == ("neither", "cards", "billing")
    assert book(round_, (gap,), [rule()], {"value-1": "cards"}).of(0).standings == ()


def test_what_is_usual_with_known_answers_is_said_of_five_or_more():
    gold = dict.fromkeys("1234", "refund")
    votes = {"1": "rrrrr", "2": "rrrrb", "3": "rrrbb", "4": "rrrrb"}
    assert book(the_round(votes, gold=gold)).of(4).usual_gold == {"value": 1.0}
    votes = {unit: said[:4] for unit, said in votes.items()}
    assert book(the_round(votes, gold=gold)).of(0).usual_gold == {}


def test_a_habit_counts_the_tasks_on_which_the_rater_stands_apart():
    votes = {"1": "rbbb", "2": "rbbo", "3": "bbbb", "4": ".bbb", "5": "rb", "6": "rbbb"}
    habit = cluster((0, 1, 2, 3, 4), "rater", rater=0)
    assert book(the_round(votes), (habit,)).of(0).apart == {"value-1": (2, 1)}


def test_answers_set_aside_for_their_label_may_be_others():
    round_ = the_round({"1": "r"}, gold={"1": "billing"})
    assert not found(round_)[0].aside
    aside = (Aside("unknown_label", 3, "value", "Refunds: 3 annotators"),)
    round_ = replace(round_, intake=replace(round_.intake, aside=aside))
    assert found(round_)[0].aside


def test_an_open_gap_is_nobodys_and_on_the_agenda():
    round_ = the_round(dict.fromkeys("1234", "rbbb"))
    gap = cluster((0, 1), "gap", name="value-1")
    mixed = cluster((2,), "ambiguous", name="value-2")
    cases = found(round_, (gap, mixed))
    assert {u: c.kind for u, c in cases.items()} == {
        0: "gap", 1: "gap", 2: "ambiguous", 3: "others",
    }  # fmt: skip
    assert [cases[u].on_agenda for u in range(4)] == [True, True, True, False]
    assert cases[0].words == ("card",)


def test_a_gap_that_is_decided_is_open_no_longer():
    round_ = the_round({"1": "rbbb", "2": "rbbb"}, {"1": "card", "2": "a parcel"})
    gap = cluster((0, 1), "gap")
    cases = found(round_, (gap,), [rule()], {"value-1": "cards"})
    assert {u: (c.kind, c.on_agenda) for u, c in cases.items()} == {
        0: ("rule", False),
        1: ("others", False),
    }
    still = replace(rule(), outcome="undecided", label=None)
    assert found(round_, (gap,), [still], {"value-1": "cards"})[0].kind == "gap"


def test_only_the_reader_hears_of_a_habit():
    round_ = the_round(dict.fromkeys("12", "rbbb"))
    habit = cluster((0,), "rater", rater=0)
    book_ = book(round_, (habit,))
    assert [c.habit for c in book_.of(0).cases] == [True, False]
    assert book_.of(0).habits == (habit,)
    assert book_.of(1).habits == ()


@pytest.mark.parametrize(
    ("when", "submitted", "evidence", "guideline", "known"),
    [
        ("2026-03-20", "2026-03-19T10:00:00", None, None, False),
        ("2026-03-20", "2026-03-20T00:00:00", None, None, True),
        ("2026-03-20", None, None, None, None),
        (None, None, "r", "cards", False),
        (None, None, None, "cards", True),
        (None, "2026-03-20T00:00:00", None, "gifts", None),
    ],
)
def test_a_rule_was_known_or_it_was_not(when, submitted, evidence, guideline, known):
    round_ = the_round({"1": "rbb"}, {"1": "card"})
    if submitted:
        ratings = round_.ratings["value"]
        at = np.full(len(ratings), submitted, "datetime64[s]")
        round_ = replace(round_, ratings={"value": replace(ratings, submitted=at)})
    decision = rule(
        when=when and dt.date.fromisoformat(when),
        evidence=evidence and Evidence(evidence, "value-1", ("card",), 4, 0.3),
    )
    text = guideline and f"---\nlabelq:\n  decisions:\n  - {guideline}\n---\n# Guide\n"
    feedback = book(round_, decisions=[decision], guideline=text).of(0)
    assert feedback.cases[0].known is known
    assert feedback.cases[0].kind == ("later" if known is False else "rule")
    # What nobody could know is held against nobody's score.
    assert [s.kind for s in feedback.standings] == ([] if known is False else ["rule"])


def test_a_rule_on_tasks_of_another_round_says_nothing_about_the_same_ids():
    round_ = the_round({"1": "rbb", "2": "rbb"}, {"1": "a parcel", "2": "my card"})
    other = rule(
        scope=Scope(tasks=("1",), lookalikes=False), evidence=Evidence("before", "c", (), 4, 0.3)
    )
    assert {c.kind for c in found(round_, decisions=[other]).values()} == {"others"}
    here = replace(other, evidence=replace(other.evidence, round="r"))
    assert found(round_, decisions=[here])[0].kind == "later"
    # With the tasks of the earlier round it is known which ones were meant: those of that text.
    earlier = the_round({"1": "r", "2": "r"}, {"1": "my card", "2": "a parcel"}).units
    cases = found(round_, decisions=[other], anchors=earlier)
    assert {u: c.kind for u, c in cases.items()} == {0: "others", 1: "rule"}
    assert cases[1].resembles


@pytest.mark.parametrize("outcome", ["split", "drop", "new_label"])
def test_labels_that_changed_since_are_nobodys_doing(outcome):
    more = {
        "split": {"labels": ("refund",), "label": "refund", "into": ("a", "b")},
        "drop": {"labels": ("refund",), "label": None},
        "new_label": {"label": "voucher"},
    }[outcome]
    decision = replace(rule(), outcome=outcome, **more)
    case = found(the_round({"1": "rrr"}, {"1": "card"}), decisions=[decision])[0]
    assert (case.kind, case.says) == ("relabeled", None)


def test_labels_that_were_merged_are_the_same_answer():
    merged = replace(rule(), outcome="merge", label="money", scope=Scope())
    assert found(the_round({"1": "rbb"}), decisions=[merged]) == {}
    case = found(the_round({"1": "obb"}), decisions=[merged])[0]
    assert case.others == (("money", 2),)


def test_the_last_word_counts():
    round_ = the_round({"1": "rbbb"})
    asked = round_.ratings["value"]
    again = replace(asked.select(np.array([0])), value=np.array([1], np.int32))
    assert asked.values[1] == "billing"
    assert found(replace(round_, selected={"value": again})) == {}


def test_each_label_of_a_multiple_choice_is_an_answer():
    rows = [("1", "ann", {"a"}), ("1", "bo", {"a", "b"}), ("1", "cy", {"b"}), ("1", "di", {"b"})]
    (case_a, case_b) = book(make_round(rows, level="set")).of(0).cases
    assert (case_a.tick, case_a.answer, case_a.kind) == ("b", "without b", "others")
    assert case_a.others == (("b", 3),)
    assert (case_b.tick, case_b.answer, case_b.kind, case_b.alike) == ("a", "a", "even", 1)
    golden = make_round(rows, level="set", gold={"1": frozenset({"b"})})
    (standing,) = book(golden).of(0).standings
    assert (standing.right, standing.of) == (0, 1)  # one answer, though two labels are otherwise


def test_numbers_that_stand_far_apart():
    rows = [("1", who, x) for who, x in zip(PEOPLE, (9.0, 1.0, 1.5, 2.0), strict=False)]
    rows += [("2", who, x) for who, x in zip(PEOPLE, (3.0, 1.0, 1.5, 2.5), strict=False)]
    rows += [("3", who, x) for who, x in zip(PEOPLE, (9.0, 1.0, 1.5), strict=False)]
    cases = found(make_round(rows, level="interval"))
    assert {u: (c.kind, c.between) for u, c in cases.items()} == {0: ("others", ("1", "2"))}


def test_of_an_ordered_scale_the_farthest_comes_first():
    rows = [("1", "ann", "2"), ("2", "ann", "4")]
    rows += [(unit, who, "1") for unit in "12" for who in ("bo", "cy")]
    cases = book(make_round(rows, level="ordinal", labels=("1", "2", "3", "4"))).of(0).cases
    assert [(c.unit, c.apart) for c in cases] == [(1, 3), (0, 1)]


def test_an_answer_of_many_labels_is_counted_once_and_shown_whole():
    rows = [("1", "ann", {"a", "b"})]
    rows += [("1", who, {"c", "d"}) for who in ("bo", "cy", "di")]
    feedback = book(make_round(rows, level="set")).of(0)
    assert len(feedback.of_kind("others")) == 4
    assert feedback.n("others") == 1


def test_bounded_and_some_of_every_kind():
    votes = {f"{i:03}": "rbbb" for i in range(60)} | {f"x{i}": "rbo" for i in range(9)}
    feedback = book(the_round(votes)).of(0)
    assert len(feedback.cases) == MOST_CASES
    assert len(feedback.of_kind("split")) == FEWEST
    assert (feedback.n("others"), feedback.n(*NOT_YOU)) == (60, 9)
    assert (feedback.n_units, feedback.n_answers) == (69, 69)


@given(st.lists(st.text("rbo.", min_size=5, max_size=5), min_size=1, max_size=8))
def test_counts_add_up_and_whoever_they_are_changes_nothing(votes):
    votes = {f"{i}": said for i, said in enumerate(votes) if set(said) - {"."}}
    if not votes:
        return
    round_ = the_round(votes)
    for code, rater in enumerate(round_.raters):
        feedback = book(round_).of(code)
        place = PEOPLE.index(rater.id)
        assert feedback.n_answers == sum(said[place] != "." for said in votes.values())
        for case in feedback.cases:
            said = votes[round_.units.ids[case.unit]]
            others = sorted(LABELS[v] for i, v in enumerate(said) if v != "." and i != place)
            told = [case.answer] * case.alike
            told += [name for name, n in case.others for _ in range(n)]
            assert sorted(told) == others
            assert case.answer == LABELS[said[place]]


def test_raters_are_called_by_id_letter_or_name():
    raters = [
        Rater("ann@x", "Ann Lee", "A"),
        Rater("B", "Bo", "B"),
        Rater("c", "Bo", "C"),
        Rater("d", "Bertha", "D"),
    ]
    called = [rater_called(raters, name) for name in ("ann@x", "ann lee", "A", "a", "B", "C", "d")]
    assert called == [0, 0, 0, 0, 1, 2, 3]
    with pytest.raises(SettingsError, match=r"several: give a letter \(B, C\)"):
        rater_called(raters, "Bo")
    with pytest.raises(SettingsError, match=r"no annotator is called 'Berta'; did you mean Bertha"):
        rater_called(raters, "Berta")
