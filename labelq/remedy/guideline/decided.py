"""What a decision does to a guideline: a rule that stands, headings that change."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from labelq.labels.model import Round
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster
from labelq.remedy.decisions import Decision
from labelq.remedy.guideline.editing import Edit
from labelq.remedy.guideline.headings import Heading
from labelq.remedy.guideline.marks import COUNTER, END, WANTED, Block, mark, text_hash
from labelq.remedy.guideline.rules import evidence, examples, size
from labelq.remedy.guideline.sections import title_words
from labelq.remedy.guideline.wording import (
    TaskLinks,
    called,
    cited,
    does_not,
    either,
    hint,
    often,
    series,
    shown,
    tick_of,
    topic_list,
    topics_of,
)
from labelq.remedy.quoting import percent, prose, quoted
from labelq.remedy.scope import Scopes

_HEADING_WORDS = 8

MOST_MENTIONS = 12
"""So many lines that mention an old label are listed one by one."""


@dataclass(frozen=True)
class Decided:
    """A decision with what is known about it in this round: its cluster, if there is one."""

    decision: Decision
    cluster: Cluster | None
    topics: tuple[str, ...]
    scopes: Scopes

    @classmethod
    def of(cls, decision: Decision, scopes: Scopes, clusters: Sequence[Cluster]) -> Decided:
        """``clusters`` are those that the decision is about, of the round of ``scopes``."""
        round_ = scopes.round
        cluster = clusters[0] if clusters else None
        seen = decision.evidence.words if decision.evidence else ()
        topics = decision.scope.words or (
            topics_of(round_, cluster) if cluster is not None else seen
        )
        return cls(decision, cluster, tuple(topics[:4]), scopes)

    @cached_property
    def units(self) -> frozenset[int]:
        """The units in scope; worked out when they are asked for, which takes a while."""
        return frozenset(self.scopes.units(self.decision).tolist())

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that is known to say what the decision is about."""
        found = [*self.decision.scope.words]
        found += self.decision.evidence.words if self.decision.evidence else ()
        found += self.cluster.words if self.cluster is not None else ()
        return tuple(dict.fromkeys(found))

    def about(self, block: Block) -> bool:
        """Whether a rule that was proposed is what has been decided."""
        decision, labels = self.decision, set(block.labels)
        if block.about.get("question") != decision.question or not labels:
            return False
        if decision.outcome in ("drop", "rename", "split"):
            return bool(labels & set(decision.gone))
        if not labels <= set(decision.labels):
            return False
        whole = decision.outcome == "merge" or not decision.scope
        return whole or block.concerns(decision.question, block.labels, self.words or ("\0",))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The labels in whose section the rule may stand, best first."""
        decision = self.decision
        own = () if decision.label is None else (decision.label,)
        if decision.outcome == "rename":
            return (*decision.labels, *own)
        return tuple(dict.fromkeys((*own, *decision.labels, *decision.into)))


def title(one: Decided) -> str:
    """The heading of a decided rule."""
    decision, labels = one.decision, one.decision.labels
    label = "" if decision.label is None else shown(decision.label)
    if decision.outcome == "split":
        return f"{label} is now {series([shown(x) for x in decision.into], 'or')}"
    if decision.outcome == "merge":
        return f"{series([shown(x) for x in labels], 'and')} are one label: {label}"
    if decision.outcome == "rename":
        return f"{shown(labels[0])} is now called {label}"
    if decision.outcome == "drop":
        return f"{shown(labels[0])} is no longer used"
    others = [shown(x) for x in labels if x != decision.label and not x.startswith("without ")]
    said = f"{label}, not {series(others)}" if others else label
    subject = _subject(decision.rule)
    return f"{said}: {subject}" if subject else f"{said}{often(one.topics)}"


def _subject(rule: str) -> str:
    """What a rule is about, for its heading: its first clause, or its first eight words.

    >>> _subject("Gift cards that were lost, or never came, are Billing."), _subject("- *Vouchers*")
    ('Gift cards that were lost', 'Vouchers')
    """
    first = next((line for line in rule.splitlines() if re.search(r"\w", line)), "")
    first = re.sub(r"^\W*(?:\d+[.)]\s+)?", "", re.sub(r"[*`]+", "", first))
    clause = re.match(r"(?:\S+\s+){1,7}?\S*?(?=[,;:.!?–—(](?:\s|$)|\s[–—(-]|$)", first)
    words = first.split()
    if clause is not None:
        return quoted(clause.group(), 80)
    more = "…" if len(words) > _HEADING_WORDS else ""
    return quoted(" ".join(words[:_HEADING_WORDS]).rstrip(".,;:!?"), 80) + more


def fingerprint(decision: Decision) -> str:
    """Changes when what the guideline says about the decision must change."""
    said = (decision.outcome, decision.labels, decision.label, decision.into, decision.rule)
    more = (decision.who, str(decision.when), decision.examples, decision.scope.words)
    return hashlib.sha256(repr((said, more)).encode("utf-8", "replace")).hexdigest()[:12]


def decided_rule(
    round_: Round,
    one: Decided,
    consensuses: Mapping[str, Consensus],
    *,
    level: int,
    line_end: str,
    links: TaskLinks | None = None,
) -> str:
    """A decided rule as Markdown: the meeting's own words, examples, who and when."""
    decision = one.decision
    heading = shown(decision.label or "") if decision.outcome == "new_label" else title(one)
    lines = [f"{'#' * min(level, 6)} {heading}", "", *(prose(decision.rule) or _ours(one, round_))]
    if shows := list(_examples(round_, one, consensuses, links)):
        lines += ["", *shows]
    lines += [
        "",
        f"*Decided{when_and_who(decision)} ({quoted(decision.id, 80)}).{_seen(round_, one)}*",
        END,
    ]
    about = {
        "decision": decision.id,
        "as": fingerprint(decision),
        "text": text_hash(lines),
        "label": decision.label,
        "question": decision.question,
        "labels": list(decision.labels),
        "words": list(one.words),
        "round": decision.evidence.round if decision.evidence else round_.name,
    }
    return line_end.join([mark("decided", about), *lines]) + line_end


