"""The documentation is true: generated pages are current, every command in it runs."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

import labelq
from labelq.cli import main
from labelq.cli.demo import sample_folder
from labelq.report.directory import write_audit

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "adjudicate|agreement|apply|audit|consensus|decide|demo|doctor|explain|guideline|plan|pull"
    "|queue|report|review"
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "sample_data/README.md"]


def reference() -> Any:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs/reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", list(reference().PAGES))
def test_generated_pages_are_current(page: str) -> None:
    written = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert written == reference().PAGES[page](), "run `make docs`"


NEEDS_SERVER = re.compile(
    r"labelq (adjudicate|apply|doctor|pull|queue|review ballots)\b|--project\b"
)


def commands(page: Path, *, server: bool = False) -> list[str]:
    """Every ``labelq …`` line in a fenced block of ``page``, with or without need of a server."""
    lines: dict[str, None] = {}
    text = page.read_text(encoding="utf-8")
    for block in re.findall(
        r"^```(?:bash|sh|console|text)\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    ):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(rf"\s*\$?\s*(labelq (?:{COMMANDS})\b.*)", line)
            if found and not re.search(r"\[OPTIONS\]|COMMAND", line):
                command = re.split(r"\s{2,}|\s#", found[1])[0]
                if bool(NEEDS_SERVER.search(command)) == server:
                    lines[command] = None
    return list(lines)


def _one_export_per_annotator(tasks: list[dict[str, Any]], folder: Path) -> None:
    folder.mkdir()
    people = {a["completed_by"]["email"] for task in tasks for a in task["annotations"]}
    for person in people:
        theirs = [
            task | {"annotations": mine}
            for task in tasks
            if (mine := [a for a in task["annotations"] if a["completed_by"]["email"] == person])
        ]
        (folder / f"{person.partition('@')[0]}.json").write_text(json.dumps(theirs))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the documentation talks about."""
    folder = tmp_path_factory.mktemp("desk")
    sample = sample_folder()
    for name, source in (
        ("export.json", "round_1.json"),
        ("label_config.xml", "label_config.xml"),
        ("guideline.md", "support_triage.md"),
    ):
        (folder / name).write_bytes(sample[source].read_bytes())
    second = ROOT / "sample_data/support_triage/round_2.json"
    (folder / "round_2.json").write_bytes(second.read_bytes())
    _one_export_per_annotator(json.loads((folder / "export.json").read_bytes()), folder / "exports")
    round_ = labelq.read(folder / "export.json")
    frame = round_.to_frame()
    labels = round_.question("category").labels
    cells = [[label, *(int(label != other) for other in labels)] for label in labels]
    (folder / "costs.csv").write_text(
        "\n".join(",".join(map(str, row)) for row in [["", *labels], *cells]), encoding="utf-8"
    )
    urgency = frame[frame["question"] == "urgency"].drop(columns="question")
    urgency = urgency.rename(columns={"unit": "task_id", "rater": "worker", "value": "label"})
    urgency.to_csv(folder / "ratings.csv", index=False)
    urgency.rename(columns={"task_id": "unit", "worker": "rater", "label": "value"}).to_parquet(
        folder / "ratings.parquet"
    )
    return folder


@pytest.fixture(scope="module")
def audited(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of the sample round, as the documentation has it in audits/round_1."""
    out = tmp_path_factory.mktemp("audited") / "round_1"
    options = ["--resamples", "0", "--no-cross-check", "--out", str(out)]
    with pytest.raises(SystemExit):
        main(["audit", str(desk / "export.json"), *options])
    return out


@pytest.mark.parametrize("command", list(dict.fromkeys(c for p in PAGES for c in commands(p))))
def test_every_command_runs(
    command: str, desk: Path, audited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in desk.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(command)[1:]
    if "--against" in arguments:
        earlier = labelq.audit(labelq.read("export.json"), resamples=100, cross_check=False)
        directory = Path(arguments[arguments.index("--against") + 1])
        directory.parent.mkdir()
        write_audit(earlier, directory, manifest={"inputs": {}})
    if "--out" in arguments:  # never outside the test's folder
        at = arguments.index("--out") + 1
        arguments[at] = arguments[at].lstrip("/")
    if arguments[0] == "review":  # a meeting lasts until somebody ends it
        monkeypatch.setattr("labelq.cli.review._serve", lambda *_: None)
        arguments += ["--no-browser"]
    if arguments[0] in ("decide", "guideline", "report", "review"):
        place = next(word for word in arguments if word.startswith("audits/"))
        shutil.copytree(audited, tmp_path / place)
    elif arguments[0] not in ("consensus", "demo", "plan"):
        arguments += ["--resamples", "100"]
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code in ((0, 1) if "--fail-under" in command else (0,))


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_python_in_the_readme_runs(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)  # our own page
    assert len(names["frame"]) > 50


def test_the_settings_page_is_valid(tmp_path: Path) -> None:
    from labelq.settings import load

    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "labelq.toml"
    # The guideline is a table in a later example, and tables stand at the end.
    examples.sort(key=lambda example: example.startswith("["))
    whole = "".join(examples).replace('guideline = "guideline.md"\n', "", 1)
    path.write_text(whole, encoding="utf-8")
    settings = load(path, {})
    assert settings.level == {"urgency": "ordinal", "price": "ratio"}
    assert settings.project == (3, 4)
