"""What to push: an audit directory's documents → an :class:`Order`. Nothing else is asked."""

from __future__ import annotations

import csv
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from labelq.errors import SourceError
from labelq.files import read_text
from labelq.label_studio.units import CONTENT
from labelq.labels.queue_fields import PREFIX

__all__ = ["RELEASED", "Entry", "Order", "Origin", "order", "read_order"]

RELEASED = "labelq/released/1"
"""The schema in the manifest of a directory that holds what decisions released."""

WANTS = ("another_person", "second_look")
_HASH = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the round was pulled from: ``projects`` are ids."""

    url: str
    projects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One unit of the queue.

    ``data`` is what annotators saw, without labelq's own fields; ``reasons`` and ``status``
    (``queued``, ``later``, ``held_back``) are the audit's codes; ``raters`` gave the round's
    ordinary ratings; ``bought`` are the people whose vote the audit already has through a queue;
    ``votes`` are the ordinary ones, question → label → number.
    """

    unit: str
    key: str
    priority: float
    wants: str
    reasons: tuple[str, ...]
    data: Mapping[str, Any] = field(repr=False)
    raters: frozenset[str] = frozenset()
    bought: frozenset[str] = frozenset()
    votes: Mapping[str, Mapping[str, int]] = field(default_factory=dict, repr=False)
    status: str = "queued"


@dataclass(frozen=True, slots=True)
class Order:
    """The queue of one audit, most valuable entry first within what each wants.

    ``seconds`` is the median time of an annotation (None: unknown), ``raters`` everybody who
    labeled in the round, ``text_field`` the field of ``data`` that holds the unit's text.
    ``guideline`` is the audit's draft, as Markdown. ``join`` says what a unit's id is: a
    task's id (None), the hash of its content ("content"), or the value of a task field.
    ``released``: decisions released these tasks; ``label_config`` is the one that they revised.
    """

    round: str
    entries: tuple[Entry, ...]
    raters: tuple[str, ...]
    seconds: float | None
    guideline: str = field(repr=False)
    origin: Origin | None = None
    text_field: str = "text"
    join: str | None = None
    released: bool = False
    label_config: str | None = field(default=None, repr=False)

    def wanting(self, wants: Iterable[str], but: Iterable[str] = ()) -> list[Entry]:
        """The entries that want one of these, in their order, without those of a status."""
        chosen, left = set(wants), set(but)
        return [e for e in self.entries if e.wants in chosen and e.status not in left]


def read_order(directory: Path) -> Order:
    """The order that the audit in ``directory`` gives.

    Raises:
        SourceError: it is no audit directory, or one of its documents is not as written.
    """
    if not (directory / "audit.json").is_file():
        raise SourceError(f"{directory}: is no audit directory; `labelq audit … --out` makes one")
    names = ("audit.json", "queue.json", "manifest.json")
    not_as_written = (LookupError, AttributeError, TypeError, ValueError, StopIteration)
    try:
        audit, queue, manifest = (
            msgspec.json.decode(read_text(directory / name)) for name in names
        )
        csv.field_size_limit(2**31 - 1)  # a text has no length that is too long
        with (directory / "ratings.csv").open(encoding="utf-8", newline="") as file:
            draft = read_text(directory / "guideline_draft.md")
            found = order(audit, queue, manifest, csv.reader(file), draft)
        if manifest.get("schema") != RELEASED:
            return found
        config = directory / "label_config.xml"
        text = read_text(config) if config.is_file() else None
        return replace(found, released=True, label_config=text)
    except (OSError, csv.Error, *not_as_written):
        raise SourceError(
            f"{directory}: its documents are not as `labelq audit` writes them; audit again"
        ) from None


def order(
    audit: Mapping[str, Any],
    queue: Sequence[Mapping[str, Any]],
    manifest: Mapping[str, Any],
    ratings: Iterable[Sequence[str]],
    draft: str,
) -> Order:
    """The order from an audit's documents; ``ratings`` are the rows of its ratings.csv.

    Raises:
        KeyError, TypeError, ValueError: a document is not as an audit writes it.
    """
    wanted = {task["meta"]["labelq"]["unit"] for task in queue}
    told = _ratings(ratings, wanted)
    entries = []
    for task in queue:
        about = task["meta"]["labelq"]
        unit = about["unit"]
        if about["wants"] not in WANTS:
            raise ValueError(about["wants"])
        raters = told.raters.get(unit, set())
        entries.append(
            Entry(
                unit=unit,
                key=f"{audit['name']}/{unit}",
                priority=float(about["priority"]),
                wants=about["wants"],
                reasons=tuple(dict.fromkeys(reason["code"] for reason in about["reasons"])),
                status=about.get("status", "queued"),
                data={k: v for k, v in task["data"].items() if not k.startswith(PREFIX)},
                raters=frozenset(raters),
                bought=frozenset(told.bought.get(unit, ())),
                votes=told.votes.get(unit, {}),
            )
        )
    options = manifest.get("options", {})
    return Order(
        round=audit["name"],
        entries=tuple(entries),
        raters=tuple(sorted(told.everybody)),
        seconds=statistics.median(told.seconds) if told.seconds else None,
        guideline=draft,
        origin=_origin(manifest),
        text_field=options.get("text_field") or "text",
        join=_join(manifest, wanted),
    )


def _origin(manifest: Mapping[str, Any]) -> Origin | None:
    server = manifest.get("server")
    if not server:
        return None
    return Origin(
        url=str(server["url"]).rstrip("/"),
        projects=tuple(int(project["id"]) for project in server["projects"]),
    )


def _join(manifest: Mapping[str, Any], units: Iterable[str]) -> str | None:
    """What the units are called by. Several sources are joined by content unless told otherwise;
    exports of queues, which a manifest does not tell apart, do not count, so the ids decide.
    """
    given = manifest.get("options", {}).get("join")
    if given is not None:
        return str(given)
    server = manifest.get("server")
    if server:
        return CONTENT if len(server["projects"]) > 1 else None
    hashes = all(_HASH.fullmatch(unit) for unit in units)
    return CONTENT if hashes and manifest.get("more_sources") else None


@dataclass(slots=True)
class _Told:
    """What ratings.csv says of the queued units, and of everybody."""

    raters: dict[str, set[str]] = field(default_factory=dict)
    bought: dict[str, set[str]] = field(default_factory=dict)
    votes: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    everybody: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)


def _ratings(rows: Iterable[Sequence[str]], wanted: set[str]) -> _Told:
    """Read ratings.csv once; an annotation's time stands in each row of its questions."""
    lines = iter(rows)
    at = {name: position for position, name in enumerate(next(lines))}
    unit_at, question_at, rater_at, value_at = (
        at[name] for name in ("unit", "question", "rater", "value")
    )
    seconds_at, by_at = at.get("seconds"), at.get("selected_by")
    told = _Told()
    timed: set[tuple[str, str]] = set()
    for row in lines:
        unit, rater = row[unit_at], row[rater_at]
        if not rater:  # tells of the unit only
            continue
        if by_at is not None and row[by_at]:
            if unit in wanted:
                told.bought.setdefault(unit, set()).add(rater)
            continue
        told.everybody.add(rater)
        if seconds_at is not None and row[seconds_at] and (unit, rater) not in timed:
            timed.add((unit, rater))
            took = float(row[seconds_at])
            if math.isfinite(took) and took > 0:
                told.seconds.append(took)
        if unit in wanted:
            told.raters.setdefault(unit, set()).add(rater)
            by_label = told.votes.setdefault(unit, {}).setdefault(row[question_at], Counter())
            by_label[row[value_at]] += 1
    return told
