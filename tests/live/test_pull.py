"""A project on a real server becomes the same round as its export by hand."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from labelq.label_studio import pull as pulling
from labelq.label_studio.sources import label_config_beside
from labelq.reading import read
from tests.live.conftest import CONFIG, LABELS, choice, task
from tests.live.proxy import Proxy
from tests.live.pulling import TASKS, in_a_folder, left, runner, split_round, votes

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


def exported(api, project, *, people_written_out):
    """An export made by hand: the JSON of the project's page, or a snapshot with people."""
    if not people_written_out:
        return api("GET", f"projects/{project}/export?exportType=JSON&download_all_tasks=true")
    options = {
        "annotations__completed_by": {"only_id": False},
        "predictions": {"only_id": False},
        "drafts": {"only_id": False},
    }
    made = api("POST", f"projects/{project}/exports/", json={"serialization_options": options})
    while api("GET", f"projects/{project}/exports/{made['id']}")["status"] != "completed":
        time.sleep(0.05)
    return api("GET", f"projects/{project}/exports/{made['id']}/download?exportType=JSON")


def test_a_snapshot_made_by_hand_gives_the_same_audit(
    labelq, api, new_project, people, a_round, here
):
    a_round[0]["annotations"][1]["ground_truth"] = True
    a_round[1]["annotations"][2] |= {"was_cancelled": True, "result": []}
    a_round[2]["annotations"].append(a_round[2]["annotations"][0] | {"result": choice("Neutral")})
    a_round[3]["predictions"] = [
        {"model_version": "m1", "score": 0.5, "result": choice("Neutral")},
    ]
    a_round[4]["annotations"] = []
    project = new_project(a_round)
    first_task = api("GET", f"tasks/?project={project}&fields=all")["tasks"][5]
    edited = first_task["annotations"][0]["id"]
    drawn = [choice("Neutral")[0] | {"id": "region1", "origin": "prediction"}]
    api("PATCH", f"annotations/{edited}/", json={"result": drawn}, who="ann3")
    (here / "label_config.xml").write_text(CONFIG)
    for kind in (True, False):
        made = exported(api, project, people_written_out=kind)
        (here / f"by_hand_{kind}.json").write_text(json.dumps(made))
    options = ["--round", "r", "--resamples", "200"]

    assert labelq("audit", "--project", project, "--out", "pulled", *options)[0] == 0
    for kind in (True, False):
        file, out = f"by_hand_{kind}.json", f"audit_{kind}"
        assert labelq("audit", file, "--out", out, *options)[0] == 0

    pulled = json.loads((here / "pulled/audit.json").read_text())
    snapshot = json.loads((here / "audit_True/audit.json").read_text())
    plain = json.loads((here / "audit_False/audit.json").read_text())
    for document in (pulled, snapshot, plain):
        document["intake"].pop("notes")  # one says that the config beside the file was used
    assert pulled == snapshot
    assert pulled["verdicts"] == plain["verdicts"]
    number = {p.email: str(p.id) for p in people.values()}  # a plain export names nobody
    for row in pulled["agreements"]:
        row["raters"] = row["raters"] and [number[rater] for rater in row["raters"]]
    assert pulled["agreements"] == plain["agreements"]
    asides = {aside["reason"]: aside["count"] for aside in pulled["intake"]["aside"]}
    assert asides == {"skipped": 1, "repeat": 1, "prediction": 1}
    assert (pulled["intake"]["n_edited"], pulled["intake"]["n_prelabeled"]) == (1, 1)
    assert [r["id"] for r in pulled["raters"]] == [f"ann{n}@example.com" for n in (1, 2, 3)]
    ratings = [(here / d / "ratings.csv").read_bytes() for d in ("pulled", "audit_True")]
    assert ratings[0] == ratings[1]
    assert labelq("pull", "--project", project)[0] == 0
    assert '"id":"region1"' in (here / f"project_{project}.json").read_text()
    manifest = json.loads((here / "pulled/manifest.json").read_text())
    told = manifest["server"] | {"url": "", "pulled_at": ""}
    title = api("GET", f"projects/{project}/")["title"]
    assert told == {
        "url": "",
        "projects": [{"id": project, "title": title}],
        "view": None,
        "queues": [],
        "pulled_at": "",
    }


