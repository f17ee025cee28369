"""The feedback page of one annotator: what to look at again, and where it was not them.

Written to the person who reads it. Others are counts; nobody else has a name or a letter here,
and nothing stands against an answer but a rule, a reviewer's decision or a known answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.pinpoint.rater_findings import RaterReport
from labelq.remedy.casebook import Casebook
from labelq.remedy.feedback import Feedback
from labelq.report import yours
from labelq.report.beside import NOTHING, Beside
from labelq.report.feedback_cases import Card, Group, groups
from labelq.report.numbers import NONE, count, counted, percent
from labelq.report.text import mark, markdown
from labelq.report.without_text import SAID_TO_ONE, feedback_without_text, is_without_text

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.labels.model import Units

COUNTS = "Others appear on this page as counts only."


@dataclass(frozen=True, slots=True)
class Row:
    """One question: how often the answer is what most of the others gave, how often that of the
    annotator in the middle is, and known answers.
    """

    question: str
    most: str
    interval: str
    usual: str
    gold: str


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
        guideline=audit.draft.original,
        anchors=anchors,
    )


def feedback_page(audit: Audit, feedback: Feedback, beside: Beside = NOTHING) -> FeedbackPage:
    """The page of one annotator, in words; without texts where the audit shown is without."""
    protected = is_without_text(audit)
    if protected:
        feedback, beside = feedback_without_text(feedback), Beside(beside.links)
    patterns = yours.patterns(feedback)
    return FeedbackPage(
        name=audit.round.raters[feedback.rater].name,
        round=audit.round.name,
        answer=_answer(feedback),
        well=list(_well(feedback)),
        rows=[
            _row(report, feedback)
            for report in feedback.reports
            if report.gold_of or report.statistics.most.value is not None
        ],
        has_usual=bool(feedback.usual),
        has_gold=any(report.gold_of for report in feedback.reports),
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
    return template.render(page=page, caution=yours.CAUTION, counts=COUNTS)


def feedback_markdown(audit: Audit, feedback: Feedback, beside: Beside = NOTHING) -> str:
    """The page as Markdown; all data stands in code spans, where nothing is markup."""
    page = feedback_page(audit, feedback, beside)
    said = [f"# Feedback for {mark(page.name)}", f"Round {mark(page.round)}.", page.answer]
    said += page.well
    said.append(_list([_of_question(row) for row in page.rows]))
    said += ["## Patterns", page.nothing]
    if page.patterns:
        said += [_list([f"{one.said} {one.rests}".strip() for one in page.patterns])]
        said.append(yours.CAUTION)
    said.append(page.too_little)
    for group in page.groups:
        said += [f"## {group.title} ({count(group.n)})", group.lead if group.n else group.none]
        for part in group.parts:
            said += [f"### {part.title}", *part.said, _list([_task(one) for one in part.cards])]
            said.append(part.more)
    return "\n\n".join(markdown(one) for one in [*said, COUNTS, page.left_out] if one) + "\n"


def _of_question(row: Row) -> str:
    known = "" if row.gold == NONE else f"; known answers: {row.gold}"
    spread = "" if row.interval == NONE else f" ({row.interval})"
    usual = "" if row.usual == NONE else f"; usual here: {row.usual}"
    return f"{row.question}: the answer of most others on {row.most} of tasks{spread}{usual}{known}"


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
        return f"{said} Nobody else answered any of them." if alone else said
    best = max(told, key=lambda r: r.statistics.most.value or 0.0)
    about = f"On {mark(best.question)}, your" if len(feedback.reports) > 1 else "Your"
    share = percent(best.statistics.most.value)
    return f"{said} {about} answer is the one that most of the others gave on {share} of tasks."


_KNOWN = {
    "adjudicated": "A reviewer decided {n} of your answers; {right} are the same.",
    "rule": "Decided rules are about {n} of your answers; {right} are as they say.",
    "gold": "For {n} of your answers the right one was known beforehand; {right} are the same.",
}


def _well(feedback: Feedback) -> Iterator[str]:
    """Answers that are known to be right."""
    for one in feedback.standings:
        yield _KNOWN[one.kind].format(n=count(one.of), right=count(one.right))
    if alone := sum(one.alone for one in feedback.standings):
        often = f"{yours.capital(yours.number(alone))} times"
        times = {1: "Once", 2: "Twice"}.get(alone, often)
        yield f"{times} yours was the right answer although most of the others gave another."


def _row(report: RaterReport, feedback: Feedback) -> Row:
    most = report.statistics.most
    spread = NONE
    if most.lower is not None and most.upper is not None:
        spread = f"{percent(most.lower)} to {percent(most.upper)}"
    return Row(
        mark(report.question),
        percent(most.value),
        spread,
        percent(feedback.usual.get(report.question)),
        f"{count(report.gold_right)} of {count(report.gold_of)}" if report.gold_of else NONE,
    )
