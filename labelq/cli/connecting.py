"""Options of the commands that talk to a Label Studio server, and the way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection
    from labelq.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

_SERVER = (
    # The environment wins over labelq.toml: a folder from somebody else must not choose the
    # server that the key in the environment is sent to.
    click.option(
        "--url",
        envvar="LABEL_STUDIO_URL",
        metavar="URL",
        help="The Label Studio server [LABEL_STUDIO_URL, or url in labelq.toml].",
    ),
    click.option(
        "--api-key",
        metavar="KEY",
        help="Personal access token or legacy token. Better in LABEL_STUDIO_API_KEY: others on"
        " this machine can read a command line.",
    ),
    click.option(
        "--ca-bundle",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Certificates to trust instead of the public ones (PEM) [SSL_CERT_FILE,"
        " REQUESTS_CA_BUNDLE].",
    ),
)


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings file [labelq.toml here, if there is one].",
)


def server_options(function: F) -> F:
    """--url, --api-key and --ca-bundle."""
    return stacked(_SERVER, function)


def stacked(options: Sequence[Callable[[Any], Any]], function: F) -> F:
    """``function`` with ``options``, which ``--help`` lists in this order."""
    for option in reversed(options):
        function = option(function)
    return function


@contextmanager
def connection_of(settings: Settings, api_key: str | None = None) -> Iterator[Connection]:
    """The server that ``settings`` (url, ca_bundle) and the environment name."""
    from labelq.label_studio.connection import address, connect

    where = address(settings.url, api_key, ca_bundle=settings.ca_bundle)
    with connect(where, waiting=_waiting) as connection:
        yield connection


def _waiting(why: str, seconds: float) -> None:
    """A long silence is explained; a short one is not worth a line."""
    if seconds >= 2:
        click.echo(f"labelq: {why}; asking again in {seconds:.0f} s", err=True)
