"""Tasks like these, in another round: one content for the tasks of both.

Word vectors are made over both rounds together, so that a likeness means the same in each.
Whether a task was disputed plays no part: what is compared before and after must not be chosen
by the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Units
from labelq.pinpoint.words import folded

if TYPE_CHECKING:
    from labelq.pinpoint.content.vectors import Content

LEAST_TYPICAL = 0.25
"""A task has a content if it fits it as well as three quarters of the tasks that define it."""

NAMED_BY = 2
"""A task that holds so many of the words that name a content has it, too."""

FEWEST = 3
"""Fewer tasks than this define no content."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Both:
    """The content of two rounds' units: those of the earlier round first, ``n_before`` of them."""

    content: Content
    n_before: int

    @classmethod
    def of(cls, before: Units, after: Units) -> Both | None:
        """None where the units say nothing that two of them could have in common."""
        from labelq.pinpoint.content.vectors import Content

        fields = {
            name: (*before.fields[name], *after.fields[name])
            for name in before.fields.keys() & after.fields.keys()
        }
        # Ids only order what is equally likely; they must differ between the rounds.
        ids = (*(f"a {name}" for name in before.ids), *(f"b {name}" for name in after.ids))
        content = Content.of(Units(ids, (*before.text, *after.text), fields))
        return None if content is None else cls(content, len(before))

    def scopes(
        self, anchors: Sequence[Sequence[int]], words: Sequence[Sequence[str]] = ()
    ) -> list[tuple[Codes, Codes]]:
        """Per set of ``anchors`` (codes of the earlier round) the tasks with its content.

        In both rounds by the same rule: a task belongs to the anchors that it fits best, if it
        fits them as well as three quarters of them fit the others, or if it holds two of the
        ``words`` that name them. An anchor's own likeness to itself does not count. Empty where
        the anchors are too few.
        """
        n = self.content.vectors.shape[0]
        fit = np.full((n, max(len(anchors), 1)), -np.inf)
        limits = np.full(max(len(anchors), 1), np.inf)
        for g, codes in enumerate(anchors):
            own = np.asarray(codes, np.intp)
            own = own[self._says_something(own)]
            if len(own) >= FEWEST:
                fit[:, g] = self._fit(own)
                limits[g] = np.quantile(fit[own, g], LEAST_TYPICAL)
        best = np.round(fit, 12).argmax(axis=1)
        found = []
        for g in range(len(anchors)):
            fits = (best == g) & (fit[:, g] >= limits[g])
            if len(words) > g and np.isfinite(limits[g]):
                fits |= self._holding(words[g]) >= NAMED_BY
            inside = np.flatnonzero(fits).astype(np.int32)
            first = int(np.searchsorted(inside, self.n_before))
            found.append((inside[:first], inside[first:] - np.int32(self.n_before)))
        return found

    def groups(self, units: Codes) -> NDArray[np.intp]:
        """A partition of ``units`` (codes of the earlier round) by content: a group for each.

        Average linkage, as far as clusters of disagreements would be joined.
        """
        from sklearn.cluster import AgglomerativeClustering

        if len(units) < 2:
            return np.zeros(len(units), np.intp)
        vectors = self.content.vectors[units]
        distance = np.round(np.clip(1 - (vectors @ vectors.T).toarray(), 0, None), 12)
        np.fill_diagonal(distance, 0)
        linked = AgglomerativeClustering(
            n_clusters=None,
            metric="precomputed",
            linkage="average",
            distance_threshold=max(1 - self.content.least, 0.0),
        )
        return np.asarray(linked.fit_predict(distance), np.intp)

    def _says_something(self, units: NDArray[np.intp]) -> NDArray[np.bool_]:
        return np.asarray(self.content.vectors[units].sum(axis=1) > 0).ravel()

    def _holding(self, words: Sequence[str]) -> Floats:
        """How many of ``words`` every unit holds, (units,)."""
        content = self.content
        column = {word: i for i, word in enumerate(content.vocabulary)}
        own = [column[folded(word)] for word in words if folded(word) in column]
        held = np.asarray(content.holds[:, own].sum(axis=1), np.float64).ravel()
        said = content.text_of >= 0
        return np.where(said, held[np.where(said, content.text_of, 0)], 0.0)

    def _fit(self, own: NDArray[np.intp]) -> Floats:
        """How much more alike every unit is to ``own`` than to all, (units,)."""
        vectors, k = self.content.vectors, len(own)
        total = np.asarray(vectors[own].sum(axis=0)).ravel()
        likeness = np.asarray(vectors @ total, np.float64)
        n_others = np.full(len(likeness), float(k))
        likeness[own] -= 1
        n_others[own] = k - 1
        return np.asarray(likeness / n_others - vectors @ self.content.mean)
