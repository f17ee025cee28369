"""The round as data: units, raters, questions and ratings, frozen and coded.

A **round** is one pass of labeling. A **unit** is a Label Studio task, a **rater** an
annotator, a **question** a control tag by its name, a **rating** one rater's value for one
unit. Ratings are kept as columns of small integers (codes), so that a round of a million
ratings is a few arrays, and every statistic is a group-by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["nominal", "ordinal", "interval", "ratio", "set", "ranking"]
"""Level of measurement. ``set`` is a set of labels (multiple choice) or of taxonomy paths,
``ranking`` an order of a task's own items."""

LEVELS: tuple[Level, ...] = get_args(Level)

FREE: tuple[Level, ...] = ("interval", "ratio", "ranking")
"""Levels whose values are no labels: numbers, and orders of a task's own items."""

Path = tuple[str, ...]
"""One path of a taxonomy, from the root down."""

Label = str | Path
"""A category; for a taxonomy, one path."""


@dataclass(frozen=True, slots=True, order=True)
class Ranking:
    """Items by id, the first place first; the items of one place are tied, sorted by id.

    Items that were not placed are not in it. Made by :meth:`of`, which checks.
    """

    places: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, places: Iterable[str | Iterable[str]]) -> Ranking:
        """From places in order: an item, or several that are tied. Empty places are left out.

        >>> Ranking.of(["i2", ["i3", "i1"], []])
        Ranking(places=(('i2',), ('i1', 'i3')))

        Raises:
            ValueError: an item stands in two places, or there are more than anybody can order.
        """
        tied = ([place] if isinstance(place, str) else place for place in places)
        found = cls(tuple(place for place in map(tuple, map(sorted, tied)) if place))
        if len(set(found.items)) < len(found.items):
            raise ValueError("a ranking with an item in two places")
        if len(found.items) > MOST_ITEMS:
            raise ValueError(f"a ranking of more than {MOST_ITEMS:,} items")
        return found

    @property
    def items(self) -> tuple[str, ...]:
        """Every placed item, in order."""
        return tuple(item for place in self.places for item in place)


MOST_ITEMS = 1_000
"""Rankings are compared pair of items by pair of items."""

Value = str | float | frozenset[str] | frozenset[Path] | Ranking
"""A label, a number, a set of labels, a set of taxonomy paths, a ranking."""

Codes = NDArray[np.int32]


