"""How well a perfect model could score: against one annotator, against the consensus.

A model that always gave the true label would still not match every answer of an annotator,
nor every label of the consensus. How often it would is what the model of votes estimates
(:mod:`labelq.measure.consensus`): the mean probability that an answer, or a
consensus label, is the true one. Such claims are a few points off, because every vote has a
part in the consensus that it is compared with. So rounds of the same design are simulated from
the fitted model, fitted again, and what they claim is compared with what is right there: the
mean difference is taken off (a parametric bootstrap), its spread gives the interval.

This rests on the model: raters err independently of each other, and the truth is what most
of them see. What all misread together is invisible; only gold shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings, Value, label_text
from labelq.measure.baseline import constant_answer
from labelq.measure.ceiling_models import Fitted, OfMeans, OfVotes, Votes
from labelq.measure.ceiling_of_numbers import LEAST_UNITS, ceiling_of_numbers
from labelq.measure.coefficients.distances import numbers
from labelq.measure.consensus.dawid_skene import MAX_ITERATIONS, Model, Size
from labelq.measure.intervals.estimates import MIN_VARIED
from labelq.measure.intervals.shares import wilson
from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Ceiling, Consensus

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MOST_RATINGS, MOST_CELLS = 6_000, 60_000
"""Ratings, and units × labels, of the sample of units that simulated rounds are made like."""

SIMULATIONS = 32
COST = 600_000
"""Fewer rounds are simulated, but 12, where ratings, posterior and matrices times rounds exceed
this."""

LABELS = (
    "share of labels that a model that is always right would match: a random task, then one of"
    " its annotators at random; estimated from the model of votes, its optimism taken off by"
    " simulated rounds of the same design; annotators as they are, tasks a random draw, errors"
    " independent between annotators"
)
SETS = "; a whole set of labels counts as one label, right or not"
TWO = (
    "; with two annotators both are taken to be right equally often, and the upper end is as if"
    " one of them were always right"
)


def ceiling(
    question: Question,
    ratings: Ratings,
    consensus: Consensus,
    *,
    gold: Codes | None = None,
    seed: int = 0,
    confidence: float = 0.95,
) -> Ceiling:
    """How a perfect model would score on ``question``, and always answering one label beside it.

    ``consensus`` is the round's, fitted without gold; ``gold`` (all units) holds value codes,
    -1 where there is none. Reasons of what is missing: ``no_overlap``, ``too_few_units`` (fewer
    than :data:`LEAST_UNITS` with two or more ratings), ``no_variation``, ``two_raters`` (no
    score against the consensus: who of two is right more often cannot be told),
    ``too_little_variation`` (no interval: fewer than ten units with differing answers),
    ``no_gold``, ``too_few_gold``.
    """
    if question.level == "ranking":
        return _not_measured(question, ratings, confidence)
    if question.level in ("interval", "ratio"):
        return ceiling_of_numbers(question, ratings, consensus, gold=gold, confidence=confidence)
    answers = _Answers.of(ratings)
    best = _codes(consensus.best, ratings.values)
    if question.level == "set":
        one, both, noise, uneven, n_sample, convention = _of_labels(
            answers, None, "one_coin", best, seed, confidence, counted=False
        )
        convention += SETS
    else:
        # Of a majority the "posterior" are shares of votes: no claim about the truth.
        means = consensus.method == "weighted_mean" and consensus.posterior.shape[1] > 0
        claims = means or consensus.method in ("dawid_skene", "one_coin")
        known = consensus.posterior if claims else None
        model: Model | Floats = "dawid_skene" if consensus.method == "dawid_skene" else "one_coin"
        if means:
            model = numbers(ratings.values)
        one, both, noise, uneven, n_sample, convention = _of_labels(
            answers, known, model, best, seed, confidence, counted=not claims
        )
    constant = constant_answer(ratings)
    commonest = None if constant is None else constant[0]
    right = None if gold is None else (gold[ratings.unit] == ratings.value).astype(np.float64)
    golden = None if gold is None else (gold[answers.units] == best).astype(np.float64)
    return Ceiling(
        question=question.name,
        score="exact_set_accuracy" if question.level == "set" else "accuracy",
        against_one=one,
        against_consensus=both,
        label_noise=noise,
        commonest=None if commonest is None else label_text(ratings.values[commonest]),
        baseline_one=None if constant is None else constant[1],
        baseline_consensus=None if commonest is None else float((best == commonest).mean()),
        gold_one=_against_gold(answers, right, gold, confidence),
        gold_consensus=_against_gold(answers, golden, gold, confidence),
        uneven=uneven,
        n_units=len(answers.units),
        n_ratings=len(ratings),
        n_sampled=n_sample,
        confidence=confidence,
        convention=convention,
    )


def _not_measured(question: Question, ratings: Ratings, confidence: float) -> Ceiling:
    nothing = Estimate(reason=question.no_labels)
    return Ceiling(
        question=question.name,
        score="none",
        against_one=nothing,
        against_consensus=nothing,
        label_noise=nothing,
        commonest=None,
        baseline_one=None,
        baseline_consensus=None,
        gold_one=nothing,
        gold_consensus=nothing,
        uneven=None,
        n_units=len(np.unique(ratings.unit)),
        n_ratings=len(ratings),
        n_sampled=0,
        confidence=confidence,
        convention="",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """Ratings by the position of their unit; ``weight`` adds up to 1, each unit's alike."""

    units: Codes
    row: Index
    rater: Codes
    value: Codes
    n_per_unit: NDArray[np.int64]
    weight: Floats

    @classmethod
    def of(cls, ratings: Ratings) -> _Answers:
        units, row = np.unique(ratings.unit, return_inverse=True)
        return cls.at(units.astype(np.int32), row, ratings.rater, ratings.value)

    @classmethod
    def at(cls, units: Codes, row: Index, rater: Codes, value: Codes) -> _Answers:
        n = np.bincount(row, minlength=len(units))
        return cls(units, row, rater, value, n, 1 / np.maximum(n[row] * max(len(units), 1), 1))

    def sample(self, size: int, rng: np.random.Generator) -> _Answers:
        """So many of the units, drawn at random, in their order."""
        if size >= len(self.units):
            return self
        chosen = np.sort(rng.permutation(len(self.units))[:size])
        keep = np.isin(self.row, chosen)
        row = np.searchsorted(chosen, self.row[keep])
        return self.at(self.units[chosen], row, self.rater[keep], self.value[keep])


