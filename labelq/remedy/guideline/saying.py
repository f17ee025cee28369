"""What a guideline says today about labels: the section of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labelq.remedy.guideline.front_matter import sections_told
from labelq.remedy.guideline.headings import outline
from labelq.remedy.guideline.sections import sections_of


@dataclass(frozen=True, slots=True)
class Said:
    """The section of ``labels``: its heading, and its Markdown without the heading."""

    labels: tuple[str, ...]
    heading: str
    text: str


def said_about(
    text: str, labels: Sequence[str], known: Sequence[str], told: Mapping[str, str]
) -> tuple[Said, ...]:
    """The sections of ``labels``, in their order; a label without one is left out.

    ``known`` are all labels, which decides whose section is whose; ``told`` (label → title) is
    how the settings put it. ``without X`` is said where X is. Sub-headings belong to a section
    unless they are another label's.
    """
    contents = outline(text)
    wanted = list(dict.fromkeys(label.removeprefix("without ") for label in labels))
    names = list(dict.fromkeys([*known, *wanted]))
    places = sections_of(names, contents.headings, sections_told(text) | dict(told))
    found: dict[int, Said] = {}
    for label in wanted:
        heading = places.get(label)
        if heading is None:
            continue
        if heading.start in found:
            one = found[heading.start]
            found[heading.start] = Said((*one.labels, label), one.heading, one.text)
            continue
        body = text[heading.end : contents.section_end(heading, places.values())].strip()
        found[heading.start] = Said((label,), heading.title, body)
    return tuple(found.values())
