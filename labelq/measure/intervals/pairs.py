"""Cohen's kappa of every pair and their mean: leaving out each unit in closed form.

A unit lies in one cell of each of its pairs' tables, so kappa without it follows from the
cell: (A - w) / (n-1) agrees, and (r - e_i) W (c - e_j) is expected. That costs as much as
there are cells, for any number of pairs. Groups of units are linearised (the sum of their
units' influences), because a group touches many cells at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import weighted_count
from labelq.measure.additive import Floats, Parts
from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.cohen import N_MEANS, Kappas, PairTable
from labelq.measure.coefficients.scale import Weights
from labelq.measure.intervals.estimates import (
    ANALYTIC_NORMAL,
    JACKKNIFE,
    MIN_GROUPS,
    Estimates,
    Floor,
    against_chance,
    suffix,
)
from labelq.measure.intervals.jackknife import Jackknife, fisher
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling

_DUST = 1e-12


def of_pairs(
    table: PairTable,
    weights: Weights,
    plan: IntervalPlan,
    *,
    pooled: bool = False,
    sampling: Sampling | None = None,
) -> Estimates:
    """Kappa (``pooled``: Scott's pi) of every pair and, behind them, the two means over pairs.

    ``sampling`` is given where units come in groups.
    """
    kappas = cohen.kappas(table, weights, pooled=pooled)
    floor = _floor(table, kappas, sampling)
    if not plan.wanted:
        return floor.estimates(plan)
    if plan.method == "analytic":
        found = _analytic(floor, kappas, plan, published=not pooled)
    elif sampling is None:
        left_out = _each_unit(table, kappas, weights, pooled=pooled)
        found = floor.student(left_out, floor.n - 1, plan, JACKKNIFE)
    else:
        df = np.full(len(floor.n), sampling.n - 1)
        left_out = _each_group(table, kappas, sampling)
        found = floor.student(left_out, df, plan, suffix(JACKKNIFE, sampling.kind))
    if plan.method == "analytic" and not pooled:
        against_chance(found, cohen.null_errors(table, kappas, weights))
    return found


def _floor(table: PairTable, kappas: Kappas, sampling: Sampling | None) -> Floor:
    weight = np.where(np.isnan(kappas.value), 0, kappas.n)
    value, observed, expected = (
        cohen.with_means(x, weight) for x in (kappas.value, kappas.observed, kappas.expected)
    )
    varied, agreed = cohen.of_some_pair(table)
    return Floor(
        Parts(value, observed, expected),
        n=np.append(kappas.n, [table.shared_units()] * N_MEANS).astype(np.int64),
        varied=np.append(table.varied(), [varied] * N_MEANS),
        chance=1 - expected,
        perfect=observed >= 1 - _DUST,
        groups=None if sampling is None else sampling.n_groups,
        agreed=np.append(table.agreed(), [agreed] * N_MEANS),
    )


def _analytic(floor: Floor, kappas: Kappas, plan: IntervalPlan, *, published: bool) -> Estimates:
    """Normal intervals with the error of Fleiss, Cohen & Everitt (1969); none for the means."""
    from scipy.special import ndtri

    found = floor.estimates(plan)
    half = float(ndtri(0.5 + plan.confidence / 2)) * kappas.error
    for i in np.flatnonzero(floor.open).tolist():
        if i >= len(half) or not published:
            found.reason[i] = "no_published_error"
        elif half[i] > 0:
            found.lower[i] = max(-1.0, kappas.value[i] - half[i])
            found.upper[i] = min(1.0, kappas.value[i] + half[i])
            found.error[i], found.method[i] = kappas.error[i], ANALYTIC_NORMAL
        else:
            found.reason[i] = "too_little_variation"
    return found


def _each_unit(table: PairTable, kappas: Kappas, weights: Weights, *, pooled: bool) -> Jackknife:
    """Leave out each unit: of every pair (P,) and of the two means."""
    pair, row, column = table.split()
    n = kappas.n[pair]
    w = weights.at(row, column)
    shape = (table.n_pairs, table.q)
    rows = sparse.csr_array((table.n, (pair, row)), shape=shape)
    columns = sparse.csr_array((table.n, (pair, column)), shape=shape)
    if pooled:
        rows = columns = sparse.csr_array(rows + columns) * 0.5
    row_w, column_w = (x if weights.identity else cohen.spread(weights, x) for x in (columns, rows))
    own = (1 + w) / 2 if pooled else w  # what the unit's own two labels agree, by chance
    with np.errstate(divide="ignore", invalid="ignore"):
        p_o = (kappas.observed[pair] * n - w) / (n - 1)
        expected = (
            kappas.expected[pair] * n**2
            - cohen.entries(row_w, pair, row)
            - cohen.entries(column_w, pair, column)
            + own
        )
        p_e = expected / (n - 1) ** 2
        without = np.where(1 - p_e > _DUST, (p_o - p_e) / (1 - p_e), np.nan)
    found = _moments(kappas.value, without, pair, table.n, kappas.n)
    for plain in (False, True):
        found = _append(found, _mean_without(table, kappas, without, plain=plain))
    return found


def _mean_without(table: PairTable, kappas: Kappas, without: Floats, *, plain: bool) -> Jackknife:
    """Leave out each unit: of the mean over pairs, plain or weighted by overlap."""
    defined = ~np.isnan(kappas.value)
    value = np.nan_to_num(kappas.value)
    pair, pattern, K = table.cells.pair, table.cells.pattern, len(table.multiplicity)
    kept = without[table.cell]
    weight = np.where(defined, 1.0 if plain else kappas.n, 0.0)
    fewer = np.where(np.isnan(kept), weight[pair], 0.0 if plain else 1.0)
    change = (weight[pair] - fewer) * np.nan_to_num(kept) - weight[pair] * value[pair]
    active = defined[pair]
    touched = weighted_count(pattern, active, K) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.array([weight @ value / weight.sum()])
        numerator = weight @ value + weighted_count(pattern, np.where(active, change, 0), K)
        values = numerator / (weight.sum() - weighted_count(pattern, np.where(active, fewer, 0), K))
    times = table.multiplicity[touched].astype(float)
    one = np.zeros(int(touched.sum()), np.intp)
    return _moments(mean, values[touched], one, times, np.array([times.sum()]))


def _moments(
    value: Floats, without: Floats, column: NDArray[np.intp], weight: Floats, n: Floats
) -> Jackknife:
    """As :class:`~labelq.measure.intervals.jackknife.Moments`, each entry of one column only."""
    c = len(value)
    defined = ~np.isnan(without)
    n = np.maximum(n, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.where(defined, without - value[column], 0.0)
        dz = np.where(defined, fisher(without) - fisher(value)[column], 0.0)
        error, z_error = (
            np.sqrt(
                (n - 1)
                * np.maximum(
                    weighted_count(column, weight * x * x, c) / n
                    - (weighted_count(column, weight * x, c) / n) ** 2,
                    0,
                )
            )
            for x in (d, dz)
        )
    fragile = weighted_count(column, ~defined, c) > 0
    alone = (weighted_count(column, without >= 1 - _DUST, c) > 0) & (value < 1 - _DUST)
    return Jackknife(error, z_error, np.full(c, np.nan), fragile, alone)


def _append(a: Jackknife, b: Jackknife) -> Jackknife:
    return Jackknife(
        *(np.append(getattr(a, name), getattr(b, name)) for name in Jackknife.__slots__)
    )


def _each_group(table: PairTable, kappas: Kappas, sampling: Sampling) -> Jackknife:
    """Linearised errors over groups, of every pair (P,) and of the two means."""
    pair, pattern = table.cells.pair, table.cells.pattern
    K, P = len(table.multiplicity), table.n_pairs
    defined = ~np.isnan(kappas.value)
    value = np.nan_to_num(kappas.value)
    active = defined[pair]
    effect = np.where(active, np.nan_to_num(kappas.influence[table.cell]), 0.0)
    correction = sampling.n / max(sampling.n - 1, 1)
    per_unit = sparse.csr_array((effect, (pattern, pair)), shape=(K, P))
    own = sparse.csr_array(sampling.rows(per_unit))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(correction * np.asarray((own * own).sum(axis=0)).ravel()) / kappas.n
        for plain in (False, True):
            weight = np.where(defined, 1.0 if plain else kappas.n, 0.0)
            mean = float(weight @ value / weight.sum())
            moved = effect / kappas.n[pair] if plain else effect + value[pair] - mean
            per_row = sampling.rows(weighted_count(pattern, np.where(active, moved, 0), K)[:, None])
            total = float((per_row * per_row).sum())
            error = np.append(error, np.sqrt(correction * total) / weight.sum())
        all_values = cohen.with_means(kappas.value, np.where(defined, kappas.n, 0))
        z_error = error / (1 - all_values**2)
    touched = weighted_count(own.indices, np.ones(own.nnz), P)
    fragile = np.append(touched < MIN_GROUPS, [False] * N_MEANS)
    nothing = np.zeros(P + N_MEANS, bool)
    return Jackknife(error, z_error, np.full(P + N_MEANS, np.nan), fragile, nothing)
