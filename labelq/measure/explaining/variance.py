"""Intraclass correlations by hand: the analysis of variance (Shrout & Fleiss 1979)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from labelq.measure.explaining.explanation import Grid, Step
from labelq.measure.explaining.sheet import Sheet

MOST_BLOCKS = 200
"""So many sets of raters are tried as those of the complete block."""

FORMULAS: dict[str, str] = {
    "icc_1": "(MS_B − MS_W) / (MS_B + (k−1)·MS_W)",
    "icc_1k": "(MS_B − MS_W) / MS_B",
    "icc_2": "(MS_B − MS_E) / (MS_B + (k−1)·MS_E + k·(MS_R − MS_E)/n)",
    "icc_2k": "(MS_B − MS_E) / (MS_B + (MS_R − MS_E)/n)",
    "icc_3": "(MS_B − MS_E) / (MS_B + (k−1)·MS_E)",
    "icc_3k": "(MS_B − MS_E) / MS_B",
}
"""Metric → its formula in mean squares."""


@dataclass(frozen=True, slots=True)
class Source:
    """One line of the analysis: where variation comes from."""

    name: str
    squares: float
    freedom: int

    @property
    def mean(self) -> float:
        """The mean square."""
        return self.squares / self.freedom if self.freedom else 0.0


def icc_steps(sheet: Sheet, name: str) -> list[Step]:
    """The steps to the intraclass correlation called ``name``."""
    one_way = name in ("icc_1", "icc_1k")
    kept = sheet.only(lambda unit: len(unit) > 1) if one_way else complete_block(sheet)
    formula = FORMULAS[name]
    if kept is None or len(kept.units) < 2:
        return [Step("value", formula=formula)]
    sources, k = _one_way(kept) if one_way else _two_way(kept)
    n, between, error = len(kept.units), sources[0].mean, sources[-1].mean
    raters = sources[1].mean
    total = {
        "icc_1": between + (k - 1) * error,
        "icc_1k": between,
        "icc_2": between + (k - 1) * error + k * (raters - error) / n,
        "icc_2k": between + (raters - error) / n,
        "icc_3": between + (k - 1) * error,
        "icc_3k": between,
    }[name]
    table = Grid(
        tuple(source.name for source in sources),
        ("sum of squares", "df", "mean square"),
        tuple((source.squares, float(source.freedom), source.mean) for source in sources),
        heads=True,
    )
    numbers: dict[str, float] = {
        "n_block": n,
        "n_block_raters": len(kept.raters),
        "n_raters": len(sheet.raters),
    }
    numbers |= {"n_block_ratings": sum(map(len, kept.units)), "one_way": float(one_way)}
    value = (between - error) / total if total > 0 else None
    unequal = len({len(unit) for unit in kept.units}) > 1
    formula = formula.replace("k−1", "k0−1") if unequal else formula
    symbols = {"MS_B": between, "MS_W" if one_way else "MS_E": error}
    symbols |= {"k0" if unequal else "k": k, "n": float(n)}
    symbols |= {} if one_way else {"MS_R": raters}
    return [
        Step("variance", numbers=numbers, table=table),
        Step("value", formula=formula, value=value, numbers=symbols),
    ]


def complete_block(sheet: Sheet) -> Sheet | None:
    """The ratings of the raters and units that make the largest table without gaps.

    Of the sets of raters that rated some unit together, the one with most ratings on units that
    all of them rated; of equally large ones that with more raters, then the first.
    """
    sets = Counter(frozenset(rater for rater, _ in unit) for unit in sheet.units)
    first = {raters: i for i, raters in enumerate(sets)}
    tried = sorted(
        (raters for raters in sets if len(raters) > 1),
        key=lambda raters: (-len(raters) * sets[raters], first[raters]),
    )[:MOST_BLOCKS]
    best, largest = None, (0, 0, 0)
    for raters in tried:
        n = sum(n_units for others, n_units in sets.items() if raters <= others)
        size = (n * len(raters), len(raters), -first[raters])
        if n > 1 and (best is None or size > largest):
            best, largest = raters, size
    if best is None:
        return None
    units = tuple(
        tuple(vote for vote in unit if vote[0] in best)
        for unit in sheet.units
        if best <= {rater for rater, _ in unit}
    )
    return Sheet(sheet.level, sheet.values, units, sheet.costs)


def _one_way(sheet: Sheet) -> tuple[list[Source], float]:
    """Between tasks and within, and k0."""
    x = [[sheet.numbers[value] for _, value in unit] for unit in sheet.units]
    every = [number for unit in x for number in unit]
    grand, n = _mean(every), len(x)
    between = math.fsum(len(unit) * (_mean(unit) - grand) ** 2 for unit in x)
    within = math.fsum((number - _mean(unit)) ** 2 for unit in x for number in unit)
    k = (len(every) - sum(len(unit) ** 2 for unit in x) / len(every)) / (n - 1)
    return [
        Source("between tasks", between, n - 1),
        Source("within tasks", within, len(every) - n),
    ], k


def _two_way(sheet: Sheet) -> tuple[list[Source], float]:
    """Between tasks, between annotators, the rest, and k."""
    x = [[sheet.numbers[value] for _, value in sorted(unit)] for unit in sheet.units]
    n, k = len(x), len(x[0])
    grand = _mean([number for unit in x for number in unit])
    of_unit = [_mean(unit) for unit in x]
    of_rater = [_mean([unit[r] for unit in x]) for r in range(k)]
    rest = math.fsum(
        (x[u][r] - of_unit[u] - of_rater[r] + grand) ** 2 for u in range(n) for r in range(k)
    )
    return [
        Source("between tasks", k * math.fsum((m - grand) ** 2 for m in of_unit), n - 1),
        Source("between annotators", n * math.fsum((m - grand) ** 2 for m in of_rater), k - 1),
        Source("the rest", rest, (n - 1) * (k - 1)),
    ], float(k)


def _mean(x: list[float]) -> float:
    if all(a == b for a, b in pairwise(x)):
        return x[0]  # no rounding dust where nothing varies
    return math.fsum(x) / len(x)
