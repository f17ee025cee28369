"""Every coefficient of a question in two rounds, and what the difference says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelq.labels.grouping import Groups
from labelq.labels.model import Question, Rater, Ratings, Round
from labelq.measure.agreement import agreement, resolve
from labelq.measure.coefficients import cohen
from labelq.measure.intervals import differences
from labelq.measure.intervals.differences import Side
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.registry import HEADLINE, metric
from labelq.measure.results import Agreement
from labelq.measure.settling import Settling
from labelq.measure.tables import Tables
from labelq.remember.findings import Change, Word
from labelq.remember.same_tasks import SameTasks

OF_UNIVERSE = ("gwet_ac1", "gwet_ac2", "brennan_prediger")
"""What these say depends on how many labels there could have been."""

Tasks = Literal["all", "common"]
Key = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One round, ready to be measured: ``row`` (units,) as in :class:`Side`."""

    round: Round
    row: NDArray[np.integer]
    groups: Groups | None


def rows_of(
    before: Round, after: Round, same: SameTasks, groups: tuple[Groups, Groups] | None
) -> tuple[Measured, Measured]:
    """Both rounds with the rows that are drawn together: the same task, or the same group."""
    if groups is None:
        n = len(before.units)
        row = np.arange(n, n + len(after.units))
        row[same.after] = same.before
        return Measured(before, np.arange(n), None), Measured(after, row, None)
    names: dict[str, int] = {}
    rows = []
    for which, (round_, of) in enumerate(zip((before, after), groups, strict=True)):
        column = round_.units.fields[of.field]
        alone = [f"\0{which}\0{name}" for name in round_.units.ids]
        told = [
            name if value in (None, "") else str(value)
            for value, name in zip(column, alone, strict=True)
        ]
        rows.append(np.array([names.setdefault(name, len(names)) for name in told], np.intp))
    return Measured(before, rows[0], groups[0]), Measured(after, rows[1], groups[1])


def changes(
    question: Question,
    then: Question,
    before: Measured,
    after: Measured,
    same: SameTasks,
    told: Sequence[Agreement],
    plan: IntervalPlan,
) -> tuple[Change, ...]:
    """The coefficients of ``told`` (this round's rows) in both rounds, all and common tasks.

    ``then`` is the question as the earlier round asked it.
    """
    wanted = [
        r for r in told if r.question == question.name and r.label is None and r.raters is None
    ]
    found = _changes(question, then, before, after, wanted, plan, "all", told=wanted)
    if not len(same):
        return found
    parts = []
    for side, units in ((before, same.before), (after, same.after)):
        ratings = side.round.ratings[question.name]
        kept = ratings.select(np.isin(ratings.unit, units))
        parts.append(replace(side, round=_with(side.round, question.name, kept)))
    common = _changes(question, then, parts[0], parts[1], wanted, plan, "common")
    if chosen_for_disagreement(then, before.round.ratings[then.name], same.before):
        common = tuple(
            replace(row, lower=None, upper=None, detectable=None, word="cannot_tell", reason=CHOSEN)
            for row in common
        )
    return found + common


CHOSEN = "chosen_for_disagreement"
BY_CHANCE = 0.01


def chosen_for_disagreement(
    question: Question, ratings: Ratings, common: NDArray[np.integer]
) -> bool:
    """Whether the ``common`` units were more disputed than the round's others (p < .01).

    Such units agree more the next time by themselves (regression to the mean). One-sided rank
    test of each unit's share of the observed disagreement (Mann and Whitney 1947).
    """
    from scipy.stats import mannwhitneyu

    settling = Settling.of(question, ratings)
    several = settling.table.pairable[settling.patterns.pattern]
    share, units = settling.unit_share()[several], settling.units[several]
    inside = np.isin(units, common)
    if not inside.any() or inside.all() or not share.any():
        return False
    test = mannwhitneyu(share[inside], share[~inside], alternative="greater", method="asymptotic")
    return bool(test.pvalue < BY_CHANCE)


def _with(round_: Round, question: str, ratings: Ratings) -> Round:
    return replace(round_, ratings={**round_.ratings, question: ratings})


def _changes(
    question: Question,
    then: Question,
    before: Measured,
    after: Measured,
    wanted: Sequence[Agreement],
    plan: IntervalPlan,
    tasks: Tasks,
    told: Sequence[Agreement] | None = None,
) -> tuple[Change, ...]:
    old = _rows(then, before, wanted, plan)
    new = _rows(question, after, wanted, plan) if told is None else {_key(r): r for r in told}
    sides = _Sides(question, then, before, after)
    return tuple(
        _change(row, old.get(_key(row)), new.get(_key(row)), sides, plan, tasks, i == 0)
        for i, row in enumerate(wanted)
    )


def _key(row: Agreement) -> Key:
    return row.metric, row.weights, row.distance


