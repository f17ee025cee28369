"""The labels to train on: one per unit and question, how sure, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.cells import cell_of, whole
from labelq.labels.evidence import last_words
from labelq.labels.model import Label, Question, Ranking, Round, Value, label_text
from labelq.measure.results import Consensus

if TYPE_CHECKING:
    import pandas as pd

    from labelq.measure.consensus.methods import Method

__all__ = [
    "COLUMNS",
    "label_consensus",
    "probabilities",
    "rater_rows",
    "training_labels",
    "training_rows",
    "with_later",
]

COLUMNS = ("unit", "question", "label", "probability", "sd", "source", "n_votes", "n_queue_votes")

DIGITS = 6
"""Decimals of a probability in a file."""


def label_consensus(
    round_: Round,
    question: Question,
    *,
    method: Method | None = None,
    clamp_gold: bool = False,
) -> Consensus:
    """The consensus on one question from all that people said about it.

    The round's ratings and repeats, then the votes that came through a queue and the
    reviewers' decisions. With ``clamp_gold`` gold labels are certain, and raters are measured
    against them; without it gold plays no part.

    Raises:
        SettingsError: ``method`` does not fit the question.
    """
    from labelq.measure.consensus.estimation import consensus

    of_round = consensus(
        question,
        round_.ratings[question.name],
        len(round_.raters),
        method=method,
        gold=round_.gold.get(question.name) if clamp_gold else None,
        repeats=round_.repeats.get(question.name),
    )
    return with_later(round_, question, of_round, clamp_gold=clamp_gold)


def with_later(
    round_: Round, question: Question, of_round: Consensus, *, clamp_gold: bool = False
) -> Consensus:
    """The consensus of the round with the queue's votes and the reviewers' decisions."""
    from labelq.measure.consensus.updating import updated

    votes = round_.selected.get(question.name)
    return updated(
        question,
        of_round,
        round_.ratings[question.name],
        last_words(round_, question),
        asked_again=np.zeros(0, np.int32) if votes is None else votes.unit,
        n_voters=len(round_.voters),
        decided=_decided(round_, question, clamp_gold=clamp_gold),
    )


def training_labels(round_: Round, consensuses: Mapping[str, Consensus]) -> pd.DataFrame:
    """One row per question and unit that carries a rating, a queue's vote or a decision.

    ``label`` is written as in ``ratings.csv``, ``source`` is ``consensus`` or ``adjudicated``.
    ``probability`` is the consensus' (for a set, that all its ticks are right, were they
    independent; 1 where a reviewer decided; nan for numbers and where there is none), ``sd``
    the standard deviation of a weighted mean, nan elsewhere.
    ``n_votes`` counts ratings of the round, ``n_queue_votes`` votes that came through a queue.
    """
    import pandas as pd

    ids = np.array([*map(whole, round_.units.ids)], object)
    parts = []
    for question in round_.questions:
        consensus = consensuses[question.name]
        decided = np.isin(consensus.units, list(round_.adjudicated.get(question.name, ())))
        likely = probabilities(question, consensus)
        part = pd.DataFrame(
            {
                "unit": ids[consensus.units],
                "question": whole(question.name),
                "label": [cell_of(value) for value in consensus.best],
                "probability": np.where(decided, 1.0, likely).round(DIGITS),
                "sd": np.nan if consensus.sd is None else consensus.sd,
                "source": np.where(decided, "adjudicated", "consensus"),
                "n_votes": _votes(round_.ratings[question.name].unit, consensus),
                "n_queue_votes": _queue_votes(round_, question, consensus),
            }
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def training_rows(
    round_: Round,
    question: Question,
    consensus: Consensus,
    *,
    clamp_gold: bool = False,
    soft: bool = False,
) -> Iterator[dict[str, Any]]:
    """One row per unit of ``consensus``, for a training set, as plain data.

    ``unit, text, question, label, probability, sd, source, method, n_votes, n_queue_votes``.
    ``label`` is a text, a number, a sorted list (paths are lists), or for rankings the list of
    places in order (tied items are a list); ``probability`` is that
    of the label, 1 where it was decided (``source`` ``adjudicated``, or ``gold`` with
    ``clamp_gold``) and None where there is none; ``sd`` is a mean's standard deviation, else
    None. With ``soft`` also ``probabilities``: each label (as people read it) → its
    probability, for sets that of its tick; None for numbers.
    """
    likely = probabilities(question, consensus)
    votes = _votes(round_.ratings[question.name].unit, consensus)
    queued = _queue_votes(round_, question, consensus)
    reviewed = round_.adjudicated.get(question.name, {})
    decided = _decided(round_, question, clamp_gold=clamp_gold)
    names = [label_text(label) for label in consensus.labels]
    for i, unit in enumerate(consensus.units.tolist()):
        source = "consensus"
        if unit in decided:
            source = "adjudicated" if unit in reviewed else "gold"
        probability = 1.0 if unit in decided else float(likely[i])
        row: dict[str, Any] = {
            "unit": round_.units.ids[unit],
            "text": round_.units.text[unit],
            "question": question.name,
            "label": _plain(consensus.best[i]),
            "probability": None if np.isnan(probability) else round(probability, DIGITS),
            "sd": None if consensus.sd is None else float(consensus.sd[i]),
            "source": source,
            "method": consensus.method,
            "n_votes": int(votes[i]),
            "n_queue_votes": int(queued[i]),
        }
        if soft:
            shares = np.round(consensus.posterior[i], DIGITS).tolist()
            row["probabilities"] = dict(zip(names, shares, strict=True)) if shares else None
        yield row


def rater_rows(round_: Round, question: Question, consensus: Consensus) -> Iterator[dict[str, Any]]:
    """One row per rater with an answer, as the consensus of the round sees the rater.

    ``rater`` (id), ``name, question, n_ratings``; ``accuracy``, the estimated share of right
    answers, or for numbers ``bias`` (how much higher than the others) and ``sd`` of the rest.
    """
    n = np.bincount(round_.ratings[question.name].rater, minlength=len(round_.raters))
    for code in np.flatnonzero(n).tolist():
        rater = round_.raters[code]
        yield {
            "rater": rater.id,
            "name": rater.name,
            "question": question.name,
            "n_ratings": int(n[code]),
            "accuracy": consensus.accuracy.get(code),
            "bias": consensus.bias.get(code),
            "sd": consensus.spread.get(code),
        }


def probabilities(question: Question, consensus: Consensus) -> NDArray[np.float64]:
    """The probability of each unit's label, (units,); nan where there is none."""
    posterior = consensus.posterior
    if not posterior.shape[1]:
        return np.full(len(posterior), np.nan)
    if question.level == "set":
        return np.asarray(np.maximum(posterior, 1 - posterior).prod(axis=1))
    # Not always the largest: for a mean the nearest label is the best one.
    position = {label: i for i, label in enumerate(consensus.labels)}
    best = np.array([position[label] for label in consensus.best], np.intp)
    return np.asarray(posterior[np.arange(len(best)), best])


