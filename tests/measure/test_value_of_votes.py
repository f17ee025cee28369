"""What further votes are worth: against every sequence of votes one by one, and its limits."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.foresight import foresight
from labelq.measure.consensus.prospects import Channels, Prospect, costs_of
from labelq.measure.consensus.value_of_votes import best_of, falls_of_loss
from tests.rounds import make_round


def one_by_one(p, channel, costs, k):
    """The fall with ``k`` votes over every sequence of them."""
    after = sum(
        (p * np.prod(channel[:, list(votes)], axis=1) @ costs).min()
        for votes in itertools.product(range(len(p)), repeat=k)
    )
    return (p @ costs).min() - after


@st.composite
def cases(draw):
    q = draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    posterior = rng.dirichlet(np.full(q, draw(st.sampled_from([0.3, 1.0]))), 3)
    posterior = np.maximum(posterior, 1e-3)
    posterior /= posterior.sum(axis=1, keepdims=True)
    channel = rng.dirichlet(np.ones(q), q) + draw(st.sampled_from([0, 1, 4])) * np.eye(q)
    half = np.triu(rng.random((q, q)), 1)
    return posterior, channel / channel.sum(axis=1, keepdims=True), half + half.T


@given(cases())
def test_the_fall_is_that_over_every_sequence_of_votes(case):
    posterior, channel, costs = case
    falls = falls_of_loss(posterior, channel, costs, 3)
    for p, row in zip(posterior, falls, strict=True):
        expected = [one_by_one(p, channel, costs, k) for k in range(1, 4)]
        assert row == pytest.approx(expected, abs=1e-9)
    # Information never harms, and no vote mends more than there is to mend.
    assert (np.diff(falls, axis=1) >= -1e-12).all()
    assert (falls <= (posterior @ costs).min(axis=1)[:, None] + 1e-12).all()


def test_one_vote_that_cannot_change_the_label_is_worth_nothing_and_two_are():
    channel = np.array([[0.8, 0.2], [0.2, 0.8]])
    posterior = np.array([[0.8, 0.2], [0.5, 0.5], [1.0, 0.0]])
    falls = falls_of_loss(posterior, channel, 1 - np.eye(2))
    assert falls[0, 0] == pytest.approx(0)
    assert falls[0, 1] == pytest.approx(0.2 * 0.64 - 0.8 * 0.04)
    assert falls[1, 0] == pytest.approx(0.3)
    assert best_of(falls)[0] == pytest.approx((falls[0] / [1, 2, 3, 4, 5]).max())
    assert best_of(falls)[2] == 0
    useless = np.full((2, 2), 0.5)
    assert falls_of_loss(posterior, useless, 1 - np.eye(2)).max() < 1e-12


def test_with_many_labels_it_is_a_lower_bound_near_the_truth():
    rng = np.random.default_rng(1)
    q = 7
    posterior = rng.dirichlet(np.full(q, 0.3), 20)
    channel = 0.7 * np.eye(q) + 0.3 / q
    costs = 1 - np.eye(q)
    falls = falls_of_loss(posterior, channel, costs, 3)
    exact = np.array([[one_by_one(p, channel, costs, k) for k in (1, 2, 3)] for p in posterior])
    assert (falls <= exact + 1e-9).all()
    assert falls.sum() > 0.9 * exact.sum()


def test_more_units_than_fit_at_once_are_worth_the_same(monkeypatch):
    rng = np.random.default_rng(2)
    posterior = rng.dirichlet(np.ones(5), 50)
    channel = 0.6 * np.eye(5) + 0.08
    whole = falls_of_loss(posterior, channel, 1 - np.eye(5))
    monkeypatch.setattr("labelq.measure.consensus.value_of_votes.CELLS", 1)
    parts = falls_of_loss(posterior, channel, 1 - np.eye(5))
    assert parts == pytest.approx(whole, abs=1e-12)


def drawn(rng, n=200, raters="abcde", right=(0.9, 0.9, 0.8, 0.7, 0.55)):
    true = rng.integers(0, 2, n)
    rows = [
        (f"u{i:03}", r, "xy"[true[i] if rng.random() < p else 1 - true[i]])
        for i in range(n)
        for r, p in zip(raters, right, strict=True)
    ]
    return rows, {f"u{i:03}": "xy"[t] for i, t in enumerate(true)}


def test_costs_are_shares_of_the_largest_and_of_the_scale():
    round_ = make_round([("u", "a", "1"), ("u", "b", "2"), ("v", "a", "3")], level="ordinal")
    question = round_.questions[0]
    assert costs_of(question, 3).tolist() == [[0, 0.5, 1], [0.5, 0, 0.5], [1, 0.5, 0]]
    priced = replace(question, costs=(("1", "2", 4.0), ("1", "3", 8.0), ("2", "3", 2.0)))
    assert costs_of(priced, 3).tolist() == [[0, 0.5, 1], [0.5, 0, 0.25], [1, 0.25, 0]]


def test_an_abler_persons_vote_is_worth_more():
    rows, _ = drawn(np.random.default_rng(3))
    round_ = make_round(rows)
    found = consensus(round_.questions[0], round_.ratings["value"], 5)
    prospect = Prospect.of(round_.questions[0], found, round_.ratings["value"], 5)
    rows_ = np.flatnonzero(prospect.loss > 0.05)
    able, other = (best_of(prospect.falls(rows_, np.array([r]))).sum() for r in (0, 4))
    assert able > 1.5 * other > 0
    assert prospect.loss == pytest.approx(1 - found.posterior.max(axis=1))


def test_somebody_new_answers_as_all_do_together():
    posterior = np.array([[1.0, 0.0]] * 9 + [[0.0, 1.0]])
    row = np.arange(10)
    given_ = np.array([0] * 8 + [1, 1], np.int32)
    for coin in (True, False):
        rater = np.zeros(10, np.int32)
        channels = Channels.of(posterior, row, rater, given_, 2, coin=coin)
        new = channels.mean(np.array([1]))
        assert new.sum(axis=1) == pytest.approx([1, 1])
        assert 0.6 < new[0, 0] < 1
        assert channels.each(np.array([1, 1])) == pytest.approx(np.stack([new, new]))


def test_numbers_fall_as_the_variance_of_a_mean():
    rows = [("u", "a", 1.0), ("u", "b", 9.0), ("v", "a", 4.0), ("v", "b", 4.0)]
    round_ = make_round(rows, level="interval")
    question, ratings = round_.questions[0], round_.ratings["value"]
    found = consensus(question, ratings, 2)
    prospect = Prospect.of(question, found, ratings, 2)
    falls = prospect.falls(np.array([0, 1]), np.array([0]), 2)
    loss = prospect.loss[0]
    assert falls[0] == pytest.approx([loss * (1 - 2 / 3), loss * (1 - 2 / 4)])
    assert falls[1].tolist() == [0, 0]


def test_what_hidden_votes_mend_is_what_the_model_expects_where_the_model_holds():
    expected = mended = 0.0
    for seed in range(3):
        rows, gold = drawn(np.random.default_rng(seed), 300, "abcd", (0.85, 0.75, 0.75, 0.7))
        round_ = make_round(rows, gold=gold)
        question, ratings = round_.questions[0], round_.ratings["value"]
        found = foresight(question, ratings, 4, round_.gold["value"], seed=seed)
        assert found.basis == "gold"
        assert found.n_units <= 300
        expected, mended = expected + found.expected, mended + found.mended
    assert 0.5 < mended / expected < 1.5


def test_where_nothing_can_be_tried_the_reason_is_said():
    rows, gold = drawn(np.random.default_rng(1), 40, "ab", (0.9, 0.9))
    few = make_round(rows)
    tried = foresight(few.questions[0], few.ratings["value"], 2)
    assert (tried.factor, tried.reason, tried.basis) == (None, "too_few_units", "held_out")
    some = make_round(rows, gold={unit: gold[unit] for unit in list(gold)[:29]})
    tried = foresight(some.questions[0], some.ratings["value"], 2, some.gold["value"])
    assert tried.reason == "too_few_units"
    numbers = make_round([("u", "a", 1.0), ("u", "b", 2.0)], level="interval")
    tried = foresight(numbers.questions[0], numbers.ratings["value"], 2)
    assert tried.reason == "no_labels"
    sure = make_round([(f"u{i}", r, "xy"[i % 2]) for i in range(60) for r in "abcd"])
    tried = foresight(sure.questions[0], sure.ratings["value"], 4)
    assert tried.reason == "too_little_expected"
