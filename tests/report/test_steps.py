from dataclasses import replace

from labelq.labels.model import Intake
from labelq.remedy.acts import Draft
from labelq.report.names import Names
from labelq.report.steps import Onward, next_steps
from labelq.report.text import plain


def steps(audit, directory="audits/my round", **options):
    return next_steps(audit, Names(audit.round.raters), directory, **options)


def test_steps_name_files_and_the_exact_command(audit):
    found = steps(audit)
    assert [plain(s.command) for s in found] == [
        "--map-label 'category:Refunds<script>=NEW'",
        "labelq decide 'audits/my round'",
        "labelq queue push 'audits/my round'",
        "",
        "labelq apply 'audits/my round'",
        "labelq audit next_round.json --guideline guideline.md",
    ]
    assert found[0].text.startswith("First, if a label was only renamed")
    decide = ": guideline_draft.md has the text, and this records what is decided:"
    assert found[1].text == f"Decide on 1 proposed rule (1 open gap){decide}"
    assert found[2].text == (
        "Bring the queue to Label Studio: 14 of 28 tasks want another person, the 14 second looks "
        "can wait for the rules. Add --project with the project that was labeled, or import "
        "queue.json by hand into a new project with the same labeling config."
    )
    known = steps(audit, onward=Onward(server=True))[2].text
    assert known == found[2].text.partition(" Add ")[0] + " Push adds what is not there yet."
    votes = {"category": audit.round.ratings["category"]}
    again = replace(audit, round=replace(audit.round, selected=votes))
    again_text = steps(again, onward=Onward(server=True))[2].text
    assert again_text.endswith(
        " Part of it may stand there from an earlier push, whose votes are counted in: push adds"
        " what is not there yet, and `labelq queue status` says how far it is."
    )
    assert plain(found[3].text) == (
        "With annotators D and B, one at a time, go through a few tasks that they answered "
        "unlike the others."
    )


def test_the_command_line_is_repeated_as_it_was_given(audit):
    command = "labelq audit next.csv --columns unit=id --guideline g.md"
    assert steps(audit, onward=Onward(command))[-1].command == command


def test_rules_left_open_are_to_be_decided_too(audit):
    left = replace(audit, draft=replace(audit.draft, undecided=2), clusters=())
    text = steps(left)[1].text
    assert text.startswith("Decide on 1 proposed rule and 2 rules left open in an earlier draft: ")
    left = replace(left, draft=replace(left.draft, rules=()))
    assert steps(left)[1].text.startswith("Decide on 2 rules left open in an earlier draft: ")


def test_steps_with_nothing_to_do_are_left_out(audit):
    calm = replace(audit, queue=(), raters=(), clusters=(), draft=Draft("g.md", None, "", ""))
    calm = replace(calm, round=replace(audit.round, intake=Intake()))
    (only,) = steps(calm, "")
    assert only.text.startswith("Let the next round be labeled")
    one = replace(calm, raters=audit.raters[:4], queue=audit.queue[1:2])
    queue, *people, _ = steps(replace(one, raters=audit.raters[3:4]), "")
    assert ": 1 task, to be labeled by another person each. Add " in queue.text
    assert queue.command == "labelq queue push ."
    assert plain(people[0].text).startswith("With annotator D go through")
    five = tuple(replace(audit.raters[3], rater=i) for i in range(5))
    said = plain(steps(replace(one, raters=five))[1].text)
    assert said.startswith("With annotators A, B and C, one at a time, go through")
    assert said.endswith(" 2 more stand out: the report says who.")
