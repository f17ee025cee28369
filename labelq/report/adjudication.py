"""What an import of decided labels says, as lines. All text from data is made visible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labelq.labels.model import Round
from labelq.pinpoint.findings import Cluster
from labelq.remedy.adjudication import Adjudicated, Problem
from labelq.remedy.decided_tasks import InCluster, Tally
from labelq.report.text import clip, visible

__all__ = ["problem_lines", "tally_lines"]

MOST_PROBLEMS = 20
"""So many rows are named one by one."""

MOST_CLUSTERS = 8
"""So many clusters that are contradicted are named, and so many that were split."""


def _shown(text: str, most: int = 60) -> str:
    return visible(clip(" ".join(text.split()), most))


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


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
    round_: Round, rows: Sequence[Adjudicated], n_new: int, found: Tally
) -> Iterator[str]:
    """How many tasks are decided, and what that says about consensus, clusters and annotators."""
    n_tasks = len({row.unit for row in rows})
    known = "" if n_new == len(rows) else f" ({_counted(n_new, 'label')} new)"
    yield f"{_counted(n_tasks, 'task')} decided, {_counted(len(rows), 'label')}{known}"
    for question, (n, of) in found.agree.items():
        agree = "agrees" if n == 1 else "agree"
        yield f"  {_shown(question)}: {n:,} of {of:,} {agree} with the consensus so far"
    contradicted = [one for one in found.clusters if one.contradicts]
    split = [one for one in found.clusters if one.cluster.consensus is None and one.cluster.words]
    for told in (contradicted, split):
        for one in told[:MOST_CLUSTERS]:
            yield f"  {_cluster(one)}"
        if len(told) > MOST_CLUSTERS:
            yield f"  … and {_counted(len(told) - MOST_CLUSTERS, 'more cluster')}"
    for question in dict.fromkeys(side.question for side in found.sides):
        sides = [side for side in found.sides if side.question == question]
        by = ", ".join(f"{round_.raters[s.rater].letter} {s.n:,} of {s.of:,}" for s in sides[:12])
        more = f", and {len(sides) - 12:,} more annotators" if len(sides) > 12 else ""
        yield f"  {_shown(question)}: answered as decided: {by}{more}"


def _cluster(one: InCluster) -> str:
    """Exact numbers: how many of the decided tasks in a cluster say what."""
    leans = one.cluster.consensus
    start = "contradict cluster" if one.contradicts else "decide in cluster"
    lean = "no label" if leans is None else _shown(leans)
    said = [f"{n:,} {'says' if n == 1 else 'say'} {_shown(label)}" for label, n in one.said]
    more = f" and {len(said) - 4:,} other labels" if len(said) > 4 else ""
    return (
        f"{start} {_name(one.cluster)}, which leans to {lean}: of"
        f" {_counted(one.n, 'decided task')} in it {', '.join(said[:4])}{more}"
    )


def _name(cluster: Cluster) -> str:
    words = f", “{_shown(', '.join(cluster.words[:3]))}”" if cluster.words else ""
    labels = " / ".join(map(_shown, cluster.labels))
    return f"{_shown(cluster.id)} ({_shown(cluster.question)}: {labels}{words})"
