"""Wording about disagreements and people: causes, behaviours, edge cases, the queue.

A flag states a behaviour with its evidence and never judges a person. All sentences mark
the data in them (see :mod:`labelq.report.text`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from labelq.pinpoint.findings import (
    LIKELY,
    Basis,
    Camp,
    Cause,
    CauseEvidence,
    CauseKind,
    Cluster,
    Clustering,
    LabelPair,
)
from labelq.pinpoint.rater_findings import Flag, RaterReport
from labelq.remedy.acts import Reason, ReasonCode
from labelq.remedy.entries import WORDS
from labelq.report.names import Names
from labelq.report.numbers import coefficient, count, counted, percent, times
from labelq.report.text import mark

_LENGTHS = re.compile(r"length of the text=(.+ to .+)")

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

NOUNS: dict[str, str] = {
    "slip": "slips",
    "rater": "one annotator’s habit",
    "ambiguous": "ambiguous tasks",
    "gap": "a gap in the guideline",
}
"""Cause → how it stands in a list."""

BASES: dict[Basis, str] = {
    "uncalibrated": "uncalibrated: learned from simulated rounds",
    "recalibrated": "recalibrated on what reviewers decided in this round",
}
"""What probabilities of causes rest on."""

EDGE_CASES: dict[str, str] = {
    "even_split": "votes split evenly",
    "consistent_split": "the usually most consistent annotators differ",
    "torn": "the votes lean one way, and the consensus stays undecided",
    "border": "reads like one label and like the other",
    "same_text": "same text, different labels",
    "near_text": "nearly the same text, different labels",
    "against_model": "all annotators agree, a confident model says another label",
    "against_gold": "most annotators contradict the gold label",
    "gold_rejected": "the usually most consistent annotators reject the gold label",
}

THE_OTHERS = "the others"

NUMBER = re.compile(r"[-+−]?[\d.,]+")
"""A label that would run into the numbers of a sentence."""

PERSONAL: tuple[str, ...] = ("fast", "skips")
"""Behaviours that are an annotator’s whatever the question: said once."""

NOT_AGAINST = (
    "Disagreements in open guideline gaps and on ambiguous tasks count against nobody: "
    "a flag, and what is higher, lower or more often given, rest on the other tasks only. How "
    "often somebody differs from the others, and they from each other, rests on those of them "
    "with three or more answers."
)
"""Stands wherever annotators are listed."""


def label(text: str | None, limit: int = 80) -> str:
    """A label in a sentence, marked; one that is a number stands in quotation marks.

    >>> label("Refund") == mark("Refund"), label("3") == f"“{mark('3')}”"
    (True, True)
    """
    shown = mark(text, limit)
    return f"“{shown}”" if text and NUMBER.fullmatch(text.strip()) else shown


def either(labels: Sequence[str]) -> str:
    """Two or three labels that are confused: ``Refund or Cancel``, ``payment ticked or not``."""
    from labelq.pinpoint.votes import tick_labels  # which brings scipy along

    if len(labels) == 2 and set(labels) == set(tick_labels(labels[-1])):
        return f"{label(labels[-1])} ticked or not"
    *first, last = map(label, labels)
    return f"{', '.join(first)} or {last}"


def words_of(cluster: Cluster, limit: int = 5) -> str:
    """The words that set a cluster apart, in quotation marks; empty if there are none."""
    return quoted_words(cluster.words, limit)


def quoted_words(words: Sequence[str], limit: int = 5) -> str:
    """The first few words, each in quotation marks; a length of texts in plain words."""
    told = (
        f"texts of {found[1]} characters"
        if (found := _LENGTHS.fullmatch(word))
        else f"“{mark(word, 40)}”"
        for word in words[:limit]
    )
    return ", ".join(told)


def cluster_size(cluster: Cluster) -> str:
    """How big a cluster is, and what settling it would bring at most."""
    said = (
        f"{counted(len(cluster.units), 'task')} with {percent(cluster.share)} of the disagreement"
    )
    if cluster.settled is None:
        return said
    return f"{said}; if these were settled, alpha would be at most {coefficient(cluster.settled)}"


def set_apart(cluster: Cluster) -> list[str]:
    """What sets a cluster apart, and how sure it is that there is one."""
    said = [
        f"{mark(one.field, 60)} is {mark(one.value, 60)} on {percent(one.inside)} of these tasks,"
        f" on {percent(one.outside)} of the others."
        for one in cluster.apart
    ]
    if cluster.p_value is not None:
        often = f"about {percent(cluster.p_value)}".replace("about under", "under")
        said.append(
            "Were disagreements dealt out at random among comparable tasks, chance would bring"
            f" about such a cluster in {often} of rounds (corrected for the clusters claimed"
            " before it)."
        )
        if cluster.stability is not None:
            said.append(
                f"Grown anew from half of its tasks, {percent(cluster.stability)} of the pairs of"
                " its tasks stay together."
            )
    return said


def found_by(clustering: Clustering | None) -> str:
    """What the clusters of an audit were found by."""
    if clustering is None or clustering.content == "none":
        return (
            "Tasks have no text and no fields to compare: disagreements are grouped by label pair"
            " and by the annotators’ patterns only."
        )
    if clustering.content == "fields":
        return "Tasks have no text: they are compared by their fields."
    said = "Tasks are compared by their words."
    if clustering.vectors == "embedder":
        said = (
            f"Clusters are semantic: tasks are compared by the vectors of {mark(clustering.model)}."
        )
    if clustering.n_without_text:
        said += f" {counted(clustering.n_without_text, 'task')} without words could not be used."
    return said


def cause(cluster: Cluster, names: Names) -> str:
    """The likely cause of a cluster."""
    kind = cluster.cause
    if kind.kind == "rater" and kind.rater is not None:
        return f"A habit of {names.sentence(kind.rater)}"
    return CAUSES[kind.kind][0]


def likely_cause(cluster: Cluster, names: Names) -> str:
    """The likely cause with its probability, and what that rests on."""
    told, chance = cause(cluster, names), cluster.cause.probabilities.get(cluster.cause.kind)
    return told if chance is None else f"{told}, {percent(chance)} ({cluster.cause.basis})"


def evidence(cluster: Cluster, names: Names) -> list[str]:
    """What the cause of a cluster rests on, sentence by sentence."""
    kind, said = cluster.cause, []
    if kind.kind == "too_little" and kind.probabilities.get("rater", 0) > LIKELY:
        said.append("No test bears out whose habit it would be, so nobody is named.")
    if kind.kind == "too_little" and kind.probabilities.get("gap", 0) > LIKELY:
        said.append("Nothing holds these tasks together that a rule could name.")
    if kind.rater is not None and kind.resolved is not None:
        said.append(
            f"Without {names.sentence(kind.rater)}, everybody else agrees on "
            f"{percent(kind.resolved)} of these tasks."
        )
    if kind.evidence is not None:
        said += _measured(kind, kind.evidence, names)
    if kind.even:
        said.append(f"On {percent(kind.even)} of them the two leading labels have equal votes.")
    camps = [
        f"{names.series([c.rater])}: {label(c.label)} ({count(c.n)} of {count(c.of)})"
        for c in kind.camps[:8]
    ]
    if camps:
        rest = f"; and {count(len(kind.camps) - 8)} more" if len(kind.camps) > 8 else ""
        said.append(f"Commonest answers: {'; '.join(camps)}{rest}.")
    return said


def _measured(told: Cause, found: CauseEvidence, names: Names) -> list[str]:
    """What speaks for the causes, in the order in which people would ask for it."""
    said = [
        (
            f"{count(found.n_units)} of {counted(found.n_content, 'task')} with this content "
            f"{'is' if found.n_units == 1 else 'are'} disputed."
        )
    ]
    opposite = _opposite(told.camps, names)
    if told.kind == "gap" and opposite:
        said.append(opposite)
    said.append(
        f"{count(found.follows)} of {counted(found.of, 'vote')} on this content "
        f"{'is' if found.follows == 1 else 'are'} what their annotator mostly answers there; the "
        f"consensus is unsure of the disputed tasks by {percent(found.flat)} on average."
    )
    if found.deviates is not None and told.kind in ("rater", "slip", "too_little"):
        said.append(
            f"{_sentence(names.sentence(found.deviates))} deviates most: in {count(found.off)} of"
            f" {counted(found.answers, 'answer')} to this content, elsewhere in"
            f" {percent(found.elsewhere)} (the annotator in the middle: {percent(found.usual)})."
        )
    if found.hurried:
        said.append(
            f"{count(found.hurried)} of {counted(found.timed, 'deviating vote')} took a third of"
            " the usual time or less."
        )
    return said


def _opposite(camps: Sequence[Camp], names: Names) -> str:
    """The clearest rule on each side: ``A answers Refund 14 of 15 times, B Cancel 11 of 12``."""
    best: dict[str, Camp] = {}
    for camp in camps:
        if camp.of >= 3 and camp.n > best.get(camp.label, Camp(-1, "", 0, 1)).n:
            best[camp.label] = camp
    if len(best) < 2:
        return ""
    two = sorted(best.values(), key=lambda camp: (-camp.n, camp.rater))[:2]
    each = ", ".join(
        f"{names.sentence(c.rater)} answers {label(c.label)} {count(c.n)} of"
        f" {counted(c.of, 'time')}"
        for c in two
    )
    return f"Opposite rules: {each}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def consensus(cluster: Cluster) -> str:
    """What the consensus says about a cluster."""
    if cluster.consensus is None:
        return "The consensus is undecided: a person has to decide."
    return f"The consensus leans to {label(cluster.consensus)}."


def flags(report: RaterReport, names: Names, chosen: Iterable[Flag] | None = None) -> list[str]:
    """Behaviours of one annotator with their evidence, and against whom they were told."""
    return [
        flag(behaviour, _the_others(report.left_out.get(behaviour.kind, ()), names))
        for behaviour in (report.flags if chosen is None else chosen)
    ]


def compared(report: RaterReport, family: str, names: Names) -> str:
    """Against whom one annotator's numbers of a family of flags are."""
    return _the_others(report.left_out.get(family, ()), names)


