"""From the meeting to Label Studio: config, instructions, and exactly the released tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelq.cli import main
from labelq.reading import read_audit
from tests.live.conftest import CONFIG, choice, signed_in, task
from tests.live.proxy import Proxy, lost, status, times
from tests.live.queueing import dump, tasks_of

pytestmark = pytest.mark.live

GUIDELINE = "# Reviews\n\n## Positive\n\nThey are content.\n\n## Negative\n\nThey are not.\n"
DECISIONS = """version: 1
decisions:
  - id: irony
    question: sentiment
    labels: [Positive, Negative]
    outcome: label
    label: Negative
    rule: Irony is *negative*.
    scope: {words: [irony]}
  - id: moods
    question: sentiment
    labels: [Neutral]
    outcome: split
    label: Neutral
    into: [Mixed, No mood]
    scope: {words: [mood]}
"""


@pytest.fixture
def run(monkeypatch, server, tmp_path, capsys):
    """``run("apply", "audit", "--yes")``: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    signed_in(monkeypatch, server)
    Path("guideline.md").write_text(GUIDELINE, "utf-8")
    Path("decisions.yaml").write_text(DECISIONS, "utf-8")

    def command(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return command


@pytest.fixture
def audited(run, people, new_project):
    """Sixteen tasks labeled by ann1, ann2 and ann3, four each about irony, a mood, and others."""
    who = [people[name].id for name in ("ann1", "ann2", "ann3")]
    said = (
        ("irony", "Positive", "Negative", "Negative"),
        ("mood", "Neutral", "Neutral", "Positive"),
        ("plain", "Positive", "Positive", "Positive"),
        ("sour", "Negative", "Negative", "Neutral"),
    )
    tasks = [
        task(f"{word} number {n}", dict(zip(who, votes, strict=True)), place=n, done=n % 2 == 0)
        for n in range(4)
        for word, *votes in said
    ]
    project = new_project(tasks, title="Reviews")
    code, _, err = run(
        *("audit", "--project", project, "--guideline", "guideline.md", "--out", "audit"),
        *("--round", f"week {project}", "--resamples", 0, "--no-cross-check"),
    )
    assert code == 0, err
    return project


def queue_of(api, project):
    found = api("GET", "projects/?page_size=1000")["results"]
    return [p for p in found if p["title"] == f"Second look: week {project}, decided"]


def config_of(project):
    return "\n".join(line for line in project["label_config"].splitlines() if "Header" not in line)


def test_from_the_meeting_to_the_queue(run, audited, api, people):
    before = dump(api, audited)
    code, out, err = run("apply", "audit", "--dry-run")
    assert code == 0, err
    assert "contradicts 4 of the 12 annotations of 4 tasks in its scope: 4 tasks, 1 annot" in out
    assert "contradicts 8 of the 12 annotations of 4 tasks in its scope: 4 tasks, 2 annot" in out
    assert "tasks       8 to add" in out
    assert "12 answers, about" in out  # as many as are contradicted
    assert Path("guideline.md").read_text("utf-8") == GUIDELINE
    assert not queue_of(api, audited)

    code, out, err = run("apply", "audit", "--yes")
    assert code == 0, err
    assert "Pushed 8." in out
    (made,) = queue_of(api, audited)
    assert config_of(made) == CONFIG.replace(
        '<Choice value="Neutral"/>', '<Choice value="Mixed"/><Choice value="No mood"/>'
    )
    assert "<p>Irony is <em>negative</em>.</p>" in made["expert_instruction"]
    assert "labelq" not in made["expert_instruction"].replace("labelq-guideline", "")
    assert made["show_instruction"]
    told = tasks_of(api, made["id"])
    assert {t["data"]["text"] for t in told} == {
        f"{word} number {n}" for word in ("irony", "mood") for n in range(4)
    }
    assert {(t["data"]["text"].split()[0], t["overlap"]) for t in told} == {
        ("irony", 1),  # one of three said otherwise
        ("mood", 2),
    }
    assert {t["data"]["labelq_reason"] for t in told} == {
        "A rule was decided for tasks like this one: see the instructions."
    }
    assert "Irony is *negative*." in Path("guideline.md").read_text("utf-8")
    assert dump(api, audited) == before  # the project that lives is as it was

    # Once more: nothing new anywhere.
    files = {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
    code, out, _ = run("apply", "audit", "--yes")
    assert code == 0
    assert "Nothing to do: the 8 tasks are there already." in out
    assert {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()} == files
    code, out, _ = run("queue", "status", "audit-decided")
    assert code == 0
    assert "0 of 8 tasks" in out

    # The answers come back: for the labels, and the decision releases nothing any more.
    for one in told:
        assert not one["is_labeled"]
        label = "Negative" if "irony" in one["data"]["text"] else "Mixed"
        for name in ("ann1", "ann2")[: one["overlap"]]:
            api("POST", f"tasks/{one['id']}/annotations/", json={"result": choice(label)}, who=name)
    revised = Path("audit-decided/label_config.xml")
    assert revised.is_file()
    code, _, err = run(
        *("audit", "--project", audited, "--guideline", "guideline.md", "--out", "again"),
        *("--round", f"week {audited}", "--resamples", 0, "--no-cross-check"),
    )
    assert code == 0, err
    assert all(t["is_labeled"] for t in tasks_of(api, made["id"]))
    votes = read_audit("again").round.selected["sentiment"]
    assert len(votes) == 4  # of the split labels the live config does not know yet
    assert read_audit("again").round == read_audit("audit").round
    code, out, _ = run("apply", "again", "--dry-run")
    assert code == 0
    assert "contradicts none of the 12 annotations of 4 tasks in its scope" in out


def test_a_later_decision_goes_to_the_same_queue(run, audited, api):
    first, _, second = DECISIONS.partition("  - id: moods")
    Path("decisions.yaml").write_text(first, "utf-8")
    code, _, err = run("apply", "audit", "--yes")
    assert code == 0, err
    (made,) = queue_of(api, audited)
    assert len(tasks_of(api, made["id"])) == 4
    assert config_of(made) == CONFIG

    Path("decisions.yaml").write_text(f"{first}  - id: moods{second}", "utf-8")
    code, out, err = run("apply", "audit", "--yes")
    assert code == 0, err
    assert "the project gets today's labeling config and instructions" in out
    assert "4 to add, 4 already there" in out
    (again,) = queue_of(api, audited)
    assert again["id"] == made["id"]
    assert 'value="Mixed"' in config_of(again)
    assert "No mood" in again["expert_instruction"]
    assert len(tasks_of(api, made["id"])) == 8


@pytest.mark.parametrize(
    ("weather", "code"),
    [
        (times(1, status(500), "POST", path="/import"), 2),
        (times(1, status(502), "POST", path="/api/projects/"), 2),
        (times(1, lost(), "POST", path="/import"), 0),  # it was done
        (times(1, status(500), "PATCH", path="/api/tasks/", after=2), 2),  # only half of it
    ],
)
def test_a_server_that_fails_in_between(run, audited, api, server, weather, code, monkeypatch):
    told = json.loads(Path("audit/manifest.json").read_text("utf-8"))
    with Proxy(server.url, weather=weather) as proxy:
        told["server"]["url"] = proxy.url
        Path("audit/manifest.json").write_text(json.dumps(told), "utf-8")
        monkeypatch.setenv("LABEL_STUDIO_URL", proxy.url)
        ended, out, err = run("apply", "audit", "--yes")
        assert ended == code
        assert "Written: guideline.md, version 2" in out
        assert ("repeat the command, it completes" in err) == bool(code)
        ended, _, err = run("apply", "audit", "--yes")
        assert ended == 0, err
    (made,) = queue_of(api, audited)
    assert sorted(t["overlap"] for t in tasks_of(api, made["id"])) == [1] * 4 + [2] * 4
    assert Path("guideline.md").read_text("utf-8").count("Irony is *negative*.") == 1


def test_without_a_server_nothing_is_written(run, audited, server, monkeypatch):
    told = json.loads(Path("audit/manifest.json").read_text("utf-8"))
    told["server"]["url"] = "http://127.0.0.1:9"
    Path("audit/manifest.json").write_text(json.dumps(told), "utf-8")
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    code, _, _ = run("apply", "audit", "--yes")
    assert code == 2
    assert Path("guideline.md").read_text("utf-8") == GUIDELINE
    assert not Path("audit-decided").exists()
