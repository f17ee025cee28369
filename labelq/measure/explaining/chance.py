"""Raw agreement and the coefficients (p_a - p_e) / (1 - p_e) of any number of raters, by hand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from labelq.measure.explaining.explanation import SHOWN, Grid, Step, Term, corrected, summed
from labelq.measure.explaining.sheet import Counts, Sheet, size, weight


def agreement_step(sheet: Sheet, name: str | None, *, symbol: str = "p_a") -> Step:
    """p_a: the mean over units with two or more ratings of the share of agreeing pairs."""
    shares: Counter[tuple[float, float]] = Counter()
    w = weight(name, sheet)
    for counts, n_units in sheet.pairable.items():
        agreeing = math.fsum(
            n_a * (n_b - (a == b)) * w(a, b) for a, n_a in counts for b, n_b in counts
        )
        m = size(counts)
        shares[agreeing / (m * (m - 1)), m] += n_units
    by_share: Counter[float] = Counter()
    for (share, _), n_units in shares.items():
        by_share[share] += n_units
    terms = [
        Term((), (float(n_units), share), n_units * share)
        for share, n_units in sorted(by_share.items(), reverse=True)
    ]
    none = float(by_share.get(0.0, 0))
    formula = "mean over tasks of (agreeing pairs) / (pairs)"
    numbers = {"n_nothing": none}
    step = summed("observed", symbol, formula, terms, divisor=sheet.n_pairable, numbers=numbers)
    return step if sheet.n_pairable else Step("observed", symbol, formula)


def raw_steps(sheet: Sheet) -> list[Step]:
    """Raw agreement."""
    p_a = agreement_step(sheet, None)
    return [p_a, Step("value", formula="p_a", value=p_a.value)]


def specific_steps(sheet: Sheet) -> list[Step]:
    """Specific agreement on the first value (Spitzer & Fleiss 1974)."""
    both, given = Counter[int](), 0
    for counts, n_units in sheet.pairable.items():
        n = dict(counts).get(0, 0)
        both[size(counts)] += n * (n - 1) * n_units
        given += n * n_units
    terms = [Term((), (float(n), 1 / (m - 1)), n / (m - 1)) for m, n in sorted(both.items())]
    formula = "Σ n·(n−1)/(m−1) / Σ n, n ratings of m gave the label"
    step = summed("observed", "p_a", formula, terms, divisor=given)
    return [step, Step("value", formula="p_a", value=step.value)]


def pooled_steps(sheet: Sheet) -> list[Step]:
    """Raw agreement, all pairs pooled."""
    agreeing, pairs = Counter[int](), 0
    for counts, n_units in sheet.pairable.items():
        for value, n in counts:
            agreeing[value] += n * (n - 1) * n_units
        pairs += size(counts) * (size(counts) - 1) * n_units
    terms = [Term((sheet.names[v],), (float(n),), float(n)) for v, n in sorted(agreeing.items())]
    formula = "agreeing ordered pairs / ordered pairs"
    step = summed("observed", "p_a", formula, terms, divisor=pairs)
    return [step, Step("value", formula="p_a", value=step.value)]


def unanimous_steps(sheet: Sheet) -> list[Step]:
    """Units on which all agree."""
    found = Counter[int]()
    for counts, n_units in sheet.pairable.items():
        if len(counts) == 1:
            found[counts[0][0]] += n_units
    terms = [Term((sheet.names[v],), (float(n),), float(n)) for v, n in sorted(found.items())]
    formula = "tasks whose ratings are all equal / tasks with two or more ratings"
    step = summed("observed", "p_a", formula, terms, divisor=sheet.n_pairable)
    return [step, Step("value", formula="p_a", value=step.value)]


def fleiss_steps(sheet: Sheet, name: str | None) -> list[Step]:
    """Fleiss' kappa."""
    p = marginals(sheet)
    return _steps(sheet, name, p, _by_chance(sheet, name, p, p, "Σ p_k²", "Σ w_ab·p_a·p_b"))


