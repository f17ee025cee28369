"""How a guideline says things: when a rule applies, what to choose, what people did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Any

from labelq.labels.model import Round
from labelq.pinpoint.findings import Cluster
from labelq.pinpoint.words import folded, folded_tokens
from labelq.remedy.quoting import quoted

MOST_WORDS = 4
"""A sentence with more words that may occur is no sentence any more."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class TaskLinks:
    """Where a task is looked at: a project of a Label Studio server."""

    url: str
    project: int

    @classmethod
    def of(cls, server: Mapping[str, Any] | None) -> TaskLinks | None:
        """From what a manifest says of the server; None where tasks cannot be told apart.

        Tasks of several projects are known by their content, which is no address.
        """
        told = server or {}
        projects: Sequence[Any] = told.get("projects") or []
        url = str(told.get("url", "")).rstrip("/")
        if len(projects) != 1 or not re.fullmatch(r"https?://[^\s<>()\\\"'`\[\]]+", url):
            return None
        project = projects[0].get("id") if isinstance(projects[0], Mapping) else None
        return cls(url, project) if isinstance(project, int) else None

    def to(self, unit: str) -> str | None:
        """The address of a task; None if ``unit`` is no task's id."""
        if not re.fullmatch(r"[0-9]{1,18}", unit):
            return None
        return f"{self.url}/projects/{self.project}/data?task={unit}"


def cited(round_: Round, unit: int, links: TaskLinks | None = None) -> str:
    """A task as evidence: its text in quotation marks, its id, and a link where there is one."""
    text = round_.units.text[unit]
    name = f"task {quoted(round_.units.ids[unit], 60)}"
    address = links.to(round_.units.ids[unit]) if links else None
    name = f"[{name}]({address})" if address else name
    return f"“{quoted(text, 300)}” ({name})" if text and text.strip() else name


def shown(label: str) -> str:
    """A label in a sentence; one that is a number stands in quotation marks."""
    text = quoted(label, 60)
    return f"“{text}”" if _is_number(label) else text


def named(label: str) -> str:
    """A label in a sentence of a guideline: in italics, so that several words are one name."""
    return f"*{quoted(label, 60)}*"


def _is_number(label: str) -> bool:
    return re.fullmatch(r"[-+−]?[\d.,]+", label.strip()) is not None


def series(items: Sequence[str], last: str = "or") -> str:
    """Items as a sentence lists them.

    >>> series(["a"]), series(["a", "b"]), series(["a", "b", "c"], "and")
    ('a', 'a or b', 'a, b and c')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def number(n: int) -> str:
    """A count as a sentence has it: in words up to ten."""
    return _NUMBERS[n] if n < len(_NUMBERS) else f"{n:,}"


def tick_of(labels: Sequence[str]) -> str | None:
    """The label of a multiple choice that is ticked or not; None for a choice among labels."""
    for label in labels:
        if len(labels) == 2 and f"without {label}" in labels:
            return label
    return None


def either(labels: Sequence[str], last: str = "or") -> str:
    """The choice that a rule is about, such as ``Refund or Billing``."""
    tick = tick_of(labels)
    if tick is not None:
        return f"{shown(tick)} {last} not"
    return series([shown(label) for label in labels], last)


def topic_list(topics: Sequence[str], most: int = MOST_WORDS) -> str:
    """What texts are about, in quotation marks."""
    return series([f"“{quoted(topic, 60)}”" for topic in topics[:most]])


def does(label: str, labels: Sequence[str]) -> str:
    """What an annotator does to give ``label``, in bold."""
    tick = tick_of((*labels, label)[:2]) if len(labels) == 2 else None
    if tick is None:
        return f"choose **{shown(label)}**"
    return f"tick **{shown(tick)}**" if label == tick else f"do not tick **{shown(tick)}**"


def does_not(label: str, labels: Sequence[str]) -> str:
    """What an annotator does to give ``label``, and what not."""
    others = [named(x) for x in labels if x != label and not x.startswith("without ")]
    if tick_of(labels) is not None or not others:
        return does(label, labels)
    return f"{does(label, labels)}, not {series(others)}"


def often(topics: Sequence[str]) -> str:
    """The two words that say most, to stand behind a heading."""
    return f" (often {topic_list(topics, 2)})" if topics else ""


def called(label: str, labels: Sequence[str]) -> str:
    """A label as the word before an example."""
    tick = tick_of(labels)
    if tick is None:
        return shown(label)
    return shown(tick) if label == tick else f"Not {shown(tick)}"


def topics_of(round_: Round, cluster: Cluster) -> tuple[str, ...]:
    """The cluster's words as a person says them: two that stand together are one expression.

    Two words are joined where they follow each other in at least half of the disputed texts
    that hold one of them, and in three or more.
    """
    words = list(cluster.words)
    texts = [folded_tokens(round_.units.text[unit] or "") for unit in cluster.units]
    for first, second in permutations(words, 2):
        a, b = folded(first), folded(second)
        if first not in words or second not in words:
            continue
        together = sum((a, b) in pairwise(text) for text in texts)
        either_one = sum(a in text or b in text for text in texts)
        if together >= 3 and 2 * together >= either_one:
            at = min(words.index(first), words.index(second))
            words = [word for word in words if word not in (first, second)]
            words.insert(at, f"{first} {second}")
    return tuple(words[:MOST_WORDS])


def n_held(round_: Round, unit: int, topics: Sequence[str]) -> int:
    """How many of ``topics`` the text of a unit holds, as whole words in a row."""
    text = (round_.units.text[unit] or "").casefold()
    if not any(topic.casefold().partition(" ")[0] in text for topic in topics):
        return 0  # most texts: without taking them apart
    words = f" {' '.join(folded_tokens(text))} "
    return sum(f" {' '.join(folded_tokens(topic))} " in words for topic in topics)


def n_mentioning(round_: Round, units: Iterable[int], topics: Sequence[str]) -> int:
    """How many of ``units`` hold one of ``topics``."""
    return sum(n_held(round_, unit, topics) > 0 for unit in units)


def hint(round_: Round, units: Sequence[int], topics: Sequence[str]) -> str:
    """What the tasks of a rule often mention, as a sentence: a hint, and no condition."""
    if not topics:
        return ""
    often = "often" if 2 * n_mentioning(round_, units, topics) >= len(units) else "sometimes"
    return f" They {often} mention {topic_list(topics)}."


def when_is(labels: Sequence[str]) -> str:
    """The question that a rule answers in one sentence."""
    tick = tick_of(labels)
    if tick is not None:
        return f"when is {shown(tick)} ticked, and when not?"
    return f"when is it {series([shown(label) for label in labels], 'and when')}?"


def camps(cluster: Cluster) -> str:
    """How annotators answered, by what each answers most often; empty if nobody is told of."""
    holders = Counter(camp.label for camp in cluster.cause.camps)
    told = [(label, holders[label]) for label in cluster.labels if holders[label]]
    said = []
    for i, (label, n) in enumerate(told):
        tick = tick_of(cluster.labels)
        do, does_ = ("answer", "answers") if tick is None else ("tick", "ticks")
        if tick is None:
            what = f" {named(label)}"
        else:
            what = f" {named(tick)}" if label == tick else " nothing of the kind"
        first = f"of them mostly {does_ if n == 1 else do}" if i == 0 else ""
        said.append(f"{number(n)} {first}".rstrip() + what)
    return series(said, "and")
