"""Changed label schemes: which values become one when labels merge, paths end, scales divide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Question, Value, label_text
from labelq.measure.additive import Floats
from labelq.measure.information import Coincidences
from labelq.measure.metric import MOST_DEPTHS

Codes = NDArray[np.intp]
Kind = Literal["merge", "cut", "bins", "halves"]

MOST_MERGES = 50
"""So many pairs of labels are merged in turn, those that met most often."""

MOST_TICK_MERGES = 20
"""So many of a multiple choice, where each takes distances between sets anew."""

MOST_DIVISIONS = 4_096
"""Up to so many divisions of a scale are all tried; longer scales are merged step by step."""

LONGEST_SCALE = 60
"""Scales with more labels in use are merged pair by pair only."""

_MOST_MET = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """``to`` (V,) maps value codes onto codes of ``values``; ``groups`` are the labels that
    become one, ``n_labels`` how many are left in use, ``n_tried`` of how many divisions it is
    the best.
    """

    kind: Kind
    groups: tuple[tuple[str, ...], ...]
    to: Codes
    values: tuple[Value, ...]
    n_labels: int
    depth: int | None = None
    n_tried: int = 1


def merges(values: Sequence[Value], met: Coincidences, *, neighbours: bool) -> list[Mapping]:
    """Each pair of single labels that met merged, the most frequent first; of a scale each
    pair of ``neighbours`` in use.
    """
    used = np.flatnonzero(met.totals > 0)
    if len(used) < 3:
        return []
    if neighbours:
        pairs = list(zip(used[:-1].tolist(), used[1:].tolist(), strict=True))
        held = dict(zip(zip(met.low.tolist(), met.high.tolist(), strict=True), met.weight,
                        strict=True))  # fmt: skip
        pairs.sort(key=lambda pair: (-held.get(pair, 0.0), pair))
    else:
        apart = np.flatnonzero(met.low != met.high)
        order = apart[np.lexsort((met.high[apart], met.low[apart], -met.weight[apart]))]
        pairs = [(int(met.low[i]), int(met.high[i])) for i in order[:MOST_MERGES]]
    found = []
    for a, b in pairs[:MOST_MERGES]:
        to = np.arange(len(values))
        to[b] = a
        groups = ((label_text(values[a]), label_text(values[b])),)
        found.append(Mapping("merge", groups, to, tuple(values), len(used) - 1))
    return found


def divisions(values: Sequence[Value], met: Coincidences) -> list[Mapping]:
    """The best division of a scale into each number of steps for alpha, and its halves.

    Steps hold neighbours. All divisions are tried where there are few; of a long scale the two
    neighbours are merged that leave alpha highest, step by step.
    """
    used = np.flatnonzero(met.totals > 0)
    n = len(used)
    if not 3 <= n <= LONGEST_SCALE:
        return []
    found = []
    if 2 ** (n - 1) <= MOST_DIVISIONS:
        cuts = (np.arange(2 ** (n - 1))[:, None] >> np.arange(n - 1)) & 1
        steps = np.concatenate([np.zeros((len(cuts), 1), int), np.cumsum(cuts, axis=1)], axis=1)
        value = _ordinal_alpha(steps, used, met)
        # With n - 1 steps one pair of neighbours is merged: that is listed as a merge.
        for k in range(2, n - 1):
            tried = np.flatnonzero(steps[:, -1] == k - 1)
            best = tried[np.nanargmax(np.round(value[tried], 12))]
            found.append(_division("bins", steps[best], used, values, len(tried)))
    else:
        steps = np.arange(n)
        while steps[-1] > 1:
            merged = np.array([np.where(steps > j, steps - 1, steps) for j in range(steps[-1])])
            steps = merged[np.nanargmax(np.round(_ordinal_alpha(merged, used, met), 12))]
            if steps[-1] < n - 2:
                found.append(_division("bins", steps, used, values, len(merged)))
    # The middle of the scale as it was meant, also where labels at its ends are not in use.
    for middle in sorted({len(values) // 2, (len(values) + 1) // 2}):
        half = (used >= middle).astype(int)
        if 0 < half.sum() < n:
            found.append(_division("halves", half, used, values, 1))
    return found


def _ordinal_alpha(steps: NDArray[np.integer], used: Codes, met: Coincidences) -> Floats:
    """Krippendorff's ordinal alpha of each division: steps (divisions × labels in use)."""
    n = met.totals[used]
    place = np.searchsorted(used, np.arange(used[-1] + 1))
    apart = met.low != met.high
    low, high, weight = place[met.low[apart]], place[met.high[apart]], met.weight[apart]
    found = np.empty(len(steps))
    for i, step in enumerate(steps):
        total = np.bincount(step, n)
        rank = np.cumsum(total) - total / 2
        of_label = rank[step]
        observed = weight @ np.square(of_label[low] - of_label[high])
        mean = (total @ rank) / n.sum()
        expected = 2 * (total @ np.square(rank - mean)) * n.sum() / (n.sum() - 1)
        found[i] = 1 - observed / expected if expected > 0 else -np.inf
    return found


