"""What units are about: word vectors, groups with a common content, and their names.

TF-IDF and average linkage on cosine distance. Everything is done in the order of the unit
ids, never in the order of the file, so that the same units give the same groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelq.errors import SettingsError
from labelq.labels.model import Units, field_text
from labelq.pinpoint.content.terms import Terms, field_terms, most_set_apart
from labelq.pinpoint.words import folded, folded_tokens, is_content, script, setting_apart, tokens

if TYPE_CHECKING:
    from scipy import sparse

Embedder = Callable[[Sequence[str]], Any]
"""Texts to a matrix with one row for each."""

UnitCodes = NDArray[np.integer]

AT_LEAST = 4
"""Fewer units than this are no cluster."""

NAMED_IN = 0.3
TOGETHER = 0.5
"""Words name a group when so many of its units hold one of them, or so many any of them."""

EVERYWHERE = 0.1
"""Words in more than this share of the other texts in their script are function words of some
language, or say what the whole round is about."""

LEAST_SIMILARITY = 0.02
ABOVE_BACKGROUND = 1.5
"""Groups are joined while their mean cosine similarity is at least .02, and at least half as
high again as between any two units of the round: in long texts all units are a bit alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The content of all units of a round.

    ``vectors`` (units × words) have length one, or zero where a unit says nothing.
    ``holds`` (distinct texts × words) is 1 where a text holds a word, ``text_of`` the row of
    each unit in it (-1: says nothing). ``rank`` is each unit's place in the order of ids.
    ``mean`` is the mean vector, ``least`` the mean similarity from which groups are joined.
    ``script`` is a number for the script of each word of the ``vocabulary``.
    ``written``: the content is text; else it is fields, as terms ``field=value``.
    """

    vectors: sparse.csr_array
    holds: sparse.csr_array
    text_of: NDArray[np.intp]
    rank: NDArray[np.intp]
    mean: NDArray[np.float64]
    least: float
    vocabulary: tuple[str, ...]
    script: NDArray[np.intp]
    documents: tuple[str, ...]
    written: bool
    fields: Terms

    @classmethod
    def of(cls, units: Units, embedder: Embedder | None = None) -> Content | None:
        """The content of ``units``: their texts, or where no unit has one, their fields.

        With an ``embedder`` texts are alike when its vectors are; words still name groups.
        None where there is nothing that two units could have in common.

        Raises:
            SettingsError: the embedder does not give one row of finite numbers per text.
        """
        written = any(text and text.strip() for text in units.text)
        documents = [text or "" for text in units.text] if written else _field_terms(units)
        if not any(documents):
            return None
        from scipy import sparse
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.preprocessing import normalize

        # A text counts once, however many units carry it; fields count for every unit.
        keys = [(d, "" if written else unit) for d, unit in zip(documents, units.ids, strict=True)]
        distinct = {key: i for i, key in enumerate(sorted({key for key in keys if key[0].strip()}))}
        text_of = np.array([distinct.get(key, -1) for key in keys], np.intp)
        said = [text for text, _ in distinct]
        vectorizer = CountVectorizer(
            analyzer=folded_tokens if written else str.split, dtype=np.float64
        )
        try:
            counts = sparse.csr_array(vectorizer.fit_transform(said))
        except ValueError:  # not one word in all texts
            return None
        holds = (counts > 0).astype(np.float64)
        # Weights come from units, not texts: what stands in two units is something in common.
        spoken = text_of >= 0
        n_units = np.bincount(text_of[spoken], minlength=len(distinct)).astype(np.float64)
        frequency = n_units @ holds
        idf = np.where(frequency > 1, np.log(n_units.sum() / np.maximum(frequency, 1)), 0.0)
        counts.data = 1 + np.log(counts.data)
        weighted = normalize(counts * idf[None, :])
        if embedder is not None and written:
            weighted = normalize(_embedded(embedder, said, n_units))
        row = np.where(spoken, text_of, 0)
        vectors = sparse.csr_array(weighted[row] * spoken[:, None])
        rank = np.empty(len(units), np.intp)
        rank[sorted(range(len(units)), key=lambda u: units.ids[u])] = np.arange(len(units))
        vocabulary = tuple(vectorizer.get_feature_names_out().tolist())
        _, of_word = np.unique([script(word) for word in vocabulary], return_inverse=True)
        return cls(
            vectors=vectors,
            holds=sparse.csr_array(holds),
            text_of=text_of,
            rank=rank,
            mean=np.asarray(vectors.sum(axis=0)).ravel() / max(len(units), 1),
            least=max(LEAST_SIMILARITY, ABOVE_BACKGROUND * _background(weighted, n_units)),
            vocabulary=vocabulary,
            script=of_word,
            documents=tuple(said),
            written=written,
            fields=field_terms(units),
        )

    def lookalikes(
        self, units: UnitCodes, groups: Sequence[UnitCodes]
    ) -> list[NDArray[np.integer]]:
        """For each group, those of ``units`` with its content, the most typical first.

        A lookalike fits this group better than any other, and as well as half its members.
        """
        if not groups or not len(units):
            return [np.zeros(0, np.int32) for _ in groups]
        fit = np.round(self._fit(units, groups), 12)
        found = []
        for g, group in enumerate(groups):
            limit = np.median(self._typical(group))
            own = np.flatnonzero((fit.argmax(axis=1) == g) & (fit[:, g] >= limit))
            found.append(units[own[np.lexsort((self.rank[units[own]], -fit[own, g]))]])
        return found

    def words(self, units: UnitCodes, at_most: int = 4) -> tuple[str, ...]:
        """Up to ``at_most`` words, as written, that set ``units`` apart from all others.

        Content words only, each in three texts; none where no word is in 30 % of the units and
        all together are in less than half of them.
        """
        texts = np.unique(self.text_of[units])
        texts = texts[texts >= 0]
        n = len(texts)
        inside = np.asarray(self.holds[texts].sum(axis=0), np.float64).ravel()
        outside = np.asarray(self.holds.sum(axis=0), np.float64).ravel() - inside
        spoken = units[self.text_of[units] >= 0]
        held = np.asarray(self.holds[self.text_of[spoken]].sum(axis=0), np.float64).ravel()
        names = held > 0
        if self.written:
            rest = np.setdiff1d(np.arange(self.holds.shape[0]), texts)
            usual = self._in_script(rest)
            names &= outside <= EVERYWHERE * usual
            for word in np.flatnonzero(names):
                names[word] = is_content(self.vocabulary[word])
        ranked = setting_apart(np.where(names, inside, 0), n, outside, self.holds.shape[0] - n)
        ranked = ranked[:at_most]
        if not (held[ranked] >= NAMED_IN * len(units)).any():
            some = self.holds[self.text_of[spoken]][:, ranked]
            if np.count_nonzero(some.sum(axis=1)) < TOGETHER * len(units):
                return ()
        return tuple(self._as_written(self.vocabulary[i], texts) for i in ranked)

    def names(self, units: UnitCodes) -> tuple[str, ...]:
        """What a cluster is called: words that set it apart, else fields (``field=value``)."""
        words = self.words(units)
        if words or not self.written:
            return words
        return tuple(f"{f}={value}" for f, value, _, _ in most_set_apart(self.fields, units))

    def _in_script(self, texts: NDArray[np.intp]) -> NDArray[np.float64]:
        """Per word: how many of ``texts`` hold a word in its script."""
        from scipy import sparse

        words = np.arange(len(self.script))
        of = sparse.csr_array((np.ones(len(words)), (words, self.script)))
        n = np.asarray(((self.holds[texts] @ of) > 0).sum(axis=0), np.float64).ravel()
        return n[self.script]

    def _as_written(self, word: str, texts: NDArray[np.intp]) -> str:
        if not self.written:
            return word
        forms = Counter(
            form for t in texts for form in tokens(self.documents[t]) if folded(form) == word
        )
        return min(forms, key=lambda form: (-forms[form], form))

    def coded_central(self, order: UnitCodes, units: UnitCodes) -> NDArray[np.integer]:
        """Codes of units, most typical first, where rows of this content are in ``order``."""
        rows = np.argsort(order)[units]
        return np.asarray(order[self.central_first(rows)])

    def _means(self, groups: Sequence[UnitCodes]) -> NDArray[np.float64]:
        """Mean vector of each group, (words × groups)."""
        return np.stack(
            [np.asarray(self.vectors[g].sum(axis=0)).ravel() / len(g) for g in groups], axis=1
        )

    def _fit(self, units: UnitCodes, groups: Sequence[UnitCodes]) -> NDArray[np.float64]:
        """How much more similar units are to a group than to the round, (units × groups)."""
        usual = self.vectors[units] @ self.mean
        return np.asarray(self.vectors[units] @ self._means(groups) - usual[:, None])

    def _typical(self, group: UnitCodes) -> NDArray[np.float64]:
        """The fit of each member to the other members."""
        n = len(group)
        usual = self.vectors[group] @ self.mean
        to_all = (self.vectors[group] @ self._means([group])).ravel() * n
        return np.asarray((to_all - 1) / (n - 1) - usual)

    def likeness(self, a: UnitCodes, b: UnitCodes) -> float:
        """Mean similarity of the units of ``a`` to those of ``b`` (not to themselves), above
        how similar ``b`` is to the whole round.
        """
        one = np.asarray(self.vectors[a].sum(axis=0)).ravel()
        other = np.asarray(self.vectors[b].sum(axis=0)).ravel()
        both = np.intersect1d(a, b)
        vectors = self.vectors[both]
        own = float((vectors * vectors).sum())
        pairs = len(a) * len(b) - len(both)
        return (float(one @ other) - own) / max(pairs, 1) - float(other @ self.mean) / len(b)

    def central_first(self, group: UnitCodes) -> NDArray[np.integer]:
        """``group`` with its most typical members first."""
        if len(group) < 2:
            return group
        typical = np.round(self._typical(group), 12)
        return np.asarray(group[np.lexsort((self.rank[group], -typical))])


def _embedded(
    embedder: Embedder, texts: Sequence[str], n_units: NDArray[np.float64]
) -> sparse.csr_array:
    """The embedder's vectors less their mean: what all texts have in common is no content."""
    from scipy import sparse

    found = np.asarray(embedder(list(texts)), np.float64)
    if found.ndim != 2 or len(found) != len(texts) or not np.isfinite(found).all():
        raise SettingsError(
            f"the embedder must give one row of finite numbers for each of {len(texts):,} texts;"
            f" it gave an array of shape {found.shape}"
        )
    found -= n_units @ found / n_units.sum()
    return sparse.csr_array(found)


def _background(texts: Any, n_units: NDArray[np.float64]) -> float:
    """Mean similarity of any two units with different texts."""
    n = n_units.sum()
    total = n_units @ texts
    pairs = n**2 - float((n_units**2).sum())
    own = float((n_units**2 * np.asarray(texts.multiply(texts).sum(axis=1)).ravel()).sum())
    return (float(total @ total) - own) / pairs if pairs > 0 else 0.0


def _field_terms(units: Units) -> list[str]:
    """Fields as terms ``field=value``: of fields whose values several units share.

    White space inside a term is folded to underscores, so that a term stays one term.
    """
    terms: list[list[str]] = [[] for _ in units.ids]
    for name in sorted(units.fields):
        column = [
            field_text(value) if isinstance(value, str | int | float) else ""
            for value in units.fields[name]
        ]
        distinct = set(column) - {""}
        if 2 <= len(distinct) <= min(50, len(column) // 2):
            for unit_terms, value in zip(terms, column, strict=True):
                if value:
                    unit_terms.append("_".join(f"{name}={value}".split()))
    return [" ".join(one) for one in terms]
