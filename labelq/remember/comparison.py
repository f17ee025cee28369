"""Did it help: a round against an earlier audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labelq.labels.grouping import groups_of
from labelq.labels.model import Codes, Round
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.results import Agreement
from labelq.remedy.decisions import Decision
from labelq.remedy.scope import Scopes
from labelq.remember.changes import changes, rows_of
from labelq.remember.earlier import Earlier
from labelq.remember.effects import decided_on, effects
from labelq.remember.fates import cluster_fates
from labelq.remember.findings import Comparison
from labelq.remember.likeness import Both
from labelq.remember.same_tasks import same_tasks
from labelq.remember.surroundings import surroundings


def compare(
    earlier: Earlier,
    round_: Round,
    agreements: Sequence[Agreement],
    plan: IntervalPlan,
    *,
    group: str | None = None,
    join: str | None = None,
    decisions: Sequence[Decision] = (),
    guideline: tuple[str, str] | None = None,
) -> Comparison:
    """``round_``, whose coefficients are ``agreements``, against an ``earlier`` audit.

    ``plan`` is how intervals are made, ``group`` the task field that keeps tasks together.
    ``join`` is the task field that tells which tasks are in both rounds (default: their id or
    content). Votes that came through a queue play no part: neither round's ratings hold them.

    Raises:
        SettingsError: the tasks of a round have no such field.
    """
    before = earlier.round
    same = same_tasks(before.units, round_.units, join)
    groups = None
    if group is not None:
        groups = groups_of(before.units, group), groups_of(round_.units, group)
    sides = rows_of(before, round_, same, groups)
    old = {question.name: question for question in before.questions}
    asked = [question for question in round_.questions if question.name in old]
    both = Both.of(before.units, round_.units)
    fates = cluster_fates(earlier, round_, both, plan.confidence)

    def in_scope(decision: Decision) -> tuple[Codes, Codes]:
        return _scope(decision, earlier, round_, both)

    return Comparison(
        name=earlier.name,
        joined_by=same.by,
        n_before=len(before.units),
        n_after=len(round_.units),
        n_common=len(same),
        changes=tuple(
            row for q in asked for row in changes(q, old[q.name], *sides, same, agreements, plan)
        ),
        clusters=fates,
        effects=effects(decisions, before, round_, in_scope, fates, plan.confidence),
        surroundings=surroundings(before, round_, (earlier.guideline, guideline)),
    )


def _scope(
    decision: Decision, earlier: Earlier, after: Round, both: Both | None
) -> tuple[Codes, Codes]:
    """The tasks in a decision's scope in both rounds, by the same rule in each.

    Tasks that were decided upon were chosen for being disputed. Where their lookalikes are meant
    too, what is compared are the tasks with their content, disputed or not.
    """
    before = earlier.round
    scopes = Scopes(before), Scopes(after, before.units)
    tasks = decision.scope.tasks
    if tasks and decision.scope.lookalikes and both is not None:
        code = {name: u for u, name in enumerate(before.units.ids)}
        anchors = {code[name] for name in tasks if name in code}
        told = decision.evidence
        for cluster in earlier.clusters:
            if decided_on(decision, earlier.name, cluster.id, cluster.labels):
                anchors.update(cluster.units, cluster.lookalikes)
        found = both.scopes([sorted(anchors)], [() if told is None else told.words])[0]
        if len(found[0]):
            rest = replace(decision, scope=replace(decision.scope, tasks=()))
            if not rest.scope:
                return found
            others = (scope.units(rest) for scope in scopes)
            first, second = (np.intersect1d(a, b) for a, b in zip(found, others, strict=True))
            return first, second
    return scopes[0].units(decision), scopes[1].units(decision)
