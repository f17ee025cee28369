"""What an explanation is made of: steps that lead to a number, and what others call by its name.

Pure data: the words are in :mod:`labelq.report.explain`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from labelq.measure.results import Agreement

Kind = Literal[
    "data", "counts", "coincidences", "confusion", "ranks", "marginals", "observed", "expected",
    "value", "interval", "variance", "orders",
]  # fmt: skip

SHOWN = 8
"""So many labels are shown in full, so many terms of a sum; of more, the largest."""


@dataclass(frozen=True, slots=True)
class Term:
    """One summand: what it is about (data texts), its factors, their product."""

    names: tuple[str, ...]
    factors: tuple[float, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table of numbers; ``rows`` and ``columns`` are data texts.

    ``heads`` are our own words instead of ``columns`` where those are no labels. ``hidden`` is
    the number of rows that are not shown.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    heads: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``value`` = ``factor`` · (sum of ``terms`` + ``rest``) / ``divisor``.

    ``terms`` are the largest summands where there are many; ``rest`` is the sum of the other
    ``n_rest``. ``numbers`` are further figures by name. ``value`` is None where it is undefined.
    ``about`` names whom it is about (data texts): the raters in a table's rows and columns.
    """

    kind: Kind
    symbol: str = ""
    formula: str = ""
    value: float | None = None
    terms: tuple[Term, ...] = ()
    n_rest: int = 0
    rest: float = 0.0
    factor: float = 1.0
    divisor: float = 1.0
    numbers: Mapping[str, float] = field(default_factory=dict)
    table: Grid | None = None
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Convention:
    """The same data through another formula that goes by the same name.

    ``source`` is the package or paper, ``call`` how one gets it there. ``gap`` is the code of
    the reason why it differs, ``numbers`` what the reason counts. Without ``value``,
    ``problem`` says what the package does instead. ``run`` tells whether the package itself
    was run here, with its version in ``source``.
    """

    source: str
    call: str
    value: float | None
    gap: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    problem: str | None = None
    lower: float | None = None
    upper: float | None = None
    run: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """A number worked through, and the same data through other conventions.

    ``row`` is the number as ``labelq agreement`` gives it. ``recomputed`` is what the steps
    come to, None where the value is undefined or (``worked`` is False) no steps are known.
    """

    row: Agreement
    steps: tuple[Step, ...]
    conventions: tuple[Convention, ...]
    recomputed: float | None
    worked: bool


def summed(
    kind: Kind,
    symbol: str,
    formula: str,
    terms: Iterable[Term],
    *,
    divisor: float = 1.0,
    factor: float = 1.0,
    table: Grid | None = None,
    numbers: Mapping[str, float] | None = None,
) -> Step:
    """The step that adds up ``terms``; of many only the largest are kept one by one."""
    every = [term for term in terms if term.value]
    kept = every
    if len(every) > SHOWN:
        kept = sorted(every, key=lambda term: -abs(term.value))[:SHOWN]
    n_rest = len(every) - len(kept)
    total = math.fsum(term.value for term in every)
    rest = math.fsum([total, *(-term.value for term in kept)]) if n_rest else 0.0
    value = factor * total / divisor if divisor and math.isfinite(factor) else None
    return Step(
        kind=kind,
        symbol=symbol,
        formula=formula,
        value=value,
        terms=tuple(kept),
        n_rest=n_rest,
        rest=rest,
        factor=factor,
        divisor=divisor,
        table=table,
        numbers=numbers or {},
    )


def corrected(p_a: Step, p_e: Step) -> Step:
    """The last step of every coefficient (p_a - p_e) / (1 - p_e)."""
    formula = f"({p_a.symbol} − p_e) / (1 − p_e)"
    if p_a.value is None or p_e.value is None or 1 - p_e.value <= 1e-12:
        return Step("value", formula=formula)
    value = (p_a.value - p_e.value) / (1 - p_e.value)
    numbers = {"p_a": p_a.value, "p_e": p_e.value}
    return Step("value", formula=formula, value=value, numbers=numbers)
