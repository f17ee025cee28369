"""Krippendorff's alpha by hand: coincidences, distances, D_o, D_e (Krippendorff 2011)."""

from __future__ import annotations

import math
from collections import Counter

from labelq.measure.explaining.explanation import SHOWN, Grid, Step, Term, summed
from labelq.measure.explaining.sheet import Sheet, distance, mid_ranks, size

MOST_VALUES = 1_000
"""Up to so many distinct values every pair of them is taken one by one."""


def alpha_steps(sheet: Sheet, name: str) -> list[Step]:
    """The steps to alpha with the distance called ``name``."""
    met = coincidences(sheet)
    n = sum(sheet.totals.values())
    steps = [Step("coincidences", "o", numbers={"n": n}, table=_shown(sheet, met))]
    if name == "ordinal":
        ranks = {v: rank for v, rank in mid_ranks(sheet).items() if sheet.totals[v]}
        steps.append(Step("ranks", "r", table=_ranks(sheet, ranks)))
    observed, expected = _observed(sheet, met, name, n), _expected(sheet, name, n)
    value = None
    if observed.value is not None and expected.value:
        value = 1 - observed.value / expected.value
    numbers = {} if value is None else {"D_o": observed.value or 0.0, "D_e": expected.value or 0.0}
    last = Step("value", formula="1 − D_o / D_e", value=value, numbers=numbers)
    return [*steps, observed, expected, last]


def alpha(sheet: Sheet, name: str) -> float | None:
    """Alpha by hand."""
    return alpha_steps(sheet, name)[-1].value


def coincidences(sheet: Sheet) -> dict[tuple[int, int], float]:
    """o_ab for a ≤ b: every ordered pair of ratings of a unit counts 1/(m-1)."""
    parts: dict[tuple[int, int], Counter[float]] = {}
    for counts, n_units in sheet.pairable.items():
        m = size(counts)
        for i, (a, n_a) in enumerate(counts):
            for b, n_b in counts[i:]:
                pairs = n_a * (n_a - 1) if a == b else n_a * n_b
                if pairs:
                    parts.setdefault((a, b), Counter())[m - 1] += pairs * n_units
    return {
        pair: math.fsum(n / weight for weight, n in found.items())
        for pair, found in sorted(parts.items())
    }


def _observed(sheet: Sheet, met: dict[tuple[int, int], float], name: str, n: float) -> Step:
    """D_o: each unordered pair of different values stands for both orders."""
    apart, names = distance(name, sheet), sheet.names
    nominal = name == "nominal"
    terms = []
    for (a, b), o in met.items():
        if a != b:
            factors = (2.0, o) if nominal else (2.0, o, apart(a, b))
            terms.append(Term((names[a], names[b]), factors, math.prod(factors)))
    formula = "Σ o_ab / n over a ≠ b" if nominal else "Σ o_ab·δ²_ab / n over a ≠ b"
    return summed("observed", "D_o", formula, terms, divisor=n)


def _expected(sheet: Sheet, name: str, n: float) -> Step:
    names, totals = sheet.names, sheet.totals
    if name == "nominal":
        terms = [Term((names[k],), (n_k, n - n_k), n_k * (n - n_k)) for k, n_k in totals.items()]
        return summed("expected", "D_e", "Σ n_k·(n − n_k) / (n·(n−1))", terms, divisor=n * (n - 1))
    if name in ("ordinal", "interval"):
        x = mid_ranks(sheet) if name == "ordinal" else dict(enumerate(sheet.numbers))
        mean = math.fsum(n_k * x[k] for k, n_k in totals.items()) / n if n else 0.0
        if len({x[k] for k in totals}) < 2:
            mean = next((x[k] for k in totals), 0.0)  # no rounding dust where nothing varies
        terms = [
            Term((names[k],), (n_k, (x[k] - mean) ** 2), n_k * (x[k] - mean) ** 2)
            for k, n_k in totals.items()
        ]
        symbol = "r" if name == "ordinal" else "x"
        formula = f"2·Σ n_k·({symbol}_k − mean)² / (n−1)"
        numbers = {"mean": mean}
        return summed("expected", "D_e", formula, terms, divisor=n - 1, factor=2.0, numbers=numbers)
    apart, found = distance(name, sheet), list(totals.items())
    terms = []
    for i, (a, n_a) in enumerate(found):
        for b, n_b in found[i + 1 :]:
            factors = (2.0, n_a, n_b, apart(a, b))
            terms.append(Term((names[a], names[b]), factors, math.prod(factors)))
    formula = "Σ n_a·n_b·δ²_ab / (n·(n−1)) over a ≠ b"
    return summed("expected", "D_e", formula, terms, divisor=n * (n - 1))


def _shown(sheet: Sheet, met: dict[tuple[int, int], float]) -> Grid:
    """The coincidence matrix with its margins, or of many labels the largest cells."""
    values, names = list(sheet.totals), sheet.names
    if len(values) > SHOWN:
        largest = sorted(met, key=lambda pair: -met[pair])[: SHOWN + 4]
        return Grid(
            tuple(f"{names[a]} / {names[b]}" for a, b in largest),
            ("o_ab",),
            tuple((met[pair],) for pair in largest),
            heads=True,
            hidden=len(met) - len(largest),
        )
    rows = [
        (*(met.get((min(a, b), max(a, b)), 0.0) for b in values), float(sheet.totals[a]))
        for a in values
    ]
    shown = tuple(names[v] for v in values)
    return Grid(shown, (*shown, "n_k"), tuple(rows))


def _ranks(sheet: Sheet, ranks: dict[int, float]) -> Grid:
    kept = list(ranks.items())[: SHOWN + 4]
    return Grid(
        tuple(sheet.names[v] for v, _ in kept),
        ("n_k", "r_k"),
        tuple((float(sheet.totals[v]), rank) for v, rank in kept),
        heads=True,
        hidden=len(ranks) - len(kept),
    )
