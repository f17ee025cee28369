"""What a decided rule leaves elsewhere: lines that point to it, the authors' own version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from labelq.labels.model import Round
from labelq.remedy.guideline.decided import Decided, fingerprint
from labelq.remedy.guideline.front_matter import body_start
from labelq.remedy.guideline.headings import Heading, Outline
from labelq.remedy.guideline.marks import END, Block, mark
from labelq.remedy.quoting import quoted

_VERSION = re.compile(
    r"\b(?:version|revision)\b:?[ \t]+v?\d+(?:\.\d+)*(?:[^.;|\r\n]{0,60}?(?=[.;|\r\n]|\Z))?",
    re.IGNORECASE,
)
_FIRST_LINES = 40
"""Where a text says which version it is."""


def points_from(
    one: Decided, places: Mapping[str, Heading], own: Heading | None
) -> tuple[Heading, ...]:
    """The sections of the labels that a decision takes tasks from, other than the rule's."""
    decision = one.decision
    if decision.outcome != "label":
        return ()
    found = [places[x] for x in decision.labels if x != decision.label and x in places]
    return tuple(heading for heading in dict.fromkeys(found) if heading != own)


def pointer(
    round_: Round, one: Decided, title: str, section: str, examples: Sequence[int], line_end: str
) -> str:
    """The line that says where the rule stands, with an example of what does not belong here."""
    decision = one.decision
    about = {"decision": decision.id, "as": fingerprint(decision)}
    text = round_.units.text[examples[0]] if examples else None
    such = f" tasks such as “{quoted(text, 80)}”" if text and text.strip() else ""
    said = f"*Not here:*{such} → see “{title}” under *{quoted(section, 80)}*."
    return line_end.join([mark("see", about), said, END]) + line_end


def pointer_place(
    contents: Outline, heading: Heading, others: Iterable[Heading], blocks: Sequence[Block]
) -> int:
    """Where the authors' text of a section ends: before the rules that labelq put there."""
    end = contents.section_end(heading, list(others))
    first = next((b for b in blocks if heading.end <= b.start < end), None)
    if first is None:
        return end
    return contents.end_of_line(len(contents.text[: first.start].rstrip()))


def version_in_words(text: str) -> str | None:
    r"""What the authors' text says of its own version, such as ``Version 1.4, March 2026``.

    >>> version_in_words("# Guide\n\nVersion 1.4, March 2026. Customer care.")
    'Version 1.4, March 2026'
    """
    first = text[body_start(text) :].splitlines()[:_FIRST_LINES]
    found = (_VERSION.search(line) for line in first if not line.startswith("<!--"))
    return next((match.group().strip() for match in found if match), None)
