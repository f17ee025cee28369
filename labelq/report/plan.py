"""What a plan says: designs that reach a goal, in words and as a table for the terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from labelq.measure.planning import Goal, Option, Plan
from labelq.report import words
from labelq.report.document import to_bytes
from labelq.report.numbers import NONE, coefficient, count, counted, interval, seconds, threshold
from labelq.report.page import Page
from labelq.report.reasons import REASONS
from labelq.report.text import mark

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA = "labelq/plan/1"

BASIS = {
    "measured": "",
    "extrapolated": "carried on from fewer per task",
    "at_most": "at most",
}


def print_plans(plans: Sequence[Plan], *, confidence: float, file: TextIO | None = None) -> None:
    """Every question's designs, then one design for all of them."""
    out = Page(file)
    for i, plan in enumerate(plans):
        if i:
            out.skip()
        out.say(title(plan), "bold")
        out.say(outcome(plan, confidence), indent=2)
        if plan.options:
            out.console.print(_table(plan.options))
    together = for_all(plans)
    if together:
        out.skip()
        out.say("All questions at once", "bold")
        out.say(
            f"An annotation answers all {len(plans)} questions: the one that needs most decides.",
            indent=2,
        )
        out.console.print(_table(together, "annotations"))
    for note in notes(plans):
        out.skip()
        out.say(note)


def title(plan: Plan) -> str:
    """The question with its coefficient as it is now."""
    row = plan.headline
    spread = interval(row.lower, row.upper)
    now = f"{coefficient(row.value)}{f' ({spread})' if spread else ''}"
    return f"{mark(plan.question)}: {words.metric_of(row)} {now} on {counted(plan.n_units, 'task')}"


def goal_of(goal: Goal, confidence: float) -> str:
    """What is wanted."""
    if goal.kind == "width":
        return f"a {confidence * 100:g} % interval {threshold(goal.size)} wide"
    return (
        f"a next round of other tasks that shows a change of {threshold(goal.size)} four times in"
        " five"
    )


def outcome(plan: Plan, confidence: float) -> str:
    """What the options are for, or why there are none."""
    if plan.reason == "round_too_uncertain":
        return (
            f"No next round can show a change of {threshold(plan.goal.size)}: this round itself is"
            " not known well enough. The smallest change that a very large one could show is"
            f" {coefficient(plan.smallest)}. First have more of this round’s tasks labeled twice,"
            " or look for a larger change."
        )
    if plan.reason:
        why = REASONS.get(plan.reason, plan.reason)
        return f"Nothing to plan from: {why}."
    limit = (
        f" (from this round no next one, however large, can show less than"
        f" {coefficient(plan.smallest)})"
        if plan.smallest is not None
        else ""
    )
    row = plan.headline
    reached = (
        plan.goal.kind == "width"
        and row.lower is not None
        and row.upper is not None
        and row.upper - row.lower <= plan.goal.size
    )
    there = "This round’s own interval is as narrow already. " if reached else ""
    return f"{there}For {goal_of(plan.goal, confidence)}{limit}:"


def for_all(plans: Sequence[Plan]) -> list[Option]:
    """Designs that reach the goal on every question; empty where that says nothing new."""
    planned = [plan for plan in plans if plan.options]
    if len(planned) < 2 or len(planned) < len(plans):
        return []
    found = []
    for same in zip(*(plan.options for plan in planned), strict=True):
        largest = max(same, key=lambda option: option.units)
        found.append(dataclasses.replace(largest, cheapest=False))
    fewest = min(found, key=lambda option: option.ratings)
    return [dataclasses.replace(o, cheapest=o is fewest) for o in found]


def notes(plans: Sequence[Plan]) -> list[str]:
    """What a reader must know about the figures."""
    said = []
    bases = {option.basis for plan in plans for option in plan.options}
    if "at_most" in bases:
        said.append(
            "At most: the round’s tasks have too few labels each to tell what one more adds; so"
            " many are enough if it adds as little as these labels allow."
        )
    timed = [plan for plan in plans if plan.options and plan.seconds is not None]
    if timed:
        each = timed[0].seconds
        said.append(
            f"Time: {seconds(each)} per annotation, as in this round; what took more than ten times"
            " the usual counts as idle."
            if timed[0].n_timed
            else f"Time: {seconds(each)} per annotation, as given."
        )
    elif bases:
        said.append("No times in this round; --seconds gives the time that an annotation takes.")
    if bases:
        said.append(
            "Tasks like these, annotators like these: a new guideline or other tasks change both"
            " the value and what it needs. Half of all rounds of this size come out a little wider."
        )
    return said


def _table(options: Sequence[Option], what: str = "labels") -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2))
    for name in ("annotators per task", "tasks", what, "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for option in options:
        note = [BASIS[option.basis], f"fewest {what}" if option.cheapest else ""]
        cells = (
            count(option.raters_per_unit),
            count(option.units),
            count(option.ratings),
            NONE if option.seconds is None else seconds(option.seconds),
            ", ".join(part for part in note if part),
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


def plans_json(plans: Sequence[Plan]) -> str:
    """All plans as JSON, at full precision."""
    rows = [dataclasses.asdict(plan) for plan in plans]
    return to_bytes({"schema": SCHEMA, "plans": rows}).decode("utf-8")
