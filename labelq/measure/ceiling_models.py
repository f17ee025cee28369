"""The models that simulated rounds of a ceiling are drawn from and fitted with again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes
from labelq.measure.consensus.dawid_skene import Fit, Model, Size, fit_model
from labelq.measure.consensus.estimation import chances_of_labels
from labelq.measure.consensus.weighted_mean import FREEDOM, MeanFit, fit_weighted_mean

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Who answered what: parallel arrays of unit positions, rater codes and label codes."""

    row: Index
    rater: Codes
    value: Codes
    size: Size


class Fitted(Protocol):
    """A fitted model: ``posterior`` (units × labels) and the ``best`` label code of each unit."""

    posterior: Floats
    best: Index

    def draw(self, votes: Votes, rng: np.random.Generator) -> tuple[Index, Codes]:
        """A round of the same design: each unit's true label, and each answer."""

    def again(self, votes: Votes) -> Fitted:
        """The same model fitted to other answers, roughly."""


@dataclass(slots=True, eq=False)
class OfVotes:
    """A confusion matrix or a coin per rater. ``counted``: the best label is the commonest vote."""

    model: Model
    fit: Fit
    counted: bool
    posterior: Floats
    best: Index

    @classmethod
    def of(
        cls, model: Model, votes: Votes, *, counted: bool, tolerance: float, most: int
    ) -> OfVotes:
        """The model fitted in at ``most`` so many iterations."""
        fit = fit_model(
            model,
            votes.row,
            votes.rater,
            votes.value,
            votes.size,
            tolerance=tolerance,
            max_iterations=most,
        )
        chosen: NDArray[Any] = fit.posterior
        if counted:
            cell = votes.row * chosen.shape[1] + votes.value
            chosen = np.bincount(cell, minlength=chosen.size).reshape(chosen.shape)
        # Rounded, so that equal posteriors tie on every machine: the first label then wins.
        best = np.round(chosen, 12).argmax(axis=1)
        return cls(model, fit, counted, fit.posterior, np.asarray(best))

    def again(self, votes: Votes) -> OfVotes:
        """The same model fitted to other answers, roughly."""
        return self.of(self.model, votes, counted=self.counted, tolerance=1e-2, most=30)

    def draw(self, votes: Votes, rng: np.random.Generator) -> tuple[Index, Codes]:
        """A round of the same design: each unit's true label, and each answer."""
        n_labels = self.posterior.shape[1]
        truth = rng.choice(n_labels, votes.size.units, p=self.fit.prior / self.fit.prior.sum())
        true = truth[votes.row]
        if self.fit.right is None:
            assert self.fit.confusion is not None
            reached = self.fit.confusion[votes.rater, true].cumsum(axis=1)
            u = rng.random(len(true)) * reached[:, -1]
            return truth, np.asarray((u[:, None] >= reached).sum(axis=1), np.int32)
        wrong = (true + rng.integers(1, n_labels, len(true))) % n_labels
        hit = rng.random(len(true)) < self.fit.right[votes.rater]
        return truth, np.asarray(np.where(hit, true, wrong), np.int32)


@dataclass(slots=True, eq=False)
class OfMeans:
    """Ordered labels as ``number`` (labels,): a value per unit, bias and noise per rater."""

    number: Floats
    fit: MeanFit
    posterior: Floats
    best: Index

    @classmethod
    def of(cls, number: Floats, votes: Votes) -> OfMeans:
        """The model fitted to ``votes``."""
        n_units, n_raters, _ = votes.size
        fit = fit_weighted_mean(
            number[votes.value], votes.row, votes.rater, n_units, n_raters, tolerance=1e-3
        )
        posterior, best = chances_of_labels(number, fit.mean, fit.sd)
        return cls(number, fit, posterior, best)

    def again(self, votes: Votes) -> OfMeans:
        """The same model fitted to other answers, roughly."""
        return self.of(self.number, votes)

    def draw(self, votes: Votes, rng: np.random.Generator) -> tuple[Index, Codes]:
        """A round of the same design: each unit's true label, and each answer."""
        mean = self.fit.mean
        # The means spread by their own error too, which the values do not.
        spread = float(mean.var())
        kept = max(spread - float((self.fit.sd**2).mean()), 0.0) / max(spread, 1e-300)
        value = mean.mean() + np.sqrt(kept) * (mean - mean.mean())
        value = value[rng.integers(0, len(value), len(value))]
        scale = np.sqrt(self.fit.variance)[votes.rater]
        noise = rng.standard_t(FREEDOM, len(votes.row)) * scale
        said = value[votes.row] + self.fit.bias[votes.rater] + noise
        return self._nearest(value), self._nearest(said).astype(np.int32)

    def _nearest(self, value: Floats) -> Index:
        order = np.argsort(self.number, kind="stable")
        ends = (self.number[order][1:] + self.number[order][:-1]) / 2
        return np.asarray(order[np.searchsorted(ends, value)])
