"""An earlier audit, as its directory remembers it: the round, and what was found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from labelq.labels.model import Round
from labelq.labels.plain import Ids, from_plain
from labelq.pinpoint.findings import Agenda, Cluster

SCHEMA: Literal["labelq/audit/1"] = "labelq/audit/1"
"""Which audit documents are read and written."""


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
    raters = [rater.id for rater in round_.raters]
    ids = Ids(round_.units.ids, raters, raters)
    clusters = from_plain(document["clusters"], tuple[Cluster, ...], ids)
    agendas = from_plain(document.get("agendas", []), tuple[Agenda, ...], ids)
    return Earlier(round_, clusters, document, manifest, guideline, agendas)
