"""A coefficient as a formula of sums over units.

Every coefficient here is ``formula(sum over units of a small vector)``. That one shape gives
the value (sum over all units), its interval (sums over resampled units), what it would be
without a unit, and what it would be if a unit were settled: always the same formula, with
marginals and distances recomputed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import (
    CountPatterns,
    pairs_within,
    row_of_entry,
    weighted_count,
    with_entries,
)

Floats = NDArray[np.float64]
Matrix = Floats | sparse.csr_array


class Parts(NamedTuple):
    """What a formula gives: arrays (…, c), one column per coefficient, nan where undefined."""

    value: Floats
    observed: Floats
    expected: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Additive:
    """``sums`` (K × d) per pattern, and ``formula`` from totals (…, d) to ``Parts``.

    ``varied`` (c,) is the number of units that carry a rating other than the commonest: the
    evidence that an interval rests on; ``agreed`` (c,), for one label against all others, of those
    that carry the rarer of given and not given the ones on which two ratings do (None: not asked
    for). ``disagreement`` says whether ``observed`` and
    ``expected`` are disagreements. ``largest`` is the largest disagreement one unit can have.
    ``resample`` is False where resampling would take too long. ``unanimous`` gives the totals
    of units with m ratings each (n,) that all are one value code (n,), None where not needed.
    ``n_units`` (c,) is the number of units each column rests on, None where all rest on all.
    ``size`` is what the whole rests on, (units, ratings, raters), None where that is the table;
    ``note`` says in words what follows from the data, and ``refused`` why there is no value.
    ``of_pairs`` is False where counts mean more than pairs of ratings, so that a rater who is
    drawn twice cannot be told from two raters.
    """

    sums: Matrix
    formula: Callable[[Floats], Parts]
    varied: NDArray[np.int64]
    disagreement: bool = False
    largest: float = 1.0
    resample: bool = True
    unanimous: Callable[[Floats, NDArray[np.intp]], Floats] | None = None
    n_units: NDArray[np.int64] | None = None
    size: tuple[int, int, int] | None = None
    note: str = ""
    refused: str | None = None
    agreed: NDArray[np.int64] | None = None
    of_pairs: bool = True

    @classmethod
    def without(cls, refused: str, note: str = "") -> Additive:
        """One column without a value, for the reason code ``refused``."""

        def formula(T: Floats) -> Parts:
            nothing = np.full((*T.shape[:-1], 1), np.nan)
            return Parts(nothing, nothing, nothing)

        none = np.zeros(1, np.int64)
        return cls(np.zeros((0, 1)), formula, none, note=note, refused=refused)

    def total(self, multiplicity: NDArray[Any]) -> Floats:
        """Sums over all units, (d,)."""
        return np.asarray(multiplicity.astype(np.float64) @ self.sums).ravel()

    def parts(self, multiplicity: NDArray[Any]) -> Parts:
        """The coefficients on all units, arrays (c,)."""
        if self.refused:
            return self.formula(np.zeros(1))
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.formula(self.total(multiplicity))


class CountTable:
    """Label counts per pattern, with what every count-based coefficient derives from them.

    ``counts`` (K × V), ``m`` ratings per pattern (K,), ``multiplicity`` (K,), ``n_pairs`` (K,)
    the ordered pairs of ratings that are compared, m(m-1), ``pairable`` whether there is one.
    Where raters are resampled a pattern is a unit, its counts are weighted, and ``same_rater``
    (K,) is the number of ordered pairs of a rater with himself: these are left out.
    """

    def __init__(self, patterns: CountPatterns, same_rater: Floats | None = None) -> None:
        self.counts = patterns.counts
        self.multiplicity = patterns.multiplicity
        self.m = patterns.n_per_unit
        self.same_rater = np.zeros(len(self.m)) if same_rater is None else same_rater
        self.n_pairs: Floats = self.m * (self.m - 1) - self.same_rater
        self.pairable = self.n_pairs > 0
        self.width = int(patterns.counts.shape[1])

    @cached_property
    def per_pair(self) -> Floats:
        """Krippendorff's weight of a pair, 1/(m-1), as m / pairs compared; 0 without any, (K,)."""
        return np.where(self.pairable, self.m / np.maximum(self.n_pairs, 1), 0.0)

    @cached_property
    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Floats]:
        """Different values a < b met on one pattern: (pattern, a, b, n_a · n_b)."""
        C = self.counts
        row, first, second = pairs_within(C.indptr.astype(np.intp))
        a, b = C.indices[first].astype(np.intp), C.indices[second].astype(np.intp)
        product = C.data[first] * C.data[second]
        return row, np.minimum(a, b), np.maximum(a, b), product

    @cached_property
    def totals(self) -> Floats:
        """How often each value was given on units with two or more ratings, (V,)."""
        return np.asarray((self.multiplicity * self.pairable).astype(float) @ self.counts).ravel()

    @cached_property
    def same(self) -> Floats:
        """Ordered pairs of equal ratings per pattern: sum over values of n(n-1), (K,)."""
        C = self.counts
        return np.asarray((C * C).sum(axis=1)).ravel() - self.m - self.same_rater

    def scaled(self, weight: Floats) -> sparse.csr_array:
        """The counts, each row multiplied by ``weight`` (K,)."""
        return with_entries(self.counts, self.counts.data * weight[row_of_entry(self.counts)])

    def between(self, distance: Floats) -> Floats:
        """Per pattern the sum over pairs a < b of n_a · n_b · distance, (K,).

        ``distance`` has one entry per entry of :attr:`pairs`.
        """
        row, _, _, product = self.pairs
        return weighted_count(row, product * distance, len(self.m))

    @cached_property
    def varied(self) -> NDArray[np.int64]:
        """Units with two or more ratings, one of them not the commonest value: (1,)."""
        return self._besides_commonest(1)

    @cached_property
    def agreed(self) -> NDArray[np.int64]:
        """Units on which two or more ratings are not the commonest value: (1,)."""
        return self._besides_commonest(2)

    def _besides_commonest(self, least: int) -> NDArray[np.int64]:
        """Of values equally common, the one that leaves fewest: no order of labels decides."""
        if not self.totals.any():
            return np.zeros(1, np.int64)
        commonest = self.totals == self.totals.max()
        return np.array([self._besides(least)[commonest].min()])

    def _besides(self, least: int) -> NDArray[np.int64]:
        """Per value, units with two or more ratings of which ``least`` are another value, (V,)."""
        counts, row = self.counts, row_of_entry(self.counts)
        units = self.multiplicity * (self.pairable & (self.m >= least))
        few = self.m[row] - counts.data < least
        left = units.sum() - weighted_count(counts.indices, units[row] * few, self.width)
        return np.asarray(left, np.int64)

    @property
    def n_units(self) -> int:
        """Units with two or more ratings."""
        return int(self.multiplicity[self.pairable].sum())


