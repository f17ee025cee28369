"""The change log of a draft: one page that a lead reads before, and sends round after."""

from __future__ import annotations

from collections.abc import Sequence

from labelq.remedy.acts import Change, Draft
from labelq.remedy.quoting import quoted

_PARTS: tuple[tuple[str, str, str], ...] = (
    ("decided", "Decided", ""),
    (
        "proposed",
        "Proposed, for the meeting",
        "Nobody has decided these yet. Keep, change or strike each of them.",
    ),
    ("open", "Still open", ""),
    ("withdrawn", "Withdrawn", "The meeting wants no rule for these."),
    ("by_hand", "Left to the editor", ""),
)
"""Kind of change → its heading, and a sentence below it."""

MOST = 20
"""So many lines stand in each part: the log is one page."""


def change_log(draft: Draft, round_name: str, *, date: str | None, notes: Sequence[str]) -> str:
    """What changed, why, on what evidence, who decided, and what is open; as Markdown."""
    lines = [f"# Changes to {quoted(draft.name, 80)}", "", _summary(draft, round_name, date), ""]
    if draft.used is not None and draft.used.edited:
        lines += [f"{quoted(draft.name, 80)} was edited since version {draft.used.version}.", ""]
    if draft.used is not None and draft.used.problem:
        problem = quoted(draft.used.problem, 200)
        lines += [f"No version could be recorded: {problem}.", ""]
    if draft.name.lower().endswith((".docx", ".html", ".htm")) and draft.original is not None:
        lines += [f"{quoted(draft.name, 80)} was converted to Markdown; the draft is Markdown.", ""]
    for note in notes:
        lines += [note, ""]
    for kind, title, about in _PARTS:
        found = [change for change in draft.changes if change.kind == kind]
        if found:
            lines += [f"## {title}", "", *([about, ""] if about else [])]
            lines += [_line(change) for change in found[:MOST]]
            lines += [f"- and {len(found) - MOST} more"] if len(found) > MOST else []
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _summary(draft: Draft, round_name: str, date: str | None) -> str:
    round_ = quoted(round_name, 60)
    if draft.original is None:
        said = f"There was no guideline: this draft starts one from {round_}."
    elif draft.text == draft.original and draft.undecided:
        return f"Nothing changes after {round_}: what it shows was proposed before."
    elif draft.text == draft.original:
        return (
            f"Nothing changes after {round_}: no new decision, and no group of disputed tasks with"
            " a common content that a rule could name."
        )
    else:
        said = f"Drafted from {round_}. All that is not named here stays as its authors wrote it."
    version = f"Version {draft.version}" if draft.version is not None else "No version"
    return f"{version}{f', {date}' if date else ''}. {said}"


def _line(change: Change) -> str:
    return f"- {change.text}{f' {change.why}' if change.why else ''}"
