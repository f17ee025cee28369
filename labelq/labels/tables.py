"""Tidy tables: one row per rating, read into :class:`Submissions` and written from a round.

Columns ``unit, rater, value``, and where they are given ``question, text, gold, seconds,
created_at, edited, prelabeled, selected_by, adjudicated``; every further column is a field of
the unit (its first row counts). A row that is ``selected_by`` a queue is no rating of the round;
``adjudicated`` is, like ``gold``, about the unit. An empty cell means that there is nothing: an
empty text reads back as none. A field whose name is taken is written with the prefix ``field:``.
A row without rater and value only tells of its unit (its gold label, say).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SourceError
from labelq.labels.cells import cell_of, is_number, question_of, values_of, whole
from labelq.labels.columns import (
    BY_QUEUE,
    COLUMNS,
    FIELD_PREFIX,
    TRUTHS,
    Ints,
    Table,
    filled,
)
from labelq.labels.model import Question, Round, field_text
from labelq.labels.submissions import MOST_QUESTIONS, Submissions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "frame_to_submissions", "round_to_frame"]


def frame_to_submissions(
    frame: pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    scheme: tuple[Question, ...] | None = None,
    levels: Mapping[str, str] | None = None,
) -> Submissions:
    """What a tidy table says.

    ``columns`` maps our names of columns to the table's. ``scheme`` holds the questions as
    they were measured before; other questions are nominal, or sets where every value is a
    JSON list. ``levels`` overrides the level by question name (the empty name means all). A
    rater's further answers to the same unit and question count as later annotations.

    Raises:
        SourceError: a needed column is missing, or a cell does not hold what it must.
    """
    table = Table(frame, columns or {})
    s = Submissions()
    unit, unit_ids = table.codes("unit")
    rater, rater_ids = table.codes("rater")
    question, names = table.codes("question", default="value")
    order = list(dict.fromkeys([*(q.name for q in scheme or ()), *names]))
    if len(order) > MOST_QUESTIONS:
        raise SourceError(
            f"the table holds {len(order)} questions; is question the right column for them?"
        )
    place = {name: q for q, name in enumerate(order)}
    question = np.array([place[name] for name in names], np.int64)[question]
    for rater_id in rater_ids:
        s.add_rater(rater_id, rater_id)
    table.enter_units(s, unit, unit_ids)

    columns_of, cells = table.answers()
    value = columns_of["value"]
    rows = {"value": np.flatnonzero((rater >= 0) | (value >= 0))}
    annotation = {"value": table.enter_annotations(s, rows["value"], unit, rater, question)}
    for column, kind in TRUTHS.items():
        if column in columns_of:
            rows[column] = _different(unit, question, columns_of[column])
            annotation[column] = len(s.a_unit) + np.arange(len(rows[column]))
            for position in unit[rows[column]].tolist():
                s.add_annotation(position, -1, kind)

    known = {q.name: q for q in scheme or ()}
    coded = {column: np.full(len(frame), -1, np.int64) for column in rows}
    recode = np.full(len(cells) + 1, -1, np.int64)
    of_question = {column: _split(rows[column], question, len(order)) for column in rows}
    for q, name in enumerate(order):
        mine = {column: of_question[column][q] for column in rows}
        used = np.unique(np.concatenate([columns_of[c][mine[c]] for c in rows]))
        texts = {cells[code]: code for code in used.tolist() if code >= 0}
        asked = question_of(name, known.get(name), levels or {}, list(texts))
        s.add_question(asked)
        for cell, its_value in values_of(asked, texts).items():
            if its_value is None:
                at = {c: mine[c][columns_of[c][mine[c]] == texts[cell]] for c in rows}
                table.refuse(asked, cell, at)
            else:
                recode[texts[cell]] = s.values[q].setdefault(its_value, len(s.values[q]))
        for column in rows:
            coded[column][mine[column]] = recode[columns_of[column][mine[column]]]
        if empty := int((value[mine["value"]] < 0).sum()):
            s.set_aside("empty", empty, name)
        if asked.level_source == "default for tables" and texts and all(map(is_number, texts)):
            s.notes.append(
                f"Every answer to {name} is a number, measured as a nominal label;"
                f" --level {name}=ordinal (or interval, ratio) says otherwise."
            )
    given = {column: coded[column][rows[column]] >= 0 for column in rows}
    answers = {column: rows[column][given[column]] for column in rows}
    s.annotation = filled("i", np.concatenate([annotation[c][given[c]] for c in rows]))
    s.question = filled("h", np.concatenate([question[answers[c]] for c in rows]))
    s.value = filled("i", np.concatenate([coded[c][answers[c]] for c in rows]))
    return s


def _different(unit: Ints, question: Ints, truth: Ints) -> Ints:
    """One row per different truth of a unit and question: contradictions stay visible."""
    rows = np.flatnonzero(truth >= 0)
    _, once = np.unique(
        np.stack([unit[rows], question[rows], truth[rows]]), axis=1, return_index=True
    )
    return rows[np.sort(once)]


def _split(rows: Ints, question: Ints, n: int) -> list[Ints]:
    """``rows`` of each of ``n`` questions, in their order."""
    ordered = rows[np.argsort(question[rows], kind="stable")]
    return np.split(ordered, np.searchsorted(question[ordered], np.arange(1, n)))


def round_to_frame(round_: Round) -> pd.DataFrame:
    """The long table that is measured: :func:`frame_to_submissions` reads the same back.

    Rows are sorted by question, unit, rater; votes that came through a queue stand behind the
    ratings of their unit. A unit with a gold label or a decision, but without a vote on the
    question, has a row without rater and value.
    """
    import pandas as pd

    parts = [_part(round_, question) for question in round_.questions]
    frame = pd.concat(parts, ignore_index=True)
    unit, rater = frame["unit"].to_numpy(), frame["rater"].to_numpy()
    units = round_.units
    frame["unit"] = _objects(units.ids)[unit]
    frame["rater"] = _objects([*(r.id for r in round_.voters), None])[rater]
    frame["text"] = _objects(units.text)[unit]
    later = {"selected_by": round_.selected, "adjudicated": round_.adjudicated}
    frame = frame[[name for name in COLUMNS if later.get(name, True)]]
    fields = {
        whole(
            FIELD_PREFIX + name if name in COLUMNS or name.startswith(FIELD_PREFIX) else name
        ): _objects([field_text(value) or None for value in column])[unit]
        for name, column in units.fields.items()
    }
    return pd.concat([frame, pd.DataFrame(fields, index=frame.index)], axis="columns")


def _part(round_: Round, question: Question) -> pd.DataFrame:
    """The rows of one question: units and raters as codes, answers as cells."""
    import pandas as pd

    ratings = round_.ratings[question.name]
    votes = round_.selected.get(question.name, ratings.select(np.zeros(0, np.intp)))
    gold = round_.gold.get(question.name, np.full(len(round_.units), -1))
    decided = round_.adjudicated.get(question.name, {})
    adjudicated = _objects([None] * len(round_.units))
    for unit_code, value in decided.items():
        adjudicated[unit_code] = cell_of(value)
    told = np.append(np.flatnonzero(gold >= 0), np.array(list(decided), np.int64))
    alone = np.setdiff1d(told, np.append(ratings.unit, votes.unit))
    n = len(alone)
    unit = np.concatenate([ratings.unit, votes.unit, alone])
    cells = np.array([*map(cell_of, ratings.values), None], object)
    cells_of_votes = np.array([*map(cell_of, votes.values), None], object)
    both = (ratings, votes)
    part = pd.DataFrame(
        {
            "unit": unit,
            "question": whole(question.name),
            "rater": np.concatenate([ratings.rater, votes.rater, np.full(n, -1)]),
            "value": np.concatenate(
                [cells[ratings.value], cells_of_votes[votes.value], cells[np.full(n, -1)]]
            ),
            "gold": cells[gold[unit]],
            "seconds": np.concatenate([*(x.seconds for x in both), np.full(n, np.nan, np.float32)]),
            "created_at": _dates(
                np.concatenate([*(x.submitted for x in both), np.full(n, "NaT", "M8[s]")])
            ),
            "edited": np.concatenate([*(x.edited for x in both), np.zeros(n, bool)]),
            "prelabeled": np.concatenate([*(x.prelabeled for x in both), np.zeros(n, bool)]),
            "selected_by": np.repeat(
                _objects([None, BY_QUEUE, None]), [len(ratings), len(votes), n]
            ),
            "adjudicated": adjudicated[unit],
        }
    )
    part["later"] = part["selected_by"].notna()
    return part.sort_values(["unit", "later", "rater"], kind="stable")


def _objects(values: Any) -> NDArray[Any]:
    column = np.empty(len(values), object)
    column[:] = [whole(value) if isinstance(value, str) else value for value in values]
    return column


def _dates(submitted: NDArray[np.datetime64]) -> NDArray[Any]:
    """ISO dates in UTC; None where unknown."""
    told = ~np.isnat(submitted)
    column = np.full(len(submitted), None, object)
    column[told] = np.char.add(np.datetime_as_string(submitted[told], unit="s"), "Z")
    return column
