"""Rater confusion: counts by hand, coverage with known truth, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from labelq.labels.model import Question
from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.rater_confusion import rater_confusion
from labelq.measure.intervals.shares import wilson
from tests.rounds import make_round
from tests.simulated import ratings_of, simulated

THIRDS = [1 / 3] * 3


def of(data, **options):
    n_raters = len(data.confusion)
    found = consensus(data.question, data.ratings, n_raters)
    return rater_confusion(data.question, data.ratings, n_raters, found, **options)


def test_against_gold_answers_are_counted():
    data = simulated(90, [0.9, 0.8, 0.85], THIRDS, seed=1)
    gold = data.truth.astype(np.int32)
    gold[::3] = -1
    rows = [r for r in of(data, gold=gold) if r.basis == "gold"]
    ratings = data.ratings
    for row in rows:
        true = data.question.labels.index(row.true)
        mine = (ratings.rater == row.rater) & (gold[ratings.unit] == true)
        assert row.n == mine.sum()
        for label, cell in row.given.items():
            share = (ratings.value[mine] == data.question.labels.index(label)).mean()
            assert cell.value == pytest.approx(share)
            plain = wilson(np.array([share]), np.array([row.n]), 0.95)
            assert (cell.lower, cell.upper) == pytest.approx((plain[0][0], plain[1][0]))
    assert {(r.rater, r.true) for r in rows} == {(r, t) for r in range(3) for t in "abc"}


def test_expected_counts_add_up():
    data = simulated(200, [0.9, 0.8, 0.75, 0.85], THIRDS, seed=2)
    rows = of(data)
    assert {r.basis for r in rows} == {"consensus"}
    for rater in range(4):
        mine = [r for r in rows if r.rater == rater]
        assert sum(r.n for r in mine) == pytest.approx(200)
        for row in mine:
            assert sum(cell.value for cell in row.given.values()) == pytest.approx(1)


def test_intervals_hold_the_truth_where_plain_ones_would_not():
    honest, plain = [], []
    for seed in range(15):
        data = simulated(200, [0.85, 0.8, 0.75], THIRDS, seed=seed)
        for row in of(data):
            true = data.question.labels.index(row.true)
            for label, cell in row.given.items():
                chance = data.confusion[row.rater, true, data.question.labels.index(label)]
                honest.append(cell.lower <= chance <= cell.upper)
                low, high = wilson(np.array([cell.value]), np.array([row.n]), 0.95)
                plain.append(low[0] <= chance <= high[0])
    assert np.mean(honest) > 0.91
    assert np.mean(plain) < np.mean(honest) - 0.02


def test_too_few_answers_and_two_raters():
    data = simulated(60, [0.9, 0.8, 0.85], [0.9, 0.05, 0.05], seed=1)
    rows = of(data)
    few = [r for r in rows if r.reason == "too_few_answers"]
    assert few
    assert all(r.n < 10 and not r.given for r in few)
    two = of(simulated(60, [0.9, 0.8], THIRDS, seed=1))
    assert {r.reason for r in two} == {"two_raters"}


def test_gold_of_two_raters_is_counted_all_the_same():
    data = simulated(60, [0.9, 0.8], THIRDS, seed=1)
    rows = of(data, gold=data.truth.astype(np.int32))
    assert all(r.reason is None for r in rows if r.basis == "gold" and r.n >= 10)
    assert {r.basis for r in rows} == {"gold", "consensus"}


def test_sets_numbers_and_majorities_have_none():
    sets = make_round([(f"u{i}", r, {"a"}) for i in range(12) for r in "xyz"], level="set")
    question, ratings = sets.questions[0], sets.ratings["value"]
    assert rater_confusion(question, ratings, 3, consensus(question, ratings, 3)) == ()
    numbers = ratings_of([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 1], (1.0, 2.0))
    asked = Question("n", "interval", "test")
    assert rater_confusion(asked, numbers, 2, consensus(asked, numbers, 2)) == ()
    data = simulated(60, [0.9, 0.8, 0.85], THIRDS, seed=1)
    counted = consensus(data.question, data.ratings, 3, method="majority")
    assert rater_confusion(data.question, data.ratings, 3, counted) == ()


def test_nothing_rated():
    data = simulated(3, [0.9, 0.8, 0.85], THIRDS, seed=1)
    empty = data.ratings.select(np.zeros(9, bool))
    assert rater_confusion(data.question, empty, 3, consensus(data.question, empty, 3)) == ()
