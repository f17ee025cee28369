"""How the meeting says things: agreement, time, what a decision would do, what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labelq.pinpoint.readings import Reading
from labelq.remedy.agenda import AgendaItem
from labelq.remedy.decisions import Decision
from labelq.remedy.releasing import Effect
from labelq.report import causes
from labelq.report.applying import hours_text
from labelq.report.numbers import coefficient, counted, percent
from labelq.report.text import mark
from labelq.review.meeting import ALL_TOGETHER, CANNOT_TELL, PHASES, Meeting, Phase

WHEN = {"before": "Before discussion", "after": "After discussion"}


def agreement(meeting: Meeting, cluster: str, phase: Phase) -> str:
    """How far people agreed on a cluster, in a sentence."""
    found, votes = meeting.agreement(cluster, phase), meeting.votes(cluster, phase)
    if found is None:
        return "No votes yet." if not votes else "Nobody could tell."
    if found.observed is None:
        return "Too few votes: nobody voted beside somebody else."
    together = set(votes) == {ALL_TOGETHER}
    on = "for all examples together" if together else f"on {counted(found.n_units, 'example')}"
    said = (
        f"{counted(found.n_votes, 'vote')} {on}: two people agree {percent(found.observed)} of"
        " the time."
    )
    if ALL_TOGETHER in votes and not together:
        said = f"The votes task by task count, not those for all examples together. {said}"
    if together:
        return f"{said} One show of hands cannot be told from chance."
    if found.alpha is not None:
        return f"{said} Beyond chance that is alpha {coefficient(found.alpha)}."
    if found.reason == "no_variation":
        return f"{said} All votes are one label."
    return f"{said} Too few examples to tell it from chance."


def votes(meeting: Meeting, item: AgendaItem, decision: Decision | None) -> Iterator[str]:
    """Who voted for what before and after discussion, and that the decision is another, if so:
    ``After discussion: Refund 3, Billing 1, cannot tell 0. 4 votes …``.
    """
    for phase in PHASES:
        if meeting.votes(item.cluster, phase):
            got = meeting.tally(item.cluster, phase)
            told = (f"{vote_label(x)} {got.get(x, 0)}" for x in [*item.labels, CANNOT_TELL])
            yield f"{WHEN[phase]}: {', '.join(told)}. {agreement(meeting, item.cluster, phase)}"
    most = meeting.majority(item.cluster)
    if most is None or decision is None or decision.outcome != "label":
        return
    label, n, of = most
    if decision.label != label:
        yield f"The decision is not what most voted for: {causes.label(label)}, {n} of {of} votes."


def sentence(text: str) -> str:
    """An error as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!", ":")) else ".")


def counts(votes: Mapping[str, int]) -> str:
    """Votes on one example: ``Refund 3 · Billing 2``, most first."""
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{vote_label(label)} {n}" for label, n in ranked)


def vote_label(label: str) -> str:
    """A label as a vote."""
    return "cannot tell" if label == CANNOT_TELL else causes.label(label)


def spent(seconds: float, minutes: float) -> str:
    """Time spent against time planned: ``3 of 12 min``."""
    return f"{int(seconds // 60)} of {minutes:.0f} min"


def words_for(reading: Reading) -> list[str]:
    """Which words of a task speak for a label, and how often they stand where all agree."""
    return [
        f"“{mark(one.word, 40)}” stands in {one.n:,} of {one.of:,} agreed tasks, against"
        f" {one.n_against:,} of {one.of_against:,}"
        for one in reading.words
    ]


def nothing_for(reading: Reading) -> str:
    """What is said of a label that no word and no task speaks for."""
    if not reading.n_agreed:
        return "No task was agreed to be this."
    return "No word of this task, and no agreed task like it, speaks for this."


def effect(decision: Decision, found: Effect | None) -> list[str]:
    """What a decision does to the labels that are there."""
    if decision.outcome == "undecided":
        return ["It stays open: no label changes."]
    if decision.outcome == "rejected":
        return ["No rule: no label changes, and none is proposed again."]
    if decision.outcome in ("merge", "rename"):
        return ["Labels are read under the new name: nothing is labeled again."]
    if found is None:
        return []
    scope = f"{counted(found.n_annotations, 'annotation')} on {counted(found.n_units, 'task')}"
    if not found.contradicted:
        said = [f"Contradicts none of {scope}."]
    else:
        said = [
            f"Contradicts {found.n_contradicted:,} of {scope}.",
            "How long people take to look at them again is not known."
            if found.hours is None or found.seconds is None
            else f"To look at them again takes about {hours_text(found.hours)}, at"
            f" {found.seconds:.0f} s each.",
        ]
    if found.n_settled:
        said.append(
            f"{counted(found.n_settled, 'task')} more {'was' if found.n_settled == 1 else 'were'}"
            " decided one by one: left as decided."
        )
    return said


def state(decision: Decision | None) -> str:
    """Where an item stands, in a few words."""
    if decision is None:
        return "open"
    said = {"undecided": "left undecided", "rejected": "no rule wanted"}.get(decision.outcome)
    return said or _outcome(decision)


def _outcome(decision: Decision) -> str:
    from labelq.report import decisions

    return decisions.outcome(decision)


def who_and_when(decision: Decision) -> str:
    """By whom and when something was decided; empty where nobody said."""
    by = f"by {series(decision.who)}" if decision.who else ""
    on = f"on {decision.when.isoformat()}" if decision.when is not None else ""
    return " ".join(filter(None, (by, on)))


def series(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    *first, last = (mark(name) for name in names)
    return f"{', '.join(first)} and {last}" if first else last
