"""Reference packages that labelq depends on, run on the same data."""

from __future__ import annotations

import warnings
from collections import Counter
from importlib.metadata import version
from typing import Any

import numpy as np

from labelq.measure.explaining.peers import Refusal
from labelq.measure.explaining.sheet import Sheet

MOST_CELLS = 20_000_000
"""Units × labels² that a package may need memory for."""


def titled(package: str) -> str:
    """The package with the version that is installed."""
    return f"{package} {version(package)}"


def krippendorff_alpha(sheet: Sheet, level: str) -> float:
    """``krippendorff.alpha`` at ``level``, a set distance given as a callable."""
    import krippendorff

    q, rows = len(sheet.values), sum(1 for _ in sheet.units)
    if rows * q * q > MOST_CELLS:
        raise Refusal("not run: it needs memory for tasks × labels²")
    counts = np.zeros((rows, q), int)
    for row, unit in enumerate(sheet.units):
        for _, value in unit:
            counts[row, value] += 1
    domain: list[Any] = list(range(q))
    measure: Any = level
    if level in ("interval", "ratio"):
        domain = list(sheet.numbers)
    elif level not in ("nominal", "ordinal"):
        from labelq.measure.explaining.sheet import distance

        apart = np.frompyfunc(distance(level, sheet), 2, 1)

        def measure(v1: Any, v2: Any, **_: Any) -> Any:
            a, b = np.asarray(v1, int), np.asarray(v2, int)
            return apart(a, b).astype(float)

    return _quietly(
        lambda: krippendorff.alpha(
            value_counts=counts, value_domain=domain, level_of_measurement=measure
        )
    )


def krippendorff_alpha_by_default(sheet: Sheet) -> float:
    """``krippendorff.alpha`` of the reliability data alone: the level is left out."""
    import krippendorff

    raters = {rater: row for row, rater in enumerate(sheet.raters)}
    if len(raters) * len(sheet.units) * 8 > 10 * MOST_CELLS:
        raise Refusal("not run: annotators × tasks is too large a table")
    if len(sheet.units) * len(sheet.occurring) ** 2 > MOST_CELLS:
        raise Refusal("not run: it needs memory for tasks × labels²")
    if sheet.numeric:
        data = np.full((len(raters), len(sheet.units)), np.nan)
        values: list[Any] = list(sheet.numbers)
    else:
        data = np.full((len(raters), len(sheet.units)), "nan", dtype="<U24")
        values = [f"label {v}" for v in range(len(sheet.values))]
    for column, unit in enumerate(sheet.units):
        for rater, value in unit:
            data[raters[rater], column] = values[value]
    return _quietly(lambda: krippendorff.alpha(reliability_data=data))


def sklearn_kappa(
    sheet: Sheet, table: Counter[tuple[int, int]], weights: str | None, *, ordered: bool
) -> float:
    """``cohen_kappa_score``: labels that occur, sorted; or all, in the question's order."""
    from sklearn.metrics import cohen_kappa_score

    a = [row for (row, _), n in sorted(table.items()) for _ in range(n)]
    b = [column for (_, column), n in sorted(table.items()) for _ in range(n)]
    if ordered:
        used = set(a) | set(b)
        if len(used) < 2 and len(sheet.values) < 2:
            raise Refusal("gives nan")
        labels: list[int] | None = list(range(len(sheet.values)))
        return _quietly(lambda: cohen_kappa_score(a, b, labels=labels, weights=weights))
    if sheet.numeric:
        first: list[Any] = [sheet.numbers[v] for v in a]
        second: list[Any] = [sheet.numbers[v] for v in b]
        places = {x: i for i, x in enumerate(sorted({*first, *second}))}
        first, second = [places[x] for x in first], [places[x] for x in second]
    else:
        first, second = [sheet.names[v] for v in a], [sheet.names[v] for v in b]
    return _quietly(lambda: cohen_kappa_score(first, second, weights=weights))


def statsmodels_kappa(
    q: int, table: Counter[tuple[int, int]], weights: str | None
) -> tuple[float, float]:
    """``cohens_kappa`` with weights by position, and its standard error."""
    from statsmodels.stats.inter_rater import cohens_kappa

    cells = np.zeros((q, q))
    for (row, column), n in table.items():
        cells[row, column] = n
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = cohens_kappa(cells, wt=weights)
    return _defined(found.kappa), float(found.std_kappa)


def statsmodels_fleiss(sheet: Sheet, method: str = "fleiss") -> float:
    """``fleiss_kappa`` of all tasks as they are."""
    from statsmodels.stats.inter_rater import fleiss_kappa

    counts = [
        [dict(c).get(v, 0) for v in range(len(sheet.values))]
        for c, n in sheet.counts.items()
        for _ in range(n)
    ]
    return _quietly(lambda: fleiss_kappa(np.array(counts), method=method))


def _quietly(call: Any) -> float:
    """What ``call`` gives; what it raises, or nan, as a :class:`Refusal`."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return _defined(call())
        except (ValueError, ZeroDivisionError, AssertionError, TypeError) as error:
            raise Refusal(f"raises {type(error).__name__}") from None


def _defined(value: Any) -> float:
    if not np.isfinite(value):
        raise Refusal("gives nan")
    return float(value)
