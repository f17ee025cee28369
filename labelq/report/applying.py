"""What applying decisions would do, as lines: before anything is written."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from labelq.labels.model import Round
from labelq.remedy.acts import Draft, Entry
from labelq.remedy.decisions import Decision
from labelq.remedy.releasing import DRAWN, Effect
from labelq.report.numbers import counted
from labelq.report.text import line, visible

__all__ = [
    "effect_lines",
    "guideline_lines",
    "hours_text",
    "left_out",
    "mapping_lines",
    "work_line",
]


WIDTH = 78
"""Characters in a line of a task's text."""


def _shown(text: str, most: int = 60) -> str:
    return line(text, most)


def _both(labels: Sequence[str]) -> str:
    *first, last = map(_shown, labels)
    return f"{', '.join(first)} and {last}" if first else last


def what(decision: Decision) -> str:
    """A decision in a few words."""
    label = _shown(decision.label or "")
    labels = [_shown(one) for one in decision.labels]
    if decision.outcome == "split":
        return f"{label} becomes {', '.join(map(_shown, decision.into))}"
    if decision.outcome == "merge":
        return f"{', '.join(labels)} become {label}"
    if decision.outcome == "rename":
        return f"{labels[0]} is called {label}"
    if decision.outcome == "drop":
        return f"{labels[0]} is no longer used"
    if decision.outcome == "rejected":
        return f"{' or '.join(labels)}: no rule"
    new = ", a new label" if decision.outcome == "new_label" else ""
    return f"{' or '.join(labels)}: {label}{new}"


def effect_lines(round_: Round, one: Effect) -> Iterator[str]:
    """One rule: how many annotations it contradicts, the hours, and ten tasks drawn at random."""
    decision = one.decision
    yield f"{_shown(decision.id)}  {_shown(decision.question)}: {what(decision)}"
    if decision.outcome in ("merge", "rename"):
        yield "  a mapping: re-labels nothing"
        return
    if decision.outcome == "rejected":
        return
    scope = f"{counted(one.n_annotations, 'annotation')} of {counted(one.n_units, 'task')}"
    if not one.contradicted:
        yield f"  contradicts none of the {scope} in its scope"
    else:
        people = len({rater for raters in one.contradicted.values() for rater in raters})
        yield (
            f"  contradicts {one.n_contradicted:,} of the {scope} in its scope:"
            f" {counted(len(one.contradicted), 'task')}, {counted(people, 'annotator')}"
        )
        if decision.outcome in ("label", "new_label"):
            yield f"  only {_both(decision.labels)} are compared: other labels are left alone"
        time = "the time that answers take is not known"
        if one.hours is not None and one.seconds is not None:
            time = f"about {hours_text(one.hours)}, at {one.seconds:.0f} s for each"
        yield f"  to look at again: {time}"
    if one.n_settled:
        yield f"  {counted(one.n_settled, 'task')} more, decided one by one: left as decided"
    if one.examples:
        n = len(one.contradicted)
        yield f"  {f'{DRAWN} drawn at random' if n > DRAWN else 'these'}:"
    for example in one.examples:
        votes = ", ".join(f"{_shown(label, 40)} {n}" for label, n in example.votes[:5])
        text = round_.units.text[example.unit]
        said = f" “{_shown(text, 200)}”" if text else ""
        yield from _folded(f"{_shown(round_.units.ids[example.unit], 30)}{said}", votes)


def _folded(task: str, votes: str) -> list[str]:
    """A task with its votes behind it, in lines of :data:`WIDTH`; the votes stay together."""
    lines = textwrap.wrap(
        task, WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False
    )
    if len(lines[-1]) + 2 + len(votes) <= WIDTH:
        return [*lines[:-1], f"{lines[-1]}  {votes}"]
    return [*lines, f"      {votes}"]


def work_line(entries: Sequence[Entry]) -> str:
    """How much is to be looked at again in all; a task that two rules contradict counts once."""
    if not entries:
        return "Nothing is to be labeled again."
    answers = sum(entry.votes for entry in entries)
    seconds = sum(entry.seconds for entry in entries)
    time = f", about {hours_text(seconds / 3600)}" if seconds else ""
    return (
        f"In all {counted(len(entries), 'task')} and {counted(answers, 'annotation')} to look at"
        f" again{time}, by those who gave them."
    )


def left_out(*, n_decided: int, n_open: int, n_others: int) -> Iterator[str]:
    """Which decisions of the file do nothing to this round's labels."""
    if not n_decided:
        yield "Nothing is decided about this round yet."
    for n, said in (
        (n_open, "still open: not applied"),
        (n_others, "made on other rounds: in the guideline, and nothing is released"),
    ):
        if n:
            yield f"{counted(n, 'decision')} {said}."


def guideline_lines(draft: Draft, target: str | None) -> Iterator[str]:
    """What happens to the guideline; ``target`` is its file (None: not found)."""
    name = visible(target if target is not None else draft.name)
    if draft.text == draft.original:
        yield f"Guideline: {name} says it all already."
    else:
        lines = draft.diff.splitlines()[2:]
        added = sum(one.startswith("+") for one in lines)
        removed = sum(one.startswith("-") for one in lines)
        version = f", version {draft.version}" if draft.version is not None else ""
        yield (
            f"Guideline: {name}{version}: {counted(added, 'line')} more,"
            f" {counted(removed, 'line')} fewer."
        )
        if target is None:
            yield "  Its file was not found (--guideline names it): the text goes beside the queue."
    if draft.undecided:
        yield f"  {counted(draft.undecided, 'rule')} in it nobody has decided yet."


def mapping_lines(mapping: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """The setting that reads old labels by their names of today: in TOML a JSON list is one."""
    if mapping:
        told = [f"{question}:{old}={new}" for (question, old), new in mapping.items()]
        yield "In labelq.toml, so that labels given before are read by their names of today:"
        yield visible(f"  map_label = {json.dumps(told, ensure_ascii=False)}")


def hours_text(hours: float) -> str:
    """Hours, or minutes below one.

    >>> hours_text(.004), hours_text(.5), hours_text(12.34)
    ('1 min', '30 min', '12.3 h')
    """
    if hours < 1:
        return f"{max(round(hours * 60), 1)} min"
    return f"{hours:.1f} h"
