"""Label pairs that are confused as a whole: more than how often each label is disputed explains.

Where two rare labels are one open question, hardly a unit of theirs is outside it, and no
content can set it apart. But then their disagreements fall on this pair, not on any other
label. Two null hypotheses, and a count must be above what either explains: each label has its own
rate of being disputed, and which other label it is disputed with depends on that label's rate only
(quasi-independence); or slips go from each label to any other alike, so that two labels meet as
often as their two rates together (a frequent label then meets each rare one more often than
quasi-independence has it).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.pinpoint.votes import Votes

Floats = NDArray[np.float64]

LEAST_LABELS = 4
"""With three labels, the rates explain every table of pairs."""

STEPS = 60
LEAST_EXPECTED = 0.5


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


def excess(table: Floats) -> Floats:
    """How far each pair's count is above what the labels' rates explain, (… × labels × labels).

    The Poisson log-likelihood ratio against the larger of the two expectations, 0 where a count
    is not above it. ``table`` is one symmetric table of counts with an empty diagonal, or a stack
    of them; the rates come from it. Units that are explained already must not be in it: they
    would raise the rates of their labels, and all other pairs would seem to stand out.
    """
    counted = np.broadcast_to(~np.eye(table.shape[-1], dtype=bool), table.shape)
    return _excess(table, np.maximum(_fitted(table, counted), _added(table)))


def _added(table: Floats) -> Floats:
    """Counts as sums of two labels' rates (least squares on the totals; no rate below 0)."""
    n, total = table.shape[-1], table.sum(axis=-1)
    rates = total.sum(axis=-1, keepdims=True) / (2 * n - 2)
    rate = np.maximum((total - rates) / (n - 2), 0.0)
    return np.asarray(rate[..., :, None] + rate[..., None, :])


def _excess(count: Floats, expected: Floats) -> Floats:
    e = np.maximum(expected, LEAST_EXPECTED)
    value = count * np.log(np.maximum(count, 1e-12) / e) - (count - e)
    return np.where(count > e, value, 0.0)


def _fitted(table: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Counts by the rates of two labels, from the counted pairs (iterative proportional fit)."""
    total = (table * counted).sum(axis=-1)
    rate = np.sqrt(np.maximum(total, 1e-9))
    for _ in range(STEPS):
        met = (counted @ rate[..., None])[..., 0]
        rate = np.sqrt(rate * total / np.maximum(met, 1e-9))
    return np.asarray(rate[..., :, None] * rate[..., None, :])


def excess_draws(table: Floats, times: int, seed: int) -> Floats:
    """The excess of every pair in tables drawn under quasi-independence, (times × … × labels)."""
    n, upper = len(table), np.triu_indices(len(table), 1)
    drawn = np.zeros((times, n, n))
    total = int(table[upper].sum())
    if not total:
        return drawn
    fitted = _fitted(table, ~np.eye(n, dtype=bool))[upper]
    dice = np.random.default_rng([seed, n])
    drawn[:, upper[0], upper[1]] = dice.multinomial(total, fitted / fitted.sum(), times)
    return excess(drawn + drawn.transpose(0, 2, 1))
