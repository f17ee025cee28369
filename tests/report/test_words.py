import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import labelq.report
from labelq.labels.model import Aside, Question, Rater, Selection
from labelq.measure.registry import METRICS
from labelq.measure.results import CrossCheck, Paradox, State
from labelq.pinpoint.findings import CauseKind
from labelq.pinpoint.rater_findings import Flag
from labelq.remedy.acts import Reason, ReasonCode
from labelq.remember.gates import Gate
from labelq.report import causes, numbers, words
from labelq.report.names import Names
from labelq.report.reasons import ASIDES, REASONS
from labelq.report.text import plain


@pytest.fixture
def verdict(audit):
    return replace(audit.verdicts[2], n_units=30_000, n_multiple=1_912, baseline=0.34)


def test_a_verdict_opens_with_plain_counts(verdict):
    assert plain(words.verdict(verdict)) == (
        "All annotators agreed on 89 of 1,912 tasks that two or more people labeled, of 30,000 in"
        " all. Always answering billing would match 34 % of answers, counting every task. "
        "Unreliable: even the upper end of the interval, .69, stays below .667."
    )


def test_counts_where_everything_or_nothing_has_two_labels(verdict):
    every = replace(verdict, n_units=1_912, commonest=None)
    assert plain(words.counts(every)).endswith(
        "Two or more people labeled every one of these tasks."
    )
    none = replace(verdict, n_multiple=0)
    assert words.counts(none) == ("None of the 30,000 tasks was labeled by two or more people.")


@pytest.mark.parametrize(
    ("state", "lower", "upper", "reason", "more", "said"),
    [
        ("reliable", 0.81, 0.9, None, None, "the lower end of the interval, .81, reaches .8."),
        ("tentative", 0.7996, 0.9, None, None, "just below .8, reaches .667 but not .8."),
        (
            "unreliable",
            0.1,
            0.6669,
            None,
            None,
            "upper end of the interval, just below .667, stays below",
        ),
        ("cannot_tell", 0.5, 0.7, None, 140, "about 140 more tasks labeled by two or more people"),
        ("cannot_tell", 0.5, 0.7, None, 1991, "about 2,000 more tasks labeled by two or more"),
        ("cannot_tell", 0.5, 0.7, None, None, "so near it that more tasks would hardly tell"),
        ("cannot_tell", None, None, "too_little_variation", 33, "at least 33 more tasks"),
        ("cannot_tell", 0.5, 0.7, None, None, ".50 to .70, lies on both sides of .667;"),
        ("cannot_tell", None, None, "no_variation", None, "yet: everyone gave the same label"),
        ("cannot_tell", None, None, None, 1, "at least 1 more task labeled by two or more"),
        ("cannot_tell", None, None, "quite_new", None, "Cannot tell yet: quite new."),
    ],
)
def test_states_in_words(  # one row of the table above
    verdict, state, lower, upper, reason, more, said
):
    row = replace(verdict.headline, lower=lower, upper=upper, reason=reason)
    shown = words.state(replace(verdict, state=state, headline=row, more_units=more))
    assert said in plain(shown)


def test_a_dominating_label_leaves_the_rare_ones_to_be_judged(audit):
    shown = plain(words.rare_labels(audit.verdicts[0]))
    assert shown.endswith("the rare labels are judged separately: عربي .31 (.10 to .50).")
    assert plain(words.rare_labels(replace(audit.verdicts[0], rare_labels=()))).endswith(
        "separately."
    )
    rare = audit.verdicts[0].rare_labels[0]
    unknown = replace(rare, value=None, reason="too_few_units")
    shown = plain(words.rare_labels(replace(audit.verdicts[0], rare_labels=(unknown,))))
    assert "(none: too few tasks" in shown
    nobody = replace(rare, label="unused", value=None, reason="no_variation")
    shown = plain(words.rare_labels(replace(audit.verdicts[0], rare_labels=(nobody, rare))))
    assert shown.endswith("judged separately: عربي .31 (.10 to .50).")


def test_every_code_has_words():
    assert set(words.STATES) == set(get_args(State))
    assert set(causes.CAUSES) == set(get_args(CauseKind))
    assert set(causes.WORDS) == set(get_args(ReasonCode))
    assert set(words.METRICS) == set(words.SHORT) == {row.name for row in METRICS}
    described = set(re.findall(r"``([a-z_]+)``", Aside.__doc__)) - {"reason", "detail"}
    assert set(ASIDES) >= described


def test_every_reason_that_measure_gives_has_a_sentence():
    codes = re.compile(r'"((?:no|not|too|needs)_[a-z_]+)"')
    folder = Path(labelq.report.__file__).parents[1] / "measure"
    given = {c for file in folder.glob("*.py") for c in codes.findall(file.read_text("utf-8"))}
    assert given
    assert given <= set(REASONS)


