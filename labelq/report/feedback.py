"""The feedback page of one annotator: what to look at again, and where it was not them.

Written to the person who reads it. Others are counts; nobody else has a name or a letter here,
and nothing stands against an answer but a rule, a reviewer's decision or a known answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from labelq.pinpoint.rater_findings import RaterReport
from labelq.remedy.casebook import Casebook
from labelq.remedy.feedback import STANDS, Feedback
from labelq.report import yours
from labelq.report.beside import NOTHING, Beside
from labelq.report.feedback_cases import Card, Group, groups
from labelq.report.numbers import NONE, count, counted, percent
from labelq.report.text import mark, markdown
from labelq.report.without_text import SAID_TO_ONE, feedback_without_text, is_without_text

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.labels.model import Round, Units

MOST_NAMED = 10
"""Tasks named in a sentence."""

COUNTS = "Others appear on this page as counts only."


@dataclass(frozen=True, slots=True)
class Row:
    """One question: how much the annotator agrees with the others, and with known answers; and
    how much the annotator in the middle does (``usual``, ``usual_gold``).
    """

    question: str
    agreement: str
    interval: str
    usual: str
    gold: str
    usual_gold: str


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Everything on the page: ``name`` and ``round`` are data text, all else sentences."""

    name: str
    round: str
    answer: str
    well: list[str]
    rows: list[Row]
    has_usual: bool
    has_gold: bool
    has_usual_gold: bool
    caution: str
    patterns: list[yours.Pattern]
    nothing: str
    too_little: str
    groups: list[Group]
    left_out: str


def casebook(audit: Audit, *, anchors: Units | None = None) -> Casebook:
    """What the pages of all annotators of an audit are made from: one that has its texts.

    ``anchors`` are the tasks of an earlier round that decisions were made on.
    """
    return Casebook(
        audit.round,
        audit.raters,
        audit.clusters,
        audit.agendas,
        audit.decisions,
        audit.decided,
        consensus=audit.consensus,
        guideline=audit.draft.original,
        anchors=anchors,
    )


def feedback_page(audit: Audit, feedback: Feedback, beside: Beside = NOTHING) -> FeedbackPage:
    """The page of one annotator, in words; without texts where the audit shown is without."""
    protected = is_without_text(audit)
    if protected:
        feedback, beside = feedback_without_text(feedback), Beside(beside.links)
    patterns = yours.patterns(feedback)
    rows = [row for row in map(partial(_row, feedback), feedback.reports) if row is not None]
    return FeedbackPage(
        name=audit.round.raters[feedback.rater].name,
        round=audit.round.name,
        answer=_answer(feedback),
        well=list(_well(audit.round, feedback)),
        rows=rows,
        has_usual=bool(feedback.usual),
        has_gold=any(row.gold != NONE for row in rows),
        has_usual_gold=any(row.usual_gold != NONE for row in rows),
        caution=yours.caution(feedback),
        patterns=patterns,
        nothing="" if patterns else yours.NOTHING,
        too_little=yours.too_little(feedback),
        groups=groups(audit.round, feedback, beside),
        left_out=SAID_TO_ONE if protected else "",
    )


def feedback_html(audit: Audit, feedback: Feedback, beside: Beside = NOTHING) -> str:
    """The page for one annotator: own tasks only, nobody else's name or letter."""
    from labelq.report.templating import environment

    page = feedback_page(audit, feedback, beside)
    template = environment("labelq.report").get_template("feedback.html.j2")
    return template.render(page=page, counts=COUNTS)


def feedback_markdown(audit: Audit, feedback: Feedback, beside: Beside = NOTHING) -> str:
    """The page as Markdown; all data stands in code spans, where nothing is markup."""
    page = feedback_page(audit, feedback, beside)
    said = [f"# Feedback for {mark(page.name)}", f"Round {mark(page.round)}.", page.answer]
    said += page.well
    said.append(_list([_of_question(row) for row in page.rows]))
    said += ["## Patterns", page.nothing]
    if page.patterns:
        said += [_list([f"{one.said} {one.rests}".strip() for one in page.patterns])]
        said.append(page.caution)
    said.append(page.too_little)
    for group in page.groups:
        said += [f"## {group.title} ({count(group.n)})", group.lead if group.n else group.none]
        for part in group.parts:
            said += [f"### {part.title}", *part.said, _list([_task(one) for one in part.cards])]
            said.append(part.more)
    return "\n\n".join(markdown(one) for one in [*said, COUNTS, page.left_out] if one) + "\n"


