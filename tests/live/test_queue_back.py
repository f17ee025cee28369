"""How far a queue is, and how it is taken back without a label being lost."""

from __future__ import annotations

import pytest

from labelq.cli import main
from labelq.label_studio import retrying
from tests.live.proxy import Proxy, status, times
from tests.live.queueing import (
    audit_directory,
    dump,
    entries_of,
    labeled,
    tasks_of,
    vote,
    without_ours,
)

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, people):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(retrying, "PAUSES", (0.01,) * 3)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", people["admin"].token)


@pytest.fixture
def queue(capsys):
    """``queue("push", directory, url, "--yes")``: exit code, stdout, stderr."""

    def run(command, directory, url, *more):
        with pytest.raises(SystemExit) as ended:
            main(["queue", command, str(directory), "--url", url, *more])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


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
    assert "answers     1 of 2" in same
    assert "by          ann3@example.com 1" in same
    assert f"missing     1 task: {before['tasks'][1]['id']}" in same
    assert "done        1 of 2 tasks (50%)" in new
    assert "answers     3 of 4" in new
    assert "ann2@example.com 2, ann1@example.com 1" in new
    assert "skipped     ann1@example.com 1" in new
    assert f"missing     1 task: {looks[1]['id']}" in new


def test_withdrawing_an_unlabeled_queue_leaves_no_trace(server, queue, api, pushed):
    project, made, directory, before = pushed
    during = dump(api, project)
    code, out, _ = queue("withdraw", directory, server.url, "--dry-run")
    assert code == 0
    ids = ", ".join(str(task["id"]) for task in before["tasks"][:2])
    assert f"tag and raised overlap of 2 tasks ({ids})" in out
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
    assert "Nothing to do" in queue("withdraw", directory, server.url, "--yes")[1]


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
    assert "keeps       2 tasks with answers, or not made by labelq" in out
    assert tasks_of(api, made) == [during[0], during[2]]
    now = {t["id"]: t for t in tasks_of(api, project)}
    assert now[free["id"]]["data"] == free["data"]
    kept = now[voted["id"]]["data"]
    assert kept["labelq_queue"].startswith("back ")
    assert kept["labelq_queued_at"]
    assert len(now[voted["id"]]["annotations"]) == 3
    assert len(api("GET", f"dm/views/?project={project}")) == 1
    assert "Nothing to do" in queue("withdraw", directory, server.url, "--yes")[1]


def test_a_failed_withdrawal_is_completed_by_a_repeat(server, queue, api, pushed):
    project, made, directory, before = pushed
    manifest = directory / "manifest.json"
    with Proxy(server.url, weather=times(1, status(500), "PATCH", after=1)) as proxy:
        manifest.write_text(manifest.read_text("utf-8").replace(server.url, proxy.url), "utf-8")
        code, _, err = queue("withdraw", directory, proxy.url, "--yes")
        assert code == 2
        assert len(err.strip().splitlines()) == 1
        assert queue("withdraw", directory, proxy.url, "--yes")[0] == 0
    assert [t["data"] for t in tasks_of(api, project)] == [t["data"] for t in before["tasks"]]
    assert [t["overlap"] for t in tasks_of(api, project)] == [2] * 6
    assert made not in [p["id"] for p in api("GET", "projects/?page_size=1000")["results"]]
