"""The front door as a person meets it: exit codes, one line per error, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labelq.cli import main
from labelq.cli.demo import sample_folder

ROWS = [
    {"unit": str(u), "rater": r, "value": "xyz"[(u + (r == "c" and u % 4 == 0)) % 3]}
    for u in range(40)
    for r in "abc"
]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ratings.csv"
    lines = [",".join(row.values()) for row in ROWS]
    path.write_text("\n".join(["unit,rater,value", *lines]) + "\n", encoding="utf-8")
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr; stdout must be empty."""
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.strip().splitlines()  # click ends an interrupted line
    assert len(lines) == 1
    assert lines[0].startswith("labelq: ")
    return lines[0]


SINGLE = [{"id": 1, "data": {"text": "a"}, "annotations": []}]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("broken.json", "{nonsense", ["broken.json"]),
        ("cut.json", '[{"id": 1, "data": {"text": "a"}, "annotat', ["cut.json"]),
        ("number.json", "42", ["number.json"]),
        ("empty.json", "", ["empty.json", "empty"]),
        ("empty.csv", "", ["empty.csv", "empty"]),
        ("columns.csv", "task,worker,label\n1,a,x\n", ["columns.csv", "unit", "--columns"]),
        ("single.json", json.dumps(SINGLE), ["single.json"]),
        ("single.csv", "unit,rater,value\n1,a,x\n2,b,x\n", ["single.csv", "two"]),
        ("field.json", '[{"id": 1, "data": {"text": "a"}, "annotations": 7}]',
         ["field.json", "1", "annotations"]),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_leaves_nothing(
    name: str,
    content: str,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert run("audit", name) == 2
    line = said(capsys)
    assert all(word in line for word in words), line
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-file.json"], "no-such-file.json"),
        (["ratings.csv", "--level", "interval"], "row 1, column value: 'x' is not a number"),
        (["ratings.csv", "--level", "colour=ordinal"], "no question 'colour'"),
        (["ratings.csv", "--fail-under", "kappa=.5"], "kappa can be any of"),
        (["ratings.csv", "--guideline", "none.md"], "none.md"),
        (["ratings.csv", "--config", "none.toml"], "none.toml"),
        (["ratings.csv", "--confidence", "95"], "between 0 and 1"),
        (["ratings.csv", "--frobnicate"], "--frobnicate"),
        (["ratings.csv", "--map-label", "value:xx=y"], "no answer is 'xx'; did you mean x?"),
        (["ratings.csv", "--fail-under", "gwet_ac1=nan"], "'nan' is not a number"),
        (["ratings.csv", "--resamples", "99999999999"], "from 0 to 1,000,000"),
        (["ratings.csv", "--resamples", "5"], "5 resamples make no interval"),
        ([], "SOURCE"),
        (["ratings.csv", "--project", "3"], "--project is about a project on a server"),
        (["ratings.csv", "--no-queues"], "--no-queues is about a project on a server"),
        (["--project", "0"], "--project: must be the number in its address"),
        (["ratings.csv", "ratings.csv"], "several sources must all be Label Studio exports"),
        (["ratings.csv", "--join", "ticket"], "--join is about Label Studio exports"),
        (["--project", "3", "--project", "4", "--view", "1"], "--view is a tab of one project"),
        (["--project", "3", "--rater-from", "filename"], "--rater-from is about files"),
        (["ratings.csv", "--reviewer", "nobody"], "--reviewer nobody"),
    ],
)
def test_bad_usage_is_one_line(
    arguments: list[str], words: str, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("audit", *arguments) == 2
    assert words in said(capsys)
    assert [path.name for path in table.parent.iterdir()] == [table.name]


def test_an_existing_audit_is_kept_unless_replaced(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit = ("audit", table.name, "--resamples", "100")
    assert run(*audit) == 0
    first = (Path("audits/ratings/audit.json")).read_bytes()
    capsys.readouterr()
    assert run(*audit) == 2
    assert "--replace" in said(capsys)
    assert run(*audit, "--replace") == 0
    assert Path("audits/ratings/audit.json").read_bytes() == first
    assert os.listdir("audits") == ["ratings"]  # noqa: PTH208  # hidden leftovers count too


def test_only_an_audit_directory_is_ever_replaced(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Path("mine")
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert run("audit", table.name, "--out", "mine", "--replace") == 2
    said(capsys)
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_gates_decide_between_0_and_1(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ("audit", table.name, "--replace", "--resamples", "200", "--fail-under")
    assert run(*base, "krippendorff_alpha=.1") == 0
    assert run(*base, "value:krippendorff_alpha=.99") == 1
    assert run(*base, "gwet_ac2=.1") == 1  # cannot be computed: fails with its reason
    assert "Gwet’s AC2" in capsys.readouterr().out


def test_json_is_audit_json_and_nothing_else(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("audit", table.name, "--format", "json", "--resamples", "100") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.encode() == Path("audits/ratings/audit.json").read_bytes()


def test_the_agreement_command_has_exactly_the_documented_fields(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("agreement", table.name, "--format", "json", "--resamples", "100") == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    fields = (
        "question metric level weights distance label raters value lower upper confidence"
        " interval_method observed expected n_units n_ratings n_raters convention reason error"
        " p_value"
    )
    assert all(list(row) == fields.split() for row in rows)
    assert run("agreement", table.name, "--format", "csv", "--resamples", "100") == 0
    assert capsys.readouterr().out.splitlines()[0] == fields.replace(" ", ",")
    assert run("agreement", table.name, "--resamples", "100") == 0
    assert "Krippendorff" in capsys.readouterr().out


def test_an_internal_error_is_one_line_and_keeps_its_details(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setenv("TMPDIR", str(table.parent))
    monkeypatch.setattr("tempfile.tempdir", str(table.parent))
    monkeypatch.setattr("labelq.cli.audit.run", broken)
    assert run("audit", table.name) == 3
    line = said(capsys)
    assert "internal error (RuntimeError)" in line
    details = Path(line.rsplit("details: ", 1)[1].strip())
    assert "a bug" in details.read_text(encoding="utf-8")


def test_an_interrupt_leaves_nothing(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("labelq.report.directory.rules_html", interrupted)
    assert run("audit", table.name, "--resamples", "100") == 130
    said(capsys)
    assert not list(Path("audits").glob("*")) if Path("audits").exists() else True
    assert not list(Path("audits").glob(".*")) if Path("audits").exists() else True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_writing_leaves_nothing(table: Path, number: signal.Signals) -> None:
    """A real process, stopped while the report is being rendered."""
    code = (
        "import os, time, labelq.report.directory as d\n"
        # The signal may come to any thread: sleep until it is there.
        f"d.rules_html = lambda *_: (os.kill(os.getpid(), {int(number)}), time.sleep(30))\n"
        f"from labelq.cli import main; main(['audit', {str(table)!r}, '--resamples', '100'])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=table.parent, check=False
    )
    assert found.returncode == 128 + number
    assert (
        found.stderr.strip()
        == "labelq: interrupted; nothing is left half-written: repeat the command"
    )
    assert [path.name for path in table.parent.rglob("*")] == [table.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_one_line(table: Path) -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "labelq", "agreement", str(table), "--format", "json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert found.returncode == 2
    assert found.stderr.startswith("labelq: cannot write")


def test_hostile_names_cannot_move_the_cursor(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("audit", "\x1b[2Jevil.json") == 2
    assert "\x1b" not in said(capsys)


def test_help_is_quick_to_import() -> None:
    """Nothing heavy is imported before a command runs."""
    code = (
        "import sys; from labelq.cli import labelq; "
        "print([m for m in ('numpy', 'pandas', 'rich', 'jinja2') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_same_input_same_bytes_in_another_process(table: Path) -> None:
    """Not even the order of hashes matters."""
    documents = set()
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "labelq", "audit", str(table), "--replace"],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONWARNINGS": "error"},
            check=True,
            capture_output=True,
        )
        documents.add(Path("audits/ratings/audit.json").read_bytes())
    assert len(documents) == 1


def test_the_sample_files_are_there() -> None:
    assert all(path.is_file() for path in sample_folder().values())


def test_a_folder_of_exports_is_one_round(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = table.parent / "march round"
    folder.mkdir()

    def result(label: str) -> dict[str, Any]:
        return {"from_name": "value", "type": "choices", "value": {"choices": [label]}}

    for who in "abc":
        tasks = [
            {"id": n, "data": {"text": unit}, "annotations": [{"result": [result(value)]}]}
            for n, (unit, rater, value) in enumerate(row.values() for row in ROWS)
            if rater == who
        ]
        (folder / f"{who}.json").write_text(json.dumps(tasks), encoding="utf-8")
    options = ("--rater-from", "filename", "--resamples", "100")
    assert run("audit", folder.name, *options, "--cross-check") == 0
    out = table.parent / "audits" / "march round"
    document = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    assert [rater["id"] for rater in document["raters"]] == ["a", "b", "c"]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"]["source"]["name"] == "a.json"
    assert [one["name"] for one in manifest["more_sources"]] == ["b.json", "c.json"]
    assert "labelq audit next_round/ --rater-from filename" in (out / "report.md").read_text()
    capsys.readouterr()
    files = [str(folder / f"{who}.json") for who in "cab"]
    assert run("agreement", *files, *options, "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert run("agreement", table.name, "--resamples", "100", "--format", "json") == 0
    alone = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in rows] == [row["value"] for row in alone]
