"""The model of Dawid and Skene (1979), and its one-coin form, fitted by EM.

Each rater has a confusion matrix, the chance to answer *g* where *t* is true; in the one-coin
form a single number, the chance to be right, wrong answers being equally likely. Matrices (or
coins) and the units' labels are estimated in turn, from each unit's shares of votes on.

A matrix of a rater with few answers is drawn to what the raters show together. That is done
in two steps (:class:`Smoothing`): the rater's own share of right answers, drawn to the shares
that the pooled matrix expects on the same units, sets the diagonal of the matrix that is
expected of the rater; then each row of what the rater gave is drawn to a row of that matrix.

One EM step is two sparse products: (units × raters·labels) with the matrices, and transposed
with the posterior. Units with equal answers share one row of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes
from labelq.labels.statistics import group_runs, weighted_count

Floats = NDArray[np.float64]
Model = Literal["dawid_skene", "one_coin"]

MAX_ITERATIONS = 2000
TOLERANCE = 1e-6
"""EM ends when no probability of any label of any unit moves by more in one iteration."""

MANY_CELLS = 1_000_000
"""With so many units × labels an iteration leaves out units that hardly move."""

TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How much is added to what a rater gave, in answers (Dirichlet pseudo-counts).

    ``pooled`` answers per row are spread as the raters together lead to expect of this rater,
    whose share of right answers is known with ``skill`` answers' worth of prior; ``even``
    answers per row are spread evenly, so that what was never seen is rare, not impossible.
    ``coin`` is the prior of a coin, towards all raters' coin. ``floor`` is the least count of
    a label that the rater ever gave (crowd-kit's way). The defaults won in the simulations
    that docs/consensus.md shows.
    """

    pooled: float = 10.0
    skill: float = 5.0
    even: float = 0.5
    coin: float = 3.0
    floor: float = 0.0

    def matrices(self, seen: Floats) -> Floats:
        """Every rater's chance of each answer: (raters × given × true), columns sum to 1.

        ``seen`` is how often each rater gave each label on units of each, in the same shape.
        A rater with nothing seen gets the matrix that all raters show together.
        """
        n_labels = seen.shape[1]
        table = seen
        if self.floor:
            given = seen.sum(axis=2, keepdims=True) > 0
            table = np.where(given, np.maximum(seen, self.floor), 0.0)
        if self.pooled:
            table = table + self.pooled * self._expected(seen)
        if self.even:
            table = table + self.even / n_labels
        return np.asarray(table / np.maximum(table.sum(axis=1, keepdims=True), TINY))

    def _expected(self, seen: Floats) -> Floats:
        """The matrix expected of each rater, from all raters' and from the share right."""
        n_labels = seen.shape[1]
        pooled = seen.sum(axis=0)
        right = float(np.trace(pooled) + 0.3) / float(pooled.sum() + 0.6)
        even = np.full((n_labels, n_labels), (1 - right) / max(n_labels - 1, 1))
        np.fill_diagonal(even, right)
        # Five answers of prior: a label that hardly occurs has the mean share right.
        pooled = (pooled + 5 * even) / (pooled.sum(axis=0) + 5)
        diagonal = np.clip(np.diag(pooled), 1e-9, 1 - 1e-9)
        true = seen.sum(axis=1)
        n = true.sum(axis=1)
        share = np.where(n > 0, (true @ diagonal) / np.maximum(n, TINY), diagonal.mean())
        theirs = np.einsum("rtt->r", seen)
        shown = (theirs + self.skill * share) / np.maximum(n + self.skill, TINY)
        shown = np.clip(shown, 1e-9, 1 - 1e-9)
        # The same shift of the log odds to be right for every label.
        shift = np.log(shown / (1 - shown)) - np.log(share / (1 - share))
        odds = np.log(diagonal / (1 - diagonal)) + shift[:, None]
        hit = 1 / (1 + np.exp(-odds))
        wrong = pooled.copy()
        np.fill_diagonal(wrong, 0.0)
        wrong /= np.maximum(wrong.sum(axis=0), TINY)
        expected = wrong * (1 - hit)[:, None, :]
        index = np.arange(n_labels)
        expected[:, index, index] = hit
        return np.asarray(expected)

    def coins(self, right: Floats, answered: Floats) -> Floats:
        """Every rater's chance to be right, from expected right answers and answers."""
        n = float(answered.sum())
        together = (float(right.sum()) + self.even) / max(n + 2 * self.even, TINY)
        total = np.maximum(answered + self.coin, TINY)
        return np.asarray((right + self.coin * together) / total)


