"""Held-out votes: who predicts them better, by hand and with known truth."""

from __future__ import annotations

import numpy as np
import pytest

from labelq.labels.model import Question
from labelq.measure.consensus import held_out as room
from labelq.measure.consensus.dawid_skene import Size
from labelq.measure.consensus.held_out import FOLDS, _by_majority, _folds, held_out
from tests.rounds import make_round
from tests.simulated import ratings_of, simulated

HALVES = [0.5, 0.5]


def of(data, method="dawid_skene", **options):
    return held_out(data.question, data.ratings, len(data.confusion), method, **options)


def test_raters_who_differ_are_worth_knowing():
    data = simulated(300, [0.97, 0.97, 0.5, 0.5, 0.5], HALVES, seed=1)
    found = of(data)
    assert found.says == "better"
    assert found.worse.upper < 0
    assert found.by_model.log_loss < found.by_majority.log_loss
    assert found.worse.value == pytest.approx(found.by_model.log_loss - found.by_majority.log_loss)
    assert found.worse_hits.value == pytest.approx(found.by_majority.hits - found.by_model.hits)


def test_alike_raters_are_not():
    assert of(simulated(300, [0.8] * 5, HALVES, seed=2), "one_coin").says in ("alike", "better")


def test_a_model_that_does_not_hold_is_noticed():
    # Tasks differ, raters do not: on half of the tasks everyone guesses. One coin must believe
    # that a task with a split vote has one label all the same.
    rng = np.random.default_rng(3)
    n, k = 400, 6
    hard = np.arange(n) % 2 == 0
    chance = np.where(hard, 0.5, 1.0)
    truth = rng.integers(0, 2, n)
    wrong = rng.random((n, k)) >= chance[:, None]
    value = np.where(wrong, 1 - truth[:, None], truth[:, None])
    ratings = ratings_of(
        np.repeat(np.arange(n), k), np.tile(np.arange(k), n), value.ravel(), ("a", "b")
    )
    found = held_out(Question("q", "nominal", "test", ("a", "b")), ratings, k, "one_coin")
    assert found.says == "worse"
    assert found.worse.lower > 0


def test_every_unit_keeps_a_vote():
    rng = np.random.default_rng(0)
    row = np.repeat(np.arange(50), rng.integers(1, 9, 50))
    fold = _folds(row, rng)
    n = np.bincount(row)
    assert (fold[n[row] == 1] == -1).all()
    assert (fold[n[row] > 1] >= 0).all()
    for k in range(FOLDS):
        assert (np.bincount(row[fold != k], minlength=50) >= 1).all()


def test_the_majority_by_hand(monkeypatch):
    monkeypatch.setattr(room, "STRENGTHS", np.array([2.0]))
    row, value = np.array([0, 0, 1]), np.array([0, 0, 1])
    chance = _by_majority(row, value, np.array([0, 1]), Size(2, 1, 2))
    share = np.array([2.5, 1.5]) / 4
    assert chance[0] == pytest.approx((np.array([2, 0]) + 2 * share) / 4)
    assert chance[1] == pytest.approx((np.array([0, 1]) + 2 * share) / 3)


def test_sets_are_predicted_tick_by_tick():
    rng = np.random.default_rng(0)
    rows = []
    for i in range(60):
        for r in "wxyz":
            ticked = {"a"} if (i % 2 == 0) == (rng.random() < 0.9) else {"a", "b"}
            rows.append((f"u{i:02}", r, ticked))
    round_ = make_round(rows, level="set", labels=["a", "b", "never"])
    found = held_out(round_.questions[0], round_.ratings["value"], 4, "one_coin")
    assert found.says is not None
    assert 0 < found.by_model.hits <= 1


@pytest.mark.parametrize(
    ("method", "n", "labels", "reason"),
    [
        ("majority", 40, "ab", "no_model"),
        ("one_coin", 40, "a", "no_overlap"),
        ("one_coin", 5, "ab", "too_few_units"),
        ("one_coin", 40, "aa", "no_variation"),
    ],
)
def test_what_cannot_be_compared(method, n, labels, reason):
    rows = [(f"u{i:02}", "xyz"[j], v) for i in range(n) for j, v in enumerate(labels)]
    round_ = make_round(rows, labels=["a", "b"])
    found = held_out(round_.questions[0], round_.ratings["value"], 3, method)
    assert (found.reason, found.says, found.worse.value) == (reason, None, None)


def test_a_large_round_is_sampled(monkeypatch):
    monkeypatch.setattr(room, "MOST_RATINGS", 500)
    data = simulated(400, [0.9, 0.8, 0.7], HALVES, seed=1)
    found = of(data)
    assert found.sampled
    assert found.n_units == 166
    assert not of(simulated(100, [0.9, 0.8, 0.7], HALVES, seed=1)).sampled


def test_deterministic():
    data = simulated(100, [0.9, 0.8, 0.7], HALVES, seed=1)
    assert of(data) == of(data)
