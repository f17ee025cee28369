"""Pair tables of one label against all others, made from the few patterns that carry it.

Where nobody gave the label, patterns are alike if the same pairs of raters met: they are
counted together. Made for all labels that costs as much as there are cells, not as many times
as there are labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.labels.statistics import PairCells, entries_of_runs, group_runs, weighted_count
from labelq.measure.coefficients.cohen import PairTable


class LabelPairs:
    """The cells of ``table``, ordered so that the patterns with a value are quickly found."""

    def __init__(self, table: PairTable) -> None:
        cells = table.cells
        order = np.argsort(cells.pattern, kind="stable")
        self._pairs = cells.pairs
        self._pair, self._row, self._column = (
            column[order] for column in (cells.pair, cells.row, cells.column)
        )
        patterns, first = np.unique(cells.pattern[order], return_index=True)
        self._start = np.append(first, len(order))
        self._multiplicity = table.multiplicity[patterns]
        self._first, self._alike = group_runs(self._start, (self._pair,))
        self._n_alike = weighted_count(self._alike, self._multiplicity, len(self._first))
        run = np.repeat(np.arange(len(patterns)), np.diff(self._start))
        given = np.concatenate([self._row, self._column])
        by_value = np.argsort(given, kind="stable")
        self._with_value = np.concatenate([run, run])[by_value]
        self._value_start = np.searchsorted(given[by_value], np.arange(table.q + 1))

    def against_rest(self, given: NDArray[np.bool_]) -> PairTable:
        """The table of the label that the values (q,) marked in ``given`` are or contain.

        Its patterns are not those of the whole table.
        """
        some = [
            self._with_value[self._value_start[v] : self._value_start[v + 1]]
            for v in np.flatnonzero(given).tolist()
        ]
        runs = np.unique(np.concatenate(some)) if some else np.zeros(0, np.intp)
        taken = weighted_count(self._alike[runs], self._multiplicity[runs], len(self._first))
        rest = np.flatnonzero(self._n_alike - taken > 0.5)
        entries, ends = entries_of_runs(self._start, runs)
        others, other_ends = entries_of_runs(self._start, self._first[rest])
        nobody = np.zeros(len(others), np.int32)
        cells = PairCells(
            np.append(
                np.repeat(np.arange(len(runs)), np.diff(ends)),
                np.repeat(len(runs) + np.arange(len(rest)), np.diff(other_ends)),
            ),
            np.append(self._pair[entries], self._pair[others]),
            np.append(given[self._row[entries]].astype(np.int32), nobody),
            np.append(given[self._column[entries]].astype(np.int32), nobody),
            self._pairs,
        )
        unlike = np.round(self._n_alike - taken)[rest].astype(np.int64)
        return PairTable.of(cells, np.append(self._multiplicity[runs], unlike), 2)
