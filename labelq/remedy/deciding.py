"""Making a decision: about a cluster of an audit, or about labels alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from labelq.labels.model import Round
from labelq.pinpoint.findings import Cluster
from labelq.remedy.decisions import Decision, Evidence, Scope, new_id

MOST_TASKS = 200
"""So many tasks of a cluster are written down, the most central; lookalikes are the rest."""


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
    """
    for decision in decisions:
        if decision.question != fresh.question:
            continue
        if fresh.evidence is not None:
            seen = decision.evidence
            if seen is not None and (seen.round, seen.cluster) == (
                fresh.evidence.round,
                fresh.evidence.cluster,
            ):
                return decision
        elif (set(decision.labels), decision.scope) == (set(fresh.labels), fresh.scope):
            return decision
    return None


def first_label(decision: Decision, label: str) -> Decision:
    """The decision with ``label`` as the first of its labels: the one that is dropped."""
    rest = tuple(one for one in decision.labels if one != label)
    return replace(decision, labels=(label, *rest), label=None)
