"""What a comparison of two rounds finds: data only, wording belongs to the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from labelq.labels.plain import UnitCode
from labelq.measure.results import Agreement

Word = Literal["improved", "worse", "not_shown", "cannot_tell"]
Fate = Literal["gone", "smaller", "same", "back", "too_little"]


@dataclass(frozen=True, slots=True)
class Change:
    """A coefficient of a whole question in two rounds.

    ``tasks``: over ``all`` units of each round, or over those ``common`` to both. ``before`` and
    ``after`` are None where a round does not have it. ``difference`` is after - before, with the
    ends of its interval; ``detectable`` the change that a round like this shows four times in
    five. ``word`` is ``improved`` where the interval lies above 0, ``worse`` where it lies below,
    ``cannot_tell`` where there is none: ``reason`` says why. ``headline`` marks the coefficient
    that the verdict goes by.
    """

    question: str
    metric: str
    weights: str | None
    distance: str | None
    tasks: Literal["all", "common"]
    headline: bool
    before: Agreement | None
    after: Agreement | None
    difference: float | None
    lower: float | None
    upper: float | None
    confidence: float
    interval_method: str | None
    correlation: float | None
    detectable: float | None
    word: Word
    reason: str | None


@dataclass(frozen=True, slots=True)
class ClusterFate:
    """What became of an earlier round's cluster ``cluster``, first seen in the round ``since``.

    All rates are shares of pairs of answers to one task that are split between the two
    ``labels`` (with ``any_labels``: between any two, because one of them is no longer there),
    mean over the tasks with the cluster's content that two or more annotators answered:
    ``n_before`` and ``n_after`` tasks, disputed or not. ``expected`` is the rate to be expected
    now had nothing changed, ``lowest`` and ``highest`` the limits between which chance would
    leave it; ``usual`` is today's rate on other tasks with one of the labels. ``p_value``: so
    low a rate (or the usual one, if that is higher) without any change. ``units`` are the tasks
    of this round, as codes.
    """

    cluster: str
    since: str
    question: str
    labels: tuple[str, ...]
    words: tuple[str, ...]
    fate: Fate
    n_before: int
    n_after: int
    units: tuple[UnitCode, ...]
    before: float | None = None
    expected: float | None = None
    lowest: float | None = None
    highest: float | None = None
    after: float | None = None
    usual: float | None = None
    p_value: float | None = None
    any_labels: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The share of pairs of answers that agree, mean over ``n_units``, with its interval."""

    n_units: int
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Agreement inside and outside the scope of decision ``decision``, before and after.

    ``difference`` is (inside after - inside before) - (outside after - outside before), with its
    interval; ``by_itself`` is how much of it was to be expected without the decision, because its
    tasks were chosen for their disagreement (None where that cannot be said).
    """

    decision: str
    question: str
    outcome: str
    labels: tuple[str, ...]
    inside_before: Share
    inside_after: Share
    outside_before: Share
    outside_after: Share
    difference: float | None
    lower: float | None
    upper: float | None
    confidence: float
    by_itself: float | None
    word: Word
    reason: str | None


@dataclass(frozen=True, slots=True)
class Shift:
    """A field or a question's labels that are distributed otherwise than before.

    ``moved`` are the values whose shares changed most: (value, share before, share after).
    ``distance`` is half the sum of all changes, ``p_value`` of the chi-squared test, corrected
    over everything tested.
    """

    what: Literal["field", "labels"]
    name: str
    moved: tuple[tuple[str, float, float], ...]
    distance: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is different between the rounds.

    ``labels`` lists (question, added, removed), ``levels`` (question, before, after),
    ``only_before`` and ``only_after`` questions of one round. ``joined`` and ``left`` are ids of
    raters, ``n_stayed`` how many are in both. ``guideline``: ``same``, ``changed``, ``added``,
    ``dropped`` or ``none``; with the names of the two.
    """

    labels: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    levels: tuple[tuple[str, str, str], ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    joined: tuple[str, ...]
    left: tuple[str, ...]
    n_stayed: int
    shifts: tuple[Shift, ...]
    guideline: Literal["same", "changed", "added", "dropped", "none"]
    guideline_names: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A round against an earlier one, ``name``.

    ``n_common`` tasks are in both rounds, known by ``joined_by`` (``id``, ``content``, or a task
    field); ``n_before`` and ``n_after`` tasks are in each.
    """

    name: str
    joined_by: str
    n_before: int
    n_after: int
    n_common: int
    changes: tuple[Change, ...]
    clusters: tuple[ClusterFate, ...]
    effects: tuple[Effect, ...]
    surroundings: Surroundings

    def change(self, question: str, metric: str, tasks: str = "all") -> Change | None:
        """The first row of a metric (unweighted, headline distance), None if there is none."""
        for row in self.changes:
            if (row.question, row.metric, row.tasks) == (question, metric, tasks):
                return row
        return None
