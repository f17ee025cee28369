"""From what a source says to the round that is measured: selection and policies, once.

The policies, in the order in which they apply:

1. the selection (dates, task fields) leaves annotations out (``not_selected``);
2. skipped annotations are counted per rater (``skipped``), annotations without an author
   cannot be compared with anyone's (``no_author``);
3. a ground-truth annotation gives the unit's gold label. It counts as a rating too if its
   author also labels ordinarily in this round; somebody who only sets gold is no rater;
4. labels are mapped (``--map-label``), then those outside the labeling config are set aside
   (``unknown_label``) with who used them and when;
5. ``--exclude edited,prelabeled`` leaves those ratings out;
6. of several answers of one rater to one unit the last submitted counts, earlier ones are
   kept aside as repeats (``repeat``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError
from labelq.labels.model import (
    Aside,
    Codes,
    Intake,
    Question,
    Rater,
    Ratings,
    Round,
    Selection,
    Units,
    Value,
    field_text,
)
from labelq.labels.submissions import ANSWER, GOLD, NO_TIME, PREDICTION, Submissions
from labelq.labels.universe import in_config, refuse_idle_mappings, universes

_DAY = 86_400


def build_round(
    submissions: Submissions,
    *,
    name: str,
    selection: Selection | None = None,
    levels: Mapping[str, str] | None = None,
    map_labels: Mapping[tuple[str, str], str] | None = None,
) -> Round:
    """The round in ``submissions``.

    ``levels`` overrides the level of measurement by question name (the empty name means all
    questions); ``map_labels`` maps (question, label) to today's label.

    Raises:
        SettingsError: an option names a question, field or level that does not fit.
        SourceError: a value is no number where the question is numeric.
    """
    selection = selection or Selection()
    columns = _Columns(submissions)
    chosen = columns.selected(submissions, selection)
    asides = submissions.asides()
    _count(asides, "not_selected", int((~chosen & (columns.kind == ANSWER)).sum()))

    skipped = chosen & columns.skipped & (columns.kind != PREDICTION)
    _count(asides, "skipped", int(skipped.sum()))
    ordinary = chosen & ~columns.skipped & (columns.kind == ANSWER)
    _count(asides, "no_author", int((ordinary & (columns.rater < 0)).sum()))
    authors = np.zeros(len(submissions.raters) + 1, bool)
    authors[columns.rater[ordinary]] = True
    authors[-1] = False  # position -1: no author
    gold = chosen & ~columns.skipped & (columns.kind == GOLD)
    counted = (ordinary | gold) & authors[columns.rater]
    _count(asides, "gold", int((gold & ~counted).sum()))
    _count(asides, "prediction", int((chosen & (columns.kind == PREDICTION)).sum()))

    # From here on one row per answer.
    labels = map_labels or {}
    refuse_idle_mappings(submissions, labels)
    inside = np.ones(len(columns.value), bool)
    for q, in_universe in enumerate(in_config(submissions, labels)):
        rows = columns.question == q
        inside[rows] = in_universe[columns.value[rows]]
    kept = counted[columns.annotation]
    asides += _unknown_labels(submissions, columns, kept & ~inside)
    kept &= inside
    for flag in ("edited", "prelabeled"):
        if flag in selection.exclude:
            flagged = getattr(columns, flag)[columns.annotation]
            _count(asides, flag, int((kept & flagged).sum()))
            kept &= ~flagged
    last, earlier = columns.last_answers(np.flatnonzero(kept))
    _count(asides, "repeat", len(earlier))

    # The universe is what is measured: neither repeats, predictions nor gold widen it.
    measured = np.zeros(len(inside), bool)
    measured[last] = True
    golden = gold[columns.annotation] & inside
    questions, tables, values = universes(
        submissions,
        columns.occurring(submissions, measured),
        columns.occurring(submissions, golden),
        levels or {},
        labels,
    )
    code = np.full(len(columns.value), -1, np.int32)
    for q, table in enumerate(tables):
        rows = columns.question == q
        code[rows] = table[columns.value[rows]]
    known = code >= 0
    asides += [
        Aside("gold", int(n), question.name, "a gold label that nobody gave")
        for q, question in enumerate(questions)
        if (n := (golden & ~known & (columns.question == q)).sum())
    ]

    unit_order, unit_code = _renumber(submissions.unit_ids, columns.unit[columns.annotation[last]])
    names = list(submissions.raters)
    rater_order, rater_code = _renumber(names, columns.rater[columns.annotation[last]])
    is_model = (columns.kind == PREDICTION) & chosen & ~columns.skipped
    models = np.flatnonzero(known & is_model[columns.annotation])
    model_order, model_code = _renumber(names, columns.rater[columns.annotation[models]])

    def per_question(rows: NDArray[Any], codes: Codes) -> dict[str, Ratings]:
        return {
            question.name: columns.ratings(
                rows[columns.question[rows] == q], code, values[q], unit_code, codes
            )
            for q, question in enumerate(questions)
        }

    ratings = per_question(last, rater_code)
    predictions = per_question(models, model_code)
    skip_raters = rater_code[columns.rater[skipped & (columns.rater >= 0)]]
    skips = np.bincount(skip_raters[skip_raters >= 0], minlength=len(rater_order))
    kept_annotations = np.unique(columns.annotation[last])
    return Round(
        name=name,
        questions=tuple(questions),
        units=_units(submissions, unit_order),
        raters=_raters(submissions, rater_order),
        ratings=ratings,
        gold=_gold(
            questions,
            columns,
            np.flatnonzero(known & golden),
            code=code,
            unit_code=unit_code,
            n_units=len(unit_order),
        ),
        models=_raters(submissions, model_order),
        predictions={k: v for k, v in predictions.items() if len(v)},
        repeats={k: v for k, v in per_question(earlier, rater_code).items() if len(v)},
        skips={int(i): int(n) for i, n in enumerate(skips) if n},
        intake=Intake(
            n_units=len(submissions.unit_ids),
            n_annotations=int((columns.kind != PREDICTION).sum()),
            n_kept=len(last),
            n_edited=int(columns.edited[kept_annotations].sum()),
            n_prelabeled=int(columns.prelabeled[kept_annotations].sum()),
            aside=tuple(aside for aside in asides if aside.count),
            notes=tuple(submissions.notes),
        ),
        selection=selection,
    )


class _Columns:
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


def _count(asides: list[Aside], reason: str, count: int) -> None:
    if count:
        asides.append(Aside(reason, count))


def _unknown_labels(s: Submissions, columns: _Columns, rows: NDArray[np.bool_]) -> list[Aside]:
    """Answers outside the labeling config, by question and value, with who and when."""
    found: list[Aside] = []
    where = np.flatnonzero(rows)
    for q, question in enumerate(s.questions):
        mine = where[columns.question[where] == q]
        values = list(s.values[q])
        for code in np.unique(columns.value[mine]):
            of = columns.annotation[mine[columns.value[mine] == code]]
            value = values[code]
            text = value if isinstance(value, str) else _unknown_part(value, question)
            raters = len(np.unique(columns.rater[of]))
            detail = f"{text}: {raters} annotator{'s' if raters != 1 else ''}{_span(columns, of)}"
            found.append(Aside("unknown_label", len(of), question.name, detail))
    return found


def _unknown_part(value: Value, question: Question) -> str:
    """The labels of a set that are not in today's config."""
    labels: list[Any] = list(value) if isinstance(value, frozenset) else []
    outside = sorted(label for label in labels if label not in question.labels)
    return ", ".join(x if isinstance(x, str) else " / ".join(x) for x in outside)


