"""What the ballots of a meeting are, and how far they are answered, as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import unescape

from labelq.label_studio.ballots.config import ASKS
from labelq.label_studio.ballots.votes import Ballots
from labelq.label_studio.queues.new_project import NewProject
from labelq.labels.queue_fields import BALLOT
from labelq.remedy.ballots import BallotPaper
from labelq.report.numbers import counted
from labelq.report.queues import Line
from labelq.report.text import line

__all__ = ["ballot_details", "ballot_push_lines", "ballot_status_lines", "notes"]

_WIDTH = 11
_NAMES = 20
_WHY_NOT = {
    "gone": "not in the project any more",
    "changed": "changed since the audit",
    "unsure": "known to the audit by a number alone, which may be any task's",
}


def _line(name: str, text: str) -> Line:
    return Line(f"  {name:<{_WIDTH}} ", text)


def ballot_push_lines(plan: NewProject, papers: Sequence[BallotPaper]) -> Iterator[Line]:
    """Where the ballots go, how many, and what a push changes."""
    name = line(plan.title, 120)
    there = f"project {plan.project} “{name}”" if plan.project else f"a new project “{name}”"
    yield _line("to", there)
    clusters = {cluster for paper in papers for cluster in paper.clusters}
    told = [f"{plan.n_new:,} to add"] if plan.n_new else []
    told += [f"{plan.n_there:,} already there"] if plan.n_there else []
    told = told or ["none to add"]
    yield _line("examples", f"{', '.join(told)}; of {counted(len(clusters), 'agenda item')}")
    if plan.project is None:
        yield _line(
            "changes",
            "the project is made: everybody answers every example, and sees no earlier answer;"
            " the guideline as it stands, as instructions",
        )
    if plan.doubled:
        twice = counted(len(plan.doubled), "example")
        yield _line("changes", f"{twice} left twice by an interruption removed")
    if plan.media:
        places = ", ".join(line(place, 120) for place in plan.media)
        yield _line("media", f"first one file each is fetched: {places}")
    for left in plan.left_out:
        ids = ", ".join(line(str(one), 120) for one in left.ids[:10])
        more = " …" if len(left.ids) > 10 else ""
        why = _WHY_NOT.get(left.why, left.why)
        yield _line("left out", f"{counted(len(left.ids), 'task')}, {why}: {ids}{more}")


def ballot_details(plan: NewProject) -> Iterator[Line]:
    """Every single change, for a dry run."""
    if plan.project is None:
        for name, value in plan.settings.items():
            if name in ("label_config", "description"):
                yield Line("    ", f"{name}:")
                for one in unescape(str(value)).splitlines():
                    yield Line("      ", line(one.rstrip(), 400))
            elif name == "expert_instruction":
                yield Line("    ", f"{name}: {len(str(value)):,} characters")
            else:
                yield Line("    ", f"{name} = {line(str(value), 120)}")
    for task_id in plan.doubled:
        yield Line("    ", f"delete task {task_id}")
    for task in plan.tasks:
        data = task["data"]
        key, asks = line(str(data[BALLOT]), 120), line(str(data[ASKS]), 200)
        fields = line(", ".join(data), 120)
        yield Line("    ", f"import {key}: fields {fields}; “{asks}”")


def ballot_status_lines(found: Ballots, raters: Sequence[str]) -> Iterator[Line]:
    """Who has answered how many; ``raters`` are the round's annotators, by id."""
    yield Line("", f"ballot project {found.project} “{line(found.title, 120)}”")
    on = f"{found.n_papers:,} of {counted(found.n_agenda, 'example')} of the agenda"
    yield _line("there", on)
    if found.n_papers < found.n_agenda:
        yield _line("missing", "--push adds them")
    per_task = Counter((one.cluster, one.task) for one in found.ballots)
    several = len({task for (_, task), n in per_task.items() if n > 1})
    yield _line(
        "answers",
        f"{sum(found.answered.values()):,} by {counted(len(found.answered), 'person', 'people')}"
        + (f"; {counted(several, 'example')} answered by two or more" if per_task else ""),
    )
    if found.answered:
        yield _line("by", _names(found.answered, found.n_papers))
    if found.skipped:
        yield _line("skipped", _names(found.skipped, 0))
    waiting = [who for who in raters if who not in found.answered]
    if waiting:
        named = ", ".join(line(who, 120) for who in waiting[:_NAMES])
        more = f" and {len(waiting) - _NAMES} more" if len(waiting) > _NAMES else ""
        yield _line("not yet", f"{named}{more}")
    for note in notes(found):
        yield _line("note", note)


def notes(found: Ballots) -> Iterator[str]:
    """What does not count, and what to look at."""
    if found.n_elsewhere:
        are = "1 answer is" if found.n_elsewhere == 1 else f"{found.n_elsewhere:,} answers are"
        yield f"{are} to examples that are not on this agenda, or show something else by now"
    for choice, n in found.unknown.items():
        times = "" if n == 1 else f" ({n:,} times)"
        yield f"“{line(choice, 80)}”{times} is no answer that the example offers: not counted"
    if found.n_edited:
        were = "1 answer was" if found.n_edited == 1 else f"{found.n_edited:,} answers were"
        yield f"{were} changed by somebody else afterwards: ask whoever gave it"


def _names(counts: Mapping[str, int], of: int) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{line(who, 120)} {n:,}" + (f" of {of:,}" if of else "") for who, n in ranked[:_NAMES]]
    more = f" and {len(ranked) - _NAMES} more" if len(ranked) > _NAMES else ""
    return ", ".join(told) + more
