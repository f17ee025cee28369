"""``labelq report``: the reports of an audit, from its directory alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelq.errors import SettingsError, SourceError

if TYPE_CHECKING:
    from labelq.report.reopening import Reopened

PAGES = {"html": "report.html", "md": "report.md"}  # as in labelq.report.directory, which is heavy


@click.command("report", short_help="The reports of an audit, from its directory alone.")
@click.argument("audit_dir", type=click.Path(path_type=Path), metavar="AUDIT_DIR")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where they go: a directory, or one .html or .md file [AUDIT_DIR].",
)
@click.option(
    "--format",
    type=click.Choice(list(PAGES)),
    help="Only the page for a browser, or only the Markdown [both].",
)
@click.option(
    "--names/--no-names",
    default=None,
    help="Annotators' names, or letters in their place [as audited].",
)
@click.option(
    "--no-text",
    is_flag=True,
    help="Leave all text of tasks, and what is taken from it, out of the pages (protected data)"
    " [as audited].",
)
@click.option(
    "--rater",
    metavar="NAME",
    help="A feedback page for this annotator (name, id or letter; all: one for each) instead.",
)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --rater: the guideline meeting's decisions [decisions.yaml beside the guideline].",
)
def report_command(
    audit_dir: Path,
    out: Path | None,
    format: str | None,  # noqa: A002  # the option's name
    names: bool | None,  # noqa: FBT001  # a flag, by its name
    no_text: bool,  # noqa: FBT001  # as above
    rater: str | None,
    decisions: Path | None,
) -> None:
    """Write report.html and report.md again, from what an audit wrote to its directory.

    Nothing is measured: the pages say what the audit found. They replace those in AUDIT_DIR,
    both or none; with --out they go elsewhere, and replace nothing but themselves.

    With --rater it is a page for one annotator instead: what they could look at again, and where
    it was not them. It names nobody else, and stands in AUDIT_DIR/private.

    \b
    Examples:
      labelq report audits/round_1
      labelq report audits/round_1 --names --out for_the_lead
      labelq report audits/round_1 --out wiki/quality.md
      labelq report audits/round_1 --rater B
      labelq report audits/round_1 --rater all
    """
    if rater is not None or decisions is not None:
        from labelq.cli.feedback import write_feedback

        write_feedback(audit_dir, rater, format, out, decisions, names=names, no_text=no_text)
        return
    from labelq.report.reopening import reopen
    from labelq.report.text import visible
    from labelq.writing import check_files, write_files

    paths = _paths(audit_dir, out, format)
    check_files(paths.values(), replace=True)
    found = reopen(audit_dir)
    contents = pages(
        audit_dir,
        found,
        [*paths],
        names=found.names if names is None else names,
        text=found.text and not no_text,
    )
    write_files({paths[kind]: content for kind, content in contents.items()}, replace=True)
    for path in paths.values():
        click.echo(visible(path.as_posix()))


def _paths(audit_dir: Path, out: Path | None, kind: str | None) -> dict[str, Path]:
    """Where each kind of page goes."""
    suffix = "" if out is None else out.suffix.removeprefix(".").lower()
    if out is not None and suffix in PAGES and not out.is_dir():
        if kind not in (None, suffix):
            raise SettingsError(f"--out {out}: is no file for --format {kind}")
        return {suffix: out}
    target = audit_dir if out is None else out
    return {one: target / PAGES[one] for one in ([kind] if kind else PAGES)}


def pages(
    audit_dir: Path, found: Reopened, kinds: list[str], *, names: bool, text: bool
) -> Mapping[str, bytes]:
    """The reports of these kinds, as they stand in files.

    Raises:
        SourceError: the documents do not fit together, so that nothing can be said from them.
    """
    from labelq.report.directory import report_pages
    from labelq.report.pictures import read_pictures
    from labelq.report.without_text import without_text

    pictures = read_pictures(audit_dir) if text else {}
    try:
        shown = found.audit if text else without_text(found.audit)
        made = report_pages(
            shown, kinds, found.manifest, pictures, names=names, onward=found.onward
        )
        return {kind: page.encode("utf-8", "backslashreplace") for kind, page in made.items()}
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as cause:
        from labelq.files import one_line

        raise SourceError(
            f"{audit_dir}: its files do not fit together ({type(cause).__name__}:"
            f" {one_line(cause)}); audit again"
        ) from None
