"""What answers say, in bits: their entropy, and what two answers to one unit share.

Cover & Thomas (2006), Elements of information theory, chapter 2: entropy (2.1), mutual
information (2.3), data processing inequality (2.8). Plug-in estimates from Krippendorff's
coincidences, whose margins are how often each value was given: with few answers per label they
are too high (Miller 1955: about (cells - 1) / 2n·ln 2 each).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.statistics import weighted_count
from labelq.measure.additive import CountTable, Floats

Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Coincidences:
    """Krippendorff's coincidences of value codes, ``low`` <= ``high``, both orders together.

    ``totals`` (V,) is how often each value was given on units with two or more ratings. Every
    method takes ``to`` (V,), which maps value codes onto others: what merging labels leaves.
    """

    low: Codes
    high: Codes
    weight: Floats
    totals: Floats

    @classmethod
    def of(cls, table: CountTable) -> Coincidences:
        """Of the counts in ``table``."""
        row, a, b, product = table.pairs
        weight = table.multiplicity * table.per_pair
        key, cell = np.unique(a * table.width + b, return_inverse=True)
        apart = weighted_count(cell, 2 * product * weight[row], len(key))
        low, high = np.divmod(key, max(table.width, 1))
        squares = table.counts * table.counts - table.counts
        alike = np.asarray(weight @ squares).ravel()
        same = np.flatnonzero(alike > 0)
        return cls(
            np.concatenate([low, same]),
            np.concatenate([high, same]),
            np.concatenate([apart, alike[same]]),
            table.totals,
        )

    def entropy(self, to: Codes) -> float:
        """Bits of one answer."""
        return _bits(weighted_count(to, self.totals, int(to.max(initial=-1)) + 1))

    def shared(self, to: Codes) -> float:
        """Bits that two answers to one unit share: mutual information, 2·H(answer) - H(both)."""
        width = int(to.max(initial=-1)) + 1
        a, b = to[self.low], to[self.high]
        low, high = np.minimum(a, b), np.maximum(a, b)
        key, cell = np.unique(low * width + high, return_inverse=True)
        both = weighted_count(cell, self.weight, len(key))
        alike = np.equal(*np.divmod(key, max(width, 1)))
        # A cell of two different values stands for two equal ones, one for each order.
        joint = _bits(np.concatenate([both[alike], *[both[~alike] / 2] * 2]))
        return max(0.0, 2 * self.entropy(to) - joint)

    def removed(self, to: Codes) -> float:
        """Share of the disagreeing pairs of answers that agree after mapping."""
        apart = self.low != self.high
        total = float(self.weight[apart].sum())
        gone = apart & (to[self.low] == to[self.high])
        return float(self.weight[gone].sum()) / total if total else 0.0


def _bits(n: Floats) -> float:
    """Entropy of counts."""
    p = n[n > 0] / max(n.sum(), 1e-300)
    return max(0.0, float(-(p * np.log2(p)).sum()))
