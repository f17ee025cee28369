"""Tasks as people see them: text, picture, who voted for what, and where to look at them.

Looked up, never computed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelq.labels.model import Round, label_text
from labelq.report.beside import NOTHING, Beside
from labelq.report.names import Names
from labelq.report.numbers import count
from labelq.report.pictures import Picture
from labelq.report.text import clip, mark
from labelq.report.without_text import LEFT_OUT


@dataclass(frozen=True, slots=True)
class Example:
    """One task: ``id`` and ``text`` are data text, ``votes`` and ``counts`` sentences.

    ``votes`` says who voted for what, ``counts`` how many did. Without a text ``missing`` says
    why. ``link`` is its address in Label Studio.
    """

    id: str
    text: str
    votes: str
    counts: str = ""
    missing: str = "no text"
    link: str | None = None
    picture: Picture | None = None


def example(
    source: Round,
    question: str,
    unit: int,
    names: Names,
    limit: int = 480,
    *,
    words: Sequence[str] = (),
    beside: Beside = NOTHING,
) -> Example:
    """The unit with code ``unit`` as it was labeled in ``question``.

    Of a long text the part is shown in which the first of ``words`` stands.
    """
    identity = source.units.ids[unit]
    text, missing = text_of(source, unit, limit, words)
    told = _votes(source, question, unit)
    return Example(
        id=clip(identity, 80),
        text=text,
        votes=" · ".join(f"{value} ({names.series(who)})" for value, who in told),
        counts=" · ".join(f"{value} {count(len(who))}" for value, who in told),
        missing=missing,
        link=beside.link(identity),
        picture=beside.pictures.get(identity),
    )


def text_of(source: Round, unit: int, limit: int, words: Sequence[str] = ()) -> tuple[str, str]:
    """A task's text as it is shown, perhaps empty, and what stands there where it is.

    Of a long text the part is shown in which the first of ``words`` stands.
    """
    text = source.units.text[unit]
    if text == LEFT_OUT:
        return "", LEFT_OUT
    return "" if text is None else excerpt(text.strip(), words, limit), "no text"


def votes(source: Round, question: str, unit: int, names: Names) -> str:
    """Who voted for what: ``Refund (A, C) · Cancel (B)``, most votes first."""
    told = _votes(source, question, unit)
    return " · ".join(f"{value} ({names.series(who)})" for value, who in told)


def _votes(source: Round, question: str, unit: int) -> list[tuple[str, list[int]]]:
    """Each value (marked) with the codes of its raters, most votes first."""
    ratings = source.ratings[question]
    start, stop = np.searchsorted(ratings.unit, [unit, unit + 1])  # rows are sorted by unit
    by_value: dict[int, list[int]] = {}
    for value, rater in zip(
        ratings.value[start:stop].tolist(), ratings.rater[start:stop].tolist(), strict=True
    ):
        by_value.setdefault(value, []).append(rater)
    ranked = sorted(by_value.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(_value(label_text(ratings.values[value])), who) for value, who in ranked]


def _value(text: str) -> str:
    """A value before a count: one that is a number, too, stands in quotation marks.

    >>> _value("Refund") == mark("Refund"), _value("3") == f"“{mark('3')}”"
    (True, True)
    """
    shown = mark(text)
    return f"“{shown}”" if re.fullmatch(r"[-+−]?[\d.,]+", text.strip()) else shown


def excerpt(text: str, words: Sequence[str], limit: int) -> str:
    """The beginning of ``text``, or the part around the first of ``words`` that stands later.

    >>> excerpt("Hello there, as I wrote last week the parcel was wet.", ["parcel"], 30)
    '… week the parcel was wet.'
    """
    head = clip(text, limit)
    if len(text) <= limit or _first(head, words) is not None:
        return head
    at = _first(text[: 200 * limit], words)
    if at is None:
        return head
    start = max(0, at - limit // 3)
    space = text.find(" ", start, at)
    start = start if space < 0 else space + 1
    return f"… {clip(text[start : start + 2 * limit], limit)}"


def _first(text: str, words: Sequence[str]) -> int | None:
    """Where the first of ``words`` begins in ``text``, None where none of them stands."""
    wanted = [re.escape(word) for word in words if word.strip()]
    if not wanted:
        return None
    found = re.search(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)", text, re.IGNORECASE)
    return None if found is None else found.start()
