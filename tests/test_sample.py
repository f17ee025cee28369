"""The audit of the sample round finds what was planted in it, and reads its own output back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import labelq
from labelq.cli.demo import sample_folder

SAMPLE = Path(__file__).parent.parent / "sample_data/support_triage"
PLANTED = json.loads((SAMPLE / "planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found() -> labelq.Audit:
    files = sample_folder()
    round_ = labelq.read(files["round_1.json"], label_config=files["label_config.xml"])
    text = files["support_triage.md"].read_text(encoding="utf-8")
    return labelq.audit(round_, guideline=("support_triage.md", text), resamples=200)


def tasks(found: labelq.Audit, units: Any) -> set[str]:
    return {found.round.units.ids[unit] for unit in units}


def test_the_two_gaps_are_the_two_top_clusters(found: labelq.Audit) -> None:
    gaps = {
        kind: {str(task) for task in PLANTED["round_1"]["kinds"][kind]["tasks"]}
        for kind in PLANTED["gaps"]
    }
    matched = set()
    for cluster in found.clusters[:2]:
        assert (cluster.question, cluster.cause.kind) == ("category", "gap")
        assert not cluster.remainder
        units = tasks(found, cluster.units)
        kind, share = max(
            ((kind, len(units & planted) / len(units)) for kind, planted in gaps.items()),
            key=lambda pair: pair[1],
        )
        assert share >= 0.8
        matched.add(kind)
    assert matched == set(gaps)


def test_the_annotators_are_found_and_nobody_else(found: labelq.Audit) -> None:
    ids = {rater["id"]: rater["email"] for rater in PLANTED["raters"]}
    flagged = {
        (found.round.raters[report.rater].id, flag.kind)
        for report in found.raters
        for flag in report.flags
        if report.question == "category"
    }
    habit = ids[PLANTED["habit"]["rater"]]
    fast = ids[PLANTED["fast_rater"]]
    assert flagged == {(habit, "habit"), (fast, "fast"), (fast, "differs")}


def test_what_is_set_aside_is_told(found: labelq.Audit) -> None:
    aside = {(entry.reason, entry.question): entry for entry in found.round.intake.aside}
    renamed = aside["unknown_label", "category"]
    assert renamed.detail.startswith(PLANTED["renamed"]["from"] + ": 5 annotators, 9 March 2026")
    assert found.round.intake.n_edited == 5
    assert found.round.intake.n_prelabeled == 8


def test_each_gap_gets_a_rule_and_the_author_keeps_every_byte(found: labelq.Audit) -> None:
    original = sample_folder()["support_triage.md"].read_text(encoding="utf-8")
    assert found.draft.original == original
    added = [line[1:] for line in found.draft.diff.splitlines()[2:] if line.startswith("+")]
    kept = [line for line in found.draft.diff.splitlines()[2:] if line.startswith("-")]
    assert not kept
    assert len(found.draft.text.splitlines()) == len(original.splitlines()) + len(added)
    assert {rule.cluster for rule in found.draft.rules} >= {c.id for c in found.clusters[:2]}


def test_auditing_ratings_csv_again_gives_the_same_numbers(
    found: labelq.Audit, tmp_path: Path
) -> None:
    from labelq.report.directory import write_audit

    write_audit(found, tmp_path / "audit", manifest={"schema": "labelq/manifest/1"})
    again = labelq.read(tmp_path / "audit/ratings.csv")
    assert again == found.round
    assert again.questions == found.round.questions
    twice = labelq.audit(again, resamples=200)
    assert twice.agreements == found.agreements
    assert [c.units for c in twice.clusters] == [c.units for c in found.clusters]


def test_the_simulation_writes_the_committed_bytes(tmp_path: Path) -> None:
    for file in SAMPLE.iterdir():
        if file.suffix in (".py", ".xml") or file.name == "tickets.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    subprocess.run(
        [sys.executable, "-W", "error", str(tmp_path / "simulate.py")],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    for name in ("round_1.json", "round_2.json", "planted.json"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name
