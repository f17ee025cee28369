"""How split the answers to each task are, and how far that is beyond chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Round
from labelq.labels.statistics import weighted_count
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
    def of(cls, votes: Votes, labels: tuple[str, ...] | None) -> Splits:
        """Pairs split between any two of the ``labels`` (None: of all labels)."""
        units, row = np.unique(votes.unit, return_inverse=True)

        def count(n: NDArray[Any], of: NDArray[np.intp] = row) -> Floats:
            return weighted_count(of, n, len(units))

        m = count(np.ones(len(row)))
        if labels is None:
            cells, n = np.unique(
                row.astype(np.int64) * len(votes.labels) + votes.label, return_counts=True
            )
            split = m**2 - count(n.astype(np.float64) ** 2, cells // len(votes.labels))
            carries: NDArray[np.bool_] = np.ones(len(units), np.bool_)
        else:
            of_label = [count(votes.label == votes.labels.index(name)) for name in labels]
            carried = np.sum(of_label, axis=0)
            split = carried**2 - np.sum(np.square(of_label), axis=0)
            carries = np.asarray(carried > 0)
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
