"""Intervals for raters like these: two-way jackknife and bootstrap, against the naive ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelq.measure.agreement import agreement
from labelq.measure.coefficients import chance, cohen, conger, krippendorff
from labelq.measure.intervals import raters_drawn
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.raters_drawn import RatersDrawn
from labelq.measure.intervals.without_ratings import WithoutRatings, of_pair_means
from labelq.measure.tables import Tables
from tests.rounds import make_round


def rows_of(made: Any, **how: Any) -> dict[tuple[str, str | None], Any]:
    found = agreement(made.questions[0], made.ratings["value"], made.raters, **how)
    return {
        (r.metric, r.weights or r.distance): r for r in found if r.label is None and not r.raters
    }


def tables_of(made: Any, ratings: Any = None) -> Tables:
    ratings = made.ratings["value"] if ratings is None else ratings
    return Tables(made.questions[0], ratings, len(made.raters))


def many_raters(n_raters: int, n_units: int = 60) -> Any:
    """Half of the raters lean towards one label on every third unit."""
    rows = [
        (f"{u:03}", f"r{r:02}", "x" if r % 2 and u % 3 == 0 else "xyz"[(u + (u * r) % 7 // 6) % 3])
        for u in range(n_units)
        for r in range(n_raters)
    ]
    return make_round(rows)


def test_with_fewer_than_ten_raters_the_interval_holds_for_them_only() -> None:
    made = many_raters(9)
    fixed, asked = rows_of(made), rows_of(made, resample_raters=True)
    for key, row in asked.items():
        assert (row.lower, row.upper) == (fixed[key].lower, fixed[key].upper)
        if row.lower is not None:
            assert "holds for these annotators only" in row.convention


def test_intervals_for_raters_like_these_are_wider() -> None:
    made = many_raters(12)
    fixed, asked = rows_of(made), rows_of(made, resample_raters=True)
    for key in (("krippendorff_alpha", "nominal"), ("gwet_ac1", None), ("cohen_kappa_mean", None)):
        assert asked[key].value == fixed[key].value
        assert asked[key].upper - asked[key].lower > 1.2 * (fixed[key].upper - fixed[key].lower)
        assert asked[key].interval_method == "jackknife_t_raters"


def sparse_round(n_raters: int = 12, n_units: int = 60, *, alike: bool = True) -> Any:
    """Three raters per unit; unless they are ``alike``, every third is seldom right."""
    rng = np.random.default_rng(5)
    rows = []
    for u in range(n_units):
        for r in rng.choice(n_raters, 3, replace=False).tolist():
            other = "xyz"[int(rng.integers(3))]
            right = rng.random() < (0.75 if alike or r % 3 else 0.2)
            rows.append((f"{u:03}", f"r{r:02}", "xyz"[u % 3] if right else other))
    return make_round(rows, level="ordinal", labels=list("xyz"))


def left_out(values: list[float]) -> float:
    """The jackknife's variance of artanh."""
    z, n = np.arctanh(values), len(values)
    return float((n - 1) / n * ((z - z.mean()) ** 2).sum())


@pytest.mark.parametrize("key", [("gwet_ac1", None), ("conger_kappa", None)])
def test_units_and_raters_are_left_out_and_single_ratings_taken_off(key: Any) -> None:
    """V_units + V_raters - V_ratings, each from coefficients measured without one of them."""
    from scipy.stats import t as student

    made = sparse_round(alike=False)
    ratings = made.ratings["value"]

    def without(gone: Any) -> float:
        kept = ratings.select(np.flatnonzero(~gone))
        found: float = rows_of_ratings(made, kept, key)
        return found

    over_raters = left_out([without(ratings.rater == r) for r in range(12)])
    over_ratings = left_out([without(np.arange(len(ratings.unit)) == i) for i in range(180)])
    over_units = left_out([without(ratings.unit == u) for u in range(60)])
    assert over_raters > over_ratings
    asked = rows_of(made, metrics=[key[0]], resample_raters=True)[key]
    both = over_units + over_raters - over_ratings
    df = both**2 / (over_raters**2 / 11 + over_units**2 / 59)
    half = student.ppf(0.975, df) * both**0.5
    assert asked.lower == pytest.approx(np.tanh(np.arctanh(asked.value) - half), rel=1e-7)


def test_an_interval_for_raters_like_these_is_never_narrower() -> None:
    """Here raters differ by nothing but the noise of single ratings."""
    made = sparse_round(30, 90)
    fixed, asked = rows_of(made), rows_of(made, resample_raters=True)
    for key, row in asked.items():
        assert row.upper - row.lower >= (fixed[key].upper - fixed[key].lower) * (1 - 1e-9), key


def rows_of_ratings(made: Any, ratings: Any, key: Any) -> Any:
    found = agreement(made.questions[0], ratings, made.raters, metrics=[key[0]], resamples=0)
    return next(r.value for r in found if not r.raters and not r.label and r.weights == key[1])


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_leaving_out_ratings_in_patterns_is_leaving_them_out(level: str) -> None:
    made = sparse_round()
    ratings, tables = made.ratings["value"], tables_of(made)

    def value(some: Any) -> float:
        of = tables_of(made, some)
        found = krippendorff.alpha(of.counts, level, of.scale)
        return float(found.parts(of.counts.multiplicity).value[0])

    each = np.arange(len(ratings.unit))
    values = [value(ratings.select(np.flatnonzero(each != i))) for i in each]
    fewer = WithoutRatings.of_counts(tables, [0])
    additive = krippendorff.alpha(fewer.tables.counts, level, fewer.tables.scale)
    _error, z_error = fewer.errors(additive, np.array([value(ratings)]))
    assert z_error[0] ** 2 == pytest.approx(left_out(values), rel=1e-9)


