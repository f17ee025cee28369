"""The story in one function: a round in, an :class:`Audit` out.

Can I trust this round, what is wrong, what do we do. No input or output happens here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from labelq.errors import SettingsError
from labelq.labels.grouping import groups_of
from labelq.labels.model import Question, Round
from labelq.measure import crosscheck
from labelq.measure.agreement import agreement, pair_indices
from labelq.measure.ceiling import ceiling
from labelq.measure.consensus.calibration import calibration
from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.held_out import held_out
from labelq.measure.consensus.rater_confusion import rater_confusion
from labelq.measure.intervals.plan import Method
from labelq.measure.marginals import marginal_tests
from labelq.measure.naming import metric_called
from labelq.measure.registry import METRICS
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
    Cluster,
    Clustering,
    Disagreements,
    EdgeCase,
    Influence,
    LabelPair,
    RaterReport,
)
from labelq.pinpoint.influence import influences
from labelq.pinpoint.label_pairs import label_pairs
from labelq.pinpoint.raters import rater_reports
from labelq.remedy.acts import Draft, Entry, Task
from labelq.remedy.guideline import draft_guideline
from labelq.remedy.queue import queue, queue_tasks
from labelq.remedy.training_labels import with_later
from labelq.settings import GateRule

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Gate:
    """One ``--fail-under`` rule and how it went: ``lower`` is compared with ``at_least``."""

    question: str
    metric: str
    at_least: float
    lower: float | None
    passed: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit found, as data. Rows are ranked: the first matters most.

    ``consensus`` rests on all evidence: on votes that came through a queue and on reviewers'
    decisions too. Everything else that is said about the round rests on its ratings.
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
    disagreements: tuple[Disagreements, ...] = ()
    clustering: Clustering | None = None

    @property
    def passed(self) -> bool:
        """Whether every gate passed (true without gates)."""
        return all(gate.passed for gate in self.gates)

    def to_frame(self) -> pd.DataFrame:
        """The coefficients as a table: one row per :class:`Agreement`."""
        import dataclasses

        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(row) for row in self.agreements])


MOST_PAIR_INDICES = 2_000
"""Per question, so many pairs of raters, those that share most units."""

Progress = Callable[[str, float], None]
"""Called with a step's name and the share done (0 to 1)."""


def audit(
    round_: Round,
    *,
    guideline: tuple[str, str] | None = None,
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
    text_field: str = "text",
    embedder: Embedder | None = None,
    progress: Progress = lambda _step, _share: None,
) -> Audit:
    """Audit a round: measure, pinpoint, remedy.

    ``guideline`` is (name, Markdown text) of what the annotators had; without it the draft
    starts one. ``cross_check`` None means: where memory allows. ``text_field`` is the task
    field that queue tasks carry the text in. ``interval``, ``group`` (a task field) and
    ``resample_raters`` say how intervals are made. ``embedder`` takes texts to a matrix with one
    row for each: clusters then compare tasks by meaning, not by words. Deterministic for a
    ``seed``.

    Raises:
        SettingsError: tasks have no such field to group by, or a gate names a question or metric
            that does not exist, or the embedder gives no matrix.
    """
    fail_under = _known_gates(round_, fail_under)
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
    progress("cross-checking", 0.0)
    checked = _cross_check(round_, tuple(agreements), wanted=cross_check)

    settlings = {q.name: Settling.of(q, round_.ratings[q.name]) for q in round_.questions}
    of_round: dict[str, Consensus] = {}
    pairs: list[LabelPair] = []
    for i, question in enumerate(round_.questions):
        progress(f"looking for causes in {question.name}", i / n)
        ratings = round_.ratings[question.name]
        of_round[question.name] = consensus(
            question, ratings, len(round_.raters), repeats=round_.repeats.get(question.name)
        )
        pairs += label_pairs(question, ratings, settlings[question.name])
    # Two consensuses: what is said about the round rests on its ratings alone, what proposes a
    # label on the votes and decisions that came after it too.
    consensuses = {q.name: with_later(round_, q, of_round[q.name]) for q in round_.questions}
    quality = _Quality()
    for i, question in enumerate(round_.questions):
        progress(f"testing the consensus on {question.name}", i / n)
        quality.add(round_, question, of_round[question.name], seed, confidence)
    progress("clustering disagreements", 0.0)
    content = Content.of(round_.units, embedder) if pairs else None
    clusters = find_clusters(
        round_, settlings, of_round, pairs, consensuses, content=content, seed=seed
    )
    model = None if embedder is None else getattr(embedder, "name", "a function")
    progress("looking at tasks and annotators", 0.0)
    edges = tuple(
        case
        for q in round_.questions
        for case in find_edge_cases(round_, q, settlings[q.name], of_round[q.name])
    )
    reports = rater_reports(round_, settlings, clusters, of_round)
    progress("drafting", 0.0)
    entries = queue(round_, consensuses, clusters, edges)
    name, text = guideline if guideline is not None else ("guideline.md", None)
    return Audit(
        round=round_,
        agreements=tuple(agreements),
        verdicts=tuple(verdicts),
        consensus=consensuses,
        label_pairs=tuple(pairs),
        clusters=clusters,
        edge_cases=edges,
        raters=reports,
        influences=tuple(row for s in settlings.values() for row in influences(s)),
        queue=entries,
        tasks=queue_tasks(round_, entries, text_field=text_field),
        draft=draft_guideline(name, text, round_, clusters, consensuses),
        cross_check=checked,
        gates=tuple(
            _gate(rule, q, agreements) for rule in fail_under for q in _asked(rule, round_)
        ),
        ceilings=tuple(quality.ceilings),
        held_out=tuple(quality.held_out),
        calibrations=tuple(quality.calibrations),
        rater_confusion=tuple(quality.confusions),
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
        disagreements=disagreements(round_, of_round, clusters),
        clustering=clustering(round_, content, model),
    )


