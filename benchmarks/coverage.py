"""How often intervals hold, how often they are refused, how often a good round is called good.

    python benchmarks/coverage.py                 # everything, an hour: docs/coverage.md
    python benchmarks/coverage.py units power     # only these sections; the others stay
    python benchmarks/coverage.py --write         # only the page, from the stored results

Intervals are made by the same code as in an audit. Results are kept in coverage.json, beside this
file; the page is written from them.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from coverage_designs import labels, marginals, missing, raters
from coverage_page import page
from numpy.typing import NDArray
from simulated_rounds import (
    PAIRS,
    Design,
    Process,
    answers,
    column,
    count_patterns,
    design,
    estimates_of,
    names,
    pair_table,
    probabilities,
    scale,
    together,
    truths,
    value_of,
)
from tallies import SEED, Tally, as_estimates, measured, say, seeded, simulated_ratings

from labelq.labels.grouping import Groups
from labelq.measure.additive import CountTable
from labelq.measure.intervals import analytic, pairs
from labelq.measure.intervals import estimates as floors
from labelq.measure.intervals.plan import METHODS, IntervalPlan

STORE = Path(__file__).with_name("coverage.json")
PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"


def simulate(
    process: Process, n: int, replications: int, wanted: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tallies of the default interval by coefficient, each over the same rounds."""
    d, p = design(process.q, process.R), probabilities(process)
    drawn = seeded(process, n).multinomial(n, p / p.sum(), replications)
    for name in wanted:
        truth = truths(d, p, name)
        tally = Tally()
        for found, true in together(d, drawn, name, truth):
            tally.add(found, np.full(replications, true))
        yield name, {"truth": truth.tolist(), **tally.row()}


