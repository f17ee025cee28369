"""``labelq explain``: a coefficient in words and symbols, and worked through on a round."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, TextIO

from labelq.labels.model import Level
from labelq.measure.explaining.explanation import Explanation, Grid, Step
from labelq.measure.metric import Metric
from labelq.measure.registry import METRICS
from labelq.report import words
from labelq.report.conventions import in_short, of_pairs, print_convention
from labelq.report.document import to_bytes
from labelq.report.gaps import gap
from labelq.report.numbers import count, counted, digits
from labelq.report.page import Page
from labelq.report.symbols import symbols_of
from labelq.report.text import line, mark, plain

TITLES: dict[str, str] = {
    "data": "The data",
    "counts": "The pairs of annotators",
    "coincidences": "Coincidences: pairs of ratings of one task, each weighing 1/(m − 1)",
    "confusion": "What one annotator said (rows) where the other said (columns)",
    "variance": "Analysis of variance",
    "orders": "One task, worked through",
    "ranks": "Mid-ranks: ratings below a label, and half of its own",
    "marginals": "Shares of the labels, mean over all rated tasks",
    "observed": "Observed",
    "expected": "Expected by chance",
    "value": "Value",
    "interval": "Interval",
}

HEADS: dict[str, str] = {"n": "tasks"}

EXTRAS = (
    "mean", "q", "T_w", "r", "MS_B", "MS_W", "MS_R", "MS_E", "k", "k0", "n", "m", "R̄", "S", "T",
    "C", "D", "T_a", "T_b",
)  # fmt: skip
"""Figures that are printed below a formula that they occur in."""

LETTERS = (
    "Letters stand for the annotators of this round; another selection deals them anew."
    " --names shows who they are."
)


def print_list(metrics: Sequence[Metric] = METRICS, file: TextIO | None = None) -> None:
    """Every metric with a line of what it is."""
    page = Page(file)
    widest = max(len(metric.name) for metric in metrics)
    for metric in metrics:
        page.say(_curly(f"{metric.title} ({_levels(metric)})"), start=f"{metric.name:<{widest}}  ")
    page.skip()
    page.say("One in full: labelq explain METRIC; on your data: labelq explain METRIC SOURCE.")


def print_metric(metric: Metric, file: TextIO | None = None) -> None:
    """A metric in words and symbols: its formula, convention and reference."""
    page = Page(file)
    page.say(f"{_curly(metric.title)} ({metric.name})", "bold")
    if metric.aliases:
        page.say(f"Also called {_curly(', '.join(metric.aliases))}.")
    page.skip()
    page.say(_curly(metric.words))
    page.skip()
    for part in metric.formula.split(";  "):
        page.say(part.strip(), "cyan", indent=2)
    page.skip()
    for symbol, meaning in symbols_of(metric):
        page.say(meaning, indent=4, start=f"{symbol:<6}")
    page.skip()
    for title, said in about(metric):
        page.say(_curly(said), start=f"{title}: ")
    page.skip()
    page.say("Worked through on your own data, beside what other programs say:")
    page.path(f"labelq explain {metric.name} SOURCE", indent=2)


def about(metric: Metric) -> list[tuple[str, str]]:
    """Levels, convention, missing ratings, interval, reference."""
    levels = []
    for level in _takes(metric):
        variants = (*metric.variants.get(level, ()), *metric.more.get(level, ()))
        named = [variant or "unweighted" for variant in variants if variant != level]
        plain = not named or named == ["unweighted"]
        levels.append(level if plain else f"{level} ({', '.join(named)})")
    missing = (
        "tasks may have unequal numbers of ratings; what is missing is never guessed"
        if metric.missing
        else "needs the same annotators on all tasks: the convention says which part is taken"
    )
    who = "two annotators" if metric.raters == "pairs" else "any number of annotators"
    return [
        ("Levels", ", ".join(levels)),
        ("Annotators", who),
        ("Missing ratings", missing),
        ("Convention", metric.convention),
        ("Per label", metric.per_label_convention or "none: the literature defines none"),
        (
            "Interval",
            "over tasks, with the annotators fixed; none where the evidence is too thin",
        ),
        ("Reference", metric.reference),
    ]


def _takes(metric: Metric) -> list[Level]:
    return list(dict.fromkeys((*metric.variants, *metric.more)))


def _levels(metric: Metric) -> str:
    """The levels it takes, in a few words."""
    found = _takes(metric)
    return "any level" if len(found) >= 5 else ", ".join(found)


def metrics_json(metrics: Sequence[Metric]) -> str:
    """Metrics as a JSON list of objects."""
    return to_bytes([_metric(metric) for metric in metrics]).decode("utf-8")


def _metric(metric: Metric) -> dict[str, Any]:
    symbols = dict(symbols_of(metric))
    return dataclasses.asdict(metric) | {"symbols": symbols}


def explanation_json(metric: Metric, found: Explanation, notes: Sequence[str] = ()) -> str:
    """An explanation as one JSON object; each convention with its reason in words."""
    document = dataclasses.asdict(found)
    for convention, row in zip(found.conventions, document["conventions"], strict=True):
        row["reason"] = gap(convention)
    whole = {"metric": _metric(metric), "notes": list(notes)} | document
    return to_bytes(whole).decode("utf-8")


def print_explanation(
    metric: Metric,
    found: Explanation,
    notes: Sequence[str] = (),
    file: TextIO | None = None,
    *,
    names: bool = False,
) -> None:
    """A number worked through, then what others say, then the answer in a paragraph.

    ``names`` tells that annotators are called by their names in it, not by letters.
    """
    page, row = Page(file), found.row
    what = words.metric_of(row) + (
        f", label {mark(row.label, 40)}" if row.label is not None else ""
    )
    page.say(f"{mark(row.question)} ({row.level}): {what} = {digits(row.value)}", "bold")
    for note in notes:
        page.say(note, start="Note: ")
    for number, step in enumerate(found.steps, 1):
        page.skip()
        page.say(_title(step, names=names), "bold", start=f"{number}. ")
        _step(page, step)
    if row.value is None:
        page.skip()
        page.say(f"There is no value: {words.reason(row.reason)}.")
    elif row.reason is not None:
        page.say(f"There is no interval: {words.reason(row.reason)}.")
    if not found.worked and row.value is not None:
        page.skip()
        page.say(_unworked(metric, found))
    if found.conventions:
        page.skip()
        page.say("The same data through other formulas", "bold")
        for convention in found.conventions:
            print_convention(page, convention, row.value)
    if not names and any(of_pairs(c) for c in found.conventions):
        page.skip()
        page.say(LETTERS)
    page.skip()
    page.say("In short", "bold")
    page.say(in_short(found))


def _unworked(metric: Metric, found: Explanation) -> str:
    row = found.row
    parts = [f"{_curly(metric.title)} is not taken apart term by term here: {metric.formula}"]
    if row.observed is not None and row.expected is not None:
        parts.append(f"observed {digits(row.observed)}, expected {digits(row.expected)}")
    return "; ".join(parts) + "."


def _title(step: Step, *, names: bool) -> str:
    """The heading of a step; of a pair's table it says who is where."""
    if step.kind != "confusion" or len(step.about) != 2:
        return TITLES[step.kind]
    row, column = (mark(who, 30) for who in step.about)
    return f"What {'' if names else 'annotator '}{row} said (rows) where {column} said (columns)"


