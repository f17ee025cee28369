"""Clusters: the disagreements of a label pair, grouped by what the units are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.causes.clusters import with_causes
from labelq.pinpoint.content.searching import ERRORS, Claim, searched
from labelq.pinpoint.content.terms import most_set_apart
from labelq.pinpoint.content.vectors import AT_LEAST, Content
from labelq.pinpoint.findings import Apart, Cause, Cluster, Clustering, LabelPair
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

Codes = NDArray[np.integer]


def find_clusters(
    round_: Round,
    settlings: Mapping[str, Settling],
    consensuses: Mapping[str, Consensus],
    pairs: Sequence[LabelPair],
    proposed: Mapping[str, Consensus] | None = None,
    *,
    content: Content | None = None,
    seed: int = 0,
) -> tuple[Cluster, ...]:
    """The clusters of all questions, ranked by what settling them would bring.

    ``consensuses`` rest on the round's ratings alone, as everything does that is said about
    the round. Which label a cluster leans to is a proposal: ``proposed`` is the consensus on
    all evidence (default: the round's). ``content`` is what the units are about (default:
    their words, or else their fields). ``seed`` draws the permutations.

    First those that a rule settles (gaps), then those that a word with a rater does, then the
    others, each by the share of their question's disagreement; remainders stand at the end.

    A cluster is claimed when it beats what 98 % of the same searches find under permuted
    disagreements, over all questions and label pairs together. Clusters of one choice never
    share a unit, so that their shares add up to at most 1. What is not claimed is the
    remainder of the first pair that the unit carries. Pairs with fewer than four disputed
    units are left out.
    """
    content = content or Content.of(round_.units)
    views, asked = [], []
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
        views.append(view)
        for votes in view.choices:
            mine = [pair.labels for pair in own if set(pair.labels) <= set(votes.labels)]
            if mine:
                asked.append((view, votes, mine))
    claims: list[list[Claim]] = [[] for _ in asked]
    if content is not None and asked:
        claims = searched(
            content,
            [
                (votes, view.consensus, mine, view.settling.question.level == "nominal")
                for view, votes, mine in asked
            ],
            seed,
        )
    found: list[Cluster] = []
    for view in views:
        clusters: list[Cluster] = []
        for (of, votes, mine), claimed in zip(asked, claims, strict=True):
            if of is view:
                groups = _of_choice(view, votes, mine, claimed, content)
                clusters += with_causes(
                    round_, view.settling.question, votes, view.consensus, view.habits, groups
                )
        clusters.sort(key=_rank)
        name = view.settling.question.name
        found += [replace(c, id=f"{name}-{i}") for i, c in enumerate(clusters, start=1)]
    return tuple(sorted(found, key=_rank))


def clustering(round_: Round, content: Content | None, model: str | None) -> Clustering:
    """What clusters of ``round_`` are found by; ``model`` is the embedder's name, if any."""
    if content is None:
        return Clustering("none", "none", None, len(round_.units), len(round_.units), ERRORS)
    silent = int((content.text_of < 0).sum())
    if not content.written:
        return Clustering("fields", "words", None, len(round_.units), silent, ERRORS)
    vectors: Literal["words", "embedder"] = "words" if model is None else "embedder"
    return Clustering("text", vectors, model, len(round_.units), silent, ERRORS)


def _rank(cluster: Cluster) -> tuple[bool, int, float, tuple[str, ...], tuple[int, ...]]:
    order = {"gap": 0, "rater": 1}.get(cluster.cause.kind, 2)
    return (
        cluster.remainder,
        order,
        -round(cluster.share, 12),
        cluster.labels,
        cluster.units[:1],
    )


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
    """Disputed units of some labels, with a common content or left over."""

    labels: tuple[str, ...]
    units: Codes
    claim: Claim | None = None


def _of_choice(
    view: _View,
    votes: Votes,
    pairs: Sequence[tuple[str, str]],
    claims: Sequence[Claim],
    content: Content | None,
) -> list[Cluster]:
    """Clusters of one choice: what is claimed, and per pair what is left over."""
    groups = [_Group(claim.labels, claim.units, claim) for claim in claims]
    taken = np.concatenate([np.zeros(0, np.int32), *(claim.units for claim in claims)])
    holders = [np.unique(votes.unit[votes.label == code]) for code in range(len(votes.labels))]
    code = {label: i for i, label in enumerate(votes.labels)}
    for pair in pairs:
        a, b = (holders[code[label]] for label in pair)
        rest = np.setdiff1d(np.intersect1d(a, b), taken)
        if len(rest):
            groups.append(_Group(pair, rest))
            taken = np.append(taken, rest)
    lookalikes = _lookalikes(votes, groups, content)
    shares = view.shares(votes)
    return [
        _cluster(view, votes, shares[group.units].sum(), content, group, alike)
        for group, alike in zip(groups, lookalikes, strict=True)
    ]


def _lookalikes(votes: Votes, groups: Sequence[_Group], content: Content | None) -> list[Codes]:
    """Per group, units with its content that got one of its labels only; none for remainders."""
    found: list[Codes] = [np.zeros(0, np.int32) for _ in groups]
    real = [i for i, group in enumerate(groups) if group.claim]
    if content is None or not real:
        return found
    units, first = np.unique(votes.unit, return_index=True)
    low = np.minimum.reduceat(votes.label, first)
    high = np.maximum.reduceat(votes.label, first)
    agreed, label = units[low == high], low[low == high]
    alike = content.lookalikes(agreed, [groups[i].units for i in real])
    for i, same in zip(real, alike, strict=True):
        pair = [votes.labels.index(name) for name in groups[i].labels]
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
    units, claim = group.units, group.claim
    disputed = votes.at(units)
    in_order = np.sort(units)
    apart = [] if content is None or claim is None else most_set_apart(content.fields, units)
    return Cluster(
        id="",
        question=votes.question,
        labels=group.labels,
        units=tuple(units.tolist()),
        words=() if content is None or claim is None else content.names(units),
        share=float(share),
        settled=view.settling.at_most(
            in_order,
            consensus_values(view.ratings, view.consensus, in_order),
            label_codes(view.settling.question, view.ratings, group.labels),
        ),
        cause=Cause("too_little"),  # until the causes of all clusters are told together
        consensus=_decided(votes, view.proposed, units),
        lookalikes=tuple(alike.tolist()),
        divided=_divided(disputed, units),
        remainder=claim is None,
        apart=tuple(Apart(*one) for one in apart),
        p_value=None if claim is None else claim.p_value,
        stability=None if claim is None else claim.stability,
    )


def _decided(votes: Votes, consensus: Consensus, units: Codes) -> str | None:
    """The label that the consensus gives to most units."""
    row = np.searchsorted(consensus.units, units)
    n = np.bincount(consensus_votes(votes, consensus, row))
    return votes.labels[int(n.argmax())] if n.max() >= DECIDED * len(units) else None


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
