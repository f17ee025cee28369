"""What became of an earlier round's clusters, beyond what would have happened by itself.

Clusters are found because they are disputed, and the most disputed of many fall by themselves
when they are labeled again (regression to the mean). So a cluster is judged by all tasks *with
its content*, disputed or not, in both rounds; its rate is drawn to those of the other contents of
its round (:mod:`labelq.remember.expecting`); and it has fallen only if the next round's tasks
would show so low a rate, without any change, more rarely than :data:`RARE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from labelq.labels.model import Codes, Round
from labelq.pinpoint.findings import Cluster
from labelq.remember.earlier import Earlier
from labelq.remember.expecting import RATES, Predicted, inside_variance, posterior, prior
from labelq.remember.findings import ClusterFate, Fate
from labelq.remember.likeness import Both
from labelq.remember.splits import Floats, Splits, votes_of

RARE = 0.05
"""One-sided: of unchanged clusters at most one in twenty is said to have fallen."""

ENOUGH = 5
"""Fewer tasks than this in either round are too little to say."""

CLOSED = 0.75
"""A cluster is gone if it fell by so much of what was more than usual."""

LINKED_AT_MOST = 2_000
"""How much contents differ is estimated from so many units."""


def cluster_fates(
    earlier: Earlier, round_: Round, both: Both | None, confidence: float
) -> tuple[ClusterFate, ...]:
    """The fate of every cluster of the earlier audit, and of those that were gone before it."""
    clusters = [c for c in earlier.clusters if not c.remainder and _asked(c.question, round_)]
    gone = [g for g in _gone_before(earlier) if _asked(g.question, round_)]
    if both is None or not (clusters or gone):
        return ()
    found: list[ClusterFate] = []
    names = dict.fromkeys([*(c.question for c in clusters), *(g.question for g in gone)])
    for name in names:
        own = [c for c in clusters if c.question == name]
        old = [g for g in gone if g.question == name]
        scopes = both.scopes([(*c.units, *c.lookalikes) for c in own], [c.words for c in own])
        known = _Contents(earlier.round, both, own, scopes)
        for cluster, scope in zip(own, scopes, strict=True):
            told = Told(cluster.id, earlier.name, name, cluster.labels, cluster.words)
            around = _around(scopes, own, cluster)
            found.append(_fate(told, earlier.round, round_, scope, around, known, confidence))
        for told, scope in zip(
            old, both.scopes([g.units for g in old], [g.words for g in old]), strict=True
        ):
            found.append(_fate(told, earlier.round, round_, scope, scope, known, confidence))
    order = {c.id: i for i, c in enumerate(clusters)}
    return tuple(sorted(found, key=lambda f: order.get(f.cluster, len(order))))


@dataclass(frozen=True, slots=True)
class Told:
    """A cluster as it is remembered: from the earlier round, or gone before it (``units``)."""

    cluster: str
    since: str
    question: str
    labels: tuple[str, ...]
    words: tuple[str, ...]
    units: tuple[int, ...] = ()

    @property
    def was_gone(self) -> bool:
        """Whether the earlier round had found it gone."""
        return bool(self.units)


def _asked(question: str, round_: Round) -> bool:
    return any(q.name == question for q in round_.questions)


def _gone_before(earlier: Earlier) -> list[Told]:
    """Clusters that the earlier audit, itself a comparison, had found gone."""
    rows: Sequence[Mapping[str, Any]] = (earlier.document.get("comparison") or {}).get(
        "clusters", ()
    )
    code = {name: u for u, name in enumerate(earlier.round.units.ids)}
    return [
        Told(
            cluster=str(row["cluster"]),
            since=str(row["since"]),
            question=str(row["question"]),
            labels=tuple(map(str, row["labels"])),
            words=tuple(map(str, row["words"])),
            units=tuple(code[name] for name in row["units"] if name in code),
        )
        for row in rows
        if row["fate"] == "gone" and row["units"]
    ]


def _around(
    scopes: Sequence[tuple[Codes, Codes]], clusters: Sequence[Cluster], cluster: Cluster
) -> tuple[Codes, Codes]:
    """The scopes of all clusters with the same labels: what is not usual."""
    same = [s for s, c in zip(scopes, clusters, strict=True) if c.labels == cluster.labels]
    return np.concatenate([s[0] for s in same]), np.concatenate([s[1] for s in same])


class _Contents:
    """How rates of disagreement differ between the contents of the earlier round."""

    def __init__(
        self,
        round_: Round,
        both: Both,
        clusters: Sequence[Cluster],
        scopes: Sequence[tuple[Codes, Codes]],
    ) -> None:
        self._round, self._both = round_, both
        self._scopes: dict[tuple[str, ...], list[Codes]] = {}
        for cluster, scope in zip(clusters, scopes, strict=True):
            self._scopes.setdefault(cluster.labels, []).append(scope[0])
        self._of = cache(self._groups)

    def of(self, question: str, labels: tuple[str, ...] | None, own: Codes) -> tuple[Floats, float]:
        """Of pairs split between ``labels``: the prior, and the variance of shares inside.

        The prior is that of all contents but the ``own`` one, which would else confirm itself.
        """
        scopes, rest = self._of(question, labels)
        others = [shares for units, shares in scopes if not np.array_equal(units, own)] + rest
        inside = inside_variance([*(shares for _, shares in scopes), *rest])
        return prior(others, inside), inside

    def _groups(
        self, question: str, labels: tuple[str, ...] | None
    ) -> tuple[list[tuple[Codes, Floats]], list[Floats]]:
        """The clusters' contents with their units, and those of all other units."""
        votes = votes_of(self._round, question, labels or ())
        assert votes is not None
        splits = Splits.of(votes, labels)
        scopes = [] if labels is None else self._scopes.get(labels, [])
        rest = splits.carries & ~np.isin(splits.units, np.concatenate([*scopes, [-1]]))
        units, shares = splits.units[rest], splits.share[rest]
        if len(units) > LINKED_AT_MOST:
            some = np.random.default_rng(0).choice(len(units), LINKED_AT_MOST, replace=False)
            units, shares = units[np.sort(some)], shares[np.sort(some)]
        content = self._both.groups(units)
        groups = [shares[content == g] for g in np.unique(content)]
        told = [(scope, splits.at(scope)) for scope in scopes]
        return [(scope, at) for scope, at in told if len(at)], groups