@dataclass(frozen=True, slots=True, eq=False)
class BinaryTable:
    """Each label against all others: how many raters gave it, per pattern.

    ``given`` (K × L) counts, ``m`` ratings and ``n_pairs`` compared ordered pairs per pattern
    (K,). For single choice a label was given or another one was; for sets ticked or not.
    """

    given: sparse.csr_array
    m: Floats
    n_pairs: Floats
    multiplicity: NDArray[np.int64]

    @property
    def pairable(self) -> NDArray[np.bool_]:
        """Whether a pattern has a pair of ratings to compare, (K,)."""
        return self.n_pairs > 0

    @property
    def per_pair(self) -> Floats:
        """As :attr:`CountTable.per_pair`, (K,)."""
        return np.where(self.pairable, self.m / np.maximum(self.n_pairs, 1), 0.0)

    @property
    def varied(self) -> NDArray[np.int64]:
        """Per label, units with two or more ratings that carry the rarer of given/not: (L,)."""
        return self._carrying(1)

    @property
    def agreed(self) -> NDArray[np.int64]:
        """Per label, units on which two or more ratings are the rarer of given/not: (L,)."""
        return self._carrying(2)

    def _carrying(self, least: int) -> NDArray[np.int64]:
        """Units of two or more ratings, ``least`` of them the rarer of given/not, (L,)."""
        weight = self.multiplicity * self.pairable
        given, rows = self.given, row_of_entry(self.given)

        def units(entries: NDArray[np.bool_]) -> NDArray[np.float64]:
            return weighted_count(given.indices, weight[rows] * entries, given.shape[1])

        enough_given = units(given.data >= least)
        too_often = units(given.data > self.m[rows] - least)  # fewer than `least` do not give it
        common = np.asarray(weight.astype(float) @ given).ravel() * 2 > float(weight @ self.m)
        return np.where(common, weight.sum() - too_often, enough_given).astype(np.int64)
