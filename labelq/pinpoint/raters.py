"""Raters: how each agrees with the others, and behaviours that stand out, with evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round, label_text
from labelq.measure.consensus.estimation import ticks
from labelq.measure.settling import Settling
from labelq.pinpoint.findings import Cluster, Flag, RaterReport
from labelq.pinpoint.flags import (
    differs_flags,
    fast_flags,
    habit_flags,
    median_seconds,
    shift_flags,
    skip_flags,
)
from labelq.pinpoint.votes import choices

Floats = NDArray[np.float64]

WITHOUT_AT_MOST = 50
"""So many raters get a coefficient without them: the flagged and those with most ratings."""


def rater_reports(
    round_: Round, settlings: Mapping[str, Settling], clusters: Sequence[Cluster]
) -> tuple[RaterReport, ...]:
    """One report per question and rater who answered it.

    Question by question: raters with flags first, those without whom the headline coefficient
    would be highest first; then those who agree least.
    """
    skips = skip_flags(round_)
    reports: list[RaterReport] = []
    for question in round_.questions:
        own = [cluster for cluster in clusters if cluster.question == question.name]
        found = _of_question(round_, question, settlings[question.name], own, skips)
        headline = settlings[question.name].value or 0.0
        found.sort(
            key=lambda r: (
                not r.flags,
                -round(r.without - headline, 12) if r.flags and r.without is not None else 2.0,
                r.agreement is None,
                0 if r.agreement is None else round(r.agreement, 12),
                r.rater,
            )
        )
        reports += found
    return tuple(reports)


def _of_question(
    round_: Round,
    question: Question,
    settling: Settling,
    clusters: Sequence[Cluster],
    skips: tuple[Floats, Mapping[int, Flag]],
) -> list[RaterReport]:
    from statsmodels.stats.proportion import proportion_confint

    ratings = round_.ratings[question.name]
    n = len(round_.raters)
    agreeing, others = pairs_with_others(ratings)
    shared = others > 0
    n_shared = np.bincount(ratings.rater[shared], minlength=n)
    counts = shared & ~np.isin(ratings.unit, excused_units(round_, question, clusters))
    pairs = np.bincount(ratings.rater, others, minlength=n)
    with np.errstate(invalid="ignore"):
        agreement = np.bincount(ratings.rater, agreeing, minlength=n) / pairs
    counted = np.bincount(ratings.rater[counts], minlength=n)
    known = np.nan_to_num(agreement)
    lower, upper = proportion_confint(known * n_shared, np.maximum(n_shared, 1), method="wilson")
    measured = ratings.select(counts)
    flags: list[Mapping[int, Sequence[Flag]]] = [
        differs_flags(question, measured, n),
        fast_flags(ratings, n),
        habit_flags(choices(question, measured), clusters, n),
        shift_flags(question, measured, n),
        {rater: (flag,) for rater, flag in skips[1].items()},
    ]
    n_ratings = np.bincount(ratings.rater, minlength=n)
    without = _without(settling, n_ratings, sorted({r for kind in flags for r in kind}))
    shares = _label_shares(question, ratings.select(shared), n)
    seconds = median_seconds(ratings, n)[0]
    repeats, same = _repeats(round_, question, n)
    gold_of, gold_right = _gold(round_, question, n)
    return [
        RaterReport(
            rater=rater,
            question=question.name,
            n_ratings=int(n_ratings[rater]),
            n_shared=int(n_shared[rater]),
            counted=int(counted[rater]),
            agreement=float(agreement[rater]) if n_shared[rater] else None,
            lower=float(lower[rater]) if n_shared[rater] else None,
            upper=float(upper[rater]) if n_shared[rater] else None,
            without=without.get(rater),
            labels=shares.get(rater, {}),
            median_seconds=None if np.isnan(seconds[rater]) else float(seconds[rater]),
            skip_rate=float(skips[0][rater]),
            n_repeats=int(repeats[rater]),
            n_repeats_same=int(same[rater]),
            gold_right=int(gold_right[rater]),
            gold_of=int(gold_of[rater]),
            flags=tuple(flag for kind in flags for flag in kind.get(rater, ())),
        )
        for rater in np.flatnonzero(n_ratings).tolist()
    ]


def pairs_with_others(ratings: Ratings) -> tuple[Floats, Floats]:
    """Per rating: how many others on the unit gave the same value, and how many others."""
    width = max(len(ratings.values), 1)
    key = ratings.unit.astype(np.int64) * width + ratings.value
    _, cell, n = np.unique(key, return_inverse=True, return_counts=True)
    m = np.bincount(ratings.unit)[ratings.unit]
    return (n[cell] - 1).astype(np.float64), (m - 1).astype(np.float64)


def excused_units(
    round_: Round, question: Question, clusters: Sequence[Cluster]
) -> NDArray[np.int64]:
    """Units on which a disagreement counts against nobody.

    All units of a cluster with a common content whose cause is a gap in the guideline or an
    ambiguous content, lookalikes too; and of an ambiguous remainder the evenly split units.
    """
    excused: set[int] = set()
    ratings = round_.ratings[question.name]
    for cluster in clusters:
        if cluster.cause.kind not in ("gap", "ambiguous"):
            continue
        if not cluster.remainder:
            excused.update(cluster.units, cluster.lookalikes)
            continue
        for votes in choices(question, ratings):
            if set(cluster.labels) <= set(votes.labels):
                units, counts = votes.at(np.array(cluster.units)).counts()
                top = np.sort(counts, axis=1)
                excused.update(units[top[:, -1] == top[:, -2]].tolist())
    return np.array(sorted(excused), np.int64)


def _without(
    settling: Settling, n_ratings: NDArray[np.integer], flagged: Sequence[int]
) -> dict[int, float | None]:
    first = np.zeros(len(n_ratings), np.bool_)
    first[flagged] = True
    most = np.lexsort((np.arange(len(n_ratings)), -n_ratings, ~first))[:WITHOUT_AT_MOST]
    return {r: settling.without_rater(r) for r in most.tolist() if n_ratings[r]}


def _label_shares(
    question: Question, shared: Ratings, n_raters: int
) -> dict[int, dict[str, tuple[float, float]]]:
    """Per rater and label: this rater's share, and the rest's on the same units."""
    from scipy import sparse

    if question.level in ("interval", "ratio") or not len(shared):
        return {}
    units, row = np.unique(shared.unit, return_inverse=True)
    ones = np.ones(len(shared))
    shape = (n_raters, len(shared.values))
    own = sparse.csr_array((ones, (shared.rater, shared.value)), shape=shape)
    on = sparse.csr_array((ones, (shared.rater, row)), shape=(n_raters, len(units)))
    counts = sparse.csr_array((ones, (row, shared.value)), shape=(len(units), shape[1]))
    rest = sparse.csr_array(on @ counts - own)
    n_own: Floats = np.asarray(own.sum(axis=1))
    n_rest: Floats = np.asarray(rest.sum(axis=1))
    names = [label_text(value) for value in shared.values]
    if question.level == "set":
        table = sparse.csr_array(ticks(question, shared).astype(np.float64))
        own, rest = sparse.csr_array(own @ table), sparse.csr_array(rest @ table)
        names = [label_text(label) for label in question.labels]
    found: dict[int, dict[str, tuple[float, float]]] = {}
    for rater in np.flatnonzero(n_own).tolist():
        mine, theirs = own[[rater]].toarray()[0], rest[[rater]].toarray()[0]
        found[rater] = {
            names[i]: (float(mine[i] / n_own[rater]), float(theirs[i] / n_rest[rater]))
            for i in np.flatnonzero(mine + theirs).tolist()
        }
    return found


def _repeats(
    round_: Round, question: Question, n_raters: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Per rater: earlier answers to units answered again, and how many were the same."""
    none = np.zeros(n_raters, np.int64)
    earlier = round_.repeats.get(question.name)
    if earlier is None or not len(earlier):
        return none, none
    ratings = round_.ratings[question.name]
    code = {value: i for i, value in enumerate(ratings.values)}
    translated = np.array([code.get(value, -1) for value in earlier.values], np.int64)
    key = ratings.unit.astype(np.int64) * n_raters + ratings.rater
    wanted = earlier.unit.astype(np.int64) * n_raters + earlier.rater
    at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    again = key[at] == wanted if len(key) else np.zeros(len(wanted), np.bool_)
    same = again & (ratings.value[at] == translated[earlier.value])
    return (
        np.bincount(earlier.rater[again], minlength=n_raters),
        np.bincount(earlier.rater[same], minlength=n_raters),
    )


def _gold(
    round_: Round, question: Question, n_raters: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Per rater: answers to units with gold, and how many equal it."""
    none = np.zeros(n_raters, np.int64)
    gold = round_.gold.get(question.name)
    if gold is None:
        return none, none
    ratings = round_.ratings[question.name]
    golden = gold[ratings.unit]
    right = golden == ratings.value
    return (
        np.bincount(ratings.rater[golden >= 0], minlength=n_raters),
        np.bincount(ratings.rater[right], minlength=n_raters),
    )
