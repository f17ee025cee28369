"""An earlier audit, as its directory remembers it: the round, and what was found in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelq.labels.model import Round
from labelq.pinpoint.findings import Agenda, Apart, Camp, Cause, CauseEvidence, Cluster


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """An audit that was written before.

    ``round`` is what was measured, with the codes that ``clusters`` point into. ``document`` is
    its ``audit.json`` and ``manifest`` its ``manifest.json``, as they stand. ``guideline`` is
    (name, Markdown) of what the annotators had, None where they had none. ``agendas`` are what
    each question's meeting is to talk about.
    """

    round: Round
    clusters: tuple[Cluster, ...]
    document: Mapping[str, Any]
    manifest: Mapping[str, Any]
    guideline: tuple[str, str] | None = None
    agendas: tuple[Agenda, ...] = ()

    @property
    def name(self) -> str:
        """The round's name."""
        return self.round.name

    def cluster(self, name: str) -> Cluster:
        """The cluster with this id.

        Raises:
            KeyError: there is none.
        """
        for cluster in self.clusters:
            if cluster.id == name:
                return cluster
        raise KeyError(name)


def earlier(
    document: Mapping[str, Any],
    manifest: Mapping[str, Any],
    round_: Round,
    guideline: tuple[str, str] | None = None,
) -> Earlier:
    """An earlier audit from its documents and the round read from its ratings.

    Raises:
        KeyError, TypeError, ValueError: a document is not as an audit writes it.
    """
    unit = {name: code for code, name in enumerate(round_.units.ids)}
    rater = {one.id: code for code, one in enumerate(round_.raters)}
    clusters = tuple(_cluster(row, unit, rater) for row in document["clusters"])
    agendas = tuple(Agenda(**_known(Agenda, row)) for row in document.get("agendas", ()))
    return Earlier(round_, clusters, document, manifest, guideline, agendas)


def _cluster(row: Mapping[str, Any], unit: Mapping[str, int], rater: Mapping[str, int]) -> Cluster:
    def codes(names: Sequence[str]) -> tuple[int, ...]:
        return tuple(unit[name] for name in names)

    told = _known(Cluster, row)
    for name in ("units", "lookalikes", "divided"):
        told[name] = codes(row[name])
    why = _known(Cause, row["cause"])
    why["camps"] = tuple(
        Camp(**_known(Camp, camp) | {"rater": rater[camp["rater"]]})
        for camp in row["cause"]["camps"]
    )
    if why.get("rater") is not None:
        why["rater"] = rater[why["rater"]]
    if why.get("evidence") is not None:
        seen = _known(CauseEvidence, row["cause"]["evidence"])
        who = seen["deviates"]
        why["evidence"] = CauseEvidence(**seen | {"deviates": None if who is None else rater[who]})
    apart = tuple(Apart(**_known(Apart, one)) for one in row.get("apart", ()))
    return Cluster(**told | {"cause": Cause(**why), "apart": apart})


def _known(kind: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``kind`` that ``row`` tells; lists are tuples in data."""
    return {
        field.name: _frozen(row[field.name])
        for field in dataclasses.fields(kind)
        if field.name in row
    }


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
