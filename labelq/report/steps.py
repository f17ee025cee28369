"""What to do next, in order: the same steps in every medium."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.report.caveats import renames
from labelq.report.findings import influential
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

MOST_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next: a sentence, and the exact command or file where there is one."""

    text: str
    command: str = ""


def next_steps(audit: Audit, names: Names, directory: str, onward: Onward = ONWARD) -> list[Step]:
    """What to do this morning, in order.

    ``directory`` is where the audit was written.
    """
    base = directory.rstrip("/") + "/" if directory else ""
    steps = [
        _rename(audit),
        _rules(audit, base),
        _queue(audit, directory, server=onward.server),
        _people(audit, names),
    ]
    again = "Let the next round be labeled, and audit it with your guideline:"
    if audit.draft.rules or audit.draft.undecided:
        again = "Save the decided draft as your guideline, then audit the next round with it:"
    steps.append(Step(again, onward.audit))
    return [step for step in steps if step is not None]


def _rename(audit: Audit) -> Step | None:
    options = renames(audit.round)
    if not options:
        return None
    return Step(
        "First, if a label was only renamed, add this option and audit again: until then tasks "
        "whose answers were set aside look as if nobody labeled them.",
        options,
    )


def _rules(audit: Audit, base: str) -> Step | None:
    draft = audit.draft
    gaps = sum(cluster.cause.kind == "gap" for cluster in audit.clusters)
    about = f" ({counted(gaps, 'open gap')})" if gaps else ""
    parts = [
        f"{counted(len(draft.rules), 'proposed rule')}{about}" if draft.rules else "",
        f"{counted(draft.undecided, 'rule')} left open in an earlier draft"
        if draft.undecided
        else "",
    ]
    said = " and ".join(filter(None, parts))
    return Step(f"Decide on {said}.", f"{base}guideline_draft.md") if said else None


def _queue(audit: Audit, directory: str, *, server: bool) -> Step | None:
    if not audit.queue:
        return None
    n = len(audit.queue)
    person = sum(entry.wants == "another_person" for entry in audit.queue)
    looks = counted(n - person, "second look")
    if person == n:
        said = f"{counted(n, 'task')}, to be labeled by another person each"
    elif person:
        tasks = f"{count(person)} of {counted(n, 'task')} {'wants' if person == 1 else 'want'}"
        said = f"{tasks} another person, the {looks} can wait for the rules"
    else:
        said = f"{looks} that can wait for the rules"
    by_hand = (
        " Add --project with the project that was labeled, or import queue.json by hand into a"
        " new project with the same labeling config."
    )
    there = " Push adds what is not there yet"
    if audit.round.selected:
        there = " Part of it may stand there from an earlier push, whose votes are counted in:"
        there += " push adds what is not there yet, and `labelq queue status` says how far it is"
    return Step(
        f"Bring the queue to Label Studio: {said}.{f'{there}.' if server else by_hand}",
        shlex.join(["labelq", "queue", "push", directory.rstrip("/") or "."]),
    )


def _people(audit: Audit, names: Names) -> Step | None:
    raters = [rater for rater, _ in influential(audit)][:MOST_PEOPLE]
    if not raters:
        return None
    if len(raters) == 1:
        who = names.sentence(raters[0])
    else:
        plural = "annotators " if names.hidden else ""
        who = f"{plural}{names.series(raters[:-1])} and {names.series(raters[-1:])}, one at a time,"
    return Step(f"With {who} go through a few tasks that they answered unlike the others.")
