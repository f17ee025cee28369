"""How split the answers to each task are, and how far that is beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Round
from labelq.pinpoint.votes import Votes, choices

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """Per unit with two or more votes: the share of pairs of votes that are split.

    ``units`` are sorted codes, ``share`` (units,) of their pairs; ``carries`` says which units
    carry one of the labels at all.
    """

    units: Codes
    share: Floats
    carries: NDArray[np.bool_]

    @classmethod
    def of(cls, votes: Votes, labels: tuple[str, str] | None) -> Splits:
        """Pairs split between the two ``labels``; None: between any two."""
        units, row = np.unique(votes.unit, return_inverse=True)
        n = len(votes.labels)
        m = np.bincount(row, minlength=len(units)).astype(np.float64)
        if labels is None:
            _, same = np.unique(row.astype(np.int64) * n + votes.label, return_counts=True)
            cell = np.unique(row.astype(np.int64) * n + votes.label) // n
            split = m**2 - np.bincount(cell, same.astype(float) ** 2, minlength=len(units))
            carries = np.ones(len(units), bool)
        else:
            first, second = (
                np.bincount(row[votes.label == votes.labels.index(a)], minlength=len(units))
                for a in labels
            )
            split = 2.0 * first * second
            carries = (first + second) > 0
        several = m > 1
        pairs = m[several] * (m[several] - 1)
        return cls(units[several], split[several] / pairs, carries[several])

    def at(self, units: NDArray[np.integer]) -> Floats:
        """The shares of those of ``units`` that have one."""
        return self.share[np.isin(self.units, units)]

    def elsewhere(self, units: NDArray[np.integer]) -> Floats:
        """The shares of all other units that carry one of the labels."""
        return self.share[self.carries & ~np.isin(self.units, units)]


def votes_of(round_: Round, question: str, labels: tuple[str, ...]) -> Votes | None:
    """The choice between ``labels`` in a round; None where it knows them not (or not any more)."""
    if question not in round_.ratings:
        return None
    for votes in choices(round_.question(question), round_.ratings[question]):
        if set(labels) <= set(votes.labels):
            return votes
    return None


def spread(shares: Floats, groups: NDArray[np.intp]) -> tuple[float, float]:
    """(variance between groups, variance inside them) of shares, by analysis of variance.

    Groups of different sizes as in Searle, Casella & McCulloch (1992), section 3.6; a negative
    estimate is 0.
    """
    n = np.bincount(groups).astype(np.float64)
    n = n[n > 0]
    group = np.unique(groups, return_inverse=True)[1]
    total, k = float(n.sum()), len(n)
    if k < 2 or total <= k:
        return 0.0, 0.0
    means = np.bincount(group, shares) / n
    inside = float(((shares - means[group]) ** 2).sum() / (total - k))
    between = float((n * (means - shares.mean()) ** 2).sum() / (k - 1))
    usual = (total - float((n**2).sum()) / total) / (k - 1)
    return max((between - inside) / usual, 0.0), inside
