"""Whether raters err on a label pair in opposite directions: rules of their own, not slips.

On a unit where one rater stands alone between two labels, that rater went one way or the other.
A rater in a hurry stands alone often, and a hard label is left more often than it is wrongly
given; but which way the single votes go is then the same for all raters. Where some raters
always stray to the one label and others to the other, they hold opposite rules.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.pinpoint.votes import Votes

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]


def single_votes(votes: Votes, pair: tuple[str, str], units: Ints) -> tuple[Ints, Ints]:
    """The votes on ``units`` that are outnumbered between two labels: rater, and which (0, 1)."""
    a, b = (votes.labels.index(label) for label in pair)
    some = votes.at(units)
    keep = (some.label == a) | (some.label == b)
    unit, rater, second = some.unit[keep], some.rater[keep], (some.label[keep] == b).astype(int)
    _, row = np.unique(unit, return_inverse=True)
    n = np.stack([np.bincount(row, 1 - second), np.bincount(row, second)], axis=1)
    fewer = n[row, second] < n[row, 1 - second]
    return rater[fewer], second[fewer]


def opposed(rater: Ints, second: Ints, times: int = 0, seed: int = 0) -> Floats:
    """Half the G statistic of rater against direction, (1 + times,): as it is, then permuted."""
    ways = np.tile(second, (1 + times, 1))
    if times:
        ways[1:] = np.random.default_rng([seed, len(rater)]).permuted(ways[1:], axis=1)
    who, code = np.unique(rater, return_inverse=True)
    is_of = (code[:, None] == np.arange(len(who))).astype(np.float64)
    total, yes = is_of.sum(axis=0), ways @ is_of
    all_yes = ways.sum(axis=1, keepdims=True)
    n = max(len(rater), 1)
    value = _xlogx(yes) + _xlogx(total - yes) - _xlogx(total)
    return np.asarray(
        value.sum(axis=1) - (_xlogx(all_yes) + _xlogx(n - all_yes)).ravel() + n * np.log(n)
    )


def _xlogx(x: Floats) -> Floats:
    return np.asarray(x * np.log(np.maximum(x, 1e-300)))
