"""Kendall's W and tau by hand: rank sums, and pairs of items in the same order."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

from labelq.labels.model import Ranking
from labelq.measure.explaining.explanation import SHOWN, Grid, Step, Term, summed
from labelq.measure.explaining.sheet import Sheet


def w_steps(sheet: Sheet) -> list[Step]:
    """The rank sums of one task, then the mean of all tasks' W."""
    found = [w_of(_rankings(sheet, unit)) for unit in sheet.units]
    shown = next((u for u, w in enumerate(found) if w is not None), None)
    steps = []
    if shown is not None:
        steps.append(_rank_sums(_rankings(sheet, sheet.units[shown])))
    return [*steps, _mean([w for w in found if w is not None], "W")]


def tau_steps(sheet: Sheet) -> list[Step]:
    """The pairs of items of one pair of rankings, then the mean of all tasks' tau."""
    found, shown = [], None
    for unit in sheet.units:
        taus = []
        for a, b in combinations(_rankings(sheet, unit), 2):
            counts = ordered_pairs(a, b)
            tau = tau_of(counts)
            if tau is not None:
                taus.append(tau)
                shown = shown or counts
        if taus:
            found.append(math.fsum(taus) / len(taus))
    steps = []
    if shown is not None:
        numbers = dict(zip(("C", "D", "T_a", "T_b"), map(float, shown), strict=True))
        formula = "(C − D) / √((C+D+T_a)·(C+D+T_b)) of the first two rankings"
        steps.append(Step("orders", "τ", formula, tau_of(shown), numbers=numbers))
    return [*steps, _mean(found, "τ")]


def w_of(rankings: list[Ranking]) -> float | None:
    """W of one task: of those who placed the same items; several such groups: their mean."""
    groups: dict[tuple[str, ...], list[Ranking]] = {}
    for ranking in rankings:
        groups.setdefault(tuple(sorted(ranking.items)), []).append(ranking)
    found = [(len(g), w) for g in groups.values() if (w := _w(g)) is not None]
    total = sum(m for m, _ in found)
    return math.fsum(m * w for m, w in found) / total if total else None


def _w(rankings: list[Ranking]) -> float | None:
    m, items = len(rankings), sorted(rankings[0].items)
    n = len(items)
    ties = sum(len(p) ** 3 - len(p) for ranking in rankings for p in ranking.places)
    most = m * m * (n**3 - n) - m * ties
    if m < 2 or not most:
        return None
    ranks = [_ranks(ranking) for ranking in rankings]
    sums = [math.fsum(r[item] for r in ranks) for item in items]
    mean = math.fsum(sums) / n
    return 12 * math.fsum((R - mean) ** 2 for R in sums) / most


def ordered_pairs(a: Ranking, b: Ranking) -> tuple[int, int, int, int]:
    """Pairs of common items in the same order, in opposite order, tied in ``a`` only, in ``b``."""
    first, second = _ranks(a), _ranks(b)
    found = Counter[str]()
    for i, j in combinations(sorted(first.keys() & second.keys()), 2):
        x, y = first[i] - first[j], second[i] - second[j]
        if x and y:
            found["C" if x * y > 0 else "D"] += 1
        elif x or y:
            found["T_b" if x else "T_a"] += 1
    return found["C"], found["D"], found["T_a"], found["T_b"]


def tau_of(counts: tuple[int, int, int, int]) -> float | None:
    """Tau-b; None where one ranking has all items tied."""
    C, D, T_a, T_b = counts
    under = (C + D + T_a) * (C + D + T_b)
    return (C - D) / math.sqrt(under) if under else None


def _rank_sums(rankings: list[Ranking]) -> Step:
    groups: dict[tuple[str, ...], list[Ranking]] = {}
    for ranking in rankings:
        groups.setdefault(tuple(sorted(ranking.items)), []).append(ranking)
    group = next(g for g in groups.values() if _w(g) is not None)
    items = sorted(group[0].items)
    ranks = [_ranks(ranking) for ranking in group]
    sums = {item: math.fsum(r[item] for r in ranks) for item in items}
    mean, n, m = math.fsum(sums.values()) / len(items), len(items), len(group)
    ties = sum(len(p) ** 3 - len(p) for ranking in group for p in ranking.places)
    kept = items[: SHOWN + 4]
    table = Grid(
        tuple(kept),
        ("R_i", "(R_i − R̄)²"),
        tuple((sums[item], (sums[item] - mean) ** 2) for item in kept),
        heads=True,
        hidden=n - len(kept),
    )
    numbers = {
        "R̄": mean,
        "S": math.fsum((R - mean) ** 2 for R in sums.values()),
        "m": float(m),
        "n": float(n),
        "T": float(ties),
    }
    formula = "12·S / (m²·(n³−n) − m·T), S = Σ (R_i − R̄)², T the ties"
    return Step("orders", "W", formula, _w(group), numbers=numbers, table=table)


def _mean(found: list[float], symbol: str) -> Step:
    counts = Counter(round(value, 12) for value in found)
    terms = [
        Term((), (float(n), value), n * value) for value, n in sorted(counts.items(), reverse=True)
    ]
    none = float(counts.get(0.0, 0))
    formula = f"mean over tasks of their {symbol}"
    if not found:
        return Step("value", symbol, formula)
    return summed("value", symbol, formula, terms, divisor=len(found), numbers={"n_at_zero": none})


def _rankings(sheet: Sheet, unit: tuple[tuple[int, int], ...]) -> list[Ranking]:
    found = []
    for _, code in sorted(unit):
        value = sheet.values[code]
        if not isinstance(value, Ranking):  # the side that was preferred, before the other one
            others = ((str(other),) for other in sheet.values if other != value)
            value = Ranking(((str(value),), *others))
        found.append(value)
    return found


def _ranks(ranking: Ranking) -> dict[str, float]:
    """Mid-ranks: tied items share the mean of their places."""
    found, before = {}, 0
    for place in ranking.places:
        for item in place:
            found[item] = before + (len(place) + 1) / 2
        before += len(place)
    return found
