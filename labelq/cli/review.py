"""``labelq review``: the guideline review meeting."""

from __future__ import annotations

import click

from labelq.cli.ballots import ballots_command


@click.group("review", short_help="The guideline review meeting.")
def review_group() -> None:
    """The guideline review meeting, and what comes before it.

    \b
    Examples:
      labelq review ballots audits/round_1 --push
      labelq review ballots audits/round_1
    """


review_group.add_command(ballots_command)
