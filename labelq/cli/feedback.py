"""Feedback pages, for ``labelq report --rater``: one annotator's, or one for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelq.errors import SettingsError, SourceError

if TYPE_CHECKING:
    from labelq.auditing import Audit
    from labelq.labels.model import Units
    from labelq.remedy.decisions import Decision
    from labelq.report.reopening import Reopened

EVERYBODY = "all"


def write_feedback(
    audit_dir: Path,
    rater: str | None,
    kind: str | None,
    out: Path | None,
    decisions: Path | None,
    *,
    names: bool | None,
    no_text: bool,
) -> None:
    """Write the page of one annotator, or of everybody, and say where.

    Without texts where ``no_text``, or where the audit was made so.

    Raises:
        SettingsError: nobody is called so, or an option is for something else.
        LabelqError: a file cannot be read or written.
    """
    from labelq.remedy.feedback import rater_called
    from labelq.report.beside import beside
    from labelq.report.feedback import casebook, feedback_html, feedback_markdown
    from labelq.report.pictures import read_pictures
    from labelq.report.reopening import reopen
    from labelq.report.text import visible
    from labelq.report.without_text import without_text
    from labelq.writing import write_files

    if rater is None:
        raise SettingsError("--decisions is for a feedback page: give --rater NAME, too")
    if names is not None:
        raise SettingsError("--names is for the report: a feedback page names nobody else")
    kind = _kind(kind, out)
    if rater == EVERYBODY and out is not None and out.suffix in (".html", ".md"):
        raise SettingsError(f"--out {out}: is a file; --rater all needs a directory")
    found = reopen(audit_dir)
    raters = found.audit.round.raters
    everybody = rater == EVERYBODY
    codes = [code for code, one in enumerate(raters) if one.kind == "person"]
    if not everybody:
        codes = [rater_called(raters, rater)]
    audit, anchors = _with_decisions(found, audit_dir, decisions)
    book = casebook(audit, anchors=anchors)
    text = found.text and not no_text
    shown = audit if text else without_text(audit)
    around = beside(found.manifest, read_pictures(audit_dir) if text else None)
    render = {"html": feedback_html, "md": feedback_markdown}[kind]
    contents = {}
    for code in codes:
        path = _place(audit_dir, out, raters[code].letter, kind, everybody=everybody)
        try:
            page = render(shown, book.of(code), around)
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as cause:
            said = f"{type(cause).__name__}: {_shown(cause)}"
            raise SourceError(
                f"{audit_dir}: its files do not fit together ({said}); audit again"
            ) from None
        contents[path] = page.encode("utf-8", "backslashreplace")
    write_files(contents, replace=True)
    for path in contents:
        click.echo(visible(path.as_posix()))


def _kind(kind: str | None, out: Path | None) -> str:
    """What is asked for: ``html`` or ``md``, as the file's name has it."""
    suffix = "" if out is None else out.suffix.removeprefix(".").lower()
    if suffix in ("html", "md") and kind not in (None, suffix):
        raise SettingsError(f"--out {out}: is no file for --format {kind}")
    return kind or (suffix if suffix in ("html", "md") else "html")


def _place(audit_dir: Path, out: Path | None, letter: str, kind: str, *, everybody: bool) -> Path:
    """Where a page goes: named by the letter, which is safe in every file system."""
    if everybody:
        return (out or audit_dir / "private" / "feedback") / f"{letter}.{kind}"
    if out is None:
        return audit_dir / "private" / f"feedback-{letter}.{kind}"
    return out / f"feedback-{letter}.{kind}" if out.is_dir() else out


def _with_decisions(
    found: Reopened, audit_dir: Path, told: Path | None
) -> tuple[Audit, Units | None]:
    """The audit with what people decided since, the meeting and reviewers; and the tasks of the
    earlier round that decisions were made on.
    """
    from dataclasses import replace

    from labelq.reading import decisions_file, read_decision_file, with_adjudicated
    from labelq.remedy.scope import Scopes, decided_clusters
    from labelq.remember.earlier import Earlier
    from labelq.settings import load

    audit, draft = found.audit, found.audit.draft
    guideline = None if draft.original is None else (draft.name, draft.original)
    earlier = Earlier(audit.round, audit.clusters, {}, found.manifest, guideline)
    settings = load(None, {})
    path = told or decisions_file(earlier, audit_dir, settings)
    decisions = audit.decisions
    if told is not None or path.exists():
        file = read_decision_file(path)
        decisions = file.decisions
        for problem in file.problems(audit.round):
            click.echo(f"labelq: {_shown(problem)}", err=True)
    source, _ = with_adjudicated(audit.round, settings, path, decisions)
    anchors = _anchors(found, decisions)
    scopes = Scopes(source, anchors)
    decided = decided_clusters(decisions, audit.clusters, source, scopes=scopes)
    now = replace(
        audit,
        round=source,
        decisions=tuple(decisions),
        decided={cluster: decision.id for cluster, decision in decided.items()},
    )
    return now, anchors


def _anchors(found: Reopened, decisions: tuple[Decision, ...]) -> Units | None:
    """The tasks of the earlier round that decisions were made on, where it can be read."""
    from labelq.reading import read_audit

    here = found.audit.round.name
    against = (found.manifest.get("options") or {}).get("against")
    elsewhere = any(one.evidence is not None and one.evidence.round != here for one in decisions)
    if not elsewhere or not isinstance(against, str):
        return None
    try:
        return read_audit(Path(against)).round.units
    except SourceError as problem:
        left_out = f"decisions on tasks of an earlier round are left out: {_shown(problem)}"
        click.echo(f"labelq: {left_out}", err=True)
        return None


def _shown(what: object) -> str:
    from labelq.report.text import visible

    return visible(" ".join(str(what).split()))
