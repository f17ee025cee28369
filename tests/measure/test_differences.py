"""The interval of a difference: against published figures, the bootstrap and itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.labels.model import Rater
from labelq.measure.agreement import agreement
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.intervals.differences import Side, correlation, detectable, mover, resampled
from labelq.measure.tables import Tables
from tests.simulated import simulated


def test_the_published_example():
    # Zou & Donner (2008), Statistics in Medicine 27: 1693, and Newcombe (1998), Statistics in
    # Medicine 17: 873, method 10: Wilson's limits of 56/70 and 48/80 give .0524 to .3339.
    first, second = (0.6, 0.49045, 0.70038), (0.8, 0.69183, 0.87695)
    assert mover(first, second) == pytest.approx((0.0524, 0.3339), abs=5e-5)


ends = st.tuples(
    st.floats(-0.5, 0.9), st.floats(0.001, 0.4), st.floats(0.001, 0.1), st.floats(-1, 1)
)


@given(ends, ends)
def test_the_difference_lies_inside_and_turns_with_its_sign(one, two):
    a, b = ((v, v - low, v + high) for v, low, high, _ in (one, two))
    lower, upper = mover(a, b, one[3])
    assert lower <= b[0] - a[0] <= upper
    back = mover(b, a, one[3])
    assert back == pytest.approx((-upper, -lower))
    independent = mover(a, b)
    if one[3] > 0:
        assert independent[0] <= lower + 1e-12
        assert upper <= independent[1] + 1e-12


def side(found, rows, right):
    tables = Tables(found.question, found.ratings, len(right))
    made = alpha(tables.counts, "nominal", tables.scale)
    people = tuple(Rater(f"r{i}", "", "") for i in range(len(right)))
    row = agreement(found.question, found.ratings, people, metrics=["alpha"])[0]
    return Side(made, tables.count_patterns, rows), row


def test_the_bootstrap_and_the_limits_agree_on_large_rounds():
    right = (0.8, 0.85, 0.9)
    n = 600
    first = side(simulated(n, right, (0.5, 0.3, 0.2), seed=1), np.arange(n), right)
    second = side(simulated(n, right, (0.5, 0.3, 0.2), seed=2), np.arange(n, 2 * n), right)
    rho = correlation(first[0], second[0], (first[1].error, second[1].error))
    assert rho == 0.0
    drawn = resampled(first[0], second[0], resamples=2000, seed=0, confidence=0.95)
    limits = mover(*((r.value, r.lower, r.upper) for _, r in (first, second)))
    assert drawn == pytest.approx(limits, abs=0.01)


def test_the_same_round_twice_differs_by_nothing():
    right = (0.8, 0.85, 0.9)
    found = simulated(200, right, (0.5, 0.3, 0.2), seed=1)
    one, row = side(found, np.arange(200), right)
    rho = correlation(one, one, (row.error, row.error))
    assert rho == pytest.approx(1.0, abs=1e-9)
    told = (row.value, row.lower, row.upper)
    half = abs((row.upper - row.value) - (row.value - row.lower))
    assert mover(told, told, rho) == pytest.approx((-half, half), abs=1e-4)
    # Units are drawn together, so nothing is left of the difference: no interval at all.
    assert resampled(one, one, resamples=200, seed=0, confidence=0.95) is None


def test_tasks_in_both_rounds_narrow_the_interval_as_the_bootstrap_says():
    right = (0.97, 0.97, 0.97)
    n = 400
    whole = simulated(n, (*right, *right), (0.6, 0.4), seed=5)
    rng = np.random.default_rng(0)
    hard = rng.random(n) < 0.3  # on hard tasks everybody guesses, in both rounds
    halves = []
    for raters in ((0, 1, 2), (3, 4, 5)):
        ratings = whole.ratings.select(np.isin(whole.ratings.rater, raters))
        value = ratings.value.copy()
        guessed = hard[ratings.unit]
        value[guessed] = rng.integers(0, 2, int(guessed.sum()))
        object.__setattr__(ratings, "value", value)
        object.__setattr__(ratings, "rater", ratings.rater % 3)
        halves.append(whole._replace(ratings=ratings))
    first, second = (side(half, np.arange(n), right) for half in halves)
    rho = correlation(first[0], second[0], (first[1].error, second[1].error))
    assert rho > 0.1
    limits = mover(*((r.value, r.lower, r.upper) for _, r in (first, second)), rho)
    drawn = resampled(first[0], second[0], resamples=2000, seed=0, confidence=0.95)
    assert drawn == pytest.approx(limits, abs=0.015)


def test_many_tasks_are_merged_at_random_with_the_same_error():
    right = (0.8, 0.85, 0.9)
    n = 12_000
    found = simulated(n, right, (0.5, 0.3, 0.2), seed=1)
    one, row = side(found, np.arange(n), right)
    assert correlation(one, one, (row.error, row.error)) == pytest.approx(1.0, abs=0.05)


def test_what_can_be_seen_four_times_in_five():
    # d / error = z(.975) + z(.8) = 2.802
    error = 0.05
    assert detectable(-1.959964 * error, 1.959964 * error, 0.95) == pytest.approx(
        2.8016 * error, rel=1e-4
    )
