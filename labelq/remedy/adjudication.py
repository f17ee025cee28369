"""Labels that people decided: checked, remembered, applied to a round.

A decided label is no vote. The decisions about all rounds stand in one table, beside the
guideline: the last row about a task counts, and whoever wants to take a decision back deletes
its row. A row holds for a task only as long as the task shows what it showed.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labelq.errors import SourceError
from labelq.labels.cells import cell_of, values_of
from labelq.labels.model import Aside, Label, Question, Round, Value, field_text, label_text

__all__ = [
    "COLUMNS",
    "Adjudicated",
    "Problem",
    "applied",
    "check",
    "content_of",
    "decisions_in",
    "new_rows",
    "value_in",
]

COLUMNS = ("task", "question", "label", "who", "when", "source", "content")
"""The table beside the guideline."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "task": ("task", "task_id", "unit", "unit_id", "id", "item", "item_id"),
    "question": ("question", "from_name"),
    "label": ("label", "adjudicated", "decided", "decision", "answer", "value"),
    "who": ("who", "by", "reviewer", "decided_by"),
    "when": ("when", "date", "decided_at"),
    "source": ("source",),
    "content": ("content",),
}
"""What each column may be called; the first that is there counts."""

_ESTIMATES = ("probability", "n_votes", "source")
"""Columns that only a table of consensus labels has together."""

_HUGE = 1e100


