"""The consensus of rankings: each item by its mean place (Borda).

A rater's places run from 0 (first) to 1 (last), tied items in the middle of the places that
they take, so that raters who placed fewer items count alike. An item is in the consensus where
at least half of the unit's raters placed it; items with the same mean are tied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ranking, Ratings, Value
from labelq.measure.results import Consensus

TIE_RULE = "items with the same mean place are tied"


def borda(
    question: Question,
    ratings: Ratings,
    units: Codes,
    row: NDArray[np.intp],
    known: Codes | None = None,
) -> Consensus:
    """The mean ranking of each unit; ``known`` holds value codes of units that are certain."""
    places = [_places(value) for value in ratings.values]
    given: list[list[int]] = [[] for _ in units]
    for i, code in zip(row.tolist(), ratings.value.tolist(), strict=True):
        given[i].append(code)
    best: list[Value] = [_mean([places[code] for code in codes]) for codes in given]
    if known is not None:
        for i in np.flatnonzero(known >= 0).tolist():
            best[i] = ratings.values[known[i]]
    return Consensus(
        question=question.name,
        method="borda",
        units=units,
        labels=(),
        posterior=np.zeros((len(units), 0)),
        best=tuple(best),
        accuracy={},
        iterations=0,
        n_ties=sum(any(len(place) > 1 for place in one.places) for one in best),  # type: ignore[union-attr]  # rankings
    )


def _places(value: Value) -> dict[str, float]:
    """Each item's place between 0 and 1."""
    assert isinstance(value, Ranking)
    last = max(len(value.items) - 1, 1)
    found: dict[str, float] = {}
    before = 0
    for tied in value.places:
        found |= dict.fromkeys(tied, (before + (len(tied) - 1) / 2) / last)
        before += len(tied)
    return found


def _mean(given: Sequence[dict[str, float]]) -> Ranking:
    sums: dict[str, list[float]] = defaultdict(list)
    for places in given:
        for item, place in places.items():
            sums[item].append(place)
    means: dict[float, list[str]] = defaultdict(list)
    for item, each in sums.items():
        if 2 * len(each) >= len(given):
            means[round(sum(each) / len(each), 12)].append(item)
    return Ranking.of(means[mean] for mean in sorted(means))
