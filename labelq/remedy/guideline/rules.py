"""Proposed rules: what a guideline lacks, with the evidence, as data and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labelq.labels.model import Ratings, Round, Value
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import CauseKind, Cluster
from labelq.pinpoint.votes import single_labels
from labelq.remedy.acts import ProposedRule
from labelq.remedy.guideline.marks import (
    ANSWERED,
    COUNTER,
    END,
    EVIDENCE,
    PROPOSED,
    WRITE_HERE,
    mark,
)
from labelq.remedy.guideline.wording import (
    TaskLinks,
    called,
    camps,
    cited,
    does,
    does_not,
    either,
    hint,
    n_held,
    n_mentioning,
    named,
    often,
    series,
    shown,
    tick_of,
    topics_of,
    when_is,
)
from labelq.remedy.quoting import coefficient, percent, quoted

AT_MOST = 6
WORTH: tuple[CauseKind, ...] = ("gap", "ambiguous", "too_little")
"""Causes that a rule can mend, in the order in which rules are proposed."""

OTHERWISE: tuple[CauseKind, ...] = ("rater", "slip")
"""Causes that concern people: proposed only where there is nothing else."""

ENOUGH_UNITS = 5
"""Fewer disputed units than this are no rule where the cause is ambiguous."""


def worth_a_rule(
    clusters: Sequence[Cluster], settled: Callable[[Cluster], bool] = lambda _cluster: False
) -> tuple[Cluster, ...]:
    """The clusters for which a rule is proposed: at most six, guideline gaps first.

    Only clusters whose content can be named: a rule must say when it applies. Of ambiguous
    ones, only those with five or more disputed units. Those that are ``settled`` need none,
    but a habit is no reason for a rule because the gaps beside it are settled.
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
            return tuple([cluster for cluster in chosen if not settled(cluster)][:AT_MOST])
    return ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Units that show a rule: unit codes, None where there is none."""

    examples: tuple[int, ...]
    counterexample: int | None
    borderline: int | None


def evidence(
    round_: Round,
    cluster: Cluster,
    consensus: Consensus,
    ratings: Ratings,
    *,
    topics: Sequence[str] = (),
    scope: Collection[int] = (),
) -> Evidence:
    """Two examples, a counter-example and a borderline case, all with different texts.

    Examples are the most central units, where the consensus decided those with its label. The
    counter-example is a unit on which two or more raters agreed on another label of the
    cluster, and nobody was asked again. It holds the words that the rule shows (``topics``):
    one that looks alike, else the one that holds most of them.
    Where raters hold opposite rules one of them must have left an own rule for it: two who
    hold the same rule always agree. It is not in ``scope``, the units that a decision is about.
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
    others = [name for name in cluster.labels if name != (label or cluster.labels[0])]
    votes = round_.selected.get(cluster.question)
    later = set(votes.unit.tolist()) if votes is not None else set()
    later.update(round_.adjudicated.get(cluster.question, ()))

    gap = cluster.cause.kind == "gap"
    rule = {camp.rater: camp.label for camp in cluster.cause.camps if gap}

    def agreed(unit: int) -> bool:
        a, b = np.searchsorted(ratings.unit, [unit, unit + 1])
        given = ratings.value[a:b]
        if b - a < 2 or unit in later or unit in scope or (given != given[0]).any():
            return False
        labels = [x for x in others if _stands_for(ratings.values[given[0]], x, cluster)]
        own = [rule.get(rater) for rater in ratings.rater[a:b].tolist()]
        return bool(labels) and (not gap or any(x not in (None, labels[0]) for x in own))

    def held(unit: int) -> int:
        """How many topics; a single one counts if it is one of the two that say most."""
        n = n_held(round_, unit, topics)
        return n if n > 1 or (n and n_held(round_, unit, topics[:2])) else 0

    alike = (
        unit
        for unit in cluster.lookalikes
        if (not topics or held(unit)) and agreed(unit) and fresh(unit)
    )
    counter = next(alike, None)
    if counter is None:
        taken = set(cluster.units)
        others_held = ((held(unit), unit) for unit in consensus.units.tolist())
        ranked = sorted((-n, unit) for n, unit in others_held if n and unit not in taken)
        counter = next((unit for _, unit in ranked if agreed(unit) and fresh(unit)), None)
    return Evidence(tuple(examples), counter, borderline)


def _stands_for(value: Value, label: str, cluster: Cluster) -> bool:
    """Whether a value gives ``label``; one of a tick's pair is the absence of the other."""
    names = single_labels(value)
    tick = tick_of(cluster.labels)
    if tick is not None:
        return (tick in names) == (label == tick)
    return label in names


