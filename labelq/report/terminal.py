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
from labelq.measure.results import Agreement, PairIndices, Verdict
from labelq.report import comparison, verdicts, words
from labelq.report.caveats import caveats, notes
from labelq.report.document import to_bytes
from labelq.report.findings import FEWEST, top_findings
from labelq.report.names import Names
from labelq.report.numbers import NONE, coefficient, count, counted, interval
from labelq.report.page import Page
from labelq.report.steps import ONWARD, Onward, next_steps
from labelq.report.text import line, mark, plain, visible
from labelq.report.without_text import SAID_HERE, is_without_text

if TYPE_CHECKING:
    from rich.table import Table

    from labelq.auditing import Audit


def print_audit(
    audit: Audit,
    directory: str,
    *,
    names: bool = False,
    onward: Onward = ONWARD,
    file: TextIO | None = None,
) -> None:
    """Print the verdict, the findings and where the rest is, to ``file`` (standard output)."""
    shown = Names(audit.round.raters, names=names)
    out = Page(file)
    chosen = words.selection(audit.round.selection)
    out.say(f"{mark(audit.round.name)}{': ' if chosen else ''}{chosen}", "bold")
    out.say(verdicts.answer(audit.verdicts))
    _verdicts(out, audit)
    _comparison(out, audit, shown)
    told, remarks = caveats(audit), notes(audit.round.intake)
    if told or remarks:
        out.skip()
    for caveat in told:
        out.say(caveat.text, start="Note: ")
        if caveat.option:
            out.path(caveat.option, indent=6)
    for remark in remarks:
        out.say(remark, start="Note: ")
    out.skip()
    out.say("What matters most", "bold")
    for number, finding in enumerate(top_findings(audit, shown)[:FEWEST], 1):
        out.say(f"{finding.title}. {finding.text}", indent=2, start=f"{number}. ")
    if audit.gates:
        out.skip()
        out.say("Gates", "bold")
        for rule in audit.gates:
            out.say(words.gate(rule), indent=2)
    out.skip()
    out.say("What to do next", "bold")
    for number, step in enumerate(next_steps(audit, shown, directory, onward), 1):
        out.say(step.text, indent=2, start=f"{number}. ")
        if step.command:
            out.path(step.command, indent=5)
    out.skip()
    out.say("The report", "bold")
    out.path(f"{directory.rstrip('/')}/report.html" if directory else "report.html", indent=2)
    if is_without_text(audit):
        out.say(SAID_HERE, indent=2)


def _comparison(out: Page, audit: Audit, shown: Names) -> None:
    """Whether it helped, where an earlier round was compared with."""
    if audit.comparison is None:
        return
    out.skip()
    out.say("Did it help", "bold")
    out.say(comparison.summary(audit.comparison), indent=2)
    for sentence in comparison.lines(audit.comparison):
        out.say(sentence, indent=2, start="- ")
    for sentence in comparison.surroundings(audit.comparison.surroundings, shown):
        out.say(sentence, indent=2, start="- ")


def _verdicts(out: Page, audit: Audit) -> None:
    """The verdicts in words; of many questions a line each, the worst first."""
    from rich.table import Table
    from rich.text import Text

    worst = words.worst_first(audit.verdicts)
    if len(worst) <= words.MANY:
        for v in worst:
            out.skip()
            sign, word, value, spread = _verdict(v)
            value += f" ({spread})" if spread else ""
            metric = words.metric_of(v.headline)
            out.say(f"{sign} {mark(v.question)}: {word}, {metric} {value}", "bold")
            for sentence in verdicts.short(audit, v):
                out.say(sentence, indent=2)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="fold")
    for align in ("left", "right", "left"):
        table.add_column(no_wrap=True, justify=align)
    for v in worst:
        sign, word, value, spread = _verdict(v)
        table.add_row(Text(line(v.question, 40)), f"{sign} {word}", value, spread or NONE)
    out.skip()
    out.console.print(table)
    out.say(
        "Krippendorff’s alpha and its interval, worst first; each verdict in words: the report."
    )


def _verdict(v: Verdict) -> tuple[str, str, str, str]:
    """Sign, word, value and interval (perhaps empty) of a verdict."""
    row, thresholds = v.headline, (v.tentative_from, v.reliable_from)
    spread = interval(row.lower, row.upper, thresholds)
    return *words.STATES[v.state], coefficient(row.value, thresholds), spread


