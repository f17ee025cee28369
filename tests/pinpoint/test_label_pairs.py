"""Label pairs: counts, shares that add up, and the multiple choice's ticks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pinpoint.planted import pinpointed
from tests.rounds import make_round

SMALL = [
    ("u1", "a", "x"), ("u1", "b", "y"), ("u1", "c", "x"),
    ("u2", "a", "x"), ("u2", "b", "y"), ("u2", "c", "z"),
    ("u3", "a", "y"), ("u3", "b", "y"),
    ("u4", "a", "z"),
]  # fmt: skip


def test_counts_by_hand():
    pairs = {pair.labels: pair for pair in pinpointed(make_round(SMALL)).pairs}
    # u1: two ordered x-y pairs of two, over m - 1 = 2, both ways: 2; u2: one of each kind: 1.
    assert pairs["x", "y"].n_units == 2
    assert pairs["x", "y"].observed == pytest.approx(2 * 2 / 2 + 2 * 1 / 2)
    assert pairs["x", "z"].observed == pytest.approx(1)
    assert pairs["x", "y"].expected == pytest.approx(5 * (3 * 4) / (3 * 4 + 3 * 1 + 4 * 1))
    assert pairs["x", "y"].excess == pytest.approx(3 / (5 * 12 / 19))
    assert sum(pair.share for pair in pairs.values()) == pytest.approx(1)


def test_ranked_by_what_settling_brings():
    pairs = pinpointed(make_round(SMALL)).pairs
    settled = [pair.settled for pair in pairs]
    assert settled == sorted(settled, reverse=True)
    assert pairs[0].labels == ("x", "y")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 3), st.sampled_from("xyz")),
        min_size=2,
        max_size=40,
        unique_by=lambda row: row[:2],
    ),
    st.sampled_from(["nominal", "ordinal"]),
)
def test_shares_add_up_to_one(rows, level):
    pairs = pinpointed(make_round(rows, level=level, labels="xyz")).pairs
    assert sum(pair.share for pair in pairs) == pytest.approx(1 if pairs else 0)
    assert all(pair.n_units > 0 and pair.observed > 0 for pair in pairs)


def test_a_tick_is_a_label_against_its_absence():
    rows = [
        ("u1", "a", {"delivery"}), ("u1", "b", {"delivery", "staff"}),
        ("u2", "a", {"delivery"}), ("u2", "b", set()), ("u2", "c", {"delivery"}),
        ("u3", "a", {"staff"}), ("u3", "b", {"staff"}),
    ]  # fmt: skip
    pairs = {pair.labels: pair for pair in pinpointed(make_round(rows, level="set")).pairs}
    assert set(pairs) == {("delivery", "without delivery"), ("staff", "without staff")}
    assert pairs["delivery", "without delivery"].observed == pytest.approx(2 * 2 * 1 / 2)
    assert sum(pair.share for pair in pairs.values()) == pytest.approx(1)


def test_free_numbers_have_none():
    rows = [("u1", "a", 1.0), ("u1", "b", 2.5)]
    assert pinpointed(make_round(rows, level="interval")).pairs == ()
