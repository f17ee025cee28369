"""What `labelq apply` writes for the queue: documents as an audit's, of the released tasks alone.

`labelq queue` reads the directory as it reads an audit's. Of the ratings it holds those that a
decision contradicts: who gave them looks again.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from labelq.files import csv_safe
from labelq.label_studio.queues.order import RELEASED
from labelq.label_studio.revision import Paste
from labelq.labels.cells import cell_of
from labelq.labels.evidence import last_words
from labelq.labels.model import Round
from labelq.labels.queue_fields import KEY, ROUND
from labelq.remedy.acts import Entry, Task
from labelq.remedy.entries import queue_tasks
from labelq.remedy.releasing import Effect
from labelq.report.document import to_bytes

__all__ = ["paste_lines", "released_documents"]

_RATINGS = ("unit", "question", "rater", "value", "seconds")


def released_documents(
    name: str,
    round_: Round,
    entries: Sequence[Entry],
    found: Sequence[Effect],
    *,
    manifest: Mapping[str, Any],
    guideline: str,
    text_field: str = "text",
) -> dict[str, bytes]:
    """File name → content. ``name`` is what the queue is called; ``manifest`` is the audit's."""
    tasks = [_renamed(task, name) for task in queue_tasks(round_, entries, text_field)]
    kept = {k: manifest[k] for k in ("server", "more_sources", "options") if k in manifest}
    about = {
        "schema": RELEASED,
        "inputs": {},
        **kept,
        "released": {"round": round_.name, "decisions": [one.decision.id for one in found]},
    }
    return {
        "audit.json": to_bytes({"schema": RELEASED, "name": name}),
        "queue.json": to_bytes(tasks),
        "queue.csv": _people_table(round_, entries).encode("utf-8", "backslashreplace"),
        "manifest.json": to_bytes(about),
        "ratings.csv": _contradicted(round_, found).encode("utf-8", "backslashreplace"),
        "guideline_draft.md": guideline.encode("utf-8", "backslashreplace"),
    }


def _renamed(task: Task, name: str) -> Task:
    """The task in a queue of its own: its votes come back by this name, and by the unit."""
    about = task["meta"]["labelq"] | {"round": name}
    data = task["data"] | {KEY: f"{name}/{about['unit']}", ROUND: name}
    return {"data": data, "meta": {"labelq": about}}


def _contradicted(round_: Round, found: Sequence[Effect]) -> str:
    """The annotations that are released, as in ``ratings.csv``; each once per question."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_RATINGS)
    for question in round_.questions:
        pairs = {
            (unit, rater)
            for one in found
            if one.decision.question == question.name
            for unit, raters in one.contradicted.items()
            for rater in raters
        }
        ratings = last_words(round_, question)
        for row, (unit, rater) in enumerate(
            zip(ratings.unit.tolist(), ratings.rater.tolist(), strict=True)
        ):
            if (unit, rater) in pairs:
                took = float(ratings.seconds[row])
                value = cell_of(ratings.values[ratings.value[row]])
                who = round_.voters[rater].id
                seconds = "" if math.isnan(took) else f"{took:g}"
                writer.writerow([round_.units.ids[unit], question.name, who, value, seconds])
    return out.getvalue()


def _people_table(round_: Round, entries: Sequence[Entry]) -> str:
    """Which tasks, and who looks again (as letters): for a spreadsheet, safe against formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["rank", "task", "annotators", "text"])
    for rank, entry in enumerate(entries, 1):
        letters = ", ".join(round_.voters[code].letter for code in entry.people)
        text = (round_.units.text[entry.unit] or "")[:32_000]
        writer.writerow([rank, *map(csv_safe, (round_.units.ids[entry.unit], letters, text))])
    return "\ufeff" + out.getvalue()


def paste_lines(pastes: Sequence[Paste]) -> list[str]:
    """What to change by hand in the labeling config of a project that lives; as it stands there."""
    lines: list[str] = []
    for one in pastes:
        if one.out:
            lines.append(
                f"In {one.question}, take this out once no annotation has it any more (Label Studio"
                " refuses before):"
            )
        else:
            lines.append(f"In {one.question}, after {one.after}, put in:")
        lines += [f"  {line}" for line in one.lines]
    return lines
