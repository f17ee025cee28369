"""Calibration: bins and errors by hand, truth that is calibrated, and too little gold."""

from __future__ import annotations

import numpy as np
import pytest

from labelq.labels.model import Question
from labelq.measure.consensus.calibration import _bins, calibration
from labelq.measure.results import Consensus
from tests.simulated import ratings_of

QUESTION = Question("q", "nominal", "test", ("a", "b"))


def stated(certainty, best):
    """A consensus that is so sure of these labels, and the ratings that name the labels."""
    certainty = np.asarray(certainty, float)
    posterior = np.column_stack([certainty, 1 - certainty])
    n = len(certainty)
    found = Consensus(
        "q", "dawid_skene", np.arange(n, dtype=np.int32), ("a", "b"), posterior, best, {}, 1
    )
    return found, ratings_of(np.arange(n), np.zeros(n), np.zeros(n), ("a", "b"))


def of(certainty, right, **options):
    n = len(certainty)
    found, ratings = stated(certainty, ("a",) * n)
    gold = np.where(right, 0, 1).astype(np.int32)
    return calibration(QUESTION, ratings, found, gold, **options)


def test_by_hand():
    # 20 units at .95, 15 right; 10 at .65, 8 right; 10 at .55, 5 right.
    certainty = [0.95] * 20 + [0.65] * 10 + [0.55] * 10
    right = [True] * 15 + [False] * 5 + [True] * 8 + [False] * 2 + [True] * 5 + [False] * 5
    found = of(certainty, right)
    error = (20 * abs(0.95 - 0.75) + 10 * abs(0.65 - 0.8) + 10 * abs(0.55 - 0.5)) / 40
    assert found.error.value == pytest.approx(error)
    assert found.error.lower <= error <= found.error.upper
    assert found.stated == pytest.approx(np.mean(certainty))
    assert found.right.value == pytest.approx(28 / 40)
    wrong = np.array(right, float) - certainty
    assert found.brier == pytest.approx((wrong**2).mean())
    rows = [(b.low, b.high, b.n, b.stated, b.right) for b in found.bins]
    assert rows == [
        pytest.approx((0.5, 0.6, 10, 0.55, 0.5)),
        pytest.approx((0.6, 0.7, 10, 0.65, 0.8)),
        pytest.approx((0.9, 1.0, 20, 0.95, 0.75)),
    ]
    # Wilson's interval for 5 of 10 at 95 %.
    assert (found.bins[0].lower, found.bins[0].upper) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_an_edge_belongs_to_the_lower_bin():
    assert _bins(np.array([0.0, 0.1, 0.1001, 0.3, 0.7, 1.0])).tolist() == [0, 0, 1, 2, 6, 9]


def test_what_is_calibrated_looks_no_worse_than_chance():
    rng = np.random.default_rng(0)
    certainty = rng.uniform(0.5, 1, 2000)
    found = of(certainty, rng.random(2000) < certainty)
    assert found.error.value < 2 * found.error_by_chance
    assert found.right.lower < found.stated < found.right.upper
    over = of(certainty, rng.random(2000) < certainty - 0.15)
    assert over.error.lower > 2 * over.error_by_chance
    assert over.error.value == pytest.approx(0.15, abs=0.03)


@pytest.mark.parametrize(("n", "reason"), [(0, "no_gold"), (29, "too_few_gold"), (30, None)])
def test_too_little_gold(n, reason):
    found, ratings = stated([0.9] * 40, ("a",) * 40)
    gold = np.full(40, -1, np.int32)
    gold[:n] = 0
    result = calibration(QUESTION, ratings, found, gold)
    assert (result.reason, result.n) == (reason, n)
    assert (result.error.value is None) == (reason is not None)


def test_without_gold_or_certainties():
    found, ratings = stated([0.9] * 40, ("a",) * 40)
    assert calibration(QUESTION, ratings, found, None).reason == "no_gold"
    empty = Consensus("q", "median", found.units, (), np.zeros((40, 0)), (1.0,) * 40, {}, 0)
    gold = np.zeros(40, np.int32)
    assert calibration(QUESTION, ratings, empty, gold).reason == "no_model"


def test_a_set_is_right_as_a_whole():
    question = Question("q", "set", "test", ("a", "b"))
    values = (frozenset("a"), frozenset("ab"))
    n = 40
    posterior = np.tile([0.9, 0.2], (n, 1))
    found = Consensus(
        "q", "one_coin", np.arange(n, dtype=np.int32), ("a", "b"), posterior,
        (values[0],) * n, {}, 1,
    )  # fmt: skip
    ratings = ratings_of(np.arange(n), np.zeros(n), np.zeros(n), values)
    gold = (np.arange(n) % 4 == 0).astype(np.int32)
    result = calibration(question, ratings, found, gold)
    assert result.stated == pytest.approx(0.9 * 0.8)
    assert result.right.value == pytest.approx(0.75)
