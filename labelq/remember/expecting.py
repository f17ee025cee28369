"""What a content's rate of disagreement is likely to be, and what its next tasks would show.

Empirical Bayes without a form for the prior: how rates differ between all contents of a round is
estimated by maximum likelihood on a grid (Kiefer & Wolfowitz 1956; Laird 1978; Koenker & Mizera
2014), and a content's own rate is then judged against that. A high rate that a few of many
contents show by chance is drawn to the rest; one that chance does not bring about stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATES: Floats = np.concatenate([[0.002, 0.005], np.arange(0.01, 1.0, 0.01)])
"""The rates that a content can have."""

ANYTHING = 1.0
"""One content more, that could have any rate: what no content of the round shows can still be."""

_STEPS = 200


def prior(groups: Sequence[Floats], inside: float) -> Floats:
    """How likely each of :data:`RATES` is in a content of the round, from the shares of units.

    ``inside`` is the variance of a unit's share as a part of that of yes and no, p(1-p).
    """
    likelihood = np.array([_likelihood(group, inside) for group in groups]).reshape(-1, len(RATES))
    weights = np.full(len(RATES), 1 / len(RATES))
    for _ in range(_STEPS):
        joint = likelihood * weights
        posterior = joint / joint.sum(axis=1, keepdims=True)
        weights = posterior.sum(axis=0) + ANYTHING / len(RATES)
        weights /= weights.sum()
    return weights


def _likelihood(shares: Floats, inside: float) -> Floats:
    """Of each rate, up to a factor: a binomial of shares, each worth 1/``inside`` units."""
    n, k = len(shares) / inside, float(shares.sum()) / inside
    log = k * np.log(RATES) + (n - k) * np.log1p(-RATES)
    return np.asarray(np.exp(log - log.max()))


def posterior(weights: Floats, shares: Floats, inside: float) -> Floats:
    """How likely each of :data:`RATES` is in a content whose units have ``shares``."""
    found = weights * _likelihood(shares, inside)
    return np.asarray(found / found.sum())


def inside_variance(groups: Sequence[Floats]) -> float:
    """The variance of units' shares inside contents, as a part of p(1-p); from .2 to 1.

    Pairs of the same votes go together: one vote against two splits two of three pairs at once.
    """
    within = binomial = 0.0
    for shares in groups:
        n = len(shares)
        if n > 1:
            p = float(shares.mean())
            within += float(((shares - p) ** 2).sum()) * n / (n - 1)
            binomial += n * (p * (1 - p) + float(shares.var()) / (n - 1))
    return min(max(within / binomial, 0.2), 1.0) if binomial > 0 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """The mean share that ``n`` tasks show, each of :data:`RATES` as likely as ``weights`` say.

    A mixture of binomials, carried on to numbers that are not whole.
    """

    weights: Floats
    n: float

    @classmethod
    def at(cls, rate: float, n: float) -> Predicted:
        """With one known rate, the nearest two of :data:`RATES` mixed."""
        rate = min(max(rate, float(RATES[0])), float(RATES[-1]))
        high = int(np.searchsorted(RATES, rate))
        low = max(high - 1, 0)
        weights = np.zeros(len(RATES))
        part = 1.0 if low == high else float((rate - RATES[low]) / (RATES[high] - RATES[low]))
        weights[low] += 1 - part
        weights[high] += part
        return cls(weights, n)

    @property
    def mean(self) -> float:
        """The share to be expected."""
        return float(self.weights @ RATES)

    def at_most(self, share: float) -> float:
        """The chance of so low a share or a lower one."""
        return self._reaches(share * self.n + 0.5)

    def at_least(self, share: float) -> float:
        """The chance of so high a share or a higher one."""
        return 1 - self._reaches(share * self.n - 0.5)

    def _reaches(self, k: float) -> float:
        """P(K ≤ k - 1/2) with whole numbers; the binomial's incomplete beta, carried on."""
        from scipy.special import betaincc

        if k <= -0.5:
            return 0.0
        if k >= self.n - 0.5:
            return 1.0
        return float(betaincc(k + 0.5, self.n - k + 0.5, RATES) @ self.weights)

    def quantile(self, p: float) -> float:
        """The share that is not exceeded with chance ``p``."""
        low, high = 0.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            reached = self._reaches(middle * self.n) >= p
            low, high = (low, middle) if reached else (middle, high)
        return (low + high) / 2