def _the_others(left_out: Sequence[int], names: Names) -> str:
    return f"the others without {names.people(left_out)}" if left_out else THE_OTHERS


def flag(behaviour: Flag, others: str = THE_OTHERS) -> str:
    """One behaviour with its evidence: ``gives Refund on 31 % of shared tasks, the others …``.

    ``others`` says against whom (the annotators that lean more are left out of some comparisons).
    """
    value, of_others = behaviour.value, behaviour.others
    if behaviour.kind == "differs":
        return (
            f"differs from the others in {percent(value)} of comparisons, they from each other in"
            f" {percent(of_others)}"
        )
    if behaviour.kind == "fast":
        return (
            f"takes {percent(value)} of the usual time for the same tasks"
            f" (less on {count(behaviour.n)} of {count(behaviour.of)})"
        )
    if behaviour.kind == "threshold":
        beyond = ("or more", "or less") if value > 0 else ("or less", "or more")
        said = (
            f"answers {label(behaviour.label)} {beyond[0]} where most of {others} answer"
            f" {label(behaviour.instead_of)} {beyond[1]}"
            f" {count(behaviour.n)} of {counted(behaviour.of, 'time')}"
        )
        return said + _others(THE_OTHERS, of_others, "")
    if behaviour.kind == "label_use":
        said = f"gives {label(behaviour.label)} on {percent(value)} of shared tasks"
        return said + _others(others, of_others, "on ")
    if behaviour.kind == "self":
        return (
            f"answers the same thing differently {count(behaviour.n)} of"
            f" {counted(behaviour.of, 'time')} ({percent(value)}; any two answers to it differ"
            f" {percent(of_others)} of the time)"
        )
    if behaviour.kind == "drift":
        day = "" if behaviour.when is None else f" ({behaviour.when[:10]})"
        return (
            f"agrees with the others on {percent(value)} of pairs from answer"
            f" {count(behaviour.n)} of {count(behaviour.of)}{day} on, {percent(of_others)} before"
        )
    if behaviour.kind == "habit":
        about = f"on tasks about {quoted_words(behaviour.words)} " if behaviour.words else ""
        said = f"{about}answers {label(behaviour.label)}"
        if behaviour.instead_of is not None:
            said += f" where the others say {label(behaviour.instead_of)}"
        said += f" {count(behaviour.n)} of {counted(behaviour.of, 'time')}"
        return said + _others(THE_OTHERS, of_others, "")
    if behaviour.kind == "shift":
        return (
            f"answers {coefficient(abs(value))} {'higher' if value > 0 else 'lower'} than {others},"
            f" on average over {counted(behaviour.of, 'task')}"
        )
    return f"skips {percent(value)} of tasks" + _others(THE_OTHERS, of_others, "")


def _others(who: str, value: float | None, preposition: str) -> str:
    return "" if value is None else f", {who} {preposition}{percent(value)}"


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
        return f"{said}; all of the disagreement is between these two"
    if pair.excess is not None:
        often = times(pair.excess).replace("×", " times")
        said += f", confused {often} as often as their frequencies explain"
    return f"{said}; {percent(pair.share)} of the disagreement is between these two"


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
