"""Intraclass correlations: published intervals, missing ratings, any scale, no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.agreement import agreement
from labelq.measure.coefficients import icc
from labelq.measure.results import Agreement
from labelq.measure.tables import Tables
from tests.rounds import make_round

ALL = ("icc_1", "icc_2", "icc_3", "icc_1k", "icc_2k", "icc_3k")
CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def measured(
    rows: list[tuple[Any, Any, float]], resamples: int = 0, **options: Any
) -> dict[str, Agreement]:
    made = make_round(rows, level="interval")
    found = agreement(
        made.questions[0],
        made.ratings["value"],
        made.raters,
        metrics=ALL,
        resamples=resamples,
        **options,
    )
    return {row.metric: row for row in found}


def matrix(x: Any) -> list[tuple[int, int, float]]:
    return [
        (u, r, float(v)) for u, row in enumerate(x) for r, v in enumerate(row) if not np.isnan(v)
    ]


@pytest.mark.parametrize(
    "path",
    [p for p in CASES if '"f_intervals"' in p.read_text(encoding="utf-8")],
    ids=lambda p: p.stem,
)
def test_published_intervals(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    made = make_round(
        [(u, r, float(x)) for r, row in enumerate(case["ratings"]) for u, x in enumerate(row)],
        level="interval",
    )
    tables = Tables(made.questions[0], made.ratings["value"], len(made.raters))
    for name, lower, upper in case["f_intervals"]:
        mean = name.endswith("k")
        found = (
            icc.f_one_way(tables.counts, tables.scale, 0.95, of_mean=mean)
            if "1" in name
            else icc.f_two_way(
                tables.rater_patterns, tables.scale, 0.95, fixed="3" in name, of_mean=mean
            )
        )
        within = 10 ** -min(len(repr(lower).partition(".")[2]), 5)
        assert found == pytest.approx((lower, upper), abs=within)


def test_the_analytic_interval_is_the_published_one() -> None:
    path = Path(__file__).parent / "cases/irr_anxiety.json"
    case = json.loads(path.read_text(encoding="utf-8"))
    rows = [(u, r, float(x)) for r, row in enumerate(case["ratings"]) for u, x in enumerate(row)]
    found = measured(rows, 2000, interval="analytic")
    for name, lower, upper in case["f_intervals"]:
        row = found[name]
        assert row.interval_method == "analytic_f"
        assert (row.lower, row.upper) == pytest.approx((lower, upper), abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1e-9, 1e-3, 1.0, 1e9]),
    st.sampled_from([0.0, -1.0, 1e3]),
)
def test_any_scale_and_offset(seed: int, scale: float, offset: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(8, 1)) + rng.normal(size=(8, 3)) * 0.7
    x[rng.random((8, 3)) < 0.1] = np.nan
    x[0] = 0.0, 1.0, 2.0
    x[1] = 1.0, 1.0, 3.0
    plain, moved = measured(matrix(x)), measured(matrix(scale * (x + offset)))
    for name in ALL:
        assert moved[name].value == pytest.approx(plain[name].value, rel=1e-7, abs=1e-7)
        assert moved[name].n_units == plain[name].n_units


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_unequal_numbers_of_ratings(seed: int) -> None:
    """ICC(1) against the analysis of variance written out, with Lessells and Boag's k0."""
    rng = np.random.default_rng(seed)
    units = [rng.normal() + rng.normal(size=rng.integers(2, 6)) for _ in range(9)]
    n, m = len(units), np.array([len(u) for u in units])
    grand = np.concatenate(units).mean()
    between = sum(len(u) * (u.mean() - grand) ** 2 for u in units) / (n - 1)
    within = sum(((u - u.mean()) ** 2).sum() for u in units) / (m.sum() - n)
    k0 = (m.sum() - (m**2).sum() / m.sum()) / (n - 1)
    rows = [(u, r, float(x)) for u, xs in enumerate(units) for r, x in enumerate(xs)]
    found = measured([*rows, ("alone", 0, 99.0)])
    assert found["icc_1"].value == pytest.approx((between - within) / (between + (k0 - 1) * within))
    assert found["icc_1k"].value == pytest.approx((between - within) / between)
    assert found["icc_1"].n_units == n


