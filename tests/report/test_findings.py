from dataclasses import replace

from labelq.labels.model import Intake
from labelq.pinpoint.rater_findings import Flag
from labelq.report.findings import standing_out, standouts, stands_open, top_findings
from labelq.report.names import Names
from labelq.report.text import plain


def found(audit, *, names=False):
    return top_findings(audit, Names(audit.round.raters, names=names))


def without_intake(audit, **changes):
    return replace(audit, round=replace(audit.round, intake=Intake(n_kept=100_000)), **changes)


def test_two_clusters_an_annotator_and_every_question_that_is_not_trusted(audit):
    gap, unreliable, person, habit = found(audit)
    assert plain(gap.title) == "Likely gap in the guideline: Refund or Cancel"
    assert "carry 31 % of the disagreement in category" in plain(gap.text)
    assert gap.anchor == "cluster-category-1"
    assert plain(habit.title).startswith("Likely a habit of annotator D")
    assert plain(unreliable.title) == "Likely ambiguous tasks: billing or <u>app</u>"
    assert "of the disagreement in topics" in plain(unreliable.text)
    assert plain(person.title) == (
        "Annotator D takes 13 % of the usual time for the same tasks (less on 112 of 120)"
    )
    assert plain(person.text) == (
        "In category: differs from the others in 31 % of comparisons, they from each other in 12 "
        "%; 9 of 10 gold tasks right. Without them alpha: .62 → .66 in category."
    )
    assert plain(found(audit, names=True)[2].title).startswith("Dalia Haddad takes 13 %")


def test_a_question_without_a_telling_cluster_shows_its_largest_label_pair(audit):
    lean = replace(
        audit.raters[1], question="topics", without=0.7, flags=(Flag("shift", 0.47, 0.0, 99, 99),)
    )
    few = without_intake(audit, clusters=audit.clusters[:2], raters=(*audit.raters, lean))
    shown = next(f for f in found(few) if f.kind == "pair")
    assert plain(shown.title) == "Most disagreement in topics: billing or <u>app</u>"
    assert plain(shown.text) == (
        "All of it lies between these two, on 22 tasks. "
        "Annotator B answers .47 higher than the others, on average over 99 tasks."
    )


def test_many_unreliable_questions_leave_room_for_the_annotator(audit):
    verdicts = [replace(audit.verdicts[2], question=f"q{i}") for i in range(20)]
    pairs = [replace(audit.label_pairs[0], question=f"q{i}") for i in range(20)]
    shown = found(replace(audit, verdicts=(*audit.verdicts, *verdicts), label_pairs=tuple(pairs)))
    assert [f.kind for f in shown] == ["cluster", "cluster", "annotator", "cluster", "pair"]


def test_an_annotator_leads_who_changes_more_than_the_first_cluster(audit):
    """What moves the numbers most comes first: .12 with the cluster settled."""
    whole = audit.verdicts[0].headline.value

    def kinds(value):
        report = replace(audit.raters[3], without=value)
        raters = (*audit.raters[:3], report, *audit.raters[4:5])
        return [f.kind for f in found(replace(audit, raters=raters))]

    assert kinds(whole + 0.2)[:3] == ["annotator", "cluster", "cluster"]
    assert kinds(whole + 0.1)[:3] == ["cluster", "cluster", "annotator"]
    # Without whom agreement would fall: no reason to talk with them first.
    assert kinds(whole - 0.2)[0] == "cluster"


def test_the_worst_question_comes_before_those_that_are_not_unreliable(audit):
    verdicts = (
        replace(audit.verdicts[2], question="category"),
        replace(audit.verdicts[0], question="topics"),
    )
    kinds = [f.kind for f in found(replace(audit, verdicts=verdicts, clusters=()))]
    assert kinds[:3] == ["annotator", "pair", "pair"]


def test_what_is_left_follows_while_there_are_fewer_than_three(audit):
    trusted = (replace(audit.verdicts[0], state="reliable"),)
    calm = without_intake(audit, verdicts=trusted, clusters=(), raters=())
    assert [f.kind for f in found(calm)] == ["dominant", "pair", "pair"]
    quiet = without_intake(audit, verdicts=(), clusters=(), raters=(), label_pairs=())
    assert [f.kind for f in found(quiet)] == ["task"] * 3


