import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from labelq.report.directory import QUEUE_COLUMNS, queue_csv, write_audit
from labelq.report.document import audit_document
from labelq.report.steps import ONWARD, Onward

FILES = {
    "report.html",
    "report.md",
    "audit.json",
    "ratings.csv",
    "labels.csv",
    "disagreements.csv",
    "queue.json",
    "queue.csv",
    "guideline.md",
    "guideline_draft.md",
    "guideline.diff",
    "guideline_changes.md",
    "rules.html",
    "private/annotators.html",
    "manifest.json",
}


@pytest.fixture
def framed(audit, monkeypatch):
    """The audit, with a long table that does not depend on how rounds become tables."""
    frame = pd.DataFrame(
        {"unit": ["1", "2"], "value": ["=1+1", 'a,"b"\nc'], "seconds": [0.1 + 0.2, np.nan]}
    )
    monkeypatch.setattr(type(audit.round), "to_frame", lambda self: frame)
    return audit


def test_everything_is_there_and_exact(framed, tmp_path):
    target = tmp_path / "audits" / "x"
    write_audit(framed, target, manifest={"seed": 0})
    found = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    assert found == FILES
    assert json.loads((target / "audit.json").read_bytes()) == audit_document(framed)
    assert json.loads((target / "queue.json").read_bytes()) == list(framed.tasks)
    made = {
        "names": False,
        "text": True,
        "onward": {"audit": ONWARD.audit, "server": False, "again": "", "directory": ""},
    }
    assert json.loads((target / "manifest.json").read_bytes()) == {"seed": 0, "report": made}
    assert (target / "guideline_draft.md").read_bytes() == framed.draft.text.encode()
    table = pd.read_csv(target / "ratings.csv", dtype={"unit": str})
    pd.testing.assert_frame_equal(table, framed.round.to_frame())


def test_the_same_bytes_twice(framed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    write_audit(framed, Path("x"), manifest={})
    first = {name: Path("x", name).read_bytes() for name in FILES}
    write_audit(framed, Path("x"), manifest={}, replace=True)
    assert {name: Path("x", name).read_bytes() for name in FILES} == first


def without_tags(page):
    return re.sub("<[^>]*>", "", page)


def test_the_next_command_stands_in_the_report(framed, tmp_path):
    write_audit(framed, tmp_path / "x", manifest={}, onward=Onward("labelq audit next.csv"))
    for name in ("report.html", "report.md"):
        assert "labelq audit next.csv" in without_tags((tmp_path / "x" / name).read_text("utf-8"))


def test_the_reports_name_no_folder_of_whoever_made_them(framed, tmp_path):
    target = tmp_path / "x"
    write_audit(framed, target, manifest={})
    for name in ("report.html", "report.md"):
        shown = (target / name).read_text("utf-8")
        assert str(tmp_path) not in shown
        assert "labelq queue push ." in without_tags(shown)
    write_audit(framed, tmp_path / "y", manifest={}, onward=Onward(directory="audits/y"))
    for name in ("report.html", "report.md"):
        shown = without_tags((tmp_path / "y" / name).read_text("utf-8"))
        assert "labelq queue push audits/y" in shown
        assert "is the directory of this audit" not in shown


def test_names_stand_in_data_and_private_files_only(framed, tmp_path):
    target = tmp_path / "x"
    write_audit(framed, target, manifest={})
    for name in ("report.html", "report.md", "rules.html", "guideline.diff", "queue.csv"):
        shown = (target / name).read_text("utf-8")
        assert "@mail.example" not in shown
        assert "Okafor" not in shown
    assert "Okafor" in (target / "private" / "annotators.html").read_text("utf-8")


def test_the_queue_is_safe_in_a_spreadsheet(audit):
    units = audit.round.units
    ids = ("=1+1", *units.ids[1:])
    source = replace(audit.round, units=replace(units, ids=ids))
    rows = list(csv.reader(io.StringIO(queue_csv(replace(audit, round=source)))))
    assert rows[0] == list(QUEUE_COLUMNS)
    assert len(rows) == 1 + len(audit.queue)
    for row in rows[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)
    assert max(len(row[-1]) for row in rows) < 32_768