def propose(
    round_: Round,
    cluster: Cluster,
    consensuses: Mapping[str, Consensus],
    *,
    heading: str,
    level: int,
    line_end: str,
    links: TaskLinks | None = None,
    remarks: Sequence[str] = (),
) -> ProposedRule:
    """The rule for one cluster, to stand under ``heading`` at heading level ``level``.

    ``remarks`` are sentences for the meeting, put below the evidence.
    """
    topics = topics_of(round_, cluster)
    ratings = round_.ratings[cluster.question]
    found = evidence(round_, cluster, consensuses[cluster.question], ratings, topics=topics)
    title = f"{either(cluster.labels)}?{often(topics)}"
    about = {
        "question": cluster.question,
        "labels": list(cluster.labels),
        "words": list(cluster.words),
        "round": round_.name,
        "tasks": len(cluster.units),
    }
    lines = [
        mark("proposed", about),
        f"{'#' * min(level, 6)} {PROPOSED}: {title}",
        "",
        f"{_answer(cluster)}{hint(round_, cluster.units, topics)}",
        "",
        f"{WRITE_HERE}in one sentence, {when_is(cluster.labels)}*",
        "",
        *_answered(cluster),
        "",
        *examples(round_, cluster, found, cluster.consensus, links),
        "",
        f"{EVIDENCE} {size(round_, cluster, topics)}{stake(cluster)}*",
        *(line for remark in remarks for line in ("", f"*{remark}*")),
        END,
    ]
    return ProposedRule(
        cluster=cluster.id,
        question=cluster.question,
        heading=heading,
        labels=cluster.labels,
        words=cluster.words,
        label=cluster.consensus,
        examples=found.examples,
        counterexample=found.counterexample,
        borderline=found.borderline,
        n_units=len(cluster.units),
        share=cluster.share,
        text=line_end.join(lines) + line_end,
        title=title,
    )


def _answer(cluster: Cluster) -> str:
    """What the rule proposes, as a sentence about its examples."""
    labels, lean = cluster.labels, cluster.consensus
    if lean is not None:
        return f"For tasks like these, {does_not(lean, labels)}."
    tick = tick_of(labels)
    if tick is not None:
        choices = " or ".join(does(label, labels) for label in labels)
        return f"For tasks like these, {choices}: the meeting keeps one of them."
    could = series([f"**{shown(label)}**" for label in labels])
    return f"Tasks like these are {could}: the meeting keeps one of them."


_CAUSES: Mapping[CauseKind, str] = {
    "gap": "annotators follow different rules here",
    "ambiguous": "annotators answer these tasks now one way, now the other",
    "too_little": "annotators differ on these tasks, and the answers are too few to say why",
    "rater": "one annotator answers these tasks unlike the others",
    "slip": "most annotators agree on these tasks, and single answers differ",
}


def _answered(cluster: Cluster) -> list[str]:
    """One paragraph, on one line: how annotators answered until now."""
    said = f"{ANSWERED}{_CAUSES[cluster.cause.kind]}"
    told = camps(cluster) if cluster.cause.kind == "gap" else ""
    said += f": {told}." if told else "."
    labels: tuple[str, ...] = cluster.labels
    tick, lean = tick_of(labels), cluster.consensus
    if lean is None:
        neither = "neither" if len(labels) == 2 else "none of them"
        return [f"{said} Taken together, the answers favour {neither}."]
    towards = named(lean) if tick is None else "ticking it" if lean == tick else "not ticking it"
    return [f"{said} Taken together, the answers lean towards {towards}."]


def examples(
    round_: Round,
    cluster: Cluster,
    found: Evidence,
    label: str | None,
    links: TaskLinks | None,
    *,
    scope: Collection[int] = (),
) -> list[str]:
    """The list of examples under a rule; ``label`` is what the rule says (None: open).

    ``scope`` are the units that have been decided to be ``label``.
    """
    name = "For example" if label is None else called(label, cluster.labels)
    lines = [f"- *{name}:* {cited(round_, unit, links)}" for unit in found.examples]
    if found.borderline is not None:
        what = "Borderline, to talk about first" if label is None else "Borderline"
        if label is not None and found.borderline in scope:
            what += f", decided as {called(label, cluster.labels)}"
        lines.append(f"- *{what}:* {cited(round_, found.borderline, links)}")
    if found.counterexample is not None:
        given = _label_given(round_, cluster, found.counterexample)
        cite = cited(round_, found.counterexample, links)
        lines.append(f"{COUNTER}, clearly {called(given, cluster.labels)}:* {cite}")
    else:
        lines.append(f"{COUNTER}:* none in this round; add one if you know one.")
    return lines


def _label_given(round_: Round, cluster: Cluster, unit: int) -> str:
    """Which label of the cluster all gave to ``unit``."""
    ratings = round_.ratings[cluster.question]
    value = ratings.values[ratings.value[np.searchsorted(ratings.unit, unit)]]
    return next(label for label in cluster.labels if _stands_for(value, label, cluster))


def size(round_: Round, cluster: Cluster, topics: Sequence[str] = ()) -> str:
    """How large a cluster is, in one sentence; and how many of its tasks hold ``topics``."""
    n, some = len(cluster.units), n_mentioning(round_, cluster.units, topics)
    these = f" ({some:,} of them with these words)" if topics and some < n else ""
    return (
        f"{n:,} disputed {'task' if n == 1 else 'tasks'} in {quoted(round_.name, 60)}{these}"
        f" {'makes' if n == 1 else 'make'} up {percent(cluster.share)} of the disagreement about"
        f" {quoted(cluster.question, 60)}."
    )


def stake(cluster: Cluster) -> str:
    """What settling a cluster would bring at most, as a sentence; empty if nobody knows."""
    if cluster.settled is None:
        return ""
    return f" If they were settled, alpha would be at most {coefficient(cluster.settled)}."
