"""Whether the disagreements of a label pair, taken together, have a content of their own.

People put the same thing in many words: no single word and no neighbourhood then holds enough
of it. So all units are put in order by how similar they are to the pair's disputed units (but
themselves), and cut where disagreement is strongest. The order depends on who disagrees, so it
is made anew under every permutation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.pinpoint.content.scan import Scan, strength
from labelq.pinpoint.content.vectors import AT_LEAST, Content

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

MOST_PAIRS = 30
"""So many pairs of a choice, those with the most disputed units, are looked at as a whole."""

LEAST_DISPUTED = 6
WORK = 20_000_000
"""Units × permutations × pairs: above it, fewer pairs are looked at."""


def chosen_pairs(scan: Scan, times: int) -> Ints:
    """The pairs that are looked at as a whole."""
    n = np.asarray(scan.flags.sum(axis=0)).ravel()
    most = min(MOST_PAIRS, max(3, WORK // max(times * len(scan.stratum), 1)))
    order = np.argsort(-n, kind="stable")[:most]
    return order[n[order] >= LEAST_DISPUTED]


def centred(
    scan: Scan, content: Content, pair: int, times: int = 0, seed: int = 0
) -> tuple[Floats, Ints]:
    """The strength of the best cut, (1 + times,): as things are, then permuted; and its units.

    ``content`` has its rows in the order of the scan's units.
    """
    disputed = scan.disputed(pair)
    if len(disputed) < AT_LEAST:
        return np.zeros(1 + times), disputed
    strata, d = np.unique(scan.stratum[disputed], return_counts=True)
    pool = np.flatnonzero(np.isin(scan.stratum, strata))
    of = np.searchsorted(strata, scan.stratum[pool])
    n = np.bincount(of).astype(np.float64)
    flags = np.zeros((len(pool), 1 + times), np.float32)
    flags[np.searchsorted(pool, disputed), 0] = 1
    by = np.argsort(of, kind="stable")
    dice = np.random.default_rng([seed, pair])
    for i in range(1, 1 + times):
        flags[np.lexsort((dice.random(len(pool)), of)), i] = flags[by, 0]
    vectors = sparse.csr_array(content.vectors[pool])
    usual = np.asarray((d[of] / n[of] / len(disputed)) @ vectors).ravel()
    near = np.round(_near(vectors, usual, flags, len(disputed)), 7)
    top = min(len(pool), 4 * len(disputed) + 50)
    first = np.argsort(-near, axis=0, kind="stable")[:top]
    k = np.cumsum(np.take_along_axis(flags, first, axis=0), axis=0, dtype=np.float64)
    expected, variance = np.zeros_like(k), np.zeros_like(k)
    for s, (d_s, n_s) in enumerate(zip(d, n, strict=True)):
        share = np.cumsum(of[first] == s, axis=0) / n_s
        expected += d_s * share
        variance += d_s * (n_s - d_s) / max(n_s - 1, 1) * share * (1 - share)
    value = np.where(k >= AT_LEAST, strength(k, expected, variance), 0.0)
    cut = int(np.round(value[:, 0], 6).argmax()) + 1
    return value.max(axis=0), np.sort(pool[first[:cut, 0]])


def _near(
    vectors: sparse.csr_array, mean: Floats, flags: NDArray[np.float32], n: int
) -> NDArray[np.float32]:
    """How much more similar each unit is to the flagged ones but itself, (pool × columns)."""
    total = np.asarray((sparse.csr_array(flags.T) @ vectors).todense(), np.float32)
    length = np.asarray((vectors * vectors).sum(axis=1), np.float32)[:, None]
    to_all = np.asarray(vectors.astype(np.float32) @ total.T) - flags * length
    usual = np.asarray(vectors @ mean, np.float32)[:, None]
    return np.asarray(to_all / np.maximum(n - flags, 1) - usual, np.float32)