@dataclass(slots=True)
class _Quality:
    """How good the round's consensus is, question by question; gold is told to none of it."""

    ceilings: list[Ceiling] = field(default_factory=list)
    held_out: list[HeldOut] = field(default_factory=list)
    calibrations: list[Calibration] = field(default_factory=list)
    confusions: list[ConfusionRow] = field(default_factory=list)

    def add(
        self, round_: Round, question: Question, found: Consensus, seed: int, confidence: float
    ) -> None:
        ratings, gold = round_.ratings[question.name], round_.gold.get(question.name)
        n = len(round_.raters)
        self.ceilings.append(
            ceiling(question, ratings, found, gold=gold, seed=seed, confidence=confidence)
        )
        self.held_out.append(
            held_out(question, ratings, n, found.method, seed=seed, confidence=confidence)
        )
        self.calibrations.append(
            calibration(question, ratings, found, gold, seed=seed, confidence=confidence)
        )
        self.confusions += rater_confusion(
            question, ratings, n, found, gold=gold, confidence=confidence
        )


def _cross_check(round_: Round, rows: tuple[Agreement, ...], *, wanted: bool | None) -> CrossCheck:
    questions = tuple((q, round_.ratings[q.name]) for q in round_.questions)
    if wanted is False:
        return crosscheck.skipped("switched off")
    costs = max(crosscheck.cost(ratings) for _, ratings in questions)
    n_pairs = sum(row.raters is not None for row in rows)
    if wanted is None and n_pairs > crosscheck.MOST_PAIRS:
        return crosscheck.skipped(
            f"{n_pairs:,} kappas of pairs would take the reference package minutes;"
            " --cross-check does it all the same"
        )
    if wanted is None and costs > crosscheck.DEFAULT_LIMIT:
        return crosscheck.skipped(
            f"tasks × labels² is {costs:,}, and the reference packages need memory in that"
            " proportion; --cross-check does it all the same"
        )
    return crosscheck.cross_check(questions, round_.raters, rows)


def _known_gates(round_: Round, rules: Sequence[GateRule]) -> tuple[GateRule, ...]:
    """The rules with the registered names of their metrics.

    Raises:
        SettingsError: a rule names a question or metric that there is not.
    """
    questions = [question.name for question in round_.questions]
    metrics = [metric.name for metric in METRICS if metric.raters == "any"]
    known = []
    for rule in rules:
        if rule.question is not None and rule.question not in questions:
            raise SettingsError(
                f"--fail-under: there is no question {rule.question!r}; known:"
                f" {', '.join(questions)}"
            )
        try:
            name = metric_called(rule.metric).name
        except SettingsError as error:
            raise SettingsError(f"--fail-under: {error}") from None
        if name not in metrics:
            raise SettingsError(
                f"--fail-under: {name} is about pairs of annotators; known: {', '.join(metrics)}"
            )
        known.append(replace(rule, metric=name))
    return tuple(known)


def _asked(rule: GateRule, round_: Round) -> list[str]:
    """Names of the questions that a gate rule is about."""
    return [q.name for q in round_.questions if rule.question in (None, q.name)]


def _gate(rule: GateRule, question: str, rows: Sequence[Agreement]) -> Gate:
    """How a rule went on one question: its first variant (unweighted, headline distance)."""
    row = next(
        r
        for r in rows
        if (r.question, r.metric, r.label, r.raters) == (question, rule.metric, None, None)
    )
    passed = row.lower is not None and row.lower >= rule.at_least
    return Gate(question, rule.metric, rule.at_least, row.lower, passed, row.reason)
