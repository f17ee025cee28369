"""Evidence that a label pair is disputed for a reason, and how rare it is among permuted rounds.

Four questions are asked about a pair, each against its own permutations: does some candidate
(a word, a field, a neighbourhood) hold more of its disputed units than chance gives it; do they
have a content of their own, taken together; is the pair confused more than its labels' rates
explain; do raters stray in opposite directions. The last two only where labels are nominal:
neighbours on a scale are confused by nature, and a lenient rater strays one way everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.pinpoint.content.centred import centred, chosen_pairs
from labelq.pinpoint.content.confused import LEAST_LABELS, excess, excess_draws, pair_table
from labelq.pinpoint.content.opposed import opposed, single_votes
from labelq.pinpoint.content.scan import Scan
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.votes import Votes

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

TAIL = 0.2
"""From this share of the permuted rounds on, p-values follow an exponential tail, as the best
of many searches does (Abrams, Kulldorff and Kleinman 2010 use Gumbel's law)."""

LEAST_SCALE = 0.5

SUPPORTED = 0.1
"""That a pair is confused as a whole counts only where its content or its raters speak for a
reason, too: how slips fall on labels is only roughly what the rates say.
"""


def tail_p(null: Floats, value: Floats) -> Floats:
    """p-values of ``value`` (…) under a null sample (B,), beyond its resolution too."""
    ordered = np.sort(null)
    at_least = len(null) - np.searchsorted(ordered, np.round(value, 9) - 1e-6)
    p = (at_least + 1) / (len(null) + 1)
    start = ordered[int(np.ceil((1 - TAIL) * len(null))) - 1]
    beyond = ordered[ordered > start] - start
    scale = max(float(beyond.mean()) if len(beyond) else 0.0, LEAST_SCALE)
    share = (len(beyond) + 1) / (len(null) + 1)
    far = share * np.exp(-(np.maximum(value, start) - start) / scale)
    return np.where(value > start + 1e-9, far, p)


@dataclass(slots=True, eq=False)
class Choice:
    """One choice with its label pairs, ready to be searched.

    Rows of the scan, and of ``content``, are units in the order of their ids; ``order`` are
    their codes. The first ``n_named`` candidates of the scan name themselves.
    """

    votes: Votes
    pairs: tuple[tuple[str, str], ...]
    scan: Scan
    content: Content
    order: Ints
    nominal: bool
    n_named: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What there is for each pair, (pairs × 4): 0 where a question was not asked.

    ``asked`` (pairs × 4) says which were: candidates, content of its own, confused, opposed.
    """

    value: Floats
    asked: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """The same under permutation, (pairs × 4 × B)."""

    value: Floats
    asked: NDArray[np.bool_]

    def p_values(self, found: Evidence) -> tuple[Floats, Floats]:
        """Per pair: p of its content (of the two searches), p of all evidence together."""
        p = np.ones((*found.value.shape, 1))
        for i, q in zip(*np.nonzero(self.asked & found.asked), strict=True):
            p[i, q, 0] = tail_p(self.value[i, q], found.value[i, q][None])[0]
        content, together = _together(p, self.asked)
        return content[:, 0], together[:, 0]

    def best(self) -> Floats:
        """The smallest p-value over all pairs in every permuted round, (B,)."""
        p = np.ones(self.value.shape)
        for i, q in zip(*np.nonzero(self.asked), strict=True):
            p[i, q] = tail_p(self.value[i, q], self.value[i, q])
        return np.asarray(_together(p, self.asked)[1].min(axis=0, initial=1.0))


def _together(p: Floats, asked: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Content: Bonferroni over its two searches. All: Fisher's method. (pairs × B) each."""
    from scipy.stats import chi2

    searches = asked[:, :2].sum(axis=1)
    content = np.minimum(p[:, :2].min(axis=1) * np.maximum(searches, 1)[:, None], 1)
    tests = 1 + asked[:, 2:].sum(axis=1)
    supported = np.minimum(content, p[:, 3]) <= SUPPORTED
    confused = np.where(supported, p[:, 2], 1.0)
    with np.errstate(divide="ignore"):  # so far out that a p-value is 0
        fisher = -2 * (np.log(content) + np.log(confused) + np.log(p[:, 3]))
    return content, np.asarray(chi2.sf(fisher, 2 * tests[:, None]))


def evidence(
    choice: Choice, times: int, without: Ints | None = None, before: Evidence | None = None
) -> Evidence:
    """The evidence as things are, but for the units (rows) ``without``, which are explained.

    Content is looked at again only for pairs that these units carry: the rest is ``before``.
    """
    scan, n = choice.scan, len(choice.pairs)
    value: Floats = np.zeros((n, 4))
    asked: NDArray[np.bool_] = np.zeros((n, 4), np.bool_)
    again: Ints = np.arange(n)
    if without is not None and before is not None:
        again = np.flatnonzero(np.asarray(scan.flags[without].sum(axis=0)).ravel())
        scan = scan.without(without)
        value, asked = before.value.copy(), before.asked.copy()
    value[again, 0], asked[:, 0] = scan.of_pairs(again).best_per_pair(), True
    for pair in np.intersect1d(chosen_pairs(choice.scan, times), again).tolist():
        value[pair, 1], asked[pair, 1] = centred(scan, choice.content, pair)[0][0], True
    if choice.nominal:
        if len(choice.votes.labels) >= LEAST_LABELS:
            explained = () if without is None else choice.order[without]
            value[:, 2] = excess(pair_table(choice.votes, explained))[_places(choice)]
            asked[:, 2] = True
        for i in again.tolist():
            units = choice.order[scan.disputed(i)]
            rater, way = single_votes(choice.votes, choice.pairs[i], units)
            value[i, 3], asked[i, 3] = opposed(rater, way)[0], len(rater) > 0
    return Evidence(value, asked)


def null_of(choice: Choice, times: int, seed: int) -> Null:
    """The evidence under ``times`` permutations."""
    scan, n = choice.scan, len(choice.pairs)
    value, asked = np.zeros((n, 4, times)), np.zeros((n, 4), np.bool_)
    value[:, 0], asked[:, 0] = scan.maxima(scan.moments(), times, seed), True
    for pair in chosen_pairs(scan, times).tolist():
        best, _ = centred(scan, choice.content, pair, times, seed)
        value[pair, 1], asked[pair, 1] = best[1:], True
    if choice.nominal:
        a, b = _places(choice)
        if len(choice.votes.labels) >= LEAST_LABELS:
            value[:, 2] = excess_draws(pair_table(choice.votes), times, seed)[:, a, b].T
            asked[:, 2] = True
        for i, pair_ in enumerate(choice.pairs):
            rater, way = single_votes(choice.votes, pair_, choice.order[scan.disputed(i)])
            if len(rater):
                value[i, 3], asked[i, 3] = opposed(rater, way, times, seed + i)[1:], True
    return Null(value, asked)


def _places(choice: Choice) -> tuple[list[int], list[int]]:
    code = {label: i for i, label in enumerate(choice.votes.labels)}
    return [code[a] for a, _ in choice.pairs], [code[b] for _, b in choice.pairs]
