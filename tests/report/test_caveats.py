import io
from dataclasses import replace

import pytest

from labelq.labels.model import Aside, Intake
from labelq.remedy.acts import GuidelineVersion
from labelq.report.caveats import caveats, later, notes, remarks, renames, touched
from labelq.report.html import report_html
from labelq.report.markdown import report_markdown
from labelq.report.terminal import print_audit
from labelq.report.text import plain


def with_intake(audit, **changes):
    changed = replace(Intake(), **changes)
    return replace(audit, round=replace(audit.round, intake=changed))


def unknown(detail, count=9, question="category"):
    return Aside("unknown_label", count, question, detail)


def test_nothing_is_the_matter(audit):
    assert caveats(with_intake(audit)) == []
    assert notes(Intake()) == []


def test_touched_answers():
    assert touched(Intake()) == ""
    both = touched(Intake(n_annotations=20, n_edited=14, n_prelabeled=1))
    assert "14 were last edited by somebody else and 1 was begun from a prediction" in both


def test_what_came_after_the_round_is_said_in_one_line():
    assert later(Intake()) == ""
    assert later(Intake(n_queue_votes=1, n_queue_units=1, n_adjudicated=1)) == (
        "1 vote on 1 task came through a queue: it counts for the labels, not for agreement. "
        "1 task was decided by a reviewer."
    )
    assert later(Intake(n_adjudicated=2)) == "2 tasks were decided by a reviewer."


def test_it_stands_in_every_medium(audit):
    found = with_intake(audit, n_queue_votes=1200, n_queue_units=400)
    out = io.StringIO()
    print_audit(found, "audits/x", file=out)
    pages = [render(found) for render in (report_markdown, report_html)]
    for said in (out.getvalue(), *pages):
        assert "1,200 votes on 400 tasks came through a queue" in " ".join(said.split())


def test_overruled_tasks_stand_above_the_verdicts_of_every_medium(audit):
    name = next(iter(audit.consensus))
    one = replace(audit.consensus[name], n_unanimous=50, n_overruled=8, lost=("5",))
    found = replace(with_intake(audit), consensus={**audit.consensus, name: one})
    (said,) = caveats(found)
    assert said.option == f"labelq consensus … --question {name} --method majority"
    out = io.StringIO()
    print_audit(found, "audits/x", file=out)
    for page in (out.getvalue(), *(render(found) for render in (report_markdown, report_html))):
        shown = " ".join(page.split())
        assert "the consensus overrules 8 of the 50 tasks on which all annotators" in shown
        assert "is the consensus of no task, though annotators gave it" in shown


def test_remarks_for_commands_that_print_numbers_only(audit):
    rows = (unknown("Refunds: 3 annotators", 5), unknown("Old: 1 annotator", 2),
            Aside("not_a_number", 3, "score"), Aside("skipped", 9))  # fmt: skip
    found = with_intake(audit, aside=rows, notes=("a", "b", "c", "d"))
    assert [plain(said) for said in remarks(found.round)] == [
        "7 answers set aside: label not in the config (Refunds, Old).",
        "3 answers set aside: answers that are not a number.",
        "a", "b", "c", "1 more remark: an audit shows them.",
    ]  # fmt: skip
    assert remarks(with_intake(audit).round) == []


def test_labels_outside_the_config_come_with_the_option_that_brings_them_back(audit):
    rows = (unknown("Refunds: 3 annotators, 4 March 2026", 412),)
    (said,) = caveats(with_intake(audit, aside=rows))
    assert plain(said.text) == (
        "412 answers set aside for a label that is not in the label config (Refunds: "
        "3 annotators, 4 March 2026). If only renamed, this brings them back:"
    )
    assert said.option == "--map-label category:Refunds=Refund"


@pytest.mark.parametrize(
    ("detail", "option"),
    [
        ("Deliveri: 1 annotator", "category:Deliveri=Delivery"),
        ("Something else: 1 annotator", "'category:Something else=NEW'"),
        ("a: 2 annotators: 3 annotators, until 4 March", "'category:a: 2 annotators=NEW'"),
        ("x\x1b[31m\ny: 2 annotators", "'category:x\\x1b[31m y=NEW'"),
    ],
)
def test_the_old_label_is_filled_in_and_the_new_one_guessed(audit, detail, option):
    source = with_intake(audit, aside=(unknown(detail),)).round
    assert renames(source) == f"--map-label {option}"


def test_the_three_most_frequent_of_many(audit):
    rows = tuple(unknown(f"old {i}: 2 annotators", i) for i in range(1, 6))
    (said,) = caveats(with_intake(audit, aside=rows))
    assert said.option.startswith("--map-label 'category:old 5=NEW' --map-label")
    assert said.option.count("--map-label") == 3
    assert "; and 2 more labels)" in said.text


def test_a_detail_that_names_no_label_gives_no_option(audit):
    (said,) = caveats(with_intake(audit, aside=(unknown("something new"),)))
    assert said.option == ""
    assert "brings" not in said.text


def test_notes_are_few_and_marked():
    said = [plain(note) for note in notes(Intake(notes=tuple("abcde")))]
    assert said[:3] == ["a", "b", "c"]
    assert said[3].startswith("2 more remarks")


def test_a_guideline_that_was_edited_since_its_version(audit):
    used = GuidelineVersion("g.md", 2, "sha256:x", edited=True)
    draft = replace(audit.draft, used=used)
    said = [caveat.text for caveat in caveats(replace(audit, draft=draft))]
    assert any("g.md" in text and "edited since version 2." in text for text in said)
    as_recorded = replace(audit.draft, used=replace(used, edited=False))
    assert caveats(replace(audit, draft=as_recorded)) == caveats(audit)


def test_rules_left_over_undecided(audit):
    said = caveats(replace(with_intake(audit), draft=replace(audit.draft, undecided=2)))
    assert plain(said[0].text).startswith("2 proposed rules in the given guideline are still")
