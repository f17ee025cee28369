"""The ratings of one question as one would write them on a sheet of paper.

Everything here is plain Python on purpose: it counts again, from the raw ratings, what the
coefficients get from fast tables, so that each checks the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from labelq.labels.model import Question, Ratings, Value, label_text
from labelq.measure.explaining.distances import of_whole_values

Vote = tuple[int, int]
"""Rater code, value code."""

Counts = tuple[tuple[int, int], ...]
"""(value code, how many raters gave it) of one unit, in the order of codes."""

Pairwise = Callable[[int, int], float]
"""Two value codes → how far apart they are, or how far they agree."""


@dataclass(frozen=True)
class Sheet:
    """``units`` holds, per unit with a rating, who said what. Value codes point into ``values``.

    ``level`` is the question's level, or nominal where one label stands against all others.
    """

    level: str
    values: tuple[Value, ...]
    units: tuple[tuple[Vote, ...], ...]
    costs: Mapping[frozenset[str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, question: Question, ratings: Ratings) -> Sheet:
        """Every rating of ``question``, unit by unit."""
        units: dict[int, list[Vote]] = {}
        columns = (ratings.unit.tolist(), ratings.rater.tolist(), ratings.value.tolist())
        for unit, rater, value in zip(*columns, strict=True):
            units.setdefault(unit, []).append((rater, value))
        costs = {frozenset((a, b)): cost for a, b, cost in question.costs}
        return cls(question.level, ratings.values, tuple(map(tuple, units.values())), costs)

    def against_others(self, label: str) -> Sheet:
        """``label`` (its text) against all others; for sets, ticked or not."""
        given = [
            label in map(label_text, value)
            if isinstance(value, frozenset)
            else label_text(value) == label
            for value in self.values
        ]
        units = tuple(tuple((r, 0 if given[v] else 1) for r, v in unit) for unit in self.units)
        return Sheet("nominal", (label, "(any other)"), units)

    def only(self, keep: Callable[[tuple[Vote, ...]], bool]) -> Sheet:
        """The sheet without the units that ``keep`` refuses."""
        kept = tuple(unit for unit in self.units if keep(unit))
        return Sheet(self.level, self.values, kept, self.costs)

    def cost(self, a: int, b: int) -> float:
        """What it costs to confuse two value codes; 0 if they are equal."""
        return 0.0 if a == b else self.costs.get(frozenset((self.names[a], self.names[b])), 0.0)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The values as people read them."""
        return tuple(label_text(value) for value in self.values)

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """The values as numbers; labels that are none stand for their places in order."""
        try:
            return tuple(float(value) for value in self.values)  # type: ignore[arg-type]  # no sets
        except (ValueError, TypeError):
            return tuple(map(float, range(len(self.values))))

    @cached_property
    def numeric(self) -> bool:
        """Whether all values are numbers, or labels that read as numbers."""
        try:
            return bool([float(value) for value in self.values])  # type: ignore[arg-type]  # no sets
        except (ValueError, TypeError):
            return False

    @cached_property
    def counts(self) -> Counter[Counts]:
        """How many units have which label counts."""
        return Counter(tuple(sorted(Counter(v for _, v in unit).items())) for unit in self.units)

    @cached_property
    def pairable(self) -> dict[Counts, int]:
        """As :attr:`counts`, of the units with two or more ratings."""
        return {c: n for c, n in self.counts.items() if size(c) > 1}

    @cached_property
    def totals(self) -> dict[int, int]:
        """n_k: how often each value was given on units with two or more ratings."""
        found: Counter[int] = Counter()
        for counts, n_units in self.pairable.items():
            for value, n in counts:
                found[value] += n * n_units
        return dict(sorted(found.items()))

    @cached_property
    def occurring(self) -> tuple[int, ...]:
        """The value codes that occur anywhere, in order."""
        return tuple(sorted({value for counts in self.counts for value, _ in counts}))

    @cached_property
    def n_pairable(self) -> int:
        """Units with two or more ratings."""
        return sum(self.pairable.values())

    @cached_property
    def n_single(self) -> int:
        """Units with one rating."""
        return len(self.units) - self.n_pairable

    @cached_property
    def complete(self) -> bool:
        """Whether every rater rated every unit."""
        return len({frozenset(r for r, _ in unit) for unit in self.units}) == 1

    @cached_property
    def raters(self) -> tuple[int, ...]:
        """Codes of the raters who gave a rating."""
        return tuple(sorted({rater for unit in self.units for rater, _ in unit}))

    @cached_property
    def tables(self) -> dict[tuple[int, int], Counter[tuple[int, int]]]:
        """Confusion table of each pair of raters who share a unit: (row, column) → units."""
        found: dict[tuple[int, int], Counter[tuple[int, int]]] = {}
        for unit, n_units in Counter(tuple(sorted(unit)) for unit in self.units).items():
            for i, (a, row) in enumerate(unit):
                for b, column in unit[i + 1 :]:
                    found.setdefault((a, b), Counter())[row, column] += n_units
        return dict(sorted(found.items()))


def size(counts: Counts) -> int:
    """Number of ratings behind ``counts``."""
    return sum(n for _, n in counts)


def weight(name: str | None, sheet: Sheet) -> Pairwise:
    """Agreement weights of two value codes, by their name (see ``Scale.weights``)."""
    if name is None:
        return lambda a, b: float(a == b)
    if name == "cost":
        names = range(len(sheet.values))
        largest = max((sheet.cost(a, b) for a in names for b in names), default=0.0) or 1.0
        return lambda a, b: 1 - sheet.cost(a, b) / largest
    if name == "ordinal":
        pairs = max(1, len(sheet.values) * (len(sheet.values) - 1))
        return lambda a, b: 1 - abs(a - b) * (abs(a - b) + 1) / pairs
    x = sheet.numbers
    span = (max(x) - min(x)) if x else 0.0
    power = {"linear": 1, "quadratic": 2}[name]
    return lambda a, b: 1 - (abs(x[a] - x[b]) / (span or 1.0)) ** power


def distance(name: str, sheet: Sheet) -> Pairwise:
    """Krippendorff's δ² between two value codes, by the name of the distance."""
    if name == "nominal":
        return lambda a, b: float(a != b)
    if name == "cost":
        return sheet.cost
    if name in ("interval", "ratio", "ordinal"):
        x = mid_ranks(sheet) if name == "ordinal" else dict(enumerate(sheet.numbers))
        if name == "ratio":
            return lambda a, b: ((x[a] - x[b]) / (x[a] + x[b])) ** 2 if x[a] + x[b] else 0.0
        return lambda a, b: (x[a] - x[b]) ** 2
    apart = of_whole_values(name)
    return lambda a, b: 0.0 if a == b else apart(sheet.values[a], sheet.values[b])


def mid_ranks(sheet: Sheet) -> dict[int, float]:
    """Value code → ratings below it, and half of its own (units with two or more ratings)."""
    ranks, below = {}, 0
    for value, n in sheet.totals.items():
        ranks[value] = below + n / 2
        below += n
    return ranks


def evenly_spaced(x: Sequence[float]) -> bool:
    """Whether neighbours in ``x`` are equally far apart."""
    gaps = [b - a for a, b in pairwise(x)]
    return not gaps or max(gaps) - min(gaps) < 1e-12
