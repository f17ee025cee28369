"""Fleiss, Conger, Cohen and what else is called kappa, by other formulas on the same data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from labelq.measure.explaining import alpha, chance, cohen, packages
from labelq.measure.explaining.explanation import Convention
from labelq.measure.explaining.packages import titled
from labelq.measure.explaining.peers import IrrCac, Refusal, last, nltk, said, unused
from labelq.measure.explaining.sheet import Sheet, evenly_spaced
from labelq.measure.results import Agreement

Found = Iterator[Convention]


def fleiss_and_kin(sheet: Sheet, name: str | None, row: Agreement) -> Found:
    """Fleiss' and Conger's kappa and what is taken for them."""
    weights = name or "identity"
    if row.label is not None:
        yield said(
            "Cohen (1960)",
            "the label against all others, mean of all pairs",
            "dichotomised",
            lambda: mean_of_pairs(sheet, 1, weighted=True),
        )
    if name != "cost":
        own = f", {name} weights" if name else ""
        gap = "universe" if unused(sheet) and name else "same_formula"
        numbers = {"q": len(sheet.values), "q_used": len(sheet.occurring)}
        yield said(
            "irrCAC",
            "fleiss.kappa.raw" + own,
            "fleiss" if row.metric != "fleiss_kappa" else gap,
            lambda: IrrCac(sheet, weights).fleiss(),
            numbers=numbers,
        )
        yield said(
            "irrCAC",
            "conger.kappa.raw" + own,
            "conger" if row.metric != "conger_kappa" else gap,
            lambda: IrrCac(sheet, weights).conger(),
            numbers=numbers,
        )
    plain = "same_formula" if row.metric == "fleiss_kappa" else "fleiss"
    yield from equally_many(sheet, "fleiss", plain if name is None else "unweighted")
    if sheet.n_single:
        yield said(
            "data cleaned first",
            "tasks with one rating dropped",
            "singles_dropped",
            lambda: last(chance.fleiss_steps(sheet.only(lambda unit: len(unit) > 1), name)),
            numbers={"n_single": sheet.n_single},
        )
    yield said("NLTK", "pi()", "nltk_pi", lambda: nltk(sheet, "pi"))
    yield said("NLTK", "multi_kappa()", "nltk_multi_kappa", lambda: nltk(sheet, "multi_kappa"))
    yield from equally_many(sheet, "randolph", "randolph")
    yield said(
        titled("krippendorff"),
        "alpha, nominal",
        "alpha_for_fleiss",
        lambda: packages.krippendorff_alpha(sheet, "nominal"),
        run=True,
        numbers={"n_single": sheet.n_single, "n": sum(sheet.totals.values())},
    )


def equally_many(sheet: Sheet, method: str, gap: str) -> Found:
    """Statsmodels takes equally many ratings per task only: all tasks, then the largest part."""
    source, call = titled("statsmodels"), f"fleiss_kappa, method {method}"
    sizes = Counter(len(unit) for unit in sheet.units)
    equal = len(sizes) == 1
    yield said(
        source,
        call,
        gap if equal else "unequal",
        lambda: packages.statsmodels_fleiss(sheet, method),
        run=True,
    )
    usable = {m: n for m, n in sizes.items() if m > 1}
    if equal or not usable:
        return
    most = max(usable, key=lambda m: (usable[m], m))
    yield said(
        source,
        f"{call}, only tasks with {most} ratings",
        "randolph_part" if method != "fleiss" else "part",
        lambda: packages.statsmodels_fleiss(sheet.only(lambda unit: len(unit) == most), method),
        run=True,
        numbers={"m": most, "n_left_out": len(sheet.units) - usable[most]},
    )


def means_of_pairs(sheet: Sheet, name: str | None, row: Agreement) -> Found:
    """Means of Cohen's kappa over pairs, and kappas of all annotators at once."""
    kappas = [(t.total(), *cohen.kappa(sheet, t, name)) for t in sheet.tables.values()]
    defined = [each for each in kappas if each[1] is not None]
    mean = partial(mean_of_pairs, sheet, name=name)
    overlap = [n for n, *_ in kappas]
    numbers = {
        "n_pairs": len(kappas),
        "n_undefined": len(kappas) - len(defined),
        "least": min(overlap, default=0),
        "most": max(overlap, default=0),
    }

    def pooled() -> float | None:
        p_o, p_e = mean(2, weighted=True), mean(3, weighted=True)
        return None if p_o is None or p_e is None else (p_o - p_e) / (1 - p_e)

    if row.metric == "light_kappa":
        yield said(
            "mean of all pairs",
            "weighted by shared tasks",
            "weighted_mean",
            lambda: mean(1, weighted=True),
            numbers=numbers,
        )
    else:
        yield said(
            "Light (1971)",
            "plain mean of all pairs",
            "light",
            lambda: mean(1, weighted=False),
            numbers=numbers,
        )
    yield said("De Vries et al. (2008)", "pooled kappa", "pooled_kappa", pooled)
    yield said("NLTK", "kappa()", "nltk_kappa", lambda: nltk(sheet, "kappa"))
    yield said("NLTK", "multi_kappa()", "nltk_multi_kappa", lambda: nltk(sheet, "multi_kappa"))
    if name != "cost":
        irr = name or "identity"
        yield said("irrCAC", "conger.kappa.raw", "conger", lambda: IrrCac(sheet, irr).conger())
    yield said(
        "irrCAC", "fleiss.kappa.raw", "fleiss", lambda: last(chance.fleiss_steps(sheet, name))
    )


