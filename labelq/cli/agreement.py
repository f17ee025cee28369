"""``labelq agreement``: only the coefficients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from labelq.cli.options import measure_options, read_round, settings_of, source_options


@click.command("agreement", short_help="Only the coefficients, with intervals.")
@source_options
@click.option(
    "--format",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print.",
)
@click.option("--labels", is_flag=True, help="In the table: each label against all others too.")
@click.option("--pairs", is_flag=True, help="In the table: every pair of annotators too.")
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
      labelq agreement ratings.csv --columns unit=task_id,rater=worker,value=label
      labelq agreement ratings.parquet --level ordinal --format json
      labelq agreement --project 3
    """
    from labelq.cli.progress import progress_bar
    from labelq.cli.sources import origin_of

    settings = settings_of(options, sources)
    with (
        progress_bar() as progress,
        origin_of(sources, settings, api_key, progress=progress) as origin,
    ):
        round_ = read_round(origin, settings, progress)
    from labelq.measure.agreement import agreement as measure
    from labelq.report import terminal

    rows = [
        row
        for question in round_.questions
        for row in measure(
            question,
            round_.ratings[question.name],
            round_.raters,
            resamples=settings.resamples,
            seed=settings.seed,
            confidence=settings.confidence,
        )
    ]
    if options["format"] == "json":
        click.echo(terminal.agreement_json(rows), nl=False)
    elif options["format"] == "csv":
        click.echo(terminal.agreement_csv(rows), nl=False)
    else:
        terminal.print_agreements(
            rows, round_.raters, labels=options["labels"], pairs=options["pairs"]
        )
