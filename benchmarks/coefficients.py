"""Every coefficient with its interval beside the peers that offer it: ratios in one run.

    make bench            # or: python benchmarks/coefficients.py [--peers PYTHON] [--irrcac PYTHON]

The peers live in environments of their own (irrCAC pins old versions of what everyone else
needs). A peer has no such interval: it gets one by calling it on resampled units, here on a
few, scaled to 2,000. Values are compared as well.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from labelq.labels.model import Question, Rater, Ratings
from labelq.measure.agreement import agreement
from labelq.measure.coefficients import cohen
from labelq.measure.tables import Tables

HERE = Path(__file__).parent
RESAMPLES = 2000
N_UNITS, N_RATERS, N_LABELS = 200_000, 5, 5

# level, metric, weights or distance, the peers' calls, peer environment
COMPARED = (
    ("nominal", "krippendorff_alpha", "nominal", ("krippendorff nominal",)),
    ("ordinal", "krippendorff_alpha", "ordinal", ("krippendorff ordinal",)),
    ("interval", "krippendorff_alpha", "interval", ("krippendorff interval",)),
    ("nominal", "fleiss_kappa", None, ("statsmodels fleiss_kappa",)),
    ("nominal", "cohen_kappa_mean", None, ("statsmodels cohens_kappa, all pairs",)),
    ("ordinal", "cohen_kappa_mean", "linear", ("statsmodels cohens_kappa linear, all pairs",)),
    (
        "ordinal",
        "cohen_kappa_mean",
        "quadratic",
        ("statsmodels cohens_kappa quadratic, all pairs",),
    ),
    ("nominal", "light_kappa", None, ("statsmodels cohens_kappa, all pairs",)),
    ("nominal", "gwet_ac1", None, ("irrCAC gwet",)),
    ("ordinal", "gwet_ac2", "linear", ("irrCAC gwet linear",)),
    ("ordinal", "gwet_ac2", "quadratic", ("irrCAC gwet quadratic",)),
    ("nominal", "brennan_prediger", None, ("irrCAC bp",)),
    ("ordinal", "brennan_prediger", "quadratic", ("irrCAC bp quadratic",)),
    ("nominal", "conger_kappa", None, ("irrCAC conger",)),
    ("ordinal", "conger_kappa", "quadratic", ("irrCAC conger quadratic",)),
    ("interval", "icc_1_1", None, ("pingouin icc",)),
)


def simulated(
    n_units: int, n_raters: int, n_labels: int, per_unit: int | None = None, seed: int = 0
) -> Ratings:
    """Right four times in five, else any label; ``per_unit`` of the raters on each unit."""
    rng = np.random.default_rng(seed)
    each = per_unit or n_raters
    unit = np.repeat(np.arange(n_units, dtype=np.int32), each)
    if per_unit is None:
        rater = np.tile(np.arange(n_raters, dtype=np.int32), n_units)
    else:
        first = rng.integers(0, n_raters, n_units)[:, None]
        step = rng.integers(1, max(2, n_raters // each), n_units)[:, None]
        rater = np.sort((first + step * np.arange(each)) % n_raters, axis=1).ravel()
    truth = rng.integers(0, n_labels, n_units)[unit]
    noise = rng.integers(0, n_labels, len(unit))
    value = np.where(rng.random(len(unit)) < 0.8, truth, noise).astype(np.int32)
    n = len(unit)
    return Ratings(
        unit,
        rater.astype(np.int32),
        value,
        tuple(f"label {i:04}" for i in range(n_labels)),
        np.full(n, np.nan, np.float32),
        np.full(n, "NaT", "datetime64[s]"),
        np.zeros(n, bool),
        np.zeros(n, bool),
    )


def raters(n: int) -> tuple[Rater, ...]:
    return tuple(Rater(str(i), str(i), str(i)) for i in range(n))


def at_level(ratings: Ratings, level: Any) -> tuple[Question, Ratings]:
    """The same codes as labels or as numbers."""
    from dataclasses import replace

    if level in ("nominal", "ordinal"):
        return Question("q", level, "benchmark", ratings.values), ratings
    numbers = tuple(float(i) for i in range(len(ratings.values)))
    return Question("q", level, "benchmark"), replace(ratings, values=numbers)


def called(python: str | None, path: Path, names: list[str], n: int) -> dict[str, dict[str, Any]]:
    """What the peers' process printed, by call."""
    if not python or not names:
        return {}
    command = [python, str(HERE / "peer_calls.py"), str(path), ";".join(names), str(n)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {row["call"]: row for row in map(json.loads, printed.splitlines())}


def intervals(peers: str | None, irrcac: str | None) -> None:
    ratings = simulated(N_UNITS, N_RATERS, N_LABELS)
    calls = sorted({name for row in COMPARED for name in row[3]})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "round.npz"
        np.savez(path, matrix=ratings.value.reshape(N_UNITS, N_RATERS))
        found = called(peers, path, [c for c in calls if not c.startswith("irrCAC")], 3)
        found |= called(irrcac, path, [c for c in calls if c.startswith("irrCAC")], 1)
    print(f"{len(ratings):,} ratings, {N_LABELS} labels, {RESAMPLES:,} resamples")
    for level, name, variant, by in COMPARED:
        question, own = at_level(ratings, level)
        chosen: dict[str, Any] = {"metrics": [name], "resamples": RESAMPLES}
        start = time.perf_counter()
        rows = agreement(question, own, raters(N_RATERS), interval="percentile", **chosen)
        taken = time.perf_counter() - start
        start = time.perf_counter()
        agreement(question, own, raters(N_RATERS), **chosen)
        default = time.perf_counter() - start
        row = next(
            r
            for r in rows
            if r.label is None and r.raters is None and variant in (r.weights, r.distance)
        )
        for call in by:
            if call not in found:
                print(f"  {name} {variant or ''}: {taken:.2f} s; {call}: not installed")
                continue
            theirs = found[call]
            apart = abs((row.value or 0) - theirs["value"])
            print(
                f"  {name} {variant or ''} (all its rows) {taken:.2f} s, default interval"
                f" {default:.2f} s; {call}"
                f" {theirs['seconds'] * RESAMPLES:,.0f} s: 1/"
                f"{theirs['seconds'] * RESAMPLES / taken:,.0f} (wanted < 1/20);"
                f" values differ by {apart:.0e}",
                flush=True,
            )


def all_pairs(peers: str | None) -> None:
    """Cohen's kappa of all pairs of 100 raters on 100,000 ratings."""
    ratings = simulated(20_000, 100, 5, per_unit=5)
    question, own = at_level(ratings, "nominal")
    times, rows = [], []
    for _ in range(5):
        start = time.perf_counter()
        table = Tables(question, own, 100)
        cohen.kappas(table.pairs, table.scale.weights(None))
        times.append(time.perf_counter() - start)
        start = time.perf_counter()
        agreement(question, own, raters(100), metrics=["cohen_kappa"])
        rows.append(time.perf_counter() - start)
    ours, whole = sorted(times)[2], sorted(rows)[2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "round.npz"
        np.savez(path, unit=own.unit, rater=own.rater, value=own.value)
        found = called(peers, path, ["sklearn loop", "statsmodels loop"], 300)
    for name, wanted in (("statsmodels loop", 20), ("sklearn loop", 100)):
        if name in found:
            theirs = found[name]["seconds"] * found[name]["pairs"]
            print(
                f"all {found[name]['pairs']:,} pairs of 100 raters, 100,000 ratings: kappas with"
                f" standard errors {ours:.3f} s (all rows, labels too, with intervals"
                f" {whole:.2f} s); {name} {theirs:.2f} s (300 pairs timed, scaled):"
                f" {theirs / ours:.0f} times (wanted {wanted}); rows {theirs / whole:.0f} times"
            )


def growth() -> None:
    """All that an audit measures, with intervals, from 10⁴ to 10⁷ ratings."""
    for n_labels in (5, 50):
        for n in (10_000, 100_000, 1_000_000, 10_000_000):
            question, own = at_level(simulated(n // 5, 5, n_labels), "nominal")
            times = []
            for _ in range(3 if n < 10_000_000 else 1):
                start = time.perf_counter()
                agreement(question, own, raters(5), resamples=RESAMPLES)
                times.append(time.perf_counter() - start)
            taken = sorted(times)[len(times) // 2]
            print(
                f"{n:>10,} ratings, {n_labels} labels: all coefficients with intervals"
                f" {taken:.2f} s, {taken / n * 1e6:.2f} µs a rating",
                flush=True,
            )


MANY = """
import resource, sys, time
sys.path[:0] = [{here!r}, {root!r}]
from coefficients import agreement, at_level, raters, simulated
def peak():
    line = next(l for l in open("/proc/self/status") if l.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
ratings = simulated({n_units}, {n_raters}, {n_labels}, per_unit={per_unit})
question, own = at_level(ratings, "nominal")
before = peak()
start = time.perf_counter()
rows = agreement(question, own, raters({n_raters}))
print(f"{{len(own):,}} ratings, {n_labels:,} labels, {n_raters:,} raters: {{len(rows):,}} rows in"
      f" {{time.perf_counter() - start:.1f}} s, {{peak() - before:,.0f}} MiB more than the data")
"""


def many() -> None:
    """5,000 labels; 1,000 raters: time, and memory beyond the data's, in a fresh process."""
    for n_units, n_raters, n_labels, per_unit in (
        (200_000, 5, 5, "None"),
        (200_000, 5, 50, "None"),
        (200_000, 5, 5_000, "None"),
        (200_000, 1_000, 5, "5"),
    ):
        script = MANY.format(
            here=str(HERE),
            root=str(HERE.parent),
            n_units=n_units,
            n_raters=n_raters,
            n_labels=n_labels,
            per_unit=per_unit,
        )
        subprocess.run([sys.executable, "-c", script], check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers")
    parser.add_argument("--irrcac")
    parser.add_argument("--only", choices=["intervals", "pairs", "growth", "many"])
    chosen = parser.parse_args()
    if chosen.only in (None, "intervals"):
        intervals(chosen.peers, chosen.irrcac)
    if chosen.only in (None, "pairs"):
        all_pairs(chosen.peers)
    if chosen.only in (None, "many"):
        many()
    if chosen.only in (None, "growth"):
        growth()


if __name__ == "__main__":
    main()