def test_blocks_of_ratings_give_the_error_of_single_ones(monkeypatch: Any) -> None:
    made = sparse_round(12, 900)
    tables = tables_of(made)

    def z_error() -> float:
        fewer = WithoutRatings.of_rater_patterns(tables, [0])
        assert fewer
        additive = conger.conger_kappa(fewer.tables.rater_patterns, None, tables.scale)
        K = len(tables.rater_patterns.multiplicity)
        value = additive.formula(
            np.asarray(tables.rater_patterns.multiplicity @ additive.sums[:K]).ravel()
        ).value
        return float(fewer.errors(additive, value)[1][0])

    single = z_error()
    monkeypatch.setattr("labelq.measure.intervals.sampling.MAX_ROWS", 300)
    assert z_error() == pytest.approx(single, rel=0.12)  # 300 blocks: 4 % error


def test_means_over_pairs_without_single_ratings() -> None:
    """Linearised against measured: the error that ratings bring about."""
    made = sparse_round(10, 300)
    ratings, tables = made.ratings["value"], tables_of(made)
    W = tables.scale.weights(None)

    def means(some: Any) -> Any:
        kappas = cohen.kappas(tables_of(made, some).pairs, W)
        return cohen.with_means(kappas.value, kappas.n)[-2:]

    each = np.arange(len(ratings.unit))
    values = np.array([means(ratings.select(np.flatnonzero(each != i))) for i in each])
    _error, z_error = of_pair_means(tables.pairs, cohen.kappas(tables.pairs, W))
    naive = [left_out(values[:, k].tolist()) ** 0.5 for k in (0, 1)]
    assert z_error == pytest.approx(naive, rel=0.1)


# The bootstrap over units and raters


def test_a_rater_drawn_twice_is_never_compared_with_himself(monkeypatch: Any) -> None:
    """Against every pair of ratings of different raters, each as often as both were drawn."""
    monkeypatch.setattr(raters_drawn, "FEWEST_DRAWS", 3)
    monkeypatch.setattr(raters_drawn, "MOST_DRAWS", 3)
    made = sparse_round(10, 25)
    tables, ratings = tables_of(made), made.ratings["value"]
    drawn = RatersDrawn(
        tables, np.arange(10), IntervalPlan(method="percentile", resamples=100), (0,)
    )
    ((weighted, _units),) = drawn._made()
    table = weighted.counts
    K = len(tables.rater_patterns.multiplicity)
    assert table.counts.shape[0] == 3 * K
    agreeing = chance.agreeing_share(table, None)
    n = np.array(table.counts.sum(axis=1)).ravel()
    for k in range(3):
        rng = np.random.default_rng([0, 0])
        weight = rng.multinomial(10, np.full(10, 0.1), 3)[k]
        for u, pattern in enumerate(tables.rater_patterns.pattern.tolist()):
            mine = np.flatnonzero(ratings.unit == tables.rater_patterns.units[u])
            r, v = ratings.rater[mine], ratings.value[mine]
            pairs = np.outer(weight[r], weight[r]) * (r[:, None] != r)
            same = (pairs * (v[:, None] == v)).sum()
            row = k * K + pattern
            assert n[row] == weight[r].sum()
            assert table.n_pairs[row] == pairs.sum()
            assert agreeing[row] == pytest.approx(same / pairs.sum() if pairs.sum() else 0)


def test_the_bootstrap_draws_tasks_and_annotators() -> None:
    made = many_raters(12)
    units = rows_of(made, interval="percentile", resamples=400)
    both = rows_of(made, interval="percentile", resamples=400, resample_raters=True)
    jackknife = rows_of(made, resample_raters=True)
    for key in (("krippendorff_alpha", "nominal"), ("gwet_ac1", None), ("cohen_kappa_mean", None)):
        row = both[key]
        assert row.interval_method == "bootstrap_percentile_raters"
        assert "400 resamples of tasks and of annotators" in row.convention
        assert "holds for annotators like these" in row.convention
        assert row.upper - row.lower > 1.2 * (units[key].upper - units[key].lower)
        width = jackknife[key].upper - jackknife[key].lower
        assert row.upper - row.lower == pytest.approx(width, rel=0.35)
    again = rows_of(made, interval="percentile", resamples=400, resample_raters=True)
    assert [r.lower for r in again.values()] == [r.lower for r in both.values()]


def test_where_counts_cannot_be_weighted_the_jackknife_stands() -> None:
    made = many_raters(12)
    how: dict[str, Any] = {"interval": "percentile", "resample_raters": True}
    row = rows_of(made, metrics=["conger_kappa"], **how)["conger_kappa", None]
    assert row.interval_method == "jackknife_t_raters"
    rng = np.random.default_rng(0)
    rows = [(u, r, u % 7 + rng.normal()) for u in range(40) for r in range(11)]
    numbers = rows_of(make_round(rows, level="interval"), metrics=["icc_1", "icc_2"], **how)
    assert {r.interval_method for r in numbers.values()} == {"jackknife_t_raters"}


def test_with_few_annotators_the_bootstrap_is_that_of_tasks() -> None:
    made = many_raters(9)
    how: dict[str, Any] = {"interval": "percentile", "resamples": 400}
    fixed, asked = rows_of(made, **how), rows_of(made, resample_raters=True, **how)
    for key, row in asked.items():
        assert (row.lower, row.interval_method) == (fixed[key].lower, fixed[key].interval_method)
        if row.lower is not None:
            assert "holds for these annotators only" in row.convention
