"""Raw agreement and the coefficients (p_a - p_e) / (1 - p_e) for any number of raters.

They share the observed agreement p_a, the mean over units with two or more ratings of the
share of agreeing pairs (weighted, where weights are named), and differ in the expected
agreement p_e. With missing ratings, marginals are means over all rated units of the share
each label got there, units with a single rating included (Gwet 2014, chapters 2 and 3). With
equally many ratings per unit this is Fleiss (1971).

Coefficients of counts all take (table, name of the weights, scale), used or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse

from labelq.labels.statistics import row_of_entry, weighted_count, with_entries
from labelq.measure.additive import Additive, BinaryTable, CountTable, Floats, Matrix, Parts
from labelq.measure.coefficients.scale import Scale, Weights


def raw_agreement(table: CountTable, _name: None, _scale: Scale) -> Additive:
    """Share of agreeing pairs of ratings, mean over units: one column."""
    return _share(
        table, np.stack([agreeing_share(table, None), table.pairable.astype(float)], axis=1)
    )


def pooled_agreement(table: CountTable, _name: None, _scale: Scale) -> Additive:
    """Share of agreeing pairs among all pairs of ratings, whatever their unit: one column."""
    sums = np.stack([table.same * table.pairable, table.n_pairs], axis=1)
    return _share(table, sums)


def unanimous_units(table: CountTable, _name: None, _scale: Scale) -> Additive:
    """Share of units with two or more ratings on which all are equal: one column."""
    agreed = table.pairable & (table.same >= table.n_pairs)
    return _share(table, np.stack([agreed, table.pairable], axis=1).astype(float))


def _share(table: CountTable, sums: Floats) -> Additive:
    """A first sum over a second, with nothing expected by chance."""

    def formula(T: Floats) -> Parts:
        share = (T[..., 0] / T[..., 1])[..., None]
        return Parts(share, share, np.full_like(share, np.nan))

    return Additive(sums, formula, table.varied)


def specific_agreement(table: BinaryTable) -> Additive:
    """Per label: given one rater says so, how often another does (Spitzer & Fleiss 1974)."""
    X = table.given
    rows = row_of_entry(X)
    pairable = table.pairable[rows]
    apart = X.data * (table.m[rows] - X.data) * table.per_pair[rows]
    both = with_entries(X, X.data * pairable - apart)
    given = with_entries(X, X.data * pairable)
    L = X.shape[1]

    def formula(T: Floats) -> Parts:
        p = np.where(T[..., L:] > 0, T[..., :L] / T[..., L:], np.nan)
        return Parts(p, p, np.full_like(p, np.nan))

    carrying = table.multiplicity[rows] * pairable
    return Additive(
        sparse.csr_array(sparse.hstack([both, given])),
        formula,
        table.varied,
        n_units=weighted_count(X.indices, carrying, L).astype(np.int64),
        agreed=table.agreed,
    )


def fleiss_kappa(table: CountTable, name: str | None, scale: Scale) -> Additive:
    """Fleiss' kappa: p_e is the agreement of two draws from the marginals, sum p_i W p_j."""
    W = scale.weights(name)
    found = _corrected(table, W, lambda share: (share * W.spread(share)).sum(axis=-1))
    return replace(found, agreed=table.agreed)


def gwet_ac(table: CountTable, name: str | None, scale: Scale) -> Additive:
    """Gwet's AC1 (no weights) or AC2: p_e = T_w / (q(q-1)) · sum of pi(1 - pi).

    T_w is the sum of all weights, q the number of labels in the universe (Gwet 2008; 2014).
    """
    W, q = scale.weights(name), len(scale.values)
    factor = W.total / (q * (q - 1)) if q > 1 else np.nan
    return _corrected(table, W, lambda share: factor * (share * (1 - share)).sum(axis=-1))


def brennan_prediger(table: CountTable, name: str | None, scale: Scale) -> Additive:
    """Brennan-Prediger: every label equally likely, p_e = T_w / q² (1/q without weights)."""
    W = scale.weights(name)
    p_e = W.total / W.q**2 if W.q > 1 else np.nan
    return _corrected(table, W, lambda share: np.full(share.shape[:-1], p_e))


def fleiss_per_label(table: BinaryTable) -> Additive:
    """Fleiss' kappa of each label against all others: one column per label.

    1 - mean disagreement / 2p(1-p), the per-category kappa of Fleiss (1971), Scott's type.
    """
    X, m = table.given, table.m
    rows = row_of_entry(X)
    pairs = np.maximum(table.n_pairs, 1)[rows]
    apart = with_entries(X, 2 * X.data * (m[rows] - X.data) * table.pairable[rows] / pairs)
    share = with_entries(X, X.data / m[rows])
    L = X.shape[1]
    tail = np.stack([table.pairable.astype(float), (m >= 1).astype(float)], axis=1)
    sums = sparse.csr_array(sparse.hstack([apart, share, sparse.csr_array(tail)]))

    def formula(T: Floats) -> Parts:
        p_a = 1 - T[..., :L] / T[..., -2:-1]
        p = T[..., L : 2 * L] / T[..., -1:]
        p_e = p * p + (1 - p) ** 2
        return Parts(corrected(p_a, p_e), p_a, p_e)

    return Additive(sums, formula, table.varied, agreed=table.agreed)


def corrected(p_a: Floats, p_e: Floats) -> Floats:
    """(p_a - p_e) / (1 - p_e), nan where chance alone would agree completely."""
    # Rounding dust of marginals that add up to one label is not variation.
    return np.where(1 - p_e > 1e-12, (p_a - p_e) / (1 - p_e), np.nan)


def agreeing_share(table: CountTable, W: Weights | None) -> Floats:
    """Share of agreeing pairs per pattern, (K,); 0 where there is no pair."""
    agreeing = table.same
    if W is not None and not W.identity:
        _, a, b, _ = table.pairs
        agreeing = agreeing + 2 * table.between(W.at(a, b))
    return np.where(table.pairable, agreeing / np.maximum(table.n_pairs, 1), 0.0)


def _corrected(
    table: CountTable, W: Weights | None, expected: Callable[[Floats], Floats]
) -> Additive:
    first = np.stack(
        [agreeing_share(table, W), table.pairable.astype(float), (table.m >= 1).astype(float)],
        axis=1,
    )
    share = table.scaled(1 / np.maximum(table.m, 1))
    sums: Matrix = sparse.csr_array(sparse.hstack([sparse.csr_array(first), share]))

    def formula(T: Floats) -> Parts:
        p_a = T[..., 0] / T[..., 1]
        p_e = expected(T[..., 3:] / T[..., 2:3])
        return Parts(*(x[..., None] for x in (corrected(p_a, p_e), p_a, p_e)))

    return Additive(sums, formula, table.varied)
