"""The same data through the other formulas that are sold under a metric's name."""

from __future__ import annotations

from collections.abc import Iterator

from labelq.labels.model import Question
from labelq.measure.explaining import alpha, chance, packages, peers
from labelq.measure.explaining.explanation import Convention
from labelq.measure.explaining.kappas import (
    equally_many,
    fleiss_and_kin,
    means_of_pairs,
    of_a_pair,
)
from labelq.measure.explaining.packages import titled
from labelq.measure.explaining.peers import IrrCac, Nltk, Refusal, last, nltk, said, unused
from labelq.measure.explaining.sheet import Sheet, distance, size
from labelq.measure.metric import Metric
from labelq.measure.results import Agreement

Found = Iterator[Convention]


def conventions(
    metric: Metric,
    question: Question,
    sheet: Sheet,
    variant: str | None,
    row: Agreement,
    pair: tuple[int, int] | None,
) -> tuple[Convention, ...]:
    """What others say on the same data, the nearest relative first."""
    if metric.name == "krippendorff_alpha":
        return tuple(_alpha(sheet, variant or "nominal", row))
    if metric.name in ("raw_agreement", "raw_agreement_pooled", "unanimous_units"):
        return tuple(_raw(sheet))
    if metric.name in ("fleiss_kappa", "conger_kappa"):
        return tuple(fleiss_and_kin(sheet, variant, row))
    if metric.name in ("cohen_kappa_mean", "light_kappa"):
        return tuple(means_of_pairs(sheet, variant, row))
    if metric.name in ("cohen_kappa", "scott_pi") and pair in sheet.tables:
        return tuple(of_a_pair(sheet, sheet.tables[pair], variant, row))
    if metric.name in ("gwet_ac1", "gwet_ac2"):
        return tuple(_gwet(question, sheet, variant))
    if metric.name == "brennan_prediger":
        return tuple(_brennan(sheet, variant))
    return ()


def _alpha(sheet: Sheet, name: str, row: Agreement) -> Found:
    kripp = titled("krippendorff")
    if name == "cost" or row.level == "ranking":
        yield said("Krippendorff", "nominal", "nominal", lambda: alpha.alpha(sheet, "nominal"))
        return
    yield said(
        kripp,
        "a function for δ²" if row.level == "set" and not row.label else f"level {name}",
        "same_formula",
        lambda: packages.krippendorff_alpha(sheet, name),
        run=True,
    )
    if row.level == "set" and row.label is None:
        yield from _sets(sheet, name)
        return
    yield said(
        kripp,
        "level left out",
        "level_left_out",
        lambda: packages.krippendorff_alpha_by_default(sheet),
        run=True,
    )
    irr = {"nominal": "identity", "ordinal": "ordinal", "interval": "quadratic", "ratio": "ratio"}
    gap = "irrcac_ordinal" if name == "ordinal" else "same_formula"
    yield said(
        "irrCAC",
        f"krippen.alpha.raw, {irr[name]} weights",
        gap,
        lambda: IrrCac(sheet, irr[name]).krippendorff(),
    )
    if name != "nominal":
        yield said(
            "irrCAC",
            "krippen.alpha.raw, weights left out",
            "irrcac_identity",
            lambda: IrrCac(sheet).krippendorff(),
        )
    yield said(
        "NLTK",
        "alpha(), distance left out",
        "same_formula" if name == "nominal" else "nltk_binary",
        lambda: Nltk(sheet).alpha(),
    )
    if row.label is None and (sheet.numeric or row.level != "nominal"):
        levels = ["nominal", "ordinal", "interval", "ratio"]
        for level in levels if sheet.numeric else levels[:2]:
            if level not in (name, "nominal"):
                gap = "level"
                call = f"level {level} instead"
                yield said(
                    kripp,
                    call,
                    gap,
                    lambda lv=level: packages.krippendorff_alpha(sheet, lv),  # type: ignore[misc]
                    run=True,
                )
    if name == "nominal":
        yield said(
            "irrCAC",
            "fleiss.kappa.raw",
            "fleiss_for_alpha",
            lambda: last(chance.fleiss_steps(sheet, None)),
            numbers={"n_single": sheet.n_single, "n": sum(sheet.totals.values())},
        )


def _sets(sheet: Sheet, name: str) -> Found:
    empty = any(value == frozenset() for value in sheet.values)

    def nltk(measure: str) -> float:
        if empty and any(sheet.values[v] == frozenset() for v in sheet.totals):
            raise Refusal("raises ZeroDivisionError where two empty sets meet")
        return Nltk(sheet, distance(measure, sheet)).alpha()

    for measure in ("masi", "jaccard"):
        call, why = f"alpha(), {measure}_distance", "same_formula" if name == measure else measure
        yield said("NLTK", call, why, lambda m=measure: nltk(m))  # type: ignore[misc]
    other = "jaccard" if name == "masi" else "masi"
    yield said("Krippendorff", f"alpha, {other} distance", other, lambda: alpha.alpha(sheet, other))
    yield said(
        "DKPro Statistics",
        "MASI",
        "same_formula" if name == "masi_dkpro" else "masi_dkpro",
        lambda: alpha.alpha(sheet, "masi_dkpro"),
    )
    yield said(
        "NLTK",
        "alpha(), distance left out",
        "same_formula" if name == "nominal" else "whole_sets",
        lambda: alpha.alpha(sheet, "nominal"),
    )


