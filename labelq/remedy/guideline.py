"""The guideline draft: what the author wrote, untouched, with proposed rules put in place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np

from labelq.labels.model import Question, Round, label_text
from labelq.measure.results import Consensus
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.votes import single_labels
from labelq.remedy.acts import Draft, ProposedRule
from labelq.remedy.headings import Heading, Outline, heading_of, outline, title_words
from labelq.remedy.quoting import quoted
from labelq.remedy.rules import (
    FOR_THE_MEETING,
    TO_BE_CONFIRMED,
    UNDECIDED,
    answer_to,
    cited,
    either,
    propose,
    worth_a_rule,
)

NEW_SECTION = "Proposed rules"
CLEAR_EXAMPLES = 3

MARKER = "<!-- labelq: proposed rule -->"
"""Stands, unseen, before every rule put in, so that the next draft knows it again."""


def draft_guideline(
    name: str,
    text: str | None,
    round_: Round,
    clusters: Sequence[Cluster],
    consensuses: Mapping[str, Consensus],
) -> Draft:
    """A draft of the guideline ``text`` (Markdown) with a rule for each cluster worth one.

    Each rule stands at the end of the section of its label: of the consensus label, else of
    the first of the pair that has a section; else of the question's section, else in a new
    section at the end. Everything else stays as it is. Without a guideline (None) one is
    started: a section per label with an open definition and clear examples.

    Rules of an earlier draft that nobody has decided are counted, and a cluster of the same
    two labels is not proposed again.
    """
    original = text
    base = _first_guideline(round_) if text is None else text
    line_end = _line_end(base)
    contents = outline(base)
    labels = [label_text(label) for question in round_.questions for label in question.labels]
    named = [label for label in dict.fromkeys(labels) if any(map(str.isalpha, label))]
    places = heading_of(named, contents.headings)
    rules: list[ProposedRule] = []
    at: dict[int, list[str]] = {}
    waiting = [rule for rule in _rules(base, contents) if _open(rule)]
    for cluster in worth_a_rule(clusters):
        if _asked(cluster, waiting):
            continue
        heading = _place(cluster, places, contents.headings)
        rule = propose(
            round_,
            cluster,
            consensuses,
            heading=heading.title if heading else NEW_SECTION,
            level=heading.level + 1 if heading else 3,
            line_end=line_end,
        )
        rules.append(rule)
        end = contents.section_end(heading, places.values()) if heading else -1
        at.setdefault(end, []).append(f"{MARKER}{line_end}{rule.text}")
    draft = _inserted(base, contents, at, line_end)
    diff = unified_diff(name, original or "", draft)
    return Draft(name, original, draft, diff, tuple(rules), len(waiting))


def n_undecided(text: str) -> int:
    """How many rules that a draft proposed stand in ``text`` without anybody's decision."""
    return sum(map(_open, _rules(text, outline(text))))


def for_annotators(text: str) -> str:
    """``text`` without what its proposed rules say to the review meeting alone.

    How people voted, and how large the problem is, would lead whoever labels by the draft.
    """
    for rule in _rules(text, outline(text)):
        lines = rule.splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(FOR_THE_MEETING)]
        text = text.replace(rule, "".join(kept), 1)
    return text


def _rules(text: str, contents: Outline) -> list[str]:
    """The rules that this or an earlier draft put into ``text``."""
    marks = [found.start() for found in re.finditer(re.escape(MARKER), text)]
    found = []
    for start, following in zip(marks, [*marks, len(text)][1:], strict=True):
        headings = [h.start for h in contents.headings if start < h.start < following]
        found.append(text[start : headings[1] if len(headings) > 1 else following])
    return found


def _open(rule: str) -> bool:
    return f"**{UNDECIDED}**" in rule or TO_BE_CONFIRMED in rule


def _asked(cluster: Cluster, rules: Sequence[str]) -> bool:
    """Whether one of ``rules`` is about the labels of ``cluster``."""
    titles = [f"Proposed rule: {either(order)} (" for order in permutations(cluster.labels)]
    answer = f"- {answer_to(cluster.question)} "
    return any(answer in rule and any(title in rule for title in titles) for rule in rules)


