"""``labelq agreement``: one coefficient, all of them, costs, and what lies behind a pair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import labelq
from labelq.cli import main
from labelq.errors import SettingsError
from labelq.measure.registry import METRICS


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [(u, r, "xyz"[(u + (r == "c" and u % 4 == 0)) % 3]) for u in range(40) for r in "abc"]
    path = tmp_path / "ratings.csv"
    lines = ["unit,rater,value", *(f"{u},{r},{v}" for u, r, v in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "costs.csv").write_text(",x,y,z\nx,0,1,3\ny,,0,6\nz,,,0\n", encoding="utf-8")
    return path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["agreement", *arguments, "--resamples", "0"])
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert run("ratings.csv", "--format", "json", *arguments) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("table")
def test_one_coefficient_by_any_of_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "--metric", "Scott's pi", "--metric", "PABAK")
    assert {row["metric"] for row in found} == {"scott_pi", "brennan_prediger"}
    assert run("ratings.csv", "--metric", "fleis_kappa") == 2
    assert "did you mean fleiss_kappa?" in capsys.readouterr().err


@pytest.mark.usefixtures("table")
def test_an_audit_shows_few_and_all_are_there_when_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    few = {row["metric"] for row in rows(capsys)}
    every = {row["metric"] for row in rows(capsys, "--all")}
    assert {"conger_kappa", "light_kappa", "scott_pi"} <= every - few
    assert {metric.name for metric in METRICS} == every


@pytest.mark.usefixtures("table")
def test_costs_from_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "--cost", "value=costs.csv")
    weighted = {r["metric"] for r in found if "cost" in (r["weights"], r["distance"])}
    assert {"krippendorff_alpha", "cohen_kappa", "gwet_ac2", "brennan_prediger"} <= weighted
    for arguments, said in (
        (["--cost", "tone=costs.csv"], "there is no question 'tone'"),
        (["--cost", "value=none.csv"], "none.csv: cannot be read"),
        (["--weight", "value=costs.csv"], "a weight is a number from 0 to 1"),
        (["--cost", "value=costs.csv", "--weight", "value=costs.csv"], "give one of them"),
        (["--cost", "value=ratings.csv"], "no number"),
    ):
        assert run("ratings.csv", *arguments) == 2
        error = capsys.readouterr().err
        assert said in error
        assert len(error.strip().splitlines()) == 1


def test_costs_are_kept_with_an_audit(table: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["audit", table.name, "--cost", "value=costs.csv", "--out", "out", "--resamples", "0"])
    assert stopped.value.code == 0
    again = labelq.read(tmp_path / "out" / "ratings.csv")
    assert again.questions[0].costs == (("x", "y", 1.0), ("x", "z", 3.0), ("y", "z", 6.0))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["cost"] == {"value": "costs.csv"}


def test_costs_from_python(table: Path) -> None:
    one = labelq.read(table, costs={"value": {"x": {"y": 1}, "*": 2}}).questions[0]
    other = labelq.read(table, weights={"value": {"x": {"y": 0.5}, "*": 0}}).questions[0]
    assert [cost for *_, cost in one.costs] == [2 * cost for *_, cost in other.costs] == [1, 2, 2]
    with pytest.raises(SettingsError, match="must be symmetric"):
        labelq.read(table, costs={"value": {"x": {"y": 1}, "y": {"x": 2}, "*": 2}})


@pytest.mark.usefixtures("table")
def test_what_lies_behind_the_kappas_of_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ratings.csv", "--pairs") == 0
    out = capsys.readouterr().out
    assert "largest kappa" in out
    assert "prevalence" not in out  # of two labels only
    assert run("ratings.csv", "--pairs", "--map-label", "value:z=y") == 0
    assert "prevalence" in capsys.readouterr().out


@pytest.mark.usefixtures("table")
def test_a_gate_takes_any_name_and_any_coefficient_of_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, code in (("conger_kappa", 0), ("Conger's kappa", 0), ("cohen_kappa", 2)):
        with pytest.raises(SystemExit) as stopped:
            main(["audit", "ratings.csv", "--out", "o", "--replace", "--fail-under", f"{name}=.1"])
        assert stopped.value.code == code
    assert "is about pairs of annotators" in capsys.readouterr().err
