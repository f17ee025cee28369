"""Costs of confusing labels: checked, kept on the question, used by every weighted metric."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelq.errors import SettingsError
from labelq.labels.costs import check_costs, with_costs
from labelq.labels.model import Question
from labelq.measure.agreement import agreement
from labelq.measure.coefficients.scale import Scale
from tests.rounds import make_round

TABLE = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
COHEN_1968 = {"1": {"2": 1.0, "3": 3.0}, "2": {"3": 6.0}}


def asked(*labels: str, source: Any = "config", level: Any = "nominal") -> Question:
    return Question("q", level, "test", labels or ("1", "2", "3"), source)


def costs(matrix: Any, kind: Any = "cost", question: Question | None = None) -> dict[Any, float]:
    found = with_costs([question or asked()], {"q": matrix}, kind)[0].costs
    return {(a, b): cost for a, b, cost in found}


def test_one_half_is_enough_and_weights_are_costs_from_the_other_side() -> None:
    expected = {("1", "2"): 1.0, ("1", "3"): 3.0, ("2", "3"): 6.0}
    assert costs(COHEN_1968) == expected
    assert costs({"3": {"1": 3, "2": 6}, "2": {"1": 1, "2": 0}}) == expected
    assert costs({"1": {"1": 1, "2": 0.75, "3": 0}, "2": {"3": 0.5}}, "weight") == {
        ("1", "2"): 0.25,
        ("1", "3"): 1.0,
        ("2", "3"): 0.5,
    }
    assert costs({"1": {"2": 0.5}, "*": 1})["2", "3"] == 1


@pytest.mark.parametrize(
    ("matrix", "kind", "said"),
    [
        ({"1": {"2": 1}}, "cost", "says nothing about '1' and '3'"),
        ({"1": {"2": 1, "4": 1}, "*": 1}, "cost", "has no label '4'"),
        ({"1": {"2": 1}, "2": {"1": 2}, "*": 1}, "cost", "must be symmetric"),
        ({"1": {"1": 1, "2": 1}, "*": 1}, "cost", "agreement is --weight"),
        ({"1": {"1": 0, "2": 1}, "*": 1}, "weight", "with itself must be 1"),
        ({"1": {"2": -1}, "*": 1}, "cost", "a number from 0 to 1e12"),
        ({"1": {"2": float("nan")}, "*": 1}, "cost", "a number from 0 to 1e12"),
        ({"1": {"2": 2}, "*": 1}, "weight", "a number from 0 to 1"),
        ({"*": -1}, "cost", "'*' is -1"),
        ({"*": 0}, "cost", "one cost must be above 0"),
    ],
)
def test_a_matrix_that_is_not_one(matrix: Any, kind: Any, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        costs(matrix, kind)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_misspelt_labels_are_told_from_labels_that_nobody_gave() -> None:
    seen = asked("billing", "refund", source="observed")
    assert costs({"billing": {"refund": 1, "legal": 3}}, question=seen) == {
        ("billing", "refund"): 1
    }
    with pytest.raises(SettingsError, match="did you mean 'refund'"):
        costs({"billing": {"refnud": 1}, "*": 1}, question=seen)


def test_only_questions_about_labels_have_costs() -> None:
    with pytest.raises(SettingsError, match="there is no question 'p'"):
        with_costs([asked()], {"p": {}}, "cost")
    with pytest.raises(SettingsError, match="measured as interval"):
        costs({"*": 1}, question=asked(level="interval"))
    kept = replace(asked(), costs=(("1", "2", 1.0),))
    with pytest.raises(SettingsError, match="earlier audit say nothing about '1' and '3'"):
        check_costs([kept])


@pytest.mark.parametrize(
    ("matrix", "kappa"),
    [(COHEN_1968, 0.3478260870), ({"1": {"2": 6.0, "3": 3.0}, "2": {"3": 1.0}}, 0.5736434109)],
)
def test_weighted_kappa_of_cohen_1968(matrix: Any, kappa: float) -> None:
    """Cohen (1968): kappa_w .348, and .574 with the 6 and the 1 interchanged."""
    rows = [
        (f"{i}{j}{k}", r, str((i, j)[r] + 1))
        for i, row in enumerate(TABLE)
        for j, n in enumerate(row)
        for k in range(n)
        for r in (0, 1)
    ]
    made = make_round(rows)
    question = with_costs(made.questions, {"value": matrix}, "cost")[0]
    found = agreement(
        question, made.ratings["value"], made.raters, metrics=["weighted kappa"], resamples=0
    )
    (row,) = [row for row in found if row.weights == "cost"]
    assert row.value == pytest.approx(kappa, abs=1e-10)
    if matrix is not COHEN_1968:
        return
    # His standard errors .0901 and, under chance, .0916 (z 3.80) are the spread of the costs met
    # over the costs expected. Ours are those of Fleiss, Cohen & Everitt (1969), who corrected
    # them; his come out if our parts are his.
    assert row.observed is not None
    assert row.expected is not None
    v = Scale(question, ("1", "2", "3")).costs / 6
    share = np.array(TABLE) / 200
    by_chance = np.outer(share.sum(axis=1), share.sum(axis=0))
    for p, mean, error in (
        (share, 1 - row.observed, 0.0901),
        (by_chance, 1 - row.expected, 0.0916),
    ):
        spread = np.sqrt(((v * v * p).sum() - mean**2) / 200)
        assert spread / (1 - row.expected) == pytest.approx(error, abs=5e-5)
    assert row.value / spread * (1 - row.expected) == pytest.approx(3.80, abs=5e-3)


def test_costs_of_one_are_no_weights() -> None:
    rng = np.random.default_rng(3)
    rows = [(u, r, "xyz"[rng.integers(3)]) for u in range(40) for r in "abcd" if rng.random() < 0.8]
    made = make_round(rows)
    question = with_costs(made.questions, {"value": {"*": 4}}, "cost")[0]
    names = [
        "fleiss_kappa",
        "cohen_kappa",
        "cohen_kappa_mean",
        "light_kappa",
        "conger_kappa",
        "scott_pi",
        "brennan_prediger",
        "krippendorff_alpha",
    ]
    found = agreement(question, made.ratings["value"], made.raters, metrics=names, resamples=0)
    whole = [row for row in found if row.label is None]
    for row in whole:
        if "cost" in (row.weights, row.distance):
            twin = next(
                r
                for r in whole
                if (r.metric, r.raters) == (row.metric, row.raters)
                and "cost" not in (r.weights, r.distance)
            )
            assert row.value == pytest.approx(twin.value, abs=1e-12), row.metric
    assert {row.metric for row in whole if "cost" in (row.weights, row.distance)} == set(names)


def test_an_audit_shows_costs_without_being_asked() -> None:
    rows = [(u, r, "xy"[(u + (r == "b") * (u % 3 == 0)) % 2]) for u in range(30) for r in "ab"]
    made = make_round(rows)
    question = with_costs(made.questions, {"value": {"*": 1}}, "cost")[0]
    found = agreement(question, made.ratings["value"], made.raters, resamples=0)
    ac2 = next(row for row in found if row.metric == "gwet_ac2")
    assert (ac2.weights, ac2.reason) == ("cost", None)
    assert "ordinal" not in {row.weights for row in found}
