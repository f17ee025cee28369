"""How often intervals of a difference between two rounds hold, and how often nothing is claimed.

    python benchmarks/changes.py [REPLICATIONS]     # 1,000 by default, a quarter of an hour

Both rounds are drawn from a known process (benchmarks/simulated_rounds.py), so that the true
difference is known. ``mover`` is what an audit uses; beside it the plain scale (d ± t · √(e₁² +
e₂²)) and percentiles of 500 resamples. *Same*: truth and difficulty of each task are the same in
both rounds, answers are given anew.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.special import stdtrit
from simulated_rounds import Process, confusion, prevalence
from tallies import asked, people, seeded, simulated_ratings

from labelq.measure.agreement import agreement
from labelq.measure.coefficients.chance import gwet_ac
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.intervals.differences import Side, correlation, mover, resampled
from labelq.measure.tables import Tables

MAKE = {
    "krippendorff_alpha": lambda t: alpha(
        t.counts, "nominal" if t.question.level == "nominal" else "ordinal", t.scale
    ),
    "gwet_ac1": lambda t: gwet_ac(t.counts, None, t.scale),
}


def tasks(rng, process, n):
    """Truth and difficulty of tasks."""
    share = prevalence(process.q, skewed=process.skewed)
    return rng.choice(process.q, n, p=share), np.where(rng.random(n) < 0.3, 2.1667, 0.5)


def labeled(rng, process, error, truth, hard):
    """Answers of all annotators to these tasks, as ratings."""
    q, R, n = process.q, process.R, len(truth)
    value = np.empty((n, R), int)
    for r, f in enumerate(np.linspace(0.7, 1.3, R)):
        for level in (0.5, 2.1667):
            chance = confusion(min(error * f * level, 0.97), q).cumsum(axis=1)
            at = hard == level
            value[at, r] = (rng.random(int(at.sum()))[:, None] > chance[truth[at]]).sum(axis=1)
    value = value.clip(0, q - 1)
    unit = np.repeat(np.arange(n), R)
    return simulated_ratings(unit, np.tile(np.arange(R), n), value.ravel(), q)


def true_value(process, error, metric):
    rng = np.random.default_rng(7)
    truth, hard = tasks(rng, process, 400_000)
    ratings = labeled(rng, process, error, truth, hard)
    tables = Tables(asked(process.q), ratings, process.R)
    return float(MAKE[metric](tables).parts(tables.counts.multiplicity).value[0])


def ends(before, after, row, metric, process, resamples=500):
    """Intervals by method, {} where there is none."""
    found, sides, rows = {}, [], []
    for ratings, r in ((before, row[0]), (after, row[1])):
        tables = Tables(asked(process.q), ratings, process.R)
        sides.append(Side(MAKE[metric](tables), tables.count_patterns, r))
        rows.append(
            next(
                x
                for x in agreement(asked(process.q), ratings, people(process.R), metrics=[metric])
                if x.label is None
            )
        )
    if any(x.lower is None for x in rows):
        return found
    one, two = rows
    rho = 0.0
    if one.error and two.error:
        rho = correlation(*sides, (one.error, two.error))
        error = np.sqrt(one.error**2 + two.error**2 - 2 * rho * one.error * two.error)
        d, half = two.value - one.value, stdtrit(one.n_units + two.n_units - 2, 0.975) * error
        found["plain"] = (d - half, d + half)
    found["mover"] = mover(
        (one.value, one.lower, one.upper), (two.value, two.lower, two.upper), rho
    )
    percentiles = resampled(*sides, resamples=resamples, seed=1, confidence=0.95)
    if percentiles:
        found["percentile"] = percentiles
    return found


CELLS = [
    (Process(2, 3, False, 0.7), 0.14, 0.14),
    (Process(2, 3, False, 0.7), 0.14, 0.05),
    (Process(2, 3, True, 0.7), 0.10, 0.10),
    (Process(2, 3, True, 0.7), 0.10, 0.04),
    (Process(5, 4, True, 0.7), 0.20, 0.20),
    (Process(5, 4, True, 0.7), 0.20, 0.08),
]


def main(replications: int) -> None:
    print("| process | coefficient | true | tasks | same | method | given | holds | claims |")
    print("|---|---|---|---:|---|---|---:|---:|---:|")
    for process, e1, e2 in CELLS:
        for metric in MAKE if process.q == 2 else ["krippendorff_alpha"]:
            v1, v2 = (true_value(process, e, metric) for e in (e1, e2))
            for n in (50, 150, 500):
                for same in (False, True):
                    rng = seeded(process, e1, e2, metric, n, same)
                    tally = {}
                    for _ in range(replications):
                        first = tasks(rng, process, n)
                        second = first if same else tasks(rng, process, n)
                        before = labeled(rng, process, e1, *first)
                        after = labeled(rng, process, e2, *second)
                        rows = (np.arange(n), np.arange(n) + (0 if same else n))
                        for method, (low, high) in ends(
                            before, after, rows, metric, process
                        ).items():
                            t = tally.setdefault(method, [0, 0, 0])
                            t[0] += 1
                            t[1] += low <= v2 - v1 <= high
                            t[2] += low > 0 or high < 0
                    for method, (given, held, claims) in sorted(tally.items()):
                        print(
                            f"| {process.name} | {metric} | {v1:.2f} → {v2:.2f} | {n} |"
                            f" {'yes' if same else 'no'} | {method} | {given / replications:.2f} |"
                            f" {held / given:.3f} | {claims / given:.3f} |",
                            flush=True,
                        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
