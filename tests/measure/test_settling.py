"""What-ifs equal the coefficient really recomputed on changed ratings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.measure.settling import Settling
from tests.rounds import make_round

LEVELS = ["nominal", "ordinal", "interval", "ratio", "set"]
VALUES: dict[str, list[Any]] = {
    "nominal": ["x", "y", "z"],
    "ordinal": ["1", "2", "3"],
    "interval": [1.0, 2.0, 5.0],
    "ratio": [1.0, 2.0, 5.0],
    "set": [frozenset(), frozenset("a"), frozenset("ab")],
}
cells = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 2)),
    min_size=6,
    max_size=24,
    unique_by=lambda cell: cell[:2],
)


def settling(rows: list[Any], level: Any) -> Settling:
    named = [(u, r, VALUES[level][v]) for u, r, v in rows]
    labels = VALUES[level] if level in ("nominal", "ordinal") else None
    made = make_round(named, level=level, labels=labels)
    return Settling.of(made.questions[0], made.ratings["value"])


def assert_close(a: float | None, b: float | None) -> None:
    assert (a is None) == (b is None)
    if a is not None:
        assert a == pytest.approx(b, abs=1e-9)


@pytest.mark.parametrize("level", LEVELS)
@given(rows=cells)
def test_without_a_unit(level: str, rows: list[Any]) -> None:
    whole = settling(rows, level)
    ids = sorted({u for u, _, _ in rows})
    if len(ids) < 2:
        return
    rest = settling([row for row in rows if row[0] != ids[0]], level)
    assert_close(whole.without([0]), rest.value)


@pytest.mark.parametrize("level", LEVELS)
@given(rows=cells)
def test_settled(level: str, rows: list[Any]) -> None:
    whole = settling(rows, level)
    ids = sorted({u for u, _, _ in rows})
    best = whole.ratings.values[0]
    code = VALUES[level].index(best)
    changed = [(u, r, code if u in ids[:2] else v) for u, r, v in rows]
    chosen = list(range(min(2, len(ids))))
    assert_close(whole.settled(chosen, [0] * len(chosen)), settling(changed, level).value)


@pytest.mark.parametrize("level", LEVELS)
@given(rows=cells)
def test_without_a_rater(level: str, rows: list[Any]) -> None:
    present = sorted({r for _, r, _ in rows})
    rest = [row for row in rows if row[1] != present[0]]
    if rest:
        assert_close(settling(rows, level).without_rater(0), settling(rest, level).value)


@pytest.mark.parametrize("level", LEVELS)
@given(rows=cells)
def test_shares_add_up(level: str, rows: list[Any]) -> None:
    whole = settling(rows, level)
    shares = whole.unit_share()
    pairs = [whole.pair_share(a, b) for a, b, _, _ in whole.coincidences()]
    if shares.any():
        assert shares.sum() == pytest.approx(1)
        assert sum(pairs) == pytest.approx(1)
    else:
        assert not any(pairs)


def test_coincidences_are_krippendorffs() -> None:
    """Krippendorff (2011), example B: o_01 = 4 of n = 20 for ten units and two observers."""
    a = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    b = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    rows = [(u, r, v) for u in range(10) for r, v in ((0, a[u]), (1, b[u]))]
    ((low, high, observed, expected),) = settling(rows, "nominal").coincidences()
    assert (low, high, observed) == (0, 1, 8.0)  # o_01 + o_10
    assert expected == pytest.approx(2 * 14 * 6 / 19)
    assert settling(rows, "nominal").value == pytest.approx(0.095, abs=5e-4)
