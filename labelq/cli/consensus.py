"""``labelq consensus``: the label of every task, for training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.connecting import config_option
from labelq.cli.options import read_round, settings_of, source_options

if TYPE_CHECKING:
    from labelq.labels.model import Question, Round
    from labelq.measure.results import Calibration, Consensus

_FILE = click.Path(path_type=Path)

METHODS = ("majority", "one_coin", "dawid_skene", "weighted_mean", "median", "borda")

MOST_COLUMNS = 1000
"""So many labels can be columns of a table; more fit JSON Lines."""

TITLES = {
    "dawid_skene": "Dawid-Skene",
    "one_coin": "one coin per annotator",
    "majority": "majority",
    "weighted_mean": "weighted mean",
    "median": "median",
    "borda": "mean place (Borda)",
}


@click.command("consensus", short_help="The label of every task, for training.")
@source_options
@click.option("--out", type=_FILE, metavar="FILE", help="Where the labels go [labels.csv].")
@click.option("--question", multiple=True, metavar="NAME", help="Only this question. Repeatable.")
@click.option(
    "--method", type=click.Choice(METHODS), help="How to estimate [chosen from the data]."
)
@click.option(
    "--clamp-gold", is_flag=True, help="Gold labels are certain, and annotators measured by them."
)
@click.option("--soft", is_flag=True, help="The probability of every label, too.")
@click.option(
    "--format",
    type=click.Choice(["csv", "jsonl"]),
    help="A table, or JSON Lines [by the suffix of --out].",
)
@click.option(
    "--raters",
    type=_FILE,
    metavar="FILE",
    help="A table of annotators, too: accuracy, or bias and standard deviation; with names.",
)
@click.option("--replace", is_flag=True, help="Replace existing files.")
@config_option
def consensus_command(
    sources: tuple[Path, ...],
    api_key: str | None,
    out: Path | None,
    question: tuple[str, ...],
    method: Any,
    raters: Path | None,
    *,
    clamp_gold: bool,
    soft: bool,
    replace: bool,
    **options: Any,
) -> None:
    """Estimate the label of every task from all votes on it, and write them for training.

    SOURCE is a Label Studio JSON export, several of them, a folder of them, or a table (CSV,
    Parquet, JSON Lines) with the columns unit, rater, value and optionally question, text,
    gold. Or give --project: the project is pulled from Label Studio. Votes that came through a
    queue and reviewers' decisions count, as in an audit.

    \b
    Examples:
      labelq consensus export.json
      labelq consensus export.json --soft --out labels.jsonl
      labelq consensus export.json --question category --method majority --out majority.csv
      labelq consensus ratings.csv --columns unit=task_id,rater=worker,value=label --clamp-gold
      labelq consensus --project 3 --out labels.csv --raters raters.csv
    """
    from labelq.cli.progress import progress_bar
    from labelq.cli.remarks import say_remarks
    from labelq.cli.sources import origin_of
    from labelq.errors import OutputError, SettingsError
    from labelq.report.text import line, visible
    from labelq.writing import check_files, write_files

    target = out or Path("labels.csv")
    lines = (options["format"] or target.suffix.lstrip(".").lower()) in ("jsonl", "ndjson")
    if raters is not None and raters.resolve() == target.resolve():
        raise OutputError(f"{raters}: --out and --raters are the same file")
    check_files([target, *([raters] if raters else [])], replace=replace, sources=sources)
    settings = settings_of(options, sources)
    with (
        progress_bar() as progress,
        origin_of(sources, settings, api_key, progress=progress) as origin,
    ):
        round_ = read_round(origin, settings, progress)
        from labelq.remedy.training_labels import label_consensus, rater_rows, training_rows

        known = [one.name for one in round_.questions]
        for name in question:
            if name not in known:
                raise SettingsError(
                    f"--question: there is no question {name!r}; known: {', '.join(known)}"
                )
        found: list[tuple[Question, Consensus]] = []
        for i, one in enumerate(round_.questions):
            if not question or one.name in question:
                progress(f"estimating {one.name}", i / len(known))
                estimated = label_consensus(round_, one, method=method, clamp_gold=clamp_gold)
                found.append((one, estimated))
        progress("writing", 0.0)
        rows = [
            row
            for one, each in found
            for row in training_rows(round_, one, each, clamp_gold=clamp_gold, soft=soft)
        ]
        content, changed = (_lines(rows), 0) if lines else _table(rows, found, soft=soft)
        contents = {target: content}
        if raters is not None:
            people = [row for one, each in found for row in rater_rows(round_, one, each)]
            contents[raters] = _csv(people)[0]
        write_files(contents, replace=replace)
    say_remarks(round_)
    for one, each in found:
        click.echo(_summary(round_, one, each, clamp_gold=clamp_gold))
        if soft and not each.posterior.shape[1]:
            click.echo(f"{line(one.name)}: {_nothing_soft(each)}")
    if changed:
        click.echo(
            f"{changed:,} cells would be formulas in a spreadsheet and got an apostrophe in"
            " front; JSON Lines (--out labels.jsonl) holds them as they are"
        )
    click.echo(f"{len(rows):,} rows: {visible(target.as_posix())}")
    if raters is not None:
        click.echo(f"annotators, with names: {visible(raters.as_posix())}")


def _summary(round_: Round, question: Question, consensus: Consensus, *, clamp_gold: bool) -> str:
    """One line about a question: how, why, how sure, how right where gold shows it."""
    import numpy as np

    from labelq.labels.model import label_text
    from labelq.measure.consensus.calibration import calibration
    from labelq.remedy.training_labels import probabilities
    from labelq.report.text import line

    parts = [f"{TITLES[consensus.method]} ({consensus.why})"]
    if consensus.iterations:
        parts.append(
            f"{consensus.iterations} iterations"
            if consensus.converged
            else f"not converged after {consensus.iterations} iterations (the last moved by"
            f" {consensus.moved:.1g})"
        )
    decided = round_.adjudicated.get(question.name, {})
    likely = probabilities(question, consensus)
    likely[np.isin(consensus.units, list(decided))] = 1.0
    likely = likely[~np.isnan(likely)]
    if len(likely):
        share = "share of votes" if consensus.method == "majority" else "probability"
        parts.append(f"mean {share} {likely.mean():.2f}")
    elif consensus.sd is not None and len(consensus.sd):
        parts.append(f"median standard deviation {np.median(consensus.sd):.3g}")
    if consensus.n_ties:
        ties = "tie" if consensus.n_ties == 1 else "ties"
        kept = consensus.method == "borda"
        how = "left as ties" if kept else "decided by the order of labels"
        parts.append(f"{consensus.n_ties:,} {ties}, {how}")
    if consensus.n_overruled:
        parts.append(
            f"overrules {consensus.n_overruled:,} of {consensus.n_unanimous:,} tasks on which all"
            " annotators gave the same answer"
        )
    if consensus.lost:
        names = ", ".join(line(label_text(label), 40) for label in consensus.lost[:5])
        more = f" and {len(consensus.lost) - 5:,} more" if len(consensus.lost) > 5 else ""
        parts.append(f"gives {names}{more} to no task, though annotators did")
    # Gold that the consensus was told says nothing about it.
    gold = None if clamp_gold else round_.gold.get(question.name)
    checked = calibration(question, round_.ratings[question.name], consensus, gold)
    if checked.reason == "too_few_gold":
        parts.append(
            f"{checked.n} gold {'task is' if checked.n == 1 else 'tasks are'} too few to check it"
        )
    elif said := _against_gold(checked):
        parts.insert(0, said)
    return f"{line(question.name)}: {len(consensus.units):,} tasks; {'; '.join(parts)}"


def _nothing_soft(consensus: Consensus) -> str:
    """Why --soft adds no column."""
    if consensus.sd is not None:
        return "--soft adds nothing; how sure a mean is stands in the column sd"
    if consensus.labels:
        return "--soft adds nothing: no probability of every label was estimated"
    return "--soft adds nothing: a median or an order has no probability"


def _against_gold(found: Calibration) -> str:
    """How often gold says the labels are right, and whether they are as sure as that."""
    from labelq.report.numbers import count, percent, share

    right = found.right
    if right.value is None or found.stated is None or right.lower is None or right.upper is None:
        return ""
    said = (
        f"right on {share(right.value, right.lower, right.upper)} of {count(found.n)} gold tasks,"
        f" {percent(found.stated)} sure of them"
    )
    if percent(found.stated) == percent(right.value) or right.lower <= found.stated <= right.upper:
        return said
    return f"{said}: {'surer' if found.stated > right.value else 'less sure'} than right"


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    import json

    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return text.encode("utf-8", "backslashreplace")


def _table(
    rows: Sequence[Mapping[str, Any]], found: Sequence[tuple[Question, Consensus]], *, soft: bool
) -> tuple[bytes, int]:
    """The rows as a table; with ``soft`` a column per label, empty for other questions' rows."""
    from labelq.errors import SettingsError
    from labelq.labels.model import label_text

    flat = [{k: v for k, v in row.items() if k != "probabilities"} for row in rows]
    if soft:
        alone = len(found) == 1
        columns = {
            (one.name, text): f"p:{text}" if alone else f"p:{one.name}:{text}"
            for one, each in found
            for text in map(label_text, each.labels)
            if each.posterior.shape[1]
        }
        if len(columns) > MOST_COLUMNS:
            raise SettingsError(
                f"--soft: {len(columns):,} labels would each be a column; write them with"
                " --format jsonl, or choose a --question"
            )
        for row, cells in zip(rows, flat, strict=True):
            shares = row["probabilities"] or {}
            for (name, text), column in columns.items():
                cells[column] = shares.get(text) if name == row["question"] else None
    return _csv(flat)


def _csv(rows: Sequence[Mapping[str, Any]]) -> tuple[bytes, int]:
    """A table that a spreadsheet may open, and how many cells had to be made safe for that."""
    import csv
    import io

    from labelq.files import csv_safe

    out = io.StringIO()
    header = list(rows[0]) if rows else []
    changed = 0
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([csv_safe(name) for name in header])
    for row in rows:
        cells = [_cell(row[name]) for name in header]
        safe = [csv_safe(cell) for cell in cells]
        changed += sum(a is not b for a, b in zip(cells, safe, strict=True))
        writer.writerow(safe)
    return out.getvalue().encode("utf-8", "backslashreplace"), changed


def _cell(value: Any) -> str:
    import json

    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else repr(value)
