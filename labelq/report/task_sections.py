"""What the sections about tasks show: clusters, edge cases, queue, guideline draft, data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labelq.report import buying, causes
from labelq.report.beside import Beside
from labelq.report.cards import (
    MOST_CLUSTERS,
    MOST_EDGE_CASES,
    cluster_cards,
    edge_cases,
    examples_of,
    shown_edge_cases,
)
from labelq.report.funnel import funnel
from labelq.report.names import Names
from labelq.report.text import mark
from labelq.report.without_text import is_without_text

if TYPE_CHECKING:
    from labelq.auditing import Audit


def context(audit: Audit, names: Names, beside: Beside) -> dict[str, Any]:
    """The variables of the templates of these sections."""
    from labelq.report import buying_chart  # which brings scipy along, as the next does
    from labelq.report.side_by_side import side_by_side

    draft, intake = audit.draft, audit.round.intake
    sides, more_sides = side_by_side(draft.original or "", draft.text)
    return {
        "clusters": cluster_cards(audit, names, beside),
        "found_by": causes.found_by(audit.clustering),
        "more_clusters": len(audit.clusters) - MOST_CLUSTERS,
        "edge_cases": edge_cases(audit, names, beside),
        "more_edge_cases": len(audit.edge_cases) - MOST_EDGE_CASES,
        "queue": buying.queued(audit, names, beside),
        "buys": buying.forecast(audit.forecast),
        "fall": buying_chart.fall(audit.queue, audit.forecast),
        "n_queue": len(audit.queue),
        "draft": draft,
        "sides": sides,
        "more_sides": more_sides,
        "n_rules": len(draft.rules),
        "without_text": is_without_text(audit),
        "intake": intake,
        "funnel": funnel(intake),
        "notes": [mark(note, 600) for note in intake.notes],
    }


def shown_units(audit: Audit) -> list[int]:
    """The codes of the units that the report shows, each once, what matters most first."""
    found = [
        *(unit for cluster in audit.clusters[:MOST_CLUSTERS] for unit in examples_of(cluster)),
        *(case.unit for case in shown_edge_cases(audit.edge_cases)),
        *(entry.unit for entry in audit.queue[: buying.MOST_QUEUED]),
    ]
    return list(dict.fromkeys(found))
