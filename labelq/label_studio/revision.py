"""A labeling config with other labels: text → text, everything else byte for byte.

Only elements of labels go or come (``<Choice>``, ``<Label>``); indentation, comments, attributes
and quotes of everything else stay as their author wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.parsers import expat  # only text that defusedxml has taken already

from labelq.errors import SettingsError
from labelq.label_studio.config import Control, parse_label_config
from labelq.remedy.label_changes import LabelChange

__all__ = ["Paste", "Revision", "revised"]

SEPARATOR = " / "
"""Between the names of a path, as people read it."""

_START_TAG = re.compile(rb"<[^\s/>]+(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_FROM_DATA = {"value", "apiurl"}
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Paste:
    """What to do by hand in a project that lives: ``lines`` to put in after ``after`` (an
    element of the config), or to take out.
    """

    question: str
    lines: tuple[str, ...]
    after: str | None = None
    out: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """The revised config, and the same as edits by hand."""

    text: str
    pastes: tuple[Paste, ...]


@dataclass(slots=True, eq=False)
class _Element:
    """An element and where it stands: ``start`` to ``end`` with its content, ``opened`` is the
    end of its start tag.
    """

    tag: str
    attributes: Mapping[str, str]
    start: int
    opened: int
    end: int = -1
    above: _Element | None = None
    below: list[_Element] = field(default_factory=list)

    def walk(self) -> Iterator[_Element]:
        yield self
        for child in self.below:
            yield from child.walk()

    @property
    def label(self) -> str:
        """What results call it: its alias, else its value."""
        return self.attributes.get("alias") or self.attributes.get("value") or ""

    @property
    def path(self) -> tuple[str, ...]:
        names: list[str] = []
        here: _Element | None = self
        while here is not None and here.tag not in _CONTROLS:
            if here.tag in _LABELS:
                names.insert(0, here.label)
            here = here.above
        return tuple(names)


_LABELS = ("choice", "label")
_CONTROLS = (
    "choices",
    "taxonomy",
    "labels",
    "rectanglelabels",
    "polygonlabels",
    "ellipselabels",
    "keypointlabels",
    "brushlabels",
    "bitmasklabels",
    "hypertextlabels",
    "paragraphlabels",
    "timeserieslabels",
    "timelinelabels",
)


def revised(config: str, changes: Sequence[LabelChange], *, where: str) -> Revision:
    """``config`` after ``changes``, in their order; ``where`` names it in errors.

    A label that is to come and is there already, or to go and is not there, is no change, so
    that doing it again does nothing.

    Raises:
        SourceError: it is no labeling config.
        SettingsError: a change cannot be made here; the line says which and why.
    """
    pastes: list[Paste] = []
    for change in changes:
        before = parse_label_config(config, where=where)
        control = before.control(change.question)
        if control is None:
            known = ", ".join(one.name for one in before.controls)
            raise _cannot(
                change, where, f"there is no question {change.question!r}; it asks {known}"
            )
        config, by_hand = _one(config, change, control, where)
        pastes += by_hand
    return Revision(config, tuple(pastes))


def _one(config: str, change: LabelChange, control: Control, where: str) -> tuple[str, list[Paste]]:
    text = config.encode("utf-8", "surrogatepass")
    root = _read(text)
    named = [e for e in root.walk() if e.attributes.get("name") == control.name]
    element = next((e for e in named if e.tag in _CONTROLS), None)
    if element is None:
        raise _cannot(change, where, f"{control.tag} has no labels that could be changed")
    if any(control.attributes.get(name) for name in _FROM_DATA):
        raise _cannot(change, where, "its labels come from the tasks' data; change them there")
    nested = control.tag == "Taxonomy" or control.attributes.get("allownested") == "true"
    editing = _Editing(text, root, element, change, where, nested=nested)
    for label in change.new:
        editing.add(label)
    for label in change.gone:
        editing.remove(label)
    made = editing.text.decode("utf-8", "surrogatepass")
    _check(made, change, control, editing, where)
    return made, editing.pastes


def _check(made: str, change: LabelChange, control: Control, editing: _Editing, where: str) -> None:
    """Hold the result against what was wanted: an edit of text may not be trusted."""
    found = parse_label_config(made, where=where).control(change.question)
    asked = {_shown(label) for label in (found.labels or ())} if found else set()
    before = {_shown(label) for label in control.labels or ()}
    if control.labels is None:
        return  # not measured: labels of regions
    wrong = asked & set(change.gone) or set(change.new) - asked - before
    lost = before - asked - set(change.gone) - editing.parents
    if not asked or wrong or lost:
        raise _cannot(change, where, "its labels cannot be changed safely; change them by hand")


def _shown(label: str | tuple[str, ...]) -> str:
    return label if isinstance(label, str) else SEPARATOR.join(label)


def _cannot(change: LabelChange, where: str, problem: str) -> SettingsError:
    what = f"decision {change.decision}: " if change.decision else ""
    return SettingsError(f"{where}: {what}{change.question}: {problem}")


class _Editing:
    """The labels of one control, changed one by one; positions are read anew after each."""

    def __init__(  # private
        self,
        text: bytes,
        root: _Element,
        control: _Element,
        change: LabelChange,
        where: str,
        *,
        nested: bool,
    ) -> None:
        self.text, self.root, self.control = text, root, control
        self.change, self.where, self.nested = change, where, nested
        self.pastes: list[Paste] = []
        self.parents: set[str] = set()
        self.at = [e.start for e in root.walk() if e.tag == control.tag].index(control.start)

    def refuse(self, problem: str) -> SettingsError:
        return _cannot(self.change, self.where, problem)

    def add(self, label: str) -> None:
        """Put a label in, beside the one that it comes from, else at the end."""
        if self.find(label) is not None:
            return
        if len(label) > _MOST or any(not c.isprintable() for c in label) or not label.strip():
            raise self.refuse(f"{label[:60]!r} can be no label of a config")
        path = tuple(label.split(SEPARATOR)) if self.nested else (label,)
        into = self.find(SEPARATOR.join(path[:-1])) if len(path) > 1 else self.control
        if into is None:
            raise self.refuse(
                f"there is no {SEPARATOR.join(path[:-1])!r} that {label!r} could stand below"
            )
        last = self.before(path)
        line = f'<{self.tag_name(last or into)} value="{_quoted(path[-1])}"/>'
        self.say(line, after=self.start_tag(last or into))
        new = line.encode("utf-8")
        if last is not None:
            self.replace(last.end, last.end, self.gap(last) + new)
        elif into is self.control:
            raise self.refuse("there is no label yet that a new one could stand beside")
        elif self.text[: into.opened].endswith(b"/>"):  # a leaf gets its first child
            opening = self.text[into.start : into.opened].removesuffix(b"/>").rstrip() + b">"
            closing = f"</{self.tag_name(into)}>".encode()
            inside = self.gap(into) + b"  " if self.gap(into) else b""
            self.replace(into.start, into.end, opening + inside + new + self.gap(into) + closing)
            self.parents.add(SEPARATOR.join(path[:-1]))
        else:
            self.replace(into.opened, into.opened, new)
            self.parents.add(SEPARATOR.join(path[:-1]))

    def remove(self, label: str) -> None:
        """Take a label out, with its line where it stands alone."""
        found = self.find(label)
        if found is None:
            return
        if any(e.tag in _LABELS for below in found.below for e in below.walk()):
            raise self.refuse(f"{label!r} has labels below it; decide about these one by one")
        if len(self.labels()) == 1:
            raise self.refuse(f"{label!r} is its only label")
        shown_by = [
            e.attributes.get("name") or e.tag
            for e in self.root.walk()
            if found.label
            in (p.strip() for p in e.attributes.get("whenchoicevalue", "").split(","))
            and e.attributes.get("whentagname") in (None, self.control.attributes.get("name"))
        ]
        if shown_by:
            raise self.refuse(
                f"{shown_by[0]} is only shown for {label!r} (whenChoiceValue); change that first"
            )
        self.pastes.append(
            Paste(
                self.change.question,
                (self.text[found.start : found.end].decode("utf-8", "replace"),),
                out=True,
            )
        )
        start, end = found.start, found.end
        line = self.text.rfind(b"\n", 0, start) + 1
        if not self.text[line:start].strip():
            rest = re.compile(rb"[ \t]*(?:\r\n|\n)").match(self.text, end)
            if rest is not None:
                start, end = line, rest.end()
        self.replace(start, end, b"")

    # --- where things stand -------------------------------------------------------------------

    def labels(self) -> list[_Element]:
        return [e for e in self.control.walk() if e.tag in _LABELS and e.label]

    def find(self, label: str) -> _Element | None:
        for element in self.labels():
            if SEPARATOR.join(element.path) == label or (
                not self.nested and element.label == label
            ):
                return element
        return None

    def before(self, path: tuple[str, ...]) -> _Element | None:
        """The label after which a new one stands: the one that it comes from, and what came from
        that already; else the last. None: there is none on its level.
        """
        siblings = [e for e in self.labels() if e.path[:-1] == path[:-1]]
        beside = None if self.change.beside is None else self.find(self.change.beside)
        if beside not in siblings:
            return siblings[-1] if siblings else None
        new = set(self.change.new)
        here = siblings.index(beside)
        while here + 1 < len(siblings) and SEPARATOR.join(siblings[here + 1].path) in new:
            here += 1
        return siblings[here]

    def say(self, line: str, *, after: str) -> None:
        """The same by hand: a line after another, or after what is to be put in already."""
        last = self.pastes[-1] if self.pastes else None
        if last is not None and not last.out and last.lines[-1] == after:
            self.pastes[-1] = replace(last, lines=(*last.lines, line))
        else:
            self.pastes.append(Paste(self.change.question, (line,), after))

    def gap(self, element: _Element) -> bytes:
        """The line end and indentation before an element that begins its line; else nothing."""
        line = self.text.rfind(b"\n", 0, element.start)
        indent = self.text[line + 1 : element.start]
        if line < 0 or indent.strip():
            return b""
        return (b"\r\n" if self.text[:line].endswith(b"\r") else b"\n") + indent

    def start_tag(self, element: _Element) -> str:
        return self.text[element.start : element.opened].decode("utf-8", "replace")

    def tag_name(self, element: _Element) -> str:
        """As its author wrote it: ``Choice``; for a control, what its labels are called."""
        if element.tag in _LABELS:
            return re.split(r"[\s/>]", self.start_tag(element)[1:], maxsplit=1)[0]
        return "Choice" if element.tag in ("choices", "taxonomy") else "Label"

    def replace(self, start: int, end: int, by: bytes) -> None:
        self.text = self.text[:start] + by + self.text[end:]
        self.root = _read(self.text)
        self.control = [e for e in self.root.walk() if e.tag == self.control.tag][self.at]


def _quoted(value: str) -> str:
    for character, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        value = value.replace(character, escaped)
    return value


def _read(text: bytes) -> _Element:
    """The tree of elements with their places (offsets of bytes)."""
    parser = expat.ParserCreate("utf-8")
    top = _Element("", {}, 0, 0, len(text))
    stack = [top]

    def begin(name: str, attributes: dict[str, str]) -> None:
        start = parser.CurrentByteIndex
        tag = _START_TAG.match(text, start)
        opened = tag.end() if tag else start
        told = {key.lower(): value for key, value in attributes.items()}
        element = _Element(name.lower(), told, start, opened, above=stack[-1])
        stack[-1].below.append(element)
        stack.append(element)

    def finish(_name: str) -> None:
        element = stack.pop()
        if text[: element.opened].endswith(b"/>"):
            element.end = element.opened
        else:
            element.end = text.index(b">", parser.CurrentByteIndex) + 1

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.Parse(text, True)  # expat's own signature
    return top
