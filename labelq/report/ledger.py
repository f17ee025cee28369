"""What to talk about, and what weighs how much: the agenda and the ledger behind it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.pinpoint.findings import COVERED, Agenda, Cluster, Influence
from labelq.report import causes
from labelq.report.findings import cluster_anchors
from labelq.report.names import Names
from labelq.report.numbers import NONE, coefficient, count, counted, percent
from labelq.report.strips import Strip, bar
from labelq.report.text import clip, mark

if TYPE_CHECKING:
    from labelq.auditing import Audit

MOST_ROWS = 10
"""So many label pairs, annotators and tasks are shown; more stand in audit.json."""

PLACES = (
    "“At most” is alpha if it alone were settled: its tasks follow the consensus, or all get the "
    "one label (of an annotator: their own answers on disputed tasks follow the consensus). That "
    "does not add up, and can be lower than now. “Place” says how sure the order is: had other "
    "tasks like these been labeled, it would lie in the range in brackets {confidence} of the "
    "time (by resampling tasks)."
)

TITLES = {
    "label_pair": ("Label pairs", "label pair"),
    "rater": ("Annotators, as one side of a disagreement", "annotator"),
    "unit": ("Tasks", "task"),
}


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """One cluster to talk about; texts but ``anchor`` are sentences, ``number`` is the share."""

    anchor: str
    title: str
    picture: Strip
    number: float
    share: str
    settled: str
    place: str


@dataclass(frozen=True, slots=True)
class WeightTable:
    """What weighs most of one kind: a title, a header, rows of sentences."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    more: int


@dataclass(frozen=True, slots=True)
class LedgerPart:
    """One question: what to talk about and what weighs how much."""

    question: str
    lead: str  # sentence
    agenda: list[AgendaRow]
    weights: list[WeightTable]


def places(audit: Audit) -> str:
    """What the columns mean, as a sentence."""
    return PLACES.format(confidence=percent(audit.confidence))


def parts(audit: Audit, names: Names) -> list[LedgerPart]:
    """One part per question with disagreement, in the audit's order."""
    anchors = cluster_anchors(audit)
    clusters = {c.id: c for c in audit.clusters}
    found = []
    for agenda in audit.agendas:
        rows = [row for row in audit.influences if row.question == agenda.question]
        if not rows:
            continue
        of_cluster = {row.key: row for row in rows if row.kind == "cluster"}
        n_ranked = sum(row.rank is not None for row in of_cluster.values())
        found.append(
            LedgerPart(
                question=agenda.question,
                lead=lead(agenda),
                agenda=[
                    _row(clusters[key], of_cluster.get(key), n_ranked, anchors[key], names)
                    for key in agenda.clusters
                    if key in clusters
                ],
                weights=list(_weights(audit, names, rows)),
            )
        )
    return found


def lead(agenda: Agenda) -> str:
    """What is on the agenda of one question and what is not, in sentences."""
    n = len(agenda.clusters)
    if not n:
        return "No disagreement here has a common content that a meeting could settle at once. " + (
            _elsewhere(agenda)
        )
    what = counted(n, "cluster")
    said = f"{what} {'carries' if n == 1 else 'carry'} {percent(agenda.share)} of the disagreement"
    if agenda.share >= agenda.common - 1e-9:
        said += ": all that has a common content."
    else:
        said += (
            f", and with it at least {percent(COVERED)} of the {percent(agenda.common)} that has "
            "a common content."
        )
    if agenda.settled is not None and agenda.value is not None:
        it = "it" if n == 1 else "both" if n == 2 else f"all {count(n)}"
        said += (
            f" If {it} were settled, alpha would be at most {coefficient(agenda.settled)}; now it"
            f" is {coefficient(agenda.value)}."
        )
    return f"{said} {_elsewhere(agenda)}".strip()


def short(agenda: Agenda, clusters: Iterable[Cluster]) -> str:
    """An agenda in one line: its share, and each cluster's labels."""
    by_id = {c.id: c for c in clusters}
    listed = "; ".join(_title(by_id[key]) for key in agenda.clusters[:5] if key in by_id)
    more = len(agenda.clusters) - 5
    rest = f"; and {count(more)} more" if more > 0 else ""
    return f"{mark(agenda.question)}: {listed}{rest}. {lead(agenda)}"


def place(row: Influence, n: int) -> str:
    """A rank and how stable it is, among ``n``: ``1 (first in 96 % of resamples)``."""
    if row.rank is None:
        return NONE
    shown = f"{row.rank:,.0f}" if row.rank == int(row.rank) else f"{row.rank:,.1f}"
    if row.rank_lower is None or row.rank_upper is None or n < 2:
        return shown
    if row.rank == 1 and row.stays is not None:
        return f"{shown} (first in {percent(row.stays)} of resamples)"
    low, high = count(row.rank_lower), count(row.rank_upper)
    return f"{shown} ({low})" if low == high else f"{shown} ({low} to {high})"


def _elsewhere(agenda: Agenda) -> str:
    """Where the rest of the disagreement lies."""
    said = []
    if agenda.remainder > 0:
        said.append(f"{percent(agenda.remainder)} lies on tasks without a common content")
    if agenda.left > 0:
        said.append(f"{percent(agenda.left)} on labels that are confused too rarely to group")
    if said and agenda.remainder <= 0:
        said[0] = said[0].replace(" on labels", " lies on labels", 1)
    sentence = " and ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}." if said else ""


def _title(cluster: Cluster) -> str:
    about = f" about {causes.words_of(cluster, 3)}" if cluster.words else ""
    return causes.either(cluster.labels) + about


def _row(cluster: Cluster, row: Influence | None, n: int, anchor: str, names: Names) -> AgendaRow:
    return AgendaRow(
        anchor=anchor,
        title=f"{causes.cause(cluster, names)}: {_title(cluster)}",
        picture=bar(cluster.share),
        number=cluster.share,
        share=percent(cluster.share),
        settled=coefficient(cluster.settled),
        place=NONE if row is None else place(row, n),
    )


def _weights(audit: Audit, names: Names, rows: list[Influence]) -> Iterable[WeightTable]:
    for kind, (title, one) in TITLES.items():
        own = [row for row in rows if row.kind == kind]
        if not own:
            continue
        shown = [
            (
                _what(audit, names, row),
                percent(row.share),
                coefficient(row.settled),
                place(row, len(own)),
            )
            for row in own[:MOST_ROWS]
        ]
        header = (one.capitalize(), "Share", "At most", "Place")
        yield WeightTable(title, header, shown, len(own) - len(shown))


def _what(audit: Audit, names: Names, row: Influence) -> str:
    if row.kind == "label_pair" and isinstance(row.key, tuple):
        return causes.either(row.key)
    if not isinstance(row.key, int):
        return mark(row.key)
    if row.kind == "rater":
        return mark(names.of(row.key))
    units = audit.round.units
    text = (units.text[row.key] or "").strip()
    return f"{mark(units.ids[row.key])} {mark(clip(text, 70)) if text else ''}".strip()
