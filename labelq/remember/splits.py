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
