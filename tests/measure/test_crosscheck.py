"""The cross-check finds a wrong number, and no difference where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelq.measure.agreement import agreement
from labelq.measure.crosscheck import cross_check
from tests.rounds import make_round


def built(level: Any) -> Any:
    rng = np.random.default_rng(5)
    pools: dict[str, Any] = {
        "nominal": ["x", "y", "z"],
        "ordinal": ["1", "2", "3"],
        "interval": [1.0, 2.5, 7.0],
        "ratio": [1.0, 2.5, 7.0],
        "set": [frozenset(), frozenset("a"), frozenset("ab"), frozenset("bc")],
    }
    pool = pools[level]
    rows = [(u, r, pool[rng.integers(len(pool))]) for u in range(30) for r in "abc"]
    return make_round(rows, level=level)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio", "set"])
def test_packages_agree(level: Any) -> None:
    made = built(level)
    question, ratings = made.questions[0], made.ratings["value"]
    rows = agreement(question, ratings, made.raters, resamples=0)
    found = cross_check(((question, ratings),), made.raters, rows)
    assert found.packages["krippendorff"] >= 1
    assert found.largest is not None
    assert found.largest < 1e-12
    if level == "nominal":
        # alpha 1 + 3 labels; Fleiss 1 + 3, Brennan-Prediger 1; Cohen 3 pairs, 3 labels each
        assert found.packages == {"krippendorff": 4, "statsmodels": 17}


def test_a_wrong_number_is_found() -> None:
    made = built("nominal")
    question, ratings = made.questions[0], made.ratings["value"]
    rows = agreement(question, ratings, made.raters, resamples=0)
    assert rows[0].value is not None
    wrong = (replace(rows[0], value=rows[0].value + 0.01), *rows[1:])
    assert cross_check(((question, ratings),), made.raters, wrong).largest == pytest.approx(0.01)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_packages_agree_on_every_weight_and_on_costs(level: Any) -> None:
    made = built(level)
    labels = made.questions[0].labels
    costs = tuple((a, b, 1.0 + i) for i, a in enumerate(labels) for b in labels[:i])
    question, ratings = replace(made.questions[0], costs=costs), made.ratings["value"]
    names = ["krippendorff_alpha", "cohen_kappa", "scott_pi", "fleiss_kappa", "brennan_prediger"]
    rows = agreement(question, ratings, made.raters, metrics=names, resamples=0)
    found = cross_check(((question, ratings),), made.raters, rows)
    # alpha: plain, cost, 3 labels; Fleiss 1 + 3, Brennan-Prediger 1; of 3 pairs Cohen with its
    # weights and 3 labels, Scott plain and 3 labels
    n_weights = 2 if level == "nominal" else 5
    assert found.packages == {"krippendorff": 5, "statsmodels": 5 + 3 * (n_weights + 3) + 3 * 4}
    assert found.largest is not None
    assert found.largest < 1e-12
