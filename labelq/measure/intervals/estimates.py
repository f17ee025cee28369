"""Intervals by resampling units, and the evidence floor below which there is none.

Resampling N units is a multinomial draw over their distinct patterns, exact at any size. With
more than 10⁷ patterns × resamples, units are first merged at random into blocks, and blocks
are resampled as wholes: the totals have the same mean and covariance, and by the central
limit theorem the same law. Every resample recomputes marginals, distances and overlap.

The bootstrap lies where disagreement is rare, so an interval needs at least
:data:`MIN_VARIED` units that carry a rating other than the commonest, and at most
:data:`MAX_UNDEFINED` of the resamples may be undefined. Without any observed disagreement the
lower end comes from the exact binomial upper limit u for 0 of n units: 1 - u · largest / D_e,
where *largest* is the largest disagreement that one unit can have (1 for labels and sets).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.measure.additive import Additive, Floats, Matrix, Parts

MIN_VARIED = 10
MAX_UNDEFINED = 0.01
MAX_DRAWS = 10_000_000
_CHUNK = 4_000_000
_DUST = 1e-12

PERCENTILE = "bootstrap_percentile"
BLOCKS = "bootstrap_percentile_blocks"
LINEARISED = "linearised_normal"
BINOMIAL = "binomial_no_disagreement"


class Resampling:
    """Resamples of the units behind a table of patterns, drawn once for all coefficients.

    Raises nothing; ``n_resamples`` of 0 means that no interval is wanted.
    """

    def __init__(
        self,
        multiplicity: NDArray[np.int64],
        pattern: NDArray[np.intp],
        *,
        n_resamples: int,
        seed: NDArray[Any] | list[int],
    ) -> None:
        """``pattern`` is the pattern of each unit; ``seed`` seeds the generator."""
        self.n_resamples = n_resamples
        rng = np.random.default_rng(seed)
        n_patterns, n_units = len(multiplicity), len(pattern)
        self._blocks: sparse.csr_array | None = None
        self.method = PERCENTILE
        n_rows = n_patterns
        if n_patterns * n_resamples > MAX_DRAWS:
            self.method = BLOCKS
            n_rows = max(1, min(n_patterns, MAX_DRAWS // n_resamples))
            block = rng.permutation(n_units) % n_rows
            self._blocks = sparse.csr_array(
                sparse.coo_array((np.ones(n_units), (block, pattern)), shape=(n_rows, n_patterns))
            )
        self._weights: Floats
        if n_resamples == 0 or n_units == 0:
            self._weights = np.zeros((0, n_rows))
        elif self._blocks is not None:
            draws = rng.integers(0, n_rows, (n_resamples, n_rows))
            draws += np.arange(n_resamples)[:, None] * n_rows
            flat = np.bincount(draws.ravel(), minlength=n_resamples * n_rows)
            self._weights = flat.reshape(n_resamples, n_rows).astype(np.float64)
        else:
            share = multiplicity / n_units
            self._weights = rng.multinomial(n_units, share, n_resamples).astype(np.float64)

    def totals(self, sums: Matrix) -> Iterator[Floats]:
        """Totals (chunk × d) of ``sums`` (K × d) over the resamples, chunk by chunk."""
        rows = sums if self._blocks is None else self._blocks @ sums
        if sparse.issparse(rows) and rows.shape[0] * rows.shape[1] <= _CHUNK:
            rows = rows.toarray()  # small: one dense product is faster
        step = max(1, _CHUNK // max(1, rows.shape[1]))
        for i in range(0, len(self._weights), step):
            yield np.asarray(self._weights[i : i + step] @ rows)


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Values with intervals: arrays (c,), nan where undefined; ``method`` and ``reason``."""

    parts: Parts
    lower: Floats
    upper: Floats
    method: list[str | None]
    reason: list[str | None]


