"""Tests of raters' marginals, and benchmark scales, for the terminal and the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from labelq.labels.model import Rater
from labelq.measure.benchmarking import ENOUGH
from labelq.measure.results import Benchmark, MarginalTest
from labelq.report import words
from labelq.report.document import to_bytes
from labelq.report.names import Names
from labelq.report.numbers import NONE, amount, coefficient, count, counted, percent
from labelq.report.page import Page
from labelq.report.text import line, mark, plain

if TYPE_CHECKING:
    from rich.table import Table

SIGNIFICANT = 0.05
MOST_SAID = 3

TESTS = {
    "mcnemar_exact": "McNemar, exact",
    "mcnemar": "McNemar",
    "stuart_maxwell": "Stuart-Maxwell",
    "bowker": "Bowker",
}


def p_value(p: float | None) -> str:
    """A probability of a test; very small ones as a limit."""
    if p is None:
        return NONE
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def print_tests(
    tests: Sequence[MarginalTest], raters: Sequence[Rater], file: TextIO | None = None
) -> None:
    """Every test as a row, and what the codes mean."""
    out, shown = Page(file), Names(raters)
    if not tests:
        out.say("No two annotators share a question with labels: nothing to test.")
        return
    table = _table("question", "annotators", "test", right=("statistic", "p", "Holm", "tasks"))
    for test in tests:
        statistic = NONE if test.statistic is None else f"{amount(test.statistic)}, df {test.df}"
        _row(
            table,
            line(test.question, 40),
            " and ".join(line(shown.of_id(rater), 30) for rater in test.raters),
            TESTS[test.test],
            statistic,
            p_value(test.p_value),
            p_value(test.p_corrected),
            count(test.n_units),
        )
    out.console.print(table)
    for code in dict.fromkeys(t.reason for t in tests if t.reason):
        out.say(f"{NONE}: {words.reason(code)}.")
    out.say(
        "A small p says that the two use the labels differently, not who of them is right. Holm:"
        " corrected for the number of pairs of a question."
    )


def print_benchmarks(found: Sequence[Benchmark], file: TextIO | None = None) -> None:
    """How sure it is that each coefficient reaches each class."""
    out = Page(file)
    scale = found[0].scale
    table = _table("question", "coefficient", right=("value",), last=("at least", "better"))
    for said in found:
        row = said.row
        better = [
            f"{name} {percent(p)}"
            for name, p in zip(said.classes, said.cumulative, strict=False)
            if 0.005 <= p < ENOUGH
        ]
        _row(
            table,
            line(row.question, 40),
            words.metric_of(row),
            coefficient(row.value),
            said.named or NONE,
            ", ".join(reversed(better)) or NONE,
        )
    out.console.print(table)
    out.say(
        f"The probability that the coefficient reaches the class or a better one ({scale}): normal"
        " with the coefficient's standard error, cut off at -1 and 1 (Gwet 2014). “At least” is the"
        f" best class that is {percent(ENOUGH)} sure. These words are a convention of"
        " their authors; the verdict of an audit rests on thresholds instead."
    )


def to_json(rows: Sequence[MarginalTest] | Sequence[Benchmark]) -> str:
    """A JSON list of objects with the fields of the results."""
    return to_bytes([dataclasses.asdict(row) for row in rows]).decode("utf-8")


def use_of_labels(tests: Sequence[MarginalTest], shown: Names) -> str:
    """One sentence on pairs that use the labels differently; empty where none does."""
    told = [
        t
        for t in tests
        if t.p_corrected is not None and t.p_corrected < SIGNIFICANT and t.test != "bowker"
    ]
    told.sort(key=lambda t: t.p_corrected or 0.0)
    if not told:
        return ""
    said = "; ".join(
        f"{mark(shown.of_id(t.raters[0]))} and {mark(shown.of_id(t.raters[1]))} on"
        f" {mark(t.question)} ({TESTS[t.test]}, p {_equals(t.p_corrected)})"
        for t in told[:MOST_SAID]
    )
    more = len(told) - MOST_SAID
    rest = f"; and {counted(more, 'more pair')}" if more > 0 else ""
    return (
        "Annotators who use the labels in different proportions on the tasks that both labeled,"
        f" corrected for the number of pairs: {said}{rest}. This does not say who is right."
    )


def _equals(p: float | None) -> str:
    shown = p_value(p)
    return shown if shown.startswith("<") else f"= {shown}"


def _table(*left: str, right: Sequence[str], last: Sequence[str] = ()) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in left:
        table.add_column(title, overflow="fold")
    for title in right:
        table.add_column(title, justify="right")
    for title in last:
        table.add_column(title, overflow="fold")
    return table


def _row(table: Table, *cells: Any) -> None:
    from rich.text import Text

    table.add_row(*(Text(plain(cell)) for cell in cells))
