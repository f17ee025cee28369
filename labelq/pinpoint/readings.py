"""Both readings of a disputed task, argued from the text: what speaks for each label.

Witnesses are the tasks on which annotators agree: their words, and the one of them that
resembles the disputed task most. Numbers and codes only; nobody says which reading is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Question, Ratings
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.votes import Votes, choices
from labelq.pinpoint.words import folded, is_content, tokens

MOST_WORDS = 3
"""So many words are shown for a reading, the most telling first."""

LEAST_TEXTS = 3
"""A word that stands in fewer agreed tasks with a label speaks for nothing."""

BY_CHANCE = 0.01
"""A word speaks for a label when its place among the agreed tasks has a smaller p-value."""

IN_MANY = 0.2
"""A word in more than this share of all texts of the round is a function word, in whichever
language, or says what the whole round is about: it speaks for nothing."""

LEAST_LIKENESS = 0.25
"""A task with a smaller cosine similarity is no precedent: it has a word in common, no case."""


@dataclass(frozen=True, slots=True)
class WordFor:
    """A ``word`` of the task, as written: it stands in ``n`` of ``of`` agreed tasks with the
    label, and in ``n_against`` of ``of_against`` agreed tasks with the other labels.
    """

    word: str
    n: int
    of: int
    n_against: int
    of_against: int


@dataclass(frozen=True, slots=True)
class Precedent:
    """A task (unit code) on which all ``n_votes`` annotators gave the label, and its cosine
    similarity to the disputed one; ``same`` where both have the very same content.
    """

    unit: int
    likeness: float
    n_votes: int
    same: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What speaks for reading a task as ``label``: words, the nearest precedent (None: no task
    that resembles it was agreed to be that), ``n_agreed`` tasks to look among.
    """

    label: str
    words: tuple[WordFor, ...]
    precedent: Precedent | None
    n_agreed: int


class Readings:
    """The readings of tasks between ``labels`` of a question (labels as shown; of a multiple
    choice the pair ``without X``, ``X``). The content is looked at once for all tasks.

    Raises:
        KeyError: the question has no such labels.
    """

    def __init__(
        self, content: Content | None, question: Question, ratings: Ratings, labels: Sequence[str]
    ) -> None:
        votes = next(
            (one for one in choices(question, ratings) if set(labels) <= set(one.labels)), None
        )
        if votes is None:
            raise KeyError(*labels)
        self.labels, self.content, self._votes = tuple(labels), content, votes
        self._agreed = [_agreed(votes, votes.labels.index(label)) for label in labels]
        if content is not None:
            self._texts = [
                _distinct(content.text_of[units], len(content.documents))
                for units, _ in self._agreed
            ]
            # Texts that hold each word, per label (labels × words).
            self._held = np.stack([mask @ content.holds for mask in self._texts])
            self._in_texts = np.asarray(content.holds.sum(axis=0)).ravel()

    def of(self, unit: int) -> tuple[Reading, ...]:
        """One reading of the task with code ``unit`` per label, in their order."""
        return tuple(
            Reading(label, self._words(unit, i), self._precedent(unit, i), len(self._agreed[i][0]))
            for i, label in enumerate(self.labels)
        )

    def votes(self, unit: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The first votes on a task: each label with the codes of its raters, most first."""
        v = self._votes
        start, stop = np.searchsorted(v.unit, [unit, unit + 1])
        who: dict[str, list[int]] = {}
        for label, rater in zip(v.label[start:stop], v.rater[start:stop], strict=True):
            who.setdefault(v.labels[label], []).append(int(rater))
        ranked = sorted(who.items(), key=lambda item: (-len(item[1]), item[0]))
        return tuple((label, tuple(raters)) for label, raters in ranked)

    def _words(self, unit: int, i: int) -> tuple[WordFor, ...]:
        content = self.content
        if content is None or content.text_of[unit] < 0:
            return ()
        text = int(content.text_of[unit])
        row = content.holds[[text]].indices
        # The task itself may be among the agreed ones of no label: it is disputed.
        n, of = self._held[i][row], float(self._texts[i].sum())
        against = np.delete(self._held, i, axis=0).sum(axis=0)[row]
        of_against = float(sum(mask.sum() for j, mask in enumerate(self._texts) if j != i))
        from scipy.stats import hypergeom

        # One-sided Fisher test: the texts that hold the word, drawn from all agreed ones.
        p = np.asarray(hypergeom.sf(n - 1, of + of_against, n + against, of))
        telling = (n >= LEAST_TEXTS) & (p < BY_CHANCE)
        telling &= self._in_texts[row] <= IN_MANY * len(content.documents)
        if content.written:
            telling &= [is_content(content.vocabulary[w]) for w in row]
        order = [k for k in np.lexsort((row, np.round(p, 12))).tolist() if telling[k]]
        return tuple(
            WordFor(
                _written(content, text, content.vocabulary[row[k]]),
                int(n[k]),
                int(of),
                int(against[k]),
                int(of_against),
            )
            for k in order[:MOST_WORDS]
        )

    def _precedent(self, unit: int, i: int) -> Precedent | None:
        units, n_votes = self._agreed[i]
        if self.content is None or not len(units):
            return None
        vectors = self.content.vectors
        likeness: NDArray[np.float64] = np.asarray(
            (vectors[units] @ vectors[[unit]].T).todense()
        ).ravel()
        likeness = np.where(units == unit, -1.0, np.round(likeness, 9))
        best = int(np.lexsort((self.content.rank[units], -n_votes, -likeness))[0])
        if likeness[best] < LEAST_LIKENESS:
            return None
        found = int(units[best])
        same = int(self.content.text_of[found]) == int(self.content.text_of[unit])
        return Precedent(found, float(likeness[best]), int(n_votes[best]), same)


def _agreed(votes: Votes, label: int) -> tuple[Codes, NDArray[np.intp]]:
    """Units on which two or more raters all gave the label, and how many they are."""
    units, start, n = np.unique(votes.unit, return_index=True, return_counts=True)
    if not len(units):
        return units, n
    low = np.minimum.reduceat(votes.label, start)
    high = np.maximum.reduceat(votes.label, start)
    keep = (low == label) & (high == label) & (n > 1)
    return units[keep], n[keep]


def _distinct(texts: NDArray[np.intp], n: int) -> NDArray[np.float64]:
    """1 for each distinct text (n,) among ``texts``, 0 for the others."""
    found = np.zeros(n)
    found[texts[texts >= 0]] = 1
    return found


def _written(content: Content, text: int, word: str) -> str:
    """A word as this text has it."""
    if not content.written:
        return word
    forms = Counter(form for form in tokens(content.documents[text]) if folded(form) == word)
    return min(forms, key=lambda form: (-forms[form], form)) if forms else word
