"""Edits of a text: what is replaced by what, the new text, and the diff."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONTEXT = 3
"""Unchanged lines around a change in a diff."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The characters from ``start`` to ``end`` become ``text``; an insertion has no length."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Sequence[Edit]) -> str:
    """``text`` after ``edits``, which do not overlap; at one place in the order given."""
    pieces, done = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join(pieces) + text[done:]


def line_end_of(text: str) -> str:
    """The document's first line end; a line feed where it has none."""
    found = re.search(r"\r\n|\r|\n", text)
    return found.group() if found else "\n"


def unified_diff(name: str, old: str, new: str) -> str:
    """A unified diff that ``patch`` understands, whatever the line ends.

    Lines that occur once on both sides hold it together, so that its time is proportional to
    the texts (difflib's grows with the square of lines that occur often).
    """
    if old == new:
        return ""
    a, b = lines_of(old), lines_of(new)
    shown = " ".join(name.split())
    hunks = (_shown(a, b, hunk) for hunk in _hunks(list(changes(a, b))))
    return f"--- {shown}\n+++ {shown} (draft)\n" + "".join(hunks)


LineChange = tuple[int, int, int, int]
"""Lines ``a1`` to ``a2`` of the old text are ``b1`` to ``b2`` of the new."""


def changes(a: Sequence[str], b: Sequence[str]) -> Iterator[LineChange]:
    """What differs, in order: found between the anchors of a patience diff, in linear time."""
    at_a, at_b = 0, 0
    for i, j in [*_anchors(a, b), (len(a), len(b))]:
        if i < at_a or j < at_b:
            continue
        first_a, first_b = at_a, at_b
        while first_a < i and first_b < j and a[first_a] == b[first_b]:
            first_a, first_b = first_a + 1, first_b + 1
        last_a, last_b = i, j
        while last_a > first_a and last_b > first_b and a[last_a - 1] == b[last_b - 1]:
            last_a, last_b = last_a - 1, last_b - 1
        if first_a < last_a or first_b < last_b:
            yield first_a, last_a, first_b, last_b
        at_a, at_b = i, j


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of equal lines that occur once on both sides, the longest chain in both orders."""
    once_a, once_b = _once(a), _once(b)
    pairs = [(i, once_b[line]) for line, i in once_a.items() if line in once_b]
    tails: list[int] = []  # patience sorting: the smallest end of a chain of each length
    ends: list[int] = []
    before: list[int] = []
    for k, (_, j) in enumerate(pairs):
        length = bisect_left(tails, j)
        tails[length : length + 1] = [j]
        ends[length : length + 1] = [k]
        before.append(ends[length - 1] if length else -1)
    chain, k = [], ends[-1] if ends else -1
    while k >= 0:
        chain.append(pairs[k])
        k = before[k]
    return chain[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    """Line → its position, for the lines that occur once, in order."""
    at: dict[str, int] = {}
    for i, line in enumerate(lines):
        at[line] = -1 if line in at else i
    return {line: i for line, i in at.items() if i >= 0}


def _hunks(changes: Sequence[LineChange]) -> Iterator[list[LineChange]]:
    """Changes that stand so near to each other that their context would overlap."""
    hunk: list[LineChange] = []
    for change in changes:
        if hunk and change[0] - hunk[-1][1] > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _shown(a: Sequence[str], b: Sequence[str], hunk: Sequence[LineChange]) -> str:
    first = max(0, hunk[0][0] - CONTEXT)
    before = hunk[0][0] - first
    last = min(len(a), hunk[-1][1] + CONTEXT)
    start, stop = hunk[0][2] - before, hunk[-1][3] + last - hunk[-1][1]
    lines = [f"@@ -{_range(first, last)} +{_range(start, stop)} @@\n"]
    at = first
    for a1, a2, b1, b2 in hunk:
        lines += [f" {line}" for line in a[at:a1]]
        lines += [f"-{line}" for line in a[a1:a2]]
        lines += [f"+{line}" for line in b[b1:b2]]
        at = a2
    lines += [f" {line}" for line in a[at:last]]
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _range(start: int, stop: int) -> str:
    """Lines as a diff's header counts them: from 1, and from 0 where there are none."""
    if stop - start == 1:
        return str(start + 1)
    return f"{start + (stop > start)},{stop - start}"


def lines_of(text: str) -> list[str]:
    """Lines with their ends, split at line feeds only, as ``patch`` does."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
