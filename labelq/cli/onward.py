"""The commands that come after one about a queue, with what each needs to find it again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelq.label_studio.queues.order import Order
    from labelq.report.queues import Line


_FITS = {
    "another_person": ("same-project", "another person"),
    "second_look": ("new-project", "a second look, once the open rules are decided"),
}
"""What entries want → where they fit, and in words."""


def left_for_later(
    order: Order, audit_dir: Path, pushed: Sequence[str], options: dict[str, Any]
) -> Iterator[Line]:
    """What this push leaves out, and the command for it."""
    from labelq.report.queues import Line

    if pushed and (options["wants"] is not None or options["limit"] is not None):
        return
    later = sum(entry.status == "later" for entry in order.entries)
    if later and not options["beyond_budget"]:
        tasks = "1 task is" if later == 1 else f"{later:,} tasks are"
        yield Line("  not here    ", f"{tasks} worth it beyond the audit's budget:")
        yield again("push", order, audit_dir, options, "--beyond-budget")
    for wants, (to, want) in _FITS.items():
        those = order.wanting([wants], ["later"])
        if wants in pushed:  # what is held back is pushed only where it is asked for
            held = [entry for entry in those if entry.status == "held_back"]
            those = held if options["to"] is None else []
        if n := len(those):
            tasks = "1 task wants" if n == 1 else f"{n:,} tasks want"
            yield Line("  not here    ", f"{tasks} {want}:")
            yield again("push", order, audit_dir, options, "--to", to)


def not_pushed(
    order: Order,
    audit_dir: Path,
    projects: tuple[int, ...],
    options: dict[str, Any],
    counts: Mapping[str, int],
) -> Iterator[Line]:
    """What a queue that is there lacks (``counts`` by what is wanted), and the command for it."""
    from labelq.report.queues import Line

    for wants, (to, want) in _FITS.items():
        if n := counts.get(wants, 0):
            tasks = "1 task wants" if n == 1 else f"{n:,} tasks want"
            yield Line("", f"Not pushed: {tasks} {want}:")
            where = ("--to", to) if len(projects) == 1 else ()
            yield again("push", order, audit_dir, options, *where)


def again(
    command: str,
    order: Order,
    audit_dir: Path,
    options: dict[str, Any],
    *more: str,
    start: str = " " * 14,
) -> Line:
    """A command about this queue, with all that it needs to find it as this one did."""
    from labelq.report.queues import Line
    from labelq.report.text import visible

    parts = ["labelq", "queue", command, audit_dir.as_posix(), *more]
    known = order.origin.projects if order.origin else ()
    if options["project"] is not None and known != (options["project"],):
        parts += ["--project", str(options["project"])]
    if options["url"] is not None and options["url"] != os.environ.get("LABEL_STUDIO_URL"):
        parts += ["--url", options["url"]]
    for name in ("ca_bundle", "config"):
        if options[name] is not None:
            parts += [f"--{name.replace('_', '-')}", str(options[name])]
    return Line(start, visible(shlex.join(parts)), whole=True)


def not_there(
    command: str,
    order: Order,
    audit_dir: Path,
    projects: tuple[int, ...],
    options: dict[str, Any],
) -> Iterator[str | Line]:
    """Where a queue was looked for, in vain; and where else it may be."""
    if projects:
        named = ", ".join(map(str, projects))
        yield (
            f"Nothing of it is there for project {named}: it was not pushed, or is withdrawn"
            " already."
        )
    else:
        yield (
            "Nothing of it is there: it was not pushed, or is withdrawn already; or was it pushed"
            " with --project? Then give it here, too:"
        )
        yield again(command, order, audit_dir, options, "--project", "ID")
