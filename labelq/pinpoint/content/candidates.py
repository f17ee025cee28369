"""Sets of units with something in common, fixed before anybody looks at who disagrees.

Three families: the units that hold a word, those that have a value in a field, and the
neighbourhoods of single units (the 8, 16, 32 … units most similar to it). None depends on a
rating, so that a search over all of them can be repeated under permuted disagreements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.pinpoint.content.vectors import AT_LEAST, Content
from labelq.pinpoint.words import is_content

MOST_CENTRES = 1000
"""Of more units, a seeded sample are centres of neighbourhoods."""

MOST_OF_ROUND = 0.5
"""What more than half of all units have in common sets nothing apart."""

SMALLEST_BALL = 8


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Which unit is in which candidate, (units × candidates), 1 or 0."""

    members: sparse.csr_array


def candidates(content: Content, seed: int = 0) -> Candidates:
    """All candidates of a round: words, field values, neighbourhoods."""
    parts = [_words(content), _fields(content), _neighbourhoods(content, seed)]
    members = sparse.csr_array(sparse.hstack(parts, format="csr", dtype=np.float32))
    return Candidates(_distinct(members))


def _words(content: Content) -> sparse.csc_array:
    said = content.text_of >= 0
    holds = content.holds[np.where(said, content.text_of, 0)]
    # A unit that says nothing holds no word.
    by_word = sparse.csc_array(holds.multiply(said[:, None].astype(np.float32)))
    by_word.eliminate_zeros()
    n = np.diff(by_word.indptr)
    keep = (n >= AT_LEAST) & (n <= MOST_OF_ROUND * max(said.sum(), 1))
    if content.written:
        for word in np.flatnonzero(keep):
            keep[word] = is_content(content.vocabulary[word])
    return sparse.csc_array(by_word[:, np.flatnonzero(keep)])


def _fields(content: Content) -> sparse.csc_array:
    fields = content.fields.members
    n = np.asarray(fields.sum(axis=0)).ravel()
    keep = (n >= AT_LEAST) & (n <= MOST_OF_ROUND * fields.shape[0])
    return sparse.csc_array(fields)[:, np.flatnonzero(keep)]


def _neighbourhoods(content: Content, seed: int) -> sparse.csc_array:
    """The most similar units around each centre, as far as they are similar at all."""
    order = np.argsort(content.rank)
    order = order[np.asarray(abs(content.vectors[order]).sum(axis=1)).ravel() > 0]
    n, n_units = len(order), len(content.rank)
    sizes = [SMALLEST_BALL * 2**i for i in range(32) if SMALLEST_BALL * 2**i <= min(n // 4, 1024)]
    if not sizes:
        return sparse.csc_array((n_units, 0), dtype=np.float32)
    vectors = content.vectors[order]
    usual = np.asarray(vectors @ content.mean).ravel()
    n_centres = min(n, MOST_CENTRES)
    dice = np.random.default_rng(seed)
    centres: NDArray[np.integer] = np.sort(dice.choice(n, n_centres, replace=False))
    rows, columns, column = [], [], 0
    step = max(1, 4_000_000 // n)
    for start in range(0, len(centres), step):
        some = centres[start : start + step]
        block = sparse.csr_array(vectors[some] @ vectors.T)
        similar = np.round(block.toarray() - usual, 9)
        near = np.argpartition(-similar, sizes[-1] - 1, axis=1)[:, : sizes[-1]]
        value = np.take_along_axis(similar, near, axis=1)
        by = np.lexsort((near, -value), axis=1)
        near, value = (np.take_along_axis(x, by, axis=1) for x in (near, value))
        real = (value > content.least).sum(axis=1)
        for size in sizes:
            full = np.flatnonzero(real > size // 2)
            filled = np.minimum(real[full], size)
            rows.append(near[full][np.arange(near.shape[1]) < filled[:, None]])
            columns.append(np.repeat(np.arange(len(full)) + column, filled))
            column += len(full)
    if not rows:
        return sparse.csc_array((n_units, 0), dtype=np.float32)
    row = order[np.concatenate(rows)]
    data = np.ones(len(row), np.float32)
    return sparse.csc_array((data, (row, np.concatenate(columns))), shape=(n_units, column))


def _distinct(members: sparse.csr_array) -> sparse.csr_array:
    """Each set of units once, the first of several."""
    by_set = sparse.csc_array(members)
    by_set.sort_indices()
    weight = np.random.default_rng(0).random(members.shape[0])
    key = np.round(np.asarray(weight @ members).ravel(), 6)
    _, first = np.unique(key, return_index=True)
    return sparse.csr_array(by_set[:, np.sort(first)])
