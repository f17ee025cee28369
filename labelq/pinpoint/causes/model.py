"""The models of causes: multinomial logistic regressions, applied with their committed tables.

Fitted once on simulated rounds by ``benchmarks/cause_model.py``, which writes
:mod:`labelq.pinpoint.causes.coefficients`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labelq.pinpoint.causes.pattern import Floats

Table = Mapping[str, tuple[float, float, float]]
"""Feature (or ``intercept``) → what one more of it adds to the log odds of rater, ambiguous and
gap against slip."""


def log_odds(features: Floats, table: Table) -> Floats:
    """Log odds against a slip, (N × 4; the first column is 0), of ``features`` (N × features).

    The columns of ``features`` are the rows of ``table`` after its intercept.
    """
    weights = np.array(list(table.values()))
    found = weights[0] + features @ weights[1:]
    return np.column_stack([np.zeros(len(found)), found])


def probabilities(odds: Floats) -> Floats:
    """Log odds against a slip (N × 4) as probabilities that add up to 1 in each row."""
    exp = np.exp(odds - odds.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))
