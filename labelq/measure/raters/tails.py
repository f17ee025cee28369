"""Tails of sums of independent trials: exact tests of a rater against the others on a unit.

Were raters alike, each of a unit's raters would be as likely to have given any of its answers.
So how often one rater is *the odd one*, or *above 3*, is a sum of independent trials whose
chances follow from the units alone: neither hard units, nor many, nor few can blame anybody.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT = 4_000
"""Uncertain trials up to which the law is computed; beyond, the normal law is exact enough."""


def at_least(n: int, chance: Floats) -> float:
    """The probability of ``n`` or more successes in independent trials of these chances.

    Exact (a product of binomials, one per distinct chance); above some thousand uncertain
    trials by the normal law.
    """
    from scipy.stats import binom, norm

    certain = int((chance > 1 - 1e-12).sum())
    chance = chance[(chance > 1e-12) & (chance < 1 - 1e-12)]
    if len(chance) > EXACT:
        spread = float(np.sqrt((chance * (1 - chance)).sum()))
        return float(norm.sf((n - certain - 0.5 - chance.sum()) / spread))
    law = np.ones(1)
    for p, trials in zip(*np.unique(np.round(chance, 12), return_counts=True), strict=True):
        law = np.convolve(law, binom.pmf(np.arange(trials + 1), trials, p))
    return float(min(1.0, law[max(0, n - certain) :].sum()))


def two_sided(n: int, chance: Floats) -> float:
    """Twice the smaller tail: ``n`` or more, or ``n`` or fewer successes; at most 1."""
    fewer = at_least(len(chance) - n, 1 - chance)
    return min(1.0, 2 * min(at_least(n, chance), fewer))
