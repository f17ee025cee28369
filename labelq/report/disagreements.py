"""``disagreements.csv``: every disputed task with its votes and the likely cause, for programs."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelq.labels.cells import whole
from labelq.labels.model import Question, Ratings, label_text
from labelq.pinpoint.findings import CAUSES, Disagreements

if TYPE_CHECKING:
    import pandas as pd

    from labelq.auditing import Audit

Ints = NDArray[np.integer]

COLUMNS = ("unit", "question", "label", "votes", "cluster", *CAUSES, "likeliest", "basis")


def disagreements_frame(audit: Audit) -> pd.DataFrame:
    """One row per disputed unit (of a multiple choice: per label that is disputed on it).

    ``votes`` is JSON, label → number of votes. The four probabilities are empty where nobody
    can tell, ``likeliest`` is ``too_little`` where none is likelier than the others together.
    """
    import pandas as pd

    ids = np.array([whole(cluster.id) for cluster in audit.clusters] + [""], object)
    units = np.array([*map(whole, audit.round.units.ids)], object)
    kinds = np.array([*CAUSES, "too_little"], object)
    parts = [pd.DataFrame(columns=COLUMNS)]
    for found in audit.disagreements:
        if not len(found):
            continue
        question = audit.round.question(found.question)
        names = np.array([whole(label_text(label)) for label in question.labels] + [""], object)
        parts.append(
            pd.DataFrame(
                {
                    "unit": units[found.unit],
                    "question": whole(found.question),
                    "label": np.where(found.tick < 0, "", names[found.tick]),
                    "votes": _votes(question, audit.round.ratings[found.question], found),
                    "cluster": ids[found.cluster],
                    **dict(zip(CAUSES, found.probabilities.T, strict=True)),
                    "likeliest": kinds[found.likeliest],
                    "basis": found.basis,
                }
            )
        )
    return parts[0] if len(parts) == 1 else pd.concat(parts[1:], ignore_index=True)


def _votes(question: Question, ratings: Ratings, found: Disagreements) -> list[str]:
    """The votes of each row; for one label of a multiple choice, with it and without."""
    if question.level == "set":
        return _ticks(question, ratings, found)
    names = [json.dumps(whole(label_text(value)), ensure_ascii=False) for value in ratings.values]
    units, row, label, n = _counts(found.unit, ratings.unit, ratings.value, len(names))
    said = [
        f"{names[code]}: {count}" for code, count in zip(label.tolist(), n.tolist(), strict=True)
    ]
    start = np.searchsorted(row, np.arange(len(units) + 1))
    return ["{" + ", ".join(said[a:b]) + "}" for a, b in itertools.pairwise(start)]


def _ticks(question: Question, ratings: Ratings, found: Disagreements) -> list[str]:
    votes = [""] * len(found)
    for tick in np.unique(found.tick).tolist():
        rows = np.flatnonzero(found.tick == tick)
        has = np.array([question.labels[tick] in value for value in ratings.values])  # type: ignore[operator]  # values of a set question are sets
        units, row, ticked, n = _counts(found.unit[rows], ratings.unit, has[ratings.value], 2)
        table = np.zeros((len(units), 2), np.int64)
        table[row, ticked] = n
        for i, (without, with_) in zip(rows.tolist(), table.tolist(), strict=True):
            votes[i] = f'{{"with": {with_}, "without": {without}}}'
    return votes


def _counts(units: Ints, unit: Ints, label: Ints, width: int) -> tuple[Ints, Ints, Ints, Ints]:
    """How often each of ``units`` (sorted) got each label: (units, row, label, n), by row."""
    keep = np.isin(unit, units)
    key = np.searchsorted(units, unit[keep]).astype(np.int64) * width + label[keep]
    cells, n = np.unique(key, return_counts=True)
    row, code = np.divmod(cells, width)
    return units, row, code, n
