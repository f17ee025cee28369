"""Options that several commands share, and the steps from a source to a round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from labelq.cli.connecting import config_option, server_options, stacked
from labelq.errors import SettingsError

if TYPE_CHECKING:
    from labelq.cli.sources import Origin
    from labelq.labels.model import Round
    from labelq.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)

_SOURCE = (
    click.argument("sources", nargs=-1, type=_FILE, metavar="[SOURCE]..."),
    click.option(
        "--project",
        type=int,
        multiple=True,
        metavar="ID",
        help="Pull this project from Label Studio instead (the number in its address)."
        " Repeatable: several projects are one round.",
    ),
    click.option("--view", type=int, metavar="ID", help="Only the tasks of this tab."),
    click.option(
        "--queues/--no-queues",
        default=None,
        help="With --project: pull what was labeled in its queue projects, too; it counts for"
        " the labels, never for agreement [yes].",
    ),
    click.option(
        "--join",
        metavar="FIELD|content",
        help="Which tasks of several sources are the same: those with the same value in a task"
        " field, or the same content [content].",
    ),
    click.option(
        "--rater-from",
        type=click.Choice(["filename"]),
        help="All annotations in a file belong to the annotator whom it is named after.",
    ),
    click.option(
        "--reviewer",
        multiple=True,
        metavar="WHO",
        help="E-mail address or number of somebody whose labels decide, and are no vote."
        " Repeatable.",
    ),
    click.option(
        "--adjudicated",
        type=_FILE,
        metavar="FILE",
        help="Decided labels, as `labelq adjudicate` keeps them [adjudicated.csv beside the"
        " guideline, if there is one].",
    ),
    click.option("--round", "round", metavar="NAME", help="Name of the round [file's name]."),
    click.option(
        "--label-config",
        type=_FILE,
        metavar="FILE",
        help="Labeling config of the project (XML). Without it the scheme is inferred from the"
        " results; a label_config.xml beside the export is used.",
    ),
    click.option("--text-field", metavar="FIELD", help="Task field that holds the text."),
    click.option(
        "--columns",
        multiple=True,
        metavar="NAME=COLUMN,…",
        help="Columns of a table: unit=task_id,rater=worker,value=label.",
    ),
    click.option(
        "--level",
        multiple=True,
        metavar="[QUESTION=]LEVEL",
        help="Level of measurement: nominal, ordinal, interval, ratio. Repeatable.",
    ),
    click.option(
        "--map-label",
        multiple=True,
        metavar="QUESTION:OLD=NEW",
        help="Read a label as another, after a rename. Repeatable.",
    ),
    click.option(
        "--cost",
        multiple=True,
        metavar="QUESTION=FILE",
        help="How bad it is to confuse two labels: a square CSV with the labels in its first row"
        " and column, 0 on the diagonal. Adds weighted coefficients. Repeatable.",
    ),
    click.option(
        "--weight",
        multiple=True,
        metavar="QUESTION=FILE",
        help="The same as agreement: 1 on the diagonal, numbers from 0 to 1.",
    ),
    click.option(
        "--from", "since", metavar="DATE", help="Only labels submitted from this day (UTC)."
    ),
    click.option("--to", "until", metavar="DATE", help="Only labels submitted up to this day."),
    click.option(
        "--where",
        multiple=True,
        metavar="FIELD=VALUE",
        help="Only tasks whose field has this value. Repeatable.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="KINDS",
        help="Leave out labels that were edited by somebody else or begun from a prediction:"
        " edited,prelabeled.",
    ),
    click.option(
        "--skip-bad-records",
        is_flag=True,
        default=None,
        help="Go on past broken records; each is reported.",
    ),
)
_MEASURE = (
    click.option(
        "--resamples",
        type=int,
        metavar="N",
        help="Resamples behind each interval of a bootstrap; 0: no intervals [2000].",
    ),
    click.option(
        "--interval",
        type=click.Choice(["jackknife", "percentile", "bca", "analytic"]),
        help="How intervals are made: Student's t with the jackknife's standard error, the two"
        " bootstraps, or published standard errors [jackknife].",
    ),
    click.option(
        "--group",
        metavar="FIELD",
        help="Tasks with the same value in this field are not independent (one conversation, one"
        " document): keep them together in intervals.",
    ),
    click.option(
        "--resample-raters",
        is_flag=True,
        default=None,
        help="Intervals for annotators like these, not only for these; from 10 annotators up.",
    ),
    click.option("--seed", type=int, metavar="N", help="Seed of the resampling [0]."),
    click.option("--confidence", type=float, metavar="P", help="Confidence of intervals [.95]."),
    config_option,
)


def source_options(function: F) -> F:
    """SOURCE, or the projects on a server, and how to read them."""
    return stacked(_SOURCE, server_options(function))


def measure_options(function: F) -> F:
    """How to measure, and where settings come from."""
    return stacked(_MEASURE, function)


_NOT_SETTINGS = (
    "config",
    "format",
    "labels",
    "pairs",
    "metrics",
    "everything",
    "tests",
    "benchmark",
)


def settings_of(options: Mapping[str, Any], sources: Sequence[Path] = ()) -> Settings:
    """Typed settings from the options of a command and the settings file.

    Raises:
        SettingsError: a setting is malformed, or is about projects where ``sources`` are files.
    """
    from labelq import settings

    for name in ("project", "view", "queues"):
        if sources and options.get(name) not in (None, ()):
            option = "--no-queues" if options[name] is False else f"--{name}"
            raise SettingsError(
                f"{option} is about a project on a server; give either SOURCE or --project"
            )
    chosen = {k: v for k, v in options.items() if k not in _NOT_SETTINGS}
    return settings.load(options.get("config"), chosen)


def read_round(origin: Origin, settings: Settings, progress: Any = None) -> Round:
    """The round that ``settings`` select from where it comes from."""
    from labelq.labels.model import Selection
    from labelq.reading import adjudicated_file, read

    return read(
        origin.sources,
        name=origin.name,
        label_config=settings.label_config,
        text_field=settings.text_field,
        columns=settings.columns,
        levels=settings.level,
        selection=Selection(
            settings.since, settings.until, settings.where, settings.exclude, settings.view
        ),
        map_labels=settings.map_label,
        costs=settings.cost,
        weights=settings.weight,
        join=settings.join,
        rater_from=settings.rater_from,
        reviewers=settings.reviewer,
        adjudicated=adjudicated_file(settings),
        skip_bad_records=settings.skip_bad_records,
        progress=progress,
    )


def round_of(sources: tuple[Path, ...], settings: Settings, api_key: str | None) -> Round:
    """The round that a command prints numbers about; its remarks go to standard error."""
    from labelq.cli.progress import progress_bar
    from labelq.cli.remarks import say_remarks
    from labelq.cli.sources import origin_of

    with (
        progress_bar() as progress,
        origin_of(sources, settings, api_key, progress=progress) as origin,
    ):
        round_ = read_round(origin, settings, progress)
    say_remarks(round_)
    return round_
