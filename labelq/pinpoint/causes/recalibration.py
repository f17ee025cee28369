"""Setting probabilities of causes right by what reviewers decided in the round.

A reviewer says which label is right, not why somebody gave another. That tells one thing about
causes: where a slip or a habit split the votes, the leading label is nearly always the right
one; where the guideline or the task is open, often the other one is. So the decided units tell
how much of the disagreement is *errors* (slip, rater) and how much is *open* (ambiguous, gap).
Which of the two errors, or which of the two open causes, it is, they cannot tell: these
ratios stay as the model has them.

Gold is not used for this: it is mostly set on tasks that were chosen because they are clear,
which would make every disagreement look like an error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelq.pinpoint.causes.coefficients import LEADING_RIGHT
from labelq.pinpoint.causes.pattern import Bools, Floats

ENOUGH_DECIDED = 50
"""Decided units (disputed, with one leading label of three votes or more) that are needed."""

SLOPE_SD, SHIFT_SD = 0.25, 1.0
"""How far, in logs, this round may lie from the simulated ones: standard deviations of a normal
prior. Few decided units move the probabilities a little, many as far as they must."""


@dataclass(frozen=True, slots=True)
class Recalibration:
    """Log odds of *open* against *errors* become ``slope`` times them plus ``shift``."""

    slope: float
    shift: float
    n: int

    def of(self, probabilities: Floats) -> Floats:
        """Probabilities (N × 4: slip, rater, ambiguous, gap), set right."""
        opened = _open(probabilities)
        odds = np.log(opened / (1 - opened))
        to = 1 / (1 + np.exp(-(self.slope * odds + self.shift)))
        times = np.column_stack([(1 - to) / (1 - opened)] * 2 + [to / opened] * 2)
        return np.asarray(probabilities * times)


def recalibration(probabilities: Floats, leading_right: Bools) -> Recalibration | None:
    """From the model's probabilities of decided units, told without the decision, and whether
    their leading label was decided; None where they are too few.
    """
    if len(probabilities) < ENOUGH_DECIDED:
        return None
    from scipy.optimize import minimize

    opened = _open(probabilities)
    odds = np.log(opened / (1 - opened))
    right = np.array(LEADING_RIGHT)
    error = probabilities[:, :2] @ right[:2] / (1 - opened)
    open_ = probabilities[:, 2:] @ right[2:] / opened

    def loss(at: Floats) -> float:
        to = 1 / (1 + np.exp(-(np.exp(at[0]) * odds + at[1])))
        chance = (1 - to) * error + to * open_
        seen = np.where(leading_right, chance, 1 - chance)
        prior = (at[0] / SLOPE_SD) ** 2 + (at[1] / SHIFT_SD) ** 2
        return float(prior / 2 - np.log(seen).sum())

    found = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return Recalibration(float(np.exp(found[0])), float(found[1]), len(probabilities))


def _open(probabilities: Floats) -> Floats:
    return np.asarray(np.clip(probabilities[:, 2:].sum(axis=1), 1e-6, 1 - 1e-6))
