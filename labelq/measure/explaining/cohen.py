"""Cohen's kappa by hand: of a pair of raters, and means over pairs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from labelq.measure.explaining.explanation import SHOWN, Grid, Step, Term, corrected, summed
from labelq.measure.explaining.sheet import Sheet, weight

Table = Counter[tuple[int, int]]
Margin = dict[int, float]
RaterName = Callable[[int], str]


def kappa_steps(
    sheet: Sheet,
    table: Table,
    name: str | None,
    about: tuple[str, ...] = (),
    *,
    pooled: bool = False,
) -> list[Step]:
    """Kappa of the confusion ``table`` of one pair; ``pooled``: Scott's pi.

    ``about`` is what the raters in its rows and in its columns are called.
    """
    w, names, n = weight(name, sheet), sheet.names, table.total()
    rows, columns = margins(table, pooled=pooled)
    row, column = ("both", "both") if pooled else ("row", "column")
    observed: list[Term] = []
    expected: list[Term] = []
    for (a, b), n_ab in sorted(table.items()):
        if w(a, b):
            factors = (float(n_ab),) if name is None else (float(n_ab), w(a, b))
            labels = (names[a],) if name is None else (names[a], names[b])
            observed.append(Term(labels, factors, math.prod(factors)))
    for a, r_a in sorted(rows.items()):
        for b, c_b in sorted(columns.items()):
            if (a == b) if name is None else w(a, b):
                product: tuple[float, ...] = (r_a, c_b, w(a, b))[: 2 if name is None else 3]
                labels = (names[a],) if name is None else (names[a], names[b])
                expected.append(Term(labels, product, math.prod(product)))
    p_o = summed(
        "observed",
        "p_o",
        "Σ n_kk / n" if name is None else "Σ w_ab·n_ab / n",
        observed,
        divisor=n,
    )
    p_e = summed(
        "expected",
        "p_e",
        f"Σ {row}_k·{column}_k / n²" if name is None else f"Σ w_ab·{row}_a·{column}_b / n²",
        expected,
        divisor=n * n,
    )
    last = corrected(p_o, p_e)
    confusion = Step("confusion", "n_ab", numbers={"n": n}, table=_shown(sheet, table), about=about)
    return [confusion, p_o, p_e, last]


def kappa(
    sheet: Sheet, table: Table, name: str | None, *, pooled: bool = False
) -> tuple[float | None, float, float]:
    """Kappa of one pair (None where undefined), its p_o and its p_e."""
    w, n = weight(name, sheet), table.total()
    rows, columns = margins(table, pooled=pooled)
    p_o = math.fsum(n_ab * w(a, b) for (a, b), n_ab in table.items()) / n
    p_e = math.fsum(r * c * w(a, b) for a, r in rows.items() for b, c in columns.items()) / n**2
    return ((p_o - p_e) / (1 - p_e) if 1 - p_e > 1e-12 else None), p_o, p_e


def mean_steps(
    sheet: Sheet, name: str | None, rater: RaterName, *, plain: bool = False
) -> list[Step]:
    """The mean of all pairs' kappas; each weighs the units it shares, or (``plain``) the same."""
    found = {pair: (t.total(), *kappa(sheet, t, name)) for pair, t in sheet.tables.items()}
    defined = {pair: each for pair, each in found.items() if each[1] is not None}
    share = {pair: 1 if plain else each[0] for pair, each in defined.items()}
    total = sum(share.values())
    largest = sorted(sorted(found, key=lambda pair: -found[pair][0])[: SHOWN + 4])
    table = Grid(
        tuple(f"{rater(a)} and {rater(b)}" for a, b in largest),
        ("n", "κ", "p_o", "p_e"),
        tuple((float(n), k, p_o, p_e) for n, k, p_o, p_e in (found[pair] for pair in largest)),
        heads=True,
        hidden=len(found) - len(largest),
    )
    numbers = {"n": len(found), "n_undefined": len(found) - len(defined)}

    def mean(kind: str, symbol: str, position: int) -> Step:
        terms = [
            Term((f"{rater(a)} and {rater(b)}",), (share[a, b], v), share[a, b] * v)
            for (a, b), each in defined.items()
            for v in [each[position] or 0.0]
        ]
        about = symbol or "κ"
        formula = f"Σ {about} / pairs" if plain else f"Σ n·{about} / Σ n"
        step = summed(kind, symbol, formula, terms, divisor=float(total))  # type: ignore[arg-type]  # our own kinds
        return step if total else Step(step.kind, symbol, formula)

    return [
        Step("counts", "κ", numbers=numbers, table=table),
        mean("observed", "p_o", 2),
        mean("expected", "p_e", 3),
        mean("value", "", 1),
    ]


def margins(table: Table, *, pooled: bool = False) -> tuple[Margin, Margin]:
    """Row and column sums; ``pooled``: the mean of the two, twice."""
    rows, columns = Counter[int](), Counter[int]()
    for (a, b), n in table.items():
        rows[a] += n
        columns[b] += n
    if pooled:
        both = {v: (rows[v] + columns[v]) / 2 for v in sorted({*rows, *columns})}
        return both, both
    return dict(rows), dict(columns)


def _shown(sheet: Sheet, table: Table) -> Grid:
    used, names = sorted({v for pair in table for v in pair}), sheet.names
    if len(used) > SHOWN:
        largest = sorted(table, key=lambda pair: -table[pair])[: SHOWN + 4]
        return Grid(
            tuple(f"{names[a]} / {names[b]}" for a, b in largest),
            ("n_ab",),
            tuple((float(table[pair]),) for pair in largest),
            heads=True,
            hidden=len(table) - len(largest),
        )
    rows, columns = margins(table)
    cells = [(*(float(table[a, b]) for b in used), rows.get(a, 0.0)) for a in used]
    cells.append((*(columns.get(b, 0.0) for b in used), float(table.total())))
    shown = tuple(names[v] for v in used)
    return Grid((*shown, "column"), (*shown, "row"), tuple(cells))
