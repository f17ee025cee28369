"""Which labels draw disagreement to themselves: an *other* label that attracts everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from labelq.labels.model import label_text
from labelq.labels.statistics import weighted_count
from labelq.measure.additive import Additive, Floats, Parts
from labelq.measure.information import Coincidences
from labelq.measure.intervals.jackknife import jackknife
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling
from labelq.measure.settling import Settling

ENOUGH = 5.0
"""So many disagreements (coincidences of one order) of a label say where they fall."""

UNLIKELY = 0.01

MOST_LABELS = 200


@dataclass(frozen=True, slots=True)
class LabelPull:
    """How much disagreement one label draws, beside its frequency.

    ``used`` is the share of answers with it, ``share`` the share of disagreeing pairs of
    answers that it is one side of. ``ratio`` is (1 - alpha of this label against all others)
    / (1 - nominal alpha of all), with its interval: above 1, it is confused more than its
    frequency explains. ``p_value`` tests 1, two-sided, uncorrected. Of ``of`` other labels
    with enough disagreements, those in ``drawn`` are confused with this one more often than
    its frequency explains (binomial, one in a hundred).
    """

    label: str
    used: float
    share: float
    ratio: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    drawn: tuple[str, ...]
    of: int


def label_pulls(
    settling: Settling, met: Coincidences, sampling: Sampling, plan: IntervalPlan
) -> tuple[LabelPull, ...]:
    """Of every label of a single choice that was given, the largest share first."""
    from scipy.special import betainc, stdtr, stdtrit

    values, width = settling.ratings.values, settling.table.width
    apart = met.low != met.high
    low, high, o = met.low[apart], met.high[apart], met.weight[apart] / 2
    total = float(o.sum())
    of_label = weighted_count(low, o, width) + weighted_count(high, o, width)
    n = met.totals
    shown = np.lexsort((np.arange(width), -np.round(of_label, 9)))[:MOST_LABELS]
    shown = shown[n[shown] > 0]
    additive = _ratios(settling, shown)
    value = additive.parts(settling.patterns.multiplicity).value
    error = jackknife(additive, sampling, value).error
    df = max(sampling.n - 1, 1)
    half = float(stdtrit(df, 0.5 + plan.confidence / 2)) * error
    # Who is confused with whom more than chance has it: where the disagreements of y fall.
    enough = of_label >= ENOUGH
    x, y, met_both = np.append(low, high), np.append(high, low), np.append(o, o)
    kept = enough[y] & (n.sum() > n[y]) & np.isin(x, shown)
    x, y, met_both = x[kept], y[kept], met_both[kept]
    chance = n[x] / (n.sum() - n[y])
    k, of = np.round(met_both), np.round(of_label[y])
    # The binomial tail P(X >= k) as an incomplete beta function.
    tail = np.where(k > 0, betainc(np.maximum(k, 1), np.maximum(of - k + 1, 1), chance), 1.0)
    unlikely = tail < UNLIKELY
    drawn: dict[int, list[int]] = {}
    for one, other in zip(x[unlikely].tolist(), y[unlikely].tolist(), strict=True):
        drawn.setdefault(one, []).append(other)
    found = []
    for i, code in enumerate(shown.tolist()):
        known = bool(np.isfinite(value[i]) and error[i] > 0)
        names = [label_text(values[y]) for y in sorted(drawn.get(code, ()))]
        found.append(
            LabelPull(
                label=label_text(values[code]),
                used=float(n[code] / n.sum()),
                share=float(of_label[code] / total),
                ratio=float(np.exp(value[i])) if np.isfinite(value[i]) else None,
                lower=float(np.exp(value[i] - half[i])) if known else None,
                upper=float(np.exp(value[i] + half[i])) if known else None,
                p_value=float(2 * stdtr(df, -abs(value[i] / error[i]))) if known else None,
                drawn=tuple(names),
                of=int(enough.sum() - enough[code]),
            )
        )
    return tuple(found)


def _ratios(settling: Settling, labels: np.ndarray) -> Additive:  # type: ignore[type-arg]
    """Logarithms of the ratios, one column per label."""
    table = settling.table
    row, a, b, product = table.pairs
    each = 2 * product * table.per_pair[row]
    K, V = len(table.m), table.width
    of_label = sparse.csr_array(
        sparse.coo_array(
            (np.tile(each, 2), (np.tile(row, 2), np.concatenate([a, b]))), shape=(K, V)
        )
    )[:, labels]
    whole = sparse.csr_array(weighted_count(row, each, K)[:, None])
    counts = table.scaled(table.pairable.astype(float))
    J = len(labels)

    def formula(T: Floats) -> Parts:
        n_k = T[..., J + 1 :]
        n = n_k.sum(axis=-1, keepdims=True)
        chance = 2 * n_k[..., labels] * (n - n_k[..., labels])
        everything = n * n - np.square(n_k).sum(axis=-1, keepdims=True)
        value = np.log(T[..., :J] / chance) - np.log(T[..., J : J + 1] / everything)
        value = np.where(np.isfinite(value), value, np.nan)
        return Parts(value, value, value)

    sums = sparse.csr_array(sparse.hstack([of_label, whole, counts], format="csr"))
    return Additive(sums, formula, np.zeros(J, np.int64))