def test_pull_writes_what_audit_reads(labelq, new_project, a_round, here):
    instructions = "<h2>Tone</h2><p>Praise is <b>Positive</b>.</p><script>alert(1)</script>"
    project = new_project(a_round, title="Angry / letters", expert_instruction=instructions)

    code, said, out = labelq("pull", "--project", project)

    stem = f"project_{project}"
    assert (code, said) == (0, "")
    assert left(here) == [f"{stem}.guideline.md", f"{stem}.json", f"{stem}.label_config.xml"]
    assert (here / f"{stem}.guideline.md").read_text() == "## Tone\n\nPraise is **Positive**.\n"
    assert (here / f"{stem}.label_config.xml").read_text() == CONFIG
    assert out.splitlines() == [
        f"Angry / letters: 20 tasks, 60 annotations in {stem}.json",
        f"Next: labelq audit {stem}.json --guideline {stem}.guideline.md",
    ]
    exported = json.loads((here / f"{stem}.json").read_text())
    assert [t["overlap"] for t in exported] == [3] * 20
    author = exported[0]["annotations"][0]["completed_by"]
    assert author["email"] == "ann1@example.com"
    round_ = read(here / f"{stem}.json")
    assert set(round_.units.fields) == {"ticket"}  # ours is none

    again = labelq("pull", "--project", project)
    assert again[:2] == (2, f"labelq: {stem}.json: is there already; --replace replaces it")
    assert labelq("pull", "--project", project, "--replace")[0] == 0


def test_each_snapshot_has_its_own_files_beside_it(labelq, new_project, a_round, here):
    other = CONFIG.replace("Neutral", "Mixed")
    one = new_project(a_round, title="One", expert_instruction="Old advice")
    two = new_project([task("a", {})] * 3, title="Two", label_config=other)
    assert labelq("pull", "--project", one, "--out", "s.1.json")[0] == 0
    assert labelq("pull", "--project", two, "--out", "s.2.json")[0] == 0
    beside = ["s.1.guideline.md", "s.1.label_config.xml", "s.2.label_config.xml"]
    assert left(here) == sorted(["s.1.json", "s.2.json", *beside])
    assert (here / "s.2.label_config.xml").read_text() == other
    assert label_config_beside(here / "s.2.json") == here / "s.2.label_config.xml"
    # Nothing of the earlier pull stays beside the one that replaces it.
    code, _, out = labelq("pull", "--project", two, "--out", "s.1.json", "--replace")
    assert (code, out.splitlines()[-1]) == (0, "Next: labelq audit s.1.json")
    assert (here / "s.1.label_config.xml").read_text() == other
    assert "s.1.guideline.md" not in left(here)


def test_the_title_names_the_audit_and_the_instructions_are_the_guideline(
    labelq, new_project, a_round, here
):
    project = new_project(a_round, title="A/b \x1b[2J../c", expert_instruction="Praise: Positive")
    assert labelq("audit", "--project", project, "--resamples", "100")[0] == 0
    (directory,) = (here / "audits").iterdir()
    assert directory.name == "A_b __2J.._c"
    assert "Praise: Positive" in (directory / "guideline_draft.md").read_text()
    report = (directory / "report.md").read_text()
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    again = f"labelq audit --project {project} --from {tomorrow} --against"
    assert again in report  # the next round of a project begins after this one
    code, said, _ = labelq("audit", "--project", project)
    assert code == 2
    assert "is there already; --replace replaces it" in said


def test_people_who_left_and_drafts(labelq, api, new_project, people, here):
    def user(name):
        told = {"username": name, "email": f"{name}-{uuid.uuid4().hex[:6]}@example.com"}
        made = api("POST", "users/", json=told | {"first_name": name, "last_name": "Doe"})
        return made["id"], made["email"]

    removed, also_removed, deleted = user("removed"), user("also"), user("deleted")
    ids = [removed[0], also_removed[0], deleted[0], people["ann1"].id]
    project = new_project([task(f"t{n}", dict.fromkeys(ids, LABELS[n])) for n in range(2)])
    for user_id, _ in (removed, also_removed):
        api("DELETE", f"organizations/1/memberships/{user_id}/")
    api("DELETE", f"users/{deleted[0]}/")
    tasks = api("GET", f"tasks/?project={project}")["tasks"]
    api("POST", f"tasks/{tasks[0]['id']}/drafts", json={"result": choice("Neutral")}, who="ann5")

    assert labelq("pull", "--project", project)[0] == 0
    round_ = read(here / f"project_{project}.json")
    assert {r.id: r.name for r in round_.raters} == {
        "ann1@example.com": "Ann 1",
        removed[1]: "removed Doe",
        also_removed[1]: "also Doe",
    }
    asides = {aside.reason: aside.count for aside in round_.intake.aside}
    assert asides == {"no_author": 2, "draft": 1}


