"""The labels to train on: one per unit and question, how sure, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelq.labels.cells import cell_of
from labelq.labels.model import Question, Round
from labelq.measure.results import Consensus

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "training_labels"]

COLUMNS = ("unit", "question", "label", "probability", "source", "n_votes", "n_queue_votes")


def training_labels(round_: Round, consensuses: Mapping[str, Consensus]) -> pd.DataFrame:
    """One row per question and unit that carries a rating, a queue's vote or a decision.

    ``label`` is written as in ``ratings.csv``, ``source`` is ``consensus`` or ``adjudicated``.
    ``probability`` is the consensus' (for a set, that all its ticks are right, were they
    independent; 1 where a reviewer decided; nan for medians and majorities). ``n_votes`` counts
    ratings of the round, ``n_queue_votes`` votes that came through a queue.
    """
    import pandas as pd

    ids = np.array(round_.units.ids, object)
    parts = []
    for question in round_.questions:
        consensus = consensuses[question.name]
        decided = np.isin(consensus.units, list(round_.adjudicated.get(question.name, ())))
        likely = _probability(question, consensus)
        part = pd.DataFrame(
            {
                "unit": ids[consensus.units],
                "question": question.name,
                "label": [cell_of(value) for value in consensus.best],
                "probability": np.where(decided, 1.0, likely).round(6),
                "source": np.where(decided, "adjudicated", "consensus"),
                "n_votes": _votes(round_.ratings[question.name].unit, consensus),
                "n_queue_votes": 0,
            }
        )
        if question.name in round_.selected:
            part["n_queue_votes"] = _votes(round_.selected[question.name].unit, consensus)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _probability(question: Question, consensus: Consensus) -> NDArray[np.float64]:
    posterior = consensus.posterior
    if not posterior.shape[1]:
        return np.full(len(posterior), np.nan)
    if question.level == "set":
        return np.asarray(np.maximum(posterior, 1 - posterior).prod(axis=1))
    return np.asarray(posterior.max(axis=1))


def _votes(units: NDArray[np.integer], consensus: Consensus) -> NDArray[np.integer]:
    n = int(consensus.units.max(initial=-1)) + 1
    return np.bincount(units, minlength=n)[consensus.units]
