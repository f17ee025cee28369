"""Words about how good the consensus is: the ceiling, label noise, held-out votes, gold.

Every function gives a **sentence** (see :mod:`labelq.report.text`), empty where there is
nothing to say.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.labels.model import label_text
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Calibration, Ceiling, Consensus, HeldOut
from labelq.report import causes, words
from labelq.report.numbers import (
    NONE,
    about,
    amount,
    coefficient,
    count,
    counted,
    percent,
    share,
)
from labelq.report.text import line, mark

if TYPE_CHECKING:
    from labelq.auditing import Audit


HARDER = ", and more if some tasks are much harder than others."
"""The model takes tasks with the same label to be equally hard; few votes cannot contradict it."""

UNEVEN = (
    "; more may be, because some tasks are harder than the model of annotators explains: on those"
    " people err together."
)


MODELS = {
    "dawid_skene": "Dawid-Skene",
    "one_coin": "one coin",
    "weighted_mean": "labels as numbers",
}
"""What the model behind a consensus is called."""


@dataclass(frozen=True, slots=True)
class Target:
    """The range between which a model's score on one annotator's labels can lie.

    ``perfect`` and ``always`` are numbers in words, what a model that is always right would
    score, and one that always gives ``commonest``; ``commonest`` and ``sentence`` (the three
    together) are sentences.
    """

    perfect: str
    always: str
    commonest: str
    sentence: str
    what: str


@dataclass(frozen=True, slots=True)
class CeilingPart:
    """The rows behind the sentences on one question; cells are sentences."""

    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    bins_header: tuple[str, ...]
    bins: Sequence[tuple[str, ...]]
    held_out: str
    convention: str


def sentences(audit: Audit, question: str) -> list[str]:
    """What stands beside the verdict on ``question``: what gold shows, then what the model says."""
    said = [gold(c) for c in audit.ceilings if c.question == question]
    said += [calibration(c) for c in audit.calibrations if c.question == question]
    said += [ceiling(c) for c in audit.ceilings if c.question == question]
    return [sentence for sentence in said if sentence]


def gold_of(audit: Audit, question: str) -> str:
    """What gold shows of ``question`` and of the consensus' certainty; empty without gold."""
    said = [gold(c) for c in audit.ceilings if c.question == question]
    said += [calibration(c) for c in audit.calibrations if c.question == question]
    return " ".join(filter(None, said))


def target_of(audit: Audit, question: str) -> Target | None:
    """The target on ``question``; None where it was not estimated."""
    return next((target(c) for c in audit.ceilings if c.question == question), None)


def target(row: Ceiling) -> Target | None:
    """What a model can score, at most and without looking; None where that cannot be said."""
    if row.against_one.value is None:
        return None
    off = row.score == "mean_absolute_error"
    show = _number if off else percent
    best, base = show(row.against_one.value), show(row.baseline_one)
    label = causes.label(row.commonest) if row.commonest is not None else ""
    said = f"{_opening(row)} {'be off by' if off else 'score'} {about(best)}"
    if row.commonest is not None:
        said += f"; always answering {label} would {'be off by' if off else 'score'} {base}"
    what = "a perfect model is off by" if off else "a perfect model scores"
    return Target(best, base if row.commonest is not None else "", label, f"{said}.", what)


def gold(row: Ceiling) -> str:
    """How annotators and the consensus do against gold; empty where there is too little."""
    one, both = row.gold_one, row.gold_consensus
    if one.value is None or both.value is None:
        return ""
    if row.score == "mean_absolute_error":
        return (
            f"Gold says ({counted(both.n, 'task')}): the consensus is off by {_size(both)} on"
            f" average, an annotator by {_size(one)}."
        )
    return (
        f"Gold says ({counted(both.n, 'task')}): the consensus is right on {_share(both)}, an"
        f" annotator on {_share(one)}."
    )


def overruled(found: Consensus) -> str:
    """That the consensus overrules unanimous tasks, or has a label nowhere that people gave."""
    said = []
    if found.n_overruled:
        said.append(
            f"the consensus overrules {count(found.n_overruled)} of the"
            f" {counted(found.n_unanimous, 'task')} on which all annotators gave the same answer."
        )
    if found.lost:
        names = [causes.label(label_text(one)) for one in found.lost]
        gave = "is the consensus of no task, though annotators gave it."
        if len(names) > 1:
            gave = "are the consensus of no task, though annotators gave them."
        said.append(f"{words.series(names)} {gave}")
    return f"{mark(found.question)}: {' '.join(said)}" if said else ""


def ceiling(row: Ceiling) -> str:
    """The target in one go: a perfect model, always answering one label, label noise."""
    if row.against_one.value is None:
        return ""
    if row.score == "mean_absolute_error":
        return _of_numbers(row)
    what = "labels" if row.score == "accuracy" else "whole sets of labels"
    one, both = row.against_one, row.against_consensus
    said = f"{_opening(row)} score {about(_share(one))} against one annotator’s {what}"
    if both.value is not None:
        said += f" and {about(_share(both))} against the consensus"
    if row.commonest is not None:
        ends = [percent(row.baseline_one), percent(row.baseline_consensus)]
        said += f"; always answering {causes.label(row.commonest)} would score {' and '.join(ends)}"
    said += "."
    # What nothing is above is no target to warn of.
    if one.value is not None and one.value < 0.995:
        said += (
            f" A target above {percent(one.value)} on the labels of one annotator asks for luck,"
            " or for learning the annotators’ habits."
        )
    if both.value is None:
        said += f" Against the consensus it cannot be said: {words.reason(both.reason)}."
    if row.label_noise.value is not None:
        noise = about(_share(row.label_noise))
        if row.gold_consensus.value is None:
            said += (
                f" {noise[:1].upper()}{noise[1:]} of the consensus labels are probably not right"
            )
        else:
            said += f" The model takes {noise} of the consensus labels to be not right"
        unseen = HARDER if row.gold_consensus.value is None else "."
        said += UNEVEN if row.uneven else unseen
    return said


