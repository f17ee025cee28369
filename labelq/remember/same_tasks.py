"""Which tasks are in both rounds."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelq.errors import SettingsError
from labelq.labels.model import Codes, Units, field_text

CONTENT = "content"


@dataclass(frozen=True, slots=True, eq=False)
class SameTasks:
    """``before`` and ``after`` are parallel unit codes of the two rounds, sorted by ``after``.

    ``by`` says what they are known by: ``id``, ``content``, or a task field.
    """

    before: Codes
    after: Codes
    by: str

    def __len__(self) -> int:
        return len(self.after)


def same_tasks(before: Units, after: Units, join: str | None = None) -> SameTasks:
    """The tasks that are in both rounds: each at most once.

    ``join`` names the task field that tells (a value that several tasks of a round share tells
    nothing). Without it, or with ``content``: the same id with the same content, else the same
    content under another id (of twins the first by id with the first).

    Raises:
        SettingsError: the tasks of a round have no such field.
    """
    if join is not None and join != CONTENT:
        return _by_field(before, after, join)
    written = any(before.text) and any(after.text)
    told = _contents(before, after, written=written), _contents(after, before, written=written)
    code = {name: u for u, name in enumerate(before.ids)}
    pairs = {
        u: code[name]
        for u, name in enumerate(after.ids)
        if name in code and told[0][code[name]] == told[1][u]
    }
    by = "id" if pairs else CONTENT
    left: dict[str, list[int]] = {}
    taken = set(pairs.values())
    for u in sorted(range(len(before)), key=lambda u: before.ids[u], reverse=True):
        if u not in taken and told[0][u]:
            left.setdefault(told[0][u], []).append(u)
    for u in sorted(range(len(after)), key=lambda u: after.ids[u]):
        if u not in pairs and left.get(told[1][u]):
            pairs[u] = left[told[1][u]].pop()
            by = CONTENT
    return _same(pairs, by)


def _same(pairs: dict[int, int], by: str) -> SameTasks:
    rows = sorted(pairs.items())
    table = np.array(rows, np.int32).reshape(-1, 2)
    return SameTasks(table[:, 1].copy(), table[:, 0].copy(), by)


def _by_field(before: Units, after: Units, name: str) -> SameTasks:
    codes: list[dict[str, int]] = []
    for units, which in ((before, "the earlier round"), (after, "this round")):
        if name not in units.fields:
            near = difflib.get_close_matches(name, units.fields, 1)
            known = ", ".join(sorted(units.fields)) or "none"
            hint = f"did you mean {near[0]}?" if near else f"fields: {known}"
            raise SettingsError(f"--join {name}: tasks of {which} have no such field; {hint}")
        texts = [field_text(value) for value in units.fields[name]]
        seen: dict[str, int] = {}
        for u, text in enumerate(texts):
            seen[text] = -1 if text in seen else u
        codes.append(seen)
    old, new = codes
    pairs = {u: old[text] for text, u in new.items() if text and u >= 0 and old.get(text, -1) >= 0}
    return _same(pairs, name)


def _contents(units: Units, other: Units, *, written: bool) -> Sequence[str]:
    """What each unit is about, to be compared: its text, else the fields that both rounds have."""
    if written:
        return [" ".join((text or "").split()) for text in units.text]
    shared = sorted(units.fields.keys() & other.fields.keys())
    rows = zip(*(map(field_text, units.fields[name]) for name in shared), strict=True)
    told = [json.dumps(row, ensure_ascii=False) if any(row) else "" for row in rows]
    return told or [""] * len(units)
