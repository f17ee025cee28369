"""Rounds drawn from a known process, with the true value of every coefficient.

Raters with fixed confusion matrices, units of two difficulties, all combinations of answers with
their exact probabilities: the value in an endless round is computed, not estimated.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import brentq

from labelq.labels.model import Question
from labelq.labels.statistics import CountPatterns, RaterPatterns, pair_cells
from labelq.measure.additive import Additive, BinaryTable, CountTable
from labelq.measure.coefficients import chance, cohen, krippendorff
from labelq.measure.coefficients.scale import Scale
from labelq.measure.intervals import analytic, pairs
from labelq.measure.intervals import estimates as floors
from labelq.measure.intervals.estimates import Estimates, Floor, estimate
from labelq.measure.intervals.jackknife import Jackknife, Moments
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling

Floats = NDArray[np.float64]
POPULATION = 1e9


@dataclass(frozen=True)
class Process:
    """``q`` labels, ``R`` raters, ``skewed`` prevalence; the headline alpha is ``alpha``."""

    q: int
    R: int
    skewed: bool
    alpha: float

    @property
    def name(self) -> str:
        """For tables."""
        labels = "2 labels" if self.q == 2 else f"{self.q} ordered labels"
        return f"{labels}, {self.R} annotators, {'skewed' if self.skewed else 'balanced'}"

    @property
    def headline(self) -> str:
        """The coefficient whose true value is ``alpha``."""
        return "alpha, nominal" if self.q == 2 else "alpha, ordinal"


def prevalence(q: int, *, skewed: bool) -> Floats:
    """.85/.15 for two labels, each label .45 times the one before for more; or even."""
    if not skewed:
        return np.full(q, 1 / q)
    p = np.array([0.85, 0.15]) if q == 2 else 0.45 ** np.arange(q)
    return np.asarray(p / p.sum())


def confusion(error: float, q: int) -> Floats:
    """Right with 1 - ``error``; wrong answers fall off by .7 per step away."""
    apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q)))
    off = np.where(apart > 0, 0.7**apart, 0.0)
    return np.asarray((1 - error) * np.eye(q) + error * off / off.sum(axis=1, keepdims=True))


def answers(q: int, R: int, error: float, share: Floats) -> Floats:
    """Probability of every combination of answers, (q^R,): 70 % easy units, 30 % hard ones."""
    total = np.zeros(q**R)
    for part, times in ((0.7, 0.5), (0.3, 2.1667)):
        raters = [confusion(min(error * f * times, 0.97), q) for f in np.linspace(0.7, 1.3, R)]
        for label in range(q):
            joint = np.ones(1)
            for matrix in raters:
                joint = np.multiply.outer(joint, matrix[label]).ravel()
            total += part * share[label] * joint
    return total


@dataclass(frozen=True)
class Design:
    """All combinations of answers: (q^R × R) codes, their distinct label counts, row of each."""

    q: int
    combinations: NDArray[np.int32]
    counts: NDArray[np.int64]
    row: NDArray[np.intp]


@cache
def design(q: int, R: int) -> Design:
    """Everything that R raters can answer."""
    all_ = np.array(list(itertools.product(range(q), repeat=R)), np.int32)
    counts = np.stack([(all_ == k).sum(axis=1) for k in range(q)], axis=1)
    distinct, row = np.unique(counts, axis=0, return_inverse=True)
    return Design(q, all_, distinct, row.ravel())


@cache
def probabilities(process: Process) -> Floats:
    """Of every combination, with the error that makes the headline alpha true."""
    d = design(process.q, process.R)
    share = prevalence(process.q, skewed=process.skewed)

    def gap(error: float) -> float:
        p = answers(process.q, process.R, error, share)
        return value_of(d, p, process.headline) - process.alpha

    return answers(process.q, process.R, float(brentq(gap, 1e-4, 0.9)), share)


@cache
def scale(q: int) -> Scale:
    """Ordered labels 1 … q."""
    values = tuple(str(i + 1) for i in range(q))
    return Scale(Question("answer", "ordinal", "simulated", values), values)


Make = Callable[[CountTable, Scale], Additive]

COUNTS: dict[str, tuple[Make, Any]] = {
    "raw agreement": (
        lambda t, s: chance.raw_agreement(t, None, s),
        lambda t, s: analytic.raw_agreement(t, None, s),
    ),
    "Fleiss' kappa": (
        lambda t, s: chance.fleiss_kappa(t, None, s),
        lambda t, s: analytic.fleiss_kappa(t, None, s),
    ),
    "AC1": (
        lambda t, s: chance.gwet_ac(t, None, s),
        lambda t, s: analytic.gwet_ac(t, None, s),
    ),
    "Brennan-Prediger": (
        lambda t, s: chance.brennan_prediger(t, None, s),
        lambda t, s: analytic.brennan_prediger(t, None, s),
    ),
    "alpha, nominal": (
        lambda t, s: krippendorff.alpha(t, "nominal", s),
        lambda t, s: analytic.alpha(t, "nominal", s),
    ),
    "alpha, ordinal": (lambda t, s: krippendorff.alpha(t, "ordinal", s), lambda _t, _s: None),
    "alpha, interval": (
        lambda t, s: krippendorff.alpha(t, "interval", s),
        lambda t, s: analytic.alpha(t, "interval", s),
    ),
    "AC2, quadratic": (
        lambda t, s: chance.gwet_ac(t, "quadratic", s),
        lambda t, s: analytic.gwet_ac(t, "quadratic", s),
    ),
    "Brennan-Prediger, quadratic": (
        lambda t, s: chance.brennan_prediger(t, "quadratic", s),
        lambda t, s: analytic.brennan_prediger(t, "quadratic", s),
    ),
}
PAIR = "Cohen of a pair, of a label"
PAIRS: dict[str, str | None] = {
    "mean Cohen": None,
    "mean Cohen, quadratic": "quadratic",
    PAIR: None,
}
FLEISS_OF_A_LABEL = "Fleiss' kappa of a label"
LABELS = {
    "alpha of a label": krippendorff.alpha_per_label,
    "specific agreement of a label": chance.specific_agreement,
    FLEISS_OF_A_LABEL: chance.fleiss_per_label,
}
ORDERED = {
    name
    for name in (*COUNTS, *PAIRS)
    if any(w in name for w in ("ordinal", "interval", "quadratic"))
}


def names(q: int) -> list[str]:
    """The coefficients of all labels that are looked at with ``q`` labels."""
    of_all = (name for name in (*COUNTS, *PAIRS) if name != PAIR)
    return [name for name in of_all if q > 2 or name not in ORDERED]


def count_patterns(d: Design, drawn: NDArray[Any]) -> CountPatterns:
    """Label counts of a round that holds ``drawn`` (q^R,) units of each combination."""
    n = np.bincount(d.row, drawn, minlength=len(d.counts))
    used = np.flatnonzero(n > 0)
    n = n[used] if drawn.dtype.kind == "f" else n[used].astype(np.int64)
    units = np.arange(len(used), dtype=np.int32)  # codes of units are not looked at here
    return CountPatterns(sparse.csr_array(d.counts[used].astype(float)), n, units, units)


def rater_patterns(d: Design, drawn: NDArray[Any]) -> RaterPatterns:
    """Raters and labels of a round that holds ``drawn`` (q^R,) units of each combination."""
    used = np.flatnonzero(drawn > 0)
    R = d.combinations.shape[1]
    units = np.arange(len(used), dtype=np.int32)
    return RaterPatterns(
        np.arange(len(used) + 1) * R,
        np.tile(np.arange(R, dtype=np.int32), len(used)),
        d.combinations[used].ravel(),
        drawn[used],
        units,
        units,
    )


def pair_table(d: Design, drawn: NDArray[Any]) -> cohen.PairTable:
    """All pairs of such a round."""
    patterns = rater_patterns(d, drawn)
    return cohen.PairTable.of(pair_cells(patterns), patterns.multiplicity, d.q)


def additive_of(name: str, table: CountTable, q: int) -> Additive:
    """The sums of a coefficient of counts, or of all its labels."""
    if name in LABELS:
        binary = BinaryTable(table.counts, table.m, table.n_pairs, table.multiplicity)
        return LABELS[name](binary)
    return COUNTS[name][0](table, scale(q))


def truths(d: Design, p: Floats, name: str) -> Floats:
    """The value in an endless round, one per column."""
    if name in PAIRS:
        table = pair_table(d, p * POPULATION)
        found = cohen.kappas(table, scale(d.q).weights(PAIRS[name]))
        return cohen.with_means(found.value, found.n)[[0 if name == PAIR else table.n_pairs]]
    patterns = count_patterns(d, p * POPULATION)
    return additive_of(name, CountTable(patterns), d.q).parts(patterns.multiplicity).value


def value_of(d: Design, p: Floats, name: str) -> float:
    """The value in an endless round of a coefficient with one column."""
    return float(truths(d, p, name)[0])


def estimates_of(d: Design, drawn: NDArray[np.int64], name: str, plan: IntervalPlan) -> Estimates:
    """What labelq says about one round."""
    if name in PAIRS:
        table = pair_table(d, drawn)
        weights = scale(d.q).weights(PAIRS[name])
        if plan.method in ("percentile", "bca"):
            patterns: Any = rater_patterns(d, drawn)
            sums = cohen.additive(table, weights)
            sampling = Sampling(patterns, seed=[plan.seed])
            found = estimate(sums, drawn[drawn > 0], sampling, plan, n_units=int(drawn.sum()))
        else:
            found = pairs.of_pairs(table, weights, plan)
        return column(found, table.n_pairs)
    patterns = count_patterns(d, drawn)
    table_ = CountTable(patterns)
    published = analytic.Published(
        (lambda: COUNTS[name][1](table_, scale(d.q))) if name in COUNTS else None,
        (lambda: analytic.fleiss_null(table_, None, scale(d.q)))
        if name == "Fleiss' kappa"
        else None,
    )
    return estimate(
        additive_of(name, table_, d.q),
        patterns.multiplicity,
        Sampling(patterns, seed=[plan.seed]),
        plan,
        n_units=table_.n_units,
        published=published,
    )


def column(found: Estimates, i: int) -> Estimates:
    """One column alone."""
    one = slice(i, i + 1)
    return Estimates(
        type(found.parts)(*(x[one] for x in found.parts)),
        found.lower[one],
        found.upper[one],
        found.method[one],
        found.reason[one],
        found.error[one],
        found.p_value[one],
        found.test[one],
    )


def together(
    d: Design, drawn: NDArray[np.int64], name: str, truth: Floats
) -> Iterator[tuple[Estimates, float]]:
    """Estimates of many rounds at once, one round per column, for every column of ``name``.

    The same code as in an audit, only that all rounds (rounds × combinations) are left out of
    in one go.
    """
    used = np.flatnonzero(drawn.any(axis=0))
    if name in PAIRS:
        some = np.zeros(drawn.shape[1], np.int64)
        some[used] = 1
        additive = cohen.additive(pair_table(d, some), scale(d.q).weights(PAIRS[name]))
        units_, counts = drawn[:, used], d.counts[d.row[used]]
        keep = [0 if name == PAIR else len(additive.varied) - cohen.N_MEANS]
    else:
        rows = np.unique(d.row[used])
        units_ = np.stack([drawn[:, d.row == row].sum(axis=1) for row in rows], axis=1)
        counts = d.counts[rows]
        some = np.bincount(d.row[used], minlength=len(d.counts))
        patterns = CountPatterns(
            sparse.csr_array(counts.astype(float)), some[rows], rows.astype(np.int32), rows
        )
        additive = additive_of(name, CountTable(patterns), d.q)
        keep = list(range(len(truth)))
    n = int(drawn[0].sum())
    sums = np.asarray(additive.sums.toarray() if sparse.issparse(additive.sums) else additive.sums)
    labels: list[int | None] = [*keep] if name in LABELS else [1] if name == PAIR else [None]
    columns = [Columns.of(units_, counts, label) for label in labels]
    parts, left_out = leave_out(additive, sums, units_, keep)
    for i, true in enumerate(truth.tolist()):
        of_column, own = parts[i], columns[i].n
        with np.errstate(divide="ignore", invalid="ignore"):
            chance_ = floors.chance_disagreement(additive, of_column)
        floor = Floor(
            of_column,
            n=np.full(len(drawn), n) if own is None or additive.n_units is None else own,
            varied=columns[i].varied,
            chance=chance_ / additive.largest,
            perfect=floors.no_disagreement(additive, of_column),
            agreed=None if additive.agreed is None else columns[i].agreed,
        )
        yield floor.student(left_out[i], floor.n - 1, IntervalPlan(), "jackknife_t"), true


@dataclass(frozen=True)
class Columns:
    """Of many rounds, (rounds,): units that vary, that carry a label, that agree on the rest."""

    varied: NDArray[np.int64]
    n: NDArray[np.int64] | None
    agreed: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, units_: NDArray[np.int64], counts: NDArray[np.int64], label: int | None) -> Columns:
        """From how many units (rounds × rows) have label counts (rows × q)."""
        m = int(counts[0].sum())
        if label is None:
            commonest = (units_ @ counts).argmax(axis=1)
            others = m - counts[:, commonest].T
            varied, agreed = ((units_ * (others >= k)).sum(axis=1) for k in (1, 2))
            return cls(varied, None, agreed)
        given = counts[:, label]
        any_, common = units_ @ (given > 0), 2 * (units_ @ given) > m * units_.sum(axis=1)
        least = [np.where(common, units_ @ (given <= m - k), units_ @ (given >= k)) for k in (1, 2)]
        return cls(least[0], any_, least[1])


def leave_out(
    additive: Additive, sums: Floats, units_: NDArray[np.int64], keep: list[int]
) -> tuple[list[Any], list[Jackknife]]:
    """Parts and jackknife of many rounds, by column of the coefficient."""
    totals = units_ @ sums
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = additive.formula(totals)
    parts_ = [tuple(x[:, i] for x in parts) for i in keep]
    moments = [Moments(x[0]) for x in parts_]
    step = max(1, 2_000_000 // max(1, totals.size))
    for i in range(0, len(sums), step):
        with np.errstate(divide="ignore", invalid="ignore"):
            without = additive.formula(totals - sums[i : i + step, None, :]).value
        for column, m in zip(keep, moments, strict=True):
            m.add(without[:, :, column], units_[:, i : i + step].T.astype(float))
    n = float(units_[0].sum())
    kinds = type(parts)
    return [kinds(*x) for x in parts_], [m.result(n) for m in moments]