def field_text(value: object) -> str:
    """A task field as text: how it stands in tables and is compared (None is empty).

    >>> field_text(None), field_text("a"), field_text(12), field_text(True)
    ('', 'a', '12', 'true')
    """
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that was asked about every unit (a control tag, by its ``from_name``).

    ``labels`` is the universe of labels, in their order: from the labeling config where there
    is one (``labels_source`` is ``config``), else those that occur (``observed``). It is empty
    for free numbers and rankings. ``level_source`` says where the level comes from, for people
    to check.
    ``costs`` says how bad it is to confuse two labels, (label, label, cost) once for each pair,
    costs of at least 0 on any scale; empty where nobody said.
    """

    name: str
    level: Level
    level_source: str
    labels: tuple[Label, ...] = ()
    labels_source: Literal["config", "observed"] = "observed"
    tag: str | None = None
    costs: tuple[tuple[str, str, float], ...] = ()

    @property
    def no_labels(self) -> str | None:
        """The reason code where values are no labels (numbers, rankings), else None."""
        if self.level not in FREE:
            return None
        return "not_for_rankings" if self.level == "ranking" else "not_for_numbers"

    @property
    def depth(self) -> int:
        """Of a taxonomy, how many names the longest path has; 0 where labels are no paths."""
        return max((len(label) for label in self.labels if isinstance(label, tuple)), default=0)

    @property
    def compares_two(self) -> bool:
        """Whether it asks which of two sides is preferred: a ranking of two."""
        return self.level == "nominal" and self.tag == "Pairwise" and len(self.labels) == 2

    @property
    def ordered(self) -> bool:
        """Whether one value can be nearer to another than a third."""
        return self.level in ("ordinal", "interval", "ratio")


@dataclass(frozen=True, slots=True)
class Rater:
    """A person who labels (an annotator), or a model version.

    ``id`` is stable and unique (the e-mail address where it is known), ``name`` is for people.
    ``letter`` stands for the rater wherever people read and names are not asked for.
    """

    id: str
    name: str
    letter: str
    kind: Literal["person", "model"] = "person"


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The units of a round: parallel columns, a unit's code is its position.

    ``text`` is what the annotator read (None where the unit has no text). ``fields`` is every
    other task field, column by column, None where a unit lacks it.
    """

    ids: tuple[str, ...]
    text: tuple[str | None, ...]
    fields: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def __eq__(self, other: object) -> bool:
        # A table keeps 12 and "12" alike, so fields are the same when they read the same.
        return (
            isinstance(other, Units)
            and (self.ids, self.text) == (other.ids, other.text)
            and self.fields.keys() == other.fields.keys()
            and all(
                [field_text(v) for v in self.fields[k]] == [field_text(v) for v in other.fields[k]]
                for k in self.fields
            )
        )

    __hash__ = None  # type: ignore[assignment]  # compared by content, so not hashable


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """All ratings of one question: parallel arrays, one rating per rater and unit.

    ``unit``, ``rater`` and ``value`` are codes: into ``Round.units``, ``Round.raters`` and
    ``values``. For nominal and ordinal questions ``values`` is exactly the question's labels;
    for numbers, sets and rankings it holds the distinct values that occur, sorted. Rows are
    sorted by unit, then rater. ``seconds`` (nan where unknown) is the time the annotator took,
    ``submitted`` (NaT where unknown) when. ``edited``: last changed by somebody else;
    ``prelabeled``: begun from a prediction.
    """

    unit: Codes
    rater: Codes
    value: Codes
    values: tuple[Value, ...]
    seconds: NDArray[np.float32]
    submitted: NDArray[np.datetime64]
    edited: NDArray[np.bool_]
    prelabeled: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.unit)

    def select(self, keep: NDArray[Any]) -> Ratings:
        """The ratings at ``keep`` (a mask or indices), with the same codes."""
        columns = ("unit", "rater", "value", "seconds", "submitted", "edited", "prelabeled")
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ratings):
            return NotImplemented
        exact = ("unit", "rater", "value", "submitted", "edited", "prelabeled")
        return (
            self.values == other.values
            and all(np.array_equal(getattr(self, n), getattr(other, n)) for n in exact[:3])
            and np.array_equal(self.seconds, other.seconds, equal_nan=True)
            and np.array_equal(np.isnat(self.submitted), np.isnat(other.submitted))
            and bool((self.submitted == other.submitted)[~np.isnat(self.submitted)].all())
            and all(np.array_equal(getattr(self, n), getattr(other, n)) for n in exact[4:])
        )

    __hash__ = None  # type: ignore[assignment]  # compared by content, so not hashable


