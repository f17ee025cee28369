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


ONWARD = Onward()
"""Nothing is known of where the round came from."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next: a sentence, and the exact command or file where there is one."""

    text: str
    command: str = ""


def next_steps(audit: Audit, names: Names, directory: str, onward: Onward = ONWARD) -> list[Step]:
    """What to do this morning, in order.

    ``directory`` is where the audit was written, empty where the reader stands in it.
    """
    steps = [
        _rename(audit),
        _rules(audit, directory),
        _queue(audit, directory, server=onward.server),
        _people(audit, names),
        _apply(audit, directory),
        Step("Let the next round be labeled, and audit it against this one:", onward.audit),
    ]
    return [step for step in steps if step is not None]


def _rename(audit: Audit) -> Step | None:
    options = renames(audit.round)
    if not options:
        return None
    return Step(
        "First, if a label was only renamed, audit again with --replace and this option: until "
        "then tasks whose answers were set aside look as if nobody labeled them.",
        options,
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
        f"Decide on {said}: guideline_draft.md has the text, and this records what is decided:",
        _command("decide", directory),
    )


def _apply(audit: Audit, directory: str) -> Step | None:
    if not (audit.draft.rules or audit.draft.undecided or audit.decisions):
        return None
    return Step(
        "After the meeting, in one step: the guideline's next version, and a queue of the answers"
        " that the decisions contradict:",
        _command("apply", directory),
    )


def _command(name: str, directory: str) -> str:
    return shlex.join(["labelq", *name.split(), directory.rstrip("/") or "."])


def _queue(audit: Audit, directory: str, *, server: bool) -> Step | None:
    if not audit.queue:
        return None
    n = len(audit.queue)
    person = sum(entry.wants == "another_person" for entry in audit.queue)
    held = sum(entry.status == "held_back" for entry in audit.queue)
    looks = counted(n - person, "second look")
    if person == n:
        said = f"{counted(n, 'task')}, to be labeled by another person each"
    elif person:
        tasks = f"{count(person)} of {counted(n, 'task')} {'wants' if person == 1 else 'want'}"
        said = f"{tasks} another person, the {looks} can wait for the rules"
    else:
        said = f"{looks} that can wait for the rules"
    if n - person > held:  # decided: they wait for nothing
        free = counted(n - person - held, "second look")
        said = f"{free} where a decision contradicts what was answered"
        said += f"; {counted(person, 'task')} for another person" if person else ""
        said += f"; {count(held)} more can wait for the rules" if held else ""
    by_hand = (
        " Add --project with the project that was labeled, or import queue.json by hand into a"
        " new project with the same labeling config."
    )
    there = " Push adds what is not there yet"
    if audit.round.selected:
        there = " Part of it may stand there from an earlier push, whose votes are counted in:"
        there += " push adds what is not there yet, and `labelq queue status` says how far it is"
    here = "" if directory else " In the directory of this audit:"
    bought = "".join(f" {sentence}" for sentence in buying.forecast(audit.forecast)[:1])
    return Step(
        f"Bring the queue to Label Studio: {said}.{bought}"
        f"{f'{there}.' if server else by_hand}{here}",
        _command("queue push", directory),
    )


def _people(audit: Audit, names: Names) -> Step | None:
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
    return Step(said)
