"""``labelq audit``: can I trust this round, what is wrong, what do we do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.again import next_command, same_command
from labelq.cli.options import (
    measure_options,
    read_round,
    settings_of,
    source_options,
)

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.cli.sources import Origin
    from labelq.labels.model import Round
    from labelq.remedy.decision_file import DecisionFile
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
@click.option(
    "--decisions",
    type=_FILE,
    metavar="FILE",
    help="What the guideline meeting decided (labelq decide) [decisions.yaml beside the"
    " guideline, if it is there].",
)
@click.option("--out", type=_FILE, metavar="DIR", help="Where the audit goes [audits/<round>/].")
@click.option("--replace", is_flag=True, default=None, help="Replace an existing audit directory.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="[QUESTION:]METRIC=VALUE",
    help="Exit with 1 if the lower end of the coefficient's interval is below VALUE; METRIC.change:"
    " of its change since --against. Repeatable.",
)
@click.option(
    "--against",
    type=_FILE,
    metavar="DIR",
    help="An earlier round's audit directory: what changed since, with intervals, and what became"
    " of its clusters. --join FIELD tells which tasks are in both rounds [same id or content].",
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
    "--embedder",
    type=_FILE,
    metavar="DIR",
    help="Compare tasks by meaning: a local sentence-transformers or model2vec model [words].",
)
@click.option(
    "--budget",
    metavar="N|6h|90m",
    help="What the queue may cost: so many answers, or so much of people's time [an hour of"
    " everybody who labeled lately].",
)
@click.option(
    "--names", is_flag=True, default=None, help="Show annotators' names instead of letters."
)
@click.option(
    "--no-text",
    is_flag=True,
    default=None,
    help="Leave all text of tasks, and what is taken from it, out of every page and of what is"
    " printed (protected data). The data files (ratings.csv, audit.json, queue.json,"
    " guideline_draft.md and the others) hold it all the same.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print: the verdict, or audit.json and nothing else.",
)
@measure_options
def audit_command(sources: tuple[Path, ...], api_key: str | None, **options: Any) -> int:
    """Audit a labeling round: verdict, causes, guideline draft, re-labeling queue.

    SOURCE is a Label Studio JSON export, several of them, a folder of them, or a table (CSV,
    Parquet, JSON Lines) with the columns unit, rater, value and optionally question, text,
    gold, seconds, created_at. Or give --project: the project is pulled from Label Studio, and
    its instructions are the guideline unless --guideline names one.

    \b
    Examples:
      labelq audit --project 3
      labelq audit export.json --guideline guideline.md
      labelq audit export.json --from 2026-03-09 --to 2026-03-13 --where channel=email
      labelq audit ratings.csv --columns unit=task_id,rater=worker,value=label --level ordinal
      labelq audit export.json --fail-under category:krippendorff_alpha=.667
      labelq audit exports/ --rater-from filename --join ticket
      labelq audit export.json --budget 6h
      labelq audit round_2.json --against audits/round_1 --fail-under alpha.change=-.05

    Exit codes: 0 audited; 1 audited and below a gate; 2 bad usage or input; 3 internal error.
    """
    settings = settings_of(options, sources)
    return run(sources, settings, api_key, as_json=options["format"] == "json")


def run(
    sources: Sequence[Path],
    settings: Settings,
    api_key: str | None = None,
    *,
    as_json: bool = False,
) -> int:
    """Audit ``sources``, write the audit directory, print, and return the exit code."""
    from labelq.cli.pictures import pictures_of
    from labelq.cli.progress import progress_bar
    from labelq.cli.sources import origin_of
    from labelq.documents import read_document
    from labelq.files import check_target
    from labelq.reading import decisions_beside, read_audit, read_decision_file
    from labelq.report import terminal
    from labelq.report.directory import write_audit
    from labelq.report.document import audit_document, to_bytes
    from labelq.report.steps import Onward
    from labelq.report.without_text import without_text

    def target(round_name: str) -> Path:
        tab = "" if settings.view is None else f" tab {settings.view}"
        return settings.out or Path("audits") / _file_name(f"{round_name}{tab}")

    against = None if settings.against is None else read_audit(settings.against)
    guideline = None
    if settings.guideline is not None:
        guideline = (settings.guideline.name, read_document(settings.guideline))
    decided_in = settings.decisions or decisions_beside(settings.guideline)
    told = read_decision_file(decided_in) if decided_in is not None else None
    embedder = None
    if settings.embedder is not None:
        from labelq.embedders import local_embedder

        embedder = local_embedder(settings.embedder)
    with (
        progress_bar() as progress,
        origin_of(
            sources,
            settings,
            api_key,
            named=lambda name: check_target(target(name), replace=settings.replace),
            progress=progress,
        ) as origin,
    ):
        out = target(origin.name)
        round_ = read_round(origin, _for_reading(settings, sources), progress)
        if told is not None:
            round_ = with_notes(round_, decision_notes(told, round_, given=settings.decisions))
        # Imported after the source is known to be readable: errors come at once.
        from labelq.auditing import audit as audit_round
        from labelq.remedy.guideline import TaskLinks

        found = audit_round(
            round_,
            guideline=guideline or origin.guideline,
            resamples=settings.resamples,
            seed=settings.seed,
            confidence=settings.confidence,
            interval=settings.interval,
            group=settings.group,
            resample_raters=settings.resample_raters,
            reliable_from=settings.reliable_from,
            tentative_from=settings.tentative_from,
            cross_check=settings.cross_check,
            fail_under=settings.fail_under,
            against=against,
            join=settings.join,
            text_field=settings.text_field or "text",
            decisions=told.decisions if told is not None else (),
            embedder=embedder,
            budget=settings.budget,
            active=settings.raters.get("active"),
            sections=settings.sections,
            links=TaskLinks.of(origin.server if settings.join is None else None),
            progress=progress,
        )
        pictures = {} if settings.no_text else pictures_of(found, origin, settings, progress)
        progress("writing", 0.0)
        onward = Onward(
            next_command(sources, settings, round_, out),
            server=bool(origin.server),
            again=same_command(sources, settings, out),
            directory="" if out.is_absolute() else out.as_posix(),
        )
        write_audit(
            found,
            out,
            manifest=manifest(origin, settings) | guideline_used(found),
            replace=settings.replace,
            names=settings.names,
            text=not settings.no_text,
            pictures=pictures,
            onward=onward,
        )
    if as_json:
        click.echo(to_bytes(audit_document(found)).decode(), nl=False)
    else:
        shown = without_text(found) if settings.no_text else found
        terminal.print_audit(shown, out.as_posix(), names=settings.names, onward=onward)
    return 0 if found.passed else 1


def with_notes(round_: Round, notes: Sequence[str]) -> Round:
    """The round with further remarks on how it was understood."""
    from dataclasses import replace

    intake = replace(round_.intake, notes=(*round_.intake.notes, *notes))
    return replace(round_, intake=intake)


def decision_notes(told: DecisionFile, round_: Round, given: Path | None) -> list[str]:
    """What to say about a file of decisions: that it was found, and what does not fit."""
    from labelq.remedy.decisions import missing_tasks
    from labelq.report.decisions import missing
    from labelq.report.text import plain

    notes = list(told.problems(round_))
    notes += map(plain, missing(missing_tasks(told.decisions, round_)))
    if given is None:
        notes.insert(0, f"The decisions in {Path(told.name).name} beside the guideline were used.")
    return notes


def _for_reading(settings: Settings, sources: Sequence[Path]) -> Settings:
    """The settings without --join, where it only tells which tasks an earlier round had too."""
    from labelq.reading import is_export

    apart = len(sources) == 1 and sources[0].is_file() and not is_export(sources[0])
    return replace(settings, join=None) if settings.against is not None and apart else settings


def _file_name(name: str) -> str:
    """``name`` as the name of a directory: no separators, nothing hidden, not too long."""
    kept = "".join(c if c.isalnum() or c in "-_. " else "_" for c in name).strip(". ")
    return kept[:80] or "round"


def manifest(origin: Origin, settings: Settings) -> dict[str, Any]:
    """What the audit was made from: hashes of inputs, versions, options, the server."""
    import dataclasses
    import platform
    from importlib.metadata import version

    from labelq import __version__
    from labelq.label_studio.sources import label_config_beside
    from labelq.reading import adjudicated_file, decisions_beside, files_of

    files = [
        Path(file) if isinstance(file, str | Path) else file.path
        for file in files_of(origin.sources)
    ]
    inputs = {"source": files[0], "guideline": settings.guideline}
    inputs["adjudicated"] = adjudicated_file(settings)
    inputs["decisions"] = settings.decisions or decisions_beside(settings.guideline)
    inputs["label_config"] = settings.label_config or label_config_beside(files[0])
    packages = ("numpy", "scipy", "scikit-learn", "statsmodels", "krippendorff")
    options = dataclasses.asdict(settings)
    return {
        "schema": "labelq/manifest/1",
        "inputs": {role: _hashed(path) for role, path in inputs.items() if path is not None},
        **({"more_sources": [_hashed(path) for path in files[1:]]} if files[1:] else {}),
        **({"server": dict(origin.server)} if origin.server else {}),
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


def guideline_used(found: Audit) -> dict[str, Any]:
    """What a manifest says of the guideline that annotators had: name, version, hash."""
    import dataclasses

    used = found.guideline
    return {} if used is None else {"guideline": dataclasses.asdict(used)}


def _hashed(path: Path) -> dict[str, str]:
    from labelq.files import sha256

    return {"name": path.name, "sha256": sha256(path)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.name if isinstance(value, Path) else value
