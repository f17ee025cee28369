"""Every rater's own pattern, and where a vote leaves it.

How often a rater differs from what the others say, which label he gives where they say
another, how long he takes: told from all other units, never from the vote in question.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Ratings
from labelq.pinpoint.habits import others_say
from labelq.pinpoint.votes import Votes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

OWN, PAIR = 10.0, 3.0
"""So many answers at everybody's rate are added to each rater's, and to each habit's."""
RARE, COMMON = 0.005, 0.3
"""Everybody's rate of deviating answers is kept within these."""
ENOUGH = 20
"""Answers from which a rater's rate counts for everybody's."""
HURRIED = float(np.log(1 / 3))
"""A vote is hurried in a third of the usual time or less."""


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """The votes of one choice on units with two votes or more, beside the raters' patterns.

    ``votes`` (V of them) are those on ``units`` (U,), unit ``i``'s at ``start[i]:start[i + 1]``;
    ``row`` (V,) is each vote's unit as a position. ``k`` (U,) votes, of which ``top`` for the
    leading label and ``second`` for the next; ``known`` (U,): the right label is known (gold, or
    decided by a person). ``suspect`` (V,): not the leading label, or one of several; where the
    label is known, any other. ``deviates`` (V,) how often the vote's rater differs from what
    the others say (for ``usual``, the rate of the rater in the middle), ``lift`` (V,) the log
    of how much likelier this rater is than everybody to give this label where the others say
    theirs; ``confused`` (V,) how much more often all other raters do so than a slip would, as a
    log. ``pace`` (V,) is the log of the time taken over what the rater and the unit make
    usual, nan where it is unknown; ``tempo`` (R,) the log of each rater's usual time over that
    of all on the same units.
    """

    votes: Votes
    units: Codes
    start: NDArray[np.intp]
    row: NDArray[np.intp]
    k: Ints
    top: Ints
    second: Ints
    labels: Ints
    known: Bools
    suspect: Bools
    deviates: Floats
    usual: float
    lift: Floats
    confused: Floats
    pace: Floats
    tempo: Floats

    @property
    def disputed(self) -> Bools:
        """Which units carry more than one label, (U,)."""
        return self.top < self.k

    def at(self, units: NDArray[np.integer]) -> NDArray[np.intp]:
        """The positions of the votes on ``units``, unit by unit."""
        at = np.searchsorted(self.units, units)
        at = at[at < len(self.units)]
        at = at[np.isin(self.units[at], units)]
        length = np.diff(self.start)[at]
        skip = np.repeat(self.start[at] - np.append(0, np.cumsum(length))[:-1], length)
        return skip + np.arange(length.sum())


def pattern_of(
    votes: Votes,
    ratings: Ratings,
    n_raters: int,
    *,
    inside: NDArray[np.integer],
    truth: Codes | None = None,
) -> Pattern:
    """The patterns of one choice.

    ``inside`` are units with a disputed common content: what raters do there says nothing
    about how careful they are elsewhere. ``truth`` holds per unit code the known label (a code
    of ``votes.labels``), -1 where it is not known.
    """
    several = np.bincount(votes.unit) if len(votes.unit) else np.zeros(0, np.int64)
    keep = several[votes.unit] > 1
    seconds = ratings.seconds[keep].astype(np.float64)
    votes = Votes(
        votes.question,
        votes.labels,
        votes.unit[keep],
        votes.rater[keep],
        votes.label[keep],
        votes.tick,
    )
    units, row = np.unique(votes.unit, return_inverse=True)
    start = np.append(0, np.cumsum(np.bincount(row, minlength=len(units)))).astype(np.intp)
    k = np.diff(start)
    width = len(votes.labels)

    cells, cell, n = np.unique(row * width + votes.label, return_inverse=True, return_counts=True)
    of_unit = cells // width
    top = np.zeros(len(units), np.int64)
    np.maximum.at(top, of_unit, n)
    leads = n == top[of_unit]
    n_leading = np.bincount(of_unit, leads, len(units)).astype(np.int64)
    labels = np.bincount(of_unit, minlength=len(units))
    second: Ints = np.zeros(len(units), np.int64)
    np.maximum.at(second, of_unit[~leads], n[~leads])
    second = np.where(n_leading > 1, top, second)
    tied = n_leading > 1

    said = others_say(votes)
    right = np.full(len(units), -1) if truth is None else truth[units]
    known = right >= 0
    said = np.where(known[row], right[row], said)
    own = votes.label
    suspect = np.where(known[row], own != right[row], (top < k)[row] & (tied[row] | ~leads[cell]))
    deviates, usual = _deviates(votes, said, np.isin(votes.unit, inside), n_raters)
    lift, confused = _lift(votes, said, deviates, usual, n_raters)
    pace, tempo = _pace(seconds, votes.rater, row, len(units), n_raters)
    return Pattern(
        votes, units, start, row, k, top, second, labels, known, suspect, deviates, usual, lift,
        confused, pace, tempo,
    )  # fmt: skip


