from dataclasses import replace

from labelq.labels.model import Intake
from labelq.report.findings import next_steps, top_findings
from labelq.report.names import Names
from labelq.report.text import plain


def found(audit, limit=3, *, names=False):
    return top_findings(audit, Names(audit.round.raters, names=names), limit)


def without_intake(audit, **changes):
    return replace(audit, round=replace(audit.round, intake=Intake(n_kept=100_000)), **changes)


def test_two_clusters_and_an_annotator(audit):
    gap, habit, person = found(without_intake(audit))
    assert plain(gap.title) == "Gap in the guideline: Refund or Cancel"
    assert "carry 31 % of its disagreement" in gap.text
    assert gap.anchor == "cluster-category-1"
    assert plain(habit.title).startswith("A habit of annotator D")
    assert plain(person.title) == "Annotator D"
    assert plain(person.text) == (
        "In category: differs on 31 % of shared tasks, the others on 12 %; "
        "median 3 s, the others 21 s."
    )
    assert plain(found(without_intake(audit), names=True)[2].title) == "Dalia Haddad"


def test_what_is_left_follows(audit):
    kinds = [f.kind for f in found(without_intake(audit), limit=99)]
    assert (
        kinds
        == ["cluster"] * 2
        + ["annotator"] * 2
        + ["dominant", "cluster", "pair", "pair"]
        + ["task"] * 4
    )


def test_nothing_stands_out(audit):
    quiet = {"clusters": (), "raters": (), "label_pairs": (), "edge_cases": ()}
    calm = without_intake(audit, verdicts=audit.verdicts[1:2], **quiet)
    assert found(calm)[0].text.startswith("No cluster of disagreements")
    dominant = replace(audit.verdicts[0], dominant=False)
    unsure = without_intake(audit, verdicts=(dominant,), **quiet)
    assert "cannot tell yet" in found(unsure)[0].text


def test_next_steps_name_files_and_the_exact_command(audit):
    steps = next_steps(audit, "audits/my round")
    assert [plain(s.command) for s in steps] == [
        "audits/my round/guideline_draft.md",
        "audits/my round/queue.json",
        "labelq audit next_round.json --guideline 'audits/my round/guideline_draft.md'",
    ]
    assert steps[0].text == "Decide on 1 proposed rule (1 open gap) in the guideline draft."
    assert len(next_steps(replace(audit, queue=()), "")) == 2