POOLED = Smoothing()
UNSMOOTHED = Smoothing(pooled=0.0, even=0.0, coin=0.0)
"""Maximum likelihood, as Dawid and Skene (1979)."""
CROWD_KIT = Smoothing(pooled=0.0, even=0.0, coin=0.0, floor=1e-10)
"""What crowd-kit 1.4 does in its ``DawidSkene``."""


class Size(NamedTuple):
    """How many units, raters and labels the codes run over."""

    units: int
    raters: int
    labels: int


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model.

    ``posterior`` (units × labels), ``prior`` (labels), ``confusion`` (raters × true × given;
    None for one coin), ``right`` (raters; None for matrices): each rater's chance to be
    right, the log-likelihood, the number of iterations, and ``moved``, by how much the
    posterior moved in the last; ``converged``: by no more than the tolerance.
    """

    posterior: Floats
    prior: Floats
    confusion: Floats | None
    right: Floats | None
    log_likelihood: float
    iterations: int
    moved: float
    converged: bool


def fit_model(
    model: Model,
    unit: NDArray[np.integer],
    rater: Codes,
    label: NDArray[np.integer],
    size: Size,
    *,
    gold: Codes | None = None,
    smoothing: Smoothing = POOLED,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Fit:
    """Fit ``model`` by EM to parallel arrays of unit, rater and label codes.

    A rater may have answered a unit more than once. Every unit must carry a rating. ``gold``
    (units,) holds the known label of a unit, -1 where none is known: it stays certain.
    """
    n_units, _, n_labels = size
    if n_units == 0 or n_labels < 2:
        certain = np.ones((n_units, n_labels))
        return Fit(certain, np.ones(n_labels), None, None, 0.0, 0, 0.0, converged=True)
    rows = _Rows.of(unit, rater, label, size, gold)
    make = _Coins if model == "one_coin" else _Matrices
    posterior = rows.shares()
    rows.clamp(posterior)
    whole: _Coins | _Matrices = make(rows, smoothing)
    part = whole
    moving: NDArray[np.intp] = np.zeros(0, np.intp)
    moved, iteration, likelihood = np.inf, 0, 0.0
    while iteration < max_iterations:
        iteration += 1
        before = posterior if part is whole else posterior[moving]
        after, log_chance = part.iterate(before, n_units)
        change = np.abs(after - before).max(axis=1)
        moved = float(change.max(initial=0.0))
        if part is whole:
            posterior, likelihood = after, float(rows.weight @ log_chance)
            if moved <= tolerance:
                break
            moving = np.arange(len(posterior))
        else:
            posterior[moving] = after
            if moved <= tolerance:
                part = whole  # all are asked again
                continue
        # What hardly moves waits until the rest has come to its end.
        still = np.flatnonzero(change > tolerance * 1e-2)
        if posterior.size >= MANY_CELLS and 2 * len(still) < len(moving):
            part, moving = part.of_some(still, after), moving[still]
    return Fit(
        posterior=posterior[rows.row_of_unit],
        prior=(rows.weight @ posterior) / n_units,
        confusion=part.confusion,
        right=part.right,
        log_likelihood=likelihood,
        iterations=iteration,
        moved=moved,
        converged=part is whole and moved <= tolerance,
    )


def seen_answers(answers: sparse.csr_array, posterior: Floats) -> Floats:
    """How often each rater gave each label on units of each: raters × given × true.

    ``answers`` (units × raters·labels) holds a one per answer, ``posterior`` the true labels.
    """
    n_labels = posterior.shape[1]
    return np.asarray(answers.T @ posterior).reshape(-1, n_labels, n_labels)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Units with equal answers (and gold) as one row, with its ``weight``, the number of them.

    Entries, sorted by row: ``row``, ``rater``, ``label``.
    """

    row: NDArray[np.intp]
    rater: NDArray[np.intp]
    label: NDArray[np.intp]
    gold: NDArray[np.intp]
    weight: Floats
    row_of_unit: NDArray[np.intp]
    size: Size

    @classmethod
    def of(
        cls,
        unit: NDArray[np.integer],
        rater: Codes,
        label: NDArray[np.integer],
        size: Size,
        gold: Codes | None,
    ) -> _Rows:
        column = rater.astype(np.int64) * size.labels + label
        order = np.lexsort((column, unit))
        column = column[order]
        start = np.searchsorted(unit[order], np.arange(size.units + 1))
        known = np.full(size.units, -1) if gold is None else gold.astype(np.intp)
        told = np.repeat(known, np.diff(start))
        first, group = group_runs(start, (column, told))
        length = np.diff(start)[first]
        ends = np.append(0, np.cumsum(length))
        kept = column[np.repeat(start[first] - ends[:-1], length) + np.arange(ends[-1])]
        weight = np.bincount(group, minlength=len(first)).astype(np.float64)
        return cls(
            row=np.repeat(np.arange(len(first)), length),
            rater=kept // size.labels,
            label=kept % size.labels,
            gold=known[first],
            weight=weight,
            row_of_unit=group,
            size=Size(len(first), size.raters, size.labels),
        )

    def some(self, chosen: NDArray[np.intp]) -> _Rows:
        """Only the rows ``chosen`` (sorted)."""
        place = np.full(self.size.units, -1)
        place[chosen] = np.arange(len(chosen))
        kept = np.flatnonzero(place[self.row] >= 0)
        return _Rows(
            row=place[self.row[kept]],
            rater=self.rater[kept],
            label=self.label[kept],
            gold=self.gold[chosen],
            weight=self.weight[chosen],
            row_of_unit=self.row_of_unit,
            size=self.size._replace(units=len(chosen)),
        )

    def clamp(self, posterior: Floats) -> None:
        """Make the known labels certain, in place."""
        known = np.flatnonzero(self.gold >= 0)
        posterior[known] = 0.0
        posterior[known, self.gold[known]] = 1.0

    def shares(self) -> Floats:
        """Each row's shares of votes: (rows × labels)."""
        n_rows, _, n_labels = self.size
        cell = self.row * n_labels + self.label
        votes = np.bincount(cell, minlength=n_rows * n_labels).reshape(n_rows, n_labels)
        return np.asarray(votes / votes.sum(axis=1, keepdims=True))


