"""Raters: planted behaviours are flagged, ordinary ones are not, gaps count against nobody."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from labelq.measure.settling import Settling
from labelq.pinpoint.flags import median_seconds, others_say
from labelq.pinpoint.raters import excused_units, pairs_with_others, rater_reports
from labelq.pinpoint.votes import choices
from tests.pinpoint.planted import RATERS, pinpointed, planted
from tests.rounds import make_round


def reports(found):
    made = rater_reports(found.round, found.settlings, found.clusters)
    return {(r.question, found.round.raters[r.rater].id): r for r in made}


def flags(report):
    return [flag.kind for flag in report.flags]


def test_a_habit_is_found_and_nobody_else_flagged():
    by_name = reports(planted())
    habit = by_name["category", "bob"]
    # Without the habit nobody would disagree: so bob differs, too.
    assert flags(habit) == ["differs", "habit"]
    flag = habit.flags[1]
    assert (flag.label, flag.instead_of) == ("Billing", "Account")
    assert flag.n >= 8
    assert flag.value >= 0.5
    assert flag.value >= 4 * flag.others
    assert all(flags(r) == [] for (_, name), r in by_name.items() if name != "bob")


def test_a_careless_fast_rater_differs_and_has_no_habit():
    seconds = dict.fromkeys(RATERS, 20.0) | {"eve": 3.0}
    by_name = reports(planted(habit=None, careless="eve", seconds=seconds))
    assert flags(by_name["category", "eve"]) == ["differs", "fast"]
    differs, fast = by_name["category", "eve"].flags
    assert differs.value - differs.others > 0.15
    assert (fast.value, fast.others) == (3, 20)
    assert all(flags(r) == [] for (_, name), r in by_name.items() if name != "eve")


def test_two_camps_in_a_gap_count_against_nobody():
    found = planted(habit=None)
    by_name = reports(found)
    assert all(r.flags == () for r in by_name.values())
    gap = found.clusters[0]
    excused = excused_units(found.round, found.round.questions[0], [gap])
    assert set(gap.units) <= set(excused.tolist())
    report = by_name["category", "cyd"]
    assert report.counted < report.n_shared


def test_agreement_is_the_share_of_agreeing_pairs_with_its_wilson_interval():
    rows = [("u1", "a", "x"), ("u1", "b", "x"), ("u1", "c", "y"),
            ("u2", "a", "x"), ("u2", "b", "y"), ("u3", "a", "x")]  # fmt: skip
    report = reports(pinpointed(make_round(rows)))["value", "a"]
    assert (report.n_ratings, report.n_shared, report.agreement) == (3, 2, pytest.approx(1 / 3))
    wilson = proportion_confint(2 / 3, 2, method="wilson")
    assert (report.lower, report.upper) == pytest.approx(wilson)
    assert report.labels == {"x": (1, pytest.approx(1 / 3)), "y": (0, pytest.approx(2 / 3))}


def test_nobody_shared_a_unit():
    report = reports(pinpointed(make_round([("u1", "a", "x"), ("u2", "b", "y")])))["value", "a"]
    assert (report.n_shared, report.agreement, report.lower, report.without) == (
        0,
        None,
        None,
        None,
    )
    assert report.labels == {}


def test_without_is_the_headline_without_the_rater():
    found = planted()
    settling = found.settlings["category"]
    rest = [r for r in range(5) if r != 1]
    ratings = found.round.ratings["category"]
    alone = Settling.of(found.round.questions[0], ratings.select(np.isin(ratings.rater, rest)))
    assert reports(found)["category", "bob"].without == pytest.approx(alone.value)
    assert settling.value is not None


def test_a_shift_of_an_ordered_question():
    dice = random.Random(3)
    rows = []
    for i in range(60):
        truth = dice.randint(2, 4)
        rows += [(f"u{i:02}", r, str(truth + dice.choice([0, 0, 0, 1, -1]))) for r in "abc"]
        rows.append((f"u{i:02}", "high", str(min(5, truth + dice.choice([0, 1, 1])))))
    by_name = reports(pinpointed(make_round(rows, level="ordinal", labels="12345")))
    shift = [flag for flag in by_name["value", "high"].flags if flag.kind == "shift"]
    assert shift
    assert 0.4 < shift[0].value < 1
    assert all("shift" not in flags(by_name["value", name]) for name in "abc")


def test_of_two_raters_neither_is_the_one_who_is_off():
    rows = [(f"u{i:02}", "a", str(1 + i % 3)) for i in range(30)]
    rows += [(f"u{i:02}", "b", str(2 + i % 3)) for i in range(30)]
    by_name = reports(pinpointed(make_round(rows, level="ordinal", labels="1234")))
    values = [by_name["value", name].flags[-1].value for name in "ab"]
    assert values == [-1, 1]


def test_numbers_shift_in_their_own_unit_and_never_differ():
    dice = random.Random(4)
    rows = []
    for i in range(40):
        truth = dice.uniform(0, 100)
        rows += [(f"u{i:02}", r, truth + dice.gauss(0, 5)) for r in "abc"]
        rows.append((f"u{i:02}", "high", truth + 20 + dice.gauss(0, 5)))
    by_name = reports(pinpointed(make_round(rows, level="interval")))
    assert flags(by_name["value", "high"]) == ["shift"]
    assert by_name["value", "high"].flags[0].value == pytest.approx(20, abs=3)
    assert by_name["value", "a"].labels == {}


def test_skips():
    rows = [(f"u{i:02}", r, "x") for i in range(40) for r in "abc"]
    by_name = reports(pinpointed(make_round(rows, skips={"a": 10, "b": 1})))
    assert flags(by_name["value", "a"]) == ["skips"]
    flag = by_name["value", "a"].flags[0]
    assert (flag.n, flag.of, flag.value) == (10, 50, 0.2)
    assert by_name["value", "b"].flags == ()
    assert by_name["value", "b"].skip_rate == pytest.approx(1 / 41)


def test_repeats_and_gold():
    rows = [("u1", "a", "x"), ("u1", "b", "y"), ("u2", "a", "y"), ("u2", "b", "y")]
    round_ = make_round(
        rows, repeats=[("u1", "a", "x"), ("u2", "a", "x")], gold={"u1": "x", "u2": "x"}
    )
    report = reports(pinpointed(round_))["value", "a"]
    assert (report.n_repeats, report.n_repeats_same) == (2, 1)
    assert (report.gold_right, report.gold_of) == (1, 2)


def test_median_seconds_are_robust_and_ignore_what_is_unknown():
    rows = [(f"u{i}", r, "x") for i in range(4) for r in "ab"]
    ratings = make_round(rows, seconds={"a": 5.0}).ratings["value"]
    ratings.seconds[ratings.unit == 0] = np.where(ratings.rater[:2] == 0, 9000, np.nan)
    median, n = median_seconds(ratings, 3)
    assert median[0] == 5
    assert np.isnan(median[1:]).all()
    assert n.tolist() == [4, 0, 0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from("wxyz")),
        min_size=1,
        max_size=24,
        unique_by=lambda row: row[:2],
    )
)
def test_what_the_others_say_by_brute_force(rows):
    round_ = make_round(rows, labels="wxyz")
    votes = choices(round_.questions[0], round_.ratings["value"])[0]
    said = others_say(votes)
    for i in range(len(votes.unit)):
        rest = (votes.unit == votes.unit[i]) & (np.arange(len(said)) != i)
        n = np.bincount(votes.label[rest], minlength=4)
        leaders = np.flatnonzero((n == n.max()) & (n > 0))
        assert said[i] == (leaders[0] if len(leaders) == 1 else -1)
    agree, others = pairs_with_others(round_.ratings["value"])
    same = (votes.unit[:, None] == votes.unit) & (votes.label[:, None] == votes.label)
    assert agree.tolist() == (same.sum(axis=1) - 1).tolist()
    assert others.tolist() == ((votes.unit[:, None] == votes.unit).sum(axis=1) - 1).tolist()


def test_of_flagged_raters_the_one_who_matters_most_comes_first():
    dice = random.Random(9)
    rows = []
    for i in range(200):
        truth = dice.choice("xyz")
        rows += [(f"u{i:03}", r, truth) for r in "abc"]
        # "few" errs always on a few units, "many" often on all of them.
        rows.append((f"u{i:03}", "many", dice.choice("xyz") if i % 2 else truth))
        if i < 25:
            rows.append((f"u{i:03}", "few", "xyz"["xyz".index(truth) - 1]))
    found = pinpointed(make_round(rows))
    made = rater_reports(found.round, found.settlings, found.clusters)
    names = [found.round.raters[r.rater].id for r in made]
    assert all(report.flags for report in made[:2])
    assert not any(report.flags for report in made[2:])
    assert names[:2] == ["many", "few"]
    assert made[0].agreement > made[1].agreement
    gains = [report.without - found.settlings["value"].value for report in made[:2]]
    assert gains[0] > gains[1] > 0
