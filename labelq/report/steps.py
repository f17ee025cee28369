"""What to do next, in order: the same steps in every medium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.report.caveats import renames
from labelq.report.findings import influential
from labelq.report.names import Names
from labelq.report.numbers import count, counted

if TYPE_CHECKING:
    from labelq.auditing import Audit

NEXT_COMMAND = "labelq audit next_round.json --guideline guideline.md"

MOST_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next: a sentence, and the exact command or file where there is one."""

    text: str
    command: str = ""


def next_steps(
    audit: Audit, names: Names, directory: str, next_command: str | None = None
) -> list[Step]:
    """What to do this morning, in order.

    ``directory`` is where the audit was written, ``next_command`` the command line that audits
    the next round as this one was audited.
    """
    base = directory.rstrip("/") + "/" if directory else ""
    steps = [_rename(audit), _rules(audit, base), _queue(audit, base), _people(audit, names)]
    again = "Export the next round, and audit it with your guideline:"
    if audit.draft.rules or audit.draft.undecided:
        again = "Save the decided draft as your guideline, then audit the next round with it:"
    steps.append(Step(again, next_command or NEXT_COMMAND))
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


def _queue(audit: Audit, base: str) -> Step | None:
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
    return Step(
        "Import the queue into a new project with the same labeling config (in the old one "
        f"people would see tasks they have labeled): {said}.",
        f"{base}queue.json",
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
