"""Every rater's own pattern, and the evidence for causes, from hand-made votes."""

from __future__ import annotations

import numpy as np
import pytest

from labelq.pinpoint.causes import evidence
from labelq.pinpoint.causes.coefficients import CONTENT, ELSEWHERE, LEADING_RIGHT, LEFT, WITHIN
from labelq.pinpoint.causes.evidence import of_content, of_disagreements
from labelq.pinpoint.causes.model import log_odds, probabilities
from labelq.pinpoint.causes.pattern import pattern_of
from labelq.pinpoint.causes.recalibration import ENOUGH_DECIDED, recalibration
from labelq.pinpoint.votes import choices
from tests.rounds import make_round

NONE = np.zeros(0, np.int64)


def patterned(votes, *, inside=NONE, truth=None, seconds=None):
    """The pattern where each string of ``votes`` is one unit: rater and label in turn."""
    rows = [(f"u{i:03}", v[j], v[j + 1]) for i, v in enumerate(votes) for j in range(0, len(v), 2)]
    round_ = make_round(rows, labels=["x", "y", "z"], seconds=seconds)
    ratings = round_.ratings["value"]
    (of_question,) = choices(round_.questions[0], ratings)
    codes = None if truth is None else np.array(["xyz".find(c) for c in truth], np.int32)
    return pattern_of(of_question, ratings, len(round_.raters), inside=inside, truth=codes)


def test_counts_and_suspects():
    found = patterned(["axbxcy", "axby", "axbycz", "axbx", "cz", "axbxcycy"[:6]])
    assert found.units.tolist() == [0, 1, 2, 3, 5]  # one vote disputes nothing
    assert found.top.tolist() == [2, 1, 1, 2, 2]
    assert found.second.tolist() == [1, 1, 1, 0, 1]
    assert found.disputed.tolist() == [True, True, True, False, True]
    # The odd one of three; both of two; all of three different ones; nobody; the odd one.
    assert np.bincount(found.row, found.suspect).tolist() == [1, 2, 3, 0, 1]


def test_with_a_known_label_the_leading_votes_may_be_the_wrong_ones():
    found = patterned(["axbxcy", "axby"], truth="yx")
    assert found.votes.rater[found.suspect].tolist() == [0, 1, 1]
    assert found.known.all()


def test_a_rater_is_known_by_other_units_only():
    found = patterned(["axbxcx"] * 40 + ["axbxcy"])
    last = found.row == 40
    # c never deviated elsewhere: the vote in question does not count against itself.
    assert found.deviates[last & found.suspect][0] < found.usual


def test_who_deviates_elsewhere_is_told_without_the_content_in_question():
    quarrel = ["axbxcy"] * 30
    found = patterned(quarrel + ["axbxcx"] * 40, inside=np.arange(30))
    counted = patterned(quarrel + ["axbxcx"] * 40)
    assert found.deviates[2] < 0.02
    assert counted.deviates[2] > 0.3


def test_lift_is_high_for_a_habit_and_not_for_a_slip():
    habit = ["axbxcy"] * 12
    found = patterned(habit + ["aybycy"] * 30 + ["axbxcx"] * 10 + ["axbzcx"])
    of_habit, of_slip = found.lift[2], found.lift[found.votes.label == 2][0]
    assert of_habit > 3
    assert of_slip < 1


def test_pace_is_what_neither_the_rater_nor_the_unit_explains():
    votes = ["axbxcx"] * 30
    found = patterned(votes, seconds={"a": 10.0, "b": 20.0, "c": 40.0})
    assert found.pace == pytest.approx(0, abs=1e-6)
    assert np.diff(found.tempo) == pytest.approx(np.log(2))
    assert np.isnan(patterned(votes).pace).all()


CAMPS = ["axbxdy", "axdyey", "bxdyey", "cxdyey", "axcxey", "bxcxdy", "axdyey", "cxbxey"]


def named(features, names):
    return dict(zip(names, features, strict=True))


def test_opposite_rules_show_in_the_evidence():
    found = patterned([*CAMPS, *["axbxcx"] * 4])
    camps = named(of_content(found, np.arange(8), NONE, np.zeros(12)).features, evidence.CONTENT)
    tossed = patterned(["axbydx", "aydyex", "bxdyey", "cydxey", "axcyey", "bycxdy", "aydxex"])
    toss = named(of_content(tossed, np.arange(7), NONE, np.zeros(7)).features, evidence.CONTENT)
    assert camps["camps"] == 1
    assert camps["own_rule"] > 0.3 > toss["own_rule"]
    assert camps["still_disputed"] > 0.5


def test_one_raters_habit_shows_in_the_evidence():
    found = patterned(["axbxdy", "axcxdy", "bxcxdy", "axbxdy", "bxcxdy", *["axbxdx"] * 30],
                      inside=np.arange(5))  # fmt: skip
    seen = of_content(found, np.arange(5), NONE, np.zeros(35))
    told = named(seen.features, evidence.CONTENT)
    assert seen.rater == 3
    assert (seen.resolved, told["lone_camp"], told["camps"]) == (1, 1, 0)
    assert told["still_disputed"] == 0
    assert told["leaves_pattern"] > 2
    assert told["careless"] < 0.5


def test_every_disputed_unit_has_features():
    found = patterned(["axbxcy", "axbx", "axby", "axbycz"])
    rows, features = of_disagreements(found, np.zeros(4))
    assert rows.tolist() == [0, 2, 3]
    told = [named(row, evidence.DISAGREEMENT) for row in features]
    assert [row["single"] for row in told] == [1, 0, 0]
    assert [row["even"] for row in told] == [0, 1, 1]
    assert [row["third"] for row in told] == [0, 0, 1]
    assert np.isfinite(features).all()


def test_every_feature_has_its_coefficients():
    for table, names in (
        (CONTENT, evidence.CONTENT),
        (WITHIN, evidence.WITHIN),
        (ELSEWHERE, evidence.DISAGREEMENT),
        (LEFT, evidence.LEFT),
    ):
        assert list(table) == ["intercept", *names]


def test_log_odds_are_against_a_slip():
    table = {"intercept": (0.0, 1.0, -1.0), "size": (2.0, 0.0, 0.0)}
    odds = log_odds(np.array([[1.0], [0.0]]), table)
    assert odds.tolist() == [[0, 2, 1, -1], [0, 0, 1, -1]]
    told = probabilities(odds)
    assert told.sum(axis=1) == pytest.approx(1)
    assert np.log(told[0, 1] / told[0, 0]) == pytest.approx(2)


def test_decisions_say_how_much_is_error_and_how_much_is_open():
    rng = np.random.default_rng(5)
    told = np.tile([0.35, 0.15, 0.2, 0.3], (400, 1))  # the model thinks: half is open
    right = rng.random(400) < LEADING_RIGHT[0]  # reviewers side with the leading label
    found = recalibration(told, right)
    assert found is not None
    after = found.of(told)[0]
    assert after.sum() == pytest.approx(1)
    assert after[2:].sum() < 0.2
    assert after[0] / after[1] == pytest.approx(0.35 / 0.15)  # which error it is, nobody said
    assert after[3] / after[2] == pytest.approx(1.5)
    other = recalibration(told, rng.random(400) < LEADING_RIGHT[3])
    assert other is not None
    assert other.of(told)[0, 2:].sum() > 0.75


def test_few_decisions_say_nothing():
    told = np.full((ENOUGH_DECIDED - 1, 4), 0.25)
    assert recalibration(told, np.ones(len(told), bool)) is None
