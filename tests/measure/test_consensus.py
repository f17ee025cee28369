"""The consensus: a published example, easy data, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.errors import SettingsError
from labelq.measure.consensus.dawid_skene import (
    CROWD_KIT,
    POOLED,
    UNSMOOTHED,
    Size,
    Smoothing,
    fit_model,
)
from labelq.measure.consensus.estimation import TIE_RULE, consensus, ticks
from labelq.measure.consensus.soundness import exchanged
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


CROWD_KIT_CASE = json.loads(
    (Path(__file__).parent / "consensus_cases" / "crowd_kit_1_4_2.json").read_text("utf-8")
)


def of(round_, name="value"):
    return consensus(round_.question(name), round_.ratings[name], len(round_.raters))


def test_dawid_and_skene_1979():
    unit, rater, label = anaesthesia()
    size = Size(45, 5, 4)
    fit = fit_model("dawid_skene", unit, rater, label, size, smoothing=UNSMOOTHED, tolerance=1e-12)
    assert fit.prior == pytest.approx(CASE["prior"], abs=1e-8)
    assert np.round(fit.prior, 2) == pytest.approx(CASE["published_prior"])
    assert fit.log_likelihood == pytest.approx(CASE["log_likelihood"], abs=1e-7)
    assert fit.posterior == pytest.approx(np.array(CASE["posterior"]), abs=1e-7)
    assert fit.confusion == pytest.approx(np.array(CASE["confusion"]), abs=1e-7)
    assert (fit.posterior.argmax(axis=1) + 1).tolist() == CASE["most_probable"]


def test_the_repeats_of_1979_come_as_repeats_too():
    """Rater 1's first two answers as repeats of the third: the same fit as all three at once."""
    rows, repeats = [], []
    for patient, answers in CASE["ratings"].items():
        unit = f"{int(patient):02}"
        for rater, answer in zip("1112345", answers, strict=True):
            (rows if rater != "1" else repeats).append((unit, rater, str(answer)))
        rows.append((unit, "1", str(answers[2])))
        repeats.pop()
    round_ = make_round(rows, labels=list("1234"), repeats=repeats)
    question, ratings = round_.questions[0], round_.ratings["value"]
    with_repeats = consensus(
        question, ratings, 5, method="dawid_skene", repeats=round_.repeats["value"]
    )
    unit, rater, label = anaesthesia()
    whole = fit_model("dawid_skene", unit, rater, label, Size(45, 5, 4))
    assert with_repeats.posterior == pytest.approx(whole.posterior, abs=1e-9)
    without = consensus(question, ratings, 5, method="dawid_skene")
    assert np.abs(without.posterior - with_repeats.posterior).max() > 0.01


def test_crowd_kit_after_the_same_iterations():
    unit, rater, label = np.array(CROWD_KIT_CASE["ratings"], np.int32).T
    size = Size(*CROWD_KIT_CASE["size"])
    for run in CROWD_KIT_CASE["runs"]:
        gold = np.full(size.units, -1, np.int32)
        if run["gold"]:
            gold[[int(u) for u in CROWD_KIT_CASE["gold"]]] = list(CROWD_KIT_CASE["gold"].values())
        fit = fit_model(
            "dawid_skene", unit, rater, label, size, gold=gold, smoothing=CROWD_KIT,
            tolerance=-1, max_iterations=run["iterations"],
        )  # fmt: skip
        assert fit.iterations == run["iterations"]
        # It clips its posterior at 1e-10 afterwards.
        assert np.abs(fit.posterior - np.array(run["posterior"])).max() < 1e-9


@pytest.mark.parametrize("model", ["dawid_skene", "one_coin"])
def test_without_a_prior_the_likelihood_never_falls(model):
    unit, rater, label = anaesthesia()
    fits = [
        fit_model(model, unit, rater, label, Size(45, 5, 4), smoothing=UNSMOOTHED,
                  tolerance=-1, max_iterations=n)
        for n in range(1, 12)
    ]  # fmt: skip
    assert np.diff([fit.log_likelihood for fit in fits]).min() > -1e-9
    assert fits[-1].posterior.sum(axis=1) == pytest.approx(np.ones(45))


def test_it_says_whether_it_converged():
    unit, rater, label = anaesthesia()
    short = fit_model("dawid_skene", unit, rater, label, Size(45, 5, 4), max_iterations=2)
    assert (short.iterations, short.converged) == (2, False)
    assert short.moved > 1e-6
    whole = fit_model("dawid_skene", unit, rater, label, Size(45, 5, 4))
    assert whole.converged
    assert whole.moved <= 1e-6
    again = fit_model("dawid_skene", unit, rater, label, Size(45, 5, 4), tolerance=1e-10)
    assert np.abs(again.posterior - whole.posterior).max() < 1e-4


