"""From a source, whatever it is, to the round that is measured."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from labelq.errors import SettingsError, SourceError
from labelq.files import TABLE_SUFFIXES, read_bytes, read_table, table_suffix
from labelq.labels.building import build_round
from labelq.labels.model import LEVELS, Question, Round, Selection
from labelq.labels.submissions import Submissions
from labelq.labels.tables import frame_to_submissions

__all__ = ["read"]

Progress = Callable[[str, float], None]


def read(
    source: str | Path,
    *,
    name: str | None = None,
    label_config: str | Path | None = None,
    text_field: str | None = None,
    columns: Mapping[str, str] | None = None,
    levels: Mapping[str, str] | None = None,
    selection: Selection | None = None,
    map_labels: Mapping[tuple[str, str], str] | None = None,
    skip_bad_records: bool = False,
    progress: Progress | None = None,
) -> Round:
    """The round in ``source``: a Label Studio JSON export, or a tidy table.

    A table is CSV, TSV, Parquet or JSON Lines with the columns unit, rater, value
    (``columns`` maps other names); the ``ratings.csv`` of an earlier audit is read with the
    questions of the ``audit.json`` beside it. ``label_config`` and ``text_field`` are about
    exports. ``levels`` overrides the level of measurement by question (the empty name means
    all), ``map_labels`` maps (question, label) to today's label. ``name`` is the file's stem
    if not given (for an earlier audit, its directory's name).

    Raises:
        SourceError: the source cannot be read, or nobody's labels can be compared.
        SettingsError: an option names something that the source does not have.
    """
    path = Path(source)
    if path.is_dir():
        raise SourceError(f"{path}: is a directory; give an export, a table, or its ratings.csv")
    audit = path.with_name("audit.json") if path.name == "ratings.csv" else None
    if audit is not None and not audit.is_file():
        audit = None
    if name is None:
        name = path.resolve().parent.name if audit else path.name.split(".")[0] or path.name
    with _without_garbage_collection():
        if _is_export(path):
            if columns:
                raise SettingsError(f"--columns is about tables; {path} is a Label Studio export")
            submissions = _export(path, label_config, text_field, skip_bad_records, progress)
        else:
            submissions = _table(path, audit, columns or {}, levels or {})
        round_ = build_round(
            submissions,
            name=name,
            selection=selection or Selection(),
            levels=levels or {},
            map_labels=map_labels or {},
        )
    _refuse_incomparable(round_, path)
    return round_


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


def _is_export(path: Path) -> bool:
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


def _export(
    path: Path,
    label_config: str | Path | None,
    text_field: str | None,
    skip_bad_records: bool,  # noqa: FBT001  # passed through
    progress: Progress | None,
) -> Submissions:
    from labelq.label_studio.exports import read_export

    return read_export(
        path,
        label_config=Path(label_config) if label_config else None,
        text_field=text_field,
        skip_bad_records=skip_bad_records,
        progress=progress,
    )


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
    for rater in document.get("raters", ()):  # names, which the table does not hold
        known = submissions.raters.get(str(rater.get("id"))) if isinstance(rater, dict) else None
        if known is not None and isinstance(rater.get("name"), str):
            submissions.raters[str(rater["id"])] = (known[0], rater["name"], known[2])
    return submissions


def _json(path: Path) -> dict[str, Any]:
    import json

    try:
        document = json.loads(read_bytes(path))
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
        labels = (tuple(x) if isinstance(x, list) else x for x in told.pop("labels", ()))
        question = Question(labels=tuple(labels), **told)
    except (TypeError, KeyError):
        question = None
    if question is None or question.level not in LEVELS or not isinstance(question.name, str):
        raise SourceError(f"{where}: a question in it is not one: {str(row)[:80]}")
    return question


def _refuse_incomparable(round_: Round, path: Path) -> None:
    """Without two raters on any unit there is nothing that an audit could say."""
    if not round_.questions:
        not_yet = ("tag_not_measured", "region_not_measured")
        seen = sorted({a.detail for a in round_.intake.aside if a.reason in not_yet})
        found = f" (found: {'; '.join(seen[:5])})" if seen else ""
        raise SourceError(
            f"{path}: holds no answer to a question that labelq can measure{found};"
            " it reads Choices, Rating, Number, Pairwise, Taxonomy and DateTime"
        )
    for ratings in round_.ratings.values():
        if np.any(ratings.unit[1:] == ratings.unit[:-1]):
            return
    chosen = round_.selection != Selection()
    raise SourceError(
        f"{path}: no task has answers of two annotators to the same question"
        + (" in this selection" if chosen else "")
        + ", so there is no agreement to measure; "
        + ("select more" if chosen else "let a second annotator label a sample of the tasks")
    )
