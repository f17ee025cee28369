"""Proposed rules: what a guideline lacks, with the evidence, as data and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labelq.labels.model import Ratings, Round, Value
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import CauseKind, Cluster
from labelq.pinpoint.votes import single_labels
from labelq.remedy.acts import ProposedRule
from labelq.remedy.quoting import coefficient, percent, quoted

AT_MOST = 6
WORTH: tuple[CauseKind, ...] = ("gap", "ambiguous", "too_little")
"""Causes that a rule can mend, in the order in which rules are proposed."""

OTHERWISE: tuple[CauseKind, ...] = ("rater", "slip")
"""Causes that concern people: proposed only where there is nothing else."""

UNDECIDED = "UNDECIDED"
TO_BE_CONFIRMED = "to be confirmed"

CLEAR, NOT_THIS, SIZE = "- Clear so far:", "- Not this:", "- Size of the problem:"
FOR_THE_MEETING = (CLEAR, NOT_THIS, SIZE)
"""How the lines of a rule begin that say how people voted, and what the rule is worth."""

ENOUGH_UNITS = 5
"""Fewer disputed units than this are no rule where the cause is ambiguous."""


def worth_a_rule(clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """The clusters for which a rule is proposed: at most six, guideline gaps first.

    Only clusters whose content can be named: a rule must say when it applies. Of ambiguous
    ones, only those with five or more disputed units.
    """
    named = [
        cluster
        for cluster in clusters
        if cluster.words
        and not cluster.remainder
        and (cluster.cause.kind != "ambiguous" or len(cluster.units) >= ENOUGH_UNITS)
    ]
    for causes in (WORTH, OTHERWISE):
        chosen = [cluster for cluster in named if cluster.cause.kind in causes]
        if chosen:
            chosen.sort(key=lambda cluster: causes.index(cluster.cause.kind))
            return tuple(chosen[:AT_MOST])
    return ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Units that show a rule: unit codes, None where there is none."""

    examples: tuple[int, ...]
    counterexample: int | None
    borderline: int | None


def evidence(round_: Round, cluster: Cluster, consensus: Consensus, ratings: Ratings) -> Evidence:
    """Two examples, a counter-example and a borderline case, all with different texts.

    Examples are the most central units, where the consensus decided those with its label. The
    counter-example looks alike, two or more raters agreed on the pair's other label, and nobody
    was asked again.
    """
    seen: set[str] = set()

    def fresh(unit: int) -> bool:
        text = " ".join((round_.units.text[unit] or round_.units.ids[unit]).split())
        new = text not in seen
        seen.add(text)
        return new

    best = dict(zip(consensus.units.tolist(), consensus.best, strict=True))
    label = cluster.consensus
    borderline = next((unit for unit in cluster.divided if fresh(unit)), None)
    examples: list[int] = []
    fitting = [u for u in cluster.units if label is None or _stands_for(best[u], label, cluster)]
    for unit in (*fitting, *cluster.units):
        if len(examples) < 2 and fresh(unit):
            examples.append(unit)
    other = next(name for name in cluster.labels if name != (label or cluster.labels[0]))
    counter = None
    votes = round_.selected.get(cluster.question)
    later = set(votes.unit.tolist()) if votes is not None else set()
    later.update(round_.adjudicated.get(cluster.question, ()))
    for unit in cluster.lookalikes:
        a, b = np.searchsorted(ratings.unit, [unit, unit + 1])
        several = b - a >= 2 and unit not in later
        if several and _stands_for(best[unit], other, cluster) and fresh(unit):
            counter = unit
            break
    return Evidence(tuple(examples), counter, borderline)


def _stands_for(value: Value, label: str, cluster: Cluster) -> bool:
    """Whether a value gives ``label``; the second of a tick's pair is its absence."""
    names = single_labels(value)
    if cluster.labels[1] == f"without {cluster.labels[0]}":
        return (cluster.labels[0] in names) == (label == cluster.labels[0])
    return label in names


def propose(
    round_: Round,
    cluster: Cluster,
    consensuses: Mapping[str, Consensus],
    *,
    heading: str,
    level: int,
    line_end: str,
) -> ProposedRule:
    """The rule for one cluster, to stand under ``heading`` at heading level ``level``."""
    shown = evidence(
        round_, cluster, consensuses[cluster.question], round_.ratings[cluster.question]
    )
    lines = _lines(round_, cluster, shown, level)
    return ProposedRule(
        cluster=cluster.id,
        question=cluster.question,
        heading=heading,
        labels=cluster.labels,
        words=cluster.words,
        label=cluster.consensus,
        examples=shown.examples,
        counterexample=shown.counterexample,
        borderline=shown.borderline,
        n_units=len(cluster.units),
        share=cluster.share,
        text=line_end.join(lines) + line_end,
    )


def _lines(round_: Round, cluster: Cluster, shown: Evidence, level: int) -> list[str]:
    words = ", ".join(quoted(word, 40) for word in cluster.words)
    first, second = (quoted(label, 60) for label in cluster.labels[:2])
    decided = cluster.consensus
    if decided is None:
        answer = f"**{UNDECIDED}**: {either(cluster.labels)}"
    else:
        answer = f"**{quoted(decided, 60)}**, which is what the consensus says; {TO_BE_CONFIRMED}."
    if cluster.cause.kind == "gap":
        answer += " Annotators follow opposite rules here."
    n = len(cluster.units)
    size = f"{n} {'task' if n == 1 else 'tasks'}, {percent(cluster.share)} of the disagreement"
    if cluster.settled is not None:
        size += f"; with these settled, alpha would be at most {coefficient(cluster.settled)}"
    lines = [
        f"{'#' * min(level, 6)} Proposed rule: {either(cluster.labels)} ({words})",
        "",
        f"- When: the task often contains {words}.",
        f"- {answer_to(cluster.question)} {answer}",
    ]
    lines += [f"- Example: {cited(round_, unit)}" for unit in shown.examples]
    if shown.counterexample is not None:
        other = second if decided in (None, cluster.labels[0]) else first
        cite = cited(round_, shown.counterexample)
        what = CLEAR if decided is None else NOT_THIS
        lines.append(f"{what} {cite} (all who labeled it said {other})")
    if shown.borderline is not None:
        lines.append(f"- Borderline: {cited(round_, shown.borderline)}")
    lines.append(f"{SIZE} {size}.")
    return lines


def either(labels: Sequence[str]) -> str:
    """The question that a rule answers, such as ``Refund or Billing?``."""
    *first, last = (quoted(label, 60) for label in labels)
    return f"{', '.join(first)} or {last}?"


def answer_to(question: str) -> str:
    """How the line of a rule begins that says its answer."""
    return f"Answer to {quoted(question, 60)}:"


def cited(round_: Round, unit: int) -> str:
    """A task as evidence: its id and its text, quoted."""
    text = round_.units.text[unit]
    name = f"task {quoted(round_.units.ids[unit], 60)}"
    return f"{name}, “{quoted(text)}”" if text and text.strip() else name