@pytest.mark.parametrize("model", ["dawid_skene", "one_coin"])
def test_leaving_out_what_hardly_moves_leads_to_the_same_end(model, monkeypatch):
    rng = np.random.default_rng(4)
    unit, rater = np.repeat(np.arange(300), 4), np.tile(np.arange(4, dtype=np.int32), 300)
    truth = rng.integers(0, 3, 300)[unit]
    label = np.where(rng.random(1200) < 0.7, truth, rng.integers(0, 3, 1200))
    gold = np.where(np.arange(300) < 20, truth[::4], -1).astype(np.int32)
    given = (model, unit, rater, label, Size(300, 4, 3))
    plain = fit_model(*given, gold=gold, tolerance=1e-9)
    monkeypatch.setattr("labelq.measure.consensus.dawid_skene.MANY_CELLS", 1)
    left_out = fit_model(*given, gold=gold, tolerance=1e-8)
    assert left_out.iterations != plain.iterations
    assert left_out.converged
    assert left_out.posterior == pytest.approx(plain.posterior, abs=1e-6)
    assert left_out.log_likelihood == pytest.approx(plain.log_likelihood)


def test_equal_units_weigh_as_often_as_they_occur():
    """Grouped rows are the same estimate as the whole table, twice over."""
    unit, rater, label = anaesthesia()
    once = fit_model("dawid_skene", unit, rater, label, Size(45, 5, 4), smoothing=UNSMOOTHED)
    twice = fit_model(
        "dawid_skene", np.concatenate([unit, unit + 45]), np.tile(rater, 2), np.tile(label, 2),
        Size(90, 5, 4), smoothing=UNSMOOTHED,
    )  # fmt: skip
    assert twice.posterior[:45] == pytest.approx(once.posterior, abs=1e-9)
    assert twice.posterior[45:] == pytest.approx(once.posterior, abs=1e-9)
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood)


def test_a_rater_with_few_answers_is_drawn_to_the_others():
    seen = np.zeros((3, 2, 2))  # rater, given, true
    seen[0] = [[80, 20], [20, 80]]
    seen[1] = [[0, 1], [1, 0]]  # two answers, both unlike the label
    chance = POOLED.matrices(seen)
    assert chance.sum(axis=1) == pytest.approx(np.ones((3, 2)))
    assert chance[0, 0, 0] == pytest.approx(0.8, abs=0.01)
    assert 0.5 < chance[1, 0, 0] < chance[2, 0, 0] < 0.82  # not 0, as it gave; nor the pooled
    assert UNSMOOTHED.matrices(seen)[1, 0, 0] == 0


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


def test_few_numbers_get_their_median():
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


def test_the_majority_says_its_tie_rule_and_counts_ties():
    rows = [("u1", "a", "y"), ("u1", "b", "x"), ("u2", "a", "y"), ("u2", "b", "y"),
            ("u2", "c", "x"), ("u3", "c", "y")]  # fmt: skip
    found = consensus(*_args(make_round(rows)), method="majority")
    assert found.best == ("x", "y", "y")
    assert found.n_ties == 1
    assert found.posterior == pytest.approx(np.array([[0.5, 0.5], [1 / 3, 2 / 3], [0, 1]]))
    turned = consensus(*_args(make_round(rows, labels=["y", "x"])), method="majority")
    assert turned.best == ("y", "y", "y")
    assert "first in the question's order" in TIE_RULE


