"""Why a cluster is disputed: a slip, one rater's habit, an ambiguous content, or a gap."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Round
from labelq.measure.results import Consensus
from labelq.pinpoint.causes.evidence import CAMP, Inside
from labelq.pinpoint.causes.explaining import Explained, causes_of
from labelq.pinpoint.causes.pattern import Floats, Pattern
from labelq.pinpoint.findings import (
    CAUSES,
    LIKELY,
    Basis,
    Camp,
    Cause,
    CauseEvidence,
    CauseKind,
    Cluster,
)
from labelq.pinpoint.votes import Votes

CONSISTENT = 0.75
ENOUGH_UNITS = 4
BY_CHANCE = 0.05
ENOUGH_RATERS, ENOUGH_PAIRS = 4, 8
"""With two votes on a unit, so many raters with a rule, and so many units, can tell."""

SIDES = 3
"""Fewer raters than this hold no two sides that a guideline left open."""

Habits = Collection[tuple[int, frozenset[str | None]]]


def with_causes(
    round_: Round,
    question: Question,
    votes: Votes,
    consensus: Consensus,
    habits: Habits,
    clusters: Sequence[Cluster],
) -> list[Cluster]:
    """The clusters of one choice with their causes.

    ``habits`` are raters with a tested habit over all units, with its two labels. A cause is
    named when it is likelier than the other three together, and:

    - four disputed units carry three votes or a known label, or the cluster has a common
      content with eight disputed units and four raters with three answers each. With two votes
      nobody can say which of them is the odd one out; with two raters nobody ever can;
    - a rater is named only when a test says so too: one label at least 75 % of the time,
      another than the rest mostly give, more often than by chance (Fisher's exact test, p < .05,
      corrected over the raters); without a common content, only with a tested habit;
    - a gap has a common content, and three raters answered in it: of two, either may have a
      habit, even where gold says who is right.
    """
    if not clusters:
        return []
    found = causes_of(round_, question, votes, consensus, clusters)
    return [
        replace(cluster, cause=_cause(found, i, cluster, habits))
        for i, cluster in enumerate(clusters)
    ]


def _cause(found: Explained, i: int, cluster: Cluster, habits: Habits) -> Cause:
    pattern, inside = found.pattern, found.inside[i]
    here = pattern.at(np.sort(np.array(cluster.units)))
    content = here if inside is None else inside.votes
    camps = _camps(pattern, content)
    rows = np.unique(pattern.row[here])
    even = float((pattern.top == pattern.second)[rows].mean())
    shown = _evidence(pattern, inside, rows, found.flat) if inside is not None else None
    if not _enough(pattern, rows, camps, common_content=inside is not None):
        return Cause("too_little", camps, even=even, evidence=shown)
    p = found.of_cluster[i]
    told: Mapping[str, float] = dict(zip(CAUSES, p.tolist(), strict=True))
    kind: CauseKind = CAUSES[int(p.argmax())] if p.max() > LIKELY else "too_little"
    if kind == "gap" and (inside is None or len(camps) < SIDES):
        kind = "too_little"
    rater, resolved = None, None
    if kind == "rater":
        habitual = [who for who, pair in habits if pair <= set(cluster.labels)]
        rater, resolved = _named(pattern, inside, here, rows, habitual)
        if rater is None:
            kind = "too_little"
    basis: Basis = "uncalibrated" if found.recalibrated is None else "recalibrated"
    return Cause(kind, camps, rater, resolved, even, told, basis, shown)


def _enough(
    pattern: Pattern, rows: NDArray[np.intp], camps: Sequence[Camp], *, common_content: bool
) -> bool:
    """Whether anybody could say which votes are the odd ones."""
    telling = (pattern.k[rows] >= 3) | pattern.known[rows]
    if telling.sum() >= ENOUGH_UNITS:
        return True
    steady = sum(camp.of >= CAMP for camp in camps)
    return common_content and len(rows) >= ENOUGH_PAIRS and steady >= ENOUGH_RATERS


def _camps(pattern: Pattern, content: NDArray[np.intp]) -> tuple[Camp, ...]:
    """Each rater's commonest answer, raters with the most answers first."""
    votes = pattern.votes
    raters, row = np.unique(votes.rater[content], return_inverse=True)
    n = len(votes.labels)
    table = np.bincount(row * n + votes.label[content], minlength=len(raters) * n)
    found = [
        Camp(int(rater), votes.labels[int(one.argmax())], int(one.max()), int(one.sum()))
        for rater, one in zip(raters, table.reshape(len(raters), n), strict=True)
    ]
    return tuple(sorted(found, key=lambda camp: (-camp.of, camp.rater)))


def _evidence(
    pattern: Pattern, inside: Inside, rows: NDArray[np.intp], flat: Floats
) -> CauseEvidence:
    k, top = pattern.k[rows], pattern.top[rows]
    return CauseEvidence(
        n_units=len(rows),
        n_content=inside.n_content,
        single=float(((k >= 3) & (top == k - 1)).mean()),
        even=float((top == pattern.second[rows]).mean()),
        follows=inside.follows,
        of=inside.of,
        flat=float(flat[rows].mean()),
        deviates=inside.rater,
        off=inside.off,
        answers=inside.answers,
        elsewhere=inside.elsewhere,
        usual=pattern.usual,
        hurried=inside.hurried,
        timed=inside.timed,
    )


def _named(
    pattern: Pattern,
    inside: Inside | None,
    here: NDArray[np.intp],
    rows: NDArray[np.intp],
    habitual: Sequence[int],
) -> tuple[int | None, float | None]:
    """The rater whose habit it is, as far as a test says so, and what it would resolve."""
    if inside is not None:
        if inside.rater is None or not _differs_consistently(pattern, inside.votes, inside.rater):
            return None, None
        return inside.rater, inside.resolved
    rater, row = pattern.votes.rater, pattern.row
    for who in sorted(habitual):
        if _differs_consistently(pattern, here, who):
            left = here[rater[here] != who]
            label = pattern.votes.label[left].astype(np.float64)
            at = np.searchsorted(rows, row[left])
            n = np.bincount(at, minlength=len(rows))
            mean = np.bincount(at, label, len(rows)) / np.maximum(n, 1)
            split = np.bincount(at, label != mean[at], len(rows)) > 0
            several = n >= 2
            return who, float((several & ~split).sum() / max(several.sum(), 1))
    return None, None


def _differs_consistently(pattern: Pattern, content: NDArray[np.intp], rater: int) -> bool:
    from scipy.stats import fisher_exact

    votes = pattern.votes
    own, label = votes.rater[content] == rater, votes.label[content]
    answers = np.bincount(label[own], minlength=len(votes.labels))
    others = np.bincount(label[~own], minlength=len(votes.labels))
    mostly, n, of = int(answers.argmax()), int(answers.max()), int(answers.sum())
    if of < CAMP or n < CONSISTENT * of or mostly == others.argmax():
        return False
    theirs = int(others[mostly])
    table = np.array([[n, of - n], [theirs, others.sum() - theirs]])
    n_raters = len(np.unique(votes.rater[content]))
    return bool(fisher_exact(table, "greater").pvalue * n_raters < BY_CHANCE)
