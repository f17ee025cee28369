"""The ledger of influence: what units, raters, label pairs and clusters weigh in disagreement.

Shares are shares of the observed disagreement and add up, kind by kind; the coefficient if
something were settled does not. Ranks come with their stability under resampling of units.
The agenda is read off the ledger: the fewest clusters that carry most of what has a common
cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, label_text
from labelq.measure.additive import Floats
from labelq.measure.ranks import Ranks, ranks, ranks_of_units
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.findings import COVERED, Agenda, Cluster, Influence, LabelPair
from labelq.pinpoint.votes import choices, consensus_values, label_codes, unit_disagreement

Parts = tuple[NDArray[np.integer], Floats]
"""Units, and the share of the disagreement that each contributes."""

MOST_LISTED = 50
"""So many units, raters and label pairs of a question are listed, those with most first."""

MOST_RANKED = 200
"""So many label pairs and raters are ranked against each other in resamples."""


@dataclass(frozen=True)
class Ledger:
    """What weighs how much in one question, ready to be listed."""

    settling: Settling
    best: Codes
    resamples: int = 2000
    seed: int = 0
    confidence: float = 0.95

    @classmethod
    def of(
        cls,
        settling: Settling,
        consensus: Consensus,
        *,
        resamples: int = 2000,
        seed: int = 0,
        confidence: float = 0.95,
    ) -> Ledger:
        """``consensus`` says what a settled unit gets; ``resamples`` of 0: no stability."""
        best = consensus_values(settling.ratings, consensus, settling.units)
        return cls(settling, best, resamples, seed, confidence)

    def listed(
        self, pairs: Sequence[LabelPair], clusters: Sequence[Cluster]
    ) -> tuple[Influence, ...]:
        """Clusters, label pairs, raters, units: kind by kind, the largest share first.

        ``pairs`` and ``clusters`` are those of the question.
        """
        return (
            *self.of_clusters(clusters),
            *self.of_label_pairs(pairs),
            *self.of_raters(),
            *self.of_units(),
        )

    def of_units(self, at_most: int = MOST_LISTED) -> list[Influence]:
        """The units with the largest share."""
        settling = self.settling
        share = settling.unit_share()
        order = np.lexsort((settling.units, -np.round(share, 12)))[:at_most]
        order = order[share[order] > 0]
        rows = [
            Influence(
                question=settling.question.name,
                kind="unit",
                key=int(settling.units[row]),
                share=float(share[row]),
                settled=settling.settled([settling.units[row]], [self.best[row]]),
                without=settling.without([settling.units[row]]),
            )
            for row in order.tolist()
        ]
        found = ranks_of_units(
            share,
            order,
            resamples=self.resamples,
            seed=self.seed,
            confidence=self.confidence,
        )
        return self._with(rows, found)

    def of_raters(self, at_most: int = MOST_LISTED) -> list[Influence]:
        """The raters with the largest share."""
        settling, ratings = self.settling, self.settling.ratings
        share = settling.rating_share()
        n_raters = int(ratings.rater.max(initial=-1)) + 1
        of_rater = np.bincount(ratings.rater, share, minlength=n_raters)
        order = np.lexsort((np.arange(n_raters), -np.round(of_rater, 12)))
        order = order[of_rater[order] > 0][:MOST_RANKED]
        shown = order[:at_most].tolist()
        settled = settling.settled_raters(shown, self.best)
        rows = [
            Influence(settling.question.name, "rater", rater, float(of_rater[rater]), value)
            for rater, value in zip(shown, settled, strict=True)
        ]
        by_rater = np.argsort(ratings.rater, kind="stable")
        start = np.searchsorted(ratings.rater[by_rater], np.arange(n_raters + 1))
        parts = [by_rater[start[r] : start[r + 1]] for r in order.tolist()]
        return self._ranked(rows, [(ratings.unit[at], share[at]) for at in parts])

    def of_label_pairs(
        self, pairs: Sequence[LabelPair], at_most: int = MOST_LISTED
    ) -> list[Influence]:
        """The label pairs with the largest share."""
        settling = self.settling
        ordered = sorted(pairs, key=lambda p: (-round(p.share, 12), p.labels))[:MOST_RANKED]
        rows = [
            Influence(settling.question.name, "label_pair", p.labels, p.share, p.settled)
            for p in ordered[:at_most]
        ]
        if settling.question.level == "set":
            return self._ranked(rows, [self._of_choice(p.labels) for p in ordered])
        code = {label_text(value): i for i, value in enumerate(settling.ratings.values)}
        codes = [(code[p.labels[0]], code[p.labels[1]]) for p in ordered]
        shares = sparse.csc_array(settling.pair_shares_of_units(codes))
        ends = zip(shares.indptr[:-1], shares.indptr[1:], strict=True)
        return self._ranked(
            rows, [(settling.units[shares.indices[a:b]], shares.data[a:b]) for a, b in ends]
        )

    def of_clusters(self, clusters: Sequence[Cluster]) -> list[Influence]:
        """All clusters: those with a common content by their share, then the remainders."""
        common = sorted((c for c in clusters if not c.remainder), key=_by_share)
        rest = sorted((c for c in clusters if c.remainder), key=_by_share)
        name = self.settling.question.name
        rows = [Influence(name, "cluster", c.id, c.share, c.settled) for c in (*common, *rest)]
        parts = []
        for cluster in common:
            units, share = self._of_choice(cluster.labels)
            inside = np.isin(units, cluster.units)
            parts.append((units[inside], share[inside]))
        return [*self._ranked(rows[: len(common)], parts), *rows[len(common) :]]

    def agenda(self, clusters: Sequence[Cluster]) -> Agenda:
        """The fewest of ``clusters`` that carry :data:`COVERED` of those without remainders."""
        common = sorted((c for c in clusters if not c.remainder), key=_by_share)
        total = sum(c.share for c in common)
        chosen: list[Cluster] = []
        while common and sum(c.share for c in chosen) < COVERED * total - 1e-12:
            chosen.append(common[len(chosen)])
        return Agenda(
            question=self.settling.question.name,
            clusters=tuple(c.id for c in chosen),
            share=float(sum(c.share for c in chosen)),
            common=float(total),
            remainder=float(sum(c.share for c in clusters if c.remainder)),
            value=self.settling.value,
            settled=self._all_settled(chosen),
        )

    def _all_settled(self, clusters: Sequence[Cluster]) -> float | None:
        """The coefficient if every cluster were settled in its own best way."""
        if not clusters:
            return None
        settling = self.settling
        codes = dict[int, int]()
        for cluster in clusters:
            units = np.sort(np.array(cluster.units))
            best = self.best[np.searchsorted(settling.units, units)]
            rules = label_codes(settling.question, settling.ratings, cluster.labels)
            _, chosen = settling.settled_best(units, best, rules)
            for unit, value in zip(units.tolist(), chosen.tolist(), strict=True):
                codes.setdefault(unit, value)
        units = np.array(sorted(codes))
        own = np.array([codes[unit] for unit in units.tolist()])
        best = self.best[np.searchsorted(settling.units, units)]
        found = [settling.settled(units, own), settling.settled(units, best)]
        return max((value for value in found if value is not None), default=None)

    def _of_choice(self, labels: tuple[str, ...]) -> Parts:
        """Units, and their share of the disagreement in the choice that ``labels`` belong to."""
        if self.settling.question.level == "set":
            return self._ticks[frozenset(labels)]
        return self.settling.units, self.settling.unit_share()

    @cached_property
    def _ticks(self) -> dict[frozenset[str], Parts]:
        """Of a multiple choice: for each label and its absence, shares of all single ticks."""
        found = {
            frozenset(votes.labels): unit_disagreement(votes)
            for votes in choices(self.settling.question, self.settling.ratings)
        }
        total = sum(float(share.sum()) for _, share in found.values()) or 1.0
        return {labels: (units, share / total) for labels, (units, share) in found.items()}

    def _ranked(self, rows: Sequence[Influence], parts: Sequence[Parts]) -> list[Influence]:
        """``rows`` with the ranks of the first of ``parts``."""
        units, share, column = (
            np.concatenate([np.zeros(0, kind), *parts_of])
            for kind, parts_of in (
                (np.int64, [units for units, _ in parts]),
                (np.float64, [share for _, share in parts]),
                (np.int64, [np.full(len(units), j) for j, (units, _) in enumerate(parts)]),
            )
        )
        matrix = sparse.coo_array(
            (share, (np.searchsorted(self.settling.units, units), column)),
            shape=(len(self.settling.units), len(parts)),
        )
        if not rows:
            return []
        found = ranks(
            sparse.csr_array(matrix),
            resamples=self.resamples,
            seed=self.seed,
            confidence=self.confidence,
        )
        return self._with(rows, found)

    def _with(self, rows: Sequence[Influence], found: Ranks) -> list[Influence]:
        if not self.resamples:
            return [replace(row, rank=float(found.rank[i])) for i, row in enumerate(rows)]
        return [
            replace(
                row,
                rank=float(found.rank[i]),
                rank_lower=int(found.lower[i]),
                rank_upper=int(found.upper[i]),
                stays=float(found.stays[i]),
            )
            for i, row in enumerate(rows)
        ]


def _by_share(cluster: Cluster) -> tuple[float, str]:
    return -round(cluster.share, 12), cluster.id
