"""Raters: how each agrees with the others, and behaviours that stand out, with evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round, Units, label_text
from labelq.measure.consensus.estimation import ticks
from labelq.measure.consensus.rater_confusion import rater_confusion
from labelq.measure.raters.consistency import (
    Consistency,
    answered_again,
    answered_alike,
    consistency,
    joined,
)
from labelq.measure.raters.drift import agreement_drift, speed_drift
from labelq.measure.raters.estimates import Estimate, Estimates, nowhere
from labelq.measure.raters.leave_one_out import leave_one_out
from labelq.measure.raters.shared import Shared
from labelq.measure.raters.speed import speed
from labelq.measure.results import ConfusionRow, Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.flags import (
    Family,
    differs_flags,
    drift_flags,
    fast_flags,
    refused,
    self_flags,
    skip_flags,
)
from labelq.pinpoint.habits import HABIT_ANSWERS, habit_flags
from labelq.pinpoint.leanings import (
    label_use_flags,
    label_uses,
    shift_estimates,
    shift_flags,
    threshold_flags,
    threshold_uses,
)
from labelq.pinpoint.rater_findings import RaterReport, RaterStatistics
from labelq.pinpoint.votes import choices

Floats = NDArray[np.float64]

WITHOUT_AT_MOST = 50
"""So many raters get a coefficient without them, and their use of labels, changes over time and
confusion in the report: the flagged and those with most ratings."""
HEADING, HEADING_SHARE = 10, 0.1
"""A text on more units than this, and on more than this share of them, is a heading."""


def rater_reports(
    round_: Round,
    settlings: Mapping[str, Settling],
    clusters: Sequence[Cluster],
    consensuses: Mapping[str, Consensus] | None = None,
) -> tuple[RaterReport, ...]:
    """One report per question and rater who answered it.

    With the round's ``consensuses`` reports hold confusion against them and gold.

    Question by question: raters with flags first, those without whom the headline coefficient
    changes most first (then those with the smallest p-value); then those who agree least.
    """
    skips = skip_flags(round_)
    reports: list[RaterReport] = []
    for question in round_.questions:
        own = [cluster for cluster in clusters if cluster.question == question.name]
        consensus = None if consensuses is None else consensuses[question.name]
        settling = settlings[question.name]
        found = _of_question(round_, question, settling, own, skips, consensus)
        headline = settling.value or 0.0
        found.sort(key=partial(_rank, headline=headline))
        reports += found
    return tuple(reports)


def _rank(r: RaterReport, headline: float) -> tuple[object, ...]:
    moved = 0.0 if r.without is None else round(abs(r.without - headline), 12)
    p_value = min((1.0 if f.p_value is None else f.p_value for f in r.flags), default=1.0)
    agreement = 0.0 if r.agreement is None else round(r.agreement, 12)
    first = (-moved, p_value) if r.flags else (0.0, 1.0)
    return not r.flags, *first, r.agreement is None, agreement, r.rater


def _of_question(
    round_: Round,
    question: Question,
    settling: Settling,
    clusters: Sequence[Cluster],
    skips: tuple[Floats, Family],
    consensus: Consensus | None,
) -> list[RaterReport]:
    ratings, n, asked = round_.ratings[question.name], len(round_.raters), len(round_.questions)
    shared = Shared.of(ratings, n)
    x = numbers(question, ratings)
    table = ticks(question, ratings) if question.level == "set" else None

    # What counts for flags: not what is an open gap, or ambiguous, whoever answered it.
    counts = ~np.isin(ratings.unit, excused_units(round_, question, clusters))
    measured = ratings if counts.all() else ratings.select(counts)
    counted = shared if counts.all() else Shared.of(measured, n)
    three = Shared.of(measured, n, least=3)
    pace = speed(ratings, n)
    again = _consistency(round_, question, n)
    no_labels = question.no_labels
    drift = None if no_labels else agreement_drift(three, measured)
    habits = habit_flags(choices(question, measured.select(counted.at)), clusters, n, asked)
    use = label_use_flags(question, counted, measured, table, habits, asked)
    shifts = shift_flags(question, counted, measured, x, asked)
    lined = threshold_flags(question, counted, measured, asked)
    families: dict[str, Family] = {
        "differs": differs_flags(question, measured, n, asked),
        "habit": refused(n, no_labels) if no_labels else Family(habits, counted.n, HABIT_ANSWERS),
        "label_use": use.family,
        "shift": shifts.family,
        "threshold": lined.family,
        "self": refused(n, no_labels or "") if again is None else self_flags(again, asked),
        "drift": refused(n, no_labels or "") if drift is None else drift_flags(drift, asked),
        "fast": fast_flags(pace, asked),
        "skips": skips[1],
    }

    n_ratings = np.bincount(ratings.rater, minlength=n)
    flagged = {r for family in families.values() for r, flags in family.flags.items() if flags}
    without = _without(settling, n_ratings, sorted(flagged))
    shares = _label_shares(question, ratings.select(shared.at), n)
    uses = label_uses(question, ratings, use, counted, table)
    lines = threshold_uses(question, ratings, lined)
    gold_of, gold_right = _gold(round_, question, n)
    confused = _confusions(round_, question, consensus, without)
    rest = leave_one_out(shared, x)
    numbered: dict[str, Estimates] = {
        "most": nowhere(n, no_labels) if no_labels else rest.most,
        "kappa": rest.kappa,
        "shift": shift_estimates(shifts, counted),
        "repeats": nowhere(n, no_labels or "") if again is None else again.repeats,
        "same_text": nowhere(n, no_labels or "") if again is None else again.same_text,
        "self_kappa": nowhere(n, no_labels or "") if again is None else again.kappa,
        "seconds": pace.seconds,
        "pace": pace.pace,
    }
    faster = speed_drift(pace, ratings, n).changes
    reports = []
    for rater in np.flatnonzero(n_ratings).tolist():
        agreement: Estimate = rest.pairs.of(rater)
        told = rater in without  # of a crowd, rows of rows only for some
        reports.append(
            RaterReport(
                rater=rater,
                question=question.name,
                n_ratings=int(n_ratings[rater]),
                n_shared=int(shared.n[rater]),
                counted=int(counted.n[rater]),
                agreement=agreement.value,
                lower=agreement.lower,
                upper=agreement.upper,
                without=without.get(rater),
                labels=shares.get(rater, {}),
                skip_rate=float(skips[0][rater]),
                gold_right=int(gold_right[rater]),
                gold_of=int(gold_of[rater]),
                flags=tuple(f for family in families.values() for f in family.flags.get(rater, ())),
                statistics=RaterStatistics(
                    **{name: estimates.of(rater) for name, estimates in numbered.items()},
                    idle=int(pace.idle[rater]),
                ),
                label_use=uses.get(rater, ()) if told else (),
                thresholds=lines.get(rater, ()) if told else (),
                drift=drift.changes.get(rater) if told and drift is not None else None,
                speed_drift=faster.get(rater) if told else None,
                families={name: family.state(rater) for name, family in families.items()},
                left_out={
                    name: told.left_out(rater)
                    for name, told in (("label_use", use), ("shift", shifts), ("threshold", lined))
                    if told.left_out(rater)
                },
                confusion=confused.get(rater, ()),
            )
        )
    return reports


def numbers(question: Question, ratings: Ratings) -> Floats | None:
    """A number for each value where answers are ordered: ranks of labels, or the number."""
    if not question.ordered:
        return None
    if question.level == "ordinal":
        return np.arange(len(ratings.values), dtype=np.float64)
    return np.array(ratings.values, np.float64)


def _consistency(round_: Round, question: Question, n_raters: int) -> Consistency | None:
    """Answers of a rater to the same thing; None for numbers and rankings: equal says little."""
    if question.no_labels:
        return None
    ratings = round_.ratings[question.name]
    group = same_text(round_.units)
    pairs = [answered_alike(ratings, group)]
    earlier = round_.repeats.get(question.name)
    if earlier is not None and len(earlier):
        pairs.append(answered_again(ratings, earlier, n_raters))
    alike = "no_texts" if not any(round_.units.text) else "no_same_text"
    return consistency(ratings, joined(pairs), n_raters, none_alike=alike)


def same_text(units: Units) -> NDArray[np.int64]:
    """Per unit a code that units of the same text share (white space folded), -1 elsewhere.

    Only the text is what the rater read: units whose other fields are equal may be anything. A
    text without a letter or digit is none, and one that many units carry is a heading above
    what the rater read.
    """
    contents = [" ".join(text.split()) if text else "" for text in units.text]
    code: dict[str, int] = {}
    group = np.array([code.setdefault(content, len(code)) for content in contents], np.int64)
    if not len(group):
        return group
    none = np.array([not any(map(str.isalnum, content)) for content in contents], np.bool_)
    size = np.bincount(group)[group]
    heading = size > max(HEADING, HEADING_SHARE * len(group))
    return np.where((size < 2) | none | heading, -1, group)


def _confusions(
    round_: Round, question: Question, consensus: Consensus | None, of: Collection[int]
) -> dict[int, tuple[ConfusionRow, ...]]:
    """Confusion against gold and consensus of some raters; rows with too little are left out."""
    if consensus is None:
        return {}
    found: dict[int, tuple[ConfusionRow, ...]] = {}
    for row in rater_confusion(
        question,
        round_.ratings[question.name],
        len(round_.raters),
        consensus,
        gold=round_.gold.get(question.name),
    ):
        if row.reason is None and row.rater in of:
            found[row.rater] = (*found.get(row.rater, ()), row)
    return found


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

    if question.no_labels or not len(shared):
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
