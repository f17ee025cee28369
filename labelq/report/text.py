"""Data text, made safe for each medium: one place, used by every renderer.

Everything that comes from data is hostile: it may hold markup, terminal escapes, direction
overrides or a megabyte without a space. A **sentence** is our own wording with data in it;
each piece of data in a sentence stands between the Unicode isolates FSI and PDI, put there by
:func:`mark` and only there, because :func:`visible` turns those of the data into visible
escapes. So every medium can tell our words from the data's, however a sentence was composed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

OPEN, CLOSE = "\u2068", "\u2069"
"""FSI and PDI: the data between them keeps its own direction and disturbs nobody else's."""

# Controls (but tab and newline), line separators, embeddings, overrides, isolates, surrogates.
# Marks that letters need (joiners, LRM, RLM) stay.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COMMENT = re.compile(r"^<!-- labelq: [^\r\n]* -->(?:\r\n|\r|\n|$)", re.MULTILINE)
_TASK_LINK = re.compile(r"\[(task [0-9]+)\]\(https?://[^\s()]+\)")
_MARKED = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
# What is no markup, no link and no mention wherever it stands.
_WORD = re.compile(
    r"\(?[^\W_]+(?:['’-][^\W_]+)*(?:,\d{3})*\)?[.,;:?!]?|\d*\.\d+[.,;:]?|%", re.ASCII
)
NUMBER_SPACE = re.compile(r"(?<=\d) (?=%|(?:s|min|h)\b)")
"""The space between a number and its unit, where no line may end."""

_JOINER = "\u200d"


def visible(text: str) -> str:
    r"""``text`` with control, escape and direction override characters shown as escapes.

    >>> visible("red \x1b[31m and \u202e backwards")
    'red \\x1b[31m and \\u202e backwards'
    """
    text = text.replace("\r\n", "\n")
    return _UNSAFE.sub(lambda found: repr_escape(found.group()), text)


def repr_escape(character: str) -> str:
    r"""The visible escape of one character: ``\x1b``, ``\u202e``."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def clip(text: str, limit: int) -> str:
    """``text``, or its beginning up to ``limit`` characters and an ellipsis.

    The cut is at a word's end where one is near, and never inside a grapheme (a letter and
    its marks, a joined emoji, a flag).

    >>> clip("a refund for my order", 14)
    'a refund for…'
    """
    if len(text) <= limit:
        return text
    space = max(text.rfind(" ", 0, limit + 1), text.rfind("\n", 0, limit + 1))
    if space > limit * 0.7:
        return text[:space].rstrip() + "…"
    cut = limit
    # A grapheme of more than 32 characters is no letter anybody could miss.
    while cut > max(0, limit - 32) and _joins(text, cut):
        cut -= 1
    return text[:cut].rstrip() + "…"


def _joins(text: str, at: int) -> bool:
    """Whether the characters before and after position ``at`` belong to one grapheme."""
    before, after = text[at - 1], text[at]
    if _JOINER in {before, after} or unicodedata.category(after).startswith("M"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":  # skin tones
        return True
    run = 0  # regional indicators pair up from the left of their run
    while at - run > 0 and run < 32 and "\U0001f1e6" <= text[at - 1 - run] <= "\U0001f1ff":
        run += 1
    return run % 2 == 1 and "\U0001f1e6" <= after <= "\U0001f1ff"


def line(text: str, limit: int = 80) -> str:
    """``text`` on one line: white space folded, clipped, and safe to show."""
    return clip(visible(" ".join(clip(text, 8 * limit).split())), limit)


def mark(data: object, limit: int = 80) -> str:
    """``data`` as part of a sentence: on one line, clipped, between the isolates."""
    return f"{OPEN}{line(str(data), limit) or '(empty)'}{CLOSE}"


def plain(sentence: str) -> str:
    """A sentence for the terminal and other plain text: without the isolates."""
    return sentence.replace(OPEN, "").replace(CLOSE, "")


def html(sentence: str) -> Markup:
    """A sentence as HTML: everything escaped, each piece of data in a ``<bdi>``."""
    from markupsafe import Markup, escape

    escaped = str(escape(sentence)).replace(OPEN, "<bdi>").replace(CLOSE, "</bdi>")
    # All that data could have brought is escaped; the only markup is the line above.
    return Markup(re.sub(NUMBER_SPACE, "\u00a0", escaped))  # noqa: S704


def html_highlighted(text: str, words: Iterable[str]) -> Markup:
    """Data text as HTML with each of ``words`` in a ``<mark>``; everything escaped."""
    from markupsafe import Markup, escape

    text = visible(text)
    wanted = sorted({re.escape(visible(w)) for w in words if w.strip()}, key=len, reverse=True)
    if not wanted:
        return escape(text)
    pieces = re.split(rf"(?<!\w)({'|'.join(wanted)})(?!\w)", text, flags=re.IGNORECASE)
    # re.split with one group: every odd piece is a match.
    return Markup().join(
        Markup("<mark>{}</mark>").format(piece) if i % 2 else escape(piece)
        for i, piece in enumerate(pieces)
    )


def html_of_markdown(text: str) -> Markup:
    """A Markdown text with data in it as HTML: headings, lists, emphasis, and nothing else.

    No markup of its own, no link and no picture passes; comments that labelq put around a rule
    are left out. Each block has its own direction.
    """
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    reader = MarkdownIt("zero").enable(["heading", "list", "emphasis", "escape", "backticks"])
    tokens = reader.parse(visible(_TASK_LINK.sub(r"\1", _COMMENT.sub("", text))))
    for token in tokens:
        if token.nesting == 1 and token.tag not in ("ul", "ol"):
            token.attrSet("dir", "auto")
    # The reader escapes all text; its markup is the few elements enabled above.
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704


def markdown(sentence: str) -> str:
    """A sentence as Markdown: our words as they are, each piece of data a code span.

    Inside a code span nothing is markup: no HTML, no link, no mention of a user.
    """
    return _MARKED.sub(lambda found: code_span(found.group(1)), sentence)


def markdown_prose(text: str) -> str:
    """A remark of ours with data in it that nobody marked, as Markdown: plain words and numbers
    as they are, every other word a code span.

    >>> markdown_prose("The label config my_config.xml, beside the export, was used.")
    'The label config `my_config.xml,` beside the export, was used.'
    """
    words = visible(" ".join(plain(text).split())).split()
    return " ".join(word if _WORD.fullmatch(word) else code_span(word) for word in words)


def code_span(data: str) -> str:
    """``data`` on one line as a Markdown code span, whatever back-ticks it holds.

    >>> code_span("a `b` | c")
    '``a `b` | c``'
    """
    data = visible(" ".join(data.split())) or "(empty)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", data)), default=0))
    space = " " if data.startswith("`") or data.endswith("`") else ""
    return f"{fence}{space}{data}{space}{fence}"


def slug(text: str) -> str:
    """``text`` as part of an anchor: ASCII letters, digits and hyphens, perhaps empty."""
    return re.sub("[^a-z0-9]+", "-", text[:60].lower()).strip("-")


def anchors(prefix: str, keys: Iterable[str]) -> dict[str, str]:
    """A distinct anchor for each of ``keys``, made of safe characters only.

    >>> anchors("question", ["Urgency", "أولوية", "urgency"])
    {'Urgency': 'question-urgency', 'أولوية': 'question-2', 'urgency': 'question-urgency-3'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for position, key in enumerate(keys, 1):
        anchor = f"{prefix}-{slug(key) or position}"
        while anchor in taken:
            anchor += f"-{position}"
        taken.add(anchor)
        found[key] = anchor
    return found
