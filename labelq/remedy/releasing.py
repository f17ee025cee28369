"""What decisions do to a round that was labeled before them: which annotations they contradict.

A decision releases exactly these: they are to be looked at again, by the people who gave them.
Everything else keeps its label; a merge or a rename is a mapping, and re-labels nothing.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labelq.labels.evidence import last_words
from labelq.labels.model import Codes, Ratings, Round, Units, Value, label_text
from labelq.remedy.acts import Entry, Reason, Released
from labelq.remedy.decisions import Decision, mapping
from labelq.remedy.scope import Scopes, contradicting

__all__ = ["DRAWN", "Effect", "Example", "effects", "freed", "released"]

DRAWN = 10
"""So many of the tasks that a decision contradicts are shown."""

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Example:
    """A task that a decision contradicts: unit code, and label → how many gave it."""

    unit: int
    votes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one decision does to a round.

    It is about ``units`` (codes) with ``n_annotations`` annotations. ``contradicted`` are those
    of them that it contradicts, unit code → codes of voters. ``seconds`` is the median time of
    an answer to the question in this round (None: not known). ``examples`` are up to
    :data:`DRAWN` of the contradicted units, drawn at random. On ``n_settled`` further units a
    person decided the label itself: nobody has to look at these again.
    """

    decision: Decision
    units: tuple[int, ...]
    n_annotations: int
    contradicted: Mapping[int, tuple[int, ...]]
    seconds: float | None
    examples: tuple[Example, ...]
    n_settled: int = 0

    @property
    def n_units(self) -> int:
        """How many units it is about."""
        return len(self.units)

    @property
    def n_contradicted(self) -> int:
        """How many annotations it contradicts."""
        return sum(map(len, self.contradicted.values()))

    @property
    def hours(self) -> float | None:
        """How long people take to give these again; None where no time is known."""
        return None if self.seconds is None else self.n_contradicted * self.seconds / HOUR


def effects(
    decisions: Sequence[Decision],
    round_: Round,
    *,
    seed: int = 0,
    anchors: Units | None = None,
    scopes: Scopes | None = None,
) -> tuple[Effect, ...]:
    """What each decision does to ``round_``, in their order; undecided ones do nothing.

    Annotations are read as people meant them last: with the names that labels have after all
    merges and renames, and with the votes that came through a queue. ``anchors`` are the units
    of the round that was decided upon, where that is another one. ``scopes`` of the round, where
    they are there already, spare looking at its content again.
    """
    scopes = scopes or Scopes(round_, anchors)
    today = mapping(decisions)
    now = {q.name: last_words(round_, q) for q in round_.questions}
    read = replace(round_, ratings={name: _mapped(now[name], name, today) for name in now})
    return tuple(
        _effect(one, round_, read, scopes.units(one), today, seed)
        for one in decisions
        if one.decided and one.question in now
    )


def _effect(
    decision: Decision,
    round_: Round,
    read: Round,
    units: Codes,
    today: Mapping[tuple[str, str], str],
    seed: int,
) -> Effect:
    ratings = read.ratings[decision.question]
    inside = np.isin(ratings.unit, units)
    rows = contradicting(_in_todays_words(decision, today), read, units)
    settled = np.array(list(round_.adjudicated.get(decision.question, ())), np.int64)
    known = np.isin(ratings.unit[rows], settled)
    n_settled = len(np.unique(ratings.unit[rows[known]]))
    rows = rows[~known]
    contradicted: dict[int, list[int]] = {}
    for unit, rater in zip(ratings.unit[rows].tolist(), ratings.rater[rows].tolist(), strict=True):
        contradicted.setdefault(unit, []).append(rater)
    seconds = ratings.seconds[np.isfinite(ratings.seconds) & (ratings.seconds > 0)]
    return Effect(
        decision,
        tuple(units.tolist()),
        int(inside.sum()),
        {unit: tuple(sorted(raters)) for unit, raters in contradicted.items()},
        float(np.median(seconds)) if len(seconds) else None,
        _drawn(decision, ratings, np.array(sorted(contradicted), np.int64), seed),
        n_settled,
    )


