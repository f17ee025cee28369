"""Patterns are an exact summary of the ratings."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelq.labels import statistics
from labelq.labels.model import Ratings
from labelq.labels.statistics import count_patterns, pair_cells, rater_patterns

cells = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 3)),
    max_size=40,
    unique_by=lambda cell: cell[:2],
)


def ratings_of(rows: list[tuple[int, int, int]]) -> Ratings:
    unit, rater, value = np.array(sorted(rows), np.int32).reshape(-1, 3).T
    n = len(rows)
    return Ratings(
        unit.copy(),
        rater.copy(),
        value.copy(),
        ("a", "b", "c", "d"),
        np.full(n, np.nan, np.float32),
        np.full(n, "NaT", "datetime64[s]"),
        np.zeros(n, bool),
        np.zeros(n, bool),
    )


@given(cells)
def test_count_patterns_hold_every_unit(rows: list[Any]) -> None:
    found = count_patterns(ratings_of(rows))
    dense = found.counts.toarray()
    assert found.units.tolist() == sorted({u for u, _, _ in rows})
    for unit, pattern in zip(found.units, found.pattern, strict=True):
        want = Counter(v for u, _, v in rows if u == unit)
        assert dense[pattern].tolist() == [want[v] for v in range(4)]
    assert len({tuple(row) for row in dense.tolist()}) == len(dense)
    assert found.multiplicity.tolist() == np.bincount(found.pattern, minlength=len(dense)).tolist()


@given(cells)
def test_rater_patterns_hold_every_unit(rows: list[Any]) -> None:
    found = rater_patterns(ratings_of(rows))
    seen = set()
    for unit, k in zip(found.units, found.pattern, strict=True):
        part = slice(found.start[k], found.start[k + 1])
        got = list(zip(found.rater[part].tolist(), found.value[part].tolist(), strict=True))
        assert got == sorted((r, v) for u, r, v in rows if u == unit)
        seen.add(tuple(got))
    assert len(seen) == len(found.multiplicity)


@given(cells)
def test_pair_cells_hold_every_pair(rows: list[Any]) -> None:
    patterns = rater_patterns(ratings_of(rows))
    found = pair_cells(patterns)
    got: Counter[Any] = Counter()
    for k, pair, row, column in zip(
        found.pattern, found.pair, found.row, found.column, strict=True
    ):
        a, b = found.pairs[pair].tolist()
        got[a, b, int(row), int(column)] += int(patterns.multiplicity[k])
    want: Counter[Any] = Counter()
    for u, r, v in rows:
        for w, s, x in rows:
            if u == w and r < s:
                want[r, s, v, x] += 1
    assert got == want


@given(cells)
def test_colliding_mixes_are_found_out(rows: list[Any]) -> None:
    """Were two different units ever mixed alike, the exact way gives the same patterns."""
    ratings = ratings_of(rows)
    expected = rater_patterns(ratings)
    mix = statistics._MIX
    try:
        statistics._MIX = np.uint64(0)  # every entry now mixes to the same number
        found = rater_patterns(ratings)
    finally:
        statistics._MIX = mix
    for name in ("start", "rater", "value", "multiplicity", "units", "pattern"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
