"""Camps: raters ordered by how alike they label, and groups that seem to follow another reading.

The order: average-linkage clustering of the agreement of pairs, its leaves turned so that
neighbours agree most (Bar-Joseph, Gifford & Jaakkola 2001).

The camps: if all raters followed one reading, some with more slips than others, the agreement
of two would be the product of what each shares with that reading (one factor: Spearman 1904).
Camps are what this leaves unexplained: pairs of one group agree more than the product, pairs
across groups less. Of the ways to cut the tree the clearest is held against rounds with one
reading only, drawn with each pair's own standard error and cut in the same way. So one rater
who agrees less with everybody is no camp, and neither are two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.measure.results import Agreement

Floats = NDArray[np.float64]

MOST_ORDERED = 40
"""More raters are not ordered: those stay whose pairs share most units."""
MOST_PAIRS = 2_000
"""So many pairs are looked at, those that share most units (an audit's file has no more)."""
FEWEST = 4
"""Fewer raters cannot show two camps."""
MOST_GROUPS = 6
CLEAR_P, CLEAR_GAP = 0.01, 0.1
"""Camps are named where chance alone makes as clear ones in at most this share of rounds, and
where each agrees within itself by at least this much more than with the others."""
DRAWN = 199
WORTH_DRAWING = 2.0
"""In standard errors; less than this never is clear once the cut was chosen."""
FILLED = 1 / 3
"""With fewer of the pairs known than this, there is no order that means anything."""


@dataclass(frozen=True, slots=True)
class RaterCamp:
    """Raters (ids) who agree with each other more than with the rest: mean agreement of the
    pairs ``within`` and of those with one rater outside, ``across``.
    """

    raters: tuple[str, ...]
    within: float
    across: float


@dataclass(frozen=True, slots=True)
class RaterOrder:
    """The raters of one question, neighbours alike, and the camps among them.

    ``order`` are ids, empty where too few pairs are known (``reason`` says why: ``no_pairs``,
    ``too_sparse``). ``pairs`` are the agreements this rests on, of one coefficient. ``camps``
    stand in the order's order, empty unless they are clear; ``p_value`` is how often chance
    alone makes as clear ones (None: not worth drawing, or fewer than four raters).
    ``left_out`` raters share too few units with the others to be among so many.
    """

    order: tuple[str, ...]
    pairs: tuple[Agreement, ...]
    camps: tuple[RaterCamp, ...] = ()
    p_value: float | None = None
    left_out: int = 0
    reason: str | None = None


def rater_order(rows: Sequence[Agreement], *, seed: int = 0) -> RaterOrder:
    """The order and the camps of the raters of one question, from its agreements.

    Of the coefficients of pairs, Cohen's kappa is used, with quadratic weights where labels have
    an order. The result does not depend on the order of ``rows``.
    """
    pairs = _of_one_kind(rows)
    known = sorted(
        (row for row in pairs if row.value is not None), key=lambda r: (-r.n_units, r.raters)
    )[:MOST_PAIRS]
    if not known:
        return RaterOrder((), pairs, reason="no_pairs")
    everyone = {rater for row in known for rater in row.raters or ()}
    raters = sorted(_most_shared(known))
    place = {rater: i for i, rater in enumerate(raters)}
    agreed, weight = _matrices(known, place)
    n = len(raters)
    if np.count_nonzero(weight) < FILLED * n * (n - 1):
        return RaterOrder((), pairs, left_out=len(everyone) - n, reason="too_sparse")
    lambdas = _one_factor(agreed[None], weight)[0]
    tree = _tree(np.where(weight > 0, agreed, np.outer(lambdas, lambdas)))
    order = _turned(_leaves(tree, agreed, weight, lambdas), agreed, weight)
    groups, score = _clearest(tree, agreed, weight, lambdas)
    camps = _camps(groups, order, raters, agreed, weight)
    p_value = None
    if score >= WORTH_DRAWING and camps:
        p_value = _by_chance(score, lambdas, weight, seed)
    clear = p_value is not None and p_value <= CLEAR_P
    clear = clear and all(camp.within - camp.across >= CLEAR_GAP for camp in camps)
    return RaterOrder(
        order=tuple(raters[i] for i in order),
        pairs=pairs,
        camps=camps if clear else (),
        p_value=p_value,
        left_out=len(everyone) - n,
    )


def _of_one_kind(rows: Sequence[Agreement]) -> tuple[Agreement, ...]:
    pairs = [row for row in rows if row.raters is not None and row.label is None]
    if not pairs:
        return ()
    kind = min({(row.metric, row.weights) for row in pairs}, key=_kappa_first)
    return tuple(row for row in pairs if (row.metric, row.weights) == kind)


def _kappa_first(kind: tuple[str, str | None]) -> tuple[bool, bool, str]:
    """Cohen's kappa before all others, with quadratic weights where labels have an order."""
    metric, weights = kind
    return metric != "cohen_kappa", weights != "quadratic", f"{metric} {weights or ''}"


def _most_shared(known: Sequence[Agreement]) -> set[str]:
    shared: dict[str, int] = {}
    for row in known:
        for rater in row.raters or ():
            shared[rater] = shared.get(rater, 0) + row.n_units
    return set(sorted(shared, key=lambda rater: (-shared[rater], rater))[:MOST_ORDERED])


def _matrices(known: Sequence[Agreement], place: dict[str, int]) -> tuple[Floats, Floats]:
    """Agreement and weight (1 / squared standard error) of each pair: R × R, 0 where unknown."""
    n = len(place)
    agreed, weight = np.zeros((n, n)), np.zeros((n, n))
    for row in known:
        if row.raters is None or row.value is None or not place.keys() >= set(row.raters):
            continue
        i, j = (place[rater] for rater in row.raters)
        # As of a correlation, where the estimate has none of its own.
        rough = (1 - min(row.value**2, 0.9)) / max(row.n_units - 1, 1) ** 0.5
        error = max(row.error if row.error is not None else rough, 0.02)
        agreed[i, j] = agreed[j, i] = row.value
        weight[i, j] = weight[j, i] = 1 / error**2
    return agreed, weight


def _one_factor(agreed: Floats, weight: Floats) -> Floats:
    """What each rater shares with the one reading: S × R from S × R × R, by least squares."""
    mean = (agreed * weight).sum(axis=(1, 2)) / weight.sum()
    start = np.sqrt(np.clip(mean, 0.01, 1))
    lambdas: Floats = np.repeat(start[:, None], len(weight), axis=1)
    for _ in range(60):
        above = ((agreed * weight) @ lambdas[:, :, None])[:, :, 0]
        below = lambdas**2 @ weight
        new = np.clip(above / np.maximum(below, 1e-12), 0, 1)
        lambdas = (lambdas + new) / 2  # a full step swings from side to side
    return lambdas


def _tree(filled: Floats) -> Floats:
    """Average linkage on 1 - agreement; a single rater has no tree."""
    from scipy.cluster.hierarchy import linkage

    if len(filled) < 2:
        return np.zeros((0, 4))
    return np.asarray(linkage(_distances(filled), "average"), np.float64)


def _distances(filled: Floats) -> Floats:
    return np.maximum(0.0, 1 - filled[np.triu_indices(len(filled), 1)])


def _leaves(tree: Floats, agreed: Floats, weight: Floats, lambdas: Floats) -> list[int]:
    from scipy.cluster.hierarchy import leaves_list, optimal_leaf_ordering

    filled = np.where(weight > 0, agreed, np.outer(lambdas, lambdas))
    best = optimal_leaf_ordering(tree, _distances(filled))
    return [int(i) for i in leaves_list(best)]


def _turned(order: list[int], agreed: Floats, weight: Floats) -> list[int]:
    """The end whose raters agree more comes first; of equal ones the first by name."""
    half = len(order) // 2

    def mean(part: list[int]) -> float:
        known = weight[part] > 0
        return round(float(agreed[part][known].mean()), 9) if known.any() else 0.0

    first, last = mean(order[:half]), mean(order[-half:] if half else [])
    turn = first < last or (first == last and order[-1] < order[0])
    return order[::-1] if turn else order


def _clearest(
    tree: Floats, agreed: Floats, weight: Floats, lambdas: Floats
) -> tuple[NDArray[np.int64], float]:
    """The cut with at least two groups of two or more that one factor explains least.

    The group of each rater, and by how many standard errors pairs within groups agree more than
    the factor has it.
    """
    from scipy.cluster.hierarchy import fcluster

    n = len(weight)
    best: NDArray[np.int64] = np.zeros(n, np.int64)
    score = 0.0
    if n < FEWEST:
        return best, score
    at = np.triu_indices(n, 1)
    w = weight[at]
    rest = (agreed - np.outer(lambdas, lambdas))[at]
    for n_groups in range(2, min(MOST_GROUPS, n - 2) + 1):
        groups = np.asarray(fcluster(tree, n_groups, "maxclust"), np.int64)
        if np.count_nonzero(np.bincount(groups) >= 2) < 2:
            continue
        same = (groups[:, None] == groups[None, :])[at].astype(np.float64)
        same -= np.average(same, weights=w)
        spread = float(np.sqrt((w * same**2).sum()))
        found = float((w * same * rest).sum()) / spread if spread > 0 else 0.0
        if found > score + 1e-9:
            best, score = groups, found
    return best, score


def _by_chance(score: float, lambdas: Floats, weight: Floats, seed: int) -> float:
    """How often rounds in which all follow one reading look as much like camps."""
    rng = np.random.default_rng(seed)
    n = len(lambdas)
    expected = np.outer(lambdas, lambdas)
    at = np.triu_indices(n, 1)
    error = np.where(weight[at] > 0, 1 / np.sqrt(np.maximum(weight[at], 1e-12)), 0.0)
    drawn: Floats = np.zeros((DRAWN, n, n))
    drawn[:, at[0], at[1]] = expected[at] + error * rng.standard_normal((DRAWN, len(at[0])))
    drawn += drawn.transpose(0, 2, 1)
    drawn = np.where(weight > 0, np.clip(drawn, -1, 1), 0.0)
    fitted = _one_factor(drawn, weight)
    as_much = 0
    for n_drawn, (one, lambda_) in enumerate(zip(drawn, fitted, strict=True), 1):
        tree = _tree(np.where(weight > 0, one, np.outer(lambda_, lambda_)))
        as_much += _clearest(tree, one, weight, lambda_)[1] >= score
        if 1 + as_much > CLEAR_P * (1 + DRAWN):  # the rest cannot make it clear
            return (1 + as_much) / (1 + n_drawn)
    return (1 + as_much) / (1 + DRAWN)


def _camps(
    groups: NDArray[np.int64],
    order: Sequence[int],
    raters: Sequence[str],
    agreed: Floats,
    weight: Floats,
) -> tuple[RaterCamp, ...]:
    """Groups of two or more with their mean agreement, in the order's order."""
    found = []
    for group in dict.fromkeys(int(groups[i]) for i in order):
        inside = [i for i in order if groups[i] == group]
        outside = [i for i in order if groups[i] != group]
        within = _mean(agreed, weight, inside, inside)
        across = _mean(agreed, weight, inside, outside)
        if len(inside) > 1 and within is not None and across is not None:
            found.append(RaterCamp(tuple(raters[i] for i in inside), within, across))
    return tuple(found) if len(found) > 1 else ()


def _mean(
    agreed: Floats, weight: Floats, these: Sequence[int], those: Sequence[int]
) -> float | None:
    block = np.ix_(these, those)
    known = weight[block] > 0
    return float(agreed[block][known].mean()) if known.any() else None
