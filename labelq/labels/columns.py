"""The columns of a tidy table: found by name, checked, and coded."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SourceError
from labelq.labels.cells import is_number
from labelq.labels.model import Question, field_text
from labelq.labels.submissions import ADJUDICATED, ANSWER, GOLD, NO_TIME, SELECTED, Submissions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BY_QUEUE", "COLUMNS", "FIELD_PREFIX", "TRUTHS", "Ints", "Table", "filled"]

COLUMNS = (
    "unit",
    "question",
    "rater",
    "value",
    "text",
    "gold",
    "seconds",
    "created_at",
    "edited",
    "prelabeled",
    "selected_by",
    "adjudicated",
)
"""The columns that mean something, in the order in which they are written. The last two only
where there is something in them."""

TRUTHS = {"gold": GOLD, "adjudicated": ADJUDICATED}
"""Columns that say what is right, whoever answered, and the kind of answer that they are."""

BY_QUEUE = "queue"
"""What ``selected_by`` says of a vote that came through a queue; else it is empty."""

_NEEDED = ("unit", "rater", "value")
FIELD_PREFIX = "field:"
_OTHER_NAMES = {
    "unit": ("item_id", "task_id", "unit_id", "item", "task", "id", "example_id", "doc_id"),
    "rater": ("annotator_id", "worker_id", "rater_id", "annotator", "worker", "coder", "user"),
    "value": ("label", "rating", "answer", "annotation", "category", "score"),
}
_TRUE, _FALSE = ("true", "1", "yes"), ("", "false", "0", "no")

Ints = NDArray[np.int64]
"""One code per row (-1 where the cell is empty), or row numbers."""


def filled(code: str, values: NDArray[Any]) -> array[Any]:
    """A column of :class:`Submissions`, filled wholesale."""
    return array(code, values.astype(np.dtype(code)).tobytes())


class Table:
    """A frame with the columns that mean something found in it."""

    def __init__(self, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
        there = [str(name) for name in frame.columns]
        self.frame = frame.set_axis(there, axis="columns")
        for ours, theirs in columns.items():
            if ours not in COLUMNS:
                raise SourceError(
                    f"--columns {ours}={theirs}: there is no {ours!r} to map;"
                    f" known are {', '.join(COLUMNS)}"
                )
            if theirs not in there:
                raise SourceError(
                    f"--columns {ours}={theirs}: the table has no column {theirs!r};"
                    f" it has {', '.join(there[:20])}"
                )
        self.names = {name: name for name in COLUMNS if name in there} | dict(columns)
        missing = [name for name in _NEEDED if name not in self.names]
        if missing:
            raise SourceError(
                f"the table has no column {' and no column '.join(missing)}; it has"
                f" {', '.join(there[:20])}. Say which is which: --columns {self._guess(there)}"
            )
        used = set(self.names.values())
        self.fields = {name.removeprefix(FIELD_PREFIX): name for name in there if name not in used}

    def _guess(self, there: list[str]) -> str:
        """The option that names the columns, guessed from what they are usually called."""
        parts = []
        for ours in _NEEDED:
            candidates = [ours, *_OTHER_NAMES[ours]]
            theirs = next((name for name in candidates if name in there), "…")
            parts.append(f"{ours}={self.names.get(ours, theirs)}")
        return ",".join(parts)

    def codes(self, name: str, *, default: str | None = None) -> tuple[Ints, list[str]]:
        """A column as codes into its distinct texts; every row must have a unit and question."""
        if name not in self.names and default is not None:
            return np.zeros(len(self.frame), np.int64), [default]
        codes, texts = _factorize(self.frame[self.names[name]])
        if name in ("unit", "question") and (codes < 0).any():
            self._wrong(int(np.flatnonzero(codes < 0)[0]), name, "is empty")
        return codes, texts

    def answers(self) -> tuple[dict[str, Ints], list[str]]:
        """The columns that hold answers, where they are, as codes into the same texts."""
        import pandas as pd

        names = [name for name in ("value", *TRUTHS) if name in self.names]
        columns = [self.frame[self.names[name]] for name in names]
        if len(columns) == 1:
            codes, cells = _factorize(columns[0])
        else:
            codes, cells = _factorize(pd.concat(columns, ignore_index=True))
        return dict(zip(names, np.split(codes, len(names)), strict=True)), cells

    def enter_units(self, s: Submissions, unit: Ints, ids: list[str]) -> None:
        """The units with their first text and the fields of their first row."""
        import pandas as pd

        s.unit_ids = ids
        first = np.unique(unit, return_index=True)[1]
        s.unit_text = [None] * len(ids)
        if "text" in self.names:
            codes, texts = _factorize(self.frame[self.names["text"]])
            told = np.flatnonzero(codes >= 0)
            units, at = np.unique(unit[told], return_index=True)
            for i, code in zip(units.tolist(), codes[told[at]].tolist(), strict=True):
                s.unit_text[i] = texts[code]
        fields: dict[str, list[Any]] = {}
        uneven: list[str] = []
        for name, column in self.fields.items():
            codes, texts = _factorize(self.frame[column])
            if (codes != codes[first][unit]).any():
                uneven.append(name)
            cells = self.frame[column].iloc[first]
            missing = pd.isna(cells) | (codes[first] < 0)
            fields[name] = [
                None if gone else _plain(cell)
                for cell, gone in zip(cells.tolist(), missing, strict=True)
            ]
        s.unit_fields = [{} for _ in ids]
        for name, column_of in fields.items():
            for unit_fields, cell in zip(s.unit_fields, column_of, strict=True):
                unit_fields[name] = cell
        if uneven:
            s.notes.append(
                f"{', '.join(uneven)}: differs between rows of the same unit;"
                " the first row's value is kept as the unit's."
            )

    def enter_annotations(
        self, s: Submissions, rows: Ints, unit: Ints, rater: Ints, question: Ints
    ) -> Ints:
        """Group ``rows`` into annotations; the annotation of each.

        Answers of one rater to one unit are one annotation, unless they answer the same
        question again or were given at another time.
        """
        columns = {
            "q": self.submitted()[rows],
            "f": self.seconds()[rows],
            "b": self.flags("edited")[rows],
            "B": self.flags("prelabeled")[rows],
            "kind": np.where(self.by_queue()[rows], SELECTED, ANSWER),
        }
        if (question[rows] == question[rows][:1]).all():
            annotation: Ints = np.arange(len(rows))
            first: Ints = annotation
        else:
            key = _pair(unit[rows], rater[rows] + 1)
            key = _pair(key, _nth(_pair(key, question[rows])))
            for column in columns.values():
                key = _pair(key, _codes_of(column))
            annotation, first = key, np.unique(key, return_index=True)[1]
        n = len(first)
        s.a_unit = filled("i", unit[rows][first])
        s.a_rater = filled("i", rater[rows][first])
        s.a_kind = filled("b", columns["kind"][first])
        s.a_submitted = filled("q", columns["q"][first])
        s.a_seconds = filled("f", columns["f"][first])
        s.a_edited = filled("b", columns["b"][first])
        s.a_prelabeled = filled("b", columns["B"][first])
        s.a_skipped = filled("b", np.zeros(n))
        return annotation

    def seconds(self) -> NDArray[np.float64]:
        """The seconds column; nan where it is empty."""
        import pandas as pd

        if "seconds" not in self.names:
            return np.full(len(self.frame), np.nan)
        codes, texts = _factorize(self.frame[self.names["seconds"]])
        numbers = np.append(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), 0.0)
        self._refuse_nan(codes, np.isfinite(numbers), "seconds", "is not a number")
        return np.where(codes >= 0, numbers[codes], np.nan)

    def submitted(self) -> Ints:
        """The dates of ``created_at`` in seconds since 1970 UTC: ISO, or epoch numbers."""
        import pandas as pd

        if "created_at" not in self.names:
            return np.full(len(self.frame), NO_TIME, np.int64)
        codes, texts = _factorize(self.frame[self.names["created_at"]])
        if all(map(is_number, texts)):
            numbers = np.array([float(text) for text in texts])
            # Thirteen digits are milliseconds, as many tools write them.
            numbers = np.where(np.abs(numbers) > 1e11, numbers / 1000, numbers)
            ok = np.abs(numbers) < 1e11
            seconds = np.where(ok, numbers, 0).astype(np.int64)
        else:
            told = pd.Series(texts).str.removesuffix(" UTC")
            dates = pd.to_datetime(told, format="ISO8601", utc=True, errors="coerce")
            if dates.isna().any():
                dates = pd.to_datetime(told, format="mixed", utc=True, errors="coerce")
            ok = dates.notna().to_numpy()
            seconds = dates.dt.tz_localize(None).to_numpy("datetime64[s]").astype(np.int64)
        self._refuse_nan(codes, np.append(ok, True), "created_at", "is not a date")
        return np.append(seconds, NO_TIME)[codes]

    def flags(self, name: str) -> NDArray[np.bool_]:
        """A column of true and false, false where it is empty or missing."""
        if name not in self.names:
            return np.zeros(len(self.frame), bool)
        codes, texts = _factorize(self.frame[self.names[name]])
        known = np.array([text.lower() in _TRUE + _FALSE for text in texts] + [True])
        self._refuse_nan(codes, known, name, "is neither true nor false")
        return np.array([text.lower() in _TRUE for text in texts] + [False])[codes]

    def by_queue(self) -> NDArray[np.bool_]:
        """Which rows are votes that came through a queue."""
        if "selected_by" not in self.names:
            return np.zeros(len(self.frame), bool)
        codes, texts = _factorize(self.frame[self.names["selected_by"]])
        known = np.array([text == BY_QUEUE for text in texts] + [True])
        self._refuse_nan(codes, known, "selected_by", f"is neither {BY_QUEUE} nor empty")
        return codes >= 0

    def refuse(self, question: Question, cell: str, rows: Mapping[str, Ints]) -> None:
        """A cell that has not the question's level, at ``rows`` by the name of their column."""
        forms = {"set": "a JSON list", "ranking": 'a ranking such as ["i2", "i1"]'}
        what = f"is not {forms.get(question.level, 'a number')}"
        hint = f"but {question.name} is {question.level} ({question.level_source})"
        name, found = next((name, found) for name, found in rows.items() if len(found))
        if name == "value":
            self._wrong(int(found[0]), name, f"{cell!r} {what}, {hint}")
        raise SourceError(f"column {self.names[name]}: {cell!r} {what}, {hint}")

    def _refuse_nan(self, codes: Ints, ok: NDArray[np.bool_], name: str, problem: str) -> None:
        bad = np.flatnonzero(~ok[codes])
        if len(bad):
            cell = self.frame[self.names[name]].iloc[int(bad[0])]
            self._wrong(int(bad[0]), name, f"{str(cell)[:60]!r} {problem}")

    def _wrong(self, row: int, name: str, problem: str) -> None:
        raise SourceError(f"row {row + 1}, column {self.names[name]}: {problem}")


