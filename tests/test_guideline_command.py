"""``labelq guideline draft``, as a labeling lead runs it."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from labelq.cli import main
from labelq.cli.demo import sample_folder

OUT = ["guideline.diff", "guideline_changes.md", "guideline_draft.md"]


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    sample = sample_folder()
    out = tmp_path_factory.mktemp("audits") / "round_1"
    options = ["--resamples", "0", "--no-cross-check", "--out", str(out)]
    with pytest.raises(SystemExit) as stopped:
        main(["audit", str(sample["round_1.json"]), "--guideline",
              str(sample["support_triage.md"]), *options])  # fmt: skip
    assert stopped.value.code == 0
    return out


@pytest.fixture
def desk(audit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(sample_folder()["support_triage.md"], "guideline.md")
    return tmp_path


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["guideline", "draft", *map(str, arguments)])
    return stopped.value.code


DECISIONS = """\
version: 1
decisions:
  - id: gift-cards
    question: category
    labels: [Refund, Billing]
    outcome: label
    label: Billing
    rule: Gift cards are Billing.
    scope: {words: [gift card, gift cards]}
    who: [Ana]
    evidence: {round: round_1, cluster: category-2, words: [gift, card], tasks: 8, share: 0.1}
"""


def test_the_same_draft_as_the_audits_but_for_the_date(audit, desk, capsys):
    assert run(audit) == 0
    said = capsys.readouterr().out
    assert "No decisions yet (decisions.yaml).\n2 rules proposed. Version 2." in said
    assert said.endswith(f"Next: labelq decide {audit.as_posix()}\n")
    assert sorted(p.name for p in desk.iterdir()) == sorted([*OUT, "guideline.md"])
    draft = (desk / "guideline_draft.md").read_text("utf-8")
    lines = draft.splitlines(keepends=True)
    dated = [line for line in lines if line.startswith("  date: ")]
    assert len(dated) == 1
    assert draft.replace(dated[0], "") == (audit / "guideline_draft.md").read_text("utf-8")
    assert "*Counter-example, clearly Damaged item:* “No instructions in the box" in draft


def test_the_audit_knows_the_guideline(audit):
    document = json.loads((audit / "audit.json").read_bytes())
    manifest = json.loads((audit / "manifest.json").read_bytes())
    used = document["guideline"]
    assert (used["name"], used["version"], used["edited"]) == ("support_triage.md", None, False)
    assert manifest["guideline"] == used
    told = document["guideline_draft"]
    assert (told["name"], told["version"], told["undecided"]) == ("support_triage.md", 2, 0)
    assert "proposed" in {change["kind"] for change in told["changes"]}
    assert "support_triage.md" in (audit / "guideline_changes.md").read_text("utf-8").replace(
        "\\", ""
    )


def test_decisions_beside_the_guideline_stand_in_it(audit, desk, capsys):
    (desk / "decisions.yaml").write_text(DECISIONS)
    before = (desk / "guideline.md").read_bytes()
    assert run(audit, "--guideline", "guideline.md", "--out", "drafts") == 0
    said = capsys.readouterr().out
    assert "1 decision in decisions.yaml.\n1 rule proposed; 1 change decided. Version 2." in said
    again = "--guideline guideline.md --dry-run\n"
    assert said.endswith(f"Next: labelq apply {audit.as_posix()} {again}")
    draft = (desk / "drafts" / "guideline_draft.md").read_text("utf-8")
    assert "\nGift cards are Billing.\n" in draft
    assert "by Ana (gift-cards)" in draft
    assert (desk / "guideline.md").read_bytes() == before
    assert run(audit, "--guideline", "guideline.md", "--in-place") == 0
    assert (desk / "guideline.md").read_text("utf-8") == draft
    assert run(audit, "--guideline", "guideline.md", "--replace") == 0
    assert "Nothing changes." in capsys.readouterr().out


@pytest.mark.parametrize("folder", [".", "guidelines", "docs", "beside"])
def test_decisions_are_found_where_decide_keeps_them(audit, desk, folder, capsys):
    beside = audit.parent if folder == "beside" else desk / folder
    beside.mkdir(exist_ok=True)
    kept = [beside / "support_triage.md", beside / "decisions.yaml"]
    shutil.copy(sample_folder()["support_triage.md"], kept[0])
    try:
        kept[1].write_text(DECISIONS)
        assert run(audit) == 0
        kept[1].write_text("decisions: [")
        assert run(audit, "--replace") == 2
    finally:
        for path in kept:
            path.unlink()
    said = capsys.readouterr()
    assert "1 change decided" in said.out
    assert "1 decision in " in said.out
    assert said.err.count("\n") == 1
    assert "Gift cards are Billing." in (desk / "guideline_draft.md").read_text("utf-8")


@pytest.mark.parametrize("suffix", ["docx", "html"])
def test_documents_are_converted_and_it_says_so(audit, desk, suffix, monkeypatch):
    html = b"<h1>Guide</h1><h2>Billing</h2><p>Money <b>taken</b></p>"
    path = desk / f"guide.{suffix}"
    path.write_bytes(html)
    if suffix == "docx":
        monkeypatch.setattr("labelq.documents._docx_html", lambda _: html)
    assert run(audit, "--guideline", path) == 0
    draft = (desk / "guideline_draft.md").read_text("utf-8")
    assert "## Billing\n\nMoney **taken**" in draft
    assert "converted to Markdown" in (desk / "guideline_changes.md").read_text("utf-8")
    assert path.read_bytes() == html
    assert run(audit, "--guideline", path, "--in-place", "--replace") == 2


def test_an_unclear_section_is_asked_for(audit, desk, monkeypatch, capsys):
    (desk / "g.md").write_text("# Guide\n\n## Money\n\nm\n\n## Parcels\n\np\n")

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("2\n0\n"))
    monkeypatch.setattr("labelq.remedy.guideline.rules.AT_MOST", 6)
    assert run(audit, "--guideline", "g.md") == 0
    said = capsys.readouterr().out
    assert "Where does the rule about Shipping or Damaged item belong?" in said
    assert 'Shipping = "Money"' in said.replace('"Shipping"', "Shipping")
    draft = (desk / "guideline_draft.md").read_text("utf-8")
    assert draft.index("## Money") < draft.index("Shipping or Damaged") < draft.index("## Parcels")
    assert "## Proposed rules" in draft


def test_a_section_that_labelq_toml_tells(audit, desk):
    (desk / "g.md").write_text("# Guide\n\n## Money\n\nm\n\n## Parcels\n\np\n")
    (desk / "labelq.toml").write_text(
        '[guideline]\nfile = "g.md"\n'
        '[guideline.sections]\nBilling = "Money"\nShipping = "Parcels"\n'
    )
    assert run(audit) == 0
    draft = (desk / "guideline_draft.md").read_text("utf-8")
    assert "## Proposed rules" not in draft
    assert draft.index("## Money") < draft.index("Refund or Billing") < draft.index("## Parcels")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "is no audit"),
        (["AUDIT", "--guideline", "missing.md"], "cannot be read"),
        (["AUDIT", "--guideline", "guideline.xyz"], "is a .md, .txt, .docx or .html file"),
        (["AUDIT", "--decisions", "missing.yaml"], "cannot be read"),
        (["AUDIT", "--in-place"], "--in-place needs --guideline FILE"),
        (["AUDIT", "--out", "AUDIT", "--replace"], "is (in) the source"),
        (["AUDIT", "--out", "guideline.md"], "cannot be written"),
        (["AUDIT", "--guideline", "guideline_draft.md"], "is what would be written"),
    ],
)
def test_refusals_are_one_line_and_write_nothing(audit, desk, arguments, said, capsys):
    here = sorted(desk.iterdir())
    arguments = [audit if word == "AUDIT" else word for word in arguments]
    assert run(*arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith("labelq: ")
    assert told.count("\n") == 1
    assert said in told
    assert sorted(desk.iterdir()) == here


def test_a_broken_sections_table_is_refused(audit, desk, capsys):
    for text, said in (
        ("[guideline]\nsection = 1\n", "guideline.section: known are file and sections"),
        ("[guideline.sections]\nA = 1\n", "sections.A: must be a text"),
        ("[guideline]\nsections = 1\n", "write it as a table"),
        ('sections = "x"\n', "unknown setting sections"),
    ):
        Path("labelq.toml").write_text(text)
        assert run(audit) == 2
        assert said in capsys.readouterr().err
