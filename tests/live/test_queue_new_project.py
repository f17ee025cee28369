"""A queue as a project of its own: what is in it, and that nothing is in it twice."""

from __future__ import annotations

import re
import threading
import uuid

import pytest

from labelq.cli import main
from labelq.label_studio.queues import new_project as filling
from labelq.label_studio.queues.marks import queue_projects
from labelq.label_studio.units import CONTENT, Joining
from labelq.labels.submissions import Submissions
from tests.live.conftest import CONFIG
from tests.live.proxy import Proxy, dropped, either, lost, status, then, times
from tests.live.queueing import (
    audit_directory,
    dump,
    entries_of,
    labeled,
    served,
    tasks_of,
    vote,
)
from tests.live.server import Server

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def here(monkeypatch, as_admin):
    monkeypatch.setattr(filling, "_CHUNK", 2)


@pytest.fixture
def push(capsys):
    """Push to a new project: exit code, stdout, stderr."""

    def run(directory, url, *more):
        with pytest.raises(SystemExit) as ended:
            main(["queue", "push", str(directory), "--url", url, "--to", "new-project", *more])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture
def queues(api):
    """``queues("round 1")``: the projects whose title names the round."""

    def find(name, api=api):
        found = api("GET", "projects/?page_size=1000")["results"]
        return [p for p in found if p["title"].endswith(name)]

    return find


@pytest.fixture
def a_round(new_project, people, api):
    """Five tasks labeled by ann1 and ann2; how a queue of the first n is made."""
    project = new_project(
        labeled(people, 5), maximum_annotations=2, show_skip_button=False, title="round"
    )
    return project, tasks_of(api, project)


def look_again(tasks):
    return entries_of(tasks, wants="second_look", reasons=("gap", "against_gold"))


def test_a_second_look_by_the_same_people(server, push, api, a_round, queues, tmp_path):
    project, tasks = a_round
    before = dump(api, project)
    name = f"look {project}"
    directory = audit_directory(
        tmp_path / "a",
        look_again([tasks[3], tasks[0], tasks[2]]),
        url=server.url,
        projects=[project],
        name=name,
    )
    with Proxy(server.url) as proxy:
        told = audit_directory(
            tmp_path / "b", look_again(tasks[:1]), url=proxy.url, projects=[project], name=name
        )
        code, out, _ = push(told, proxy.url, "--dry-run")
        assert code == 0
        assert f"import {name}/{tasks[0]['id']}: fields text, place, labelq_key, " in out
        assert "; “The guideline did not settle tasks like this one.”" in out
        assert "changes     the project is made: 2 answers per task, most valuable first" in out
        assert '<Header value="Why is this task here? $labelq_reason" size="5"/>' in out
        assert '<Header value="Read the instructions again, then answer' in out
        assert re.search(r"expert_instruction: [\d,]+ characters; its text begins\n", out)
        assert "\n      Guideline\n      be fair\n" in out
        assert "sampling = Sequential sampling" in out
        assert "labelq-queue: " in out
        assert proxy.count("GET") > 3
        assert not proxy.count("POST")

    code, out, _ = push(directory, server.url, "--yes")
    assert code == 0
    (made,) = queues(name)
    assert made["maximum_annotations"] == 2  # as many as labeled the task
    assert made["sampling"] == "Sequential sampling"
    assert (made["show_collab_predictions"], made["show_skip_button"]) == (False, False)
    assert (made["show_instruction"], made["model_version"] or "") == (True, "")
    assert "<li>be <em>fair</em></li>" in made["expert_instruction"]
    lines = made["label_config"].splitlines()
    assert [line for line in lines if "<Header" not in line] == CONFIG.splitlines()
    assert "labelq-queue" in made["description"]
    now = tasks_of(api, made["id"])
    assert [t["data"]["text"] for t in now] == ["text 3", "text 0", "text 2"]
    assert [t["data"]["place"] for t in now] == [3, 0, 2]
    assert set(now[0]["data"]) == {
        *("text", "place", "labelq_key", "labelq_round", "labelq_priority", "labelq_reason"),
    }
    for t in now:
        assert t["data"]["labelq_reason"] == "The guideline did not settle tasks like this one."
        assert not t["annotations"]
        assert not t["predictions"]
    assert served(api, "ann1", made["id"]) == now[0]["id"]  # who labeled it gets it again

    larger = audit_directory(
        tmp_path / "c",
        look_again([tasks[1], tasks[3], tasks[0], tasks[2]]),
        url=server.url,
        projects=[project],
        name=name,
    )
    assert "Nothing to do" in push(directory, server.url, "--yes")[1]
    code, out, _ = push(larger, server.url, "--yes")
    assert code == 0
    assert "1 to add, 3 already there" in out
    assert len(tasks_of(api, made["id"])) == 4
    assert dump(api, project) == before


