"""The tasks on a feedback page, grouped by the reason why they are there, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labelq.labels.model import Round
from labelq.remedy.decisions import Decision
from labelq.remedy.feedback import NOT_YOU, STANDS, Case, Feedback, Kind
from labelq.report import decisions
from labelq.report.beside import NOTHING, Beside
from labelq.report.causes import label
from labelq.report.examples import text_of
from labelq.report.numbers import counted
from labelq.report.pictures import Picture
from labelq.report.text import clip, mark
from labelq.report.yours import capital, number

LIMIT = 480
"""Characters of a task's text."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one answer; ``question`` is empty where only one was asked."""

    question: str
    said: str


@dataclass(frozen=True, slots=True)
class Card:
    """One task, with what is said of its answers: ``id``, ``text`` and ``words`` are data text.

    Without a text ``missing`` says why.
    """

    id: str
    text: str
    missing: str
    words: tuple[str, ...]
    link: str | None
    picture: Picture | None
    said: list[Told]


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
    "even": "Close votes",
    "split": "The others do not agree either",
    "doubted": "The known answer may be the one to look at",
}

_SAID: dict[Kind, str] = {
    "others": (
        "No decided rule is known to be about these. Where the guideline supports your answer, or"
        " is silent, bring the task to the next guideline meeting."
    ),
    "gap": "Annotators read these in different, consistent ways: a rule is missing.",
    "ambiguous": "Votes on tasks like these split without a pattern.",
    "even": "About as many answered like you as otherwise: still open.",
    "doubted": "Most of the others answered as you did.",
}


def groups(source: Round, feedback: Feedback, beside: Beside = NOTHING) -> list[Group]:
    """The three sections: something stands against it, others do, and neither."""

    def group(anchor: str, title: str, lead: str, none: str, kinds: Sequence[Kind]) -> Group:
        parts = [part for kind in kinds for part in _parts(source, feedback, kind, beside)]
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


def _parts(source: Round, feedback: Feedback, kind: Kind, beside: Beside) -> Iterator[Part]:
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
        of_unit: dict[int, list[Case]] = {}
        for case in cases:
            of_unit.setdefault(case.unit, []).append(case)
        cards = [_card(source, unit, own, beside) for unit, own in of_unit.items()]
        yield Part(title, said, cards, more if i == len(shown) else "")


def _rule(decision: Decision, *, known: bool | None) -> tuple[str, list[str]]:
    """The heading and the sentences above tasks that a decision is about."""
    when = "" if decision.when is None else f" on {day(decision.when)}"
    since = "Decided since," if known is False and when else "Decided"
    title = f"{since}{when}: {decisions.outcome(decision)}"
    said = [f"“{mark(' '.join(decision.rule.split()), 600)}”"] if decision.rule.strip() else []
    if known:
        said.append("The rule was there when you answered.")
    elif known is False:
        said.append("You answered before this was decided: nobody could know it then.")
    return title, said


def day(when: dt.date) -> str:
    """A date as people write it: ``20 March 2026``."""
    return f"{when.day} {when:%B %Y}"


def _card(source: Round, unit: int, cases: Sequence[Case], beside: Beside) -> Card:
    identity = source.units.ids[unit]
    words = next((case.words for case in cases if case.words), ())
    text, missing = text_of(source, unit, LIMIT, words)
    several = len(source.questions) > 1
    return Card(
        clip(identity, 80),
        text,
        missing,
        words,
        beside.link(identity),
        beside.pictures.get(identity),
        [Told(mark(case.question) if several else "", " ".join(sentences(case))) for case in cases],
    )


def sentences(case: Case) -> Iterator[str]:
    """What was answered, what stands against it, and what others said, as counts."""
    yield f"You {_did(case, case.answer)}."
    if case.kind == "rule":
        yield f"The rule {_says(case, 'says')}."
        if case.resembles:
            yield "It was decided on other tasks, which this one resembles."
    elif case.kind == "adjudicated":
        yield f"The reviewer {_says(case, 'decided')}."
    elif case.kind in ("gold", "doubted"):
        yield f"The known answer {_says(case, 'is')}."
    yield _others(case)
    if case.kind == "gap":
        yield "The guideline is silent."
    if case.on_agenda and case.kind not in STANDS:
        yield "It is on the agenda of the next guideline meeting."


def _did(case: Case, answer: str) -> str:
    """An answer as something that somebody did; of a multiple choice, one label of it."""
    if case.tick is None:
        return f"answered {label(answer)}"
    return f"{'chose' if answer == case.tick else 'left out'} {label(case.tick)}"


def _says(case: Case, verb: str) -> str:
    """What stands against an answer: ``says Refund``, of a multiple choice ``leaves it out``."""
    if case.tick is None:
        return f"{verb} {label(case.says)}"
    return "has it" if case.says == case.tick else "leaves it out"


def _others(case: Case) -> str:
    """How the others answered: ``Three others answered Refund, one as you did``."""
    if case.between is not None:
        low, high = map(label, case.between)
        n = sum(n for _, n in case.others)
        return f"{capital(number(n))} others answered between {low} and {high}."
    if case.tick is not None:
        given = [("chose it" if name == case.tick else "left it out", n) for name, n in case.others]
    else:
        given = [(f"answered {label(name)}", n) for name, n in case.others[:4]]
        if rest := sum(n for _, n in case.others[4:]):
            given.append(("something else", rest))
    if case.alike:
        given.append(("as you did" if given else "answered as you did", case.alike))
    if not given:
        return "Nobody else answered it."
    (did, first), *more = given
    people = "One other" if first == 1 else f"{capital(number(first))} others"
    return f"{people} {did}{''.join(f', {number(n)} {what}' for what, n in more)}."
