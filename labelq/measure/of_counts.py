"""Agreement where only counts are known: so many gave each label, nobody knows who."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Rater, Ratings
from labelq.measure.agreement import agreement
from labelq.measure.registry import HEADLINE
from labelq.measure.results import Agreement

__all__ = ["alpha_of_counts"]


def alpha_of_counts(question: Question, counts: NDArray[np.int64]) -> Agreement:
    """Krippendorff's alpha of ``counts``, (units × labels of ``question``), with its interval.

    Columns are in the order of the question's labels; at its level nominal, ordinal or interval.
    Alpha needs no more than counts: who gave a label does not matter. Where there is too little
    to say, its value is None and the reason stands in the row.

    Raises:
        ValueError: a count is negative, or there is not one column per label.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[1] != len(question.labels) or (counts < 0).any():
        raise ValueError("counts must be units x labels, and none negative")
    unit, value = np.nonzero(counts)
    times = counts[unit, value]
    unit, value = np.repeat(unit, times), np.repeat(value, times)
    # Nobody knows who: within each unit the ratings are numbered, which no count can tell.
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    rater = np.arange(len(unit)) - np.repeat(first, np.diff(np.append(first, len(unit))))
    n = len(unit)
    values = tuple(
        label if isinstance(label, str) else " / ".join(label) for label in question.labels
    )
    ratings = Ratings(
        unit=unit.astype(np.int32),
        rater=rater.astype(np.int32),
        value=value.astype(np.int32),
        values=values,
        seconds=np.full(n, np.nan, np.float32),
        submitted=np.full(n, "NaT", "datetime64[s]"),
        edited=np.zeros(n, bool),
        prelabeled=np.zeros(n, bool),
    )
    raters = tuple(
        Rater(id=str(i), name=str(i), letter=str(i)) for i in range(int(rater.max(initial=-1)) + 1)
    )
    rows = agreement(replace(question, labels=values), ratings, raters, metrics=[HEADLINE])
    return next(row for row in rows if row.label is None and row.raters is None)
