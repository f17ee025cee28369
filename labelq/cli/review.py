"""``labelq review``: the guideline review meeting, in the browser."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.ballots import ballots_command, fetch_ballots
from labelq.cli.connecting import stacked
from labelq.cli.queue import SHARED
from labelq.errors import LabelqError, SettingsError

if TYPE_CHECKING:
    import socket

    from labelq.review.desk import Desk

_FILE = click.Path(path_type=Path)


class _WithDefault(click.Group):
    """A group whose first argument may be an audit instead of a command: that holds a meeting."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """``labelq review DIR`` is ``labelq review meeting DIR``."""
        asks = not args or args[0] in ("--help", "-h")
        if not asks and args[0] not in self.commands:
            args = ["meeting", *args]
        return super().parse_args(ctx, args)


@click.group(
    "review",
    cls=_WithDefault,
    short_help="The guideline meeting, in the browser.",
    options_metavar="",
    subcommand_metavar="[meeting] AUDIT_DIR [OPTIONS]...",
)
def review_group() -> None:
    """Hold the guideline review meeting around an audit.

    `labelq review AUDIT_DIR` opens it in the browser; it can be left and resumed at any time.

    \b
    Examples:
      labelq review ballots audits/round_1 --push      blind votes beforehand, if you like
      labelq review audits/round_1                     the meeting
      labelq review audits/round_1 --minutes 45
    """


@review_group.command("meeting", short_help="Open the meeting (the default).")
@click.argument("audit_dir", type=_FILE)
@click.option(
    "--minutes",
    type=click.FloatRange(min=5, max=600),
    metavar="N",
    help="How long the meeting shall take [as said before, else 60].",
)
@click.option(
    "--decisions", type=_FILE, metavar="FILE", help="[decisions.yaml beside the guideline]"
)
@click.option("--guideline", type=_FILE, metavar="FILE", help="The guideline [the audit's].")
@click.option(
    "--adjudicated",
    type=_FILE,
    metavar="FILE",
    help="Tasks that people decided one by one [adjudicated.csv beside the guideline].",
)
@click.option(
    "--port", type=click.IntRange(1024, 65535), metavar="N", help="[the last one, else a free one]"
)
@click.option("--names", is_flag=True, help="Names beside first votes; without it only counts.")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.option(
    "--seed", type=int, default=0, metavar="N", help="Seed of the tasks drawn at random [0]."
)
@click.option("--no-ballots", is_flag=True, help="Do not look for blind votes on the server.")
@lambda function: stacked(SHARED, function)
def meeting_command(audit_dir: Path, **options: Any) -> int:
    """Open the meeting about an audit in the browser, on this computer only.

    AUDIT_DIR is what `labelq audit` wrote. What is decided is written at once to decisions.yaml
    beside the guideline, minutes to minutes.md; the page may be left and the command ended at
    any moment, and the same command goes on where it was. Only a browser that was given the
    printed address is let in.

    \b
    Examples:
      labelq review audits/round_1
      labelq review audits/round_1 --port 8765 --no-browser

    Exit codes: 0 ended; 2 bad usage or input.
    """
    import threading

    from labelq import settings as files
    from labelq.reading import read_audit
    from labelq.report.text import visible
    from labelq.review.app import meeting_app
    from labelq.review.desk import Desk
    from labelq.review.guard import Keys

    chosen = {name: options[name] for name in ("guideline", "decisions", "adjudicated")}
    settings = files.load(options["config"], chosen)
    desk = Desk(
        read_audit(audit_dir),
        audit_dir,
        settings,
        minutes=options["minutes"],
        names=options["names"],
        seed=options["seed"],
    )
    if not options["no_ballots"]:
        _take_ballots(desk, options)
    with _bound(options["port"], desk.meeting().port) as door:
        keys = Keys(door.getsockname()[1])
        desk.begin(keys.port)
        click.echo(f"The meeting: {keys.address}")
        where = visible(desk.store.decisions.absolute().as_posix())
        click.echo(f"Everything is written as it is decided, decisions to {where}. Ctrl-C ends.")
        if not options["no_browser"]:
            click.launch(keys.address)
        threading.Thread(target=desk.warm, daemon=True).start()
        _keep_minutes(desk)  # of a meeting that was killed, or edited by hand since
        _serve(meeting_app(desk, keys), door)
        _keep_minutes(desk)
    for line in _ended(desk):
        click.echo(line)
    return 0


review_group.add_command(ballots_command)


def _keep_minutes(desk: Desk) -> None:
    """The minutes as things stand, where there are any or something is decided."""
    from labelq.review.minutes import keep_minutes

    if desk.store.minutes.exists() or desk.decisions():
        keep_minutes(desk)


def _take_ballots(desk: Desk, options: Mapping[str, Any]) -> None:
    """The blind votes so far, where a server is named; a meeting does without them."""
    from labelq.label_studio.queues.order import read_order
    from labelq.remedy.ballots import ballot_papers
    from labelq.report.numbers import counted
    from labelq.report.text import visible

    known = read_order(desk.audit_dir).origin is not None or options["project"] is not None
    if not known and not (options["url"] or desk.settings.url):
        return
    papers = ballot_papers(desk.items, desk.earlier.round)
    try:
        found = fetch_ballots(desk.audit_dir, papers, desk.earlier, dict(options))
    except LabelqError as error:
        click.echo(visible(f"No blind votes: {error}"))
        return
    if found is not None:
        desk.take_ballots(found.ballots)
        people = counted(len(found.answered), "person", "people")
        click.echo(f"Blind votes: {counted(len(found.ballots), 'answer')} by {people}.")


def _bound(port: int | None, last: int) -> socket.socket:
    """A socket on this computer's own address, at best where an open page looks for it: ``last``.

    Raises:
        SettingsError: the port is taken.
    """
    if port is None:
        for likely in (last, 0):
            with suppress(OSError, OverflowError):
                return _opened(likely)
    try:
        return _opened(port or 0)
    except OSError as error:
        raise SettingsError(
            f"--port {port}: cannot be opened ({error.strerror}); leave it out for a free one"
        ) from None


def _opened(port: int) -> socket.socket:
    import socket

    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", port))
        door.listen(100)  # so that whoever is quick with the address is answered, too
    except (OSError, OverflowError):  # taken, or no port at all
        door.close()
        raise
    return door


def _serve(app: Any, door: socket.socket) -> None:
    """Answer until Ctrl-C."""
    import logging

    import uvicorn

    class Told(logging.Handler):
        """What goes wrong inside: one line, and the details in a file."""

        def emit(self, record: logging.LogRecord) -> None:
            """Say it."""
            from labelq.cli import say_internal

            if record.exc_info and record.exc_info[1] is not None:
                say_internal(record.exc_info[1])

    log = logging.getLogger("uvicorn.error")
    log.handlers, log.propagate = [Told()], False
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    try:
        uvicorn.Server(config).run(sockets=[door])
    except KeyboardInterrupt:
        click.echo("")


def _ended(desk: Desk) -> Sequence[str]:
    """What was decided, and what comes next."""
    from labelq.report.numbers import counted
    from labelq.report.text import visible

    made = desk.decisions()
    found = [desk.decided(item, made) for item in desk.items]
    n = sum(one is not None and one.decided for one in found)
    rest = len(found) - n
    said = [f"{counted(n, 'item')} decided, {rest} open; in {desk.store.decisions.as_posix()}"]
    if rest:
        said.append(f"Go on: labelq review {shlex.quote(desk.audit_dir.as_posix())}")
    if n:
        said.append(f"Next: {shlex.join([*desk.apply_words(), '--dry-run'])}")
    return [visible(line) for line in said]