def print_agreements(
    agreements: Sequence[Agreement],
    raters: Sequence[Rater] = (),
    *,
    labels: bool = False,
    pairs: bool = False,
    names: bool = False,
    file: TextIO | None = None,
) -> None:
    """Print the coefficients as a table to ``file`` (standard output).

    Without ``labels`` and ``pairs`` only those of all labels and all annotators; a line per
    question says how many more there are.
    """
    out = Page(file)
    rows = [
        row for row in agreements if (labels or row.label is None) and (pairs or row.raters is None)
    ]
    codes = dict.fromkeys(row.reason for row in rows if row.reason is not None)
    out.console.print(agreement_table(rows, raters, names=names, width=out.console.width))
    if codes:
        out.skip()
    for number, code in enumerate(codes, 1):
        out.say(words.reason(code), start=f"{number} ")
    hidden: dict[str, list[Agreement]] = {}
    for row in agreements:
        if (row.label is not None and not labels) or (row.raters is not None and not pairs):
            hidden.setdefault(row.question, []).append(row)
    if hidden:
        out.skip()
    for question, left in hidden.items():
        out.say(f"{mark(question, 40)} has more: {_more(left)}.")


def _more(rows: Sequence[Agreement]) -> str:
    """How many rows are not shown, and how to get them."""
    kinds = (
        ("by label", "--labels", lambda r: r.raters is None),
        ("by pair of annotators", "--pairs", lambda r: r.label is None),
        ("by both", "--labels --pairs", lambda r: r.raters and r.label is not None),
    )
    numbers = [(what, option, sum(map(bool, map(kind, rows)))) for what, option, kind in kinds]
    return ", ".join(f"{counted(n, 'row')} {what} ({option})" for what, option, n in numbers if n)


def agreement_table(
    agreements: Sequence[Agreement],
    raters: Sequence[Rater] = (),
    *,
    names: bool = False,
    width: int = 80,
) -> Table:
    """The coefficients as a table for a terminal of ``width`` columns; annotators as letters.

    The notes are numbers: reasons in the order in which they occur.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Names(raters, names=names)
    labels = any(row.label is not None for row in agreements)
    pairs = any(row.raters is not None for row in agreements)
    codes = list(dict.fromkeys(row.reason for row in agreements if row.reason is not None))
    # Widths that fit 80 columns with everything in it: no head breaks.
    gap = 0 if labels and pairs else 1
    longest = max((len(line(row.question, 40)) for row in agreements), default=0)
    of_question = max(8, min(longest, width // 7))
    of_pair = max(10, width // (8 if labels else 5))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, gap, 0, 0))
    table.add_column("question", overflow="fold", width=of_question)
    table.add_column("coefficient", overflow="fold", width=None if width > 110 or gap else 16)
    if labels:
        table.add_column("label", overflow="fold", min_width=8)
    if pairs:
        letters = all(len(shown.of_id(r)) < 3 for row in agreements for r in row.raters or ())
        table.add_column("annotators", overflow="fold", width=10 if letters else of_pair)
    for title in ("value", "interval", "tasks", "note")[: 4 if codes else 3]:
        table.add_column(title, justify="right", no_wrap=True)
    before = None
    for row in agreements:
        if before is not None and row.question != before:
            table.add_section()
        cells = ["" if row.question == before else line(row.question, 40), words.short_metric(row)]
        if labels:
            cells.append("" if row.label is None else line(row.label, 40))
        if pairs:
            cells.append(" and ".join(line(shown.of_id(r), 30) for r in row.raters or ()))
        cells += [
            coefficient(row.value),
            interval(row.lower, row.upper) or NONE,
            count(row.n_units),
            *(["" if row.reason is None else str(codes.index(row.reason) + 1)] if codes else []),
        ]
        table.add_row(*(Text(plain(cell)) for cell in cells))
        before = row.question
    return table


def print_pair_indices(
    pairs: Sequence[PairIndices],
    raters: Sequence[Rater] = (),
    *,
    names: bool = False,
    file: TextIO | None = None,
) -> None:
    """Print what lies behind the kappas of pairs as a table; nothing where there are none."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not pairs:
        return
    out, shown = Page(file), Names(raters, names=names)
    skewed = any(pair.prevalence is not None for pair in pairs)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("question", overflow="fold", min_width=8)
    table.add_column("annotators", overflow="fold", min_width=10)
    for title in ("largest kappa", *(("prevalence", "bias") if skewed else ()), "tasks"):
        table.add_column(title, justify="right", no_wrap=True)
    for pair in pairs:
        cells = [
            line(pair.question, 40),
            " and ".join(line(shown.of_id(rater), 30) for rater in pair.raters),
            coefficient(pair.kappa_max),
        ]
        if skewed:
            cells += [coefficient(pair.prevalence), coefficient(pair.bias)]
        table.add_row(*(Text(plain(cell)) for cell in (*cells, count(pair.n_units))))
    out.skip()
    out.console.print(table)
    out.say(words.PAIR_INDICES if skewed else words.LARGEST_KAPPA)


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
    # Control characters and escapes shown as such: this goes to terminals as often as to files.
    return csv_safe(visible(value)) if isinstance(value, str) else "" if value is None else value
