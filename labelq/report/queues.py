"""What a push, a withdrawal and a status say, as lines. All names are made visible."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from labelq.label_studio.queues.header import REASON, VOTES, added_lines
from labelq.label_studio.queues.marks import tab_title
from labelq.label_studio.queues.matching import LeftOut
from labelq.label_studio.queues.new_project import NewProject
from labelq.label_studio.queues.order import Entry, Order
from labelq.label_studio.queues.same_project import SameProject
from labelq.label_studio.queues.status import Standing, Status
from labelq.label_studio.queues.withdraw import Withdrawal
from labelq.label_studio.units import CONTENT
from labelq.labels.queue_fields import KEY, QUEUED_AT
from labelq.report.numbers import counted
from labelq.report.text import clip, line, visible

__all__ = [
    "Line",
    "details",
    "nothing_pushed",
    "push_lines",
    "status_lines",
    "withdrawal_lines",
]

_WIDTH = 11
_NAMES = 8
_BEGINNING = 3  # lines of the instructions

_WHY = {
    "another_person": "they want another person; Label Studio serves nobody a task twice, so"
    " whoever opens the queue sees tasks that are new to them",
    "second_look": "they want a second look by the same people, to whom Label Studio would not"
    " serve them again in the project that was labeled",
}
_ALSO = {
    "another_person": "they want another person; here another team can label them, too",
    "second_look": "as you chose; but nobody is served a task there that they labeled already:"
    " the same people's second look needs --to new-project",
}


@dataclass(frozen=True, slots=True)
class Line:
    """``text`` after ``start``, under whose end its further lines begin; a ``whole`` one is
    never broken, so that it can be copied.
    """

    start: str
    text: str
    whole: bool = False

    def within(self, width: int | None) -> str:
        """The line as it is, or in lines of at most ``width`` cells."""
        if width is None or self.whole:
            return self.start + self.text
        from rich.console import Console
        from rich.text import Text

        room = max(width - len(self.start), 20)
        parts = Text(self.text).wrap(Console(width=width), room, overflow="fold")
        gap = "\n" + " " * len(self.start)
        return self.start + gap.join(part.plain.rstrip() for part in parts)


def _line(name: str, text: str) -> Line:
    return Line(f"  {name:<{_WIDTH}} ", text)


def _shown(text: str) -> str:
    """A name or value from data: on one line, not endless, nothing in it that acts."""
    return line(text, 120)


def _tasks(n: int) -> str:
    return counted(n, "task")


def push_lines(order: Order, plan: SameProject | NewProject, wants: str) -> Iterator[Line]:
    """Tasks, hours, people and destination of one push, and why it fits."""
    name = _shown(plan.title)
    told = []
    if isinstance(plan, SameProject):
        yield _line("to", f"project {plan.project} “{name}”, where they were labeled")
        yield _line("because", (_WHY if wants == "another_person" else _ALSO)[wants])
        votes = sum(change.answers for change in plan.changes)
        if plan.n_new != plan.n_again:
            told.append(f"{plan.n_new - plan.n_again:,} to add")
        if plan.n_again:
            told.append(f"{plan.n_again:,} in the queue already, to be opened for an answer")
    else:
        there = f"project {plan.project} “{name}”" if plan.project else f"a new project “{name}”"
        yield _line("to", there)
        yield _line("because", (_WHY if wants == "second_look" else _ALSO)[wants])
        votes = plan.n_answers
        if plan.n_new:
            told.append(f"{plan.n_new:,} to add")
    if plan.n_there:
        told.append(f"{plan.n_there:,} already there")
    if isinstance(plan, NewProject) and plan.n_elsewhere:
        told.append(f"{plan.n_elsewhere:,} in another queue of this round")
    yield _line("tasks", ", ".join(told) or "none to add")
    if plan.n_new:
        yield _line("work", _work(votes, order.seconds))
        yield _line("people", _people(order, plan.entries, wants))
    yield from _changes(plan)
    for left in plan.left_out:
        ids = _some(left.ids)
        yield _line("left out", f"{_tasks(len(left.ids))}, {_why_not(order, left)}: {ids}")


def _work(votes: int, seconds: float | None) -> str:
    told = counted(votes, "answer")
    if seconds is None:
        return f"{told}; how long one takes is not known"
    if not votes:
        return told
    hours = votes * seconds / 3600
    minutes = max(round(hours * 60), 1)
    took = f"{hours:.1f} hours" if minutes >= 60 else counted(minutes, "minute")
    return f"{told}, about {took} at {seconds:.0f} s each (the round's median)"


def _people(order: Order, entries: Sequence[Entry], wants: str) -> str:
    """Who can be another person, or who has to look again."""
    n = len(order.raters)
    if not n:
        return "who labeled the round is not known"
    everybody = set(order.raters)
    if wants == "second_look":
        counts = Counter(rater for entry in entries for rater in entry.raters)
        return f"{len(counts)} of the round's {n} labeled them: {_names(counts)}"
    new_to = [everybody - entry.raters - entry.bought for entry in entries]
    left = [len(people) for people in new_to]
    counts = Counter(rater for people in new_to for rater in people)
    nobody = sum(1 for number in left if number == 0)
    if not counts:
        each = "the task is" if len(entries) == 1 else "each task is"
        who = "only annotator" if n == 1 else f"{n} annotators"
        return f"{each} new to none of the round's {who}: invite somebody else"
    span = f"{min(left)}" if min(left) == max(left) else f"{min(left)} to {max(left)}"
    each = "the task is" if len(entries) == 1 else "each task is"
    told = f"{each} new to {span} of the round's {counted(n, 'annotator')}: {_names(counts)}"
    if nobody:
        told += f"; {_tasks(nobody)} to none of them: invite somebody else"
    return told


def _names(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{_shown(rater)} {number:,}" for rater, number in ranked[:_NAMES])
    return told + (f" and {len(ranked) - _NAMES} more" if len(ranked) > _NAMES else "")


def _some(units: Sequence[object], most: int = 10) -> str:
    told = ", ".join(_shown(str(unit)) for unit in units[:most])
    return told + (" …" if len(units) > most else "")


def _why_not(order: Order, left: LeftOut) -> str:
    """Why entries are left out; of a file nobody knows whether its units ever were tasks here."""
    by_id = order.join is None
    if left.why == "gone":
        if order.origin is not None and by_id:
            return "not in the project any more"
        what = "id" if by_id else "content" if order.join == CONTENT else _shown(str(order.join))
        whose = "its" if len(left.ids) == 1 else "their"
        return f"no task in the project has {whose} {what}" + (" any more" * bool(order.origin))
    if left.why == "changed":
        same = "id" if by_id else "content" if order.join == CONTENT else _shown(str(order.join))
        return "changed since the audit" if order.origin else f"with that {same} is another task"
    if left.why == "unsure":
        return "known to the audit by a number alone, which may be any task's"
    theirs = f"the queue of “{_shown(left.round)}”"
    if left.why == "busy":
        return f"still waiting in {theirs}"
    if left.why == "answered":
        return f"already answered in {theirs}: audit again to use those answers"
    more = _shown(shlex.join(["--round", left.round]))
    return f"already answered in {theirs}, as this audit knows; for more, audit with {more}"


def _changes(plan: SameProject | NewProject) -> Iterator[Line]:
    """What the push does, summed up."""
    if isinstance(plan, SameProject):
        yield from _changes_there(plan)
        return
    if plan.project is None:
        yield _line(
            "changes",
            f"the project is made: {_per_task(plan)}, most valuable first, nothing filled in"
            " beforehand, the guideline as instructions, the labeling"
            " config with two lines that say why a task is here",
        )
    if plan.updates:
        what = {"label_config": "labeling config", "expert_instruction": "instructions"}
        told = " and ".join(what[name] for name in plan.updates)
        yield _line("changes", f"the project gets today's {told}")
    if plan.tasks:
        shown = any(VOTES in task["data"] for task in plan.tasks)
        but = ", but with what was answered, nameless, in a closed panel" if shown else ""
        yield _line("changes", f"{_tasks(plan.n_new)} imported, without earlier votes{but}")
    if plan.n_uneven:
        yield _line("changes", f"{_tasks(plan.n_uneven)} ask for another number of answers")
    if plan.doubled:
        yield _line("changes", f"{_tasks(len(plan.doubled))} left twice by an interruption removed")
    if plan.media:
        yield _line("media", f"first one file each is fetched: {_some(tuple(plan.media))}")
    if plan.project is None and plan.n_undecided:
        rules = counted(plan.n_undecided, "rule")
        yield _line(
            "note",
            f"the guideline has {rules} that nobody has decided; decide first, and give the"
            " decided guideline with --guideline FILE",
        )


def _per_task(plan: NewProject) -> str:
    numbers = set(plan.wanted.values()) or {plan.overlap}
    if len(numbers) == 1:
        return f"{counted(min(numbers), 'answer')} per task"
    return f"{min(numbers)} to {max(numbers)} answers per task, one of each person contradicted"


def _changes_there(plan: SameProject) -> Iterator[Line]:
    """The same for the project that was labeled."""
    fields = Counter(name for change in plan.changes for name in change.fields)
    names: dict[int, list[str]] = {}
    for name, n in fields.items():
        names.setdefault(n, []).append(name)
    for n, those in names.items():
        yield _line("changes", f"{', '.join(sorted(those))} written to {_tasks(n)}")
    opened = [change for change in plan.changes if change.overlap is not None]
    kinds = Counter((change.raised, change.was_done) for change in opened)
    for (raised, was_done), n in sorted(kinds.items(), reverse=True):
        what = ", ".join(["overlap raised"] * raised + ["open again"] * was_done)
        yield _line("changes", f"{_tasks(n)}: {what or 'open'}")
    if plan.tab is not None:
        made = "made" if plan.tab_id is None else "put in order again"
        yield _line("changes", f"the tab “{_shown(tab_title(plan.round))}” is {made}")
    if plan.n_open:
        yield _line(
            "note",
            f"{_tasks(plan.n_open)} not done in the round yet: what comes from now on counts as"
            " the queue's, for the labels and not for agreement",
        )
    if plan.prefilled:
        yield _line(
            "note",
            f"the project fills in what {_shown(plan.prefilled)} predicts, and answers follow it:"
            " switch that off first (Settings, Annotation, Prelabeling)",
        )


def details(plan: SameProject | NewProject) -> Iterator[Line]:
    """Every single change, for a dry run."""
    if isinstance(plan, SameProject):
        for change in plan.changes:
            told = [
                f"{name} = {'now' if name == QUEUED_AT else _shown(str(value))}"
                for name, value in change.fields.items()
            ]
            if change.raised:
                told.append(f"overlap {change.was_overlap} → {change.overlap}")
            if change.overlap is not None and change.was_done:
                told.append("is_labeled true → false")
            yield Line("    ", f"task {change.id}: {', '.join(told)}")
        return
    if plan.project is None:
        yield from _settings(plan)
    for task_id in plan.doubled:
        yield Line("    ", f"delete task {task_id}")
    for task in plan.tasks:
        data = task["data"]
        fields = _shown(", ".join(data))
        yield Line("    ", f"import {_shown(data[KEY])}: fields {fields}; “{_shown(data[REASON])}”")


def _settings(plan: NewProject) -> Iterator[Line]:
    """What the project is made with; of what is long, what labelq itself adds or how it begins."""
    for name, value in plan.settings.items():
        text = str(value)
        if name == "label_config":
            yield Line("    ", f"{name}: {len(text):,} characters; added are")
            lines: Sequence[str] = added_lines(plan.mark.wants, votes=f"${VOTES}" in text)
        elif name == "expert_instruction":
            told = unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", text, flags=re.DOTALL))
            lines = [one for one in told.splitlines() if one.strip()]
            begins = "; its text begins" if lines else ""
            yield Line("    ", f"{name}: {len(text):,} characters{begins}")
            lines = lines[:_BEGINNING]
        elif name == "description":
            yield Line("    ", f"{name}:")
            lines = text.splitlines()
        else:
            yield Line("    ", f"{name} = {_shown(text)}")
            continue
        for one in lines:
            yield Line("      ", visible(clip(one.strip(), 400)))


def nothing_pushed(
    order: Order, plans: Sequence[tuple[str, SameProject | NewProject]]
) -> tuple[str, int]:
    """Why a push has nothing to do, and its exit code."""
    n = len(order.entries)
    if not n:
        return "Nothing to do: the audit's queue is empty.", 0
    if not plans:
        return f"Nothing is pushed: none of the queue's {_tasks(n)} is what was asked for.", 1
    left = sum(len(one.ids) for _, plan in plans for one in plan.left_out)
    there = sum(plan.n_there + getattr(plan, "n_elsewhere", 0) for _, plan in plans)
    if not left:
        return f"Nothing to do: {_those(there)} there already.", 0
    if there:
        return f"Nothing to do: {_those(there)} there already, {left:,} left out.", 0
    return f"Nothing can be pushed: {_those(left)} left out.", 1


def _those(n: int) -> str:
    return "the one task is" if n == 1 else f"the {n:,} tasks are"


def status_lines(status: Status, people: Mapping[int, str]) -> Iterator[Line]:
    """How far each destination is, who voted, and what is missing."""
    for standing in status.standings:
        yield from _standing(standing, people)
    for theirs, n in status.elsewhere.items():
        stand = "stands" if n == 1 else "stand"
        yield Line(
            "",
            f"{_tasks(n)} of the audit's queue {stand} in the queue of another round,"
            f" “{_shown(theirs)}”.",
        )


def _standing(standing: Standing, people: Mapping[int, str]) -> Iterator[Line]:
    kind = "queue project" if standing.new else "project"
    share = f"{standing.n_done / standing.n_tasks:.0%}" if standing.n_tasks else "nothing in it"
    yield Line("", f"{kind} {standing.project} “{_shown(standing.title)}”")
    yield _line("done", f"{standing.n_done:,} of {_tasks(standing.n_tasks)} ({share})")
    extra = f", and {standing.n_extra:,} more than wanted" if standing.n_extra else ""
    yield _line("answers", f"{standing.n_votes:,} of {standing.n_wanted:,} wanted{extra}")
    counts = {people.get(k, f"user {k}"): n for k, n in standing.votes.items()}
    yield _line("by", _names(counts) if counts else "nobody yet")
    if standing.skips:
        skips = {people.get(k, f"user {k}"): n for k, n in standing.skips.items()}
        yield _line("skipped", _names(skips))
    if standing.waiting:
        on = f"{counted(standing.n_missing, 'answer')} on {_tasks(len(standing.waiting))}"
        yield _line("missing", f"{on}: {_some(standing.waiting)}")
    if standing.n_earlier:
        yield _line("of these", f"{_tasks(standing.n_earlier)} not in this audit's queue")


def withdrawal_lines(plan: Withdrawal, *, every: bool = False) -> Iterator[Line]:
    """What goes, and what stays because it carries a label; with ``every`` task by its id."""
    for part in plan.untagged:
        yield Line("", f"project {part.project}")
        if part.tabs:
            yield _line("removes", f"the tab “{_shown(tab_title(plan.round))}”")
        if part.tasks:
            tasks = _ids(part.tasks, every=every)
            yield _line("removes", f"the tag of {tasks}; what was raised or opened is put back")
        if part.voted:
            voted = _ids(part.voted, every=every)
            they = "it has answers or is begun, and keeps its tag"
            if len(part.voted) > 1:
                they = "they have answers or are begun, and keep their tag"
            yield _line("closes", f"{voted}: {they}")
    for queue in plan.emptied:
        yield Line("", f"{queue.kind} {queue.project} “{_shown(queue.title)}”")
        if queue.tasks:
            yield _line("deletes", f"{_ids(queue.tasks, every=every)} that nobody has begun")
        if queue.whole:
            yield _line("deletes", "the project, empty then")
        else:
            yield _line("keeps", f"{_tasks(queue.n_kept)}: answered, begun, or not made by labelq")


def _ids(ids: Sequence[int], *, every: bool) -> str:
    told = f" ({', '.join(map(str, ids))})" if every else ""
    return _tasks(len(ids)) + told