@pytest.mark.parametrize("method", ["majority", "one_coin", "dawid_skene"])
@pytest.mark.parametrize("level", ["nominal", "set"])
def test_gold_stays_certain_and_measures_raters(method, level):
    """Three who share an error outvote the one who knows; gold turns that round."""
    wrap = {"nominal": lambda v: v, "set": lambda v: {v}}[level]
    rows = [
        (f"u{i:02}", r, wrap("xy"[i % 2] if r == "d" else "xy"[i % 4 // 2]))
        for i in range(60)
        for r in "abcd"
    ]
    truth = {f"u{i:02}": wrap("xy"[i % 2]) for i in range(40)}
    if level == "set":
        truth = {unit: frozenset(value) for unit, value in truth.items()}
    round_ = make_round(rows, level=level, gold=truth)
    question, ratings, n = _args(round_)
    found = consensus(question, ratings, n, method=method, gold=round_.gold["value"])
    assert found.best[:40] == tuple(truth.values())
    sure = found.posterior[:40].max(axis=1) if level == "nominal" else found.posterior[0].max()
    assert np.all(sure == 1)
    assert found.accuracy[3] == pytest.approx(1, abs=0.05 if method != "majority" else 0.2)
    if method != "majority":
        right = [found.best[i] == round_.ratings["value"].values[0] for i in range(40, 60, 2)]
        assert all(right)


def _args(round_):
    return round_.questions[0], round_.ratings["value"], len(round_.raters)


def test_where_matrices_take_one_label_for_another_the_simpler_model_speaks():
    """Two cliques that say the opposite: the likelihood does not know whose names are right."""
    rows = [(f"u{i:03}", r, "xy"[(i % 2) ^ (r in "de")]) for i in range(200) for r in "abcde"]
    found = of(make_round(rows))
    assert found.best == tuple("xy"[i % 2] for i in range(200))
    moved = [(u, r, {"x": "y", "y": "x"}[v]) for u, r, v in rows]
    assert of(make_round(moved)).best == tuple("yx"[i % 2] for i in range(200))


def test_a_name_that_is_lost_is_seen():
    unit, rater, label = anaesthesia()
    fit = fit_model("dawid_skene", unit, rater, label, Size(45, 5, 4))
    assert not exchanged(fit.posterior, unit, label)
    assert exchanged(fit.posterior[:, [1, 0, 2, 3]], unit, label)


def lenient(n=240, seed=2):
    """Ordered labels 1 to 5, of which the highest is rare; raters with biases of their own."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(5, n, p=[0.25, 0.25, 0.25, 0.22, 0.03])
    rows = []
    for i in range(n):
        for r in rng.choice(5, 3, replace=False):
            said = truth[i] + (0.8, 0.5, -0.5, 0.0, 0.2)[r] + rng.normal(0, 0.7)
            rows.append((f"u{i:03}", "abcde"[r], str(int(np.clip(round(said), 0, 4)) + 1)))
    return rows, [str(t + 1) for t in truth]


def test_what_all_agree_on_is_overruled_by_no_choice_of_ours():
    """Where matrices do so, ordered labels become numbers, and are right more often."""
    rows, truth = lenient()
    round_ = make_round(rows, level="ordinal", labels=list("12345"))
    asked = consensus(*_args(round_), method="dawid_skene")
    assert asked.n_overruled > 0
    found = of(round_)
    assert (found.method, found.n_overruled, found.lost) == ("weighted_mean", 0, ())
    assert f"Dawid-Skene overruled {asked.n_overruled} of {asked.n_unanimous} tasks" in found.why

    def right(one):
        return np.mean([a == b for a, b in zip(one.best, truth, strict=True)])

    assert right(found) > right(asked)
    assert set(found.accuracy) == set(range(5))


def test_raters_without_a_view_do_not_turn_the_labels_round():
    """Two in five always say x: the models believe them, so the majority speaks."""
    rng = np.random.default_rng(3)
    rows, truth = [], rng.choice(3, 400, p=[0.5, 0.3, 0.2])
    for i in range(400):
        for r in rng.choice(40, 3, replace=False):
            said = truth[i] if rng.random() < 0.75 else rng.integers(3)
            rows.append((f"u{i:03}", f"r{r:02}", "x" if r < 16 else "xyz"[said]))
    round_ = make_round(rows)
    asked = consensus(*_args(round_), method="dawid_skene")
    found = of(round_)
    assert asked.lost
    assert (found.method, found.n_overruled) == ("majority", 0)
    assert "one coin per annotator overruled" in found.why
    shares = [
        np.mean([best == "xyz"[t] for best, t in zip(one.best, truth, strict=True)])
        for one in (asked, found)
    ]
    assert shares[1] > shares[0] + 0.1


def test_units_whose_label_is_known_are_not_overruled():
    rows = [(f"u{i:02}", r, "xy"[i % 2]) for i in range(40) for r in "abc"]
    round_ = make_round(rows, gold={"u00": "y"})
    question, ratings, n = _args(round_)
    found = consensus(question, ratings, n, gold=round_.gold["value"])
    assert (found.best[0], found.n_unanimous, found.n_overruled) == ("y", 39, 0)


@pytest.mark.parametrize(
    ("level", "method"),
    [("nominal", "median"), ("nominal", "weighted_mean"), ("interval", "majority"),
     ("ratio", "dawid_skene"), ("set", "median"), ("nominal", "mode")],
)  # fmt: skip
def test_a_method_that_does_not_fit_is_refused(level, method):
    value = {"nominal": "x", "set": {"x"}}.get(level, 1.0)
    round_ = make_round([("u", "a", value), ("u", "b", value)], level=level)
    with pytest.raises(SettingsError, match=method):
        consensus(*_args(round_), method=method)


def test_recovery_better_than_without_what_raters_share():
    """Sixty raters, twenty answers each, one confusion that all share."""
    rng = np.random.default_rng(11)
    n_units, n_raters, n_labels = 400, 60, 4
    skill = rng.beta(3, 1.5, n_raters)
    truth = rng.integers(0, n_labels, n_units)
    unit = np.repeat(np.arange(n_units), 3)
    rater = np.concatenate([rng.choice(n_raters, 3, replace=False) for _ in range(n_units)])
    off = rng.random(len(unit)) >= skill[rater]
    label = np.where(off, (truth[unit] + 1 + (rng.random(len(unit)) < 0.1)) % n_labels, truth[unit])
    size = Size(n_units, n_raters, n_labels)

    def loss(smoothing):
        fit = fit_model(
            "dawid_skene", unit, rater.astype(np.int32), label, size, smoothing=smoothing
        )
        return -np.log(np.maximum(fit.posterior[np.arange(n_units), truth], 1e-12)).mean()

    alone = Smoothing(pooled=0.0, even=0.3 * n_labels)
    assert loss(POOLED) < 0.7 * loss(alone)


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