def _step(page: Page, step: Step) -> None:
    if step.kind == "data":
        page.say(_data(step), indent=3)
        return
    if step.kind == "interval":
        n = step.numbers
        ends = f"{digits(n['lower'])} to {digits(n['upper'])}"
        page.say(f"{ends}, confidence {digits(n['confidence'])}; {step.formula}", indent=3)
        return
    if step.table is not None:
        _grid(page, step.table)
    if step.kind == "coincidences":
        page.say(f"n = {digits(step.numbers['n'])} ratings", indent=3)
    if step.numbers.get("n_undefined"):
        pairs = counted(int(step.numbers["n_undefined"]), "pair")
        page.say(f"Kappa is undefined for {pairs}: left out.", indent=3)
    if step.formula and (step.terms or step.kind != "value"):
        page.say(f"{step.symbol + ' = ' if step.symbol else ''}{step.formula}", "cyan", indent=3)
    if step.kind == "variance":
        page.say(_block(step), indent=3)
    for extra in EXTRAS:
        if extra in step.numbers and re.search(rf"(?<!\w){extra}(?!\w)", step.formula):
            page.say(f"{extra} = {digits(step.numbers[extra])}", indent=5)
    for term in step.terms:
        about = " / ".join(mark(name, 30) for name in term.names)
        product = " × ".join(digits(f) for f in term.factors)
        if not term.names and step.numbers.get("n_nothing") is not None:
            about = f"{counted(int(term.factors[0]), 'task')} agreeing on {digits(term.factors[1])}"
        elif not term.names and "n_at_zero" in step.numbers:
            about = f"{counted(int(term.factors[0]), 'task')} at {digits(term.factors[1])}"
        shown = f"{product} = {digits(term.value)}" if len(term.factors) > 1 else digits(term.value)
        page.say(shown, indent=5, start=plain(f"{about}: ") if about else "")
    if step.n_rest:
        page.say(f"{counted(step.n_rest, 'smaller term')}: {digits(step.rest)}", indent=5)
    if step.numbers.get("n_nothing"):
        page.say(f"{counted(int(step.numbers['n_nothing']), 'task')} agreeing on 0", indent=5)
    if step.numbers.get("n_at_zero"):
        page.say(f"{counted(int(step.numbers['n_at_zero']), 'task')} at 0", indent=5)
    result = _result(step)
    if result:
        page.say(result, "bold", indent=3)


