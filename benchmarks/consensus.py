"""Dawid-Skene beside crowd-kit: seconds per EM iteration on 1,000,000 ratings.

    python benchmarks/consensus.py --peers PYTHON

PYTHON is the interpreter of an environment with crowd-kit. It runs as a child process on the same
ratings, right after ours. An iteration is the difference between runs of several iterations and of
one, the fastest of each: neither start counts.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from labelq.measure.consensus.dawid_skene import CROWD_KIT, Size, fit_model

UNITS, RATERS, PER_UNIT = 200_000, 100, 5

PEER = """
import json, sys, time
import numpy as np, pandas as pd, crowdkit
from crowdkit.aggregation import DawidSkene
unit, rater, label = np.load(sys.argv[1])
data = pd.DataFrame({"task": unit, "worker": rater, "label": label})
DawidSkene(n_iter=2, tol=-1e9).fit(data[:1000])  # what the first call loads does not count
taken = {1: [], 3: []}
for n in (1, 3) * int(sys.argv[3]):
    start = time.perf_counter()
    found = DawidSkene(n_iter=n, tol=-1e9).fit(data)
    taken[n].append(time.perf_counter() - start)
taken = {n: min(seconds) for n, seconds in taken.items()}
np.save(sys.argv[2], found.probas_.sort_index().sort_index(axis=1).to_numpy())
print(json.dumps({"seconds": (taken[3] - taken[1]) / 2, "version": crowdkit.__version__}))
"""


def simulated(n_labels: int) -> np.ndarray:
    """Right four times in five, else any label; units, raters, labels as rows."""
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(UNITS), PER_UNIT)
    first = rng.integers(0, RATERS, UNITS)[:, None]
    rater = ((first + 7 * np.arange(PER_UNIT)) % RATERS).ravel()
    truth = rng.integers(0, n_labels, UNITS)[unit]
    noise = rng.integers(0, n_labels, len(unit))
    return np.array([unit, rater, np.where(rng.random(len(unit)) < 0.8, truth, noise)], np.int32)


def ours(ratings: np.ndarray, n_labels: int, iterations: int) -> tuple[float, np.ndarray]:
    start = time.perf_counter()
    fit = fit_model(
        "dawid_skene",
        *ratings,
        Size(UNITS, RATERS, n_labels),
        smoothing=CROWD_KIT,
        tolerance=-1,
        max_iterations=iterations,
    )
    return time.perf_counter() - start, fit.posterior


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help="Python of an environment with crowd-kit")
    peers = parser.parse_args().peers
    for n_labels in (5, 50):
        ratings = simulated(n_labels)
        once = min(ours(ratings, n_labels, 1)[0] for _ in range(3))
        more = min(ours(ratings, n_labels, 21)[0] for _ in range(3))
        each = (more - once) / 20
        said = f"1,000,000 ratings, {n_labels} labels: {each:.3f} s per iteration"
        if peers is None:
            print(f"{said}; crowd-kit not measured (give --peers PYTHON)")
            continue
        with tempfile.TemporaryDirectory() as folder:
            given, found = Path(folder, "ratings.npy"), Path(folder, "posterior.npy")
            np.save(given, ratings)
            done = subprocess.run(
                [peers, "-c", PEER, given, found, "3" if n_labels == 5 else "1"],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                last = done.stderr.strip().splitlines()[-1:]
                print(f"{said}; crowd-kit not measured: {' '.join(last)}")
                continue
            peer = json.loads(done.stdout.splitlines()[-1])
            apart = np.abs(np.load(found) - ours(ratings, n_labels, 3)[1]).max()
        print(
            f"{said}; crowd-kit {peer['version']} {peer['seconds']:.2f} s:"
            f" {peer['seconds'] / each:.0f} times (wanted: at least 8); posteriors after 3"
            f" iterations differ by {apart:.0e}"
        )


if __name__ == "__main__":
    main()