def _decided(round_: Round, question: Question, *, clamp_gold: bool) -> dict[int, Value]:
    """What is certain, by unit code: with ``clamp_gold`` gold, and what reviewers decided."""
    decided: dict[int, Value] = {}
    gold = round_.gold.get(question.name) if clamp_gold else None
    if gold is not None:
        values = round_.ratings[question.name].values
        decided = {int(unit): values[gold[unit]] for unit in np.flatnonzero(gold >= 0)}
    return decided | dict(round_.adjudicated.get(question.name, {}))


def _queue_votes(round_: Round, question: Question, consensus: Consensus) -> NDArray[np.integer]:
    if question.name not in round_.selected:
        return np.zeros(len(consensus.units), np.intp)
    return _votes(round_.selected[question.name].unit, consensus)


def _plain(value: Value) -> Any:
    if isinstance(value, frozenset):
        labels: list[Label] = sorted(value)
        return [list(label) if isinstance(label, tuple) else label for label in labels]
    if isinstance(value, Ranking):
        return [list(place) if len(place) > 1 else place[0] for place in value.places]
    return value


def _votes(units: NDArray[np.integer], consensus: Consensus) -> NDArray[np.integer]:
    n = int(max(consensus.units.max(initial=-1), units.max(initial=-1))) + 1
    return np.bincount(units, minlength=n)[consensus.units]
