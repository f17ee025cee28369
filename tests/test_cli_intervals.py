"""``--interval``, ``--group``, ``--resample-raters``, ``--tests``, ``--benchmark``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from labelq.cli import main


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """60 tasks of 30 documents; b says "y" more often than a."""
    path = tmp_path / "ratings.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "rater", "value", "document"])
        for u in range(60):
            for r in "abc":
                said = "xyz"[(u + (r == "b" and u % 3 == 0)) % 3]
                writer.writerow([f"t{u}", r, said, f"d{u // 2}"])
    return path


class Run(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any) -> Any:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Run:
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        code = left.value.code
        out, err = capsys.readouterr()
        return Run(code if isinstance(code, int) else 0, out, err)

    return call


@pytest.fixture
def rows(run: Any, table: Path) -> Any:
    def read(*options: str) -> Any:
        result = run("agreement", table, "--format", "json", *options)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return read


@pytest.mark.parametrize(
    ("options", "method", "words"),
    [
        ((), "jackknife_t", "Student's t on Fisher's z scale, jackknife over tasks"),
        (("--interval", "bca", "--resamples", "200"), "bootstrap_bca", "BCa, 200 resamples"),
        (("--interval", "analytic"), "analytic_t", "published standard error"),
        (("--group", "document"), "jackknife_t_groups", "groups of tasks with the same document"),
        (("--resample-raters",), "jackknife_t", "holds for these annotators only"),
    ],
)
def test_every_interval_says_what_it_is(
    rows: Any, options: tuple[str, ...], method: str, words: str
) -> None:
    row = next(r for r in rows(*options) if r["metric"] == "krippendorff_alpha")
    assert row["interval_method"] == method
    assert words in row["convention"]
    assert row["lower"] < row["value"] < row["upper"]
    assert 0 < row["error"] < 1
    assert 0 <= row["p_value"] <= 1


def test_settings_come_from_the_file_too(run: Any, rows: Any, table: Path, tmp_path: Path) -> None:
    config = tmp_path / "labelq.toml"
    config.write_text('group = "document"\ninterval = "percentile"\nresamples = 100\n')
    row = rows("--config", str(config))[0]
    assert row["interval_method"] == "bootstrap_percentile_groups"
    config.write_text('interval = "bayes"\n')
    result = run("agreement", table, "--config", config)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "can only be jackknife, percentile, bca, analytic" in result.stderr


def test_an_unknown_field_is_one_line(run: Any, table: Path) -> None:
    result = run("agreement", table, "--group", "documnt")
    assert result.exit_code == 2
    assert (
        result.stderr
        == "labelq: --group documnt: tasks have no such field; did you mean document?\n"
    )


def test_the_audit_remembers_how(run: Any, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "audit"
    result = run("audit", table, "--group", "document", "--out", out, "--no-cross-check")
    assert result.exit_code == 0, result.stderr
    document = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    options = document["options"]
    assert (options["interval"], options["group"]) == ("jackknife", "document")
    tests = document["marginal_tests"]
    assert {t["test"] for t in tests} == {"stuart_maxwell", "bowker"}
    assert "groups of tasks with the same" in (out / "report.html").read_text(encoding="utf-8")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["group"] == "document"


def test_tests_of_marginals(run: Any, rows: Any, table: Path) -> None:
    shown = run("agreement", table, "--tests")
    assert shown.exit_code == 0, shown.stderr
    assert "Stuart-Maxwell" in shown.stdout
    assert "not who of them is right" in shown.stdout.replace("\n", " ")
    found = rows("--tests")
    pair = next(t for t in found if t["raters"] == ["a", "b"] and t["test"] == "bowker")
    assert pair["p_corrected"] >= pair["p_value"]


def test_benchmarks(run: Any, rows: Any, table: Path) -> None:
    shown = run("agreement", table, "--benchmark", "landis-koch")
    assert shown.exit_code == 0, shown.stderr
    assert "convention of their authors" in shown.stdout.replace("\n", " ")
    found = rows("--benchmark", "fleiss")
    assert all(len(b["cumulative"]) == 3 and b["cumulative"][-1] == 1 for b in found)
