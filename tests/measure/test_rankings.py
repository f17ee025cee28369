"""Rankings: against SciPy, krippendorff and formulas written out; sums that skip most pairs."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, rankdata

from labelq.labels.model import Ranking
from labelq.measure.agreement import agreement
from labelq.measure.coefficients import krippendorff as ours
from labelq.measure.coefficients import orders
from labelq.measure.coefficients.orders import Orders
from labelq.measure.coefficients.rankings import mean_distances
from labelq.measure.results import Agreement
from tests.rounds import make_round


def drawn(rng: random.Random, items: str, fewest: int = 0) -> Ranking:
    """A ranking of some of ``items``, with ties."""
    left = rng.sample(items, rng.randint(fewest, len(items)))
    places = []
    while left:
        n = rng.choice([1, 1, 1, 2])
        places.append(left[:n])
        left = left[n:]
    return Ranking.of(places)


def place(ranking: Ranking) -> dict[str, int]:
    return {item: i for i, tied in enumerate(ranking.places) for item in tied}


def apart(one: Any, other: Any) -> float:
    """Kendall's distance, written out."""
    if one == other:
        return 0.0
    a, b = place(one), place(other)
    pairs = list(itertools.combinations(sorted(a.keys() & b.keys()), 2))
    if not pairs:
        return 0.5
    signs = [(np.sign(a[i] - a[j]), np.sign(b[i] - b[j])) for i, j in pairs]
    return float(np.mean([1.0 if s * t < 0 else 0.5 * (s != t) for s, t in signs]))


def measured(rows: list[tuple[Any, Any, Ranking]], resamples: int = 0) -> dict[str, Agreement]:
    made = make_round(rows, level="ranking")
    question, ratings = made.questions[0], made.ratings["value"]
    found = agreement(question, ratings, made.raters, resamples=resamples)
    return {row.metric: row for row in found}


