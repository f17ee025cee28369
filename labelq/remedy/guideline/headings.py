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
_ATX = re.compile(r"(?<=[\r\n])#{1,6}(?=[ \t\r\n]|\Z)")
_MAY = re.compile(r"(?:\A|(?<=[\r\n\ufeff])) {0,3}(?:`{3}|~{3}|<|#|(?:=+|-+)[ \t]*(?:[\r\n]|\Z))")
"""What a part without any of these holds is no heading (but its first line), no comment, and
nothing that could hide a heading after it."""
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
        return _line_stop(self.text, offset)

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


def outline(text: str) -> Outline:
    """Read the headings and comments of ``text``.

    The parser takes seconds per million characters, so it reads only those parts between two
    lines that begin with ``#`` which hold anything that is, or can hide, a heading or comment.
    """
    body = body_start(text)
    body += text.startswith("\ufeff", body)
    starts = [body, *(found.start() for found in _ATX.finditer(text, body + 1)), len(text)]
    headings: list[Heading] = []
    comments: list[Comment] = []
    unclosed = ""
    i = 0
    while i < len(starts) - 1:
        start, stop, n = starts[i], starts[i + 1], 1
        line = _line_stop(text, start)
        if _MAY.search(text, start if i == 0 else line, stop):
            tokens = _reader().parse(text[start:stop])
            while stop < len(text) and not _ends(_last_block(text[start:stop], tokens)):
                n *= 2  # what is left open goes on beyond what looks like a heading
                stop = starts[min(i + n, len(starts) - 1)]
                tokens = _reader().parse(text[start:stop])
            unclosed = _closer(_last_block(text[start:stop], tokens))
        else:
            tokens, unclosed = _reader().parse(text[start:line]), ""
        _collect(text, start, tokens, headings, comments)
        i += n
    return Outline(text, tuple(headings), tuple(comments), unclosed)


def _collect(
    text: str, start: int, tokens: Sequence[Token], headings: list[Heading], comments: list[Comment]
) -> None:
    """Enter the headings and comments among ``tokens`` of what begins at ``start``."""
    lines, at = [start], start
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        if token.level or token.map is None:
            continue
        while len(lines) <= token.map[1] and at < len(text):
            at = _line_stop(text, at)
            lines.append(at)
        first, last = lines[token.map[0]], lines[min(token.map[1], len(lines) - 1)]
        if token.type == "heading_open" and following is not None:
            title = " ".join(following.content.split())
            headings.append(Heading(int(token.tag[1]), title, first, last))
        elif token.type == "html_block" and token.content.startswith("<!--"):
            comments.append(Comment(token.content.rstrip(), first, last))


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable("inline")


def _line_stop(text: str, at: int) -> int:
    """Where the line that holds position ``at`` ends, its line end included."""
    found = _LINE_END.search(text, at)
    return found.end() if found else len(text)


def _last_block(text: str, tokens: Sequence[Token]) -> str:
    """The lines from the last block on, where it can go on after its end; else nothing."""
    if not tokens or tokens[-1].type not in ("fence", "html_block") or tokens[-1].map is None:
        return ""
    lines = _LINE_END.sub("\n", text).split("\n")
    return "\n".join(lines[tokens[-1].map[0] :])


def _closer(block: str) -> str:
    """What must be written first to leave ``block``, the last of a document; else nothing."""
    if _ends(f"{block}\n\n"):
        return ""
    fence = re.match(r" {0,3}(`{3,}|~{3,})", block)
    if fence:
        return fence.group(1)
    own = sorted(_CLOSERS, key=lambda closer: closer.strip("</>") not in block[:12].lower())
    return next((closer for closer in own if _ends(f"{block}\n{closer}\n")), "")


def _ends(block: str) -> bool:
    """Whether a heading on the line after ``block`` is one."""
    if not block.strip():
        return True
    tokens = _reader().parse(f"{block}# heading\n")
    return any(token.type == "heading_open" for token in tokens[-3:])
