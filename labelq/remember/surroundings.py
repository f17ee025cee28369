"""What else is different between two rounds: labels, people, tasks, the guideline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from labelq.labels.model import Round, field_text, label_text
from labelq.pinpoint.votes import single_labels
from labelq.remember.changes import people
from labelq.remember.findings import Shift, Surroundings

MOST_VALUES = 50
"""Fields with more distinct values are no kinds of task."""

CERTAIN, MOVED = 0.01, 0.05
"""A shift is told from so small a chance and so large a change on."""

MOST_MOVED = 3


def surroundings(
    before: Round,
    after: Round,
    guidelines: tuple[tuple[str, str] | None, tuple[str, str] | None],
) -> Surroundings:
    """What else changed; ``guidelines`` are (name, text) of both rounds."""
    old, new = ({q.name: q for q in r.questions} for r in (before, after))
    both = [name for name in new if name in old]
    then, now = people(before.raters), people(after.raters)
    labels = []
    for name in both:
        told = [tuple(map(label_text, q[name].labels)) for q in (old, new)]
        added = tuple(label for label in told[1] if label not in told[0])
        removed = tuple(label for label in told[0] if label not in told[1])
        if added or removed:
            labels.append((name, added, removed))
    texts = [None if one is None else one[1] for one in guidelines]
    return Surroundings(
        labels=tuple(labels),
        levels=tuple(
            (name, old[name].level, new[name].level)
            for name in both
            if old[name].level != new[name].level
        ),
        only_before=tuple(name for name in old if name not in new),
        only_after=tuple(name for name in new if name not in old),
        joined=tuple(sorted(now - then)),
        left=tuple(sorted(then - now)),
        n_stayed=len(then & now),
        shifts=_shifts(before, after, both),
        guideline=_guideline(*texts),
        guideline_names=(
            None if guidelines[0] is None else guidelines[0][0],
            None if guidelines[1] is None else guidelines[1][0],
        ),
    )


def _guideline(
    before: str | None, after: str | None
) -> Literal["same", "changed", "added", "dropped", "none"]:
    if before is None or after is None:
        return "none" if before is after else "added" if before is None else "dropped"
    return "same" if before.split() == after.split() else "changed"


def _shifts(before: Round, after: Round, questions: Sequence[str]) -> tuple[Shift, ...]:
    tested: list[tuple[Literal["field", "labels"], str, Counter[str], Counter[str]]] = []
    for name in sorted(before.units.fields.keys() & after.units.fields.keys()):
        counts = [_field(r.units.fields[name]) for r in (before, after)]
        if 2 <= len(counts[0] | counts[1]) <= MOST_VALUES:
            tested.append(("field", name, counts[0], counts[1]))
    tested += [
        ("labels", name, _labels(before, name), _labels(after, name))
        for name in questions
        if before.question(name).no_labels is None and after.question(name).no_labels is None
    ]
    found = []
    for what, name, old, new in tested:
        values = sorted(old.keys() | new.keys())
        table = np.array([[old[v] for v in values], [new[v] for v in values]], float)
        if len(values) < 2 or not table.sum(axis=1).all():
            continue
        # Labels of one task go together: they count as one answer each.
        scale = [len(r.units) / n for r, n in zip((before, after), table.sum(axis=1), strict=True)]
        table *= np.minimum(scale, 1)[:, None]
        shares = table / table.sum(axis=1, keepdims=True)
        change = shares[1] - shares[0]
        order = np.argsort(-np.abs(change), kind="stable")[:MOST_MOVED]
        found.append(
            Shift(
                what,
                name,
                tuple((values[i], float(shares[0, i]), float(shares[1, i])) for i in order),
                float(np.abs(change).sum() / 2),
                min(_chi_squared(table) * len(tested), 1.0),
            )
        )
    told = [s for s in found if s.p_value < CERTAIN and s.distance >= MOVED]
    return tuple(sorted(told, key=lambda s: -s.distance))


def _chi_squared(table: Any) -> float:
    """Of homogeneity, values in fewer than five tasks of a kind taken together."""
    from scipy.stats import chi2_contingency

    few = table.sum(axis=0) < 10
    if few.any():
        table = np.column_stack([table[:, ~few], table[:, few].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    return float(chi2_contingency(table, correction=False).pvalue) if table.shape[1] > 1 else 1.0


def _field(column: Sequence[Any]) -> Counter[str]:
    return Counter(field_text(value) for value in column)


def _labels(round_: Round, question: str) -> Counter[str]:
    ratings = round_.ratings[question]
    times = np.bincount(ratings.value, minlength=len(ratings.values)).tolist()
    found: Counter[str] = Counter()
    for value, n in zip(ratings.values, times, strict=True):
        for label in single_labels(value):
            found[label] += n
    return found
