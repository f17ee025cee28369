from dataclasses import replace

from labelq.labels.model import Intake
from labelq.remedy.acts import Draft, QueueForecast
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.report.names import Names
from labelq.report.steps import Onward, next_steps
from labelq.report.text import plain


def steps(audit, directory="audits/my round", **options):
    return next_steps(audit, Names(audit.round.raters), directory, **options)


def test_steps_name_files_and_the_exact_command(audit):
    found = steps(audit)
    assert [plain(s.command) for s in found] == [
        "--map-label 'category:Refunds<script>=NEW'",
        "labelq review 'audits/my round'",
        "",
        "labelq queue push 'audits/my round'",
        "labelq report 'audits/my round' --rater all",
        "labelq apply 'audits/my round'",
        "labelq audit next_round.json",
    ]
    assert found[0].text.startswith("If a label was only renamed")
    assert found[1].text == "In the meeting, decide on 1 proposed rule (1 open gap):"
    assert "guideline_draft.md" in found[1].more
    assert plain(found[2].text) == (
        "topics: no missing rule was found; 100 % of the disagreement lies in billing or"
        " <u>app</u>. Neither fewer labels nor the absence of one annotator would help: write down"
        " with examples where one begins and the other ends."
    )
    assert found[3].text == "Bring the queue to Label Studio: 14 tasks for another person."
    assert found[3].more == (
        "14 second looks can wait for the rules. Name the project that was labeled with --project,"
        " or import queue.json by hand into a new project with the same labeling config."
    )
    known = steps(audit, onward=Onward(server=True))[3]
    assert (known.text, known.more) == (found[3].text, "14 second looks can wait for the rules.")
    votes = {"category": audit.round.ratings["category"]}
    again = replace(audit, round=replace(audit.round, selected=votes))
    assert steps(again, onward=Onward(server=True))[3].more.endswith(
        " Part of it may stand there from an earlier push, whose votes are counted in: push adds"
        " what is not there yet, and `labelq queue status` says how far it is."
    )
    assert plain(found[4].text) == (
        "With annotators D and B, one at a time, go through a few tasks that they answered "
        "unlike the others."
    )


def test_the_command_line_is_repeated_as_it_was_given(audit):
    command = "labelq audit next.csv --columns unit=id --guideline g.md"
    assert steps(audit, onward=Onward(command))[-1].command == command


def test_rules_left_open_are_to_be_decided_too(audit):
    left = replace(audit, draft=replace(audit.draft, undecided=2), clusters=())
    text = steps(left)[1].text
    assert text.startswith(
        "In the meeting, decide on 1 proposed rule and 2 rules left open in an earlier draft:"
    )
    left = replace(left, draft=replace(left.draft, rules=()))
    assert steps(left)[1].text.startswith(
        "In the meeting, decide on 2 rules left open in an earlier draft:"
    )


def test_steps_with_nothing_to_do_are_left_out(audit):
    calm = replace(audit, queue=(), raters=(), clusters=(), draft=Draft("g.md", None, "", ""))
    calm = replace(calm, round=replace(audit.round, intake=Intake()), verdicts=())
    (only,) = steps(calm, "")
    assert only.text.startswith("Label the next round")
    one = replace(calm, raters=audit.raters[:4], queue=audit.queue[1:2])
    queue, *people, _ = steps(replace(one, raters=audit.raters[3:4]), "")
    assert queue.text == "Bring the queue to Label Studio: 1 task for another person."
    assert queue.command == "labelq queue push ."
    assert plain(people[0].text).startswith("With annotator D go through")
    five = tuple(replace(audit.raters[3], rater=i) for i in range(5))
    said = plain(steps(replace(one, raters=five))[1].text)
    assert said.startswith("With annotators A, B and C, one at a time, go through")
    assert said.endswith(" 2 more stand out: the report says who.")


def test_what_the_queue_takes_and_buys_is_said_in_a_few_words(audit):
    forecast = QueueForecast(
        n_entries=33, n_votes=33, seconds=720.0, by_model=7.2, fewer=7.2, lower=None, upper=None,
        basis="model", factor=None, factor_lower=None, factor_upper=None, n_tested=0, reason=None,
        budget_votes=None, budget_seconds=14_400.0, budget_given=False, n_later=0, n_held_back=0,
        confidence=0.95,
    )  # fmt: skip
    known = steps(replace(audit, forecast=forecast))[3]
    assert known.text.endswith(" 12 minutes of work, by the model about 7 wrong labels fewer.")
    assert known.more.startswith("Within the budget (4 hours")
    timeless = steps(replace(audit, forecast=replace(forecast, seconds=None, basis="gold")))[3]
    assert timeless.text.endswith(" 33 answers, about 7 wrong labels fewer.")
    waiting = tuple(e for e in audit.queue if e.wants == "second_look")
    held = steps(replace(audit, queue=waiting))[3]
    assert held.text.endswith(": 14 second looks that can wait for the rules.")
    assert "can wait" not in held.more
    decided = tuple(replace(e, status="queued") for e in waiting)
    assert steps(replace(audit, queue=decided))[3].text.endswith(
        ": 14 second looks where a decision contradicts the answers."
    )
    little = steps(replace(audit, forecast=replace(forecast, n_votes=143, fewer=0.04)))
    commands = [s.command.split(" '")[0] for s in little]
    assert commands.index("labelq queue push") > commands.index("labelq report")
    (queue,) = [s for s in little if s.command.startswith("labelq queue push")]
    assert queue.text.endswith("hardly any wrong label fewer: it can wait.")


def test_the_whole_command_is_there_to_paste_where_it_is_known(audit):
    known = Onward(again="labelq audit a.json --out audits/a --replace")
    first = steps(audit, onward=known)[0]
    assert plain(first.command) == (
        "labelq audit a.json --out audits/a --replace --map-label 'category:Refunds<script>=NEW'"
    )
    assert first.text == "If a label was only renamed, audit again:"


def test_a_question_that_no_rule_helps_says_what_would(audit):
    flagged = audit.raters[3]
    topics = next(v for v in audit.verdicts if v.question == "topics")
    apart = replace(flagged, question="topics", without=topics.headline.value + 0.1, n_ratings=12)
    other = replace(flagged, rater=0, question="topics", without=None, n_ratings=9)
    timed = replace(other.statistics, seconds=replace(other.statistics.seconds, value=300.0))
    raters = (apart, replace(other, statistics=timed))
    said = plain(steps(replace(audit, raters=raters))[2].text)
    assert "Talk with annotator D first: without their answers alpha would be " in said
    assert said.endswith("Then have others answer 12 tasks anew (about 1 hours).")
    near = replace(apart, without=topics.headline.value + 0.01)
    assert "Talk with" not in plain(steps(replace(audit, raters=(near,)))[2].text)


def test_apply_stands_only_where_something_is_decided_or_will_be(audit):
    def texts(**changes):
        return [s.text for s in steps(replace(audit, draft=Draft("g.md", None, "", ""), **changes))]

    here = Decision(
        "d", "category", ("a", "b"), "label", Scope(), label="a",
        evidence=Evidence(audit.round.name, "c", (), 1, 0.1),
    )  # fmt: skip
    elsewhere = replace(here, evidence=Evidence("another", "c", (), 1, 0.1))
    said = "From what is decided, write the guideline’s next version:"
    assert said not in texts(decisions=())
    assert said not in texts(decisions=(elsewhere,))
    assert said in texts(decisions=(here,))
