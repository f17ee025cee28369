"""The guideline draft: what the authors wrote, untouched, with rules put in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from labelq.labels.model import Round, label_text
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster
from labelq.remedy.acts import Change, Draft, ProposedRule
from labelq.remedy.decisions import Decision
from labelq.remedy.guideline.change_log import change_log
from labelq.remedy.guideline.decided import (
    MOST_MENTIONS,
    Decided,
    decided_rule,
    fingerprint,
    heading_edits,
    mentions,
    title,
    when_and_who,
)
from labelq.remedy.guideline.editing import Edit, edited, line_end_of, unified_diff
from labelq.remedy.guideline.first import first_guideline
from labelq.remedy.guideline.front_matter import (
    content_hash,
    decisions_told,
    sections_told,
    stamped,
    version_of,
)
from labelq.remedy.guideline.headings import Heading, Outline, outline
from labelq.remedy.guideline.marks import Block, blocks
from labelq.remedy.guideline.rules import propose, size, stake, worth_a_rule
from labelq.remedy.guideline.sections import heading_of, sections_of, title_words
from labelq.remedy.guideline.wording import TaskLinks, either, series, shown
from labelq.remedy.quoting import prose, quoted
from labelq.remedy.scope import decided_clusters, still_rejected

PROPOSED_RULES, DECIDED_RULES = "Proposed rules", "Decided rules"
"""Sections at the end, for rules whose label has none."""


def draft_guideline(
    name: str,
    text: str | None,
    round_: Round,
    clusters: Sequence[Cluster],
    consensuses: Mapping[str, Consensus],
    *,
    decisions: Sequence[Decision] = (),
    sections: Mapping[str, str] | None = None,
    links: TaskLinks | None = None,
    date: str | None = None,
    notes: Sequence[str] = (),
) -> Draft:
    """A draft of the guideline ``text`` (Markdown) with a rule for each cluster worth one.

    Each rule stands at the end of the section of its label: of the decided or consensus label,
    else of the first of its labels that has a section; else of the question's section, else in
    a new section at the end. ``sections`` (label → title) says which section is whose where
    words and front matter do not. Every other line stays as it is; without a guideline (None)
    one is started.

    ``decisions`` stand as rules, in the place of the proposals they decide; what was rejected
    goes, and is not proposed again unless its evidence changed. Rules of an earlier draft that
    nobody has decided stay, and are not proposed twice. ``links`` are where tasks are looked
    at, ``date`` (ISO) is recorded with the version, ``notes`` are for the change log.
    """
    base = first_guideline(round_) if text is None else text
    work = _Work.of(base, round_, consensuses, sections or {}, links, decisions)
    settled = decided_clusters(decisions, clusters, round_)
    for decision in decisions:
        own = [c for c in clusters if settled.get(c.id) is decision]
        work.decide(Decided.of(decision, round_, own), clusters)
    for cluster in worth_a_rule(clusters, lambda c: work.is_settled(c, settled)):
        work.propose(cluster, settled.get(cluster.id))
    body = edited(base, work.all_edits())
    used = None if text is None else version_of(name, text)
    version, draft = None, body
    if body != text:
        version = 1 if used is None else (used.version or 1) + 1
        draft = _stamped(body, version, date, work.applied)
        version = version_of(name, draft).version
    found = Draft(
        name=name,
        original=text,
        text=draft,
        diff=unified_diff(name, text or "", draft),
        rules=tuple(work.rules),
        undecided=len(work.waiting),
        used=used,
        version=version,
        changes=tuple(work.all_changes()),
    )
    return replace(found, log=change_log(found, round_.name, date=date, notes=notes))


def _stamped(body: str, version: int, date: str | None, applied: Sequence[str]) -> str:
    """``body`` with its version recorded; as it is where that cannot be done safely."""
    content = content_hash(body)
    edits = stamped(body, version=version, content=content, date=date, decisions=applied)
    draft = edited(body, edits)
    now = version_of("", draft)
    return draft if (now.version, now.hash, now.edited) == (version, content, False) else body


@dataclass(slots=True)
class _Work:
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
    gone: set[int] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        text: str,
        round_: Round,
        consensuses: Mapping[str, Consensus],
        sections: Mapping[str, str],
        links: TaskLinks | None,
        decisions: Sequence[Decision],
    ) -> _Work:
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

    # --- decisions ----------------------------------------------------------------------------

    def decide(self, one: Decided, clusters: Sequence[Cluster]) -> None:
        """Put a decision into the guideline, unless it stands there already."""
        decision = one.decision
        proposals = [b for b in self.waiting if one.about(b)]
        if decision.outcome == "undecided":
            said = f"**{either(decision.labels)}** was talked about{when_and_who(decision)}."
            self.changes.append(Change("open", said, quoted(decision.rule, 300)))
            return
        if decision.outcome == "rejected":
            for block in proposals:
                own = [c for c in clusters if block.concerns(c.question, c.labels, c.words)]
                if all(still_rejected(decision, cluster) for cluster in own):
                    self._remove(block)
                    said = f"**{either(decision.labels)}** needs no rule{when_and_who(decision)}."
                    self.changes.append(Change("withdrawn", said, quoted(decision.rule, 300)))
            return
        there = next((b for b in self.blocks if b.about.get("decision") == decision.id), None)
        if there is None and decision.id in self.recorded:
            return  # the editor took it out, or wrote it in other words
        if there is not None and there.about.get("as") == fingerprint(decision):
            return
        heading, new = self._place(one.wanted), decision.outcome == "new_label"
        level = 3 if heading is None else heading.level + (not new)
        rule = decided_rule(
            self.round,
            one,
            self.consensuses,
            level=level,
            line_end=self.line_end,
            links=self.links,
        )
        if there is None:
            there = next((b for b in proposals if self._section(b) == heading), None)
        if there is not None:
            self.edits.append(Edit(there.start, there.end, rule))
            self.gone.add(there.start)
        elif heading is None:
            self.last.setdefault(DECIDED_RULES, []).append(rule)
        else:
            others = self.places.values() if not new else ()
            self.at.setdefault(self.contents.section_end(heading, others), []).append(rule)
        for block in proposals:
            if block is not there:
                self._remove(block)
        self.applied.append(decision.id)
        under = f", under “{quoted(heading.title, 80)}”" if heading and not new else ""
        said = f"**{title(one)}**{under}. Decided{when_and_who(decision)}."
        evidence = "" if one.cluster is None else f"Evidence: {size(self.round, one.cluster)}"
        why = " ".join(filter(None, [*prose(decision.rule)[:1], evidence]))
        self.changes.append(Change("decided", said, why))
        self._headings(decision)

    def _headings(self, decision: Decision) -> None:
        for edit, now in heading_edits(self.text, decision, self.places):
            self.edits.append(edit)
            self.changes.append(Change("decided", f"A heading now reads “{now}”."))
        lines = mentions(self.text, decision.gone, self.headings, self.blocks)
        if lines:
            listed = "; ".join(lines[:MOST_MENTIONS])
            more = f"; and {len(lines) - MOST_MENTIONS} more" if len(lines) > MOST_MENTIONS else ""
            old = series([shown(label) for label in decision.gone])
            said = f"Lines that still say {old} are left to you: {listed}{more}."
            self.changes.append(Change("by_hand", said))
        if decision.outcome == "split":
            names = series([shown(label) for label in decision.into], "and")
            self.changes.append(Change("by_hand", f"Write what sets {names} apart, with examples."))

    def _remove(self, block: Block) -> None:
        """Take a rule of labelq's own out, with the blank line before it."""
        kept = self.text[: block.start].rstrip(" \t\r\n")
        start = self.contents.end_of_line(len(kept)) if kept else block.start
        self.edits.append(Edit(min(start, block.start), block.end, ""))
        self.gone.add(block.start)

    # --- proposals ----------------------------------------------------------------------------

    def is_settled(self, cluster: Cluster, settled: Mapping[str, Decision]) -> bool:
        """Whether a decision, in the file or in the guideline already, is about the cluster."""
        decision = settled.get(cluster.id)
        if decision is not None and decision.decided:
            return True
        return any(b.about.get("round") == self.round.name for b in self._rules_about(cluster))

    def _rules_about(self, cluster: Cluster) -> list[Block]:
        own = (cluster.question, cluster.labels, cluster.words)
        return [b for b in self.blocks if b.kind == "decided" and b.concerns(*own)]

    def propose(self, cluster: Cluster, decision: Decision | None) -> None:
        """Propose a rule for a cluster, unless an earlier draft did."""
        if any(b.concerns(cluster.question, cluster.labels, cluster.words) for b in self.waiting):
            return
        wanted = [cluster.consensus] if cluster.consensus is not None else []
        heading = self._place((*wanted, *cluster.labels)) or self._question(cluster.question)
        remarks = []
        if self._rules_about(cluster):
            remarks.append("There is a rule for this already, and annotators still differ.")
        if decision is not None:
            remarks.append(f"Talked about{when_and_who(decision)}, and left open.")
        if heading is None:
            remarks.append(_how_to_tell(cluster))
        rule = propose(
            self.round,
            cluster,
            self.consensuses,
            heading=heading.title if heading else PROPOSED_RULES,
            level=heading.level + 1 if heading else 3,
            line_end=self.line_end,
            links=self.links,
            remarks=remarks,
        )
        rule = replace(rule, placed=heading is not None)
        self.rules.append(rule)
        if heading is None:
            self.last.setdefault(PROPOSED_RULES, []).append(rule.text)
        else:
            end = self.contents.section_end(heading, self.places.values())
            self.at.setdefault(end, []).append(rule.text)
        under = quoted(rule.heading, 80)
        self.changes.append(
            Change(
                "proposed",
                f"**{rule.title}** Under “{under}”.",
                f"{size(self.round, cluster)}{stake(cluster)}",
            )
        )

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
        found = list(self.changes)
        found += [
            Change("open", f"**{either(block.labels)}**, proposed in an earlier draft.")
            for block in self.waiting
        ]
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


def _how_to_tell(cluster: Cluster) -> str:
    """How a lead says in which section a rule belongs."""
    label = cluster.consensus or cluster.labels[0]
    name = quoted(label, 60).replace('"', r"\"")
    return (
        f"No section is named after {either(cluster.labels)}. To say which one is meant, write"
        f' its heading into labelq.toml: under \\[guideline.sections\\] "{name}" = "…".'
    )