@dataclass(frozen=True, slots=True)
class Aside:
    """Ratings (or whole annotations) that were read and not measured, and why.

    ``reason`` is a code: ``skipped``, ``empty``, ``draft``, ``prediction``, ``gold``,
    ``repeat``, ``no_author``, ``unknown_label``, ``not_a_number``, ``not_asked``,
    ``not_selected``, ``edited``, ``prelabeled``, ``queue`` (a vote that came through a queue),
    ``adjudicated`` (a reviewer's answer), ``bad_record``, ``tag_not_measured``,
    ``region_not_measured``. ``detail`` is a sentence fragment for people, empty when the
    reason says it all.
    """

    reason: str
    count: int
    question: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """What was read, what was kept, what was set aside and why; and what a reader must know.

    ``n_units`` tasks and ``n_annotations`` annotations were read; ``n_kept`` ratings are
    measured. Of the annotations behind them ``n_edited`` were last changed by somebody else
    and ``n_prelabeled`` begun from a prediction. Beside them ``n_queue_votes`` votes on
    ``n_queue_units`` units came through a queue, and ``n_adjudicated`` units were decided by a
    reviewer: these are in none of the counts before. ``notes`` are visible remarks on how the
    source was understood (scheme inferred, text field guessed, every annotation marked as
    gold by an import …).
    """

    n_units: int = 0
    n_annotations: int = 0
    n_kept: int = 0
    n_edited: int = 0
    n_prelabeled: int = 0
    aside: tuple[Aside, ...] = ()
    notes: tuple[str, ...] = ()
    n_queue_votes: int = 0
    n_queue_units: int = 0
    n_adjudicated: int = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the source is the round. Dates are inclusive, ``YYYY-MM-DD``, in UTC.

    ``tab`` is the number of the project's tab that was pulled: only its tasks were read.
    """

    since: str | None = None
    until: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    exclude: tuple[str, ...] = ()
    tab: int | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One pass of labeling, snapshotted. Two rounds are equal when the same was measured.

    ``units`` are those with at least one rating, ``raters`` the people who gave one, both
    sorted by id. ``ratings`` maps each question's name to what people answered; ``gold`` to
    one code per unit into the values of that question's ratings, -1 where there is no gold.
    ``predictions`` holds what ``models`` answered (its rater codes point into ``models``;
    never part of agreement between people), ``scores`` how sure they say they are of it
    (parallel to a question's predictions, nan where they do not say), ``repeats`` earlier
    answers of the same rater to the same unit (value -1: one that is measured nowhere),
    ``skips`` per rater code the number of units that the rater skipped.

    What came after the round proposes labels and enters no statistic about it. ``selected``
    holds the votes that came through a queue, on units that were chosen because raters split
    (rater codes point into :attr:`voters`; for numbers and sets with ``values`` of their own),
    ``newcomers`` who voted only there, ``adjudicated`` per question and unit code what a
    reviewer decided.
    """

    name: str = field(compare=False)
    questions: tuple[Question, ...]
    units: Units
    raters: tuple[Rater, ...]
    ratings: Mapping[str, Ratings]
    gold: Mapping[str, Codes] = field(default_factory=dict, compare=False)
    models: tuple[Rater, ...] = field(default=(), compare=False)
    predictions: Mapping[str, Ratings] = field(default_factory=dict, compare=False)
    scores: Mapping[str, NDArray[np.float32]] = field(default_factory=dict, compare=False)
    repeats: Mapping[str, Ratings] = field(default_factory=dict, compare=False)
    skips: Mapping[int, int] = field(default_factory=dict, compare=False)
    selected: Mapping[str, Ratings] = field(default_factory=dict, compare=False)
    newcomers: tuple[Rater, ...] = field(default=(), compare=False)
    adjudicated: Mapping[str, Mapping[int, Value]] = field(default_factory=dict, compare=False)
    intake: Intake = field(default_factory=Intake, compare=False)
    selection: Selection = field(default_factory=Selection, compare=False)

    @property
    def voters(self) -> tuple[Rater, ...]:
        """Everyone with a vote: the raters, then those who only answered through a queue."""
        return (*self.raters, *self.newcomers)

    def question(self, name: str) -> Question:
        """The question called ``name``.

        Raises:
            KeyError: there is no such question.
        """
        for question in self.questions:
            if question.name == name:
                return question
        raise KeyError(name)

    def to_frame(self) -> pd.DataFrame:
        """The long table that is measured: one row per rating, as in ``ratings.csv``."""
        from labelq.labels.tables import round_to_frame

        return round_to_frame(self)


def label_text(value: Value | Label) -> str:
    """A value as people read it.

    >>> label_text("Refund"), label_text(4.0), label_text(("Animal", "Cat"))
    ('Refund', '4', 'Animal / Cat')
    >>> label_text(frozenset({"b", "a"})), label_text(frozenset())
    ('a, b', '(none)')
    >>> label_text(Ranking.of(["i2", ["i3", "i1"]]))
    'i2 > i1 = i3'
    """
    if isinstance(value, Ranking):
        return " > ".join(" = ".join(place) for place in value.places)
    if isinstance(value, frozenset):
        return ", ".join(sorted(label_text(label) for label in value)) or "(none)"
    if isinstance(value, tuple):
        return " / ".join(value)
    return f"{value:.15g}" if isinstance(value, float) else value