def _rows(
    question: Question, measured: Measured, wanted: Sequence[Agreement], plan: IntervalPlan
) -> dict[Key, Agreement]:
    round_ = measured.round
    rows = agreement(
        question,
        round_.ratings[question.name],
        round_.raters,
        metrics=list(dict.fromkeys(row.metric for row in wanted)),
        resamples=plan.resamples,
        seed=plan.seed,
        confidence=plan.confidence,
        interval=plan.method,
        groups=measured.groups,
        resample_raters=plan.resample_raters,
    )
    return {_key(row): row for row in rows if row.label is None and row.raters is None}


class _Sides:
    """The sums behind a coefficient in both rounds, made once per coefficient."""

    def __init__(
        self, question: Question, then: Question, before: Measured, after: Measured
    ) -> None:
        self.question, self.then = question, then
        self._measured = before, after
        self._tables = tuple(
            Tables(asked, m.round.ratings[asked.name], len(m.round.raters))
            for asked, m in ((then, before), (question, after))
        )
        self.of = cache(self._of)

    def _of(self, key: Key) -> tuple[Side, Side] | None:
        name, weights, distance = key
        of_metric = metric(name)
        found = []
        for tables, measured in zip(self._tables, self._measured, strict=True):
            if of_metric.statistic == "pair_tables":
                table = tables.pairs
                if not table.n_pairs or not table.dense:
                    return None
                additive = cohen.additive(
                    table, tables.scale.weights(weights), pooled=of_metric.pooled
                )
                column = table.n_pairs + of_metric.mean
                found.append(Side(additive, tables.rater_patterns, measured.row, column))
                continue
            counted = of_metric.statistic == "counts"
            source = tables.counts if counted else tables.rater_patterns
            additive = resolve(of_metric.function)(source, weights or distance, tables.scale)
            patterns = tables.count_patterns if counted else tables.rater_patterns
            found.append(Side(additive, patterns, measured.row))
        return found[0], found[1]


def _change(
    row: Agreement,
    before: Agreement | None,
    after: Agreement | None,
    sides: _Sides,
    plan: IntervalPlan,
    tasks: Tasks,
    first: bool,  # noqa: FBT001  # passed through
) -> Change:
    question, then = sides.question, sides.then
    difference = lower = upper = rho = None
    method: str | None = None
    reason = _incomparable(row.metric, row.weights or row.distance, question, then)
    if reason is None and before is not None and after is not None:
        if before.value is not None and after.value is not None:
            difference = after.value - before.value
        for side in (before, after):
            if side.value is None or side.lower is None:
                reason = reason or side.reason or "no_interval"
        if reason is None:
            lower, upper, method, rho = _ends(before, after, sides.of(_key(row)), plan)
            if lower is None:
                reason = "too_little_variation"
    elif reason is None:
        reason = "not_in_both"
    return Change(
        question=question.name,
        metric=row.metric,
        weights=row.weights,
        distance=row.distance,
        tasks=tasks,
        headline=first and row.metric == HEADLINE,
        before=before,
        after=after,
        difference=difference,
        lower=lower,
        upper=upper,
        confidence=plan.confidence,
        interval_method=method,
        correlation=rho,
        detectable=(
            None
            if lower is None or upper is None
            else differences.detectable(lower, upper, plan.confidence)
        ),
        word=word(lower, upper),
        reason=reason,
    )


def word(lower: float | None, upper: float | None) -> Word:
    """The one word for the interval of a difference in agreement.

    >>> word(0.01, 0.2), word(-0.2, -0.01), word(-0.1, 0.1), word(None, None)
    ('improved', 'worse', 'not_shown', 'cannot_tell')
    """
    if lower is None or upper is None:
        return "cannot_tell"
    return "improved" if lower > 0 else "worse" if upper < 0 else "not_shown"


def _ends(
    before: Agreement, after: Agreement, sides: tuple[Side, Side] | None, plan: IntervalPlan
) -> tuple[float | None, float | None, str | None, float | None]:
    """The ends of the interval, how it was made, and the correlation that it knows of."""
    drawn = all((r.interval_method or "").startswith("bootstrap") for r in (before, after))
    if drawn and sides is not None and not plan.resample_raters:
        ends = differences.resampled(
            *sides, resamples=plan.resamples, seed=plan.seed, confidence=plan.confidence
        )
        return (*(ends or (None, None)), differences.PERCENTILE if ends else None, None)
    rho = 0.0
    if sides is not None and before.error and after.error:
        rho = differences.correlation(*sides, (before.error, after.error))
    lower, upper = differences.mover(_told(before), _told(after), rho)
    return lower, upper, differences.MOVER, rho


def _told(row: Agreement) -> tuple[float, float, float]:
    """Value and ends of a row that has them."""
    assert row.value is not None
    assert row.lower is not None
    assert row.upper is not None
    return row.value, row.lower, row.upper


def _incomparable(name: str, variant: str | None, question: Question, then: Question) -> str | None:
    """Why a coefficient means something else in the two rounds, None where it does not."""
    if question.level != then.level:
        return "other_level"
    if name in OF_UNIVERSE and set(question.labels) != set(then.labels):
        return "other_labels"
    if variant == "cost" and question.costs != then.costs:
        return "other_costs"
    return None


def people(raters: Sequence[Rater]) -> set[str]:
    """The ids of those who are people."""
    return {rater.id for rater in raters if rater.kind == "person"}
