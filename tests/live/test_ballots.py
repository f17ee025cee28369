"""Blind votes on a real server: what people get, what comes back, and what stays untouched."""

from __future__ import annotations

import pytest

from labelq.cli import main
from labelq.cli.ballots import fetch_ballots
from labelq.label_studio.connection import address, connect
from labelq.label_studio.queues import new_project as filling
from labelq.label_studio.queues.marks import queue_projects
from labelq.reading import read_audit
from labelq.remedy.agenda import meeting_agenda
from labelq.remedy.ballots import CANNOT_TELL, Ballot, ballot_papers
from tests.live.balloting import meeting_directory
from tests.live.conftest import LABELS
from tests.live.newcomers import newcomer
from tests.live.proxy import Proxy, dropped, first, lost, status, times
from tests.live.queueing import dump, labeled, served, tasks_of

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def here(monkeypatch, as_admin):
    monkeypatch.setattr(filling, "_CHUNK", 2)


@pytest.fixture
def ballots(capsys):
    """``ballots(directory, url, "--push", "--yes")``: exit code, stdout, stderr."""

    def run(directory, url, *more):
        with pytest.raises(SystemExit) as ended:
            main(["review", "ballots", str(directory), "--url", url, *map(str, more)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture
def a_round(new_project, people, api):
    """Five tasks labeled by ann1 and ann2, in a project of their own."""
    project = new_project(labeled(people, 5), maximum_annotations=2, title="round")
    return project, tasks_of(api, project)


@pytest.fixture
def made(api):
    """The ballot projects of the round whose name ends so."""

    def find(name):
        found = api("GET", "projects/?page_size=1000")["results"]
        return [p for p in found if p["title"] == f"Ballots: {name}"]

    return find


def meeting(path, server, project, tasks, clusters=None, **more):
    return meeting_directory(
        path,
        tasks,
        clusters or {"sentiment-1": [3, 0], "sentiment-2": [2, 0]},
        url=server.url,
        projects=[project],
        name=f"meeting {project}",
        **more,
    )


def vote(api, who, task, choice, why=None):
    def result(name, kind, key, value):
        return {"from_name": name, "to_name": "text", "type": kind, "value": {key: [value]}}

    told = [result("labelq_vote", "choices", "choices", choice)] if choice else []
    told += [result("labelq_why", "textarea", "text", why)] if why else []
    body = {"result": told, "was_cancelled": choice is None}
    return api("POST", f"tasks/{task}/annotations/", json=body, who=who)


def test_everybody_answers_every_example_and_sees_no_earlier_answer(
    server, ballots, api, a_round, made, tmp_path
):
    project, tasks = a_round
    before = dump(api, project)
    name = f"meeting {project}"
    directory = meeting(tmp_path / "a", server, project, tasks)
    with Proxy(server.url) as proxy:
        told = meeting(tmp_path / "b", proxy, project, tasks)
        code, out, _ = ballots(told, proxy.url, "--push", "--dry-run")
        assert code == 0
        assert "3 to add; of 2 agenda items" in out
        assert not proxy.count("POST")
    assert "No ballots are there" in ballots(directory, server.url)[1]

    code, out, err = ballots(directory, server.url, "--push", "--yes")
    assert code == 0, err
    (its,) = made(name)
    assert f"{server.url}/projects/{its['id']}/data" in out
    now = tasks_of(api, its["id"])
    # an example of two clusters is asked once, and keeps the first one's place
    assert [t["data"]["text"] for t in now] == ["text 3", "text 0", "text 2"]
    for one in now:
        data = one["data"]
        assert set(data) == {
            *("text", "place", "labelq_ballot", "labelq_round", "labelq_asks", "labelq_options")
        }
        assert [o["value"] for o in data["labelq_options"]] == [*LABELS, CANNOT_TELL]
        assert not one["annotations"]
        assert not one["predictions"]
        assert one["overlap"] == 100
    assert "be <em>fair</em>" in its["expert_instruction"]
    assert "what the rule will be" not in its["expert_instruction"]
    assert its["show_instruction"]
    assert not its["show_collab_predictions"]
    assert "Positive" not in its["label_config"]
    (tab,) = (one["data"] for one in api("GET", f"dm/views/?project={its['id']}"))
    assert tab["title"] == "Ballots"
    assert {"tasks:annotations_results", "tasks:data.labelq_ballot"} <= set(
        tab["hiddenColumns"]["explore"]
    )

    for who in ("ann1", "ann3"):  # the first labeled them in the round
        answered = []
        while (task := served(api, who, its["id"])) is not None:
            assert vote(api, who, task, "Neutral")["id"]
            answered.append(task)
        assert sorted(answered) == [t["id"] for t in now]
    assert "Nothing to do: 3 of 3" in ballots(directory, server.url, "--push", "--yes")[1]
    assert len(tasks_of(api, its["id"])) == 3
    assert dump(api, project) == before


def test_the_last_answer_of_each_person_comes_back(
    server, ballots, api, a_round, made, tmp_path, monkeypatch, capsys
):
    project, tasks = a_round
    directory = meeting(tmp_path / "a", server, project, tasks)
    assert ballots(directory, server.url, "--push", "--yes")[0] == 0
    (its,) = made(f"meeting {project}")
    three, zero, two = (t["id"] for t in tasks_of(api, its["id"]))
    vote(api, "ann1", three, "Positive", "it says\n so")
    vote(api, "ann1", three, "Negative", "on second thoughts")
    vote(api, "ann1", three, None)  # a skip takes nothing back
    vote(api, "ann2", three, CANNOT_TELL)
    vote(api, "ann2", zero, "Neutral")
    vote(api, "ann2", two, None)
    vote(api, "ann3", two, "Refund")  # only the API can
    by_hand = api(
        "POST", f"projects/{its['id']}/import", json=[{"text": "mine", "labelq_options": []}]
    )
    assert by_hand["task_count"] == 1

    earlier = read_audit(directory)
    items = meeting_agenda(earlier.clusters, earlier.agendas)
    papers = ballot_papers(items, earlier.round)
    options = {"url": server.url, "api_key": None, "ca_bundle": None}
    found = fetch_ballots(directory, papers, earlier, options | {"config": None, "project": None})
    assert found is not None
    a, b = str(tasks[3]["id"]), str(tasks[0]["id"])
    assert list(found.ballots) == [
        Ballot("sentiment-1", a, "ann1@example.com", "Negative", "on second thoughts"),
        Ballot("sentiment-1", a, "ann2@example.com", None),
        Ballot("sentiment-1", b, "ann2@example.com", "Neutral"),
        Ballot("sentiment-2", b, "ann2@example.com", "Neutral"),
    ]
    assert found.unknown == {"Refund": 1}
    code, out, _ = ballots(directory, server.url)
    assert code == 0
    assert "ann2@example.com 2 of 3, ann1@example.com 1 of 3" in out
    assert "skipped     ann2@example.com 1" in out
    assert "“Refund” is no answer" in out

    # no queue, no round: neither an audit nor a push takes them for labels
    with connect(address(server.url, api_key())) as connection:
        assert queue_projects(connection, [project]) == []
    with pytest.raises(SystemExit) as ended:
        main(["audit", "--project", str(its["id"]), "--url", server.url, "--out", "x"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "no labels of a round" in said
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "x").exists()

    code, out, _ = ballots(directory, server.url, "--withdraw", "--yes")
    assert code == 0
    assert "Nothing to do" in out  # every one was answered, skipped, or is not ours
    larger = meeting(
        tmp_path / "b", server, project, tasks, {"sentiment-1": [3, 0, 2], "sentiment-2": [1]}
    )
    assert "1 to add, 3 already there" in ballots(larger, server.url, "--push", "--yes")[1]
    code, out, _ = ballots(larger, server.url, "--withdraw", "--yes")
    assert "1 task that nobody has begun" in out
    assert len(tasks_of(api, its["id"])) == 4


def api_key():
    import os

    return os.environ["LABEL_STUDIO_API_KEY"]


def test_ballots_that_nobody_answered_go_with_their_project(
    server, ballots, a_round, made, tmp_path
):
    project, tasks = a_round
    directory = meeting(tmp_path / "a", server, project, tasks)
    assert ballots(directory, server.url, "--push", "--yes")[0] == 0
    assert len(made(f"meeting {project}")) == 1
    code, out, _ = ballots(directory, server.url, "--withdraw", "--dry-run")
    assert (code, len(made(f"meeting {project}"))) == (0, 1)
    code, out, _ = ballots(directory, server.url, "--withdraw", "--yes")
    assert code == 0
    assert "Withdrawn." in out
    assert made(f"meeting {project}") == []
    assert "No ballots are there" in ballots(directory, server.url, "--withdraw", "--yes")[1]


@pytest.mark.parametrize(
    ("weather", "code"),
    [
        (times(1, lost(), "POST", path="/import", after=1), 0),  # it was done
        (times(1, dropped(), "POST", path="/import", after=1), 2),
        (times(1, lost(), "POST", path="/api/projects/"), 0),
        (times(1, status(502), "POST", path="/api/projects/"), 2),
    ],
    ids=["import lost", "import dropped", "project lost", "project 502"],
)
def test_bad_weather_doubles_and_loses_nothing(
    server, ballots, api, a_round, made, tmp_path, weather, code
):
    project, tasks = a_round
    with Proxy(server.url, weather=weather) as proxy:
        directory = meeting(tmp_path / "a", proxy, project, tasks)
        told, _, err = ballots(directory, proxy.url, "--push", "--yes")
        assert told == code, err
        if code:
            assert len(err.strip().splitlines()) == 1
            assert ballots(directory, proxy.url, "--push", "--yes")[0] == 0
    (its,) = made(f"meeting {project}")
    texts = [t["data"]["text"] for t in tasks_of(api, its["id"])]
    assert texts == ["text 3", "text 0", "text 2"]


def test_two_pushes_at_once_make_one_project(server, ballots, api, a_round, made, tmp_path):
    project, tasks = a_round
    directory = meeting(tmp_path / "a", server, project, tasks)

    def second():
        from labelq.cli import labelq

        told = ["review", "ballots", str(directory), "--url", server.url, "--push", "--yes"]
        assert labelq.main(args=told, standalone_mode=False) == 0

    weather = times(1, first(second), "POST", path="/api/projects/")
    with Proxy(server.url, weather=weather) as proxy:
        slower = meeting(tmp_path / "b", proxy, project, tasks)
        code, _, err = ballots(slower, proxy.url, "--push", "--yes")
    assert code == 2
    assert "somebody else is pushing" in err
    (its,) = made(f"meeting {project}")
    assert len(tasks_of(api, its["id"])) == 3


def test_a_task_that_changed_or_went_is_left_out_and_named(
    server, ballots, api, a_round, made, tmp_path
):
    project, tasks = a_round
    directory = meeting(tmp_path / "a", server, project, tasks)
    changed, gone = tasks[3]["id"], tasks[2]["id"]
    api("PATCH", f"tasks/{changed}/", json={"data": {"text": "another", "place": 3}})
    api("DELETE", f"tasks/{gone}/")
    code, out, _ = ballots(directory, server.url, "--push", "--yes")
    assert code == 0
    assert f"1 task, changed since the audit: {changed}" in out
    assert f"1 task, not in the project any more: {gone}" in out
    (its,) = made(f"meeting {project}")
    assert [t["data"]["text"] for t in tasks_of(api, its["id"])] == ["text 0"]


def test_ballots_of_a_file_under_a_config_of_its_own(server, ballots, api, made, tmp_path, people):
    config = tmp_path / "config.xml"
    config.write_text(
        '<View><Text name="body" value="$body"/><Choices name="c" toName="body">'
        '<Choice value="Positive"/><Choice value="Negative"/></Choices></View>'
    )
    name = f"file {tmp_path.name}"
    tasks = [{"id": i, "data": {"text": f"text {i}"}} for i in (1, 2)]
    directory = meeting_directory(tmp_path / "a", tasks, {"x": [0, 1]}, name=name)
    code, _, err = ballots(directory, server.url, "--push", "--yes")
    assert (code, "--label-config FILE" in err) == (2, True)
    told = ("--push", "--yes", "--label-config", config)
    assert ballots(directory, server.url, *told)[0] == 0
    (its,) = made(name)
    assert [t["data"]["body"] for t in tasks_of(api, its["id"])] == ["text 1", "text 2"]
    assert "there       2 of 2 examples" in ballots(directory, server.url)[1]


def test_a_key_that_was_taken_back_is_one_line_without_the_key(
    server, ballots, a_round, tmp_path, monkeypatch
):
    project, tasks = a_round
    somebody = newcomer(server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", somebody.token)
    directory = meeting(tmp_path / "a", server, project, tasks)
    assert ballots(directory, server.url)[0] == 0
    somebody.revoke()
    code, out, err = ballots(directory, server.url)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert somebody.token not in out + err


def test_hostile_labels_and_texts_come_back_as_they_are(
    server, ballots, api, new_project, made, tmp_path
):
    labels = ("<img src=x onerror=alert(1)>", "$text", CANNOT_TELL, "a, b \u202e")
    config = (
        '<View><Text name="text" value="$text"/><Choices name="sentiment" toName="text">'
        '<Choice value="x"/><Choice value="y"/></Choices></View>'
    )
    project = new_project(
        [{"data": {"text": "{{ 7 * 7 }} <script>alert(1)</script>", "place": 1}}],
        label_config=config,
    )
    tasks = tasks_of(api, project)
    directory = meeting(tmp_path / "a", server, project, tasks, {"x": [0]}, labels=labels)
    assert ballots(directory, server.url, "--push", "--yes")[0] == 0
    (its,) = made(f"meeting {project}")
    (one,) = tasks_of(api, its["id"])
    offered = [option["value"] for option in one["data"]["labelq_options"]]
    assert offered == [*labels, f"{CANNOT_TELL}."]
    for who, choice in zip(
        ("ann1", "ann2", "ann3"), (labels[0], labels[2], offered[-1]), strict=True
    ):
        vote(api, who, one["id"], choice, "\x1b[31m<b>")
    earlier = read_audit(directory)
    papers = ballot_papers(meeting_agenda(earlier.clusters, earlier.agendas), earlier.round)
    options = {"url": server.url, "api_key": None, "ca_bundle": None}
    found = fetch_ballots(directory, papers, earlier, options | {"config": None, "project": None})
    assert found is not None
    assert [b.label for b in found.ballots] == [labels[0], labels[2], None]
    assert "\x1b" not in ballots(directory, server.url)[1]
