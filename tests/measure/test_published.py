"""Every published value of a coefficient that we compute, to the digits given."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labelq.labels.model import Question, Ranking, Rater
from labelq.labels.statistics import pair_cells, rater_patterns
from labelq.measure.agreement import agreement, pair_indices
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.scale import Scale
from labelq.measure.registry import METRICS
from labelq.measure.results import Agreement
from tests.rounds import make_round

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def ratings_of(case: dict[str, Any]) -> list[tuple[Any, ...]]:
    """(unit, rater, value) from a case: a matrix, a two-rater table, counts, ranks or sets."""
    if "ranks" in case:  # of the items of one unit, one row per rater
        return [
            (
                0,
                r,
                Ranking.of([str(i) for i, x in enumerate(row) if x == p] for p in sorted({*row})),
            )
            for r, row in enumerate(case["ranks"])
        ]
    if "ratings" in case:
        return [
            (u, r, value)
            for r, row in enumerate(case["ratings"])
            for u, value in enumerate(row)
            if value is not None
        ]
    if "table" in case:
        cells = [
            (i + 1, j + 1)
            for i, row in enumerate(case["table"])
            for j, n in enumerate(row)
            for _ in range(n)
        ]
        return [(u, r, cell[r]) for u, cell in enumerate(cells) for r in (0, 1)]
    if "counts" in case:
        return [
            (u, r, value)
            for u, row in enumerate(case["counts"])
            for r, value in enumerate(v + 1 for v, n in enumerate(row) for _ in range(n))
        ]
    return [(u, r, frozenset(s)) for u, pair in enumerate(case["sets"]) for r, s in enumerate(pair)]


def costs_of(labels: list[str], given: Any) -> tuple[tuple[str, str, float], ...]:
    """Costs as a matrix in a case, or 1 - the weights that a name stands for there."""
    if isinstance(given, str):
        given = 1 - Scale(Question("q", "ordinal", "test"), tuple(labels)).weights(given).dense()
    return tuple(
        (a, b, float(given[i][j])) for i, a in enumerate(labels) for j, b in enumerate(labels[:i])
    )


def measured(case: dict[str, Any], level: Any, costs: Any = None) -> tuple[Agreement, ...]:
    rows = ratings_of(case)
    labels = None
    if level in ("nominal", "ordinal"):
        size = len(case.get("table", ())) or len(case.get("counts", ((),))[0])
        values = range(1, size + 1) if size else sorted({row[2] for row in rows})
        labels = [str(value) for value in values]
        rows = [(u, r, str(value)) for u, r, value in rows]
    elif level not in ("set", "ranking"):
        rows = [(u, r, float(value)) for u, r, value in rows]
    made = make_round(rows, level=level, labels=labels)
    question = made.questions[0]
    if costs is not None:
        assert labels is not None
        question = replace(question, costs=costs_of(labels, costs))
    names = [metric.name for metric in METRICS]
    ratings = made.ratings[question.name]
    return agreement(question, ratings, made.raters, metrics=names, resamples=0)


def expectations() -> list[Any]:
    return [
        pytest.param(path.stem, row, id=f"{path.stem}-{i}")
        for path in CASES
        for i, row in enumerate(json.loads(path.read_text(encoding="utf-8"))["expect"])
    ]


_measured: dict[tuple[str, str, str], tuple[Agreement, ...]] = {}


@pytest.mark.parametrize(("stem", "expected"), expectations())
def test_published_value(stem: str, expected: dict[str, Any]) -> None:
    key = (stem, expected["level"], str(expected.get("costs")))
    if key not in _measured:
        path = Path(__file__).parent / "cases" / f"{stem}.json"
        case = json.loads(path.read_text(encoding="utf-8"))
        _measured[key] = measured(case, expected["level"], expected.get("costs"))
    wanted = {k: expected.get(k) for k in ("metric", "weights", "label")}
    wanted["distance"] = expected.get("distance")
    found = [row for row in _measured[key] if all(getattr(row, k) == v for k, v in wanted.items())]
    assert len(found) == 1
    for part in ("value", "observed", "expected"):
        if part in expected:
            digits = min(len(repr(expected[part]).partition(".")[2]), 10)
            within = expected.get("within", 0.51 * 10**-digits)  # as the source itself allows
            assert getattr(found[0], part) == pytest.approx(expected[part], abs=within)


@pytest.mark.parametrize(
    "path",
    [p for p in CASES if '"cohen_se"' in p.read_text(encoding="utf-8")],
    ids=lambda p: p.stem,
)
def test_standard_error_of_cohen(path: Path) -> None:
    """Fleiss, Cohen & Everitt (1969): the delta method gives the published errors."""
    case = json.loads(path.read_text(encoding="utf-8"))
    labels = [str(i + 1) for i in range(len(case["table"]))]
    made = make_round([(u, r, str(v)) for u, r, v in ratings_of(case)], labels=labels)
    patterns = rater_patterns(made.ratings["value"])
    table = cohen.PairTable.of(pair_cells(patterns), patterns.multiplicity, len(labels))
    found = cohen.kappas(table, Scale(made.questions[0], tuple(labels)).weights(None))
    assert found.error[0] == pytest.approx(case["cohen_se"], abs=1e-10)


def test_disagreements_of_krippendorff_2004() -> None:
    """p. 230: interval D_o = .433, D_e = 2.872."""
    case = json.loads((Path(__file__).parent / "cases/krippendorff2011_4x12.json").read_text())
    row = next(r for r in measured(case, "interval") if r.metric == "krippendorff_alpha")
    assert row.observed == pytest.approx(0.433, abs=5e-4)
    assert row.expected == pytest.approx(2.872, abs=5e-4)


def test_every_metric_has_a_published_case() -> None:
    covered = {e.values[1]["metric"] for e in expectations()}
    assert {metric.name for metric in METRICS} <= covered


def test_raters_are_named_by_id() -> None:
    made = make_round([("u", "a", "x"), ("u", "b", "y"), ("v", "a", "x"), ("v", "b", "x")])
    rows = agreement(made.questions[0], made.ratings["value"], made.raters, resamples=0)
    assert {row.raters for row in rows if row.metric == "cohen_kappa"} == {("a", "b")}
    assert isinstance(made.raters[0], Rater)


@pytest.mark.parametrize(
    "path", [p for p in CASES if '"indices"' in p.read_text(encoding="utf-8")], ids=lambda p: p.stem
)
def test_indices_of_a_pair(path: Path) -> None:
    """Largest kappa (Cohen 1960: .831), prevalence and bias index (Byrt et al. 1993)."""
    case = json.loads(path.read_text(encoding="utf-8"))
    labels = [str(i + 1) for i in range(len(case["table"]))]
    made = make_round([(u, r, str(v)) for u, r, v in ratings_of(case)], labels=labels)
    (found,) = pair_indices(made.questions[0], made.ratings["value"], made.raters)
    for name in ("kappa_max", "prevalence", "bias"):
        value = case["indices"].get(name)
        assert getattr(found, name) == (value if value is None else pytest.approx(value, abs=1e-10))
