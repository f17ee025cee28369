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
    :data:`SHORTEST` for each; so an agenda of many items can take longer than ``minutes``, and
    else takes exactly as long.
    """
    chosen = [cluster for cluster in _listed(clusters, agendas) if cluster.cause.kind in _ORDER]
    chosen.sort(key=lambda c: (_ORDER[c.cause.kind], -c.share))
    given = _shared_out([cluster.share for cluster in chosen], minutes)
    return tuple(
        AgendaItem(
            cluster.id, cluster.question, cluster.labels, _examples(cluster), cluster.share, part
        )
        for cluster, part in zip(chosen, given, strict=True)
    )


def kept_off(clusters: Sequence[Cluster], agendas: Sequence[Agenda]) -> tuple[Cluster, ...]:
    """The clusters of the ledger that no meeting talks about: slips and habits."""
    return tuple(one for one in _listed(clusters, agendas) if one.cause.kind not in _ORDER)


def _listed(clusters: Sequence[Cluster], agendas: Sequence[Agenda]) -> list[Cluster]:
    listed = {name for agenda in agendas for name in agenda.clusters}
    return [cluster for cluster in clusters if cluster.id in listed]


def _shared_out(shares: Sequence[float], minutes: float) -> list[float]:
    """``minutes`` in proportion to ``shares``, nobody under :data:`SHORTEST`.

    Who would get less gets the shortest, and the others share what is left, until all do.
    """
    short: set[int] = set()
    while True:
        rest = minutes - SHORTEST * len(short)
        total = sum(share for i, share in enumerate(shares) if i not in short)
        given = [
            SHORTEST if i in short or total <= 0 else rest * (share / total)
            for i, share in enumerate(shares)
        ]
        now = short | {i for i, part in enumerate(given) if part < SHORTEST}
        if now == short:
            return given
        short = now


def _examples(cluster: Cluster) -> tuple[int, ...]:
    half = MOST_EXAMPLES // 2
    found = dict.fromkeys([*cluster.divided[:half], *cluster.units])
    return tuple(found)[:MOST_EXAMPLES]