def estimate(
    additive: Additive,
    multiplicity: NDArray[np.int64],
    resampling: Resampling,
    *,
    n_units: int,
    confidence: float,
) -> Estimates:
    """Values and percentile intervals of every column of ``additive``.

    ``n_units`` is the number of units with two or more ratings. Reasons: ``no_overlap``,
    ``no_variation`` (value undefined), ``too_few_units``, ``too_little_variation``,
    ``too_many_values`` (no interval).
    """
    parts = additive.parts(multiplicity)
    c = len(parts.value)
    if n_units == 0:
        nothing = np.full(c, np.nan)
        return Estimates(
            Parts(nothing, nothing, nothing), nothing, nothing, [None] * c, ["no_overlap"] * c
        )
    n = np.full(c, n_units) if additive.n_units is None else additive.n_units
    lower: Floats = np.full(c, np.nan)
    upper: Floats = np.full(c, np.nan)
    undefined: Floats = np.zeros(c)
    defined = ~np.isnan(parts.value)
    enough = defined & (additive.varied >= MIN_VARIED)
    perfect = enough & _no_disagreement(additive, parts)
    wanted = enough & ~perfect & additive.resample & (resampling.n_resamples > 0)
    if wanted.any():
        lower, upper, undefined = _percentiles(additive, resampling, wanted, confidence)
    # An interval of no width, or beside its own value, says that resamples cannot tell.
    flat = ~(upper - lower > _DUST) | (parts.value < lower) | (parts.value > upper)
    shaky = wanted & ((undefined > MAX_UNDEFINED) | flat)
    lower[shaky] = upper[shaky] = np.nan
    method: list[str | None] = [resampling.method if w else None for w in wanted & ~shaky]
    for i in np.flatnonzero(perfect).tolist():
        chance = _chance_disagreement(additive, parts, i) / additive.largest
        lower[i], upper[i] = lowest_without_disagreement(int(n[i]), chance, confidence), 1.0
        method[i] = BINOMIAL
    reason = [
        why(
            bool(defined[i]),
            enough=bool(enough[i] and not shaky[i]),
            n_units=int(n[i]),
            resample=additive.resample,
        )
        for i in range(c)
    ]
    return Estimates(parts, lower, upper, method, reason)


def lowest_without_disagreement(n_units: int, chance: float, confidence: float) -> float:
    """The lower end where none of ``n_units`` units shows disagreement.

    1 - u / D_e, with u the exact binomial upper limit (Clopper-Pearson) for 0 of n and
    ``chance`` D_e as a share of the largest disagreement that one unit can have.
    """
    u = 1 - ((1 - confidence) / 2) ** (1 / n_units)
    return max(-1.0, float(1 - u / chance))


def why(defined: bool, *, enough: bool, n_units: int, resample: bool) -> str | None:  # noqa: FBT001  # the first fact reads well
    """The reason code for a missing value or interval, None where nothing is missing."""
    if not defined:
        return "no_variation"
    if n_units < 2:
        return "too_few_units"
    if not enough:
        return "too_little_variation"
    return None if resample else "too_many_values"


def _no_disagreement(additive: Additive, parts: Parts) -> NDArray[np.bool_]:
    none = _DUST * parts.expected  # on any scale: squared distances may be tiny or huge
    return np.asarray(
        parts.observed <= none if additive.disagreement else parts.observed >= 1 - _DUST
    )


def _chance_disagreement(additive: Additive, parts: Parts, i: int) -> float:
    expected = float(parts.expected[i])
    if np.isnan(expected):  # raw agreement expects nothing
        return 1.0
    return expected if additive.disagreement else 1 - expected


def _percentiles(
    additive: Additive, resampling: Resampling, wanted: NDArray[np.bool_], confidence: float
) -> tuple[Floats, Floats, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.concatenate(
            [additive.formula(T).value[:, wanted] for T in resampling.totals(additive.sums)]
        )
    undefined = np.zeros(len(wanted))
    undefined[wanted] = np.isnan(values).mean(axis=0)
    lower, upper = np.full(len(wanted), np.nan), np.full(len(wanted), np.nan)
    tail = (1 - confidence) / 2
    ends = np.full((2, values.shape[1]), np.nan)
    some = ~np.isnan(values).all(axis=0)
    ends[:, some] = np.nanquantile(values[:, some], [tail, 1 - tail], axis=0)
    lower[wanted], upper[wanted] = ends
    return lower, upper, undefined
