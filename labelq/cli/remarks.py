"""What an audit says before its numbers, for commands that print numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelq.labels.model import Round


def say_remarks(round_: Round) -> None:
    """Print on standard error what was set aside and how the source was understood.

    Standard output stays clean for JSON and CSV.
    """
    import sys

    from labelq.report.caveats import remarks
    from labelq.report.page import Page

    out = Page(sys.stderr)
    for remark in remarks(round_):
        out.say(remark, start="Note: ")
