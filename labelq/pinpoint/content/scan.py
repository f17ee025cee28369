"""Where disagreement concentrates: a search over candidates, repeated under permutation.

The null hypothesis: among units with the same likely label and the same number of votes,
whether and between which labels raters disagree has nothing to do with what a unit is about.
Then the disagreements of the units of a stratum can change places, all candidates and all
label pairs are searched again, and only what beats the best of nearly all such searches is
claimed: one correction for every word, field, neighbourhood, pair and question that was
looked at (Kulldorff's scan statistic; Westfall and Young's maximum).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.pinpoint.content.vectors import AT_LEAST

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

TINY = 1e-9


def strength(k: Floats, expected: Floats, variance: Floats) -> Floats:
    """How much more than chance ``k`` disputed units are: about minus the log of its p-value.

    Chernoff's bound for the binomial with the mean and variance of the stratified
    hypergeometric count; 0 where there are no more than expected.
    """
    e = np.maximum(expected, TINY)
    p = np.clip(1 - variance / e, TINY, 1 - TINY)
    n = np.maximum(e / p, k)
    share, p = np.clip(k / n, TINY, 1 - TINY), np.clip(e / n, TINY, 1 - TINY)
    value = n * (share * np.log(share / p) + (1 - share) * np.log((1 - share) / (1 - p)))
    return np.where((k > e) & (variance > TINY), value, 0.0)


@dataclass(slots=True, eq=False)
class Scan:
    """The disagreements of one choice over all candidates.

    ``flags`` (units × pairs) is 1 where a unit carries both labels of a pair, ``stratum`` (U,)
    what units may change places with, -1 for those outside (one vote). ``members`` are the
    candidates (units × candidates).
    """

    members: sparse.csr_array
    flags: sparse.csr_array
    stratum: Ints
    n_strata: int = field(init=False)
    strata: sparse.csr_array = field(init=False)

    def __post_init__(self) -> None:
        inside = self.stratum >= 0
        self.n_strata = int(self.stratum.max(initial=-1)) + 1
        where = np.flatnonzero(inside)
        shape = (self.n_strata, len(self.stratum))
        self.strata = sparse.csr_array(
            (np.ones(len(where), np.float32), (self.stratum[where], where)), shape=shape
        )

    def moments(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Expected disputed units and their variance, (pairs × candidates)."""
        n: Floats = np.maximum(np.asarray(self.strata.sum(axis=1), np.float64).ravel(), 1)
        d = np.asarray((self.strata @ self.flags).todense(), np.float64)  # strata × pairs
        share = np.asarray((self.strata @ self.members).todense(), np.float64) / n[:, None]
        spread = d * (n[:, None] - d) / np.maximum(n - 1, 1)[:, None]
        return (
            (d.T @ share).astype(np.float32),
            (spread.T @ (share * (1 - share))).astype(np.float32),
        )

    def maxima(
        self, moments: tuple[NDArray[np.float32], NDArray[np.float32]], times: int, seed: int
    ) -> Floats:
        """The strength of each pair's strongest candidate in permuted rounds, (pairs × times)."""
        disputed = np.flatnonzero(np.diff(self.flags.indptr))
        flags = sparse.csr_array(self.flags[disputed].T)
        order = np.argsort(self.stratum, kind="stable")
        dice = np.random.default_rng(seed)
        best = np.zeros((self.flags.shape[1], times))
        place = np.empty(len(order), np.intp)
        for i in range(times):
            place[order] = np.lexsort((dice.random(len(order)), self.stratum))
            pair, _, value = self._found(flags @ self.members[place[disputed]], moments)
            np.maximum.at(best[:, i], pair, value)
        return best

    def _found(
        self, counts: sparse.csr_array, moments: tuple[NDArray[np.float32], NDArray[np.float32]]
    ) -> tuple[Ints, Ints, Floats]:
        table = sparse.coo_array(counts)
        enough = table.data >= AT_LEAST - 0.5
        pair, candidate = table.row[enough], table.col[enough]
        k = table.data[enough].astype(np.float64)
        expected, variance = (m[pair, candidate].astype(np.float64) for m in moments)
        return pair, candidate, strength(k, expected, variance)

    def of_pairs(self, pairs: Ints) -> Scan:
        """The same for some pairs only."""
        return Scan(
            self.members, sparse.csr_array(sparse.csc_array(self.flags)[:, pairs]), self.stratum
        )

    def best_per_pair(self) -> Floats:
        """The strength of each pair's strongest candidate as things are, (pairs,)."""
        best = np.zeros(self.flags.shape[1])
        pair, _, value = self._found(self.counts(), self.moments())
        np.maximum.at(best, pair, value)
        return best

    def strongest(self, pair: int) -> tuple[Ints, float]:
        """The units of a pair's strongest candidate, and its strength."""
        one = self.of_pairs(np.array([pair]))
        _, candidate, value = self._found(one.counts(), one.moments())
        if not len(value):
            return np.zeros(0, np.intp), 0.0
        value = np.round(value, 6)
        best = np.lexsort((candidate, -value))[0]
        column = sparse.csc_array(self.members[:, [candidate[best]]])
        return np.sort(column.indices), float(value[best])

    def counts(self) -> sparse.csr_array:
        """Disputed units of each pair in each candidate, (pairs × candidates)."""
        return sparse.csr_array(sparse.csr_array(self.flags.T) @ self.members)

    def without(self, units: Ints) -> Scan:
        """The same without ``units``: they are explained."""
        stratum = self.stratum.copy()
        stratum[units] = -1
        keep = np.ones(len(stratum), np.float32)
        keep[units] = 0
        flags = sparse.csr_array(sparse.diags_array(keep) @ self.flags)
        flags.eliminate_zeros()
        return Scan(self.members, flags, stratum)

    def strength_of(self, pair: int, units: Ints) -> float:
        """The strength of one set of units for one pair."""
        member = np.zeros(len(self.stratum), np.float32)
        member[units] = 1
        one = Scan(
            sparse.csr_array(member[:, None]), self.of_pairs(np.array([pair])).flags, self.stratum
        )
        k = float((one.flags.T @ one.members).sum())
        e, v = one.moments()
        return float(strength(np.array([k]), e[0].astype(float), v[0].astype(float))[0])

    def disputed(self, pair: int) -> Ints:
        """The units that carry both labels of a pair."""
        return np.sort(sparse.csc_array(self.flags)[:, [pair]].indices)

    def prefix(self, pair: int, order: Ints) -> Floats:
        """The strength of the first 1, 2, … of ``order``, (len(order),)."""
        flag = np.zeros(len(self.stratum))
        flag[self.disputed(pair)] = 1
        inside = self.stratum >= 0
        n = np.bincount(self.stratum[inside], minlength=self.n_strata).astype(float)
        d = np.bincount(self.stratum[inside], flag[inside], minlength=self.n_strata)
        used = np.flatnonzero(d)
        row = np.full(self.n_strata + 1, -1)
        row[used] = np.arange(len(used))
        one = np.zeros((len(order), len(used)), np.float32)
        at = row[self.stratum[order]]
        here = np.flatnonzero(at >= 0)
        one[here, at[here]] = 1
        share = np.cumsum(one, axis=0) / n[used]
        spread = d[used] * (n[used] - d[used]) / np.maximum(n[used] - 1, 1)
        k = np.cumsum(flag[order])
        value = strength(k, share @ d[used], (share * (1 - share)) @ spread)
        return np.where(k >= AT_LEAST, value, 0.0)
