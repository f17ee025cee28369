"""Wording about disagreements and people: causes, behaviours, edge cases, the queue.

A flag states a behaviour with its evidence and never judges a person. All sentences mark
the data in them (see :mod:`labelq.report.text`).
"""

from __future__ import annotations

from labelq.pinpoint.findings import CauseKind, Cluster, EdgeCase, Flag, LabelPair
from labelq.remedy.acts import Reason, ReasonCode
from labelq.remedy.queue import WORDS
from labelq.report.names import Names
from labelq.report.numbers import MINUS, coefficient, count, counted, percent, times
from labelq.report.text import mark

CAUSES: dict[CauseKind, tuple[str, str]] = {
    "gap": (
        "Gap in the guideline",
        "Annotators read these tasks in different, consistent ways: a rule is missing.",
    ),
    "rater": (
        "One annotator’s habit",
        "One annotator answers these tasks differently from everybody else.",
    ),
    "ambiguous": (
        "Ambiguous tasks",
        "The votes split without camps: the tasks can be read both ways.",
    ),
    "slip": (
        "Slips",
        "Single votes against a clear majority, and no rule behind them.",
    ),
    "too_little": (
        "Too little to say",
        "Too few tasks or votes, or nothing that holds these tasks together, to name a cause.",
    ),
}
"""Cause → its name, and what it means."""

EDGE_CASES: dict[str, str] = {
    "even_split": "votes split evenly",
    "consistent_split": "the usually most consistent annotators differ",
    "same_text": "same text, different labels",
    "against_gold": "most annotators contradict the gold label",
}

PERSONAL: tuple[str, ...] = ("fast", "skips")
"""Behaviours that are an annotator’s whatever the question: said once."""

NOT_AGAINST = (
    "Disagreements in open guideline gaps and on ambiguous tasks count against nobody: "
    "a flag rests on the other tasks only."
)
"""Stands wherever annotators are listed."""


def either(labels: tuple[str, str]) -> str:
    """Two labels that are confused: ``Refund or Cancel``."""
    return f"{mark(labels[0])} or {mark(labels[1])}"


def words_of(cluster: Cluster, limit: int = 5) -> str:
    """The words that set a cluster apart, in quotation marks; empty if there are none."""
    return ", ".join(f"“{mark(word, 40)}”" for word in cluster.words[:limit])


def cluster_size(cluster: Cluster) -> str:
    """How big a cluster is, and what settling it would bring at most."""
    said = f"{counted(len(cluster.units), 'task')}, {percent(cluster.share)} of the disagreement"
    if cluster.settled is None:
        return said
    return f"{said}; if these were settled, alpha would be at most {coefficient(cluster.settled)}"


def cause(cluster: Cluster, names: Names) -> str:
    """The likely cause of a cluster."""
    kind = cluster.cause
    if kind.kind == "rater" and kind.rater is not None:
        return f"A habit of {names.sentence(kind.rater)}"
    return CAUSES[kind.kind][0]


def evidence(cluster: Cluster, names: Names) -> list[str]:
    """What the cause of a cluster rests on, sentence by sentence."""
    kind, said = cluster.cause, []
    if kind.rater is not None and kind.resolved is not None:
        said.append(
            f"Without {names.sentence(kind.rater)}, everybody else agrees on "
            f"{percent(kind.resolved)} of these tasks."
        )
    if kind.even:
        said.append(f"On {percent(kind.even)} of them the two leading labels have equal votes.")
    camps = [
        f"{names.series([c.rater])}: {mark(c.label)} ({count(c.n)} of {count(c.of)})"
        for c in kind.camps[:8]
    ]
    if camps:
        rest = f"; and {count(len(kind.camps) - 8)} more" if len(kind.camps) > 8 else ""
        said.append(f"Commonest answers: {'; '.join(camps)}{rest}.")
    return said


def consensus(cluster: Cluster) -> str:
    """What the consensus says about a cluster."""
    if cluster.consensus is None:
        return "The consensus is undecided: a person has to decide."
    return f"The consensus leans to {mark(cluster.consensus)}."


