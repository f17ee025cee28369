"""The sections of ``audit.json``, as classes: what is written, what is read back, and what the
JSON Schema in ``docs/audit.schema.json`` is made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from labelq.labels.model import Intake, Label, Question, Rater, Round, Selection
from labelq.labels.plain import Ids, VoterCode
from labelq.measure.label_scheme import LabelScheme, SchemeChange
from labelq.measure.raters.methods import METHODS
from labelq.measure.results import (
    Agreement,
    Calibration,
    Ceiling,
    ConfusionRow,
    Consensus,
    CrossCheck,
    HeldOut,
    MarginalTest,
    PairIndices,
    Verdict,
)
from labelq.pinpoint.findings import Agenda, Cluster, Clustering, EdgeCase, Influence, LabelPair
from labelq.pinpoint.label_scheme import CatchAll, SchemeFindings
from labelq.pinpoint.rater_findings import RaterReport
from labelq.remedy.acts import Change, Entry, GuidelineVersion, ProposedRule, QueueForecast
from labelq.remedy.decisions import Decision
from labelq.remember.earlier import SCHEMA
from labelq.remember.findings import Comparison
from labelq.remember.gates import Gate

if TYPE_CHECKING:
    from labelq.auditing import Audit

__all__ = ["Document", "Method", "document_of", "ids_of"]


@dataclass(frozen=True, slots=True)
class Influences(Influence):
    """An influence with the id of its unit or rater as ``key``."""

    key: str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scheme(LabelScheme):
    """A label scheme with what stands out in it."""

    raising: tuple[SchemeChange, ...] = ()
    catch_alls: tuple[CatchAll, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """How the consensus of one question was reached (each unit's label is in labels.csv)."""

    question: str
    method: str
    why: str
    iterations: int
    converged: bool
    moved: float
    n_ties: int
    n_unanimous: int
    n_overruled: int
    lost: tuple[Label, ...]
    accuracy: Mapping[VoterCode, float]
    bias: Mapping[VoterCode, float]
    spread: Mapping[VoterCode, float]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the meeting decided about a cluster."""

    decision: str
    outcome: str
    label: str | None
    when: str | None


@dataclass(frozen=True, slots=True)
class DraftVersion:
    """The guideline draft; its text is in guideline_draft.md."""

    version: int | None
    undecided: int
    name: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where a lower end is tentative, and reliable."""

    tentative: float
    reliable: float


@dataclass(frozen=True, slots=True)
class Options:
    """How the audit was asked to compute."""

    seed: int
    resamples: int
    confidence: float
    interval: str
    group: str | None
    resample_raters: bool
    thresholds: Mapping[str, Thresholds]
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The sections of audit.json, in their order; None where an earlier labelq wrote none."""

    schema: Literal["labelq/audit/1"]
    name: str
    selection: Selection
    questions: tuple[Question, ...]
    intake: Intake
    agreements: tuple[Agreement, ...]
    pairs_left_out: int
    more_pairs: Mapping[str, int] = field(default_factory=dict)
    pair_indices: tuple[PairIndices, ...]
    verdicts: tuple[Verdict, ...]
    label_pairs: tuple[LabelPair, ...]
    clusters: tuple[Cluster, ...]
    decided: Mapping[str, Decided]
    decisions: tuple[Decision, ...] | None = None
    clustering: Clustering | None
    edge_cases: tuple[EdgeCase, ...]
    raters: tuple[Rater, ...]
    models: tuple[Rater, ...]
    voters: tuple[Rater, ...]
    rater_reports: tuple[RaterReport, ...]
    rater_methods: Mapping[str, str]
    influences: tuple[Influences, ...]
    agendas: tuple[Agenda, ...]
    label_schemes: tuple[Scheme, ...]
    consensus: tuple[Method, ...] | None = None
    ceilings: tuple[Ceiling, ...]
    held_out: tuple[HeldOut, ...]
    calibration: tuple[Calibration, ...]
    rater_confusion: tuple[ConfusionRow, ...]
    queue: tuple[Entry, ...]
    queue_forecast: QueueForecast | None
    rules: tuple[ProposedRule, ...]
    guideline: GuidelineVersion | None
    guideline_draft: DraftVersion
    cross_check: CrossCheck
    marginal_tests: tuple[MarginalTest, ...]
    gates: tuple[Gate, ...]
    comparison: Comparison | None
    options: Options


def ids_of(round_: Round) -> Ids:
    """The ids that stand for a round's codes."""
    voters = [rater.id for rater in round_.voters]
    return Ids(round_.units.ids, voters[: len(round_.raters)], voters)


def document_of(audit: Audit, ids: Ids) -> Document:
    """An audit, section by section."""
    source, draft = audit.round, audit.draft
    return Document(
        schema=SCHEMA,
        name=source.name,
        selection=source.selection,
        questions=source.questions,
        intake=source.intake,
        agreements=audit.agreements,
        pairs_left_out=audit.pairs_left_out,
        more_pairs=audit.more_pairs,
        pair_indices=audit.pair_indices,
        verdicts=audit.verdicts,
        label_pairs=audit.label_pairs,
        clusters=audit.clusters,
        decided={c.id: _decided(d) for c in audit.clusters if (d := audit.decision(c.id))},
        decisions=audit.decisions,
        clustering=audit.clustering,
        edge_cases=audit.edge_cases,
        raters=source.raters,
        models=source.models,
        voters=source.newcomers,
        rater_reports=audit.raters,
        rater_methods=METHODS,
        influences=tuple(_named(row, ids) for row in audit.influences),
        agendas=audit.agendas,
        label_schemes=tuple(map(_scheme, audit.label_schemes)),
        consensus=tuple(map(_method, audit.consensus.values())),
        ceilings=audit.ceilings,
        held_out=audit.held_out,
        calibration=audit.calibrations,
        rater_confusion=audit.rater_confusion,
        queue=audit.queue,
        queue_forecast=audit.forecast,
        rules=draft.rules,
        guideline=audit.guideline,
        guideline_draft=DraftVersion(draft.version, draft.undecided, draft.name, draft.changes),
        cross_check=audit.cross_check,
        marginal_tests=audit.marginal_tests,
        gates=audit.gates,
        comparison=audit.comparison,
        options=Options(
            audit.seed,
            audit.resamples,
            audit.confidence,
            audit.interval,
            audit.group,
            audit.resample_raters,
            {v.question: Thresholds(v.tentative_from, v.reliable_from) for v in audit.verdicts},
            audit.options,
        ),
    )


def _same(found: Any, kind: Any) -> dict[str, Any]:
    """The fields of ``kind`` that ``found`` has."""
    return {f.name: getattr(found, f.name) for f in fields(kind) if hasattr(found, f.name)}


def _named(row: Influence, ids: Ids) -> Influences:
    key = row.key
    named = ids.of[row.kind][key] if isinstance(key, int) else key
    return Influences(**_same(row, Influence) | {"key": named})


def _scheme(found: SchemeFindings) -> Scheme:
    more = {"raising": found.raising, "catch_alls": found.catch_alls}
    return Scheme(**_same(found.scheme, LabelScheme) | more)


def _method(found: Consensus) -> Method:
    return Method(**_same(found, Method))


def _decided(decision: Decision) -> Decided:
    when = None if decision.when is None else decision.when.isoformat()
    return Decided(decision.id, decision.outcome, decision.label, when)