def conger_steps(sheet: Sheet, name: str | None) -> list[Step]:
    """Conger's kappa: chance agreement is the mean over ordered pairs of raters."""
    given: dict[int, Counter[int]] = {}
    for unit in sheet.units:
        for rater, value in unit:
            given.setdefault(rater, Counter())[value] += 1
    shares = {
        rater: {v: n / counts.total() for v, n in counts.items()} for rater, counts in given.items()
    }
    w, r = weight(name, sheet), len(shares)
    total = {v: math.fsum(p.get(v, 0.0) for p in shares.values()) for v in sheet.occurring}

    def chance(p: Mapping[int, float]) -> float:
        return math.fsum(p[a] * p[b] * w(a, b) for a in p for b in p)

    own = math.fsum(chance(p) for p in shares.values())
    expected = Step("expected", "p_e", "(Σ_gh p_g·p_h − Σ_g p_g·p_g) / (r·(r−1))")
    if r > 1:
        terms = (Term((), (chance(total),), chance(total)), Term((), (-own,), -own))
        expected = summed(
            "expected", "p_e", expected.formula, terms, divisor=r * (r - 1), numbers={"r": r}
        )
    p = {v: x / r for v, x in total.items()} if r else {}
    return _steps(sheet, name, p, expected, "p̄_k")


def _by_chance(
    sheet: Sheet,
    name: str | None,
    p: Mapping[int, float],
    other: Mapping[int, float],
    plain: str,
    weighted: str,
) -> Step:
    """p_e of two ratings drawn with the shares ``p`` and ``other``."""
    w, names = weight(name, sheet), sheet.names
    terms = []
    for a, p_a in p.items():
        for b, p_b in other.items():
            if name is not None and w(a, b):
                product = p_a * p_b * w(a, b)
                terms.append(Term((names[a], names[b]), (p_a, p_b, w(a, b)), product))
            elif a == b and name is None:
                terms.append(Term((names[a],), (p_a, p_b), p_a * p_b))
    return summed("expected", "p_e", plain if name is None else weighted, terms)


def gwet_steps(sheet: Sheet, name: str | None) -> list[Step]:
    """Gwet's AC1, with weights AC2."""
    p, q = marginals(sheet), len(sheet.values)
    terms = [Term((sheet.names[k],), (p_k, 1 - p_k), p_k * (1 - p_k)) for k, p_k in p.items()]
    total = weight_total(sheet, name)
    formula = "Σ p_k·(1 − p_k) / (q−1)"
    if name is not None:
        formula = "T_w / (q·(q−1)) · Σ p_k·(1 − p_k)"
    expected = summed(
        "expected",
        "p_e",
        formula,
        terms,
        factor=total if name is not None else 1.0,
        divisor=float(q * (q - 1)) if name is not None else float(q - 1),
        numbers={"q": q, "T_w": total},
    )
    return _steps(sheet, name, p, expected)


def brennan_steps(sheet: Sheet, name: str | None) -> list[Step]:
    """Brennan-Prediger: every label equally likely."""
    q, total = len(sheet.values), weight_total(sheet, name)
    expected = Step(
        "expected",
        "p_e",
        "1 / q" if name is None else "T_w / q²",
        value=total / q**2 if q > 1 else None,
        numbers={"q": q, "T_w": total},
    )
    return _steps(sheet, name, {}, expected)


def marginals(sheet: Sheet) -> dict[int, float]:
    """p_k: the mean over all rated units (those with one rating too) of the label's share."""
    shares: dict[int, Counter[int]] = {}
    for counts, n_units in sheet.counts.items():
        m = size(counts)
        for value, n in counts:
            shares.setdefault(value, Counter())[m] += n * n_units
    return {
        value: math.fsum(n / m for m, n in found.items()) / len(sheet.units)
        for value, found in sorted(shares.items())
    }


def weight_total(sheet: Sheet, name: str | None) -> float:
    """T_w: the sum of all q² weights."""
    q = len(sheet.values)
    if name is None:
        return float(q)
    w = weight(name, sheet)
    return math.fsum(w(a, b) for a in range(q) for b in range(q))


def most_given(counts: Counts) -> int:
    """How many raters gave the unit's most frequent value."""
    return max(n for _, n in counts)


def _steps(
    sheet: Sheet, name: str | None, p: dict[int, float], expected: Step, symbol: str = "p_k"
) -> list[Step]:
    observed = agreement_step(sheet, name)
    steps = [observed]
    if p:
        kept = sorted(sorted(p, key=lambda k: -p[k])[: SHOWN + 4])
        table = Grid(
            tuple(sheet.names[k] for k in kept),
            (symbol,),
            tuple((p[k],) for k in kept),
            heads=True,
            hidden=len(p) - len(kept),
        )
        steps.append(Step("marginals", symbol, numbers={"n": len(sheet.units)}, table=table))
    return [*steps, expected, corrected(observed, expected)]