def one_by_one(
    process: Process, n: int, replications: int, wanted: list[str], plan: IntervalPlan
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tallies of any interval, round by round."""
    d, p = design(process.q, process.R), probabilities(process)
    rounds = seeded(process, n).multinomial(n, p / p.sum(), replications)
    for name in wanted:
        truth, tally = truths(d, p, name), Tally()
        for drawn in rounds:
            tally.add(estimates_of(d, drawn, name, plan), truth)
        yield name, {"truth": truth.tolist(), **tally.row()}


SIZES = (50, 200, 1000)
PROCESSES = [
    Process(q, R, skewed, alpha)
    for q in (2, 5)
    for R in (2, 3, 5)
    for skewed in (False, True)
    for alpha in (0.5, 0.85)
]


def units() -> list[dict[str, Any]]:
    """Coverage of the default interval."""
    found = []
    for process in PROCESSES:
        for n in SIZES:
            replications = 4000 if process.q == 2 else 2000 if process.R < 5 else 500
            for name, row in simulate(process, n, replications, names(process.q)):
                found.append({**vars(process), "n_units": n, "metric": name, **row})
        say("units", process.name, process.alpha)
    return found


def methods() -> list[dict[str, Any]]:
    """The default beside the other intervals, where they differ: few units."""
    found = []
    for process in PROCESSES:
        if process.R != 3 or process.alpha != 0.85:
            continue
        wanted = names(process.q)
        for method in METHODS:
            plan = IntervalPlan(method=method)
            for name, row in one_by_one(process, 50, 300, wanted, plan):
                found.append({**vars(process), "metric": name, "method": method, **row})
        say("methods", process.name, process.alpha)
    return found


def power() -> list[dict[str, Any]]:
    """How often a reliable round is called reliable."""
    found = []
    for q, R, skewed, alpha in itertools.product(
        (2, 5), (2, 3, 5), (False, True), (0.85, 0.9, 0.95)
    ):
        process = Process(q, R, skewed, alpha)
        for n in (50, 100, 200, 500, 1000, 2000):
            for _name, row in simulate(process, n, 1000, [process.headline]):
                found.append({**vars(process), "n_units": n, **row})
        say("power", process.name, alpha)
    return found


def size() -> list[dict[str, Any]]:
    """How often the test against chance speaks where there is only chance."""
    found = []
    for q, R, n in itertools.product((2, 5), (2, 3, 5), (50, 200)):
        d = design(q, R)
        drawn = seeded("size", q, R, n).multinomial(n, np.full(q**R, 1 / q**R), 2000)
        for name in names(q):
            if name == "raw agreement" or (name in PAIRS and (q, R) == (5, 5)):
                continue
            tally = Tally()
            for estimates, _true in together(d, drawn, name, np.zeros(1)):
                if name == "Fleiss' kappa":
                    errors = [fleiss_null(d, one) for one in drawn]
                    floors.against_chance(estimates, np.array(errors))
                tally.add(estimates, np.zeros(len(drawn)))
            found.append({"q": q, "R": R, "n_units": n, "metric": name, **tally.row()})
        if R == 2:
            tally = Tally()
            for one in drawn:
                pair = pairs.of_pairs(pair_table(d, one), scale(q).weights(None), IntervalPlan())
                tally.add(column(pair, 0), np.zeros(1))
            found.append({"q": q, "R": R, "n_units": n, "metric": "Cohen of a pair", **tally.row()})
    say("size")
    return found


def fleiss_null(d: Design, drawn: NDArray[np.int64]) -> float:
    """The standard error of Fleiss' kappa if it is 0."""
    return analytic.fleiss_null(CountTable(count_patterns(d, drawn)), None, scale(d.q))


def groups() -> list[dict[str, Any]]:
    """Groups of one to some forty units that share a difficulty and a prevalence."""
    q, R, mean_size = 2, 3, 10
    kinds = [
        (error, share)
        for error in (0.01, 0.08, 0.3)
        for share in (np.array([0.95, 0.05]), np.array([0.3, 0.7]))
    ]
    each = np.array([answers(q, R, error, share) for error, share in kinds])
    p, d = each.mean(axis=0), design(q, R)
    truth = {
        "krippendorff_alpha": value_of(d, p, "alpha, nominal"),
        "gwet_ac1": value_of(d, p, "AC1"),
        "cohen_kappa_mean": value_of(d, p, "mean Cohen"),
    }
    found = []
    floors.MIN_GROUPS = 2  # to see what the floor keeps away
    for n_groups in (10, 15, 20, 30, 50, 100):
        rng = seeded("groups", n_groups)
        tallies = {(name, how): Tally() for name in truth for how in ("groups", "tasks")}
        for _ in range(400):
            kind = rng.integers(0, len(kinds), n_groups)
            sizes = rng.geometric(1 / mean_size, n_groups)
            drawn = np.concatenate(
                [
                    rng.choice(len(p), size, p=each[k] / each[k].sum())
                    for k, size in zip(kind, sizes, strict=True)
                ]
            )
            n = len(drawn)
            ratings = simulated_ratings(
                np.repeat(np.arange(n), R),
                np.tile(np.arange(R), n),
                d.combinations[drawn].ravel(),
                q,
            )
            of_unit = np.repeat(np.arange(n_groups, dtype=np.int32), sizes)
            for how, chosen in (("groups", Groups("document", of_unit)), ("tasks", None)):
                rows = measured(ratings, R, q, groups=chosen)
                for name, true in truth.items():
                    tallies[name, how].add(as_estimates(rows[name]), np.array([true]))
        found += [
            {"n_groups": n_groups, "metric": name, "how": how, "truth": truth[name], **tally.row()}
            for (name, how), tally in tallies.items()
        ]
        say("groups", n_groups)
    return found


SECTIONS = {
    "units": units,
    "methods": methods,
    "power": power,
    "size": size,
    "groups": groups,
    "labels": labels,
    "missing": missing,
    "raters": raters,
    "marginals": marginals,
}


def main(arguments: list[str]) -> None:
    """Simulate the sections named (default: all), store, and write the page."""
    wanted = [] if arguments == ["--write"] else arguments or list(SECTIONS)
    for section in wanted:
        rows = SECTIONS[section]()
        stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}
        stored[section] = {"version": version("labelq"), "rows": rows}
        STORE.write_text(json.dumps(stored) + "\n", encoding="utf-8")
    stored = json.loads(STORE.read_text(encoding="utf-8"))
    PAGE.write_text(page(stored, SEED), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
