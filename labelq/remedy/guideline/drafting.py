"""The guideline draft: what the authors wrote, untouched, with rules put in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from labelq.labels.model import Round
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster
from labelq.remedy.acts import Change, Draft
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
from labelq.remedy.guideline.editing import Edit, edited, unified_diff
from labelq.remedy.guideline.first import first_guideline
from labelq.remedy.guideline.front_matter import (
    content_hash,
    stamped,
    version_of,
)
from labelq.remedy.guideline.headings import Heading
from labelq.remedy.guideline.marks import Block
from labelq.remedy.guideline.pointing import (
    pointer,
    pointer_place,
    points_from,
)
from labelq.remedy.guideline.rules import propose, size, stake, worth_a_rule
from labelq.remedy.guideline.wording import TaskLinks, either, series, shown
from labelq.remedy.guideline.work import DECIDED_RULES, PROPOSED_RULES, Work
from labelq.remedy.quoting import prose, quoted
from labelq.remedy.scope import Scopes, decided_clusters, still_rejected


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
    scopes: Scopes | None = None,
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
    ``scopes`` of the round, where they are there already, spare looking at its content again.
    """
    base = first_guideline(round_) if text is None else text
    work = _Work.of(base, round_, consensuses, sections or {}, links, decisions)
    scopes = scopes or Scopes(round_)
    settled = decided_clusters(decisions, clusters, round_, scopes=scopes)
    for decision in decisions:
        own = [c for c in clusters if settled.get(c.id) is decision]
        work.decide(Decided.of(decision, scopes, own), clusters)
    for cluster in worth_a_rule(clusters, lambda c: work.is_settled(c, settled)):
        work.propose(cluster, settled.get(cluster.id))
    body = edited(base, work.all_edits())
    used = None if text is None else version_of(name, text)
    version, draft = None, body
    if body != text:
        version = 1 if used is None else (used.version or 1) + 1
        draft = _stamped(body, version, date, work.applied, work.undone)
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


def _stamped(
    body: str, version: int, date: str | None, applied: Sequence[str], undone: Sequence[str]
) -> str:
    """``body`` with its version recorded; as it is where that cannot be done safely."""
    content = content_hash(body)
    edits = stamped(
        body, version=version, content=content, date=date, decisions=applied, undone=undone
    )
    draft = edited(body, edits)
    now = version_of("", draft)
    return draft if (now.version, now.hash, now.edited) == (version, content, False) else body


class _Work(Work):
    """What decisions and clusters come to."""

    __slots__ = ()

    # --- decisions ----------------------------------------------------------------------------

    def decide(self, one: Decided, clusters: Sequence[Cluster]) -> None:
        """Put a decision into the guideline, unless it stands there already."""
        decision = one.decision
        proposals = [b for b in self.waiting if one.about(b)]
        own = [b for b in self.blocks if b.about.get("decision") == decision.id]
        there = next((b for b in own if b.kind == "decided"), None)
        if decision.outcome == "undecided":
            self._left_open(decision, own, proposals)
            return
        if decision.outcome == "rejected":
            gone = [
                block
                for block in proposals
                if all(
                    still_rejected(decision, c)
                    for c in clusters
                    if block.concerns(c.question, c.labels, c.words)
                )
            ]
            if gone or own:
                back = self._take_back(decision, own)
                for block in gone:
                    self._remove(block)
                said = f"**{either(decision.labels)}** needs no rule{when_and_who(decision)}."
                self.changes.append(Change("withdrawn", said + back, _first(decision.rule)))
            return
        if there is None and decision.id in self.recorded:
            return  # the editor took it out, or wrote it in other words
        if there is not None and there.about.get("as") == fingerprint(decision):
            return
        for block in own:
            if block is not there:
                self._remove(block)
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
        if there is not None and there.about.get("label", decision.label) != decision.label:
            self._remove(there)  # it belongs into another section now
            there = None
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
        wanted = "" if decision.rule or decision.outcome != "label" else "A sentence is wanted."
        pointed = self._point(one, heading)
        why = " ".join(filter(None, [_first(decision.rule), wanted, pointed, evidence]))
        self.changes.append(Change("decided", said, why))
        self._headings(decision)

    def _left_open(
        self, decision: Decision, own: Sequence[Block], proposals: Sequence[Block]
    ) -> None:
        """Talked about and open, or taken back: the rule that was decided goes."""
        back = self._take_back(decision, own)
        said = f"**{either(decision.labels)}** was talked about{when_and_who(decision)}."
        words = _first(decision.rule)
        if back and words:
            words = f"Its words were: {words}"
        self.talked[decision.id] = Change("open", said + back, words)
        self.told_of.update(block.start for block in proposals)

    def _take_back(self, decision: Decision, own: Sequence[Block]) -> str:
        """Take out what stands in the guideline as decided; what happened, as a sentence."""
        if decision.id in self.recorded:
            self.undone.append(decision.id)
        for block in own:
            self._remove(block)
        rules = [block for block in own if block.kind == "decided"]
        if not rules:
            return ""
        by_hand = ""
        if any(block.edited for block in rules):
            by_hand = " It was edited by hand: the diff keeps its words."
        return f" The rule that stood as decided is taken out.{by_hand}"

    def _point(self, one: Decided, heading: Heading | None) -> str:
        """Lines in the sections that lose tasks to a rule; which, as a sentence."""
        sections = points_from(one, self.places, heading)
        if not sections:
            return ""
        ids = {name: code for code, name in enumerate(self.round.units.ids)}
        examples = [ids[name] for name in one.decision.examples if name in ids]
        examples += () if one.cluster is None else [u for u in one.cluster.units if u in one.units]
        section = DECIDED_RULES if heading is None else heading.title
        line = pointer(self.round, one, title(one), section, examples, self.line_end)
        for other in sections:
            at = pointer_place(self.contents, other, self.places.values(), self.blocks)
            self.at.setdefault(at, []).insert(0, line)
        names = series([f"“{quoted(other.title, 80)}”" for other in sections], "and")
        return f"A line under {names} points to it."

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

    # --- proposals ----------------------------------------------------------------------------

    def is_settled(self, cluster: Cluster, settled: Mapping[str, Decision]) -> bool:
        """Whether a decision, in the file or in the guideline already, is about the cluster."""
        decision = settled.get(cluster.id)
        if decision is not None and decision.decided:
            return True
        return any(b.about.get("round") == self.round.name for b in self._rules_about(cluster))

    def _rules_about(self, cluster: Cluster) -> list[Block]:
        own = (cluster.question, cluster.labels, cluster.words)
        return [
            b
            for b in self.blocks
            if b.kind == "decided" and b.start not in self.gone and b.concerns(*own)
        ]

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
        talked = None if decision is None else self.talked.pop(decision.id, None)
        said = f"**{rule.title}** Under “{quoted(rule.heading, 80)}”."
        why = f"{size(self.round, cluster)}{stake(cluster)}"
        if talked is not None:
            why += f" {talked.text.replace('**', '')} {talked.why}".rstrip()
        self.changes.append(Change("proposed", said, why))


def _first(rule: str) -> str:
    """The first line of a rule, as it stands in the guideline."""
    return "".join(prose(rule)[:1])


def _how_to_tell(cluster: Cluster) -> str:
    """How a lead says in which section a rule belongs."""
    label = cluster.consensus or cluster.labels[0]
    name = quoted(label, 60).replace('"', r"\"")
    return (
        f"No section is named after {either(cluster.labels)}. To say which one is meant, write"
        f' its heading into labelq.toml: under \\[guideline.sections\\] "{name}" = "…".'
    )
