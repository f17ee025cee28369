"""Cells of a table ↔ values of a question.

A label is written as it is, a number so that it reads back exactly, a set as a JSON list,
sorted, and a taxonomy path inside it as a list. A ranking is a JSON object, so that it is
told from a set: the list of its places, a place of several tied items being a list itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labelq.errors import SourceError
from labelq.labels.model import LEVELS, Level, Question, Ranking, Value, field_text

__all__ = ["cell_of", "is_number", "question_of", "values_of", "whole"]


def whole(text: str) -> str:
    r"""``text`` with half characters (lone surrogates), which no file holds, as question marks.

    Exports are read like that, too.

    >>> whole("café"), whole("half \ud83d")
    ('café', 'half ?')
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def cell_of(value: Value) -> str:
    """The value as it stands in a table.

    >>> cell_of(4.0), cell_of(frozenset({"b", "a"})), cell_of(frozenset({("Animal", "Cat")}))
    ('4.0', '["a", "b"]', '[["Animal", "Cat"]]')
    >>> cell_of(Ranking.of(["i2", ["i3", "i1"]]))
    '{"ranking": ["i2", ["i1", "i3"]]}'
    """
    if isinstance(value, Ranking):
        places = [place[0] if len(place) == 1 else place for place in value.places]
        return whole(json.dumps({_RANKING: places}, ensure_ascii=False))
    if isinstance(value, frozenset):
        return whole(json.dumps(sorted(value), ensure_ascii=False))
    return whole(value) if isinstance(value, str) else repr(value)


def is_number(cell: str) -> bool:
    """Whether the cell reads as a finite number."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def values_of(question: Question, cells: Iterable[str]) -> dict[str, Value | None]:
    """Each cell's value at the question's level; None where the cell holds no such value.

    Raises:
        SourceError: different whole numbers would become the same one.
    """
    if question.level in ("interval", "ratio"):
        found: dict[str, Value | None] = {
            cell: float(cell) if is_number(cell) else None for cell in cells
        }
        _refuse_collapsed(question, found)
        return found
    if question.level == "ranking":
        return {cell: _ranking(cell) for cell in cells}
    if question.level != "set":
        return {cell: cell for cell in cells}
    lists = {cell: _list(cell) for cell in cells}
    paths = any(isinstance(label, tuple) for label in question.labels) or any(
        isinstance(item, list) for items in lists.values() for item in items or ()
    )
    return {cell: None if items is None else _set(items, paths) for cell, items in lists.items()}


def _refuse_collapsed(question: Question, found: Mapping[str, Value | None]) -> None:
    """Refuse whole numbers that differ, and would not once they are floating-point numbers."""
    long = [cell for cell, v in found.items() if isinstance(v, float) and abs(v) > 2**53]
    whole = {int(cell) for cell in long if _WHOLE.fullmatch(cell)}
    if len({float(number) for number in whole}) < len(whole):
        raise SourceError(
            f"question {question.name}: numbers such as {max(whole)} have more digits than can be"
            " told apart; subtract what they have in common"
        )


_WHOLE = re.compile(r"\s*[+-]?\d+\s*")


def _set(items: Sequence[Any], paths: bool) -> frozenset[str] | frozenset[tuple[str, ...]]:  # noqa: FBT001  # private
    if paths:
        rooted = (item if isinstance(item, list) else [item] for item in items)
        return frozenset(tuple(map(field_text, path)) for path in rooted if path)
    return frozenset(map(field_text, items))


_RANKING = "ranking"
"""The key of a ranking's cell."""


def _ranking(cell: str) -> Ranking | None:
    """A ranking from its cell, or from a bare JSON list of places; None: it is neither."""
    found = _json(cell, "{")
    places = _json(cell, "[") if found is None else found.get(_RANKING)
    if not isinstance(places, list):
        return None
    try:
        return Ranking.of(
            map(field_text, place) if isinstance(place, list) else field_text(place)
            for place in places
        )
    except ValueError:
        return None


def _list(cell: str) -> list[Any] | None:
    found: list[Any] | None = _json(cell, "[")
    return found


def _json(cell: str, opening: str) -> Any:
    """What the cell holds as JSON, if it begins with ``opening``; else None."""
    if not cell.startswith(opening):
        return None
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return None


def question_of(
    name: str, known: Question | None, levels: Mapping[str, str], cells: Sequence[str]
) -> Question:
    """The question that a column of answers holds, at the level it is to be measured at.

    ``known`` is the question as it was measured before; ``levels`` overrides by name, and for
    all questions but sets and rankings under the empty name.
    """
    if known is None:
        known = _guessed(name, cells)
    # A level that does not exist is refused where the levels of all sources are settled.
    wanted: dict[str, Any] = {q: level for q, level in levels.items() if level in LEVELS}
    general: Any = wanted.get("", known.level)
    if {"set", "ranking"} & {general, known.level}:
        general = known.level
    level: Level = wanted.get(name, general)
    if level == known.level:
        return known
    if {level, known.level} == {"nominal", "ordinal"}:
        return replace(known, level=level, level_source="--level")
    return replace(known, level=level, level_source="--level", labels=(), labels_source="observed")


def _guessed(name: str, cells: Sequence[str]) -> Question:
    """A question of which only the answers are known."""
    if cells and all(_json(cell, "{") is not None and _ranking(cell) for cell in cells):
        return Question(name, "ranking", "every value is a ranking")
    if cells and all(_list(cell) is not None for cell in cells):
        return Question(name, "set", "every value is a JSON list")
    return Question(name, "nominal", "default for tables")
