"""Consensus by counting, without a model of raters: the majority, the median."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Majority:
    """The label with most votes per unit: ``best`` (units,), its ``share`` of the votes.

    Among labels with equally many votes the first in the question's order is taken; ``tied``
    (units,) says where that decided.
    """

    best: NDArray[np.intp]
    share: Floats
    tied: NDArray[np.bool_]


def majority(
    row: NDArray[np.integer], label: NDArray[np.integer], n_units: int, n_labels: int
) -> Majority:
    """The majority of every unit; ``row`` and ``label`` are parallel, every unit has a vote."""
    cell, n = np.unique(row.astype(np.int64) * n_labels + label, return_counts=True)
    unit, given = np.divmod(cell, max(n_labels, 1))
    order = np.lexsort((given, -n, unit))
    unit, given, n = unit[order], given[order], n[order]
    first = np.searchsorted(unit, np.arange(n_units))
    second = np.minimum(first + 1, max(len(unit) - 1, 0))
    tied = (second > first) & (unit[second] == unit[first]) & (n[second] == n[first])
    votes = np.bincount(row, minlength=n_units)
    return Majority(given[first], n[first] / np.maximum(votes, 1), tied)


def shares(
    row: NDArray[np.integer], label: NDArray[np.integer], n_units: int, n_labels: int
) -> Floats:
    """Each unit's share of votes per label: (units × labels)."""
    cell = row.astype(np.int64) * n_labels + label
    votes = np.bincount(cell, minlength=n_units * n_labels).reshape(n_units, n_labels)
    return np.asarray(votes / np.maximum(votes.sum(axis=1, keepdims=True), 1))


def middles(
    row: NDArray[np.integer], code: Codes, n_units: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """The lower and the upper middle value code of every unit (the same if their number is odd).

    Codes must be in the order of the values.
    """
    order = np.lexsort((code, row))
    n = np.bincount(row, minlength=n_units)
    start = np.cumsum(n) - n
    ordered = code[order]
    if not len(ordered):
        return ordered, ordered
    return ordered[start + (n - 1) // 2], ordered[start + n // 2]
