"""Two versions of a guideline side by side: aligned lines, with the words that changed.

Lines come from :mod:`labelq.remedy.guideline.editing`, whose time is proportional to the texts;
what is looked at more closely (which line became which, which words changed) is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from labelq.remedy.guideline.editing import CONTEXT, changes, lines_of
from labelq.remedy.guideline.front_matter import body_start
from labelq.report.text import clip

MOST_ROWS = 400
"""So many rows are shown; the whole draft stands in its file."""

LONGEST = 1_200
"""So much of a line is shown."""

_MOST_PAIRS = 2_500  # lines × lines that are compared with each other
_MOST_WORDS = 400  # of a line, to say which of them changed
_ALIKE = 0.5  # from this share of the same words on, a line became another
_MARK = re.compile(r"<!-- labelq: [^\r\n]* -->\s*")
_TASK_LINK = re.compile(r"\[(task [0-9]+)\]\(https?://[^\s()]+\)")
_HEADING = re.compile(r"#{1,6}[ \t]+(.*?)[ \t#]*")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

Kind = Literal["same", "changed", "added", "removed", "fold"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: data text, and whether it differs from the other side."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line on each side (None: there is none there), or ``folded`` unchanged lines.

    ``section`` is the heading (data text) under which what follows a fold stands.
    """

    kind: Kind
    left: tuple[Piece, ...] | None = None
    right: tuple[Piece, ...] | None = None
    folded: int = 0
    section: str = ""

    @property
    def heading(self) -> bool:
        """Whether it is a heading of the guideline."""
        line = "".join(piece.text for piece in self.right or self.left or ())
        return _HEADING.fullmatch(line) is not None

    @property
    def blank(self) -> bool:
        """Whether nothing is written on either side."""
        return not any(piece.text.strip() for piece in (*(self.left or ()), *(self.right or ())))


def side_by_side(old: str, new: str, most: int = MOST_ROWS) -> tuple[list[Row], int]:
    """``old`` and ``new`` aligned, and how many more rows there are than the ``most`` shown.

    What only programs read is left out: the front matter, labelq's marks around rules, and the
    addresses behind links to tasks.
    Unchanged lines that are not near a change are folded. Nothing without a change.
    """
    a, b = _readable(old), _readable(new)
    rows: list[Row] = []
    more = 0
    for row in _rows(a, b):
        if len(rows) < most:
            rows.append(row)
        else:
            more += 1
    return rows, more


def _readable(text: str) -> list[str]:
    start = body_start(text)
    body = text[start:].lstrip("\r\n") if start else text
    lines = [line.rstrip("\r\n") for line in lines_of(body)]
    return [_TASK_LINK.sub(r"\1", line) for line in lines if not _MARK.fullmatch(line)]


def _rows(a: Sequence[str], b: Sequence[str]) -> Iterator[Row]:
    at, found = 0, list(changes(a, b))
    for n, (a1, a2, b1, b2) in enumerate(found):
        yield from _kept(a, at, a1, first=n == 0, last=False)
        yield from _changed(a[a1:a2], b[b1:b2])
        at = a2
    if found:
        yield from _kept(a, at, len(a), first=False, last=True)


def _kept(a: Sequence[str], start: int, stop: int, *, first: bool, last: bool) -> Iterator[Row]:
    """Unchanged lines: those near a change, and how many are folded between them."""
    before = start if first else min(start + CONTEXT, stop)
    after = stop if last else max(stop - CONTEXT, before)
    if after - before < 2:
        before = after = stop
    for line in a[start:before]:
        yield _same(line)
    if after > before:
        yield Row("fold", folded=after - before, section="" if last else _section(a, after))
    for line in a[after:stop]:
        yield _same(line)


def _section(a: Sequence[str], at: int) -> str:
    """The heading above line ``at``, as far as it is hidden: within the 2,000 lines before."""
    for line in reversed(a[max(0, at - 2_000) : at]):
        heading = _HEADING.fullmatch(line)
        if heading:
            return clip(heading[1], 120)
    return ""


def _same(line: str) -> Row:
    piece = (Piece(clip(line, LONGEST)),)
    return Row("same", piece, piece)


def _changed(a: Sequence[str], b: Sequence[str]) -> Iterator[Row]:
    """Lines that became others, each beside what it became, in the order of both."""
    at = 0
    for line in a:
        became = _became(line, b, at) if len(a) * len(b) <= _MOST_PAIRS else None
        if became is None:
            yield Row("removed", left=(Piece(clip(line, LONGEST)),))
            continue
        yield from map(_added, b[at:became])
        left, right = _words(line, b[became])
        yield Row("changed", left, right)
        at = became + 1
    yield from map(_added, b[at:])


def _added(line: str) -> Row:
    return Row("added", right=(Piece(clip(line, LONGEST)),))


def _became(line: str, lines: Sequence[str], start: int) -> int | None:
    """Which of ``lines`` from ``start`` on is most like ``line``, if one is."""
    own = _tokens(line)
    if not line.strip():
        return None
    best, found = _ALIKE, None
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(own)
    for place in range(start, len(lines)):
        matcher.set_seq1(_tokens(lines[place]))
        if matcher.real_quick_ratio() >= best and matcher.quick_ratio() >= best:
            ratio = matcher.ratio()
            if ratio > best or (found is None and ratio >= best):
                best, found = ratio, place
    return found


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two versions of a line, with the words that differ."""
    a, b = _tokens(clip(old, LONGEST)), _tokens(clip(new, LONGEST))
    left, right = [], []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if a1 < a2:
            left.append(Piece("".join(a[a1:a2]), kind != "equal"))
        if b1 < b2:
            right.append(Piece("".join(b[b1:b2]), kind != "equal"))
    return tuple(left), tuple(right)


def _tokens(line: str) -> list[str]:
    """Words, spaces and signs; the end of a very long line is one."""
    found: list[str] = []
    for match in _WORD.finditer(line):
        if len(found) == _MOST_WORDS:
            found.append(line[match.start() :])
            break
        found.append(match.group())
    return found
