"""Where things stand in a Markdown document: its headings, and where text can be added.

Markdown is read by markdown-it-py, so that what looks like a heading inside code, a quotation,
a list, HTML or a comment is none. Offsets count characters of the text as it stands, with its
own line ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from labelq.remedy.guideline.front_matter import body_start

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LINE_END = re.compile(r"\r\n|\r|\n")
_CLOSERS = ("-->", "?>", "]]>", "</script>", "</pre>", "</style>", "</textarea>", ">")
"""What ends an HTML block that a blank line does not end (CommonMark, kinds 1 to 5)."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level (1 to 6), its words, and where its lines start and end."""

    level: int
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Comment:
    """An HTML comment that is a block of its own: its text, and where its lines start and end."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings and comments of a document, in order.

    ``text`` is the document, ``unclosed`` what must be written first to leave a code fence or
    an HTML block left open at its end, empty where there is none.
    """

    text: str
    headings: tuple[Heading, ...]
    comments: tuple[Comment, ...]
    unclosed: str

    def end(self, before: Heading | None = None) -> int:
        """Where text can be added before a heading (or at the end): after the last content."""
        last = len(self.text) if before is None else before.start
        content = self.text[:last].rstrip(" \t\r\n\ufeff") if last else ""
        if not content:
            return 0
        return self.end_of_line(len(content))

    def end_of_line(self, offset: int) -> int:
        """Where the line that holds ``offset`` ends, its line end included."""
        line_end = _LINE_END.search(self.text, offset)
        return line_end.end() if line_end else len(self.text)

    def section_end(self, heading: Heading, others: Collection[Heading] = ()) -> int:
        """Where text can be added to the section of ``heading``.

        A section ends at the next heading of the same or a higher level, or at one of
        ``others``: sub-headings that are sections of their own.
        """
        for following in self.headings:
            own = following.level > heading.level and following not in others
            if following.start > heading.start and not own:
                return self.end(following)
        return self.end()

    def section_at(self, offset: int) -> Heading | None:
        """The last heading at or before ``offset``."""
        found = None
        for heading in self.headings:
            if heading.start > offset:
                break
            found = heading
        return found


def outline(text: str) -> Outline:
    """Read the headings and comments of ``text``. Takes about .6 s per million characters."""
    body = body_start(text)
    lines = [body, *(found.end() for found in _LINE_END.finditer(text, body)), len(text)]
    tokens = _reader().parse(text[body:].removeprefix("\ufeff"))
    headings, comments = [], []
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        if token.level or token.map is None:
            continue
        start, end = lines[token.map[0]], lines[min(token.map[1], len(lines) - 1)]
        if token.type == "heading_open" and following is not None:
            title = " ".join(following.content.split())
            headings.append(Heading(int(token.tag[1]), title, start, end))
        elif token.type == "html_block" and token.content.startswith("<!--"):
            comments.append(Comment(token.content.rstrip(), start, end))
    return Outline(text, tuple(headings), tuple(comments), _unclosed(tokens))


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable("inline")


def _unclosed(tokens: Sequence[Token]) -> str:
    """What ends the last block, where a blank line does not end it."""
    if not tokens or tokens[-1].type not in ("fence", "html_block"):
        return ""
    last = tokens[-1]
    if last.type == "fence":
        info = f"{last.markup}{last.info}\n{last.content}"
        # The content lacks the closing fence: whether there was one is seen by its lines.
        lines = 0 if last.map is None else last.map[1] - last.map[0]
        closed = lines > info.count("\n") + (not info.endswith("\n"))
        return "" if closed else last.markup
    if _ends(last.content):
        return ""
    begins = last.content[:12].lower()
    own = sorted(_CLOSERS, key=lambda closer: closer.strip("</>") not in begins)
    return next((closer for closer in own if _ends(f"{last.content}\n{closer}")), "")


def _ends(block: str) -> bool:
    """Whether a heading after ``block`` and a blank line is one."""
    tokens = _reader().parse(f"{block}\n\n# heading\n")
    return any(token.type == "heading_open" for token in tokens[-3:])
