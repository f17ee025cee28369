"""What a reader must know before any number: said above the verdicts, in every medium."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelq.labels.model import Aside, Intake, Round, label_text
from labelq.report import ceilings
from labelq.report.numbers import count, counted
from labelq.report.reasons import ASIDES
from labelq.report.text import line, mark
from labelq.report.words import guideline

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.remedy.acts import GuidelineVersion

MOST_RENAMED, MOST_NOTES = 3, 3

UNREAD = ("not_a_number", "no_author", "bad_record")
"""Reasons for which answers were lost, not left out on purpose."""

# How an `unknown_label` names its label: "Refunds: 5 annotators, 9 March 2026 to …".
_OLD = re.compile(r"(.+): \d+ annotators?\b", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Caveat:
    """A remark (sentence), the option that mends it where there is one, and the remark in a few
    words (sentence without a full stop), where there is little room.
    """

    text: str
    option: str = ""
    short: str = ""


def caveats(audit: Audit) -> list[Caveat]:
    """What touches every number; nothing where nothing is the matter."""
    source = audit.round
    intake = source.intake
    said = [
        Caveat(touched(intake), short=_touched_shortly(intake)),
        Caveat(later(intake), short="some labels came after the round"),
        _unknown_labels(source),
        Caveat(
            _undecided(audit.draft.undecided),
            short=f"{counted(audit.draft.undecided, 'rule')} of the guideline undecided",
        ),
        Caveat(_edited(audit.guideline), short="the guideline was edited since its version"),
    ]
    said += [
        Caveat(
            ceilings.overruled(found),
            ceilings.majority_command(question),
            f"the consensus overrules annotators in {mark(question, 40)}",
        )
        for question, found in audit.consensus.items()
    ]
    said += [
        Caveat(
            ceilings.held_out(h),
            ceilings.majority_command(h.question),
            f"prefer the majority in {mark(h.question, 40)}",
        )
        for h in audit.held_out
    ]
    return [caveat for caveat in said if caveat.text]


def shortly(told: Sequence[Caveat]) -> str:
    """All caveats in one line, empty without any; what they say in full stands behind it."""
    said = "; ".join(caveat.short for caveat in told)
    return f"{said}." if said else ""


def notes(intake: Intake) -> list[str]:
    """How the source was understood (scheme inferred, text field guessed …): the first few."""
    said = [mark(note, 300) for note in intake.notes[:MOST_NOTES]]
    if len(intake.notes) > MOST_NOTES:
        more = counted(len(intake.notes) - MOST_NOTES, "more remark")
        said.append(f"{more} on how the source was understood: report.html, under Data.")
    return said


def remarks(source: Round) -> list[str]:
    """What a reader of single numbers must know about them: what an audit says before them."""
    unknown = _unknown(source)
    said = []
    if unknown:
        labels = list(dict.fromkeys(_label_of(row) for row in unknown))
        shown = ", ".join(mark(label, 60) for label in labels[:MOST_RENAMED])
        more = (
            f" and {count(len(labels) - MOST_RENAMED)} more" if len(labels) > MOST_RENAMED else ""
        )
        n = counted(sum(row.count for row in unknown), "answer")
        said.append(f"{n} set aside: label not in the config ({shown}{more}).")
    unread = [row for row in source.intake.aside if row.reason in UNREAD]
    for code in dict.fromkeys(row.reason for row in unread):
        n = counted(sum(row.count for row in unread if row.reason == code), "answer")
        said.append(f"{n} set aside: {ASIDES[code]}.")
    told = source.intake.notes
    said += [touched(source.intake), later(source.intake)]
    said += [mark(note, 300) for note in told[:MOST_NOTES]]
    if len(told) > MOST_NOTES:
        said.append(f"{counted(len(told) - MOST_NOTES, 'more remark')}: an audit shows them.")
    return [sentence for sentence in said if sentence]


def touched(intake: Intake) -> str:
    """How many annotations somebody else or a model had a hand in; empty if none."""
    parts = [
        f"{count(n)} {'was' if n == 1 else 'were'} {what}"
        for n, what in (
            (intake.n_edited, "last edited by somebody else"),
            (intake.n_prelabeled, "begun from a prediction"),
        )
        if n
    ]
    if not parts:
        return ""
    return (
        f"Of {counted(intake.n_annotations, 'annotation')}, {' and '.join(parts)}: "
        "such answers are not independent and can make agreement look higher than it is."
    )


def _touched_shortly(intake: Intake) -> str:
    parts = [
        f"{count(n)} {what}"
        for n, what in (
            (intake.n_edited, "edited by somebody else"),
            (intake.n_prelabeled, "begun from a prediction"),
        )
        if n
    ]
    return f"of {counted(intake.n_annotations, 'annotation')} {', '.join(parts)}"


def later(intake: Intake) -> str:
    """What came after the round, and what it counts for; empty if nothing did."""
    said = []
    if intake.n_queue_votes:
        votes = counted(intake.n_queue_votes, "vote")
        they = "it counts" if intake.n_queue_votes == 1 else "they count"
        said.append(
            f"{votes} on {counted(intake.n_queue_units, 'task')} came through a queue: "
            f"{they} for the labels, not for agreement."
        )
    if intake.n_adjudicated:
        were = "was" if intake.n_adjudicated == 1 else "were"
        said.append(f"{counted(intake.n_adjudicated, 'task')} {were} decided by a reviewer.")
    return " ".join(said)


def renames(source: Round) -> str:
    """The options that bring answers with labels outside the config back; empty if none.

    The new label is guessed where one of the config is close by its letters, else ``NEW``.
    """
    options = []
    for row in _unknown(source)[:MOST_RENAMED]:
        old = _OLD.match(row.detail)
        if row.question is None or old is None:
            continue
        labels = [label_text(label) for label in source.question(row.question).labels]
        new = difflib.get_close_matches(old.group(1), labels, n=1) or ["NEW"]
        options.append(shlex.quote(line(f"{row.question}:{old.group(1)}={new[0]}", 300)))
    return " ".join(f"--map-label {option}" for option in options)


def _unknown(source: Round) -> list[Aside]:
    rows = [row for row in source.intake.aside if row.reason == "unknown_label"]
    return sorted(rows, key=lambda row: -row.count)


def _label_of(row: Aside) -> str:
    old = _OLD.match(row.detail)
    return old.group(1) if old else row.detail


def _unknown_labels(source: Round) -> Caveat:
    rows = _unknown(source)
    if not rows:
        return Caveat("")
    shown = "; ".join(mark(row.detail, 160) for row in rows[:MOST_RENAMED])
    if len(rows) > MOST_RENAMED:
        shown += f"; and {counted(len(rows) - MOST_RENAMED, 'more label')}"
    what = "a label that is" if len(rows) == 1 else "labels that are"
    answers = counted(sum(row.count for row in rows), "answer")
    said = f"{answers} set aside for {what} not in the label config ({shown})."
    option = renames(source)
    if option:
        said += " If only renamed, this brings them back:"
    return Caveat(said, option, f"{answers} set aside (label not in the config)")


def _edited(used: GuidelineVersion | None) -> str:
    if used is None or not used.edited:
        return ""
    return f"The guideline is not as it was recorded: {guideline(used)}"


def _undecided(n: int) -> str:
    if not n:
        return ""
    are = "is" if n == 1 else "are"
    return (
        f"{counted(n, 'proposed rule')} in the given guideline {are} still undecided: "
        "annotators could read them either way."
    )
