"""What the search for clusters claims, and how fast it is. Run by hand, with fixed seeds:

python benchmarks/clusters.py pure 300 360      # rounds of pure slips: how many get a cluster
python benchmarks/clusters.py planted 100 125   # planted gaps among the top five clusters
python benchmarks/clusters.py scale 100000      # seconds and memory for so many disagreements
"""

from __future__ import annotations

import resource
import sys
import time
from multiprocessing import Pool

import numpy as np
from planted_rounds import planted_round

from labelq.labels.model import Question, Rater, Ratings, Round, Units
from labelq.measure.consensus.estimation import consensus
from labelq.measure.settling import Settling
from labelq.pinpoint.clusters import find_clusters
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.label_pairs import label_pairs

TOP = 5
GOOD_PART = 0.3


def clusters_of(round_: Round) -> tuple[tuple[Cluster, ...], float]:
    """The clusters of a round with one question, and the seconds of processor time they took."""
    question = round_.questions[0]
    ratings = round_.ratings[question.name]
    settlings = {question.name: Settling.of(question, ratings)}
    consensuses = {question.name: consensus(question, ratings, len(round_.raters))}
    agreed = consensuses[question.name]
    pairs = label_pairs(question, ratings, settlings[question.name], agreed)
    start = time.process_time()
    found = find_clusters(round_, settlings, consensuses, pairs)
    return found, time.process_time() - start


def pure(seed: int) -> tuple[int, list[str]]:
    found, _ = clusters_of(planted_round(seed, pure=True).round)
    return seed, [f"{c.labels} {len(c.units)} {c.words}" for c in found if not c.remainder]


def planted(seed: int) -> tuple[int, int, int, int, int, float]:
    """Seed, gaps, gaps in the top five, clusters, clusters of nothing planted, seconds."""
    truth = planted_round(seed)
    found, seconds = clusters_of(truth.round)
    claimed = [set(c.units) for c in found if not c.remainder]
    gaps = truth.of("gap")
    contents = truth.of("gap", "habit", "ambiguous")
    hit = sum(
        any(
            len(units & gap.units) > len(units) / 2
            and len(units & gap.disputed) >= GOOD_PART * len(gap.disputed)
            for units in claimed[:TOP]
        )
        for gap in gaps
    )
    nothing = sum(
        max((len(units & plant.units) for plant in contents), default=0) <= len(units) / 2
        for units in claimed
    )
    return seed, len(gaps), hit, len(claimed), nothing, seconds


def large(n_disputed: int) -> Round:
    """A round of texts of twelve words in which ``n_disputed`` units are disputed."""
    dice = np.random.default_rng(0)
    n, n_labels = 2 * n_disputed, 6
    truth = dice.integers(0, n_labels, n)
    family = dice.integers(0, 40, n)
    vocabulary = np.array([f"word{i}" for i in range(20_000)])
    common = vocabulary[(dice.pareto(0.8, (n, 8)) * 20).astype(int) % len(vocabulary)]
    own = np.char.add("family", (family[:, None] * 12 + dice.integers(0, 12, (n, 4))).astype(str))
    texts = tuple(" ".join(row) for row in np.concatenate([common, own], axis=1))
    rate = np.where(family < 6, 3.0, 1.0)
    disputed = dice.choice(n, n_disputed, replace=False, p=rate / rate.sum())
    value = np.repeat(truth[:, None], 3, axis=1)
    value[disputed, dice.integers(0, 3, n_disputed)] += dice.integers(1, n_labels, n_disputed)
    value = (value % n_labels).astype(np.int32)
    rater = np.argsort(dice.random((n, 8)), axis=1)[:, :3]
    rater.sort(axis=1)
    labels = tuple(f"Label {i}" for i in range(n_labels))
    return Round(
        name="large",
        questions=(Question("q", "nominal", "simulated", labels),),
        units=Units(tuple(f"{i:07}" for i in range(n)), texts),
        raters=tuple(Rater(f"r{i}", f"R{i}", chr(65 + i)) for i in range(8)),
        ratings={
            "q": Ratings(
                np.repeat(np.arange(n, dtype=np.int32), 3),
                rater.ravel().astype(np.int32),
                value.ravel(),
                labels,
                np.full(3 * n, np.nan, np.float32),
                np.full(3 * n, "NaT", "datetime64[s]"),
                np.zeros(3 * n, bool),
                np.zeros(3 * n, bool),
            )
        },
    )


def main() -> None:
    """Measure what the command line asks for, and print it."""
    what, *numbers = sys.argv[1:]
    if what == "scale":
        round_ = large(int(numbers[0]))
        found, seconds = clusters_of(round_)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        n = sum(not c.remainder for c in found)
        print(f"{numbers[0]} disagreements, {len(round_.units):,} units: {n} clusters,")
        print(f"{seconds:.1f} s of processor time, peak {peak:,.0f} MiB with the round in it")
        return
    seeds = range(int(numbers[0]), int(numbers[1]))
    with Pool(2) as pool:
        if what == "pure":
            rows = pool.map(pure, seeds, chunksize=1)
            for seed, claimed in rows:
                if claimed:
                    print(seed, *claimed, sep="\n  ")
            print(f"{sum(bool(c) for _, c in rows)} of {len(rows)} rounds got a cluster")
        else:
            results = pool.map(planted, seeds, chunksize=1)
            for row in results:
                print("seed {}: {} gaps, {} in the top five; {} clusters, {} of nothing planted;"
                      " {:.1f} s".format(*row))  # fmt: skip
            gaps, hit, n, nothing = (sum(row[i] for row in results) for i in range(1, 5))
            print(f"{hit} of {gaps} gaps in the top five; {nothing} of {n} clusters of nothing")


if __name__ == "__main__":
    main()
