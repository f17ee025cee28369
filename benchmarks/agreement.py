"""Coefficients with intervals, beside krippendorff and pandas: ratios in one run.

    make bench            # or: python benchmarks/agreement.py

Every pair of timings is taken in this one process or as alternating child processes, so that a
slow machine slows both. Peers that would take hours are timed on few calls and scaled, and the
line says so.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
from coefficients import RESAMPLES, raters, simulated

from labelq.labels.model import Question, Ratings
from labelq.labels.statistics import count_patterns
from labelq.measure.additive import CountTable
from labelq.measure.agreement import agreement
from labelq.measure.coefficients.krippendorff import alpha
from labelq.measure.coefficients.scale import Scale
from labelq.measure.intervals.estimates import estimate
from labelq.measure.intervals.plan import IntervalPlan
from labelq.measure.intervals.sampling import Sampling

QUESTION = Question("q", "nominal", "benchmark")


def seconds(function: Callable[[], Any], repeat: int = 3) -> float:
    """Median wall time."""
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return sorted(taken)[len(taken) // 2]


def value_counts(ratings: Ratings) -> np.ndarray:
    counts = np.zeros((int(ratings.unit.max()) + 1, len(ratings.values)), int)
    np.add.at(counts, (ratings.unit, ratings.value), 1)
    return counts


def peer(counts: np.ndarray) -> float:
    return krippendorff.alpha(
        value_counts=counts,
        value_domain=list(range(counts.shape[1])),
        level_of_measurement="nominal",
    )


def alpha_with_interval(ratings: Ratings) -> None:
    patterns = count_patterns(ratings)
    table = CountTable(patterns)
    estimate(
        alpha(table, "nominal", Scale(QUESTION, ratings.values)),
        table.multiplicity,
        Sampling(patterns, seed=[0]),
        IntervalPlan(),
        n_units=table.n_units,
    )


def all_coefficients() -> None:
    ratings = simulated(200_000, 5, 5)
    question = Question("q", "nominal", "benchmark", ratings.values)
    default = seconds(lambda: agreement(question, ratings, raters(5)))
    ours = seconds(
        lambda: agreement(question, ratings, raters(5), interval="percentile", resamples=RESAMPLES)
    )
    counts = value_counts(ratings)
    one = seconds(lambda: peer(counts), 5)
    print(
        f"1,000,000 ratings, 5 labels: all coefficients {default:.2f} s, with {RESAMPLES}"
        f" resamples {ours:.2f} s;"
        f" {RESAMPLES} x krippendorff.alpha {RESAMPLES * one:.0f} s (5 timed, scaled):"
        f" 1/{RESAMPLES * one / ours:.0f} of it (wanted: less than 1/40)"
    )


def fifty_labels() -> None:
    small = simulated(40_000, 5, 50)
    counts = value_counts(small)
    one = seconds(lambda: peer(counts), 1) * 5
    large = simulated(200_000, 5, 50)
    ours = seconds(lambda: alpha_with_interval(large))
    print(
        f"1,000,000 ratings, 50 labels: alpha with its interval {ours:.2f} s; one"
        f" krippendorff.alpha {one:.1f} s (timed at 40,000 units, scaled by 5):"
        f" 1/{one / ours:.0f} of it (wanted: less than 1/10)"
    )


READS_ONLY = """
import pandas as pd
frame = pd.read_parquet(r"{path}")
for name in ("unit", "rater", "value"):
    pd.factorize(frame[name])
"""


# The child reads its own high-water mark: what the parent sees of it includes the parent.
AUDIT = """
import sys
from labelq.cli import main
try:
    main(["audit", r"{path}", "--out", r"{folder}/audit"])
except SystemExit as stopped:
    assert stopped.code == 0
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1], file=sys.stderr)
"""


def whole_process() -> None:
    import pandas as pd

    ratings = simulated(200_000, 5, 5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.parquet"
        frame = {
            "unit": [f"task-{u}" for u in ratings.unit],
            "rater": [f"rater-{r}" for r in ratings.rater],
            "value": [ratings.values[v] for v in ratings.value],
        }
        pd.DataFrame(frame).to_parquet(path)
        labelq = [sys.executable, "-m", "labelq", "agreement", str(path), "--format", "json"]
        reads = [sys.executable, "-c", READS_ONLY.format(path=path)]
        ratios, times = [], []
        for _ in range(5):
            a = seconds(lambda: subprocess.run(labelq, check=True, stdout=subprocess.DEVNULL), 1)
            b = seconds(lambda: subprocess.run(reads, check=True), 1)
            ratios.append(a / b)
            times.append(a)
        print(
            f"`labelq agreement` on that table as Parquet: {sorted(times)[2]:.1f} s,"
            f" {sorted(ratios)[2]:.1f} times a process that only reads and factorizes it"
            " (median of 5 pairs; wanted: less than 6)"
        )
        audit = [sys.executable, "-c", AUDIT.format(path=path, folder=folder)]
        start = time.perf_counter()
        found = subprocess.run(audit, check=True, capture_output=True, text=True)
        took = time.perf_counter() - start
        peak = float(found.stderr.split()[-1]) / 2**20
        print(
            f"`labelq audit` of it, without text: {took:.1f} s, peak {peak:.2f} GiB"
            " (wanted: less than 1.5)"
        )
    help_ = seconds(
        lambda: subprocess.run(
            [sys.executable, "-m", "labelq", "--help"], check=True, stdout=subprocess.DEVNULL
        ),
        7,
    )
    print(f"`labelq --help`: {help_:.2f} s (wanted: less than .3)")


if __name__ == "__main__":
    all_coefficients()
    fifty_labels()
    whole_process()