def _deviates(votes: Votes, said: Ints, inside: Bools, n_raters: int) -> tuple[Floats, float]:
    """Per vote: how often its rater differs from the others elsewhere; and the usual rate."""
    counted = (said >= 0) & ~inside
    if counted.sum() < ENOUGH:
        counted = said >= 0
    differs = counted & (votes.label != said)
    n = np.bincount(votes.rater[counted], minlength=n_raters)
    off = np.bincount(votes.rater[differs], minlength=n_raters)
    some = n >= ENOUGH
    middle = np.median(off[some] / n[some]) if some.any() else off.sum() / max(n.sum(), 1)
    usual = float(np.clip(middle, RARE, COMMON))
    r = votes.rater
    return (off[r] - differs + OWN * usual) / (n[r] - counted + OWN), usual


def _lift(
    votes: Votes, said: Ints, deviates: Floats, usual: float, n_raters: int
) -> tuple[Floats, Floats]:
    """Per vote: log of the rater's rate of this label, given what the others say, over theirs;
    and log of theirs over what slips would make it.

    Both without the vote itself. A rater with few such answers is expected to give the label
    as often as everybody, times how much more often he deviates elsewhere.
    """
    width = len(votes.labels)
    lift, confused = np.zeros(len(said)), np.zeros(len(said))
    told = np.flatnonzero((said >= 0) & (votes.label != said))
    if not len(told):
        return lift, confused
    answered = said >= 0
    place = said[answered] * n_raters + votes.rater[answered]
    of = np.bincount(place, minlength=width * n_raters)
    of_all = of.reshape(width, n_raters).sum(axis=1)
    rater, instead, label = votes.rater[told].astype(np.int64), said[told], votes.label[told]
    pair = instead * width + label
    _, at, n_all = np.unique(pair, return_inverse=True, return_counts=True)
    _, mine, n_own = np.unique(pair * n_raters + rater, return_inverse=True, return_counts=True)
    n, all_n = n_own[mine], n_all[at]
    n_of, all_of = of[instead * n_raters + rater], of_all[instead]
    floor = usual / max(width - 1, 1)
    theirs = (all_n - n + PAIR * floor) / (all_of - n_of + PAIR)
    expected = np.minimum(theirs * deviates[told] / usual, 0.9)
    rate = (n - 1 + PAIR * expected) / (n_of - 1 + PAIR)
    lift[told], confused[told] = np.log(rate / theirs), np.log(theirs / floor)
    return lift, confused


def _pace(
    seconds: Floats, rater: Codes, row: NDArray[np.intp], n_units: int, n_raters: int
) -> tuple[Floats, Floats]:
    """Log times without what the unit and the rater make usual, and each rater's tempo."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(seconds)
    timed = np.isfinite(log)
    pace, tempo = np.full(len(seconds), np.nan), np.zeros(n_raters)
    if not timed.any():
        return pace, tempo
    x, who, at = log[timed], rater[timed], row[timed]
    n = np.maximum(np.bincount(at, minlength=n_units), 1)
    for _ in range(2):  # rater and unit in turn: units are mostly not answered by everybody
        of_unit = np.bincount(at, x - tempo[who], n_units) / n
        per_rater = np.maximum(np.bincount(who, minlength=n_raters), 1)
        tempo = np.bincount(who, x - of_unit[at], n_raters) / per_rater
    rest = x - tempo[who]
    others = (np.bincount(at, rest, n_units)[at] - rest) / np.maximum(n[at] - 1, 1)
    pace[timed] = np.where(n[at] < 2, np.nan, rest - others)
    return pace, tempo - np.median(tempo[np.bincount(who, minlength=n_raters) > 0])
