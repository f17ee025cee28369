"""Influence: which single units weigh most in a question's disagreement."""

from __future__ import annotations

import numpy as np

from labelq.measure.settling import Settling
from labelq.pinpoint.findings import Influence


def influences(settling: Settling, at_most: int = 50) -> tuple[Influence, ...]:
    """The units with the largest share of the observed disagreement, largest first."""
    share = settling.unit_share()
    order = np.lexsort((settling.units, -np.round(share, 12)))[:at_most]
    return tuple(
        Influence(
            question=settling.question.name,
            unit=int(settling.units[row]),
            share=float(share[row]),
            without=settling.without([int(settling.units[row])]),
        )
        for row in order
        if share[row] > 0
    )
