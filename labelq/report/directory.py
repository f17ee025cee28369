"""The audit directory: every file of an audit, written together or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelq.files import csv_safe, write_directory
from labelq.remedy.entries import queue_rows
from labelq.remedy.training_labels import training_labels
from labelq.report.beside import beside
from labelq.report.disagreements import disagreements_frame
from labelq.report.document import audit_document, to_bytes
from labelq.report.html import private_annotators_html, report_html, rules_html
from labelq.report.markdown import report_markdown
from labelq.report.pictures import PICTURES, Picture, pictures_document
from labelq.report.steps import ONWARD, Onward
from labelq.report.without_text import without_text

if TYPE_CHECKING:
    from labelq.auditing import Audit

PAGES = {"html": "report.html", "md": "report.md"}
"""The reports: kind → file."""

QUEUE_COLUMNS = (
    "rank", "task", "status", "wants", "why", "people", "answers", "minutes", "gain",
    "gain per hour", "doubt", "text",
)  # fmt: skip


def write_audit(
    audit: Audit,
    target: Path,
    *,
    manifest: Mapping[str, Any],
    replace: bool = False,
    names: bool = False,
    text: bool = True,
    pictures: Mapping[str, Picture] | None = None,
    onward: Onward = ONWARD,
) -> None:
    """Write an audit to the directory ``target``, whole or not at all.

    ``manifest`` says what the audit was made from (hashes, selection, versions, options); how
    its reports are made is added, so that they can be made again. With
    ``names`` the report and the Markdown show annotators' names instead of letters.
    Without ``text`` no page holds any text of a task, or a picture; the data files do.
    ``pictures`` are those of the tasks that the report shows, by unit id. ``onward`` is for the
    steps to do next.

    Raises:
        OutputError: ``target`` exists and ``replace`` is not given, or cannot be written.
    """
    pictures = pictures or {}
    shown = audit if text else without_text(audit)
    pages = report_pages(
        shown, tuple(PAGES), manifest, pictures if text else {}, names=names, onward=onward
    )
    with write_directory(target, replace=replace) as directory:
        private = directory / "private"
        private.mkdir()
        for kind, page in pages.items():
            _write(directory / PAGES[kind], page)
        _write(directory / "rules.html", rules_html(shown))
        if pictures:
            (directory / PICTURES).write_bytes(to_bytes(pictures_document(pictures)))
        _write(private / "annotators.html", private_annotators_html(audit))
        (directory / "audit.json").write_bytes(to_bytes(audit_document(audit)))
        made = {"report": {"names": names, "text": text, "onward": onward}}
        (directory / "manifest.json").write_bytes(to_bytes({**manifest, **made}))
        (directory / "queue.json").write_bytes(to_bytes(list(audit.tasks)))
        _write(directory / "queue.csv", "\ufeff" + queue_csv(audit))
        if audit.draft.original is not None:
            _write(directory / "guideline.md", audit.draft.original)
        _write(directory / "guideline_draft.md", audit.draft.text)
        _write(directory / "guideline.diff", audit.draft.diff)
        _write(directory / "guideline_changes.md", audit.draft.log)
        # These tables are data, read by programs: exact, not made safe for spreadsheets.
        for name, table in (
            ("ratings.csv", audit.round.to_frame()),
            ("labels.csv", training_labels(audit.round, audit.consensus)),
            ("disagreements.csv", disagreements_frame(audit)),
        ):
            with (directory / name).open(
                "w", encoding="utf-8", newline="", errors="backslashreplace"
            ) as file:
                table.to_csv(file, index=False, lineterminator="\n")


def report_pages(
    audit: Audit,
    kinds: Iterable[str],
    manifest: Mapping[str, Any],
    pictures: Mapping[str, Picture],
    *,
    names: bool,
    onward: Onward,
) -> dict[str, str]:
    """The reports of these kinds (of :data:`PAGES`): read anywhere, by anybody, so that their
    paths are as seen from the audit directory.
    """
    found = {}
    for kind in kinds:
        if kind == "html":
            around = beside(manifest, pictures)
            found[kind] = report_html(audit, names=names, onward=onward, beside=around)
        else:
            found[kind] = report_markdown(audit, names=names, onward=onward)
    return found


def queue_csv(audit: Audit) -> str:
    """The queue as a table for a spreadsheet, safe against formulas."""
    out = io.StringIO()
    rows = queue_rows(audit.round, audit.queue)
    writer = csv.DictWriter(out, QUEUE_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        # A spreadsheet's cell holds no more than 32,767 characters.
        safe = {k: csv_safe(v[:32_000]) if isinstance(v, str) else v for k, v in row.items()}
        writer.writerow(safe)
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    """Write ``text`` as it is (no newline translation)."""
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
