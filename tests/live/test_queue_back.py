"""How far a queue is, and how it is taken back without a label being lost."""

from __future__ import annotations

import json

import pytest

from tests.live.proxy import Proxy, changed, first, status, times
from tests.live.queueing import (
    audit_directory,
    begin,
    dump,
    entries_of,
    labeled,
    tasks_of,
    vote,
    without_ours,
)

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("as_admin")]


@pytest.fixture
def pushed(server, queue, api, new_project, people, tmp_path):
    """Six tasks labeled twice; two wait for another person, two for a second look."""
    project = new_project(labeled(people, 6), maximum_annotations=2)
    before = dump(api, project)
    tasks = before["tasks"]
    entries = [
        *entries_of(tasks[:2]),
        *entries_of(tasks[2:4], wants="second_look", reasons=("gap",)),
    ]
    name = f"back {project}"
    directory = audit_directory(
        tmp_path / "a", entries, url=server.url, projects=[project], name=name
    )
    for to in ("same-project", "new-project"):
        code, _, err = queue("push", directory, server.url, "--to", to, "--yes")
        assert code == 0, err
    found = api("GET", "projects/?page_size=1000")["results"]
    (made,) = (p["id"] for p in found if p["title"] == f"Second look: {name}")
    return project, made, directory, before


def test_status_counts_votes_by_person(server, queue, api, pushed):
    project, made, directory, before = pushed
    code, out, _ = queue("status", directory, server.url)
    assert code == 0
    assert out.count("0 of 2 tasks (0%)") == 2
    assert out.count("nobody yet") == 2

    vote(api, "ann3", before["tasks"][0]["id"])
    looks = tasks_of(api, made)
    vote(api, "ann1", looks[0]["id"])
    vote(api, "ann2", looks[0]["id"])
    vote(api, "ann2", looks[1]["id"])
    skip = {"result": [], "was_cancelled": True}
    api("POST", f"tasks/{looks[1]['id']}/annotations/", json=skip, who="ann1")

    code, out, _ = queue("status", directory, server.url)

    assert code == 0
    same, new = out.split("queue project")
    assert f"project {project} “a round”" in same
    assert "done        1 of 2 tasks (50%)" in same
    assert "answers     1 of 2 wanted" in same
    assert "by          ann3@example.com 1" in same
    assert f"missing     1 answer on 1 task: {before['tasks'][1]['id']}" in same
    assert "done        1 of 2 tasks (50%)" in new
    assert "answers     3 of 4" in new
    assert "ann2@example.com 2, ann1@example.com 1" in new
    assert "skipped     ann1@example.com 1" in new
    assert f"missing     1 answer on 1 task: {looks[1]['id']}" in new

    vote(api, "ann4", before["tasks"][0]["id"])
    vote(api, "ann3", looks[0]["id"])
    same, new = queue("status", directory, server.url)[1].split("queue project")
    assert "answers     1 of 2 wanted, and 1 more than wanted" in same
    assert "ann3@example.com 1, ann4@example.com 1" in same
    assert "answers     3 of 4 wanted, and 1 more than wanted" in new

    queued = json.loads((directory / "queue.json").read_text("utf-8"))
    fresh = json.loads(json.dumps(queued[1]).replace(f"{before['tasks'][1]['id']}", "12345678"))
    (directory / "queue.json").write_text(json.dumps([fresh, *queued[2:]]), "utf-8")
    same, new = queue("status", directory, server.url)[1].split("queue project")
    assert "of these    2 tasks not in this audit's queue" in same
    assert "of these" not in new
    assert "Not pushed: 1 task wants another person:" in new


def test_withdrawing_an_unlabeled_queue_leaves_no_trace(server, queue, api, pushed):
    project, made, directory, before = pushed
    during = dump(api, project)
    code, out, _ = queue("withdraw", directory, server.url, "--dry-run")
    assert code == 0
    ids = ", ".join(str(task["id"]) for task in before["tasks"][:2])
    assert f"the tag of 2 tasks ({ids}); what was raised or opened is put back" in out
    assert dump(api, project) == during
    code, _, err = queue("withdraw", directory, server.url)
    assert code == 2
    assert "--yes" in err

    code, out, _ = queue("withdraw", directory, server.url, "--yes")

    assert code == 0
    after = dump(api, project)
    assert after["settings"] == before["settings"]
    assert [tab["data"]["title"] for tab in after["tabs"]] == ["Default"]
    for was, now in zip(before["tasks"], after["tasks"], strict=True):
        assert now["data"] == was["data"]
        assert (now["overlap"], now["is_labeled"]) == (was["overlap"], was["is_labeled"])
        assert without_ours(now) == without_ours(was)
    assert made not in [p["id"] for p in api("GET", "projects/?page_size=1000")["results"]]
    out = queue("withdraw", directory, server.url, "--yes")[1]
    assert f"Nothing of it is there for project {project}" in out


