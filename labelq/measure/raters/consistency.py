"""Consistency with oneself: answers to a unit given again, and to units with the same text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Ratings
from labelq.measure.raters.estimates import Counts, Estimates, Floats, share_intervals
from labelq.measure.raters.tails import at_least

ENOUGH_PAIRS = 10
"""Pairs of answers below which nothing is tested."""
ENOUGH_FOR_KAPPA = 20


@dataclass(frozen=True, slots=True, eq=False)
class Twice:
    """Pairs of answers that one rater gave to the same thing: parallel arrays (P,).

    ``unit`` and ``value`` are the later answer, ``before`` and ``earlier`` the unit and value
    of the earlier one: the same unit, or another with the same text. An earlier value that
    occurs nowhere else is -1.
    """

    rater: Codes
    unit: Codes
    value: Codes
    before: Codes
    earlier: Codes

    @property
    def same(self) -> NDArray[np.bool_]:
        """Whether the two answers are equal (P,)."""
        return np.asarray(self.value == self.earlier)

    @property
    def repeat(self) -> NDArray[np.bool_]:
        """Whether it was the same unit again (P,)."""
        return np.asarray(self.unit == self.before)


@dataclass(frozen=True, slots=True, eq=False)
class Consistency:
    """Per rater: the share of equal ``repeats`` and equal answers to the ``same_text``, and
    ``kappa``, both together beyond what the rater's own use of labels would give by chance.
    ``n`` is how many pairs there are.

    ``p_value``: do the rater's pairs differ more often than any two answers to the same thing
    do, whoever gave them? Were everybody alike, a rater's two answers would be any two of all
    answers to it, so that hard units can blame nobody: one-sided, exact. Tested on ``tested``
    pairs, to which somebody else answered too; ``differ`` of them differ, against a share of
    ``any_two`` among any two answers.
    """

    repeats: Estimates
    same_text: Estimates
    kappa: Estimates
    n: Counts
    tested: Counts
    differ: Counts
    any_two: Floats
    p_value: Floats


def answered_again(ratings: Ratings, earlier: Ratings, n_raters: int) -> Twice:
    """Each earlier answer beside the last one of the same rater to the same unit."""
    code = {value: i for i, value in enumerate(ratings.values)}
    translated = np.array([code.get(value, -1) for value in earlier.values] + [-1], np.int32)
    key = ratings.unit.astype(np.int64) * n_raters + ratings.rater
    wanted = earlier.unit.astype(np.int64) * n_raters + earlier.rater
    at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    again = key[at] == wanted if len(key) else np.zeros(len(wanted), np.bool_)
    again &= earlier.value >= 0  # answers that are measured nowhere cannot be compared
    last, unit = ratings.value[at[again]], earlier.unit[again]
    return Twice(earlier.rater[again], unit, last, unit, translated[earlier.value[again]])


def answered_alike(ratings: Ratings, group: NDArray[np.integer]) -> Twice:
    """Neighbouring answers of a rater to units of the same ``group`` (per unit, -1: none)."""
    at = np.flatnonzero(group[ratings.unit] >= 0)
    at = at[np.lexsort((ratings.unit[at], group[ratings.unit[at]], ratings.rater[at]))]
    rater, unit, value = ratings.rater[at], ratings.unit[at], ratings.value[at]
    pair = np.flatnonzero((rater[1:] == rater[:-1]) & (group[unit[1:]] == group[unit[:-1]]))
    return Twice(rater[pair + 1], unit[pair + 1], value[pair + 1], unit[pair], value[pair])


def joined(parts: Sequence[Twice]) -> Twice:
    """Pairs of several kinds as one."""
    columns = ("rater", "unit", "value", "before", "earlier")
    return Twice(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def consistency(
    ratings: Ratings, twice: Twice, n_raters: int, *, none_alike: str = "no_same_text"
) -> Consistency:
    """Consistency of every rater from pairs of answers (of both kinds, joined).

    ``none_alike`` is the reason where nobody answered two units of the same text.
    """
    n = np.bincount(twice.rater, minlength=n_raters)
    chance, there = _any_two(ratings, twice)
    rater, differ, chance = twice.rater[there], ~twice.same[there], chance[there]
    tested = np.bincount(rater, minlength=n_raters)
    hits = np.bincount(rater[differ], minlength=n_raters)
    p_value = np.full(n_raters, np.nan)
    for r in np.flatnonzero(tested >= ENOUGH_PAIRS):
        p_value[r] = at_least(int(hits[r]), chance[rater == r])
    with np.errstate(invalid="ignore"):
        any_two = np.bincount(rater, chance, minlength=n_raters) / tested
    return Consistency(
        _share(twice, twice.repeat, n_raters, "no_repeats"),
        _share(twice, ~twice.repeat, n_raters, none_alike),
        _kappa(ratings, twice, n, n_raters),
        n,
        tested,
        hits,
        any_two,
        p_value,
    )


def _share(twice: Twice, which: NDArray[np.bool_], n_raters: int, none: str) -> Estimates:
    n = np.bincount(twice.rater[which], minlength=n_raters)
    same = np.bincount(twice.rater[which], twice.same[which], minlength=n_raters)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = same / n
        variance = share * (1 - share) / n
    return Estimates(share, *share_intervals(share, variance, n), n, none, "too_few_pairs")


def _kappa(ratings: Ratings, twice: Twice, n: Counts, n_raters: int) -> Estimates:
    """Share same beyond chance; chance is the rater's own use of values, taken as known."""
    same = np.bincount(twice.rater[twice.same], minlength=n_raters)
    width = max(len(ratings.values), 1)
    key, count = np.unique(
        ratings.rater.astype(np.int64) * width + ratings.value, return_counts=True
    )
    total = np.bincount(ratings.rater, minlength=n_raters)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_chance = np.bincount(key // width, count.astype(float) ** 2, minlength=n_raters)
        by_chance = by_chance / total.astype(float) ** 2
        share = same / n
        lower, upper = share_intervals(share, share * (1 - share) / n, n)
        known = (n >= ENOUGH_FOR_KAPPA) & (by_chance < 1)
        of = np.where(known, 1 - by_chance, np.nan)
        value, lower, upper = ((x - by_chance) / of for x in (share, lower, upper))
    return Estimates(value, lower, upper, n, none="no_repeats", open="too_few_pairs")


def _any_two(ratings: Ratings, twice: Twice) -> tuple[Floats, NDArray[np.bool_]]:
    """Per pair, the share of differing pairs among all answers to the same thing (both of the
    rater's own included), and whether anybody else answered it.
    """
    n_units, width = int(ratings.unit.max(initial=-1)) + 1, max(len(ratings.values), 1)
    counts = sparse.csr_array(
        (np.ones(len(ratings)), (ratings.unit, ratings.value)), shape=(n_units, width)
    )
    if not len(twice.rater):
        return np.zeros(0), np.zeros(0, np.bool_)
    later, before, repeat = twice.unit, twice.before, twice.repeat
    here = sparse.csr_array(counts[later])
    there = sparse.csr_array(counts[before])
    squares: Floats = np.asarray(counts.multiply(counts).sum(axis=1)).ravel()
    cross: Floats = np.asarray(here.multiply(there).sum(axis=1)).ravel()
    size: Floats = np.asarray(counts.sum(axis=1)).ravel()
    # A repeat adds the earlier answer to the unit's own; two units' answers are put together.
    known = twice.earlier >= 0
    beside = np.where(known, _at(counts, later, np.maximum(twice.earlier, 0)), 0)
    total = np.where(repeat, size[later] + 1, size[later] + size[before])
    sum_of_squares = np.where(
        repeat, squares[later] + 2 * beside + 1, squares[later] + squares[before] + 2 * cross
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        differing = 1 - (sum_of_squares - total) / (total * (total - 1))
    return differing, total > 2


def _at(counts: sparse.csr_array, unit: Codes, value: NDArray[np.integer]) -> Floats:
    """How often each unit got each value (P,)."""
    width = counts.shape[1]
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    cells = row.astype(np.int64) * width + counts.indices
    order = np.argsort(cells, kind="stable")
    wanted = unit.astype(np.int64) * width + value
    place = np.minimum(np.searchsorted(cells[order], wanted), max(len(cells) - 1, 0))
    found = counts.data[order][place]
    return np.where(cells[order][place] == wanted, found, 0.0)
