"""Every published standard error, interval and test that we compute, to the digits given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelq.labels.statistics import count_patterns
from labelq.measure.additive import CountTable
from labelq.measure.agreement import agreement
from labelq.measure.coefficients.scale import Scale
from tests.rounds import make_round, rows_of

ERRORS = json.loads((Path(__file__).parent / "errors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", ERRORS["matrices"], ids=lambda c: c["name"])
def test_published_standard_error(case: dict[str, Any], monkeypatch: Any) -> None:
    """irrCAC's errors and t intervals (below the evidence floor, which is lifted here)."""
    for floor in ("MIN_VARIED", "MIN_AGREED"):
        monkeypatch.setattr(f"labelq.measure.intervals.estimates.{floor}", 0)
    found = {}
    for level in ("nominal", "ordinal", "interval"):
        rows = [
            (f"{u:03}", r, float(v) if level == "interval" else str(v))
            for r, row in enumerate(case["ratings"])
            for u, v in enumerate(row)
            if v is not None
        ]
        labels = None if level == "interval" else sorted({r[2] for r in rows}, key=float)
        made = make_round(rows, level=level, labels=labels)
        metrics = sorted({e["metric"] for e in case["expect"]})
        rows_ = rows_of(made, metrics=metrics, interval="analytic")
        found.update({key: row for key, row in rows_.items() if row.value is not None})
    for expected in case["expect"]:
        row = found[expected["metric"], expected["variant"]]
        assert row.error == pytest.approx(expected["error"], abs=1e-7)
        assert (row.lower, row.upper) == pytest.approx(expected["interval"], abs=1e-7)
        assert row.interval_method == "analytic_t"


@pytest.mark.parametrize("case", ERRORS["tables"], ids=lambda c: c["name"])
def test_published_standard_error_of_cohen(case: dict[str, Any], monkeypatch: Any) -> None:
    """Fleiss, Cohen & Everitt (1969): the error, the normal interval, the test's error at 0."""
    from scipy.stats import norm

    for floor in ("MIN_VARIED", "MIN_AGREED"):
        monkeypatch.setattr(f"labelq.measure.intervals.estimates.{floor}", 0)
    cells = [
        (i, j) for i, row in enumerate(case["table"]) for j, n in enumerate(row) for _ in range(n)
    ]
    rows = [(f"{u:04}", r, str(cell[r])) for u, cell in enumerate(cells) for r in (0, 1)]
    made = make_round(rows, labels=[str(i) for i in range(len(case["table"]))])
    found = agreement(
        made.questions[0],
        made.ratings["value"],
        made.raters,
        metrics=["cohen_kappa"],
        interval="analytic",
    )
    row = next(r for r in found if r.label is None)
    assert row.error == pytest.approx(case["error"], abs=1e-10)
    lower, upper = case["interval"]
    assert (row.lower, row.upper) == pytest.approx((lower, min(upper, 1)), abs=1e-10)
    z = row.value / case["error_at_0"]
    assert row.p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-6)


def test_published_test_of_fleiss() -> None:
    """Fleiss, Nee & Landis (1979) on the diagnoses of Fleiss (1971): z = 17.65."""
    from labelq.measure.intervals.analytic import fleiss_null

    case = next(c for c in ERRORS["matrices"] if c["name"] == "fleiss1971_30x6")
    rows = [(u, r, str(v)) for r, row in enumerate(case["ratings"]) for u, v in enumerate(row)]
    made = make_round(rows)
    table = CountTable(count_patterns(made.ratings["value"]))
    error = fleiss_null(table, None, Scale(made.questions[0], made.ratings["value"].values))
    assert error == pytest.approx(0.0243739321, abs=1e-10)
    assert rows_of(made)["fleiss_kappa", None].value / error == pytest.approx(17.651831, abs=1e-5)