class _Step:
    """One EM step on some rows, of which the other rows' counts are ``elsewhere``."""

    confusion: Floats | None = None
    right: Floats | None = None

    def __init__(self, rows: _Rows, smoothing: Smoothing, elsewhere: Counts | None = None) -> None:
        self.rows, self.smoothing, self.elsewhere = rows, smoothing, elsewhere

    def iterate(self, posterior: Floats, n_units: int) -> tuple[Floats, Floats]:
        """The next posterior of the rows, and the log chance of each row's answers."""
        rows = self.rows
        counts = self.counts(posterior)
        if self.elsewhere is not None:
            counts = counts.plus(self.elsewhere)
        score = self.scores(counts.seen)
        score += np.log(np.maximum(counts.prior / n_units, self.smoothing.floor or TINY))
        top = score.max(axis=1, keepdims=True)
        score -= top
        known = np.flatnonzero(rows.gold >= 0)
        sure = score[known, rows.gold[known]]
        np.exp(score, out=score)
        total = score.sum(axis=1, keepdims=True)
        score /= total
        each = (top + np.log(total))[:, 0]
        each[known] = top[known, 0] + sure
        rows.clamp(score)
        return score, each

    def of_some(self, chosen: NDArray[np.intp], posterior: Floats) -> Self:
        """The step on the rows ``chosen``, all others staying as in ``posterior``."""
        others = np.setdiff1d(np.arange(len(posterior)), chosen)
        rest = type(self)(self.rows.some(others), self.smoothing).counts(posterior[others])
        if self.elsewhere is not None:
            rest = rest.plus(self.elsewhere)
        return type(self)(self.rows.some(chosen), self.smoothing, rest)

    def counts(self, posterior: Floats) -> Counts:
        """What the next scores rest on: expected answers, and expected labels."""
        return Counts(self.seen(posterior), np.asarray(self.rows.weight @ posterior))

    def seen(self, posterior: Floats) -> Floats:
        """Expected answers: what raters gave where what is true."""
        raise NotImplementedError

    def scores(self, seen: Floats) -> Floats:
        """The log chance of each row's answers for each true label, (rows × labels)."""
        raise NotImplementedError


