"""The shapes of a Label Studio JSON export: annotations, predictions and drafts."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

from raters import LABELS, MODEL, MODEL_RIGHT, NEW_LABEL, OLD_LABEL, Dice, Plan, Rater

Ticket = dict[str, Any]
DRAFT_AFTER = 8.0  # seconds after which the browser has saved a draft


@dataclass
class Event:
    """One annotation: who, on which ticket, when, and the answer."""

    rater: Rater
    index: int  # position of the ticket in the round
    kind: str = "rating"  # or "skip", "again" (a second submission), "gold"
    category: str = ""
    urgency: int | None = None
    topics: list[str] = field(default_factory=list)
    comment: str = ""
    lead: float = 0.0
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    id: int = 0
    editor: Rater | None = None
    prediction: dict[str, Any] | None = None


def stamp(moment: datetime) -> str:
    """A date as Label Studio writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def result_of(event: Event, dice: Dice, *, old_name: bool) -> list[dict[str, Any]]:
    """The ``result`` list of an annotation; questions left open are absent."""
    if event.kind == "skip":
        return []
    category = OLD_LABEL if old_name else event.category
    parts: list[tuple[str, str, dict[str, Any]]] = [
        ("category", "choices", {"choices": [category]})
    ]
    if event.urgency is not None:
        parts.append(("urgency", "rating", {"rating": event.urgency}))
    if event.topics:
        parts.append(("topics", "choices", {"choices": event.topics}))
    if event.comment:
        parts.append(("comment", "textarea", {"text": [event.comment]}))
    return [
        {"id": dice.code(), "from_name": name, "to_name": "text", "type": kind,
         "origin": "prediction" if event.prediction and name == "category" else "manual",
         "value": value}
        for name, kind, value in parts
    ]  # fmt: skip


def predict(plan: Plan, ticket: Ticket, task_id: int, number: int, dice: Dice) -> dict[str, Any]:
    """The model's guess: mostly right, its score only loosely tied to that."""
    right = dice.chance(MODEL_RIGHT)
    wrong = [label for label in LABELS if label != ticket["category"]]
    label = ticket["category"] if right else dice.pick(wrong)
    score = NormalDist().cdf((0.85 if right else 0.1) + dice.normal(0.55))
    made = stamp(plan.monday - timedelta(hours=5) + timedelta(milliseconds=7 * number))
    value = {"from_name": "category", "to_name": "text", "type": "choices",
             "value": {"choices": [label]}}  # fmt: skip
    return {"id": 4000 * plan.number + number + 1, "result": [value], "model_version": MODEL,
            "created_ago": "6\u00a0days", "score": round(score, 4), "cluster": None,
            "neighbors": None, "mislabeling": 0.0, "created_at": made, "updated_at": made,
            "model": None, "model_run": None, "task": task_id,
            "project": 20 + plan.number}  # fmt: skip


def before_rename(plan: Plan, event: Event) -> bool:
    """Whether this answer carries the label's old name."""
    return bool(plan.renamed_at and event.at < plan.renamed_at and event.category == NEW_LABEL)


def annotation(plan: Plan, event: Event, dice: Dice) -> dict[str, Any]:
    """One annotation with the keys of a Label Studio export."""
    updated = event.at + timedelta(microseconds=38 + dice.below(90))
    if event.editor:
        updated = event.at + timedelta(hours=1 + 5 * dice.uniform())
    draft = event.at - timedelta(seconds=0.6 * min(event.lead, 90))
    result = result_of(event, dice, old_name=before_rename(plan, event))
    return {
        "id": event.id,
        "completed_by": event.rater.person,
        "result": result,
        "was_cancelled": event.kind == "skip",
        "ground_truth": event.kind == "gold",
        "created_at": stamp(event.at),
        "updated_at": stamp(updated),
        "draft_created_at": stamp(draft) if event.lead > DRAFT_AFTER and dice.chance(0.7) else None,
        "lead_time": event.lead,
        "prediction": event.prediction or {},
        "result_count": len(result),
        "unique_id": unique_id(dice),
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": plan.first_task + event.index,
        "project": 20 + plan.number,
        "updated_by": (event.editor or event.rater).id,
        "parent_prediction": event.prediction["id"] if event.prediction else None,
        "parent_annotation": None,
        "last_created_by": None,
    }


def unique_id(dice: Dice) -> str:
    """A random UUID from the seeded stream."""
    return str(uuid.UUID(int=sum(dice.below(65536) << (16 * i) for i in range(8)), version=4))


def draft(plan: Plan, event: Event, number: int, dice: Dice) -> dict[str, Any]:
    """An answer somebody began and never submitted."""
    rater = event.rater
    event.at = made = plan.monday + timedelta(days=number % 5, hours=15, minutes=9 * number)
    return {
        "id": 700 + number, "user": rater.email,
        "created_username": f" {rater.first} {rater.last} {rater.email}, {rater.id}",
        "created_ago": "4\u00a0days",
        "result": result_of(event, dice, old_name=before_rename(plan, event)),
        "lead_time": event.lead, "was_postponed": False, "import_id": None,
        "created_at": stamp(made), "updated_at": stamp(made + timedelta(seconds=event.lead)),
        "task": plan.first_task + event.index, "annotation": None,
    }  # fmt: skip


def write(path: Path, content: list[dict[str, Any]] | dict[str, Any]) -> None:
    """Write JSON with LF line ends on every system."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
