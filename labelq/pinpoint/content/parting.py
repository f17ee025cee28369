"""Two contents in one label pair told apart: average linkage of the disputed units.

Linkage joins what is most alike first; near the top of its tree two real contents are two large
branches, and texts that resemble nothing are small ones. A cluster falls apart where two large
branches are clearly less alike than each is in itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelq.pinpoint.content.vectors import Content

Ints = NDArray[np.integer]

LINKED_AT_MOST = 3000
"""Of more units a seeded sample is linked, the others join the branch they are most like."""

LEAST_PART = 6
LEAST_SHARE = 0.15
MOST_BRANCHES = 60
"""A large branch has six units and 15 % of the cluster; it is looked for down to 60 branches."""

PARTED = 0.4
"""Parts stand apart when they are at most so similar to each other as in themselves."""


def parted(content: Content, units: Ints) -> list[Ints]:
    """``units`` (rows of ``content``) in as many parts as their contents are."""
    branches = _branches(content, units)
    if len(branches) < 2:
        return [units]
    within = [content.likeness(branch, branch) for branch in branches]
    between = max(
        content.likeness(a, b) / max(min(within[i], within[j]), 1e-9)
        for i, a in enumerate(branches)
        for j, b in enumerate(branches)
        if i != j
    )
    if min(within) <= 0 or between > PARTED:
        return [units]
    return [part for branch in branches for part in parted(content, branch)]


def _branches(content: Content, units: Ints) -> list[Ints]:
    """The first two or more large branches from the top, the other units with the nearest."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    least = max(LEAST_PART, LEAST_SHARE * len(units))
    if len(units) < 2 * least:
        return []
    linked = units
    if len(units) > LINKED_AT_MOST:
        chosen = np.random.default_rng(0).choice(len(units), LINKED_AT_MOST, replace=False)
        linked = units[np.sort(chosen)]
        least = least * LINKED_AT_MOST / len(units)
    similar = (content.vectors[linked] @ content.vectors[linked].T).toarray()
    # Rounded: a last digit must not decide which of two equal distances is joined first.
    distance = np.round(np.clip(1 - similar, 0, None), 9)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    for n_branches in range(2, min(MOST_BRANCHES, len(linked)) + 1):
        branch = fcluster(tree, n_branches, "maxclust")
        size = np.bincount(branch)
        large = np.flatnonzero(size >= least)
        if len(large) >= 2:
            cores = [linked[branch == b] for b in large]
            return _with_nearest(content, units, cores)
    return []


def _with_nearest(content: Content, units: Ints, cores: list[Ints]) -> list[Ints]:
    means = np.stack([np.asarray(content.vectors[c].mean(axis=0)).ravel() for c in cores], axis=1)
    nearest = np.round(np.asarray(content.vectors[units] @ means), 9).argmax(axis=1)
    for i, core in enumerate(cores):
        nearest[np.isin(units, core)] = i
    return [units[nearest == i] for i in range(len(cores))]
