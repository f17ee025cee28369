"""The causes of one choice: of its clusters, and of every disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings, Round, label_text
from labelq.measure.results import Consensus
from labelq.pinpoint.causes import evidence
from labelq.pinpoint.causes.coefficients import CONTENT, ELSEWHERE, LEFT, WITHIN
from labelq.pinpoint.causes.evidence import Inside
from labelq.pinpoint.causes.model import Table, log_odds, probabilities
from labelq.pinpoint.causes.pattern import Floats, Pattern, pattern_of
from labelq.pinpoint.causes.recalibration import Recalibration, recalibration
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.votes import Votes


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """What can be said about the causes of one choice.

    ``inside`` is the evidence of each cluster (None for a remainder), ``of_cluster`` (C × 4)
    their probabilities of :data:`CAUSES`. ``rows`` (N,) are the disputed units as positions in
    the pattern, ``cluster`` (N,) the cluster that each is in (-1: none), ``of_unit`` (N × 4)
    their probabilities.
    """

    pattern: Pattern
    flat: Floats
    inside: tuple[Inside | None, ...]
    of_cluster: Floats
    rows: NDArray[np.intp]
    features: Floats
    cluster: NDArray[np.intp]
    of_unit: Floats
    recalibrated: Recalibration | None = None


def causes_of(
    round_: Round,
    question: Question,
    votes: Votes,
    consensus: Consensus,
    clusters: Sequence[Cluster],
) -> Explained:
    """The causes of one choice of a round, set right by its reviewers' decisions if they can."""
    ratings, n = round_.ratings[question.name], len(round_.raters)
    truth = truths(round_, question, votes)
    found = explained(votes, ratings, n, consensus, clusters, truth=truth)
    decided = truths(replace(round_, gold={}), question, votes)
    if decided is None:
        return found
    blind = found if truth is None else explained(votes, ratings, n, consensus, clusters)
    right = _recalibration(blind, decided)
    if right is None:
        return found
    return replace(
        found,
        of_cluster=right.of(found.of_cluster) if len(clusters) else found.of_cluster,
        of_unit=right.of(found.of_unit),
        recalibrated=right,
    )


def _recalibration(blind: Explained, decided: Codes) -> Recalibration | None:
    """From the causes as told without the decisions."""
    pattern, rows = blind.pattern, blind.rows
    label = decided[pattern.units[rows]]
    use = (label >= 0) & (pattern.k[rows] >= 3) & (pattern.top[rows] > pattern.second[rows])
    leads = ~pattern.suspect
    leading = np.full(len(pattern.units), -1)
    leading[pattern.row[leads]] = pattern.votes.label[leads]
    return recalibration(blind.of_unit[use], (leading[rows] == label)[use])


def explained(
    votes: Votes,
    ratings: Ratings,
    n_raters: int,
    consensus: Consensus,
    clusters: Sequence[Cluster],
    *,
    truth: Codes | None = None,
    tables: tuple[Table, Table, Table, Table] = (CONTENT, WITHIN, ELSEWHERE, LEFT),
) -> Explained:
    """The causes of the ``clusters`` of one choice and of each of its disagreements.

    First the clusters with a common content, from what their votes have in common; then every
    disagreement, from its own votes and the cluster it is in; then what is left of each label
    pair, from its disagreements.
    """
    real = [i for i, cluster in enumerate(clusters) if not cluster.remainder]
    claimed = [np.array(clusters[i].units, np.intp) for i in real]
    alike = [np.array(clusters[i].lookalikes, np.intp) for i in real]
    within = np.unique(np.concatenate([np.zeros(0, np.intp), *claimed, *alike]))
    pattern = pattern_of(votes, ratings, n_raters, inside=within, truth=truth)
    flat = _flat(pattern, consensus)
    inside: list[Inside | None] = [None] * len(clusters)
    odds = np.zeros((len(clusters), 4))
    for i, own, same in zip(real, claimed, alike, strict=True):
        found = inside[i] = evidence.of_content(pattern, own, same, flat)
        odds[i] = log_odds(found.features[None, :], tables[0])[0]

    rows, features = evidence.of_disagreements(pattern, flat)
    of_row = np.full(len(pattern.units), -1)
    for i, one in enumerate(clusters):
        of_row[np.searchsorted(pattern.units, one.units)] = i
    cluster = of_row[rows]
    claimed_by = np.isin(cluster, real) if real else np.zeros(len(rows), np.bool_)
    unit_odds = np.empty((len(rows), 4))
    unit_odds[~claimed_by] = log_odds(features[~claimed_by], tables[2])
    more = within_features(pattern, inside, odds, rows, cluster)
    unit_odds[claimed_by] = log_odds(np.hstack([features, more])[claimed_by], tables[1])
    of_unit = probabilities(unit_odds)

    left = [i for i, one in enumerate(clusters) if one.remainder]
    for i in left:
        odds[i] = log_odds(left_features(of_unit[cluster == i])[None, :], tables[3])[0]
    shown = probabilities(odds) if len(odds) else odds
    return Explained(pattern, flat, tuple(inside), shown, rows, features, cluster, of_unit)


