"""``labelq apply``: what the meeting decided becomes the guideline, the config and the queue."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from labelq.cli.apply_plan import CONFIG, Plan, planned
from labelq.cli.connecting import config_option, server_options
from labelq.errors import GuidelineError, LabelqError

_FILE = click.Path(path_type=Path)


@click.command("apply", short_help="Decisions into guideline, config and queue.")
@click.argument("audit_dir", type=_FILE)
@click.option(
    "--decisions", type=_FILE, metavar="FILE", help="[decisions.yaml beside the guideline]"
)
@click.option(
    "--guideline", type=_FILE, metavar="FILE", help="The guideline that is revised [the audit's]."
)
@click.option(
    "--adjudicated",
    type=_FILE,
    metavar="FILE",
    help="Tasks that people decided one by one [adjudicated.csv beside the guideline].",
)
@click.option(
    "--out",
    type=_FILE,
    metavar="DIR",
    help="Where the queue and the revised config go [AUDIT_DIR-decided].",
)
@click.option(
    "--label-config",
    type=_FILE,
    metavar="FILE",
    help="Labeling config of the round [that of the project].",
)
@click.option(
    "--project",
    type=click.IntRange(min=1),
    metavar="ID",
    help="The project that was labeled [as the audit says].",
)
@click.option(
    "--to",
    type=click.Choice(["new-project", "same-project"]),
    default="new-project",
    show_default=True,
    help="Where the tasks go. Nobody is served a task twice in the same project.",
)
@click.option("--no-push", is_flag=True, help="Write files only; push later.")
@click.option(
    "--dry-run", is_flag=True, help="Show what would be written and pushed; write nothing."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--seed", type=int, default=0, metavar="N", help="Seed of the tasks drawn at random [0]."
)
@server_options
@config_option
def apply_command(audit_dir: Path, **options: Any) -> int:
    """Apply what was decided: the guideline's next version, and the tasks to look at again.

    AUDIT_DIR is what `labelq audit` wrote. First it shows, for each decision, how many
    annotations it contradicts, how long they take, and ten of the tasks drawn at random; then
    it asks. A decision releases exactly the annotations that contradict it, for a second look
    by the people who gave them. Split, new and dropped labels also give the queue's project a
    revised labeling config; a merge or a rename is a mapping, and re-labels nothing.

    \b
    Examples:
      labelq apply audits/round_1 --dry-run
      labelq apply audits/round_1
      labelq apply audits/round_1 --guideline guideline.md --no-push

    Exit codes: 0 applied, or nothing to do; 1 not applied, because you said no; 2 bad usage or
    the server failed: repeat the command, it completes.
    """
    from labelq.cli.queue import go_on, say

    plan = planned(audit_dir, options)
    say(*_shown(plan))
    if not (plan.effects or plan.changes_guideline):
        return 0
    if options["dry_run"] and plan.pushes:
        with _temporary(plan) as directory:
            return _push(plan, directory, options)
    if not go_on("Apply?", "Nothing was written.", options):
        return 0 if options["dry_run"] else 1
    for line in _write(plan):
        say(line)
    if not plan.entries:
        return 0
    if not plan.pushes:
        click.echo(f"Push it with: {_push_command(plan, options)}")
        return 0
    try:
        return _push(plan, plan.out, options)
    except LabelqError as error:
        raise LabelqError(
            f"{error}. The guideline and {plan.out} are written, the queue is not there yet, or"
            " not whole: repeat the command, it completes"
        ) from None


# --- what is said -----------------------------------------------------------------------------


def _shown(plan: Plan) -> Iterator[str]:
    from labelq.remedy.decisions import missing_tasks
    from labelq.report.applying import (
        effect_lines,
        guideline_lines,
        left_out,
        mapping_lines,
        work_line,
    )
    from labelq.report.decisions import missing
    from labelq.report.released import paste_lines
    from labelq.report.text import plain, visible

    for effect in plan.effects:
        yield from effect_lines(plan.earlier.round, effect)
        yield ""
    for note in plan.notes:
        yield f"Note: {visible(note)}"
    for note in missing(missing_tasks(plan.decisions, plan.earlier.round)):
        yield f"Note: {plain(note)}"
    if plan.adjudicated:
        yield visible(plan.adjudicated)
    yield from left_out(n_decided=len(plan.effects), n_open=plan.n_open, n_others=plan.n_others)
    if plan.effects:
        yield work_line(plan.entries)
    target = plan.target
    yield from guideline_lines(plan.draft, None if target is None else target.as_posix())
    if plan.revision is not None:
        yield f"Labeling config: the queue's project gets {CONFIG} of {visible(str(plan.out))}."
        yield "In the project that lives, by hand:"
        for line in paste_lines(plan.revision.pastes):
            yield visible(f"  {line}")
    yield from mapping_lines(plan.mapping)
    if plan.entries:
        push = ", and pushed" if plan.pushes else ""
        yield f"The queue: {visible(plan.out.as_posix())}{push}."
        if plan.why_not:
            yield plan.why_not


# --- doing it ---------------------------------------------------------------------------------


def _write(plan: Plan) -> Iterator[str]:
    """The queue first, then the guideline: if anything fails, a repeat does both again."""
    from labelq.documents import read_document
    from labelq.files import write_directory
    from labelq.report.text import visible
    from labelq.writing import write_files

    if plan.entries or plan.revision is not None:
        with write_directory(plan.out, replace=True) as directory:
            for name, content in plan.contents.items():
                (directory / name).write_bytes(content)
        yield f"Written: {visible(plan.out.as_posix())}"
    target = plan.target
    if not plan.changes_guideline:
        return
    if target is None:
        if not (plan.entries or plan.revision is not None):
            raise GuidelineError("which file is the guideline? --guideline FILE names it")
        return
    if target == plan.guideline and read_document(target) != plan.draft.original:
        raise GuidelineError(f"{target}: somebody changed it meanwhile; repeat the command")
    text = plan.draft.text.encode("utf-8", "surrogatepass")
    write_files({target: text}, replace=target == plan.guideline)
    version = f", version {plan.draft.version}" if plan.draft.version is not None else ""
    yield f"Written: {visible(target.as_posix())}{version}"


@contextmanager
def _temporary(plan: Plan) -> Iterator[Path]:
    """The output directory for the while, for a push that only shows what it would do."""
    with tempfile.TemporaryDirectory(prefix="labelq-") as folder:
        for name, content in plan.contents.items():
            (Path(folder) / name).write_bytes(content)
        yield Path(folder)


def _push(plan: Plan, directory: Path, options: Mapping[str, Any]) -> int:
    from labelq.cli.queue import push

    if not plan.entries:
        click.echo("Dry run: nothing was changed.")
        return 0
    chosen = {name: options[name] for name in ("project", "url", "api_key", "ca_bundle", "config")}
    return push(
        directory,
        {
            **chosen,
            "to": options["to"],
            "wants": "second-look",
            "limit": None,
            "votes": None,
            "label_config": None if plan.revision is not None else options["label_config"],
            "guideline": None,
            "show_votes": False,
            "beyond_budget": True,
            "dry_run": options["dry_run"],
            "yes": True,
        },
    )


def _push_command(plan: Plan, options: Mapping[str, Any]) -> str:
    from labelq.report.text import visible

    parts = ["labelq", "queue", "push", plan.out.as_posix()]
    if options["project"] is not None:
        parts += ["--project", str(options["project"])]
    elif plan.order.origin is None:
        parts += ["--project", "ID"]
    return visible(shlex.join(parts))
