"""Whether a decision helped where it applies: agreement inside and outside its scope."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from labelq.labels.model import Codes, Round
from labelq.remedy.decisions import Decision
from labelq.remember.changes import CHOSEN, word
from labelq.remember.findings import ClusterFate, Effect, Share
from labelq.remember.likeness import Floats
from labelq.remember.splits import Splits, votes_of

ENOUGH = 5
"""Fewer tasks than this inside or outside, in either round, are too little to say."""

InScope = Callable[[Decision], tuple[Codes, Codes]]
"""The tasks in a decision's scope, as codes of the earlier round and of this one."""


def effects(
    decisions: Sequence[Decision],
    before: Round,
    after: Round,
    in_scope: InScope,
    fates: Sequence[ClusterFate],
    confidence: float,
) -> tuple[Effect, ...]:
    """The effect of every decision that was taken, on the questions that both rounds asked."""
    names = {q.name for q in before.questions} & {q.name for q in after.questions}
    decided = [
        d for d in decisions if d.question in names and d.outcome not in ("undecided", "rejected")
    ]
    return tuple(
        _effect(d, before, after, in_scope(d), _fate_of(d, fates), confidence) for d in decided
    )


def _fate_of(decision: Decision, fates: Sequence[ClusterFate]) -> ClusterFate | None:
    """What became of the cluster that the decision was made about in the earlier round."""
    return next((f for f in fates if decided_on(decision, f.since, f.cluster, f.labels)), None)


def decided_on(decision: Decision, round_: str, cluster: str, labels: Sequence[str]) -> bool:
    """Whether the decision was made about this cluster of the round called ``round_``.

    An audit made anew may give its id to another cluster: the labels must be the same, too.
    """
    told = decision.evidence
    return (
        told is not None
        and (told.round, told.cluster) == (round_, cluster)
        and set(labels) == set(decision.labels)
    )


def _effect(
    decision: Decision,
    before: Round,
    after: Round,
    scope: tuple[Codes, Codes],
    fate: ClusterFate | None,
    confidence: float,
) -> Effect:
    shares: list[Share] = []
    for round_, units in zip((before, after), scope, strict=True):
        splits = _splits(round_, decision)
        inside = splits is not None and np.isin(splits.units, units)
        for keep in (inside, ~np.asarray(inside)):
            agree = np.zeros(0) if splits is None else 1 - splits.share[keep]
            everywhere = np.zeros(0) if splits is None else 1 - splits.share
            shares.append(agreement_share(agree, everywhere, confidence))
    inside_before, outside_before, inside_after, outside_after = shares
    reason = None
    difference = lower = upper = None
    if _came_later(decision, after):
        reason = "decided_later"
    elif any(_splits(r, decision) is None for r in (before, after)):
        reason = "label_gone"
    elif min(s.n_units for s in shares) < ENOUGH:
        reason = "too_few_units"
    elif decision.scope.tasks and not decision.scope.lookalikes:
        reason = CHOSEN
    else:
        difference, lower, upper = contrast(
            [(1, inside_after), (-1, inside_before), (-1, outside_after), (1, outside_before)]
        )
    by_itself = None
    if fate is not None and fate.before is not None and fate.expected is not None:
        by_itself = fate.before - fate.expected
    return Effect(
        decision=decision.id,
        question=decision.question,
        outcome=decision.outcome,
        labels=decision.labels,
        inside_before=inside_before,
        inside_after=inside_after,
        outside_before=outside_before,
        outside_after=outside_after,
        difference=difference,
        lower=lower,
        upper=upper,
        confidence=confidence,
        by_itself=by_itself,
        # What would have happened by itself is no effect of the decision.
        word=word(
            None if lower is None else lower - max(by_itself or 0.0, 0.0),
            None if upper is None else upper,
        ),
        reason=reason,
    )


def _came_later(decision: Decision, after: Round) -> bool:
    """Whether the round's last answer was given on a day before the decision: it knew no rule."""
    submitted = after.ratings[decision.question].submitted
    known = submitted[~np.isnat(submitted)]
    if decision.when is None or not len(known):
        return False
    return bool(np.datetime64(decision.when, "D") > known.max().astype("datetime64[D]"))


def _splits(round_: Round, decision: Decision) -> Splits | None:
    """Over all labels of a choice; of a multiple choice over the label that was decided."""
    several = round_.question(decision.question).level == "set"
    votes = votes_of(round_, decision.question, decision.labels if several else ())
    return None if votes is None else Splits.of(votes, None)


def agreement_share(agree: Floats, everywhere: Floats, confidence: float) -> Share:
    """Mean of ``agree`` with Wilson's interval.

    A unit's share of agreeing pairs varies less than yes and no would: how much less is taken
    from all units (``everywhere``), so that units that all agree still have an interval.
    """
    from scipy.special import ndtri

    if not len(agree):
        return Share(0, None, None, None)
    p, q = float(agree.mean()), float(everywhere.mean())
    inside = float(everywhere.var()) / (q * (1 - q)) if 0 < q < 1 else 1.0
    n, z = len(agree) / min(max(inside, 0.2), 1.0), float(ndtri(0.5 + confidence / 2))
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Share(len(agree), p, max(0.0, middle - half), min(1.0, middle + half))


def contrast(terms: Sequence[tuple[int, Share]]) -> tuple[float, float, float]:
    """A sum of shares, each taken with +1 or -1, with the ends of its interval.

    From the intervals of its terms (Zou & Donner 2008), taken as independent: tasks that are in
    both rounds make the true interval narrower.
    """
    value = below = above = 0.0
    for sign, share in terms:
        assert share.value is not None
        assert share.lower is not None
        assert share.upper is not None
        value += sign * share.value
        down, up = share.value - share.lower, share.upper - share.value
        below += (down if sign > 0 else up) ** 2
        above += (up if sign > 0 else down) ** 2
    return value, value - math.sqrt(below), value + math.sqrt(above)
