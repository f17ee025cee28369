"""``decisions.yaml``: text to decisions, each refusal one line with its place.

The schema is documented in ``docs/decisions-file.md``.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from labelq.errors import DecisionsError
from labelq.labels.model import Round
from labelq.remedy.decisions import (
    OUTCOMES,
    Decision,
    Evidence,
    Outcome,
    Scope,
    about,
    near,
    refusal,
    unknown_labels,
)
from labelq.remedy.plain_yaml import List, Node, Source, Table, Text, read_yaml

VERSION = "1"
FIELDS = (
    "id",
    "question",
    "labels",
    "outcome",
    "label",
    "into",
    "rule",
    "scope",
    "who",
    "when",
    "examples",
    "evidence",
)
"""The fields of a decision, in the order in which they are written."""

SCOPE = ("tasks", "lookalikes", "words", "labels", "where", "except")
EVIDENCE = ("round", "cluster", "words", "tasks", "share")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DecisionFile:
    """The decisions of a file, in its order, and where each of them begins."""

    name: str
    decisions: tuple[Decision, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    def problems(self, round_: Round) -> tuple[str, ...]:
        """What the file says about questions and labels that ``round_`` does not have."""
        return tuple(
            f"{self.name}, {self.places[decision.id]}: {problem}"
            for decision, problem in unknown_labels(self.decisions, round_)
        )

    def check(self, round_: Round) -> None:
        """Refuse decisions about questions or labels that ``round_`` does not have.

        Those that were made on another round may be about others: they stay notes.

        Raises:
            DecisionsError: the first of :meth:`problems` of a decision about this round.
        """
        ours = {decision.id for decision in about(self.decisions, round_)}
        for decision, problem in unknown_labels(self.decisions, round_):
            if decision.id in ours:
                raise DecisionsError(f"{self.name}, {self.places[decision.id]}: {problem}")


def read_decisions(text: str, name: str = "decisions.yaml") -> DecisionFile:
    """The decisions in ``text``; ``name`` is the file that refusals name.

    Raises:
        DecisionsError: it is not YAML, or not a file of decisions; with line and column.
    """
    source = Source(text.removeprefix("\ufeff"), name)
    top = read_top(source)
    listed = None if top is None else top.items.get("decisions")
    decisions: list[Decision] = []
    places: dict[str, str] = {}
    for node in listed.items if isinstance(listed, List) else ():
        decision = _decision(source, node)
        if decision.id in places:
            problem = f"the id {decision.id!r} stands at {places[decision.id]} too; ids must differ"
            raise source.error(_table(source, node, "a decision").items["id"], problem)
        decisions.append(decision)
        places[decision.id] = source.place(node.start)
    return DecisionFile(name, tuple(decisions), places)


def read_top(source: Source) -> Table | None:
    """The document's own fields, checked: ``version``, and ``decisions`` as a list (or null).

    None where the document is empty.

    Raises:
        DecisionsError: it is not YAML, or has another form.
    """
    root = read_yaml(source)
    if root is None:
        return None
    top = _table(source, root, "the file")
    _known(source, top, ("version", "decisions"))
    if "version" not in top.items:
        raise source.error(top, "has no version; write `version: 1` as the first line")
    version = _text(source, top.items["version"], "version")
    if version != VERSION:
        raise source.error(
            top.items["version"], f"version {version!r}: this labelq reads version {VERSION}"
        )
    found = _given(top, "decisions")
    if found is not None and not isinstance(found, List):
        raise source.error(found, "decisions must be a list: each begins with a hyphen")
    return top


def _decision(source: Source, node: Node) -> Decision:
    table = _table(source, node, "a decision")
    _known(source, table, FIELDS)
    for name in ("id", "question", "labels", "outcome"):
        if _given(table, name) is None:
            raise source.error(table.keys.get(name, table), f"a decision needs {name}")
    outcome = _text(source, table.items["outcome"], "outcome")
    if outcome not in OUTCOMES:
        raise source.error(
            table.items["outcome"], f"unknown outcome {outcome!r}{near(outcome, OUTCOMES)}"
        )
    chosen: Outcome = outcome
    scope = _given(table, "scope")
    evidence = _given(table, "evidence")
    decision = Decision(
        id=_text(source, table.items["id"], "id"),
        question=_text(source, table.items["question"], "question"),
        labels=_texts(source, table.items["labels"], "labels"),
        outcome=chosen,
        scope=Scope() if scope is None else _scope(source, scope),
        label=_maybe(source, table, "label", _text, None),
        into=_maybe(source, table, "into", _texts, ()),
        rule=_maybe(source, table, "rule", _prose, ""),
        who=_maybe(source, table, "who", _texts, ()),
        when=_maybe(source, table, "when", _date, None),
        examples=_maybe(source, table, "examples", _texts, ()),
        evidence=None if evidence is None else _evidence(source, evidence),
    )
    if wrong := refusal(decision):
        name, problem = wrong
        raise source.error(table.items.get(name, table), f"{name}: {problem}")
    return decision


def _scope(source: Source, node: Node) -> Scope:
    table = _table(source, node, "scope")
    _known(source, table, SCOPE)
    return Scope(
        tasks=_maybe(source, table, "tasks", _texts, ()),
        lookalikes=_maybe(source, table, "lookalikes", _flag, True),
        words=_maybe(source, table, "words", _texts, ()),
        labels=_maybe(source, table, "labels", _texts, ()),
        where=_maybe(source, table, "where", _fields, {}),
        excluded=_maybe(source, table, "except", _texts, ()),
    )


def _evidence(source: Source, node: Node) -> Evidence:
    table = _table(source, node, "evidence")
    _known(source, table, EVIDENCE)
    for name in ("round", "cluster", "tasks"):
        if _given(table, name) is None:
            raise source.error(table.keys.get(name, table), f"evidence needs {name}")
    return Evidence(
        round=_text(source, table.items["round"], "round"),
        cluster=_text(source, table.items["cluster"], "cluster"),
        words=_maybe(source, table, "words", _texts, ()),
        n_units=_count(source, table.items["tasks"], "tasks"),
        share=_maybe(source, table, "share", _share, 0.0),
    )


# --- one kind of value each ------------------------------------------------------------------


def _given(table: Table, name: str) -> Node | None:
    node = table.items.get(name)
    return None if isinstance(node, Text) and node.is_null else node


def _maybe(
    source: Source, table: Table, name: str, read: Callable[[Source, Node, str], T], default: T
) -> T:
    node = _given(table, name)
    return default if node is None else read(source, node, name)


def _table(source: Source, node: Node, what: str) -> Table:
    if not isinstance(node, Table):
        raise source.error(node, f"{what} must hold names and values, as `name: value`")
    return node


def _known(source: Source, table: Table, known: tuple[str, ...]) -> None:
    for name, key in table.keys.items():
        if name not in known:
            raise source.error(key, f"unknown field {name!r}{near(name, known)}")


def _text(source: Source, node: Node, name: str) -> str:
    """One line of text."""
    if isinstance(node, Text) and node.is_null:
        raise source.error(
            node, f"{name} is empty; put {node.value or 'it'} in quotes if it is a text"
        )
    if not isinstance(node, Text):
        raise source.error(node, f"{name} must be a text, not a {_kind(node)}")
    if not node.value.strip():
        raise source.error(node, f"{name} is empty")
    if len(node.value.splitlines()) > 1:
        raise source.error(node, f"{name} must be one line")
    return node.value


def _prose(source: Source, node: Node, name: str) -> str:
    if not isinstance(node, Text):
        raise source.error(node, f"{name} must be a text, not a {_kind(node)}")
    return node.value.strip()


def _texts(source: Source, node: Node, name: str) -> tuple[str, ...]:
    """A list of texts; a single text is a list of one."""
    if isinstance(node, List):
        return tuple(_text(source, item, name) for item in node.items)
    if isinstance(node, Table):
        raise source.error(node, f"{name} must be a list, not a table")
    return (_text(source, node, name),)


def _fields(source: Source, node: Node, name: str) -> dict[str, str]:
    table = _table(source, node, name)
    return {key: _text(source, value, key) for key, value in table.items.items()}


def _flag(source: Source, node: Node, name: str) -> bool:
    text = _text(source, node, name)
    if text.casefold() not in ("true", "false"):
        raise source.error(node, f"{name} must be true or false")
    return text.casefold() == "true"


def _date(source: Source, node: Node, name: str) -> dt.date:
    text = _text(source, node, name)
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise source.error(node, f"{name} must be a day, as 2026-03-20")


def _count(source: Source, node: Node, name: str) -> int:
    text = _text(source, node, name)
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise source.error(node, f"{name} must be a whole number")
    return int(text)


def _share(source: Source, node: Node, name: str) -> float:
    text = _text(source, node, name)
    try:
        share = float(text) if re.fullmatch(r"[0-9.eE+-]{1,30}", text) else math.nan
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise source.error(node, f"{name} must be a number from 0 to 1")
    return share


def _kind(node: Node) -> str:
    return "list" if isinstance(node, List) else "table"
