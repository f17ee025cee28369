"""Intervals that hold for raters like these: raters are left out too, one by one.

A rater who is left out takes all his ratings along, so no pair ever compares a rater with
himself. The variance over raters is added to that over units, less what single ratings bring
about, which both count (:mod:`.without_ratings`); on Fisher's scale, with Satterthwaite's
degrees of freedom, and never narrower than the interval for fixed raters. With more than
:data:`MAX_LEFT_OUT` raters, random groups of raters are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelq.measure.additive import Floats
from labelq.measure.intervals.estimates import T_TEST, Estimates
from labelq.measure.intervals.jackknife import fisher
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.without_ratings import Errors
from labelq.measure.tables import Tables

MIN_RATERS = 10
MAX_LEFT_OUT = 40
MANY_RATINGS = 400_000
"""From so many ratings on, half as many groups of raters are left out."""

RATERS = "jackknife_t_raters"


@dataclass(frozen=True, eq=False)
class RatersLeftOut:
    """Groups of ``raters`` (codes) that are left out: ``group`` of each code, -1 in none."""

    tables: Tables
    raters: NDArray[np.integer]
    group: NDArray[np.int64]

    @classmethod
    def of(cls, tables: Tables, seed: list[int]) -> RatersLeftOut | None:
        """None with fewer than :data:`MIN_RATERS` raters on units that others rated too."""
        ratings = tables.ratings
        per_unit = np.bincount(ratings.unit, minlength=1)
        raters = np.unique(ratings.rater[per_unit[ratings.unit] > 1])
        if len(raters) < MIN_RATERS:
            return None
        most = MAX_LEFT_OUT // 2 if len(ratings.unit) >= MANY_RATINGS else MAX_LEFT_OUT
        n_groups = min(len(raters), most)
        group: NDArray[np.int64] = np.full(tables.n_raters, -1)
        group[np.random.default_rng(seed).permutation(raters)] = np.arange(len(raters)) % n_groups
        return cls(tables, raters, group)

    @cached_property
    def without(self) -> tuple[Tables, ...]:
        """The question's tables without each group."""
        ratings = self.tables.ratings
        of_rating = self.group[ratings.rater]
        return tuple(
            replace(self.tables, ratings=ratings.select(np.flatnonzero(of_rating != g)))
            for g in range(int(self.group.max()) + 1)
        )

    def pairs_without(self, pairs: NDArray[np.integer]) -> Iterator[NDArray[np.bool_]]:
        """Which of ``pairs`` (P × 2 codes) are left without each group: (P,) for each."""
        of_pair = self.group[pairs]
        for g in range(int(self.group.max()) + 1):
            yield (of_pair != g).all(axis=1)

    def widen(
        self,
        found: Estimates,
        values: Callable[[], Floats],
        plan: IntervalPlan,
        *,
        ratings: Errors | None = None,
        last: int | None = None,
    ) -> None:
        """Widen the t intervals of ``found`` (the ``last`` columns) by the spread over raters.

        ``values`` gives these columns without each group (groups × c), ``ratings`` their errors as
        ratings alone would bring about (None: not known, the interval is wider). A column that
        is undefined without some rater keeps no interval (``too_little_variation``).
        """
        from scipy.special import stdtr, stdtrit

        c = len(found.method)
        columns = np.arange(c if last is None else last) + (0 if last is None else c - last)
        chosen = [i for i in columns.tolist() if (found.method[i] or "").startswith("jackknife")]
        if not chosen:
            return
        left = values()[:, np.array(chosen) - columns[0]]
        n = len(left)
        with np.errstate(invalid="ignore"):
            error, z_error = (
                np.sqrt((n - 1) * np.maximum((x * x).mean(axis=0) - x.mean(axis=0) ** 2, 0))
                for x in (left - left[0], fisher(left) - fisher(left[0]))
            )
        if ratings is not None:  # what is left of the raters' variance, never less than nothing
            own, z_own = (x[np.array(chosen) - columns[0]] for x in ratings)
        else:
            own = z_own = np.zeros(len(chosen))
        for k, i in enumerate(chosen):
            value = float(found.parts.value[i])
            z = float(fisher(np.array([value]))[0])
            if not np.isfinite(z_error[k]):
                found.lower[i] = found.upper[i] = found.error[i] = found.p_value[i] = np.nan
                found.method[i], found.test[i] = None, None
                found.reason[i] = "too_little_variation"
                continue
            units = found.z_error[i]
            both = units**2 + max(z_error[k] ** 2 - z_own[k] ** 2, 0.0)
            df = both**2 / (units**4 / found.df[i] + z_error[k] ** 4 / (n - 1))
            half = stdtrit(df, 0.5 + plan.confidence / 2) * np.sqrt(both)
            floor = 0.0 if np.isnan(found.parts.expected[i]) else -1.0
            found.lower[i] = max(floor, float(np.tanh(z - half)))
            found.upper[i] = np.tanh(z + half)
            more = max(error[k] ** 2 - own[k] ** 2, 0.0)
            found.error[i] = np.sqrt(found.error[i] ** 2 + more)
            found.method[i] = RATERS
            if found.test[i]:
                found.p_value[i] = 2 * stdtr(df, -abs(z) / np.sqrt(both))
                found.test[i] = T_TEST
