"""The policies: which answer counts, and what is set aside and why."""

from __future__ import annotations

from typing import Any

import pytest

from labelq.errors import SettingsError, SourceError
from labelq.labels.building import build_round
from labelq.labels.model import Question, Round, Selection
from labelq.labels.submissions import GOLD, PREDICTION, Submissions

DAY = 86_400
CATEGORY = Question("category", "nominal", "Choices", ("Billing", "Refund"), "config", "Choices")


def submissions(question: Question = CATEGORY) -> Submissions:
    made = Submissions()
    made.add_question(question)
    for unit in ("10", "9", "8"):
        made.add_unit(unit, f"text {unit}", {"channel": "email" if unit == "9" else "chat"})
    for rater in ("b@x", "a@x"):
        made.add_rater(rater, rater[0].upper())
    return made


def answer(made: Submissions, unit: int, rater: int, value: Any, *args: int, **how: Any) -> None:
    made.add_answer(made.add_annotation(unit, rater, *args, **how), 0, value)


def build(made: Submissions, **options: Any) -> Round:
    return build_round(made, name="r", **options)


def labels(found: Round) -> list[tuple[str, str, Any]]:
    ratings = found.ratings["category"]
    return [
        (found.units.ids[u], found.raters[r].id, ratings.values[v])
        for u, r, v in zip(ratings.unit, ratings.rater, ratings.value, strict=True)
    ]


def aside(found: Round) -> dict[str, int]:
    return {entry.reason: entry.count for entry in found.intake.aside}


def test_units_and_raters_are_sorted_by_id() -> None:
    made = submissions()
    answer(made, 0, 0, "Refund")
    answer(made, 1, 1, "Billing")
    found = build(made)
    assert found.units.ids == ("9", "10")  # numbers by size; a unit without a rating is none
    assert [rater.id for rater in found.raters] == ["a@x", "b@x"]
    assert [rater.letter for rater in found.raters] == ["A", "B"]
    assert labels(found) == [("9", "a@x", "Billing"), ("10", "b@x", "Refund")]


def test_the_last_submitted_answer_counts() -> None:
    made = submissions()
    answer(made, 0, 0, "Refund", submitted=9 * DAY)
    answer(made, 0, 0, "Billing", submitted=5 * DAY)  # later in the file, submitted earlier
    found = build(made)
    assert labels(found) == [("10", "b@x", "Refund")]
    assert aside(found) == {"repeat": 1}
    assert found.repeats["category"].value.tolist() == [0]


def test_labels_outside_the_config_are_listed_by_label_raters_and_dates() -> None:
    made = submissions()
    for rater, day in ((0, 0), (1, 2)):
        answer(made, 0, rater, "Refunds", submitted=20_000 * DAY + day * DAY)
    answer(made, 1, 0, "Refund")
    (entry,) = build(made).intake.aside
    assert (entry.reason, entry.count, entry.question) == ("unknown_label", 2, "category")
    assert entry.detail == "Refunds: 2 annotators, 4 October 2024 to 6 October 2024"


def test_a_renamed_label_comes_back() -> None:
    made = submissions()
    answer(made, 0, 0, "Refunds")
    found = build(made, map_labels={("category", "Refunds"): "Refund"})
    assert labels(found) == [("10", "b@x", "Refund")]
    assert not found.intake.aside


def test_gold_by_somebody_who_only_sets_gold_is_no_rating() -> None:
    made = submissions()
    lead = made.add_rater("lead@x", "Lead")
    answer(made, 0, 0, "Refund")
    answer(made, 0, lead, "Billing", GOLD)
    found = build(made)
    assert [rater.id for rater in found.raters] == ["b@x"]
    assert found.gold["category"].tolist() == [0]
    assert aside(found) == {"gold": 1}


def test_gold_by_a_rater_counts_as_a_rating_too() -> None:
    made = submissions()
    answer(made, 0, 0, "Refund")
    answer(made, 1, 0, "Billing", GOLD)
    found = build(made)
    assert len(found.ratings["category"]) == 2
    assert found.gold["category"].tolist() == [0, -1]


def test_two_different_gold_labels_are_none() -> None:
    made = submissions()
    answer(made, 0, 0, "Refund")
    answer(made, 0, 1, "Billing", GOLD)
    answer(made, 0, 1, "Refund", GOLD)
    assert build(made).gold["category"].tolist() == [-1]


def test_models_skips_and_unknown_authors_stay_out_of_agreement() -> None:
    made = submissions()
    model = made.add_rater("triage-v1", "triage-v1", "model")
    answer(made, 0, 0, "Refund")
    answer(made, 0, model, "Billing", PREDICTION)
    answer(made, 0, -1, "Billing")
    made.add_annotation(1, 0, skipped=True)
    found = build(made)
    assert labels(found) == [("10", "b@x", "Refund")]
    assert [rater.id for rater in found.models] == ["triage-v1"]
    assert len(found.predictions["category"]) == 1
    assert found.skips == {0: 1}
    assert aside(found) == {"skipped": 1, "no_author": 1, "prediction": 1}


