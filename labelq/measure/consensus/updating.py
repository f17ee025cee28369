"""A round's consensus, updated by what came after the round: queue votes and decisions.

The model is fitted to the round's ratings alone. Units in a queue were chosen because raters
split on them: fitted to their second votes too, raters would look better than they are (the
wrong answers are replaced) or worse (the hard units count twice), and so would every label.
So each rater keeps the confusion matrix (or coin, or bias and variance) that the round shows,
and only the units that got new votes are judged anew, by Bayes' rule, from everyone's last word
on them:

    posterior(true) ∝ share of the label in the round · Π chance that this rater says this

Somebody whom the round does not know is taken to be like its raters together. A label that a
reviewer decided is certain. All other units keep their posterior, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Question, Ratings, Value
from labelq.labels.statistics import weighted_count
from labelq.measure.coefficients.distances import numbers
from labelq.measure.consensus.borda import borda
from labelq.measure.consensus.dawid_skene import POOLED, TINY, Floats, seen_answers
from labelq.measure.consensus.estimation import by_means, majority, median, ticks
from labelq.measure.consensus.soundness import compared
from labelq.measure.consensus.weighted_mean import fit_weighted_mean
from labelq.measure.results import Consensus

__all__ = ["updated"]


def updated(
    question: Question,
    of_round: Consensus,
    ratings: Ratings,
    votes: Ratings,
    *,
    asked_again: Codes,
    n_voters: int,
    decided: Mapping[int, Value],
) -> Consensus:
    """``of_round``, the consensus on ``ratings``, with everything that came later.

    ``votes`` are everyone's last words, with rater codes below ``n_voters`` that begin with
    the raters' own; ``asked_again`` the units that got votes through a queue, ``decided`` what
    reviewers decided, by unit code. ``accuracy`` stays what the round shows.
    """
    if not len(asked_again) and not decided:
        return of_round
    found = _with_votes(question, of_round, ratings, votes, np.unique(asked_again), n_voters)
    certain = np.array(sorted(decided), np.int32)
    found = _decided(_room_for(found, certain), decided)
    return compared(question, votes, found, known=certain)


_COUNTED = {"median": median, "majority": majority, "borda": borda}
"""Methods without a model of raters."""


def _with_votes(
    question: Question,
    of_round: Consensus,
    ratings: Ratings,
    votes: Ratings,
    again: Codes,
    n_voters: int,
) -> Consensus:
    if not len(again):
        return of_round
    if of_round.method in _COUNTED:  # no model of raters: simply everyone's votes
        units, row = np.unique(votes.unit, return_inverse=True)
        recount = _COUNTED[of_round.method]
        if question.level != "set":
            counted = recount(question, votes, units.astype(np.int32), row)
            return replace(counted, accuracy=of_round.accuracy, why=of_round.why)
    found = _room_for(of_round, again)
    new = votes.select(np.isin(votes.unit, again))
    if of_round.method == "weighted_mean":
        return _with_numbers(found, of_round.units, ratings, new, again, n_voters)
    judge = _Judge(
        counted=of_round.method == "majority",
        coin=of_round.method == "one_coin",
        row=np.searchsorted(of_round.units, ratings.unit),
        rater=ratings.rater,
        new_row=np.searchsorted(again, new.unit),
        new_rater=new.rater,
        n_voters=n_voters,
    )
    at = np.searchsorted(found.units, again)
    posterior = found.posterior.copy()
    best = list(found.best)
    if question.level != "set":
        posterior[at] = judge(of_round.posterior, ratings.value, new.value)
        for i, code in zip(at, np.round(posterior[at], 12).argmax(axis=1), strict=True):
            best[i] = found.labels[code]
        return replace(found, posterior=posterior, best=tuple(best))
    before, after = ticks(question, ratings), ticks(question, new)
    for i in range(len(question.labels)):
        ticked = of_round.posterior[:, i]
        posterior[at, i] = judge(
            np.column_stack([1 - ticked, ticked]),
            before[ratings.value, i].astype(np.int32),
            after[new.value, i].astype(np.int32),
        )[:, 1]
    for i in at.tolist():
        chosen = np.flatnonzero(np.round(posterior[i], 12) > 0.5)
        best[i] = cast("Value", frozenset(found.labels[label] for label in chosen.tolist()))
    return replace(found, posterior=posterior, best=tuple(best))


def _with_numbers(
    found: Consensus, units: Codes, ratings: Ratings, new: Ratings, again: Codes, n_voters: int
) -> Consensus:
    """The means of the units asked again, by everyone's bias and variance in the round."""
    value = numbers(ratings.values)[ratings.value]
    row = np.searchsorted(units, ratings.unit)
    fit = fit_weighted_mean(value, row, ratings.rater, len(units), n_voters)
    told = numbers(new.values)[new.value]
    judged = fit.judge(told, np.searchsorted(again, new.unit), new.rater, len(again))
    assert found.mean is not None
    assert found.sd is not None
    mean, sd = found.mean.copy(), found.sd.copy()
    at = np.searchsorted(found.units, again)
    mean[at], sd[at] = judged
    return by_means(found, mean, sd)


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """What new votes say, from what the round shows of its raters.

    The round's ratings are ``row`` (of its posterior) and ``rater``, the votes on the units
    to be judged anew ``new_row`` (sorted, without a gap) and ``new_rater``. ``counted``: by
    shares of votes, nothing else.
    """

    counted: bool
    coin: bool
    row: NDArray[np.integer]
    rater: Codes
    new_row: NDArray[np.integer]
    new_rater: Codes
    n_voters: int

    def __call__(self, posterior: Floats, given: Codes, new: Codes) -> Floats:
        """The posterior (units × labels) of the new votes, given the round's ``posterior``."""
        starts = np.flatnonzero(np.diff(self.new_row, prepend=-1))
        if self.counted or not len(self.row):  # nothing is known of anybody: shares of votes
            said = np.eye(posterior.shape[1])[new]
            shares = np.add.reduceat(said, starts, axis=0)
            return np.asarray(shares / shares.sum(axis=1, keepdims=True))
        # Smoothed as the raters are: a label that the round never saw is rare, not impossible.
        prior = posterior.sum(axis=0) + POOLED.even / posterior.shape[1]
        score = np.log(prior / prior.sum())
        chance = self._coins if self.coin else self._confusions
        votes = np.log(np.maximum(chance(posterior, given, new), TINY))
        score = score + np.add.reduceat(votes, starts, axis=0)
        found = np.exp(score - score.max(axis=1, keepdims=True))
        judged: Floats = found / found.sum(axis=1, keepdims=True)
        return judged

    def _confusions(self, posterior: Floats, given: Codes, new: Codes) -> Floats:
        """The chance of each new vote if each label were true: votes × labels."""
        n_units, n_labels = posterior.shape
        column = self.rater.astype(np.int64) * n_labels + given
        shape = (n_units, self.n_voters * n_labels)
        answers = sparse.csr_array((np.ones(len(column)), (self.row, column)), shape=shape)
        # Somebody whom the round does not know gets what its raters show together.
        chance = POOLED.matrices(seen_answers(answers, posterior))
        return np.asarray(chance[self.new_rater, new])

    def _coins(self, posterior: Floats, given: Codes, new: Codes) -> Floats:
        n_labels = posterior.shape[1]
        likely = posterior[self.row, given]
        right = weighted_count(self.rater, likely, self.n_voters)
        answered = np.bincount(self.rater, minlength=self.n_voters).astype(np.float64)
        right = POOLED.coins(right, answered)
        wrong = (1 - right) / max(n_labels - 1, 1)
        chance = np.repeat(wrong[self.new_rater][:, None], n_labels, axis=1)
        chance[np.arange(len(new)), new] = right[self.new_rater]
        return chance


