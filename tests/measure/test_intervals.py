"""Intervals: against the naive way, against theory, against other programs, reproducible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelq.errors import SettingsError
from labelq.labels.grouping import Groups
from labelq.labels.statistics import count_patterns, pair_cells, rater_patterns
from labelq.measure.additive import CountTable
from labelq.measure.agreement import agreement
from labelq.measure.coefficients import chance, cohen
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.coefficients.scale import Scale
from labelq.measure.intervals import pairs, sampling
from labelq.measure.intervals.estimates import Estimates, estimate, lowest_with
from labelq.measure.intervals.jackknife import jackknife
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling
from tests.rounds import make_round, rows_of


def simulated(n_units: int, level: Any = "nominal", seed: int = 3, n_labels: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, n_labels + 1, n_units)
    rows = [
        (f"{u:05}", r, str(truth[u] if rng.random() < 0.8 else rng.integers(1, n_labels + 1)))
        for u in range(n_units)
        for r in "abc"
        if rng.random() < 0.9
    ]
    return make_round(rows, level=level, labels=[str(i + 1) for i in range(n_labels)])


def estimated(made: Any, distance: str, groups: Groups | None = None, **plan: Any) -> Estimates:
    ratings = made.ratings["value"]
    patterns = count_patterns(ratings)
    table = CountTable(patterns)
    plan_ = IntervalPlan(groups=groups, **plan)
    return estimate(
        alpha(table, distance, Scale(made.questions[0], ratings.values)),
        table.multiplicity,
        Sampling(patterns, groups=groups, seed=[plan_.seed]),
        plan_,
        n_units=table.n_units,
    )


def ends(found: Estimates) -> tuple[float, float, float]:
    return float(found.parts.value[0]), float(found.lower[0]), float(found.upper[0])


def without(ratings: Any, unit: int) -> Any:
    return ratings.select(np.flatnonzero(ratings.unit != unit))


# The jackknife


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_patterns_give_the_naive_jackknife(level: Any) -> None:
    """Leaving out every unit one by one, from the ratings, gives the same interval."""
    from scipy.stats import t as student

    made = simulated(60, level)
    ratings, scale = made.ratings["value"], Scale(made.questions[0], made.ratings["value"].values)

    def value(some: Any) -> float:
        table = CountTable(count_patterns(some))
        return float(alpha(table, level, scale).parts(table.multiplicity).value[0])

    left_out = np.array([value(without(ratings, u)) for u in np.unique(ratings.unit)])
    n = len(left_out)
    z = np.arctanh(left_out)
    error = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    z_error = np.sqrt((n - 1) / n * ((z - z.mean()) ** 2).sum())
    found = estimated(made, level)
    assert found.error[0] == pytest.approx(error, rel=1e-9)
    half = student.ppf(0.975, CountTable(count_patterns(ratings)).n_units - 1) * z_error
    middle = np.arctanh(value(ratings))
    expected = (np.tanh(middle - half), np.tanh(middle + half))
    assert ends(found)[1:] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_blocks_give_the_interval_of_patterns(level: Any, monkeypatch: Any) -> None:
    made = simulated(3000, level, n_labels=20)
    value, lower, upper = ends(estimated(made, level))
    monkeypatch.setattr(sampling, "MAX_ROWS", 400)
    blocks = estimated(made, level)
    again, low, high = ends(blocks)
    assert (again, blocks.method) == (value, ["jackknife_t_blocks"])
    assert (high - low) == pytest.approx(upper - lower, rel=0.15)  # 400 blocks: 3.5 % error


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("weights", [None, "linear"])
def test_pairs_in_closed_form_are_the_jackknife_of_their_cells(
    weights: str | None, *, pooled: bool
) -> None:
    made = simulated(80, "ordinal")
    ratings = made.ratings["value"]
    patterns = rater_patterns(ratings)
    table = cohen.PairTable.of(pair_cells(patterns), patterns.multiplicity, len(ratings.values))
    W = Scale(made.questions[0], ratings.values).weights(weights)
    found = pairs.of_pairs(table, W, IntervalPlan(), pooled=pooled)
    sums = cohen.additive(table, W, pooled=pooled)
    value = sums.parts(patterns.multiplicity).value
    left_out = jackknife(sums, Sampling(patterns, seed=[0]), value)
    assert found.parts.value == pytest.approx(value, rel=1e-12)
    # Units that a pair does not share are left out in vain: n - 1 of the pair against N - 1.
    assert found.error == pytest.approx(left_out.error, rel=0.01)
    assert found.z_error[-1] == pytest.approx(left_out.z_error[-1], rel=0.01)


def test_interval_narrows_with_the_root_of_the_units() -> None:
    small, large = (ends(estimated(simulated(n), "nominal")) for n in (200, 3200))
    ratio = (small[2] - small[1]) / (large[2] - large[1])
    assert ratio == pytest.approx(4, rel=0.25)


def test_twice_the_same_units_narrow_the_interval_by_the_root_of_two() -> None:
    made = simulated(100)
    ratings = made.ratings["value"]
    rows = [
        (f"{copy}{made.units.ids[u]}", made.raters[r].id, ratings.values[v])
        for copy in "ab"
        for u, r, v in zip(ratings.unit, ratings.rater, ratings.value, strict=True)
    ]
    once, twice = rows_of(made), rows_of(make_round(rows, labels=list(ratings.values)))
    for key in (("fleiss_kappa", None), ("gwet_ac1", None), ("cohen_kappa_mean", None)):
        assert twice[key].value == pytest.approx(once[key].value, rel=1e-12)
        assert once[key].error / twice[key].error == pytest.approx(2**0.5, rel=0.02)


def test_neither_the_order_of_units_nor_of_raters_matters() -> None:
    made = simulated(80, "ordinal")
    ratings = made.ratings["value"]
    rename = {"a": "z", "b": "y", "c": "x"}
    rows = [
        (f"{99999 - u:05}", rename[made.raters[r].id], ratings.values[v])
        for u, r, v in zip(ratings.unit, ratings.rater, ratings.value, strict=True)
    ]
    turned = rows_of(make_round(rows, level="ordinal", labels=list(ratings.values)))
    for key, row in rows_of(made).items():
        assert turned[key].lower == pytest.approx(row.lower, rel=1e-9)
        assert (turned[key].p_value is None) == (row.p_value is None)
        assert (turned[key].p_value or 0) == pytest.approx(row.p_value or 0, rel=1e-6)


# The bootstrap


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_patterns_give_the_naive_bootstrap(level: Any) -> None:
    """Resampling whole units one by one has the same spread (to Monte Carlo error)."""
    made = simulated(120, level)
    ratings = made.ratings["value"]
    scale = Scale(made.questions[0], ratings.values)
    rng = np.random.default_rng(1)
    units = [np.flatnonzero(ratings.unit == u) for u in range(len(made.units))]
    naive = []
    for _ in range(600):
        draw = rng.integers(0, len(units), len(units))
        kept = ratings.select(np.concatenate([units[u] for u in draw]))
        copies = np.repeat(np.arange(len(draw)), [len(units[u]) for u in draw]).astype(np.int32)
        resampled = type(kept)(
            copies,
            kept.rater,
            kept.value,
            kept.values,
            kept.seconds,
            kept.submitted,
            kept.edited,
            kept.prelabeled,
        )
        table = CountTable(count_patterns(resampled))
        naive.append(float(alpha(table, level, scale).parts(table.multiplicity).value[0]))
    _, lower, upper = ends(estimated(made, level, method="percentile", resamples=4000))
    low, high = np.quantile(naive, [0.025, 0.975])
    assert upper - lower == pytest.approx(high - low, rel=0.12)
    assert lower == pytest.approx(low, abs=0.02)


def test_bca_is_that_of_scipy() -> None:
    from scipy.stats import bootstrap

    made = simulated(80)
    ratings = made.ratings["value"]
    patterns = count_patterns(ratings)
    table = CountTable(patterns)
    sums = chance.raw_agreement(table, None, Scale(made.questions[0], ratings.values))
    units = np.repeat(np.asarray(sums.sums), table.multiplicity, axis=0)
    units = units[units[:, 1] > 0]

    def share(agreeing: Any, pairs_: Any, axis: int) -> Any:
        return agreeing.sum(axis=axis) / pairs_.sum(axis=axis)

    theirs = bootstrap(
        (units[:, 0], units[:, 1]),
        share,
        paired=True,
        vectorized=True,
        method="BCa",
        n_resamples=20_000,
        rng=np.random.default_rng(0),
    ).confidence_interval
    plan = IntervalPlan(method="bca", resamples=20_000)
    ours = estimate(
        sums, table.multiplicity, Sampling(patterns, seed=[0]), plan, n_units=table.n_units
    )
    assert ours.method == ["bootstrap_bca"]
    assert ends(ours)[1:] == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_same_seed_same_interval() -> None:
    made = simulated(100)
    how: dict[str, Any] = {"method": "percentile", "resamples": 500}
    assert ends(estimated(made, "nominal", seed=7, **how)) == ends(
        estimated(made, "nominal", seed=7, **how)
    )
    assert ends(estimated(made, "nominal", seed=7, **how)) != ends(
        estimated(made, "nominal", seed=8, **how)
    )


def test_no_published_error_is_said() -> None:
    row = rows_of(simulated(60), interval="analytic")["cohen_kappa_mean", None]
    assert (row.value is not None, row.lower, row.reason) == (True, None, "no_published_error")


# The evidence floor


def test_disagreement_on_one_task_leaves_the_exact_limit() -> None:
    rows = [(u, r, "xy"[u % 2]) for u in range(40) for r in "ab"]
    rows[0] = (0, "a", "y")
    row = rows_of(make_round(rows))["krippendorff_alpha", "nominal"]
    assert row.interval_method == "binomial_one_disagreement"
    assert row.lower == pytest.approx(lowest_with(1, 40, row.expected, 0.95))
    assert (row.upper, row.error, row.p_value) == (1.0, None, None)


def test_exact_limits_are_clopper_and_pearson() -> None:
    from scipy.stats import binomtest

    for k in (0, 1):
        u = binomtest(k, 37).proportion_ci(0.9).high
        assert lowest_with(k, 37, 0.4, 0.9) == pytest.approx(1 - u / 0.4)


def of_label(rows: list[tuple[int, str, str]], **how: Any) -> dict[tuple[str, Any], Any]:
    """The rows about label "x", by metric and whether they are of a pair."""
    made = make_round(rows)
    found = agreement(made.questions[0], made.ratings["value"], made.raters, **how)
    return {(r.metric, bool(r.raters)): r for r in found if r.label == "x"}


def rare(n_agreed: int, n_split: int) -> list[tuple[int, str, str]]:
    """60 tasks of two raters: "x" from both on some, from one on others, else "y"."""
    return [
        (
            u,
            r,
            "x" if u < n_agreed or (u < n_agreed + n_split and (r == "a") == (u % 2 == 0)) else "y",
        )
        for u in range(60)
        for r in "ab"
    ]


@pytest.mark.parametrize("interval", ["jackknife", "percentile"])
def test_a_label_hardly_agreed_on_has_no_interval(interval: Any) -> None:
    for key, row in of_label(rare(2, 12), interval=interval).items():
        assert (row.value is not None, row.lower, row.reason) == (
            True,
            None,
            "too_little_agreement",
        ), key
    for key, row in of_label(rare(3, 12), interval=interval).items():
        assert (row.lower is not None, row.reason) == (True, None), key


def test_the_evidence_about_a_label_is_that_of_the_rarer_side() -> None:
    """For a label that most give: tasks on which one, and on which two, did not give it."""
    from labelq.measure.additive import BinaryTable

    made = make_round(
        [
            (u, r, "y" if u < 4 or (u < 9 and r == "a") else "x")
            for u in range(40)
            for r in ("abc" if u % 2 else "ab")
        ]
    )
    table = CountTable(count_patterns(made.ratings["value"]))
    binary = BinaryTable(table.counts, table.m, table.n_pairs, table.multiplicity)
    assert binary.varied.tolist() == [9, 9]
    assert binary.agreed.tolist() == [4, 4]


def test_labels_that_nobody_agrees_on_give_no_interval_of_a_kappa() -> None:
    """Two independent raters, 95/5: leaving out units would say that all is known."""
    rng = np.random.default_rng(4)
    made = make_round([(f"{u:03}", r, "xy"[rng.random() < 0.05]) for u in range(200) for r in "ab"])
    metrics = ["krippendorff_alpha", "cohen_kappa_mean", "fleiss_kappa", "conger_kappa", "gwet_ac1"]
    found = {row.metric: row for row in rows_of(made, metrics=metrics).values()}
    for name in metrics[:-1]:
        assert (found[name].lower, found[name].reason) == (None, "too_little_agreement")
    assert found["gwet_ac1"].lower is not None
    assert found["gwet_ac1"].p_value is None  # 0 is not what chance brings there


# Groups


def test_every_task_its_own_group_changes_nothing() -> None:
    made = simulated(90, "ordinal")
    alone = Groups("task", np.arange(len(made.units), dtype=np.int32))
    for key, row in rows_of(made, groups=alone).items():
        expected = rows_of(made)[key]
        tolerance = 0.05 if key[0] in ("cohen_kappa_mean", "light_kappa") else 1e-9
        assert row.error == pytest.approx(expected.error, rel=tolerance)
        # A task with one rating is a group, but no degree of freedom of a task.
        assert row.lower == pytest.approx(expected.lower, rel=max(tolerance, 1e-3))


@pytest.mark.parametrize("method", ["jackknife", "percentile"])
def test_copies_of_a_task_in_one_group_add_no_evidence(method: Any) -> None:
    made = simulated(60)
    ratings = made.ratings["value"]
    rows = [
        (f"{made.units.ids[u]}{copy}", made.raters[r].id, ratings.values[v])
        for copy in "abcd"
        for u, r, v in zip(ratings.unit, ratings.rater, ratings.value, strict=True)
    ]
    copied = make_round(rows, labels=list(ratings.values))
    of_unit = np.array([int(id_[:-1]) for id_ in copied.units.ids], np.int32)
    once = rows_of(made, interval=method)
    grouped = rows_of(copied, groups=Groups("task", of_unit), interval=method)
    for key in (("gwet_ac1", None), ("fleiss_kappa", None), ("cohen_kappa_mean", None)):
        width = once[key].upper - once[key].lower
        assert grouped[key].upper - grouped[key].lower == pytest.approx(width, rel=0.1)
        assert "groups of tasks with the same task" in grouped[key].convention


def test_too_few_groups_make_no_interval() -> None:
    made = simulated(60)
    few = Groups("page", np.arange(len(made.units), dtype=np.int32) % 5)
    for row in rows_of(made, groups=few).values():
        if row.value is not None:
            assert (row.lower, row.reason) == (None, "too_few_groups")


# Tests against chance


def test_the_test_says_what_the_interval_says() -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        rows = [(u, r, "xy"[int(rng.random() < 0.5)]) for u in range(40) for r in "abc"]
        row = rows_of(make_round(rows))["krippendorff_alpha", "nominal"]
        assert (row.p_value < 0.05) == (row.lower > 0 or row.upper < 0)


def test_where_nothing_is_expected_by_chance_there_is_no_test() -> None:
    row = rows_of(simulated(60))["raw_agreement", None]
    assert row.error is not None
    assert row.p_value is None


# What cannot be asked for


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"resamples": 5}, "5 resamples make no interval"),
        ({"method": "bayes"}, "there is no such interval"),
        ({"method": "analytic", "groups": Groups("g", np.zeros(3, np.int32))}, "leave out --group"),
        ({"method": "bca", "resample_raters": True}, "jackknife or percentile, not bca"),
        ({"resample_raters": True, "groups": Groups("g", np.zeros(3, np.int32))}, "not together"),
    ],
)
def test_impossible_plans_are_one_line(how: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        IntervalPlan(**how)
