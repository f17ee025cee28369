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

Votes that came through a queue and the answers of named reviewers are no ratings of the round:
see :mod:`labelq.labels.later`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.coding import Columns, raters_of, renumber
from labelq.labels.later import Numbering, later_answers, reviewed
from labelq.labels.model import (
    Aside,
    Codes,
    Intake,
    Question,
    Ratings,
    Round,
    Selection,
    Units,
    Value,
)
from labelq.labels.submissions import (
    ANSWER,
    GOLD,
    NO_TIME,
    PREDICTION,
    SELECTED,
    Submissions,
)
from labelq.labels.universe import in_config, refuse_idle_mappings, universes


def build_round(
    submissions: Submissions,
    *,
    name: str,
    selection: Selection | None = None,
    levels: Mapping[str, str] | None = None,
    map_labels: Mapping[tuple[str, str], str] | None = None,
    reviewers: Sequence[str] = (),
) -> Round:
    """The round in ``submissions``.

    ``levels`` overrides the level of measurement by question name (the empty name means all
    questions); ``map_labels`` maps (question, label) to today's label. ``reviewers`` are people
    (e-mail address, id or name) whose answers decide, and count as nobody's rating.

    Raises:
        SettingsError: an option names a question, field, level or person that does not fit.
        SourceError: a value is no number where the question is numeric.
    """
    selection = selection or Selection()
    columns = Columns(submissions)
    chosen = columns.selected(submissions, selection)
    asides = submissions.asides()
    decisions = reviewed(submissions, columns, reviewers)
    of_round = (columns.kind == ANSWER) & ~decisions
    _count(asides, "not_selected", int((~chosen & of_round).sum()))

    of_round_or_gold = of_round | (columns.kind == GOLD)
    skipped = chosen & columns.skipped & of_round_or_gold
    _count(asides, "skipped", int(skipped.sum()))
    ordinary = chosen & ~columns.skipped & of_round
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

    unit_order, unit_code = renumber(submissions.unit_ids, columns.unit[columns.annotation[last]])
    names = list(submissions.raters)
    rater_order, rater_code = renumber(names, columns.rater[columns.annotation[last]])
    is_model = (columns.kind == PREDICTION) & chosen & ~columns.skipped
    models = np.flatnonzero(known & is_model[columns.annotation])
    model_order, model_code = renumber(names, columns.rater[columns.annotation[models]])

    def per_question(
        rows: NDArray[Any], codes: Codes, columns: Columns = columns
    ) -> dict[str, Ratings]:
        return {
            question.name: columns.ratings(
                rows[columns.question[rows] == q], code, values[q], unit_code, codes
            )
            for q, question in enumerate(questions)
        }

    later = later_answers(
        submissions,
        columns,
        decisions,
        Numbering(unit_code, rater_code, len(rater_order)),
        questions,
        map_labels=labels,
        exclude=selection.exclude,
    )
    ratings = per_question(last, rater_code)
    predictions = per_question(models, model_code)
    scores: dict[str, Ratings] = {}
    if submissions.scores:  # in the order of the predictions, in place of their times
        scored = copy(columns)
        scored.seconds = np.full(len(columns.unit), np.nan, np.float32)
        scored.seconds[list(submissions.scores)] = list(submissions.scores.values())
        scores = per_question(models, model_code, scored)
    skip_raters = rater_code[columns.rater[skipped & (columns.rater >= 0)]]
    skips = np.bincount(skip_raters[skip_raters >= 0], minlength=len(rater_order))
    kept_annotations = np.unique(columns.annotation[last])
    return Round(
        name=name,
        questions=tuple(questions),
        units=_units(submissions, unit_order),
        raters=raters_of(submissions, rater_order),
        ratings=ratings,
        gold=_gold(
            questions,
            columns,
            np.flatnonzero(known & golden),
            code=code,
            unit_code=unit_code,
            n_units=len(unit_order),
        ),
        models=raters_of(submissions, model_order),
        predictions={k: v for k, v in predictions.items() if len(v)},
        scores={k: v.seconds for k, v in scores.items() if len(v)},
        repeats={k: v for k, v in per_question(earlier, rater_code).items() if len(v)},
        skips={int(i): int(n) for i, n in enumerate(skips) if n},
        selected=later.selected,
        newcomers=later.newcomers,
        adjudicated=later.adjudicated,
        intake=Intake(
            n_units=_n_units(columns, len(submissions.unit_ids)),
            n_annotations=int(of_round_or_gold.sum()),
            n_kept=len(last),
            n_edited=int(columns.edited[kept_annotations].sum()),
            n_prelabeled=int(columns.prelabeled[kept_annotations].sum()),
            n_queue_votes=_distinct(
                votes.unit.astype(np.int64) * len(submissions.raters) + votes.rater
                for votes in later.selected.values()
            ),
            n_queue_units=_distinct(votes.unit for votes in later.selected.values()),
            n_adjudicated=len({u for decided in later.adjudicated.values() for u in decided}),
            aside=(*(aside for aside in asides if aside.count), *later.asides),
            notes=(*submissions.notes, *later.notes),
        ),
        selection=selection,
    )


def _n_units(columns: Columns, n: int) -> int:
    """Units that were read, without those that nothing but a queue knows."""
    of_queue = columns.kind == SELECTED
    only = np.setdiff1d(columns.unit[of_queue], columns.unit[~of_queue])
    return n - len(only)


def _distinct(columns: Iterable[NDArray[Any]]) -> int:
    return len(np.unique(np.concatenate([np.zeros(0, np.int64), *columns])))


def _count(asides: list[Aside], reason: str, count: int) -> None:
    if count:
        asides.append(Aside(reason, count))


def _unknown_labels(s: Submissions, columns: Columns, rows: NDArray[np.bool_]) -> list[Aside]:
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


def _span(columns: Columns, annotations: NDArray[Any]) -> str:
    times = columns.submitted[annotations]
    times = times[times != NO_TIME]
    if not len(times):
        return ""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    first, last = (epoch + timedelta(seconds=int(t)) for t in (times.min(), times.max()))
    days = [f"{d.day} {d:%B %Y}" for d in (first, last)]
    return f", {days[0]}" if days[0] == days[1] else f", {days[0]} to {days[1]}"


def _units(s: Submissions, order: list[int]) -> Units:
    rows = [s.unit_fields[i] for i in order]
    names = dict.fromkeys(name for fields in rows for name in fields)
    return Units(
        ids=tuple(s.unit_ids[i] for i in order),
        text=tuple(s.unit_text[i] or None for i in order),
        fields={name: tuple([fields.get(name) for fields in rows]) for name in names},
    )


def _gold(
    questions: list[Question],
    columns: Columns,
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