def _room_for(consensus: Consensus, units: Codes) -> Consensus:
    """The consensus with rows for ``units`` too: a unit may be new to this question."""
    new = np.setdiff1d(units, consensus.units)
    if not len(new):
        return consensus
    joined = np.append(consensus.units, new).astype(np.int32)
    order = np.argsort(joined)
    nothing = np.zeros((len(new), consensus.posterior.shape[1]))

    def longer(column: Floats | None) -> Floats | None:
        return None if column is None else np.append(column, np.zeros(len(new)))[order]

    best = (*consensus.best, *[consensus.best[0] if consensus.best else 0.0] * len(new))
    return replace(
        consensus,
        units=joined[order],
        posterior=np.concatenate([consensus.posterior, nothing])[order],
        mean=longer(consensus.mean),
        sd=longer(consensus.sd),
        best=tuple(best[i] for i in order.tolist()),
    )


def _decided(consensus: Consensus, decided: Mapping[int, Value]) -> Consensus:
    """What reviewers decided is certain."""
    posterior, best = consensus.posterior.copy(), list(consensus.best)
    mean, sd = (None if x is None else x.copy() for x in (consensus.mean, consensus.sd))
    position = {label: i for i, label in enumerate(consensus.labels)}
    number = numbers(consensus.labels) if mean is not None else np.zeros(0)
    for unit, row in zip(decided, np.searchsorted(consensus.units, list(decided)), strict=True):
        best[row] = value = decided[unit]
        if mean is not None and sd is not None:
            mean[row] = number[position[value]] if consensus.labels else cast("float", value)
            sd[row] = 0.0
        if not posterior.shape[1]:
            continue
        posterior[row] = 0.0
        if isinstance(value, frozenset):
            # Paths are not among the values of a question, only in its sets: here they are labels.
            posterior[row, [position[cast("Value", label)] for label in value]] = 1.0
        else:
            posterior[row, position[value]] = 1.0
    return replace(consensus, posterior=posterior, best=tuple(best), mean=mean, sd=sd)
