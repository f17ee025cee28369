"""What must hold for any data: invariances, and agreement with the reference packages."""

from __future__ import annotations

import warnings
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from labelq.measure.agreement import agreement
from labelq.measure.results import Agreement
from tests.rounds import make_round

LABELS = ["Aa", "BB", "C", ""]  # "Aa" and "BB" hash alike in some languages; "" is a label too


@st.composite
def rows(draw: st.DrawFn, min_raters: int = 2, missing: bool = True) -> list[tuple[int, int, str]]:
    n_units = draw(st.integers(1, 12))
    n_raters = draw(st.integers(min_raters, 4))
    cell = st.sampled_from([*LABELS, None]) if missing else st.sampled_from(LABELS)
    cells = draw(
        st.lists(
            st.lists(cell, min_size=n_raters, max_size=n_raters),
            min_size=n_units,
            max_size=n_units,
        )
    )
    return [
        (u, r, value)
        for u, row in enumerate(cells)
        for r, value in enumerate(row)
        if value is not None
    ]


def measure(data: list[Any], level: Any = "nominal", labels: Any = LABELS) -> dict[Any, Agreement]:
    made = make_round(data, level=level, labels=labels)
    found = agreement(made.questions[0], made.ratings["value"], made.raters, resamples=0)
    return {(r.metric, r.weights, r.distance, r.label, r.raters): r for r in found}


def values(found: dict[Any, Agreement]) -> dict[Any, float | None]:
    return {key: row.value for key, row in found.items() if key[4] is None}


def assert_same(a: dict[Any, float | None], b: dict[Any, float | None]) -> None:
    assert a.keys() == b.keys()
    for key, value in a.items():
        assert (value is None) == (b[key] is None), key
        if value is not None:
            assert value == pytest.approx(b[key], abs=1e-9), key


@given(rows(), st.randoms())
def test_order_of_units_and_raters_does_not_matter(data: list[Any], random: Any) -> None:
    if not data:
        return
    units, raters = list(range(12)), list(range(4))
    random.shuffle(units)
    random.shuffle(raters)
    moved = [(units[u], raters[r], v) for u, r, v in data]
    assert_same(values(measure(data)), values(measure(moved)))


@given(rows())
def test_renaming_labels_renames_the_rows(data: list[Any]) -> None:
    if not data:
        return
    new = dict(zip(LABELS, ["p", "q", "r", "s"], strict=True))
    renamed = measure([(u, r, new[v]) for u, r, v in data], labels=["p", "q", "r", "s"])
    back = {
        (k[0], k[1], k[2], next((o for o, n in new.items() if n == k[3]), None), k[4]): r
        for k, r in renamed.items()
    }
    assert_same(values(measure(data)), values(back))


@given(rows())
def test_twice_the_units_is_the_same_kappa(data: list[Any]) -> None:
    """All but alpha, whose D_e is without replacement, are the same on doubled data."""
    if not data:
        return
    twice = [*data, *((u + 100, r, v) for u, r, v in data)]
    once, again = values(measure(data)), values(measure(twice))
    for found in (once, again):
        for key in [k for k in found if k[0] == "krippendorff_alpha"]:
            del found[key]
    assert_same(once, again)


def reliability(data: list[Any]) -> np.ndarray:
    matrix = np.full((4, 12), np.nan)
    for u, r, v in data:
        matrix[r, u] = LABELS.index(v) + 1
    return matrix


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@given(data=rows())
def test_alpha_equals_the_reference_package(level: Any, data: list[Any]) -> None:
    numbers = [(u, r, float(LABELS.index(v) + 1)) for u, r, v in data]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package divides by zero on thin data
            theirs = krippendorff.alpha(reliability(data), level_of_measurement=level)
    except ValueError:  # it refuses data without variation
        theirs = float("nan")
    if not data:
        return
    if level in ("interval", "ratio"):
        found = measure(numbers, level, None)
    else:
        found = measure(data, level)
    ours = found["krippendorff_alpha", None, level, None, None].value
    if ours is None:
        assert not np.isfinite(theirs)
    else:
        assert ours == pytest.approx(theirs, abs=1e-9)


@given(rows(min_raters=3, missing=False))
def test_fleiss_and_cohen_equal_statsmodels(data: list[Any]) -> None:
    found = measure(data)
    n_raters = max(r for _, r, _ in data) + 1
    counts = np.zeros((max(u for u, _, _ in data) + 1, len(LABELS)))
    for u, _, v in data:
        counts[u, LABELS.index(v)] += 1
    with np.errstate(all="ignore"):
        theirs = float(fleiss_kappa(counts))
    ours = found["fleiss_kappa", None, None, None, None].value
    assert (ours is None) == (not np.isfinite(theirs))
    assert ours is None or ours == pytest.approx(theirs, abs=1e-9)
    answers = {(u, r): LABELS.index(v) for u, r, v in data}
    for a in range(n_raters):
        for b in range(a + 1, n_raters):
            cells = np.zeros((len(LABELS), len(LABELS)))
            for u in range(len(counts)):
                cells[answers[u, a], answers[u, b]] += 1
            row = found["cohen_kappa", None, None, None, (str(a), str(b))]
            with np.errstate(all="ignore"):
                kappa = float(cohens_kappa(cells, return_results=False))
            if row.value is not None:
                assert row.value == pytest.approx(kappa, abs=1e-9)


@given(rows())
@settings(max_examples=50)
def test_nothing_is_ever_nan(data: list[Any]) -> None:
    if not data:
        return
    for row in measure(data).values():
        assert row.value is None or np.isfinite(row.value)
        assert row.value is not None or row.reason is not None
