"""Cells of a table ↔ values of a question.

A label is written as it is, a number so that it reads back exactly, a set as a JSON list,
sorted, and a taxonomy path inside it as a list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labelq.labels.model import LEVELS, Level, Question, Value, field_text

__all__ = ["cell_of", "is_number", "question_of", "values_of"]


def cell_of(value: Value) -> str:
    """The value as it stands in a table.

    >>> cell_of(4.0), cell_of(frozenset({"b", "a"})), cell_of(frozenset({("Animal", "Cat")}))
    ('4.0', '["a", "b"]', '[["Animal", "Cat"]]')
    """
    if isinstance(value, frozenset):
        return json.dumps(sorted(value), ensure_ascii=False)
    return value if isinstance(value, str) else repr(value)


def is_number(cell: str) -> bool:
    """Whether the cell reads as a finite number."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def values_of(question: Question, cells: Iterable[str]) -> dict[str, Value | None]:
    """Each cell's value at the question's level; None where the cell holds no such value."""
    if question.level in ("interval", "ratio"):
        return {cell: float(cell) if is_number(cell) else None for cell in cells}
    if question.level != "set":
        return {cell: cell for cell in cells}
    lists = {cell: _list(cell) for cell in cells}
    paths = any(isinstance(label, tuple) for label in question.labels) or any(
        isinstance(item, list) for items in lists.values() for item in items or ()
    )
    return {cell: None if items is None else _set(items, paths) for cell, items in lists.items()}


def _set(items: Sequence[Any], paths: bool) -> frozenset[str] | frozenset[tuple[str, ...]]:  # noqa: FBT001  # private
    if paths:
        rooted = (item if isinstance(item, list) else [item] for item in items)
        return frozenset(tuple(map(field_text, path)) for path in rooted)
    return frozenset(map(field_text, items))


def _list(cell: str) -> list[Any] | None:
    if not cell.startswith("["):
        return None
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) else None


def question_of(
    name: str, known: Question | None, levels: Mapping[str, str], cells: Sequence[str]
) -> Question:
    """The question that a column of answers holds, at the level it is to be measured at.

    ``known`` is the question as it was measured before; ``levels`` overrides by name, and for
    all questions but sets under the empty name.
    """
    if known is None:
        lists = bool(cells) and all(_list(cell) is not None for cell in cells)
        known = Question(
            name=name,
            level="set" if lists else "nominal",
            level_source="every value is a JSON list" if lists else "default for tables",
        )
    # A level that does not exist is refused where the levels of all sources are settled.
    wanted: dict[str, Any] = {q: level for q, level in levels.items() if level in LEVELS}
    general: Any = wanted.get("", known.level)
    if "set" in (general, known.level):
        general = known.level
    level: Level = wanted.get(name, general)
    if level == known.level:
        return known
    if {level, known.level} == {"nominal", "ordinal"}:
        return replace(known, level=level, level_source="--level")
    return replace(known, level=level, level_source="--level", labels=(), labels_source="observed")
