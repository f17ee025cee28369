"""From a source, whatever it is, to the round that is measured."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelq.errors import SettingsError, SourceError
from labelq.files import (
    TABLE_SUFFIXES,
    read_matrix,
    read_table,
    table_suffix,
)
from labelq.labels.building import build_round
from labelq.labels.costs import Kind, Matrix, check_costs, with_costs
from labelq.labels.model import LEVELS, Question, Round, Selection
from labelq.labels.submissions import ANSWER, SELECTED, Submissions
from labelq.labels.tables import frame_to_submissions

if TYPE_CHECKING:
    from labelq.label_studio.sources import Export

__all__ = ["files_of", "is_export", "read", "round_name"]

Progress = Callable[[str, float], None]


def read(
    source: str | Path | Export | Sequence[str | Path | Export],
    *,
    name: str | None = None,
    label_config: str | Path | None = None,
    text_field: str | None = None,
    columns: Mapping[str, str] | None = None,
    levels: Mapping[str, str] | None = None,
    selection: Selection | None = None,
    map_labels: Mapping[tuple[str, str], str] | None = None,
    costs: Mapping[str, str | Path | Matrix] | None = None,
    weights: Mapping[str, str | Path | Matrix] | None = None,
    join: str | None = None,
    rater_from: str | None = None,
    reviewers: Sequence[str] = (),
    adjudicated: str | Path | None = None,
    skip_bad_records: bool = False,
    progress: Progress | None = None,
) -> Round:
    """The round in ``source``: a Label Studio JSON export, several of them, or a tidy table.

    A folder stands for all JSON exports in it. Several exports are one round: ``join`` says
    which of their tasks are the same, "content" (the default) or the name of a task field;
    with ``rater_from="filename"`` all annotations in a file belong to whom it is named after.
    Exports of queue projects may stand among them: what was labeled there counts for the
    labels, never for agreement. ``reviewers`` are people whose answers decide; ``adjudicated`` is
    a table of decided labels, as ``labelq adjudicate`` writes it.

    A table is CSV, TSV, Parquet or JSON Lines with the columns unit, rater, value
    (``columns`` maps other names); the ``ratings.csv`` of an earlier audit is read with the
    questions of the ``audit.json`` beside it. ``label_config`` and ``text_field`` are about
    exports. ``levels`` overrides the level of measurement by question (the empty name means
    all), ``map_labels`` maps (question, label) to today's label. ``costs`` says per question
    how bad it is to confuse two labels, as label → other label → number or as a square CSV
    file; ``weights`` says it as agreement, 1 on the diagonal. ``name`` is the file's stem
    if not given (for an earlier audit, its directory's name).

    Raises:
        SourceError: the source cannot be read, or nobody's labels can be compared.
        SettingsError: an option names something that the source does not have.
    """
    given = (
        [source] if isinstance(source, str | Path) or not isinstance(source, Sequence) else source
    )
    sources = files_of(given)
    if not sources:
        raise SettingsError("no source: give a Label Studio export, a folder of them, or a table")
    named = [_path(one) for one in sources]
    audit = named[0].with_name("audit.json") if named[0].name == "ratings.csv" else None
    if audit is not None and not audit.is_file():
        audit = None
    if name is None:
        name = round_name(given, audit)
    tables = [path for path in named if not is_export(path)]
    with _without_garbage_collection():
        if not tables:
            if columns:
                raise SettingsError(
                    f"--columns is about tables; {named[0]} is a Label Studio export"
                )
            where, submissions = _exports(
                sources, label_config, text_field, join, rater_from, skip_bad_records, progress
            )
        else:
            if len(named) > 1:
                raise SettingsError(
                    f"{tables[0]}: is a table; several sources must all be Label Studio exports"
                )
            if join or rater_from:
                option = "--join" if join else "--rater-from"
                raise SettingsError(
                    f"{option} is about Label Studio exports; {tables[0]} is a table"
                )
            where, submissions = str(named[0]), _table(named[0], audit, columns or {}, levels or {})
        round_ = build_round(
            submissions,
            name=name,
            selection=selection or Selection(),
            levels=levels or {},
            map_labels=map_labels or {},
            reviewers=reviewers,
        )
    if adjudicated is not None:
        from labelq.reading.beside import read_adjudicated
        from labelq.remedy.adjudication import applied

        path = Path(adjudicated)
        rows = read_adjudicated(path)
        round_ = applied(round_, rows, where=path.name, map_labels=map_labels)
    round_ = replace(round_, questions=_with_costs(round_.questions, costs or {}, weights or {}))
    several = sum(not getattr(one, "queue", False) for one in sources) > 1
    _refuse_incomparable(round_, submissions, where, joined=join, several=several)
    return round_


def round_name(sources: Sequence[str | Path | Export], audit: Path | None = None) -> str:
    """What a round of ``sources`` is called if nobody names it."""
    names = []
    for source in sources:
        path = _path(source)
        if audit is not None or path.is_dir():
            names.append((path.resolve() if path.is_dir() else path.resolve().parent).name)
        else:
            names.append(path.name.split(".")[0] or path.name)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return " + ".join(names[:3]) + more


def _path(source: str | Path | Export) -> Path:
    return Path(source) if isinstance(source, str | Path) else source.path


def files_of(sources: Sequence[str | Path | Export]) -> list[str | Path | Export]:
    """``sources`` with every folder replaced by the exports in it.

    Raises:
        SourceError: a folder holds no export, or is an audit.
    """
    return [file for source in sources for file in _files_of(source)]


def _files_of(source: str | Path | Export) -> list[str | Path | Export]:
    """The source itself; for a folder, the exports in it, by name."""
    path = _path(source)
    if not path.is_dir():
        return [source]
    if (path / "ratings.csv").is_file() and (path / "audit.json").is_file():
        raise SourceError(f"{path}: is an audit; give {path / 'ratings.csv'} to audit it again")
    found = sorted(
        file for file in path.glob("*.json") if file.is_file() and not file.name.startswith(".")
    )
    if not found:
        raise SourceError(f"{path}: is a folder without any .json export of Label Studio")
    return list(found)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Millions of fresh objects and no cycles: collecting would take most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def is_export(path: Path) -> bool:
    """By suffix; where it says nothing, by the first character."""
    suffix = table_suffix(path)
    if suffix in TABLE_SUFFIXES:
        return False
    if suffix == ".json":
        return True
    try:
        with path.open("rb") as file:
            start = file.read(1000)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from None
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] in (b"[", b"{", b"")


def _exports(
    sources: Sequence[str | Path | Export],
    label_config: str | Path | None,
    text_field: str | None,
    join: str | None,
    rater_from: str | None,
    skip_bad_records: bool,  # noqa: FBT001  # passed through
    progress: Progress | None,
) -> tuple[str, Submissions]:
    from labelq.label_studio.exports import read_exports
    from labelq.label_studio.sources import Export, is_queue
    from labelq.label_studio.units import CONTENT

    exports = [s if isinstance(s, Export) else Export(Path(s)) for s in sources]
    astray = (
        "Who voted in a queue is known by account, not by file name: such voters count as people"
        " of their own (--rater-from)."
    )
    said = (astray,) if rater_from is not None else ()
    queues = [
        replace(one, queue=True, notes=(*one.notes, *said))
        for one in exports
        if len(exports) > 1 and is_queue(one)
    ]
    paths = {queue.path for queue in queues}
    ordinary = [export for export in exports if export.path not in paths]
    if rater_from is not None:
        ordinary = [replace(one, rater=one.path.name.removesuffix(".json")) for one in ordinary]
    if join is None and len(ordinary) > 1:
        join = CONTENT
    submissions = read_exports(
        [*ordinary, *queues],  # units before the votes that a queue asked for about them
        label_config=Path(label_config) if label_config else None,
        text_field=text_field,
        join=join,
        skip_bad_records=skip_bad_records,
        progress=progress,
    )
    names = [export.name for export in exports]
    return " + ".join(names[:3]) + (" + …" if len(names) > 3 else ""), submissions


def _table(
    path: Path, audit: Path | None, columns: Mapping[str, str], levels: Mapping[str, str]
) -> Submissions:
    frame = read_table(path)
    document = _json(audit) if audit else {}
    scheme = tuple(_question(row, audit) for row in document.get("questions", ())) or None
    try:
        submissions = frame_to_submissions(frame, columns=columns, scheme=scheme, levels=levels)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from None
    # names, which the table does not hold
    for rater in (*document.get("raters", ()), *document.get("voters", ())):
        known = submissions.raters.get(str(rater.get("id"))) if isinstance(rater, dict) else None
        if known is not None and isinstance(rater.get("name"), str):
            submissions.raters[str(rater["id"])] = (known[0], rater["name"], known[2])
    return submissions


def _with_costs(
    questions: tuple[Question, ...],
    costs: Mapping[str, str | Path | Matrix],
    weights: Mapping[str, str | Path | Matrix],
) -> tuple[Question, ...]:
    for name in costs.keys() & weights.keys():
        raise SettingsError(f"--cost {name} and --weight {name}: give one of them")
    both: tuple[tuple[Kind, Mapping[str, str | Path | Matrix]], ...]
    both = (("cost", costs), ("weight", weights))
    for kind, given in both:
        matrices = {
            name: read_matrix(Path(one)) if isinstance(one, str | Path) else one
            for name, one in given.items()
        }
        questions = with_costs(questions, matrices, kind)
    check_costs(questions)
    return questions


def _json(path: Path) -> dict[str, Any]:
    from labelq.reading.beside import read_json

    try:
        document = read_json(path)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("questions"), list):
        raise SourceError(
            f"{path}: is not the audit that ratings.csv belongs to; move ratings.csv elsewhere"
            " to read it on its own"
        )
    return document


def _question(row: Any, where: Path | None) -> Question:
    """A question as ``audit.json`` tells it."""
    try:
        told = {f.name: row[f.name] for f in fields(Question) if f.name in row}
        told["costs"] = tuple((str(a), str(b), float(c)) for a, b, c in told.get("costs", ()))
        labels = (tuple(x) if isinstance(x, list) else x for x in told.pop("labels", ()))
        question = Question(labels=tuple(labels), **told)
    except (TypeError, KeyError, ValueError):
        question = None
    if question is None or question.level not in LEVELS or not isinstance(question.name, str):
        raise SourceError(f"{where}: a question in it is not one: {str(row)[:80]}")
    return question


def _refuse_incomparable(
    round_: Round, submissions: Submissions, where: str, *, joined: str | None, several: bool
) -> None:
    """Without two raters on any unit there is nothing that an audit could say."""
    if SELECTED in submissions.a_kind and ANSWER not in submissions.a_kind:
        raise SourceError(
            f"{where}: holds only labels that a queue asked for, which no agreement is measured"
            " from; audit the project (or export) that was queued, with these beside it"
        )
    not_yet = ("tag_not_measured", "region_not_measured")
    seen = sorted({a.detail for a in round_.intake.aside if a.reason in not_yet})
    if not submissions.annotation and not seen:
        skipped = " (all were skipped)" if any(submissions.a_skipped) else ""
        raise SourceError(
            f"{where}: holds no answer yet{skipped}; audit again when two annotators have labeled"
            " some of the same tasks"
        )
    if not round_.questions:
        found = f" (found: {'; '.join(seen[:5])})" if seen else ""
        raise SourceError(
            f"{where}: holds no answer to a question that labelq can measure{found};"
            " it reads Choices, Rating, Number, Pairwise, Taxonomy, DateTime and Ranker"
        )
    for ratings in round_.ratings.values():
        if np.any(ratings.unit[1:] == ratings.unit[:-1]):
            return
    chosen = round_.selection != Selection()
    if several and not chosen:
        by = f"the field {joined}" if joined and joined != "content" else "their content"
        raise SourceError(
            f"{where}: no task of one was labeled by another annotator in another, joined by {by};"
            " --join FIELD names the task field that tells which tasks are the same"
        )
    raise SourceError(
        f"{where}: no task has answers of two annotators to the same question"
        + (" in this selection" if chosen else "")
        + ", so there is no agreement to measure; "
        + ("select more" if chosen else "let a second annotator label a sample of the tasks")
    )
