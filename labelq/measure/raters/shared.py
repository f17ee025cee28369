"""The ratings that somebody else can be compared with, counted once for all statistics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Ratings

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_SPREAD = 40_000_000
"""Ratings × labels on their units: beyond, statistics label by label are not computed."""


@dataclass(frozen=True, eq=False)
class Shared:
    """The ratings on units that two or more raters rated.

    Parallel over ratings (N,): ``row`` (position of the unit), ``rater``, ``value``, ``m``
    (ratings on the unit), ``cell``, ``at`` (position in the ratings that were given). Parallel
    over cells, the distinct (row, value): ``cell_row``, ``cell_value``, ``cell_n`` (ratings).
    """

    n_raters: int
    n_values: int
    row: Index
    rater: Index
    value: Index
    m: Index
    cell: Index
    at: Index
    cell_row: Index
    cell_value: Index
    cell_n: Index

    @classmethod
    def of(cls, ratings: Ratings, n_raters: int, *, least: int = 2) -> Shared:
        """Ratings on units with ``least`` or more of them."""
        size = np.bincount(ratings.unit)
        at = np.flatnonzero(size[ratings.unit] >= least)
        unit = ratings.unit[at]
        code = np.cumsum(size >= least) - 1
        row = code[unit]
        width = max(len(ratings.values), 1)
        key = row.astype(np.int64) * width + ratings.value[at]
        cells, cell, n = np.unique(key, return_inverse=True, return_counts=True)
        cell_row, cell_value = np.divmod(cells, width)
        return cls(
            n_raters,
            width,
            row,
            ratings.rater[at].astype(np.int64),
            ratings.value[at].astype(np.int64),
            size[unit],
            cell,
            at,
            cell_row,
            cell_value,
            n,
        )

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def n(self) -> Index:
        """Shared units per rater (R,)."""
        return np.bincount(self.rater, minlength=self.n_raters)

    @cached_property
    def same(self) -> Index:
        """Per rating, how many of the others gave the same value."""
        same: Index = self.cell_n[self.cell] - 1
        return same

    @cached_property
    def cells_of_row(self) -> tuple[Index, Index]:
        """Per row, the position of its first cell and how many it has."""
        n_rows = int(self.row.max(initial=-1)) + 1
        n = np.bincount(self.cell_row, minlength=n_rows)
        return np.cumsum(n) - n, n

    @cached_property
    def n_spread(self) -> int:
        """How many pairs of a rating and a cell of its unit there are."""
        return int(self.cells_of_row[1][self.row].sum())

    @cached_property
    def spread(self) -> tuple[Index, Index]:
        """All pairs of a rating and a cell of its unit: positions of both."""
        first, n = self.cells_of_row
        wide = n[self.row]
        rating = np.repeat(np.arange(len(self.row)), wide)
        offset = np.arange(len(rating)) - np.repeat(np.cumsum(wide) - wide, wide)
        return rating, first[self.row[rating]] + offset

    def without(self, gone: NDArray[np.bool_], ratings: Ratings) -> Shared:
        """The same without the raters that are ``gone`` (R,); ``ratings`` are those given."""
        kept = self.at[~gone[self.rater]]
        made = Shared.of(ratings.select(kept), self.n_raters)
        return replace(made, at=kept[made.at])
