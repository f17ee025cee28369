"""The simulated rounds that causes are fitted and scored on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def planted_round():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import planted_rounds
    finally:
        sys.path.remove(str(BENCHMARKS))
    return planted_rounds.planted_round


def test_the_same_seed_gives_the_same_round(planted_round):
    first, again = planted_round(3, units=300), planted_round(3, units=300)
    assert first.round == again.round
    assert first.plants == again.plants
    assert planted_round(4, units=300).round != first.round


@pytest.mark.parametrize("seed", range(6))
def test_what_is_planted_shows(planted_round, seed):
    found = planted_round(seed, units=400)
    ratings = found.round.ratings["category"]
    low, high = (np.full(400, end) for end in (99, -1))
    np.minimum.at(low, ratings.unit, ratings.value)
    np.maximum.at(high, ratings.unit, ratings.value)
    # Every disputed unit has a cause, and no other.
    assert np.array_equal(found.shares.any(axis=1), low < high)
    assert found.shares[low < high].sum(axis=1) == pytest.approx(1)
    assert 1 <= len(found.of("gap")) <= 4
    for gap in found.of("gap"):
        assert len(gap.disputed) >= 10
        assert found.cause_of_cluster(sorted(gap.disputed)) == "gap"
        assert gap.disputed <= gap.units
    for plant in found.of("habit", "inattentive"):
        assert found.round.raters[plant.rater]
    votes = np.bincount(ratings.unit)
    assert 2 <= votes.min() <= votes.max() <= 5


def test_pure_slips_are_nothing_else(planted_round):
    found = planted_round(1, pure=True, units=400)
    assert found.plants == ()
    assert not found.shares[:, 1:].any()
    assert 0.02 < found.shares.any(axis=1).mean() < 0.25
