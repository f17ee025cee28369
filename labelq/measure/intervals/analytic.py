"""Published standard errors, for intervals that other programs give too.

Gwet (2014), chapters 5 and 6, as irrCAC computes them: the coefficient is written as a mean of
one linearised number per unit, its variance is that of a mean, and Student's t with n - 1
degrees of freedom gives the interval. Units with one rating count in n, where they count in
the marginals. Raw agreement, Brennan-Prediger, Fleiss, Conger, AC1 and AC2, and alpha with a
fixed distance have one; Cohen's kappa has that of Fleiss, Cohen & Everitt (1969), which stands
with its formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelq.labels.statistics import RaterPatterns
from labelq.measure.additive import CountTable, Floats
from labelq.measure.coefficients import icc
from labelq.measure.coefficients.chance import agreeing_share
from labelq.measure.coefficients.scale import Scale, Weights


@dataclass(frozen=True, slots=True)
class PublishedError:
    """A standard error with the degrees of freedom of its t (inf: normal).

    ``ends`` gives the interval's ends at a confidence instead, where these are published and
    no error is (None: not for these data).
    """

    error: float
    df: float
    ends: Callable[[float], tuple[float, float] | None] | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What is published for a coefficient, computed when it is asked for.

    ``error`` gives the standard error of the value (or None where the variant has none),
    ``null`` the one if the true value is 0 (nan where it does not apply).
    """

    error: Callable[[], PublishedError | None] | None = None
    null: Callable[[], float] | None = None


def raw_agreement(table: CountTable, _name: None, _scale: Scale) -> PublishedError:
    """Of the share of agreeing pairs: Brennan-Prediger's with nothing expected."""
    return _of_mean(table, _observed(table, agreeing_share(table, None), 0.0))


def brennan_prediger(table: CountTable, name: str | None, scale: Scale) -> PublishedError:
    """Of Brennan-Prediger's coefficient: only the observed agreement varies."""
    W = scale.weights(name)
    p_e = W.total / W.q**2
    return _of_mean(table, _observed(table, agreeing_share(table, W), p_e))


def fleiss_kappa(table: CountTable, name: str | None, scale: Scale) -> PublishedError:
    """Of Fleiss' kappa, weighted or not."""
    W = scale.weights(name)
    pi = _marginals(table)
    toward = W.spread(pi)
    expected = table.scaled(1 / np.maximum(table.m, 1)) @ toward
    return _of_corrected(table, W, float(pi @ toward), np.asarray(expected, np.float64))


def gwet_ac(table: CountTable, name: str | None, scale: Scale) -> PublishedError:
    """Of AC1 and AC2."""
    W = scale.weights(name)
    pi = _marginals(table)
    factor = W.total / (W.q * (W.q - 1))
    expected = factor * (table.scaled(1 / np.maximum(table.m, 1)) @ (1 - pi))
    return _of_corrected(
        table, W, factor * float((pi * (1 - pi)).sum()), np.asarray(expected, np.float64)
    )


def alpha(table: CountTable, name: str, scale: Scale) -> PublishedError | None:
    """Of Krippendorff's alpha; None for the ordinal distance, which follows the marginals.

    With agreement weights 1 - distance / largest distance, on units with two or more ratings.
    """
    if name == "ordinal":
        return None
    used = np.flatnonzero(table.totals > 0)
    if len(used) < 2 or len(used) > _MOST_VALUES:
        return None
    a, b = (grid.ravel() for grid in np.meshgrid(used, used, indexing="ij"))
    D = scale.distance(name)(a, b).reshape(len(used), -1)
    largest = float(D.max())
    keep = table.pairable
    A = np.asarray(table.counts[:, used].toarray(), np.float64)[keep]
    m, weight = table.m[keep], table.multiplicity[keep].astype(float)
    n, ratings = weight.sum(), float(weight @ m)
    mean_m = ratings / n
    W = 1 - D / largest
    agreeing = (A * (A @ W - 1)).sum(axis=1) / (mean_m * (m - 1))
    p_o = float(weight @ agreeing) / n
    p_a = (1 - 1 / ratings) * p_o + 1 / ratings
    pi = (weight @ A) / (n * mean_m)
    p_e = float(pi @ W @ pi)
    surplus = (m - mean_m) / mean_m
    observed = (agreeing - p_a * surplus - p_e) / (1 - p_e)
    expected = A @ (W @ pi) / mean_m - p_e * surplus
    uncorrected = (p_o - p_e) / (1 - p_e)
    x = observed - 2 * (1 - uncorrected) * (expected - p_e) / (1 - p_e)
    return _of_values(x - uncorrected, weight)


def icc_1(table: CountTable, _name: None, scale: Scale) -> PublishedError:
    """Of ICC(1,1), as of all ICCs: the ends from the F distribution, on complete data."""
    return _by_f(lambda c: icc.f_one_way(table, scale, c, of_mean=False))


def icc_1k(table: CountTable, _name: None, scale: Scale) -> PublishedError:
    """Of ICC(1,k)."""
    return _by_f(lambda c: icc.f_one_way(table, scale, c, of_mean=True))


