"""``labelq agreement``: only the coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.options import measure_options, round_of, settings_of, source_options

if TYPE_CHECKING:
    from labelq.labels.model import Round
    from labelq.measure.results import Agreement


@click.command("agreement", short_help="Only the coefficients, with intervals.")
@source_options
@click.option(
    "--format",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="Only this coefficient, with all its weights; any usual name of it. Repeatable.",
)
@click.option("--all", "everything", is_flag=True, help="Every coefficient with all its weights.")
@click.option("--labels", is_flag=True, help="In the table: each label against all others too.")
@click.option("--pairs", is_flag=True, help="In the table: every pair of annotators too.")
@click.option(
    "--tests",
    is_flag=True,
    help="Instead of coefficients: does each pair of annotators use the labels alike? McNemar,"
    " Stuart-Maxwell, Bowker.",
)
@click.option(
    "--benchmark",
    type=click.Choice(["landis-koch", "fleiss", "cicchetti-sparrow", "altman"]),
    help="Instead of intervals: how sure each coefficient reaches the classes of this scale.",
)
@measure_options
def agreement_command(sources: tuple[Path, ...], api_key: str | None, **options: Any) -> None:
    """Measure agreement and print every coefficient with its interval.

    SOURCE is a Label Studio JSON export, several of them, a folder of them, or a table (CSV,
    Parquet, JSON Lines) with the columns unit, rater, value and optionally question. Or give
    --project: the project is pulled from Label Studio.

    \b
    Examples:
      labelq agreement export.json
      labelq agreement export.json --labels --pairs
      labelq agreement export.json --metric fleiss_kappa --metric "Scott's pi" --pairs
      labelq agreement export.json --all --cost category=costs.csv
      labelq agreement ratings.csv --columns unit=task_id,rater=worker,value=label
      labelq agreement ratings.parquet --level ordinal --format json
      labelq agreement export.json --interval bca --group ticket
      labelq agreement export.json --tests
      labelq agreement export.json --benchmark landis-koch
      labelq agreement --project 3
    """
    settings = settings_of(options, sources)
    round_ = round_of(sources, settings, api_key)
    from labelq.labels.grouping import groups_of
    from labelq.measure.agreement import agreement as measure
    from labelq.measure.agreement import pair_indices
    from labelq.measure.registry import METRICS
    from labelq.report import terminal

    if options["tests"]:
        _print_tests(round_, as_json=options["format"] == "json")
        return
    chosen = [metric.name for metric in METRICS] if options["everything"] else options["metrics"]
    chosen = chosen or None
    groups = groups_of(round_.units, settings.group) if settings.group else None

    rows = [
        row
        for question in round_.questions
        for row in measure(
            question,
            round_.ratings[question.name],
            round_.raters,
            metrics=chosen,
            resamples=settings.resamples,
            seed=settings.seed,
            confidence=settings.confidence,
            interval=settings.interval,
            groups=groups,
            resample_raters=settings.resample_raters,
        )
    ]
    if options["benchmark"]:
        _print_benchmarks(rows, options["benchmark"], as_json=options["format"] == "json")
    elif options["format"] == "json":
        click.echo(terminal.agreement_json(rows), nl=False)
    elif options["format"] == "csv":
        click.echo(terminal.agreement_csv(rows), nl=False)
    else:
        terminal.print_agreements(
            rows, round_.raters, labels=options["labels"], pairs=options["pairs"]
        )
        if options["pairs"]:
            terminal.print_pair_indices(
                [
                    row
                    for question in round_.questions
                    for row in pair_indices(question, round_.ratings[question.name], round_.raters)
                ],
                round_.raters,
            )


def _print_tests(round_: Round, *, as_json: bool) -> None:
    from labelq.measure.marginals import marginal_tests
    from labelq.report import marginals as report

    tests = [
        test
        for question in round_.questions
        for test in marginal_tests(question, round_.ratings[question.name], round_.raters)
    ]
    if as_json:
        click.echo(report.to_json(tests), nl=False)
    else:
        report.print_tests(tests, round_.raters)


def _print_benchmarks(rows: Sequence[Agreement], scale: str, *, as_json: bool) -> None:
    from labelq.measure.benchmarking import benchmark
    from labelq.report import marginals as report

    # Nothing is expected by chance in a raw agreement: the scales are about coefficients.
    chosen = [r for r in rows if r.label is None and r.raters is None and r.p_value is not None]
    found = [benchmark(row, scale) for row in chosen]
    if as_json:
        click.echo(report.to_json(found), nl=False)
    elif found:
        report.print_benchmarks(found)
    else:
        click.echo("No coefficient has a standard error: nothing to compare with the scale.")
