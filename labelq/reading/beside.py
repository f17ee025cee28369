"""What stands beside a round: earlier audits, the meeting's decisions, decided labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelq.errors import DecisionsError, SourceError
from labelq.files import read_bytes, read_table, read_text
from labelq.reading.rounds import read

if TYPE_CHECKING:
    from labelq.remedy.adjudication import Adjudicated
    from labelq.remedy.decision_file import DecisionFile
    from labelq.remember.earlier import Earlier

__all__ = ["decisions_beside", "read_adjudicated", "read_audit", "read_decision_file", "read_json"]


def read_audit(directory: str | Path) -> Earlier:
    """An earlier audit: the round and what was found, from the directory that was written.

    Raises:
        SourceError: the directory does not hold an audit, or not as ``labelq audit`` writes it.
    """
    from labelq.remember.earlier import SCHEMA, earlier

    path = Path(directory)
    documents = path / "audit.json", path / "manifest.json"
    for file in (*documents, path / "ratings.csv"):
        if not file.is_file():
            raise SourceError(
                f"{path}: is no audit (it has no {file.name}); labelq audit makes one"
            )
    try:
        audit, manifest = map(read_json, documents)
        if audit["schema"] != SCHEMA:
            raise SourceError(
                f"{path}: holds a document of the kind {str(audit['schema'])[:40]}, and this labelq"
                f" reads {SCHEMA}: audit again, or with the labelq that wrote it"
            )
        round_ = read(path / "ratings.csv", name=str(audit["name"]))
        guideline = path / "guideline.md"
        text = read_text(guideline) if guideline.is_file() else None
        name = manifest["inputs"].get("guideline", {}).get("name", guideline.name)
        return earlier(audit, manifest, round_, None if text is None else (name, text))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise SourceError(
            f"{path}: its documents are not as `labelq audit` writes them; audit again"
        ) from None


def read_json(path: Path) -> Any:
    """A JSON document.

    Raises:
        SourceError: it cannot be read.
        ValueError, RecursionError: it is no JSON.
    """
    import json

    return json.loads(read_bytes(path))


def read_adjudicated(
    path: str | Path, *, who: str = "", when: str = "", source: str = ""
) -> list[Adjudicated]:
    """The rows of a table of decided labels; ``who``, ``when``, ``source`` where it is silent.

    Raises:
        SourceError: it cannot be read, or is no such table.
    """
    from labelq.remedy.adjudication import decisions_in

    path = Path(path)
    if path.suffix == ".csv" and not read_text(path).partition("\n")[2].strip():
        return []  # every decision was taken back
    try:
        return decisions_in(read_table(path).to_dict("records"), who=who, when=when, source=source)
    except SourceError as error:
        told = str(error)
        raise SourceError(told if told.startswith(str(path)) else f"{path}: {told}") from None


def read_decision_file(path: str | Path) -> DecisionFile:
    """The decisions in a file, in its order.

    Raises:
        DecisionsError: it cannot be read, or is no file of decisions; with line and column.
    """
    from labelq.remedy.decision_file import read_decisions

    return read_decisions(read_text(Path(path), DecisionsError), Path(path).as_posix())


def decisions_beside(guideline: Path | None) -> Path | None:
    """The file of decisions beside a guideline, if there is one."""
    if guideline is None:
        return None
    found = guideline.with_name("decisions.yaml")
    return found if found.is_file() else None
