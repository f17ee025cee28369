"""``labelq doctor``: is the server reachable, and what may the key do."""

from __future__ import annotations

from typing import Any

import click

from labelq.cli.connecting import config_option, connection_of, server_options


@click.command("doctor", short_help="Check the server, the key and the project.")
@click.option(
    "--project",
    "projects",
    type=int,
    multiple=True,
    metavar="ID",
    help="Look at this project [those of labelq.toml, or the newest]. Repeatable.",
)
@server_options
@config_option
def doctor_command(projects: tuple[int, ...], api_key: str | None, **options: Any) -> None:
    """Say in one screen whether Label Studio answers, as whom, and what is there.

    Nothing is written to the server. The exit code is 2 if something stands in the way, and
    the last line says what.

    \b
    Examples:
      export LABEL_STUDIO_URL=https://label-studio.example.com LABEL_STUDIO_API_KEY=…
      labelq doctor
      labelq doctor --project 3
      labelq doctor --url https://intranet.example.com/label-studio --ca-bundle company.pem
    """
    from labelq import settings

    given = {name: options[name] for name in ("url", "ca_bundle")}
    chosen = settings.load(options["config"], {**given, "project": projects})
    with connection_of(chosen, api_key) as connection:
        from labelq.label_studio.doctor import examine
        from labelq.report.text import line

        for what, how in examine(connection, chosen.project):
            click.echo(f"{what:<14}{line(how, 160)}")
