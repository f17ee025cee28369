"""``labelq decide`` as a labeling lead runs it, and the audit that knows what is decided."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from labelq.cli import decide_page, labelq
from labelq.errors import LabelqError
from labelq.reading import read_decision_file
from tests.pinpoint.planted import planted


def run(*arguments: str | Path, answers: str | None = None) -> str:
    result = CliRunner().invoke(
        labelq, list(map(str, arguments)), catch_exceptions=False, input=answers
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def audited(folder: Path, *more: str) -> str:
    source, guideline = folder / "planted.csv", folder / "guideline.md"
    fast = ["--resamples", "0", "--no-cross-check", "--replace", *more]
    return run("audit", source, "--guideline", guideline, "--out", folder / "audits/r", *fast)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    planted().round.to_frame().to_csv(folder / "planted.csv", index=False)
    (folder / "guideline.md").write_text("# Guideline\n\n## Billing\n\nMoney.\n", encoding="utf-8")
    audited(folder)
    return folder


@pytest.fixture
def desk(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def decided():
    return read_decision_file("decisions.yaml").decisions


def test_decides_edits_by_hand_and_decides_again(desk):
    said = run("decide", "audits/r")
    assert "1 of 1 clusters open; no decisions yet (decisions.yaml)" in said
    where = f"  The file: {Path('decisions.yaml').absolute()}\n"
    assert where in said
    assert "1 habit of one annotator needs a talk, not a rule." in said
    assert "category-2  no rule\n    A habit of annotator " in said
    assert "    Gap in the guideline. Billing or Refund: 18 tasks" in said
    assert said.endswith("Next: 1 still open.\n  labelq decide audits/r category-1\n")
    said = run(
        "decide", "audits/r", "category-1", "--label", "Billing", "--who", "Ruth",
        "--rule", "A voucher that does not work is Billing.", "--when", "2026-03-20",
    )  # fmt: skip
    for part in (
        "Recorded: balance-checkout-expired in decisions.yaml",
        where,
        "Billing or Refund (category): Billing.",
        "18 decided upon",
        "contradict it",
        "  labelq guideline draft audits/r\n  labelq apply audits/r --dry-run\n",
    ):
        assert part in said
    file = Path("decisions.yaml")
    hand = file.read_text(encoding="utf-8").replace("who: [Ruth]", "who: ['Ruth']  # and Al")
    file.write_text(hand, encoding="utf-8")
    said = run("decide", "audits/r", "category-1", "--label", "Refund", "--when", "2026-03-21")
    assert "Changed: balance-checkout-expired" in said
    assert "the rule is the earlier one" in said
    changed = hand.replace("label: Billing", "label: Refund").replace("03-20", "03-21")
    assert file.read_text(encoding="utf-8") == changed
    run("decide", "audits/r", "category-2", "--reject")
    said = run("decide", "audits/r")
    assert "0 of 2 clusters open; decisions in decisions.yaml" in said
    assert "The file: " not in said
    assert "Refund (balance-checkout-expired)" in said
    assert "no rule is wanted (" in said
    assert "labelq guideline draft audits/r\n  labelq apply audits/r --dry-run\n" in said


def test_the_audit_shows_what_is_decided_and_does_not_ask_again(desk):
    assert "Gap in the guideline" in Path("audits/r/report.md").read_text(encoding="utf-8")
    run("decide", "audits/r", "category-1", "--label", "Billing", "--when", "2026-03-20")
    after = audited(desk)
    assert "decisions.yaml beside the guideline were used" in " ".join(after.split())
    assert "gap in the guideline" not in after
    document = json.loads(Path("audits/r/audit.json").read_text(encoding="utf-8"))
    assert document["decided"] == {
        "category-1": {
            "decision": "balance-checkout-expired",
            "outcome": "label",
            "label": "Billing",
            "when": "2026-03-20",
        }
    }
    for report in ("report.html", "report.md"):
        assert "Decided on 2026-03-20" in Path("audits/r", report).read_text(encoding="utf-8")
    manifest = json.loads(Path("audits/r/manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"]["decisions"]["name"] == "decisions.yaml"
    # Still open: shown as talked about, and asked again. What does not fit the round is said.
    run("decide", "audits/r", "category-1", "--undecided", "--file", "mine.yaml")
    run("decide", "audits/r", "category-2", "--label", "Account", "--file", "mine.yaml")
    text = Path("mine.yaml").read_text(encoding="utf-8").replace("[Account,", "[Acount,")
    Path("mine.yaml").write_text(text, encoding="utf-8")
    said = " ".join(audited(desk, "--decisions", "mine.yaml").split())
    assert "gap in the guideline" in said
    assert "category has no label 'Acount'; did you mean Account?" in said
    assert "--decisions mine.yaml" in said
    assert "Talked about" in Path("audits/r/report.md").read_text(encoding="utf-8")


def test_decides_about_labels_without_a_cluster(desk):
    said = run(
        "decide", "audits/r", "--question", "category", "--labels", "Refund,Billing",
        "--label", "Billing", "--scope-words", "voucher", "--file", "d/x.yaml",
    )  # fmt: skip
    assert "Recorded: voucher in d/x.yaml" in said
    (decision,) = read_decision_file("d/x.yaml").decisions
    assert (decision.scope.words, decision.scope.tasks) == (("voucher",), ())
    run("decide", "audits/r", "--labels", "Refund", "--outcome", "rename", "--label", "Refunds")
    assert decided()[0].outcome == "rename"


def test_a_dry_run_writes_nothing(desk):
    said = run("decide", "audits/r", "category-1", "--label", "Billing", "--dry-run")
    assert "Would be recorded" in said
    assert not Path("decisions.yaml").exists()
    entry = said[said.index("  - id: ") : said.index("  Billing or Refund (category)")]
    assert "    outcome: label\n    label: Billing\n" in entry
    assert said.endswith("nothing was written. Next: the same without --dry-run.\n")
    run("decide", "audits/r", "category-1", "--label", "Billing")
    assert Path("decisions.yaml").read_text(encoding="utf-8").endswith(entry)
    said = run("decide", "audits/r", "category-1", "--label", "Refund", "--dry-run")
    assert "Would be changed: " in said
    assert "    label: Refund\n" in said


def test_a_label_that_the_cluster_is_not_about_is_taken_if_it_is_named(desk, monkeypatch):
    names = ["--labels", "Billing,Refund,Shipping"]
    run("decide", "audits/r", "category-1", "--label", "Shipping", *names)
    assert decided()[0].labels == ("Billing", "Refund", "Shipping")
    run("decide", "audits/r", "category-1", "--label", "Shipping")  # it was meant before
    assert (decided()[0].label, len(decided()[0].labels)) == ("Shipping", 3)
    run("decide", "audits/r", "category-1", "--label", "Voucher", "--outcome", "new_label")
    assert decided()[0].labels == ("Billing", "Refund")
    monkeypatch.setattr(decide_page, "interactive", lambda: True)
    with pytest.raises(LabelqError, match="is about Billing or Refund"):
        run("decide", "audits/r", "category-1", "--label", "Account", answers="n\n")
    said = run("decide", "audits/r", "category-1", "--label", "Account", answers="y\n")
    assert "The question was Billing or Refund. Are these tasks Account all the same?" in said
    assert decided()[0].labels == ("Billing", "Refund", "Account")


def test_tasks_left_out_and_tasks_that_are_not_there(desk):
    run("decide", "audits/r", "category-1", "--label", "Billing")
    (before,) = decided()
    task = before.scope.tasks[0]
    said = run("decide", "audits/r", "category-1", "--except", task)
    assert "(17 decided upon," in said
    assert decided()[0].scope.excluded == (task,)
    assert "Note" not in said
    file = Path("decisions.yaml")
    file.write_text(file.read_text("utf-8").replace("except: [", "except: [9999, "), "utf-8")
    note = "1 task of decision balance-checkout-expired is not in this round: 9999."
    for said in (
        run("decide", "audits/r"),
        run("decide", "audits/r", "category-1", "--who", "Ruth"),
        run("apply", "audits/r", "--dry-run"),
        audited(desk),
    ):
        assert note in " ".join(said.split())


def test_without_an_audit_it_says_where_one_is(desk):
    with pytest.raises(LabelqError) as refused:
        run("decide")
    assert str(refused.value) == "which audit? labelq decide audits/r; labelq audit makes one"


def test_asks_in_a_terminal(desk, monkeypatch):
    monkeypatch.setattr(decide_page, "interactive", lambda: True)
    said = run("decide", "audits/r", "category-1", answers="2\nVouchers are refunds.\nRuth, Al\n")
    assert "18 tasks about" in said
    (decision,) = decided()
    assert (decision.label, decision.rule, decision.who) == (
        "Refund",
        "Vouchers are refunds.",
        ("Ruth", "Al"),
    )
    run("decide", "audits/r", "category-2", answers="u\n")
    assert decided()[1].outcome == "undecided"


def test_a_wrong_label_is_asked_again_at_once(desk, monkeypatch):
    monkeypatch.setattr(decide_page, "interactive", lambda: True)
    said = run("decide", "audits/r", "category-1", answers="Acount\nAccount\nn\nAccount\ny\n\n\n")
    assert "no label 'Acount'; did you mean Account?" in said
    assert said.count("Are these tasks Account all the same?") == 2
    assert said.index("did you mean") < said.index("The rule, in a sentence")
    assert decided()[0].label == "Account"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["category-9"], "planted has no such cluster; did you mean category-"),
        (["category-1"], "Give --label, --outcome, --undecided or --reject"),
        (["category-1", "--label", "Biling"], "no label 'Biling'; did you mean Billing?"),
        (["category-1", "--label", "Billing", "--when", "tomorrow"], "--when tomorrow"),
        (["category-1", "--label", "Billing", "--reject"], "rejected takes no label"),
        (["category-1", "--undecided", "--reject"], "give one of"),
        (
            ["category-1", "--label", "Shipping"],
            "--label Shipping: category-1 is about Billing or Refund; if you mean it, add --labels",
        ),
        (["category-1", "--label", "Shipping", "--outcome", "drop"], "is about Billing or Refund"),
        (["category-1", "--label", "Billing", "--except", "x"], "--except x: planted has no such"),
        (["--except", "1"], "--except: about which cluster?"),
        (["category-1", "--outcome", "split", "--label", "Billing"], "two labels or more in into"),
        (["category-1", "--into", "A"], "--into is for --outcome split"),
        (
            ["category-1", "--label", "Billing", "--example", "x"],
            "--example x: planted has no such",
        ),
        (["category-1", "--label", "Billing", "--where", "channel"], "write it as channel=email"),
        (["category-1", "--label", "Billing", "--where", "a=b"], "tasks have no field a"),
        (["category-1", "--label", "A\nB"], "no label 'A\\nB'"),
        (["--label", "Billing"], "--label: about which cluster?"),
        (["--labels", "Billing,Refund", "--question", "x", "--reject"], "give one of category"),
    ],
)
def test_refusals_say_what_to_do_and_write_nothing(desk, arguments, said):
    with pytest.raises(LabelqError) as refused:
        run("decide", "audits/r", *arguments)
    assert said in str(refused.value)
    assert not Path("decisions.yaml").exists()


def test_a_broken_file_is_left_as_it_is(desk):
    file = Path("decisions.yaml")
    for broken in (b"version: 1\ndecisions:\n  - id: [\n", b"\xff", b"version: 1\noops: 1\n"):
        file.write_bytes(broken)
        for arguments in (["category-1", "--label", "Billing"], []):
            with pytest.raises(LabelqError, match=r"^decisions\.yaml"):
                run("decide", "audits/r", *arguments)
        assert file.read_bytes() == broken
    with pytest.raises(LabelqError, match=r"decisions\.yaml, line 2, column 1: unknown field"):
        audited(desk)


def test_a_file_that_changed_meanwhile_is_not_overwritten(desk, monkeypatch):
    from labelq.remedy import decision_writing

    real = decision_writing.with_decision
    file = Path("decisions.yaml")

    def slow(text, decision, name):
        file.write_text("# somebody else\n", encoding="utf-8")
        return real(text, decision, name)

    monkeypatch.setattr(decision_writing, "with_decision", slow)
    with pytest.raises(LabelqError, match="somebody changed it meanwhile"):
        run("decide", "audits/r", "category-1", "--label", "Billing")
    assert file.read_text(encoding="utf-8") == "# somebody else\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link_and_rights_stay(desk):
    Path("real.yaml").write_text("version: 1\n", encoding="utf-8")
    Path("decisions.yaml").symlink_to("real.yaml")
    run("decide", "audits/r", "category-1", "--label", "Billing")
    assert Path("decisions.yaml").is_symlink()
    assert len(read_decision_file("real.yaml").decisions) == 1
    assert not list(Path().glob(".*"))


def test_hostile_labels_and_words_reach_no_terminal(desk):
    said = run(
        "decide", "audits/r", "category-1", "--label", "Billing",
        "--rule", "\x1b[31mred\x1b[0m \u202e", "--who", "\x1b]0;x\x07",
    )  # fmt: skip
    assert "\x1b" not in said
    assert "\x1b" not in Path("decisions.yaml").read_text(encoding="utf-8")
    assert decided()[0].who == ("\x1b]0;x\x07",)
    assert "\x1b" not in run("decide", "audits/r")