def _of_question(row: Row) -> str:
    said = []
    if row.agreement != NONE:
        spread = "" if row.interval == NONE else f" ({row.interval})"
        said.append(f"you agree with the others in {row.agreement} of comparisons{spread}")
    if row.usual != NONE:
        said.append(f"usual here: {row.usual}")
    if row.gold != NONE:
        usual = "" if row.usual_gold == NONE else f" (usual here: {row.usual_gold})"
        said.append(f"known answers: {row.gold}{usual}")
    return f"{row.question}: {'; '.join(said)}"


def _task(card: Card) -> str:
    text = mark(card.text, 300) if card.text else _instead(card)
    said = " ".join(
        f"{one.question}: {one.said}" if one.question else one.said for one in card.said
    )
    where = f" {mark(card.link, 400)}" if card.link else ""
    return f"Task {mark(card.id)}: {text}. {said}{where}"


def _instead(card: Card) -> str:
    """What stands where a text would: a picture, or the reason why there is none."""
    if card.picture is None:
        return card.missing
    return "a picture" if card.picture.uri else f"no picture here ({mark(card.picture.reason)})"


def _list(rows: Sequence[str]) -> str:
    return "\n".join(f"- {row}" for row in rows)


def _answer(feedback: Feedback) -> str:
    """The first sentence: how much was done, and the best that can be said of it."""
    said = f"You answered {counted(feedback.n_units, 'task')}."
    told = [r for r in feedback.reports if r.statistics.most.value is not None]
    if not told:  # numbers are seldom the same; nothing to compare is another matter
        alone = not any(r.n_shared for r in feedback.reports)
        return f"{said} No other answer to any of them is counted." if alone else said
    best = max(told, key=lambda r: r.agreement or 0.0)
    about = f"On {mark(best.question)}, you" if len(feedback.reports) > 1 else "You"
    return f"{said} {about} agree with the others in {percent(best.agreement)} of comparisons."


_KNOWN = {
    "adjudicated": "A reviewer decided {n} of your answers; {right} are the same.",
    "rule": "Decided rules are about {n} of your answers; {right} are as they say.",
    "gold": "For {n} of your answers the right one was known beforehand; {right} are the same.",
}


def _well(source: Round, feedback: Feedback) -> Iterator[str]:
    """Answers that are known to be right."""
    for kind in STANDS:
        known = [one for one in feedback.standings if one.kind == kind]
        if known:
            n, right = sum(one.of for one in known), sum(one.right for one in known)
            yield _KNOWN[kind].format(n=count(n), right=count(right))
    if doubted := sum(one.of for one in feedback.standings if one.kind == "doubted"):
        are, them = ("is", "it") if doubted == 1 else ("are", "them")
        yield (
            f"{counted(doubted, 'more known answer')} {are} left out: most annotators, or those"
            f" usually most consistent, contradict {them}."
        )
    alone = [
        (one.question, u) for one in feedback.standings if one.kind in STANDS for u in one.alone
    ]
    if alone:
        n = len(alone)
        often = {1: "Once", 2: "Twice"}.get(n, f"{yours.capital(yours.number(n))} times")
        several = len(source.questions) > 1
        tasks = ", ".join(
            mark(source.units.ids[unit], 80) + (f" ({mark(question)})" if several else "")
            for question, unit in alone[:MOST_NAMED]
        )
        more = f" and {count(n - MOST_NAMED)} more" if n > MOST_NAMED else ""
        yield (
            f"{often} yours was the right answer although most of the others gave another:"
            f" task{'s' if n > 1 else ''} {tasks}{more}."
        )


def _row(feedback: Feedback, report: RaterReport) -> Row | None:
    """The line of a question; None where there is nothing to say."""
    gold = [
        one for one in feedback.standings if (one.kind, one.question) == ("gold", report.question)
    ]
    told = report.statistics.most.value is not None  # numbers are seldom the same
    if not told and not gold:
        return None
    spread = NONE
    if told and report.lower is not None and report.upper is not None:
        spread = f"{percent(report.lower)} to {percent(report.upper)}"
    return Row(
        mark(report.question),
        percent(report.agreement) if told else NONE,
        spread,
        percent(feedback.usual.get(report.question)),
        f"{count(gold[0].right)} of {count(gold[0].of)}" if gold else NONE,
        percent(feedback.usual_gold.get(report.question)) if gold else NONE,
    )
