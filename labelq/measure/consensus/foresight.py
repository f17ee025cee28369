"""Does a vote mend as much as the model of raters expects? Tried on votes that it has not seen.

On some units one vote is hidden and the consensus made anew. What this vote, by this rater, is
then expected to mend is compared with what it does mend when it is added again, judged by gold
where there is gold, else by another hidden vote: a label that is right is given by the judge
with the chance of a right answer, one that is wrong with that of a wrong one, so the judge's
agreement moves by the loss times the difference of the two.

The factor is what was mended over what was expected, with an interval by resampling units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings
from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.prospects import Channels, costs_of
from labelq.measure.consensus.value_of_votes import CELLS
from labelq.measure.results import Consensus

Floats = NDArray[np.float64]

LEAST_UNITS = 30
LEAST_EXPECTED = 2.0
"""Below so many units, or so many wrong labels fewer that are expected in all, nothing is said:
the factor would be noise.
"""

TIMES = 10
"""So often other votes are hidden, one unit in five each time."""

MOST_RATINGS = 10_000
"""Beyond so many ratings units are drawn."""

RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Foresight:
    """``mended`` and ``expected`` of ``n`` hidden votes on ``n_units``; ``factor`` is their
    ratio with its interval, None where ``reason`` says why not.
    """

    question: str
    basis: Literal["gold", "held_out"]
    n: int
    n_units: int
    expected: float
    mended: float
    factor: float | None
    lower: float | None
    upper: float | None
    reason: str | None


def foresight(
    question: Question,
    ratings: Ratings,
    n_raters: int,
    gold: Codes | None = None,
    *,
    seed: int = 0,
    confidence: float = 0.95,
) -> Foresight:
    """Compare what votes mend with what is expected of them, on one question.

    ``gold`` holds value codes of ``ratings`` per unit code, -1 where there is none. Reasons:
    ``no_labels`` (numbers, sets and rankings), ``too_few_units``, ``too_little_expected``.
    """
    n_votes = np.bincount(ratings.unit)
    known: NDArray[np.bool_] = np.zeros(len(n_votes), bool)
    if gold is not None:
        known = (gold[: len(n_votes)] >= 0) & (n_votes >= 2)
    by_gold = int(known.sum()) >= LEAST_UNITS
    basis: Literal["gold", "held_out"] = "gold" if by_gold else "held_out"
    # Two are hidden where a vote judges, and at least two must be left to have a label at all.
    able = known if by_gold else n_votes >= 4
    if question.no_labels or question.level == "set":
        return _nothing(question, basis, 0, "no_labels")
    if int(able.sum()) < LEAST_UNITS:
        return _nothing(question, basis, int(able.sum()), "too_few_units")
    rng = np.random.default_rng([seed, len(ratings)])
    if len(ratings) > MOST_RATINGS:
        kept = rng.random(len(n_votes)) < MOST_RATINGS / len(ratings)
        ratings, able = ratings.select(kept[ratings.unit]), able & kept
    expected, mended, n = (np.zeros(len(n_votes)) for _ in range(3))
    for _ in range(TIMES):
        units = np.flatnonzero(able)
        units = np.sort(rng.choice(units, max(len(units) // 5, 1), replace=False))
        first, judge = _drawn(ratings, units, rng)
        hidden = np.zeros(len(ratings), bool)
        hidden[first] = True
        if not by_gold:
            hidden[judge] = True
        found = consensus(question, ratings.select(~hidden), n_raters)
        if not found.posterior.shape[1]:
            return _nothing(question, basis, int(able.sum()), "no_labels")
        truth = None if gold is None or not by_gold else gold[units]
        told = _tried(question, found, ratings.select(~hidden), ratings, first, judge, truth)
        expected[units] += told[0]
        mended[units] += told[1]
        n[units] += 1
    tried = np.flatnonzero(n)
    if float(expected.sum()) < LEAST_EXPECTED:
        return _nothing(question, basis, len(tried), "too_little_expected")
    each = np.stack([expected[tried], mended[tried]])
    draws = rng.multinomial(len(tried), np.full(len(tried), 1 / len(tried)), RESAMPLES)
    sums = draws @ each.T
    factors = sums[:, 1] / np.maximum(sums[:, 0], 1e-12)
    ends = np.quantile(factors, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Foresight(
        question.name,
        basis,
        int(n.sum()),
        len(tried),
        float(expected.sum()),
        float(mended.sum()),
        float(mended.sum() / expected.sum()),
        float(ends[0]),
        float(ends[1]),
        None,
    )


def _nothing(
    question: Question, basis: Literal["gold", "held_out"], n: int, reason: str
) -> Foresight:
    return Foresight(question.name, basis, 0, n, 0.0, 0.0, None, None, None, reason)


def _drawn(
    ratings: Ratings, units: NDArray[np.intp], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two votes of each of ``units`` by chance (the second may be of no use): row numbers."""
    rows = np.flatnonzero(np.isin(ratings.unit, units))
    rows = rows[np.lexsort((rng.random(len(rows)), ratings.unit[rows]))]
    start = np.searchsorted(ratings.unit[rows], units)
    return rows[start], rows[start + 1]


def _tried(
    question: Question,
    found: Consensus,
    rest: Ratings,
    ratings: Ratings,
    first: NDArray[np.intp],
    judge: NDArray[np.intp],
    truth: Codes | None,
) -> tuple[Floats, Floats]:
    """Per unit, what the vote ``first`` is expected to mend, and what it mends.

    ``found`` is the consensus on the ratings that are left (``rest``).
    """
    n_labels = found.posterior.shape[1]
    costs = costs_of(question, n_labels)
    channels = Channels.of(
        found.posterior,
        np.searchsorted(found.units, rest.unit),
        rest.rater,
        rest.value,
        int(ratings.rater.max()) + 1,
        coin=found.method == "one_coin",
    )
    at = np.searchsorted(found.units, ratings.unit[first])
    expected, mended = np.zeros(len(first)), np.zeros(len(first))
    step = max(1, CELLS // n_labels**2)
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        posterior = found.posterior[at[part]]
        chance = channels.each(ratings.rater[first[part]])
        before = np.round(posterior @ costs, 12).argmin(axis=1)
        joint = posterior[:, :, None] * chance  # units × true × given
        after = np.round(joint.transpose(0, 2, 1) @ costs, 12).argmin(axis=2)  # units × given
        judged = np.broadcast_to(costs, chance.shape)  # units × true × decided
        if truth is None:
            judged = channels.each(ratings.rater[judge[part]]) @ costs
        row = np.arange(len(before))
        fell = judged[row, :, before][:, :, None] - np.take_along_axis(
            judged, after[:, None, :], axis=2
        )  # units × true × given
        expected[part] = (joint * fell).sum(axis=(1, 2))
        right = ratings.value[judge[part]] if truth is None else truth[part]
        now = after[row, ratings.value[first[part]]]
        mended[part] = costs[right, before] - costs[right, now]
    return expected, mended
