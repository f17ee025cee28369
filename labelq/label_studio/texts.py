"""The text that the annotator read: which task fields the object tags show, and as what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["TextSource", "guessed_text_field", "shown_text", "text_sources", "variables"]

_VARIABLE = re.compile(r"\$([^\s,;:!?()$'\"]+)")
_BLOCKS = {"p", "div", "br", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "section"}

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|/|$")  # of a file; or nothing at all


@dataclass(frozen=True, slots=True)
class TextSource:
    """One object tag's text: the way to it in the task data, and what it is.

    ``steps`` are keys from the outside in; an empty step goes through every item of a list.
    ``html`` is stripped of its tags; in a list of paragraphs the text stands under ``key``.
    """

    steps: tuple[str, ...]
    html: bool = False
    key: str = "text"

    def texts(self, data: Mapping[str, Any]) -> list[str]:
        """The texts in ``data``, in order; none where the task lacks the field."""
        if len(self.steps) > 1 and (whole := ".".join(self.steps)) in data:
            found: list[Any] = [data[whole]]
        else:
            found = [data]
            for step in self.steps:
                found = [below for item in found for below in _below(item, step)]
        texts = [text for item in found for text in self._flat(item)]
        return [_without_tags(text) for text in texts] if self.html else texts

    def _flat(self, item: Any) -> Iterable[str]:
        if isinstance(item, list):
            return [text for below in item for text in self._flat(below)]
        if isinstance(item, dict):
            return self._flat(item.get(self.key))
        return [str(item)] if item not in (None, "") else []


def shown_text(sources: Sequence[TextSource], data: Mapping[str, Any]) -> str | None:
    """What the annotator read of ``data``, several texts joined by line breaks."""
    texts = [text for source in sources for text in source.texts(data)]
    return "\n".join(texts) if texts else None


def text_sources(tree: Element) -> tuple[TextSource, ...]:
    """The texts that the object tags of a labeling config show (not those behind a URL)."""
    sources: list[TextSource] = []
    for element in tree.iter():
        tag = element.tag.lower()
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        if tag not in ("text", "hypertext", "paragraphs"):
            continue
        if "name" not in attributes or attributes.get("valuetype") == "url":
            continue
        for variable in _VARIABLE.findall(attributes.get("value", "")):
            source = TextSource(
                _steps(variable), html=tag == "hypertext", key=attributes.get("textkey", "text")
            )
            if source not in sources:
                sources.append(source)
    return tuple(sources)


def variables(value: str) -> list[TextSource]:
    """The task fields that a tag's attribute ``value`` names: ``$image``, ``$pages[0].url``."""
    return [TextSource(_steps(variable)) for variable in _VARIABLE.findall(value)]


def guessed_text_field(units: Sequence[Mapping[str, Any]], structured: set[str]) -> str | None:
    """The field that holds the text, where no config says it; None: there is none.

    ``text`` if it is one, else the field with the longest texts among those that are text in
    most units and no address of a file. ``structured`` fields held lists or objects.
    """
    if sum(isinstance(data.get("text"), str) for data in units) * 2 > len(units):
        return None if "text" in structured else "text"
    lengths: dict[str, list[int]] = {}
    for data in units:
        for name, value in data.items():
            if isinstance(value, str) and not _ADDRESS.match(value):
                lengths.setdefault(name, []).append(len(value))
    mostly = {
        name: sum(found)
        for name, found in lengths.items()
        if 2 * len(found) > len(units) and name not in structured
    }
    return max(mostly, key=mostly.__getitem__) if mostly else None


def _steps(variable: str) -> tuple[str, ...]:
    """``utterances[{{idx}}].text`` → ``("utterances", "", "text")``."""
    return tuple(
        "" if part.startswith("[") else part
        for part in re.findall(r"\[[^\]]*\]|[^.\[\]]+", variable)
    )


def _below(item: Any, step: str) -> list[Any]:
    if step == "":
        return item if isinstance(item, list) else []
    return [item[step]] if isinstance(item, dict) and step in item else []


def _without_tags(html: str) -> str:
    stripper = _Stripper()
    stripper.feed(html)
    stripper.close()
    lines = ("".join(stripper.parts)).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


class _Stripper(HTMLParser):
    """Keeps the text of a page: a line per block, nothing of scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.hidden += tag in ("script", "style")
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style") and self.hidden > 0
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            # line breaks in the source of a page are mere spaces
            self.parts.append(data.replace("\n", " "))
