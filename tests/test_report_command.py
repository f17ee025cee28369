"""``labelq report``, as whoever got an audit's directory runs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labelq.auditing import audit
from labelq.cli import main
from labelq.report.directory import write_audit
from tests.rounds import make_round

PEOPLE = {"ann@x.example": "Ann", "bob@x.example": "Bob"}
PAGES = ("report.html", "report.md")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    rows = [(f"{u}", who, "xy"[(u * k) % 2]) for u in range(12) for k, who in enumerate(PEOPLE, 1)]
    found = audit(make_round(rows), resamples=0, cross_check=False)
    target = tmp_path_factory.mktemp("audits") / "r"
    write_audit(found, target, manifest={"inputs": {}})
    return target


@pytest.fixture
def desk(written, tmp_path, monkeypatch):
    shutil.copytree(written, tmp_path / "r")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["report", *map(str, arguments)])
    return stopped.value.code


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_same_pages_again_and_nothing_else_is_touched(desk, capsys):
    before = content(desk / "r")
    for name in PAGES:
        (desk / "r" / name).write_text("spoiled")
    assert run("r") == 0
    assert capsys.readouterr().out == "r/report.html\nr/report.md\n"
    assert content(desk / "r") == before


def test_names_are_shown_where_asked_for_and_letters_else(desk):
    assert run("r", "--names", "--out", "named") == 0
    assert b"Ann@X.Example" in (desk / "named/report.html").read_bytes()
    assert b"Ann@X.Example" not in (desk / "r/report.html").read_bytes()
    manifest = desk / "r/manifest.json"
    manifest.write_text(manifest.read_text().replace('"names": false', '"names": true'))
    assert run("r", "--out", "as_audited") == 0
    assert content(desk / "as_audited") == content(desk / "named")
    assert run("r", "--no-names", "--out", "letters") == 0
    assert content(desk / "letters") == {n: (desk / "r" / n).read_bytes() for n in PAGES}


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--format", "md"], ["r/report.md"]),
        (["--out", "wiki/page.md"], ["wiki/page.md"]),
        (["--out", "PAGE.HTML"], ["PAGE.HTML"]),
        (["--out", "new", "--format", "html"], ["new/report.html"]),
    ],
)
def test_one_page_alone(desk, capsys, options, files):
    assert run("r", *options) == 0
    assert capsys.readouterr().out.split() == files
    kind = "report.md" if files[0].lower().endswith("md") else "report.html"
    assert (desk / files[0]).read_bytes() == (desk / "r" / kind).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "is no audit"),
        (["."], "is no audit (it has no audit.json)"),
        (["r", "--out", "x.md", "--format", "html"], "--out x.md: is no file for --format html"),
        (["r", "--out", "taken"], "taken/report.md: is a directory"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(desk, capsys, arguments, said):
    (desk / "taken/report.md").mkdir(parents=True)
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert {path.name for path in Path().iterdir()} == {"r", "taken"}
    assert not (desk / "taken/report.html").exists()


def test_files_that_do_not_fit_together_are_one_line(desk, capsys):
    path = desk / "r/audit.json"
    path.write_text(path.read_text().replace('"krippendorff_alpha"', '"no_such_metric"'))
    assert run("r") in (0, 2)
    assert capsys.readouterr().err.count("\n") <= 1
