"""``labelq adjudicate``: from a table to the labels of the next audit, or nothing at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from labelq.auditing import audit
from labelq.cli import main
from labelq.cli.demo import sample_folder
from labelq.reading import read, read_audit
from labelq.report.directory import write_audit


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """An audit of the sample round, beside what it was made from."""
    folder = tmp_path_factory.mktemp("desk")
    sample = sample_folder()
    for name in ("round_1.json", "label_config.xml"):
        (folder / name).write_bytes(sample[name].read_bytes())
    (folder / "guideline.md").write_bytes(sample["support_triage.md"].read_bytes())
    found = audit(read(folder / "round_1.json"), resamples=0, cross_check=False)
    write_audit(found, folder / "audit", manifest={"inputs": {}, "options": {}})
    return folder


@pytest.fixture
def here(desk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in desk.iterdir():
        (tmp_path / file.name).symlink_to(file)
    return tmp_path


@pytest.fixture
def adjudicate(here, capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main(["adjudicate", "audit", *map(str, arguments)])
        said = capsys.readouterr()
        return stopped.value.code or 0, said.out, said.err

    return run


def table(rows, name="decided.csv", header=("task", "question", "label")):
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return name


def kept(name="adjudicated.csv"):
    return list(csv.DictReader(Path(name).read_text("utf-8-sig").splitlines()))


def cluster(n=0):
    """A cluster of the audit that leans to a label, and another label."""
    earlier = read_audit("audit")
    leaning = [c for c in earlier.clusters if c.question == "category" and c.consensus]
    found = leaning[n]
    (other,) = [label for label in found.labels if label != found.consensus]
    return [earlier.round.units.ids[unit] for unit in found.units], found, other


def test_what_was_decided_is_kept_and_counts_in_the_next_audit(here, adjudicate):
    units, found, other = cluster()
    rows = [(unit, "category", other) for unit in units[:4]]
    rows.append((units[4], "category", found.consensus))
    code, out, err = adjudicate(table(rows), "--by", "Mia", "--guideline", "guideline.md")
    assert (code, err) == (0, "")
    assert out.startswith("5 tasks decided, 5 labels\n")
    assert (
        f"cluster {found.id} (category: {' / '.join(found.labels)},"
        f" “{', '.join(found.words[:3])}”): leans to {found.consensus}; of 5 decided tasks"
        f" in it 4 say {other}, 1 says {found.consensus}\n"
    ) in out
    assert "@" not in out  # annotators are letters
    assert "kept in adjudicated.csv" in out
    assert [(r["task"], r["label"], r["who"]) for r in kept()] == [
        (unit, label, "Mia") for unit, _, label in rows
    ]

    with_them = read("round_1.json", adjudicated="adjudicated.csv")
    assert with_them == read("round_1.json")
    assert len(with_them.adjudicated["category"]) == 5
    estimate = ["consensus", "round_1.json", "--question", "category", "--out", "labels.csv"]
    with pytest.raises(SystemExit) as ended:
        main(estimate)
    assert ended.value.code == 0
    assert not [r for r in kept("labels.csv") if r["source"] != "consensus"]

    Path("labelq.toml").write_text('guideline = "guideline.md"\n', "utf-8")
    with pytest.raises(SystemExit) as ended:
        main([*estimate, "--replace"])
    assert ended.value.code == 0
    labels = {r["unit"]: r for r in kept("labels.csv")}
    assert {(u, labels[u]["label"], labels[u]["source"]) for u, _, _ in rows} == {
        (unit, label, "adjudicated") for unit, _, label in rows
    }
    assert sum(r["source"] == "adjudicated" for r in labels.values()) == 5


def test_again_changes_nothing_and_a_change_of_mind_is_a_row(here, adjudicate):
    units, found, other = cluster()
    adjudicate(table([(units[0], "category", other)]), "--by", "Mia")
    before = Path("adjudicated.csv").read_bytes()
    code, out, _ = adjudicate("decided.csv", "--by", "Mia")
    assert (code, Path("adjudicated.csv").read_bytes()) == (0, before)
    assert "(0 labels new)" in out
    assert "nothing new for adjudicated.csv" in out
    adjudicate(table([(units[0], "category", found.consensus)]), "--by", "Jo")
    assert Path("adjudicated.csv").read_bytes().startswith(before)
    assert [row["who"] for row in kept()] == ["Mia", "Jo"]
    unit = read("round_1.json").units.ids.index(units[0])
    decided = read("round_1.json", adjudicated="adjudicated.csv").adjudicated
    assert decided == {"category": {unit: found.consensus}}
    Path("adjudicated.csv").write_text("task,question,label,who,when,source,content\n", "utf-8")
    assert not read("round_1.json", adjudicated="adjudicated.csv").adjudicated


def test_nothing_is_written_if_a_row_is_wrong(here, adjudicate):
    units, _, other = cluster()
    rows = [
        (units[0], "category", other),
        ("x\x1b[31m", "category", other),
        (units[1], "", "Refnd"),
    ]
    code, out, err = adjudicate(table(rows), "--by", "Mia")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert "row 3 (task x\\x1b[31m): the round has no task" in lines[0]
    assert lines[1].startswith(f"labelq: row 4 (task {units[1]}): which question?")
    assert "decided.csv: 2 rows are no decision about audit; nothing was written" in lines[2]
    assert not Path("adjudicated.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "decided where?"),
        (["decided.csv", "--project", "3"], "either FILE or --project"),
        (["decided.csv", "--ground-truth"], "leave FILE out"),
        (["decided.csv"], "who decided? --by NAME"),
        (["--ground-truth"], "who decided? --by NAME"),
        (["audit/labels.csv", "--by", "Mia"], "which nobody decided"),
        (["missing.csv", "--by", "Mia"], "cannot be read"),
        (["decided.csv", "--by", "Mia", "--file", "audit/adjudicated.csv"], "inside an audit"),
        (["decided.csv", "--by", "Mia", "--file", "other.csv"], "its columns are not task, "),
    ],
)
def test_what_cannot_be_done_is_one_line(here, adjudicate, arguments, said):
    units, _, other = cluster()
    table([(units[0], "category", other)])
    table([(units[0], other)], "other.csv", header=("unit", "label"))
    if said.startswith("its columns"):
        table([(units[0], "category", other)], "other.csv")
    code, _, err = adjudicate(*arguments)
    assert code == 2
    assert said in err.splitlines()[-1]
    assert not Path("adjudicated.csv").exists()


def test_ground_truth_decides(here, adjudicate):
    code, out, _ = adjudicate("--ground-truth", "--by", "Mia", "--dry-run")
    assert code == 0
    assert out.startswith("20 tasks decided, 60 labels\n")
    assert "category: 17 of 19 agree with the consensus so far" in out
    assert not Path("adjudicated.csv").exists()
    adjudicate("--ground-truth", "--by", "=cmd|'/c calc'!A1", "--file", "kept/truth.csv")
    assert len(kept("kept/truth.csv")) == 60
    assert {row["who"] for row in kept("kept/truth.csv")} == {"'=cmd|'/c calc'!A1"}


def test_newer_labels_come_from_the_config(here, adjudicate):
    units, _, _ = cluster()
    config = Path("label_config.xml").read_text("utf-8")
    newer = config.replace(
        '<Choice value="Billing"', '<Choice value="Fees"/><Choice value="Billing"'
    )
    assert newer != config
    Path("newer.xml").write_text(newer, "utf-8")
    table([(units[0], "category", "Fees")])
    code, _, err = adjudicate("decided.csv", "--by", "Mia")
    assert code == 2
    assert "'Fees' is no answer to category" in err
    code, _, err = adjudicate("decided.csv", "--by", "Mia", "--label-config", "newer.xml")
    assert (code, err) == (0, "")
    assert read("round_1.json", adjudicated="adjudicated.csv").adjudicated == {}
    new = read("round_1.json", adjudicated="adjudicated.csv", label_config="newer.xml")
    assert list(new.adjudicated["category"].values()) == ["Fees"]


def test_an_audit_says_what_it_was_made_with(here, adjudicate, capsys):
    units, _, other = cluster()
    adjudicate(table([(units[0], "category", other)]), "--by", "Mia")
    told = ["audit", "round_1.json", "--guideline", "guideline.md", "--out", "new"]
    told += ["--resamples", "0", "--no-cross-check"]
    with pytest.raises(SystemExit):
        main(told)
    manifest = json.loads(Path("new/manifest.json").read_text("utf-8"))
    assert manifest["inputs"]["adjudicated"]["name"] == "adjudicated.csv"
    said = " ".join(capsys.readouterr().out.split())
    assert "adjudicated.csv: 1 decided label of it is about this round." in said
    again = read(Path("new/ratings.csv"))
    assert list(again.adjudicated["category"].values()) == [other]


def test_it_is_compared_with_what_the_meeting_decided(here, adjudicate):
    units, found, other = cluster()
    rows = table([(units[0], "category", found.consensus), (units[1], "category", other)])
    options = ("--by", "Mia", "--guideline", "guideline.md")
    _, out, _ = adjudicate(rows, *options, "--dry-run")
    assert "the decision" not in out
    with pytest.raises(SystemExit):
        main(["decide", "audit", found.id, "--label", other, "--when", "2026-03-20"])
    code, out, err = adjudicate(rows, *options)
    name = Path("decisions.yaml").read_text("utf-8").partition("- id: ")[2].partition("\n")[0]
    assert (code, err) == (0, "")
    assert f": decided on 2026-03-20: {other} ({name}); of 2 decided tasks in it" in out
    assert f"  {units[0]} says {found.consensus}, the decision {name} says {other}\n" in out
    assert f"  {units[1]} says" not in out
    assert out.endswith("Next, what the decisions release: labelq apply audit --dry-run\n")
    Path("decisions.yaml").write_text("version: 1\noops: 2\n", "utf-8")
    code, out, err = adjudicate(rows, *options)
    assert code == 0
    assert "labelq: not compared with the decisions: decisions.yaml, line 2" in err
    assert "Next, audit again with it: labelq audit … --guideline guideline.md\n" in out