def mean_of_pairs(
    sheet: Sheet, position: int, *, weighted: bool, name: str | None = None
) -> float | None:
    """Mean over pairs of kappa (position 1), p_o (2) or p_e (3), where kappa is defined."""
    found = [(t.total(), *cohen.kappa(sheet, t, name)) for t in sheet.tables.values()]
    defined = [each for each in found if each[1] is not None]
    if not defined:
        return None
    weights = [each[0] if weighted else 1 for each in defined]
    values = [each[position] or 0.0 for each in defined]
    return sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def of_a_pair(sheet: Sheet, table: cohen.Table, name: str | None, row: Agreement) -> Found:
    """The kappa of one pair through packages, with their intervals, and its relatives."""
    learn = titled("scikit-learn")
    scott = row.metric == "scott_pi"
    if name in (None, "linear", "quadratic"):
        given = "" if name is None else f", weights {name}"
        by_number = name is not None and not evenly_spaced(sheet.numbers)
        if name is not None:
            yield said(
                learn,
                f"cohen_kappa_score{given}, labels in order",
                "by_position" if by_number else "cohen" if scott else "same_formula",
                lambda: packages.sklearn_kappa(sheet, table, name, ordered=True),
                run=True,
            )
        yield said(
            learn,
            f"cohen_kappa_score{given}",
            "sklearn_sorted" if name else "cohen" if scott else "same_formula",
            lambda: packages.sklearn_kappa(sheet, table, name, ordered=False),
            run=True,
        )
        yield from _errors(sheet, table, name, row.confidence, by_number=by_number)
    if name is None:
        for other in ("linear", "quadratic") if sheet.level == "ordinal" else ():
            yield said(
                "Cohen (1968)",
                f"{other} weights",
                "weighted",
                lambda o=other: cohen.kappa(sheet, table, o)[0],  # type: ignore[misc]
            )
    else:
        yield said(
            "Cohen (1960)", "no weights", "unweighted", lambda: cohen.kappa(sheet, table, None)[0]
        )
    own = sheet.only(lambda unit: len(unit) > 1)
    yield said(
        "Scott (1955)",
        "pi",
        "same_formula" if scott else "scott",
        lambda: cohen.kappa(sheet, table, name, pooled=True)[0],
    )
    yield said(
        "Byrt et al. (1993)", "PABAK", "pabak", lambda: last(chance.brennan_steps(own, name))
    )
    if name is None:
        yield said(
            "Krippendorff", "alpha, nominal", "alpha_pair", lambda: alpha.alpha(own, "nominal")
        )


def _errors(
    sheet: Sheet, table: cohen.Table, name: str | None, confidence: float, *, by_number: bool
) -> Found:
    """Normal and t intervals around the same large-sample standard error."""
    from scipy.stats import norm, t

    source, weights = titled("statsmodels"), "" if name is None else f", wt {name}"
    gap = "by_position" if by_number else "normal_interval"
    call = f"cohens_kappa{weights}"
    try:
        value, error = packages.statsmodels_kappa(len(sheet.values), table, name)
    except Refusal as refusal:
        yield Convention(source, call, None, gap, problem=str(refusal), run=True)
        return
    half = float(norm.ppf(0.5 + confidence / 2)) * error
    yield Convention(source, call, value, gap, lower=value - half, upper=value + half, run=True)
    n = table.total()
    if not by_number and n > 1:
        half = float(t.ppf(0.5 + confidence / 2, n - 1)) * error
        numbers = {"df": n - 1}
        upper = min(1.0, value + half)
        yield Convention(
            "irrCAC", "kappa2.table", value, "t_interval", numbers, lower=value - half, upper=upper
        )
