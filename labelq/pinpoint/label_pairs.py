"""Label pairs: which labels are confused, how much more than chance, and what it costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, label_text
from labelq.labels.statistics import count_patterns
from labelq.measure.results import Consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.findings import LabelPair
from labelq.pinpoint.votes import Votes, choices, consensus_values, label_codes

SETTLED_AT_MOST = 50
"""So many of the largest pairs get a settled coefficient: each is a whole recomputation."""


def label_pairs(
    question: Question, ratings: Ratings, settling: Settling, consensus: Consensus
) -> tuple[LabelPair, ...]:
    """The confused pairs of one question, ranked by what settling each would bring, at most:
    the best of following the ``consensus`` or deciding all one way.

    For a multiple choice a pair is a label against its absence, ``("delivery", "without
    delivery")``, and its share is the share of the disagreement over single ticks. Free
    numbers and rankings have no label pairs.
    """
    if question.no_labels:
        return ()
    found = (
        _of_sets(question, ratings) if question.level == "set" else _of_labels(ratings, settling)
    )
    found.sort(key=lambda pair: (-round(pair[4], 12), pair[0]))
    pairs = []
    for rank, (labels, units, observed, expected, share) in enumerate(found):
        settled = None
        if rank < SETTLED_AT_MOST:
            best = consensus_values(ratings, consensus, units)
            settled = settling.at_most(units, best, label_codes(question, ratings, labels))
        pairs.append(
            LabelPair(
                question=question.name,
                labels=labels,
                n_units=len(units),
                observed=observed,
                expected=expected,
                excess=observed / expected if expected > 0 else None,
                share=share,
                settled=settled,
            )
        )
    # Stable: pairs that settling moves alike stay in the order of their shares.
    pairs.sort(key=lambda p: np.inf if p.settled is None else -round(p.settled, 12))
    return tuple(pairs)


Found = tuple[tuple[str, str], NDArray[np.int32], float, float, float]
"""Labels, units that carry both, observed and expected coincidences, share.

Expected: of all disagreements, how many would fall on this pair if they fell on pairs of
labels as chance and the marginals have it. Observed and expected add up to the same total.
"""


def _of_labels(ratings: Ratings, settling: Settling) -> list[Found]:
    patterns = count_patterns(ratings)
    columns = patterns.counts.tocsc()
    holds = [
        columns.indices[columns.indptr[v] : columns.indptr[v + 1]]
        for v in range(len(ratings.values))
    ]
    found: list[Found] = []
    total = settling.table.totals
    by_chance = (total.sum() ** 2 - (total**2).sum()) / max(total.sum() - 1, 1)
    met = settling.coincidences()
    scale = sum(observed for _, _, observed, _ in met) / by_chance if by_chance else 0.0
    for a, b, observed, expected in met:
        both = np.zeros(patterns.counts.shape[0], np.bool_)
        both[np.intersect1d(holds[a], holds[b], assume_unique=True)] = True
        units = patterns.units[both[patterns.pattern]]
        labels = label_text(ratings.values[a]), label_text(ratings.values[b])
        found.append((labels, units, observed, expected * scale, settling.pair_share(a, b)))
    return found


def _of_sets(question: Question, ratings: Ratings) -> list[Found]:
    """Each tick as a binary choice: Krippendorff's coincidences of with and without."""
    found: list[Found] = []
    for votes in choices(question, ratings):
        units, counts = _pairable(votes)
        m = counts.sum(axis=1)
        n = counts.sum(axis=0)
        disputed = (counts > 0).all(axis=1)
        observed = float((2 * counts[:, 0] * counts[:, 1] / (m - 1)).sum())
        expected = float(2 * n[0] * n[1] / max(n.sum() - 1, 1))
        labels = votes.labels[1], votes.labels[0]
        found.append((labels, units[disputed], observed, expected, observed))
    total = sum(pair[2] for pair in found)
    by_chance = sum(pair[3] for pair in found)
    return [
        (labels, units, observed, expected * total / by_chance, share / total)
        for labels, units, observed, expected, share in found
        if observed
    ]


def _pairable(votes: Votes) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    units, counts = votes.counts()
    several = counts.sum(axis=1) > 1
    return units[several], counts[several]
