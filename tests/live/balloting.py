"""Audit directories with an agenda, for the tests of a meeting's ballots."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.live.conftest import LABELS
from tests.live.queueing import audit_directory


def meeting_directory(
    path: Path,
    tasks: Sequence[Mapping[str, Any]],
    clusters: Mapping[str, Sequence[int]],
    *,
    guideline: str = "# Guideline\n\n- be *fair*\n",
    labels: Sequence[str] = LABELS,
    **audited: Any,
) -> Path:
    """What `labelq audit` leaves, as far as a meeting's ballots read it.

    ``tasks`` have ``id`` and ``data`` (with ``text`` and ``place``); ``clusters`` are id →
    positions of its examples in ``tasks``: gaps between the first two of ``labels``.
    """
    audit_directory(path, [], draft="# Draft\n\n- what the rule will be\n", **audited)
    rows: list[list[Any]] = [["unit", "question", "rater", "value", "text", "place"]]
    for task in tasks:
        data = task["data"]
        for who, label in (("ann1", labels[0]), ("ann2", labels[1])):
            voter = f"{who}@example.com"
            rows.append(
                [task["id"], "sentiment", voter, label, data["text"], data.get("place", "")]
            )
    with (path / "ratings.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    audit = json.loads((path / "audit.json").read_text("utf-8"))
    question = {"name": "sentiment", "level": "nominal", "level_source": "Choices tag"}
    audit["schema"] = "labelq/audit/1"
    audit["questions"] = [
        {**question, "labels": list(labels), "labels_source": "config", "tag": "Choices"}
    ]
    share = 1 / max(len(clusters), 1)
    audit["clusters"] = [
        {
            "id": name,
            "question": "sentiment",
            "labels": list(labels[:2]),
            "units": [str(tasks[i]["id"]) for i in places],
            "words": ["text"],
            "share": share,
            "settled": None,
            "consensus": None,
            "lookalikes": [],
            "divided": [],
            "cause": _GAP,
        }
        for name, places in clusters.items()
    ]
    audit["agendas"] = [
        {
            "question": "sentiment",
            "clusters": list(clusters),
            "share": 1.0,
            "common": 1.0,
            "remainder": 0.0,
            "value": 0.1,
            "settled": 0.9,
            "left": 0.0,
        }
    ]
    (path / "audit.json").write_text(json.dumps(audit), "utf-8")
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    (path / "manifest.json").write_text(json.dumps(manifest | {"inputs": {}}), "utf-8")
    (path / "guideline.md").write_text(guideline, "utf-8")
    return path


_GAP: dict[str, Any] = {
    "kind": "gap",
    "probabilities": {"slip": 0.0, "rater": 0.1, "ambiguous": 0.1, "gap": 0.8},
    "camps": [],
    "rater": None,
    "evidence": None,
}
