"""From an audit's directory back to the audit: the inverse of :mod:`labelq.report.directory`.

What only entered estimates is not kept: predictions, repeated answers, skips, and the
consensus' posterior. Everything that was found is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelq.errors import SourceError
from labelq.files import read_table, read_text
from labelq.labels.cells import values_of
from labelq.labels.model import Round, label_text
from labelq.labels.plain import Ids, MisfitError, from_plain
from labelq.measure.label_scheme import LabelScheme
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import CAUSES, Disagreements, Influence
from labelq.pinpoint.label_scheme import SchemeFindings
from labelq.reading import read_audit, read_json
from labelq.remedy.acts import Draft
from labelq.report.sections import Document, Method, ids_of
from labelq.report.steps import Onward

if TYPE_CHECKING:
    import pandas as pd

    from labelq.auditing import Audit

__all__ = ["Reopened", "open_audit", "reopen"]


@dataclass(frozen=True, slots=True)
class Reopened:
    """An audit from its directory, and how its reports were made: with annotators' ``names`` or
    letters, with the ``text`` of tasks or without, and ``onward`` to the next round. ``manifest``
    says what it was made from.
    """

    audit: Audit
    manifest: Mapping[str, Any]
    names: bool
    text: bool
    onward: Onward


def open_audit(directory: str | Path) -> Audit:
    """The audit that was written to ``directory``.

    Raises:
        SourceError: it holds no audit, or one that is not as this labelq writes it.
    """
    return reopen(directory).audit


def reopen(directory: str | Path) -> Reopened:
    """The audit that was written to ``directory``, with how its reports were made.

    Raises:
        SourceError: it holds no audit, or one that is not as this labelq writes it.
    """
    path = Path(directory)
    earlier = read_audit(path)
    told = earlier.manifest.get("report")
    if not isinstance(earlier.manifest, dict) or not isinstance(told, dict):
        raise _older(path)
    try:
        round_, document = _round(path, earlier.round, earlier.document)
        onward = from_plain(told.get("onward"), Onward, ids_of(round_))
        audit = _audit(path, round_, document)
    except MisfitError as misfit:
        raise SourceError(f"{path}: audit.json: {misfit}; audit again") from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise SourceError(
            f"{path}: its files are not as `labelq audit` writes them; audit again"
        ) from None
    return Reopened(
        audit, earlier.manifest, told.get("names") is True, told.get("text") is not False, onward
    )


def _older(path: Path) -> SourceError:
    return SourceError(
        f"{path}: was written by an earlier labelq, without all that a report needs; audit again"
    )


def _round(path: Path, read: Round, told: Mapping[str, Any]) -> tuple[Round, Document]:
    """The round as it was measured: its ratings from the table, all else from the document."""
    voters = [rater.id for rater in read.voters]
    ids = Ids(read.units.ids, voters[: len(read.raters)], voters)
    document = from_plain(told, Document, ids)
    raters = [rater.id for rater in (*document.raters, *document.voters)]
    if raters != voters or [q.name for q in document.questions] != [q.name for q in read.questions]:
        raise SourceError(f"{path}: audit.json and ratings.csv are of different audits")
    return replace(
        read,
        questions=document.questions,
        raters=document.raters,
        newcomers=document.voters,
        models=document.models,
        intake=document.intake,
        selection=document.selection,
    ), document


def _audit(path: Path, round_: Round, document: Document) -> Audit:
    from labelq.auditing import Audit

    if document.consensus is None or document.decisions is None:
        raise _older(path)
    given = document.options
    labels = read_table(path / "labels.csv")
    return Audit(
        round=round_,
        agreements=document.agreements,
        verdicts=document.verdicts,
        consensus={row.question: _consensus(round_, row, labels) for row in document.consensus},
        label_pairs=document.label_pairs,
        clusters=document.clusters,
        edge_cases=document.edge_cases,
        raters=document.rater_reports,
        influences=tuple(_influences(document, ids_of(round_))),
        agendas=document.agendas,
        label_schemes=tuple(
            SchemeFindings(
                LabelScheme(**{f.name: getattr(row, f.name) for f in fields(LabelScheme)}),
                row.raising,
                row.catch_alls,
            )
            for row in document.label_schemes
        ),
        queue=document.queue,
        tasks=tuple(_tasks(path / "queue.json")),
        draft=_draft(path, document),
        cross_check=document.cross_check,
        gates=document.gates,
        ceilings=document.ceilings,
        held_out=document.held_out,
        calibrations=document.calibration,
        rater_confusion=document.rater_confusion,
        pair_indices=document.pair_indices,
        confidence=given.confidence,
        resamples=given.resamples,
        seed=given.seed,
        marginal_tests=document.marginal_tests,
        interval=given.interval,
        group=given.group,
        resample_raters=given.resample_raters,
        options=given.given,
        decisions=document.decisions,
        decided={cluster: one.decision for cluster, one in document.decided.items()},
        disagreements=tuple(_disagreements(path, round_, document)),
        clustering=document.clustering,
        forecast=document.queue_forecast,
        comparison=document.comparison,
        pairs_left_out=document.pairs_left_out,
        more_pairs=document.more_pairs,
    )


def _influences(document: Document, ids: Ids) -> list[Influence]:
    found = []
    for row in document.influences:
        values = {f.name: getattr(row, f.name) for f in fields(Influence)}
        if row.kind in ("unit", "rater"):
            values["key"] = ids.codes[row.kind][str(row.key)]
        found.append(Influence(**values))
    return found


def _tasks(path: Path) -> list[dict[str, Any]]:
    tasks = read_json(path)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise ValueError("the queue is no list of tasks")
    return tasks


def _draft(path: Path, document: Document) -> Draft:
    original = path / "guideline.md"
    told = document.guideline_draft
    return Draft(
        name=told.name or original.name,
        original=read_text(original) if original.is_file() else None,
        text=read_text(path / "guideline_draft.md"),
        diff=read_text(path / "guideline.diff"),
        rules=document.rules,
        undecided=told.undecided,
        used=document.guideline,
        version=told.version,
        changes=told.changes,
        log=read_text(path / "guideline_changes.md"),
    )


def _consensus(round_: Round, told: Method, labels: pd.DataFrame) -> Consensus:
    """The consensus with the label of every unit, without the posterior."""
    question = round_.question(told.question)
    own = labels[labels["question"] == told.question]
    code = {name: code for code, name in enumerate(round_.units.ids)}
    values = values_of(question, own["label"].unique())
    best = [values[cell] for cell in own["label"]]
    if any(value is None for value in best):
        raise ValueError("a label in labels.csv is none")
    sd = own["sd"].to_numpy()
    return Consensus(
        **{f.name: getattr(told, f.name) for f in fields(Method)},
        units=np.array([code[unit] for unit in own["unit"]], np.int32),
        labels=(),
        posterior=np.zeros((len(own), 0)),
        best=tuple(value for value in best if value is not None),
        sd=sd.astype(np.float64) if len(sd) and (sd != "").all() else None,
    )


def _disagreements(path: Path, round_: Round, document: Document) -> list[Disagreements]:
    """What is in disagreements.csv, question by question."""
    table = _table(path / "disagreements.csv")
    unit = {name: code for code, name in enumerate(round_.units.ids)}
    cluster = {one.id: place for place, one in enumerate(document.clusters)} | {"": -1}
    found = []
    for question in round_.questions:
        own = table[table["question"] == question.name]
        tick = {label_text(label): place for place, label in enumerate(question.labels)}
        bases = own["basis"].unique().tolist()
        if bases not in ([], ["uncalibrated"], ["recalibrated"]):
            raise ValueError("a basis that is none")
        found.append(
            Disagreements(
                question=question.name,
                unit=np.array([unit[name] for name in own["unit"]], np.int64),
                tick=np.array([tick[x] if x else -1 for x in own["label"]], np.int64),
                cluster=np.array([cluster[name] for name in own["cluster"]], np.int64),
                probabilities=own[list(CAUSES)].replace("", "nan").to_numpy().astype(np.float64),
                basis=bases[0] if bases else "uncalibrated",
            )
        )
    return found


def _table(path: Path) -> pd.DataFrame:
    """A table that may have no rows."""
    text = read_text(path)
    if text.partition("\n")[2].strip():
        return read_table(path)
    import pandas as pd

    return pd.DataFrame(columns=text.strip().split(","), dtype=str)
