"""Which tasks a decision is about, in the round it was made on and in later ones, and what
contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelq.labels.model import Codes, Round, Units, Value, field_text
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.votes import single_labels, tick_labels
from labelq.pinpoint.words import folded, folded_tokens
from labelq.remedy.decisions import Decision

RESEMBLES = 2.0
"""A lookalike is at least so many times as similar to the decided tasks as to all others."""

COHERENT = 1.5
"""The decided tasks have lookalikes if they are so many times as similar to each other as to
all others, as clusters are: tasks without a common content stand for themselves only."""

EVIDENCE_GREW = 1.5
"""A rejected proposal comes back with so many times the tasks it was rejected on."""

MOST_AT_ONCE = 20_000
"""Units whose similarity is worked out together, to bound memory."""


class Scopes:
    """Finds the units of decisions in one round; the content is looked at once for all.

    ``anchors`` are the units of the round that was decided upon, where that is another one:
    tasks are then the same if their text is the same (an id too, where nobody has a text).
    ``words`` is the round's content by its words, where it is known already.
    """

    def __init__(
        self, round_: Round, anchors: Units | None = None, *, words: Content | None = None
    ) -> None:
        self.round, self.anchors = round_, anchors
        self._known = words if anchors is None else None

    def units(self, decision: Decision) -> Codes:
        """The codes of the units in scope, ascending: all conditions given hold, none excluded.

        Without any condition, every unit where somebody gave one of the decision's labels.
        """
        scope, round_ = decision.scope, self.round
        inside = np.ones(len(round_.units), bool)
        if scope.tasks:
            named = [task for task in scope.tasks if task not in scope.excluded]
            inside &= self._tasks(named, lookalikes=scope.lookalikes)
        if scope.words:
            wanted = [tuple(folded_tokens(word)) for word in scope.words]
            inside &= [_holds(words, wanted) for words in self._words]
        for name, value in scope.where.items():
            column = round_.units.fields.get(name, (None,) * len(inside))
            inside &= [value in _members(one) for one in column]
        labels = scope.labels or (() if scope else decision.labels)
        if labels:
            given = np.zeros(len(inside), bool)
            ratings = round_.ratings.get(decision.question)
            if ratings is not None:
                given[ratings.unit[np.isin(ratings.value, _codes(ratings.values, labels))]] = True
            inside &= given
        if scope.excluded:
            inside &= ~self._tasks(scope.excluded, lookalikes=False)
        return np.flatnonzero(inside).astype(np.int32)

    @cached_property
    def _words(self) -> list[list[str]]:
        """The folded words of each unit's text, taken apart once for all decisions."""
        return [folded_tokens(text) if text else [] for text in self.round.units.text]

    def _tasks(self, tasks: Sequence[str], *, lookalikes: bool) -> NDArray[np.bool_]:
        units = self.round.units
        named = set(tasks)
        if self.anchors is None:
            inside = np.array([name in named for name in units.ids], bool)
        else:
            told = zip(self.anchors.ids, self.anchors.text, strict=True)
            same = {(name, text) for name, text in told if name in named}
            texts = {text for _, text in same if text and text.strip()}
            inside = np.array(
                [
                    text in texts or (name, text) in same
                    for name, text in zip(units.ids, units.text, strict=True)
                ],
                bool,
            )
        if lookalikes and not inside.all():
            inside |= self._resemblance.lookalikes(named)
        return inside

    @cached_property
    def _resemblance(self) -> _Resemblance:
        return _Resemblance(self.round.units, self.anchors, self._known)


def in_scope(decision: Decision, round_: Round, *, anchors: Units | None = None) -> Codes:
    """The codes of the units of ``round_`` that a decision is about, ascending.

    See :class:`Scopes`, which does many decisions at once.
    """
    return Scopes(round_, anchors).units(decision)


