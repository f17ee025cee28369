"""The likely cause of every single disagreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from labelq.labels.model import Question, Round
from labelq.measure.results import Consensus
from labelq.pinpoint.causes.explaining import causes_of
from labelq.pinpoint.findings import Basis, Cluster, Disagreements
from labelq.pinpoint.votes import choices


def disagreements(
    round_: Round, consensuses: Mapping[str, Consensus], clusters: Sequence[Cluster]
) -> tuple[Disagreements, ...]:
    """Every disputed unit of each question that has labels; ``clusters`` are the audit's."""
    return tuple(
        _of_question(round_, question, consensuses[question.name], clusters)
        for question in round_.questions
        if not question.no_labels
    )


def _of_question(
    round_: Round, question: Question, consensus: Consensus, clusters: Sequence[Cluster]
) -> Disagreements:
    parts = []
    basis: Basis = "uncalibrated"
    for votes in choices(question, round_.ratings[question.name]):
        mine = [
            i
            for i, cluster in enumerate(clusters)
            if cluster.question == question.name and set(cluster.labels) <= set(votes.labels)
        ]
        found = causes_of(round_, question, votes, consensus, [clusters[i] for i in mine])
        pattern, rows = found.pattern, found.rows
        told = found.of_unit
        if len(np.unique(pattern.votes.rater)) < 3:
            told = np.where(pattern.known[rows][:, None], told, np.nan)
        ticks = np.full(len(rows), -1 if votes.tick is None else votes.tick)
        position = np.array([*mine, -1])[found.cluster]
        parts.append((pattern.units[rows], ticks, position, told))
        if found.recalibrated is not None:
            basis = "recalibrated"
    if not parts:
        empty = np.zeros(0, np.int64)
        return Disagreements(question.name, empty, empty, empty, np.zeros((0, 4)), basis)
    unit, tick, cluster, told = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((tick, unit))
    return Disagreements(
        question.name, unit[order], tick[order], cluster[order], told[order], basis
    )
