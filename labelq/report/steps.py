"""What to do next, in order: the same steps in every medium."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.report import buying
from labelq.report.caveats import renames
from labelq.report.findings import MOST_PEOPLE, is_open, standouts
from labelq.report.names import Names
from labelq.report.numbers import count, counted

if TYPE_CHECKING:
    from labelq.auditing import Audit


@dataclass(frozen=True, slots=True)
class Onward:
    """How it goes on from an audit: ``audit`` is the command line that audits the next round as
    this one was, ``server`` whether the round was pulled from one (so the queue knows its way).
    """

    audit: str = "labelq audit next_round.json --guideline guideline.md"
    server: bool = False


FIRST_STEPS = 4
"""So many steps stand on the first screen; the others come later in the round."""

ONWARD = Onward()
"""Nothing is known of where the round came from."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next: a short sentence, the exact command where there is one, and what
    else is good to know (sentences).
    """

    text: str
    command: str = ""
    more: str = ""


def next_steps(audit: Audit, names: Names, directory: str, onward: Onward = ONWARD) -> list[Step]:
    """What to do this morning, in order.

    ``directory`` is where the audit was written, empty where the reader stands in it.
    """
    steps = [
        _rename(audit),
        _rules(audit, directory),
        _queue(audit, directory, server=onward.server),
        _people(audit, names, directory),
        _apply(audit, directory),
        Step("Label the next round, and audit it against this one:", onward.audit),
    ]
    return [step for step in steps if step is not None]


def _rename(audit: Audit) -> Step | None:
    options = renames(audit.round)
    if not options:
        return None
    return Step(
        "If a label was only renamed, audit again with --replace and:",
        options,
        "Until then tasks whose answers were set aside look as if nobody labeled them.",
    )


def _rules(audit: Audit, directory: str) -> Step | None:
    draft = audit.draft
    gaps = sum(c.cause.kind == "gap" and is_open(audit, c) for c in audit.clusters)
    about = f" ({counted(gaps, 'open gap')})" if gaps else ""
    parts = [
        f"{counted(len(draft.rules), 'proposed rule')}{about}" if draft.rules else "",
        f"{counted(draft.undecided, 'rule')} left open in an earlier draft"
        if draft.undecided
        else "",
    ]
    said = " and ".join(filter(None, parts))
    if not said:
        return None
    return Step(
        f"In the meeting, decide on {said}:",
        _command("review", directory),
        "It opens the meeting’s page in the browser. Without a meeting, `labelq decide` records a"
        " decision; the proposed text is in guideline_draft.md.",
    )


def _apply(audit: Audit, directory: str) -> Step | None:
    if not (audit.draft.rules or audit.draft.undecided or audit.decisions):
        return None
    return Step(
        "After the meeting, write the guideline’s next version:",
        _command("apply", directory),
        "It also queues the answers that the decisions contradict.",
    )


def _command(name: str, directory: str) -> str:
    return shlex.join(["labelq", *name.split(), directory.rstrip("/") or "."])


def _queue(audit: Audit, directory: str, *, server: bool) -> Step | None:
    if not audit.queue:
        return None
    n = len(audit.queue)
    person = sum(entry.wants == "another_person" for entry in audit.queue)
    held = sum(entry.status == "held_back" for entry in audit.queue)
    free = n - person - held  # decided: these second looks wait for nothing
    parts = []
    if person:
        parts.append(f"{counted(person, 'task')} for another person")
    if free > 0:
        parts.append(f"{counted(free, 'second look')} where a decision contradicts the answers")
    waiting = counted(n - person - max(free, 0), "second look")
    if not parts:
        parts.append(f"{waiting} that can wait for the rules")
    buys = buying.short(audit.forecast)
    more = " ".join(buying.forecast(audit.forecast)[:1])
    if n > person + max(free, 0) and parts[0] != f"{waiting} that can wait for the rules":
        more += f" {waiting} can wait for the rules."
    if not server:
        more += (
            " Name the project that was labeled with --project, or import queue.json by hand into"
            " a new project with the same labeling config."
        )
    elif audit.round.selected:
        more += (
            " Part of it may stand there from an earlier push, whose votes are counted in: push"
            " adds what is not there yet, and `labelq queue status` says how far it is."
        )
    return Step(
        f"Bring the queue to Label Studio: {'; '.join(parts)}{f'. {buys}' if buys else ''}.",
        _command("queue push", directory),
        more.strip(),
    )


def _people(audit: Audit, names: Names, directory: str) -> Step | None:
    raters = [rater for rater, _ in standouts(audit)]
    if not raters:
        return None
    first, more = raters[:MOST_PEOPLE], len(raters) - MOST_PEOPLE
    said = f"With {names.people(first)}{', one at a time,' if len(first) > 1 else ''} go through"
    said += " a few tasks that they answered unlike the others."
    if more > 0:
        said += (
            f" {count(more)} more {'stands' if more == 1 else 'stand'} out: the report says who."
        )
    page = shlex.join(["labelq", "report", directory.rstrip("/") or ".", "--rater", "all"])
    return Step(
        said,
        page,
        "The command writes each of them a page of their own tasks, in the directory private.",
    )
