"""What somebody decided in Label Studio: in a queue's project, as ground truth, or not at all."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from labelq.cli import main
from labelq.reading import read_audit
from tests.live.conftest import choice, signed_in, task
from tests.live.queueing import tasks_of, vote

pytestmark = pytest.mark.live

LABELS = ("Positive", "Negative", "Neutral")


@pytest.fixture
def run(monkeypatch, server, tmp_path, capsys):
    """``run("audit", "--project", 3)``: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    signed_in(monkeypatch, server)

    def command(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return command


@pytest.fixture
def audited(run, people, new_project):
    """A project in which ann1 and ann2 split on six of twelve tasks, and its audit."""
    first, second = people["ann1"].id, people["ann2"].id
    tasks = [
        task(f"text {n}", {first: LABELS[n % 3], second: LABELS[(n + n % 2) % 3]})
        for n in range(12)
    ]
    project = new_project(tasks, maximum_annotations=2, title="decided")
    code, _, err = run(
        "audit", "--project", project, "--out", "audit", "--resamples", 0, "--no-cross-check"
    )
    assert code == 0, err
    return project


def kept():
    return list(csv.DictReader(Path("adjudicated.csv").read_text("utf-8-sig").splitlines()))


def test_the_answers_of_whoever_decides_in_a_queue_project(run, audited, api):
    code, out, err = run(
        *("queue", "push", "audit", "--to", "new-project", "--wants", "all", "--votes", 2, "--yes")
    )
    assert code == 0, err
    (line,) = [line for line in out.splitlines() if line.endswith("/data")][:1]
    made = int(line.split("/")[-2])
    tasks = tasks_of(api, made)
    assert len(tasks) >= 3
    vote(api, "ann3", tasks[0]["id"], "Neutral")
    vote(api, "ann3", tasks[1]["id"], "Negative")
    code, _, err = run("adjudicate", "audit", "--project", made)
    assert code == 0, err  # only one person answered
    vote(api, "ann4", tasks[0]["id"], "Positive")
    vote(api, "ann4", tasks[2]["id"], "Positive")

    code, _, err = run("adjudicate", "audit", "--project", made)
    assert code == 2
    assert "2 people answered there; say whose answers decide: --by ann3@example.com" in err
    code, _, err = run("adjudicate", "audit", "--project", made, "--by", "nobody@example.com")
    assert code == 2
    assert "--by nobody@example.com: nobody in the source is called so" in err

    units = [one["data"]["labelq_key"].rpartition("/")[2] for one in tasks]
    both = ("--by", "ann3@example.com", "--by", "ann4@example.com")
    code, out, err = run("adjudicate", "audit", "--project", made, *both, "--dry-run")
    assert code == 0
    assert "1 label on which people contradict each other: not decided" in err
    assert out.startswith("2 tasks decided, 2 labels (1 label new)\n")

    code, out, _ = run("adjudicate", "audit", "--project", made, "--by", "ann4@example.com")
    assert code == 0
    rows = [(r["task"], r["label"], r["who"], r["source"]) for r in kept()]
    where = f"project {made}"
    assert sorted(rows[:2]) == sorted(
        [
            (units[0], "Neutral", "ann3@example.com", where),
            (units[1], "Negative", "ann3@example.com", where),
        ]
    )
    assert sorted(rows[2:]) == sorted(
        [
            (units[0], "Positive", "ann4@example.com", where),
            (units[2], "Positive", "ann4@example.com", where),
        ]
    )

    before = read_audit("audit").round
    code, _, err = run(
        *("audit", "--project", audited, "--out", "again", "--resamples", 0, "--no-cross-check"),
        *("--adjudicated", "adjudicated.csv"),
    )
    assert code == 0, err
    again = read_audit("again").round
    assert again == before  # the ratings are what they were
    decided = {again.units.ids[u]: label for u, label in again.adjudicated["sentiment"].items()}
    assert decided == {units[0]: "Positive", units[1]: "Negative", units[2]: "Positive"}


def test_ground_truth_that_was_set_after_the_audit(run, audited, api):
    code, _, err = run("adjudicate", "audit", "--ground-truth", "--by", "Mia")
    assert code == 2
    assert "the audit knows no ground truth" in err
    code, _, err = run("adjudicate", "audit", "--project", audited, "--ground-truth")
    assert code == 2
    assert "holds no ground truth for a task of this round" in err
    first, second, third = tasks_of(api, audited)[:3]
    right = first["annotations"][0]
    api("PATCH", f"annotations/{right['id']}/", json={"ground_truth": True})
    truth = {"result": choice("Neutral"), "ground_truth": True}
    api("POST", f"tasks/{second['id']}/annotations/", json=truth, who="ann5")
    api("POST", f"tasks/{third['id']}/annotations/", json={"result": choice("Neutral")}, who="ann5")

    code, out, err = run("adjudicate", "audit", "--project", audited, "--ground-truth")
    assert code == 0, err
    assert out.startswith("2 tasks decided, 2 labels\n")
    assert {(r["task"], r["label"]) for r in kept()} == {
        (str(first["id"]), right["result"][0]["value"]["choices"][0]),
        (str(second["id"]), "Neutral"),
    }


def test_tasks_that_show_something_else_now_are_left_out(run, audited, api):
    first, second = tasks_of(api, audited)[:2]
    for one in (first, second):
        vote(api, "ann6", one["id"])
    api("PATCH", f"tasks/{first['id']}/", json={"data": first["data"] | {"text": "changed"}})
    code, _, err = run("adjudicate", "audit", "--project", audited, "--by", "ann6@example.com")
    assert code == 0
    assert "1 annotation of tasks that are not of this round, or show something else now" in err
    assert [row["task"] for row in kept()] == [str(second["id"])]
