"""Which pairs of raters an audit lists: a crowd has hundreds of thousands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelq.measure.results import Agreement

MOST_PAIRS = 2_000
"""Per question and coefficient so many pairs of raters are listed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows that are listed; ``left_out`` rows are not, and ``more`` says by question how many
    pairs of raters that is.
    """

    rows: tuple[Agreement, ...]
    left_out: int = 0
    more: dict[str, int] = field(default_factory=dict)


def pairs_listed(rows: Sequence[Agreement], most: int = MOST_PAIRS) -> Listed:
    """All rows but those of pairs beyond ``most``, least shared units first to go."""
    pairs: dict[tuple[str, str, str | None, str | None], list[Agreement]] = {}
    for row in rows:
        if row.raters is not None:
            pairs.setdefault((row.question, row.metric, row.weights, row.label), []).append(row)
    gone: set[int] = set()
    more: dict[str, int] = {}
    for (question, *_), same in pairs.items():
        over = sorted(same, key=lambda row: -row.n_units)[most:]
        gone.update(map(id, over))
        if over:
            more[question] = max(more.get(question, 0), len(over))
    return Listed(tuple(row for row in rows if id(row) not in gone), len(gone), more)
