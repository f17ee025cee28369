"""Words about how good the consensus is: the ceiling, label noise, held-out votes, gold.

Every function gives a **sentence** (see :mod:`labelq.report.text`), empty where there is
nothing to say.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Calibration, Ceiling, HeldOut
from labelq.report import words
from labelq.report.numbers import NONE, amount, coefficient, count, counted, percent
from labelq.report.text import line, mark

if TYPE_CHECKING:
    from labelq.auditing import Audit


UNEVEN = (
    "; more may be, because some tasks are harder than the model of annotators explains: on those"
    " people err together."
)


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
    """What stands beside the verdict on ``question``."""
    said = [ceiling(c) for c in audit.ceilings if c.question == question]
    said += [calibration(c) for c in audit.calibrations if c.question == question]
    return [sentence for sentence in said if sentence]


def ceiling(row: Ceiling) -> str:
    """The target in one go: a perfect model, always answering one label, label noise, gold."""
    if row.against_one.value is None:
        return ""
    if row.score == "mean_absolute_error":
        return _of_numbers(row)
    what = "labels" if row.score == "accuracy" else "whole sets of labels"
    one, both = row.against_one, row.against_consensus
    said = f"A perfect model would score about {_share(one)} against one annotator’s {what}"
    if both.value is not None:
        said += f" and about {_share(both)} against the consensus"
    if row.commonest is not None:
        ends = [percent(row.baseline_one), percent(row.baseline_consensus)]
        said += f"; always answering {mark(row.commonest)} would score {' and '.join(ends)}"
    said += (
        f". A target above {percent(one.value)} on the labels of one annotator asks for luck,"
        " or for learning the annotators’ habits."
    )
    if both.value is None:
        said += f" Against the consensus it cannot be said: {words.reason(both.reason)}."
    if row.label_noise.value is not None:
        said += f" About {_share(row.label_noise)} of the consensus labels are probably not right"
        said += UNEVEN if row.uneven else "."
    return said + _gold(row, _share, "score")


def _of_numbers(row: Ceiling) -> str:
    one, both = row.against_one, row.against_consensus
    said = (
        f"A perfect model would be off by {_size(one)} on average from one annotator’s numbers"
        f" and by {_size(both)} from the consensus"
    )
    if row.commonest is not None:
        ends = f"{_number(row.baseline_one)} and {_number(row.baseline_consensus)}"
        said += f"; always answering {mark(row.commonest)} would be off by {ends}"
    return f"{said}. A smaller error asks for luck.{_gold(row, _size, 'are off by')}"


def _gold(row: Ceiling, shown: Callable[[Estimate], str], verb: str) -> str:
    one, both = row.gold_one, row.gold_consensus
    if one.value is None or both.value is None:
        return ""
    return (
        f" Against gold ({counted(both.n, 'task')}) annotators {verb} {shown(one)}"
        f" and the consensus {shown(both)}."
    )


def calibration(row: Calibration) -> str:
    """Whether consensus labels are right as often as they claim, by gold."""
    if row.stated is None or row.right.value is None:
        return ""
    low, high = row.right.lower, row.right.upper
    said = (
        f"On {counted(row.n, 'gold task')} the consensus is {percent(row.stated)} sure on"
        f" average and right on {_share(row.right)}"
    )
    if low is None or high is None or low <= row.stated <= high:
        return f"{said}."
    too = "surer than it is right" if row.stated > row.right.value else "less sure than it is right"
    return f"{said}: it is {too}."


def held_out(row: HeldOut) -> str:
    """That the model of annotators predicts held-out votes worse than the majority does."""
    if row.says != "worse" or row.by_model is None or row.by_majority is None:
        return ""
    name = "Dawid-Skene" if row.model == "dawid_skene" else "one coin"
    return (
        f"{mark(row.question)}: the model of annotators behind the consensus ({name}) predicts"
        f" held-out answers worse than the other answers to the task do: log loss"
        f" {coefficient(row.by_model.log_loss)} against {coefficient(row.by_majority.log_loss)}"
        f" (difference {coefficient(row.worse.value)}, {coefficient(row.worse.lower)} to"
        f" {coefficient(row.worse.upper)}; {counted(row.n_votes, 'answer')}). What it takes to"
        " know about annotators does not carry over: prefer the majority."
    )


def majority_command(row: HeldOut) -> str:
    """What to type to get the majority's labels; the source is the reader's."""
    question = shlex.quote(line(row.question, 300))
    return f"labelq consensus … --question {question} --method majority"


def part(audit: Audit, question: str) -> CeilingPart | None:
    """The numbers behind the sentences, for the report's tables."""
    found = next((c for c in audit.ceilings if c.question == question), None)
    if found is None or found.score == "none":
        return None
    shown = _size if found.score == "mean_absolute_error" else _share
    plain = _number if found.score == "mean_absolute_error" else percent
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
        header=("Scored against", "Perfect model", "Always the commonest", "Gold says"),
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
    if estimate.value is None:
        return NONE
    if estimate.lower is None or estimate.upper is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} ({percent(estimate.lower)} to {percent(estimate.upper)})"


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