def _drawn(
    decision: Decision, ratings: Ratings, units: NDArray[np.integer], seed: int
) -> tuple[Example, ...]:
    """A sample without replacement; of each decision its own, whatever else is decided."""
    dice = np.random.default_rng([seed, zlib.crc32(decision.id.encode("utf-8"))])
    chosen = dice.choice(units, min(DRAWN, len(units)), replace=False)
    found = []
    for unit in np.sort(chosen).tolist():
        values = ratings.value[ratings.unit == unit].tolist()
        votes = Counter(label_text(ratings.values[code]) for code in values)
        found.append(Example(unit, tuple(sorted(votes.items(), key=lambda v: (-v[1], v[0])))))
    return tuple(found)


def _mapped(ratings: Ratings, question: str, today: Mapping[tuple[str, str], str]) -> Ratings:
    """The ratings with the names that labels have today; several codes may mean the same."""
    if not any(name == question for name, _ in today):
        return ratings

    def now(value: Value) -> Value:
        if isinstance(value, str):
            return today.get((question, value), value)
        if isinstance(value, frozenset):
            return frozenset(  # type: ignore[return-value]  # of one kind
                today.get((question, label), label) if isinstance(label, str) else label
                for label in value
            )
        return value

    return replace(ratings, values=tuple(map(now, ratings.values)))


def _in_todays_words(decision: Decision, today: Mapping[tuple[str, str], str]) -> Decision:
    """A decision between labels that another one has merged or renamed since."""
    if decision.outcome not in ("label", "new_label") or decision.label is None:
        return decision
    labels = [today.get((decision.question, label), label) for label in decision.labels]
    label = today.get((decision.question, decision.label), decision.label)
    return replace(decision, labels=tuple(dict.fromkeys(labels)), label=label)


def freed(found: Sequence[Effect]) -> Released:
    """What waits no longer, and what is to be looked at again, for the queue of an audit."""
    settled: dict[str, set[int]] = {}
    contradicted: dict[str, dict[int, tuple[int, ...]]] = {}
    for one in found:
        settled.setdefault(one.decision.question, set()).update(one.units)
        again = contradicted.setdefault(one.decision.question, {})
        for unit, raters in one.contradicted.items():
            again[unit] = tuple(sorted({*again.get(unit, ()), *raters}))
    return Released(settled, contradicted, settled)


def released(round_: Round, found: Sequence[Effect]) -> tuple[Entry, ...]:
    """One entry per unit that a decision contradicts: a second look, by those contradicted.

    The first are those with the largest share of contradicted annotations: there the label is
    most probably wrong.
    """
    raters: dict[int, set[int]] = {}
    reasons: dict[int, dict[Reason, None]] = {}
    seconds: dict[int, dict[int, float]] = {}
    for one in found:
        for unit, who in one.contradicted.items():
            raters.setdefault(unit, set()).update(who)
            reasons.setdefault(unit, {})[Reason("decided", one.decision.question)] = None
            seconds.setdefault(unit, {}).update(dict.fromkeys(who, one.seconds or 0.0))
    n = np.zeros(len(round_.units))
    for question in round_.questions:
        np.maximum(n, np.bincount(last_words(round_, question).unit, minlength=len(n)), out=n)
    entries = [
        Entry(
            unit=unit,
            priority=round(len(who) / float(n[unit]), 12),
            reasons=tuple(reasons[unit]),
            wants="second_look",
            votes=len(who),
            seconds=sum(seconds[unit].values()),
            people=tuple(sorted(who)),
        )
        for unit, who in raters.items()
    ]
    return tuple(sorted(entries, key=lambda entry: (-entry.priority, entry.unit)))
