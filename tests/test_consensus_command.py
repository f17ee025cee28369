"""``labelq consensus``: files that a training set is made from, and how it refuses."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from labelq.cli import consensus as command
from labelq.cli import main
from labelq.cli.demo import sample_folder
from labelq.measure.consensus.methods import METHODS


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return stopped.value.code


def table(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def export(here):
    sample = sample_folder()
    (here / "export.json").write_bytes(sample["round_1.json"].read_bytes())
    (here / "label_config.xml").write_bytes(sample["label_config.xml"].read_bytes())
    return "export.json"


def write(rows, name="ratings.csv", header=("unit", "rater", "value")):
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return name


def test_the_methods_are_those_that_there_are():
    assert METHODS == command.METHODS
    assert set(command.TITLES) == set(METHODS)


def test_a_table_of_labels_with_probabilities(export, capsys):
    assert run("consensus", export, "--soft", "--raters", "raters.csv") == 0
    out = capsys.readouterr().out
    assert "category: 255 tasks; Dawid-Skene (730 answers" in out
    assert "iterations; mean probability 0." in out
    assert "19 gold tasks are too few to check it" in out
    assert out.endswith("791 rows: labels.csv\nannotators, with names: raters.csv\n")
    rows = table("labels.csv")
    assert len(rows) == 791
    category = [row for row in rows if row["question"] == "category"]
    columns = [name for name in category[0] if name.startswith("p:category:")]
    assert len(columns) == 8
    for row in category[:20]:
        shares = [float(row[name]) for name in columns]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert float(row["probability"]) == max(shares)
        assert row[f"p:category:{row['label']}"] == row["probability"]
        assert row["p:urgency:1"] == ""
    people = table("raters.csv")
    assert {row["question"] for row in people} == {"category", "urgency", "topics"}
    assert all(0 < float(row["accuracy"]) <= 1 for row in people)


def test_what_was_set_aside_is_said_beside_the_output(export, capsys):
    said = "Note: 69 answers set aside: label not in the config (Refunds)."
    assert run("consensus", export) == 0
    assert said in capsys.readouterr().err
    commands = (
        ("agreement", export, "--format", "json"),
        ("explain", "raw_agreement", export, "--question", "category", "--format", "json"),
        ("plan", export, "--format", "json"),
    )
    for command_ in commands:
        assert run(*command_) == 0
        out, err = capsys.readouterr()
        assert said in err
        json.loads(out)


def test_where_the_matrices_lose_a_label_the_means_speak_and_say_so(export, capsys):
    assert run("consensus", export, "--question", "urgency") == 0
    out = capsys.readouterr().out
    assert "weighted mean (789 answers, and matrices need 125; Dawid-Skene overruled 8 of 50" in out
    assert "and gave 5 to no task)" in out
    assert "overrules" not in out
    asked = ("--question", "urgency", "--method", "dawid_skene", "--replace")
    assert run("consensus", export, *asked) == 0
    out = capsys.readouterr().out
    assert "overrules 8 of 50 tasks on which all annotators gave the same answer" in out
    assert "gives 5 to no task, though annotators did" in out


@pytest.mark.parametrize(("wrong", "said"), [(12, "surer than right"), (0, "100 %")])
def test_gold_says_how_many_labels_are_right(here, capsys, wrong, said):
    rows = [
        (f"t{i:02}", r, "xy"[i % 2], "xy"[(i + (i < wrong)) % 2]) for i in range(40) for r in "abc"
    ]
    source = write(rows, header=("unit", "rater", "value", "gold"))
    assert run("consensus", source) == 0
    first = capsys.readouterr().out
    assert first.startswith("value: 40 tasks; right on ")
    assert said in first
    assert run("consensus", source, "--clamp-gold", "--replace") == 0
    assert "gold tasks" not in capsys.readouterr().out


def test_soft_says_what_it_cannot_add(here, capsys):
    numbers_ = write([(f"t{i:02}", r, i + (r == "b")) for i in range(30) for r in "ab"])
    assert run("consensus", numbers_, "--level", "interval", "--soft") == 0
    assert "value: --soft adds nothing; how sure a mean is stands in the column sd" in (
        capsys.readouterr().out
    )
    assert run("audit", numbers_, "--level", "interval", "--out", "audit") == 0
    assert all(float(row["sd"]) > 0 for row in table("audit/labels.csv"))


def test_json_lines_hold_values_as_they_are(export):
    assert run("consensus", export, "--soft", "--out", "out/labels.jsonl") == 0
    rows = [json.loads(line) for line in Path("out/labels.jsonl").read_text().splitlines()]
    assert list(rows[0]) == [
        "unit", "text", "question", "label", "probability", "sd", "source", "method", "n_votes",
        "n_queue_votes", "probabilities",
    ]  # fmt: skip
    topics = [row for row in rows if row["question"] == "topics"]
    assert all(isinstance(row["label"], list) for row in topics)
    assert all(
        (row["probabilities"][tick] > 0.5) == (tick in row["label"])
        for row in topics
        for tick in row["probabilities"]
        if row["probabilities"][tick] != 0.5
    )


def test_it_is_the_audits_consensus(export):
    assert run("consensus", export) == 0
    assert run("audit", export, "--out", "audit", "--resamples", "100") == 0
    ours, audits = table("labels.csv"), table("audit/labels.csv")
    assert len(ours) == len(audits)
    for mine, other in zip(ours, audits, strict=True):
        assert {name: mine[name] for name in other} == other


def test_gold_is_certain_only_when_it_is_clamped(here):
    rows = [
        (
            f"t{i:02}",
            r,
            "xy"[i % 2] if r == "a" else "xy"[i % 4 // 2],
            "xy"[i % 2] if i < 30 else "",
        )
        for i in range(40)
        for r in "abc"
    ]
    source = write(rows, header=("unit", "rater", "value", "gold"))
    assert run("consensus", source, "--out", "free.csv") == 0
    assert {row["source"] for row in table("free.csv")} == {"consensus"}
    assert run("consensus", source, "--clamp-gold", "--out", "clamped.csv") == 0
    clamped = table("clamped.csv")
    assert [row["source"] for row in clamped] == ["gold"] * 30 + ["consensus"] * 10
    assert [row["label"] for row in clamped] == ["xy"[i % 2] for i in range(40)]
    assert all(row["probability"] == "1.0" for row in clamped[:30])


def test_a_question_and_a_method(export, capsys):
    assert run("consensus", export, "--question", "urgency", "--method", "majority") == 0
    out = capsys.readouterr().out
    assert "urgency: 268 tasks; majority (as asked); mean share of votes" in out
    assert "decided by the order of labels" in out
    assert {row["method"] for row in table("labels.csv")} == {"majority"}
    assert run("consensus", export, "--question", "mood", "--replace") == 2
    assert "no question 'mood'; known: category, urgency, topics" in capsys.readouterr().err
    assert run("consensus", export, "--method", "median", "--replace") == 2
    assert "category is nominal" in capsys.readouterr().err


def test_numbers(here, capsys):
    rows = [(f"t{i:02}", r, i + {"a": 1, "b": -1, "c": 0}[r]) for i in range(40) for r in "abc"]
    source = write(rows)
    given = ("consensus", source, "--level", "interval", "--soft", "--raters", "raters.csv")
    assert run(*given) == 0
    assert "weighted mean (40 tasks have two or more answers)" in capsys.readouterr().out
    labels = table("labels.csv")
    assert float(labels[7]["label"]) == pytest.approx(7, abs=0.05)
    assert float(labels[7]["sd"]) < 1
    assert labels[7]["probability"] == ""
    bias = [float(row["bias"]) for row in table("raters.csv")]
    assert bias == pytest.approx([1, -1, 0], abs=0.05)


def test_nothing_is_overwritten_by_accident(export, capsys):
    Path("labels.csv").write_text("mine")
    assert run("consensus", export) == 2
    assert "labels.csv: is there already; --replace replaces it" in capsys.readouterr().err
    assert Path("labels.csv").read_text() == "mine"
    assert run("consensus", export, "--replace") == 0
    assert run("consensus", export, "--out", ".", "--replace") == 2
    assert "is a directory" in capsys.readouterr().err
    assert run("consensus", export, "--out", "x.csv", "--raters", "x.csv") == 2
    assert "same file" in capsys.readouterr().err
    assert sorted(p.name for p in Path.cwd().iterdir()) == [
        "export.json", "label_config.xml", "labels.csv"
    ]  # fmt: skip


HOSTILE = ['=cmd|"/c calc"!A0', "\x1b[31mred", 'a,b\n"c"', "</script><b>", "\u202etxt", "p:x", "-3"]


def test_hostile_texts(here, capsys):
    rows = [(f"{HOSTILE[i % 7]}{i}", r, HOSTILE[(i + (r == "c")) % 3]) for i in range(30)
            for r in "abc"]  # fmt: skip
    source = write(rows)
    assert run("consensus", source, "--soft") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "would be formulas in a spreadsheet" in out
    for row in table("labels.csv"):
        assert not any(cell.startswith("=") for cell in row.values())
    assert run("consensus", source, "--soft", "--out", "labels.jsonl") == 0
    lines = [json.loads(line) for line in Path("labels.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert {line["unit"] for line in lines} == {row[0] for row in rows}
    assert {line["label"] for line in lines} <= set(HOSTILE[:3])


def test_too_many_labels_for_columns(here, capsys):
    rows = [(f"t{i:04}", r, f"label {i:04}") for i in range(1001) for r in "ab"]
    source = write(rows)
    assert run("consensus", source, "--soft") == 2
    assert "--format jsonl" in capsys.readouterr().err
    assert run("consensus", source, "--soft", "--format", "jsonl", "--out", "l.txt") == 0
    assert len(json.loads(Path("l.txt").read_text().splitlines()[0])["probabilities"]) == 1001


def test_what_is_no_ordinary_file_or_is_read_is_never_replaced(here, capfd):
    source = here / "ratings.csv"
    source.write_text("unit,rater,value\n1,a,x\n1,b,x\n2,a,y\n2,b,x\n")
    before = source.read_bytes()
    os.mkfifo(here / "pipe")
    (here / "target.csv").write_text("old")
    (here / "link.csv").symlink_to(here / "target.csv")
    for out, said in (("pipe", "no ordinary file"), ("ratings.csv", "source"), ("-", "no file")):
        assert run("consensus", "ratings.csv", "--out", out, "--replace") == 2
        assert said in capfd.readouterr().err
    assert source.read_bytes() == before
    assert run("consensus", "ratings.csv", "--out", "link.csv", "--replace") == 0
    assert (here / "link.csv").is_symlink()
    assert table(here / "target.csv")