def _of_labels(
    answers: _Answers,
    posterior: Floats | None,
    model: Model | Floats,
    best: Index,
    seed: int,
    confidence: float,
    *,
    counted: bool,
) -> tuple[Estimate, Estimate, Estimate, bool | None, int, str]:
    """Against one annotator, the consensus, its noise; unevenness; the sample; in words.

    ``counted``: the consensus is the commonest vote, not what the model finds likeliest.
    """
    multiple = answers.n_per_unit >= 2
    n_multiple = int(multiple.sum())
    first = answers.value[np.searchsorted(answers.row, np.arange(len(answers.units)))]
    varied = np.zeros(len(answers.units), np.bool_)
    varied[answers.row[answers.value != first[answers.row]]] = True
    reason = None
    if not n_multiple:
        reason = "no_overlap"
    elif n_multiple < LEAST_UNITS:
        reason = "too_few_units"
    elif len(np.unique(answers.value)) < 2:
        reason = "no_variation"
    if reason is not None:
        nothing = Estimate(n=n_multiple, reason=reason)
        return nothing, nothing, nothing, None, 0, LABELS
    rng = np.random.default_rng([seed, len(answers.row)])
    n_units = len(answers.units)
    n_labels = int(answers.value.max()) + 1 if posterior is None else posterior.shape[1]
    size = min(
        n_units,
        max(LEAST_UNITS, MOST_RATINGS * n_units // len(answers.row)),
        max(LEAST_UNITS, MOST_CELLS // n_labels),
    )
    sample = answers.sample(size, rng)
    fit, sample, votes = _fit(model, sample, counted=counted)
    if posterior is None:  # a consensus without a model: what the sample claims
        claimed = _claims(fit.posterior, sample, fit.best)
    else:
        claimed = _claims(posterior, answers, best)
    rounds, uneven = _simulated(fit, sample, votes, rng)
    n_raters_here = len(np.unique(answers.rater[multiple[answers.row]]))
    exact = int(varied.sum()) >= MIN_VARIED
    # What a sample of the units is off by shrinks with the number of units.
    thin = len(sample.units) / n_units
    one, both, noise = (
        _corrected(claim, off, thin, n_multiple, confidence, exact=exact)
        for claim, off in zip((*claimed, claimed[1]), rounds, strict=True)
    )
    if n_raters_here == 2:
        one = _of_two(one, answers, multiple)
        both = noise = Estimate(n=n_multiple, reason="two_raters")
    convention = LABELS + (TWO if n_raters_here == 2 else "")
    return one, both, _rest(noise), uneven, len(sample.units), convention


def _fit(
    model: Model | Floats, sample: _Answers, *, counted: bool
) -> tuple[Fitted, _Answers, Votes]:
    """The model on a sample; labels and raters that do not occur are left out.

    ``model`` is one of votes, or the numbers of ordered labels.
    """
    occurring, value = np.unique(sample.value, return_inverse=True)
    raters, rater = np.unique(sample.rater, return_inverse=True)
    codes = (rater.astype(np.int32), value.astype(np.int32))
    sample = _Answers.at(sample.units, sample.row, *codes)
    votes = Votes(sample.row, *codes, Size(len(sample.units), len(raters), len(occurring)))
    if isinstance(model, str):
        fit: Fitted = OfVotes.of(model, votes, counted=counted, tolerance=1e-4, most=MAX_ITERATIONS)
    else:
        fit = OfMeans.of(model[occurring], votes)
    return fit, sample, votes


def _claims(posterior: Floats, answers: _Answers, best: Index) -> tuple[float, float]:
    """Mean probability that an annotator's answer, and that a consensus label, is right."""
    one = float(answers.weight @ posterior[answers.row, answers.value])
    return one, float(posterior[np.arange(len(best)), best].mean())


def _simulated(
    fit: Fitted, sample: _Answers, votes: Votes, rng: np.random.Generator
) -> tuple[Floats, bool]:
    """Simulated rounds: claimed minus right, (3 × rounds).

    Against one annotator and against the consensus: right is the share expected of such
    rounds, because these intervals are about tasks like these. Last, the consensus again, with
    the share that is right in the round that was drawn: label noise is about these labels.
    And whether agreement is less even over units than in all but a few of a thousand rounds.
    """
    size = votes.size
    cost = len(sample.row) + size.units * size.labels + size.raters * size.labels**2
    n_rounds = max(12, min(SIMULATIONS, COST // cost))
    claimed, right = np.zeros((2, n_rounds)), np.zeros((2, n_rounds))
    uneven = np.zeros(n_rounds)
    for i in range(n_rounds):
        truth, value = fit.draw(votes, rng)
        again = fit.again(replace(votes, value=value))
        mine = replace(sample, value=value)
        uneven[i] = _unevenness(mine, size.labels)
        claimed[:, i] = _claims(again.posterior, mine, again.best)
        right[0, i] = sample.weight @ (value == truth[sample.row])
        right[1, i] = (again.best == truth).mean()
    expected = claimed - right.mean(axis=1, keepdims=True)
    usual = uneven.mean() + 3 * uneven.std(ddof=1)
    shown = _unevenness(sample, size.labels)
    return np.vstack([expected, claimed[1] - right[1]]), bool(shown > usual + 1e-12)


def _unevenness(answers: _Answers, n_labels: int) -> float:
    """The variance over units of the share of agreeing pairs, where three or more answered.

    With two answers it would only say again how often they agree.
    """
    n = answers.n_per_unit.astype(np.float64)
    cell, votes = np.unique(answers.row * n_labels + answers.value, return_counts=True)
    same = np.bincount(cell // n_labels, votes * (votes - 1.0), minlength=len(n))
    enough = n >= 3
    return float(np.var(same[enough] / (n * (n - 1))[enough])) if enough.any() else 0.0


def _corrected(
    claimed: float, off: Floats, thin: float, n: int, confidence: float, *, exact: bool
) -> Estimate:
    """What is claimed less what such rounds claim too much, with its interval.

    Wilson's, at the number of independent answers that would spread as much: it leaves 0 to 1
    nowhere.
    """
    from scipy.special import ndtri, stdtrit

    bias, spread = float(off.mean()) * thin, float(off.std(ddof=1)) * np.sqrt(thin)
    value = float(np.clip(claimed - bias, 0.0, 1.0))
    if not exact:
        return Estimate(value, None, None, n, "too_little_variation")
    # The correction is itself uncertain, by about half of its size.
    spread = float(np.hypot(spread, bias / 2))
    tail = 0.5 + confidence / 2
    spread *= float(stdtrit(len(off) - 1, tail) / ndtri(tail))  # few rounds were simulated
    edge = min(max(spread, 0.5 / n), 0.5)
    middle = float(np.clip(value, edge, 1 - edge))
    size = middle * (1 - middle) / spread**2 if spread > 0 else float(n)
    few = n * (1 - value) < 5  # so few wrong ones that only the number of units bounds their share
    size = min(size, float(n)) if few else size
    lower, upper = wilson(np.array([value]), np.array([size]), confidence)
    return Estimate(value, float(lower[0]), 1.0 if few else float(upper[0]), n, None)


def _of_two(one: Estimate, answers: _Answers, multiple: NDArray[np.bool_]) -> Estimate:
    """With two raters the upper end is as if one were always right: (1 + agreement) / 2."""
    if one.upper is None:
        return one
    pairs = answers.row[multiple[answers.row]]
    values = answers.value[multiple[answers.row]]
    start = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))
    agree = values[start] == values[start + 1]
    return Estimate(
        one.value, one.lower, max(one.upper, float(1 + agree.mean()) / 2), one.n, one.reason
    )


def _rest(right: Estimate) -> Estimate:
    """The share that is wrong: the rest to 1."""
    if right.value is None:
        return right
    if right.lower is None or right.upper is None:
        return Estimate(1 - right.value, None, None, right.n, right.reason)
    return Estimate(1 - right.value, 1 - right.upper, 1 - right.lower, right.n, None)


def _codes(values: tuple[Value, ...], known: tuple[Value, ...]) -> Index:
    """Codes of ``values`` among ``known``, -1 for a set that nobody gave."""
    position = {value: i for i, value in enumerate(known)}
    return np.array([position.get(value, -1) for value in values], np.intp)


def _against_gold(
    answers: _Answers, right: Floats | None, gold: Codes | None, confidence: float
) -> Estimate:
    """The mean of ``right`` (per rating, or per unit) over the units with gold."""
    if right is None or gold is None:
        return Estimate(reason="no_gold")
    if len(right) == len(answers.row) and len(right) != len(answers.units):
        right = np.bincount(answers.row, right) / answers.n_per_unit
    x = right[gold[answers.units] >= 0]
    n = len(x)
    if n < LEAST_UNITS:
        return Estimate(n=n, reason="too_few_gold" if n else "no_gold")
    share, variance = float(x.mean()), float(x.var(ddof=1)) / n
    # The number of independent answers that would spread as much.
    size = share * (1 - share) / variance if variance > 0 else float(n)
    lower, upper = wilson(np.array([share]), np.array([size]), confidence)
    return Estimate(share, float(lower[0]), float(upper[0]), n, None)