def _opening(row: Ceiling) -> str:
    if row.gold_consensus.value is None:
        return "A perfect model would"
    return "By the model of annotators, which has not seen gold, a perfect model would"


def _of_numbers(row: Ceiling) -> str:
    one, both = row.against_one, row.against_consensus
    said = (
        f"{_opening(row)} be off by {_size(one)} on average from one annotator’s numbers"
        f" and by {_size(both)} from the consensus"
    )
    if row.commonest is not None:
        ends = f"{_number(row.baseline_one)} and {_number(row.baseline_consensus)}"
        said += f"; always answering {mark(row.commonest)}, the median, would be off by {ends}"
    return (
        f"{said}. A target below {_number(one.value)} on the numbers of one annotator asks for"
        " luck, or for learning the annotators’ habits."
    )


def calibration(row: Calibration) -> str:
    """Whether consensus labels are right as often as they claim; stands behind :func:`gold`."""
    right, stated = row.right.value, row.stated
    low, high = row.right.lower, row.right.upper
    if stated is None or right is None or low is None or high is None:
        return ""
    said = f"On these tasks it is {percent(stated)} sure on average"
    if percent(stated) == percent(right) or low <= stated <= high:
        return f"{said}."
    return f"{said}: {'surer' if stated > right else 'less sure'} than it is right."


def held_out(row: HeldOut) -> str:
    """That the model of annotators predicts held-out votes worse than the majority does."""
    if row.says != "worse" or row.by_model is None or row.by_majority is None:
        return ""
    name = MODELS.get(row.model, row.model)
    return (
        f"{mark(row.question)}: the model of annotators behind the consensus ({name}) predicts"
        f" held-out answers worse than the other answers to the task do: log loss"
        f" {coefficient(row.by_model.log_loss)} against {coefficient(row.by_majority.log_loss)}"
        f" (difference {coefficient(row.worse.value)}, {coefficient(row.worse.lower)} to"
        f" {coefficient(row.worse.upper)}; {counted(row.n_votes, 'answer')}). What it takes to"
        " know about annotators does not carry over: prefer the majority."
    )


def majority_command(name: str) -> str:
    """What to type to get the majority's labels of a question; the source is the reader's."""
    question = shlex.quote(line(name, 300))
    return f"labelq consensus … --question {question} --method majority"


def part(audit: Audit, question: str) -> CeilingPart | None:
    """The numbers behind the sentences, for the report's tables."""
    found = next((c for c in audit.ceilings if c.question == question), None)
    if found is None or found.score == "none":
        return None
    are_numbers = found.score == "mean_absolute_error"
    shown = _size if are_numbers else _share
    plain = _number if are_numbers else percent
    rows = [
        (name, shown(estimate), plain(base), shown(gold))
        for name, estimate, base, gold in (
            ("One annotator", found.against_one, found.baseline_one, found.gold_one),
            ("Consensus", found.against_consensus, found.baseline_consensus, found.gold_consensus),
        )
    ]
    bins = [
        (
            f"{percent(b.low)} to {percent(b.high)}",
            count(b.n),
            percent(b.stated),
            f"{percent(b.right)} ({percent(b.lower)} to {percent(b.upper)})",
        )
        for c in audit.calibrations
        if c.question == question
        for b in c.bins
    ]
    return CeilingPart(
        header=("Off on average from", "Perfect model", "Always the median", "Gold says")
        if are_numbers
        else ("Scored against", "Perfect model", "Always the commonest", "Gold says"),
        rows=rows,
        bins_header=("Certainty", "Gold tasks", "Mean certainty", "Right"),
        bins=bins,
        held_out=next((_compared(h) for h in audit.held_out if h.question == question), ""),
        convention=mark(found.convention, 1000),
    )


def _compared(row: HeldOut) -> str:
    """How the model did on held-out votes, whatever came out."""
    if row.by_model is None or row.by_majority is None:
        return f"Held-out answers were not compared: {_why(row.reason)}."
    verdicts = {"worse": "worse than", "better": "better than", "alike": "as well as"}
    part_of = ", a sample of the tasks" if row.sampled else ""
    return (
        f"Held-out answers ({count(row.n_votes)}{part_of}): the model of annotators predicts them"
        f" {verdicts[row.says or 'alike']} the other answers to the task do, log loss"
        f" {coefficient(row.by_model.log_loss)} against {coefficient(row.by_majority.log_loss)},"
        f" {percent(row.by_model.hits)} against {percent(row.by_majority.hits)} hit."
    )


def _why(code: str | None) -> str:
    # Of coefficients "no variation" says more.
    return "everyone gave the same label" if code == "no_variation" else words.reason(code)


def _share(estimate: Estimate) -> str:
    """``84 % (81 % to 87 %)``."""
    return share(estimate.value, estimate.lower, estimate.upper)


def _size(estimate: Estimate) -> str:
    """``3.2 (2.9 to 3.6)``."""
    if estimate.value is None:
        return NONE
    if estimate.lower is None or estimate.upper is None:
        return _number(estimate.value)
    return f"{_number(estimate.value)} ({_number(estimate.lower)} to {_number(estimate.upper)})"


def _number(value: float | None) -> str:
    """An error in the unit of the data, three digits: ``0.213``, ``42,296``."""
    if value is None or abs(value) >= 100:
        return amount(value)
    return f"{value:.3g}"
