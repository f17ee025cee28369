"""The control tags that labelq measures: one line each.

A control tag stands here with the type that its results carry, the key under which the
answer sits in ``result["value"]``, its level of measurement, and the reader that turns one
such answer into a value (named by path, resolved when called). Every tag that is not in this
table is counted as "not measured yet", never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from labelq.labels.model import Level, Value

__all__ = ["CONTROL_TAGS", "ControlTag", "of_result", "of_tag"]

Reader = Callable[[Any, Mapping[str, str]], Value | None]
"""(answer, the tag's attributes in lower case) → value; None: nothing was answered.

Raises ValueError, saying what the answer is not, when it has not the tag's shape.
"""


@dataclass(frozen=True, slots=True)
class ControlTag:
    """One kind of question: ``multiple`` tells multiple choice from single choice."""

    tag: str
    result_type: str
    value_key: str
    level: Level
    read: str
    multiple: bool = False

    def reader(self) -> Reader:
        """The function that ``read`` names."""
        module, _, name = self.read.partition(":")
        reader: Reader = getattr(import_module(module), name)
        return reader


_ANSWERS = "labelq.label_studio.answers:"

# fmt: off
CONTROL_TAGS: tuple[ControlTag, ...] = (
    #          tag         type        key         level       reader
    ControlTag("Choices",  "choices",  "choices",  "nominal",  _ANSWERS + "single_choice"),
    ControlTag("Choices",  "choices",  "choices",  "set",      _ANSWERS + "multiple_choice", multiple=True),  # noqa: E501  # one line each
    ControlTag("Rating",   "rating",   "rating",   "ordinal",  _ANSWERS + "stars"),
    ControlTag("Number",   "number",   "number",   "interval", _ANSWERS + "number"),
    ControlTag("Pairwise", "pairwise", "selected", "nominal",  _ANSWERS + "side"),
    ControlTag("Taxonomy", "taxonomy", "taxonomy", "set",      _ANSWERS + "paths"),
    ControlTag("DateTime", "datetime", "datetime", "interval", _ANSWERS + "seconds"),
    ControlTag("Ranker",   "ranker",   "ranker",   "ranking",  _ANSWERS + "ranking"),
)
# fmt: on


def of_tag(tag: str, *, multiple: bool = False) -> ControlTag | None:
    """The line of a tag in the labeling config; None: not measured yet."""
    for line in CONTROL_TAGS:
        if line.tag.lower() == tag.lower() and line.multiple == multiple:
            return line
    return of_tag(tag) if multiple else None


def of_result(result_type: str, *, multiple: bool = False) -> ControlTag | None:
    """The line of a result's ``type``; None: not measured yet."""
    for line in CONTROL_TAGS:
        if line.result_type == result_type and line.multiple == multiple:
            return line
    return of_result(result_type) if multiple else None