def _place(
    cluster: Cluster, places: Mapping[str, Heading], headings: Sequence[Heading]
) -> Heading | None:
    """The heading under which a rule belongs, None where there is none."""
    wanted = list(cluster.labels)
    if cluster.consensus is not None:
        wanted.insert(0, cluster.consensus)
    for label in wanted:
        if label in places:
            return places[label]
    names = heading_of([cluster.question], headings)
    if cluster.question in names:
        return names[cluster.question]
    new = title_words(NEW_SECTION)
    return next((h for h in headings if title_words(h.title) == new), None)


def _inserted(text: str, contents: Outline, at: Mapping[int, Sequence[str]], line_end: str) -> str:
    """``text`` with rules at each offset; offset -1 is a new section at the end.

    Only insertions, each with the blank lines that Markdown needs around it.
    """
    blocks = {offset: list(rules) for offset, rules in at.items() if offset >= 0}
    last = contents.end()
    if -1 in at:
        blocks.setdefault(last, []).extend([f"## {NEW_SECTION}{line_end}", *at[-1]])
    pieces, done = [], 0
    for offset in sorted(blocks):
        before, after = text[done:offset], text[offset:]
        pieces.append(before)
        if offset and not text[:offset].endswith(("\n", "\r")):
            pieces.append(line_end)
        if offset == last and contents.unclosed:
            pieces.append(contents.unclosed + line_end)
        if offset:
            pieces.append(line_end)
        pieces.append(line_end.join(blocks[offset]))
        if after and not re.match(r"[ \t]*(?:\r|\n|$)", after):
            pieces.append(line_end)
        done = offset
    return "".join(pieces) + text[done:]


def _line_end(text: str) -> str:
    found = re.search(r"\r\n|\r|\n", text)
    return found.group() if found else "\n"


def unified_diff(name: str, old: str, new: str) -> str:
    """A unified diff that ``patch`` understands, whatever the line ends."""
    shown = " ".join(name.split())
    lines = difflib.unified_diff(_split(old), _split(new), shown, f"{shown} (draft)")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _split(text: str) -> list[str]:
    """Lines with their ends, split at line feeds only, as ``patch`` does."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _first_guideline(round_: Round) -> str:
    """A guideline to begin with: every definition is an open question."""
    lines = [
        f"# Labeling guideline for {quoted(round_.name)}",
        "",
        "Started from what annotators did. Every definition is still to be written.",
    ]
    for question in round_.questions:
        lines += ["", f"## {quoted(question.name)}"]
        if not question.labels:
            lines += ["", "What does a low value mean, what a high one? In which unit?"]
        clear = _clear_examples(round_, question)
        for label in question.labels:
            shown = quoted(label_text(label))
            lines += ["", f"### {shown}", "", f"When is a task {shown}, and when not?"]
            units = clear.get(label_text(label), ())
            if units:
                lines += ["", "All annotators agreed on:", ""]
                lines += [f"- {cited(round_, unit)}" for unit in units]
    return "\n".join(lines) + "\n"


def _clear_examples(round_: Round, question: Question) -> dict[str, list[int]]:
    """Per label, up to three unanimous units with different texts, most votes first."""
    ratings = round_.ratings[question.name]
    units, start = np.unique(ratings.unit, return_index=True)
    if not len(units):
        return {}
    low = np.minimum.reduceat(ratings.value, start)
    high = np.maximum.reduceat(ratings.value, start)
    votes = np.diff(np.append(start, len(ratings)))
    clear = np.flatnonzero((low == high) & (votes > 1))
    found: dict[str, list[int]] = {}
    seen: set[tuple[str, str]] = set()
    open_labels = {label_text(label) for label in question.labels}
    for row in clear[np.lexsort((units[clear], -votes[clear]))].tolist():
        if not open_labels:
            break
        unit = int(units[row])
        text = " ".join((round_.units.text[unit] or round_.units.ids[unit]).split())
        for label in sorted(single_labels(ratings.values[low[row]]) & open_labels):
            if (label, text) not in seen:
                seen.add((label, text))
                found.setdefault(label, []).append(unit)
                if len(found[label]) == CLEAR_EXAMPLES:
                    open_labels.discard(label)
    return found
