"""What comes after a round: which votes and decisions count, and what is set aside and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.errors import SettingsError
from labelq.labels.building import build_round
from labelq.labels.evidence import last_words
from labelq.labels.model import Question, Round, Selection
from labelq.labels.submissions import ADJUDICATED, GOLD, PREDICTION, SELECTED, Submissions

DAY = 86_400
LABELS = ("Billing", "Refund", "Other")
CATEGORY = Question("category", "nominal", "Choices", LABELS, "config", "Choices")
OBSERVED = Question("category", "nominal", "default for tables")


def submissions(question: Question = CATEGORY) -> Submissions:
    """Three units; Ann and Bo rated units 0 and 1 on day 5, Ann alone unit 2 on day 9."""
    made = Submissions()
    made.add_question(question)
    for unit in range(4):
        made.add_unit(f"u{unit}", None, {"channel": "mail" if unit else "chat"})
    for unit, who, label, day in (
        (0, "ann@x", "Billing", 5),
        (0, "bo@x", "Refund", 5),
        (1, "ann@x", "Billing", 5),
        (1, "bo@x", "Billing", 5),
        (2, "ann@x", "Refund", 9),
    ):
        answer(made, unit, who, label, submitted=day * DAY)
    return made


def answer(made: Submissions, unit: int, who: str, label: Any, kind: int = 0, **how: Any) -> None:
    names = {"ann@x": "Ann Lee", "rev@x": "Rita Voss"}
    rater = made.add_rater(who, names.get(who, who)) if who else -1
    given = made.add_annotation(unit, rater, kind, **how)
    if not how.get("skipped"):
        made.add_answer(given, 0, label)


def build(made: Submissions, **options: Any) -> Round:
    return build_round(made, name="r", **options)


def votes(found: Round) -> list[tuple[str, str, Any]]:
    selected = found.selected.get("category")
    if selected is None:
        return []
    return [
        (found.units.ids[u], found.voters[r].id, selected.values[v])
        for u, r, v in zip(selected.unit, selected.rater, selected.value, strict=True)
    ]


def decided(found: Round) -> dict[str, Any]:
    return {
        found.units.ids[unit]: value
        for unit, value in found.adjudicated.get("category", {}).items()
    }


def aside(found: Round, reason: str = "queue") -> dict[str, int]:
    return {a.detail: a.count for a in found.intake.aside if a.reason == reason}


def test_voters_are_raters_with_their_letter_and_newcomers_after_them() -> None:
    made = submissions()
    answer(made, 0, "zoe@x", "Billing", SELECTED)
    answer(made, 0, "bo@x", "Billing", SELECTED)
    answer(made, 1, "al@x", "Other", SELECTED)
    found = build(made)
    assert votes(found) == [
        ("u0", "bo@x", "Billing"),
        ("u0", "zoe@x", "Billing"),
        ("u1", "al@x", "Other"),
    ]
    assert [(v.id, v.letter) for v in found.voters] == [
        ("ann@x", "A"),
        ("bo@x", "B"),
        ("al@x", "C"),
        ("zoe@x", "D"),
    ]
    assert found.raters == found.voters[:2]
    assert (found.intake.n_queue_votes, found.intake.n_queue_units) == (3, 2)
    assert found.intake.n_annotations == found.intake.n_kept == 5


def test_the_last_word_of_each_voter_counts() -> None:
    made = submissions()
    answer(made, 0, "bo@x", "Other", SELECTED, submitted=30 * DAY)
    answer(made, 0, "bo@x", "Billing", SELECTED, submitted=20 * DAY)
    found = build(made)
    assert votes(found) == [("u0", "bo@x", "Other")]
    assert aside(found) == {"earlier votes of the same annotator on the same task": 1}
    said = last_words(found, found.questions[0])
    rows = [
        (found.voters[r].letter, LABELS[v]) for r, v in zip(said.rater, said.value, strict=True)
    ]
    assert rows == [("A", "Billing"), ("B", "Other"), ("A", "Billing"), ("B", "Billing"),
                    ("A", "Refund")]  # fmt: skip
    assert not found.repeats


@pytest.mark.parametrize(
    ("unit", "who", "label", "how", "detail"),
    [
        (3, "bo@x", "Other", {}, "on a task that is not in this round"),
        (0, "bo@x", "Other", {"skipped": True}, "skipped"),
        (0, "", "Other", {}, "without an author"),
        (0, "bo@x", "Gone", {}, "a label that the round does not know"),
    ],
)
def test_what_is_set_aside(unit: int, who: str, label: str, how: Any, detail: str) -> None:
    made = submissions()
    answer(made, unit, who, label, SELECTED, **how)
    found = build(made)
    assert votes(found) == []
    assert aside(found) == {detail: 1}
    assert {a.reason for a in found.intake.aside} == {"queue"}
    assert found.skips == {}
    assert found.intake.n_units == (3 if unit == 3 else 4)


def test_a_label_that_nobody_gave_in_the_round_never_widens_what_was_observed() -> None:
    made = submissions(OBSERVED)
    answer(made, 0, "bo@x", "Brand new", SELECTED)
    answer(made, 1, "rev@x", "Brand new")
    found = build(made, reviewers=["rev@x"])
    assert found.questions[0].labels == ("Billing", "Refund")
    assert not votes(found)
    assert not decided(found)
    assert (
        aside(found) == aside(found, "adjudicated") == {"a label that the round does not know": 1}
    )


def test_mapped_labels_and_exclusions_hold_for_queue_votes_too() -> None:
    made = submissions()
    answer(made, 0, "bo@x", "Refunds", SELECTED, edited=True)
    answer(made, 0, "ann@x", "Refunds", SELECTED, prelabeled=True)
    answer(made, 1, "ann@x", "Refunds", SELECTED)
    mapped = {("category", "Refunds"): "Refund"}
    assert len(votes(build(made, map_labels=mapped))) == 3
    found = build(made, map_labels=mapped, selection=Selection(exclude=("edited", "prelabeled")))
    assert votes(found) == [("u1", "ann@x", "Refund")]
    assert set(aside(found).values()) == {1}


def test_dates_select_the_round_and_fields_its_tasks() -> None:
    made = submissions()
    for unit in (0, 1, 2):
        answer(made, unit, "zoe@x", "Other", SELECTED, submitted=40 * DAY)
    found = build(made, selection=Selection(until="1970-01-07"))
    assert [unit for unit, *_ in votes(found)] == ["u0", "u1"]
    found = build(made, selection=Selection(where=(("channel", "chat"),)))
    assert [unit for unit, *_ in votes(found)] == ["u0"]
    assert aside(found) == {"on a task that is not in this round": 2}
    assert {a.reason: a.count for a in found.intake.aside}["not_selected"] == 3


@pytest.mark.parametrize("kind", [0, SELECTED, GOLD, ADJUDICATED])
def test_whatever_a_reviewer_answered_for_it_decides(kind: int) -> None:
    made = submissions()
    answer(made, 0, "rev@x", "Other", kind)
    found = build(made, reviewers=["REV@x"])
    assert decided(found) == {"u0": "Other"}
    assert [r.id for r in found.voters] == ["ann@x", "bo@x"]
    assert found.intake.n_adjudicated == 1
    assert ("category" in found.gold) == (kind == GOLD)


def test_a_reviewer_who_also_labeled_is_no_rater() -> None:
    made = submissions()
    answer(made, 0, "bo@x", "Other", submitted=8 * DAY)
    found = build(made, reviewers=["bo@x"])
    assert [r.id for r in found.raters] == ["ann@x"]
    assert decided(found) == {"u0": "Other", "u1": "Billing"}
    assert aside(found, "adjudicated") == {
        "earlier decisions of the same reviewer on the same task": 1
    }


def test_reviewers_who_contradict_each_other_decide_nothing() -> None:
    made = submissions()
    answer(made, 0, "rev@x", "Other")
    answer(made, 0, "rob@x", "Refund")
    answer(made, 1, "rev@x", "Other")
    answer(made, 1, "rob@x", "Other")
    found = build(made, reviewers=["rev@x", "rob@x"])
    assert decided(found) == {"u1": "Other"}
    assert found.intake.notes == (
        "category: reviewers contradict each other on 1 task; there nothing is decided.",
    )


def test_a_decision_needs_no_independence_but_a_unit_of_the_round() -> None:
    made = submissions()
    answer(made, 0, "rev@x", "Other", prelabeled=True)
    answer(made, 3, "rev@x", "Other")
    answer(made, 1, "rev@x", None, skipped=True)
    found = build(made, reviewers=["rev@x"], selection=Selection(exclude=("prelabeled",)))
    assert decided(found) == {"u0": "Other"}
    assert aside(found, "adjudicated") == {
        "on a task that only a reviewer labeled": 1,
        "skipped": 1,
    }


def test_reviewers_are_found_by_id_number_or_name() -> None:
    made = submissions()
    answer(made, 0, "rev@x", "Other")
    made.aliases["rev@x"] = ("17",)
    for name in ("rev@x", " Rev@X ", "17", "rita voss"):
        assert decided(build(made, reviewers=[name])) == {"u0": "Other"}
    with pytest.raises(
        SettingsError, match=r"nobody in the source is called so; did you mean rev@x"
    ):
        build(made, reviewers=["reb@x"])


def test_a_name_that_two_people_have_names_nobody() -> None:
    made = submissions()
    for who in ("one@x", "two@x"):
        made.add_rater(who, "Kim")
    with pytest.raises(SettingsError, match=r"--reviewer kim: 2 people have this name"):
        build(made, reviewers=["kim"])


def test_a_model_is_no_reviewer() -> None:
    made = submissions()
    model = made.add_rater("model:v1", "v1", "model")
    made.add_answer(made.add_annotation(0, model, PREDICTION), 0, "Other")
    with pytest.raises(SettingsError, match="nobody in the source"):
        build(made, reviewers=["model:v1"])


def test_a_table_of_decisions_names_no_reviewer() -> None:
    made = submissions()
    answer(made, 0, "", "Other", ADJUDICATED)
    assert decided(build(made, reviewers=["rev@x"])) == {"u0": "Other"}
    answer(made, 0, "", "Refund", ADJUDICATED)
    assert decided(build(made)) == {}


@pytest.mark.parametrize(
    ("level", "given", "later", "known"),
    [
        ("interval", (1.0, 2.0), 7.5, True),
        ("ratio", (1.0, 2.0), -1.0, False),
        ("set", (frozenset("a"), frozenset("ab")), frozenset("b"), True),
        ("set", (frozenset("a"), frozenset("ab")), frozenset("ac"), False),
    ],
)
def test_numbers_and_sets_have_values_of_their_own(
    level: Any, given: Any, later: Any, known: bool
) -> None:
    made = Submissions()
    made.add_question(Question("category", level, "test"))
    made.add_unit("u0", None, {})
    for who, value in zip(("ann@x", "bo@x"), given, strict=True):
        answer(made, 0, who, value)
    plain = build(made)
    answer(made, 0, "bo@x", later, SELECTED)
    answer(made, 0, "rev@x", later)
    found = build(made, reviewers=["rev@x"])
    assert found.ratings["category"] == plain.ratings["category"]
    assert found.questions == plain.questions
    assert votes(found) == ([("u0", "bo@x", later)] if known else [])
    assert decided(found) == ({"u0": later} if known else {})
    said = last_words(found, found.questions[0])
    assert [said.values[v] for v in said.value] == [given[0], later if known else given[1]]


ANSWERS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["ann@x", "bo@x", "cy@x", "rev@x"]),
        st.sampled_from([*LABELS, "Gone"]),
        st.sampled_from([0, GOLD]),
        st.integers(0, 9),
        st.booleans(),
    ),
    max_size=25,
)


@given(ANSWERS, ANSWERS, st.booleans())
@settings(max_examples=80, deadline=None)
def test_whatever_comes_later_the_round_is_the_same(first: Any, then: Any, config: bool) -> None:
    made, same = (submissions(CATEGORY if config else OBSERVED) for _ in range(2))
    for s in (made, same):
        for unit, who, label, kind, day, skipped in first:
            if who != "rev@x":
                answer(s, unit, who, label, kind, submitted=day * DAY, skipped=skipped)
    for unit, who, label, _, day, skipped in then:
        kind = ADJUDICATED if who == "rev@x" else SELECTED
        answer(made, unit, who, label, kind, submitted=day * DAY, skipped=skipped)
    one, two = build(same), build(made)
    assert one == two
    for name in ("gold", "repeats", "skips", "predictions"):
        left, right = getattr(one, name), getattr(two, name)
        assert left.keys() == right.keys()
        assert all(np.array_equal(left[k], right[k]) if name == "gold" else left[k] == right[k]
                   for k in left)  # fmt: skip
    later = [a for a in two.intake.aside if a.reason in ("queue", "adjudicated")]
    kept = tuple(a for a in two.intake.aside if a not in later)
    assert kept == one.intake.aside
    assert two.intake.n_annotations == one.intake.n_annotations
    # Nothing is lost in silence: every later answer is counted somewhere.
    contradicted = sum("contradict" in note for note in two.intake.notes)
    assert not contradicted
    n_kept = sum(map(len, two.selected.values())) + sum(map(len, two.adjudicated.values()))
    assert n_kept + sum(a.count for a in later) == len(then)
