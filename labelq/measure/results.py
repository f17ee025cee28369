"""What a measurement says: a value, its interval, its convention, or the reason for none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Level, Value

State = Literal["reliable", "tentative", "unreliable", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One coefficient on one question: exactly the fields of a JSON row.

    ``label`` is None for the whole question, else the label against all others. ``raters`` is
    None for all raters, else the pair of their ids. ``value`` is None where the data cannot
    answer, and ``reason`` then says why; ``reason`` may also explain a missing interval.
    ``observed`` and ``expected`` are disagreements for Krippendorff's alpha, agreements for
    every other coefficient (the convention says so). Nothing is rounded.
    """

    question: str
    metric: str
    level: Level
    weights: str | None
    distance: str | None
    label: str | None
    raters: tuple[str, str] | None
    value: float | None
    lower: float | None
    upper: float | None
    confidence: float
    interval_method: str | None
    observed: float | None
    expected: float | None
    n_units: int
    n_ratings: int
    n_raters: int
    convention: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one question of the round can be trusted, with the plain counts behind it.

    ``n_units`` units were labeled at all, ``n_multiple`` by two or more raters; on
    ``n_unanimous`` of those all raters agreed; always answering ``commonest`` would match
    ``n_commonest`` of them (it is, or ties for, their most frequent answer). ``more_units`` is
    how many more multiply labeled units would settle a ``cannot_tell``, None where that
    cannot be said. ``rare_labels`` are the per-label rows to judge when one label dominates.
    """

    question: str
    state: State
    headline: Agreement
    reliable_from: float
    tentative_from: float
    n_units: int
    n_multiple: int
    n_unanimous: int
    commonest: str | None
    n_commonest: int
    dominant: bool
    more_units: int | None
    rare_labels: tuple[Agreement, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """What a unit's label most probably is, given everyone's votes on one question.

    ``units`` are unit codes, ``posterior`` is (units × labels) and sums to 1 in each row, in
    the order of ``labels``. For sets it is the probability of each tick, for numbers
    ``posterior`` is empty and ``best`` holds the median; with very many labels (method
    ``majority``) it is empty too. ``best`` is the most probable value
    per unit. ``accuracy`` is the estimated share of right answers per rater code.
    """

    question: str
    method: str
    units: Codes
    labels: tuple[Value, ...]
    posterior: NDArray[np.float64]
    best: tuple[Value, ...]
    accuracy: dict[int, float]
    iterations: int


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Our numbers beside those of reference packages, computed on the same data.

    ``largest`` is the largest absolute difference over ``n_compared`` numbers; ``package`` →
    number of values compared. ``skipped`` says why nothing was compared.
    """

    n_compared: int
    largest: float | None
    packages: dict[str, int]
    skipped: str | None = None