def test_a_tab_of_the_project(labelq, api, new_project, a_round, here):
    project, other = new_project(a_round), new_project(a_round[:1])
    item = {"filter": "filter:tasks:data.ticket", "operator": "contains", "value": "T1"}
    filters = {"conjunction": "and", "items": [item | {"type": "String"}]}
    view, foreign = (
        api("POST", "dm/views/", json={"project": p, "data": {"title": "Ones", "filters": filters}})
        for p in (project, other)
    )
    assert labelq("pull", "--project", project, "--view", view["id"], "--out", "v.json")[0] == 0
    tickets = {t["data"]["ticket"] for t in json.loads((here / "v.json").read_text())}
    assert tickets == {"T1", *(f"T1{n}" for n in range(10))}
    code, said, _ = labelq("audit", "--project", project, "--view", view["id"])
    assert code == 0, said
    (directory,) = (here / "audits").iterdir()
    assert directory.name == f"a round tab {view['id']}"
    report = (directory / "report.md").read_text()
    assert f"Only the tasks of tab {view['id']}." in report
    assert "holds a queue" not in report
    named = f"{view['id']} (Ones)"
    code, said, _ = labelq("pull", "--project", project, "--view", foreign["id"])
    assert (code, said) == (
        2,
        f"labelq: --view {foreign['id']}: project {project} has no such tab; its tabs: {named}",
    )
    code, said, _ = labelq("audit", "--project", project, "--project", other, "--view", "1")
    assert (code, said) == (
        2,
        "labelq: --view is a tab of one project; give one --project with it",
    )


def test_what_cannot_be_audited_is_said_in_a_line(labelq, api, new_project, people, here):
    unconfigured = api("POST", "projects/", json={"title": "unconfigured"})["id"]
    empty = new_project([])
    unlabeled = new_project([{"data": {"text": "a"}}])
    alone = new_project([task("a", votes(people, "Positive"))], title="alone")
    for project, said in (
        (unconfigured, "has no labeling config yet"),
        (empty, f"project {empty} holds no task: there is nothing to pull"),
        (unlabeled, "holds no answer yet"),
        (alone, f"project {alone} (alone): no task has answers of two annotators"),
        (987654, "reading project 987654: "),
    ):
        code, line, _ = labelq("audit", "--project", project)
        assert code == 2
        assert said in line
        assert len(line.splitlines()) == 1
    assert labelq("audit", "x.json", "--project", "3")[:2] == (
        2,
        "labelq: --project is about a project on a server; give either SOURCE or --project",
    )
    assert labelq("pull", "--project", unlabeled)[0] == 0
    assert left(here) == [f"project_{unlabeled}.json", f"project_{unlabeled}.label_config.xml"]


def test_one_project_per_annotator(labelq, api, new_project, people, here):
    labels = ["Positive", "Negative", "Neutral"] * 4

    def project(who, order, spoilt=0):
        tasks = [
            task(
                f"text {n}" + ("!" if n < spoilt else ""),
                {people[who].id: labels[n] if n % 5 else "Neutral"},
                ticket=n,
            )
            for n in order
        ]
        return new_project(tasks, title=f"{who}'s")

    one, two = project("ann1", range(12)), project("ann2", reversed(range(12)), spoilt=2)
    base = ["audit", "--project", one, "--project", two, "--resamples", "100"]
    assert labelq(*base, "--out", "by_content")[0] == 0
    assert labelq(*base, "--join", "ticket", "--out", "by_field")[0] == 0
    found = {
        name: json.loads((here / name / "audit.json").read_text())
        for name in ("by_content", "by_field")
    }
    assert [q["agreements"] is not None for q in found.values()] == [True, True]
    paired = {
        name: next(
            a["n_units"] for a in document["agreements"] if a["metric"] == "krippendorff_alpha"
        )
        for name, document in found.items()
    }
    assert paired == {"by_content": 10, "by_field": 12}
    assert any(
        "by the field ticket that have other data elsewhere: 2;" in n
        for n in found["by_field"]["intake"]["notes"]
    )
    other = new_project(
        [task("x", {people["ann3"].id: "Positive"})],
        label_config=CONFIG.replace('name="sentiment"', 'name="mood"'),
    )
    code, said, _ = labelq("audit", "--project", one, "--project", other)
    assert code == 2
    assert "ask different questions" in said


