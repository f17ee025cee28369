"""What deciding about an audit needs: where the files are, and what decisions make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from labelq.documents import read_document
from labelq.reading.beside import decisions_beside, read_adjudicated

if TYPE_CHECKING:
    from labelq.labels.model import Round
    from labelq.measure.results import Consensus
    from labelq.remedy.acts import Draft
    from labelq.remedy.decisions import Decision
    from labelq.remedy.scope import Scopes
    from labelq.remember.earlier import Earlier
    from labelq.settings import Settings

__all__ = [
    "ADJUDICATED",
    "adjudicated_file",
    "decided_draft",
    "decisions_file",
    "guideline_file",
    "guideline_now",
    "with_adjudicated",
]

ADJUDICATED = "adjudicated.csv"
"""What the table of decided labels is called."""


def decisions_file(earlier: Earlier, audit_dir: Path, settings: Settings | None = None) -> Path:
    """Where decisions about an audit are kept: the file may not be there yet.

    As told (``settings``: the command's own, else labelq.toml's); else beside the guideline that
    is told, where they stand there; else beside the audit's guideline, where it can be found;
    else here.
    """
    from labelq.settings import load

    settings = settings or load(None, {})
    told = settings.decisions or decisions_beside(settings.guideline)
    if told is not None:
        return told
    if earlier.guideline is not None:
        name = Path(earlier.guideline[0]).name
        near = [Path(), Path("guidelines"), Path("docs"), audit_dir.parent, audit_dir.parent.parent]
        likely = [folder / name for folder in near]
        if settings.guideline is not None and settings.guideline.name == name:
            likely.insert(0, settings.guideline)
        for guideline in likely:
            if guideline.is_file():
                return guideline.with_name("decisions.yaml")
    return Path("decisions.yaml")


def adjudicated_file(settings: Settings) -> Path | None:
    """Where decided labels stand: the file that is named, else the one beside the guideline."""
    if settings.adjudicated is not None or settings.guideline is None:
        return settings.adjudicated
    beside = settings.guideline.with_name(ADJUDICATED)
    return beside if beside.is_file() else None


def with_adjudicated(
    round_: Round, settings: Settings, decisions: Path, decided: Sequence[Decision]
) -> tuple[Round, str]:
    """The round with what people decided since it was audited, and a note where there is any.

    The table is the one that ``labelq audit`` takes: as set, else beside the guideline, which
    is where ``decisions`` are. Labels that decisions brought are answers too.

    Raises:
        SourceError: the table cannot be read.
    """
    from labelq.remedy.adjudication import applied

    path = adjudicated_file(settings)
    if path is None and settings.guideline is None:
        beside = decisions.with_name(ADJUDICATED)
        path = beside if beside.is_file() else None
    if path is None:
        return round_, ""
    questions = tuple(
        replace(
            question,
            labels=tuple(
                dict.fromkeys(
                    [
                        *question.labels,
                        *(x for d in decided if d.question == question.name for x in d.given),
                    ]
                )
            ),
        )
        if question.labels
        else question
        for question in round_.questions
    )
    rows = read_adjudicated(path)
    wider = replace(round_, questions=questions)
    found = applied(wider, rows, where=path.name, map_labels=settings.map_label)
    return replace(round_, adjudicated=found.adjudicated), found.intake.notes[-1]


def guideline_file(settings: Settings, earlier: Earlier, decisions: Path) -> Path | None:
    """The authors' file: as asked for or set, else what the audit names, beside the decisions."""
    if settings.guideline is not None:
        return settings.guideline
    if earlier.guideline is None:
        return None
    beside = decisions.with_name(Path(earlier.guideline[0]).name)
    return beside if beside.is_file() else None


def guideline_now(earlier: Earlier, guideline: Path | None) -> tuple[str, str | None]:
    """The guideline's name and its Markdown as it stands: the authors' file, else what the
    annotators of the audit had; None where they had none.

    Raises:
        GuidelineError: the file cannot be read.
    """
    if guideline is not None:
        return guideline.name, read_document(guideline)
    return earlier.guideline or ("guideline.md", None)


def decided_draft(
    earlier: Earlier,
    guideline: tuple[str, str | None],
    decisions: Sequence[Decision],
    sections: Mapping[str, str],
    *,
    scopes: Scopes | None = None,
    consensuses: dict[str, Consensus] | None = None,
) -> Draft:
    """The guideline with what is decided; what nobody decided is not proposed here.

    ``scopes`` and ``consensuses`` are worked out where they are not given; the latter are
    filled in with those of further questions.
    """
    from datetime import UTC, datetime

    from labelq.remedy.guideline import TaskLinks, draft_guideline
    from labelq.remedy.scope import Scopes, decided_clusters
    from labelq.remedy.training_labels import label_consensus

    name, text = guideline
    scopes = scopes or Scopes(earlier.round)
    known = {} if consensuses is None else consensuses
    settled = decided_clusters(decisions, earlier.clusters, earlier.round, scopes=scopes)
    clusters = [one for one in earlier.clusters if one.id in settled]
    asked = {one.question for one in clusters} | {one.question for one in decisions}
    for question in earlier.round.questions:
        if question.name in asked and question.name not in known:
            known[question.name] = label_consensus(earlier.round, question)
    joined = (earlier.manifest.get("options") or {}).get("join")
    return draft_guideline(
        name,
        text,
        earlier.round,
        clusters,
        known,
        decisions=decisions,
        sections=sections,
        links=TaskLinks.of(None if joined else earlier.manifest.get("server")),
        date=datetime.now(UTC).date().isoformat(),
        scopes=scopes,
    )