def _factorize(column: pd.Series[Any]) -> tuple[Ints, list[str]]:
    """Codes into the distinct texts of a column, in order of appearance; empty cells are -1."""
    import pandas as pd

    try:
        codes, found = pd.factorize(column)
    except TypeError:  # lists and objects, as JSON Lines hold them
        codes, found = pd.factorize(column.map(_plain))
    texts: dict[str, int] = {}
    table = [
        texts.setdefault(text, len(texts)) if (text := field_text(_plain(cell))) else -1
        for cell in found.tolist()
    ]
    return np.array([*table, -1], np.int64)[codes], list(texts)


def _plain(cell: Any) -> Any:
    """A cell as a JSON scalar; lists and objects as compact JSON, dates as ISO."""
    if cell is None or isinstance(cell, str | int | float):
        return None if cell == "" or cell != cell else cell  # noqa: PLR0124  # nan
    if isinstance(cell, list | dict | tuple):
        return json.dumps(cell, ensure_ascii=False, separators=(",", ":"), default=str)
    if isinstance(cell, np.ndarray):
        return _plain(cell.tolist())
    import pandas as pd

    if pd.isna(cell):
        return None
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _codes_of(values: NDArray[Any]) -> Ints:
    import pandas as pd

    return pd.factorize(values, use_na_sentinel=False)[0].astype(np.int64)


def _pair(a: Ints, b: Ints) -> Ints:
    """One code per distinct pair, in order of appearance."""
    return _codes_of(a * (int(b.max(initial=0)) + 1) + b)


def _nth(codes: Ints) -> Ints:
    """How often the same code came before, row by row."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    lengths = np.diff(np.append(starts, len(ordered)))
    nth = np.empty(len(codes), np.int64)
    nth[order] = np.arange(len(codes)) - np.repeat(starts, lengths)
    return nth
