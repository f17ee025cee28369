"""The few findings that matter most, in words: the same in every medium.

The audit ranks its rows; here is only the choice of which kinds of finding come first, what
they say, and what to do next.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

from labelq.pinpoint.findings import Cluster, RaterReport
from labelq.report import causes, words
from labelq.report.names import Names
from labelq.report.numbers import count, counted, percent
from labelq.report.text import anchors, mark

if TYPE_CHECKING:
    from labelq.auditing import Audit

FindingKind = Literal["cluster", "annotator", "labels", "pair", "dominant", "task", "none"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: ``title`` and ``text`` are sentences, ``anchor`` its place in the report."""

    kind: FindingKind
    title: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next: a sentence, and the exact command or file where there is one."""

    text: str
    command: str = ""


def top_findings(audit: Audit, names: Names, limit: int = 3) -> list[Finding]:
    """The findings to show first.

    The two clusters that would bring most, one annotator's behaviour, a dominating label, and
    whatever is left in the audit's order. (What touches every number, such as labels outside
    the config, stands above the verdicts.)
    """
    places = cluster_anchors(audit)
    clusters = [_cluster(c, names, places[c.id]) for c in audit.clusters if tells(c)]
    ranked: Iterator[Finding] = chain(
        clusters[:2],
        _annotators(audit, names),
        _dominant(audit),
        clusters[2:],
        _pairs(audit),
        _tasks(audit),
    )
    found = list(islice(ranked, limit))
    return found or [Finding("none", "Nothing stands out", _nothing(audit), "agreement")]


def cluster_anchors(audit: Audit) -> dict[str, str]:
    """Cluster id → its place in the report."""
    return anchors("cluster", (c.id for c in audit.clusters))


def question_anchors(audit: Audit) -> dict[str, str]:
    """Question → its place in the agreement section of the report."""
    return anchors("question", (q.name for q in audit.round.questions))


def next_steps(audit: Audit, directory: str) -> list[Step]:
    """What to do this morning, in order. ``directory`` is where the audit was written."""
    base = directory.rstrip("/") + "/" if directory else ""
    steps = []
    gaps = [c for c in audit.clusters if c.cause.kind == "gap"]
    if audit.draft.rules:
        rules = counted(len(audit.draft.rules), "proposed rule")
        about = f" ({counted(len(gaps), 'open gap')})" if gaps else ""
        steps.append(
            Step(f"Decide on {rules}{about} in the guideline draft.", f"{base}guideline_draft.md")
        )
    if audit.queue:
        tasks = counted(len(audit.queue), "task")
        person = sum(entry.wants == "another_person" for entry in audit.queue)
        which = f" ({count(person)} want one more person)" if 0 < person < len(audit.queue) else ""
        steps.append(
            Step(
                f"Import the queue of {tasks}{which} into Label Studio: Import, then this file.",
                f"{base}queue.json",
            )
        )
    draft = shlex.quote(f"{base}guideline_draft.md")
    steps.append(
        Step(
            "After the next round, export it as JSON and audit it against the new guideline:",
            f"labelq audit next_round.json --guideline {draft}",
        )
    )
    return steps


def tells(cluster: Cluster) -> bool:
    """Whether a cluster has a common content and a cause that asks for something."""
    return not cluster.remainder and cluster.cause.kind not in ("slip", "too_little")


def _cluster(cluster: Cluster, names: Names, anchor: str) -> Finding:
    title = f"{causes.cause(cluster, names)}: {causes.either(cluster.labels)}"
    about = f" about {causes.words_of(cluster)}" if cluster.words else ""
    return Finding(
        "cluster",
        title,
        f"{counted(len(cluster.units), 'task')}{about} in question {mark(cluster.question)} "
        f"carry {percent(cluster.share)} of its disagreement.",
        anchor,
    )


def _annotators(audit: Audit, names: Names) -> Iterator[Finding]:
    """One finding per annotator with flags: most evidence first."""
    flagged: dict[int, list[RaterReport]] = {}
    for report in audit.raters:
        if report.flags:
            flagged.setdefault(report.rater, []).append(report)
    for rater in sorted(flagged, key=lambda r: -sum(len(x.flags) for x in flagged[r])):
        said = []
        for report in flagged[rater]:
            behaviours = "; ".join(map(causes.flag, report.flags[:3]))
            said.append(f"in {mark(report.question, 40)}: {behaviours}")
        more = f"; and in {counted(len(said) - 2, 'more question')}" if len(said) > 2 else ""
        who = names.sentence(rater)
        title = f"{who[0].upper()}{who[1:]}" if names.hidden else who
        text = "; ".join(said[:2]) + more
        yield Finding("annotator", title, f"{text[0].upper()}{text[1:]}.", "annotators")


def _dominant(audit: Audit) -> Iterator[Finding]:
    places = question_anchors(audit)
    for v in audit.verdicts:
        if v.dominant and v.commonest is not None:
            yield Finding(
                "dominant",
                f"One label dominates {mark(v.question)}",
                f"Always answering {mark(v.commonest)} would match {count(v.n_commonest)} of "
                f"{counted(v.n_multiple, 'task')}: look at the rare labels on their own.",
                places[v.question],
            )


def _pairs(audit: Audit) -> Iterator[Finding]:
    for pair in audit.label_pairs[:2]:
        yield Finding(
            "pair",
            f"Confused most: {causes.either(pair.labels)}",
            f"In question {mark(pair.question)}, {causes.label_pair(pair)}.",
            "label-pairs",
        )


def _tasks(audit: Audit) -> Iterator[Finding]:
    for kind, said in causes.EDGE_CASES.items():
        n = sum(case.kind == kind for case in audit.edge_cases)
        if n:
            yield Finding(
                "task",
                f"{counted(n, 'task')}: {said}",
                "They are worth a line in the guideline.",
                "edge-cases",
            )


def _nothing(audit: Audit) -> str:
    undecided = [v for v in audit.verdicts if v.state == "cannot_tell"]
    if undecided:
        return f"No cluster, no behaviour: {words.state(undecided[0]).lower().rstrip('.')}."
    return "No cluster of disagreements and no annotator’s behaviour sets itself apart."
