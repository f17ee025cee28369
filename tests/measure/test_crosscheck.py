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
    if level == "nominal":  # alpha 1 + 3 labels; Fleiss 1 + 3; Cohen 3 pairs, 3 labels each
        assert found.packages == {"krippendorff": 4, "statsmodels": 16}


def test_a_wrong_number_is_found() -> None:
    made = built("nominal")
    question, ratings = made.questions[0], made.ratings["value"]
    rows = agreement(question, ratings, made.raters, resamples=0)
    assert rows[0].value is not None
    wrong = (replace(rows[0], value=rows[0].value + 0.01), *rows[1:])
    assert cross_check(((question, ratings),), made.raters, wrong).largest == pytest.approx(0.01)