class Counts(NamedTuple):
    """Expected answers (of matrices or coins) and expected labels (labels,)."""

    seen: Floats
    prior: Floats

    def plus(self, other: Counts) -> Counts:
        """The counts of both."""
        return Counts(self.seen + other.seen, self.prior + other.prior)


class _Matrices(_Step):
    """With a confusion matrix per rater."""

    def __init__(self, rows: _Rows, smoothing: Smoothing, elsewhere: Counts | None = None) -> None:
        super().__init__(rows, smoothing, elsewhere)
        n_rows, n_raters, n_labels = rows.size
        at = (rows.row, rows.rater * n_labels + rows.label)
        shape = (n_rows, n_raters * n_labels)
        self.answers = sparse.csr_array((np.ones(len(rows.row)), at), shape=shape)
        self.weighted = sparse.csr_array((rows.weight[rows.row], at), shape=shape)

    def seen(self, posterior: Floats) -> Floats:
        return seen_answers(self.weighted, posterior)

    def scores(self, seen: Floats) -> Floats:
        table = self.smoothing.matrices(seen)
        self.confusion = table.transpose(0, 2, 1)
        logs = np.log(np.maximum(table, TINY))
        return np.asarray(self.answers @ logs.reshape(-1, table.shape[1]))


class _Coins(_Step):
    """With the chance to be right per rater."""

    def __init__(self, rows: _Rows, smoothing: Smoothing, elsewhere: Counts | None = None) -> None:
        super().__init__(rows, smoothing, elsewhere)
        self.cell = rows.row * rows.size.labels + rows.label
        self.weight = rows.weight[rows.row]
        self.answered = weighted_count(rows.rater, self.weight, rows.size.raters)

    def seen(self, posterior: Floats) -> Floats:
        """Expected right answers, and answers: (2 × raters)."""
        likely = posterior.reshape(-1)[self.cell] * self.weight
        right = weighted_count(self.rows.rater, likely, self.rows.size.raters)
        return np.stack([right, self.answered])

    def scores(self, seen: Floats) -> Floats:
        rows = self.rows
        n_rows, _, n_labels = rows.size
        self.right = right = self.smoothing.coins(*seen)
        wrong = np.log(np.maximum((1 - right) / (n_labels - 1), TINY))
        gain = np.log(np.maximum(right, TINY)) - wrong
        score = weighted_count(self.cell, gain[rows.rater], n_rows * n_labels)
        score = score.reshape(n_rows, n_labels)
        score += weighted_count(rows.row, wrong[rows.rater], n_rows)[:, None]
        return score
