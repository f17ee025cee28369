"""Our numbers beside those of reference packages, computed on the same data.

``krippendorff`` recomputes every alpha from the reliability data, ``statsmodels`` Cohen's
kappas and Scott's pis from pair tables, Fleiss' kappa and the Brennan-Prediger coefficient
where all units have equally many ratings. A
difference above rounding would be a bug in one of the three.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Rater, Ratings
from labelq.labels.statistics import count_patterns
from labelq.measure.additive import Floats
from labelq.measure.coefficients.scale import Scale
from labelq.measure.results import Agreement, CrossCheck

DEFAULT_LIMIT = 20_000_000
"""Units × labels²: the package needs memory in that proportion."""

MOST_PAIRS = 20_000
"""Kappas of pairs: the package takes them one by one."""


def cost(ratings: Ratings) -> int:
    """Units × labels², what a cross-check of ``ratings`` takes."""
    return len(np.unique(ratings.unit)) * len(ratings.values) ** 2


def cross_check_if_wanted(
    questions: tuple[tuple[Question, Ratings], ...],
    raters: tuple[Rater, ...],
    rows: tuple[Agreement, ...],
    *,
    wanted: bool | None,
) -> CrossCheck:
    """The cross-check, or why there is none: ``wanted`` None means where memory allows."""
    if wanted is False:
        return skipped("switched off")
    costs = max(cost(ratings) for _, ratings in questions)
    n_pairs = sum(row.raters is not None for row in rows)
    if wanted is None and n_pairs > MOST_PAIRS:
        return skipped(
            f"{n_pairs:,} kappas of pairs would take the reference package minutes;"
            " --cross-check does it all the same"
        )
    if wanted is None and costs > DEFAULT_LIMIT:
        return skipped(
            f"tasks × labels² is {costs:,}, and the reference packages need memory in that"
            " proportion; --cross-check does it all the same"
        )
    return cross_check(questions, raters, rows)


def cross_check(
    questions: tuple[tuple[Question, Ratings], ...],
    raters: tuple[Rater, ...],
    rows: tuple[Agreement, ...],
) -> CrossCheck:
    """Recompute every value in ``rows`` that a reference package can compute."""
    packages: Counter[str] = Counter()
    largest: float | None = None
    position = {rater.id: code for code, rater in enumerate(raters)}
    for question, ratings in questions:
        mine = [row for row in rows if row.question == question.name and row.value is not None]
        for package, ours, theirs in _compared(question, ratings, mine, position):
            packages[package] += 1
            largest = max(largest or 0.0, abs(ours - theirs))
    return CrossCheck(sum(packages.values()), largest, dict(packages))


def skipped(reason: str) -> CrossCheck:
    """A cross-check that was not made, and why."""
    return CrossCheck(0, None, {}, reason)


def _compared(
    question: Question, ratings: Ratings, rows: list[Agreement], position: dict[str, int]
) -> Iterator[tuple[str, float, float]]:
    patterns = count_patterns(ratings)
    counts = patterns.counts.toarray()[patterns.pattern]
    members = _members(question, ratings)
    pair_codes, scale = _PairCodes(ratings), Scale(question, ratings.values)
    for row in rows:
        assert row.value is not None
        theirs: float | None = None
        package = "statsmodels"
        mask = None if row.label is None else members[row.label]
        if row.metric == "krippendorff_alpha":
            package = "krippendorff"
            theirs = _alpha(counts, scale, row.distance or "", mask)
        elif row.metric == "cohen_kappa" and row.raters is not None:
            a, b = (position[rater] for rater in row.raters)
            theirs = _cohen(pair_codes.of(a, b), scale, row.weights, mask)
        elif row.metric == "scott_pi" and row.raters is not None and row.weights is None:
            a, b = (position[rater] for rater in row.raters)
            theirs = _fleiss(_counts(pair_codes.of(a, b), counts.shape[1]), mask)
        elif row.metric in ("fleiss_kappa", "brennan_prediger") and row.weights is None:
            method = "fleiss" if row.metric == "fleiss_kappa" else "randolph"
            theirs = _fleiss(counts, mask, method)
        if theirs is not None and np.isfinite(theirs):
            yield package, row.value, theirs


def _members(question: Question, ratings: Ratings) -> dict[str, NDArray[np.bool_]]:
    """Label text → which values are, or contain, the label."""
    from labelq.labels.model import label_text

    if question.level != "set":
        eye = np.eye(len(ratings.values), dtype=bool)
        return {label_text(v): eye[i] for i, v in enumerate(ratings.values)}
    return {
        label_text(label): np.array(
            [isinstance(v, frozenset) and label in v for v in ratings.values], bool
        )
        for label in question.labels
    }


def _alpha(counts: Floats, scale: Scale, name: str, mask: NDArray[np.bool_] | None) -> float | None:
    import krippendorff

    domain: list[Any] = list(range(counts.shape[1]))
    level: Any = name
    if mask is not None:
        counts = np.stack([counts @ mask, counts @ ~mask], axis=1)
        domain, level = [0, 1], "nominal"
    elif name in ("interval", "ratio"):
        domain = scale.numbers.tolist()
    elif name not in ("nominal", "ordinal"):
        between = scale.distance(name)

        def level(v1: Any, v2: Any, **_: Any) -> Any:
            a, b = np.broadcast_arrays(np.asarray(v1, np.intp), np.asarray(v2, np.intp))
            return between(a.ravel(), b.ravel()).reshape(a.shape)

    used = counts[counts.sum(axis=1) >= 2].sum(axis=0) > 0
    if used.sum() < 2:
        return None
    return float(
        krippendorff.alpha(
            value_counts=counts.astype(int),
            value_domain=domain,
            level_of_measurement=level,
        )
    )


class _PairCodes:
    """Shared units of a pair of raters, as two columns of value codes."""

    def __init__(self, ratings: Ratings) -> None:
        self.by_rater = {
            int(rater): (ratings.unit[mine], ratings.value[mine])
            for rater in np.unique(ratings.rater)
            for mine in [np.flatnonzero(ratings.rater == rater)]
        }

    def of(self, a: int, b: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        (unit_a, value_a), (unit_b, value_b) = self.by_rater[a], self.by_rater[b]
        _, i, j = np.intersect1d(unit_a, unit_b, assume_unique=True, return_indices=True)
        return value_a[i], value_b[j]


def _cohen(
    codes: tuple[NDArray[np.int32], NDArray[np.int32]],
    scale: Scale,
    weighting: str | None,
    mask: NDArray[np.bool_] | None,
) -> float | None:
    from statsmodels.stats.inter_rater import cohens_kappa

    a, b = codes
    q = len(scale.values)
    if mask is not None:
        a, b, q = mask[a].astype(np.int32), mask[b].astype(np.int32), 2
    cells = np.bincount(a * q + b, minlength=q * q).reshape(q, q).astype(float)
    # The package's own weights go by position, ours by the labels' numbers: it is given ours.
    apart = None if weighting is None else 1 - scale.weights(weighting).dense()
    return float(cohens_kappa(cells, weights=apart, return_results=False))


def _counts(codes: tuple[NDArray[np.int32], NDArray[np.int32]], q: int) -> Floats:
    """The label counts of units that two raters share."""
    counts = np.zeros((len(codes[0]), q))
    for code in codes:
        counts[np.arange(len(code)), code] += 1
    return counts


def _fleiss(counts: Floats, mask: NDArray[np.bool_] | None, method: str = "fleiss") -> float | None:
    from statsmodels.stats.inter_rater import fleiss_kappa

    m = counts.sum(axis=1)
    if len(m) == 0 or m.min() < 2 or m.min() != m.max():
        return None  # the package takes equally many ratings per unit only
    if mask is not None:
        counts = np.stack([counts @ mask, counts @ ~mask], axis=1)
    return float(fleiss_kappa(counts, method=method))
