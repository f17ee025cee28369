"""The minutes of a meeting, as Markdown: what was decided, what stays open, who saw it otherwise.

Written anew at each change, from what is kept; see :meth:`labelq.review.store.Store.write_minutes`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from labelq.remedy.agenda import AgendaItem
from labelq.remedy.decisions import Decision
from labelq.remedy.quoting import prose
from labelq.report import causes, decisions
from labelq.report.numbers import counted
from labelq.report.text import code_span, mark, markdown
from labelq.review.desk import Desk
from labelq.review.meeting import Meeting
from labelq.review.wording import spent, votes, who_and_when


def minutes_of(desk: Desk, meeting: Meeting, made: tuple[Decision, ...]) -> str:
    """The minutes about the round of ``desk``; ``made`` are the decisions of the file."""
    found = {item.cluster: desk.decided(item, made) for item in desk.items}
    n_open = sum(one is None or not one.decided for one in found.values())
    lines = [f"## Guideline meeting about {markdown(mark(desk.earlier.name))}", ""]
    lines += [
        f"{counted(len(desk.items), 'item')} on the agenda, {n_open} still open.",
        "Decisions stand in decisions.yaml; this is rewritten from them.",
        "",
    ]
    for item in desk.items:
        lines += [*_item(item, meeting, found[item.cluster]), ""]
    if any(one is not None and one.decided for one in found.values()):
        command = code_span(shlex.join([*desk.apply_words(), "--dry-run"]))
        lines += [f"Next, what the decisions change: {command}", ""]
    return "\n".join(lines)


def keep_minutes(desk: Desk) -> None:
    """Write the minutes as things stand.

    Raises:
        LabelqError: a file cannot be read or written.
    """
    desk.store.write_minutes(minutes_of(desk, desk.meeting(), desk.decisions()))


def _item(item: AgendaItem, meeting: Meeting, decision: Decision | None) -> Iterator[str]:
    talk = meeting.talk(item.cluster)
    title = f"{causes.either(item.labels)}? ({mark(item.question)}, {mark(item.cluster)})"
    yield f"### {markdown(title)}"
    yield ""
    if decision is None:
        yield "Open."
    else:
        when = who_and_when(decision)
        told = "Left undecided" if not decision.decided else "Decided"
        what = "" if not decision.decided else f": {decisions.outcome(decision)}"
        yield markdown(f"**{told}**{what}{f', {when}' if when else ''}.")
        if decision.rule:
            yield ""
            yield from _quoted(decision.rule)
    for said in votes(meeting, item, decision):
        yield ""
        yield markdown(said)
    for name, text in (("Minority opinion", talk.minority), ("Note", talk.note)):
        if text:
            yield ""
            yield f"{name}:"
            yield ""
            yield from _quoted(text)
    if talk.seconds >= 60:
        yield ""
        yield f"Time: {spent(talk.seconds, item.minutes)}."


def _quoted(text: str) -> Iterator[str]:
    """Each line that was typed is one: a line break alone would join them."""
    before = ""
    for line in prose(text):
        if before.strip() and line.strip():
            yield ">"
        yield f"> {line}".replace("@", "&#64;").rstrip()  # nobody is called by a quotation
        before = line
