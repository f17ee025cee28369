"""The agenda of a guideline review meeting: which clusters, in which order, for how long.

What a decision settles is talked about: gaps in the guideline first, then tasks that are
ambiguous, then what has too little to say. Slips and one annotator's habit are not: nobody
needs a meeting for them, and nobody is discussed in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labelq.pinpoint.findings import Agenda, CauseKind, Cluster

MOST_EXAMPLES = 6
"""So many tasks of a cluster are looked at together."""

SHORTEST = 3.0
"""No item gets fewer minutes: reading the examples takes as long."""

_ORDER: Mapping[CauseKind, int] = {"gap": 0, "ambiguous": 1, "too_little": 2}


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One cluster to talk about: ``units`` are the codes of the examples, the most divided and
    the most central ones; ``minutes`` its part of the meeting; ``share`` its share of the
    observed disagreement of its question.
    """

    cluster: str
    question: str
    labels: tuple[str, ...]
    units: tuple[int, ...]
    share: float
    minutes: float


def meeting_agenda(
    clusters: Sequence[Cluster], agendas: Sequence[Agenda], *, minutes: float = 60.0
) -> tuple[AgendaItem, ...]:
    """The clusters of the ledger (``agendas``) in the order of the meeting.

    Gaps come first, then by share. The minutes are shared out by what is at stake, at least
    :data:`SHORTEST` for each; so an agenda of many items can take longer than ``minutes``.
    """
    listed = {name for agenda in agendas for name in agenda.clusters}
    chosen = [
        cluster for cluster in clusters if cluster.id in listed and cluster.cause.kind in _ORDER
    ]
    chosen.sort(key=lambda c: (_ORDER[c.cause.kind], -c.share))
    total = sum(cluster.share for cluster in chosen)
    return tuple(
        AgendaItem(
            cluster.id,
            cluster.question,
            cluster.labels,
            _examples(cluster),
            cluster.share,
            max(SHORTEST, minutes * cluster.share / total) if total else SHORTEST,
        )
        for cluster in chosen
    )


def _examples(cluster: Cluster) -> tuple[int, ...]:
    half = MOST_EXAMPLES // 2
    found = dict.fromkeys([*cluster.divided[:half], *cluster.units])
    return tuple(found)[:MOST_EXAMPLES]
