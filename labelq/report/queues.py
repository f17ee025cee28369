"""What a push, a withdrawal and a status say, as lines of text. All names are made visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from labelq.label_studio.queues.header import VOTES
from labelq.label_studio.queues.marks import tab_title
from labelq.label_studio.queues.new_project import NewProject
from labelq.label_studio.queues.order import Entry, Order
from labelq.label_studio.queues.same_project import SameProject
from labelq.label_studio.queues.status import Standing, Status
from labelq.label_studio.queues.withdraw import Withdrawal
from labelq.labels.queue_fields import KEY, QUEUED_AT
from labelq.report.text import clip, visible

__all__ = ["details", "push_lines", "status_lines", "withdrawal_lines"]

_WIDTH = 11
_NAMES = 8

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


def _line(name: str, text: str) -> str:
    return f"  {name:<{_WIDTH}} {text}"


def _shown(text: str) -> str:
    """A name or value from data: on one line, not endless, nothing in it that acts."""
    return visible(clip(" ".join(text.split()), 120))


def _tasks(n: int) -> str:
    return f"{n:,} task" + ("" if n == 1 else "s")


def push_lines(order: Order, plan: SameProject | NewProject, wants: str) -> Iterator[str]:
    """Tasks, hours, people and destination of one push, and why it fits."""
    name = _shown(plan.title)
    if isinstance(plan, SameProject):
        yield _line("to", f"project {plan.project} “{name}”, where they were labeled")
        yield _line("because", (_WHY if wants == "another_person" else _ALSO)[wants])
        votes = sum(change.answers for change in plan.changes)
    else:
        there = f"project {plan.project} “{name}”" if plan.project else f"a new project “{name}”"
        yield _line("to", there)
        yield _line("because", (_WHY if wants == "second_look" else _ALSO)[wants])
        votes = plan.n_new * plan.overlap
    told = [f"{plan.n_new:,} to add"]
    if plan.n_there:
        told.append(f"{plan.n_there:,} already there")
    if isinstance(plan, NewProject) and plan.n_elsewhere:
        told.append(f"{plan.n_elsewhere:,} in another queue of this round")
    yield _line("tasks", ", ".join(told))
    yield _line("work", _work(votes, order.seconds))
    yield _line("people", _people(order, plan.entries, wants))
    yield from _changes(plan)
    for units, why in (
        (plan.gone, "not in the project any more"),
        (plan.changed, "changed since the audit"),
        (
            plan.busy if isinstance(plan, SameProject) else (),
            "still waiting in another round's queue",
        ),
    ):
        if units:
            yield _line("left out", f"{_tasks(len(units))}, {why}: {_some(units)}")


def _work(votes: int, seconds: float | None) -> str:
    told = f"{votes:,} answer" + ("" if votes == 1 else "s")
    if seconds is None:
        return f"{told}; how long one takes is not known"
    if not votes:
        return told
    hours = votes * seconds / 3600
    minutes = max(round(hours * 60), 1)
    took = f"{hours:.1f} hours" if minutes >= 60 else f"{minutes} minute{'s' * (minutes > 1)}"
    return f"{told}, about {took} at {seconds:.0f} s each (the round's median)"


def _people(order: Order, entries: Sequence[Entry], wants: str) -> str:
    """Who can be another person, or who has to look again."""
    n = len(order.raters)
    if not entries or not n:
        return f"{n} labeled this round"
    everybody = set(order.raters)
    if wants == "second_look":
        counts = Counter(rater for entry in entries for rater in entry.raters)
        return f"{len(counts)} of the round's {n} labeled them: {_names(counts)}"
    left = [len(everybody - entry.raters) for entry in entries]
    counts = Counter(rater for entry in entries for rater in everybody - entry.raters)
    nobody = sum(1 for number in left if number == 0)
    span = f"{min(left)}" if min(left) == max(left) else f"{min(left)} to {max(left)}"
    told = f"each task is new to {span} of the round's {n}"
    if counts:
        told += f": {_names(counts)}"
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


def _changes(plan: SameProject | NewProject) -> Iterator[str]:
    """What the push does, summed up."""
    if isinstance(plan, SameProject):
        tagged = sum(1 for change in plan.changes if change.fields)
        opened = sum(1 for change in plan.changes if change.overlap is not None)
        if tagged:
            yield _line("changes", f"data fields (labelq_queue, …) for {_tasks(tagged)}")
        if opened:
            yield _line("changes", f"{_tasks(opened)}: overlap raised, open again")
        if plan.n_open:
            yield _line(
                "note", f"{_tasks(plan.n_open)} not done in the round yet: what comes from now on"
            )
            yield _line("", "counts as the queue's, for the labels and not for agreement")
        if plan.tab is not None:
            made = "made" if plan.tab_id is None else "put in order again"
            yield _line("changes", f"the tab “{_shown(tab_title(plan.round))}” is {made}")
        return
    if plan.project is None:
        yield _line("changes", f"the project is made: {plan.overlap} answers per task, most")
        yield _line("", "valuable first, nothing filled in beforehand, the guideline as")
        yield _line("", "instructions, the labeling config with a line that says why")
        if plan.n_undecided:
            rules = "1 rule" if plan.n_undecided == 1 else f"{plan.n_undecided} rules"
            yield _line("note", f"the guideline has {rules} that nobody has decided; decide first,")
            yield _line("", "and give the decided guideline with --guideline FILE")
    if plan.tasks:
        yield _line("changes", f"{_tasks(plan.n_new)} imported, without earlier votes")
        if any(VOTES in task["data"] for task in plan.tasks):
            yield _line("", "but with what was answered, nameless, in a closed panel")
    if plan.media:
        yield _line("media", f"first one file each is fetched: {_some(tuple(plan.media))}")
    if plan.doubled:
        yield _line("changes", f"{_tasks(len(plan.doubled))} left twice by an interruption removed")


def details(plan: SameProject | NewProject) -> Iterator[str]:
    """Every single change, for a dry run."""
    if isinstance(plan, SameProject):
        for change in plan.changes:
            told = [
                f"{name} = {'now' if name == QUEUED_AT else _shown(str(value))}"
                for name, value in change.fields.items()
            ]
            if change.overlap is not None:
                told.append(f"overlap {change.was_overlap} → {change.overlap}")
                told.append("is_labeled → false")
            yield f"  task {change.id}: {', '.join(told)}"
        return
    if plan.project is None:
        for name, value in plan.settings.items():
            text = str(value)
            short = text if len(text) <= 60 else f"{len(text):,} characters"
            yield f"  new project: {_shown(f'{name} = {short}')}"
    for task_id in plan.doubled:
        yield f"  delete task {task_id}"
    for task in plan.tasks:
        fields = _shown(", ".join(task["data"]))
        yield f"  import {_shown(task['data'][KEY])}: fields {fields}"


def status_lines(status: Status, people: Mapping[int, str]) -> Iterator[str]:
    """How far each destination is, who voted, and what is missing."""
    if not status.standings:
        yield f"The queue of {_shown(status.round)} is not on this server."
    for standing in status.standings:
        yield from _standing(standing, people)
    if status.not_pushed and status.standings:
        yield f"{_tasks(len(status.not_pushed))} of the audit's queue are not pushed."


def _standing(standing: Standing, people: Mapping[int, str]) -> Iterator[str]:
    kind = "queue project" if standing.new else "project"
    share = f"{standing.n_done / standing.n_tasks:.0%}" if standing.n_tasks else "nothing in it"
    yield f"{kind} {standing.project} “{_shown(standing.title)}”"
    yield _line("done", f"{standing.n_done:,} of {_tasks(standing.n_tasks)} ({share})")
    yield _line("answers", f"{standing.n_votes:,} of {standing.n_wanted:,}")
    counts = {people.get(k, f"user {k}"): n for k, n in standing.votes.items()}
    yield _line("by", _names(counts) if counts else "nobody yet")
    if standing.skips:
        skips = {people.get(k, f"user {k}"): n for k, n in standing.skips.items()}
        yield _line("skipped", _names(skips))
    if standing.waiting:
        yield _line("missing", f"{_tasks(len(standing.waiting))}: {_some(standing.waiting)}")


def withdrawal_lines(plan: Withdrawal, *, every: bool = False) -> Iterator[str]:
    """What goes, and what stays because it carries a label; with ``every`` task by its id."""
    for part in plan.untagged:
        yield f"project {part.project}"
        if part.tabs:
            yield _line("removes", f"the tab “{_shown(tab_title(plan.round))}”")
        if part.tasks:
            yield _line("removes", f"tag and raised overlap of {_ids(part.tasks, every=every)}")
        if part.voted:
            voted = _ids(part.voted, every=every)
            yield _line("closes", f"{voted}: they have votes and keep their tag")
    for queue in plan.emptied:
        yield f"queue project {queue.project} “{_shown(queue.title)}”"
        if queue.tasks:
            yield _line("deletes", f"{_ids(queue.tasks, every=every)} that nobody has begun")
        if queue.whole:
            yield _line("deletes", "the project, empty then")
        else:
            yield _line("keeps", f"{_tasks(queue.n_kept)} with answers, or not made by labelq")


def _ids(ids: Sequence[int], *, every: bool) -> str:
    told = f" ({', '.join(map(str, ids))})" if every else ""
    return _tasks(len(ids)) + told
