"""The story in one function: a round in, an :class:`Audit` out.

Can I trust this round, what is wrong, what do we do, did it help. No input or output here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labelq.labels.cells import whole
from labelq.labels.grouping import groups_of
from labelq.labels.model import Round
from labelq.measure.agreement import agreement, pair_indices
from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.quality import Quality
from labelq.measure.crosscheck import cross_check_if_wanted
from labelq.measure.intervals.plan import IntervalPlan, Method
from labelq.measure.label_scheme import label_scheme
from labelq.measure.marginals import marginal_tests
from labelq.measure.pairs_listed import pairs_listed
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
from labelq.measure.settling import Settling
from labelq.measure.verdicts import RELIABLE_FROM, TENTATIVE_FROM, verdict
from labelq.pinpoint.causes.disagreements import disagreements
from labelq.pinpoint.clusters import clustering, find_clusters
from labelq.pinpoint.content.vectors import Content, Embedder
from labelq.pinpoint.edge_cases import find_edge_cases
from labelq.pinpoint.findings import (
    Agenda,
    Cluster,
    Clustering,
    Disagreements,
    EdgeCase,
    Influence,
    LabelPair,
)
from labelq.pinpoint.influence import Ledger
from labelq.pinpoint.label_pairs import label_pairs
from labelq.pinpoint.label_scheme import SchemeFindings, scheme_findings
from labelq.pinpoint.rater_findings import RaterReport
from labelq.pinpoint.raters import rater_reports
from labelq.remedy.acts import Draft, Entry, GuidelineVersion, QueueForecast, Task
from labelq.remedy.decisions import Decision
from labelq.remedy.entries import queue_tasks
from labelq.remedy.forecast import forecast
from labelq.remedy.guideline import TaskLinks, draft_guideline
from labelq.remedy.people import hurried_raters, people_of
from labelq.remedy.queue import queue
from labelq.remedy.releasing import effects, freed
from labelq.remedy.scope import Scopes, decided_clusters
from labelq.remedy.training_labels import with_later
from labelq.remember.comparison import compare
from labelq.remember.earlier import Earlier
from labelq.remember.findings import Comparison
from labelq.remember.gates import Gate, gates, known_gates
from labelq.settings import Budget, GateRule

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit found, as data. Rows are ranked: the first matters most.

    ``consensus`` rests on all evidence: on votes that came through a queue and on reviewers'
    decisions too. Everything else that is said about the round rests on its ratings.
    ``decisions`` are the guideline meeting's, ``decided`` leads from a cluster's id to that of
    the decision about it. Of pairs of raters ``agreements`` hold those that share most units:
    ``pairs_left_out`` rows are not there, of ``more_pairs`` pairs by question.
    """

    round: Round
    agreements: tuple[Agreement, ...]
    verdicts: tuple[Verdict, ...]
    consensus: Mapping[str, Consensus]
    label_pairs: tuple[LabelPair, ...]
    clusters: tuple[Cluster, ...]
    edge_cases: tuple[EdgeCase, ...]
    raters: tuple[RaterReport, ...]
    influences: tuple[Influence, ...]
    agendas: tuple[Agenda, ...]
    label_schemes: tuple[SchemeFindings, ...]
    queue: tuple[Entry, ...]
    tasks: tuple[Task, ...]
    draft: Draft
    cross_check: CrossCheck
    gates: tuple[Gate, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    held_out: tuple[HeldOut, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    rater_confusion: tuple[ConfusionRow, ...] = ()
    pair_indices: tuple[PairIndices, ...] = ()
    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0
    marginal_tests: tuple[MarginalTest, ...] = ()
    interval: str = "jackknife"
    group: str | None = None
    resample_raters: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    decided: Mapping[str, str] = field(default_factory=dict)
    disagreements: tuple[Disagreements, ...] = ()
    clustering: Clustering | None = None
    forecast: QueueForecast | None = None
    comparison: Comparison | None = None
    pairs_left_out: int = 0
    more_pairs: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every gate passed (true without gates)."""
        return all(gate.passed for gate in self.gates)

    @property
    def guideline(self) -> GuidelineVersion | None:
        """The guideline that the round was labeled under (None: there was none)."""
        return self.draft.used

    def decision(self, cluster: str) -> Decision | None:
        """The decision about the cluster with this id, if there is one (maybe an open one)."""
        name = self.decided.get(cluster)
        return next((one for one in self.decisions if one.id == name), None)

    def to_frame(self) -> pd.DataFrame:
        """The coefficients as a table: one row per :class:`Agreement`."""
        import dataclasses

        import pandas as pd

        rows = [dataclasses.asdict(row) for row in self.agreements]
        return pd.DataFrame(
            [{k: whole(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows]
        )


MOST_PAIR_INDICES = 2_000
"""Per question, so many pairs of raters, those that share most units."""

Progress = Callable[[str, float], None]
"""Called with a step's name and the share done (0 to 1)."""


def audit(
    round_: Round,
    *,
    guideline: tuple[str, str] | None = None,
    sections: Mapping[str, str] | None = None,
    links: TaskLinks | None = None,
    decisions: Sequence[Decision] = (),
    against: Earlier | None = None,
    join: str | None = None,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    interval: Method = "jackknife",
    group: str | None = None,
    resample_raters: bool = False,
    reliable_from: float = RELIABLE_FROM,
    tentative_from: float = TENTATIVE_FROM,
    cross_check: bool | None = None,
    fail_under: Sequence[GateRule] = (),
    embedder: Embedder | None = None,
    budget: Budget | None = None,
    active: Sequence[str] | None = None,
    text_field: str = "text",
    progress: Progress = lambda _step, _share: None,
) -> Audit:
    """Audit a round: measure, pinpoint, remedy, remember.

    ``guideline`` is (name, Markdown text) of what the annotators had; without it the draft
    starts one. ``sections`` (label → heading) says where rules go in it, ``links`` where tasks
    are looked at. ``decisions`` are those of the guideline meeting, in the order of their file.
    ``against`` is an earlier audit to compare with, ``join`` the task field that tells which
    tasks are in both rounds (default: their id or content).

    ``interval``, ``group`` (a task field) and ``resample_raters`` say how intervals are made.
    ``cross_check`` None means: where memory allows. ``embedder`` takes texts to a matrix with
    one row for each: clusters then compare tasks by meaning, not by words. The queue keeps to
    ``budget`` (None: an hour of everybody who can be asked; ``active``: ids of these);
    ``text_field`` is the task field that queue tasks carry the text in. Deterministic for a
    ``seed``.

    Raises:
        SettingsError: tasks have no such field to group by, a gate names a question or metric
            that does not exist, nobody is called as ``active`` says, or the embedder gives no
            matrix.
    """
    fail_under = known_gates(round_, fail_under, compared=against is not None)
    if active is not None:
        people_of(round_, active)  # a name that nobody has is said before anything is measured
    groups = groups_of(round_.units, group) if group else None
    agreements: list[Agreement] = []
    verdicts: list[Verdict] = []
    n = len(round_.questions)
    for i, question in enumerate(round_.questions):
        progress(f"measuring {question.name}", i / n)
        ratings = round_.ratings[question.name]
        rows = agreement(
            question,
            ratings,
            round_.raters,
            also=[rule.metric for rule in fail_under],
            resamples=resamples,
            seed=seed,
            confidence=confidence,
            interval=interval,
            groups=groups,
            resample_raters=resample_raters,
        )
        agreements += rows
        verdicts.append(
            verdict(
                question,
                ratings,
                rows,
                reliable_from=reliable_from,
                tentative_from=tentative_from,
            )
        )
    comparison = None
    if against is not None:
        progress("comparing", 0.0)
        plan = IntervalPlan(interval, resamples, seed, confidence, None, resample_raters)
        comparison = compare(
            against,
            round_,
            agreements,
            plan,
            group=group,
            join=join,
            decisions=decisions,
            guideline=guideline,
        )
    progress("cross-checking", 0.0)
    checked = cross_check_if_wanted(
        tuple((q, round_.ratings[q.name]) for q in round_.questions),
        round_.raters,
        tuple(agreements),
        wanted=cross_check,
    )

    settlings = {q.name: Settling.of(q, round_.ratings[q.name]) for q in round_.questions}
    of_round: dict[str, Consensus] = {}
    pairs: list[LabelPair] = []
    for i, question in enumerate(round_.questions):
        progress(f"looking for causes in {question.name}", i / n)
        ratings = round_.ratings[question.name]
        of_round[question.name] = consensus(
            question, ratings, len(round_.raters), repeats=round_.repeats.get(question.name)
        )
        pairs += label_pairs(question, ratings, settlings[question.name], of_round[question.name])
    # Two consensuses: what is said about the round rests on its ratings alone, what proposes a
    # label on the votes and decisions that came after it too.
    consensuses = {q.name: with_later(round_, q, of_round[q.name]) for q in round_.questions}
    quality = Quality()
    for i, question in enumerate(round_.questions):
        progress(f"testing the consensus on {question.name}", i / n)
        quality.add(round_, question, of_round[question.name], seed, confidence)
    progress("clustering disagreements", 0.0)
    content = Content.of(round_.units, embedder) if pairs else None
    clusters = find_clusters(
        round_, settlings, of_round, pairs, consensuses, content=content, seed=seed
    )
    model = None if embedder is None else getattr(embedder, "name", "a function")
    words = content if embedder is None else Content.of(round_.units)
    scopes = Scopes(round_, None if against is None else against.round.units, words=words)
    decided = decided_clusters(decisions, clusters, round_, scopes=scopes)
    progress("looking at tasks and annotators", 0.0)
    edges = tuple(
        case
        for q in round_.questions
        for case in find_edge_cases(round_, q, settlings[q.name], of_round[q.name], words)
    )
    reports = rater_reports(round_, settlings, clusters, of_round)
    progress("weighing disagreements", 0.0)
    ledgers = {
        name: Ledger.of(s, of_round[name], resamples=resamples, seed=seed, confidence=confidence)
        for name, s in settlings.items()
    }
    progress("trying other labels", 0.0)
    schemes = tuple(
        scheme_findings(
            label_scheme(
                q, round_.ratings[q.name], confidence=confidence, seed=seed, groups=groups
            ),
            confidence=confidence,
        )
        for q in round_.questions
    )
    progress("drafting", 0.0)
    hurried = hurried_raters(reports)
    entries = queue(
        round_,
        consensuses,
        clusters,
        edges,
        budget=budget,
        active=active,
        hurried=hurried,
        released=freed(effects(decisions, round_, scopes=scopes)),
    )
    listed = pairs_listed(agreements)
    name, text = guideline if guideline is not None else ("guideline.md", None)
    return Audit(
        round=round_,
        agreements=listed.rows,
        pairs_left_out=listed.left_out,
        more_pairs=listed.more,
        verdicts=tuple(verdicts),
        consensus=consensuses,
        label_pairs=tuple(pairs),
        clusters=clusters,
        edge_cases=edges,
        raters=reports,
        influences=tuple(
            row
            for name, ledger in ledgers.items()
            for row in ledger.listed(
                [p for p in pairs if p.question == name],
                [c for c in clusters if c.question == name],
            )
        ),
        agendas=tuple(
            ledger.agenda([c for c in clusters if c.question == name])
            for name, ledger in ledgers.items()
        ),
        label_schemes=schemes,
        queue=entries,
        tasks=queue_tasks(round_, entries, text_field=text_field),
        draft=draft_guideline(
            name,
            text,
            round_,
            clusters,
            consensuses,
            decisions=decisions,
            sections=sections,
            links=links,
            scopes=scopes,
        ),
        cross_check=checked,
        gates=tuple(gates(fail_under, round_, agreements, comparison)),
        ceilings=tuple(quality.ceilings),
        held_out=tuple(quality.held_out),
        calibrations=tuple(quality.calibrations),
        rater_confusion=quality.best_known,
        pair_indices=tuple(
            row
            for q in round_.questions
            for row in pair_indices(
                q, round_.ratings[q.name], round_.raters, most=MOST_PAIR_INDICES
            )
        ),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        marginal_tests=tuple(
            test
            for q in round_.questions
            for test in marginal_tests(q, round_.ratings[q.name], round_.raters)
        ),
        interval=interval,
        group=group,
        resample_raters=resample_raters,
        decisions=tuple(decisions),
        decided={cluster: decision.id for cluster, decision in decided.items()},
        disagreements=disagreements(round_, of_round, clusters),
        clustering=clustering(round_, content, model),
        forecast=forecast(
            round_,
            entries,
            budget=budget,
            active=active,
            hurried=hurried,
            seed=seed,
            confidence=confidence,
        ),
        comparison=comparison,
    )
