"""The small tables of one question that its coefficients are functions of, made when needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from labelq.labels.model import Question, Ratings, label_text
from labelq.labels.statistics import (
    CountPatterns,
    RaterPatterns,
    count_patterns,
    pair_cells,
    rater_patterns,
)
from labelq.measure.additive import BinaryTable, CountTable
from labelq.measure.coefficients.cohen import PairTable
from labelq.measure.coefficients.label_pairs import LabelPairs
from labelq.measure.coefficients.scale import Scale


@dataclass(frozen=True)
class Tables:
    """``n_raters`` is the number of raters that codes may point to."""

    question: Question
    ratings: Ratings
    n_raters: int

    @cached_property
    def scale(self) -> Scale:
        """The question's values and how far apart they are."""
        return Scale(self.question, self.ratings.values)

    @cached_property
    def count_patterns(self) -> CountPatterns:
        """Distinct label counts of units."""
        return count_patterns(self.ratings)

    @cached_property
    def counts(self) -> CountTable:
        """Label counts per pattern."""
        return CountTable(self.count_patterns)

    @cached_property
    def binary(self) -> BinaryTable:
        """Each label against all others, per pattern of label counts."""
        given = sparse.csr_array(self.counts.counts @ self.members)
        return BinaryTable(given, self.counts.m, self.counts.n_pairs, self.counts.multiplicity)

    @cached_property
    def rater_patterns(self) -> RaterPatterns:
        """Distinct combinations of rater and label on a unit."""
        return rater_patterns(self.ratings)

    @cached_property
    def pairs(self) -> PairTable:
        """What pairs of raters answered on the units that both rated."""
        patterns = self.rater_patterns
        return PairTable.of(
            pair_cells(patterns), patterns.multiplicity, max(1, len(self.ratings.values))
        )

    @cached_property
    def label_pairs(self) -> LabelPairs:
        """The pairs' answers, ready to be asked for one label against all others."""
        return LabelPairs(self.pairs)

    @cached_property
    def labels(self) -> list[str]:
        """Texts of the labels that each can be held against all others."""
        if self.question.level == "set":
            return [label_text(label) for label in self.question.labels]
        return [label_text(value) for value in self.ratings.values]

    @cached_property
    def members(self) -> sparse.csr_array:
        """Which values are, or contain, each label: (V × L)."""
        n_values = len(self.ratings.values)
        if self.question.level != "set":
            return sparse.csr_array(sparse.eye_array(n_values, format="csr"))
        position = {label: i for i, label in enumerate(self.question.labels)}
        cells = [
            (row, position[label])
            for row, value in enumerate(self.ratings.values)
            if isinstance(value, frozenset)
            for label in value
        ]
        rows, columns = np.array(cells, int).reshape(-1, 2).T
        shape = (n_values, len(position))
        return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)

    @cached_property
    def size(self) -> tuple[int, int, int]:
        """Units with two or more ratings, their ratings, their raters."""
        patterns = self.count_patterns
        shared = np.zeros(int(patterns.units.max(initial=-1)) + 1, bool)
        shared[patterns.units[self.counts.pairable[patterns.pattern]]] = True
        on_shared = shared[self.ratings.unit] if len(shared) else np.zeros(0, bool)
        raters = np.unique(self.ratings.rater[on_shared])
        return self.counts.n_units, int(on_shared.sum()), len(raters)
