"""Several people at once: nobody's vote, field or project is lost to a push or a withdrawal."""

from __future__ import annotations

import io

import pytest

from labelq.cli import labelq
from tests.live.proxy import Proxy, changed, first, older_server, times
from tests.live.queueing import audit_directory, entries_of, labeled, tasks_of, vote

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("as_admin")]


@pytest.fixture
def a_round(new_project, people, api):
    project = new_project(labeled(people, 3), maximum_annotations=2)
    return project, tasks_of(api, project)


def push_meanwhile(directory, url):
    """Another push, from whatever thread."""
    arguments = ["queue", "push", str(directory), "--url", url, "--yes"]
    assert labelq.main(args=arguments, standalone_mode=False) == 0


def ordered(tmp_path, tasks, proxy, project, **options):
    name = f"races {project}"
    where = tmp_path / f"{proxy.port if hasattr(proxy, 'port') else id(proxy)}"
    entries = entries_of(tasks, **options)
    return audit_directory(where, entries, url=proxy.url, projects=[project], name=name)


def test_a_vote_and_a_field_during_a_withdrawal_are_kept(server, queue, api, a_round, tmp_path):
    project, tasks = a_round
    assert queue("push", ordered(tmp_path, tasks, server, project), server.url, "--yes")[0] == 0
    voted, edited = tasks[0]["id"], tasks[1]["id"]

    def colleagues():
        vote(api, "ann3", voted)
        data = next(t["data"] for t in tasks_of(api, project) if t["id"] == edited)
        api("PATCH", f"tasks/{edited}/", json={"data": data | {"customer_note": "call back"}})

    # The vote comes when the task was read and is about to be written, the edit before its turn.
    with Proxy(server.url, weather=times(1, first(colleagues), "PATCH")) as proxy:
        code, _, err = queue(
            "withdraw", ordered(tmp_path, tasks, proxy, project), proxy.url, "--yes"
        )
    assert code == 0, err
    now = {t["id"]: t["data"] for t in tasks_of(api, project)}
    assert now[voted]["labelq_queued_at"].endswith(f"in project {project}")
    assert now[edited]["customer_note"] == "call back"
    assert "labelq_queue" not in now[edited]


def test_who_takes_time_to_answer_is_shown_what_changed(
    server, queue, api, a_round, tmp_path, monkeypatch
):
    project, tasks = a_round
    directory = ordered(tmp_path, tasks, server, project)

    class Slowly(io.StringIO):
        def isatty(self):
            return True

        def readline(self, *_):
            if not self.tell():
                push_meanwhile(directory, server.url)
                vote(api, "ann3", tasks[0]["id"])
            return super().readline()

    monkeypatch.setattr("sys.stdin", Slowly("y\ny\n"))
    code, out, err = queue("push", directory, server.url)
    assert code == 0, err
    assert "It has changed on the server in the meantime. Now:" in out
    assert "the 3 tasks are there already" in out
    tagged = tasks_of(api, project)[0]
    (latest,) = (a for a in tagged["annotations"] if a["completed_by"] not in (2, 3))
    assert tagged["data"]["labelq_queued_at"][:19] <= latest["created_at"][:19]
    assert tagged["is_labeled"]


def test_two_pushes_at_once_tag_once(server, queue, api, a_round, tmp_path):
    project, tasks = a_round
    directory = ordered(tmp_path, tasks, server, project)
    seen = []

    def second():
        push_meanwhile(directory, server.url)
        seen.extend(t["data"]["labelq_queued_at"] for t in tasks_of(api, project))

    # The first has made its plan; the version is asked for again for the time of the tags.
    weather = times(1, first(second), "GET", path="/api/version", after=1)
    with Proxy(server.url, weather=weather) as proxy:
        slower = ordered(tmp_path, tasks, proxy, project)
        assert queue("push", slower, proxy.url, "--yes")[0] == 0
    assert seen == [t["data"]["labelq_queued_at"] for t in tasks_of(api, project)]


