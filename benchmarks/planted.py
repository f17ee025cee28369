"""Do clusters, causes and annotators come out as they were planted? 50 rounds, fixed seeds.

    python benchmarks/planted.py [--rounds 50] [--pure 40] [--json FILE]

Prints the tables of ``benchmarks/RESULTS.md``. Rounds and truth are from ``planted_rounds.py``.

* A gap is *found* when one of its question's first five clusters has most of its units in the
  gap's content, and F1 of at least .5 with the gap's disagreements; *whole* when it holds most of
  these, too.
* A rater with a habit is found by the flag ``habit`` or by a cluster whose cause is that rater's
  habit; an inattentive one by the flags ``differs`` or ``fast``. A rater with a habit differs
  from the others too: of somebody found for a habit, these flags count only if inattention was
  planted as well.
* A cause is *right* when the likeliest of the four is the planted one, whether or not the audit
  names it; clusters of four units or more that have a cause of most of their disagreements.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from cause_model import pinpointed
from planted_rounds import CAUSES, QUESTION, Planted, planted_round

from labelq.measure.settling import Settling
from labelq.pinpoint.causes.disagreements import disagreements
from labelq.pinpoint.raters import rater_reports

FIRST, PURE = 0, 5_000


class Scores:
    """Counts over rounds."""

    def __init__(self) -> None:
        self.gaps: list[tuple[int, int, str]] = []
        self.whole = 0
        self.raters: dict[str, Counter[str]] = defaultdict(Counter)
        self.causes: dict[str, list[tuple[np.ndarray, int]]] = defaultdict(list)
        self.named: Counter[tuple[str, str]] = Counter()
        self.lines: list[str] = []

    def add(self, seed: int) -> None:
        """Run one round and count."""
        planted = planted_round(seed)
        begin = time.perf_counter()
        agreed, clusters = pinpointed(planted.round)
        top = [c for c in clusters if not c.remainder][:5]
        gaps = planted.of("gap")
        found = [any(_matches(c, gap) for c in top) for gap in gaps]
        self.whole += sum(any(_whole(c, gap) for c in top) for gap in gaps)
        self.gaps.append((sum(found), len(gaps), planted.round.questions[0].level))
        wrong = self._raters(planted, clusters, agreed)
        rows = disagreements(planted.round, {QUESTION: agreed}, clusters)[0]
        truth = planted.shares[rows.unit].argmax(axis=1)
        told = ~np.isnan(rows.probabilities[:, 0])
        self.causes["disagreements"].append((rows.probabilities[told], truth[told]))
        for c in clusters:
            cause = planted.cause_of_cluster(c.units)
            if cause == "mixed" or len(c.units) < 4:
                continue
            self.named[cause, c.cause.kind] += 1
            if c.cause.probabilities:
                p = np.array([[c.cause.probabilities[name] for name in CAUSES]])
                for kind in ("clusters", "what is left" if c.remainder else "common content"):
                    self.causes[kind].append((p, np.array([CAUSES.index(cause)])))
        facts = planted.facts
        self.lines.append(
            f"{seed}: {facts['units']} units, {facts['raters']} raters, {facts['labels']} labels;"
            f" gaps {sum(found)} of {len(gaps)}; {wrong}; {time.perf_counter() - begin:.1f} s"
        )
        print(self.lines[-1], file=sys.stderr)

    def _raters(self, planted: Planted, clusters, agreed) -> str:
        question, ratings = planted.round.questions[0], planted.round.ratings[QUESTION]
        settling = {QUESTION: Settling.of(question, ratings)}
        reports = rater_reports(planted.round, settling, clusters, {QUESTION: agreed})
        flags = {r.rater: {flag.kind for flag in r.flags} for r in reports}
        habits = {r for r, kinds in flags.items() if "habit" in kinds}
        habits |= {c.cause.rater for c in clusters if c.cause.rater is not None}
        careless = {r for r, kinds in flags.items() if kinds & {"differs", "fast"}}
        truly = {kind: {p.rater for p in planted.of(kind)} for kind in ("habit", "inattentive")}
        careless -= habits - truly["inattentive"]
        either = habits | careless
        both = truly["habit"] | truly["inattentive"]
        said = []
        for kind, got, want in (("habit", habits, truly["habit"]),
                                ("inattentive", careless, truly["inattentive"]),
                                ("either", either, both)):  # fmt: skip
            self.raters[kind] += Counter(
                hit=len(got & want), wrong=len(got - want), missed=len(want - got)
            )
            said.append(f"{kind} +{sorted(got - want)} -{sorted(want - got)}")
        return " ".join(said[:2])


def _matches(cluster, gap) -> bool:
    inside = len(set(cluster.units) & gap.units) / len(cluster.units)
    held = len(set(cluster.units) & gap.disputed) / len(gap.disputed)
    return inside > 0.5 and 2 * inside * held >= 0.5 * (inside + held)


def _whole(cluster, gap) -> bool:
    held = len(set(cluster.units) & gap.disputed)
    return _matches(cluster, gap) and 2 * held > len(gap.disputed)


def calibration(p: np.ndarray, truth: np.ndarray) -> dict[str, object]:
    """Recall per cause, its mean, the share that is right, and the calibration error.

    The expected calibration error is over ten equal bins of the likeliest cause's probability.
    """
    best, sure = p.argmax(axis=1), p.max(axis=1)
    there = [c for c in range(4) if (truth == c).any()]
    recall = {CAUSES[c]: float((best[truth == c] == c).mean()) for c in there}
    bins = np.minimum((sure * 10).astype(int), 9)
    ece = sum(
        abs((best == truth)[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    )
    return {
        "n": len(truth),
        "recall": recall,
        "macro": float(np.mean(list(recall.values()))),
        "majority macro": 1 / len(there),
        "right": float((best == truth).mean()),
        "majority right": float(np.bincount(truth).max() / len(truth)),
        "ece": float(ece),
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--pure", type=int, default=40)
    parser.add_argument("--first-pure", type=int, default=PURE)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    scores = Scores()
    for i in range(given.rounds):
        scores.add(FIRST + i)
    claimed = 0
    for i in range(given.pure):
        clusters = pinpointed(planted_round(given.first_pure + i, pure=True).round)[1]
        several = [c for c in clusters if not c.remainder]
        claimed += bool(several)
        if several:
            print(f"pure slips {given.first_pure + i}: claimed {len(several)}", file=sys.stderr)

    for name, levels in (("all", {"nominal", "ordinal"}), ("nominal", {"nominal"}),
                         ("ordered", {"ordinal"})):  # fmt: skip
        gaps = [(a, b) for a, b, level in scores.gaps if level in levels]
        if gaps:
            hit, of = np.array(gaps).sum(axis=0)
            whole = sum(a == b for a, b in gaps)
            n = len(gaps)
            print(f"gaps among the top five, {name}: {hit} of {of} ({hit / of:.0%}); all of a"
                  f" round's: {whole} of {n} rounds ({whole / n:.0%})")  # fmt: skip
    print(f"gaps that are whole among the top five: {scores.whole}")
    for kind, n in scores.raters.items():
        precision = n["hit"] / max(n["hit"] + n["wrong"], 1)
        recall = n["hit"] / max(n["hit"] + n["missed"], 1)
        print(f"raters, {kind}: precision {precision:.2f}, recall {recall:.2f} {dict(n)}")
    found = {
        kind: calibration(np.vstack([p for p, _ in rows]), np.concatenate([t for _, t in rows]))
        for kind, rows in scores.causes.items()
    }
    for kind, row in found.items():
        each = ", ".join(f"{name} {value:.2f}" for name, value in row["recall"].items())
        beside = row["majority macro"], row["majority right"]
        print(f"causes of {kind} ({row['n']}): macro {row['macro']:.3f} (majority cause"
              f" {beside[0]:.2f}), right {row['right']:.3f} ({beside[1]:.3f}), calibration"
              f" error {row['ece']:.3f}; {each}")  # fmt: skip
    print("clusters, planted and named:", dict(sorted(scores.named.items())))
    if given.pure:
        print(f"rounds of pure slips in which a cluster is claimed: {claimed} of {given.pure}")
    if given.json:
        given.json.write_text(json.dumps({"causes": found, "rounds": scores.lines}, indent=1))


if __name__ == "__main__":
    main()