def test_nothing_stands_out(audit):
    quiet = {"clusters": (), "raters": (), "label_pairs": (), "edge_cases": ()}
    calm = without_intake(audit, verdicts=audit.verdicts[1:2], **quiet)
    assert found(calm)[0].text.startswith("No cluster of disagreements")
    dominant = replace(audit.verdicts[0], dominant=False)
    unsure = without_intake(audit, verdicts=(dominant,), **quiet)
    assert "cannot tell yet" in found(unsure)[0].text


def test_everybody_with_a_flag_stands_out_by_what_changes_without_them(audit):
    assert [rater for rater, _ in standouts(audit)] == [3, 1]
    # Without a difference, or where none is known, the smaller p-value comes first.
    unknown = tuple(replace(r, without=None) for r in audit.raters)
    assert [rater for rater, _ in standouts(replace(audit, raters=unknown))] == [3, 1]
    one = replace(audit.raters[1], without=audit.verdicts[0].headline.value + 0.2)
    raters = (audit.raters[0], one, *audit.raters[2:])
    assert [rater for rater, _ in standouts(replace(audit, raters=raters))] == [1, 3]


def test_whose_habit_explains_a_cluster_stands_out_too(audit):
    calm = tuple(replace(r, flags=()) for r in audit.raters)
    assert standouts(replace(audit, raters=calm)) == [(3, [])]
    assert standouts(replace(audit, raters=calm, clusters=())) == []


def test_one_sentence_says_who_stands_out(audit):
    names = Names(audit.round.raters)
    assert plain(standing_out(audit, names)) == "2 of 5 annotators stand out: D and B."
    assert plain(standing_out(audit, names, 1)) == "2 of 5 annotators stand out: D and 1 more."
    calm = replace(audit, raters=(), clusters=())
    assert standing_out(calm, names) == "None of 5 annotators stands out."


def test_a_coefficient_that_reads_the_same_is_not_told(audit):
    headline = audit.verdicts[0].headline.value
    same = tuple(replace(r, without=headline + 0.0001) for r in audit.raters)
    (person,) = [f for f in found(replace(audit, raters=same)) if f.kind == "annotator"]
    assert "without them" not in person.text


def test_an_annotator_with_several_questions_is_told_once(audit):
    again = replace(audit.raters[3], question="topics", without=0.68)
    third = replace(audit.raters[3], question="urgency", without=0.88)
    shown = found(replace(audit, clusters=(), raters=(*audit.raters[:5], again, third)))
    (person,) = [f for f in shown if f.kind == "annotator"]
    assert plain(person.title).startswith("Annotator D takes 13 %")
    assert plain(person.text).startswith("In topics: differs from the others in 31 %")
    assert "akes 13 %" not in plain(person.text)
    assert plain(person.text).endswith(
        "Without them alpha: .62 → .68 in topics, .62 → .66 in category and .85 → .88 in urgency."
    )


def test_an_annotator_whose_flags_are_about_one_question(audit):
    (shown,) = [f for f in found(replace(audit, raters=audit.raters[1:2])) if f.kind == "annotator"]
    assert plain(shown.title) == (
        "Annotator B, in category: answers Cancel where the others say Refund 12 of 15 times, the "
        "others 4 %"
    )


def test_only_slips_and_too_little_are_folded(audit):
    gap, habit, ambiguous, slip, little = audit.clusters
    assert [stands_open(c) for c in audit.clusters] == [True, True, True, False, False]
    assert stands_open(replace(gap, remainder=True))
    assert stands_open(replace(habit, remainder=True, share=0.02))
    assert stands_open(replace(ambiguous, remainder=True, share=0.1))
    assert not stands_open(replace(ambiguous, remainder=True, share=0.09))
    assert not stands_open(replace(slip, remainder=False))
    assert not stands_open(little)
