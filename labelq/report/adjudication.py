"""What an import of decided labels says, as lines. All text from data is made visible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labelq.labels.model import Round
from labelq.pinpoint.findings import Cluster
from labelq.remedy.adjudication import Adjudicated, Problem
from labelq.remedy.decided_tasks import Against, InCluster, Tally
from labelq.remedy.decisions import Decision
from labelq.report.decisions import outcome, told
from labelq.report.numbers import counted
from labelq.report.text import line, plain

__all__ = ["against_lines", "problem_lines", "tally_lines"]

MOST_PROBLEMS = 20
"""So many rows are named one by one."""

MOST_CLUSTERS = 8
"""So many clusters that are contradicted are named, and so many that were split."""


def _shown(text: str, most: int = 60) -> str:
    return line(text, most)


def problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """One line for each row that is no decision, and how many more there are."""
    for one in problems[:MOST_PROBLEMS]:
        where = f"row {one.row}" if one.row else ""
        task = f"task {_shown(one.unit)}" if one.unit else ""
        named = f"{where} ({task})" if where and task else where or task
        yield f"{named}: {_shown(one.text, 300)}"
    if len(problems) > MOST_PROBLEMS:
        yield f"… and {len(problems) - MOST_PROBLEMS:,} more"


def tally_lines(
    round_: Round,
    rows: Sequence[Adjudicated],
    n_new: int,
    found: Tally,
    decided: Mapping[str, Decision],
) -> Iterator[str]:
    """How many tasks are decided, and what that says about consensus, clusters and annotators.

    ``decided`` is cluster id → what the meeting decided about it.
    """
    n_tasks = len({row.unit for row in rows})
    known = "" if n_new == len(rows) else f" ({counted(n_new, 'label')} new)"
    yield f"{counted(n_tasks, 'task')} decided, {counted(len(rows), 'label')}{known}"
    for question, (n, of) in found.agree.items():
        agree = "agrees" if n == 1 else "agree"
        yield f"  {_shown(question)}: {n:,} of {of:,} {agree} with the consensus so far"
    settled = [one for one in found.clusters if one.cluster.id in decided]
    rest = [one for one in found.clusters if one.cluster.id not in decided]
    contradicted = [one for one in rest if one.contradicts]
    split = [one for one in rest if one.cluster.consensus is None and one.cluster.words]
    for group in (settled, contradicted, split):
        for one in group[:MOST_CLUSTERS]:
            yield f"  {_cluster(one, decided.get(one.cluster.id))}"
        if len(group) > MOST_CLUSTERS:
            yield f"  … and {counted(len(group) - MOST_CLUSTERS, 'more cluster')}"
    for question in dict.fromkeys(side.question for side in found.sides):
        sides = [side for side in found.sides if side.question == question]
        by = ", ".join(f"{round_.raters[s.rater].letter} {s.n:,} of {s.of:,}" for s in sides[:12])
        more = f", and {len(sides) - 12:,} more annotators" if len(sides) > 12 else ""
        yield f"  {_shown(question)}: answered as decided: {by}{more}"


def against_lines(found: Sequence[Against]) -> Iterator[str]:
    """Each task whose label contradicts a decision: one of the two has to be mended."""
    for one in found[:MOST_PROBLEMS]:
        decision = one.decision
        yield (
            f"  {_shown(one.unit)} says {_shown(one.label)}, the decision {_shown(decision.id)}"
            f" says {_shown(plain(outcome(decision)), 200)}"
        )
    if len(found) > MOST_PROBLEMS:
        yield f"  … and {len(found) - MOST_PROBLEMS:,} more that contradict a decision"
    if found:
        yield "  Such a task keeps its own label; if that is not meant, mend one of the two."


def _cluster(one: InCluster, decision: Decision | None) -> str:
    """Exact numbers: how many of the decided tasks in a cluster say what."""
    leans = one.cluster.consensus
    lean = f"leans to {'no label' if leans is None else _shown(leans)}"
    if decision is not None:
        lean = f"{_shown(plain(told(decision)), 300).rstrip('.')}"
        lean = lean[:1].lower() + lean[1:]
    said = [f"{n:,} {'says' if n == 1 else 'say'} {_shown(label)}" for label, n in one.said]
    more = f" and {len(said) - 4:,} other labels" if len(said) > 4 else ""
    return (
        f"cluster {_name(one.cluster)}: {lean}; of"
        f" {counted(one.n, 'decided task')} in it {', '.join(said[:4])}{more}"
    )


def _name(cluster: Cluster) -> str:
    words = f", “{_shown(', '.join(cluster.words[:3]))}”" if cluster.words else ""
    labels = " / ".join(map(_shown, cluster.labels))
    return f"{_shown(cluster.id)} ({_shown(cluster.question)}: {labels}{words})"