def _fate(
    told: Told,
    before: Round,
    after: Round,
    scope: tuple[Codes, Codes],
    around: tuple[Codes, Codes],
    known: _Contents,
    confidence: float,
) -> ClusterFate:
    votes = (
        votes_of(before, told.question, told.labels),
        votes_of(after, told.question, told.labels),
    )
    anything = None in votes
    labels: tuple[str, ...] | None = told.labels
    if anything:
        labels = None
        votes = votes_of(before, told.question, ()), votes_of(after, told.question, ())
    sets = any(r.question(told.question).level == "set" for r in (before, after))
    if votes[0] is None or votes[1] is None or (anything and sets):
        return _nothing(told, scope[1], 0, 0, "label_gone")
    then, now = (Splits.of(v, labels) for v in votes if v is not None)
    first, second = then.at(scope[0]), now.at(scope[1])
    if min(len(first), len(second)) < ENOUGH:
        return _nothing(told, scope[1], len(first), len(second), "too_few_units", any_=anything)
    weights, inside = known.of(told.question, labels, scope[0])
    if told.was_gone:  # not chosen for being disputed: its rate is what it is
        weights = np.full(len(RATES), 1 / len(RATES))
    n2 = len(second) / inside
    without = Predicted(posterior(weights, first, inside), n2)
    others = now.elsewhere(around[1])
    usual = float(others.mean()) if len(others) else 0.0
    rate = float(second.mean())
    tail = (1 - confidence) / 2
    # What lies below the usual rate does so by chance: no cluster falls further than that.
    p_value = without.at_most(max(rate, usual))
    return ClusterFate(
        cluster=told.cluster,
        since=told.since,
        question=told.question,
        labels=told.labels,
        words=told.words,
        fate=_judged(told, without, rate, usual),
        n_before=len(first),
        n_after=len(second),
        before=float(first.mean()),
        expected=without.mean,
        lowest=without.quantile(tail),
        highest=without.quantile(1 - tail),
        after=rate,
        usual=usual,
        p_value=p_value,
        units=tuple(scope[1].tolist()),
        any_labels=anything,
        reason=None,
    )


def _judged(told: Told, without: Predicted, rate: float, usual: float) -> Fate:
    # Of tasks that are split as often as others, so many are by chance.
    beyond = Predicted.at(usual, without.n).at_least(rate) < RARE
    if told.was_gone:
        return "back" if beyond and without.at_least(rate) < RARE else "gone"
    if without.at_most(max(rate, usual)) < RARE:
        closed = rate - usual <= (1 - CLOSED) * (without.mean - usual)
        return "gone" if closed and not beyond else "smaller"
    return "same" if without.at_most(min(usual, without.mean)) < RARE else "too_little"


def _nothing(
    told: Told, units: Codes, n_before: int, n_after: int, reason: str, *, any_: bool = False
) -> ClusterFate:
    return ClusterFate(
        cluster=told.cluster,
        since=told.since,
        question=told.question,
        labels=told.labels,
        words=told.words,
        fate="too_little",
        n_before=n_before,
        n_after=n_after,
        units=tuple(units.tolist()),
        any_labels=any_,
        reason=reason,
    )
