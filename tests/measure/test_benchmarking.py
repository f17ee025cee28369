"""Gwet's probabilistic benchmarking."""

from __future__ import annotations

import pytest

from labelq.measure.agreement import agreement
from labelq.measure.benchmarking import SCALES, benchmark, memberships
from tests.rounds import make_round


@pytest.mark.parametrize(
    ("scale", "published"),
    [
        ("landis-koch", [0.18168, 0.67511, 0.96356, 0.99912, 1, 1]),
        ("fleiss", [0.28699, 0.96356, 1]),
        ("cicchetti-sparrow", [0.28699, 0.67511, 0.96356, 1]),
        ("altman", [0.18168, 0.67511, 0.96356, 0.99912, 1]),
    ],
)
def test_published_memberships(scale: str, published: list[float]) -> None:
    """Gwet's example, coefficient .67 with standard error .15, as in irrCAC."""
    assert memberships(0.67, 0.15, scale) == pytest.approx(published, abs=6e-6)


def test_the_class_named_is_the_first_that_is_95_percent_sure() -> None:
    rows = [(u, r, "xyz"[(u + (r == "b" and u % 5 == 0)) % 3]) for u in range(60) for r in "abc"]
    made = make_round(rows)
    found = agreement(made.questions[0], made.ratings["value"], made.raters)
    row = next(r for r in found if r.metric == "krippendorff_alpha" and r.label is None)
    said = benchmark(row, "landis-koch")
    place = said.classes.index(said.named or "")
    assert said.cumulative[place] >= 0.95
    assert place == 0 or said.cumulative[place - 1] < 0.95


def test_without_an_error_there_is_a_reason() -> None:
    made = make_round([(u, r, "x" if u else r) for u in range(40) for r in "ab"])
    found = agreement(made.questions[0], made.ratings["value"], made.raters)
    for scale in SCALES:
        said = benchmark(found[0], scale)
        assert (said.cumulative, said.named, said.reason) == ((), None, "too_little_variation")
