"""One table decides: reliable, tentative, unreliable, cannot tell yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from labelq.measure.agreement import agreement
from labelq.measure.results import Verdict
from labelq.measure.verdicts import headline, verdict
from tests.rounds import make_round


def judged(rows: list[Any], resamples: int = 500, **made: Any) -> Verdict:
    built = make_round(rows, **made)
    question, ratings = built.questions[0], built.ratings["value"]
    found = agreement(question, ratings, built.raters, resamples=resamples)
    return verdict(question, ratings, found)


def labeled(n: int, wrong: int) -> list[Any]:
    rows = [(u, r, "xyz"[u % 3]) for u in range(n) for r in "abc"]
    for u in range(wrong):
        rows[3 * u] = (u, "a", "xyz"[(u + 1) % 3])
    return rows


@pytest.mark.parametrize(
    ("n", "wrong", "state"),
    [
        (300, 10, "reliable"),
        (600, 150, "tentative"),
        (300, 250, "unreliable"),
        (30, 14, "cannot_tell"),
    ],
)
def test_states(n: int, wrong: int, state: str) -> None:
    assert judged(labeled(n, wrong)).state == state


@pytest.mark.parametrize(
    ("lower", "upper", "state"),
    [
        (0.8, 0.9, "reliable"),
        (0.7999, 0.9, "tentative"),
        (0.667, 0.9, "tentative"),
        (0.6669, 0.9, "cannot_tell"),
        (0.1, 0.667, "cannot_tell"),
        (0.1, 0.6669, "unreliable"),
    ],
)
def test_the_table_at_its_edges(lower: float, upper: float, state: str) -> None:
    built = make_round(labeled(60, 10))
    question, ratings = built.questions[0], built.ratings["value"]
    rows = agreement(question, ratings, built.raters, resamples=0)
    row = headline(question, rows)
    moved = tuple(replace(r, lower=lower, upper=upper) if r is row else r for r in rows)
    assert verdict(question, ratings, moved).state == state


def test_plain_counts() -> None:
    rows = [
        *((0, r, "x") for r in "abc"),
        *((1, r, v) for r, v in zip("abc", "xxy", strict=True)),
        *((2, r, v) for r, v in zip("ab", "xy", strict=True)),
        *((3, r, "y") for r in "ab"),
        (4, "a", "x"),
    ]
    found = judged(rows, resamples=0)
    assert (found.n_units, found.n_multiple, found.n_unanimous) == (5, 4, 2)
    # Units 0 and 4 wholly, two thirds of unit 1, half of unit 2, nothing of unit 3.
    assert found.commonest == "x"
    assert found.baseline == pytest.approx((1 + 2 / 3 + 1 / 2 + 0 + 1) / 5)


def test_how_many_more_would_tell() -> None:
    found = judged(labeled(30, 14))
    row = found.headline
    assert row.value is not None
    assert row.lower is not None
    assert row.upper is not None
    assert found.more_units is not None
    reach = row.value - row.lower if row.value >= 0.667 else row.upper - row.value
    n = 30 + found.more_units
    assert reach * (30 / n) ** 0.5 <= abs(row.value - 0.667)


def test_below_the_evidence_floor_more_units_are_counted_from_the_varied() -> None:
    rows = [(u, r, "x") for u in range(50) for r in "ab"]
    for u in range(2):
        rows[2 * u] = (u, "a", "y")
    found = judged(rows)
    assert (found.state, found.headline.reason) == ("cannot_tell", "too_little_variation")
    assert found.more_units == 200  # ten varied units need 250 of these


def test_a_dominating_label_puts_the_rare_ones_on_their_own() -> None:
    rows = [(u, r, "common" if u % 10 else "rare") for u in range(200) for r in "ab"]
    found = judged(rows)
    assert found.dominant
    assert [row.label for row in found.rare_labels] == ["rare"]
    assert not judged(labeled(60, 5)).dominant


def test_the_paradox_of_high_agreement_and_low_alpha() -> None:
    """Feinstein & Cicchetti (1990): one label nearly everywhere, and rare labels nobody shares."""
    rows = [
        (u, r, "spam" if (u + 7 * (r == "b")) % 20 == 0 else "ham")
        for u in range(400)
        for r in "ab"
    ]
    found = judged(rows).paradox
    assert found is not None
    assert (found.agreement, found.share) == (pytest.approx(0.9), pytest.approx(0.95))
    assert found.expected == pytest.approx(0.905, abs=1e-3)
    assert found.ac1 is not None
    assert found.ac1 > 0.88
    # no paradox: labels in balance, or rare ones that all see alike
    assert (
        judged(
            [(u, r, "xy"[(u + (u % 10 == 0 and r == "b")) % 2]) for u in range(400) for r in "ab"]
        ).paradox
        is None
    )
    assert (
        judged([(u, r, "spam" if u % 20 == 0 else "ham") for u in range(400) for r in "ab"]).paradox
        is None
    )