@pytest.mark.parametrize(
    ("weather", "code"),
    [
        (times(1, lost(), "POST", path="/import", after=1), 0),  # it was done
        (times(1, dropped(), "POST", path="/import", after=1), 2),
        (times(1, status(500), "POST", path="/import"), 2),
        (times(1, lost(), "POST", path="/api/projects/"), 0),
        (times(1, status(502), "POST", path="/api/projects/"), 2),
    ],
    ids=["import lost", "import dropped", "import 500", "project lost", "project 502"],
)
def test_bad_weather_doubles_and_loses_nothing(
    server, push, api, a_round, queues, tmp_path, weather, code
):
    project, tasks = a_round
    name = f"weather {project}"
    with Proxy(server.url, weather=weather) as proxy:
        directory = audit_directory(
            tmp_path / "a", look_again(tasks), url=proxy.url, projects=[project], name=name
        )
        got, _, err = push(directory, proxy.url, "--yes")
        assert got == code
        if code:
            assert len(err.strip().splitlines()) == 1
            assert "repeat the command: it completes" in err
            assert push(directory, proxy.url, "--yes")[0] == 0
    (made,) = queues(name)
    assert [t["data"]["text"] for t in tasks_of(api, made["id"])] == [f"text {i}" for i in range(5)]


def test_what_an_import_left_twice_goes_unless_it_is_labeled(
    server, push, api, a_round, queues, tmp_path
):
    project, tasks = a_round
    name = f"twice {project}"
    directory = audit_directory(
        tmp_path / "a", look_again(tasks[:3]), url=server.url, projects=[project], name=name
    )
    assert push(directory, server.url, "--yes")[0] == 0
    (made,) = queues(name)
    first = tasks_of(api, made["id"])
    again = [{"data": t["data"]} for t in (*first, first[0])]
    api("POST", f"projects/{made['id']}/import", json=again)
    api("POST", f"projects/{made['id']}/import", json=[{"data": {"text": "somebody's own"}}])
    late = tasks_of(api, made["id"])[4]
    vote(api, "ann1", late["id"])

    code, out, _ = push(directory, server.url, "--yes")

    assert code == 0
    assert "4 tasks left twice" in out
    left = [t["id"] for t in tasks_of(api, made["id"])]
    assert left[:3] == [first[0]["id"], first[2]["id"], late["id"]]
    assert len(left) == 4


def test_hostile_names_stay_text(server, push, api, a_round, queues, tmp_path, people):
    project, tasks = a_round
    name = f'<b>"$text"</b> \x1b[31m\nlabelq-queue: 1 {"0" * 12} second-look\n' + "ñ" * 300
    directory = audit_directory(
        tmp_path / "a",
        look_again(tasks[:1]),
        url=server.url,
        projects=[project],
        name=name,
        draft="# <img src=x onerror=alert(1)> [x](javascript:alert(1))\n",
    )
    code, out, _ = push(directory, server.url, "--yes")
    assert code == 0
    assert "\x1b" not in out
    made = max(api("GET", "projects/?page_size=1000")["results"], key=lambda p: p["id"])
    assert len(made["title"]) == 50
    assert made["title"].isprintable()
    assert "<img" not in made["expert_instruction"]
    assert "href" not in made["expert_instruction"]
    assert "<b>" not in made["label_config"]
    assert tasks_of(api, made["id"])[0]["data"]["labelq_round"] == name
    assert "Nothing to do" in push(directory, server.url, "--yes")[1]

    from labelq.label_studio.connection import address, connect

    with connect(address(server.url, people["admin"].token)) as connection:
        assert queue_projects(connection, [project]) == [made["id"]]
        assert made["id"] not in queue_projects(connection, [project + 1000])


def test_votes_are_shown_to_those_who_ask_and_without_names(
    server, push, api, a_round, queues, tmp_path
):
    project, tasks = a_round
    name = f"shown {project}"
    directory = audit_directory(
        tmp_path / "a", look_again(tasks[:1]), url=server.url, projects=[project], name=name
    )
    assert push(directory, server.url, "--yes", "--show-votes", "--votes", "4")[0] == 0
    (made,) = queues(name)
    (one,) = tasks_of(api, made["id"])
    assert one["data"]["labelq_votes"] == {"sentiment: Positive": 2}
    assert "@" not in str(one["data"])
    assert made["label_config"].count("<Collapse><Panel") == 1
    assert made["maximum_annotations"] == 4

    more = audit_directory(
        tmp_path / "b", look_again(tasks[:2]), url=server.url, projects=[project], name=name
    )
    code, _, err = push(more, server.url, "--yes")
    assert code == 2
    assert "push with --show-votes" in err