def test_what_carries_a_label_or_is_not_ours_stays(server, queue, api, pushed):
    project, made, directory, before = pushed
    voted, free = before["tasks"][:2]
    vote(api, "ann3", voted["id"])
    looks = tasks_of(api, made)
    vote(api, "ann1", looks[0]["id"])
    api("POST", f"projects/{made}/import", json=[{"data": {"text": "somebody's own"}}])
    during = tasks_of(api, made)

    code, out, _ = queue("withdraw", directory, server.url, "--yes")

    assert code == 0
    assert "keeps       2 tasks: answered, begun, or not made by labelq" in out
    assert tasks_of(api, made) == [during[0], during[2]]
    now = {t["id"]: t for t in tasks_of(api, project)}
    assert now[free["id"]]["data"] == free["data"]
    kept = now[voted["id"]]["data"]
    assert kept["labelq_queue"].startswith("back ")
    assert kept["labelq_queued_at"]
    assert len(now[voted["id"]]["annotations"]) == 3
    assert len(api("GET", f"dm/views/?project={project}")) == 1
    assert "Nothing to do" in queue("withdraw", directory, server.url, "--yes")[1]


def test_what_somebody_has_begun_stays(server, queue, api, pushed):
    project, made, directory, before = pushed
    begun, _ = tasks_of(api, made)
    begin(api, "ann2", begun["id"])
    begin(api, "ann3", before["tasks"][0]["id"])

    code, out, _ = queue("withdraw", directory, server.url, "--yes")

    assert code == 0
    assert "deletes     1 task that nobody has begun" in out
    assert [t["id"] for t in tasks_of(api, made)] == [begun["id"]]
    assert tasks_of(api, made)[0]["draft_exists"]
    assert tasks_of(api, project)[0]["data"]["labelq_queue"].startswith("back ")
    assert "labelq_queue" not in tasks_of(api, project)[1]["data"]


@pytest.mark.parametrize("when", ["GET", "POST"], ids=["before reading", "before deleting"])
def test_what_is_begun_during_a_withdrawal_stays(server, queue, api, pushed, when):
    _, made, directory, _ = pushed
    task_id = tasks_of(api, made)[0]["id"]
    started = []

    def weather(asked):
        # the plan is made before the tab goes; tasks are deleted after it
        started.extend([asked] if asked.method == "DELETE" else [])
        if started and asked.query.get("project") == str(made) and asked.method == when:
            return once()
        return None

    def once():
        if len(started) > 1:
            return None
        started.append(None)
        return first(lambda: begin(api, "ann2", task_id))

    with Proxy(server.url, weather=weather) as proxy:
        with_url(directory, server.url, proxy.url)
        assert queue("withdraw", directory, proxy.url, "--yes")[0] == 0
        assert len(started) == 2
    assert [t["id"] for t in tasks_of(api, made)] == [task_id]


def test_nothing_is_deleted_where_drafts_are_not_told(server, queue, api, pushed):
    _, made, directory, _ = pushed

    def without(body):
        told = json.loads(body)
        for task in told["tasks"]:
            task.pop("draft_exists", None)
        return json.dumps(told).encode()

    def weather(asked):
        return changed(without) if (asked.method, asked.path) == ("GET", "/api/tasks/") else None

    with Proxy(server.url, weather=weather) as proxy:
        with_url(directory, server.url, proxy.url)
        code, out, _ = queue("withdraw", directory, proxy.url, "--yes")
    assert code == 0
    assert "keeps       2 tasks" in out
    assert len(tasks_of(api, made)) == 2


def with_url(directory, old, new):
    manifest = directory / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace(old, new), "utf-8")


def test_the_queue_of_a_project_with_the_same_title_is_not_touched(
    server, queue, api, pushed, new_project, people, tmp_path
):
    project, made, directory, _ = pushed
    name = json.loads((directory / "audit.json").read_text("utf-8"))["name"]
    other = new_project(labeled(people, 4), maximum_annotations=2)
    tasks = tasks_of(api, other)
    entries = [*entries_of(tasks[:1]), *entries_of(tasks[1:2], wants="second_look")]
    twin = audit_directory(tmp_path / "b", entries, url=server.url, projects=[other], name=name)
    there = tasks_of(api, project), tasks_of(api, made)
    code, out, _ = queue("withdraw", twin, server.url, "--yes")
    assert code == 0
    assert f"Nothing of it is there for project {other}" in out
    assert "Nothing of it is there" in queue("status", twin, server.url)[1]

    for to in ("same-project", "new-project"):
        code, out, _ = queue("push", twin, server.url, "--to", to, "--yes")
        assert code == 0
        assert "1 to add" in out
    out = queue("status", twin, server.url)[1]
    assert out.count("0 of 1 task (0%)") == 2
    assert queue("withdraw", twin, server.url, "--yes")[0] == 0
    assert tasks_of(api, other) == [
        t | {"updated_at": now["updated_at"]}
        for t, now in zip(tasks, tasks_of(api, other), strict=True)
    ]
    assert (tasks_of(api, project), tasks_of(api, made)) == there


def test_a_failed_withdrawal_is_completed_by_a_repeat(server, queue, api, pushed):
    project, made, directory, before = pushed
    with Proxy(server.url, weather=times(1, status(500), "PATCH", after=1)) as proxy:
        with_url(directory, server.url, proxy.url)
        code, _, err = queue("withdraw", directory, proxy.url, "--yes")
        assert code == 2
        assert len(err.strip().splitlines()) == 1
        assert queue("withdraw", directory, proxy.url, "--yes")[0] == 0
    assert [t["data"] for t in tasks_of(api, project)] == [t["data"] for t in before["tasks"]]
    assert [t["overlap"] for t in tasks_of(api, project)] == [2] * 6
    assert made not in [p["id"] for p in api("GET", "projects/?page_size=1000")["results"]]
