"""Whether a fitted model of raters can be believed: by its labels' names, and by what all agree on.

The likelihood does not know what labels are called. And a model may find that all answers to a
unit are wrong: simulated rounds say that it then mostly is wrong itself. EM has come to an end
at which one label stands for two, or at which those who agree with each other count for
nothing (docs/consensus.md has the figures).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Codes, Question, Ratings, Value, label_text

if TYPE_CHECKING:
    from labelq.measure.results import Consensus

MOST_OVERRULED = 0.2
"""A fit has gone astray that overrules more than this share of the units on which all agree."""


def agreed(row: NDArray[np.integer], value: NDArray[np.integer], n_units: int) -> NDArray[np.intp]:
    """The code that all answers to a unit have, if they are two or more; else -1: (units,)."""
    n = np.bincount(row, minlength=n_units)
    low, high = np.full(n_units, np.iinfo(np.intp).max), np.full(n_units, -1)
    np.minimum.at(low, row, value)
    np.maximum.at(high, row, value)
    return np.asarray(np.where((n >= 2) & (low == high), high, -1), np.intp)


def astray(
    together: NDArray[np.intp],
    best: NDArray[np.integer],
    labels: tuple[Value, ...],
    *,
    ordered: bool,
) -> str:
    """What a fit does against what all agree on (``together``), in words; empty if it is sound.

    It is not if no unit gets a label that is everybody's on some unit, or if it overrules more
    than :data:`MOST_OVERRULED` of the units on which all agree; of ordered labels any of them,
    because there a better method is at hand.
    """
    at = np.flatnonzero(together >= 0)
    n_overruled = int((best[at] != together[at]).sum())
    lost = np.setdiff1d(together[at], best)
    if not len(lost) and n_overruled <= (0 if ordered else MOST_OVERRULED * len(at)):
        return ""
    said = f"overruled {n_overruled:,} of {len(at):,} tasks on which all answers are alike"
    if not len(lost):
        return said
    names = ", ".join(label_text(labels[code]) for code in lost[:3])
    more = f" and {len(lost) - 3:,} more" if len(lost) > 3 else ""
    return f"{said}, and gave {names}{more} to no task"


def exchanged(
    posterior: NDArray[np.float64], row: NDArray[np.integer], label: NDArray[np.integer]
) -> bool:
    """Whether some label is given less often where it is true than where it is not.

    Then the fit, whose ``posterior`` (units × labels) it is, calls that label by another's name.
    """
    n_units, n_labels = posterior.shape
    if n_units == 0 or n_labels < 2:
        return False
    one = np.ones(len(row))
    votes = sparse.csr_array((one, (row, label)), shape=(n_units, n_labels))
    given = np.asarray(votes.T @ posterior)  # given × true
    true = given.sum(axis=0)
    hit = np.diag(given)
    rest = given.sum(axis=1) - hit
    others = true.sum() - true
    there = (true >= 1) & (others > 0)
    return bool((hit[there] * others[there] < rest[there] * true[there]).any())


def compared(
    question: Question, ratings: Ratings, found: Consensus, *, known: Codes | None = None
) -> Consensus:
    """``found`` with its counts of unanimous units, of those it overrules, and its lost labels.

    ``known`` are unit codes whose label is certain: they are not counted. Nothing is said of
    numbers and rankings, whose consensus is a mean.
    """
    if question.level not in ("nominal", "ordinal", "set") or not len(ratings):
        return found
    row = np.searchsorted(found.units, ratings.unit)
    together = agreed(row, ratings.value, len(found.units))
    if known is not None:
        together[np.isin(found.units, known)] = -1
    position = {value: code for code, value in enumerate(ratings.values)}
    best = np.array([position.get(value, -1) for value in found.best], np.intp)
    at = np.flatnonzero(together >= 0)
    given = (ratings.values[code] for code in np.unique(ratings.value).tolist())
    got = _labels_in(found.best)
    return replace(
        found,
        n_unanimous=len(at),
        n_overruled=int((best[at] != together[at]).sum()),
        lost=tuple(label for label in _labels_in(given) if label not in got),
    )


def _labels_in(values: Iterable[Value]) -> dict[Value, None]:
    """The labels of values, those of sets one by one, in order and once."""
    found: dict[Value, None] = {}
    for value in dict.fromkeys(values):
        labels: list[Value] = sorted(value) if isinstance(value, frozenset) else [value]  # type: ignore[arg-type]  # labels of one kind
        found |= dict.fromkeys(labels)
    return found
