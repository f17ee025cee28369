"""A pull from a server whose answers are well-formed and wrong: refused, or said, in a line."""

from __future__ import annotations

import json

import pytest

from tests.live.proxy import Proxy, always, changed
from tests.live.pulling import TASKS, in_a_folder, left, runner, split_round

pytestmark = pytest.mark.live

PROJECTS, USERS, TABS = "/api/projects/", "/api/users/", "/api/dm/views/"
DEEP = b"[" * 200_000 + b"]" * 200_000


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, people):
    return in_a_folder(tmp_path, monkeypatch, people)


@pytest.fixture
def labelq(server, capsys, monkeypatch):
    return runner(server, capsys, monkeypatch)


@pytest.fixture
def a_round(people):
    return split_round(people)


def answering(path, edit):
    """Weather: every answer under ``path`` as ``edit`` leaves it (or with what it returns)."""

    def change(body):
        document = json.loads(body)
        made = edit(document)
        return json.dumps(document if made is None else made).encode()

    return always(changed(change), "GET", path=path)


def at(*place, value):
    """An edit: ``value`` at a place."""

    def edit(document):
        inner = document
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value

    return edit


FIRST = ("tasks", 0, "annotations", 0)


WRONG = (
    (PROJECTS, lambda _: [], "(expected object, got array)"),
    (PROJECTS, at("title", value=["x"]), "(title: expected str | null, got array)"),
    (PROJECTS, at("task_number", value="x"), "(task_number: expected int | null, got str)"),
    (USERS, lambda _: {"results": []}, "(expected array, got object)"),
    (USERS, at(0, "email", value=5), "([0].email: expected str | null, got int)"),
    (TABS, lambda _: {"results": []}, "(expected array, got object)"),
    (TABS, lambda _: [{"id": "x"}], "([0].id: expected int, got str)"),
    (TASKS, at("tasks", value="x"), "(tasks: expected array, got str)"),
    (TASKS, at("total", value=None), "(total: expected int, got null)"),
    (TASKS, at("total", value=1e308), "(total: expected int, got float)"),
    (TASKS, at("tasks", 0, value=None), "(tasks[0]: expected object, got null)"),
    (TASKS, at("tasks", 0, "annotations", value=None), "annotations: expected array, got null)"),
    (TASKS, at(*FIRST, "id", value={}), "annotations[0].id: expected int, got object)"),
    (TASKS, at(*FIRST, "completed_by", value="zzz"), "completed_by: expected int | object"),
    (TASKS, at(*FIRST, "created_username", value=1), "created_username: expected str | null"),
    (TASKS, at("total", value=-1), "tasks were added or deleted"),
)
DEEP_BODIES = (
    (PROJECTS, b'{"id": 1, "x": %s}'),
    (USERS, b'[{"id": 1, "x": %s}]'),
    (TABS, b'[{"id": 1, "data": {"x": %s}}]'),
    (TASKS, b'{"total": 1, "tasks": [{"id": 1, "data": %s, "annotations": []}]}'),
)


def test_wrong_types_and_absurd_depth_are_refused_in_a_line(
    labelq, server, new_project, a_round, here
):
    project = new_project(a_round)
    cases = [(path, answering(path, edit), said) for path, edit, said in WRONG]
    for path, body in DEEP_BODIES:
        deep = changed(lambda _, body=body: body % DEEP)
        cases.append((path, always(deep, "GET", path=path), "is not the JSON asked for"))
    with Proxy(server.url) as proxy:
        for path, weather, said in cases:
            proxy.weather = weather
            tab = ("--view", "1") if path == TABS else ()
            code, line, _ = labelq("pull", "--project", project, "--url", proxy.url, *tab)
            assert (code, len(line.splitlines())) == (2, 1)
            assert said in line
            assert len(line) < 300
            assert left(here) == []


def without_first(document):
    if document["tasks"] and "annotations" in document["tasks"][0]:
        document["tasks"][0]["annotations"] = []


def none_counted(document):
    document["total_annotations"] = None


def counted_as_sent(document):
    without_first(document)
    document["total_annotations"] -= 9


@pytest.mark.parametrize(
    ("edit", "note", "attempts"),
    [
        (without_first, "51 submitted annotations were pulled, the server counts 60.", 2),
        # The server's page says what came; the project's own counters do not.
        (counted_as_sent, "51 annotations were pulled, the server counts 60.", 2),
        (none_counted, None, 1),
    ],
)
def test_fewer_annotations_than_the_server_counts(
    labelq, server, new_project, a_round, edit, note, attempts
):
    project = new_project(a_round)
    with Proxy(server.url, answering(TASKS, edit)) as proxy:
        code, _, out = labelq("pull", "--project", project, "--url", proxy.url)
        pages = [
            asked
            for asked in proxy.requests
            if asked.path == TASKS and asked.query["page"] == "1" and "data" in str(asked.query)
        ]
    assert code == 0
    assert len(pages) == attempts
    first = out.splitlines()[0]
    expected = f"Project {project}: {note}" if note else "a round: 20 tasks, 60 annotations in "
    assert first.startswith(expected)


def test_what_no_audit_can_read_is_said(labelq, server, new_project, a_round, here):
    project = new_project(a_round)

    def spoil(document):
        for task in document["tasks"]:
            if task.get("annotations") and task["data"]["ticket"] in ("T3", "T4"):
                task["annotations"][1]["result"] = "zzz"
            if task.get("annotations") and task["data"]["ticket"] == "T6":
                task["data"] = None

    with Proxy(server.url, answering(TASKS, spoil)) as proxy:
        code, _, out = labelq("pull", "--project", project, "--url", proxy.url)
    tasks = json.loads((here / f"project_{project}.json").read_text())
    ids = [task["id"] for task in tasks]
    assert code == 0
    notes = out.splitlines()
    assert notes[0] == f"Project {project}: 1 task ({ids[6]}) without data."
    assert notes[1] == (
        f"Project {project}: 2 tasks ({ids[3]}, {ids[4]}) with a result that is no list of answers;"
        " --skip-bad-records leaves them out."
    )
    code, line, _ = labelq("audit", f"project_{project}.json")
    assert code == 2
    assert f"task {ids[3]}: field annotations[1].result" in line


def test_a_key_in_a_title_or_instructions_goes_no_further(
    labelq, api, new_project, people, a_round, here, monkeypatch
):
    key = people["admin"].token
    project = new_project(a_round, title=f"T {key}", expert_instruction=f"<p>use {key}</p>")
    monkeypatch.setenv("LABELQ_HEADERS", "X-Env: praise")  # a word of any text
    for command in (
        ("pull", "--project", project),
        ("audit", "--project", project, "--resamples", "100", "--out", "audit"),
    ):
        code, line, out = labelq(*command)
        assert (code, key in line + out) == (0, False)
    files = [path for path in here.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if key in path.read_text(errors="replace")]
    assert (here / f"project_{project}.guideline.md").read_text() == "use [hidden]\n"
