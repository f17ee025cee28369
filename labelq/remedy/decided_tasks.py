"""What decided labels say about a round: about its consensus, its clusters, its raters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from labelq.labels.cells import cell_of
from labelq.labels.model import Question, Round, label_text
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.votes import tick_labels
from labelq.remedy.adjudication import Adjudicated, value_in
from labelq.remedy.decisions import Decision
from labelq.remedy.scope import Scopes, wrong_values

__all__ = ["Against", "InCluster", "Sides", "Tally", "against", "tally"]


@dataclass(frozen=True, slots=True)
class InCluster:
    """What the ``n`` decided tasks of a cluster say: label → how many, most frequent first."""

    cluster: Cluster
    n: int
    said: tuple[tuple[str, int], ...]

    @property
    def contradicts(self) -> bool:
        """Whether one of them says something else than the label that the cluster leans to."""
        leans = self.cluster.consensus
        return leans is not None and any(label != leans for label, _ in self.said)


@dataclass(frozen=True, slots=True)
class Against:
    """A unit (its id) whose decided label contradicts what the meeting decided."""

    unit: str
    label: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Sides:
    """Rater code ``rater`` said what was decided on ``n`` of the ``of`` decided tasks rated."""

    question: str
    rater: int
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Decided labels beside what the round's audit found.

    Of the decided labels of a question those ``agree`` (question → n, of) that say what the
    consensus so far says; labels that had been decided before are not compared. ``clusters`` are
    those with decided tasks.
    """

    agree: Mapping[str, tuple[int, int]]
    clusters: tuple[InCluster, ...]
    sides: tuple[Sides, ...]


def tally(
    round_: Round,
    clusters: Sequence[Cluster],
    consensus: Mapping[tuple[str, str], str],
    rows: Sequence[Adjudicated],
) -> Tally:
    """What ``rows`` say about ``clusters``, the raters, and the ``consensus`` so far.

    ``consensus`` is (unit id, question) → cell, without labels that were decided before.
    """
    code = {unit: i for i, unit in enumerate(round_.units.ids)}
    agree: dict[str, tuple[int, int]] = {}
    decided: dict[str, dict[int, str]] = {}
    for row in rows:
        decided.setdefault(row.question, {})[code[row.unit]] = row.label
        estimate = consensus.get((row.unit, row.question))
        if estimate is not None:
            n, of = agree.get(row.question, (0, 0))
            agree[row.question] = (n + (estimate == row.label), of + 1)
    return Tally(
        agree,
        tuple(found for one in clusters if (found := _in_cluster(round_, one, decided))),
        tuple(side for name, said in decided.items() for side in _sides(round_, name, said)),
    )


def against(
    round_: Round, decisions: Sequence[Decision], rows: Sequence[Adjudicated]
) -> list[Against]:
    """The ``rows`` that contradict one of ``decisions`` about this round, in the order of these."""
    code = {unit: i for i, unit in enumerate(round_.units.ids)}
    asked = {question.name: question for question in round_.questions}
    scopes = Scopes(round_)
    found = []
    for decision in decisions:
        own = [row for row in rows if row.question == decision.question and row.unit in code]
        if not own or not decision.decided:
            continue
        inside = set(scopes.units(decision).tolist())
        question = _with(asked[decision.question], decision.given)
        for row in own:
            value = value_in(question, row.label)
            if code[row.unit] in inside and value is not None and wrong_values(decision, [value]):
                found.append(Against(row.unit, row.label, decision))
    return found


def _with(question: Question, given: Sequence[str]) -> Question:
    """The question with labels that a decision brought."""
    if not question.labels:
        return question
    return replace(question, labels=tuple(dict.fromkeys((*question.labels, *given))))


def _in_cluster(
    round_: Round, cluster: Cluster, decided: Mapping[str, Mapping[int, str]]
) -> InCluster | None:
    cells = decided.get(cluster.question, {})
    said = [
        _said(round_.question(cluster.question), cluster, cells[unit])
        for unit in cluster.units
        if unit in cells
    ]
    if not said:
        return None
    ranked = sorted(Counter(said).items(), key=lambda item: (-item[1], item[0]))
    return InCluster(cluster, len(said), tuple(ranked))


def _said(question: Question, cluster: Cluster, cell: str) -> str:
    """What a cell says to the choice that a cluster is about: a label, or a tick and its lack."""
    value = value_in(question, cell)
    if not isinstance(value, frozenset):
        return cell if value is None else label_text(value)
    for label in question.labels:
        answers = tick_labels(label)
        if set(answers) == set(cluster.labels):
            return answers[label in value]
    return label_text(value)


def _sides(round_: Round, question: str, said: Mapping[int, str]) -> list[Sides]:
    ratings = round_.ratings[question]
    rows = np.flatnonzero(np.isin(ratings.unit, list(said)))
    same: Counter[int] = Counter()
    of: Counter[int] = Counter()
    for row in rows.tolist():
        rater = int(ratings.rater[row])
        of[rater] += 1
        same[rater] += cell_of(ratings.values[ratings.value[row]]) == said[int(ratings.unit[row])]
    return [Sides(question, rater, same[rater], of[rater]) for rater in sorted(of)]
