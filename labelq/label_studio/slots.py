"""Where the answers of one control go while an export is read."""

from __future__ import annotations

from typing import Any

from labelq.label_studio.config import Control
from labelq.label_studio.control_tags import ControlTag

__all__ = ["Slot"]


class Slot:
    """Where the answers under one name go: a question, or (``aside``) a count.

    ``answers`` are the distinct answers as they stand in the file, with their codes; each is
    read once, at the end, when all are known.
    """

    __slots__ = ("answers", "aside", "control", "count", "key", "line", "position", "tag")

    def __init__(
        self,
        position: int = -1,
        *,
        tag: str,
        aside: tuple[str, str] = ("", ""),
        line: ControlTag | None = None,
        control: Control | None = None,
    ) -> None:
        self.position = position
        self.tag = tag
        self.aside = aside
        self.line = line
        self.key = line.value_key if line else ""
        self.control = control
        self.answers: dict[Any, int] = {}
        self.count = 0
