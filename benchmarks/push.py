"""Push of a queue against the calls that it consists of, on a real server, in the same run.

    python benchmarks/push.py [TASKS [TASKS_PATCHED]]    # needs the server of `make test`

A new project gets TASKS (4,000); the labeled project TASKS_PATCHED (400: about .1 s each), and
a twin of it the bare calls: one bulk tag per field and value, one PATCH per task.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from labelq.label_studio.connection import address, connect
from labelq.label_studio.queues.new_project import plan_new_project, push_new_project
from labelq.label_studio.queues.order import read_order
from labelq.label_studio.queues.same_project import plan_same_project, push_same_project
from tests.live.conftest import CONFIG, task
from tests.live.queueing import audit_directory, entries_of
from tests.live.server import Server, users


def quiet(_step: str, _share: float) -> None:
    pass


def make_project(client: httpx.Client, n: int) -> int:
    people = users()
    votes = {people["ann1"].id: "Positive", people["ann2"].id: "Negative"}
    settings = {"title": "a round", "label_config": CONFIG, "maximum_annotations": 2}
    project = int(client.post("projects/", json=settings).raise_for_status().json()["id"])
    tasks = [task(f"text {i} " + "lorem " * 30, votes, place=i) for i in range(n)]
    for start in range(0, n, 1000):
        chunk = tasks[start : start + 1000]
        client.post(f"projects/{project}/import", json=chunk).raise_for_status()
    return project


def tasks_in(client: httpx.Client, project: int) -> list[dict[str, Any]]:
    query = {"project": project, "fields": "task_only", "include": "id,data", "page_size": 100_000}
    found: list[dict[str, Any]] = client.get("tasks/", params=query).json()["tasks"]
    return found


def bare(client: httpx.Client, project: int, ids: list[int], n_ranks: int) -> float:
    """Seconds for the calls alone."""
    began = time.perf_counter()

    def tag(name: str, kind: str, value: object, some: list[int]) -> None:
        client.post(
            "dm/actions/",
            params={"id": "add_data_field", "project": project},
            json={
                "value_name": name,
                "value_type": kind,
                "value": value,
                "selectedItems": {"all": False, "included": some},
            },
        ).raise_for_status()

    tag("labelq_queue", "String", "bare", ids)
    for rank in range(n_ranks):
        tag("labelq_priority", "Number", 999 - rank, ids[rank::n_ranks])
    tag("labelq_overlap", "Number", 2, ids)
    tag("labelq_queued_at", "String", "2026-01-01T00:00:00Z", ids)
    for one in ids:
        body = {"overlap": 3, "is_labeled": False}
        client.patch(f"tasks/{one}/", json=body).raise_for_status()
    return time.perf_counter() - began


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    n_patched = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    key = users()["admin"].token
    with (
        Server() as server,
        tempfile.TemporaryDirectory() as folder,
        connect(address(server.url, key)) as connection,
        httpx.Client(
            base_url=f"{server.url}/api/",
            headers={"Authorization": f"Token {key}"},
            timeout=300,
            trust_env=False,
        ) as client,
    ):
        project = make_project(client, n)
        tasks = tasks_in(client, project)
        told = {"url": server.url, "projects": [project]}
        order = read_order(audit_directory(Path(folder) / "all", entries_of(tasks), **told))
        began = time.perf_counter()
        plan = plan_new_project(
            connection, order, order.entries, "another_person", projects=[project]
        )
        planned = time.perf_counter() - began
        push_new_project(connection, plan, quiet)
        took = time.perf_counter() - began
        print(f"new project: {n:,} tasks in {took:.1f} s (the plan {planned:.1f} s of it)")
        began = time.perf_counter()
        again = plan_new_project(
            connection, order, order.entries, "another_person", projects=[project]
        )
        print(f"again: adds {again.n_new} in {time.perf_counter() - began:.1f} s")

        twin = make_project(client, n_patched)
        ids = [one["id"] for one in tasks_in(client, twin)]
        half = order.entries[: n_patched // 2], order.entries[n_patched // 2 : n_patched]
        ours, theirs = 0.0, 0.0
        # In turns, so that a busy machine slows both.
        for turn, entries in enumerate(half):
            some = ids[turn * len(ids) // 2 : (turn + 1) * len(ids) // 2]
            theirs += bare(client, twin, some, 20)
            began = time.perf_counter()
            there = plan_same_project(connection, order, entries, project)
            push_same_project(connection, there, quiet)
            ours += time.perf_counter() - began
        print(
            f"same project: {n_patched:,} tasks in {ours:.1f} s, {n_patched / ours:.1f}/s;"
            f" the bare calls {theirs:.1f} s; rate {theirs / ours:.2f} of theirs"
        )
        again_there = plan_same_project(connection, order, order.entries[:n_patched], project)
        print(f"again: changes {len(again_there.changes)} tasks")


if __name__ == "__main__":
    main()
