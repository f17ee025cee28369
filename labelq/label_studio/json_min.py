"""JSON_MIN, Label Studio's flattened export: one row per annotation, back into a task."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec

from labelq.errors import SourceError
from labelq.label_studio.config import LabelConfig
from labelq.label_studio.records import MinRow, Task

__all__ = ["min_rows"]

_OF_ANNOTATION = ("created_at", "lead_time")


def min_rows(config: LabelConfig | None) -> MinRow:
    """The function that turns one row into a task; the config says which columns are answers."""

    def as_task(row: dict[str, Any], where: str) -> Task:
        if config is None:
            raise SourceError(
                f"{where}: this is a JSON_MIN export, where nothing tells answers from task"
                " data; give --label-config FILE, or export as JSON"
            )
        results: list[dict[str, Any]] = []
        data: dict[str, Any] = {}
        for name, value in row.items():
            control = config.control(name)
            if control is not None and value is not None:
                line = control.line
                results += _results(name, value, line.value_key if line else None)
            elif control is None and name not in _DROPPED:
                data[name] = value
        annotation = {key: row.get(key) for key in _OF_ANNOTATION}
        annotation |= {"completed_by": row.get("annotator"), "result": results}
        task = {"id": row.get("id"), "data": data, "annotations": [annotation]}
        return msgspec.json.decode(msgspec.json.encode(task), type=Task, strict=False)

    return as_task


_DROPPED = {"id", "annotator", "annotation_id", "updated_at", *_OF_ANNOTATION}


def _results(name: str, value: Any, key: str | None) -> list[dict[str, Any]]:
    """The results that a column was made of: one, or one per region."""
    if isinstance(value, str) and value.startswith(("[", "{")) and key != "choices":
        with suppress(ValueError):
            value = json.loads(value)
    if key == "choices" and isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{"from_name": name, "value": region} for region in value]
    return [{"from_name": name, "value": {key: value} if key else {}}]
