"""What people decided in a project: the answers of those who decide, or ground truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError, SourceError
from labelq.label_studio.exports import read_export
from labelq.labels.cells import cell_of
from labelq.labels.coding import Columns
from labelq.labels.later import reviewed
from labelq.labels.model import Question, Round, field_text
from labelq.labels.queue_fields import released_name
from labelq.labels.submissions import GOLD, NO_TIME, PREDICTION, Submissions
from labelq.remedy.adjudication import Adjudicated

__all__ = ["Decided", "decided_in"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a project decides about a round.

    ``questions`` are the project's own, with its labels. On ``n_contradicted`` tasks and
    questions those who decide contradict each other, so that nothing is decided; ``n_strangers``
    of their annotations are on tasks that are not of the round, or show something else now.
    """

    rows: tuple[Adjudicated, ...]
    questions: tuple[Question, ...]
    n_contradicted: int = 0
    n_strangers: int = 0


def decided_in(
    export: Path,
    round_: Round,
    *,
    source: str,
    by: Sequence[str] = (),
    ground_truth: bool = False,
    text_field: str | None = None,
    join: str | None = None,
) -> Decided:
    """What the answers in ``export`` decide about ``round_``: those of ``by``, or ground truth.

    A task of a queue is known by its key, any other by its id or as the round was joined
    (``join``). If only one person answered, ``by`` may be empty. ``source`` is what the rows
    say of where they come from.

    Raises:
        SourceError: the export cannot be read, or nobody answered.
        SettingsError: ``by`` names nobody, or several people answered and it names none.
    """
    s = read_export(export, text_field=text_field, join=join)
    columns = Columns(s)
    unit_of = _units(s, round_)
    chosen = ~columns.skipped & (columns.kind != PREDICTION)
    chosen &= np.isin(np.arange(len(columns.unit)), columns.annotation)
    if ground_truth:
        chosen &= columns.kind == GOLD
    elif by:
        chosen &= reviewed(s, columns, by, option="--by")
    there = unit_of[columns.unit] >= 0
    strangers, chosen = chosen & ~there, chosen & there
    if not ground_truth and not by:
        _refuse_several(s, columns.rater[chosen], source)
    if not chosen.any():
        what = "ground truth for" if ground_truth else "answer to"
        raise SourceError(f"{source}: holds no {what} a task of this round")
    rows, _ = columns.last_answers(np.flatnonzero(chosen[columns.annotation]))
    ids, values = list(s.raters), [list(known) for known in s.values]
    said: dict[tuple[str, str], dict[str, tuple[str, int]]] = {}
    for row in rows.tolist():
        a, q = int(columns.annotation[row]), int(columns.question[row])
        rater = int(columns.rater[a])
        who = ids[rater] if rater >= 0 else ", ".join(by)
        key = (round_.units.ids[unit_of[columns.unit[a]]], s.questions[q].name)
        cell = cell_of(values[q][columns.value[row]])
        said.setdefault(key, {})[who] = (cell, int(columns.submitted[a]))
    found = [
        Adjudicated(unit, question, next(iter(labels)), ", ".join(answers), _day(answers), source)
        for (unit, question), answers in said.items()
        if len(labels := {cell for cell, _ in answers.values()}) == 1
    ]
    return Decided(tuple(found), tuple(s.questions), len(said) - len(found), int(strangers.sum()))


def _units(s: Submissions, round_: Round) -> NDArray[np.int64]:
    """Per position of a unit in ``s`` its code in ``round_``; -1: none that shows the same."""
    code = {unit: i for i, unit in enumerate(round_.units.ids)}
    # What the reader calls a task of a queue whose round it does not know.
    names = (round_.name, released_name(round_.name))
    code |= {f"{name}/{unit} (queue)": i for unit, i in code.items() for name in names}
    found = np.full(len(s.unit_ids), -1, np.int64)
    for position, unit_id in enumerate(s.unit_ids):
        unit = code.get(unit_id)
        if unit is not None and _same(s, position, round_, unit):
            found[position] = unit
    return found


def _same(s: Submissions, position: int, round_: Round, unit: int) -> bool:
    """Whether a task shows what the unit showed; a field that only one has does no harm."""
    text, fields = s.unit_text[position] or None, s.unit_fields[position]
    shared = [name for name in fields if name in round_.units.fields]
    if text != round_.units.text[unit] or not (shared or text):
        return False
    return all(
        field_text(fields[name]) == field_text(round_.units.fields[name][unit]) for name in shared
    )


def _refuse_several(s: Submissions, raters: NDArray[np.int32], source: str) -> None:
    """Answers of several people are votes, unless somebody says whose decide."""
    people = [who for who, (position, _, _) in s.raters.items() if position in raters]
    if len(people) > 1:
        raise SettingsError(
            f"{source}: {len(people)} people answered there; say whose answers decide: --by"
            f" {people[0]} (known: {', '.join(people[:8])})"
        )


def _day(answers: Mapping[str, tuple[str, int]]) -> str:
    """The day (UTC) of the last of these answers; empty where none is dated."""
    last = max(when for _, when in answers.values())
    return "" if last == NO_TIME else datetime.fromtimestamp(last, UTC).date().isoformat()
