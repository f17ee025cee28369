"""The rules that labelq put into a document, found again by the comments around them.

A rule stands between ``<!-- labelq: proposed {…} -->`` (or ``decided``) and
``<!-- labelq: end -->``; so does a line (``see``) that points to a rule in another section. The
table says what it is about, so that the next draft neither proposes it twice nor loses it; people
may edit everything in between.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from labelq.pinpoint.words import folded
from labelq.remedy.guideline.editing import Edit, edited
from labelq.remedy.guideline.front_matter import body_start
from labelq.remedy.guideline.headings import Outline, outline

Kind = Literal["proposed", "decided", "see"]

PROPOSED = "PROPOSED"
"""Stands in the heading of a rule until somebody has decided it."""

ANSWERED, COUNTER, EVIDENCE = "So far ", "- *Counter-example", "*Evidence:"
FOR_THE_MEETING = (ANSWERED, COUNTER, EVIDENCE)
"""How the lines of a rule begin that say how people voted, and what the rule is worth."""

WRITE_HERE, WANTED = "*Write the rule here: ", "*The meeting gave only the label. "
"""How the lines of a rule begin that ask for a sentence; each ends with ``?*``."""

END = "<!-- labelq: end -->"
_TASK_LINK = re.compile(r"\[(task [0-9]+)\]\(https?://[^\s()]+\)")
_MARK = re.compile(r"<!-- labelq: (proposed|decided|see|end)(?: (\{[^\r\n]*\}))? -->")


@dataclass(frozen=True, slots=True)
class Block:
    """A rule in a document: what it is about, and where it starts and ends."""

    kind: Kind
    about: Mapping[str, Any]
    start: int
    end: int
    text: str

    @property
    def open(self) -> bool:
        """Whether nobody has decided it: it still says that it is proposed."""
        return self.kind == "proposed" and PROPOSED in self.text

    @property
    def edited(self) -> bool:
        """Whether people changed what labelq wrote, as far as that is recorded."""
        return str(self.about.get("text", "")) != text_hash(self.text.splitlines()[1:])

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it is about."""
        return _texts(self.about.get("labels"))

    @property
    def words(self) -> tuple[str, ...]:
        """The words that say when it applies."""
        return _texts(self.about.get("words"))

    def concerns(self, question: str, labels: Sequence[str], words: Sequence[str]) -> bool:
        """Whether it is about these labels, and about one of ``words`` where both name some."""
        own = set(map(folded, self.words))
        return (
            self.about.get("question") == question
            and set(self.labels) == set(labels)
            and (not own or not words or not own.isdisjoint(map(folded, words)))
        )


def text_hash(lines: Sequence[str]) -> str:
    """What the lines after the mark say, whatever the space around them."""
    said = " ".join(" ".join(lines).removesuffix(END).split())
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:12]


def mark(kind: Kind, about: Mapping[str, Any]) -> str:
    """The comment before a rule; nothing in it can end it or steer a terminal."""
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    unsafe = {c for c in text if c in "<>&" or unicodedata.category(c)[0] in "CZ"} - {" "}
    for character in unsafe:
        code = json.dumps(character)[1:-1]
        text = text.replace(character, code if ord(character) > 126 else f"\\u{ord(character):04x}")
    return f"<!-- labelq: {kind} {text.replace('--', '-' + chr(92) + 'u002d')} -->"


def blocks(contents: Outline) -> tuple[Block, ...]:
    """The rules in a document, in order.

    Where the comment after a rule is gone, it ends at the next heading of its own level.
    """
    marks = [(c, match) for c in contents.comments if (match := _MARK.fullmatch(c.text))]
    found: list[Block] = []
    for (comment, match), following in zip(marks, [*marks[1:], None], strict=False):
        if match.group(1) == "end":
            continue
        if following is not None and following[1].group(1) == "end":
            end = following[0].end
        else:
            end = _end(contents, comment.end, following[0].start if following else None)
        kind = cast("Kind", match.group(1))
        text = contents.text[comment.start : end]
        found.append(Block(kind, _about(match.group(2)), comment.start, end, text))
    return tuple(found)


def _end(contents: Outline, start: int, most: int | None) -> int:
    most = len(contents.text) if most is None else most
    inside = [h for h in contents.headings if start <= h.start < most]
    later = [h.start for h in inside[1:] if h.level <= inside[0].level]
    stop = min([most, *later])
    kept = contents.text[start:stop].rstrip()
    return min(contents.end_of_line(start + len(kept)), most)


def _about(text: str | None) -> dict[str, Any]:
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(x for x in value if isinstance(x, str)) if isinstance(value, list) else ()


def n_undecided(text: str) -> int:
    """How many rules that a draft proposed stand in ``text`` without anybody's decision."""
    return sum(block.open for block in blocks(outline(text)))


def for_annotators(text: str) -> str:
    """``text`` without front matter, and without what rules say to the meeting alone.

    How people voted, how large the problem is, and a link to the task with all its answers
    would lead whoever labels by the draft.
    """
    edits = [Edit(0, body_start(text), "")]
    for block in blocks(outline(text)):
        lines = block.text.splitlines(keepends=True)
        told = FOR_THE_MEETING if block.kind == "proposed" else ()
        asks = [x.startswith((WRITE_HERE, WANTED)) and x.rstrip().endswith("?*") for x in lines]
        kept = "".join(
            line
            for line, asked in zip(lines, asks, strict=True)
            if not asked and not line.startswith(told)
        )
        edits.append(Edit(block.start, block.end, _TASK_LINK.sub(r"\1", kept)))
    return edited(text, edits)
