"""Consistency with oneself, speed, drift: by hand, by brute force, against permutation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.raters.consistency import (
    answered_again,
    answered_alike,
    consistency,
    joined,
)
from labelq.measure.raters.drift import agreement_drift, change_point, speed_drift
from labelq.measure.raters.shared import Shared
from labelq.measure.raters.speed import others_median, speed
from tests.rounds import make_round

START = np.datetime64("2026-03-01T08:00:00")


def moments(n):
    return START + np.arange(n).astype("timedelta64[s]")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=24))
def test_the_median_of_the_others(rows):
    unit = np.array([row[0] for row in rows], np.int64)
    x = np.array([row[1] for row in rows], float)
    found = others_median(unit, x)
    for i in range(len(rows)):
        rest = x[(unit == unit[i]) & (np.arange(len(rows)) != i)]
        assert np.isnan(found[i]) if not len(rest) else found[i] == np.median(rest)


def test_speed_is_a_median_without_idle_time():
    rows = [(f"u{i:02}", r, "x") for i in range(40) for r in "ab"]
    ratings = make_round(rows, seconds={"a": 5.0, "b": 20.0}).ratings["value"]
    ratings.seconds[:4] = [9000, 20, 5, np.nan]
    found = speed(ratings, 3)
    assert found.idle.tolist() == [1, 0, 0]
    assert found.seconds.of(0).value == pytest.approx(5)
    assert found.seconds.n.tolist() == [39, 39, 0]
    assert found.seconds.of(2).reason == "no_times"
    pace = found.pace.of(0)
    assert (pace.value, pace.lower, pace.upper) == pytest.approx((0.25, 0.25, 0.25))
    assert (found.faster[0], found.compared[0]) == (38, 38)
    assert found.p_value[0] == pytest.approx(0.5**38)
    assert found.p_value[1] == 1


def paces(rows, seconds):
    """Pace of each rater from (unit, rater) and seconds, in the order of sorted ids."""
    ratings = make_round([(unit, rater, "x") for unit, rater in rows]).ratings["value"]
    key = sorted(range(len(rows)), key=lambda i: rows[i])
    ratings.seconds[:] = np.array(seconds)[key]
    n = int(ratings.rater.max()) + 1
    return [speed(ratings, n).pace.of(r) for r in range(n)]


def test_somebody_fast_makes_nobody_slow():
    """Three of five answer each task; b takes an eighth of the time. The middle is 100 %."""
    rng = np.random.default_rng(3)
    rows, seconds = [], []
    for i in range(200):
        hard = rng.normal(3, 0.8)
        for r in rng.choice(5, 3, replace=False):
            rows.append((f"u{i:03}", "abcde"[r]))
            own = {1: 0.125, 4: 1.5}.get(r, 1.0)
            seconds.append(own * np.exp(hard + rng.normal(0, 0.15)))
    found = paces(rows, seconds)
    assert [e.value for e in found] == pytest.approx([1, 0.125, 1, 1, 1.5], rel=0.1)
    truth = [1, 0.125, 1, 1, 1.5]
    assert all(e.lower <= own <= e.upper for e, own in zip(found, truth, strict=True))


def test_of_two_annotators_each_is_held_against_the_other():
    rows = [(f"u{i:02}", r) for i in range(20) for r in "ab"]
    a, b = paces(rows, [10.0 if r == "a" else 40.0 for _, r in rows])
    assert (a.value, b.value) == pytest.approx((0.25, 4))


def test_crews_that_share_no_task_have_middles_of_their_own():
    rows, seconds = [], []
    for crew, base in (("abc", 10.0), ("def", 300.0)):
        for i in range(30):
            for r, own in zip(crew, (0.5, 1.0, 2.0), strict=True):
                rows.append((f"{crew}{i:02}", r))
                seconds.append(base * own)
    assert [e.value for e in paces(rows, seconds)] == pytest.approx([0.5, 1, 2] * 2, rel=0.02)


def test_a_large_round_is_fitted_on_a_part_of_it(monkeypatch):
    rng = np.random.default_rng(7)
    rows, seconds = [], []
    for i in range(300):
        for r, own in zip("abcd", (0.2, 1.0, 1.0, 1.3), strict=True):
            rows.append((f"u{i:03}", r))
            seconds.append(own * np.exp(rng.normal(3, 0.2)))
    # "z" answers one task that the part does not hold.
    rows.append(("u001", "z"))
    seconds.append(20.0)
    whole = [e.value for e in paces(rows, seconds)]
    monkeypatch.setattr("labelq.measure.raters.speed.MOST_POLISHED", 300)
    part = [e.value for e in paces(rows, seconds)]
    assert part == pytest.approx(whole, rel=0.08)
    assert part[0] == pytest.approx(0.2, rel=0.1)


def test_order_statistics_hold_the_median():
    rng = np.random.default_rng(5)
    held = 0
    rows = [(f"u{i:02}", "a", "x") for i in range(25)]
    ratings = make_round(rows).ratings["value"]
    for _ in range(300):
        ratings.seconds[:] = np.exp(rng.normal(size=25)) * 20
        one = speed(ratings, 1).seconds.of(0)
        held += one.lower <= 20 <= one.upper
    assert held >= 0.93 * 300


def test_answers_given_again_and_alike():
    rows = [("u1", "a", "x"), ("u1", "b", "y"), ("u2", "a", "y"), ("u2", "b", "y"),
            ("u3", "a", "x"), ("u3", "b", "x")]  # fmt: skip
    made = make_round(rows, repeats=[("u1", "a", "y"), ("u2", "a", "y")])
    ratings = made.ratings["value"]
    again = answered_again(ratings, made.repeats["value"], 2)
    alike = answered_alike(ratings, np.array([0, -1, 0]))
    assert again.same.tolist() == [False, True]
    assert (alike.rater.tolist(), alike.same.tolist()) == ([0, 1], [True, False])
    found = consistency(ratings, joined([again, alike]), 2)
    assert (found.repeats.value[0], found.repeats.n.tolist()) == (0.5, [2, 0])
    assert found.same_text.value.tolist() == [1, 0]
    assert found.repeats.of(1).reason == "no_repeats"
    # u1 got x, y and y: 2 of 3 pairs differ; u2 none of 3; u1 and u3 x, y, x, x: 3 of 6.
    assert found.any_two.tolist() == pytest.approx([(2 / 3 + 0 + 0.5) / 3, 0.5])
    assert np.isnan(found.p_value).all()


def test_an_earlier_answer_of_an_unknown_value_differs():
    rows = [("u1", "a", "x"), ("u1", "b", "x")]
    ratings = make_round(rows).ratings["value"]
    earlier = replace(ratings.select([0]), values=("other",))
    found = consistency(ratings, answered_again(ratings, earlier, 2), 2)
    assert found.repeats.value[0] == 0
    assert found.any_two[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_the_change_point_is_as_likely_as_by_permutation(share):
    rng = np.random.default_rng(3)
    y = (rng.random(160) < share).astype(float)
    y[100:] = rng.random(60) < share + 0.2
    found = change_point(y, moments(160))
    assert found is not None
    off = np.array([rng.permutation(y) - y.mean() for _ in range(4000)])
    stray = np.abs(np.cumsum(off, axis=1)[:, 19:140]).max(axis=1)
    own = np.abs(np.cumsum(y - y.mean())[19:140]).max()
    by_permutation = (stray >= own - 1e-9).mean()
    assert found[1] == pytest.approx(by_permutation, rel=0.35, abs=0.003)


def test_answers_of_one_moment_stay_together():
    y = np.r_[np.zeros(50), np.ones(50)]
    when = np.repeat(moments(2), 50)
    assert change_point(y, when) == (50, pytest.approx(0, abs=1e-8))
    assert change_point(y, np.repeat(moments(1), 100)) is None
    assert change_point(np.ones(100), moments(100)) is None
    assert change_point(np.r_[np.zeros(5), np.ones(30)], moments(35)) is None


def test_harder_units_later_are_no_drift():
    rng = np.random.default_rng(4)
    truth = rng.integers(4, size=400)
    rows = []
    for i in range(400):
        for r in "abcd":
            wrong = rng.random() < (0.05 if i < 200 else 0.4)
            rows.append((f"{i:03}", r, "wxyz"[(truth[i] + wrong * rng.integers(1, 4)) % 4]))
    ratings = make_round(rows).ratings["value"]
    ratings.submitted[:] = moments(len(ratings))
    found = agreement_drift(Shared.of(ratings, 4, least=3), ratings)
    assert len(found.changes) == 4
    assert all(change.p_value > 0.01 for change in found.changes.values())
    # The plain agreement fell all the same.
    assert any(c.after.value < c.before.value - 0.2 for c in found.changes.values())


def test_speed_drift_against_the_others():
    rng = np.random.default_rng(6)
    rows = [(f"u{i:03}", r, "x") for i in range(120) for r in "abc"]
    ratings = make_round(rows).ratings["value"]
    ratings.submitted[:] = moments(len(ratings))
    ratings.seconds[:] = np.exp(rng.normal(3, 0.4, len(ratings)))
    ratings.seconds[(ratings.rater == 1) & (ratings.unit >= 60)] /= 4
    found = speed_drift(speed(ratings, 3), ratings, 3)
    change = found.changes[1]
    assert abs(change.nth - 61) < 8
    assert change.change == pytest.approx(0.25, rel=0.4)
    assert change.p_value < 1e-6
    undated = make_round(rows, seconds={"a": 5.0, "b": 6.0}).ratings["value"]
    assert not speed_drift(speed(undated, 3), undated, 3).dated
