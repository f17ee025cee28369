"""The terminal: verdict, the findings that matter most, and where the rest is.

Plain where the output is no terminal, without colour where ``NO_COLOR`` is set; never wider
than the terminal. Data never reaches rich's markup, and escapes in it are made visible.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from labelq.files import csv_safe
from labelq.labels.model import Rater
from labelq.measure.results import Agreement
from labelq.report import words
from labelq.report.document import to_bytes
from labelq.report.findings import next_steps, top_findings
from labelq.report.names import Names
from labelq.report.numbers import NONE, coefficient, count, interval
from labelq.report.text import line, mark, plain, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from labelq.auditing import Audit


def print_audit(
    audit: Audit, directory: str, *, names: bool = False, file: TextIO | None = None
) -> None:
    """Print the verdict, three findings and where the rest is, to ``file`` (standard output)."""
    shown = Names(audit.round.raters, names=names)
    out = _Page(file)
    chosen = words.selection(audit.round.selection)
    out.say(f"{mark(audit.round.name)}{': ' if chosen else ''}{chosen}", "bold")
    out.say(words.answer(audit.verdicts))
    for caveat in words.caveats(audit.round.intake):
        out.say(caveat)
    for v in audit.verdicts:
        row, thresholds = v.headline, (v.tentative_from, v.reliable_from)
        sign, word = words.STATES[v.state]
        spread = interval(row.lower, row.upper, thresholds)
        value = coefficient(row.value, thresholds) + (f" ({spread})" if spread else "")
        out.skip()
        out.say(f"{sign} {mark(v.question)}: {word}, {words.metric_of(row)} {value}", "bold")
        out.say(words.verdict(v), indent=2)
    out.skip()
    out.say("What matters most", "bold")
    for number, finding in enumerate(top_findings(audit, shown), 1):
        out.say(f"{finding.title}. {finding.text}", indent=2, start=f"{number}. ")
    if audit.gates:
        out.skip()
        out.say("Gates", "bold")
        for rule in audit.gates:
            out.say(words.gate(rule), indent=2)
    out.skip()
    out.say("What to do next", "bold")
    for number, step in enumerate(next_steps(audit, directory), 1):
        out.say(step.text, indent=2, start=f"{number}. ")
        if step.command:
            out.path(step.command, indent=5)
    out.skip()
    out.say("The report", "bold")
    out.path(f"{directory.rstrip('/')}/report.html" if directory else "report.html", indent=2)


_NO_BREAK = "\ue000"  # stands for a space where no line may end, while lines are made


class _Page:
    """Sentences to a console: folded at words, never cut; paths on one line to be copied."""

    def __init__(self, file: TextIO | None) -> None:
        self.console = console(file)

    def say(self, sentence: str, style: str = "", *, indent: int = 0, start: str = "") -> None:
        from rich.text import Text

        room = max(10, self.console.width - indent - len(start))
        body = Text(plain(sentence).replace(" %", _NO_BREAK + "%"))
        for part in body.wrap(self.console, room, overflow="fold"):
            shown = part.plain.rstrip().replace(_NO_BREAK, " ")
            self.console.print(Text(" " * indent + start + shown, style=style), soft_wrap=True)
            start = " " * len(start)

    def path(self, path: str, *, indent: int) -> None:
        from rich.text import Text

        self.console.print(Text(" " * indent + visible(path), style="cyan"), soft_wrap=True)

    def skip(self) -> None:
        self.console.print()


def console(file: TextIO | None = None) -> Console:
    """A console that takes nothing in its input for markup."""
    from rich.console import Console

    return Console(file=file, markup=False, emoji=False, highlight=False)


def print_agreements(
    agreements: Sequence[Agreement],
    raters: Sequence[Rater] = (),
    *,
    names: bool = False,
    file: TextIO | None = None,
) -> None:
    """Print the coefficients as a table to ``file`` (standard output)."""
    console(file).print(agreement_table(agreements, raters, names=names))


def agreement_table(
    agreements: Sequence[Agreement], raters: Sequence[Rater] = (), *, names: bool = False
) -> Table:
    """The coefficients as a table for the terminal; annotators as letters."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Names(raters, names=names)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("question", "coefficient", "of"):
        table.add_column(title, overflow="fold")
    for title in ("value", "interval", "tasks"):
        table.add_column(title, justify="right")
    table.add_column("note", overflow="fold", style="dim")
    before = None
    for row in agreements:
        if before is not None and row.question != before:
            table.add_section()
        table.add_row(
            Text("" if row.question == before else line(row.question, 40)),
            Text(plain(words.metric_of(row))),
            Text(_subject(row, shown)),
            coefficient(row.value),
            interval(row.lower, row.upper) or NONE,
            count(row.n_units),
            Text(plain(words.reason(row.reason))),
        )
        before = row.question
    return table


def _subject(row: Agreement, names: Names) -> str:
    if row.raters is not None:
        return " and ".join(line(names.of_id(rater), 30) for rater in row.raters)
    return "all" if row.label is None else line(row.label, 40)


def agreement_json(agreements: Sequence[Agreement]) -> str:
    """The coefficients as a JSON list of objects with exactly the fields of ``Agreement``."""
    return to_bytes([dataclasses.asdict(row) for row in agreements]).decode("utf-8")


def agreement_csv(agreements: Sequence[Agreement]) -> str:
    """The coefficients as CSV with the same columns, full precision, safe in a spreadsheet.

    ``raters`` is a JSON list of two ids, empty for all raters.
    """
    columns = [field.name for field in dataclasses.fields(Agreement)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in agreements:
        cells = dataclasses.asdict(row)
        if row.raters is not None:
            cells["raters"] = json.dumps(row.raters, ensure_ascii=False)
        writer.writerow([_cell(cells[name]) for name in columns])
    return out.getvalue()


def _cell(value: object) -> object:
    return csv_safe(value) if isinstance(value, str) else "" if value is None else value
