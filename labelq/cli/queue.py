"""``labelq queue``: bring the re-labeling queue to Label Studio, follow it, take it back."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.connecting import config_option, connection_of, server_options, stacked
from labelq.cli.onward import again, left_for_later, not_pushed, not_there
from labelq.cli.progress import spinner
from labelq.errors import SettingsError

if TYPE_CHECKING:
    from labelq.label_studio.connection import Connection
    from labelq.label_studio.queues.new_project import NewProject
    from labelq.label_studio.queues.order import Order
    from labelq.label_studio.queues.same_project import SameProject
    from labelq.report.queues import Line

_DIRECTORY = click.argument("audit_dir", type=click.Path(path_type=Path))
_WANTS = {"another-person": "another_person", "second-look": "second_look"}

SHARED = (
    click.option(
        "--project",
        type=click.IntRange(min=1),
        metavar="ID",
        help="The project that was labeled [as the audit says].",
    ),
    server_options,
    config_option,
)
WRITING = (
    click.option("--dry-run", is_flag=True, help="Print exactly what would change; write nothing."),
    click.option("--yes", is_flag=True, help="Do not ask."),
)


@click.group("queue", short_help="Re-label: push to Label Studio, status, withdraw.")
def queue_group() -> None:
    """Bring an audit's re-labeling queue to where people label, and take it back.

    \b
    Examples:
      labelq queue push audits/round_1 --dry-run
      labelq queue push audits/round_1
      labelq queue status audits/round_1
      labelq queue withdraw audits/round_1
    """


@queue_group.command("push", short_help="Put the queue where people label.")
@_DIRECTORY
@click.option(
    "--to",
    type=click.Choice(["same-project", "new-project"]),
    help="Where to [same-project if the round was one project and somebody new is wanted].",
)
@click.option(
    "--wants",
    type=click.Choice([*_WANTS, "all"]),
    help="Which tasks [what fits the destination].",
)
@click.option(
    "--beyond-budget", is_flag=True, help="What is worth it beyond the audit's budget, too."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N of them.")
@click.option(
    "--votes",
    type=click.IntRange(min=1, max=100),
    metavar="N",
    help="Answers per task in a new project [1 by another person; for a second look as many as"
    " labeled the usual task].",
)
@click.option(
    "--label-config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Labeling config for a new project, where the audit was made from a file.",
)
@click.option(
    "--guideline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Instructions of a new project: the decided guideline [the audit's draft].",
)
@click.option(
    "--show-votes",
    is_flag=True,
    help="New project only: show what was answered, without names, in a closed panel.",
)
@lambda function: stacked((*WRITING, *SHARED), function)
def push_command(audit_dir: Path, **options: Any) -> int:
    """Push the queue of an audit to Label Studio; a second run adds only what is missing.

    AUDIT_DIR is what `labelq audit` wrote. Tasks that want another person go to the project
    that was labeled, in a tab of their own. Tasks that want a second look by the same people
    go to a new project, because Label Studio serves nobody the same task twice.

    \b
    Examples:
      labelq queue push audits/round_1 --dry-run
      labelq queue push audits/round_1 --to new-project --wants all --votes 3

    Exit codes: 0 pushed, or all there; 1 nothing pushed, because nothing could be or you said
    no; 2 bad usage or the server failed: repeat the command, it completes.
    """
    return push(audit_dir, options)


@queue_group.command("status", short_help="How far the queue is labeled.")
@_DIRECTORY
@lambda function: stacked(SHARED, function)
def status_command(audit_dir: Path, **options: Any) -> None:
    """Say how far a pushed queue is labeled: tasks done, answers by person, what is missing.

    \b
    Example:
      labelq queue status audits/round_1
    """
    from labelq.label_studio.queues.status import people, read_status
    from labelq.report.queues import status_lines

    with opened(audit_dir, options) as (order, connection, projects):
        with spinner(f"reading {connection.url}"):
            status = read_status(connection, order, projects)
            names = people(connection)
        say(_title(order, connection))
        if not status.standings:
            say(*not_there("status", order, audit_dir, projects, options))
        say(*status_lines(status, names))
        if status.standings or projects:
            say(*not_pushed(order, audit_dir, projects, options, status.not_pushed))


@queue_group.command("withdraw", short_help="Take back what push made, except labels.")
@_DIRECTORY
@lambda function: stacked((*WRITING, *SHARED), function)
def withdraw_command(audit_dir: Path, **options: Any) -> int:
    """Take a queue back: tab, tags, overlap, and tasks that nobody labeled.

    Whatever carries a label stays, and stays known as the queue's.

    \b
    Example:
      labelq queue withdraw audits/round_1 --dry-run

    Exit codes: 0 withdrawn, or nothing to do; 1 not withdrawn, because you said no; 2 bad
    usage or the server failed: repeat the command, it completes.
    """
    from labelq.cli.progress import progress_bar
    from labelq.label_studio.queues.withdraw import plan_withdrawal, withdraw
    from labelq.report.queues import withdrawal_lines

    with opened(audit_dir, options) as (order, connection, projects):
        with spinner(f"reading {connection.url}"):
            plan = plan_withdrawal(connection, order, projects)
        say(_title(order, connection))
        if not plan.is_there:
            say(*not_there("withdraw", order, audit_dir, projects, options))
            return 0
        say(*withdrawal_lines(plan, every=options["dry_run"]))
        if not plan.changes_something:
            click.echo("Nothing to do: what is left of it was answered or begun by somebody.")
            return 0
        if not go_on("Withdraw?", "Nothing was withdrawn.", options):
            return 0 if options["dry_run"] else 1
        with interruptible(), progress_bar() as progress:
            withdraw(connection, plan, progress)
        click.echo("Withdrawn.")
    return 0


def push(audit_dir: Path, options: dict[str, Any]) -> int:
    """Push the queue in a directory, as ``options`` of the command say; the exit code."""
    from labelq.report.queues import details, nothing_pushed, push_lines

    if options["show_votes"] and options["to"] == "same-project":
        raise SettingsError("--show-votes needs --to new-project: task data is seen by everybody")
    with opened(audit_dir, options) as (order, connection, projects):
        planned, shown = _planned(order, connection, projects, options), None
        while planned != shown:
            if shown is not None:
                click.echo("It has changed on the server in the meantime. Now:")
            shown = planned
            say(_title(order, connection))
            for wants, plan in planned:
                say(*push_lines(order, plan, wants))
                if options["dry_run"]:
                    say(*details(plan))
            say(*left_for_later(order, audit_dir, [wants for wants, _ in planned], options))
            if not any(plan.changes_something for _, plan in planned):
                why, code = nothing_pushed(order, planned)
                click.echo(why)
                return code
            if not go_on("Push?", "Nothing was pushed.", options):
                return 0 if options["dry_run"] else 1
            if not options["yes"]:  # people take their time, and others push meanwhile
                planned = _planned(order, connection, projects, options)
        for plan in (plan for _, plan in planned if plan.changes_something):
            say(*_push(connection, plan))
        say(again("status", order, audit_dir, options, start="How far it is: "))
    return 0


# --- steps that the commands share ------------------------------------------------------------


@contextmanager
def opened(
    audit_dir: Path, options: dict[str, Any]
) -> Iterator[tuple[Order, Connection, tuple[int, ...]]]:
    """The order, the server it belongs to, and the projects that were labeled."""
    from labelq import settings
    from labelq.label_studio.queues.order import read_order

    order = read_order(audit_dir)
    chosen = {name: options[name] for name in ("url", "ca_bundle")}
    with connection_of(settings.load(options["config"], chosen), options["api_key"]) as connection:
        if order.origin is not None and order.origin.url != connection.url:
            raise SettingsError(
                f"{audit_dir} was audited from {order.origin.url}, and this is {connection.url};"
                " give the --url that it came from"
            )
        projects = order.origin.projects if order.origin else ()
        if options["project"] is not None:
            if projects and options["project"] not in projects:
                raise SettingsError(
                    f"--project {options['project']}: the audit was made from"
                    f" {', '.join(map(str, projects))}"
                )
            projects = (options["project"],)
        yield order, connection, projects


def _planned(
    order: Order, connection: Connection, projects: tuple[int, ...], options: dict[str, Any]
) -> list[tuple[str, SameProject | NewProject]]:
    with spinner(f"reading {connection.url}"):
        return list(_plans(order, connection, projects, options))


def _plans(
    order: Order, connection: Connection, projects: tuple[int, ...], options: dict[str, Any]
) -> Iterator[tuple[str, SameProject | NewProject]]:
    """One plan for each destination, with what its tasks want."""
    from labelq.documents import read_document
    from labelq.files import read_text
    from labelq.label_studio.queues.new_project import plan_new_project
    from labelq.label_studio.queues.same_project import plan_same_project

    if options["guideline"] is not None:
        order = replace(order, guideline=read_document(options["guideline"]))
    to, chosen = _destination(order, projects, options)
    left = [] if options["beyond_budget"] else ["later"]
    if options["wants"] is None and options["to"] is None:
        left.append("held_back")  # open gaps, unless they are asked for
    entries = order.wanting(chosen, left)[: options["limit"]]
    if not entries:
        return
    if to == "same-project":
        if len(projects) != 1:
            raise SettingsError("--to same-project needs one project: name it with --project ID")
        wants = chosen[0] if len(chosen) == 1 else "another_person"
        yield wants, plan_same_project(connection, order, entries, projects[0])
        return
    file = options["label_config"]
    config = read_text(file) if file is not None else order.label_config
    for wants in chosen:
        those = [entry for entry in entries if entry.wants == wants]
        if those:
            yield (
                wants,
                plan_new_project(
                    connection,
                    order,
                    those,
                    wants,
                    projects=projects,
                    label_config=config,
                    votes=options["votes"],
                    show_votes=options["show_votes"],
                ),
            )


def _destination(
    order: Order, projects: tuple[int, ...], options: dict[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """Where to, and which entries: as asked for, else what fits."""
    everything = tuple(_WANTS.values())
    asked = options["wants"]
    wants = everything if asked == "all" else (_WANTS[asked],) if asked else ()
    if len(projects) != 1:
        return options["to"] or "new-project", wants or everything
    to = options["to"]
    if to is None:
        new = any(options[name] for name in ("show_votes", "votes", "label_config", "guideline"))
        only_looks = not order.wanting(["another_person"], ["later"]) or wants == ("second_look",)
        to = "new-project" if new or only_looks else "same-project"
    fits = ("another_person",) if to == "same-project" else ("second_look",)
    return to, wants or fits


def _title(order: Order, connection: Connection) -> str:
    from labelq.report.text import visible

    return visible(f"The queue of {order.round}, on {connection.url}")


def say(*lines: str | Line) -> None:
    """Print lines; at a terminal, no longer than it is wide."""
    from labelq.report.queues import Line

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines:
        click.echo((line if isinstance(line, Line) else Line("", line)).within(width))


def go_on(question: str, otherwise: str, options: dict[str, Any]) -> bool:
    """Whether to write: asked, unless --yes; never in a dry run. If not, it says ``otherwise``."""
    if options["dry_run"]:
        click.echo("Dry run: nothing was changed.")
        return False
    if options["yes"]:
        return True
    if not sys.stdin.isatty():
        raise SettingsError("nobody can be asked here: --yes does it, --dry-run only shows it")
    if click.confirm(question):
        return True
    click.echo(otherwise)
    return False


def _push(connection: Connection, plan: SameProject | NewProject) -> Iterator[str | Line]:
    from labelq.cli.progress import progress_bar
    from labelq.label_studio.queues.new_project import push_new_project
    from labelq.label_studio.queues.same_project import SameProject, push_same_project
    from labelq.label_studio.queues.tabs import queue_tabs
    from labelq.report.queues import Line

    with interruptible(), progress_bar() as progress:
        if isinstance(plan, SameProject):
            push_same_project(connection, plan, progress)
            project = plan.project
        else:
            project = push_new_project(connection, plan, progress)
    if isinstance(plan, SameProject):
        tab = next(iter(queue_tabs(connection, project, plan.round)), None)
        where = f"?tab={tab[0]}" if tab else ""
        yield (
            f"Pushed {plan.n_new:,}. Annotators open the tab, press the arrow beside “Label All"
            " Tasks” and choose “Label Tasks As Displayed”:"
        )
        yield Line("  ", f"{connection.url}/projects/{project}/data{where}", whole=True)
    else:
        yield f"Pushed {plan.n_new:,}. Annotators open the project and press “Label All Tasks”:"
        yield Line("  ", f"{connection.url}/projects/{project}/data", whole=True)


@contextmanager
def interruptible() -> Iterator[None]:
    """A push or a withdrawal, which a repeat completes where it was interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("labelq: interrupted; repeat the command: it completes", err=True)
        raise click.exceptions.Exit(130) from None
