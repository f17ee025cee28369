"""``labelq audit``: can I trust this round, what is wrong, what do we do."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.options import measure_options, read_round, settings_of, source_options

if TYPE_CHECKING:
    from labelq.settings import Settings

_FILE = click.Path(path_type=Path)


@click.command("audit", short_help="Verdict, causes, guideline draft, queue.")
@source_options
@click.option(
    "--guideline",
    type=_FILE,
    metavar="FILE",
    help="The annotators' guideline: Markdown, .docx or .html. It is never overwritten.",
)
@click.option("--out", type=_FILE, metavar="DIR", help="Where the audit goes [audits/<round>/].")
@click.option("--replace", is_flag=True, default=None, help="Replace an existing audit directory.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="[QUESTION:]METRIC=VALUE",
    help="Exit with 1 if the lower end of the coefficient's interval is below VALUE. Repeatable.",
)
@click.option(
    "--reliable-from",
    type=float,
    metavar="A",
    help="Lower end from which labels are reliable [.8].",
)
@click.option(
    "--tentative-from",
    type=float,
    metavar="A",
    help="Lower end from which conclusions are tentative [.667].",
)
@click.option(
    "--cross-check/--no-cross-check",
    default=None,
    help="Recompute every number through krippendorff and statsmodels [where memory allows].",
)
@click.option(
    "--names", is_flag=True, default=None, help="Show annotators' names instead of letters."
)
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print: the verdict, or audit.json and nothing else.",
)
@measure_options
def audit_command(source: Path, **options: Any) -> int:
    """Audit a labeling round: verdict, causes, guideline draft, re-labeling queue.

    SOURCE is a Label Studio JSON export or a table (CSV, Parquet, JSON Lines) with the columns
    unit, rater, value and optionally question, text, gold, seconds, created_at.

    \b
    Examples:
      labelq audit export.json --guideline guideline.md
      labelq audit export.json --from 2026-03-09 --to 2026-03-13 --where channel=email
      labelq audit ratings.csv --columns unit=task_id,rater=worker,value=label --level ordinal
      labelq audit export.json --fail-under category:krippendorff_alpha=.667

    Exit codes: 0 audited; 1 audited and below a gate; 2 bad usage or input; 3 internal error.
    """
    return run(source, settings_of(options), as_json=options["format"] == "json")


def run(source: Path, settings: Settings, *, as_json: bool = False) -> int:
    """Audit ``source``, write the audit directory, print, and return the exit code."""
    from labelq.cli.progress import progress_bar
    from labelq.files import check_target, read_document
    from labelq.report import terminal
    from labelq.report.directory import write_audit
    from labelq.report.document import audit_document, to_bytes

    out = settings.out or Path("audits") / _file_name(settings.round or source.stem)
    check_target(out, replace=settings.replace)
    guideline = None
    if settings.guideline is not None:
        guideline = (settings.guideline.name, read_document(settings.guideline))
    again = next_command(source, settings)
    with progress_bar() as progress:
        round_ = read_round(source, settings, progress)
        # Imported after the source is known to be readable: errors come at once.
        from labelq.auditing import audit as audit_round

        found = audit_round(
            round_,
            guideline=guideline,
            resamples=settings.resamples,
            seed=settings.seed,
            confidence=settings.confidence,
            reliable_from=settings.reliable_from,
            tentative_from=settings.tentative_from,
            cross_check=settings.cross_check,
            fail_under=settings.fail_under,
            text_field=settings.text_field or "text",
            progress=progress,
        )
        progress("writing", 0.0)
        write_audit(
            found,
            out,
            manifest=manifest(source, settings),
            replace=settings.replace,
            names=settings.names,
            next_command=again,
        )
    if as_json:
        click.echo(to_bytes(audit_document(found)).decode(), nl=False)
    else:
        terminal.print_audit(found, out.as_posix(), names=settings.names, next_command=again)
    return 0 if found.passed else 1


def _file_name(name: str) -> str:
    """``name`` as the name of a directory: no separators, nothing hidden, not too long."""
    kept = "".join(c if c.isalnum() or c in "-_. " else "_" for c in name).strip(". ")
    return kept[:80] or "round"


def next_command(source: Path, settings: Settings) -> str:
    """The command that audits the next round as this one was audited."""
    parts = ["labelq", "audit", "next_round" + "".join(source.suffixes[-2:])]
    if settings.columns:
        parts += ["--columns", ",".join(f"{k}={v}" for k, v in settings.columns.items())]
    for question, level in settings.level.items():
        parts += ["--level", f"{question}={level}" if question else level]
    if settings.label_config is not None:
        parts += ["--label-config", settings.label_config.name]
    if settings.text_field is not None:
        parts += ["--text-field", settings.text_field]
    guideline = settings.guideline.stem if settings.guideline is not None else "guideline"
    return shlex.join([*parts, "--guideline", f"{guideline}.md"])


def manifest(source: Path, settings: Settings) -> dict[str, Any]:
    """What the audit was made from: hashes of inputs, versions, options."""
    import dataclasses
    import platform
    from importlib.metadata import version

    from labelq import __version__
    from labelq.files import sha256

    inputs = {"source": source, "guideline": settings.guideline}
    beside = source.with_name("label_config.xml")  # what an export is read with, if it is there
    inputs["label_config"] = settings.label_config or (beside if beside.is_file() else None)
    packages = ("numpy", "scipy", "scikit-learn", "statsmodels", "krippendorff")
    options = dataclasses.asdict(settings)
    return {
        "schema": "labelq/manifest/1",
        "inputs": {
            role: {"name": path.name, "sha256": sha256(path)}
            for role, path in inputs.items()
            if path is not None
        },
        "options": {
            **{name: _plain(value) for name, value in options.items()},
            "map_label": [f"{q}:{old}={new}" for (q, old), new in settings.map_label.items()],
        },
        "versions": {
            "labelq": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
    }


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, Path) else value