def test_the_complete_block_and_what_says_so() -> None:
    """Three raters on four units (12 ratings) beat two on five (10), and all four on none."""
    x = np.full((8, 4), np.nan)
    rng = np.random.default_rng(5)
    x[:4, :3] = rng.normal(size=(4, 3))
    x[4:, 0] = rng.normal(size=4)
    x[4, 1] = 3.0
    x[5:7, 3] = 1.0, 2.0
    found = measured(matrix(x))
    only = measured(matrix(x[:4, :3]))
    assert found["icc_2"].value == pytest.approx(only["icc_2"].value)
    assert (found["icc_2"].n_units, found["icc_2"].n_ratings, found["icc_2"].n_raters) == (4, 12, 3)
    assert "complete block: 4 tasks that the same 3 of 4 annotators rated" in (
        found["icc_3k"].convention
    )
    assert "all 3 annotators" in only["icc_2"].convention


def test_units_that_others_rated_too_belong_to_the_block() -> None:
    x = np.array([[1.0, 2, np.nan], [3, 3, 9], [5, 6, np.nan], [2, 4, np.nan]])
    assert measured(matrix(x))["icc_3"].n_units == 4


def test_without_a_complete_block_there_is_a_reason() -> None:
    found = measured([("a", 1, 1.0), ("a", 2, 2.0), ("b", 2, 3.0), ("b", 3, 3.0), ("c", 1, 4.0)])
    assert (found["icc_2"].value, found["icc_2"].reason) == (None, "no_complete_block")
    assert found["icc_1"].value is not None
    alone = measured([("a", 1, 1.0), ("b", 2, 2.0)])
    assert {row.reason for row in alone.values()} == {"no_overlap"}


def test_nothing_varies() -> None:
    found = measured([(u, r, 0.1 + 0.2) for u in range(5) for r in range(3)])
    assert {(row.value, row.reason) for row in found.values()} == {(None, "no_variation")}
    one = measured([("a", r, float(r)) for r in range(3)])
    assert one["icc_1"].value is None
    assert one["icc_2"].reason == "no_complete_block"


def test_the_same_numbers_and_only_shifted_ones() -> None:
    same = measured([(u, r, u / 7) for u in range(12) for r in range(3)], 2000)
    assert {row.value for row in same.values()} == {1.0}
    assert same["icc_2"].interval_method == "binomial_no_disagreement"
    shifted = measured([(u, r, u / 7 + r) for u in range(12) for r in range(3)])
    assert shifted["icc_3"].value == 1.0
    assert shifted["icc_2"].value is not None
    assert shifted["icc_2"].value < 0.9


def test_every_value_and_its_interval_on_crowds() -> None:
    """Many raters, few of whom met: quick, and still a block of two."""
    rng = np.random.default_rng(2)
    rows = [
        (u, int(r), float(u % 7 + rng.normal()))
        for u in range(400)
        for r in rng.choice(150, 3, replace=False)
    ]
    found = measured(rows, 2000)
    row = found["icc_1"]
    assert row.value is not None
    assert row.lower is not None
    assert row.upper is not None
    assert row.lower < row.value < row.upper
    assert found["icc_2"].n_raters >= 2 or found["icc_2"].reason == "no_complete_block"


def test_numbers_only() -> None:
    made = make_round([("a", 1, "x"), ("a", 2, "y")])
    question, ratings = made.questions[0], made.ratings["value"]
    (row,) = agreement(question, ratings, made.raters, metrics=["ICC2"])
    assert row.reason == "needs_numbers"
    shown = {row.metric for row in agreement(question, ratings, made.raters, resamples=0)}
    assert not shown & set(ALL)
