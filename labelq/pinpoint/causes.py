"""Why a cluster is disputed: a slip, one rater's habit, an ambiguous content, or a gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from labelq.pinpoint.findings import Camp, Cause
from labelq.pinpoint.votes import Votes

RESOLVED = 0.7
CONSISTENT = 0.75
OWN_RULE = 0.7
SINGLE = 0.75
ENOUGH_UNITS = 4
ENOUGH_ANSWERS = 3
BY_CHANCE = 0.05


def cause(
    disputed: Votes,
    content: Votes,
    *,
    common_content: bool,
    decided: bool,
    habitual: Collection[int] = (),
) -> Cause:
    """The likely cause of a cluster, the first of these that its evidence supports.

    ``disputed`` are the votes on the disputed units, ``content`` those on the lookalikes too.
    ``decided``: the consensus gives most of the units one label, and is sure of it.
    ``habitual`` are the raters who have a tested habit for the cluster's label pair.

    1. *too little*: fewer than four disputed units with three or more votes. With two votes
       nobody can say which of them is the odd one out.
    2. *rater*: the units have a common content, or the rater has a tested habit for the pair;
       without this rater, all others agree on at least 70 % of those units; and the rater
       gives one label at least 75 % of the time, another than the rest mostly do, more often
       than by chance (Fisher's exact test, p < .05, corrected over the raters).
    3. *gap*: the units have a common content, and raters with three or more answers in it hold
       opposite rules: two or more raters mostly give one label, two or more another, and 70 %
       of all their answers follow each one's own rule. A chi-square test of rater against
       label (p < .05) guards against camps by chance.
    4. *slip*: on at least 75 % of those units one rater stands alone against two or more
       others, the consensus is decided, and, where there is a common content, all raters
       mostly give the same label.
    5. *too little* again: single votes without a common content, now against one label and
       now against the other, which nothing holds together; or a common content in which one
       rater stands apart, but others differ too often to say that it is this rater.
    6. *ambiguous*: everything else. Raters differ, and with themselves too.
    """
    camps = _camps(content)
    units, counts = disputed.counts()
    votes = counts.sum(axis=1)
    top = np.sort(counts, axis=1)[:, -2:] if counts.shape[1] > 1 else np.zeros((len(units), 2))
    even = float((top[:, 0] == top[:, 1]).mean()) if len(units) else None
    several = votes >= 3
    if several.sum() < ENOUGH_UNITS:
        return Cause("too_little", camps, even=even)
    single = several & (top[:, 1] == votes - 1)
    rater, resolved = _odd_one_out(disputed, units, counts, single, int(several.sum()))
    steady = [camp for camp in camps if camp.of >= ENOUGH_ANSWERS]
    apart = rater is not None and _differs_consistently(content, rater)
    if apart and (common_content or rater in habitual) and resolved >= RESOLVED:
        return Cause("rater", camps, rater=rater, resolved=resolved, even=even)
    holders = Counter(camp.label for camp in steady)
    opposite = len(holders) > 1
    own = sum(camp.n for camp in steady) / max(sum(camp.of for camp in steady), 1)
    two_camps = sum(n >= 2 for n in holders.values()) >= 2
    if common_content and two_camps and own >= OWN_RULE and _camps_differ(content):
        return Cause("gap", camps, even=even)
    if single.sum() >= SINGLE * several.sum():
        if decided and not (common_content and opposite):
            return Cause("slip", camps, even=even)
        if not common_content:
            return Cause("too_little", camps, even=even)
    if common_content and apart:
        return Cause("too_little", camps, even=even)
    return Cause("ambiguous", camps, even=even)


def _camps(votes: Votes) -> tuple[Camp, ...]:
    """Each rater's commonest answer, raters with the most answers first."""
    raters, table = _table(votes)
    found = [
        Camp(int(rater), votes.labels[int(row.argmax())], int(row.max()), int(row.sum()))
        for rater, row in zip(raters, table, strict=True)
    ]
    return tuple(sorted(found, key=lambda camp: (-camp.of, camp.rater)))


def _table(votes: Votes) -> tuple[NDArray[np.integer], NDArray[np.int64]]:
    """Raters (R,), and how often each gave each label, (R × labels)."""
    raters, row = np.unique(votes.rater, return_inverse=True)
    n = len(votes.labels)
    table = np.bincount(row * n + votes.label, minlength=len(raters) * n)
    return raters, table.reshape(len(raters), n)


def _odd_one_out(
    disputed: Votes,
    units: NDArray[np.integer],
    counts: NDArray[np.float64],
    single: NDArray[np.bool_],
    n_units: int,
) -> tuple[int | None, float]:
    """The rater who most often stands alone, and on which share of the units."""
    row = np.searchsorted(units, disputed.unit)
    alone = single[row] & (disputed.label != counts.argmax(axis=1)[row])
    if not alone.any():
        return None, 0.0
    often = np.bincount(disputed.rater[alone])
    return int(often.argmax()), float(often.max() / n_units)


def _differs_consistently(content: Votes, rater: int) -> bool:
    from scipy.stats import fisher_exact

    own = content.rater == rater
    answers = np.bincount(content.label[own], minlength=len(content.labels))
    others = np.bincount(content.label[~own], minlength=len(content.labels))
    label, n, of = int(answers.argmax()), int(answers.max()), int(answers.sum())
    consistent = of >= ENOUGH_ANSWERS and n >= CONSISTENT * of
    if not consistent or label == others.argmax():
        return False
    theirs = int(others[label])
    table = np.array([[n, of - n], [theirs, others.sum() - theirs]])
    n_raters = len(np.unique(content.rater))
    return bool(fisher_exact(table, "greater").pvalue * n_raters < BY_CHANCE)


def _camps_differ(votes: Votes) -> bool:
    """Whether raters with enough answers differ in their labels more than by chance."""
    from scipy.stats import chi2_contingency

    _, table = _table(votes)
    table = table[table.sum(axis=1) >= ENOUGH_ANSWERS]
    table = table[:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return False
    return bool(chi2_contingency(table, correction=False).pvalue < BY_CHANCE)
