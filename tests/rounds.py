"""Small rounds for tests, written as lists of tuples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from labelq.labels.model import FREE, Level, Question, Rater, Ratings, Round, Units, Value
from labelq.measure.agreement import agreement


def make_round(
    rows: Iterable[tuple[Any, ...]],
    *,
    level: Level = "nominal",
    labels: Sequence[Any] | None = None,
    name: str = "r",
    question: str = "value",
    gold: Mapping[str, Value] | None = None,
    seconds: Mapping[str, float] | None = None,
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    skips: Mapping[str, int] | None = None,
    repeats: Iterable[tuple[Any, ...]] = (),
) -> Round:
    """A round with one question from ``(unit, rater, value)`` or ``(unit, rater, value, text)``.

    ``labels`` is the universe (default: what occurs, sorted). ``gold`` maps unit ids to values,
    ``seconds`` and ``skips`` rater ids to the time per answer and the number of skipped units,
    ``fields`` a field's name to unit id → value. ``repeats`` are further rows, set aside.
    """
    rows = list(rows)
    unit_ids = sorted({str(row[0]) for row in rows})
    rater_ids = sorted({str(row[1]) for row in rows})
    text = {str(row[0]): row[3] for row in rows if len(row) > 3}
    units = Units(
        tuple(unit_ids),
        tuple(text.get(unit) for unit in unit_ids),
        {
            field: tuple(column.get(unit) for unit in unit_ids)
            for field, column in (fields or {}).items()
        },
    )
    raters = tuple(
        Rater(rater, rater.title(), chr(ord("A") + i % 26)) for i, rater in enumerate(rater_ids)
    )
    values: list[Any] = [row[2] for row in rows]
    if level == "set":
        values = [frozenset(value) for value in values]
        universe = tuple(sorted({label for value in values for label in value}))
        distinct = tuple(sorted(set(values), key=lambda value: (len(value), sorted(value))))
    else:
        universe = distinct = tuple(sorted(set(values)))
    if labels is not None:
        universe = tuple(labels)
        distinct = universe if level in ("nominal", "ordinal") else distinct
    asked = Question(question, level, "test", () if level in FREE else universe)

    def coded(rows: list[tuple[Any, ...]], values: list[Any]) -> Ratings:
        keys = [
            (unit_ids.index(str(row[0])), rater_ids.index(str(row[1])), distinct.index(value))
            for row, value in zip(rows, values, strict=True)
        ]
        table = np.array(sorted(keys), np.int32).reshape(-1, 3)
        n = len(table)
        time = [(seconds or {}).get(rater_ids[r], float("nan")) for r in table[:, 1]]
        return Ratings(
            table[:, 0].copy(),
            table[:, 1].copy(),
            table[:, 2].copy(),
            distinct,
            np.array(time, np.float32),
            np.full(n, "NaT", "datetime64[s]"),
            np.zeros(n, bool),
            np.zeros(n, bool),
        )

    again = list(repeats)
    golden = [distinct.index(gold[unit]) if gold and unit in gold else -1 for unit in unit_ids]
    return Round(
        name=name,
        questions=(asked,),
        units=units,
        raters=raters,
        ratings={question: coded(rows, values)},
        gold={question: np.array(golden, np.int32)} if gold else {},
        repeats={question: coded(again, [row[2] for row in again])} if again else {},
        skips={rater_ids.index(rater): n for rater, n in (skips or {}).items()},
    )


def rows_of(made: Any, **how: Any) -> dict[tuple[str, str | None], Any]:
    """The rows on a whole question, by metric and weights or distance."""
    found = agreement(made.questions[0], made.ratings["value"], made.raters, **how)
    return {
        (r.metric, r.weights or r.distance): r for r in found if r.label is None and not r.raters
    }
