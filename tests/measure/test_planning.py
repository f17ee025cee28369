"""Plans keep what they promise: the width comes out where the plan says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.agreement import agreement
from labelq.measure.planning import Goal, plan, spread_at
from tests.rounds import make_round


def round_of(n_units: int, r: int, seed: int, **made: Any) -> Any:
    """Units with label shares of their own, each rated by r of six raters."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.5, 0.3, 0.2], n_units)
    rows = [
        (f"{u:05}", "abcdef"[rater], "xyz"[rng.choice(3, p=shares[u])])
        for u in range(n_units)
        for rater in rng.choice(6, r, replace=False)
    ]
    return make_round(rows, **made)


def planned(made: Any, goal: Goal, **options: Any) -> Any:
    question = made.questions[0]
    return plan(question, made.ratings[question.name], made.raters, goal, **options)


def width(made: Any) -> float:
    question = made.questions[0]
    rows = agreement(
        question, made.ratings[question.name], made.raters, metrics=["krippendorff_alpha"]
    )
    lower, upper = next((row.lower, row.upper) for row in rows if row.label is None)
    assert lower is not None
    assert upper is not None
    return upper - lower


@pytest.mark.parametrize("pilot", [3, 4])
def test_the_planned_width_comes_out(pilot: int) -> None:
    found = planned(round_of(300, pilot, seed=1), Goal("width", 0.1))
    for option in found.options:
        if option.basis == "at_most":
            assert width(round_of(option.units, option.raters_per_unit, 2)) < 0.11
        else:
            assert width(round_of(option.units, option.raters_per_unit, 2)) == pytest.approx(
                0.1, abs=0.015
            )
    bases = {option.raters_per_unit: option.basis for option in found.options}
    assert bases == {
        2: "measured",
        3: "measured",
        4: "measured" if pilot == 4 else "at_most",
        5: "extrapolated" if pilot == 4 else "at_most",
    }


def test_a_detectable_change_is_detected_four_times_in_five() -> None:
    """Of many pairs of rounds of the planned sizes that differ by D, 80 % show it."""
    found = planned(round_of(600, 3, seed=3), Goal("detect", 0.12))
    row = found.headline
    option = next(o for o in found.options if o.raters_per_unit == 3)
    z = 1.959964
    before = (row.upper - row.lower) / 2 / z
    after = width(round_of(option.units, 3, seed=4)) / 2 / z
    rng = np.random.default_rng(0)
    difference = 0.12 + rng.normal(0, np.hypot(before, after), 20_000)
    shown = np.abs(difference) > z * np.hypot(before, after)
    assert shown.mean() == pytest.approx(0.8, abs=0.06)


def test_no_next_round_makes_up_for_an_uncertain_one() -> None:
    found = planned(round_of(40, 2, seed=5), Goal("detect", 0.05))
    assert (found.reason, found.options) == ("round_too_uncertain", ())
    assert found.smallest > 0.05


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.floats(0, 5)] * 3), st.integers(3, 9))
def test_the_spread_is_carried_on(parts: tuple[float, float, float], r: int) -> None:
    a, b, c = parts

    def true(r: int) -> float:
        return a + 4 * b / r + 2 * c / (r * (r - 1))

    known = {k: true(k) for k in (2, 3, 4)}
    assert spread_at(r, known)[0] == pytest.approx(true(r), abs=1e-6)
    for upto in (3, 4):  # with less known: never less than the truth, never more than known
        bound = spread_at(max(r, upto), {k: known[k] for k in range(2, upto)})[0]
        assert true(max(r, upto)) - 1e-6 <= bound <= known[2] + 1e-6


def test_no_gain_is_promised_where_the_law_does_not_fit() -> None:
    assert spread_at(3, {2: 9.0, 3: 2.0}) == (2.0, "measured")
    assert spread_at(5, {2: 9.0, 3: 2.0}) == (2.0, "at_most")


def test_cheapest_is_the_one_with_fewest_labels_and_time_is_labels_times_seconds() -> None:
    made = round_of(200, 3, seed=6, seconds=dict.fromkeys("abcdef", 20.0))
    found = planned(made, Goal("width", 0.1))
    assert found.seconds == pytest.approx(20)
    fewest = min(found.options, key=lambda option: option.ratings)
    assert [option for option in found.options if option.cheapest] == [fewest]
    assert all(o.seconds == pytest.approx(20 * o.units * o.raters_per_unit) for o in found.options)
    given = planned(made, Goal("width", 0.1), seconds=5.0)
    assert given.options[0].seconds == pytest.approx(5 * given.options[0].ratings)


def test_idle_time_does_not_make_a_plan_dear() -> None:
    rows = [(u, r, "xy"[(u + (r == "b") * (u % 3 == 0)) % 2]) for u in range(99) for r in "ab"]
    made = make_round(rows)
    made.ratings["value"].seconds[:] = 10
    made.ratings["value"].seconds[0] = 50_000
    assert planned(made, Goal("width", 0.1)).seconds < 11


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(u, "a", "x") for u in range(30)], "no_overlap"),
        ([(u, r, "x") for u in range(30) for r in "ab"], "no_variation"),
        ([(u, r, "xy"[u == 0]) for u in range(30) for r in "ab"], "too_little_variation"),
        ([(u, r, "xy"[u % 2]) for u in range(60) for r in "ab"], "too_little_variation"),
    ],
)
def test_rounds_that_say_nothing_give_no_plan(rows: list[Any], reason: str) -> None:
    found = planned(make_round(rows), Goal("width", 0.1))
    assert (found.reason, found.options) == (reason, ())


def test_reproducible() -> None:
    made = round_of(120, 4, seed=7)
    assert planned(made, Goal("width", 0.1)) == planned(made, Goal("width", 0.1))