class _Resemblance:
    """How much the units of a round resemble decided units, of the same round or another."""

    def __init__(self, units: Units, anchors: Units | None, known: Content | None) -> None:
        self.n_units = len(units)
        self.ids = units.ids if anchors is None else anchors.ids
        self.first = 0 if anchors is None else len(units)
        both = units if anchors is None else _together(units, anchors)
        found = Content.of(both) if known is None else known
        self.vectors: Any = None if found is None else found.vectors

    def lookalikes(self, named: set[str]) -> NDArray[np.bool_]:
        """Per unit of the round: whether it resembles the ``named`` tasks.

        It must resemble them as well as half of them resemble each other, and be
        :data:`RESEMBLES` times as similar to them as to all other tasks. Tasks that are not
        :data:`COHERENT` have no lookalikes, nor has a single task.

        Measured on the sample, where two gaps are planted and 20 tasks of each come a round
        later: decided upon the 11 tasks of each one's cluster, 9 of 9 and 8 of 10 lookalikes
        are right. Of the 11 and 12 that are missed half is in other languages: it shares no word
        with them.
        """
        nobody = np.zeros(self.n_units, bool)
        decided = self.first + np.flatnonzero([name in named for name in self.ids])
        others = np.setdiff1d(np.arange(self.first, self.first + len(self.ids)), decided)
        if self.vectors is None or len(decided) < 2 or not len(others):
            return nobody
        n = len(decided)
        centre = _sum(self.vectors, decided)
        usual = _sum(self.vectors, others) / len(others)
        own = self.vectors[decided]
        # Each decided task against the others: without its similarity to itself.
        itself = _lengths(own)
        inner = (np.asarray(own @ centre).ravel() - itself) / (n - 1)
        outer = np.asarray(own @ usual).ravel()
        limit = np.median(inner - outer)
        if np.median(inner) < COHERENT * np.median(outer) or limit <= 0:
            return nobody
        found = [nobody[:0]]
        for start in range(0, self.n_units, MOST_AT_ONCE):
            block = self.vectors[start : min(start + MOST_AT_ONCE, self.n_units)]
            inside = np.asarray(block @ centre).ravel() / n
            outside = np.asarray(block @ usual).ravel()
            alike = np.round(inside - outside, 12) >= np.round(limit, 12)
            found.append(alike & (inside >= RESEMBLES * outside))
        return np.concatenate(found)


def _together(units: Units, anchors: Units) -> Units:
    """The units of both rounds, those of ``units`` first; ids are made to differ."""
    fields = {
        name: (*units.fields[name], *anchors.fields[name])
        for name in sorted(units.fields.keys() & anchors.fields.keys())
    }
    ids = (*(f"now {name}" for name in units.ids), *(f"then {name}" for name in anchors.ids))
    return Units(ids, (*units.text, *anchors.text), fields)


def _sum(vectors: Any, rows: NDArray[np.integer]) -> NDArray[np.float64]:
    return np.asarray(vectors[rows].sum(axis=0), np.float64).ravel()


def _lengths(vectors: Any) -> NDArray[np.float64]:
    """The squared length of each row."""
    squares = vectors.multiply(vectors) if hasattr(vectors, "multiply") else vectors**2
    return np.asarray(squares.sum(axis=1), np.float64).ravel()


def _holds(words: Sequence[str], wanted: Sequence[tuple[str, ...]]) -> bool:
    """Whether a text holds one of the phrases: their words must follow each other."""
    held = set(words)
    return any(
        phrase
        and held.issuperset(phrase)
        and any(tuple(words[i : i + len(phrase)]) == phrase for i in range(len(words)))
        for phrase in wanted
    )


def _members(value: Any) -> tuple[str, ...]:
    """A task field as texts that a condition may name: itself, or one of a list."""
    return (field_text(value), *(map(field_text, value) if isinstance(value, list) else ()))


# --- what contradicts a decision --------------------------------------------------------------


def contradicting(decision: Decision, round_: Round, units: Codes) -> NDArray[np.intp]:
    """Indices into ``round_.ratings[decision.question]`` of what contradicts the decision.

    ``units`` are those in scope. ``label``: ratings with another of the decision's labels and
    without the decided one. ``new_label``: ratings with one of the decision's labels.
    ``split`` and ``drop``: ratings with the label that is split or dropped. Merges and renames
    contradict nothing, they are a mapping; nor does what is open or rejected.

    For a multiple choice ``without X`` is every rating that does not hold X.
    """
    ratings = round_.ratings.get(decision.question)
    if ratings is None:
        return np.zeros(0, np.intp)
    wrong = wrong_values(decision, ratings.values)
    found = np.isin(ratings.value, sorted(wrong)) & np.isin(ratings.unit, units)
    return np.flatnonzero(found)


