"""The round trip on the sample: audit, decide, label again, compare."""

import json
from pathlib import Path

import pytest

import labelq
from labelq.cli import main
from labelq.reading import read_audit

SAMPLE = Path(__file__).parents[1] / "sample_data/support_triage"
GUIDELINE = Path(__file__).parents[1] / "guidelines/support_triage.md"
PLANTED = json.loads((SAMPLE / "planted.json").read_text(encoding="utf-8"))


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main([*map(str, arguments), "--resamples", "200", "--no-cross-check"])
    return stopped.value.code


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The first round's audit, and two decisions about its gaps beside the guideline."""
    folder = tmp_path_factory.mktemp("desk")
    first = folder / "first"
    assert run("audit", SAMPLE / "round_1.json", "--map-label", "category:Refunds=Refund",
               "--guideline", GUIDELINE, "--out", first) == 0  # fmt: skip
    earlier = read_audit(first)
    revised = GUIDELINE.read_text(encoding="utf-8") + "\nGift cards are Billing.\n"
    (folder / "guideline.md").write_text(revised, encoding="utf-8")
    decisions = ["version: 1", "decisions:"]
    for cluster in earlier.clusters[:2]:
        label = "Billing" if "Billing" in cluster.labels else "Shipping"
        tasks = ", ".join(f'"{earlier.round.units.ids[u]}"' for u in cluster.units)
        decisions.append(
            f"- id: {cluster.id}\n  question: category\n"
            f"  labels: [{', '.join(cluster.labels)}]\n  outcome: label\n  label: {label}\n"
            f"  scope: {{tasks: [{tasks}]}}"
        )
    (folder / "decisions.yaml").write_text("\n".join(decisions), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def compared(desk):
    code = run("audit", SAMPLE / "round_2.json", "--guideline", desk / "guideline.md",
               "--against", desk / "first", "--out", desk / "second",
               "--fail-under", "category:alpha.change=-.05",
               "--fail-under", "urgency:alpha.change=-.05")  # fmt: skip
    return code, json.loads((desk / "second/audit.json").read_text(encoding="utf-8"))


def test_both_gaps_are_gone_and_it_says_so(desk, compared):
    earlier = read_audit(desk / "first")
    fates = {c["cluster"]: c for c in compared[1]["comparison"]["clusters"]}
    matched = set()
    for cluster in earlier.clusters[:2]:
        ids = {earlier.round.units.ids[u] for u in cluster.units}
        matched |= {
            kind
            for kind in PLANTED["gaps"]
            if len(ids & set(map(str, PLANTED["round_1"]["kinds"][kind]["tasks"]))) > len(ids) / 2
        }
        fate = fates[cluster.id]
        assert fate["fate"] == "gone"
        assert fate["after"] < 0.1
        assert fate["expected"] > 0.2
    assert matched == set(PLANTED["gaps"])
    report = (desk / "second/report.md").read_text(encoding="utf-8")
    assert "of its clusters 2 gone" in report


def test_category_improved_and_the_others_did_not(compared):
    changes = {
        (row["question"], row["tasks"]): row["word"]
        for row in compared[1]["comparison"]["changes"]
        if row["headline"]
    }
    assert changes == {
        ("category", "all"): "improved",
        ("category", "common"): "not_shown",
        ("urgency", "all"): "not_shown",
        ("urgency", "common"): "not_shown",
        ("topics", "all"): "not_shown",
        ("topics", "common"): "not_shown",
    }


def test_the_tasks_of_both_rounds_are_found_under_other_ids(desk, compared):
    found = compared[1]["comparison"]
    assert (found["n_common"], found["joined_by"]) == (len(PLANTED["in_both_rounds"]), "content")
    assert found["surroundings"]["guideline"] == "changed"
    assert [e["decision"] for e in found["effects"]] == ["category-1", "category-2"]
    assert all(e["difference"] > 0.1 for e in found["effects"])


def test_gates_about_changes_decide_the_exit_code(compared):
    code, document = compared
    gates = {gate["question"]: gate["passed"] for gate in document["gates"]}
    assert gates == {"category": True, "urgency": False}
    assert code == 1


def test_a_table_is_joined_by_a_field_too(desk, compared, tmp_path):
    code = run("audit", desk / "second/ratings.csv", "--against", desk / "first",
               "--join", "ticket", "--out", tmp_path / "again")  # fmt: skip
    document = json.loads((tmp_path / "again/audit.json").read_text(encoding="utf-8"))
    assert code == 0
    assert document["comparison"]["joined_by"] == "ticket"
    assert document["comparison"]["n_common"] == len(PLANTED["in_both_rounds"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fail-under", "alpha.change=0"), "name it by --against DIR"),
        (("--against", "nowhere"), "nowhere: is no audit"),
        (("--against", "first", "--fail-under", "nothing.change=0"), "there is no metric"),
        (("--against", "first", "--join", "tickets"), "tickets"),
    ],
)
def test_mistakes_are_one_line(desk, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(desk)
    assert run("audit", SAMPLE / "round_2.json", *arguments, "--out", tmp_path / "out") == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_from_python_a_change_needs_something_to_compare_with():
    round_ = labelq.read(SAMPLE / "round_2.json")
    rule = labelq.settings.GateRule(None, "alpha", 0.0, change=True)
    with pytest.raises(labelq.errors.SettingsError, match="against an earlier audit"):
        labelq.audit(round_, fail_under=[rule])
