"""Submissions as numpy columns, and codes in the order of ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError
from labelq.labels.model import Codes, Rater, Ratings, Selection, Value, field_text
from labelq.labels.submissions import NO_TIME, Submissions

_DAY = 86_400


class Columns:
    """The columns of a :class:`Submissions` as numpy arrays (views, no copies)."""

    def __init__(self, s: Submissions) -> None:
        self.unit = _array(s.a_unit, np.int32)
        self.rater = _array(s.a_rater, np.int32)
        self.kind = _array(s.a_kind, np.int8)
        self.submitted = _array(s.a_submitted, np.int64)
        self.seconds = _array(s.a_seconds, np.float32)
        self.edited = _array(s.a_edited, np.int8).astype(bool)
        self.prelabeled = _array(s.a_prelabeled, np.int8).astype(bool)
        self.skipped = _array(s.a_skipped, np.int8).astype(bool)
        self.annotation = _array(s.annotation, np.int32)
        self.question = _array(s.question, np.int16)
        self.value = _array(s.value, np.int32)

    def occurring(self, s: Submissions, rows: NDArray[np.bool_]) -> list[set[int]]:
        """Per question, the source codes of the answers at ``rows``."""
        return [
            set(np.unique(self.value[rows & (self.question == q)]).tolist())
            for q in range(len(s.questions))
        ]

    def selected(self, s: Submissions, selection: Selection) -> NDArray[np.bool_]:
        """Which annotations the selection keeps."""
        keep = np.ones(len(self.unit), bool)
        if selection.since is not None:
            keep &= self.submitted >= _day(selection.since, "--from")
        if selection.until is not None:
            keep &= (self.submitted < _day(selection.until, "--to") + _DAY) & (
                self.submitted != NO_TIME
            )
        for name, wanted in selection.where:
            if not any(name in fields for fields in s.unit_fields):
                there = ", ".join(sorted({k for fields in s.unit_fields for k in fields})[:12])
                raise SettingsError(
                    f"--where {name}={wanted}: no task has a field {name!r}"
                    f" (fields: {there or 'none'})"
                )
            matches = [field_text(fields.get(name)) == wanted for fields in s.unit_fields]
            keep &= np.array(matches, bool)[self.unit]
        return keep

    def last_answers(self, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """``rows`` split into the last answer per (question, unit, rater) and the earlier."""
        a = self.annotation[rows]
        n_raters, n_units = int(self.rater.max(initial=0)) + 1, int(self.unit.max(initial=0)) + 1
        key = (self.question[rows].astype(np.int64) * n_units + self.unit[a]) * n_raters
        key += self.rater[a]
        order = np.argsort(key, kind="stable")
        again = key[order][1:] == key[order][:-1]
        if again.any():  # only then does it matter which came last
            order = np.lexsort((a, self.submitted[a], key))
            again = key[order][1:] == key[order][:-1]
        is_last = np.append(~again, True) if len(order) else np.zeros(0, bool)
        return rows[order[is_last]], rows[order[~is_last]]

    def ratings(
        self,
        rows: NDArray[Any],
        code: Codes,
        values: tuple[Value, ...],
        unit_code: Codes,
        rater_code: Codes,
    ) -> Ratings:
        """The answers at ``rows`` as ratings sorted by unit, then rater."""
        a = self.annotation[rows]
        inside = (unit_code[self.unit[a]] >= 0) & (rater_code[self.rater[a]] >= 0)
        rows, a = rows[inside], a[inside]
        # One key sorts several times faster than two.
        order = np.argsort(
            unit_code[self.unit[a]] * np.int64(len(rater_code)) + rater_code[self.rater[a]]
        )
        rows, a = rows[order], a[order]
        return Ratings(
            unit=unit_code[self.unit[a]],
            rater=rater_code[self.rater[a]],
            value=code[rows],
            values=values,
            seconds=self.seconds[a],
            submitted=self.submitted[a].view("datetime64[s]"),
            edited=self.edited[a],
            prelabeled=self.prelabeled[a],
        )


def _array(column: Any, dtype: type[np.generic]) -> NDArray[Any]:
    return np.frombuffer(column, dtype) if len(column) else np.zeros(0, dtype)


def _day(text: str, option: str) -> int:
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days * _DAY
    except ValueError:
        raise SettingsError(f"{option} {text}: not a date; write it as 2026-03-04") from None


def renumber(ids: list[str], used: NDArray[Any]) -> tuple[list[int], Codes]:
    """Positions in use, sorted by id (numbers by size), and a table old → new (-1: not used).

    The table has one entry more than there are ids, so that position -1 maps to -1.
    """
    positions = np.unique(used).tolist()
    names = [ids[i] for i in positions]
    if all(name.isdecimal() for name in names):
        order = sorted(range(len(names)), key=lambda i: (int(names[i]), names[i]))
    else:
        order = sorted(range(len(names)), key=names.__getitem__)
    ordered = [positions[i] for i in order]
    table = np.full(len(ids) + 1, -1, np.int32)
    table[ordered] = np.arange(len(ordered))
    return ordered, table


def raters_of(s: Submissions, order: Sequence[int], first: int = 0) -> tuple[Rater, ...]:
    """The raters at ``order``, lettered from the letter with number ``first`` on."""
    known = list(s.raters.items())
    return tuple(
        Rater(known[i][0], known[i][1][1], letters(n), known[i][1][2])
        for n, i in enumerate(order, first)
    )


def letters(n: int) -> str:
    """The n-th letter name, as spreadsheets count columns.

    >>> [letters(n) for n in (0, 25, 26, 702)]
    ['A', 'Z', 'AA', 'AAA']
    """
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = chr(65 + rest) + name
    return name
