"""Distances between two sets, two sets of paths, two rankings, each as its definition reads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

Set = frozenset[Any]


def of_whole_values(name: str) -> Callable[[Any, Any], float]:
    """The distance called ``name`` of two different values."""
    if name == "kendall":
        return kendall
    if name == "tree":
        return tree
    if name == "subtree":
        return lambda a, b: jaccard(_nodes(a), _nodes(b))
    if name.startswith("depth_"):
        cut = int(name.removeprefix("depth_"))
        return lambda a, b: jaccard(
            frozenset(_path(p)[:cut] for p in a), frozenset(_path(p)[:cut] for p in b)
        )
    found: dict[str, Callable[[Set, Set], float]] = {
        "jaccard": jaccard,
        "masi": masi,
        "masi_dkpro": masi_dkpro,
        "passonneau_2004": unlike,
    }
    return found[name]


def jaccard(a: Set, b: Set) -> float:
    """1 - |a ∩ b| / |a ∪ b|; two empty sets are equal."""
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def unlike(a: Set, b: Set) -> float:
    """0 equal, 1/3 one contains the other, 2/3 they overlap, 1 (Passonneau 2004)."""
    if a == b:
        return 0.0
    return 1 / 3 if a <= b or b <= a else 2 / 3 if a & b else 1.0


def masi(a: Set, b: Set) -> float:
    """1 - Jaccard · monotonicity (Passonneau 2006)."""
    return 1 - (1 - jaccard(a, b)) * (1 - unlike(a, b))


def masi_dkpro(a: Set, b: Set) -> float:
    """The product of the two distances: what DKPro Statistics calls MASI."""
    return jaccard(a, b) * unlike(a, b)


def tree(a: Set, b: Set) -> float:
    """Mean over the paths of both sets of the distance to the other's nearest path."""
    if not a or not b:
        return 0.0 if a == b else 1.0
    to_b = [min(_wu_palmer(p, other) for other in b) for p in a]
    to_a = [min(_wu_palmer(p, other) for other in a) for p in b]
    return (sum(to_b) + sum(to_a)) / (len(to_b) + len(to_a))


def kendall(a: Any, b: Any) -> float:
    """Share of pairs of common items in opposite order; tied in one ranking only: 1/2."""
    first, second = _places(a), _places(b)
    common = sorted(first.keys() & second.keys())
    if len(common) < 2:
        return 0.5
    apart = 0.0
    for i, j in combinations(common, 2):
        product = (first[i] - first[j]) * (second[i] - second[j])
        tied = (first[i] == first[j]) != (second[i] == second[j])
        apart += 1.0 if product < 0 else 0.5 if tied else 0.0
    return apart / (len(common) * (len(common) - 1) / 2)


def _places(ranking: Any) -> dict[str, int]:
    return {item: place for place, items in enumerate(ranking.places) for item in items}


def _path(label: Any) -> tuple[str, ...]:
    return (label,) if isinstance(label, str) else label


def _nodes(paths: Set) -> Set:
    return frozenset(_path(p)[:d] for p in paths for d in range(1, len(_path(p)) + 1))


def _wu_palmer(a: Any, b: Any) -> float:
    """1 - 2 · depth of the common ancestor / sum of depths."""
    a, b = _path(a), _path(b)
    common = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        common += 1
    return 1 - 2 * common / (len(a) + len(b))
