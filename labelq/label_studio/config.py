"""The labeling config: which questions were asked, with which labels, when, about what text.

The SDK's ``LabelInterface`` says what the controls and their labels are (aliases included, as
results carry them); the XML tree adds what it leaves out: taxonomy paths and ``visibleWhen``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelq.errors import SourceError
from labelq.label_studio.answers import BUCKETS
from labelq.label_studio.control_tags import ControlTag, of_tag
from labelq.label_studio.texts import TextSource, text_sources
from labelq.labels.model import Label, Question

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Condition", "Control", "LabelConfig", "parse_label_config", "read_label_config"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One ``visibleWhen``: its kind, the control it looks at (None: any choice), the choices.

    ``choices`` is empty where any choice will do.
    """

    kind: str
    control: str | None = None
    choices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Control:
    """A control tag as configured.

    ``line`` is its line in the registry, None where it is not measured yet. ``labels`` is
    None where the labels come from the task data. ``attributes`` have lower-case names.
    ``per`` is ``region`` or ``item`` where the question is not asked about the whole task.
    ``pattern`` matches the names of its copies in a repeater. The question is asked when all
    ``conditions`` hold. ``aliases`` tells what results call a choice, by its value.
    """

    name: str
    tag: str
    line: ControlTag | None
    labels: tuple[Label, ...] | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    per: str | None = None
    pattern: re.Pattern[str] | None = None
    conditions: tuple[Condition, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def question(self, name: str) -> Question:
        """The question that this control asks under ``name``. It must be measured."""
        assert self.line is not None
        return Question(
            name=name,
            level=self.line.level,
            level_source=f"{self.tag} tag",
            labels=self.labels or (),
            labels_source="config" if self.labels else "observed",
            tag=self.line.tag,
        )


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """What the labeling config says, in its order."""

    controls: tuple[Control, ...]
    texts: tuple[TextSource, ...]
    notes: tuple[str, ...] = ()

    def control(self, from_name: str) -> Control | None:
        """The control that results call ``from_name``, also as the copy of a repeater."""
        for control in self.controls:
            if control.name == from_name:
                return control
        for control in self.controls:
            if control.pattern is not None and control.pattern.fullmatch(from_name):
                return control
        return None


def read_label_config(path: Path) -> LabelConfig:
    """The labeling config in the file ``path``.

    Raises:
        SourceError: no such file, or it is no labeling config.
    """
    try:
        return parse_label_config(path.read_bytes(), where=str(path))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from None


def parse_label_config(xml: str | bytes, *, where: str) -> LabelConfig:
    """The labeling config in ``xml``; ``where`` names it in errors.

    Raises:
        SourceError: it is broken, declares entities, or has no control tag.
    """
    from xml.etree.ElementTree import ParseError, tostring

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        tree = fromstring(xml, forbid_dtd=True)
        clean = tostring(tree, encoding="unicode")  # no declaration, no comments: for the SDK
    except DefusedXmlException:
        raise SourceError(
            f"{where}: declares XML entities or a DOCTYPE, which a label config never needs;"
            " remove them"
        ) from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise SourceError(
            f"{where}: not a label config: {_one_line(error)};"
            " copy it again from the project's settings"
        ) from None
    interface, problem = _interface(clean, where)
    places = {element.get("name"): (element, seen) for element, seen in _walk(tree)}
    controls = tuple(
        _control(tag, *places[tag.name]) for tag in interface.controls if tag.name in places
    )
    if not controls:
        raise SourceError(f"{where}: has no control tag (such as Choices), so nothing was asked")
    return LabelConfig(controls, text_sources(tree), (problem,) if problem else ())


def _interface(xml: str, where: str) -> tuple[Any, str | None]:
    """The SDK's view of the config, and what it finds wrong with it, if anything."""
    from label_studio_sdk.label_interface import LabelInterface

    try:
        interface = LabelInterface(xml)
    except Exception as error:  # noqa: BLE001  # hostile XML makes the SDK raise anything
        raise SourceError(f"{where}: not a label config: {_one_line(error)}") from None
    try:
        interface.validate()
    except Exception as error:  # noqa: BLE001  # as above; results can still be read
        return interface, f"The label config does not validate: {_one_line(error)}."
    return interface, None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__


def _walk(tree: Element) -> Iterator[tuple[Element, tuple[Condition, ...]]]:
    """Every element, with the conditions under which it is seen (its own and those above)."""
    stack: list[tuple[Element, tuple[Condition, ...]]] = [(tree, ())]
    while stack:
        element, conditions = stack.pop()
        attributes = _lower(element)
        kind = attributes.get("visiblewhen")
        if kind and attributes.get("perregion") != "true":
            choices = attributes.get("whenchoicevalue", "").split(",")
            here = Condition(
                kind.strip(),
                attributes.get("whentagname") or None,
                frozenset(choice.strip() for choice in choices if choice.strip()),
            )
            conditions = (*conditions, here)
        yield element, conditions
        stack.extend((child, conditions) for child in reversed(element))


def _lower(element: Element) -> dict[str, str]:
    return {name.lower(): value for name, value in element.attrib.items()}


def _control(tag: Any, element: Element, conditions: tuple[Condition, ...]) -> Control:
    attributes = _lower(element)
    if tag.tag.lower() == "ranker":
        names = (child.get("name", "") for child in element if child.tag.lower() == "bucket")
        attributes[BUCKETS] = "\n".join(names)
    per = next((p for p in ("region", "item") if attributes.get(f"per{p}") == "true"), None)
    line = of_tag(tag.tag, multiple=attributes.get("choice") == "multiple")
    repeated = "{{" in tag.name
    return Control(
        name=tag.name,
        tag=tag.tag,
        line=line,
        labels=_labels(tag, element, attributes, line),
        attributes=attributes,
        per=per,
        pattern=_repeated(tag.name) if repeated else None,
        conditions=conditions,
        aliases={
            choice.get("value", ""): choice.get("alias", "")
            for choice in element.iter()
            if choice.get("alias")
        },
    )


def _repeated(name: str) -> re.Pattern[str]:
    """The names that a repeater makes of ``labels_{{idx}}``."""
    parts = re.split(r"\{\{.*?\}\}", name)
    return re.compile(r"\d+".join(re.escape(part) for part in parts))


def _labels(
    tag: Any, element: Element, attributes: Mapping[str, str], line: ControlTag | None
) -> tuple[Label, ...] | None:
    """The universe of labels, in the config's order; None: it comes from elsewhere."""
    if line is None or tag.dynamic_value:
        return None
    if line.tag == "Taxonomy":
        leaves = attributes.get("leafsonly") == "true"
        return tuple(path for path, leaf in _paths(element) if leaf or not leaves) or None
    if line.tag == "Rating":
        most = attributes.get("maxrating", "5")
        if not most.isdecimal() or len(most) > 4:
            return None  # no scale that anybody rates on: the universe is what occurs
        return tuple(map(str, range(1, int(most) + 1)))
    if line.tag == "Pairwise":
        return ("left", "right")
    if line.tag == "Choices":
        if attributes.get("allownested") == "true":
            return tuple(" / ".join(path) for path, _ in _paths(element)) or None
        return tuple(tag.labels) or None
    return None


def _paths(element: Element) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every path of choices below ``element``, and whether it ends in a leaf."""
    stack: list[tuple[Element, tuple[str, ...]]] = [(child, ()) for child in reversed(element)]
    while stack:
        node, above = stack.pop()
        name = node.get("alias") or node.get("value")
        if node.tag.lower() != "choice" or not name:
            continue
        path = (*above, name)
        yield path, len(node) == 0
        stack.extend((child, path) for child in reversed(node))
