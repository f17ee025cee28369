"""What to do next, in order: the same steps in every medium."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from labelq.remedy.decisions import about
from labelq.remedy.redoing import redoing
from labelq.report import buying, causes, label_scheme, words
from labelq.report.caveats import renames
from labelq.report.findings import MOST_PEOPLE, is_open, standouts
from labelq.report.names import Names
from labelq.report.numbers import coefficient, count, counted, percent
from labelq.report.text import mark

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.measure.results import Verdict


@dataclass(frozen=True, slots=True)
class Onward:
    """How it goes on from an audit: ``audit`` is the command line that audits the next round as
    this one was, ``again`` the one that audits this one anew (empty: not known), ``server``
    whether the round was pulled from one (so the queue knows its way). ``directory`` is where the
    audit was written, as seen from where these commands run; empty where that is a place of one
    machine only.
    """

    audit: str = "labelq audit next_round.json"
    server: bool = False
    again: str = ""
    directory: str = ""


FIRST_STEPS = 4
"""So many steps stand on the first screen; the others come later in the round."""

WHERE = "“.” is the directory of this audit."
"""What is said once where steps are read in the audit's own directory."""

MOST_UNRULED = 2
"""So many questions that no rule helps have a step of their own."""

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
    queue = _queue(audit, directory, server=onward.server)
    little = buying.little(audit.forecast)
    steps = [
        _rename(audit, onward.again),
        _rules(audit, directory),
        *_unruled(audit, names),
        None if little else queue,
        _people(audit, names, directory),
        queue if little else None,
        _apply(audit, directory),
        Step("Label the next round, and audit it against this one:", onward.audit),
    ]
    return [step for step in steps if step is not None]


def elsewhere(onward: Onward) -> Onward:
    """``onward`` for a page that is read anywhere: no path of one machine only."""
    return replace(onward, audit=_portable(onward.audit), again=_portable(onward.again))


def _portable(command: str) -> str:
    """A command line without the directories of absolute paths."""
    return shlex.join(
        f"{option}{sign}{_last(path)}"
        for word in shlex.split(command)
        for option, sign, path in [
            word.partition("=") if word.startswith("--") and "=" in word else ("", "", word)
        ]
    )


def _last(path: str) -> str:
    """The last part of an absolute path, with us or on Windows; anything else as it is."""
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    return PureWindowsPath(path).name or path if absolute else path


def _rename(audit: Audit, again: str) -> Step | None:
    options = renames(audit.round)
    if not options:
        return None
    return Step(
        f"If a label was only renamed, audit again{'' if again else ' with --replace and'}:",
        f"{again} {options}".strip(),
        "Until then tasks whose answers were set aside look as if nobody labeled them.",
    )


def _rules(audit: Audit, directory: str) -> Step | None:
    draft = audit.draft
    gaps = sum(c.cause.kind == "gap" and is_open(audit, c) for c in audit.clusters)
    which = f" ({counted(gaps, 'open gap')})" if gaps else ""
    parts = [
        f"{counted(len(draft.rules), 'proposed rule')}{which}" if draft.rules else "",
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


def _unruled(audit: Audit, names: Names) -> Iterator[Step]:
    """The questions that decide *not yet* and have no open gap: what else would help."""
    waiting = {c.question for c in audit.clusters if c.cause.kind == "gap" and is_open(audit, c)}
    bad = [v for v in words.worst_first(audit.verdicts) if v.state == "unreliable"]
    for verdict in [v for v in bad if v.question not in waiting][:MOST_UNRULED]:
        yield Step(f"{mark(verdict.question, 40)}: {_instead(audit, verdict, names)}")


def _instead(audit: Audit, verdict: Verdict, names: Names) -> str:
    """Where the disagreement of a question lies, and what would help."""
    question, value = verdict.question, verdict.headline.value
    said = "no missing rule was found"
    pairs = [pair for pair in audit.label_pairs if pair.question == question]
    if pairs:
        pair = max(pairs, key=lambda pair: pair.share)
        said += f"; {percent(pair.share)} of the disagreement lies in {causes.either(pair.labels)}"
    said += "."
    found = redoing(audit.raters, question, value)
    if found is not None:
        them = names.people([found.rater])
        takes = "" if found.seconds is None else f" (about {buying.hours(found.seconds)})"
        said += (
            f" Talk with {them} first: without their answers alpha would be"
            f" {coefficient(found.without)} instead of {coefficient(value)}. Then have others"
            f" answer {counted(found.n, 'task')} anew{takes}."
        )
    merge = next(
        (
            change
            for scheme in audit.label_schemes
            if scheme.question == question
            for change in scheme.raising
        ),
        None,
    )
    if merge is not None:
        said += (
            f" {label_scheme.change_name(merge)}: alpha would be {coefficient(merge.value)}, and"
            f" {percent(merge.entropy_lost)} of the information is lost."
        )
    if found is None and merge is None:
        said += (
            " Neither fewer labels nor the absence of one annotator would help: write down with"
            " examples where one begins and the other ends."
        )
    return said


def _apply(audit: Audit, directory: str) -> Step | None:
    meeting = audit.draft.rules or audit.draft.undecided
    decided = any(decision.decided for decision in about(audit.decisions, audit.round))
    if not (meeting or decided):
        return None
    return Step(
        f"{'After the meeting' if meeting else 'From what is decided'}, write the guideline’s"
        " next version:",
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
    if buying.little(audit.forecast):
        buys += ": it can wait"
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
