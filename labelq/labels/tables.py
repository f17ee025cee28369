"""Tidy tables: one row per rating, read into :class:`Submissions` and written from a round.

Columns ``unit, rater, value``, and where they are given ``question, text, gold, seconds,
created_at, edited, prelabeled``; every further column is a field of the unit (its first row
counts). An empty cell means that there is nothing: an empty text reads back as none. A field
whose name is taken is written with the prefix ``field:``. A row without rater and value only
tells of its unit (its gold label, say).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SourceError
from labelq.labels.cells import cell_of, is_number, question_of, values_of
from labelq.labels.columns import COLUMNS, FIELD_PREFIX, Ints, Table, filled
from labelq.labels.model import Question, Round, field_text
from labelq.labels.submissions import GOLD, MOST_QUESTIONS, Submissions

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

    value, gold, cells = table.answers()
    rows = np.flatnonzero((rater >= 0) | (value >= 0))
    annotation = table.enter_annotations(s, rows, unit, rater, question)
    # One gold annotation per different gold label of a unit: contradictions stay visible.
    golden = np.flatnonzero(gold >= 0)
    _, once = np.unique(
        np.stack([unit[golden], question[golden], gold[golden]]), axis=1, return_index=True
    )
    golden = golden[np.sort(once)]
    gold_annotation = len(s.a_unit) + np.arange(len(golden))
    for position in unit[golden].tolist():
        s.add_annotation(position, -1, GOLD)

    known = {q.name: q for q in scheme or ()}
    coded = np.full(len(frame), -1, np.int64)
    gold_coded = np.full(len(frame), -1, np.int64)
    recode = np.full(len(cells) + 1, -1, np.int64)
    of_question = _split(rows, question, len(order))
    of_gold = _split(golden, question, len(order))
    for q, (name, mine, mine_gold) in enumerate(zip(order, of_question, of_gold, strict=True)):
        used = np.unique(np.concatenate([value[mine], gold[mine_gold]]))
        texts = {cells[code]: code for code in used.tolist() if code >= 0}
        asked = question_of(name, known.get(name), levels or {}, list(texts))
        s.add_question(asked)
        for cell, its_value in values_of(asked, texts).items():
            if its_value is None:
                table.refuse(asked, cell, mine[value[mine] == texts[cell]])
            else:
                recode[texts[cell]] = s.values[q].setdefault(its_value, len(s.values[q]))
        coded[mine], gold_coded[mine_gold] = recode[value[mine]], recode[gold[mine_gold]]
        if empty := int((value[mine] < 0).sum()):
            s.set_aside("empty", empty, name)
        if asked.level_source == "default for tables" and texts and all(map(is_number, texts)):
            s.notes.append(
                f"Every answer to {name} is a number, measured as a nominal label;"
                f" --level {name}=ordinal (or interval, ratio) says otherwise."
            )
    answered = coded[rows] >= 0
    s.annotation = filled("i", np.append(annotation[answered], gold_annotation))
    s.question = filled("h", np.append(question[rows[answered]], question[golden]))
    s.value = filled("i", np.append(coded[rows[answered]], gold_coded[golden]))
    return s


def _split(rows: Ints, question: Ints, n: int) -> list[Ints]:
    """``rows`` of each of ``n`` questions, in their order."""
    ordered = rows[np.argsort(question[rows], kind="stable")]
    return np.split(ordered, np.searchsorted(question[ordered], np.arange(1, n)))


def round_to_frame(round_: Round) -> pd.DataFrame:
    """The long table that is measured: :func:`frame_to_submissions` reads the same back.

    Rows are sorted by question, unit, rater. A unit with a gold label that nobody rated on a
    question has a row without rater and value.
    """
    import pandas as pd

    parts = []
    for question in round_.questions:
        ratings = round_.ratings[question.name]
        gold = round_.gold.get(question.name, np.full(len(round_.units), -1))
        only_gold = np.setdiff1d(np.flatnonzero(gold >= 0), ratings.unit)
        n = len(only_gold)
        unit = np.append(ratings.unit, only_gold)
        cells = np.array([*map(cell_of, ratings.values), None], object)
        part = pd.DataFrame(
            {
                "unit": unit,
                "question": question.name,
                "rater": np.append(ratings.rater, np.full(n, -1)),
                "value": cells[np.append(ratings.value, np.full(n, -1))],
                "gold": cells[gold[unit]],
                "seconds": np.append(ratings.seconds, np.full(n, np.nan, np.float32)),
                "created_at": _dates(np.append(ratings.submitted, np.full(n, "NaT", "M8[s]"))),
                "edited": np.append(ratings.edited, np.zeros(n, bool)),
                "prelabeled": np.append(ratings.prelabeled, np.zeros(n, bool)),
            }
        )
        parts.append(part.sort_values(["unit", "rater"], kind="stable"))
    frame = pd.concat(parts, ignore_index=True)
    unit, rater = frame["unit"].to_numpy(), frame["rater"].to_numpy()
    units = round_.units
    frame["unit"] = _objects(units.ids)[unit]
    frame["rater"] = _objects([*(r.id for r in round_.raters), None])[rater]
    frame["text"] = _objects(units.text)[unit]
    frame = frame[list(COLUMNS)]
    fields = {
        (
            FIELD_PREFIX + name if name in COLUMNS or name.startswith(FIELD_PREFIX) else name
        ): _objects([field_text(value) or None for value in column])[unit]
        for name, column in units.fields.items()
    }
    return pd.concat([frame, pd.DataFrame(fields, index=frame.index)], axis="columns")


def _objects(values: Any) -> NDArray[Any]:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _dates(submitted: NDArray[np.datetime64]) -> NDArray[Any]:
    """ISO dates in UTC; None where unknown."""
    told = ~np.isnat(submitted)
    column = np.full(len(submitted), None, object)
    column[told] = np.char.add(np.datetime_as_string(submitted[told], unit="s"), "Z")
    return column
