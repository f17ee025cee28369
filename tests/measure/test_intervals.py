"""Intervals: against the naive way, against theory, and reproducible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelq.labels.statistics import count_patterns
from labelq.measure.additive import CountTable
from labelq.measure.agreement import agreement
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.coefficients.scale import Scale
from labelq.measure.intervals import estimates as intervals
from labelq.measure.intervals.estimates import Resampling, estimate
from tests.rounds import make_round


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


def interval(made: Any, distance: str, n: int, seed: int = 0) -> tuple[float, float, float]:
    ratings = made.ratings["value"]
    patterns = count_patterns(ratings)
    table = CountTable(patterns)
    resampling = Resampling(patterns.multiplicity, patterns.pattern, n_resamples=n, seed=[seed])
    found = estimate(
        alpha(table, distance, Scale(made.questions[0], ratings.values)),
        table.multiplicity,
        resampling,
        n_units=table.n_units,
        confidence=0.95,
    )
    return float(found.parts.value[0]), float(found.lower[0]), float(found.upper[0])


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_patterns_give_the_naive_bootstrap(level: Any) -> None:
    """Resampling whole units one by one has the same spread (to Monte Carlo error)."""
    made = simulated(120, level)
    ratings = made.ratings["value"]
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
        found = alpha(table, level, Scale(made.questions[0], ratings.values)).parts(
            table.multiplicity
        )
        naive.append(float(found.value[0]))
    _, lower, upper = interval(made, level, 4000)
    low, high = np.quantile(naive, [0.025, 0.975])
    assert upper - lower == pytest.approx(high - low, rel=0.12)
    assert lower == pytest.approx(low, abs=0.02)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_blocks_give_the_interval_of_patterns(level: Any, monkeypatch: Any) -> None:
    made = simulated(3000, level, n_labels=20)
    assert len(count_patterns(made.ratings["value"]).multiplicity) > 500
    value, lower, upper = interval(made, level, 2000)
    monkeypatch.setattr(intervals, "MAX_DRAWS", 2000 * 400)
    again, low, high = interval(made, level, 2000)
    assert again == value
    assert (high - low) == pytest.approx(upper - lower, rel=0.15)  # 400 blocks: 3.5 % error


def test_linearised_interval_is_the_bootstrap_of_the_mean_kappa(monkeypatch: Any) -> None:
    made = simulated(600)
    question, ratings = made.questions[0], made.ratings["value"]

    def mean_kappa() -> Any:
        found = agreement(question, ratings, made.raters, resamples=4000)
        return next(r for r in found if r.metric == "cohen_kappa_mean" and r.label is None)

    joint = mean_kappa()
    monkeypatch.setattr("labelq.measure.coefficients.cohen.DENSE_CELLS", 0)
    linear = mean_kappa()
    assert linear.interval_method == "linearised_normal"
    assert linear.value == pytest.approx(joint.value, abs=1e-12)
    assert linear.upper - linear.lower == pytest.approx(joint.upper - joint.lower, rel=0.08)


def test_same_seed_same_interval() -> None:
    made = simulated(100)
    assert interval(made, "nominal", 500, seed=7) == interval(made, "nominal", 500, seed=7)
    assert interval(made, "nominal", 500, seed=7) != interval(made, "nominal", 500, seed=8)


def test_interval_narrows_with_the_root_of_the_units() -> None:
    small, large = (interval(simulated(n), "nominal", 2000) for n in (200, 3200))
    ratio = (small[2] - small[1]) / (large[2] - large[1])
    assert ratio == pytest.approx(4, rel=0.25)
