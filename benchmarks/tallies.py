"""Rounds counted, and rounds made from columns of codes: what the simulations share."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from simulated_rounds import Floats, scale

from labelq.labels.model import Level, Question, Rater, Ratings
from labelq.measure.agreement import agreement
from labelq.measure.intervals.estimates import Estimates

SEED = 20_240_601


class Tally:
    """Rounds counted: intervals given, holding, missing above or below, their width."""

    def __init__(self) -> None:
        self.n = self.given = self.held = self.above = self.reliable = self.significant = 0
        self.tested = 0
        self.width = 0.0

    def add(self, found: Estimates, truth: Floats) -> None:
        """One more round, every column of it."""
        for i, true in enumerate(truth.tolist()):
            self.n += 1
            if not np.isnan(found.p_value[i]):
                self.tested += 1
                self.significant += bool(found.p_value[i] < 0.05)
            if np.isnan(found.lower[i]):
                continue
            low, high = float(found.lower[i]), float(found.upper[i])
            self.given += 1
            self.held += low <= true <= high
            self.above += low > true
            self.reliable += low >= 0.8
            self.width += high - low

    def row(self) -> dict[str, float | int]:
        """For the store."""
        return dict(vars(self))


def seeded(*key: object) -> np.random.Generator:
    """A generator for one cell, the same in every run."""
    return np.random.default_rng([SEED, zlib.crc32(repr(key).encode())])


def asked(q: int, level: Level | None = None) -> Question:
    """A question with ``q`` labels, ordered where they are more than two."""
    usual: Level = "nominal" if q == 2 else "ordinal"
    return Question("answer", level or usual, "simulated", scale(q).values)


def people(n: int) -> tuple[Rater, ...]:
    """So many raters."""
    return tuple(Rater(f"r{i}", f"r{i}", f"r{i}") for i in range(n))


def simulated_ratings(units_: Any, raters: Any, values: Any, q: int) -> Ratings:
    """Columns of codes as ratings."""
    n = len(units_)
    return Ratings(
        np.asarray(units_, np.int32),
        np.asarray(raters, np.int32),
        np.asarray(values, np.int32),
        scale(q).values,
        np.full(n, np.nan, np.float32),
        np.full(n, "NaT", "datetime64[s]"),
        np.zeros(n, bool),
        np.zeros(n, bool),
    )


HEADLINES = ("krippendorff_alpha", "gwet_ac1", "cohen_kappa_mean")


def measured(
    ratings: Ratings,
    n_raters: int,
    q: int,
    wanted: Sequence[str] = HEADLINES,
    level: Level | None = None,
    **how: Any,
) -> dict[str, Any]:
    """The overall rows of an audit's coefficients, by metric, unweighted where it has a choice."""
    rows = agreement(asked(q, level), ratings, people(n_raters), metrics=wanted, **how)
    return {r.metric: r for r in reversed(rows) if r.label is None and r.raters is None}


def as_estimates(row: Any) -> Estimates:
    """A row of results, to be tallied."""
    x = [np.nan if v is None else v for v in (row.value, row.lower, row.upper, row.p_value)]
    value, lower, upper, p_value = (np.array([v], float) for v in x)
    parts = type(Estimates.refused("").parts)(value, value, value)
    return Estimates(parts, lower, upper, [None], [None], p_value=p_value)


def say(*what: object) -> None:
    """Progress, for the person who waits."""
    print(*what, file=sys.stderr, flush=True)
