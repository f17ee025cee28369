"""The queue of an audit that was made from files: which tasks it means, and what is said."""

from __future__ import annotations

import pytest

from labelq.label_studio.queues import same_project
from labelq.label_studio.units import CONTENT, Joining
from labelq.labels.submissions import Submissions
from tests.live.queueing import audit_directory, entries_of, labeled, tasks_of

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def here(monkeypatch, as_admin):
    monkeypatch.setattr(same_project, "_WAIT", 0)  # nobody votes here


@pytest.fixture
def a_round(new_project, people, api):
    """Five tasks, labeled by ann1 and ann2 as often as the project asks for."""
    project = new_project(labeled(people, 5), maximum_annotations=2)
    return project, tasks_of(api, project)


@pytest.mark.parametrize("join", [None, "place"], ids=["content", "field"])
def test_the_audit_of_files_finds_its_tasks_by_what_joined_them(
    server, queue, api, a_round, tmp_path, join
):
    project, tasks = a_round
    named = Joining(Submissions(), join or CONTENT)
    entries = [
        {"unit": named.unit_id(None, t["data"]), "data": t["data"]} for t in (tasks[1], tasks[3])
    ]
    lost = {"unit": "0" * 12 if join is None else "77", "data": {"text": "x", "place": 77}}
    directory = audit_directory(
        tmp_path / "a", [*entries, lost], join=join, more_sources=True, name="files"
    )
    more = ("--project", project)

    code, out, err = queue("push", directory, server.url, "--yes", *more)

    assert code == 0, err
    assert f"1 task, no task in the project has its {join or 'content'}: {lost['unit']}" in out
    assert "any more" not in out
    again = f"--project {project} --url {server.url}"
    assert f"labelq queue status {directory} {again}" in out
    queued = [t["data"]["text"] for t in tasks_of(api, project) if "labelq_queue" in t["data"]]
    assert queued == ["text 1", "text 3"]
    code, out, _ = queue("status", directory, server.url, *more)
    assert "0 of 2 tasks (0%)" in out
    assert "Not pushed: 1 task wants another person:" in out
    assert f"labelq queue push {directory} --to same-project {again}" in out
    for command in ("status", "withdraw"):
        code, out, _ = queue(command, directory, server.url)
        assert code == 0
        assert "was it pushed with --project?" in out
        assert f"labelq queue {command} {directory} --project ID --url {server.url}" in out
    assert queue("withdraw", directory, server.url, "--yes", *more)[0] == 0
    assert tasks_of(api, project) == [
        t | {"updated_at": now["updated_at"]}
        for t, now in zip(tasks, tasks_of(api, project), strict=True)
    ]


def test_numbers_of_a_table_are_no_proof(server, queue, api, a_round, tmp_path):
    project, tasks = a_round
    before = tasks_of(api, project)
    entries = [
        {"unit": tasks[0]["id"], "data": {"text": "of another project"}},
        {"unit": tasks[1]["id"], "data": {}},
        {"unit": "T-1", "data": {"text": "text 2"}},
    ]
    directory = audit_directory(tmp_path / "a", entries, name="table")
    code, out, _ = queue("push", directory, server.url, "--yes", "--project", project)
    assert code == 1
    assert f"1 task, with that id is another task: {tasks[0]['id']}" in out
    assert f"which may be any task's: {tasks[1]['id']}" in out
    assert "1 task, no task in the project has its id: T-1" in out
    assert "Nothing can be pushed: the 3 tasks are left out." in out
    assert tasks_of(api, project) == before

    same = [{"unit": tasks[0]["id"], "data": {"text": "text 0", "ticket": "not in the task"}}]
    directory = audit_directory(tmp_path / "b", same, name="table")
    assert queue("push", directory, server.url, "--yes", "--project", project)[0] == 0
    assert tasks_of(api, project)[0]["data"]["labelq_queue"] == "table"


def test_what_there_is_not_to_do_is_said_as_it_is(server, queue, api, a_round, tmp_path):
    project, tasks = a_round
    looks = entries_of(tasks[:1], wants="second_look")
    directory = audit_directory(tmp_path / "a", looks, url=server.url, projects=[project])
    code, out, _ = queue("push", directory, server.url, "--to", "same-project", "--yes")
    assert code == 1
    assert "1 task wants a second look" in out
    assert f"labelq queue push {directory} --to new-project --url {server.url}" in out
    assert "none of the queue's 1 task is what was asked for" in out
    directory = audit_directory(tmp_path / "b", [], url=server.url, projects=[project])
    code, out, _ = queue("push", directory, server.url, "--yes")
    assert (code, out.splitlines()[-1]) == (0, "Nothing to do: the audit's queue is empty.")
