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
    SIMILARITIES,
    Distance,
    Overlap,
    numbers,
    ratio_distance,
)
from labelq.measure.coefficients.orders import Orders, rankings
from labelq.measure.coefficients.taxonomy import Taxonomy

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

    @cached_property
    def costs(self) -> Floats:
        """The question's costs of confusing two values, (q × q); 0 on the diagonal."""
        position = {value: i for i, value in enumerate(self.values)}
        found = np.zeros((len(self.values), len(self.values)))
        for a, b, cost in self.question.costs:
            if a in position and b in position:
                found[position[a], position[b]] = found[position[b], position[a]] = cost
        return found

    def weights(self, name: str | None) -> Weights:
        """The weights called ``name``.

        None: equal values agree. ``linear`` 1 - |i-j|/range and ``quadratic`` 1 -
        ((i-j)/range)², on the labels' numbers where labels are numbers, else on their places
        (Cohen 1968). ``ordinal`` 1 - d(d+1)/(q(q-1)) for places d apart (Gwet 2014, chapter
        3). ``cost`` 1 - cost/largest cost, as the question has it.
        """
        q = len(self.values)
        if name is None:
            return Weights(None, q, float(q), lambda a, b: (a == b).astype(float), lambda p: p)
        if name == "cost":
            W = 1 - self.costs / (self.costs.max(initial=0.0) or 1.0)
            return Weights(name, q, float(W.sum()), lambda a, b: W[a, b], lambda p: p @ W)
        if name == "ordinal":
            return _gwet_ordinal(q)
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

    def distance(self, name: str) -> Distance:
        """The distance called ``name`` on value codes.

        Labels: ``nominal``, ``cost``. Numbers: ``interval``, ``ratio``. Sets:
        :data:`~labelq.measure.coefficients.distances.SIMILARITIES`, taxonomy paths also
        ``tree``, ``subtree``, ``depth_1`` …. Rankings: ``kendall``.
        """
        if name not in self._made:
            self._made[name] = self._distance(name)
        return self._made[name]

    @cached_property
    def _made(self) -> dict[str, Distance]:
        return {}

    @cached_property
    def _overlap(self) -> Overlap:
        return Overlap([value for value in self.values if isinstance(value, frozenset)])

    @cached_property
    def _taxonomy(self) -> Taxonomy:
        return Taxonomy(self.values)

    def _distance(self, name: str) -> Distance:
        x = self.numbers if name in ("interval", "ratio") else np.zeros(0)
        if name == "nominal":
            return Distance(lambda a, b: (a != b).astype(float))
        if name == "interval":
            return Distance(lambda a, b: np.square(x[a] - x[b]))
        if name == "ratio":
            return Distance(lambda a, b: ratio_distance(x[a], x[b]))
        if name == "cost":
            largest = float(self.costs.max(initial=0.0)) or 1.0
            return Distance(lambda a, b: self.costs[a, b], largest=largest)
        if name == "kendall":
            return Orders.of(rankings(self.values)).distance
        if name in SIMILARITIES:
            return self._overlap.distance(name)
        return self._taxonomy.distance(name)


def _gwet_ordinal(q: int) -> Weights:
    """1 - d(d+1)/(q(q-1)): a part of quadratic and a part of linear weights on places."""
    place = np.arange(q, dtype=float)
    span = max(1, q - 1)
    near, far = _linear(place / span), _quadratic(place / span)
    quadratic = span / max(1, q)  # d²/(q(q-1)) is this part of (d/(q-1))², d/(q(q-1)) the rest

    def spread(share: Floats) -> Floats:
        return quadratic * far(share) + (1 - quadratic) * near(share)

    def at(a: Index, b: Index) -> Floats:
        d = np.abs(place[a] - place[b])
        found: Floats = 1 - d * (d + 1) / max(1, q * (q - 1))
        return found

    return Weights("ordinal", q, float(spread(np.ones(q)).sum()), at, spread)


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
