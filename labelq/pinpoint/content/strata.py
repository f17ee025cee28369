"""Which units may change places under the null hypothesis: likely label and number of votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes
from labelq.measure.results import Consensus
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.votes import Votes, consensus_votes

SURE = 0.9
"""From this probability on, the votes alone say which label is likely."""

PRIOR = 2.0


def strata(votes: Votes, consensus: Consensus, content: Content | None, n_units: int) -> Codes:
    """A number per unit (U,): units with the same likely label and number of votes; -1 for
    units with one vote.

    Where the votes leave it open (two that differ), the likely label is that of their labels
    whose undisputed units have words like this unit's (naive Bayes). Otherwise a label with
    more slips would look like a content: the units that slipped from it and those that were
    right would be held against units of another label.
    """
    units, n = np.unique(votes.unit, return_counts=True)
    row = np.searchsorted(consensus.units, units)
    label = consensus_votes(votes, consensus, row)
    chance = _chances(votes, consensus, row)
    if not chance.shape[1]:  # too many labels: how often each was given
        chance = votes.counts()[1] / n[:, None]
    unsure = (chance.max(axis=1) < SURE) & (n > 1)
    if content is not None and unsure.any():
        label[unsure] = _by_content(votes, units, unsure, chance, content)
    size = np.searchsorted([3, 4, 5, 6, 8, 12, 18, 27, 40], n, side="right")
    _, code = np.unique(label.astype(np.int64) * 16 + size, return_inverse=True)
    found = np.full(n_units, -1, np.int32)
    found[units[n > 1]] = code[n > 1]
    return found


def _chances(votes: Votes, consensus: Consensus, row: NDArray[np.intp]) -> NDArray[np.float64]:
    posterior = consensus.posterior[row]
    if votes.tick is None:
        return np.asarray(posterior, np.float64)
    ticked = posterior[:, votes.tick]
    return np.stack([1 - ticked, ticked], axis=1)


def _by_content(
    votes: Votes,
    units: Codes,
    unsure: NDArray[np.bool_],
    chance: NDArray[np.float64],
    content: Content,
) -> Codes:
    """The likely label of the unsure units, from votes and words."""
    n_labels = chance.shape[1]
    at = np.searchsorted(units, votes.unit)
    carried = np.zeros((len(units), n_labels), np.bool_)
    carried[at, votes.label] = True
    clear = np.flatnonzero((carried.sum(axis=1) == 1) & (content.text_of[units] >= 0))
    is_of = sparse.csr_array(
        (np.ones(len(clear)), (carried[clear].argmax(axis=1), np.arange(len(clear)))),
        shape=(n_labels, len(clear)),
    )
    held = content.holds[content.text_of[units[clear]]]
    count = np.asarray((is_of @ held).todense(), np.float64)
    n = np.asarray(is_of.sum(axis=1)).ravel()
    usual = (count.sum(axis=0) + 0.5) / (len(clear) + 1)
    weight = np.log((count + PRIOR * usual) / (n + PRIOR)[:, None]) - np.log(usual)
    some = units[unsure]
    text = content.text_of[some]
    said = content.holds[np.where(text >= 0, text, 0)]
    words = np.asarray(said @ weight.T) * (text >= 0)[:, None]
    score = np.log(np.clip(chance[unsure], 1e-3, 1)) + words
    score = np.where(carried[unsure], score, -np.inf)
    return np.asarray(np.round(score, 9).argmax(axis=1), np.int32)
