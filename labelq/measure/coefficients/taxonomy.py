"""Distances between sets of taxonomy paths: by tree, by subtree, and with paths cut at a depth.

A path is the list of its nodes from the root down; a node is a path's beginning. So what two
paths have in common is the number of common nodes, and Wu and Palmer's similarity of two paths,
2·depth(common ancestor) / (depth a + depth b), is Dice's coefficient of their nodes. The root
that all paths share is no node: paths of different first names have nothing in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.model import Value
from labelq.measure.coefficients.distances import Distance, Floats, Overlap

_MOST_VALUES = 5_000
_MOST_STEPS = 1_000_000_000
"""Distances between sets of several paths are held as a table, made in so many steps."""


class Taxonomy:
    """The paths in ``values`` as lists of nodes."""

    def __init__(self, values: Sequence[Value]) -> None:
        nodes: dict[tuple[int, str], int] = {}
        self.depth: list[int] = []
        self.paths: list[list[int]] = []
        self.values: list[list[int]] = []
        """Positions in ``paths`` of each value's paths."""
        place: dict[Any, int] = {}
        for value in values:
            members = value if isinstance(value, frozenset) else ()
            for path in members:
                if path not in place:
                    place[path] = len(self.paths)
                    self.paths.append(self._nodes(nodes, path))
            self.values.append([place[path] for path in members])

    def _nodes(self, nodes: dict[tuple[int, str], int], path: Iterable[str]) -> list[int]:
        found: list[int] = []
        above = -1
        for depth, name in enumerate((path,) if isinstance(path, str) else path, 1):
            node = nodes.setdefault((above, name), len(nodes))
            if node == len(self.depth):
                self.depth.append(depth)
            found.append(node)
            above = node
        return found

    def distance(self, name: str) -> Distance:
        """``tree``, ``subtree`` or ``depth_k``."""
        if name == "subtree":
            return self._below.distance("jaccard")
        if name == "tree":
            single = all(len(paths) <= 1 for paths in self.values)
            return self._below.distance("dice") if single else self._nearest
        cut = int(name.removeprefix("depth_"))
        at_depth = [{self.paths[p][:cut][-1] for p in paths} for paths in self.values]
        return Overlap(at_depth).distance("jaccard")

    @cached_property
    def _below(self) -> Overlap:
        """Values by all nodes of their paths."""
        return Overlap([{n for p in paths for n in self.paths[p]} for paths in self.values])

    @cached_property
    def _nearest(self) -> Distance:
        """Mean over the paths of both sets of the distance to the other set's nearest path."""
        n_values = len(self.values)
        steps = sum(map(len, self.paths)) * n_values
        if n_values > _MOST_VALUES or steps > _MOST_STEPS:
            return Distance(lambda a, _: np.full(len(a), np.nan), refused="too_many_values")
        toward = self._toward()
        size = np.array([len(paths) for paths in self.values], np.float64)
        total = size[:, None] + size
        similar = np.divide(toward + toward.T, total, out=np.ones_like(total), where=total > 0)
        D = np.maximum(1 - similar, 0)
        np.fill_diagonal(D, 0.0)
        return Distance(lambda a, b: D[a, b])

    def _toward(self) -> Floats:
        """Sum over the paths of each value of the similarity to each value's nearest path.

        The nearest path of a set is looked for from the ancestors of the path: below each, the
        set's shallowest path is the nearest.
        """
        lengths = np.array([len(path) for path in self.paths], np.float64)
        n_values, n_paths = len(self.values), len(self.paths)
        member = _incidence(self.values, n_paths)
        found = np.zeros((n_values, n_values))
        deepest = int(lengths.max(initial=0))
        ancestor = [
            (at := np.flatnonzero(lengths > d), np.array([self.paths[p][d] for p in at], np.intp))
            for d in range(deepest)
        ]
        step = max(1, 4_000_000 // max(len(self.depth), 1))
        for i in range(0, n_values, step):
            chunk = self.values[i : i + step]
            shallowest = np.full((len(self.depth), len(chunk)), np.inf)
            for column, paths in enumerate(chunk):
                for p in paths:
                    nodes = self.paths[p]
                    shallowest[nodes, column] = np.minimum(shallowest[nodes, column], len(nodes))
            best = np.zeros((n_paths, len(chunk)))
            for d, (at, node) in enumerate(ancestor, 1):
                near = 2 * d / (lengths[at][:, None] + shallowest[node])
                best[at] = np.maximum(best[at], near)
            found[:, i : i + step] = member @ best
        return found


def _incidence(values: Sequence[Sequence[int]], n: int) -> sparse.csr_array:
    start = np.append(0, np.cumsum([len(paths) for paths in values])).astype(np.int64)
    columns: NDArray[np.int64] = np.array([p for paths in values for p in paths], np.int64)
    return sparse.csr_array((np.ones(len(columns)), columns, start), shape=(len(values), n))
