"""``labelq adjudicate``: labels that people decided, kept apart from votes."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelq.cli.connecting import config_option, connection_of, server_options
from labelq.errors import SettingsError, SourceError

if TYPE_CHECKING:
    from labelq.labels.model import Question, Round
    from labelq.remedy.adjudication import Adjudicated
    from labelq.remedy.decisions import Decision
    from labelq.remember.earlier import Earlier
    from labelq.settings import Settings

_FILE = click.Path(path_type=Path)


@click.command("adjudicate", short_help="Import labels that people decided.")
@click.argument("audit_dir", type=_FILE)
@click.argument("decided", type=_FILE, required=False, metavar="[FILE]")
@click.option(
    "--project",
    type=click.IntRange(min=1),
    metavar="ID",
    help="Decided in this project on the server: a queue's, or the one that was labeled.",
)
@click.option(
    "--ground-truth",
    is_flag=True,
    help="Ground truth decides: that of the audit, or with --project of the project as it is now.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="WHO",
    help="Who decided; with --project, whose answers decide (e-mail address or number)."
    " Repeatable.",
)
@click.option(
    "--file",
    "file",
    type=_FILE,
    metavar="FILE",
    help="Where decided labels are kept [adjudicated.csv beside the guideline, or here].",
)
@click.option(
    "--guideline",
    type=_FILE,
    metavar="FILE",
    help="The guideline that the decided labels are kept beside [as labelq.toml says].",
)
@click.option(
    "--decisions",
    type=_FILE,
    metavar="FILE",
    help="What the meeting decided [decisions.yaml beside the guideline].",
)
@click.option(
    "--label-config",
    type=_FILE,
    metavar="FILE",
    help="Labeling config with labels that are newer than the round.",
)
@click.option("--dry-run", is_flag=True, help="Only say what it would be; write nothing.")
@server_options
@config_option
def adjudicate_command(
    audit_dir: Path, decided: Path | None, api_key: str | None, **options: Any
) -> None:
    """Import labels that people decided about the tasks of an audit.

    AUDIT_DIR is what `labelq audit` wrote, FILE a table with the columns task, label, and where
    there are several questions question; who and when are kept if they are there. Decided labels
    are no votes: they stand in a table of their own beside the guideline, from which every
    further audit takes them (--adjudicated). The last row about a task counts; delete a row to
    take it back. If any row is wrong nothing is written.

    \b
    Examples:
      labelq adjudicate audits/round_1 decided.csv --by Mia
      labelq adjudicate audits/round_1 --project 12 --by mia@example.com
      labelq adjudicate audits/round_1 --project 3 --ground-truth
    """
    from labelq import settings as files
    from labelq.reading import ADJUDICATED, decisions_file, read_adjudicated, read_audit
    from labelq.remedy.adjudication import check, new_rows
    from labelq.remedy.decided_tasks import against, tally
    from labelq.remedy.scope import decided_clusters
    from labelq.report.adjudication import against_lines, problem_lines, tally_lines
    from labelq.report.text import visible
    from labelq.writing import write_files

    if (decided is not None) + (options["project"] is not None) > 1:
        raise SettingsError("give either FILE or --project")
    if decided is None and options["project"] is None and not options["ground_truth"]:
        raise SettingsError("decided where? Give FILE, --project ID or --ground-truth")
    if decided is not None and options["ground_truth"]:
        raise SettingsError("--ground-truth is about Label Studio; leave FILE out")
    chosen = {name: options[name] for name in ("url", "ca_bundle", "guideline", "decisions")}
    settings = files.load(options["config"], chosen)
    earlier = read_audit(audit_dir)
    target = _target(options["file"], settings, earlier, audit_dir)
    known = read_adjudicated(target) if target.is_file() else []
    round_ = earlier.round
    if options["project"] is not None:
        rows, questions = _from_project(audit_dir, round_, settings, api_key, options)
    elif decided is not None:
        who, source = ", ".join(options["by"]), decided.name
        rows = read_adjudicated(decided, who=who, when=_today(), source=source)
        questions = ()
        if rows and not any(row.who for row in rows):
            raise SettingsError("who decided? --by NAME says it, or a column who")
    else:
        rows, questions = _gold(round_, options["by"]), ()
    if options["label_config"] is not None:
        questions = _asked(options["label_config"])
    found, problems = check(round_, rows, _with_labels(round_.questions, questions))
    for line in problem_lines(problems):
        click.echo(f"labelq: {'' if decided else 'left out: '}{line}", err=True)
    if problems and decided is not None:  # a file can be mended, a server's old labels cannot
        wrong = "1 row is" if len(problems) == 1 else f"{len(problems):,} rows are"
        raise SourceError(f"{decided}: {wrong} no decision about {audit_dir}; nothing was written")
    if not found:
        raise SourceError(f"{decided or 'the project'}: nothing is decided there")
    new = new_rows(known, found)
    made = _made(settings, earlier, audit_dir)
    of_clusters = decided_clusters(made, earlier.clusters, round_)
    counts = tally(round_, earlier.clusters, _consensus_so_far(audit_dir), found)
    for line in tally_lines(round_, found, len(new), counts, of_clusters):
        click.echo(line)
    for line in against_lines(against(round_, made, found)):
        click.echo(line)
    if options["dry_run"]:
        click.echo("Dry run: nothing was written.")
        return
    if new:
        write_files({target: _appended(target, new)}, replace=True)
    click.echo(f"{'kept in' if new else 'nothing new for'} {visible(target.as_posix())}")
    beside = settings.guideline is not None and target.parent == settings.guideline.parent
    given = (beside and target.name == ADJUDICATED) or settings.adjudicated == target
    more = [] if given else ["--adjudicated", target.as_posix()]
    if any(one.decided for one in made):
        if given or target == decisions_file(earlier, audit_dir).with_name(ADJUDICATED):
            more = []
        if settings.decisions is not None and options["decisions"] is not None:
            more += ["--decisions", settings.decisions.as_posix()]
        again = shlex.join(["labelq", "apply", audit_dir.as_posix(), "--dry-run", *more])
        click.echo(f"Next, what the decisions release: {visible(again)}")
    else:
        if settings.guideline is not None:
            more = ["--guideline", settings.guideline.as_posix(), *more]
        again = f"labelq audit …{' ' if more else ''}{shlex.join(more)}"
        click.echo(f"Next, audit again with it: {visible(again)}")


def _target(file: Path | None, settings: Settings, earlier: Earlier, audit_dir: Path) -> Path:
    """Where decided labels are kept: as asked for, as set, beside the guideline, here."""
    from labelq.reading import ADJUDICATED, decisions_file

    found = file or settings.adjudicated
    if found is None and settings.guideline is not None:
        found = settings.guideline.with_name(ADJUDICATED)
    if found is None:
        found = decisions_file(earlier, audit_dir).with_name(ADJUDICATED)
    if (found.parent / "manifest.json").is_file() and (found.parent / "audit.json").is_file():
        raise SettingsError(
            f"{found}: is inside an audit, which the next audit replaces; keep it beside the"
            " guideline (--file)"
        )
    return found


def _made(settings: Settings, earlier: Earlier, audit_dir: Path) -> list[Decision]:
    """What the meeting decided about this round, if it wrote anything down.

    A file that cannot be read keeps nobody from importing labels: that is said, and it is left
    out.
    """
    from labelq.errors import DecisionsError
    from labelq.reading import decisions_file, read_decision_file
    from labelq.remedy.decisions import about

    path = settings.decisions
    if path is None and settings.guideline is not None:
        path = settings.guideline.with_name("decisions.yaml")
    path = path or decisions_file(earlier, audit_dir)
    if settings.decisions is None and not path.is_file():
        return []
    try:
        file = read_decision_file(path)
        file.check(earlier.round)
    except DecisionsError as error:
        click.echo(f"labelq: not compared with the decisions: {error}", err=True)
        return []
    return list(about(file.decisions, earlier.round))


def _today() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()


def _gold(round_: Round, by: Sequence[str]) -> list[Adjudicated]:
    """The gold labels of the audit as decided labels."""
    import numpy as np

    from labelq.labels.cells import cell_of
    from labelq.remedy.adjudication import Adjudicated

    rows = [
        Adjudicated(
            round_.units.ids[unit],
            name,
            cell_of(round_.ratings[name].values[codes[unit]]),
            ", ".join(by),
            _today(),
            "ground truth of the audit",
        )
        for name, codes in round_.gold.items()
        for unit in np.flatnonzero(codes >= 0).tolist()
    ]
    if not rows:
        raise SourceError(
            "the audit knows no ground truth; if it was set since, audit again, or give --project"
        )
    if not by:
        raise SettingsError("who decided? --by NAME says it")
    return rows


def _from_project(
    audit_dir: Path,
    round_: Round,
    settings: Settings,
    api_key: str | None,
    options: dict[str, Any],
) -> tuple[Sequence[Adjudicated], tuple[Question, ...]]:
    """What was decided in the project, which is pulled for the while."""
    from labelq.cli.progress import progress_bar
    from labelq.cli.sources import check_config, pull_project, write_beside
    from labelq.label_studio.decided import decided_in
    from labelq.label_studio.projects import read_project
    from labelq.label_studio.queues.order import read_order

    order = read_order(audit_dir)
    with (
        tempfile.TemporaryDirectory(prefix="labelq-") as folder,
        connection_of(settings, api_key) as connection,
        progress_bar() as progress,
    ):
        project = read_project(connection, options["project"])
        check_config(project)
        target = Path(folder) / f"project_{project.id}.json"
        pull_project(connection, project, target, None, progress)
        write_beside(target, project)
        found = decided_in(
            target,
            round_,
            source=f"project {project.id}",
            by=options["by"],
            ground_truth=options["ground_truth"],
            text_field=None if order.text_field == "text" else order.text_field,
            join=order.join,
        )
    for n, one, several, what in (
        (found.n_contradicted, "label", "labels", "on which people contradict each other"),
        (
            found.n_strangers,
            "annotation",
            "annotations",
            "of tasks that are not of this round, or show something else now",
        ),
    ):
        if n:
            noun = one if n == 1 else several
            click.echo(f"labelq: {n:,} {noun} {what}: not decided", err=True)
    return found.rows, found.questions


def _asked(path: Path) -> tuple[Question, ...]:
    from labelq.label_studio.config import read_label_config

    controls = read_label_config(path).controls
    return tuple(one.question(one.name) for one in controls if one.line is not None)


def _with_labels(questions: Sequence[Question], newer: Sequence[Question]) -> tuple[Question, ...]:
    """The questions of the round, with the labels that they have by now."""
    from dataclasses import replace

    by_name = {question.name: question for question in newer}
    return tuple(
        replace(one, labels=tuple(dict.fromkeys((*one.labels, *by_name[one.name].labels))))
        if one.name in by_name and one.labels
        else one
        for one in questions
    )


def _consensus_so_far(audit_dir: Path) -> dict[tuple[str, str], str]:
    """(unit, question) → the label of the consensus, without those decided before."""
    from labelq.files import read_table

    table = read_table(audit_dir / "labels.csv")
    try:
        estimates = table[table["source"] == "consensus"]
        keys = zip(estimates["unit"], estimates["question"], strict=True)
        return dict(zip(keys, estimates["label"], strict=True))
    except KeyError:
        raise SourceError(
            f"{audit_dir}: its documents are not as `labelq audit` writes them; audit again"
        ) from None


def _appended(target: Path, rows: Sequence[Adjudicated]) -> bytes:
    """The table with more rows; what stands in it stays as it is.

    Raises:
        SourceError: the table has other columns.
    """
    import csv
    import io

    from labelq.files import csv_safe, read_text
    from labelq.remedy.adjudication import COLUMNS

    # With a byte order mark: people open the table in a spreadsheet.
    text = read_text(target) if target.is_file() else "\ufeff" + ",".join(COLUMNS) + "\n"
    header = next(csv.reader([text.removeprefix("\ufeff").partition("\n")[0].rstrip("\r")]), [])
    if tuple(header) != COLUMNS:
        raise SourceError(
            f"{target}: its columns are not {', '.join(COLUMNS)}; give another --file and import"
            " this one, too"
        )
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [
            csv_safe(cell)
            for cell in (r.unit, r.question, r.label, r.who, r.when, r.source, r.content)
        ]
        for r in rows
    )
    gap = "" if text.endswith("\n") else "\n"
    return (text + gap + out.getvalue()).encode("utf-8", "backslashreplace")
