"""What became of an earlier round's clusters, beyond what would have happened by itself.

Clusters are found because they are disputed, and the most disputed of many fall by themselves
when they are labeled again (regression to the mean). So the rate of an earlier cluster is drawn
towards that of all tasks with its labels, as far as contents of that round do not differ by more
than chance (empirical Bayes: Efron & Morris 1975; Morris 1983), over the tasks *with its content*,
disputed or not. What the next round's tasks then show without any change is a beta-binomial
distribution, and a cluster has fallen if so low a rate is rarer in it than :data:`RARE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Round
from labelq.pinpoint.findings import Cluster
from labelq.remember.earlier import Earlier
from labelq.remember.findings import ClusterFate, Fate
from labelq.remember.likeness import Both
from labelq.remember.splits import Floats, Splits, spread, votes_of

RARE = 0.025
"""One-sided: of unchanged clusters at most one in forty is said to have fallen."""

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
        scopes = both.scopes([(*c.units, *c.lookalikes) for c in own])
        known = _Contents(earlier.round, both, name, own)
        for cluster, scope in zip(own, scopes, strict=True):
            told = Told(cluster.id, earlier.name, name, cluster.labels, cluster.words)
            around = _around(scopes, own, cluster)
            found.append(_fate(told, earlier.round, round_, scope, around, known, confidence))
        for told, scope in zip(old, both.scopes([g.units for g in old]), strict=True):
            found.append(_fate(told, earlier.round, round_, scope, scope, known, confidence))
    order = {c.id: i for i, c in enumerate(clusters)}
    return tuple(sorted(found, key=lambda f: order.get(f.cluster, len(order))))


@dataclass(frozen=True, slots=True)
class Told:
    """A cluster as it is remembered: from the earlier round, or gone before it (``units``)."""

    cluster: str
    since: str
    question: str
    labels: tuple[str, str]
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
            labels=(str(row["labels"][0]), str(row["labels"][1])),
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
    """How much the contents of the earlier round differ in how split they are.

    The ratio of the variance of rates between contents to that of units inside them, from all
    label pairs of one question together. ``inside`` is the latter as a share of p(1-p).
    """

    def __init__(
        self, round_: Round, both: Both, question: str, clusters: Sequence[Cluster]
    ) -> None:
        between = inside = binomial = 0.0
        rng = np.random.default_rng(0)
        for labels in dict.fromkeys(c.labels for c in clusters):
            votes = votes_of(round_, question, labels)
            if votes is None:
                continue
            splits = Splits.of(votes, labels)
            units, shares = splits.units[splits.carries], splits.share[splits.carries]
            if len(units) > LINKED_AT_MOST:
                some = np.sort(rng.choice(len(units), LINKED_AT_MOST, replace=False))
                units, shares = units[some], shares[some]
            if len(units) < 2 * ENOUGH:
                continue
            groups = both.groups(units)
            apart, within = spread(shares, groups)
            mean = float(shares.mean())
            between += len(units) * apart
            inside += len(units) * within
            binomial += len(units) * (mean * (1 - mean) - apart)
        self._ratio = between / inside if inside > 0 else 0.0
        self.inside = min(max(inside / binomial, 0.2), 1.0) if binomial > 0 else 1.0

    def drawn_in(self, mean: float, shares: Floats) -> tuple[float, float]:
        """The parameters (a, b) of the beta distribution of a content's rate."""
        n, k = len(shares) / self.inside, float(shares.sum()) / self.inside
        if self._ratio <= 0:  # contents do not differ: the mean is all there is to know
            return mean * 1e6, (1 - mean) * 1e6
        # The variance between contents is m(1-m)/(1+s), inside them f·m(1-m)·s/(1+s): s = 1/(ratio·f).
        strength = 1 / (self._ratio * self.inside)
        return mean * strength + k, (1 - mean) * strength + n - k


