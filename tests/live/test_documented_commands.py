"""Every command in README and docs that needs a server runs on one, in order, page by page."""

from __future__ import annotations

import csv
import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labelq.cli import main
from labelq.cli.demo import sample_folder
from tests.live.conftest import signed_in
from tests.test_docs import PAGES, commands

pytestmark = pytest.mark.live

N_TASKS = 60
_PEOPLE = {"mia@example.com": "ann1@example.com"}


@pytest.fixture
def numbers(api, people, new_project):
    """Two projects with the sample's tasks and a tab, for the documentation's numbers."""
    sample = sample_folder()
    tasks = json.loads(sample["round_1.json"].read_text(encoding="utf-8"))[:N_TASKS]
    raters = {2: "admin", 3: "ann1", 4: "ann2", 5: "ann3", 6: "ann4", 7: "ann5"}
    config = sample["label_config.xml"].read_text(encoding="utf-8")

    def load(first: int, title: str) -> int:
        shifted = [
            {
                "data": task["data"],
                "annotations": [
                    {
                        **{key: a[key] for key in ("result", "was_cancelled", "lead_time")},
                        "ground_truth": a["ground_truth"],
                        "completed_by": people[raters[a["completed_by"]["id"]]].id,
                    }
                    for a in task["annotations"]
                ],
            }
            for task in tasks
        ]
        return new_project(shifted[first:], title=title, label_config=config)

    both = load(0, "Support triage"), load(10, "Support triage, the others")
    tab = api("POST", "dm/views/", json={"project": both[0], "data": {"title": "Disputed"}})["id"]
    projects = {"1": both[0], "3": both[0], "4": both[1], "12": both[0]}
    return {"--project": projects, "--view": {"12": tab}}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_needs_a_server_runs(
    page: Path, server, numbers, monkeypatch, tmp_path, capsys
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
            str(numbers.get(before, {}).get(value, value))
            for before, value in zip(["", *arguments], arguments, strict=False)
        ]
        arguments = _here(arguments, server.url)
        if arguments[0] == "queue":
            directory = next(a for a in arguments[2:] if not a.startswith("-"))
            _audited(directory, audited, numbers, capsys)
            if arguments[1] != "status" and "--dry-run" not in arguments:
                arguments.append("--yes")
        elif arguments[:2] == ["review", "ballots"]:
            _audited(arguments[2], audited, numbers, capsys)
            if "--dry-run" not in arguments:
                arguments.append("--yes")
        elif arguments[0] in ("adjudicate", "apply"):
            _audited(arguments[1], audited, numbers, capsys)
            _decided(Path(arguments[1]))
            if arguments[0] == "apply" and "--dry-run" not in arguments:
                arguments.append("--yes")
                audited.add(f"{arguments[1]}-decided")
        elif arguments[0] == "audit":
            arguments.append("--replace")
            if "--out" in arguments:
                audited.add(arguments[arguments.index("--out") + 1])
        run(arguments, capsys)


def _audited(directory: str, audited: set[str], numbers, capsys) -> None:
    """The audit that a command is about, made if it is not there."""
    if directory not in audited:
        project = str(numbers["--project"]["3"])
        run(["audit", "--project", project, "--out", directory], capsys)
        audited.add(directory)


def _decided(directory: Path) -> None:
    """What somebody brings from the meeting: a label for a task of the audit, and a rule."""
    with (directory / "labels.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    text = f"task,question,label\n{row['unit']},{row['question']},{row['label']}\n"
    Path("decided.csv").write_text(text, "utf-8")
    Path("decisions.yaml").write_text(
        "version: 1\ndecisions:\n  - {id: fees, question: category, labels: [Refund, Billing],"
        " outcome: split, label: Refund, into: [Refund, Fees], scope: {labels: [Refund]}}\n",
        "utf-8",
    )


def _here(arguments: list[str], url: str) -> list[str]:
    """The same on our server: in the clear, and with labels of today."""
    if "--ca-bundle" in arguments:
        at = arguments.index("--ca-bundle")
        del arguments[at : at + 2]
    today = datetime.now(UTC).date().isoformat()
    arguments = [_PEOPLE.get(value, value) for value in arguments]
    told = [re.sub(r"^\d{4}-\d\d-\d\d$", today, value) for value in arguments]
    return [
        url if before == "--url" else value
        for before, value in zip(["", *told], told, strict=False)
    ]


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
