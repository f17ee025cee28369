"""Which files make one round, which label config holds for all of them, and which are queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelq.errors import SourceError
from labelq.label_studio.config import LabelConfig, read_label_config
from labelq.labels.queue_fields import KEY

__all__ = ["Export", "config_of_all", "is_queue", "label_config_beside"]

_LOOKED_AT = 1 << 20


@dataclass(frozen=True, slots=True)
class Export:
    """One JSON export. ``title`` is what messages call it (default: its path).

    ``rater`` is whose annotations these are, whatever the file says. ``label_config`` is the
    file's own, where it is not found beside it. ``queue``: it is a queue's project. ``notes``
    come with it.
    """

    path: Path
    title: str | None = None
    rater: str | None = None
    label_config: Path | None = None
    queue: bool = False
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.title or str(self.path)


def label_config_beside(path: Path) -> Path | None:
    """The label config that an export is read with if none is named: its own, else the folder's."""
    for name in (f"{path.stem}.label_config.xml", "label_config.xml"):
        beside = path.with_name(name)
        if beside.is_file():
            return beside
    return None


def is_queue(export: Export) -> bool:
    """Whether an export is that of a queue project: it says so, or its first tasks have a key."""
    try:
        with export.path.open("rb") as file:
            return export.queue or f'"{KEY}"'.encode() in file.read(_LOOKED_AT)
    except OSError:
        return False  # the reader says what is wrong with the file


def config_of_all(
    exports: Sequence[Export], label_config: Path | None
) -> tuple[LabelConfig | None, list[str]]:
    """The label config to read ``exports`` with, and the notes about it.

    ``label_config`` holds for all of them; without it each may have its own, and these must
    ask the same questions.

    Raises:
        SourceError: a config cannot be read, or two ask different questions.
    """
    if label_config is not None:
        config = read_label_config(label_config)
        return config, list(config.notes)
    first: tuple[Export, LabelConfig] | None = None
    notes: list[str] = []
    read: dict[bytes, LabelConfig] = {}
    for export in exports:
        path = export.label_config or label_config_beside(export.path)
        if path is None:
            continue
        content = path.read_bytes() if path.is_file() else b""
        if content not in read:
            read[content] = read_label_config(path)
        config = read[content]
        if export.label_config is None:
            notes.append(f"The label config {path.name} beside the export was used.")
        if first is None:
            first = (export, config)
        elif config is not first[1] and not export.queue:
            notes += _differences(first, (export, config))
    config_notes = list(first[1].notes) if first else []
    return (first[1] if first else None), list(dict.fromkeys(notes + config_notes))


def _differences(ours: tuple[Export, LabelConfig], other: tuple[Export, LabelConfig]) -> list[str]:
    """Notes about how two configs of the same questions differ.

    Raises:
        SourceError: they ask different questions.
    """
    (export, config), (other_export, other_config) = ours, other
    asked = {control.name: control for control in config.controls}
    other_asked = {control.name: control for control in other_config.controls}

    def kind(control: Any) -> Any:
        return control and (control.tag, control.line, control.per)

    for name in dict.fromkeys([*asked, *other_asked]):
        here, there = asked.get(name), other_asked.get(name)
        if kind(here) != kind(there):
            raise SourceError(
                f"{export.name} and {other_export.name} ask different questions ({name}:"
                f" {here.tag if here else 'not asked'} and {there.tag if there else 'not asked'});"
                " audit them apart, or give one --label-config for both"
            )
    return [
        f"The label configs of {export.name} and {other_export.name} differ in the labels of"
        f" {name}: those of {export.name} count."
        for name, control in asked.items()
        if control.labels != other_asked[name].labels
    ]