def _ours(one: Decided, round_: Round) -> list[str]:
    """The rule in our words, and that a sentence of the meeting's is wanted."""
    decision = one.decision
    lines = [_sentence(one, round_)]
    if decision.outcome in ("label", "new_label"):
        label = decision.label or ""
        tick = tick_of(decision.labels)
        when = f"is it {shown(label)}" if tick is None else f"is {shown(tick)} ticked"
        lines += ["", f"{WANTED}Wanted here, in one sentence: when {when}?*"]
    return lines


def _sentence(one: Decided, round_: Round) -> str:
    """The rule in our words, where the meeting wrote none."""
    decision, labels = one.decision, one.decision.labels
    label = decision.label or ""
    if decision.outcome in ("label", "new_label"):
        scope = decision.scope
        told = [f"{quoted(k, 40)} is {quoted(v, 40)}" for k, v in scope.where.items()]
        told += [f"the text mentions {topic_list(scope.words)}"] if scope.words else []
        if told:  # what the meeting said itself
            return f"When {series(told, 'and')}, {does_not(label, labels)}."
        units = () if one.cluster is None else one.cluster.units
        return f"For tasks like these, {does_not(label, labels)}.{hint(round_, units, one.topics)}"
    if decision.outcome == "split":
        return f"Do not choose {shown(label)} any more: it is {either(decision.into)} now."
    if decision.outcome == "merge":
        return f"Choose **{shown(label)}** wherever {either(labels)} was right."
    if decision.outcome == "rename":
        old = shown(labels[0])
        return f"Choose **{shown(label)}** wherever {old} was right: only the name is new."
    return f"Do not choose {shown(labels[0])} any more."


def _examples(
    round_: Round,
    one: Decided,
    consensuses: Mapping[str, Consensus],
    links: TaskLinks | None,
) -> Iterator[str]:
    decision, cluster = one.decision, one.cluster
    unit = {name: code for code, name in enumerate(round_.units.ids)}
    own = [unit[name] for name in decision.examples if name in unit]
    named = ""
    if decision.outcome in ("label", "new_label") and decision.label is not None:
        named = f"*{called(decision.label, decision.labels)}:* "
    yield from (f"- {named}{cited(round_, code, links)}" for code in own)
    if cluster is None or decision.outcome != "label" or decision.label not in cluster.labels:
        return
    from dataclasses import replace

    found = evidence(
        round_,
        replace(cluster, consensus=decision.label),
        consensuses[cluster.question],
        round_.ratings[cluster.question],
        topics=one.topics,
        scope=one.units,
    )
    more = [code for code in found.examples if code in one.units and code not in own]
    more = more[: max(0, 2 - len(own))]
    found = replace(found, examples=tuple(more))
    for line in examples(round_, cluster, found, decision.label, links, scope=one.units):
        if not line.startswith(f"{COUNTER}:"):  # nothing to show
            yield line