def wrong_values(decision: Decision, values: Sequence[Value]) -> set[int]:
    """The places of those ``values`` that contradict the decision, given to a task in scope."""
    label = () if decision.label is None else (decision.label,)
    if decision.outcome == "label":
        others = _codes(values, [x for x in decision.labels if x not in label])
        return set(others) - set(_codes(values, label))
    if decision.outcome == "new_label":
        return set(_codes(values, decision.labels))
    if decision.outcome == "split":
        return set(_codes(values, label))
    if decision.outcome == "drop":
        return set(_codes(values, decision.labels[:1]))
    return set()


def _codes(values: Sequence[Value], labels: Iterable[str]) -> list[int]:
    """The places of the values that hold one of ``labels``, as shown; ``without X`` is one."""
    wanted = set(labels)
    found = []
    for code, value in enumerate(values):
        held = single_labels(value)
        hit = not wanted.isdisjoint(held)
        if not hit and isinstance(value, frozenset):
            hit = any(
                tick_labels(label)[0] == name and label not in held
                for name in wanted
                if (label := name.removeprefix("without ")) != name
            )
        if hit:
            found.append(code)
    return found


# --- which clusters are decided ---------------------------------------------------------------


def decided_clusters(
    decisions: Iterable[Decision],
    clusters: Sequence[Cluster],
    round_: Round,
    *,
    scopes: Scopes | None = None,
) -> dict[str, Decision]:
    """Cluster id → the decision about it; the last decision of a file wins.

    A decision is about a cluster of the same question and labels if at least half of the
    cluster's tasks are in its scope, or the cluster shares two words with what the meeting saw
    (one, where either has a single word). A merge of several labels is about every two of
    them, a dropped label about everything that it is confused with.

    Proposals that were rejected and whose evidence changed (see :func:`still_rejected`) are
    left out. Whether a decision leaves the cluster open, its outcome says. ``scopes`` are
    those of ``round_``, where they are known already.
    """
    scopes = scopes or Scopes(round_)
    found: dict[str, Decision] = {}
    for decision in decisions:
        own = [cluster for cluster in clusters if _same_labels(decision, cluster)]
        units = None
        for cluster in own:
            if not _same_words(decision, cluster):
                units = scopes.units(decision) if units is None else units
                if 2 * np.isin(cluster.units, units).sum() < len(cluster.units):
                    continue
            found[cluster.id] = decision
    of = {cluster.id: cluster for cluster in clusters}
    return {
        name: decision
        for name, decision in found.items()
        if decision.outcome != "rejected" or still_rejected(decision, of[name])
    }


def _same_labels(decision: Decision, cluster: Cluster) -> bool:
    if cluster.question != decision.question:
        return False
    if decision.outcome == "drop" and decision.labels[0] in cluster.labels:
        return True
    return set(cluster.labels) <= set(decision.labels)


def _same_words(decision: Decision, cluster: Cluster) -> bool:
    seen = () if decision.evidence is None else decision.evidence.words
    before, now = set(map(folded, seen)), set(map(folded, cluster.words))
    return len(before & now) >= min(2, len(before), len(now)) > 0


def still_rejected(decision: Decision, cluster: Cluster) -> bool:
    """Whether a rejected proposal stays away from this cluster.

    It comes back if the evidence changed: the cluster has half as many tasks again as the
    meeting saw, or shares none of the words the meeting saw. Without a record of what the
    meeting saw it stays away.
    """
    seen = decision.evidence
    if seen is None:
        return True
    if len(cluster.units) >= EVIDENCE_GREW * seen.n_units:
        return False
    before, now = set(map(folded, seen.words)), set(map(folded, cluster.words))
    return not before or not now or not before.isdisjoint(now)
