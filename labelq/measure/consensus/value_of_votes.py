"""What further votes on a unit are worth: how far the loss of its consensus is expected to fall.

From the posterior *p* over the true label, a channel (the chance that a voter gives *g* where
*t* is true) and costs (of deciding *d* where *t* is true), exactly, over every multiset *m* of
*k* future votes:

    fall(k) = min_d Σ_t p(t) cost(t, d)
              - Σ_m multinomial(m) min_d Σ_t p(t) Π_g channel(t, g)^m_g cost(t, d)

This is the expected value of sample information (Raiffa and Schlaifer 1961) of *k* votes. One
vote is worth nothing where no single vote can change the decision, on most units, so a vote is
worth the best of fall(k) / k: what each of those votes brings that together change it. Voters
are taken to err independently given the true label.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement
from math import lgamma

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_VOTES = 5
"""So many votes are looked ahead."""

MOST_LABELS = 4
"""Of each unit the likeliest labels are told apart, so many."""

FEWEST_CHANCES = 1e-4
"""A label that is less probable than this is none of them."""

CELLS = 4_000_000
"""Numbers held at a time."""


def best_of(falls: Floats) -> Floats:
    """What one vote is worth, from the falls with 1 … k votes (units × k): the best per vote."""
    each = (falls / np.arange(1, falls.shape[1] + 1)).max(axis=1, initial=0.0)
    return np.where(each > 1e-12, each, 0.0)


def entropies(posterior: Floats) -> Floats:
    """The entropy of each row, in nats."""
    return np.asarray(-(posterior * np.log(np.maximum(posterior, 1e-300))).sum(axis=1))


def falls_of_loss(
    posterior: Floats, channel: Floats, costs: Floats, most: int = MOST_VOTES
) -> Floats:
    """By how much the expected loss falls with 1 … ``most`` further votes: (units × most).

    Each unit's :data:`MOST_LABELS` likeliest labels are told apart, votes for all others count
    as one answer, and where one of the others is true nothing is gained. So with more labels
    this is a lower bound where all costs are equal, and near it elsewhere.
    """
    n_units, n_labels = posterior.shape
    if n_labels < 2 or n_units == 0:
        return np.zeros((n_units, most))
    # Equal posteriors are worth the same; so are those that differ in nothing but rounding.
    rows, at = np.unique(np.round(posterior, 9), axis=0, return_inverse=True)
    kept = min(n_labels, MOST_LABELS)
    found = np.zeros((len(rows), most))
    step = max(1, CELLS // (kept * kept * _how_often(kept + (n_labels > kept), most).shape[1]))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        found[part] = _falls(rows[part], channel, costs, kept, most)
    return np.asarray(found[at.ravel()])


def _falls(posterior: Floats, channel: Floats, costs: Floats, kept: int, most: int) -> Floats:
    n_labels = posterior.shape[1]
    top = np.sort(np.argsort(-posterior, axis=1, kind="stable")[:, :kept], axis=1)
    chance = np.take_along_axis(posterior, top, axis=1)
    chance = np.where(chance >= FEWEST_CHANCES, chance, 0.0)
    answers = channel[top[:, :, None], top[:, None, :]]  # units × true × given
    if n_labels > kept:
        others = np.maximum(1 - answers.sum(axis=2, keepdims=True), 1e-12)
        answers = np.concatenate([answers, others], axis=2)
    cost = costs[top[:, :, None], top[:, None, :]]  # units × true × decided
    logs = np.log(np.maximum(answers, 1e-300))
    times = _how_often(answers.shape[2], most)
    ways = _ways(answers.shape[2], most)
    likely = np.exp(logs @ times + ways)  # units × true × multisets
    likely *= chance[:, :, None]
    after = (cost.transpose(0, 2, 1) @ likely).min(axis=1)  # units × multisets
    now = np.einsum("ut,utd->ud", chance, cost).min(axis=1)
    size = times.sum(axis=0).astype(np.intp)
    expected = np.stack([after[:, size == k].sum(axis=1) for k in range(1, most + 1)], axis=1)
    return np.asarray(np.maximum(now[:, None] - expected, 0.0))


@cache
def _how_often(n_answers: int, most: int) -> Floats:
    """Every multiset of 1 … ``most`` votes: each answer's number (answers × multisets)."""
    found = [
        np.bincount(votes, minlength=n_answers)
        for k in range(1, most + 1)
        for votes in combinations_with_replacement(range(n_answers), k)
    ]
    return np.array(found, np.float64).T


@cache
def _ways(n_answers: int, most: int) -> Floats:
    """The log number of orders of each multiset."""
    log_factorial = np.array([lgamma(k + 1) for k in range(most + 1)])
    times = _how_often(n_answers, most).astype(np.intp)
    return np.asarray(log_factorial[times.sum(axis=0)] - log_factorial[times].sum(axis=0))
