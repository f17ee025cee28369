"""The fields of units as terms that several units share: values, and low to high numbers.

A field counts with its values where a few values recur (source, language), and in three equal
parts where it is a number or a date. The length of the text is a field like others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Units, field_text

MOST_VALUES = 50
PARTS = 3
LENGTH = "length of the text"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Field values (field, value as people read it), and which units have them (units × terms)."""

    names: tuple[tuple[str, str], ...]
    members: sparse.csr_array


def field_terms(units: Units) -> Terms:
    """All terms of a round's fields, in the order of fields and values."""
    names: list[tuple[str, str]] = []
    rows: list[NDArray[np.intp]] = []
    columns: dict[str, Sequence[Any]] = dict(sorted(units.fields.items()))
    if sum(bool(text and text.strip()) for text in units.text) > 1:
        columns[LENGTH] = [len(text) if text and text.strip() else None for text in units.text]
    for name, column in columns.items():
        for value, where in _parts(column) or _values(column):
            names.append((name, value))
            rows.append(where)
    column_of = np.repeat(np.arange(len(rows)), [len(where) for where in rows])
    row = np.concatenate(rows) if rows else np.zeros(0, np.intp)
    data = np.ones(len(row), np.float32)
    shape = (len(units), len(names))
    return Terms(tuple(names), sparse.csr_array((data, (row, column_of)), shape=shape))


def _values(column: Sequence[Any]) -> list[tuple[str, NDArray[np.intp]]]:
    """Values that recur: at most fifty, and two units for each on average."""
    text = [field_text(v) if isinstance(v, str | int | float) else "" for v in column]
    distinct = set(text) - {""}
    if not 2 <= len(distinct) <= min(MOST_VALUES, sum(map(bool, text)) // 2):
        return []
    array = np.array(text, dtype=object)
    return [(value, np.flatnonzero(array == value)) for value in sorted(distinct)]


def _parts(column: Sequence[Any]) -> list[tuple[str, NDArray[np.intp]]]:
    """Numbers and dates, from many different ones, in three parts of about the same size."""
    known = [(u, number) for u, v in enumerate(column) if (number := _number(v)) is not None]
    filled = sum(v is not None and v != "" for v in column)
    if len(known) < filled or len({number for _, number in known}) < 4 * PARTS:
        return []
    where = np.array([u for u, _ in known], np.intp)
    numbers = np.array([number for _, number in known], np.float64)
    limits = np.quantile(numbers, np.arange(1, PARTS) / PARTS)
    part = np.searchsorted(limits, numbers, side="left")
    found = []
    for i in range(PARTS):
        inside = where[part == i]
        if len(inside):
            own = [column[u] for u in inside]
            low, high = min(own, key=_sorted), max(own, key=_sorted)
            found.append((f"{_shown(low)} to {_shown(high)}", inside))
    return found


def _sorted(value: Any) -> float:
    number = _number(value)
    return 0.0 if number is None else number


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e15 else None
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return datetime.fromisoformat(value.strip()).replace(tzinfo=None).timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    return None


def _shown(value: Any) -> str:
    return value.strip()[:10] if isinstance(value, str) else field_text(value)


def most_set_apart(
    terms: Terms, inside: NDArray[np.integer], at_most: int = 3
) -> list[tuple[str, str, float, float]]:
    """What sets units apart from all others: field, value, share inside, share outside.

    Values that most of the units have, and have more often than the others by far more than
    chance (two proportions, z of 3); of each field the clearest.
    """
    n, n_all = len(inside), terms.members.shape[0]
    if not n or n == n_all or not terms.names:
        return []
    own = np.asarray(terms.members[inside].sum(axis=0), np.float64).ravel()
    rest = np.asarray(terms.members.sum(axis=0), np.float64).ravel() - own
    p, q = own / n, rest / (n_all - n)
    both = (own + rest) / n_all
    spread = np.sqrt(np.maximum(both * (1 - both) * (1 / n + 1 / (n_all - n)), 1e-12))
    z = np.round((p - q) / spread, 9)
    found: list[tuple[str, str, float, float]] = []
    seen: Counter[str] = Counter()
    for i in np.argsort(-z, kind="stable"):
        field, value = terms.names[i]
        if z[i] < 3 or p[i] < 0.5 or seen[field] or len(found) == at_most:
            continue
        seen[field] += 1
        found.append((field, value, float(p[i]), float(q[i])))
    return found
