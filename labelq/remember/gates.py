"""Gates: what a round must reach, as a value or against an earlier round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labelq.errors import SettingsError
from labelq.labels.model import Round
from labelq.measure.naming import metric_called
from labelq.measure.registry import METRICS
from labelq.measure.results import Agreement
from labelq.remember.findings import Comparison
from labelq.settings import GateRule


@dataclass(frozen=True, slots=True)
class Gate:
    """One ``--fail-under`` rule and how it went: ``lower`` is compared with ``at_least``.

    ``lower`` is that of the coefficient, or with ``change`` of its difference from an earlier
    round.
    """

    question: str
    metric: str
    at_least: float
    lower: float | None
    passed: bool
    reason: str | None
    change: bool = False


def known_gates(
    round_: Round, rules: Sequence[GateRule], *, compared: bool
) -> tuple[GateRule, ...]:
    """The rules with the registered names of their metrics.

    Raises:
        SettingsError: a rule names a question or metric that there is not, or a change where
            nothing is compared with.
    """
    if not compared and any(rule.change for rule in rules):
        raise SettingsError("a change can only be asked for against an earlier audit")
    questions = [question.name for question in round_.questions]
    metrics = [metric.name for metric in METRICS if metric.raters == "any"]
    known = []
    for rule in rules:
        if rule.question is not None and rule.question not in questions:
            raise SettingsError(
                f"--fail-under: there is no question {rule.question!r}; known:"
                f" {', '.join(questions)}"
            )
        try:
            name = metric_called(rule.metric).name
        except SettingsError as error:
            raise SettingsError(f"--fail-under: {error}") from None
        if name not in metrics:
            raise SettingsError(
                f"--fail-under: {name} is about pairs of annotators; known: {', '.join(metrics)}"
            )
        known.append(replace(rule, metric=name))
    return tuple(known)


def gates(
    rules: Sequence[GateRule],
    round_: Round,
    rows: Sequence[Agreement],
    comparison: Comparison | None,
) -> Iterator[Gate]:
    """How each rule went on each question that it is about."""
    for rule in rules:
        for question in round_.questions:
            if rule.question in (None, question.name):
                yield _gate(rule, question.name, rows, comparison)


def _gate(
    rule: GateRule, question: str, rows: Sequence[Agreement], comparison: Comparison | None
) -> Gate:
    """How a rule went on one question: its first variant (unweighted, headline distance)."""
    if rule.change and comparison is not None:
        change = comparison.change(question, rule.metric)
        lower = None if change is None else change.lower
        passed = lower is not None and lower >= rule.at_least
        reason = "not_in_both" if change is None else change.reason
        return Gate(question, rule.metric, rule.at_least, lower, passed, reason, change=True)
    row = next(
        r
        for r in rows
        if (r.question, r.metric, r.label, r.raters) == (question, rule.metric, None, None)
    )
    passed = row.lower is not None and row.lower >= rule.at_least
    return Gate(question, rule.metric, rule.at_least, row.lower, passed, row.reason)