def flag(behaviour: Flag) -> str:
    """One behaviour with its evidence: ``differs on 31 % of shared tasks, …``."""
    value, others = behaviour.value, behaviour.others
    if behaviour.kind == "differs":
        return f"differs on {percent(value)} of shared tasks" + _others(others, "on ", percent)
    if behaviour.kind == "fast":
        return (
            f"takes {percent(value)} of the time that the others take on the same tasks"
            f" (less on {count(behaviour.n)} of {count(behaviour.of)})"
        )
    if behaviour.kind == "threshold":
        beyond = ("or more", "or less") if value > 0 else ("or less", "or more")
        said = (
            f"answers {mark(behaviour.label)} {beyond[0]} where most others answer"
            f" {mark(behaviour.instead_of)} {beyond[1]}"
            f" {count(behaviour.n)} of {counted(behaviour.of, 'time')}"
        )
        return said + _others(others, "", percent)
    if behaviour.kind == "label_use":
        said = f"gives {mark(behaviour.label)} on {percent(value)} of shared tasks"
        return said + _others(others, "on ", percent)
    if behaviour.kind == "self":
        return (
            f"answers the same thing differently {count(behaviour.n)} of"
            f" {counted(behaviour.of, 'time')} ({percent(value)}; any two answers to it differ"
            f" {percent(others)} of the time)"
        )
    if behaviour.kind == "drift":
        day = "" if behaviour.when is None else f" ({behaviour.when[:10]})"
        return (
            f"agrees with the others on {percent(value)} of pairs from answer"
            f" {count(behaviour.n)} of {count(behaviour.of)}{day} on, {percent(others)} before"
        )
    if behaviour.kind == "habit":
        said = f"answers {mark(behaviour.label)}"
        if behaviour.instead_of is not None:
            said += f" where the others say {mark(behaviour.instead_of)}"
        said += f" {count(behaviour.n)} of {counted(behaviour.of, 'time')}"
        return said + _others(others, "", percent)
    if behaviour.kind == "shift":
        size = f"{abs(value):.2f}".replace("-", MINUS)
        return f"answers {size} {'higher' if value > 0 else 'lower'} than the others, on average"
    return f"skips {percent(value)} of tasks" + _others(others, "", percent)


def _others(value: float | None, preposition: str, number: object) -> str:
    assert callable(number)
    return "" if value is None else f", the others {preposition}{number(value)}"


def flag_test(behaviour: Flag) -> str:
    """The test behind a flag, empty where none applies."""
    if behaviour.p_value is None:
        return ""
    p = behaviour.p_value
    shown = "< .001" if p < 0.001 else "= " + f"{p:.3f}".removeprefix("0")
    return f"p {shown}, corrected over all annotators and questions"


def label_pair(pair: LabelPair) -> str:
    """How often two labels are confused, and how much of the disagreement that is."""
    said = counted(pair.n_units, "task")
    if pair.share >= 1:
        return f"{said}, all of the disagreement"
    if pair.excess is not None:
        often = times(pair.excess).replace("×", " times")
        said += f", confused {often} as often as their frequencies explain"
    return f"{said}, {percent(pair.share)} of the disagreement"


def queue_reasons(reasons: tuple[Reason, ...]) -> str:
    """Why a task is in the queue, each reason once with its questions."""
    questions: dict[ReasonCode, list[str]] = {}
    for reason in reasons:
        asked = questions.setdefault(reason.code, [])
        if reason.question not in asked:
            asked.append(reason.question)
    return "; ".join(
        f"{WORDS[code]} ({', '.join(map(mark, asked))})" for code, asked in questions.items()
    )


def same_text(case: EdgeCase, ids: tuple[str, ...]) -> str:
    """The other tasks with the same text, for the end of a sentence; empty if there are none."""
    if not case.others:
        return ""
    shown = ", ".join(mark(ids[unit], 40) for unit in case.others[:5])
    more = f" and {count(len(case.others) - 5)} more" if len(case.others) > 5 else ""
    return f"; same text: task {shown}{more}"
