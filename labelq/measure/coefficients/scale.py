"""The scale of a question: its values, and how near or far apart two of them are.

Distances are Krippendorff's squared differences (0: the same), weights are agreements (1: the
same). Both go by the name that a result states. Ordinal distances depend on the marginals and
live with the coefficient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Value
from labelq.measure.coefficients.distances import (
    PairDistance,
    numbers,
    ratio_distance,
    set_distance,
)

Floats = NDArray[np.float64]
Index = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Weights:
    """Agreement weights between ``q`` values, never held as a q × q array unless given as one.

    ``at`` gives the weights of pairs of value codes, ``spread`` the weights of shares (…, q)
    with every value: share @ W. ``total`` is the sum of all q² weights (Gwet's T_w).
    """

    name: str | None
    q: int
    total: float
    at: Callable[[Index, Index], Floats]
    spread: Callable[[Floats], Floats]

    @property
    def identity(self) -> bool:
        """Whether only equal values agree."""
        return self.name is None

    def dense(self) -> Floats:
        """The weights as an array (q × q); for few values only."""
        return self.spread(np.eye(self.q))


@dataclass(frozen=True, eq=False)
class Scale:
    """The values (q,) that codes point into, with the question they belong to."""

    question: Question
    values: tuple[Value, ...]

    @cached_property
    def numbers(self) -> Floats:
        """The values as numbers, or their places in order."""
        return numbers(self.values)

    def weights(self, name: str | None) -> Weights:
        """The weights called ``name``: None (equal values agree), ``linear``, ``quadratic``.

        Linear 1 - |i-j|/range and quadratic 1 - ((i-j)/range)², on the labels' numbers where
        labels are numbers, else on their order (Cohen 1968; Gwet 2014, chapter 3).
        """
        q = len(self.values)
        if name is None:
            return Weights(None, q, float(q), lambda a, b: (a == b).astype(float), lambda p: p)
        x = self.numbers
        span = float(np.ptp(x)) if q else 0.0
        x = (x - (x.min() if q else 0.0)) / (span or 1.0)
        spread = _linear(x) if name == "linear" else _quadratic(x)
        power = 1 if name == "linear" else 2
        return Weights(
            name,
            q,
            float(spread(np.ones(q)).sum()),
            lambda a, b: 1 - np.abs(x[a] - x[b]) ** power,
            spread,
        )

    def distance(self, name: str) -> PairDistance:
        """The distance called ``name`` on value codes."""
        if name == "nominal":
            return lambda a, b: (a != b).astype(float)
        if name == "interval":
            x = self.numbers
            return lambda a, b: np.square(x[a] - x[b])
        if name == "ratio":
            x = self.numbers
            return lambda a, b: ratio_distance(x[a], x[b])
        sets = tuple(value for value in self.values if isinstance(value, frozenset))
        return lambda a, b: set_distance(name, sets, a, b)


def _quadratic(x: Floats) -> Callable[[Floats], Floats]:
    """Share (…, q) → sum over i of share_i · (1 - (x_i - x_j)²), from three moments."""

    def spread(share: Floats) -> Floats:
        s0, s1, s2 = (np.asarray(share @ power)[..., None] for power in (np.ones_like(x), x, x * x))
        found: Floats = s0 - (s2 - 2 * s1 * x + s0 * x * x)
        return found

    return spread


def _linear(x: Floats) -> Callable[[Floats], Floats]:
    """Share (…, q) → sum over i of share_i · (1 - |x_i - x_j|), from cumulated sums."""
    order = np.argsort(x, kind="stable")
    back = np.argsort(order, kind="stable")
    y = x[order]

    def spread(share: Floats) -> Floats:
        p = np.asarray(share)[..., order]
        below, weighted = np.cumsum(p, axis=-1), np.cumsum(p * y, axis=-1)
        s0, s1 = below[..., -1:], weighted[..., -1:]
        gap = y * below - weighted + (s1 - weighted) - y * (s0 - below)
        found: Floats = (s0 - gap)[..., back]
        return found

    return spread
