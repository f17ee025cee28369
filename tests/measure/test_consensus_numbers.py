"""Consensus on numbers: weighted means, their raters, and what must not move them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.weighted_mean import fit_weighted_mean
from tests.rounds import make_round


def simulated(seed=0, n_units=300, bias=(2.0, -1.0, -1.0, 0.0), sd=(1.0, 1.0, 4.0, 2.0)):
    rng = np.random.default_rng(seed)
    n = len(bias)
    true = rng.normal(50, 10, n_units)
    row = np.repeat(np.arange(n_units), n)
    rater = np.tile(np.arange(n, dtype=np.int32), n_units)
    value = true[row] + np.array(bias)[rater] + rng.normal(0, np.array(sd)[rater])
    return true, row, rater, value


def rmse(a, b):
    return float(np.sqrt(((a - b) ** 2).mean()))


def test_biases_and_variances_are_recovered_and_the_mean_is_better_than_the_median():
    true, row, rater, value = simulated()
    fit = fit_weighted_mean(value, row, rater, 300, 4)
    assert fit.converged
    assert fit.bias == pytest.approx([2, -1, -1, 0], abs=0.3)
    assert fit.bias.sum() == pytest.approx(0, abs=1e-9)  # all answered equally often
    assert np.argsort(fit.variance).tolist()[2:] == [3, 2]
    assert np.sqrt(fit.variance[2]) == pytest.approx(4, rel=0.25)
    median = np.median(value.reshape(300, 4), axis=1)
    assert rmse(fit.mean, true) < 0.75 * rmse(median, true)
    inside = np.abs(fit.mean - true) < 1.96 * fit.sd
    assert 0.85 < inside.mean() < 0.99


def test_a_wild_value_weighs_little():
    _, row, rater, value = simulated()
    clean = fit_weighted_mean(value, row, rater, 300, 4)
    wild = value.copy()
    wild[[4, 41, 402]] = 9999
    found = fit_weighted_mean(wild, row, rater, 300, 4)
    assert np.abs(found.mean - clean.mean).max() < 4  # a unit then rests on the other three
    assert np.abs(found.variance / clean.variance - 1).max() < 0.25


def test_of_two_answers_the_wild_one_is_told_by_the_other_units():
    rows = [
        (f"u{i:02}", r, 10.0 + i % 7 + (r == "b") * 0.1 * (i % 3)) for i in range(40) for r in "ab"
    ]
    rows[1] = ("u00", "b", 1002.0)
    round_ = make_round(rows, level="ratio")
    found = consensus(round_.questions[0], round_.ratings["value"], 2)
    assert found.method == "weighted_mean"
    assert found.best[0] == pytest.approx(10, abs=0.5)


def test_a_rater_with_few_answers_is_drawn_to_the_others():
    _, row, rater, value = simulated(n_units=200)
    row, value = np.append(row, [0, 1]), np.append(value, [value[0] + 9, value[4] + 9])
    fit = fit_weighted_mean(value, row, np.append(rater, [4, 4]).astype(np.int32), 200, 6)
    assert 0 < fit.bias[4] < 8
    assert fit.bias[5] == pytest.approx(-fit.bias[4] * 2 / 802, abs=1)  # nothing known: no bias
    assert fit.variance[5] == pytest.approx(fit.pooled)


def test_everybody_agrees():
    rows = [(f"u{i:02}", r, float(i)) for i in range(30) for r in "abc"]
    round_ = make_round(rows, level="interval")
    found = consensus(round_.questions[0], round_.ratings["value"], 3)
    assert found.best == tuple(float(i) for i in range(30))
    assert np.isfinite(found.sd).all()
    one = make_round([(f"u{i:02}", r, 5.0) for i in range(30) for r in "ab"], level="interval")
    same = consensus(one.questions[0], one.ratings["value"], 2)
    assert same.best == pytest.approx((5.0,) * 30)
    assert np.isfinite(same.sd).all()


def test_known_values_stay_and_show_biases():
    true, row, rater, value = simulated(bias=(3.0, 3.0, 3.0, 3.0))
    known = np.where(np.arange(300) < 200, true, np.nan)
    fit = fit_weighted_mean(value, row, rater, 300, 4, known=known)
    assert (fit.mean[:200] == true[:200]).all()
    assert (fit.sd[:200] == 0).all()


def test_ordered_labels_get_the_nearest_one():
    rng = np.random.default_rng(2)
    rows = []
    for i in range(60):
        true = i % 5 + 1
        rows += [(f"u{i:02}", r, str(int(np.clip(true + round(rng.normal(0, 0.6)), 1, 5))))
                 for r in "abcd"]  # fmt: skip
    round_ = make_round(rows, level="ordinal", labels=list("12345"))
    question, ratings = round_.questions[0], round_.ratings["value"]
    found = consensus(question, ratings, 4, method="weighted_mean")
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(60))
    assert found.posterior.min() >= 0
    nearest = [str(round(mean)) for mean in found.mean]
    assert sum(a == b for a, b in zip(found.best, nearest, strict=True)) >= 59
    median = consensus(question, ratings, 4, method="median")
    assert set(median.best) <= set("12345")
    assert median.n_ties > 0  # the two middle votes differ: the lower is taken


def test_numbers_beyond_squaring_get_their_median():
    rows = [(f"u{i:02}", r, 1e300 * (i + 1)) for i in range(30) for r in "ab"]
    round_ = make_round(rows, level="interval")
    found = consensus(round_.questions[0], round_.ratings["value"], 2)
    assert found.method == "median"
    assert "beyond" in found.why
    most = make_round([("u", "a", 1.7e308), ("u", "b", 1.6e308)], level="interval")
    assert np.isfinite(consensus(most.questions[0], most.ratings["value"], 2).best[0])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 4), st.integers(-50, 50)),
        min_size=1, max_size=120, unique_by=lambda row: row[:2],
    ),
    st.permutations(range(5)),
    st.floats(-1e3, 1e3),
    st.sampled_from([0.01, 1.0, 7.0]),
)  # fmt: skip
def test_order_shift_and_scale(rows, raters, shift, scale):
    unit, rater, value = np.array(rows).T
    _, row = np.unique(unit, return_inverse=True)
    n = int(row.max()) + 1
    plain = fit_weighted_mean(value.astype(float), row, rater.astype(np.int32), n, 5)
    assert np.isfinite(plain.mean).all()
    assert np.isfinite(plain.sd).all()
    backwards = slice(None, None, -1)
    moved = fit_weighted_mean(
        value[backwards] * scale + shift, row[backwards],
        np.array(raters, np.int32)[rater[backwards]], n, 5,
    )  # fmt: skip
    if plain.converged and moved.converged:
        width = scale * (np.ptp(value) + 1)
        assert np.abs(moved.mean - (plain.mean * scale + shift)).max() < 2e-3 * width