def when_and_who(decision: Decision) -> str:
    """When a decision was made and by whom, to follow a word such as "decided"."""
    when = f" on {decision.when.isoformat()}" if decision.when is not None else ""
    who = series([quoted(name, 60) for name in decision.who], "and")
    return f"{when}{f' by {who}' if who else ''}"


def _seen(round_: Round, one: Decided) -> str:
    """The evidence: the disputed tasks, and how many tasks of this round it is about."""
    seen = one.decision.evidence
    if one.cluster is not None and (seen is None or seen.round == round_.name):
        return f" Evidence: {size(round_, one.cluster)}{covers(one)}"
    if seen is None:
        return ""
    tasks = f"{seen.n_units:,} disputed {'task' if seen.n_units == 1 else 'tasks'}"
    share = f"{percent(seen.share)} of the disagreement"
    return f" Evidence: {tasks} in {quoted(seen.round, 60)}, {share}."


def covers(one: Decided) -> str:
    """How many tasks of the round a decision is about, as a sentence; empty where unclear."""
    if one.decision.outcome not in ("label", "new_label"):
        return ""
    n = len(one.units)
    return f" In all, the decision covers {n:,} {'task' if n == 1 else 'tasks'} of this round."


# --- what else a decision changes -------------------------------------------------------------


def heading_edits(
    text: str, decision: Decision, places: Mapping[str, Heading]
) -> Iterator[tuple[Edit, str]]:
    """New headings for labels that get another name or go, each with what it says now."""
    new = decision.label
    taken = new in places
    for label in decision.gone:
        heading = places.get(label)
        if heading is None or decision.outcome == "split":
            continue
        if decision.outcome == "drop":
            now = f"{quoted(heading.title, 200)} (no longer used)"
        elif new is not None and not taken:
            now, taken = _renamed(heading.title, label, new), True
        else:
            now = f"{quoted(heading.title, 200)} (now {quoted(new or '', 60)})"
        if (edit := _retitled(text, heading, now)) is not None:
            yield edit, now


def _renamed(heading: str, old: str, new: str) -> str:
    """The heading with the new name in it; the new name alone if the old is written apart."""
    found = re.search(rf"(?<!\w){re.escape(old)}(?!\w)", heading, re.IGNORECASE)
    name = quoted(new, 60)
    return heading[: found.start()] + name + heading[found.end() :] if found else name


def _retitled(text: str, heading: Heading, now: str) -> Edit | None:
    """The edit that gives a heading another title; nothing else of its lines changes."""
    lines = text[heading.start : heading.end]
    at = lines.find(heading.title)
    if not heading.title or at < 0:  # a title over two lines, or written with entities
        return None
    start = heading.start + at
    if text[start : start + len(heading.title)] == now:
        return None
    # What stood in the title was the authors' Markdown already: only the new words are quoted.
    kept = now.replace(quoted(heading.title, 200), heading.title)
    return Edit(start, start + len(heading.title), kept)


def mentions(
    text: str, labels: Iterable[str], headings: Sequence[Heading], skip: Sequence[Block]
) -> list[str]:
    """The authors' lines outside headings that name one of ``labels``, quoted, with numbers."""
    found = []
    patterns = [
        re.compile(rf"(?<!\w){re.escape(label)}(?!\w)", re.IGNORECASE)
        for label in labels
        if title_words(label)
    ]
    spans = [(h.start, h.end) for h in headings] + [(b.start, b.end) for b in skip]
    offset = 0
    for number, line in enumerate(re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text), 1):
        if any(pattern.search(line) for pattern in patterns) and not any(
            start <= offset < end for start, end in spans
        ):
            found.append(f"line {number}: “{quoted(line, 100)}”")
        offset += len(line)
    return found