def test_votes_of_a_queue_are_selected(labelq, api, new_project, people, a_round, here):
    project = new_project(a_round, title="the round")
    tasks = api("GET", f"tasks/?project={project}&fields=all")["tasks"]
    queued = [t for t in tasks if int(t["data"]["ticket"][1:]) % 3 == 0]
    # one in the same project, tagged now
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
    old_enough = queued[0]["annotations"][0]["created_at"][:19] + "Z" < soon
    if not old_enough:
        time.sleep(2)
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    tag = {"labelq_queue": "the round", "labelq_queued_at": soon}
    api("PATCH", f"tasks/{queued[0]['id']}/", json={"data": queued[0]["data"] | tag})
    vote = {"result": choice("Neutral"), "lead_time": 1}
    api("POST", f"tasks/{queued[0]['id']}/annotations/", json=vote, who="ann4")
    changed = queued[0]["annotations"][0]["id"]
    api("PATCH", f"annotations/{changed}/", json={"result": choice("Positive")}, who="ann1")
    # one in a project of the queue, found by the mark in its description
    from labelq.label_studio.queues.marks import Mark, digest

    keys = {"labelq_key": f"the round/{queued[1]['id']}", "labelq_round": "the round"}
    second = task("", votes(people, "Neutral", "Neutral"))
    second["data"] = queued[1]["data"] | keys
    stranger = task("elsewhere", votes(people, "Neutral"), **keys | {"labelq_key": "the round/0"})
    line = Mark((project,), digest("the round"), "second_look").line
    queue = new_project([second, stranger], title="Second look", description=line)

    assert labelq("audit", "--project", project, "--resamples", "100", "--out", "with")[0] == 0
    base = ["audit", "--project", project, "--resamples", "100", "--no-queues"]
    assert labelq(*base, "--out", "without")[0] == 0
    documents = [json.loads((here / d / "audit.json").read_text()) for d in ("with", "without")]
    assert documents[0]["agreements"] == documents[1]["agreements"]
    manifest = json.loads((here / "with/manifest.json").read_text())
    assert manifest["server"]["queues"] == [queue]
    notes = documents[0]["intake"]["notes"]
    assert any(n.startswith("1 annotation was changed after") for n in notes)
    again = (here / "with/ratings.csv").read_text()
    assert again.count("queue") == 3
    code, said, _ = labelq("audit", "--project", queue, "--no-queues")
    assert code == 2
    assert "holds only labels that a queue asked for" in said


def test_the_pages_are_asked_for_with_the_fields_that_are_needed(
    labelq, server, new_project, a_round
):
    project = new_project(a_round)
    with Proxy(server.url) as proxy:
        assert labelq("pull", "--project", project, "--url", proxy.url)[0] == 0
        asked = [request for request in proxy.requests if request.path == TASKS]
    # The pages, and then the last task of each: are they still those?
    assert [(request.query["page"], request.query["page_size"]) for request in asked] == [
        *((page, "8") for page in "123"),
        *((last, "1") for last in ("8", "16", "20")),
    ]
    fields = set(asked[0].query["include"].split(","))
    assert {"result", "completed_by", "data", "overlap"} <= fields
    assert "predictions" not in fields  # the project has none
    assert not any(request.method != "GET" for request in proxy.requests)


def test_heavy_pages_are_asked_for_in_halves(
    labelq, server, new_project, a_round, here, monkeypatch
):
    project = new_project(a_round)
    assert labelq("pull", "--project", project, "--out", "whole.json")[0] == 0
    monkeypatch.setattr(pulling, "_MOST_BYTES", 1)
    with Proxy(server.url) as proxy:
        arguments = ("--project", project, "--url", proxy.url, "--out", "halves.json")
        assert labelq("pull", *arguments)[0] == 0
        sizes = [request.query["page_size"] for request in proxy.requests if request.path == TASKS]
    assert sizes == ["8", "4", "2", *["1"] * 6, *["1"] * 9]
    assert (here / "halves.json").read_bytes() == (here / "whole.json").read_bytes()


def test_a_server_that_answers_without_results_is_not_believed(
    labelq, server, new_project, a_round, here, monkeypatch
):
    project = new_project(a_round)
    monkeypatch.setattr(pulling, "_OF_ANNOTATION", ())  # as if nested names were not known
    assert labelq("pull", "--project", project)[0] == 0
    tasks = json.loads((here / f"project_{project}.json").read_text())
    assert all(a["result"] for t in tasks for a in t["annotations"])
