"""Against other programs on random data: to 1e-9, at several sizes, with missing ratings."""

from __future__ import annotations

import itertools
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from labelq.labels.costs import with_costs
from labelq.measure.agreement import agreement
from labelq.measure.results import Agreement
from tests.rounds import make_round


@st.composite
def matrices(draw: st.DrawFn, *, missing: bool) -> tuple[NDArray[np.float64], int]:
    """Ratings (raters × units) of 0 … q-1, nan where missing, with agreement in them; and q."""
    n_units = draw(st.sampled_from([2, 5, 20, 200]))
    n_raters, q = draw(st.integers(2, 6)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    truth = rng.choice(q, n_units, p=rng.dirichlet(np.ones(q)))
    guess = rng.integers(0, q, (n_raters, n_units))
    known = rng.random((n_raters, n_units)) < rng.random((n_raters, 1))
    matrix = np.where(known, truth, guess).astype(float)
    if missing:
        matrix[rng.random(matrix.shape) < rng.random() * 0.6] = np.nan
    return matrix, q


def measured(matrix: NDArray[np.float64], q: int, *names: str) -> dict[Any, Agreement]:
    """The metrics called ``names`` with all their weights, by (metric, variant, label, raters)."""
    rows = [
        (u, r, str(int(matrix[r, u])))
        for r, u in itertools.product(*map(range, matrix.shape))
        if not np.isnan(matrix[r, u])
    ]
    if not rows:
        return {}
    made = make_round(rows, level="ordinal", labels=[str(i) for i in range(q)])
    question = with_costs(made.questions, {"value": toll(q)}, "cost")[0]
    found = agreement(question, made.ratings["value"], made.raters, metrics=names, resamples=0)
    return {(r.metric, r.weights or r.distance, r.label, r.raters): r for r in found}


def toll(q: int) -> dict[str, dict[str, float]]:
    """Costs that are no function of a difference."""
    return {str(i): {str(j): float(1 + (7 * i + 3 * j) % 5) for j in range(i)} for i in range(1, q)}


def toll_matrix(q: int) -> NDArray[np.float64]:
    found = np.zeros((q, q))
    for i, row in toll(q).items():
        for j, cost in row.items():
            found[int(i), int(j)] = found[int(j), int(i)] = cost
    return found


def assert_near(ours: Agreement, theirs: float) -> None:
    if ours.value is None:
        # Where we say no_variation the package divides by zero, or by its rounding dust.
        assert not np.isfinite(theirs) or ours.reason == "no_variation"
    else:
        assert ours.value == pytest.approx(theirs, abs=1e-9)


@given(matrices(missing=True))
@settings(max_examples=30, deadline=None)
def test_cohen_of_pairs(data: tuple[NDArray[np.float64], int]) -> None:
    matrix, q = data
    found = measured(matrix, q, "cohen_kappa")
    for (metric, weights, label, raters), row in found.items():
        if metric != "cohen_kappa" or label is not None or raters is None:
            continue
        a, b = (matrix[int(rater)] for rater in raters)
        both = ~np.isnan(a) & ~np.isnan(b)
        a, b = a[both].astype(int), b[both].astype(int)
        with np.errstate(all="ignore"):
            if weights in (None, "linear", "quadratic"):
                if row.value is not None:
                    theirs = cohen_kappa_score(a, b, labels=range(q), weights=weights)
                    assert_near(row, float(theirs))
            elif weights == "cost":
                cells = np.bincount(a * q + b, minlength=q * q).reshape(q, q)
                theirs = cohens_kappa(cells, weights=toll_matrix(q), return_results=False)
                assert_near(row, float(theirs))


@given(matrices(missing=True))
@settings(max_examples=30, deadline=None)
def test_alpha_with_costs(data: tuple[NDArray[np.float64], int]) -> None:
    matrix, q = data
    found = measured(matrix, q, "krippendorff_alpha")
    costs = toll_matrix(q)
    if not found or found["krippendorff_alpha", "cost", None, None].value is None:
        return

    def distance(v1: Any, v2: Any, **_: Any) -> Any:
        a, b = np.broadcast_arrays(np.asarray(v1, int), np.asarray(v2, int))
        return costs[a, b]

    for name, level in (("ordinal", "ordinal"), ("cost", distance)):
        theirs = krippendorff.alpha(matrix, level_of_measurement=level, value_domain=list(range(q)))
        assert_near(found["krippendorff_alpha", name, None, None], theirs)


@given(matrices(missing=False))
@settings(max_examples=30, deadline=None)
def test_fleiss_and_free_marginals(data: tuple[NDArray[np.float64], int]) -> None:
    matrix, q = data
    found = measured(matrix, q, "fleiss_kappa", "brennan_prediger")
    counts = (matrix[..., None] == np.arange(q)).sum(axis=0)
    with np.errstate(all="ignore"):
        assert_near(found["fleiss_kappa", None, None, None], float(fleiss_kappa(counts)))
        randolph = float(fleiss_kappa(counts, method="randolph"))
    assert_near(found["brennan_prediger", None, None, None], randolph)


@given(matrices(missing=False))
@settings(max_examples=25, deadline=None)
def test_two_raters_are_a_pair(data: tuple[NDArray[np.float64], int]) -> None:
    """With two raters the coefficients of many are those of the pair, whatever the weights."""
    matrix, q = data
    found = measured(
        matrix[:2],
        q,
        "cohen_kappa",
        "cohen_kappa_mean",
        "light_kappa",
        "conger_kappa",
        "fleiss_kappa",
        "scott_pi",
    )
    same = {
        "conger_kappa": "cohen_kappa",
        "light_kappa": "cohen_kappa",
        "cohen_kappa_mean": "cohen_kappa",
        "fleiss_kappa": "scott_pi",
    }
    for (metric, weights, label, _), row in found.items():
        if metric in same and (label is None or metric != "conger_kappa"):
            pair = found[same[metric], weights, label, ("0", "1")]
            assert (row.value is None) == (pair.value is None)
            assert row.value is None or row.value == pytest.approx(pair.value, abs=1e-9)


@given(matrices(missing=True))
@settings(max_examples=25, deadline=None)
def test_light_is_the_plain_mean_and_conger_the_mean_of_expected(
    data: tuple[NDArray[np.float64], int],
) -> None:
    matrix, q = data
    found = measured(matrix, q, "raw_agreement", "cohen_kappa", "light_kappa", "conger_kappa")
    if not found or found["raw_agreement", None, None, None].value is None:
        return
    pairs = [
        r.value for (m, w, lab, g), r in found.items() if m == "cohen_kappa" and not (w or lab)
    ]
    kappas = [value for value in pairs if value is not None]
    light = found["light_kappa", None, None, None].value
    assert (light is None) == (not kappas)
    assert light is None or light == pytest.approx(float(np.mean(kappas)), abs=1e-9)
    shares = [
        np.bincount(row[~np.isnan(row)].astype(int), minlength=q) / (~np.isnan(row)).sum()
        for row in matrix
        if not np.isnan(row).all()
    ]
    expected = np.mean([a @ b for a, b in itertools.permutations(shares, 2)])
    conger = found["conger_kappa", None, None, None]
    assert conger.value is None or conger.expected == pytest.approx(float(expected), abs=1e-9)
