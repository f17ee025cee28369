"""From a number to the steps that lead to it, recomputed from the raw ratings."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from labelq.errors import SettingsError
from labelq.labels.model import Question, Rater, Ratings, label_text
from labelq.measure.agreement import agreement
from labelq.measure.explaining import alpha, chance, cohen, orders, variance
from labelq.measure.explaining.beside import beside
from labelq.measure.explaining.conventions import conventions
from labelq.measure.explaining.explanation import Explanation, Step
from labelq.measure.explaining.sheet import Sheet
from labelq.measure.metric import Metric
from labelq.measure.results import Agreement

Worker = Callable[[Sheet, str | None], Sequence[Step]]

OF_COUNTS: Mapping[str, Worker] = {
    "krippendorff_alpha": lambda sheet, name: alpha.alpha_steps(sheet, name or "nominal"),
    "raw_agreement": lambda sheet, _: chance.raw_steps(sheet),
    "raw_agreement_pooled": lambda sheet, _: chance.pooled_steps(sheet),
    "unanimous_units": lambda sheet, _: chance.unanimous_steps(sheet),
    "fleiss_kappa": chance.fleiss_steps,
    "conger_kappa": chance.conger_steps,
    "gwet_ac1": chance.gwet_steps,
    "gwet_ac2": chance.gwet_steps,
    "brennan_prediger": chance.brennan_steps,
}
"""Metric → its steps from a sheet and the weights or distance."""

PAIRS: Mapping[str, bool] = {"cohen_kappa": False, "scott_pi": True}
"""Metrics of a pair → whether marginals are pooled."""

MEANS: Mapping[str, bool] = {"cohen_kappa_mean": False, "light_kappa": True}
"""Means over pairs → whether each pair weighs the same."""

RANKINGS: Mapping[str, Callable[[Sheet], list[Step]]] = {
    "kendall_w": orders.w_steps,
    "kendall_tau_mean": orders.tau_steps,
}
"""Metrics of rankings → their steps."""

MOST_PAIRS = 1_000
"""Beyond so many pairs of raters their kappas are not worked through."""


def explain(
    metric: Metric,
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    *,
    variant: str | None = None,
    label: str | None = None,
    pair: tuple[int, int] | None = None,
    rater_name: Callable[[int], str] = str,
    **how: Any,
) -> Explanation:
    """Work ``metric`` through on one question, and show what others call by its name.

    ``variant`` are the weights or the distance (default: the first of the metric there),
    ``label`` one label against all others, ``pair`` two rater codes: only their ratings count,
    and a metric of a pair needs it. ``rater_name`` is what raters are called in the steps.
    ``how`` is how to measure (resamples, seed, confidence …), as :func:`agreement` takes it.

    Raises:
        SettingsError: the metric has no such variant or label, or does not apply.
    """
    everybody = Sheet.of(question, ratings)
    sheet = everybody
    if pair is not None:
        ratings = ratings.select(np.isin(ratings.rater, pair))
        sheet = Sheet.of(question, ratings)
    row = _row(metric, question, ratings, raters, variant, label, pair, how)
    variant = row.weights or row.distance
    if label is not None:
        sheet, everybody = sheet.against_others(label), everybody.against_others(label)
        variant = "nominal" if row.distance else None
    steps, worked = _steps(metric, sheet, variant, label, pair, rater_name)
    found = steps[-1].value if steps and worked else None
    return Explanation(
        row=row,
        steps=(_data(question, sheet, row), *steps, *_interval(row)),
        conventions=(
            *conventions(metric, question, sheet, variant, row, pair),
            *beside(row, sheet, everybody, variant, rater_name),
        )
        if worked
        else (),
        recomputed=found,
        worked=worked,
    )


def _row(
    metric: Metric,
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    variant: str | None,
    label: str | None,
    pair: tuple[int, int] | None,
    how: Mapping[str, Any],
) -> Agreement:
    """The number that is explained, as an agreement gives it."""
    rows = agreement(question, ratings, raters, metrics=[metric.name], **how)
    ids = None
    if metric.raters == "pairs" and pair is not None:
        ids = (raters[pair[0]].id, raters[pair[1]].id)
    found = [row for row in rows if row.label == label and row.raters == ids]
    if label is not None and not found:
        if metric.per_label is None:
            raise SettingsError(f"{metric.title} has no value per label: nobody defined one")
        raise SettingsError(f"--label {label[:80]}: {_no_such_label(question, label)}")
    if variant is not None and label is None:
        there = [row.weights or row.distance for row in found]
        found = [row for row in found if variant in (row.weights, row.distance)]
        if not found:
            known = ", ".join(name for name in there if name)
            raise SettingsError(
                f"--variant {variant}: {metric.title} on {question.name} takes"
                f" {known or 'no weights and no distance'}"
            )
    if not found:
        raise SettingsError(f"{question.name}: no task was labeled by both annotators")
    return found[0]


def _steps(
    metric: Metric,
    sheet: Sheet,
    variant: str | None,
    label: str | None,
    pair: tuple[int, int] | None,
    rater_name: Callable[[int], str],
) -> tuple[list[Step], bool]:
    """The steps from the data to the value, and whether they are known for this metric."""
    too_many = len(sheet.values) > alpha.MOST_VALUES
    if not sheet.n_pairable or (too_many and variant not in (None, "nominal", "interval")):
        return [], False
    if label is not None and metric.name == "raw_agreement":
        return chance.specific_steps(sheet), True
    if metric.name in OF_COUNTS:
        return list(OF_COUNTS[metric.name](sheet, variant)), True
    if metric.name in PAIRS and pair in sheet.tables:
        pooled, about = PAIRS[metric.name], tuple(map(rater_name, pair))
        return cohen.kappa_steps(sheet, sheet.tables[pair], variant, about, pooled=pooled), True
    if metric.name in MEANS and len(sheet.raters) ** 2 <= 2 * MOST_PAIRS:
        plain = MEANS[metric.name]
        return cohen.mean_steps(sheet, variant, rater_name, plain=plain), True
    if metric.name in variance.FORMULAS:
        return variance.icc_steps(sheet, metric.name), True
    if metric.name in RANKINGS:
        return RANKINGS[metric.name](sheet), True
    return [], False


def _no_such_label(question: Question, label: str) -> str:
    """Why there is no row for ``label``, and which labels there are."""
    labels = [label_text(known) for known in question.labels]
    if label in labels:
        return f"on {question.name} it is too rare for a row of its own"
    near = difflib.get_close_matches(label, labels, 1)
    hint = f"; did you mean {near[0][:80]}?" if near else "."
    shown = ", ".join(known[:40] for known in labels[:20])
    more = f" and {len(labels) - 20} more" if len(labels) > 20 else ""
    return f"{question.name} has no such label{hint} It has {shown}{more}"


def _data(question: Question, sheet: Sheet, row: Agreement) -> Step:
    numbers = {
        "n_tasks": len(sheet.units),
        "n_ratings": sum(map(len, sheet.units)),
        "n_raters": len(sheet.raters),
        "n_multiple": sheet.n_pairable,
        "n_single": sheet.n_single,
        "n_paired_ratings": sum(sheet.totals.values()),
        "n_labels": len(sheet.values) if row.label else len(question.labels),
        "n_used": len(sheet.occurring),
    }
    return Step("data", numbers=numbers)


def _interval(row: Agreement) -> tuple[Step, ...]:
    if row.lower is None or row.upper is None:
        return ()
    numbers = {"lower": row.lower, "upper": row.upper, "confidence": row.confidence}
    how = row.convention.rpartition("interval: ")[2]
    return (Step("interval", row.interval_method or "", how, numbers=numbers),)
