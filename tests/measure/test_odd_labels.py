"""Labels are texts, whatever they look like: from the table to the page, none is lost or merged."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import labelq
from labelq.cli import main
from labelq.report.terminal import agreement_csv, agreement_json, print_agreements

LONG = "lång " * 2_000  # 10,000 characters

SETS = {
    "hash alike in some languages": ["Aa", "BB"],
    "read alike as numbers": ["1", "01", "1.0", "1e0"],
    "numbers": ["0", "-3", "2.5", "1e3"],
    "nothing and spaces": ["", " ", "x"],
    "emoji": ["👍", "👍🏽", "👩‍👩‍👧", "🇩🇪"],
    "long": [LONG, LONG[:-1] + "x", "short"],
    "looks like code": ["=1+1", "<script>alert(1)</script>", "[bold]x[/bold]", "nan", "None"],
}


def rows(labels: list[str]) -> list[tuple[str, str, str]]:
    """40 tasks, three annotators; the third differs on every fourth."""
    n = len(labels)
    return [
        (str(u), r, labels[(u + (r == "c" and u % 4 == 0)) % n]) for u in range(40) for r in "abc"
    ]


@pytest.fixture(params=SETS, ids=lambda name: name.replace(" ", "_"))
def table(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[str]]:
    labels = SETS[request.param]
    path = tmp_path / "ratings.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["unit", "rater", "value"])
        writer.writerows(rows(labels))
    return path, labels


def test_every_label_is_itself(
    table: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    path, labels = table
    round_ = labelq.read(path)
    question = round_.questions[0]
    kept = [label for label in labels if label]  # an empty cell of a table is no rating
    if "" in labels:
        assert round_.intake.aside
    else:
        assert sorted(question.labels) == sorted(kept)
    found = labelq.agreement(question, round_.ratings[question.name], round_.raters, resamples=100)
    raw = {row.label for row in found if row.metric == "raw_agreement"}
    assert raw == {None, *kept}
    # Plain letters in their place measure the same: nothing hangs on what a label looks like.
    if "" not in labels:
        plain = "pqrst"
        twin = {label: plain[i] for i, label in enumerate(sorted(labels))}
        other = path.with_name("plain.csv")
        lines = [f"{u},{r},{twin[v]}" for u, r, v in rows(labels)]
        other.write_text("\n".join(["unit,rater,value", *lines]), encoding="utf-8")
        again = labelq.read(other)
        same = labelq.agreement(
            again.questions[0], again.ratings["value"], again.raters, resamples=0
        )
        values = {(r.metric, r.raters, twin.get(r.label or "")): r.value for r in found}
        expected = {(r.metric, r.raters, r.label): r.value for r in same}
        assert values.keys() == expected.keys()
        for key, value in expected.items():
            assert values[key] == pytest.approx(value, abs=1e-12), key
    assert {row["label"] for row in json.loads(agreement_json(found))} == {None, *kept}
    assert len(list(csv.DictReader(io.StringIO(agreement_csv(found))))) == len(found)
    print_agreements(found, round_.raters, labels=True)
    assert "<script>" in capsys.readouterr().out or "<script>alert(1)</script>" not in labels


def test_all_of_them_at_once_reach_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = sorted({label for some in SETS.values() for label in some if label})
    path = tmp_path / "ratings.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["unit", "rater", "value"])
        writer.writerows(rows(labels))
    with pytest.raises(SystemExit) as stopped:
        main(["audit", str(path), "--out", str(tmp_path / "out"), "--resamples", "100"])
    assert stopped.value.code == 0, capsys.readouterr().err
    document = json.loads((tmp_path / "out" / "audit.json").read_text(encoding="utf-8"))
    assert sorted(document["questions"][0]["labels"]) == labels
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "👩‍👩‍👧" in page
