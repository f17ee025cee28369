"""Every command in README and docs that needs a server runs on one, in order, page by page."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from labelq.cli import main
from labelq.cli.demo import sample_folder
from tests.live.conftest import signed_in
from tests.test_docs import PAGES, commands

pytestmark = pytest.mark.live

N_TASKS = 60


@pytest.fixture
def projects(server, people, new_project):
    """Two projects with the sample's tasks, as the documentation's numbers 1, 3 and 4."""
    sample = sample_folder()
    tasks = json.loads(sample["round_1.json"].read_text(encoding="utf-8"))[:N_TASKS]
    numbers = {2: "admin", 3: "ann1", 4: "ann2", 5: "ann3", 6: "ann4", 7: "ann5"}
    config = sample["label_config.xml"].read_text(encoding="utf-8")

    def load(first: int, title: str) -> int:
        shifted = [
            {
                "data": task["data"],
                "annotations": [
                    {
                        **{key: a[key] for key in ("result", "was_cancelled", "lead_time")},
                        "ground_truth": False,
                        "completed_by": people[numbers[a["completed_by"]["id"]]].id,
                    }
                    for a in task["annotations"]
                ],
            }
            for task in tasks
        ]
        return new_project(shifted[first:], title=title, label_config=config)

    both = load(0, "Support triage"), load(10, "Support triage, the others")
    return {"1": both[0], "3": both[0], "4": both[1]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_needs_a_server_runs(
    page: Path, server, projects, monkeypatch, tmp_path, capsys
):
    told = commands(page, server=True)
    if not told:
        return
    monkeypatch.chdir(tmp_path)
    signed_in(monkeypatch, server)
    sample = sample_folder()
    for name, source in (
        ("export.json", "round_1.json"),
        ("label_config.xml", "label_config.xml"),
        ("guideline.md", "support_triage.md"),
    ):
        (tmp_path / name).write_bytes(sample[source].read_bytes())
    audited: set[str] = set()
    for command in told:
        arguments = shlex.split(command)[1:]
        arguments = [
            str(projects.get(value, value)) if before == "--project" else value
            for before, value in zip(["", *arguments], arguments, strict=False)
        ]
        if arguments[0] == "queue":
            directory = next(a for a in arguments[2:] if not a.startswith("-"))
            if directory not in audited:
                run(["audit", "--project", str(projects["3"]), "--out", directory], capsys)
                audited.add(directory)
            if arguments[1] != "status" and "--dry-run" not in arguments:
                arguments.append("--yes")
        elif arguments[0] == "audit":
            arguments.append("--replace")
            if "--out" in arguments:
                audited.add(arguments[arguments.index("--out") + 1])
        run(arguments, capsys)


def run(arguments: list[str], capsys) -> None:
    if arguments[0] == "audit":
        arguments = [*arguments, "--resamples", "100"]
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0, (shlex.join(arguments), capsys.readouterr().err)


def test_readme_shows_the_loop():
    told = " ".join(commands(PAGES[0], server=True))
    for step in ("doctor", "audit --project", "queue push", "queue status", "pull"):
        assert re.search(rf"labelq {step}\b", told)
