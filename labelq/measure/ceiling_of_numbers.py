"""How well a perfect model could do where answers are numbers: its mean absolute error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings, label_text
from labelq.measure.intervals.estimates import MIN_VARIED
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Ceiling, Consensus

Floats = NDArray[np.float64]

LEAST_UNITS = 30
"""Units with two or more ratings (or with gold) below which nothing is said."""

NUMBERS = (
    "mean absolute error, in the question's own units, of a model that is always right: the mean"
    " absolute difference of two annotators, over the square root of two, as for normal,"
    " independent errors; against the consensus by how much less medians (or means) of so many"
    " such answers err; annotators as they are, tasks a random draw"
)


def ceiling_of_numbers(
    question: Question,
    ratings: Ratings,
    consensus: Consensus,
    *,
    gold: Codes | None,
    confidence: float,
) -> Ceiling:
    """Mean absolute errors of the truth: against one annotator, and against the consensus.

    Reasons as in :func:`labelq.measure.ceiling.ceiling`.
    """
    units, row = np.unique(ratings.unit, return_inverse=True)
    numbers = np.array(ratings.values, np.float64)
    x = numbers[ratings.value]
    best = np.array(consensus.best, np.float64)
    n = np.bincount(row, minlength=len(units))
    order = np.lexsort((x, row))
    rank = np.arange(len(x)) - np.repeat(np.cumsum(n) - n, n)
    # Over sorted values the sum of all differences of pairs is a weighted sum.
    weight = (2 * rank - n[row] + 1) * x[order]
    pairs = n * (n - 1) / 2
    apart = np.bincount(row, weight, minlength=len(n))[n >= 2] / pairs[n >= 2]
    one = _mean(apart / np.sqrt(2), confidence, "no_overlap")
    error = _median_error if consensus.method == "median" else _mean_error
    share = float(error(n).mean()) if len(n) else 0.0
    both = one if one.value is None else _times(one, share)
    middle = float(np.median(x)) if len(x) else None
    known = None if gold is None else gold[units] >= 0
    none = Estimate(reason="no_gold")
    golden = (none, none)
    if gold is not None and known is not None:
        truth = numbers[gold[units]]
        off = np.bincount(row, np.abs(x - truth[row])) / n
        golden = (
            _mean(off[known], confidence, "no_gold"),
            _mean(np.abs(best - truth)[known], confidence, "no_gold"),
        )
    return Ceiling(
        question=question.name,
        score="mean_absolute_error",
        against_one=one,
        against_consensus=both,
        label_noise=both,
        commonest=None if middle is None else label_text(middle),
        baseline_one=None
        if middle is None
        else float((np.bincount(row, np.abs(x - middle)) / n).mean()),
        baseline_consensus=None if middle is None else float(np.abs(best - middle).mean()),
        gold_one=golden[0],
        gold_consensus=golden[1],
        uneven=None,
        n_units=len(units),
        n_ratings=len(ratings),
        n_sampled=len(units),
        confidence=confidence,
        convention=NUMBERS,
    )


def _mean(x: Floats, confidence: float, none: str) -> Estimate:
    """A mean over units with Student's interval."""
    from scipy.special import stdtrit

    n = len(x)
    if n < LEAST_UNITS:
        few = "too_few_gold" if none == "no_gold" else "too_few_units"
        return Estimate(n=n, reason=few if n else none)
    value, spread = float(x.mean()), float(x.std(ddof=1)) / np.sqrt(n)
    if int((x > 0).sum()) < MIN_VARIED:
        return Estimate(value, None, None, n, "too_little_variation")
    reach = float(stdtrit(n - 1, 0.5 + confidence / 2)) * spread
    return Estimate(value, max(0.0, value - reach), value + reach, n, None)


def _times(one: Estimate, share: float) -> Estimate:
    value, lower, upper = (
        None if v is None else v * share for v in (one.value, one.lower, one.upper)
    )
    return Estimate(value, lower, upper, one.n, one.reason)


def _mean_error(m: NDArray[np.int64]) -> Floats:
    """The mean absolute error of a mean of ``m`` normal values, over that of one."""
    return np.asarray(1 / np.sqrt(m))


_OF_MEDIANS = np.array(
    [1.0, 1.0, 0.5**0.5, 0.66881, 0.5459, 0.53484, 0.4629, 0.45822, 0.4104, 0.40716, 0.3713]
)
"""Mean absolute errors of medians of 0 to 10 normal values: by integration over the density
of the median (odd), by two million draws (even, and exactly at 2)."""


def _median_error(m: NDArray[np.int64]) -> Floats:
    """The mean absolute error of the median of ``m`` normal values, over that of one.

    From eleven on by the normal law of medians, an even number being as good as the next odd.
    """
    large = np.sqrt(np.pi / (2 * (m + (m + 1) % 2 + 0.47)))
    return np.asarray(np.where(m < len(_OF_MEDIANS), _OF_MEDIANS[np.minimum(m, 10)], large))