def within_features(
    pattern: Pattern,
    inside: Sequence[Inside | None],
    odds: Floats,
    rows: NDArray[np.intp],
    cluster: NDArray[np.intp],
) -> Floats:
    """What the cluster of each disagreement adds to its evidence, (N × 5)."""
    n = len(pattern.units)
    gain, n_gain, odd = np.zeros(n), np.zeros(n), np.zeros(n)
    of_row = np.full(n, -1)
    of_row[rows] = cluster
    suspect = np.bincount(pattern.row, pattern.suspect, n)
    for i, found in enumerate(inside):
        if found is None:
            continue
        row = pattern.row[found.votes]
        own = of_row[row] == i
        gain += np.bincount(row[own], found.gain[own], n)
        n_gain += np.bincount(row[own], minlength=n)
        at = found.votes[own]
        off = pattern.suspect[at] & (pattern.votes.rater[at] == found.rater)
        odd += np.bincount(pattern.row[at], off, n)
    of_cluster = np.clip(odds[:, 1:], -8, 8)[cluster] if len(odds) else np.zeros((len(rows), 3))
    return np.column_stack(
        [
            of_cluster,
            (gain / np.maximum(n_gain, 1))[rows],
            (odd / np.maximum(suspect, 1))[rows],
        ]
    )


def left_features(of_unit: Floats) -> Floats:
    """The evidence of what is left of a label pair: its disagreements' probabilities."""
    mean = of_unit.mean(axis=0) if len(of_unit) else np.full(4, 0.25)
    ratio = np.log(mean[1:] / mean[0])
    return np.concatenate([ratio, ratio * np.log(max(len(of_unit), 1))])


def _flat(pattern: Pattern, consensus: Consensus) -> Floats:
    """Per unit of the pattern: how unsure the consensus is; from the votes where it is silent."""
    by_votes = pattern.second / pattern.k
    if not consensus.posterior.size:
        return by_votes
    at = np.searchsorted(consensus.units, pattern.units)
    posterior, tick = consensus.posterior[at], pattern.votes.tick
    if tick is None:
        return np.asarray(1 - posterior.max(axis=1))
    return np.asarray(np.minimum(posterior[:, tick], 1 - posterior[:, tick]))


def truths(round_: Round, question: Question, votes: Votes) -> Codes | None:
    """Per unit code the known label as a code of ``votes.labels``, -1 where nobody knows it.

    Known is what a reviewer decided, then gold. None where there is neither.
    """
    decided = round_.adjudicated.get(question.name, {})
    gold = round_.gold.get(question.name)
    if gold is None and not decided:
        return None
    values = round_.ratings[question.name].values
    known: Codes = np.full(len(round_.units), -1, np.int32)
    code = {label: i for i, label in enumerate(votes.labels)}

    def coded(value: object) -> int:
        if votes.tick is not None:
            assert isinstance(value, frozenset)
            return int(question.labels[votes.tick] in value)
        return code.get(label_text(value), -1)  # type: ignore[arg-type]  # a Value

    if gold is not None:
        of_value = np.array([*map(coded, values), -1], np.int32)
        known = of_value[gold]
    for unit, value in decided.items():
        known[unit] = coded(value)
    return known