def _raw(sheet: Sheet) -> Found:
    ratings = sorted({size(counts) for counts in sheet.pairable})
    spread = {"least": ratings[0], "most": ratings[-1]} if ratings else {}
    yield said("irrCAC", "pa", "same_formula", lambda: peers.raw_mean(sheet))
    yield said(
        "Hayes & Krippendorff",
        "all pairs pooled",
        "pooled_pairs" if len(ratings) > 1 else "pooled_alike",
        lambda: peers.raw_pooled(sheet),
        numbers=spread,
    )
    yield said("a plain count", "all agree", "unanimous", lambda: peers.raw_unanimous(sheet))
    yield said("NLTK", "avg_Ao()", "nltk_complete", lambda: nltk(sheet, "avg_ao"))
    yield said(
        "Label Studio Enterprise",
        "pairwise, exact match",
        "lse_pairwise",
        lambda: peers.lse_pairwise(sheet, lambda a, b: float(a == b)),
    )
    yield said(
        "Label Studio Enterprise",
        "consensus, exact match",
        "lse_consensus",
        lambda: peers.lse_consensus(sheet),
    )
    if sheet.level == "set":
        apart = distance("jaccard", sheet)
        yield said(
            "Label Studio Enterprise",
            "pairwise, Jaccard",
            "lse_jaccard",
            lambda: peers.lse_pairwise(sheet, lambda a, b: 1 - apart(a, b)),
        )
    if sheet.level in ("ordinal", "interval", "ratio") and sheet.numeric:
        x = sheet.numbers
        yield said(
            "Label Studio Enterprise",
            "pairwise, numeric difference",
            "lse_difference",
            lambda: peers.lse_pairwise(sheet, lambda a, b: 1 / (1 + abs(x[a] - x[b]))),
        )
        yield said(
            "Label Studio Enterprise",
            "consensus, difference ≤ 1",
            "lse_threshold",
            lambda: peers.lse_consensus(sheet, lambda a, b: abs(x[a] - x[b]) <= 1),
        )


def _gwet(question: Question, sheet: Sheet, name: str | None) -> Found:
    numbers = {"q": len(sheet.values), "q_used": len(sheet.occurring)}
    gap = "universe" if unused(sheet) else "same_formula"
    weights = name or "identity"
    coefficient = "gwet.ac1.raw" if name is None else f"gwet.ac1.raw, {name} weights"
    if name != "cost":
        yield said(
            "irrCAC", coefficient, gap, lambda: IrrCac(sheet, weights).gwet(), numbers=numbers
        )
    yield said(
        "Prodigy",
        "AC2",
        "prodigy" if name is None else "prodigy_identity",
        lambda: last(chance.gwet_steps(sheet, None)),
    )
    for other in ("linear", "quadratic", "ordinal") if sheet.level == "ordinal" else ():
        if other != name:
            yield said(
                "irrCAC",
                f"gwet.ac1.raw, {other} weights",
                "other_weights",
                lambda o=other: IrrCac(sheet, o).gwet(),  # type: ignore[misc]
            )
    if question.labels_source == "config" and unused(sheet):
        used = _used_only(sheet)
        yield said(
            "without a labeling config",
            "labels that occur",
            "universe",
            lambda: last(chance.gwet_steps(used, name)),
            numbers=numbers,
        )
    yield said(
        "Brennan & Prediger (1981)",
        "all labels equally likely",
        "brennan_for_gwet",
        lambda: last(chance.brennan_steps(sheet, name)),
    )
    yield said(
        "Fleiss (1971)", "kappa", "fleiss_for_gwet", lambda: last(chance.fleiss_steps(sheet, name))
    )


def _brennan(sheet: Sheet, name: str | None) -> Found:
    numbers = {"q": len(sheet.values), "q_used": len(sheet.occurring)}
    gap = "universe" if unused(sheet) else "same_formula"
    if name != "cost":
        own = f", {name} weights" if name else ""
        irr = name or "identity"
        yield said(
            "irrCAC", "bp.coeff.raw" + own, gap, lambda: IrrCac(sheet, irr).bp(), numbers=numbers
        )
    if name is None:
        yield from equally_many(sheet, "randolph", "same_formula")
        yield said(
            "NLTK",
            "S()",
            "universe" if unused(sheet) else "nltk_complete",
            lambda: nltk(sheet, "s"),
            numbers=numbers,
        )
    yield said(
        "Gwet (2008)", "AC1", "gwet_for_brennan", lambda: last(chance.gwet_steps(sheet, name))
    )
    yield said(
        "Fleiss (1971)", "kappa", "fleiss_for_gwet", lambda: last(chance.fleiss_steps(sheet, name))
    )


def _used_only(sheet: Sheet) -> Sheet:
    """The same ratings as if the labels that occur were all there are."""
    place = {value: i for i, value in enumerate(sheet.occurring)}
    units = tuple(tuple((r, place[v]) for r, v in unit) for unit in sheet.units)
    return Sheet(sheet.level, tuple(sheet.values[v] for v in sheet.occurring), units, sheet.costs)
