"""What is left out or drawn again: units, blocks of units, or whole groups of units.

Units with the same pattern of votes are one row with a weight, so that leaving each unit out
costs as much as there are patterns, and resampling N units is a multinomial draw over them,
exact at any size. With more than :data:`MAX_ROWS` patterns, units are first merged at random
into blocks: totals over blocks have the same mean and covariance, and by the central limit
theorem the same law. Groups are rows too, each with the sum of its units.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.grouping import Groups
from labelq.labels.statistics import CountPatterns, RaterPatterns
from labelq.measure.additive import Floats, Matrix

MAX_ROWS = 5_000
"""So many rows are left out one by one; more are merged into blocks."""

_CHUNK = 4_000_000

Kind = Literal["units", "blocks", "groups"]


class Sampling:
    """The rows that carry the randomness of a round, one for all coefficients on one table.

    ``weight`` (rows,) says how many units share a row (1 for blocks and groups), ``n`` how many
    rows there are, weighted. ``kind`` says what a row is.
    """

    def __init__(
        self,
        patterns: CountPatterns | RaterPatterns,
        *,
        groups: Groups | None = None,
        seed: NDArray[Any] | list[int],
    ) -> None:
        """Rows from ``patterns``; ``seed`` is for blocks and for draws."""
        self._rng = np.random.default_rng(seed)
        n_patterns, n_units = len(patterns.multiplicity), len(patterns.pattern)
        self.kind: Kind = "units"
        self.weight: NDArray[np.int64] = patterns.multiplicity
        member: NDArray[np.integer] | None = None
        if groups is not None:
            self.kind = "groups"
            member = np.unique(groups.of_unit[patterns.units], return_inverse=True)[1]
        n_rows = n_patterns if member is None else int(member.max(initial=-1)) + 1
        self.n_groups = n_rows if groups is not None else None
        if n_rows > MAX_ROWS:
            if member is None:
                self.kind, member, n_rows = "blocks", np.arange(n_units), n_units
            member = (self._rng.permutation(n_rows) % MAX_ROWS)[member]
            n_rows = MAX_ROWS
        self._merge: sparse.csr_array | None = None
        if member is not None:
            cells = sparse.coo_array(
                (np.ones(n_units), (member, patterns.pattern)), shape=(n_rows, n_patterns)
            )
            self._merge = sparse.csr_array(cells)
            self.weight = np.ones(n_rows, np.int64)
        self.n = int(self.weight.sum())

    def rows(self, sums: Matrix) -> Matrix:
        """Sums per row (rows × d) from sums per pattern (K × d); dense where that is small."""
        rows = sums if self._merge is None else self._merge @ sums
        if sparse.issparse(rows) and rows.shape[0] * rows.shape[1] <= _CHUNK:
            return np.asarray(rows.toarray(), np.float64)
        return rows

    def chunks(self, rows: Matrix) -> Iterator[tuple[slice, Floats]]:
        """Slices of ``rows`` with their sums, dense, a bounded piece at a time."""
        step = max(1, _CHUNK // max(1, rows.shape[1]))
        for i in range(0, rows.shape[0], step):
            some = slice(i, min(i + step, rows.shape[0]))
            piece = rows[some]
            yield some, np.asarray(piece.toarray() if sparse.issparse(piece) else piece, float)

    def totals(self, sums: Matrix, n_resamples: int) -> Iterator[Floats]:
        """Totals (chunk × d) over resamples: the same draws for every coefficient."""
        rows, weights = self.rows(sums), self._draws(n_resamples)
        step = max(1, _CHUNK // max(1, rows.shape[1]))
        for i in range(0, len(weights), step):
            yield np.asarray(weights[i : i + step] @ rows)

    @cached_property
    def _drawn(self) -> dict[int, Floats]:
        return {}

    def _draws(self, n_resamples: int) -> Floats:
        if n_resamples not in self._drawn:
            share = self.weight / max(self.n, 1)
            self._drawn[n_resamples] = (
                self._rng.multinomial(self.n, share, n_resamples).astype(np.float64)
                if self.n
                else np.zeros((0, len(self.weight)))
            )
        return self._drawn[n_resamples]
