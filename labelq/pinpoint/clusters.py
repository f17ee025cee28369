"""Clusters: the disagreements of a label pair, grouped by what the units are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.causes import cause
from labelq.pinpoint.content import AT_LEAST, Content
from labelq.pinpoint.findings import Cluster, LabelPair
from labelq.pinpoint.habits import habit_flags
from labelq.pinpoint.votes import (
    Votes,
    choices,
    consensus_values,
    consensus_votes,
    label_codes,
    unit_disagreement,
)

DECIDED = 0.75
"""The consensus has decided a cluster when it gives one label to so many of its units."""

SURE = 0.8
"""It is sure of a unit from this probability of its label on."""

Codes = NDArray[np.integer]


def find_clusters(
    round_: Round,
    settlings: Mapping[str, Settling],
    consensuses: Mapping[str, Consensus],
    pairs: Sequence[LabelPair],
    proposed: Mapping[str, Consensus] | None = None,
) -> tuple[Cluster, ...]:
    """The clusters of all questions, ranked by what settling them would bring.

    ``consensuses`` rest on the round's ratings alone, as everything does that is said about
    the round. Which label a cluster leans to is a proposal: ``proposed`` is the consensus on
    all evidence (default: the round's).

    First those that one decision settles (a rule for a gap, a word with a rater), then the
    others, both by the share of their question's disagreement; remainders stand at the end.

    Pairs are taken in their order; each disputed unit that carries both labels (and perhaps a
    third) joins the first cluster it fits, so that the clusters of one choice never share a
    unit and their shares add up to at most 1. What fits nowhere is the remainder of the first
    pair that the unit carries. Pairs with fewer than four disputed
    units are left out.
    """
    found: list[Cluster] = []
    content = None
    if any(pair.n_units >= AT_LEAST for pair in pairs):
        content = Content.of(round_.units)
    for question in round_.questions:
        name = question.name
        own = [pair for pair in pairs if pair.question == name and pair.n_units >= AT_LEAST]
        if not own:
            continue
        view = _View.of(
            question,
            round_.ratings[name],
            settlings[name],
            consensuses[name],
            (proposed or consensuses)[name],
            len(round_.raters),
        )
        clusters: list[Cluster] = []
        for votes in view.choices:
            mine = [pair for pair in own if set(pair.labels) <= set(votes.labels)]
            clusters += _of_choice(view, votes, mine, content)
        clusters.sort(key=_rank)
        found += [replace(c, id=f"{name}-{i}") for i, c in enumerate(clusters, start=1)]
    return tuple(sorted(found, key=_rank))


def _rank(cluster: Cluster) -> tuple[bool, bool, float, tuple[str, str], tuple[int, ...]]:
    one_decision = cluster.cause.kind in ("gap", "rater")
    share = round(cluster.share, 12)
    return cluster.remainder, not one_decision, -share, cluster.labels, cluster.units[:1]


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What clusters of one question are made from.

    ``total`` is the question's observed disagreement over single ticks (sets), ``share`` the
    share of each unit code (single choices; empty for sets). ``habits`` are the raters with a
    tested habit over all units, with its two labels.
    """

    ratings: Ratings
    settling: Settling
    consensus: Consensus
    proposed: Consensus
    choices: tuple[Votes, ...]
    share: NDArray[np.float64]
    total: float
    habits: frozenset[tuple[int, frozenset[str | None]]]

    @classmethod
    def of(
        cls,
        question: Question,
        ratings: Ratings,
        settling: Settling,
        consensus: Consensus,
        proposed: Consensus,
        n_raters: int,
    ) -> _View:
        of_question = choices(question, ratings)
        share = np.zeros(int(ratings.unit.max(initial=-1)) + 1)
        total = 0.0
        if question.level == "set":
            total = float(sum(unit_disagreement(votes)[1].sum() for votes in of_question))
        else:
            share[settling.units] = settling.unit_share()
        habits = frozenset(
            (rater, frozenset((flag.label, flag.instead_of)))
            for rater, flags in habit_flags(of_question, (), n_raters).items()
            for flag in flags
        )
        return cls(ratings, settling, consensus, proposed, of_question, share, total, habits)

    def shares(self, votes: Votes) -> NDArray[np.float64]:
        """Share of the question's disagreement per unit code, as far as ``votes`` carry it."""
        if votes.tick is None:
            return self.share
        units, disagreement = unit_disagreement(votes)
        share = np.zeros(len(self.share))
        share[units] = disagreement / self.total
        return share


class _Group(NamedTuple):
    """Disputed units of one pair, with a common content or left over."""

    pair: LabelPair
    units: Codes
    remainder: bool = False


def _of_choice(
    view: _View, votes: Votes, pairs: Sequence[LabelPair], content: Content | None
) -> list[Cluster]:
    """Clusters of one choice. Its units are claimed by the first group they fit."""
    if not pairs:
        return []
    holders = [np.unique(votes.unit[votes.label == code]) for code in range(len(votes.labels))]
    code = {label: i for i, label in enumerate(votes.labels)}
    carriers = [
        np.intersect1d(holders[code[a]], holders[code[b]])
        for a, b in (pair.labels for pair in pairs)
    ]
    groups: list[_Group] = []
    claimed: Codes = np.zeros(0, np.int32)
    if content is not None:
        voted, n_votes = np.unique(votes.unit, return_counts=True)
        several = voted[n_votes > 1]
        for pair, units in zip(pairs, carriers, strict=True):
            others = np.setdiff1d(several, units)
            for group in content.groups(np.setdiff1d(units, claimed), others):
                if content.words(group):  # a content without a name is none
                    groups.append(_Group(pair, group))
                    claimed = np.append(claimed, group)
    for pair, units in zip(pairs, carriers, strict=True):
        rest = np.setdiff1d(units, claimed)
        if len(rest):
            groups.append(_Group(pair, rest, remainder=True))
            claimed = np.append(claimed, rest)
    lookalikes = _lookalikes(votes, groups, content)
    shares = view.shares(votes)
    return [
        _cluster(view, votes, shares[group.units].sum(), content, group, alike)
        for group, alike in zip(groups, lookalikes, strict=True)
    ]


def _lookalikes(votes: Votes, groups: Sequence[_Group], content: Content | None) -> list[Codes]:
    """Per group, units with its content that got one of its labels only; none for remainders."""
    found: list[Codes] = [np.zeros(0, np.int32) for _ in groups]
    real = [i for i, group in enumerate(groups) if not group.remainder]
    if content is None or not real:
        return found
    units, first = np.unique(votes.unit, return_index=True)
    low = np.minimum.reduceat(votes.label, first)
    high = np.maximum.reduceat(votes.label, first)
    agreed, label = units[low == high], low[low == high]
    alike = content.lookalikes(agreed, [groups[i].units for i in real])
    for i, same in zip(real, alike, strict=True):
        pair = [votes.labels.index(name) for name in groups[i].pair.labels]
        found[i] = same[np.isin(label[np.searchsorted(agreed, same)], pair)]
    return found


def _cluster(
    view: _View,
    votes: Votes,
    share: float,
    content: Content | None,
    group: _Group,
    alike: Codes,
) -> Cluster:
    units = group.units
    disputed = votes.at(units)
    in_order = np.sort(units)
    label, sure = _decided(votes, view.consensus, units)
    return Cluster(
        id="",
        question=votes.question,
        labels=group.pair.labels,
        units=tuple(units.tolist()),
        words=() if content is None or group.remainder else content.words(units),
        share=float(share),
        settled=view.settling.at_most(
            in_order,
            consensus_values(view.ratings, view.consensus, in_order),
            label_codes(view.settling.question, view.ratings, group.pair.labels),
        ),
        cause=cause(
            disputed,
            votes.at(np.append(units, alike)),
            common_content=not group.remainder,
            decided=label is not None and sure,
            habitual=[who for who, pair in view.habits if pair == set(group.pair.labels)],
        ),
        consensus=_decided(votes, view.proposed, units)[0],
        lookalikes=tuple(alike.tolist()),
        divided=_divided(disputed, units),
        remainder=group.remainder,
    )


def _decided(votes: Votes, consensus: Consensus, units: Codes) -> tuple[str | None, bool]:
    """The label that the consensus gives to most units, and whether it is sure of most."""
    row = np.searchsorted(consensus.units, units)
    n = np.bincount(consensus_votes(votes, consensus, row))
    label = votes.labels[int(n.argmax())] if n.max() >= DECIDED * len(units) else None
    posterior = consensus.posterior[row]
    if votes.tick is None:
        chance = posterior.max(axis=1)
    else:
        chance = np.maximum(posterior[:, votes.tick], 1 - posterior[:, votes.tick])
    return label, bool((chance >= SURE).mean() > 0.5)


def _divided(disputed: Votes, units: Codes) -> tuple[int, ...]:
    """Up to three units with the most even votes: smallest margin, most votes, most central."""
    found, counts = disputed.counts()
    votes = counts.sum(axis=1)
    top = np.sort(counts, axis=1)
    margin = (top[:, -1] - top[:, -2]) / votes
    central = np.empty(len(found), np.intp)
    central[np.searchsorted(found, units)] = np.arange(len(units))
    order = np.lexsort((central, -votes, np.round(margin, 12)))
    return tuple(found[order[:3]].tolist())
