"""All that people said about a round's units: what proposes a label, and never a coefficient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Ratings, Round
from labelq.labels.universe import in_order

__all__ = ["last_words"]


def last_words(round_: Round, question: Question) -> Ratings:
    """Everyone's last word on each unit: the ratings, and the votes that came through a queue.

    A vote of somebody who had rated the unit replaces that rating: two answers of one person
    are not two opinions. Rater codes point into ``round_.voters``.
    """
    ratings = round_.ratings[question.name]
    votes = round_.selected.get(question.name)
    if votes is None:
        return ratings
    n = len(round_.voters)
    kept = ratings.select(~np.isin(_key(ratings, n), _key(votes, n)))
    values = ratings.values
    if votes.values != values:
        values = in_order(question, (*values, *votes.values))
    position = {value: i for i, value in enumerate(values)}
    coded = [
        np.array([position[value] for value in part.values], np.int32)[part.value]
        for part in (kept, votes)
    ]

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(kept, name), getattr(votes, name)])

    both = replace(
        kept,
        value=np.concatenate(coded),
        values=values,
        **{
            name: joined(name)
            for name in ("unit", "rater", "seconds", "submitted", "edited", "prelabeled")
        },
    )
    return both.select(np.argsort(_key(both, n)))


def _key(ratings: Ratings, n_voters: int) -> NDArray[np.int64]:
    """One number per unit and rater."""
    key: NDArray[np.int64] = ratings.unit.astype(np.int64) * n_voters + ratings.rater
    return key
