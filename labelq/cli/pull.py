"""``labelq pull``: a project's tasks and labels into a file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from labelq.cli.connecting import config_option, server_options

_FILE = click.Path(path_type=Path)


@click.command("pull", short_help="A project from Label Studio into a file.")
@click.option("--project", type=int, metavar="ID", help="The number in the project's address.")
@click.option("--view", type=int, metavar="ID", help="Only the tasks of this tab of the project.")
@click.option("--out", type=_FILE, metavar="FILE", help="Where it goes [project_ID.json].")
@click.option("--replace", is_flag=True, help="Replace an existing file.")
@server_options
@config_option
def pull_command(
    out: Path | None,
    api_key: str | None,
    config: Path | None,
    *,
    replace: bool,
    **options: Any,
) -> None:
    """Pull a project's tasks with everybody's labels into a JSON export.

    The labeling config and the instructions are put beside it (FILE with .label_config.xml and
    .guideline.md). An interrupted pull leaves nothing behind.

    \b
    Examples:
      labelq pull --project 3
      labelq pull --project 3 --view 12 --out disputed.json
    """
    from labelq import settings as all_settings
    from labelq.cli.connecting import connection_of
    from labelq.cli.progress import progress_bar
    from labelq.cli.sources import beside, pull_project, write_beside
    from labelq.errors import OutputError, SettingsError
    from labelq.report.text import line

    settings = all_settings.load(config, options)
    if len(settings.project) != 1:
        raise SettingsError("which project? Give --project ID, the number in its address")
    target = out or Path(f"project_{settings.project[0]}.json")
    if target.suffix.lower() != ".json":
        raise SettingsError(f"--out {target}: write it as a .json file")
    for file in (target, *beside(target)):
        if file.is_dir() or (file.exists() and not replace):
            raise OutputError(f"{file}: is there already; --replace replaces it")
    with progress_bar() as progress, connection_of(settings, api_key) as connection:
        from labelq.label_studio.projects import read_project

        project = read_project(connection, settings.project[0])
        pulled = pull_project(connection, project, target, settings.view, progress)
        _, guideline = write_beside(target, project)
    for note in pulled.notes:
        click.echo(line(note, 200))
    click.echo(
        f"{line(project.title, 80)}: {pulled.n_tasks:,} tasks, {pulled.n_annotations:,}"
        f" annotations in {line(str(target), 200)}"
    )
    again = ["labelq", "audit", str(target)]
    if guideline is not None:
        again += ["--guideline", str(guideline)]
    click.echo(f"Next: {shlex.join(again)}")