def _division(
    kind: Kind, step: NDArray[np.integer], used: Codes, values: Sequence[Value], n_tried: int
) -> Mapping:
    # Labels nobody gave join the step below; they weigh nothing.
    place = np.clip(np.searchsorted(used, np.arange(len(values)), "right") - 1, 0, None)
    to = used[np.searchsorted(step, step[place])]
    groups = []
    for k in range(int(step[-1]) + 1):
        group = tuple(label_text(values[code]) for code in used[step == k].tolist())
        if len(group) > 1:
            groups.append(group)
    return Mapping(kind, tuple(groups), to, tuple(values), int(step[-1]) + 1, n_tried=n_tried)


def cuts(question: Question, values: Sequence[Value]) -> Iterator[Mapping]:
    """A taxonomy's paths ended at each depth above the deepest."""
    for depth in range(1, min(question.depth - 1, MOST_DEPTHS) + 1):
        ended = [frozenset(path[:depth] for path in _set(value)) for value in values]
        yield _mapped("cut", (), ended, depth)


def tick_merges(values: Sequence[Value], met: Coincidences) -> Iterator[Mapping]:
    """Labels of a multiple choice merged: pairs where one annotator ticked the one and another
    the other instead, the most frequent first.
    """
    instead: dict[tuple[str, str], float] = {}
    apart = np.flatnonzero(met.low != met.high)
    apart = apart[np.argsort(-met.weight[apart], kind="stable")][:_MOST_MET]
    name = {label: label_text(label) for value in values for label in _set(value)}
    for i in apart.tolist():
        one, other = _set(values[met.low[i]]), _set(values[met.high[i]])
        only, others = one - other, other - one
        for a in only:
            for b in others:
                pair = (min(name[a], name[b]), max(name[a], name[b]))
                part = float(met.weight[i]) / (len(only) * len(others))
                instead[pair] = instead.get(pair, 0.0) + part
    if len(name) < 3:
        return
    for a_name, b_name in sorted(instead, key=lambda p: (-round(instead[p], 9), p))[
        :MOST_TICK_MERGES
    ]:
        same = {label for label, text in name.items() if text in (a_name, b_name)}
        one_of = min(same, key=lambda label: name[label])
        merged = [
            frozenset(one_of if label in same else label for label in _set(value))
            for value in values
        ]
        yield _mapped("merge", ((a_name, b_name),), merged, None)


def _set(value: Value) -> frozenset:  # type: ignore[type-arg]  # of texts or of paths
    return value if isinstance(value, frozenset) else frozenset()


def _mapped(
    kind: Kind, groups: tuple[tuple[str, ...], ...], new: Sequence[Value], depth: int | None
) -> Mapping:
    values = tuple(dict.fromkeys(new))
    code = {value: i for i, value in enumerate(values)}
    labels = {label for value in values for label in _set(value)}
    to = np.array([code[value] for value in new], np.intp)
    return Mapping(kind, groups, to, values, len(labels), depth)
