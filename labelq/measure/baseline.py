"""What somebody would score who always gives the same answer without looking."""

from __future__ import annotations

import numpy as np

from labelq.labels.model import Ratings


def constant_answer(ratings: Ratings) -> tuple[int, float] | None:
    """The commonest answer, as a value code, and the share of answers that it matches.

    A random unit, then one of its ratings at random: every unit counts alike, and a unit whose
    raters are split matches by half. Of values with equal shares the first is taken. None
    without ratings.
    """
    if not len(ratings):
        return None
    units, row, n = np.unique(ratings.unit, return_inverse=True, return_counts=True)
    share = np.bincount(ratings.value, 1 / (n[row] * len(units)), minlength=len(ratings.values))
    best = int(np.round(share, 12).argmax())
    return best, float(share[best])