def icc_2(patterns: RaterPatterns, _name: None, scale: Scale) -> PublishedError:
    """Of ICC(2,1), with approximate degrees of freedom."""
    return _by_f(lambda c: icc.f_two_way(patterns, scale, c, fixed=False, of_mean=False))


def icc_2k(patterns: RaterPatterns, _name: None, scale: Scale) -> PublishedError:
    """Of ICC(2,k), with approximate degrees of freedom."""
    return _by_f(lambda c: icc.f_two_way(patterns, scale, c, fixed=False, of_mean=True))


def icc_3(patterns: RaterPatterns, _name: None, scale: Scale) -> PublishedError:
    """Of ICC(3,1)."""
    return _by_f(lambda c: icc.f_two_way(patterns, scale, c, fixed=True, of_mean=False))


def icc_3k(patterns: RaterPatterns, _name: None, scale: Scale) -> PublishedError:
    """Of ICC(3,k)."""
    return _by_f(lambda c: icc.f_two_way(patterns, scale, c, fixed=True, of_mean=True))


def _by_f(ends: Callable[[float], tuple[float, float] | None]) -> PublishedError:
    return PublishedError(float("nan"), float("nan"), ends)


_MOST_VALUES = 2_000
"""Distances between more distinct values are not held as an array here."""


def conger_kappa(patterns: RaterPatterns, name: str | None, scale: Scale) -> PublishedError:
    """Of Conger's kappa (Gwet 2014, chapter 6: the raters' own marginals vary too)."""
    from labelq.measure.coefficients.conger import counts_of

    W = scale.weights(name)
    table = counts_of(patterns, W.q)
    n = float(patterns.multiplicity.sum())
    raters, rater = np.unique(patterns.rater, return_inverse=True)
    r = len(raters)
    weight = np.repeat(patterns.multiplicity, np.diff(patterns.start)).astype(float)
    share = np.zeros((r, W.q))
    np.add.at(share, (rater, patterns.value), weight)
    n_rater = share.sum(axis=1)
    share /= n_rater[:, None]
    others = share.sum(axis=0) - share  # of each rater, all other raters' shares together
    p_e = float((share * W.spread(others)).sum() / (r * (r - 1)))
    # A rating of g with label k moves p_e by how k agrees with the others' marginals, relative
    # to what g's ratings do on the average.
    toward = W.spread(others)
    average = (share * toward).sum(axis=1)
    moved = (toward[rater, patterns.value] - average[rater]) * n / n_rater[rater]
    pattern = np.repeat(np.arange(len(patterns.multiplicity)), np.diff(patterns.start))
    expected = np.bincount(pattern, moved, minlength=len(patterns.multiplicity))
    expected = (expected + average.sum()) / (r * (r - 1))
    return _of_corrected(table, W, p_e, expected)


def fleiss_null(table: CountTable, name: str | None, _scale: Scale) -> float:
    """Of unweighted Fleiss' kappa if it is 0, for equally many ratings per unit; else nan.

    Fleiss, Nee & Landis (1979): 2 ((sum pq)² - sum pq(q-p)) / (n m (m-1) (sum pq)²), q = 1-p.
    """
    m = table.m[table.m >= 1]
    if name is not None or not len(m) or m.min() != m.max() or m[0] < 2:
        return float("nan")
    p = _marginals(table)
    q = 1 - p
    total = float((p * q).sum())
    if not total > 0:
        return float("nan")
    n, k = float(table.multiplicity.sum()), float(m[0])
    variance = 2 * (total**2 - float((p * q * (q - p)).sum())) / (n * k * (k - 1) * total**2)
    return float(np.sqrt(max(variance, 0.0)))


def _marginals(table: CountTable) -> Floats:
    """Mean over rated units of each label's share there, (q,)."""
    weight = table.multiplicity * (table.m >= 1)
    shares = table.scaled(1 / np.maximum(table.m, 1))
    pi: Floats = np.asarray(weight.astype(float) @ shares, np.float64).ravel() / weight.sum()
    return pi


def _observed(table: CountTable, agreeing: Floats, p_e: float) -> Floats:
    """Per pattern (n/n2) · (p_a - p_e) / (1 - p_e); 0 for units with one rating."""
    n = table.multiplicity[table.m >= 1].sum()
    x: Floats = (n / table.n_units) * (agreeing - p_e * table.pairable) / (1 - p_e)
    return x


def _of_corrected(table: CountTable, W: Weights, p_e: float, expected: Floats) -> PublishedError:
    x = _observed(table, agreeing_share(table, W), p_e)
    weight = table.multiplicity * (table.m >= 1)
    value = float(weight @ x) / weight.sum()
    return _of_mean(table, x - 2 * (1 - value) * (expected - p_e) / (1 - p_e))


def _of_mean(table: CountTable, x: Floats) -> PublishedError:
    weight = (table.multiplicity * (table.m >= 1)).astype(float)
    value = float(weight @ x) / weight.sum()
    return _of_values(x - value, weight)


def _of_values(deviation: Floats, weight: Floats) -> PublishedError:
    n = float(weight.sum())
    if n < 2:
        return PublishedError(float("nan"), float("nan"))
    return PublishedError(float(np.sqrt(weight @ deviation**2 / (n * (n - 1)))), n - 1)
