"""Conger's kappa of many raters: an interval without an array of raters × labels × units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelq.measure.agreement import agreement
from labelq.measure.coefficients import conger
from labelq.measure.results import Agreement
from tests.rounds import make_round


def measured(level: Any = "ordinal") -> tuple[Agreement, ...]:
    rng = np.random.default_rng(8)
    rows = [
        (u, r, str(u % 4 if rng.random() < 0.7 else rng.integers(4)))
        for u in range(150)
        for r in range(9)
        if rng.random() < 0.5
    ]
    made = make_round(rows, level=level)
    names = ["conger_kappa"]
    question, ratings = made.questions[0], made.ratings["value"]
    return agreement(question, ratings, made.raters, metrics=names, resamples=500)


def test_linear_in_the_counts_is_the_same_value_and_nearly_the_same_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = measured()
    monkeypatch.setattr(conger, "MOST_CELLS", 0)
    monkeypatch.setattr(conger, "_CELLS", 20)  # a strip of a few raters at a time
    for ours, theirs in zip(measured(), exact, strict=True):
        assert ours.value == pytest.approx(theirs.value, abs=1e-12)
        assert ours.lower == pytest.approx(theirs.lower, abs=1e-3)
        assert ours.upper == pytest.approx(theirs.upper, abs=1e-3)


def test_a_rater_weighs_by_his_own_shares() -> None:
    """Twice as many ratings of one rater leave the chance agreement as it is."""
    rows = [(u, r, "xy"[(u + (r == "c")) % 2]) for u in range(30) for r in "abc"]
    more = [(100 + u, "a", "xy"[u % 2]) for u in range(30)]
    values = []
    for some in (rows, [*rows, *more]):
        made = make_round(some)
        question, ratings = made.questions[0], made.ratings["value"]
        found = agreement(question, ratings, made.raters, metrics=["Conger's kappa"], resamples=0)
        values.append(found[0].value)
    assert values[0] == pytest.approx(values[1], abs=1e-12)
