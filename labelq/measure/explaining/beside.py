"""What somebody else may have looked at: raw agreement, and the kappas of pairs of raters.

Most mails about another number hold one of these: a share of agreement, or scikit-learn's
``cohen_kappa_score``, which takes two raters at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labelq.measure.explaining import chance, cohen, packages, peers
from labelq.measure.explaining.explanation import Convention
from labelq.measure.explaining.packages import titled
from labelq.measure.explaining.peers import Refusal, last, said
from labelq.measure.explaining.sheet import Sheet, size
from labelq.measure.results import Agreement

CORRECTED = frozenset(
    {
        "krippendorff_alpha",
        "fleiss_kappa",
        "conger_kappa",
        "cohen_kappa_mean",
        "light_kappa",
        "cohen_kappa",
        "scott_pi",
        "gwet_ac1",
        "gwet_ac2",
        "brennan_prediger",
    }
)
"""Metrics that are corrected for chance, and of labels."""

MEANS = frozenset({"cohen_kappa_mean", "light_kappa"})

MOST_PAIRS = 1_000
"""Beyond so many pairs of raters their kappas are not gone through."""

RaterName = Callable[[int], str]


def beside(
    row: Agreement, sheet: Sheet, everybody: Sheet, name: str | None, rater: RaterName
) -> Iterator[Convention]:
    """Raw agreement in its meanings, then the range and the means of the pairs' Cohen kappas.

    ``everybody`` holds all raters' ratings where ``sheet`` holds those of one pair.
    """
    if row.metric not in CORRECTED or row.level == "ranking":
        return
    yield from _raw(sheet, pair=row.raters is not None)
    if sheet.level in ("nominal", "ordinal"):
        weights = name if name in ("linear", "quadratic") else None
        yield from _pairs(everybody, weights, rater, means=row.metric not in MEANS)


def _raw(sheet: Sheet, *, pair: bool) -> Iterator[Convention]:
    if pair:
        yield said("raw agreement", "of the pair", "no_chance", lambda: peers.raw_mean(sheet))
        return
    ratings = sorted({size(counts) for counts in sheet.pairable})
    spread = {"least": ratings[0], "most": ratings[-1]} if ratings else {}
    yield said("raw agreement", "mean over tasks", "no_chance", lambda: peers.raw_mean(sheet))
    if len(ratings) > 1:
        yield said(
            "raw agreement",
            "all pairs pooled",
            "pooled_pairs",
            lambda: peers.raw_pooled(sheet),
            numbers=spread,
        )
    yield said(
        "raw agreement",
        "tasks on which all agree",
        "unanimous",
        lambda: last(chance.unanimous_steps(sheet)),
    )


def _pairs(
    sheet: Sheet, name: str | None, rater: RaterName, *, means: bool
) -> Iterator[Convention]:
    """The lowest and the highest pair as scikit-learn gives them, and two means."""
    if len(sheet.raters) ** 2 > 2 * MOST_PAIRS:
        return
    found = {
        pair: (kappa, table.total())
        for pair, table in sheet.tables.items()
        for kappa in [cohen.kappa(sheet, table, name)[0]]
        if kappa is not None
    }
    if len(found) < 2:
        return
    learn = titled("scikit-learn")
    given = "cohen_kappa_score" if name is None else f"cohen_kappa_score, weights {name}"
    ends = (min(found, key=lambda p: found[p][0]), max(found, key=lambda p: found[p][0]))
    for pair, which in zip(ends, ("lowest", "highest"), strict=True):
        table = sheet.tables[pair]
        a, b = (rater(code) for code in pair)
        yield said(
            learn,
            f"{which} pair, {a} and {b}",
            f"pair_{which}",
            lambda table=table: packages.sklearn_kappa(  # type: ignore[misc]
                sheet, table, name, ordered=name is not None
            ),
            run=True,
            numbers={"shared": found[pair][1], "n_pairs": len(found)},
        )
    if not means:
        return
    overlap = [n for _, n in found.values()]
    numbers = {"n_pairs": len(found), "least": min(overlap), "most": max(overlap)}
    for weighted, call, gap in (
        (False, "plain mean of all pairs", "light"),
        (True, "mean of all pairs by shared tasks", "weighted_mean"),
    ):
        yield said(
            given,
            call,
            gap,
            lambda w=weighted: _mean(list(found.values()), weighted=w),  # type: ignore[misc]
            numbers=numbers,
        )


def _mean(found: list[tuple[float, int]], *, weighted: bool) -> float:
    if not found:
        raise Refusal("is undefined here")
    weights = [n if weighted else 1 for _, n in found]
    values = [kappa for kappa, _ in found]
    return sum(w * k for w, k in zip(weights, values, strict=True)) / sum(weights)
