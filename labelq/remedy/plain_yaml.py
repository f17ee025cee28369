"""YAML that people write by hand, read as texts, lists and tables, each with its place.

Nothing is guessed from how a text looks: ``no``, ``1`` and ``2026-03-20`` are texts, and who
reads a field decides what it must be. Tags, anchors and aliases are refused, so nothing can be
constructed and nothing can explode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from labelq.errors import DecisionsError

MOST_BYTES = 1_000_000
DEEPEST = 12
NEWLINE = "\n"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value with its place: ``start`` and ``end`` are positions in the document's text.

    ``end`` is where the value's own characters end, before comments and blank lines.
    ``plain``: a text without quotes. ``block``: a text after ``|`` or ``>``. ``flow``: a list
    or table in brackets.
    """

    start: int
    end: int
    plain: bool = False
    block: bool = False
    flow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """A text."""

    value: str = ""

    @property
    def is_null(self) -> bool:
        """Whether nothing is said: ``rule:`` with nothing after it, or YAML's null."""
        return self.plain and self.value in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True, eq=False)
class List(Node):
    """A list."""

    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Table(Node):
    """Names and values, in their order; ``keys`` are where the names stand."""

    items: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Text] = field(default_factory=dict)


class Source:
    """The text of a document, and how its refusals name a place."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name

    def place(self, at: int) -> str:
        """The line and column (from 1) of a position."""
        before = self.text[:at]
        line = before.count("\n") + 1
        return f"line {line}, column {len(before) - before.rfind(NEWLINE)}"

    def error(self, at: Node | int, problem: str) -> DecisionsError:
        """One line: which file, where in it, what is wrong and what to do."""
        start = at if isinstance(at, int) else at.start
        return DecisionsError(f"{self.name}, {self.place(start)}: {problem}")


def read_yaml(source: Source) -> Node | None:
    """The document, None where there is nothing but comments.

    Raises:
        DecisionsError: it is not YAML, or not plain: a tag, an alias, a name given twice, a
            second document, more than a megabyte, or nested too deep.
    """
    if len(source.text) > MOST_BYTES or len(source.text.encode("utf-8", "replace")) > MOST_BYTES:
        raise DecisionsError(
            f"{source.name}: is larger than any file of decisions should be ({MOST_BYTES:,} bytes)"
        )
    events = _Events(source)
    found: Node | None = None
    for event in events:
        kind = type(event).__name__
        if kind == "DocumentStartEvent" and found is not None:
            raise source.error(event.start_mark.index, "a second document begins; keep one")
        if kind in ("MappingStartEvent", "SequenceStartEvent", "ScalarEvent", "AliasEvent"):
            found = _node(source, event, events, 0)
    return None if isinstance(found, Text) and found.is_null else found


class _Events:
    """The parser's events; whatever goes wrong in it is one line with a place."""

    def __init__(self, source: Source) -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        self.source, self.at = source, 0
        self.marked, self.errors = MarkedYAMLError, YAMLError
        parser: Any = YAML(typ="safe", pure=True)
        self.events: Iterator[Any] = iter(parser.parse(source.text))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            event = next(self.events)
        except StopIteration:
            raise
        except self.marked as error:
            mark = error.problem_mark or error.context_mark
            at = self.at if mark is None else mark.index
            problem = " ".join(str(error.problem or error.context).split())
            raise self.source.error(at, f"not valid YAML: {problem}") from None
        except self.errors as error:
            at = getattr(error, "position", self.at)
            problem = "a character that no text file holds; delete it"
            raise self.source.error(at, problem) from None
        except Exception:  # noqa: BLE001  # a parser can trip over hostile text in any way
            raise self.source.error(self.at, "not valid YAML after this") from None
        self.at = min(event.end_mark.index, len(self.source.text))
        return event


def _node(source: Source, event: Any, events: Iterator[Any], depth: int) -> Node:
    kind = type(event).__name__
    start = event.start_mark.index
    if kind == "AliasEvent" or event.anchor is not None:
        raise source.error(
            start, "& and * (anchors and aliases) are not read; write it out, or put it in quotes"
        )
    if event.tag is not None:
        raise source.error(start, "! begins a tag of YAML; put the text in quotes")
    if depth > DEEPEST:
        raise source.error(start, "nested too deep")
    if kind == "ScalarEvent":
        return _text(source, event)
    flow = bool(event.flow_style)
    if kind == "SequenceStartEvent":
        items: list[Node] = []
        for inner in events:
            if type(inner).__name__ == "SequenceEndEvent":
                end = inner.end_mark.index if flow else max([start, *(i.end for i in items)])
                return List(start, end, flow=flow, items=tuple(items))
            items.append(_node(source, inner, events, depth + 1))
    values: dict[str, Node] = {}
    keys: dict[str, Text] = {}
    for inner in events:
        if type(inner).__name__ == "MappingEndEvent":
            end = inner.end_mark.index if flow else max([start, *(v.end for v in values.values())])
            return Table(start, end, flow=flow, items=values, keys=keys)
        name = _node(source, inner, events, depth + 1)
        if not isinstance(name, Text):
            raise source.error(name, "a list or table where a name must stand")
        if name.value in keys:
            raise source.error(name, f"{name.value!r} stands here twice; keep one")
        keys[name.value] = name
        values[name.value] = _node(source, next(events), events, depth + 1)
    raise source.error(start, "not valid YAML: it does not end")


def _text(source: Source, event: Any) -> Text:
    start, end = event.start_mark.index, event.end_mark.index
    value: str = event.value
    for character in value:
        if "\ud800" <= character <= "\udfff":
            raise source.error(start, "half a character (\\ud800 to \\udfff); delete it")
    block = event.style in ("|", ">")
    if block:  # the mark stands at the next token, behind comments and blank lines
        end = _block_end(source.text, start, end)
    return Text(start, end, plain=event.style is None, block=block, value=value)


def _block_end(text: str, start: int, end: int) -> int:
    """Where the last line of a block text ends: comments after it are indented less."""
    body = text.find("\n", start, end)
    if body < 0:
        return len(text[:end].rstrip())
    lines = text[body + 1 : end].split("\n")
    own = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    indent = min((_indent(line) for line in own or lines[:1]), default=1)
    last, position = body, body + 1
    for line in lines:
        if line.strip() and _indent(line) >= max(indent, 1):
            last = position + len(line.rstrip("\r"))
        position += len(line) + 1
    return min(last, end) if last > body else len(text[:body].rstrip("\r"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
