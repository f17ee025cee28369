"""Label pairs that are confused as a whole: more than how often each label is disputed explains.

Where two rare labels are one open question, hardly a unit of theirs is outside it, and no
content can set it apart. But then their disagreements fall on this pair, not on any other
label. The null hypothesis (quasi-independence): each label has its own rate of being disputed,
and which other label it is disputed with depends on that label's rate only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.pinpoint.votes import Votes

Floats = NDArray[np.float64]

LEAST_LABELS = 4
"""With three labels, the rates explain every table of pairs."""

ROUNDS = 200


def pair_table(votes: Votes, without: NDArray[np.integer] | tuple[()] = ()) -> Floats:
    """How many units carry both of two labels, (labels × labels), but the units ``without``."""
    keep = ~np.isin(votes.unit, np.asarray(without, np.int64))
    units, row = np.unique(votes.unit[keep], return_inverse=True)
    shape = (len(units), len(votes.labels))
    held = sparse.csr_array((np.ones(len(row)), (row, votes.label[keep])), shape=shape)
    held.data[:] = 1
    table = np.asarray((held.T @ held).todense(), np.float64)
    np.fill_diagonal(table, 0)
    return table


def expected_pairs(count: Floats, without: NDArray[np.bool_] | None = None) -> Floats:
    """Expected units per pair under quasi-independence, from a symmetric table of counts.

    Iterative proportional fitting with an empty diagonal, and with the pairs ``without`` left
    out: a pair that is already known to be confused must not pass for a rate of its labels.
    """
    fitted = np.ones_like(count)
    np.fill_diagonal(fitted, 0)
    if without is not None:
        fitted[without] = 0
    total = (count * fitted).sum(axis=1)
    fitted[total == 0] = fitted[:, total == 0] = 0
    for _ in range(ROUNDS):
        scale = np.sqrt(total / np.maximum(fitted.sum(axis=1), 1e-12))
        fitted = fitted * scale * scale[:, None]
        if abs(fitted.sum(axis=1) - total).max(initial=0) < 1e-6 * max(total.sum(), 1):
            break
    return fitted


def excess(count: Floats, expected: Floats) -> Floats:
    """Poisson log-likelihood ratio of each pair's count, 0 where it is not above expected."""
    e = np.maximum(expected, 1e-3)
    value = count * np.log(np.maximum(count, 1e-12) / e) - (count - e)
    return np.where(count > e, value, 0.0)


def excess_maxima(count: Floats, times: int, seed: int) -> Floats:
    """The largest excess in each of ``times`` tables drawn under quasi-independence."""
    n, upper = len(count), np.triu_indices(len(count), 1)
    fitted = expected_pairs(count)[upper]
    best = np.zeros(times)
    total = int(count[upper].sum())
    if not total:
        return best
    dice = np.random.default_rng([seed, n])
    draws = dice.multinomial(total, fitted / fitted.sum(), times)
    for i, draw in enumerate(draws):
        table = np.zeros((n, n))
        table[upper] = draw
        table += table.T
        best[i] = excess(table, expected_pairs(table))[upper].max()
    return best
