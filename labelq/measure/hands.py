"""Agreement of votes that nobody signed: counts of hands, per example of a meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from labelq.labels.model import Question
from labelq.labels.statistics import CountPatterns
from labelq.measure.additive import CountTable
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.coefficients.scale import Scale

ENOUGH = 4
"""On fewer examples chance cannot be told from agreement: only the raw share is given."""

Reason = Literal["no_overlap", "too_few_units", "no_variation"]


@dataclass(frozen=True, slots=True)
class HandsAgreement:
    """How far the people in a room agree.

    ``n_units`` examples with two votes or more carry ``n_votes`` votes. ``observed`` is the
    share of pairs of votes on one example that are alike, each example's pairs weighing as in
    Krippendorff's alpha (None: nobody voted twice on anything). ``alpha`` is nominal; it is None
    with ``reason`` ``no_overlap``, ``too_few_units`` (fewer than :data:`ENOUGH`) or
    ``no_variation`` (all votes of the meeting are one label).
    """

    n_units: int
    n_votes: int
    observed: float | None
    alpha: float | None
    reason: Reason | None


def hands_agreement(hands: Sequence[Mapping[str, int]]) -> HandsAgreement:
    """The agreement of votes, ``hands`` being label → votes of each example.

    Krippendorff's nominal alpha on counts; votes are exchangeable, so no names are needed.

    >>> hands_agreement([{"a": 3}, {"b": 3}, {"a": 2, "b": 1}, {"b": 3}]).alpha
    0.6857142857142857
    """
    labels = sorted({label for one in hands for label, n in one.items() if n > 0})
    C = np.array([[one.get(label, 0) for label in labels] for one in hands], np.float64)
    C = C.reshape(len(hands), len(labels))
    C = C[C.sum(axis=1) > 1]
    n_units, n_votes = len(C), int(C.sum())
    if not n_units:
        return HandsAgreement(0, 0, None, None, "no_overlap")
    each = np.arange(n_units)
    table = CountTable(
        CountPatterns(sparse.csr_array(C), np.ones(n_units, np.int64), each.astype(np.int32), each)
    )
    scale = Scale(Question("hands", "nominal", "", tuple(labels)), tuple(labels))
    parts = alpha(table, "nominal", scale).parts(table.multiplicity)
    observed = 1 - float(parts.observed[0])
    if n_units < ENOUGH:
        return HandsAgreement(n_units, n_votes, observed, None, "too_few_units")
    if not parts.expected[0] > 0:
        return HandsAgreement(n_units, n_votes, observed, None, "no_variation")
    return HandsAgreement(n_units, n_votes, observed, float(parts.value[0]), None)