def _fate(
    told: Told,
    before: Round,
    after: Round,
    scope: tuple[Codes, Codes],
    around: tuple[Codes, Codes],
    known: _Contents,
    confidence: float,
) -> ClusterFate:
    votes = votes_of(before, told.question, told.labels), votes_of(after, told.question, told.labels)
    anything = None in votes
    labels: tuple[str, str] | None = told.labels
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
    mean = float(then.share[then.carries].mean()) if then.carries.any() else 0.0
    mean = min(max(mean, 1e-4), 1 - 1e-4)
    a, b = known.drawn_in(mean, first)
    if told.was_gone:  # not chosen for being disputed: its rate is what it is
        n, k = len(first) / known.inside, float(first.sum()) / known.inside
        a, b = k + 0.5, n - k + 0.5
    expected = a / (a + b)
    others = now.elsewhere(around[1])
    usual = float(others.mean()) if len(others) else 0.0
    n2, rate = len(second) / known.inside, float(second.mean())
    without = Predicted.of(a, b, n2)
    tail = (1 - confidence) / 2
    p_value = without.at_most(rate)
    return ClusterFate(
        cluster=told.cluster,
        since=told.since,
        question=told.question,
        labels=told.labels,
        words=told.words,
        fate=_judged(told, without, rate, expected, usual, n2),
        n_before=len(first),
        n_after=len(second),
        before=float(first.mean()),
        expected=expected,
        lowest=without.quantile(tail),
        highest=without.quantile(1 - tail),
        after=rate,
        usual=usual,
        p_value=p_value,
        units=tuple(scope[1].tolist()),
        any_labels=anything,
        reason=None,
    )


def _judged(
    told: Told, without: Predicted, rate: float, expected: float, usual: float, n: float
) -> Fate:
    # Of tasks that are split as often as others, so many are by chance.
    beyond = 1 - Predicted.of(usual * 1e6 + 1e-3, (1 - usual) * 1e6, n).below(rate) < RARE
    if told.was_gone:
        risen = 1 - without.below(rate) < RARE
        return "back" if risen and beyond else "gone"
    if without.at_most(rate) < RARE:
        closed = rate - usual <= (1 - CLOSED) * (expected - usual)
        return "gone" if closed and not beyond else "smaller"
    return "same" if without.at_most(min(usual, expected)) < RARE else "too_little"


def _nothing(
    told: Told, units: Codes, n_before: int, n_after: int, reason: str, *, any_: bool = False
) -> ClusterFate:
    return ClusterFate(
        told.cluster,
        told.since,
        told.question,
        told.labels,
        told.words,
        "too_little",
        n_before,
        n_after,
        *[None] * 7,
        units=tuple(units.tolist()),
        any_labels=any_,
        reason=reason,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """The rate that ``n`` tasks show when the true rate is beta distributed.

    Beta-binomial, carried on to numbers that are not whole: tasks count for more than one where
    their shares vary less than yes and no would.
    """

    rates: NDArray[np.float64]
    n: float

    @classmethod
    def of(cls, a: float, b: float, n: float) -> Predicted:
        """From the beta distribution's parameters."""
        from scipy.special import betaincinv

        grid = (np.arange(200) + 0.5) / 200
        return cls(np.clip(betaincinv(a, b, grid), 1e-12, 1 - 1e-12), n)

    def at_most(self, rate: float) -> float:
        """The chance of so low a rate or a lower one."""
        return self._reaches(rate * self.n + 0.5)

    def below(self, rate: float) -> float:
        """The chance of a lower rate."""
        return self._reaches(rate * self.n - 0.5)

    def _reaches(self, k: float) -> float:
        """P(K ≤ k - 1/2) with whole numbers; the binomial's incomplete beta, carried on."""
        from scipy.special import betaincc

        if k <= 0:
            return 0.0
        if k >= self.n:
            return 1.0
        return float(betaincc(k + 0.5, self.n - k + 0.5, self.rates).mean())

    def quantile(self, p: float) -> float:
        """The rate that is not exceeded with chance ``p``."""
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self._reaches(middle * self.n) < p else (low, middle)
        return (low + high) / 2
