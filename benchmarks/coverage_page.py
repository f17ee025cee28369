"""docs/coverage.md from the stored results of benchmarks/coverage.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Row = dict[str, Any]

INTRO = """# Do the intervals hold?

Measured, not assumed: rounds are drawn from a known process, so that the true value of every
coefficient is computed, and every interval that labelq gives is compared with it. *Coverage* is
the share of the intervals given that hold the true value; *refused* is the share of rounds that
get none, because they lie below the [evidence floor](method.md#the-evidence-floor); *width* is the
mean width.

The process: annotators with fixed confusion matrices, some err twice as often as others; 70 % easy
tasks and 30 % on which everybody errs four times as often; two labels (skewed: 85 to 15), or five
ordered ones (skewed: each .45 times as frequent as the one before) where near labels are confused
more often than far ones. The true value is that of the headline: nominal alpha for two labels,
ordinal alpha for five; the other coefficients are then what they are.

This page is written by `python benchmarks/coverage.py`, by hand, never as a test.
"""


def page(stored: dict[str, Any], seed: int) -> str:
    """The page, section by section; what was not simulated is left out."""
    parts = [INTRO]
    for name, write in SECTIONS.items():
        if name in stored:
            parts.append(write(stored[name]["rows"]))
    versions = sorted({section["version"] for section in stored.values()})
    parts.append(f"Seed {seed}, labelq {', '.join(versions)}.\n")
    return "\n".join(parts)


def share(part: float, whole: float) -> str:
    """A percentage with one decimal, or a dash."""
    return f"{100 * part / whole:.1f}" if whole else "–"


def pooled(rows: Iterable[Row]) -> Row:
    """Tallies added up."""
    total: Row = defaultdict(float)
    for row in rows:
        for key in ("n", "given", "held", "above", "reliable", "significant", "tested", "width"):
            total[key] += row[key]
    return total


def at(rows: Iterable[Row], n: int) -> list[Row]:
    """Those with so many units."""
    return [row for row in rows if row["n_units"] == n]


def line_of(row: Row) -> list[str]:
    """Coverage, refusals, width."""
    return [
        share(row["held"], row["given"]),
        share(row["n"] - row["given"], row["n"]),
        f"{row['width'] / row['given']:.2f}" if row["given"] else "–",
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def grouped(rows: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by some of their fields, in order of appearance."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[k] for k in keys), []).append(row)
    return found


def units(rows: list[Row]) -> str:
    """Coverage of the default interval."""
    sizes = sorted({r["n_units"] for r in rows})
    head = ["coefficient", *(f"{n:,}: coverage | refused | width" for n in sizes)]
    head = " | ".join(head).split(" | ")

    def by_metric(some: list[Row]) -> list[list[str]]:
        return [
            [
                name,
                *(x for n in sizes for x in line_of(pooled(at(mine, n)))),
            ]
            for (name,), mine in grouped(some, "metric").items()
        ]

    cells = [(r["held"] / r["given"], r) for r in rows if r["given"] >= 0.5 * r["n"] and r["given"]]
    inside = sum(0.93 <= c <= 0.97 for c, _ in cells)
    worst = sorted(cells, key=lambda c: c[0])[:3] + sorted(cells, key=lambda c: -c[0])[:3]
    designs = [
        [
            "2" if q == 2 else f"{q} ordered",
            str(R),
            "skewed" if skewed else "balanced",
            f"{alpha:g}",
            *(x for n in sizes for x in line_of(pooled(at(mine, n)))),
        ]
        for (q, R, skewed, alpha), mine in grouped(rows, "q", "R", "skewed", "alpha").items()
    ]
    said = "; ".join(
        f"{100 * c:.1f} ({r['metric']}, {r['q']} labels, {r['R']} annotators,"
        f" {'skewed' if r['skewed'] else 'balanced'}, {r['alpha']:g}, {r['n_units']:,} tasks)"
        for c, r in worst
    )
    replications = sorted({r["n"] for r in rows})
    worst_error = 196 * (0.95 * 0.05 / replications[0]) ** 0.5
    return f"""## The default: Student's t on Fisher's z scale, jackknife

A nominal 95 % interval, pooled over two, three and five annotators, skewed and balanced labels,
true values .5 and .85; columns are tasks. Each cell of the design has
{replications[0]:,} to {replications[-1]:,} rounds, so that one cell's coverage is known to
about ±{worst_error:.1f} points at worst, a pooled one to a few tenths.

{table(head, by_metric(rows))}
By design, pooled over the coefficients:

{table(["labels", "annotators", "", "true", *head[1:]], designs)}
Of the {len(cells)} single cells (coefficient × design) where at most half of the rounds are
refused, {inside} cover 93 to 97 %. The furthest away: {said}.
"""


def methods(rows: list[Row]) -> str:
    """The other intervals."""
    kinds = list(dict.fromkeys(r["method"] for r in rows))
    body = [
        [
            name,
            *(
                share(p["held"], p["given"]) if 2 * p["given"] > p["n"] else "–"
                for kind in kinds
                for p in [pooled(r for r in mine if r["method"] == kind)]
            ),
        ]
        for (name,), mine in grouped(rows, "metric").items()
    ]
    return f"""## The other intervals on few tasks

Coverage at 50 tasks, three annotators, true headline .85, skewed and balanced, two and five labels,
{rows[0]["n"]} rounds each. `--interval percentile` and `bca` are bootstraps with 2,000 resamples;
`analytic` is t or normal with the published standard error, which is what other programs print. All
stand above the same floor.

{table(["coefficient", *(f"`{k}`" for k in kinds)], body)}"""


def power(rows: list[Row]) -> str:
    """How often reliable rounds are called reliable."""
    sizes = sorted({r["n_units"] for r in rows})
    body = [
        [
            "2" if q == 2 else f"{q} ordered",
            str(R),
            "skewed" if skewed else "balanced",
            f"{alpha:g}",
            *(share(r["reliable"], r["n"]) for r in mine),
        ]
        for (q, R, skewed, alpha), mine in grouped(rows, "q", "R", "skewed", "alpha").items()
    ]
    return f"""## Power: how often is a reliable round called reliable?

The verdict *reliable* asks that the lower end of the headline's interval reaches .8. A round whose
true alpha is .85 has little room for that. Percent of {rows[0]["n"]:,} rounds, by number of tasks:

{table(["labels", "annotators", "", "true alpha", *(f"{n:,}" for n in sizes)], body)}"""


def size(rows: list[Row]) -> str:
    """How often the test speaks where there is only chance."""
    sizes = sorted({r["n_units"] for r in rows})
    body = [
        [
            name,
            *(share(p["significant"], p["tested"]) for n in sizes for p in [pooled(at(mine, n))]),
        ]
        for (name,), mine in grouped(rows, "metric").items()
    ]
    return f"""## The test against chance

Where everybody answers at random (all labels equally likely), p is below .05 in 5 % of the rounds
if the test is right. Percent, pooled over two, three and five annotators, two and five labels,
{rows[0]["n"]:,} rounds each:

{table(["coefficient", *(f"{n} tasks" for n in sizes)], body)}"""


def groups(rows: list[Row]) -> str:
    """Groups of units."""
    body = []
    for (n, metric), mine in grouped(rows, "n_groups", "metric").items():
        by = {r["how"]: r for r in mine}
        body.append(
            [
                str(n),
                metric.replace("_", " "),
                share(by["groups"]["held"], by["groups"]["given"]),
                share(by["tasks"]["held"], by["tasks"]["given"]),
            ]
        )
    return f"""## Tasks that come in groups

Groups of ten tasks on the average (geometric: one to about forty) that share a difficulty and a
prevalence, three annotators, two labels; {rows[0]["n"]} rounds each. With `--group` labelq
keeps groups together; below 20 groups it refuses (here it does not).

{table(["groups", "coefficient", "coverage with `--group`", "coverage as if independent"], body)}"""


BANDS = ((0.03, "2 to 3 %"), (0.06, "3 to 6 %"), (0.12, "6 to 12 %"), (0.2, "12 to 20 %"))
REST = "20 to 50 %"


def band(row: Row) -> str:
    """How rare the rarer of a label and all others is."""
    rarer = min(row["share"], 1 - row["share"])
    return next((name for most, name in BANDS if rarer <= most), REST)


def labels(rows: list[Row]) -> str:
    """Rows of each label, by how rare it is."""
    sizes = sorted({r["n_units"] for r in rows})
    body = [
        [
            name,
            of,
            *(
                x
                for n in sizes
                for x in line_of(pooled(at([r for r in mine if band(r) == of], n)))[:2]
            ),
        ]
        for (name,), mine in grouped(rows, "metric").items()
        for of in (*(name for _, name in BANDS), REST)
    ]
    cells = [r for r in rows if r["given"] >= 0.2 * r["n"]]
    low = [r for r in cells if r["held"] / r["given"] < 0.93 - 2 * (0.0475 / r["given"]) ** 0.5]
    inside = sum(0.93 <= r["held"] / r["given"] <= 0.97 for r in cells)
    above = sum(r["held"] / r["given"] > 0.97 for r in cells)
    highest = 100 * max(r["held"] / r["given"] for r in cells)
    head = ["coefficient", "label's share", *(f"{n:,}: coverage | refused" for n in sizes)]
    return f"""## Each label, by how rare it is

Two, three and five annotators; five ordered labels as above, and two labels of which one makes up
2, 5, 10 or 20 % of the truth; true alpha of all labels .5 and .85; {rows[0]["n"]:,} rounds for each
cell of the design. The share is that of the rarer of *this label* and *another label* among all
answers. A label's interval asks for two things: at least 10 tasks that carry the rarer one, and at
least 3 on which two annotators gave it (`too_little_agreement`). Without the second, labels that
are hardly agreed on covered .68 to .89.

{table(" | ".join(head).split(" | "), body)}
Of the {len(cells):,} single cells (coefficient × label × design) in which at least a fifth of the
rounds get an interval, {inside:,} cover 93 to 97 %, {above} more (up to {highest:.1f} %, mostly
kappas of pairs for rare labels), and {len(low)} less than 93 % by more than Monte Carlo error.
Where nearly all rounds are refused, those that are not are the ones in which the rare label
happened to be frequent: specific agreement of the *common* label, which falls then, covers less.
"""


def missing(rows: list[Row]) -> str:
    """Three of eight raters per unit."""
    sizes = sorted({r["n_units"] for r in rows})
    body = [
        [
            metric.replace("_", " "),
            "2" if q == 2 else str(q),
            "skewed" if skewed else "balanced",
            f"{error:g}",
            f"{mine[0]['truth']:.2f}",
            *(x for n in sizes for x in line_of(pooled(at(mine, n)))),
        ]
        for (metric, q, skewed, error), mine in grouped(
            rows, "metric", "q", "skewed", "error"
        ).items()
    ]
    head = ["coefficient", "labels", "", "error", "true"]
    head += [f"{n}: coverage | refused | width" for n in sizes]
    return f"""## Missing ratings

Each task is labeled by three of eight annotators, at random; who has most work has four times that
of who has least, and annotators err with half to one and a half times the mean error. Nominal
coefficients, {rows[0]["n"]:,} rounds each. The mean of Cohen's kappas rests on pairs that share
about ten of 100 tasks: kappas of so few tasks are low, and so is their mean. Its interval misses
nearly always by lying below the truth.

{table(" | ".join(head).split(" | "), body)}"""


HOW = {
    "jackknife": "`--resample-raters`",
    "not corrected": "not corrected",
    "percentile": "with `--interval percentile`",
    "tasks": "the default",
}


def raters(rows: list[Row]) -> str:
    """Populations of raters."""
    body = []
    for (complete, R, n, metric), mine in grouped(
        rows, "complete", "R", "n_units", "metric"
    ).items():
        by = {r["how"]: r for r in mine}
        body.append(
            [
                "all tasks by all" if complete else "three per task",
                str(R),
                str(n),
                metric.replace("_", " "),
                *(x for how in HOW for x in line_of(by[how])[::2]),
            ]
        )
    head = ["design", "annotators", "tasks", "coefficient"]
    head += [x for how in HOW.values() for x in (f"{how}: coverage", "width")]
    return f"""## Annotators drawn from a population

The truth is that of a population of very different annotators (errors of 3, 10 and 25 %, leaning
one way or the other), two labels; {rows[0]["n"]} rounds each. The default interval holds for the
annotators at hand only. `--resample-raters` leaves out annotators too, and takes off what single
answers bring about, which leaving out tasks and leaving out annotators both count; *not corrected*
is without that. With `--interval percentile` tasks and annotators are drawn with replacement (here
400 resamples), which counts single answers up to three times. Where pairs share two or three tasks
(20 or 40 annotators, three per task) the mean of their kappas is far too low, and no interval about
it can hold: read alpha, Fleiss' or Conger's kappa there.

{table(head, body)}"""


def marginals(rows: list[Row]) -> str:
    """Tests of marginals where nothing is to be found."""
    sizes = sorted({r["n_units"] for r in rows})
    names = {
        "mcnemar_exact, single": "McNemar, exact",
        "mcnemar, single": "McNemar",
        "stuart_maxwell, single": "Stuart-Maxwell",
        "bowker, single": "Bowker",
        "any, Holm": "any of a question's, after Holm",
    }
    body = [
        [
            said,
            *(
                share(sum(r["spoke"] for r in mine), sum(r["tested"] for r in mine))
                for n in sizes
                for mine in [[r for r in at(rows, n) if r["test"] == name]]
            ),
        ]
        for name, said in names.items()
    ]
    return f"""## The tests of marginals

Three and five annotators with the same confusion matrix, so that all use the labels alike; two and
four labels, skewed, 20 % errors, 1,000 rounds each. Percent with p below .05:

{table(["test", *(f"{n} tasks" for n in sizes)], body)}"""


SECTIONS: dict[str, Callable[[list[Row]], str]] = {
    "units": units,
    "labels": labels,
    "methods": methods,
    "power": power,
    "size": size,
    "groups": groups,
    "missing": missing,
    "raters": raters,
    "marginals": marginals,
}
