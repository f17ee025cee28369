"""The headings of a Markdown document, and which of them is a label's.

Only what CommonMark calls a heading counts: nothing inside fenced code, an HTML comment or
front matter. Offsets count characters of the text as it stands, with its own line ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from labelq.pinpoint.words import folded, tokens

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_NO_PARAGRAPH = re.compile(r"(?: {4}|\t| {0,3}(?:[>|]|[-+*][ \t]|\d{1,9}[.)][ \t]|<))")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level (1 to 6), its words, and where it starts."""

    level: int
    title: str
    start: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings of a document in order, and its lines that are not blank (start, end).

    ``unclosed`` is what must be written first to leave a code fence or comment left open.
    """

    headings: tuple[Heading, ...]
    content: tuple[tuple[int, int], ...]
    unclosed: str

    def end(self, before: Heading | None = None) -> int:
        """Where text can be added before a heading (or at the end): after the last content."""
        ends = (end for start, end in self.content if before is None or start < before.start)
        return max(ends, default=0)

    def section_end(self, heading: Heading, others: Collection[Heading]) -> int:
        """Where text can be added to the section of ``heading``.

        A section ends at the next heading of the same or a higher level, or at one of
        ``others``: sub-headings that are sections of their own.
        """
        for following in self.headings:
            own = following.level > heading.level and following not in others
            if following.start > heading.start and not own:
                return self.end(following)
        return self.end()


def outline(text: str) -> Outline:
    """Read the headings of ``text``."""
    found: list[tuple[int, str, int]] = []
    content: list[tuple[int, int]] = []  # lines that are not blank: start, end
    fence = comment = ""
    paragraph: tuple[int, str] | None = None
    front_matter = False
    for match in _LINE.finditer(text):
        start, end = match.span()
        if start == end:
            break
        line = match.group().rstrip("\r\n")
        if start == 0:
            line = line.removeprefix("\ufeff")
            front_matter = line.rstrip() == "---" and _closes(text[end:])
            if front_matter:
                content.append((start, end))
                continue
        if not line.strip():
            paragraph = None
            continue
        content.append((start, end))
        if front_matter:
            front_matter = line.rstrip() not in ("---", "...")
            continue
        if comment:
            comment = "" if "-->" in line else comment
            continue
        opened = _FENCE.match(line)
        if fence:
            if opened and opened.group(1).startswith(fence) and not line[opened.end() :].strip():
                fence = ""
            continue
        if opened:
            fence, paragraph = opened.group(1), None
            continue
        if re.match(r" {0,3}<!--", line):
            comment, paragraph = "" if "-->" in line else "-->", None
            continue
        atx, setext = _ATX.match(line), _SETEXT.match(line)
        if atx:
            found.append((len(atx.group(1)), (atx.group(2) or "").strip(), start))
            paragraph = None
        elif setext and paragraph:
            found.append((1 if "=" in setext.group(1) else 2, paragraph[1], paragraph[0]))
            paragraph = None
        elif _NO_PARAGRAPH.match(line) and not paragraph:
            paragraph = None
        else:
            first = paragraph[0] if paragraph else start
            paragraph = first, f"{paragraph[1]} {line}".strip() if paragraph else line.strip()
    headings = tuple(Heading(level, title, start) for level, title, start in found)
    return Outline(headings, tuple(content), fence or comment)


def _closes(rest: str) -> bool:
    """Whether front matter that has been opened ends: else it is a thematic break."""
    return re.search(r"^(?:---|\.\.\.)[ \t]*\r?$", rest, re.MULTILINE) is not None


def heading_of(labels: Sequence[str], headings: Sequence[Heading]) -> dict[str, Heading]:
    """Which heading is whose: labels without one are left out.

    A heading belongs to a label when the words of one stand in the other, in order. The same
    words go first, then the most words in common, then the heading with the fewest others;
    a heading belongs to one label only, and the document's title to none.
    """
    candidates = []
    words_of = [title_words(label) for label in labels]
    holders: dict[str, list[int]] = {}  # word → labels, so that thousands of labels are no grid
    for j, words in enumerate(words_of):
        for word in set(words):
            holders.setdefault(word, []).append(j)
    levels = [heading.level for heading in headings]
    titled = len(levels) > 1 and levels[0] < min(levels[1:])
    for i, heading in enumerate(headings):
        if titled and i == 0:
            continue
        title = title_words(heading.title)
        for j in sorted({j for word in set(title) for j in holders.get(word, ())}):
            common = _contained(words_of[j], title)
            if common:
                others = len(title) + len(words_of[j]) - 2 * common
                candidates.append((others > 0, -common, others, i, j))
    found: dict[str, Heading] = {}
    taken: set[int] = set()
    for *_, i, j in sorted(candidates):
        if i not in taken and labels[j] not in found:
            found[labels[j]] = headings[i]
            taken.add(i)
    return found


def title_words(title: str) -> tuple[str, ...]:
    """The words of a heading or label, folded; ``camelCase`` and ``snake_case`` are split.

    >>> title_words("3. **Damaged item**"), title_words("damagedItem")
    (('3', 'damaged', 'item'), ('damaged', 'item'))
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title).replace("_", " ")
    return tuple(folded(word) for word in tokens(spaced))


def _contained(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Number of words of the shorter, if it stands in the longer; else 0."""
    short, long = sorted((a, b), key=len)
    if not short:
        return 0
    places = range(len(long) - len(short) + 1)
    return len(short) if any(long[i : i + len(short)] == short for i in places) else 0