def some_round(seed: int, n_units: int = 12, *, own_items: bool = False) -> list[Any]:
    rng = random.Random(seed)
    rows = []
    for u in range(n_units):
        for r in rng.sample("pqrst", rng.randint(1, 4)):
            ranking = drawn(rng, "abcde")
            if own_items and u % 3:
                ranking = Ranking(tuple(tuple(f"{u}{x}" for x in p) for p in ranking.places))
            rows.append((f"{u:03}", r, ranking))
    return rows


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_distance_and_tau_of_pairs(seed: int) -> None:
    rng = random.Random(seed)
    values = sorted({drawn(rng, "abcdef") for _ in range(15)})
    n = len(values)
    a, b = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    found = Orders.of(values)
    wanted = np.array([[apart(x, y) for y in values] for x in values])
    assert found.distance(a, b) == pytest.approx(wanted.ravel(), abs=1e-12)
    assert found.distance.table(np.arange(n), np.arange(n)) == pytest.approx(wanted, abs=1e-12)
    for i, j, tau in zip(a, b, found.compared(a, b).tau, strict=True):
        x, y = place(values[i]), place(values[j])
        common = sorted(x.keys() & y.keys())
        theirs = np.nan
        if len({x[c] for c in common}) > 1 and len({y[c] for c in common}) > 1:
            theirs = kendalltau([x[c] for c in common], [y[c] for c in common]).statistic
        assert tau == pytest.approx(theirs, abs=1e-12, nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_alpha_is_the_reference_package_s(seed: int, own_items: bool) -> None:
    rows = some_round(seed, own_items=own_items)
    values = sorted({row[2] for row in rows})
    table = np.array([[apart(x, y) for y in values] for x in values])
    units = sorted({row[0] for row in rows})
    counts = np.zeros((len(units), len(values)), int)
    for unit, _, value in rows:
        counts[units.index(unit), values.index(value)] += 1

    def level(v1: Any, v2: Any, **_: Any) -> Any:
        return table[np.asarray(v1, int), np.asarray(v2, int)]

    theirs = krippendorff.alpha(
        value_counts=counts, value_domain=list(range(len(values))), level_of_measurement=level
    )
    assert measured(rows)["krippendorff_alpha"].value == pytest.approx(theirs, abs=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_mean_tau_and_w_written_out(seed: int) -> None:
    rows = some_round(seed)
    taus, concordances = [], []
    for _, group in itertools.groupby(sorted(rows), key=lambda row: row[0]):
        rankings = [row[2] for row in group]
        found = []
        for one, other in itertools.combinations(rankings, 2):
            x, y = place(one), place(other)
            common = sorted(x.keys() & y.keys())
            a, b = [x[c] for c in common], [y[c] for c in common]
            if len(set(a)) > 1 and len(set(b)) > 1:
                found.append(kendalltau(a, b).statistic)
        if found:
            taus.append(np.mean(found))
        of_sets = []
        for items in {tuple(sorted(r.items)) for r in rankings}:
            alike = [place(r) for r in rankings if tuple(sorted(r.items)) == items]
            m, n = len(alike), len(items)
            ranks = np.array([rankdata([p[i] for i in items]) for p in alike]).reshape(m, n)
            ties = [sum(t**3 - t for t in np.unique(r, return_counts=True)[1]) for r in ranks]
            below = m * m * (n**3 - n) - m * sum(ties)
            if m > 1 and below > 0:
                S = ((ranks.sum(axis=0) - ranks.sum() / n) ** 2).sum()
                of_sets.append((12 * S / below, m))
        if of_sets:
            values, weights = zip(*of_sets, strict=True)
            concordances.append(np.average(values, weights=weights))
    found_here = measured(rows)
    for name, wanted in (("kendall_tau_mean", taus), ("kendall_w", concordances)):
        row = found_here[name]
        if not wanted:
            assert row.reason == "nothing_ordered"
        else:
            assert row.value == pytest.approx(np.mean(wanted), abs=1e-12)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_quick_sums_are_the_slow_ones(seed: int, own_items: bool) -> None:
    """Over sets of items, over the few alike, in strips, with few pairs of items at a time."""
    rows = some_round(seed, 30, own_items=own_items)
    plain = measured(rows)["krippendorff_alpha"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours, "_DENSE_VALUES", 0)
        by_sets = measured(rows)["krippendorff_alpha"]
        patch.setattr(orders, "_SETS", 0)
        by_alike = measured(rows)["krippendorff_alpha"]
        patch.setattr(orders, "_ENTRIES", 30)
        in_blocks = measured(rows)["krippendorff_alpha"]
        patch.setattr(ours, "_SIMILAR", 0)
        in_strips = measured(rows)["krippendorff_alpha"]
    for other in (by_sets, by_alike, in_blocks, in_strips):
        assert other.value == pytest.approx(plain.value, abs=1e-10)
        assert other.expected == pytest.approx(plain.expected, abs=1e-10)


def test_unanimous_and_reversed() -> None:
    up, down = Ranking.of("abcd"), Ranking.of("dcba")
    rng = random.Random(3)
    same = [
        (f"{u:02}", r, ranking)
        for u in range(20)
        for ranking in [Ranking.of(rng.sample("abcd", 4))]
        for r in "xyz"
    ]
    found = measured(same, 2000)
    for name in ("krippendorff_alpha", "kendall_tau_mean", "kendall_w"):
        assert found[name].value == pytest.approx(1.0)
        assert found[name].interval_method == "binomial_no_disagreement"
    found = measured([(u, r, x) for u in range(3) for r, x in (("p", up), ("q", down))])
    assert found["kendall_tau_mean"].value == pytest.approx(-1.0)
    assert found["kendall_w"].value == pytest.approx(0.0)
    assert found["kendall_tau_mean"].expected == 0.0


def test_nothing_to_compare_has_a_reason() -> None:
    tied, one = Ranking.of([["a", "b"]]), Ranking.of(["a"])
    found = measured([("u", "p", tied), ("u", "q", tied), ("v", "p", one), ("v", "q", one)])
    assert found["kendall_tau_mean"].reason == found["kendall_w"].reason == "nothing_ordered"
    alone = measured([("u", "p", Ranking.of("ab")), ("v", "q", Ranking.of("ba"))])
    assert {alone[x].reason for x in ("krippendorff_alpha", "kendall_w")} == {"no_overlap"}
    always = measured([(u, r, Ranking.of("ab")) for u in range(4) for r in "pq"])
    assert always["krippendorff_alpha"].reason == "no_variation"
    assert always["kendall_w"].value == 1.0


def test_what_is_defined_for_labels_is_refused() -> None:
    found = measured([("u", "p", Ranking.of("ab")), ("u", "q", Ranking.of("ba"))])
    assert found["fleiss_kappa"].reason == "not_for_rankings"
    assert found["raw_agreement"].value == 0.0
    assert not any(name.startswith("icc") for name in found)


def pairwise(**changes: Any) -> dict[str, Agreement]:
    rng = random.Random(1)
    rows = [(u, r, rng.choice(["left", "right"])) for u in range(30) for r in "pqr"]
    made = make_round(rows, labels=["left", "right"])
    question = replace(made.questions[0], **({"tag": "Pairwise"} | changes))
    found = agreement(
        question,
        made.ratings["value"],
        made.raters,
        resamples=0,
        metrics=["kendall_tau_mean", "kendall_w", "raw_agreement"],
    )
    return {row.metric: row for row in found if row.label is None}


def test_a_preference_between_two_is_a_ranking_of_two() -> None:
    found = pairwise()
    raw, tau, w = (found[x] for x in ("raw_agreement", "kendall_tau_mean", "kendall_w"))
    assert raw.value is not None
    assert tau.value == pytest.approx(2 * raw.value - 1)
    assert tau.level == "nominal"
    # Without ties W is 1/m + (m-1)/m of the mean rank correlation, and of two items that is tau.
    assert w.value == pytest.approx((1 + 2 * tau.value) / 3)


@pytest.mark.parametrize("changes", [{"tag": "Choices"}, {"labels": ("left", "right", "tie")}])
def test_other_labels_are_no_rankings(changes: Any) -> None:
    found = pairwise(**changes)
    assert found["kendall_tau_mean"].reason == found["kendall_w"].reason == "needs_rankings"


def test_mean_distance_per_unit() -> None:
    rows = some_round(9)
    made = make_round(rows, level="ranking")
    units, found = mean_distances(made.ratings["value"])
    for unit, distance in zip(units.tolist(), found.tolist(), strict=True):
        given = [row[2] for row in rows if row[0] == made.units.ids[unit]]
        wanted = [apart(x, y) for x, y in itertools.combinations(given, 2)]
        assert distance == pytest.approx(np.mean(wanted))


def test_thousands_of_tasks_with_items_of_their_own_are_quick_and_have_an_interval() -> None:
    """20,000 distinct rankings: all pairs of them would be 400 million."""
    rng = random.Random(11)
    rows = []
    for u in range(7_000):
        items = [f"{u}.{i}" for i in range(5)]
        for r in "xyz":
            rng.shuffle(items)
            rows.append((u, r, Ranking.of(items[:])))
    units, raters = [row[0] for row in rows], ["xyz".index(row[1]) for row in rows]
    values = sorted({row[2] for row in rows})
    code = {value: i for i, value in enumerate(values)}
    small = make_round(rows[:6], level="ranking")
    ratings = replace(
        small.ratings["value"],
        unit=np.array(units, np.int32),
        rater=np.array(raters, np.int32),
        value=np.array([code[row[2]] for row in rows], np.int32),
        values=tuple(values),
        seconds=np.full(len(rows), np.nan, np.float32),
        submitted=np.full(len(rows), "NaT", "M8[s]"),
        edited=np.zeros(len(rows), bool),
        prelabeled=np.zeros(len(rows), bool),
    )
    found = agreement(
        small.questions[0],
        ratings,
        small.raters,
        metrics=["krippendorff_alpha", "kendall_tau_mean", "kendall_w"],
    )
    for row in found:
        assert row.reason is None
        assert row.lower is not None
    assert found[0].value == pytest.approx(0, abs=0.02)
