"""The tasks on a feedback page, grouped by the reason why they are there, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.labels.model import Round
from labelq.remedy.decisions import Decision
from labelq.remedy.feedback import NOT_YOU, STANDS, Case, Feedback, Kind
from labelq.report import decisions
from labelq.report.causes import label
from labelq.report.numbers import counted
from labelq.report.text import clip, mark
from labelq.report.yours import capital, number

if TYPE_CHECKING:
    from labelq.remedy.guideline import TaskLinks

LIMIT = 480
"""Characters of a task's text."""


@dataclass(frozen=True, slots=True)
class Card:
    """One task: ``id``, ``text`` and ``words`` are data text, ``question`` (empty where only
    one was asked) and ``said`` are sentences.
    """

    id: str
    text: str
    words: tuple[str, ...]
    link: str | None
    question: str
    said: list[str]


@dataclass(frozen=True, slots=True)
class Part:
    """Tasks of one reason; ``more`` is a sentence about those that are not shown."""

    title: str
    said: list[str]
    cards: list[Card]
    more: str


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the page with ``n`` tasks in all; ``none`` stands where there are none."""

    anchor: str
    title: str
    lead: str
    n: int
    parts: list[Part]
    none: str


_TITLES: dict[Kind, str] = {
    "adjudicated": "Decided by a reviewer",
    "gold": "Known answers",
    "others": "Most of the others at one",
    "gap": "The guideline has no rule for these yet",
    "ambiguous": "These can be read in several ways",
    "even": "As many answered like you as otherwise",
    "split": "The others do not agree either",
    "doubted": "The known answer may be the one to look at",
}

_SAID: dict[Kind, str] = {
    "others": (
        "No written rule decides these. Where you would give your answer again, bring the task to"
        " the next guideline meeting."
    ),
    "gap": "Annotators read these in different, consistent ways: a rule is missing.",
    "ambiguous": "Votes on tasks like these split without a pattern.",
    "even": "Nobody can tell from the votes which answer is meant.",
    "doubted": "Most of the others answered as you did.",
}


def groups(source: Round, feedback: Feedback, links: TaskLinks | None = None) -> list[Group]:
    """The three sections: something stands against it, others do, and neither."""

    def group(anchor: str, title: str, lead: str, none: str, kinds: Sequence[Kind]) -> Group:
        parts = [part for kind in kinds for part in _parts(source, feedback, kind, links)]
        return Group(anchor, title, lead, feedback.n(*kinds), parts, none)

    return [
        group(
            "rules",
            "Where a rule or a known answer says otherwise",
            "Something written or known stands behind each of these.",
            "None: no rule, no reviewer and no known answer says otherwise than you did.",
            STANDS,
        ),
        group(
            "others",
            "Where most of the others answered otherwise",
            "A difference, not an error: worth a second look.",
            "None: you never stood alone against others who were at one.",
            ("others",),
        ),
        group(
            "not-you",
            "Where it was not you",
            "You and others differ here, and it counts against nobody.",
            "None: no task of yours is in an open gap or evenly split.",
            NOT_YOU,
        ),
    ]


def _parts(
    source: Round, feedback: Feedback, kind: Kind, links: TaskLinks | None
) -> Iterator[Part]:
    """The tasks of one kind; of decisions, those of each."""
    shown: dict[tuple[str | None, bool | None], list[Case]] = {}
    for case in feedback.of_kind(kind):
        shown.setdefault((case.decision, case.known), []).append(case)
    left = feedback.n(kind) - sum(map(len, shown.values()))
    for i, ((decision, known), cases) in enumerate(shown.items(), start=1):
        title, said = _TITLES.get(kind, ""), [_SAID[kind]] if kind in _SAID else []
        if decision is not None:
            title, said = _rule(feedback.decisions[decision], known=known)
        more = f"And {counted(left, 'more answer')} of this kind." if left else ""
        cards = [_card(source, case, links) for case in cases]
        yield Part(title, said, cards, more if i == len(shown) else "")


def _rule(decision: Decision, *, known: bool | None) -> tuple[str, list[str]]:
    """The heading and the sentences above tasks that a decision is about."""
    when = "" if decision.when is None else f" on {day(decision.when)}"
    title = f"Decided{when}: {decisions.outcome(decision)}"
    said = [f"“{mark(' '.join(decision.rule.split()), 600)}”"] if decision.rule.strip() else []
    if known:
        said.append("The rule was there when you answered.")
    elif known is False:
        said.append("You answered before this was decided and could not know it: for next time.")
    return title, said


def day(when: dt.date) -> str:
    """A date as people write it: ``20 March 2026``."""
    return f"{when.day} {when:%B %Y}"


def _card(source: Round, case: Case, links: TaskLinks | None) -> Card:
    identity, text = source.units.ids[case.unit], source.units.text[case.unit]
    return Card(
        clip(identity, 80),
        "" if text is None else clip(text.strip(), LIMIT),
        case.words,
        links.to(identity) if links else None,
        mark(case.question) if len(source.questions) > 1 else "",
        list(sentences(case)),
    )


def sentences(case: Case) -> Iterator[str]:
    """What was answered, what stands against it, and what others said, as counts."""
    yield f"You answered {label(case.answer)}."
    if case.kind == "rule":
        yield f"The rule says {label(case.says)}."
        if case.resembles:
            yield "It was decided on other tasks, which this one resembles."
    elif case.kind == "adjudicated":
        yield f"A reviewer decided {label(case.says)}."
    elif case.kind in ("gold", "doubted"):
        yield f"The known answer is {label(case.says)}."
    yield _others(case)
    if case.kind == "gap":
        yield "The guideline is silent."
    if case.on_agenda and case.kind not in STANDS:
        yield "It is on the agenda of the next guideline meeting."


def _others(case: Case) -> str:
    """How the others answered: ``Three others answered Refund, one as you did``."""
    if case.between is not None:
        low, high = map(label, case.between)
        n = sum(n for _, n in case.others)
        return f"{capital(number(n))} others answered between {low} and {high}."
    given = [(label(name), n) for name, n in case.others[:4]]
    rest = sum(n for _, n in case.others[4:])
    said = [f"{number(n)} answered {name}" for name, n in given]
    if rest:
        said.append(f"{number(rest)} something else")
    if case.alike:
        said.append(f"{number(case.alike)} as you did")
    if not said:
        return "Nobody else answered it."
    first, *more = said
    others = "other" if first.startswith("one ") else "others"
    head, _, tail = first.partition(" ")
    return f"{capital(head)} {others} {tail}{''.join(f', {one}' for one in more)}."
