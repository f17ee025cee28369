"""Audit directories and whole-project dumps for the tests of the queue's way to a server."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.live.conftest import choice, task

Api = Callable[..., Any]


def audit_directory(
    path: Path,
    entries: Sequence[Mapping[str, Any]],
    *,
    url: str | None = None,
    projects: Sequence[int] = (),
    name: str = "round 1",
    join: str | None = None,
    more_sources: bool = False,
    draft: str = "# Guideline\n\n- be *fair*\n",
) -> Path:
    """What `labelq audit` leaves, as far as a push reads it.

    An entry: ``unit``, ``data``, and if they matter ``wants``, ``reasons``, ``raters``,
    ``bought`` (who voted through a queue already), ``priority``.
    """
    path.mkdir(parents=True, exist_ok=True)
    tasks = []
    rows = [["unit", "question", "rater", "value", "seconds", "selected_by"]]
    for n, entry in enumerate(entries):
        unit, priority = str(entry["unit"]), entry.get("priority", 1 - n / 1000)
        codes = entry.get("reasons", ("disputed",))
        about = {
            "round": name,
            "unit": unit,
            "priority": priority,
            "wants": entry.get("wants", "another_person"),
            "reasons": [{"code": c, "question": "sentiment", "cluster": None} for c in codes],
        }
        data = dict(entry["data"]) | {"labelq_key": f"{name}/{unit}", "labelq_priority": priority}
        tasks.append({"data": data, "meta": {"labelq": about}})
        raters = entry.get("raters", ("ann1@example.com", "ann2@example.com"))
        rows += [[unit, "sentiment", who, "Positive", "12.0", ""] for who in raters]
        bought = entry.get("bought", ())
        rows += [[unit, "sentiment", who, "Negative", "12.0", "queue"] for who in bought]
    rows.append(["other", "sentiment", "ann3@example.com", "Neutral", "12.0", ""])
    manifest: dict[str, Any] = {"schema": "labelq/manifest/1", "options": {"join": join}}
    if more_sources:
        manifest["more_sources"] = [{"name": "b.json", "sha256": "0"}]
    if projects:
        manifest["server"] = {
            "url": url,
            "projects": [{"id": project, "title": "a round"} for project in projects],
        }
    (path / "audit.json").write_text(json.dumps({"name": name}), "utf-8")
    (path / "queue.json").write_text(json.dumps(tasks), "utf-8")
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (path / "guideline_draft.md").write_text(draft, "utf-8")
    with (path / "ratings.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def labeled(people: Mapping[str, Any], n: int, *, first: int = 0) -> list[dict[str, Any]]:
    """``n`` tasks for import, each labeled differently by ann1 and ann2."""
    votes = {people["ann1"].id: "Positive", people["ann2"].id: "Negative"}
    return [task(f"text {i}", votes, place=i) for i in range(first, first + n)]


def tasks_of(api: Api, project: int) -> list[dict[str, Any]]:
    """Everything about the tasks of a project, by id."""
    told = api("GET", f"tasks/?project={project}&fields=all&page_size=1000&resolve_uri=false")
    found: list[dict[str, Any]] = told["tasks"]
    return sorted(found, key=lambda one: one["id"])


def entries_of(tasks: Sequence[Mapping[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """Queue entries for tasks that are on the server."""
    return [{"unit": one["id"], "data": one["data"], **more} for one in tasks]


def dump(api: Api, project: int) -> dict[str, Any]:
    """A project whole: settings, tabs, and tasks with annotations, drafts and predictions."""
    settings = api("GET", f"projects/{project}/")
    for counter in (
        "finished_task_number",
        "num_tasks_with_annotations",
        "queue_done",
        "queue_total",
    ):
        settings.pop(counter, None)
    return {
        "settings": settings,
        "tabs": api("GET", f"dm/views/?project={project}"),
        "tasks": tasks_of(api, project),
    }


def without_ours(task_: Mapping[str, Any]) -> dict[str, Any]:
    """A task without what a push may change: our fields, and how often it was touched."""
    kept = {k: v for k, v in task_.items() if k not in ("overlap", "is_labeled", "updated_at")}
    for name in ("completed_at", "updated_by", "state"):
        kept.pop(name, None)
    kept["data"] = {k: v for k, v in task_["data"].items() if not k.startswith("labelq_")}
    return kept


def vote(api: Api, who: str, task_id: int, label: str = "Neutral") -> None:
    """Submit an annotation as somebody."""
    api("POST", f"tasks/{task_id}/annotations/", json={"result": choice(label)}, who=who)


def begin(api: Api, who: str, task_id: int) -> None:
    """Leave a draft as somebody."""
    api("POST", f"tasks/{task_id}/drafts", json={"result": choice("Neutral")}, who=who)


def served(api: Api, who: str, project: int, tab: Mapping[str, Any] | None = None) -> int | None:
    """The task that somebody gets next: in the label stream, or as a tab shows it."""
    try:
        if tab is None:
            return int(api("GET", f"projects/{project}/next", who=who)["id"])
        body = {"filters": tab["filters"], "ordering": tab["ordering"], "project": str(project)}
        path = f"dm/actions/?id=next_task&project={project}"
        return int(api("POST", path, json=body, who=who)["id"])
    except AssertionError as error:
        assert "404" in str(error)  # noqa: PT017  # "There are no tasks"
        return None
