"""What an interval and a test are, in words, for the convention of a row."""

from __future__ import annotations

from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.raters import MIN_RATERS
from labelq.measure.intervals.raters_drawn import PERCENTILE_RATERS, draws
from labelq.measure.tables import Tables

_FIXED = "annotators fixed"

_WORDS = {
    "jackknife_t": "interval: Student's t on Fisher's z scale, jackknife over {over}",
    "bootstrap_percentile": "interval: percentiles of {n} resamples of {over}",
    "bootstrap_bca": "interval: BCa, {n} resamples of {over}",
    "analytic_t": "interval: Student's t with the published standard error (Gwet 2014)",
    "analytic_f": "interval: from the F distribution, for normal ratings (Shrout & Fleiss 1979;"
    " McGraw & Wong 1996)",
    "analytic_normal": "interval: normal with the standard error of Fleiss, Cohen & Everitt (1969)",
    "binomial_no_disagreement": "interval: no disagreement observed; lower end from the exact"
    " binomial limit for 0 of n {unit}",
    "binomial_one_disagreement": "interval: disagreement on one task only; lower end from the"
    " exact binomial limit for 1 of n {unit}",
}

_TESTS = {
    "t_z": "p: two-sided against chance, t on the same scale",
    "t": "p: two-sided against chance, t = value / standard error",
    "null_normal": "p: two-sided against chance, normal with the standard error at 0",
}


def interval_words(method: str | None, plan: IntervalPlan, tables: Tables) -> tuple[str, ...]:
    """How the interval with code ``method`` was made, and whom it holds for."""
    if method is None:
        return ()
    groups = plan.groups
    together = "tasks" if groups is None else f"groups of tasks with the same {groups.field}"
    unit = "tasks" if groups is None else "groups of tasks"
    if method == "jackknife_t_raters":
        return (
            _WORDS["jackknife_t"].format(over="tasks and over annotators"),
            "holds for annotators like these",
        )
    if method == PERCENTILE_RATERS:
        outer, inner = draws(tables, plan.resamples)
        words = (
            f"interval: percentiles of {outer * inner:,} resamples of tasks and of annotators"
            f" ({outer} draws of one, {inner} of the other with each)"
        )
        return words, "holds for annotators like these"
    kind = next((k for k in ("_blocks", "_groups") if method.endswith(k)), "")
    over = {"": "tasks", "_blocks": f"random blocks of {together}", "_groups": together}[kind]
    words = _WORDS[method.removesuffix(kind)].format(over=over, n=f"{plan.resamples:,}", unit=unit)
    if plan.method == "bca" and method.startswith("bootstrap_percentile"):
        words += " (BCa is undefined here)"
    if kind and groups is not None and groups.n_alone:
        words += f" ({groups.n_alone:,} tasks without one are groups of their own)"
    if method == "analytic_f":
        return (words,)  # of a population of annotators where the coefficient is
    if plan.resample_raters and tables.size[2] < MIN_RATERS:
        return words, f"holds for these annotators only: fewer than {MIN_RATERS}"
    return words, _FIXED


def test_words(test: str | None) -> str:
    """How the test against chance with code ``test`` was made."""
    return _TESTS.get(test or "", "")
