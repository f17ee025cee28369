"""Tests of two raters' marginals: published values, Holm, what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from labelq.measure.marginals import marginal_tests
from tests.rounds import make_round

PUBLISHED = [
    # Agresti (1992), pathologists A and B; statsmodels' SquareTable
    ([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]],
     (29.044711378, 3, 2.1915022e-06), (30.285714286, 6, 3.46844566e-05)),
    # Cohen (1960), p. 45
    ([[88, 14, 18], [10, 40, 10], [2, 6, 12]],
     (13.513513514, 2, 0.0011629949), (14.466666667, 3, 0.0023340916)),
    # R vcd, SexualFun
    ([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]],
     (3.580256476, 3, 0.3105013279), (3.877777778, 6, 0.6932121688)),
    # irrCAC cont4x4diagnosis
    ([[40, 6, 4, 15], [4, 25, 1, 5], [4, 2, 21, 9], [17, 13, 12, 45]],
     (4.640022076, 3, 0.200135551), (4.842460317, 6, 0.5641719371)),
]  # fmt: skip


def round_of(table: list[list[int]], pair: str = "ab") -> list[tuple[Any, ...]]:
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [
        (f"{pair}{u:04}", r, "wxyz"[c])
        for u, cell in enumerate(cells)
        for r, c in zip(pair, cell, strict=True)
    ]


def found_in(rows: list[tuple[Any, ...]], labels: str | None = None) -> dict[Any, Any]:
    made = make_round(rows, labels=None if labels is None else list(labels))
    found = marginal_tests(made.questions[0], made.ratings["value"], made.raters)
    return {(t.raters, t.test): t for t in found}


@pytest.mark.parametrize(("table", "homogeneity", "symmetry"), PUBLISHED)
def test_published_values(table: Any, homogeneity: Any, symmetry: Any) -> None:
    found = found_in(round_of(table))
    for name, (statistic, df, p) in (("stuart_maxwell", homogeneity), ("bowker", symmetry)):
        test = found[("a", "b"), name]
        assert test.statistic == pytest.approx(statistic, rel=1e-9)
        assert test.df == df
        assert test.p_value == pytest.approx(p, rel=1e-6)
        assert test.p_corrected == test.p_value  # one pair


def test_two_labels_are_mcnemar_exact_where_few_differ() -> None:
    exact = found_in(round_of([[20, 10], [3, 50]]))[("a", "b"), "mcnemar_exact"]
    from scipy.stats import binomtest

    assert exact.p_value == pytest.approx(binomtest(3, 13).pvalue, rel=1e-9)
    assert (exact.statistic, exact.df) == (None, None)
    many = found_in(round_of([[20, 10], [20, 50]]))[("a", "b"), "mcnemar"]
    # Artstein & Poesio (2008), p. 558
    assert (many.statistic, many.df) == (pytest.approx(10 / 3), 1)
    assert many.p_value == pytest.approx(0.0678891549, rel=1e-8)


def test_labels_on_which_the_two_never_differ_do_not_break_the_test() -> None:
    test = found_in(round_of([[13, 0, 0], [0, 20, 7], [0, 4, 56]]))[("a", "b"), "stuart_maxwell"]
    assert test.statistic == pytest.approx((7 - 4) ** 2 / 11)
    assert test.df == 1


def test_holm_over_the_pairs() -> None:
    tables = {"ab": [[20, 12], [2, 50]], "cd": [[20, 9], [2, 50]], "ef": [[20, 6], [5, 50]]}
    found = found_in([row for pair, table in tables.items() for row in round_of(table, pair)])
    raw = {pair[0] + pair[1]: t.p_value for (pair, _), t in found.items()}
    corrected = {pair[0] + pair[1]: t.p_corrected for (pair, _), t in found.items()}
    assert corrected["ab"] == pytest.approx(3 * raw["ab"])
    assert corrected["cd"] == pytest.approx(2 * raw["cd"])
    assert corrected["ef"] == pytest.approx(raw["ef"])


@pytest.mark.parametrize(
    "table",
    [
        [[20, 1, 1], [2, 30, 2], [1, 1, 20]],  # the two differ on 8 tasks
        [[20, 9, 0, 0], [3, 30, 0, 0], [0, 0, 20, 8], [0, 0, 2, 9]],  # two pairs of labels apart
    ],
)
def test_what_cannot_be_judged_has_a_reason(table: Any) -> None:
    test = found_in(round_of(table))[("a", "b"), "stuart_maxwell"]
    assert (test.p_value, test.reason) == (None, "too_little_disagreement")
