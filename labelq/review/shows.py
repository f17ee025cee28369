"""Shows of hands: the form, what it sends, and what tells two of them apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from labelq.errors import SettingsError
from labelq.remedy.agenda import AgendaItem
from labelq.report.text import clip, mark
from labelq.review import wording
from labelq.review.desk import Desk
from labelq.review.meeting import ALL_TOGETHER, CANNOT_TELL, Hands, Meeting, Phase


class Cell(NamedTuple):
    """One field of a show of hands: its name in the form, the label (a sentence), the number."""

    name: str
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class HandsForm:
    """A show of hands: rows of a title (a sentence) and cells; the first row is for all."""

    phase: Phase
    title: str
    rows: list[tuple[str, list[Cell]]]
    agreement: str
    base: str
    problem: str = ""
    detailed: bool = False
    blind: list[tuple[str, str]] = field(default_factory=list)


def hands_form(
    desk: Desk, item: AgendaItem, phase: Phase, meeting: Meeting, problem: str = ""
) -> HandsForm:
    """The form of a show of hands, with what was kept of it."""
    kept = meeting.talk(item.cluster).hands(phase)
    ids = desk.earlier.round.units.ids
    rows = []
    for i, task in enumerate([ALL_TOGETHER, *(ids[unit] for unit in item.units)]):
        title = "All examples together" if i == 0 else f"Task {mark(task)}"
        cells = [
            Cell(f"h-{i}-{j}", wording.vote_label(label), kept.get(task, {}).get(label, 0))
            for j, label in enumerate(vote_labels(item))
        ]
        rows.append((title, cells))
    blind = meeting.blind(item.cluster) if phase == "before" else {}
    return HandsForm(
        phase=phase,
        title=wording.WHEN[phase],
        rows=rows,
        agreement=wording.agreement(meeting, item.cluster, phase),
        base=hands_mark(kept),
        problem=problem,
        detailed=any(task != ALL_TOGETHER for task in kept),
        blind=[(mark(task), wording.counts(votes)) for task, votes in blind.items()],
    )


def hands_of(desk: Desk, item: AgendaItem, fields: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """The counts that a form sends.

    Raises:
        SettingsError: one is no number of people.
    """
    ids = desk.earlier.round.units.ids
    found: dict[str, dict[str, int]] = {}
    for i, task in enumerate([ALL_TOGETHER, *(ids[unit] for unit in item.units)]):
        for j, label in enumerate(vote_labels(item)):
            text = fields.get(f"h-{i}-{j}", "").strip()
            if not text:
                continue
            if not (text.isascii() and text.isdigit() and len(text) <= 3):
                where = f", task {clip(task, 40)}" if i else ""
                what = f"“{clip(text, 20)}” for {label or 'cannot tell'}{where}"
                raise SettingsError(f"{what} is not kept: hands are whole numbers up to 999.")
            found.setdefault(task, {})[label] = int(text)
    return found


def hands_mark(kept: Hands) -> str:
    """What tells two shows of hands apart."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def vote_labels(item: AgendaItem) -> list[str]:
    """What can be voted for."""
    return [*item.labels, CANNOT_TELL]