def _span(columns: _Columns, annotations: NDArray[Any]) -> str:
    times = columns.submitted[annotations]
    times = times[times != NO_TIME]
    if not len(times):
        return ""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first, last = (epoch + timedelta(seconds=int(t)) for t in (times.min(), times.max()))
    days = [f"{d.day} {d:%B %Y}" for d in (first, last)]
    return f", {days[0]}" if days[0] == days[1] else f", {days[0]} to {days[1]}"


def _renumber(ids: list[str], used: NDArray[Any]) -> tuple[list[int], Codes]:
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


def _units(s: Submissions, order: list[int]) -> Units:
    rows = [s.unit_fields[i] for i in order]
    names = dict.fromkeys(name for fields in rows for name in fields)
    return Units(
        ids=tuple(s.unit_ids[i] for i in order),
        text=tuple(s.unit_text[i] or None for i in order),
        fields={name: tuple([fields.get(name) for fields in rows]) for name in names},
    )


def _raters(s: Submissions, order: list[int]) -> tuple[Rater, ...]:
    known = list(s.raters.items())
    return tuple(
        Rater(known[i][0], known[i][1][1], letters(n), known[i][1][2]) for n, i in enumerate(order)
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


def _gold(
    questions: list[Question],
    columns: _Columns,
    rows: NDArray[Any],
    *,
    code: Codes,
    unit_code: Codes,
    n_units: int,
) -> dict[str, Codes]:
    """Gold code per unit; a unit with two different gold labels has none."""
    gold: dict[str, Codes] = {}
    for q, question in enumerate(questions):
        mine = rows[columns.question[rows] == q]
        unit = unit_code[columns.unit[columns.annotation[mine]]]
        mine, unit = mine[unit >= 0], unit[unit >= 0]
        if len(mine):
            low = np.full(n_units, np.iinfo(np.int32).max, np.int32)
            high = np.full(n_units, -1, np.int32)
            np.minimum.at(low, unit, code[mine])
            np.maximum.at(high, unit, code[mine])
            gold[question.name] = np.where(low == high, high, -1).astype(np.int32)
    return gold