def test_the_round_is_a_selection() -> None:
    made = submissions()
    for day, unit in enumerate((0, 1, 2)):
        answer(made, unit, 0, "Refund", submitted=20_000 * DAY + day * DAY + 5)
    only = build(made, selection=Selection(since="2024-10-05", until="2024-10-05"))
    assert only.units.ids == ("9",)
    assert aside(only) == {"not_selected": 2}
    assert build(made, selection=Selection(where=(("channel", "email"),))).units.ids == ("9",)
    with pytest.raises(SettingsError, match=r"no task has a field 'chanel'.*channel"):
        build(made, selection=Selection(where=(("chanel", "email"),)))
    with pytest.raises(SettingsError, match=r"--from 5\.3\.2024: not a date"):
        build(made, selection=Selection(since="5.3.2024"))


def test_edited_and_prelabeled_are_counted_and_can_be_left_out() -> None:
    made = submissions()
    answer(made, 0, 0, "Refund", edited=True)
    answer(made, 1, 0, "Refund", prelabeled=True)
    answer(made, 2, 0, "Refund")
    found = build(made)
    assert (found.intake.n_edited, found.intake.n_prelabeled) == (1, 1)
    rest = build(made, selection=Selection(exclude=("edited", "prelabeled")))
    assert rest.units.ids == ("8",)
    assert aside(rest) == {"edited": 1, "prelabeled": 1}


def test_levels_can_be_overridden() -> None:
    stars = Question("stars", "ordinal", "Rating", ("1", "2", "3"), "config", "Rating")
    made = submissions(stars)
    answer(made, 0, 0, "3")
    found = build(made, levels={"": "interval"})
    assert found.questions[0].level == "interval"
    assert found.questions[0].level_source == "--level"
    assert found.ratings["stars"].values == (3.0,)
    with pytest.raises(SettingsError, match="no question 'starz'"):
        build(made, levels={"starz": "ordinal"})
    with pytest.raises(SettingsError, match="not a level"):
        build(made, levels={"": "ordinl"})


def test_words_are_no_numbers_and_their_order_is_never_guessed() -> None:
    free = Question("mood", "nominal", "table")
    made = submissions(free)
    answer(made, 0, 0, "good")
    with pytest.raises(SourceError, match="mood is interval, but 'good' is no number"):
        build(made, levels={"mood": "interval"})
    with pytest.raises(SettingsError, match=r"order of its labels .good. is not known"):
        build(made, levels={"mood": "ordinal"})


def test_sets_stay_sets() -> None:
    topics = Question("topics", "set", "Choices", ("a", "b"), "config", "Choices")
    made = submissions(topics)
    answer(made, 0, 0, frozenset())
    answer(made, 1, 0, frozenset({"a", "c"}))
    found = build(made, levels={"": "ordinal"})
    assert found.questions[0].level == "set"
    assert found.ratings["topics"].values == (frozenset(),)
    assert found.intake.aside[0].detail.startswith("c: 1 annotator")
    with pytest.raises(SettingsError, match="every answer to topics is a set of labels"):
        build(made, levels={"topics": "nominal"})


def test_what_a_model_says_does_not_widen_the_universe() -> None:
    made = submissions(Question("category", "nominal", "inferred"))
    model = made.add_rater("m", "m", "model")
    answer(made, 0, 0, "Refund")
    answer(made, 0, model, "Other", PREDICTION)
    assert build(made).questions[0].labels == ("Refund",)


def test_what_only_a_repeat_says_does_not_widen_the_universe() -> None:
    made = submissions(Question("category", "nominal", "table"))
    answer(made, 0, 0, "Other", submitted=1)
    answer(made, 0, 0, "Refund", submitted=2)
    found = build(made)
    assert found.questions[0].labels == ("Refund",)
    assert found.repeats["category"].value.tolist() == [-1]


def test_a_label_that_only_gold_holds_is_no_label_of_the_round() -> None:
    made = submissions(Question("category", "nominal", "table"))
    answer(made, 0, 0, "Refund")
    answer(made, 1, 0, "Refund")
    answer(made, 0, -1, "NO AGREEMENT", GOLD)
    answer(made, 1, -1, "Refund", GOLD)
    found = build(made)
    assert found.questions[0].labels == ("Refund",)
    assert found.gold["category"].tolist() == [0, -1]  # units 9 and 10
    assert any(a.detail == "a gold label that nobody gave" for a in found.intake.aside)


def test_ratio_has_no_negative_values() -> None:
    made = submissions(Question("price", "interval", "Number", tag="Number"))
    answer(made, 0, 0, -2.0)
    with pytest.raises(SettingsError, match="no values below 0, but -2 occurs"):
        build(made, levels={"price": "ratio"})
    huge = submissions(Question("price", "interval", "Number", tag="Number"))
    answer(huge, 0, 0, 1e200)
    with pytest.raises(SourceError, match="no number"):
        build(huge)
