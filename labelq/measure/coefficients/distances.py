"""Distances between values: numbers, ratios, sets. By name they are asked of a ``Scale``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Value

Floats = NDArray[np.float64]
PairDistance = Callable[[NDArray[np.intp], NDArray[np.intp]], Floats]
"""Value codes a, b (n,) → distances (n,)."""

Sets = tuple[frozenset[Any], ...]


def numbers(values: tuple[Value, ...]) -> Floats:
    """The values as numbers; labels without a number are ranked by their order."""
    try:
        return np.array([float(v) for v in values])  # type: ignore[arg-type]  # sets never come here
    except ValueError:
        return np.arange(len(values), dtype=float)


def ratio_distance(x: Floats, y: Floats) -> Floats:
    """((x-y)/(x+y))², and 0 where both are 0 (Krippendorff 2011, section on ratio data)."""
    total = x + y
    difference: Floats = np.divide(x - y, total, out=np.zeros_like(total), where=total != 0)
    return difference**2


def set_distance(name: str, sets: Sets, a: NDArray[np.intp], b: NDArray[np.intp]) -> Floats:
    """Jaccard distance, or MASI (Passonneau 2006): 1 - Jaccard · monotonicity.

    Monotonicity is 1 for equal sets, 2/3 if one contains the other, 1/3 if they overlap,
    0 if not. Two empty sets are equal: distance 0.
    """
    labels = {label: i for i, label in enumerate(sorted({x for s in sets for x in s}))}
    member = np.zeros((len(sets), len(labels)), np.float32)
    for row, members in enumerate(sets):
        member[row, [labels[x] for x in members]] = 1
    size = member.sum(axis=1, dtype=np.float64)
    both = np.empty(len(a))
    step = max(1, 4_000_000 // max(1, len(labels)))
    for i in range(0, len(a), step):  # bounded memory at any number of sets
        both[i : i + step] = np.einsum("ij,ij->i", member[a[i : i + step]], member[b[i : i + step]])
    union = size[a] + size[b] - both
    jaccard = np.divide(both, union, out=np.ones_like(union), where=union > 0)
    if name == "jaccard":
        return np.asarray(1 - jaccard)
    smaller = np.minimum(size[a], size[b])
    monotone = np.where(
        both == union, 1.0, np.where(both == smaller, 2 / 3, np.where(both > 0, 1 / 3, 0.0))
    )
    # An empty set is contained in every set, but shares nothing with it: Jaccard is 0 anyway.
    return np.asarray(1 - jaccard * monotone)