@dataclass(frozen=True, slots=True)
class Adjudicated:
    """One decided label, as a row of the table.

    ``label`` is written as in ``ratings.csv``; ``content`` tells what the task showed
    (:func:`content_of`; empty: not known). ``row`` is the number of the row that it was read
    from, as a spreadsheet counts them.
    """

    unit: str
    question: str
    label: str
    who: str = ""
    when: str = ""
    source: str = ""
    content: str = ""
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is no decision about the round."""

    row: int
    unit: str
    text: str


def decisions_in(
    records: Iterable[Mapping[Any, object]], *, who: str = "", when: str = "", source: str = ""
) -> list[Adjudicated]:
    """The rows of a table, as people write it; ``who``, ``when`` and ``source`` where it is silent.

    Rows without anything in them are left out. ``question`` may be missing: then it is empty.

    Raises:
        SourceError: there is no column of tasks or labels, or it holds estimates.
    """
    rows = [{str(k).strip(): field_text(v).strip() for k, v in row.items()} for row in records]
    there = {name.casefold(): name for row in rows[:1] for name in row}
    if there.keys() >= set(_ESTIMATES):
        raise SourceError(
            "holds estimates of the consensus, which nobody decided; keep the rows that somebody"
            " decided, and of the columns task, question and label"
        )
    column = {
        ours: next((there[name] for name in names if name in there), None)
        for ours, names in _NAMES.items()
    }
    for needed in ("task", "label"):
        if rows and column[needed] is None:
            raise SourceError(
                f"has no column {needed}; it has {', '.join(list(there.values())[:20])}"
            )

    def cell(row: Mapping[str, str], ours: str) -> str:
        name = column[ours]
        return "" if name is None else row[name]

    return [
        Adjudicated(
            unit=cell(row, "task"),
            question=cell(row, "question"),
            label=cell(row, "label"),
            who=cell(row, "who") or who,
            when=cell(row, "when") or when,
            source=cell(row, "source") or source,
            content=cell(row, "content"),
            row=number,
        )
        for number, row in enumerate(rows, 2)
        if any(row.values())
    ]


def content_of(round_: Round, unit: int) -> str:
    """What a unit shows, as twelve hexadecimal digits: its text, else its fields.

    Tasks of other rounds and projects may have the same number; they do not show the same.
    """
    shown = round_.units.text[unit]
    if shown is None:
        told = {
            name: field_text(column[unit])
            for name, column in round_.units.fields.items()
            if column[unit] is not None
        }
        shown = json.dumps(told, sort_keys=True, ensure_ascii=False) if told else ""
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def check(
    round_: Round, rows: Sequence[Adjudicated], questions: Sequence[Question] | None = None
) -> tuple[list[Adjudicated], list[Problem]]:
    """The rows in their final form, with ``content``; and those that are no decision.

    ``questions`` are those of the round, perhaps with labels that are newer than it.
    """
    asked = {question.name: question for question in questions or round_.questions}
    code = {unit: i for i, unit in enumerate(round_.units.ids)}
    found: dict[tuple[str, str], Adjudicated] = {}
    problems: list[Problem] = []
    for row in rows:
        try:
            one = _checked(round_, row, asked, code)
        except SourceError as error:
            problems.append(Problem(row.row, row.unit, str(error)))
            continue
        before = found.setdefault((one.unit, one.question), one)
        if before.label != one.label:
            problems.append(Problem(row.row, row.unit, f"is decided otherwise in row {before.row}"))
    return list(found.values()), problems


def _checked(
    round_: Round, row: Adjudicated, asked: Mapping[str, Question], code: Mapping[str, int]
) -> Adjudicated:
    if not row.unit:
        raise SourceError("names no task")
    unit = _among(row.unit, code)
    if unit is None:
        raise SourceError(f"the round has no task {row.unit[:60]!r}{_near(row.unit, code)}")
    name = _among(row.question, asked) or _only(row.question, asked)
    if name is None:
        known = ", ".join(asked)
        if not row.question:
            raise SourceError(f"which question? A column question says it: {known}")
        raise SourceError(f"there is no question {row.question[:60]!r}; known: {known}")
    if not row.label:
        raise SourceError("has no label")
    value = value_in(asked[name], row.label)
    if value is None:
        labels = [label_text(label) for label in asked[name].labels]
        known = f"; known: {', '.join(labels[:12])}{', …' if len(labels) > 12 else ''}"
        hint = _near(row.label, labels) or (known if labels else "")
        raise SourceError(f"{row.label[:60]!r} is no answer to {name}{hint}")
    content = content_of(round_, code[unit])
    if row.content not in ("", content):
        raise SourceError("showed something else when it was decided")
    if not row.who:
        raise SourceError("who decided? --by NAME says it, or a column who")
    return replace(row, unit=unit, question=name, label=cell_of(value), content=content)


def value_in(question: Question, cell: str) -> Value | None:
    """The answer that a cell holds, if it is one to ``question``; else None.

    Several labels are a JSON list, or stand side by side between commas or semicolons. An
    apostrophe that keeps a spreadsheet from computing the cell is none of the label.
    """
    found = _value(question, cell)
    if found is None and cell.startswith("'"):
        found = _value(question, cell[1:])
    return found


def _value(question: Question, cell: str) -> Value | None:
    value = values_of(question, [cell])[cell]
    if question.level == "set":
        labels: dict[str, Label] = {label_text(label): label for label in question.labels}
        if value is None:
            parts = [cell] if cell in labels else [part.strip() for part in re.split("[,;]", cell)]
            if not labels.keys() >= set(parts):
                return None
            return frozenset(labels[part] for part in parts)  # type: ignore[return-value]  # of one kind
        inside = isinstance(value, frozenset) and set(question.labels) >= value
        return value if inside else None
    if question.level in ("interval", "ratio"):
        number = value if isinstance(value, float) else _HUGE
        lowest = 0.0 if question.level == "ratio" else -_HUGE
        return number if lowest <= number < _HUGE else None
    return value if question.level == "ranking" or value in question.labels else None


def _among(cell: str, known: Iterable[str]) -> str | None:
    """``cell`` as one of the names that are known, perhaps without an apostrophe in front."""
    names = known if isinstance(known, Mapping) else set(known)
    if cell in names:
        return cell
    return cell[1:] if cell.startswith("'") and cell[1:] in names else None


def _near(given: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(given, list(known)[:5000], 1, 0.8)
    return f"; did you mean {near[0]}?" if near else ""


def new_rows(old: Sequence[Adjudicated], rows: Sequence[Adjudicated]) -> list[Adjudicated]:
    """Those of ``rows`` that say something new after ``old``."""
    last = {(row.unit, row.question, row.content): row.label for row in old}
    return [row for row in rows if last.get((row.unit, row.question, row.content)) != row.label]


def applied(
    round_: Round,
    rows: Sequence[Adjudicated],
    *,
    where: str,
    map_labels: Mapping[tuple[str, str], str] | None = None,
) -> Round:
    """The round with the decided ``rows`` that are about it, over what reviewers decided.

    Rows about tasks and questions that the round does not have are about other rounds. A task
    that shows something else now, and a label that the round does not know, are set aside.
    ``where`` names the table in the note.
    """
    code = {unit: i for i, unit in enumerate(round_.units.ids)}
    asked = {question.name: question for question in round_.questions}
    last = {
        (unit, name): row
        for row in rows
        if (unit := _among(row.unit, code)) is not None
        and (name := _among(row.question, asked) or _only(row.question, asked)) is not None
        and row.content in ("", content_of(round_, code[unit]))
    }
    strangers = Counter[str]()
    decided = {name: dict(known) for name, known in round_.adjudicated.items()}
    n = 0
    for (unit, name), row in last.items():
        value = _mapped(asked[name], row.label, map_labels or {})
        if value is None:
            strangers[name] += 1
            continue
        decided.setdefault(name, {})[code[unit]] = value
        n += 1
    intake = round_.intake
    others = len({row.unit for row in rows}) - len({unit for unit, _ in last})
    note = f"{where}: {_labels(n)} of it {'is' if n == 1 else 'are'} about this round." + (
        f" {_tasks(others)} in it {'is' if others == 1 else 'are'} not of this round, or"
        f" {'shows' if others == 1 else 'show'} something else now."
        if others
        else ""
    )
    detail = "a label that the round does not know"
    return replace(
        round_,
        adjudicated={name: dict(sorted(known.items())) for name, known in decided.items() if known},
        intake=replace(
            intake,
            n_adjudicated=len({unit for known in decided.values() for unit in known}),
            aside=(
                *intake.aside,
                *(Aside("adjudicated", k, name, detail) for name, k in strangers.items()),
            ),
            notes=(*intake.notes, note),
        ),
    )


def _only(question: str, asked: Mapping[str, Question]) -> str | None:
    """The question of a row that names none, where there is only one."""
    return next(iter(asked)) if not question and len(asked) == 1 else None


def _mapped(
    question: Question, cell: str, map_labels: Mapping[tuple[str, str], str]
) -> Value | None:
    """The cell's answer in today's labels."""
    for old in (cell, cell.removeprefix("'")):
        for key in ((question.name, old), ("", old)):
            if key in map_labels:
                return value_in(question, map_labels[key])
    return value_in(question, cell)


def _labels(n: int) -> str:
    return f"{n:,} decided {'label' if n == 1 else 'labels'}"


def _tasks(n: int) -> str:
    return f"{n:,} {'task' if n == 1 else 'tasks'}"
