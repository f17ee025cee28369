"""A draft in the making: where things stand in the guideline, and what is put there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from labelq.labels.model import Round, label_text
from labelq.measure.results import Consensus
from labelq.remedy.acts import Change, ProposedRule
from labelq.remedy.decisions import Decision
from labelq.remedy.guideline.editing import Edit, line_end_of
from labelq.remedy.guideline.front_matter import decisions_told, sections_told
from labelq.remedy.guideline.headings import Heading, Outline, outline
from labelq.remedy.guideline.marks import Block, blocks
from labelq.remedy.guideline.pointing import version_in_words
from labelq.remedy.guideline.sections import heading_of, sections_of, title_words
from labelq.remedy.guideline.wording import TaskLinks, either, shown
from labelq.remedy.quoting import quoted

PROPOSED_RULES, DECIDED_RULES = "Proposed rules", "Decided rules"
"""Sections at the end, for rules whose label has none."""


@dataclass(slots=True)
class Work:
    """A draft in the making: edits, rules by the offset where they go, changes."""

    text: str
    round: Round
    consensuses: Mapping[str, Consensus]
    links: TaskLinks | None
    contents: Outline
    blocks: tuple[Block, ...]
    headings: tuple[Heading, ...]
    places: dict[str, Heading]
    told: Mapping[str, str]
    line_end: str
    recorded: frozenset[str]
    edits: list[Edit] = field(default_factory=list)
    at: dict[int, list[str]] = field(default_factory=dict)
    last: dict[str, list[str]] = field(default_factory=dict)
    rules: list[ProposedRule] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    talked: dict[str, Change] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    told_of: set[int] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        text: str,
        round_: Round,
        consensuses: Mapping[str, Consensus],
        sections: Mapping[str, str],
        links: TaskLinks | None,
        decisions: Sequence[Decision],
    ) -> Self:
        """Read the guideline: its rules, headings and whose sections they are."""
        contents = outline(text)
        rules = blocks(contents)
        inside = [(b.start, b.end) for b in rules]
        headings = tuple(
            h for h in contents.headings if not any(a <= h.start < b for a, b in inside)
        )
        names = [label_text(label) for question in round_.questions for label in question.labels]
        names += [label for d in decisions for label in (*d.labels, *d.given)]
        told = sections_told(text) | dict(sections)
        return cls(
            text,
            round_,
            consensuses,
            links,
            contents,
            rules,
            headings,
            sections_of(list(dict.fromkeys(names)), headings, told),
            told,
            line_end_of(text),
            frozenset(decisions_told(text)),
        )

    @property
    def waiting(self) -> list[Block]:
        """The rules of an earlier draft that are still open."""
        return [b for b in self.blocks if b.open and b.start not in self.gone]

    def _remove(self, block: Block) -> None:
        """Take a rule of labelq's own out, with the blank line before it."""
        kept = self.text[: block.start].rstrip(" \t\r\n")
        start = self.contents.end_of_line(len(kept)) if kept else block.start
        self.edits.append(Edit(min(start, block.start), block.end, ""))
        self.gone.add(block.start)

    # --- places -------------------------------------------------------------------------------

    def _place(self, wanted: Sequence[str]) -> Heading | None:
        return next((self.places[label] for label in wanted if label in self.places), None)

    def _question(self, question: str) -> Heading | None:
        """The section of a question, by its words or as told."""
        if question in self.told:
            return sections_of([], self.headings, {question: self.told[question]}).get(question)
        return heading_of([question], self.headings).get(question)

    def _section(self, block: Block) -> Heading | None:
        """In which label's section a rule stands."""
        sections = set(self.places.values())
        before = [h for h in self.headings if h.start < block.start]
        return before[-1] if before and before[-1] in sections else None

    # --- together -----------------------------------------------------------------------------

    def all_changes(self) -> list[Change]:
        """What changed, then the rules of an earlier draft that wait, then what is left to do."""
        found = [*self.changes, *self.talked.values()]
        found += [
            Change("open", f"**{either(block.labels)}**, proposed in an earlier draft.")
            for block in self.waiting
            if block.start not in self.told_of
        ]
        said = version_in_words(self.text)
        if said is not None and (self.edits or self.at or self.last):
            told = f"The text itself says “{quoted(said, 100)}”: yours to change."
            found.append(Change("by_hand", told))
        for label, name in self.told.items():
            if label not in self.places and not sections_of([], self.headings, {label: name}):
                said = (
                    f"{shown(label)} should have the section “{quoted(name, 80)}”, but there is no"
                    " such heading."
                )
                found.append(Change("by_hand", said))
        return found

    def all_edits(self) -> list[Edit]:
        """Replacements, and every rule with the blank lines that Markdown needs around it."""
        end = self.contents.end()
        inserts = {offset: list(rules) for offset, rules in self.at.items()}
        for name in (DECIDED_RULES, PROPOSED_RULES):
            if name not in self.last:
                continue
            words = title_words(name)
            there = [h for h in self.headings if title_words(h.title) == words]
            offset = self.contents.section_end(there[0]) if there else end
            new = [] if there else [f"## {name}{self.line_end}"]
            inserts.setdefault(offset, []).extend([*new, *self.last[name]])
        return [*self.edits, *(self._inserted(at, rules) for at, rules in inserts.items())]

    def _inserted(self, offset: int, rules: Sequence[str]) -> Edit:
        text, pieces = self.text, []
        if offset and not text[:offset].endswith(("\n", "\r")):
            pieces.append(self.line_end)
        if offset == self.contents.end() and self.contents.unclosed:
            pieces.append(self.contents.unclosed + self.line_end)
        if offset:
            pieces.append(self.line_end)
        pieces.append(self.line_end.join(rules))
        if offset < len(text) and not re.match(r"[ \t]*(?:\r|\n|$)", text[offset:]):
            pieces.append(self.line_end)
        return Edit(offset, offset, "".join(pieces))