def _data(step: Step) -> str:
    n = {name: int(x) for name, x in step.numbers.items()}
    said = (
        f"{counted(n['n_tasks'], 'task')} with a rating, {counted(n['n_ratings'], 'rating')} by"
        f" {counted(n['n_raters'], 'annotator')}."
        f" {count(n['n_multiple'])} of the tasks have two or more"
        f" ({counted(n['n_paired_ratings'], 'rating')}), {count(n['n_single'])}"
        f" {'has' if n['n_single'] == 1 else 'have'} one."
    )
    if n["n_labels"]:
        said += f" {counted(n['n_labels'], 'label')} could be given"
        used = f", {count(n['n_used'])} of them or of their combinations occur"
        said += "." if n["n_used"] == n["n_labels"] else f"{used}."
    return said


def _block(step: Step) -> str:
    """Which ratings an analysis of variance takes."""
    n = {name: int(x) for name, x in step.numbers.items()}
    tasks, ratings = counted(n["n_block"], "task"), counted(n["n_block_ratings"], "rating")
    if n["one_way"]:
        return f"Of the {tasks} with two or more ratings ({ratings})."
    raters, every = count(n["n_block_raters"]), n["n_block_raters"] == n["n_raters"]
    who = f"all {raters}" if every else f"the same {raters} of {count(n['n_raters'])}"
    return f"On the complete block: the {tasks} that {who} annotators rated ({ratings})."


def _result(step: Step) -> str:
    """The last line of a step: its sum, what it is divided by, its value."""
    numbers = step.numbers
    value = "undefined" if step.value is None else digits(step.value)
    if step.kind == "value" and not step.terms:
        if {"D_o", "D_e"} <= numbers.keys():
            filled = f"1 − {digits(numbers['D_o'])} / {digits(numbers['D_e'])}"
            return f"{step.formula} = {filled} = {value}"
        if {"p_a", "p_e"} <= numbers.keys():
            p_a, p_e = digits(numbers["p_a"]), digits(numbers["p_e"])
            return f"{step.formula} = ({p_a} − {p_e}) / (1 − {p_e}) = {value}"
        return f"{step.formula} = {value}"
    total = sum(term.value for term in step.terms) + step.rest
    lead = f"{step.symbol} = " if step.symbol else ""
    if step.kind in ("coincidences", "confusion", "ranks", "marginals", "counts", "variance"):
        return ""
    if step.divisor == 1 and step.factor == 1:
        return f"{lead}{value}"
    factor = f"{digits(step.factor)} × " if step.factor != 1 else ""
    over = f" / {digits(step.divisor)}" if step.divisor != 1 else ""
    return f"{lead}{factor}{digits(total)}{over} = {value}"


def _grid(page: Page, grid: Grid) -> None:
    """A table of numbers; where the labels do not fit as heads, columns are numbered."""
    from rich.table import Table
    from rich.text import Text

    decimals = 6 if grid.heads else 3
    cells = [[digits(x, decimals) for x in row] for row in grid.cells]
    heads = [HEADS.get(head, head) if grid.heads else line(head, 30) for head in grid.columns]
    rows = [line(name, 40 if grid.heads else 24) or "(empty)" for name in grid.rows]
    widest = max((len(cell) for row in cells for cell in row), default=4)
    room = max(0, page.console.width - 5 - max((len(name) for name in rows), default=0))
    if not grid.heads and sum(max(len(head), widest) + 2 for head in heads) > room:
        margins = len(heads) - 1
        heads = [str(i + 1) for i in range(margins)] + heads[margins:]
        rows = [f"{i + 1} {name}" if i < margins else name for i, name in enumerate(rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 0, 0, 2))
    table.add_column("", overflow="fold")
    for head in heads:
        table.add_column(Text(head), justify="right", overflow="fold")
    for name, shown in zip(rows, cells, strict=True):
        table.add_row(Text(name), *map(Text, shown))
    from rich.padding import Padding

    page.console.print(Padding(table, (0, 0, 0, 1), expand=False))
    if grid.hidden:
        page.say(f"and {count(grid.hidden)} more, smaller or equal", indent=3)


def _curly(said: str) -> str:
    return said.replace("'", "’")
