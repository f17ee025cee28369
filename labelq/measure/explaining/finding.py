"""Which of all the numbers on this data is the one that somebody else has?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from labelq.errors import SettingsError
from labelq.labels.model import Question, Rater, Ratings
from labelq.measure.agreement import agreement
from labelq.measure.explaining.alpha import MOST_VALUES
from labelq.measure.explaining.beside import MEANS, beside
from labelq.measure.explaining.beside import MOST_PAIRS as MOST_PAIRS_OF_MEANS
from labelq.measure.explaining.conventions import conventions
from labelq.measure.explaining.explanation import Convention
from labelq.measure.explaining.sheet import Sheet
from labelq.measure.registry import METRICS, metric
from labelq.measure.results import Agreement

MOST_RATINGS = 100_000
"""Up to so many ratings the data go through other programs' formulas too, not only labelq's."""

MOST_PAIRS = 45
"""Up to so many pairs of raters each goes through other programs' formulas."""

NEAREST = 5
"""So many of the nearest are kept where none is the wanted number."""


@dataclass(frozen=True, slots=True)
class Target:
    """A number as somebody wrote it: its value, and how many decimals it was given with."""

    value: float
    decimals: int

    @classmethod
    def of(cls, text: str) -> Target:
        """From ``.83``, ``0.83``, ``0,83``, ``-.1`` or ``83 %``.

        >>> Target.of(".83"), Target.of("83 %")
        (Target(value=0.83, decimals=2), Target(value=0.83, decimals=2))

        Raises:
            SettingsError: it is no such number.
        """
        found = re.fullmatch(r"([-+−–]?)(\d{0,6})(?:[.,](\d{0,12}))?\s*(%?)", text.strip())
        if not found or not (found[2] or found[3]) or not (found[3] or found[4]):
            raise SettingsError(f"--find {text[:40]}: give the number as it was said: .83, or 83%")
        percent = 2 if found[4] else 0
        value = float(f"{found[2] or 0}.{found[3] or 0}") / (100 if percent else 1)
        return cls(-value if found[1] in ("-", "−", "–") else value, len(found[3] or "") + percent)

    def rounds(self, value: float) -> bool:
        """Whether ``value`` rounds to it, at its decimals."""
        return abs(value - self.value) <= 0.5 * 10.0**-self.decimals + 1e-9

    def cut(self, value: float) -> bool:
        """Whether it is left when ``value`` is cut off after its decimals."""
        unit = 10.0**-self.decimals
        return abs(math.trunc(value / unit + math.copysign(1e-9, value)) * unit - self.value) < 1e-9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number on this data: labelq's ``row``, or ``convention``'s on the data of that row.

    ``also`` are other ways to the same number.
    """

    value: float
    row: Agreement
    convention: Convention | None = None
    also: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What comes to ``target``, each list the nearest first.

    ``asked`` is the number that it is compared with, ``n_known`` how many numbers were looked
    through. ``rounded`` round to the target, ``cut`` give it when cut off instead; where both
    are empty ``nearest`` holds the nearest. ``only_own``: there were too many ratings for the
    other programs.
    """

    asked: Agreement
    target: Target
    n_known: int
    rounded: tuple[Candidate, ...]
    cut: tuple[Candidate, ...]
    nearest: tuple[Candidate, ...]
    only_own: bool


def find(
    asked: Agreement,
    target: Target,
    question: Question,
    ratings: Ratings,
    raters: tuple[Rater, ...],
    *,
    rater_name: Callable[[int], str] = str,
) -> Found:
    """Look through every metric, with all weights, per label and per pair, and other programs'."""
    rows = agreement(
        question, ratings, raters, metrics=[entry.name for entry in METRICS], resamples=0
    )
    every = [Candidate(row.value, row) for row in rows if row.value is not None]
    only_own = len(ratings.unit) > MOST_RATINGS
    if not only_own:
        sheet = Sheet.of(question, ratings)
        codes = {rater.id: code for code, rater in enumerate(raters)}
        every += _others(rows, question, ratings, sheet, codes, rater_name)
    every = _merged(sorted(every, key=lambda c: (round(abs(c.value - target.value), 12), c.value)))
    rounded = tuple(c for c in every if target.rounds(c.value))
    cut = tuple(c for c in every if not target.rounds(c.value) and target.cut(c.value))
    nearest = () if rounded or cut else tuple(every[:NEAREST])
    return Found(asked, target, len(every), rounded, cut, nearest, only_own)


def _others(
    rows: tuple[Agreement, ...],
    question: Question,
    ratings: Ratings,
    sheet: Sheet,
    codes: dict[str, int],
    rater_name: Callable[[int], str],
) -> Iterator[Candidate]:
    """The same data through other programs and papers: overall, each label, each pair."""
    many = len(sheet.raters) ** 2 > 2 * MOST_PAIRS_OF_MEANS
    pairs: dict[tuple[int, int], Sheet] = {}
    labels: dict[str, Sheet] = {}
    for row in rows:
        name, about, pair = row.weights or row.distance, sheet, None
        if row.value is None or len(sheet.values) > MOST_VALUES:
            continue
        if many and (row.raters or row.label is not None or row.metric in MEANS):
            continue
        if row.raters is not None:
            if row.label is not None or len(sheet.raters) ** 2 > 2 * MOST_PAIRS + len(sheet.raters):
                continue
            first, second = sorted(codes[rater] for rater in row.raters)
            pair = (first, second)
            if pair not in pairs:
                only = ratings.select(np.isin(ratings.rater, pair))
                pairs[pair] = Sheet.of(question, only)
            about = pairs[pair]
        elif row.label is not None:
            if row.label not in labels:
                labels[row.label] = sheet.against_others(row.label)
            about, name = labels[row.label], "nominal" if row.distance else None
        seen: list[Any] = list(conventions(metric(row.metric), question, about, name, row, pair))
        if pair is None or row.metric == "cohen_kappa":
            seen += beside(row, about, about, name, rater_name)
        for convention in seen:
            if convention.value is not None:
                yield Candidate(convention.value, row, convention)


def _merged(every: list[Candidate]) -> list[Candidate]:
    """Ways to the same number taken together, labelq's own first; ``every`` is in order."""
    found: list[list[Candidate]] = []
    for candidate in every:
        if found and abs(found[-1][0].value - candidate.value) <= 1e-9:
            found[-1].append(candidate)
        else:
            found.append([candidate])
    merged = []
    for alike in found:
        alike.sort(key=lambda c: (c.convention is not None, c.row.raters is None))
        merged.append(replace(alike[0], also=tuple(alike[1:])))
    return merged