def test_flags_state_behaviour_and_evidence():
    said = [
        (
            Flag("differs", 0.31, 0.12, 25, 80),
            "differs from the others in 31 % of comparisons, they from each other in 12 %",
        ),
        (
            Flag("fast", 0.13, 1.0, 57, 60),
            "takes 13 % of the usual time for the same tasks (less on 57 of 60)",
        ),
        (
            Flag("threshold", -0.1, 0.05, 14, 20, 0.01, "4", "5"),
            (
                "answers “4” or less where most of the others answer “5” or more 14 of 20 times, "
                "the others 5 %"
            ),
        ),
        (
            Flag("threshold", 0.1, 0.05, 1, 1, 0.01, "5", "4"),
            (
                "answers “5” or more where most of the others answer “4” or less 1 of 1 time, "
                "the others 5 %"
            ),
        ),
        (
            Flag("label_use", 0.32, 0.12, 40, 125, 0.01, "Other"),
            "gives Other on 32 % of shared tasks, the others on 12 %",
        ),
        (
            Flag("self", 0.42, 0.18, 10, 24, 0.01),
            (
                "answers the same thing differently 10 of 24 times (42 %; any two answers to it"
                " differ 18 % of the time)"
            ),
        ),
        (
            Flag("drift", 0.6, 0.9, 61, 98, 0.01, when="2026-03-02T10:00:00"),
            (
                "agrees with the others on 60 % of pairs from answer 61 of 98 (2026-03-02) on, 90 %"
                " before"
            ),
        ),
        (
            Flag("habit", 0.8, 0.04, 12, 15, None, "Cancel", "Refund"),
            "answers Cancel where the others say Refund 12 of 15 times, the others 4 %",
        ),
        (Flag("habit", 0.8, None, 12, 15, None, "Cancel"), "answers Cancel 12 of 15 times"),
        (
            Flag("habit", 0.9, 0.02, 10, 11, None, "Cancel", "Refund", words=("Club", "<b>")),
            (
                "on tasks about “Club”, “<b>” answers Cancel where the others say Refund 10 of 11"
                " times, the others 2 %"
            ),
        ),
        (
            Flag("shift", -0.8, None, 12, 15),
            "answers .80 lower than the others, on average over 15 tasks",
        ),
        (Flag("skips", 0.2, 0.03, 12, 60), "skips 20 % of tasks, the others 3 %"),
    ]
    for flag, sentence in said:
        assert plain(causes.flag(flag)) == sentence
    assert causes.flag_test(said[0][0]) == ""
    assert causes.flag_test(Flag("differs", 1, 1, 1, 1, 0.0001)).startswith("p < .001")
    assert causes.flag_test(Flag("differs", 1, 1, 1, 1, 0.0213)).startswith("p = .021")


def test_no_word_judges_a_person():
    judging = re.compile(
        "careless|spammer|biased|lazy|sloppy|cheat|bad annotator|incompetent", re.IGNORECASE
    )
    house = Path(labelq.report.__file__).parents[1]
    pages = [*house.glob("re*/**/*.py"), *house.glob("**/*.j2")]
    assert len(pages) > 40
    for file in pages:
        assert not judging.search(file.read_text("utf-8")), file.name


def test_what_was_set_aside():
    assert words.aside(Aside("skipped", 3)) == "skipped by the annotator"
    assert plain(words.aside(Aside("new_reason", 3, "<q>", "a\nb"))) == (
        "new reason (question <q>): a b"
    )


def test_selection():
    assert words.selection(Selection()) == ""
    assert words.selection(Selection(tab=12)) == "Only the tasks of tab 12."
    chosen = Selection("2024-03-01", "2024-03-31", (("team", "b"),), ("edited",))
    assert plain(words.selection(chosen)) == (
        "Only answers submitted from 2024-03-01, submitted to 2024-03-31, where team is b, "
        "without edited answers."
    )


def test_method_sentences(audit):
    assert plain(words.cross_check(audit.cross_check)) == (
        "63 numbers recomputed with krippendorff (30) and statsmodels (33); "
        "the largest difference is 2e-16."
    )
    assert plain(words.cross_check(CrossCheck(0, None, {}, "too large"))) == (
        "Not cross-checked: too large."
    )
    assert words.labels_source(Question("q", "interval", "tag")) == "free numbers"
    assert "the labels in use" in words.labels_source(audit.round.questions[2])
    assert [plain(words.gate(g)) for g in audit.gates] == [
        "Krippendorff’s alpha of category at least .6: failed, the lower end is .55.",
        "Gwet’s AC2 of urgency at least .7: failed, no task was labeled by two or more people.",
        "Krippendorff’s alpha of urgency at least .8: passed, the lower end is .81.",
    ]
    assert "there is no interval" in words.gate(Gate("q", "gwet_ac1", 0.5, None, False, None))


def test_unknown_codes_are_shown_as_they_are_and_stay_data():
    assert words.reason("brand_new") == "brand new"
    assert words.reason(None) == ""
    assert plain(words.reason("<b>_x")) == "<b> x"
    assert words.reason("<b>_x") != "<b> x"  # marked, so that every medium escapes it
    assert words.metric("new_metric") == "New metric"


