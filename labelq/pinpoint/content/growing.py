"""From a candidate that stands out to a cluster: all disputed units with its content."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.pinpoint.content.scan import Scan
from labelq.pinpoint.content.vectors import Content

Ints = NDArray[np.integer]

STEPS = 4

SLACK = 1.5
"""A cluster is the largest cut whose log-likelihood is so near to the best: cut at the very
best, it would lose members to chance.
"""


def grown(scan: Scan, content: Content, pair: int, core: Ints, steps: int = STEPS) -> Ints:
    """The disputed units of a pair with the content of ``core``, in the order of codes.

    All units are put in order by how much more similar they are to the disputed units of the
    core than to the round, and cut where the disagreement is strongest (the likelihood that
    made the claim); then again from the units found. Kept while it gets stronger.
    """
    flagged = scan.disputed(pair)
    inside = np.flatnonzero(scan.stratum >= 0)
    best = np.intersect1d(core, flagged)
    best_cut: tuple[Ints, NDArray[np.float64]] | None = None
    region, top = core[scan.stratum[core] >= 0], scan.strength_of(pair, core)
    for _ in range(steps):
        order = inside[np.lexsort((content.rank[inside], -likeness_to(content, inside, best)))]
        value = np.round(scan.prefix(pair, order), 6)
        cut = int(value.argmax()) + 1
        found = np.intersect1d(order[:cut], flagged)
        if value[cut - 1] <= top or len(found) == 0:
            break
        top, best_cut = float(value[cut - 1]), (order, value)
        if np.array_equal(found, best):
            break
        best = found
    if best_cut is not None:
        order, value = best_cut
        region = np.sort(order[: int(np.flatnonzero(value >= top - SLACK)[-1]) + 1])
    both = np.union1d(region, core[scan.stratum[core] >= 0])
    if scan.strength_of(pair, both) >= top - SLACK:
        region = both
    return np.intersect1d(region, flagged)


def likeness_to(content: Content, units: Ints, group: Ints) -> NDArray[np.float64]:
    """How much more similar units are to a group (but themselves) than to the round."""
    vectors = content.vectors[units]
    total = np.asarray(content.vectors[group].sum(axis=0)).ravel()
    to_all = np.asarray(vectors @ total).ravel()
    own = np.isin(units, group)
    self_ = np.asarray((vectors * vectors).sum(axis=1)).ravel() * own
    n = np.maximum(len(group) - own, 1)
    usual = np.asarray(vectors @ content.mean).ravel()
    return np.asarray(np.round((to_all - self_) / n - usual, 9), np.float64)
