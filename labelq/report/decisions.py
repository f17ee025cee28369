"""Decisions in words: what was decided, about how many tasks, and what is still open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from labelq.pinpoint.findings import Cluster
from labelq.remedy.decisions import Decision
from labelq.report import causes
from labelq.report.names import Names
from labelq.report.numbers import counted, percent
from labelq.report.text import mark
from labelq.report.words import series


def labels(names: Sequence[str]) -> str:
    """Labels that a decision is about: ``Refund or Billing``."""
    shown = [causes.label(name) for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def outcome(decision: Decision) -> str:
    """What was decided, without the rule: ``Billing``, ``Refund is split into A and B``."""
    label = causes.label(decision.label)
    first = causes.label(decision.labels[0])
    if decision.outcome == "label":
        return label
    if decision.outcome == "new_label":
        return f"{label}, a new label"
    if decision.outcome == "split":
        return f"{label} is split into {series([causes.label(name) for name in decision.into])}"
    if decision.outcome == "merge":
        return f"{series([causes.label(name) for name in decision.labels])} become {label}"
    if decision.outcome == "rename":
        return f"{first} is called {label} from now on"
    if decision.outcome == "drop":
        return f"{first} is no longer used"
    return {"undecided": "talked about, still open", "rejected": "no rule is wanted"}[
        decision.outcome
    ]


def told(decision: Decision | None) -> str:
    """A sentence that says what was decided, and when; empty where nothing was."""
    if decision is None:
        return ""
    when = f" on {decision.when.isoformat()}" if decision.when is not None else ""
    if not decision.decided:
        return f"Talked about{when}, still open ({mark(decision.id)})."
    return f"Decided{when}: {outcome(decision)} ({mark(decision.id)})."


def recorded(
    decision: Decision, n_units: int, n_named: int, n_ratings: int, n_all: int
) -> list[str]:
    """What a decision says and does: sentences.

    ``n_units`` are in scope, ``n_named`` of them by their id; ``n_ratings`` of ``n_all``
    annotations there contradict it.
    """
    said = [f"{labels(decision.labels)} ({mark(decision.question)}): {outcome(decision)}."]
    if decision.rule:
        said.append(f"Rule: {mark(' '.join(decision.rule.split()), 400)}")
    alike = n_units - n_named
    about = f"In scope: {counted(n_units, 'task')}"
    if decision.scope.tasks and decision.scope.lookalikes:
        about += f" ({n_named:,} decided upon, {alike:,} that resemble them)"
    said.append(about + ".")
    if decision.outcome in ("merge", "rename"):
        said.append("Earlier annotations are read under the new name: nothing is labeled again.")
    elif decision.outcome not in ("undecided", "rejected"):
        verb = "contradicts" if n_ratings == 1 else "contradict"
        said.append(f"Of {counted(n_all, 'annotation')} there {n_ratings:,} {verb} it.")
    return said


def missing(found: Iterable[tuple[Decision, Sequence[str]]]) -> list[str]:
    """Sentences about tasks in a scope that the round does not have."""
    said = []
    for decision, tasks in found:
        some = ", ".join(mark(task, 40) for task in tasks[:5])
        more = f" and {len(tasks) - 5:,} more" if len(tasks) > 5 else ""
        verb = "is" if len(tasks) == 1 else "are"
        said.append(
            f"{counted(len(tasks), 'task')} of decision {mark(decision.id)} {verb} not in this"
            f" round: {some}{more}."
        )
    return said


def overview(
    clusters: Iterable[Cluster], decided: Mapping[str, Decision], names: Names
) -> list[tuple[str, str, str]]:
    """Per cluster: its id, whether it is open or what was decided, what it is about and why."""
    rows = []
    for cluster in clusters:
        decision = decided.get(cluster.id)
        state = "no rule" if cluster.cause.kind == "rater" else "open"
        if decision is not None:
            state = f"{outcome(decision)} ({mark(decision.id)})"
        words = causes.words_of(cluster, 4)
        about = f"{counted(len(cluster.units), 'task')}{' about ' + words if words else ''}"
        said = f"{causes.cause(cluster, names)}. {labels(cluster.labels)}: {about}"
        rows.append((cluster.id, state, f"{said}, {percent(cluster.share)} of the disagreement"))
    return rows
