"""How stable a ranking by shares is: ranks under resampling of units.

Shares of a total are ranked, and a rank needs no total. So each unit is drawn a number of times
that follows a Poisson law with mean 1, which for ranks is the bootstrap; units that contribute
to nothing need not be drawn. More than :data:`MOST_ROWS` units are merged at random into so
many blocks, whose totals have the same covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.measure.additive import Floats

MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """Ranks of J shares, 1 the largest; equal shares all have their mean rank. Arrays (J,).

    ``lower`` and ``upper`` are percentiles of the rank over resamples, rounded outward;
    ``stays`` the share of resamples in which the rank is not worse than it is.
    """

    rank: Floats
    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    stays: Floats


def ranks(
    contributions: sparse.csr_array, *, resamples: int, seed: int, confidence: float
) -> Ranks:
    """Of the column sums of ``contributions`` (units × J)."""
    from scipy.stats import rankdata

    J = contributions.shape[1]
    rng = np.random.default_rng([seed, J])
    rows = contributions[np.diff(contributions.indptr) > 0]
    if rows.shape[0] > MOST_ROWS:
        n = rows.shape[0]
        block = rng.permutation(n) % MOST_ROWS
        merge = sparse.coo_array((np.ones(n), (block, np.arange(n))), shape=(MOST_ROWS, n))
        rows = sparse.csr_array(merge) @ rows
    dense: Floats = rows.toarray()
    totals: Floats = dense.sum(axis=0)

    def ranked(x: Floats) -> Floats:
        # Rounded: what is equal but for the last digits is equal.
        largest = x.max(axis=-1, keepdims=True, initial=0)
        scaled = np.round(x / np.where(largest > 0, largest, 1), 9)
        return np.asarray(rankdata(-scaled, method="average", axis=-1), np.float64)

    drawn = ranked(rng.poisson(1.0, (resamples, len(dense))).astype(np.float64) @ dense)
    own = ranked(totals[None])[0]
    return _summary(own, drawn, confidence)


def ranks_of_units(
    share: Floats, chosen: NDArray[np.intp], *, resamples: int, seed: int, confidence: float
) -> Ranks:
    """Of the units at ``chosen`` among all ``share`` (units,), each given that it is drawn.

    Units are what is resampled: how many of the others are drawn that contribute more, or as
    much, decides the rank.
    """
    rng = np.random.default_rng([seed, len(chosen)])
    rounded = np.sort(np.round(share, 12))
    x = np.round(share[chosen], 12)
    more = len(rounded) - np.searchsorted(rounded, x, "right")
    tied = len(rounded) - np.searchsorted(rounded, x, "left") - more - 1
    others = max(len(share) - 1, 1)
    law = np.stack([more, tied, others - more - tied], axis=1) / others
    drawn = rng.multinomial(others, law, size=(resamples, len(chosen)))
    return _summary(1 + more + tied / 2, 1 + drawn[..., 0] + drawn[..., 1] / 2, confidence)


def _summary(own: Floats, drawn: Floats, confidence: float) -> Ranks:
    if not drawn.size:
        nothing = np.round(own).astype(np.int64)
        return Ranks(own, nothing, nothing, np.full(len(own), np.nan))
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return Ranks(
        own,
        np.floor(lower).astype(np.int64),
        np.ceil(upper).astype(np.int64),
        np.asarray((drawn <= own + 1e-9).mean(axis=0)),
    )