def test_the_worst_verdict_comes_first(audit):
    good = audit.verdicts[1]
    half = replace(good, state="tentative")
    none = replace(good, headline=replace(good.headline, value=None))
    ranked = words.worst_first([none, good, half, *audit.verdicts[:1], *audit.verdicts[2:]])
    assert [v.state for v in ranked[:3]] == ["unreliable", "cannot_tell", "tentative"]
    assert ranked[3:] == [good, none]


def test_numbers_about_disagreement_say_what_they_mean(audit):
    assert plain(causes.label_pair(audit.label_pairs[0])) == (
        "41 tasks, confused 3.8 times as often as their frequencies explain; "
        "42 % of the disagreement is between these two"
    )
    assert plain(causes.cluster_size(audit.clusters[0])) == (
        "5 tasks with 31 % of the disagreement; if these were settled, alpha would be at most .74"
    )


def test_evidence_and_places_of_clusters(audit):
    names = Names(audit.round.raters)
    gap, habit, _, slip, _ = audit.clusters
    assert plain(causes.cause(habit, names)) == "A habit of annotator D"
    assert plain(causes.cause(slip, names)) == "Slips"
    assert [plain(s) for s in causes.evidence(gap, names)] == [
        "On 40 % of them the two leading labels have equal votes.",
        "Commonest answers: A: Refund (9 of 11); B: Cancel (8 of 9); C: Refund (10 of 10).",
    ]
    assert plain(causes.evidence(habit, names)[0]) == (
        "Without annotator D, everybody else agrees on 86 % of these tasks."
    )


def test_queue_in_words():
    reasons = (Reason("disputed", "a"), Reason("disputed", "b"), Reason("gap", "a", "a-1"))
    assert plain(causes.queue_reasons(reasons)) == (
        "annotators disagree (a, b); the guideline has no rule for it yet (a)"
    )


def test_numbers():
    assert numbers.coefficient(-0.001) == ".00"
    assert numbers.coefficient(float("nan")) == numbers.NONE
    assert numbers.coefficient(0.66649, [0.667, 0.8]) == ".666"
    assert numbers.coefficient(0.66783, [0.667, 0.8]) == ".67"
    assert numbers.coefficient(0.66666, [0.667]) == "just below .667"
    assert numbers.coefficient(0.667, [0.667]) == ".67"
    assert numbers.coefficient(0.004, [0]) == ".004"
    assert numbers.coefficient(0.0, [0]) == ".00"
    assert numbers.coefficient(0.8, [0.8]) == ".80"
    assert numbers.coefficient(0.80001, [0.8]) == ".80"
    assert numbers.coefficient(0.8 - 1e-12, [0.667, 0.8]) == "just below .8"
    assert numbers.interval(0.58, 0.667037, [0.667, 0.8]) == ".58 to .67"
    assert numbers.interval(None, 0.3) == ""
    assert numbers.percent(0) == "0 %"
    assert numbers.percent(None) == numbers.NONE
    assert numbers.seconds(60) == "1 min"
    assert numbers.seconds(3600) == "1 h"
    assert numbers.seconds(None) == numbers.NONE
    assert numbers.times(0.01) == "under 0.1×"
    assert numbers.times(1234.5) == "1,234×"
    assert numbers.times(None) == numbers.NONE
    assert numbers.small(0.0) == "0"


def test_high_agreement_and_a_low_coefficient_is_explained(verdict):
    odd = replace(verdict, commonest="ham", paradox=Paradox(0.96, 0.944, 0.971, 0.95))
    assert plain(words.paradox(odd)) == (
        "Pairs of annotators agree on 96 %, but would agree on 94 % by chance: 97 % of all labels "
        "are ham. Krippendorff alpha (.62) looks only at what is left; AC1, which takes chance to "
        "be small then, says .95."
    )
    assert words.paradox(odd) in words.verdict(odd)
    close = replace(odd, paradox=Paradox(0.9979, 0.9971, 0.999, None))
    assert plain(words.paradox(close)).startswith(
        "Pairs of annotators agree on 99.8 %, but would agree on 99.7 % by chance: over 99 %"
    )
    assert words.paradox(verdict) == ""


def test_a_label_that_is_a_number_stands_in_quotation_marks():
    for text in ("3", "-1", "2,5", "1.000", "−4"):
        assert plain(causes.label(text)) == f"“{text}”"
    for text in ("Refund", "3 stars", "v2", "", None, "<3>"):
        assert not plain(causes.label(text)).startswith("“")
    assert plain(causes.either(("3", "4"))) == "“3” or “4”"


def test_several_annotators_in_a_sentence():
    raters = [Rater(c, f"Name {c}", c.upper()) for c in "abcde"]
    letters, names = Names(raters), Names(raters, names=True)
    assert plain(letters.people([1])) == "annotator B"
    assert plain(letters.people([1, 0])) == "annotators B and A"
    assert plain(letters.people([4, 0, 1, 2])) == "annotators E, A, B and 1 more"
    assert plain(letters.people([4, 0], bare=True)) == "E and A"
    assert plain(letters.people([4], bare=True)) == "E"
    assert plain(names.people([0, 1])) == "Name a and Name b"
