"""A queue in the project that was labeled: what a push changes there, and nothing else."""

from __future__ import annotations

import io
import json

import pytest

from labelq.cli import main
from labelq.label_studio.queues import same_project
from tests.live.conftest import task
from tests.live.proxy import Proxy, lost, older_server, status, times
from tests.live.queueing import (
    audit_directory,
    dump,
    entries_of,
    labeled,
    served,
    tasks_of,
    vote,
    without_ours,
)

pytestmark = pytest.mark.live

WRITES = ("POST", "PATCH", "PUT", "DELETE")


@pytest.fixture(autouse=True)
def here(monkeypatch, as_admin):
    monkeypatch.setattr(same_project, "_WAIT", 0)  # where nobody votes there is no hurry


@pytest.fixture
def in_time(monkeypatch, here):
    monkeypatch.setattr(same_project, "_WAIT", 1.05)


@pytest.fixture
def labelq(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture
def a_round(new_project, people, api):
    """Five tasks, labeled by ann1 and ann2 as often as the project asks for."""
    project = new_project(labeled(people, 5), maximum_annotations=2)
    api("POST", "dm/views/", json={"project": project, "data": {"title": "mine", "type": "list"}})
    return project, tasks_of(api, project)


def push(labelq, directory, url, *more):
    return labelq("queue", "push", directory, "--url", url, *more)


def test_what_a_push_changes_and_what_it_leaves(server, labelq, api, a_round, tmp_path):
    project, tasks = a_round
    before = dump(api, project)
    queued = [tasks[3], tasks[1]]
    directory = audit_directory(
        tmp_path / "a", entries_of(queued), url=server.url, projects=[project]
    )

    with Proxy(server.url) as proxy:
        code, out, _ = push(labelq, with_url(directory, proxy.url), proxy.url, "--dry-run")
        assert proxy.count("GET") > 3
        assert not [asked for asked in proxy.requests if asked.method in WRITES]
    assert code == 0
    assert f"task {tasks[3]['id']}: labelq_overlap = 2, labelq_priority = 999, " in out
    assert "overlap 2 → 3, is_labeled true → false" in out
    assert "2 tasks: overlap raised, open again" in out
    assert "ann3@example.com 2" in out  # who can be another person
    assert dump(api, project) == before

    code, out, _ = push(labelq, with_url(directory, server.url), server.url, "--yes")
    assert code == 0
    after = dump(api, project)

    assert after["settings"] == before["settings"]
    mine, ours = after["tabs"]
    assert mine == before["tabs"][0]
    assert ours["data"]["filters"]["items"] == [
        {
            "filter": "filter:tasks:data.labelq_queue",
            "operator": "equal",
            "type": "String",
            "value": "round 1",
        }
    ]
    ids = {one["id"] for one in queued}
    for was, now in zip(before["tasks"], after["tasks"], strict=True):
        if was["id"] in ids:
            assert without_ours(now) == without_ours(was)
            assert (now["overlap"], now["is_labeled"]) == (3, False)
            assert now["data"]["labelq_overlap"] == 2
            assert now["data"]["labelq_queue"] == "round 1"
        else:
            assert now == was
    first, second = (
        next(t for t in after["tasks"] if t["id"] == one["id"])["data"]["labelq_priority"]
        for one in queued
    )
    assert first > second

    with Proxy(server.url) as proxy:
        code, out, _ = push(labelq, with_url(directory, proxy.url), proxy.url, "--yes")
        assert not [asked for asked in proxy.requests if asked.method in WRITES]
    assert code == 0
    assert "Nothing to do" in out
    assert dump(api, project) == after


def with_url(directory, url):
    """The same audit, as if it had been made from there."""
    manifest = directory / "manifest.json"
    told = json.loads(manifest.read_text("utf-8"))
    told["server"]["url"] = url
    manifest.write_text(json.dumps(told), "utf-8")
    return directory


def test_another_person_gets_the_tasks_by_priority_and_nobody_twice(
    server, labelq, api, a_round, tmp_path, in_time
):
    project, tasks = a_round
    directory = audit_directory(
        tmp_path / "a", entries_of([tasks[4], tasks[0]]), url=server.url, projects=[project]
    )
    assert push(labelq, directory, server.url, "--yes")[0] == 0
    tab = api("GET", f"dm/views/?project={project}")[-1]["data"]

    assert served(api, "ann1", project, tab) is None
    assert served(api, "ann3", project, tab) == tasks[4]["id"]
    vote(api, "ann3", tasks[4]["id"])
    assert served(api, "ann3", project, tab) == tasks[0]["id"]
    assert served(api, "ann4", project, tab) == tasks[0]["id"]  # the other has its vote

    larger = audit_directory(
        tmp_path / "b",
        entries_of([tasks[4], tasks[0], tasks[2]]),
        url=server.url,
        projects=[project],
    )
    code, out, _ = push(labelq, larger, server.url, "--yes")
    assert code == 0
    assert "1 to add, 2 already there" in out
    assert [t["overlap"] for t in tasks_of(api, project)] == [3, 2, 3, 2, 3]
    assert tasks_of(api, project)[4]["is_labeled"]


def test_an_audit_that_knows_the_vote_asks_for_one_more(
    server, labelq, api, a_round, tmp_path, in_time
):
    project, tasks = a_round
    entries = entries_of([tasks[0]])
    directory = audit_directory(tmp_path / "a", entries, url=server.url, projects=[project])
    assert push(labelq, directory, server.url, "--yes")[0] == 0
    vote(api, "ann3", tasks[0]["id"])
    assert "Nothing to do" in push(labelq, directory, server.url, "--yes")[1]

    entries[0]["bought"] = ["ann3@example.com"]
    again = audit_directory(tmp_path / "b", entries, url=server.url, projects=[project])
    assert push(labelq, again, server.url, "--yes")[0] == 0

    now = tasks_of(api, project)[0]
    assert (now["overlap"], now["is_labeled"]) == (4, False)
    assert now["data"]["labelq_overlap"] == 2


def test_tasks_that_are_gone_or_changed_are_left_out(server, labelq, api, a_round, tmp_path):
    project, tasks = a_round
    entries = entries_of(tasks[:3])
    entries[1]["data"] = entries[1]["data"] | {"text": "something else"}
    entries[2]["unit"] = 987654321
    directory = audit_directory(tmp_path / "a", entries, url=server.url, projects=[project])

    code, out, _ = push(labelq, directory, server.url, "--yes")

    assert code == 0
    assert f"1 task, changed since the audit: {tasks[1]['id']}" in out
    assert "1 task, not in the project any more: 987654321" in out
    assert ["labelq_queue" in t["data"] for t in tasks_of(api, project)] == [True] + [False] * 4


def test_another_rounds_queue_keeps_its_tasks(server, labelq, api, a_round, tmp_path, in_time):
    project, tasks = a_round
    first, second = (
        audit_directory(
            tmp_path / name, entries_of(tasks[:2]), url=server.url, projects=[project], name=name
        )
        for name in ("round 1", "round 2")
    )
    assert push(labelq, first, server.url, "--yes")[0] == 0
    code, out, _ = push(labelq, second, server.url, "--yes")
    assert code == 1
    assert "2 tasks, still waiting in the queue of “round 1”" in out
    assert "Nothing can be pushed: the 2 tasks are left out." in out

    vote(api, "ann3", tasks[0]["id"])
    before = tasks_of(api, project)
    code, out, _ = push(labelq, second, server.url, "--yes")
    assert code == 1
    assert (
        "1 task, already answered in the queue of “round 1”: audit again to use those answers:"
        f" {tasks[0]['id']}"
    ) in out
    assert tasks_of(api, project) == before
    code, out, _ = labelq("queue", "status", second, "--url", server.url)
    assert "2 tasks of the audit's queue stand in the queue of another round, “round 1”." in out
    assert "Not pushed" not in out

    entries = entries_of(tasks[:1], bought=["ann3@example.com"])
    knows = audit_directory(
        tmp_path / "c", entries, url=server.url, projects=[project], name="round 2"
    )
    code, out, _ = push(labelq, knows, server.url, "--yes")
    assert code == 1
    assert "as this audit knows; for more, audit with --round 'round 1'" in out
    assert tasks_of(api, project) == before


def test_a_copy_of_a_queued_task_is_not_queued(
    server, labelq, api, a_round, new_project, tmp_path, in_time
):
    """Exported, imported elsewhere: the fields are there, but the import dates all votes."""
    project, tasks = a_round
    entries = entries_of(tasks[:2])
    here = audit_directory(tmp_path / "a", entries, url=server.url, projects=[project])
    assert push(labelq, here, server.url, "--yes")[0] == 0
    was = tasks_of(api, project)
    other = new_project([{k: t[k] for k in ("data", "annotations")} for t in was])
    copies = tasks_of(api, other)
    assert copies[0]["data"]["labelq_queue"] == "round 1"
    there = audit_directory(
        tmp_path / "b",
        [e | {"unit": t["id"]} for e, t in zip(entries, copies, strict=False)],
        url=server.url,
        projects=[other],
    )

    assert "Nothing of it is there" in labelq("queue", "status", there, "--url", server.url)[1]
    code, out, _ = labelq("queue", "withdraw", there, "--url", server.url, "--yes")
    assert code == 0
    assert "it was not pushed, or is withdrawn already" in out
    assert tasks_of(api, other) == copies

    code, out, _ = push(labelq, there, server.url, "--yes")
    assert code == 0
    assert "2 to add" in out
    now = tasks_of(api, other)
    assert now[0]["data"]["labelq_queued_at"].endswith(f" in project {other}")
    status = labelq("queue", "status", there, "--url", server.url)[1]
    assert "0 of 2 tasks (0%)" in status
    assert labelq("queue", "withdraw", there, "--url", server.url, "--yes")[0] == 0
    assert "labelq_queue" not in tasks_of(api, other)[0]["data"]
    assert tasks_of(api, project) == was


def test_no_is_an_answer(server, labelq, api, a_round, tmp_path, monkeypatch):
    project, tasks = a_round
    directory = audit_directory(
        tmp_path / "a", entries_of(tasks), url=server.url, projects=[project]
    )
    said = io.StringIO("n\nn\n")
    said.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", said)
    code, out, _ = push(labelq, directory, server.url)
    assert code == 1
    assert out.endswith("[y/N]: Nothing was pushed.\n")
    assert tasks_of(api, project) == tasks
    assert push(labelq, directory, server.url, "--yes")[0] == 0
    code, out, _ = labelq("queue", "withdraw", directory, "--url", server.url)
    assert code == 1
    assert out.endswith("[y/N]: Nothing was withdrawn.\n")


def test_a_server_that_knows_neither_short_pages_nor_the_bulk_action(
    server, labelq, api, a_round, tmp_path
):
    project, tasks = a_round
    with Proxy(server.url, weather=older_server) as proxy:
        directory = audit_directory(
            tmp_path / "a", entries_of(tasks[:3]), url=proxy.url, projects=[project]
        )
        assert push(labelq, directory, proxy.url, "--yes")[0] == 0
        assert proxy.count("PATCH") == 3
    now = tasks_of(api, project)
    assert [t["overlap"] for t in now] == [3, 3, 3, 2, 2]
    assert [without_ours(t) for t in now] == [without_ours(t) for t in tasks]
    assert {t["data"].get("labelq_overlap") for t in now[:3]} == {2}
    assert len({t["data"]["labelq_queued_at"] for t in now[:3]}) == 1


@pytest.mark.parametrize("fault", [status(500), lost()], ids=["refused", "unanswered"])
def test_a_failure_between_two_tasks_is_mended_by_a_repeat(
    server, labelq, api, a_round, tmp_path, fault
):
    project, tasks = a_round
    with Proxy(server.url, weather=times(1, fault, "PATCH", after=1)) as proxy:
        directory = audit_directory(
            tmp_path / "a", entries_of(tasks), url=proxy.url, projects=[project]
        )
        code, _, err = push(labelq, directory, proxy.url, "--yes")
        assert code == 2
        assert len(err.strip().splitlines()) == 1
        assert any(t["overlap"] == 2 for t in tasks_of(api, project))
        assert push(labelq, directory, proxy.url, "--yes")[0] == 0
    now = tasks_of(api, project)
    assert [(t["overlap"], t["is_labeled"]) for t in now] == [(3, False)] * 5
    assert {t["data"]["labelq_overlap"] for t in now} == {2}
    assert [without_ours(t) for t in now] == [without_ours(t) for t in tasks]
    assert len(api("GET", f"dm/views/?project={project}")) == 2


def test_an_interrupt_says_that_a_repeat_completes(
    server, labelq, api, a_round, tmp_path, monkeypatch
):
    project, tasks = a_round
    directory = audit_directory(
        tmp_path / "a", entries_of(tasks), url=server.url, projects=[project]
    )

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(same_project, "_tag", interrupted)
        code, _, err = push(labelq, directory, server.url, "--yes")
    assert (code, err) == (130, "labelq: interrupted; repeat the command: it completes\n")
    assert push(labelq, directory, server.url, "--yes")[0] == 0
    assert all(t["data"]["labelq_queue"] == "round 1" for t in tasks_of(api, project))


def test_open_tasks_keep_their_place_and_skips_are_no_votes(
    server, labelq, api, new_project, people, tmp_path
):
    one, two = people["ann1"].id, people["ann2"].id
    project = new_project(
        [task("open", {one: "Positive"}), task("skipped", {one: "Positive", two: None})],
        maximum_annotations=2,
    )
    tasks = tasks_of(api, project)
    directory = audit_directory(
        tmp_path / "a",
        entries_of(tasks, raters=["ann1@example.com"]),
        url=server.url,
        projects=[project],
    )

    code, out, _ = push(labelq, directory, server.url, "--yes")

    assert code == 0
    assert "1 task not done in the round yet" in out
    assert "labelq_overlap written to 1 task" in out
    assert "1 task: open again" in out
    assert "raised" not in out
    still, skipped = tasks_of(api, project)
    assert (still["overlap"], "labelq_overlap" in still["data"]) == (2, False)
    assert (skipped["overlap"], skipped["is_labeled"]) == (2, False)


def test_nobody_to_ask_and_the_wrong_server_are_refused(server, labelq, a_round, tmp_path, api):
    project, tasks = a_round
    before = dump(api, project)
    directory = audit_directory(
        tmp_path / "a", entries_of(tasks), url=server.url, projects=[project]
    )
    code, _, err = push(labelq, directory, server.url)
    assert code == 2
    assert "--yes" in err
    with Proxy(server.url) as proxy:
        code, _, err = push(labelq, directory, proxy.url, "--yes")
    assert code == 2
    assert server.url in err
    code, _, err = push(labelq, tmp_path, server.url, "--yes")
    assert code == 2
    assert "is no audit directory" in err
    assert dump(api, project) == before
