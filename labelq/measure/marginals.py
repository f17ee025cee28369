"""Do two raters use the labels alike: tests of the marginals of every pair.

McNemar (1947) for two labels: exact (binomial) below :data:`EXACT_BELOW` tasks on which the two
differ, else chi-squared without correction. For more labels Stuart-Maxwell (marginal
homogeneity: does one give some label more often) and Bowker (symmetry: does one confuse two
labels the other way round). p-values are Holm-corrected over the pairs of a question.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Rater, Ratings
from labelq.measure.results import MarginalTest, TestName
from labelq.measure.tables import Tables

MAX_PAIRS = 100
"""So many pairs are tested, those that share most units."""

MIN_DIFFERENT = 10
"""Units on which the two differ that a chi-squared test needs."""

EXACT_BELOW = 25
MAX_LABELS = 200

_CONVENTIONS: dict[TestName, str] = {
    "mcnemar_exact": "McNemar: binomial test of the tasks on which the two differ",
    "mcnemar": "McNemar: chi-squared, no continuity correction",
    "stuart_maxwell": "Stuart-Maxwell: chi-squared test that both give each label equally often;"
    " labels on which the two never differ left out",
    "bowker": "Bowker: chi-squared test that the table of the two is symmetric; a degree of"
    " freedom for each two labels, also for two that are never confused: cautious with many labels",
}


def marginal_tests(
    question: Question, ratings: Ratings, raters: tuple[Rater, ...]
) -> tuple[MarginalTest, ...]:
    """Tests of the marginals of the pairs of raters that share most units, most first.

    Only for labels (nominal or ordinal); otherwise nothing. Reasons: ``too_little_disagreement``
    (the two differ on too few units, or in a way the test cannot judge), ``too_many_values``.
    """
    if question.level not in ("nominal", "ordinal"):
        return ()
    table = Tables(question, ratings, len(raters)).pairs
    pair, row, column = table.split()
    overlap = table.overlap()
    chosen = np.argsort(-overlap, kind="stable")[:MAX_PAIRS]
    found: list[MarginalTest] = []
    for p in chosen.tolist():
        mine = pair == p
        labels, codes = np.unique(np.append(row[mine], column[mine]), return_inverse=True)
        a, b = raters[table.cells.pairs[p, 0]], raters[table.cells.pairs[p, 1]]
        n = int(overlap[p])
        if len(labels) > MAX_LABELS:
            name: TestName = "stuart_maxwell"
            found.append(_refused(question, (a.id, b.id), name, n, "too_many_values"))
            continue
        cells: NDArray[np.float64] = np.zeros((len(labels), len(labels)))
        half = int(mine.sum())
        np.add.at(cells, (codes[:half], codes[half:]), table.n[mine])
        found += _tests(question, (a.id, b.id), cells, n)
    return tuple(_corrected(found))


def _tests(
    question: Question, pair: tuple[str, str], cells: NDArray[np.float64], n: int
) -> list[MarginalTest]:
    different = int(cells.sum() - np.trace(cells))
    if len(question.labels) <= 2 and len(cells) <= 2:
        name: TestName = "mcnemar_exact" if different < EXACT_BELOW else "mcnemar"
        if not different:
            return [_refused(question, pair, name, n, "too_little_disagreement")]
        return [_mcnemar(question, pair, cells, n, name)]
    names: tuple[TestName, ...] = ("stuart_maxwell", "bowker")
    if different < MIN_DIFFERENT:
        return [_refused(question, pair, name, n, "too_little_disagreement") for name in names]
    return [_chi_squared(question, pair, cells, n, name) for name in names]


def _mcnemar(
    question: Question, pair: tuple[str, str], cells: NDArray[np.float64], n: int, name: TestName
) -> MarginalTest:
    from statsmodels.stats.contingency_tables import mcnemar

    result = mcnemar(cells, exact=name == "mcnemar_exact", correction=False)
    exact = name == "mcnemar_exact"
    p = float(result.pvalue)
    statistic = None if exact else float(result.statistic)
    df = None if exact else 1
    return MarginalTest(question.name, pair, name, statistic, df, p, p, n, _CONVENTIONS[name], None)


def _chi_squared(
    question: Question, pair: tuple[str, str], cells: NDArray[np.float64], n: int, name: TestName
) -> MarginalTest:
    from statsmodels.stats.contingency_tables import SquareTable

    if name == "stuart_maxwell":
        apart = cells - np.diag(np.diag(cells))
        differ = (apart.sum(axis=0) + apart.sum(axis=1)) > 0
        cells = cells[np.ix_(differ, differ)]
        if not _connected(cells):
            return _refused(question, pair, name, n, "too_little_disagreement")
    table = SquareTable(cells, shift_zeros=False)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = (
            table.homogeneity(method="stuart_maxwell")
            if name == "stuart_maxwell"
            else table.symmetry(method="bowker")
        )
    statistic, p, df = float(result.statistic), float(result.pvalue), int(result.df)
    if not np.isfinite(p):
        return _refused(question, pair, name, n, "too_little_disagreement")
    return MarginalTest(question.name, pair, name, statistic, df, p, p, n, _CONVENTIONS[name], None)


def _connected(cells: NDArray[np.float64]) -> bool:
    """Whether all labels hang together by disagreements: else the covariance is singular."""
    from scipy.sparse.csgraph import connected_components

    return bool(connected_components((cells + cells.T) > 0, directed=False)[0] == 1)


def _refused(
    question: Question, pair: tuple[str, str], name: TestName, n: int, reason: str
) -> MarginalTest:
    return MarginalTest(
        question.name, pair, name, None, None, None, None, n, _CONVENTIONS[name], reason
    )


def _corrected(tests: list[MarginalTest]) -> list[MarginalTest]:
    """Holm's correction over the pairs, for each kind of test by itself."""
    from dataclasses import replace

    families = (("mcnemar_exact", "mcnemar"), ("stuart_maxwell",), ("bowker",))
    for names in families:
        some = [i for i, t in enumerate(tests) if t.test in names and t.p_value is not None]
        some.sort(key=lambda i: tests[i].p_value or 0.0)
        largest = 0.0
        for rank, i in enumerate(some):
            p = tests[i].p_value or 0.0
            largest = max(largest, min(1.0, (len(some) - rank) * p))
            tests[i] = replace(tests[i], p_corrected=largest)
    return tests
