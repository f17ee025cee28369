"""Clusters as cards and edge cases as rows: looked up in an audit and put into words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.pinpoint.findings import Cluster, EdgeCase
from labelq.report import causes, decisions
from labelq.report.beside import NOTHING, Beside
from labelq.report.examples import Example, example
from labelq.report.findings import cluster_anchors, is_open, stands_open
from labelq.report.names import Names
from labelq.report.numbers import count, percent
from labelq.report.text import mark
from labelq.report.without_text import is_without_text

if TYPE_CHECKING:
    from labelq.auditing import Audit

MOST_CLUSTERS, MOST_EDGE_CASES, MOST_EXAMPLES, MOST_OTHERS = 24, 30, 3, 2

LONGEST_ID = 200
"""A longer id of a cluster is in no command: its question has an endless name."""

NO_RULE = {
    "slip": "Nothing to decide: the label that most gave stands, and the queue asks for another"
    " answer where that is not sure.",
    "too_little": "Nothing to decide yet: more tasks like these, or more answers to them, may tell"
    " the cause.",
}
"""What to do with a cluster that no rule would settle."""


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a cause is: ``x`` and ``width`` are percent of a bar of all four."""

    kind: str
    name: str
    share: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """One cluster; the fields but ``anchor``, ``words`` and ``examples`` are sentences.

    ``todo`` is what to do about it, ``command`` the command that records a decision.
    """

    anchor: str
    question: str
    cause: str
    meaning: str
    labels: str
    quoted: str
    size: str
    chances: list[Chance]
    basis: str
    evidence: list[str]
    consensus: str
    decided: str
    todo: str
    command: str
    words: tuple[str, ...]
    examples: list[Example]
    more: int
    open: bool  # worth being seen without a click


def cluster_cards(audit: Audit, names: Names, beside: Beside = NOTHING) -> list[ClusterCard]:
    """The clusters as cards, the first matters most."""
    anchors = cluster_anchors(audit)
    return [
        _card(audit, names, cluster, anchors[cluster.id], beside)
        for cluster in audit.clusters[:MOST_CLUSTERS]
    ]


def examples_of(cluster: Cluster) -> list[int]:
    """The unit codes of the examples: the most central show what it is about, the most divided
    where it hurts.
    """
    shown = [*cluster.units[:2], *cluster.divided[:1], *cluster.units[2:3]]
    return list(dict.fromkeys(shown))[:MOST_EXAMPLES]


def _card(audit: Audit, names: Names, cluster: Cluster, anchor: str, beside: Beside) -> ClusterCard:
    shown = examples_of(cluster)
    words = () if is_without_text(audit) else cluster.words
    todo, command = _todo(audit, cluster, names, beside.directory)
    return ClusterCard(
        anchor=anchor,
        question=mark(cluster.question),
        cause=causes.cause(cluster, names),
        meaning=causes.CAUSES[cluster.cause.kind][1],
        labels=causes.either(cluster.labels),
        quoted=causes.words_of(cluster) if not cluster.remainder else "no common content",
        size=causes.cluster_size(cluster),
        chances=chances(cluster),
        basis=causes.BASES[cluster.cause.basis],
        evidence=causes.evidence(cluster, names) + causes.set_apart(cluster),
        consensus=causes.consensus(cluster),
        decided=decisions.told(audit.decision(cluster.id)),
        todo=todo,
        command=command,
        words=words,
        examples=[
            example(audit.round, cluster.question, unit, names, words=words, beside=beside)
            for unit in shown
        ],
        more=len(cluster.units) - len(shown),
        open=stands_open(cluster),
    )


def chances(cluster: Cluster) -> list[Chance]:
    """How likely each cause is, the likeliest first; empty where nobody can tell, or no test
    bears the likeliest out: a bar would say what the cause does not.
    """
    found, at = [], 0.0
    told = {} if cluster.cause.kind == "too_little" else cluster.cause.probabilities
    for kind, chance in sorted(told.items(), key=lambda item: -item[1]):
        width = round(100 * chance, 1)
        found.append(Chance(kind, causes.NOUNS[kind], percent(chance), round(at, 1), width))
        at += width
    return found


def _todo(audit: Audit, cluster: Cluster, names: Names, directory: str) -> tuple[str, str]:
    """What to do about a cluster as a sentence, and the command where there is one."""
    kind = cluster.cause
    if not is_open(audit, cluster):
        return "", ""
    if kind.kind == "rater" and kind.rater is not None:
        return f"No rule is missing: go through these tasks with {names.sentence(kind.rater)}.", ""
    if kind.kind in NO_RULE:
        return NO_RULE[kind.kind], ""
    if cluster.remainder:
        return "No one rule covers tasks without a common content: they are asked one by one.", ""
    on_agenda = any(cluster.id in agenda.clusters for agenda in audit.agendas)
    said = "On the agenda of the guideline meeting." if on_agenda else "For the guideline meeting."
    # Without a cluster's id the command lists all of them.
    about = [cluster.id] if len(cluster.id) <= LONGEST_ID else []
    command = shlex.join(["labelq", "decide", directory, *about])
    return f"{said} What it decides is recorded by", command


def edge_cases(
    audit: Audit, names: Names, beside: Beside = NOTHING
) -> list[tuple[str, str, str, Example]]:
    """Kind, question, what else there is to say (sentences) and the task."""
    found = []
    for case in shown_edge_cases(audit.edge_cases):
        shown = example(audit.round, case.question, case.unit, names, limit=200, beside=beside)
        kind = causes.EDGE_CASES[case.kind]
        found.append((kind, mark(case.question), _others(audit, case, names), shown))
    return found


def _others(audit: Audit, case: EdgeCase, names: Names) -> str:
    """The other tasks with (nearly) the same text and what they were labeled, perhaps empty."""
    told = []
    for unit in case.others[:MOST_OTHERS]:
        other = example(audit.round, case.question, unit, names, limit=160)
        text = f" “{mark(other.text or other.missing, 160)}”" if case.kind == "near_text" else ""
        told.append(f"task {mark(other.id, 40)}{text} ({other.counts})")
    if not told:
        return ""
    if len(case.others) > len(told):
        told.append(f"{count(len(case.others) - len(told))} more")
    nearly = "nearly the " if case.kind == "near_text" else ""
    return f"{nearly}same text: {', '.join(told)}"


def shown_edge_cases(cases: Sequence[EdgeCase]) -> list[EdgeCase]:
    """The first few edge cases of every kind and question, in the audit's order.

    A task that stands there for one reason is not shown again for another.
    """
    waiting: dict[tuple[str, str], list[int]] = {}
    for place, case in enumerate(cases):
        waiting.setdefault((case.question, case.kind), []).append(place)
    chosen: list[int] = []
    shown: set[tuple[str, int]] = set()
    queues = [iter(places) for places in waiting.values()]
    while queues and len(chosen) < MOST_EDGE_CASES:
        for places in list(queues):
            place = next((p for p in places if (cases[p].question, cases[p].unit) not in shown), -1)
            if place < 0:
                queues.remove(places)
            else:
                chosen.append(place)
                shown.add((cases[place].question, cases[place].unit))
    return [cases[place] for place in sorted(chosen[:MOST_EDGE_CASES])]
