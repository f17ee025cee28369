"""Readers: what stands in one result of a control tag → a value of its question.

Each takes the answer as it stands under the tag's key and the tag's attributes (lower case).
It returns None where nothing was answered, and raises ValueError, saying what the answer is
not, where it has not the tag's shape.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from labelq.labels.model import Ranking

__all__ = [
    "BUCKETS",
    "multiple_choice",
    "number",
    "paths",
    "ranking",
    "seconds",
    "side",
    "single_choice",
    "stars",
]

Attributes = Mapping[str, str]

BUCKETS = "buckets"
"""The attribute with the names of a Ranker's buckets in the config's order, one per line."""

NOT_PLACED = "_"
"""What a Ranker calls the items that were left in the list."""


def single_choice(answer: Any, _: Attributes) -> str | None:
    """The one choice.

    >>> single_choice(("Refund",), {})
    'Refund'
    """
    choices = _choices(answer)
    if len(choices) > 1:
        raise ValueError("several choices where one is asked for")
    return choices[0] if choices else None


def multiple_choice(answer: Any, _: Attributes) -> frozenset[str]:
    """The choices that were ticked; none is an answer too.

    >>> sorted(multiple_choice(("b", "a"), {})), multiple_choice((), {})
    (['a', 'b'], frozenset())
    """
    return frozenset(_choices(answer))


def _choices(answer: Any) -> list[str]:
    """Choices as labels; a nested choice comes as its path and is written ``a / b``."""
    items = answer if isinstance(answer, tuple) else (answer,)
    labels = (" / ".join(map(str, x)) if isinstance(x, tuple) else str(x) for x in items)
    return [label for label in labels if label]


def paths(answer: Any, _: Attributes) -> frozenset[tuple[str, ...]]:
    """The taxonomy paths that were chosen, each from the root down.

    >>> sorted(paths((("Animal", "Cat"), ("Plant",)), {}))
    [('Animal', 'Cat'), ('Plant',)]
    """
    if not isinstance(answer, tuple):
        raise ValueError("no list of paths")  # noqa: TRY004  # as in side
    return frozenset(
        tuple(map(str, path)) if isinstance(path, tuple) else (str(path),)
        for path in answer
        if path != ()  # a path without a step is none
    )


def stars(answer: Any, _: Attributes) -> str | None:
    """A rating as the label of its star.

    >>> stars(3, {}), stars(3.0, {}), stars("2.5", {})
    ('3', '3', '2.5')
    """
    value = number(answer, {})
    if value is None:
        return None
    return str(int(value)) if value.is_integer() else repr(value)


def number(answer: Any, _: Attributes) -> float | None:
    """A finite number, also where it was written as text.

    >>> number(42, {}), number("4.5", {})
    (42.0, 4.5)
    """
    if answer is None or answer == "":
        return None
    try:
        value = float(answer)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("no number")
    return value


def side(answer: Any, _: Attributes) -> str | None:
    """The preferred side of a pair: ``left`` or ``right``."""
    if isinstance(answer, tuple):
        raise ValueError("no side")  # noqa: TRY004  # a reader's refusal is always ValueError
    return str(answer) if answer not in (None, "", "none") else None


def seconds(answer: Any, attributes: Attributes) -> float | None:
    """A date as seconds since 1970 UTC: ISO, in the tag's ``format``, or a bare year.

    >>> seconds("1970-01-02", {}), seconds("02.01.1970", {"format": "%d.%m.%Y"})
    (86400.0, 86400.0)
    """
    if answer is None or answer == "":
        return None
    text = str(answer)
    for form in (attributes.get("format"), None, "%Y", "%Y-%m"):
        try:
            date = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007  # the zone is set below
        except ValueError:
            continue
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    raise ValueError("no date")


def ranking(answer: Any, attributes: Attributes) -> Ranking | None:
    r"""The order of a Ranker's items, from its JSON.

    Without buckets it is one list, in order. With buckets the config's order of buckets counts,
    the items of one are tied, and items that were not placed are not in the ranking; a single
    bucket is a choice, and what is in it comes before what is not. Fewer than two placed items
    are in no order, and no answer.

    >>> ranking('{"rank": ["i2", "i1"]}', {})
    Ranking(places=(('i2',), ('i1',)))
    >>> ranking('{"_": ["i3"], "worst": ["i2"], "best": ["i1"]}', {"buckets": "best\nworst"})
    Ranking(places=(('i1',), ('i2',)))
    """
    try:
        lists = json.loads(answer) if isinstance(answer, str) else answer
    except (ValueError, RecursionError):
        lists = None
    if isinstance(lists, list):
        lists = {"": lists}  # as older servers wrote it
    if not isinstance(lists, dict) or not all(isinstance(items, list) for items in lists.values()):
        raise ValueError("no ranking")
    named = {str(name): [_item(item) for item in items] for name, items in lists.items()}
    buckets = [name for name in attributes.get(BUCKETS, "").split("\n") if name]
    if not buckets:
        if len(named.keys() - {NOT_PLACED}) > 1:
            raise ValueError("in buckets, whose order only a label config tells")
        places: Any = next((items for name, items in named.items() if name != NOT_PLACED), [])
    elif unknown := named.keys() - {NOT_PLACED, *buckets}:
        raise ValueError(f"in a bucket that the label config does not know ({min(unknown)})")
    else:
        order = buckets if len(buckets) > 1 else [*buckets, NOT_PLACED]
        places = [named.get(name, []) for name in order]
    found = Ranking.of(places)
    return found if len(found.items) > 1 else None


def _item(item: Any) -> str:
    if isinstance(item, bool) or not isinstance(item, str | int):
        raise ValueError("no ranking of item ids")  # noqa: TRY004  # as in side
    return str(item)
