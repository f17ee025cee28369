"""The consensus: a published example, easy data, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.consensus.estimation import Size, consensus, fit_model, ticks
from tests.rounds import make_round

CASE = json.loads(
    (Path(__file__).parent / "consensus_cases" / "dawid_skene_anaesthesia.json").read_text("utf-8")
)


def anaesthesia():
    rows = [
        (int(patient) - 1, rater, answer - 1)
        for patient, answers in CASE["ratings"].items()
        for rater, answer in zip([0, 0, 0, 1, 2, 3, 4], answers, strict=True)
    ]
    return np.array(rows, np.int32).T


def of(round_, name="value"):
    return consensus(round_.question(name), round_.ratings[name], len(round_.raters))


def test_dawid_and_skene_1979():
    unit, rater, label = anaesthesia()
    size = Size(45, 5, 4)
    fit = fit_model("dawid_skene", unit, rater, label, size, smoothing=0, tolerance=1e-14)
    assert fit.prior == pytest.approx(CASE["prior"], abs=1e-8)
    assert np.round(fit.prior, 2) == pytest.approx(CASE["published_prior"])
    assert fit.log_likelihood == pytest.approx(CASE["log_likelihood"], abs=1e-7)
    assert fit.posterior == pytest.approx(np.array(CASE["posterior"]), abs=1e-7)
    assert fit.confusion == pytest.approx(np.array(CASE["confusion"]), abs=1e-7)
    assert (fit.posterior.argmax(axis=1) + 1).tolist() == CASE["most_probable"]


@pytest.mark.parametrize("model", ["dawid_skene", "one_coin"])
def test_the_likelihood_never_falls_and_rows_sum_to_one(model):
    unit, rater, label = anaesthesia()
    loose, tight = (
        fit_model(model, unit, rater, label, Size(45, 5, 4), tolerance=t) for t in (1e-2, 1e-12)
    )
    assert loose.iterations < tight.iterations
    assert tight.posterior.sum(axis=1) == pytest.approx(np.ones(45))
    # Smoothing is a prior, so what grows is not exactly the likelihood; but nearly.
    assert tight.log_likelihood >= loose.log_likelihood - 0.5


def easy(n=60, raters="abcd", wrong=()):
    rows = []
    for i in range(n):
        truth = "xyz"[i % 3]
        for rater in raters:
            given_ = "xyz"[(i + 1) % 3] if (i, rater) in wrong else truth
            rows.append((f"u{i:03}", rater, given_))
    return rows


def test_easy_data_agree_with_the_majority():
    round_ = make_round(easy(wrong={(3, "a"), (10, "b"), (20, "c")}))
    found = of(round_)
    assert found.method == "dawid_skene"
    assert found.best == tuple("xyz"[i % 3] for i in range(60))
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(60))
    assert min(found.accuracy, key=found.accuracy.__getitem__) in (0, 1, 2)
    assert found.accuracy[3] == pytest.approx(1, abs=0.01)


def test_few_ratings_per_rater_get_one_coin_and_a_single_vote_gets_a_posterior():
    rows = [
        ("u1", "a", "x"),
        ("u1", "b", "x"),
        ("u2", "a", "y"),
        ("u2", "b", "x"),
        ("u3", "c", "y"),
    ]
    found = of(make_round(rows))
    assert found.method == "one_coin"
    assert found.units.tolist() == [0, 1, 2]
    assert 0 < found.posterior[2].max() < 1


def test_many_cells_get_one_coin():
    labels = [f"l{i:04}" for i in range(2000)]
    rows = [(f"u{i}", r, "l0001") for i in range(3) for r in "ab"]
    assert of(make_round(rows, labels=labels)).method == "one_coin"


def test_a_rater_who_swaps_two_labels_still_informs():
    rng = np.random.default_rng(5)
    rows = []
    for i in range(300):
        truth = "xy"[i % 2]
        swapped = "yx"[i % 2]
        rows += [(f"u{i:03}", "a", truth), (f"u{i:03}", "swaps", swapped)]
        rows += [(f"u{i:03}", r, truth if rng.random() < 0.75 else swapped) for r in "bcd"]
    found = of(make_round(rows))
    assert np.mean([best == "xy"[i % 2] for i, best in enumerate(found.best)]) > 0.99


def test_sets_are_estimated_tick_by_tick():
    rows = [(f"u{i:02}", r, {"a"} if i % 2 else {"a", "b"}) for i in range(40) for r in "pqr"]
    rows[0] = ("u00", "p", set())
    round_ = make_round(rows, level="set", labels=["a", "b", "never"])
    found = of(round_)
    assert found.labels == ("a", "b", "never")
    assert found.best[0] == frozenset({"a", "b"})
    assert found.best[1] == frozenset({"a"})
    assert found.posterior[:, 2].max() == 0
    table = ticks(round_.questions[0], round_.ratings["value"])
    assert table.sum(axis=1).tolist() == [len(v) for v in round_.ratings["value"].values]


def test_sets_of_paths():
    rows = [(f"u{i}", r, {("Animal", "Cat")}) for i in range(3) for r in "pq"]
    assert of(make_round(rows, level="set")).best[0] == frozenset({("Animal", "Cat")})


def test_numbers_get_their_median():
    rows = [
        ("u1", "a", 1.0),
        ("u1", "b", 4.0),
        ("u2", "a", 1.0),
        ("u2", "b", 9.0),
        ("u2", "c", 2.0),
    ]
    found = of(make_round(rows, level="interval"))
    assert (found.method, found.best) == ("median", (2.5, 2.0))
    assert found.posterior.shape == (2, 0)


def test_nothing_rated_and_one_label():
    nothing = make_round([("u", "a", "x")])
    empty = nothing.ratings["value"].select(np.zeros(1, bool))
    found = consensus(nothing.questions[0], empty, 1)
    assert (found.best, found.accuracy) == ((), {})
    assert of(nothing).posterior.tolist() == [[1.0]]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 4), st.integers(0, 2)),
        min_size=1,
        max_size=60,
        unique_by=lambda row: row[:2],
    ),
    st.permutations(range(9)),
    st.permutations(range(5)),
)
def test_the_order_of_units_and_raters_does_not_matter(rows, units, raters):
    labels = ["x", "y", "z"]
    plain = of(make_round([(f"u{u}", f"r{r}", labels[v]) for u, r, v in rows], labels=labels))
    moved = of(
        make_round(
            [(f"u{units[u]}", f"r{raters[r]}", labels[v]) for u, r, v in rows], labels=labels
        )
    )
    names = sorted({u for u, _, _ in rows})
    there = sorted(range(len(names)), key=lambda i: units[names[i]])
    assert moved.posterior == pytest.approx(plain.posterior[there], abs=1e-6)
