"""``labelq review ballots``: blind votes on the meeting's examples, in Label Studio."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.connecting import stacked
from labelq.cli.progress import progress_bar, spinner
from labelq.cli.queue import SHARED, WRITING, go_on, interruptible, opened, say
from labelq.errors import SettingsError

if TYPE_CHECKING:
    from labelq.label_studio.ballots.votes import Ballots
    from labelq.label_studio.connection import Connection
    from labelq.label_studio.queues.new_project import NewProject
    from labelq.label_studio.queues.order import Order
    from labelq.remedy.ballots import BallotPaper
    from labelq.remember.earlier import Earlier


@click.command("ballots", short_help="Blind votes beforehand, in Label Studio.")
@click.argument("audit_dir", type=click.Path(path_type=Path))
@click.option("--push", is_flag=True, help="Put the agenda's examples where people label.")
@click.option(
    "--withdraw", is_flag=True, help="Take back what nobody answered; what was answered stays."
)
@click.option(
    "--label-config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Labeling config that shows the tasks, where the audit was made from a file.",
)
@lambda function: stacked((*WRITING, *SHARED), function)
def ballots_command(audit_dir: Path, **options: Any) -> int:
    """Let everybody vote on the meeting's examples beforehand, alone, in Label Studio.

    AUDIT_DIR is what `labelq audit` wrote. --push makes a small project with the examples of the
    agenda: everybody answers all of them and sees no earlier answer. A second push adds only what
    is missing. Without an option it says who has answered how many; `labelq review` reads the
    answers. They are votes for the meeting: no audit and no queue counts them.

    \b
    Examples:
      labelq review ballots audits/round_1 --push --dry-run
      labelq review ballots audits/round_1 --push
      labelq review ballots audits/round_1
      labelq review ballots audits/round_1 --withdraw

    Exit codes: 0 done, or nothing to do; 1 not done, because nothing could be or you said no;
    2 bad usage or the server failed: repeat the command, it completes.
    """
    if options["push"] and options["withdraw"]:
        raise SettingsError("give --push or --withdraw, not both")
    papers, earlier = _papers(audit_dir)
    if options["push"] and not papers:
        click.echo("Nothing to vote on: no cluster of the audit is for the meeting.")
        return 0
    with opened(audit_dir, options) as (order, connection, projects):
        say(_title(order, connection))
        if options["withdraw"]:
            return _withdraw(connection, order, projects, options)
        if options["push"]:
            return _push(connection, order, papers, earlier, projects, options)
        found = _pull(connection, papers, earlier, projects)
        if found is None:
            click.echo("No ballots are there: they were not pushed (--push does), or withdrawn.")
            return 0
        from labelq.report.ballots import ballot_status_lines

        say(*ballot_status_lines(found, order.raters))
    return 0


def fetch_ballots(
    audit_dir: Path,
    papers: tuple[BallotPaper, ...],
    earlier: Earlier,
    options: dict[str, Any],
) -> Ballots | None:
    """The ballots on ``papers`` so far, from the server that ``options`` or the environment name
    (``url``, ``api_key``, ``ca_bundle``, ``config``, ``project``); None: none were pushed.

    Raises:
        SettingsError: no server or no key is named, or it is another than the audit's.
        ServerError: they cannot be read.
    """
    with opened(audit_dir, options) as (_, connection, projects):
        return _pull(connection, papers, earlier, projects)


def _papers(audit_dir: Path) -> tuple[tuple[BallotPaper, ...], Earlier]:
    """The examples of the agenda, and the audit that they are of."""
    from labelq.reading import read_audit
    from labelq.remedy.agenda import meeting_agenda
    from labelq.remedy.ballots import ballot_papers

    earlier = read_audit(audit_dir)
    items = meeting_agenda(earlier.clusters, earlier.agendas)
    return ballot_papers(items, earlier.round), earlier


def _pull(
    connection: Connection,
    papers: tuple[BallotPaper, ...],
    earlier: Earlier,
    projects: tuple[int, ...],
) -> Ballots | None:
    from labelq.label_studio.ballots.votes import pull_ballots

    with spinner(f"reading {connection.url}"):
        return pull_ballots(connection, papers, earlier.round, projects)


def _push(
    connection: Connection,
    order: Order,
    papers: tuple[BallotPaper, ...],
    earlier: Earlier,
    projects: tuple[int, ...],
    options: dict[str, Any],
) -> int:
    from labelq.files import read_text
    from labelq.label_studio.ballots.project import plan_ballots
    from labelq.label_studio.queues.new_project import push_new_project
    from labelq.report.ballots import ballot_details, ballot_push_lines
    from labelq.report.queues import Line

    # By the guideline that annotators have today: the draft answers what is to be voted on.
    order = replace(order, guideline=earlier.guideline[1] if earlier.guideline else "")
    file = options["label_config"]
    config = read_text(file) if file is not None else None

    def planned() -> NewProject:
        with spinner(f"reading {connection.url}"):
            return plan_ballots(
                connection, order, papers, earlier.round, projects=projects, label_config=config
            )

    plan, shown = planned(), None
    while plan != shown:
        if shown is not None:
            click.echo("It has changed on the server in the meantime. Now:")
        shown = plan
        say(*ballot_push_lines(plan, papers))
        if options["dry_run"]:
            say(*ballot_details(plan))
        if not plan.changes_something:
            left = sum(len(one.ids) for one in plan.left_out)
            click.echo(
                f"Nothing to do: {plan.n_there:,} of {len(papers):,} examples are there."
                if plan.n_there or not left
                else "Nothing can be pushed: all examples are left out."
            )
            return 0 if plan.n_there else 1
        if not go_on("Push?", "Nothing was pushed.", options):
            return 0 if options["dry_run"] else 1
        if not options["yes"]:  # people take their time, and others push meanwhile
            plan = planned()
    with interruptible(), progress_bar() as progress:
        project = push_new_project(connection, plan, progress)
    click.echo(f"Pushed {plan.n_new:,}. Everybody opens the project and presses “Label All Tasks”:")
    say(Line("  ", f"{connection.url}/projects/{project}/data", whole=True))
    return 0


def _withdraw(
    connection: Connection, order: Order, projects: tuple[int, ...], options: dict[str, Any]
) -> int:
    from labelq.label_studio.ballots.project import plan_ballots_withdrawal
    from labelq.label_studio.queues.withdraw import withdraw
    from labelq.report.queues import withdrawal_lines

    with spinner(f"reading {connection.url}"):
        plan = plan_ballots_withdrawal(connection, order.round, projects)
    if not plan.is_there:
        hint = "" if projects else "; or were they pushed with --project? Then give it here, too"
        click.echo(f"No ballots are there: they were not pushed, or are withdrawn already{hint}.")
        return 0
    say(*withdrawal_lines(plan, every=options["dry_run"]))
    if not plan.changes_something:
        click.echo("Nothing to do: what is left was answered or begun by somebody.")
        return 0
    if not go_on("Withdraw?", "Nothing was withdrawn.", options):
        return 0 if options["dry_run"] else 1
    with interruptible(), progress_bar() as progress:
        withdraw(connection, plan, progress)
    click.echo("Withdrawn.")
    return 0


def _title(order: Order, connection: Connection) -> str:
    from labelq.report.text import visible

    return visible(f"The ballots of {order.round}, on {connection.url}")