def test_media_that_the_new_project_cannot_see_are_named(server, push, api, queues, tmp_path):
    config = tmp_path / "config.xml"
    config.write_text(
        '<View><Image name="image" value="$image"/><Choices name="c" toName="image">'
        '<Choice value="a"/><Choice value="b"/></Choices></View>'
    )
    name = f"media {uuid.uuid4().hex[:8]}"
    entries = [
        {"unit": "1", "data": {"image": "s3://photos/1.jpg"}},
        {"unit": "2", "data": {"image": "https://elsewhere.example.com/2.jpg"}},
    ]
    directory = audit_directory(tmp_path / "a", entries, name=name)

    code, _, err = push(directory, server.url, "--yes")
    assert code == 2
    assert "--label-config FILE" in err
    code, _, err = push(directory, server.url, "--yes", "--label-config", str(config))
    assert code == 2
    assert "s3://photos" in err
    assert "Amazon S3" in err
    (made,) = queues(name)
    assert tasks_of(api, made["id"]) == []

    local = [{"unit": "3", "data": {"image": "/data/upload/1/none.jpg"}}]
    code, _, err = push(
        audit_directory(tmp_path / "b", local, name=name),
        server.url,
        "--yes",
        "--label-config",
        str(config),
    )
    assert code == 2
    assert "/data/upload" in err


def test_the_queue_of_a_file_fits_the_config_it_is_given(server, push, api, queues, tmp_path):
    config = tmp_path / "config.xml"
    config.write_text(CONFIG.replace("$text", "$body"), "utf-8")
    name = f"file {uuid.uuid4().hex[:8]}"
    entries = [
        {"unit": "a", "data": {"text": "one"}},
        {"unit": "b", "data": {"text": "two"}, "wants": "second_look"},
    ]
    directory = audit_directory(tmp_path / "a", entries, name=name)

    code, out, _ = push(directory, server.url, "--yes", "--label-config", str(config))

    assert code == 0, out
    titles = {p["title"]: p for p in queues(name)}
    assert {title.partition(":")[0] for title in titles} == {"Another opinion", "Second look"}
    texts = [t["data"]["body"] for p in titles.values() for t in tasks_of(api, p["id"])]
    assert sorted(texts) == ["one", "two"]


def test_a_restart_and_a_revoked_key_during_a_push(push, people, tmp_path, monkeypatch):
    """A server of its own: it goes down after the second import, and the key after the first."""
    import httpx

    with Server() as server:

        def api(method, path, **kwargs):
            headers = {"Authorization": f"Token {people['ann1'].token}"}
            url = f"{server.url}/api/{path}"
            answer = httpx.request(method, url, headers=headers, trust_env=False, **kwargs)
            answer.raise_for_status()
            return answer.json()

        config = tmp_path / "config.xml"
        config.write_text(CONFIG, "utf-8")
        entries = [{"unit": str(i), "data": {"text": f"text {i}"}} for i in range(6)]
        down = threading.Event()

        def stop():
            down.set()
            server.stop(keep=True)

        weather = either(
            times(1, then(stop), "POST", path="/import", after=1),
            times(1, status(401, detail="Invalid token."), "POST", path="/import", after=2),
        )
        with Proxy(server.url, weather=weather) as proxy:
            directory = audit_directory(tmp_path / "a", entries, name="restart")
            arguments = (directory, proxy.url, "--yes", "--label-config", str(config))
            code, _, err = push(*arguments)
            assert down.is_set()
            assert code == 2
            assert len(err.strip().splitlines()) == 1
            server.start()
            code, _, err = push(*arguments)
            assert code == 2
            assert "no longer" in err
            assert push(*arguments)[0] == 0
        (made,) = api("GET", "projects/")["results"]
        texts = [t["data"]["text"] for t in tasks_of(api, made["id"])]
        assert texts == [f"text {i}" for i in range(6)]


def test_the_queue_of_several_projects_as_one_round(
    server, push, api, new_project, people, queues, tmp_path
):
    votes = labeled(people, 3)
    one = new_project(votes, maximum_annotations=2)
    two = new_project(votes, maximum_annotations=2)
    name = f"joined {one}"
    tasks = tasks_of(api, one)
    content = [Joining(Submissions(), CONTENT).unit_id(None, t["data"]) for t in tasks]
    for join, units in ((None, content), ("place", [0, 1, 2])):
        entries = [
            {"unit": unit, "data": t["data"], "wants": "second_look"}
            for unit, t in zip(units, tasks, strict=True)
        ]
        directory = audit_directory(
            tmp_path / str(join),
            entries,
            url=server.url,
            projects=[one, two],
            name=f"{name} {join}",
            join=join,
        )
        code, _, err = push(directory, server.url, "--yes")
        assert code == 0, err
        (made,) = queues(f"{name} {join}")
        now = tasks_of(api, made["id"])
        assert [t["data"]["text"] for t in now] == ["text 0", "text 1", "text 2"]
        assert f"labelq-queue: {one},{two} " in made["description"]
        assert "Nothing to do" in push(directory, server.url, "--yes")[1]
