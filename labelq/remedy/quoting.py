"""Data quoted in Markdown: one line of plain text, whatever it holds; and numbers."""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"([\\`*_\[\]#|~$@^=])")
_LINK = re.compile(r"(?i)(?<=[a-z])(://)|\b(www)\.")
_KEPT = "\u200c\u200d"
"""Joiners: letters of some scripts, and emoji, need them."""


def quoted(text: str, limit: int = 200) -> str:
    r"""``text`` on one line, cut at a word's end, with nothing that Markdown would act on.

    White space is folded, control and direction characters are removed, markup is escaped.

    >>> quoted("# no\n<b>way</b>  `x` | y")
    '\\# no &lt;b&gt;way&lt;/b&gt; \\`x\\` \\| y'
    """
    line = " ".join(text[: 20 * limit].split())
    line = "".join(c for c in line if c in _KEPT or not unicodedata.category(c).startswith("C"))
    line = clipped(" ".join(line.split()), limit)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _MARKUP.sub(r"\\\1", line)
    return _LINK.sub(lambda found: r"\://" if found.group(1) else found.group(2) + r"\.", line)


def clipped(text: str, limit: int) -> str:
    """``text``, or its first words up to ``limit`` characters and an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text.rfind(" ", 0, limit + 1)
    if cut < limit // 2:  # no word ends near: a script without spaces, or one long word
        cut = limit
        while cut > limit // 2 and (
            unicodedata.category(text[cut]).startswith("M") or text[cut] in _KEPT
        ):
            cut -= 1
    return text[:cut].rstrip() + "…"


def percent(share: float) -> str:
    """A share as people read it; the ends are only claimed when they are exact.

    >>> percent(0.152), percent(0.001), percent(0.999), percent(1)
    ('15 %', 'under 1 %', 'over 99 %', '100 %')
    """
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share * 100:.0f} %"


def coefficient(value: float) -> str:
    """A coefficient as people read it: two decimals, no leading zero.

    >>> coefficient(0.736), coefficient(-0.05), coefficient(1.0), coefficient(-0.001)
    ('.74', '−.05', '1.00', '.00')
    """
    digits = f"{abs(value):.2f}"
    sign = "\u2212" if value < 0 and digits.strip("0.") else ""
    return sign + digits.removeprefix("0")


def prose(text: str) -> list[str]:
    r"""What a person wrote for a document, as lines that stay paragraphs and lists in it.

    Emphasis and lists are kept; what would begin a heading, code, HTML, a table's rule or a
    link is escaped, so that the text cannot change what stands around it.

    >>> prose("Choose *Billing*.\n\n# no\n<!-- no -->\n- see [x](y)")
    ['Choose *Billing*.', '', '\\# no', '&lt;!-- no --&gt;', '- see \\[x\\](y)']
    """
    lines: list[str] = []
    for raw in text.splitlines():
        line = "".join(
            c
            for c in raw.expandtabs(4)
            if c in _KEPT or not unicodedata.category(c).startswith("C")
        )
        indent = "  " if line.startswith("  ") and re.match(r"\s+(?:[-+*]|\d+[.)]) ", line) else ""
        line = re.sub(r"&(?=#?\w+;)", "&amp;", " ".join(line.split()))
        line = line.replace("<", "&lt;").replace(">", "&gt;")
        line = re.sub(r"([\[\]])", r"\\\1", line)
        line = re.sub(r"^(#+(?=\s|$)|`{3}|~{3}|[-=_*](?:\s*[-=_*])*$|\|)", r"\\\1", line)
        line = _LINK.sub(lambda m: r"\://" if m.group(1) else m.group(2) + r"\.", line)
        if line or (lines and lines[-1]):
            lines.append(indent + line if line else "")
    while lines and not lines[-1]:
        lines.pop()
    return lines
