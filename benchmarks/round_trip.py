"""What a comparison says where nothing changed, and where two gaps in the guideline were closed.

    python benchmarks/round_trip.py [PAIRS]     # 60 by default, some ten minutes

Pairs of rounds are drawn by the sample's own generator from all its tickets: 268 for the first
round and 175 for the second, 40 of them in both, each pair from another seed. *Unchanged*: the same
annotators with the same rules. *Closed*: in the second round the decided label is given to 95 % of
the ratings in both gaps. Beside the fate that a comparison tells stands the naive one: a cluster
has fallen if a smaller share of its tasks is disputed now than was when it was found.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

SAMPLE = Path(__file__).parents[1] / "sample_data/support_triage"
sys.path.insert(0, str(SAMPLE))

import raters as people  # noqa: E402
import simulate  # noqa: E402

import labelq  # noqa: E402
from labelq.measure.agreement import agreement  # noqa: E402
from labelq.measure.intervals.plan import IntervalPlan  # noqa: E402
from labelq.remember.comparison import compare  # noqa: E402
from labelq.remember.earlier import Earlier  # noqa: E402
from labelq.remember.splits import Splits, votes_of  # noqa: E402

TICKETS = json.loads((SAMPLE / "tickets.json").read_text(encoding="utf-8"))
N_FIRST, N_SECOND, N_BOTH = 268, 175, 40
CLOSED = dict.fromkeys(people.GAPS, 0.95)


def rounds(seed, known):
    """Two rounds of tickets drawn at random, in the second of which ``known`` rules are kept."""
    people.SEED = 10_000 + seed
    order = np.random.default_rng([7, seed]).permutation(len(TICKETS))
    chosen = order[:N_FIRST], order[N_FIRST - N_BOTH : N_FIRST - N_BOTH + N_SECOND]
    found = []
    for plan, codes in zip(people.PLANS, chosen, strict=True):
        # The hurried annotator got slower in the sample's second round: not here.
        number, today = plan.number, replace(plan, rule_known=known if plan.number == 2 else {})
        tickets = [TICKETS[i] for i in sorted(codes)]
        errors = {r.id: r.error for r in people.RATERS}
        for r in people.RATERS:
            object.__setattr__(r, "error", (r.error[0], r.error[0]))
        tasks, _ = simulate.build(replace(today, renamed_at=None), tickets)
        for r in people.RATERS:
            object.__setattr__(r, "error", errors[r.id])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"round_{number}.json"
            path.write_text(json.dumps(tasks), encoding="utf-8")
            found.append(labelq.read(path, label_config=SAMPLE / "label_config.xml"))
    kinds = {t["id"]: t["kind"] for t in TICKETS}
    return *found, kinds


def compared(first, second):
    audit = labelq.audit(first, resamples=0, cross_check=False)
    rows = [
        row
        for q in second.questions
        for row in agreement(
            q, second.ratings[q.name], second.raters, metrics=["krippendorff_alpha"]
        )
    ]
    earlier = Earlier(first, audit.clusters, {}, {})
    return audit, compare(earlier, second, rows, IntervalPlan())


def kind_of(cluster, round_, kinds):
    """The kind that makes up at least half of a cluster's tasks, else None."""
    tickets = [round_.units.fields["ticket"][u] for u in cluster.units]
    kind, n = Counter(kinds[t] for t in tickets).most_common(1)[0]
    return kind if 2 * n >= len(tickets) else None


def naive(cluster, fate, second):
    """Whether fewer of the cluster's tasks are disputed now than were when it was found."""
    votes = votes_of(second, cluster.question, cluster.labels)
    if votes is None or not fate.n_after:
        return None
    found = len(cluster.units) / (len(cluster.units) + len(cluster.lookalikes))
    now = Splits.of(votes, cluster.labels).at(np.array(fate.units))
    return bool((now > 0).mean() < found)


def main(n_pairs):
    for title, known in (("unchanged", {}), ("closed", CLOSED)):
        words, fates, fell, gaps = Counter(), Counter(), Counter(), Counter()
        for seed in range(n_pairs):
            first, second, kinds = rounds(seed, known)
            audit, found = compared(first, second)
            for row in found.changes:
                if row.headline:
                    words[row.tasks, row.question, row.word] += 1
            for fate in found.clusters:
                cluster = next(c for c in audit.clusters if c.id == fate.cluster)
                kind = kind_of(cluster, first, kinds)
                planted = cluster.question == "category" and kind in people.GAPS
                gaps["gap" if planted else "other", fate.fate] += 1
                fates[fate.fate] += 1
                if fate.n_after >= 5:
                    fell[naive(cluster, fate, second)] += 1
        print(f"\n## {title}: {n_pairs} pairs")
        for (tasks, question, word), n in sorted(words.items()):
            print(f"{tasks:7} {question:9} {word:12} {n:4} ({n / n_pairs:.0%})")
        for (which, fate), n in sorted(gaps.items()):
            print(f"clusters, {which:6} {fate:11} {n:4}")
        print("naive: fell", fell[True], "of", fell[True] + fell[False], flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
