"""A pull in bad weather: the same file, or none and one clear line; repeated, it completes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.live.conftest import choice, task
from tests.live.newcomers import newcomer
from tests.live.proxy import (
    Proxy,
    cut,
    dropped,
    either,
    fewer_tasks,
    first,
    older_server,
    page,
    stall,
    status,
    then,
    times,
    truncated,
)
from tests.live.pulling import TASKS, in_a_folder, left, runner, split_round

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, people):
    return in_a_folder(tmp_path, monkeypatch, people)


@pytest.fixture
def labelq(server, capsys, monkeypatch):
    return runner(server, capsys, monkeypatch)


@pytest.fixture
def a_round(people):
    return split_round(people)


@pytest.mark.parametrize(
    "weather",
    [
        times(2, status(429, retry_after=0), path=TASKS),
        times(3, status(500), path=TASKS, after=1),
        times(2, status(502), path="/api/users/"),
        times(1, cut(200), path=TASKS, after=1),
        times(1, truncated(), path=TASKS, after=2),
        times(1, dropped(), path=TASKS, after=1),
        times(1, fewer_tasks(2), path=TASKS),
        times(2, fewer_tasks(1), path=TASKS, after=2),
        older_server,
    ],
    ids=["429", "500", "502", "cut", "truncated", "dropped", "fewer", "fewer at the end", "older"],
)
def test_a_pull_that_weathers_it_is_the_same(labelq, server, new_project, a_round, here, weather):
    project = new_project(a_round)
    assert labelq("pull", "--project", project, "--out", "fair.json")[0] == 0
    with Proxy(server.url, weather=weather) as proxy:
        code, said, _ = labelq(
            "pull", "--project", project, "--url", proxy.url, "--out", "bad.json"
        )
    assert (code, said) == (0, "")
    assert (here / "bad.json").read_bytes() == (here / "fair.json").read_bytes()


@pytest.mark.parametrize(
    ("weather", "said"),
    [
        (lambda _: times(99, status(500), path=TASKS, after=1), "HTTP 500"),
        (lambda _: times(99, status(429, retry_after=0), path=TASKS), "fewer requests"),
        (lambda _: times(99, cut(200), path=TASKS, after=2), "repeat the command"),
        (lambda _: times(99, fewer_tasks(1), path=TASKS), "tasks were added or deleted"),
        (lambda _: times(99, page(), path=TASKS, after=1), "sign-in proxy"),
        (lambda _: times(99, stall(3), path=TASKS, after=1), "did not answer in time"),
        (lambda gone: times(1, first(gone), path=TASKS, after=1), "no such project"),
    ],
    ids=["500", "429", "cut", "fewer", "sign-in", "stall", "project deleted"],
)
def test_a_pull_that_fails_leaves_nothing_and_completes_when_repeated(
    labelq, server, api, new_project, a_round, here, monkeypatch, weather, said
):
    monkeypatch.setenv("LABELQ_TIMEOUT", "1.5")
    project, kept = new_project(a_round), new_project(a_round)
    with Proxy(server.url, weather=weather(lambda: api("DELETE", f"projects/{project}/"))) as proxy:
        for command in ("pull", "audit"):
            code, line, _ = labelq(command, "--project", project, "--url", proxy.url)
            assert code == 2
            assert len(line.splitlines()) == 1
            if command == "pull":
                assert said in line
        assert left(here) == []
    again = kept if said == "no such project" else project
    assert labelq("pull", "--project", again)[0] == 0
    assert len(json.loads((here / f"project_{again}.json").read_text())) == 20


def test_a_key_that_is_taken_back_in_the_middle(
    labelq, server, new_project, a_round, here, monkeypatch
):
    somebody = newcomer(server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", somebody.token)
    project = new_project(a_round)
    with Proxy(server.url, weather=times(1, first(somebody.revoke), path=TASKS, after=1)) as proxy:
        code, said, _ = labelq("pull", "--project", project, "--url", proxy.url)
    assert code == 2
    assert "the key is no longer valid" in said
    assert somebody.token not in said
    assert left(here) == []


def test_tasks_that_come_and_go_during_the_pull(labelq, server, api, new_project, a_round, here):
    project = new_project(a_round)
    gone = api("GET", f"tasks/?project={project}")["tasks"][0]["id"]
    more = [task("late", {})]
    weather = either(
        times(1, then(lambda: api("DELETE", f"tasks/{gone}/")), path=TASKS),
        times(1, then(lambda: api("POST", f"projects/{project}/import", json=more)), path=TASKS),
    )
    with Proxy(server.url, weather=weather) as proxy:
        assert labelq("pull", "--project", project, "--url", proxy.url)[0] == 0
    pulled = [t["id"] for t in json.loads((here / f"project_{project}.json").read_text())]
    now = api("GET", f"tasks/?project={project}&page_size=50")["tasks"]
    assert pulled == [t["id"] for t in now]


@pytest.mark.parametrize(("after", "in_a_tab"), [(1, False), (2, False), (3, False), (2, True)])
def test_a_task_deleted_while_another_is_added(
    labelq, server, api, new_project, a_round, here, after, in_a_tab
):
    """The total stays; every later task moves up, and one of them over the edge of a page."""
    project = new_project(a_round)
    gone = api("GET", f"tasks/?project={project}&page_size=50")["tasks"][3]["id"]
    tab = ()
    if in_a_tab:
        data = {"title": "all", "ordering": ["tasks:id"]}
        tab = ("--view", api("POST", "dm/views/", json={"project": project, "data": data})["id"])

    def swap():
        api("POST", f"projects/{project}/import", json=[task("late", {})])
        api("DELETE", f"tasks/{gone}/")

    weather = times(1, first(swap), path=TASKS, after=after)
    with Proxy(server.url, weather=weather) as proxy:
        assert labelq("pull", "--project", project, *tab, "--url", proxy.url)[0] == 0
    pulled = [t["id"] for t in json.loads((here / f"project_{project}.json").read_text())]
    now = api("GET", f"tasks/?project={project}&page_size=50")["tasks"]
    assert pulled == [t["id"] for t in now]
    assert gone not in pulled


def test_labels_that_come_during_the_pull_are_in_it(
    labelq, server, api, new_project, a_round, here
):
    project = new_project(a_round)
    early = api("GET", f"tasks/?project={project}&page_size=50")["tasks"][0]["id"]

    def vote():
        api("POST", f"tasks/{early}/annotations/", json={"result": choice("Neutral")}, who="ann4")

    with Proxy(server.url, weather=times(1, first(vote), path=TASKS, after=2)) as proxy:
        code, _, out = labelq("pull", "--project", project, "--url", proxy.url)
    assert code == 0
    assert out.startswith(f"a round: 20 tasks, 61 annotations in project_{project}.json\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_pull_leaves_nothing(server, new_project, a_round, here, number):
    project = new_project(a_round)
    with Proxy(server.url, weather=times(1, stall(30), path=TASKS)) as proxy:
        temporary = here / "tmp"
        temporary.mkdir()
        child = subprocess.Popen(
            [sys.executable, "-m", "labelq", "audit", "--project", str(project)],
            env=os.environ | {"LABEL_STUDIO_URL": proxy.url, "TMPDIR": str(temporary)},
            stderr=subprocess.PIPE,
            text=True,
        )
        while not proxy.count("GET", TASKS):
            time.sleep(0.02)
        time.sleep(0.1)
        child.send_signal(number)
        _, said = child.communicate(timeout=60)
    assert child.returncode == (130 if number == signal.SIGINT else 143)
    assert said.strip() == "labelq: interrupted; nothing is left half-written: repeat the command"
    assert left(here) == ["tmp"]
    assert left(temporary) == []
