"""Wilson's interval for a share, at an effective number of independent answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wilson(share: Floats, size: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Lower and upper ends for ``share``, as seen in ``size`` independent answers (> 0).

    Wilson (1927). ``size`` need not be whole: answers that belong together, or that count in
    part, are worth fewer than there are (the effective sample size).
    """
    from scipy.special import ndtri

    k = float(ndtri(0.5 + confidence / 2)) ** 2
    middle = (share + k / (2 * size)) / (1 + k / size)
    half = np.sqrt(k * (share * (1 - share) / size + k / (4 * size**2))) / (1 + k / size)
    # Rounding must not leave the share itself outside.
    return (
        np.clip(np.minimum(middle - half, share), 0, 1),
        np.clip(np.maximum(middle + half, share), 0, 1),
    )
