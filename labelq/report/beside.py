"""What pages about tasks need beside an audit: where a task is looked at, and its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labelq.report.pictures import Picture

if TYPE_CHECKING:
    from labelq.remedy.guideline import TaskLinks


@dataclass(frozen=True, slots=True)
class Beside:
    """``links`` is where tasks are looked at (None: nowhere), ``pictures`` are by unit id,
    ``directory`` is what commands call the audit's directory. ``inputs`` (kind, name, SHA-256)
    and ``versions`` (name, version) are what the audit was made from and with.
    """

    links: TaskLinks | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    directory: str = "."
    inputs: tuple[tuple[str, str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()

    def link(self, unit: str) -> str | None:
        """The address of the task ``unit`` in Label Studio, None where it has none."""
        return None if self.links is None else self.links.to(unit)


NOTHING = Beside()
"""Tasks of a file: no server knows them."""


def beside(manifest: Mapping[str, Any], pictures: Mapping[str, Picture] | None = None) -> Beside:
    """What is beside an audit with this ``manifest``.

    Tasks that were joined by a field or by their content have no address of their own.
    """
    from labelq.remedy.guideline import TaskLinks

    options, server = manifest.get("options"), manifest.get("server")
    joined = isinstance(options, Mapping) and options.get("join") is not None
    told = server if isinstance(server, Mapping) and not joined else None
    inputs = tuple(
        (str(kind), str(one.get("name", "")), str(one.get("sha256", "")))
        for kind, one in _section(manifest, "inputs").items()
        if isinstance(one, Mapping)
    )
    versions = tuple((str(k), str(v)) for k, v in _section(manifest, "versions").items())
    return Beside(TaskLinks.of(told), pictures or {}, inputs=inputs, versions=versions)


def _section(manifest: Mapping[str, Any], name: str) -> Mapping[Any, Any]:
    found = manifest.get(name)
    return found if isinstance(found, Mapping) else {}
