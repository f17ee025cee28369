"""``labelq plan``: how many tasks and annotators the next round needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from labelq.cli.options import round_of, settings_of, source_options


@click.command("plan", short_help="How many tasks and annotators the next round needs.")
@source_options
@click.option(
    "--width", type=float, metavar="W", help="Wanted width of the interval, end to end [.1]."
)
@click.option(
    "--detect", type=float, metavar="D", help="Wanted instead: a change of this size is seen."
)
@click.option("--question", multiple=True, metavar="NAME", help="Only this question. Repeatable.")
@click.option(
    "--annotators",
    metavar="N,N,…",
    default="2,3,4,5",
    show_default=True,
    help="Annotators per task to compare.",
)
@click.option("--seconds", type=float, metavar="S", help="Time per annotation [as observed].")
@click.option("--seed", type=int, metavar="N", help="Seed of the resamples [0].")
@click.option("--confidence", type=float, metavar="SHARE", help="Of the interval [.95].")
@click.option(
    "--format",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print.",
)
def plan_command(sources: tuple[Path, ...], api_key: str | None, **options: Any) -> None:
    """Plan a round from an observed one: tasks, annotators per task, labels, hours.

    The figures rest on how much the tasks of SOURCE differ from each other and how much more
    labels per task tell. Give --width for a narrower interval, or --detect for the change that
    the next round shall be able to show.

    \b
    Examples:
      labelq plan export.json
      labelq plan export.json --width .05 --annotators 2,3
      labelq plan export.json --detect .1 --question category
      labelq plan ratings.csv --columns unit=task_id,rater=worker,value=label --seconds 20
    """
    from labelq.errors import SettingsError

    own = {name: options.pop(name) for name in ("width", "detect", "question", "annotators")}
    each, style = options.pop("seconds"), options.pop("format")
    per_unit = _annotators(own["annotators"])
    if own["width"] is not None and own["detect"] is not None:
        raise SettingsError("give either --width or --detect")
    kind: Literal["width", "detect"] = "width" if own["detect"] is None else "detect"
    size = own[kind] if own[kind] is not None else 0.1
    if not 0.001 <= size <= 1:
        raise SettingsError(f"--{kind} {size:g}: must be a number from 0.001 to 1")
    if each is not None and not 0 < each < 1e6:
        raise SettingsError(f"--seconds {each:g}: must be a time in seconds")
    settings = settings_of(options, sources)
    round_ = round_of(sources, settings, api_key)
    from labelq.measure.planning import Goal, plan
    from labelq.report.plan import plans_json, print_plans

    names = [question.name for question in round_.questions]
    for name in own["question"]:
        if name not in names:
            raise SettingsError(f"--question {name}: there is none; known: {', '.join(names)}")
    plans = [
        plan(
            question,
            round_.ratings[question.name],
            round_.raters,
            Goal(kind, size),
            raters_per_unit=per_unit,
            seconds=each,
            seed=settings.seed,
            confidence=settings.confidence,
        )
        for question in round_.questions
        if not own["question"] or question.name in own["question"]
    ]
    if style == "json":
        click.echo(plans_json(plans), nl=False)
    else:
        print_plans(plans, confidence=settings.confidence)


def _annotators(text: str) -> tuple[int, ...]:
    from labelq.errors import SettingsError

    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or not all(2 <= n <= 100 for n in numbers):
        raise SettingsError(f"--annotators {text}: write numbers from 2 to 100, such as 2,3,5")
    return numbers
