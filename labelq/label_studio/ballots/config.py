"""The labeling config of a project of ballots: the task as it was shown, and one question.

Of the project's own config stays what shows the task. What asks goes: the controls, the headings
that introduce them, and conditions on their answers. Each ballot brings its own question and its
own answers in its task data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labelq.label_studio.config import parse_label_config

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["ASKS", "CHOICE", "OPTIONS", "WHY", "ballot_config"]

ASKS, OPTIONS = "labelq_asks", "labelq_options"
"""The task fields with the question, and with what can be answered."""

CHOICE, WHY = "labelq_vote", "labelq_why"
"""The names of the two controls, as results carry them."""

_CONDITIONS = ("visiblewhen", "whentagname", "whenlabelvalue", "whenchoicevalue", "perregion")
_HOLDERS = ("view", "collapse", "panel", "repeater")


def ballot_config(label_config: str, *, where: str) -> str:
    """The config of the ballots on tasks that ``label_config`` shows; ``where`` names it.

    Raises:
        SourceError: it is no labeling config.
    """
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    from defusedxml.ElementTree import fromstring

    parse_label_config(label_config, where=where)  # refuses what is broken
    root = fromstring(label_config, forbid_dtd=True)
    if root.tag.lower() != "view":
        inner, root = root, Element("View")
        root.append(inner)
    _strip(root)
    shown = _shown(root)
    # The name that answers are given about is Label Studio's alone: any object will do.
    if shown is None:
        shown = "labelq_task"
        SubElement(root, "Text", {"name": shown, "value": f"${ASKS}"})
    else:
        SubElement(root, "Header", {"value": f"${ASKS}", "size": "4"})
    choices = {"choice": "single-radio", "required": "true", "layout": "vertical"}
    SubElement(
        root, "Choices", {"name": CHOICE, "toName": shown, "value": f"${OPTIONS}", **choices}
    )
    text = {"rows": "1", "maxSubmissions": "1", "editable": "true"}
    hint = "Why? One line is enough; it can be left empty."
    SubElement(root, "TextArea", {"name": WHY, "toName": shown, **text, "placeholder": hint})
    indent(root)
    return tostring(root, encoding="unicode")


def _strip(element: Element) -> None:
    """Take out what asks, and every box that is left empty."""
    for child in list(element):
        _strip(child)
    for name in [name for name in element.attrib if name.lower() in _CONDITIONS]:
        del element.attrib[name]
    asked = False  # whether what comes next is one that asks
    for child in reversed(list(element)):
        tag = child.tag.lower()
        names = {name.lower() for name in child.attrib}
        if tag == "header":
            if asked or _is_question(child):
                element.remove(child)
            continue
        empty = tag in _HOLDERS and not len(child)
        asked = "toname" in names or empty or tag == "relations"
        if asked:
            element.remove(child)


def _is_question(header: Element) -> bool:
    """Whether a heading asks, and shows nothing of the task."""
    said = header.get("value") or header.text or ""
    return "$" not in said and said.rstrip(" )*:").endswith(("?", "？", "؟"))


def _shown(root: Element) -> str | None:
    """The name of the first thing that shows the task, unless it is one of many copies."""
    for element in root.iter():
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        name = attributes.get("name", "")
        if name and "{{" not in name and attributes.get("value", "").startswith("$"):
            return name
    return None
