"""What other labels would do, in words: merges, cut taxonomies, divided scales, catch-alls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.report import causes, words
from labelq.report.comparison import signed
from labelq.report.numbers import NONE, coefficient, count, counted, interval, percent, times
from labelq.report.reasons import REASONS
from labelq.report.strips import Axis, Strip, differences, dot, ticks
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.measure.label_scheme import LabelScheme, SchemeChange
    from labelq.pinpoint.label_scheme import CatchAll, SchemeFindings

MOST_MERGES, MOST_OTHERS = 10, 12
"""So many merges, and other changes, of a question are shown; all stand in audit.json."""

CAUTION = (
    "What the answers as they are would say if labels were merged: nobody has labeled that way. "
    "Alpha may fall, because with fewer labels more agreement is expected by chance. Merged "
    "labels can no longer be told apart: “information lost” is the share of what the answers "
    "say, “in common” of what annotators’ answers have in common, which is the part to rely on. "
    "Where two labels are confused, a clearer rule may bring as much and lose nothing."
)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of the labels; texts are sentences, ``number`` is the difference."""

    change: str
    picture: Strip
    number: float | None
    difference: str
    spread: str
    alpha: str
    removed: str
    lost: str
    shared_lost: str


@dataclass(frozen=True, slots=True)
class SchemePart:
    """One question: what stands out, and a row for each change."""

    question: str
    sentences: list[str]
    ticks: Strip
    rows: list[ChangeRow]
    more: int


def parts(audit: Audit) -> list[SchemePart]:
    """One part per question whose labels could be others, in the audit's order."""
    return [_part(found) for found in audit.label_schemes if found.scheme.changes]


def _part(found: SchemeFindings) -> SchemePart:
    merges = [c for c in found.scheme.changes if c.kind == "merge"]
    others = [c for c in found.scheme.changes if c.kind != "merge"]
    shown = [*merges[:MOST_MERGES], *others[:MOST_OTHERS]]
    ends = [end for c in shown for end in (c.difference, c.difference_lower, c.difference_upper)]
    on = differences(ends)
    return SchemePart(
        question=found.question,
        sentences=sentences(found),
        ticks=ticks(on),
        rows=[_row(change, on) for change in shown],
        more=len(found.scheme.changes) - len(shown),
    )


def sentences(found: SchemeFindings) -> list[str]:
    """What stands out in a question's labels, sentence by sentence."""
    scheme = found.scheme
    if not scheme.changes:
        why = REASONS.get(scheme.reason or "", scheme.reason or "")
        return [f"{why[:1].upper()}{why[1:]}."]
    said = [_proposal(scheme, change) for change in found.raising[:3]]
    if len(found.raising) > 3:
        said.append(f"{counted(len(found.raising) - 3, 'more change')} would raise it too.")
    if not found.raising:
        said.append(_none_raises(scheme))
    said += [_catch_all(catch) for catch in found.catch_alls]
    return said


def change_name(change: SchemeChange) -> str:
    """What a change does: ``Merge Refund and Billing``."""
    if change.kind == "cut":
        return f"End every path at depth {count(change.depth or 0)}"
    groups = "; ".join(_together(group) for group in change.groups)
    if change.kind == "merge":
        return f"Merge {groups}"
    if change.kind == "halves":
        return f"Two halves: {groups}"
    best = f", best of {count(change.n_tried)}" if change.n_tried > 1 else ""
    return f"{counted(change.n_labels, 'step')}{best}: {groups}"


def short(audit: Audit) -> Iterator[str]:
    """A line per question where a change would raise alpha, or a label attracts everything."""
    for found in audit.label_schemes:
        if found.raising or any(catch.by_votes for catch in found.catch_alls):
            yield f"{mark(found.question)}: {' '.join(sentences(found))}"


def _together(group: tuple[str, ...]) -> str:
    shown = [causes.label(label, 40) for label in group]
    if len(shown) > 4:
        return f"{shown[0]} to {shown[-1]}"
    return words.series(shown)


def _proposal(scheme: LabelScheme, change: SchemeChange) -> str:
    what = change_name(change)
    verb = what[0].lower() + what[1:]
    ing = verb.replace("merge ", "merging ", 1).replace("end ", "ending ", 1)
    ing = ing.replace("two halves", "dividing the scale into two halves", 1)
    said = (
        f"{ing[0].upper()}{ing[1:]} would raise alpha from {coefficient(scheme.value)} to"
        f" {coefficient(change.value)} (by {_between(change)}) and remove"
        f" {percent(change.removed)} of the disagreement."
    )
    said += f" It loses {percent(change.entropy_lost)} of the information in the answers"
    if change.shared_lost is None:
        return f"{said}."
    return f"{said}, and {percent(change.shared_lost)} of what annotators’ answers have in common."


def _between(change: SchemeChange) -> str:
    return interval(change.difference_lower, change.difference_upper)


def _none_raises(scheme: LabelScheme) -> str:
    tried = {change.kind for change in scheme.changes}
    what = "No merge of two labels"
    if "cut" in tried:
        what += " and no shorter path"
    if "bins" in tried or "halves" in tried:
        what = "No merge of neighbours and no coarser scale"
    known = [c for c in scheme.changes if c.difference is not None]
    best = max(known, key=lambda c: c.difference or 0.0, default=None)
    said = f"{what} would raise alpha beyond chance"
    if best is None or best.difference is None or best.difference <= 0:
        return f"{said}: they all lower it."
    return (
        f"{said}; the most would come from this: {change_name(best)}"
        f" (difference {signed(best.difference)}"
        + (f", {_between(best)})." if best.difference_lower is not None else ").")
    )


def _catch_all(catch: CatchAll) -> str:
    pull = catch.pull
    name = causes.label(pull.label)
    said = (
        f"{name} is {percent(pull.used)} of the answers and one side of {percent(pull.share)} of"
        " the disagreement"
    )
    if pull.ratio is not None:
        spread = "" if pull.lower is None else f" ({times(pull.lower)} to {times(pull.upper)})"
        said += f", {times(pull.ratio)} what its frequency explains{spread}"
    if catch.by_votes:
        return (
            f"{said}: it attracts everything. {count(len(pull.drawn))} of"
            f" {counted(pull.of, 'other label')} are confused with it more than chance has it"
            f" ({words.series([causes.label(label, 40) for label in pull.drawn])})."
            " Say when it may be given, or give what lands in it a label."
        )
    return f"{said}."


def _row(change: SchemeChange, on: Axis) -> ChangeRow:
    return ChangeRow(
        change=change_name(change),
        picture=dot(on, change.difference, change.difference_lower, change.difference_upper),
        number=change.difference,
        difference=NONE if change.difference is None else signed(change.difference),
        spread=_between(change) or NONE,
        alpha=coefficient(change.value),
        removed=percent(change.removed),
        lost=percent(change.entropy_lost),
        shared_lost=percent(change.shared_lost),
    )
