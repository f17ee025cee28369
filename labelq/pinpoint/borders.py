"""Units on a border, by what they are about: near-identical texts, and between two labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelq.labels.statistics import row_of_entry, with_entries

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

NEARLY = 0.9
"""Texts are nearly the same from this cosine of their words on (one word of fifteen differs)."""

SIDE_AT_LEAST = 4
"""A label has a side of its own with so many agreed units."""

OWN_CONTENT = 1.5
"""A label has a content of its own when its units are so much more alike than with others."""

_MOST_IN_COMMON = 200
"""Words that more texts begin their comparison with are in every text of some template: they are
left out, so that memory stays bounded; texts of one template may then be missed."""

_DUST = 1e-9


def near_pairs(holds: sparse.csr_array) -> tuple[Ints, Ints, Floats]:
    """Pairs of texts whose words have a cosine of :data:`NEARLY` or more: (first, second, cosine).

    ``holds`` (texts × words) is 1 where a text holds a word. By the prefix filter (Bayardo,
    Ma & Srikant 2007, "Scaling up all pairs similarity search"): take the words of all texts in
    one order, the rarest first. Two texts this similar share one of the words before the point
    from which the rest of either is too little to reach the limit alone.
    """
    n_words = holds.shape[1]
    held = np.bincount(holds.indices, minlength=n_words)
    place = np.empty(n_words, np.intp)
    place[np.lexsort((np.arange(n_words), held))] = np.arange(n_words)
    row, length = row_of_entry(holds), np.diff(holds.indptr)
    by = np.lexsort((place[holds.indices], row))  # rows stay in order
    before = np.arange(len(row)) - holds.indptr[row]
    # What is left of a text of length one from this word on.
    prefix = 1 - before / length[row] >= (NEARLY - _DUST) ** 2
    column = holds.indices[by][prefix]
    first_words = sparse.csr_array(
        (np.ones(len(column), np.float32), (row[prefix], column)), shape=holds.shape
    )
    common = np.bincount(column, minlength=n_words) > _MOST_IN_COMMON
    if common.any():
        keep = (~common[first_words.indices]).astype(np.float64)
        first_words = with_entries(first_words, keep)
        first_words.eliminate_zeros()
    both = sparse.coo_array(sparse.triu(first_words @ first_words.T, 1))
    unit = with_entries(holds, 1 / np.sqrt(length[row]))
    first, second = both.row.astype(np.intp), both.col.astype(np.intp)
    cosine = np.zeros(len(first))
    for i in range(0, len(first), 100_000):
        some = slice(i, i + 100_000)
        cosine[some] = np.asarray((unit[first[some]] * unit[second[some]]).sum(axis=1)).ravel()
    near = cosine >= NEARLY - _DUST
    return first[near], second[near], cosine[near]


def between_labels(vectors: Any, agreed: Ints, label: Ints, asked: Ints, pair: Ints) -> Floats:
    """How near each of the units ``asked`` is to both labels of its ``pair`` (asked × 2).

    ``agreed`` units are all one ``label``. Nearness to a label is the mean cosine to its agreed
    units, as a share of the median of these among each other. Given is the lesser of the two;
    nan where a side has too few units or no content of its own, or a third label is nearer.
    ``vectors`` have rows of length one (or zero): sparse words, or dense.
    """
    width = int(max(label.max(initial=-1), pair.max(initial=-1))) + 1
    n = np.bincount(label, minlength=width).astype(np.float64)
    member = sparse.csr_array(
        (np.ones(len(agreed)), (label, np.arange(len(agreed)))), shape=(width, len(agreed))
    )
    own: Any = vectors[agreed]
    totals: Any = (member @ own).T
    with np.errstate(divide="ignore", invalid="ignore"):
        # A unit is no evidence for its own side: its cosine with itself is left out.
        itself = np.asarray((own * own).sum(axis=1)).ravel()
        to_own = (_dense(own @ totals)[np.arange(len(agreed)), label] - itself) / (n[label] - 1)
        usual = np.full(width, np.nan)
        for side in np.flatnonzero(n >= SIDE_AT_LEAST).tolist():
            usual[side] = np.median(to_own[label == side])
        # A label whose units are no more alike than those of others has no content of its own.
        sides = _dense(totals.T @ totals)
        cross = (sides.sum(axis=1) - np.diag(sides)) / (n * (n.sum() - n))
        usual[~(usual > np.maximum(OWN_CONTENT * cross, _DUST))] = np.nan
        near = _dense(vectors[asked] @ totals) / n / usual
    both = np.take_along_axis(near, pair, axis=1).min(axis=1)
    np.put_along_axis(near, pair, np.nan, axis=1)
    third = np.where(np.isnan(near), -np.inf, near).max(axis=1)
    return np.asarray(np.where(both > third, both, np.nan), np.float64)


def _dense(matrix: Any) -> Floats:
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), np.float64)