def test_two_pushes_at_once_make_one_project(server, queue, api, a_round, tmp_path):
    project, tasks = a_round
    wants = {"wants": "second_look", "reasons": ("gap",)}
    directory = ordered(tmp_path, tasks, server, project, **wants)

    def second():
        push_meanwhile(directory, server.url)

    weather = times(1, first(second), "POST", path="/api/projects/")
    with Proxy(server.url, weather=weather) as proxy:
        code, _, err = queue(
            "push", ordered(tmp_path, tasks, proxy, project, **wants), proxy.url, "--yes"
        )
    assert code == 2
    assert "somebody else is pushing the same at this moment" in err
    found = api("GET", "projects/?page_size=1000")["results"]
    (made,) = (p["id"] for p in found if p["title"] == f"Second look: races {project}")
    assert len(tasks_of(api, made)) == 3
    assert queue("push", directory, server.url, "--yes")[0] == 0
    assert len(tasks_of(api, made)) == 3


def test_a_slow_push_keeps_what_others_write(server, queue, api, a_round, tmp_path):
    project, tasks = a_round
    last = tasks[-1]

    def colleague():
        api("PATCH", f"tasks/{last['id']}/", json={"data": last["data"] | {"note": "call back"}})

    edits = times(1, first(colleague), "PATCH")
    with Proxy(server.url, weather=lambda asked: older_server(asked) or edits(asked)) as proxy:
        code, _, err = queue("push", ordered(tmp_path, tasks, proxy, project), proxy.url, "--yes")
    assert code == 0, err
    now = tasks_of(api, project)[-1]["data"]
    assert (now["note"], "labelq_queue" in now) == ("call back", True)


@pytest.mark.parametrize("overlap", [1e300, "7", -3])
def test_a_field_that_somebody_forged_stops_nothing(server, queue, api, a_round, tmp_path, overlap):
    project, tasks = a_round
    directory = ordered(tmp_path, tasks, server, project)
    assert queue("push", directory, server.url, "--yes")[0] == 0
    forged = tasks_of(api, project)[0]
    api(
        "PATCH",
        f"tasks/{forged['id']}/",
        json={"data": forged["data"] | {"labelq_overlap": overlap}},
    )
    code, _, err = queue("withdraw", directory, server.url, "--yes")
    assert code == 0, err
    now = tasks_of(api, project)
    assert [set(t["data"]) for t in now] == [{"text", "place"}] * 3
    assert [t["overlap"] for t in now[1:]] == [2, 2]


def test_an_empty_project_with_our_mark_is_not_deleted(server, queue, api, a_round, tmp_path):
    project, tasks = a_round
    wants = {"wants": "second_look", "reasons": ("gap",)}
    directory = ordered(tmp_path, tasks, server, project, **wants)
    assert queue("push", directory, server.url, "--yes")[0] == 0
    found = api("GET", "projects/?page_size=1000")["results"]
    (made,) = (p for p in found if p["title"] == f"Second look: races {project}")
    copied = {"title": "precious", "description": made["description"]}
    mine = api("POST", "projects/", json=copied | {"label_config": made["label_config"]})["id"]
    assert queue("withdraw", directory, server.url, "--yes")[0] == 0
    left = [p["id"] for p in api("GET", "projects/?page_size=1000")["results"]]
    assert mine in left
    assert made["id"] not in left


@pytest.mark.parametrize("path", ["/api/tasks/", "/api/projects/", "/api/dm/views/", "/api/users/"])
def test_an_answer_of_another_shape_is_one_line(server, queue, api, a_round, tmp_path, path):
    project, tasks = a_round
    command = "withdraw" if path == "/api/dm/views/" else "status"
    if command == "withdraw":
        directory = ordered(tmp_path, tasks, server, project)
        assert queue("push", directory, server.url, "--yes")[0] == 0

    def weather(asked):
        return changed(lambda _: b'{"results": 1, "tasks": [7]}') if asked.path == path else None

    with Proxy(server.url, weather=weather) as proxy:
        directory = ordered(tmp_path, tasks, proxy, project)
        code, _, err = queue(command, directory, proxy.url)
    assert (code, len(err.splitlines())) == (2, 1)
    assert "as Label Studio does" in err or "not the JSON" in err
