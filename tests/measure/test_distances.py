"""Distances of sets against NLTK; distances of one's own against krippendorff."""

from __future__ import annotations

import random
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.metrics import jaccard_distance, masi_distance

import labelq
from labelq.errors import SettingsError
from labelq.labels.model import Ranking
from labelq.measure.agreement import agreement, alpha_with
from labelq.measure.coefficients import distances
from labelq.measure.coefficients.distances import SIMILARITIES, Overlap
from tests.rounds import make_round


def dkpro(name: str, a: frozenset[str], b: frozenset[str]) -> float:
    """As DKPro Statistics has them: three steps, and these times Jaccard's distance."""
    if a == b:
        return 0.0
    step = 1 / 3 if a <= b or b <= a else 2 / 3 if a & b else 1.0
    return step if name == "passonneau_2004" else step * (1 - len(a & b) / len(a | b))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(SIMILARITIES.keys() - {"dice"})))
def test_sets_of_labels(seed: int, name: str) -> None:
    rng = random.Random(seed)
    sets = list({frozenset(rng.sample("abcde", rng.randint(0, 4))) for _ in range(20)})

    def theirs(a: frozenset[str], b: frozenset[str]) -> float:
        if not a | b:
            return 0.0  # NLTK divides by zero
        if name in ("jaccard", "masi"):
            found = (jaccard_distance if name == "jaccard" else masi_distance)(a, b)
            return float(found)
        return dkpro(name, a, b)

    n = len(sets)
    a, b = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    found = Overlap(sets).distance(name)
    wanted = np.array([[theirs(x, y) for y in sets] for x in sets])
    assert found(a, b) == pytest.approx(wanted.ravel(), abs=1e-12)
    assert found.table(np.arange(n), np.arange(n)) == pytest.approx(wanted, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_each_label_of_sets_is_ticked_or_not(seed: int) -> None:
    rng = random.Random(seed)
    rows = [
        (u, r, frozenset(rng.sample("abc", rng.randint(0, 3))))
        for u in range(15)
        for r in "xyz"
        if rng.random() < 0.8
    ]
    made = make_round(rows, level="set", labels=["a", "b", "c"])
    found = agreement(
        made.questions[0], made.ratings["value"], made.raters, metrics=["alpha"], resamples=0
    )
    units = sorted({row[0] for row in rows})
    for row in found:
        if row.label is None or row.value is None:
            continue
        counts = np.zeros((len(units), 2), int)
        for unit, _, value in rows:
            counts[units.index(unit), int(row.label in value)] += 1
        theirs = krippendorff.alpha(
            value_counts=counts, value_domain=[0, 1], level_of_measurement="nominal"
        )
        assert row.value == pytest.approx(theirs, abs=1e-12)


def some_round(level: Any = "ordinal") -> Any:
    rng = random.Random(6)
    rows = []
    for u in range(80):
        truth = rng.randint(1, 5)
        rows += [
            (f"{u:02}", r, str(truth if rng.random() < 0.6 else rng.randint(1, 5))) for r in "abc"
        ]
    if level != "ordinal":
        rows = [(u, r, float(v)) for u, r, v in rows]
    return make_round(rows, level=level)


def test_a_distance_of_one_s_own() -> None:
    """Labels of different severity: against krippendorff with the same function."""
    made = some_round()
    question, ratings = made.questions[0], made.ratings["value"]

    def severity(a: Any, b: Any) -> float:
        return 1000 * abs(float(a) ** 2 - float(b) ** 2)

    found = alpha_with(severity, question, ratings, made.raters, name="severity")
    counts = np.zeros((len(made.units), len(ratings.values)), int)
    np.add.at(counts, (ratings.unit, ratings.value), 1)
    x = np.array([float(value) for value in ratings.values])

    def level(v1: Any, v2: Any, **_: Any) -> Any:
        return np.abs(x[np.asarray(v1, int)] ** 2 - x[np.asarray(v2, int)] ** 2)

    theirs = krippendorff.alpha(
        value_counts=counts, value_domain=list(range(len(x))), level_of_measurement=level
    )
    assert found.value == pytest.approx(theirs, abs=1e-12)
    assert found.distance == "severity"
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < theirs < found.upper
    assert "given by the caller" in found.convention
    assert labelq.alpha_with is alpha_with


def test_it_gives_the_registered_ones_with_their_functions() -> None:
    made = some_round("interval")
    question, ratings = made.questions[0], made.ratings["value"]
    by_name = agreement(question, ratings, made.raters, metrics=["alpha"])[0]
    by_hand = alpha_with(lambda a, b: (a - b) ** 2, question, ratings, made.raters)  # type: ignore[operator]  # numbers
    assert by_hand.value == pytest.approx(by_name.value, abs=1e-12)
    assert by_hand.lower == pytest.approx(by_name.lower, abs=1e-9)


def test_without_disagreement_the_lower_end_does_not_depend_on_the_scale() -> None:
    rows = [(u, r, "xy"[u % 2]) for u in range(40) for r in "ab"]
    made = make_round(rows)
    ends = [
        alpha_with(
            lambda _a, _b, scale=scale: scale, made.questions[0], made.ratings["value"], made.raters
        ).lower
        for scale in (1e-6, 1.0, 1e6)
    ]
    assert ends[0] == pytest.approx(ends[1])
    assert ends[2] == pytest.approx(ends[1])


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_a_distance_that_is_none_is_refused(bad: float) -> None:
    made = make_round([("u", "a", Ranking.of("xy")), ("u", "b", Ranking.of("yx"))], level="ranking")
    with pytest.raises(SettingsError, match=r"'y > x'.*must be a finite number of at least 0"):
        alpha_with(lambda _a, _b: bad, made.questions[0], made.ratings["value"], made.raters)


def test_too_many_values_for_a_distance_of_one_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "MOST_CUSTOM_VALUES", 4)
    made = some_round()
    with pytest.raises(SettingsError, match="5 distinct values"):
        alpha_with(lambda _a, _b: 1, made.questions[0], made.ratings["value"], made.raters)
