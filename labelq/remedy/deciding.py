"""Making a decision: about a cluster of an audit, or about labels alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from labelq.errors import DecisionsError
from labelq.labels.model import Round
from labelq.pinpoint.findings import Cluster
from labelq.remedy.decisions import Decision, Evidence, Outcome, Scope, new_id, refusal

MOST_TASKS = 200
"""So many tasks of a cluster are written down, the most central; lookalikes are the rest."""

ABOUT_LABELS = ("split", "merge", "rename", "drop")
"""Outcomes that hold wherever the label stands."""


def about_cluster(cluster: Cluster, round_: Round, taken: Collection[str] = ()) -> Decision:
    """An open decision about a cluster: its tasks, their lookalikes, and what was seen.

    A remainder has no common content, so it has no lookalikes.
    """
    ids = round_.units.ids
    return Decision(
        id=new_id(cluster.words, cluster.labels, taken),
        question=cluster.question,
        labels=cluster.labels,
        outcome="undecided",
        scope=Scope(
            tasks=tuple(ids[unit] for unit in cluster.units[:MOST_TASKS]),
            lookalikes=not cluster.remainder,
        ),
        evidence=Evidence(
            round=round_.name,
            cluster=cluster.id,
            words=cluster.words,
            n_units=len(cluster.units),
            share=round(cluster.share, 4),
        ),
    )


def about_labels(
    question: str, labels: Sequence[str], scope: Scope, taken: Collection[str] = ()
) -> Decision:
    """An open decision about labels, without a cluster."""
    words = scope.words or tuple(scope.where.values())
    return Decision(
        id=new_id(words, labels, taken),
        question=question,
        labels=tuple(labels),
        outcome="undecided",
        scope=scope,
    )


def same_question(decisions: Iterable[Decision], fresh: Decision) -> Decision | None:
    """The decision that ``fresh`` takes the place of: the same cluster of the same round, or
    without a cluster the same labels and scope. None where it is a decision of its own.

    Rounds are often called alike: where both name tasks, they must share one.
    """
    for decision in decisions:
        if decision.question != fresh.question:
            continue
        then, now = decision.evidence, fresh.evidence
        if now is None:
            told = replace(decision.scope, excluded=fresh.scope.excluded)  # no condition
            if (set(decision.labels), told) == (set(fresh.labels), fresh.scope):
                return decision
        elif then is not None and (then.round, then.cluster) == (now.round, now.cluster):
            tasks = set(decision.scope.tasks)
            labels = set(decision.labels)
            if labels & set(fresh.labels) and (not tasks or tasks & set(fresh.scope.tasks)):
                return decision
    return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said about a question; None and empty: not said.

    ``scope`` are conditions in place of the cluster's tasks, and tasks to leave out of it;
    ``exact`` means only the tasks that are named, without lookalikes.
    """

    outcome: Outcome | None = None
    label: str | None = None
    into: tuple[str, ...] = ()
    rule: str = ""
    who: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)
    exact: bool = False
    when: dt.date | None = None


def answered(fresh: Decision, known: Decision | None, answer: Answer) -> Decision:
    """The decision that an answer makes of an open one (``fresh``).

    ``known`` is the decision whose place it takes: its id stays, and what is not said again.
    Splits, merges, renames and drops are about labels: unless conditions are given, they hold
    wherever the label stands, not in a cluster only. ``drop`` is told the label that goes.

    Raises:
        DecisionsError: no decision can be like that.
    """
    decision = fresh
    if known is not None:
        decision = replace(
            known, evidence=fresh.evidence, labels=fresh.labels if answer.outcome else known.labels
        )
    if answer.outcome is not None:
        decision = replace(decision, outcome=answer.outcome, label=answer.label, into=answer.into)
        gone = (answer.label,) if answer.label is not None else ()
        if answer.outcome in ("merge", "rename"):
            decision = replace(decision, scope=Scope())
        elif answer.outcome in ("split", "drop"):
            decision = replace(decision, scope=Scope(labels=gone))
        elif known is not None and known.outcome in ABOUT_LABELS:
            decision = replace(decision, scope=fresh.scope)
        if answer.outcome == "drop":
            rest = (label for label in decision.labels if label not in gone)
            decision = replace(decision, labels=(*gone, *rest), label=None)
    scope = answer.scope or decision.scope
    decision = replace(
        decision,
        scope=replace(
            scope,
            lookalikes=scope.lookalikes and not answer.exact,
            excluded=answer.scope.excluded or decision.scope.excluded,
        ),
        rule=answer.rule.strip() or decision.rule,
        who=answer.who or decision.who,
        examples=answer.examples or decision.examples,
        when=answer.when or decision.when,
    )
    if wrong := refusal(decision):
        raise DecisionsError(f"{wrong[0]}: {wrong[1]}")
    return decision
