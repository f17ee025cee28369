"""Values with intervals, standard errors and tests, and the evidence floor below which there
are none.

The floor: at least :data:`MIN_VARIED` units that carry a rating other than the commonest, no
row of the data without which the value is undefined, and disagreement on two units or more.
Where chance follows from the marginals also agreement beside the commonest: at least
:data:`MIN_AGREED` units on which two ratings are not the commonest value.
With disagreement on one unit, or on none, the lower end comes from the exact binomial upper
limit u for 1 or 0 of n units: 1 - u · largest / D_e, where *largest* is the largest
disagreement that one unit can have (1 for labels and sets). docs/coverage.md tabulates how
often the intervals above the floor hold, and how often the floor refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelq.measure.additive import Additive, Floats, Parts
from labelq.measure.intervals import analytic, bootstrap
from labelq.measure.intervals.jackknife import Jackknife, fisher, jackknife
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling

MIN_VARIED = 10
MIN_AGREED = 3
"""Where rare labels are agreed on once or never, leaving out units hardly moves the coefficient:
the interval is far too narrow, and covers .40 to .89 (docs/coverage.md)."""

MIN_GROUPS = 20
_DUST = 1e-12

JACKKNIFE = "jackknife_t"
ANALYTIC_T = "analytic_t"
ANALYTIC_F = "analytic_f"
ANALYTIC_NORMAL = "analytic_normal"
T_TEST = "t_z"
T_TEST_PLAIN = "t"
NULL_NORMAL = "null_normal"
BINOMIAL = "binomial_no_disagreement"
BINOMIAL_ONE = "binomial_one_disagreement"


@dataclass(frozen=True, eq=False)
class Estimates:
    """Values with intervals: arrays (c,), nan where undefined; ``method`` and ``reason``.

    ``error`` is the standard error of the value, ``p_value`` of the two-sided test against
    chance, ``test`` the code of that test; ``z_error`` the standard error of artanh(value) and
    ``df`` the degrees of freedom, where the interval is Student's t on that scale.
    """

    parts: Parts
    lower: Floats
    upper: Floats
    method: list[str | None]
    reason: list[str | None]
    error: Floats = field(default_factory=lambda: np.zeros(0))
    p_value: Floats = field(default_factory=lambda: np.zeros(0))
    test: list[str | None] = field(default_factory=list)
    z_error: Floats = field(default_factory=lambda: np.zeros(0))
    df: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        c = len(self.method)
        for name in ("error", "p_value", "z_error", "df"):
            if len(getattr(self, name)) != c:
                object.__setattr__(self, name, np.full(c, np.nan))
        if len(self.test) != c:
            object.__setattr__(self, "test", [None] * c)

    @cached_property
    def plain(self) -> tuple[list[float | None], ...]:
        """Value, lower, upper, observed, expected, error and p of every column, None for nan.

        Made once, when all of them are final.
        """
        parts = self.parts
        columns = (parts.value, self.lower, self.upper, parts.observed, parts.expected)
        return tuple(or_none(column) for column in (*columns, self.error, self.p_value))

    @classmethod
    def refused(cls, reason: str, c: int = 1) -> Estimates:
        """No value in any of ``c`` columns, for ``reason``."""
        nothing = np.full(c, np.nan)
        return cls(Parts(nothing, nothing, nothing), nothing, nothing, [None] * c, [reason] * c)


def or_none(column: Floats) -> list[float | None]:
    """The numbers of a column, None for nan."""
    found: list[float | None] = column.tolist()
    for i in np.flatnonzero(np.isnan(column)).tolist():
        found[i] = None
    return found


def estimate(
    additive: Additive,
    multiplicity: NDArray[np.int64],
    sampling: Sampling,
    plan: IntervalPlan,
    *,
    n_units: int,
    published: analytic.Published | None = None,
) -> Estimates:
    """Values and intervals of every column of ``additive``, as ``plan`` wants them.

    ``n_units`` is the number of units with two or more ratings. Reasons: ``no_overlap``,
    ``no_variation`` (value undefined), ``too_few_units``, ``too_few_groups``,
    ``too_little_variation``, ``too_little_agreement``, ``too_many_values``,
    ``no_published_error`` (no interval).
    """
    parts = additive.parts(multiplicity)
    c = len(parts.value)
    if n_units == 0:
        return Estimates.refused("no_overlap", c)
    with np.errstate(divide="ignore", invalid="ignore"):  # one value only: nothing is expected
        chance = chance_disagreement(additive, parts) / additive.largest
    floor = Floor(
        parts,
        n=np.full(c, n_units) if additive.n_units is None else additive.n_units,
        varied=additive.varied,
        chance=chance,
        perfect=no_disagreement(additive, parts),
        groups=sampling.n_groups,
        resample=additive.resample,
        agreed=additive.agreed,
    )
    if not plan.wanted or not floor.open.any():
        return floor.estimates(plan)
    if plan.method == "analytic":
        return floor.published(published, plan)
    left_out = jackknife(additive, sampling, parts.value)
    df = floor.n - 1 if sampling.kind == "units" else np.full(c, sampling.n - 1)
    found = floor.student(left_out, df, plan, suffix(JACKKNIFE, sampling.kind))
    if plan.method in ("percentile", "bca"):
        bootstrap.replace_ends(found, additive, sampling, left_out, plan)
    return found


def against_chance(found: Estimates, null_error: Floats) -> None:
    """Put the normal test with published null errors (≤ c,) in place, where there is an error."""
    from scipy.special import ndtr

    c = len(null_error)
    known = np.isfinite(null_error) & (null_error > 0) & ~np.isnan(found.error[:c])
    tested = np.flatnonzero(known)
    found.p_value[tested] = 2 * ndtr(-np.abs(found.parts.value[tested]) / null_error[tested])
    for i in tested.tolist():
        found.test[i] = NULL_NORMAL


def suffix(method: str, kind: str) -> str:
    """The code of an interval whose rows are of ``kind``."""
    return method if kind == "units" else f"{method}_{kind}"


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """What the data can answer, before any interval: arrays (c,).

    ``n`` units that each column rests on, ``varied`` of them with a rating other than the
    commonest, ``agreed`` with two of the rarer (:attr:`Additive.agreed`), ``chance`` the
    disagreement expected by chance as a share of the largest that one unit can have,
    ``perfect`` whether there is no disagreement at all.
    """

    parts: Parts
    n: NDArray[np.integer]
    varied: NDArray[np.integer]
    chance: Floats
    perfect: NDArray[np.bool_]
    groups: int | None = None
    resample: bool = True
    agreed: NDArray[np.integer] | None = None

    @property
    def enough(self) -> NDArray[np.bool_]:
        """Columns with a value and enough evidence for some interval."""
        defined = ~np.isnan(self.parts.value)
        agreed = True if self.agreed is None else self.agreed >= MIN_AGREED
        return np.asarray(defined & (self.varied >= MIN_VARIED) & agreed & (self.n >= 2))

    @property
    def open(self) -> NDArray[np.bool_]:
        """Columns that need more than the exact limit."""
        few = self.groups is not None and self.groups < MIN_GROUPS
        return self.enough & ~self.perfect & (self.resample and not few)

    def estimates(self, plan: IntervalPlan) -> Estimates:
        """Values, with the exact limit where nobody disagrees and reasons for the rest."""
        c = len(self.n)
        found = Estimates(
            self.parts,
            np.full(c, np.nan),
            np.full(c, np.nan),
            [None] * c,
            self._reasons(),
        )
        for i in np.flatnonzero(self.enough & self.perfect).tolist():
            self._exact(found, i, 0, plan)
        return found

    def student(
        self, left_out: Jackknife, df: NDArray[np.integer], plan: IntervalPlan, method: str
    ) -> Estimates:
        """Student's t on Fisher's z, with the test against chance on the same scale."""
        from scipy.special import stdtr, stdtrit

        found = self.estimates(plan)
        z = fisher(self.parts.value)
        fine = (
            self.open
            & ~left_out.fragile
            & ~left_out.alone
            & np.isfinite(z)
            & np.isfinite(left_out.z_error)
            & (left_out.z_error > _DUST)
        )
        z_error = np.where(fine, left_out.z_error, np.nan)
        half = stdtrit(np.maximum(df, 1), 0.5 + plan.confidence / 2) * z_error
        found.lower[fine] = np.tanh(z - half)[fine]
        found.upper[fine] = np.tanh(z + half)[fine]
        plain = np.isnan(self.parts.expected)  # a share of agreement is never below 0
        found.lower[fine & plain] = np.maximum(found.lower[fine & plain], 0.0)
        found.error[fine] = left_out.error[fine]
        found.z_error[fine], found.df[fine] = left_out.z_error[fine], df[fine]
        tested = fine & ~plain
        found.p_value[tested] = 2 * stdtr(df[tested], -np.abs(z / z_error)[tested])
        for i in np.flatnonzero(fine).tolist():
            found.method[i] = method
        for i in np.flatnonzero(tested).tolist():
            found.test[i] = T_TEST
        for i in np.flatnonzero(self.open & ~fine).tolist():
            if left_out.alone[i] and not left_out.fragile[i]:
                self._exact(found, i, 1, plan)
            else:
                found.reason[i] = "too_little_variation"
        return found

    def published(self, published: analytic.Published | None, plan: IntervalPlan) -> Estimates:
        """Student's t on the value itself, with the published standard error."""
        from scipy.special import stdtr, stdtrit

        found = self.estimates(plan)
        known = None if published is None or published.error is None else published.error()
        for i in np.flatnonzero(self.open).tolist():
            ends = known.ends(plan.confidence) if known and known.ends else None
            if ends is not None:
                found.lower[i], found.upper[i] = ends
                found.method[i] = ANALYTIC_F
                continue
            if known is None or known.ends is not None:
                found.reason[i] = "no_published_error"
                continue
            if not known.error > 0:
                found.reason[i] = "too_little_variation"
                continue
            value = float(self.parts.value[i])
            half = float(stdtrit(known.df, 0.5 + plan.confidence / 2)) * known.error
            found.lower[i] = max(-1.0, value - half)
            found.upper[i] = min(1.0, value + half)
            found.error[i], found.method[i] = known.error, ANALYTIC_T
            if not np.isnan(self.parts.expected[i]):
                found.p_value[i] = 2 * stdtr(known.df, -abs(value) / known.error)
                found.test[i] = T_TEST_PLAIN
        if published is not None and published.null is not None:
            against_chance(found, np.array([published.null()]))
        return found

    def _exact(self, found: Estimates, i: int, disagreeing: int, plan: IntervalPlan) -> None:
        n = int(self.n[i])
        if self.groups is not None:  # of a group's units, at most all disagree together
            n = min(n, self.groups)
        found.lower[i] = lowest_with(disagreeing, n, float(self.chance[i]), plan.confidence)
        found.upper[i] = 1.0
        found.method[i] = BINOMIAL_ONE if disagreeing else BINOMIAL

    def _reasons(self) -> list[str | None]:
        """Why a value, or its interval, is missing; None where nothing is."""
        none = np.zeros(len(self.n), bool)
        few_groups = self.groups is not None and self.groups < MIN_GROUPS
        # The first that holds is said.
        cases: tuple[tuple[NDArray[np.bool_], str | None], ...] = (
            (np.isnan(self.parts.value), "no_variation"),
            (self.n < 2, "too_few_units"),
            (self.varied < MIN_VARIED, "too_little_variation"),
            (none if self.agreed is None else self.agreed < MIN_AGREED, "too_little_agreement"),
            (self.perfect, None),
            (none | few_groups, "too_few_groups"),
            (none | (not self.resample), "too_many_values"),
        )
        codes: list[str | None] = [reason for _, reason in cases]
        first = np.select([holds for holds, _ in cases], range(len(cases)), len(cases))
        return [(*codes, None)[case] for case in first.tolist()]


def lowest_with(disagreeing: int, n_units: int, chance: float, confidence: float) -> float:
    """The lower end where 0 or 1 of ``n_units`` units show disagreement.

    1 - u / D_e, with u the exact binomial upper limit (Clopper-Pearson) and ``chance`` D_e as
    a share of the largest disagreement that one unit can have.
    """
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    if disagreeing >= n_units:
        return -1.0
    u = betaincinv(disagreeing + 1, n_units - disagreeing, 1 - tail)
    return max(-1.0, float(1 - u / chance))


def no_disagreement(additive: Additive, parts: Parts) -> NDArray[np.bool_]:
    """Columns in which no disagreement was observed, (c,)."""
    none = _DUST * parts.expected  # on any scale: squared distances may be tiny or huge
    return np.asarray(
        parts.observed <= none if additive.disagreement else parts.observed >= 1 - _DUST
    )


def chance_disagreement(additive: Additive, parts: Parts) -> Floats:
    """The disagreement expected by chance, 1 where nothing is expected, (c,)."""
    expected = parts.expected
    chance = expected if additive.disagreement else 1 - expected
    return np.where(np.isnan(expected), 1.0, chance)  # raw agreement expects nothing
