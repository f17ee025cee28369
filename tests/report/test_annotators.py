"""The annotator section: every number has a name and a method, too little is said as such."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from labelq.measure.raters.estimates import Estimate
from labelq.measure.raters.methods import METHODS, REASONS
from labelq.pinpoint.rater_findings import Flag, FlagKind
from labelq.report.annotators import (
    FAMILIES,
    MOST_DETAILED,
    MOST_LISTED,
    NOT_ASKED,
    methods,
    raters,
)
from labelq.report.names import Names
from labelq.report.text import plain


def rows(audit, **options):
    parts = raters(audit, Names(audit.round.raters, **options))
    return {part.question: part.rows for part in parts}


def test_every_number_has_a_title_and_a_method():
    assert [said for _, said in methods()] == list(METHODS.values())
    assert len({title for title, _ in methods()}) == len(METHODS)


def test_states_that_are_no_lack_of_evidence_have_words_all_the_same():
    assert set(NOT_ASKED) <= set(REASONS)
    assert set(FAMILIES) == set(get_args(FlagKind))


def test_a_row_and_its_details(audit):
    first = next(iter(rows(audit).values()))[0]
    assert first.name == "A"
    assert (first.agreement, first.interval) == ("88 %", "80 % to 94 %")
    lines = {plain(d.what): (d.value, d.interval, d.rests) for d in first.details}
    assert lines["Answers what most of the others say"] == ("80 %", "70 % to 88 %", "98")
    assert lines["Agreement with the others beyond chance"][0] == ".61"
    assert lines["Gold tasks right"] == ("90 %", "–", "10")
    assert lines["Alpha without this annotator"][0] == ".63"
    assert lines["Skipped"][0] == "2 %"
    assert lines["Of these without gaps and ambiguous tasks"][0] == "80"
    assert lines["Same answer to a task answered again"] == ("75 %", "30 % to 95 %", "4")
    assert lines["Median time (2 answers left out as idle)"][0] == "21 s"
    assert lines["Above the line from <i>4</i> to “5”, against the others"] == (
        "−12 points",
        "too few tasks on which answers vary",
        "98",
    )
    assert lines["Where gold says <script>: Refund"][0] == "90 %"
    assert not any("beyond chance" in what and "Both" in what for what in lines)
    assert plain(first.too_little) == (
        "Too little to say: consistency with oneself (too few pairs of answers)."
    )


def test_the_line_says_who_is_left_out_of_the_comparison(audit):
    shift = Estimate(0.5, 0.3, 0.7, 98)
    report = replace(
        audit.raters[0],
        statistics=replace(audit.raters[0].statistics, shift=shift),
        flags=(Flag("shift", 0.5, 0.0, 98, 98, 0.001),),
        left_out={"shift": (1, 3)},
    )
    (shown,) = rows(replace(audit, raters=(report,))).values()
    assert [plain(f) for f in shown[0].flags] == [
        "answers .50 higher than the others without annotators B and D, on average over 98 tasks"
    ]
    lines = {plain(d.what): d.value for d in shown[0].details}
    assert lines["Higher (+) or lower than the others without annotators B and D"] == "+.50"
    assert any(what.endswith(", the others 20 %") for what in lines)


def test_a_change_is_told_only_where_chance_seldom_gives_it(audit):
    report = audit.raters[2]
    told = [d for d in next(iter(rows(audit).values()))[2].details if "Agreement " in d.what]
    assert [d.value for d in told if "answer 61" in plain(d.what) or "from there" in d.what] == [
        "90 %",
        "60 %",
    ]
    calm = replace(report, drift=replace(report.drift, p_value=0.2))
    again = rows(replace(audit, raters=(calm,)))
    assert not any("from there" in d.what for d in next(iter(again.values()))[0].details)


def test_a_crowd_has_rows_and_details_for_some(audit):
    crowd = replace(audit, raters=(audit.raters[0],) * (MOST_DETAILED + 5))
    (shown,) = rows(crowd).values()
    assert len(shown) == MOST_DETAILED + 5
    assert sum(bool(row.details) for row in shown) == MOST_DETAILED


def test_without_a_value_there_is_no_line(audit):
    none = Estimate(reason="no_times")
    bare = replace(audit.raters[0], statistics=replace(audit.raters[0].statistics, seconds=none))
    (shown,) = rows(replace(audit, raters=(bare,))).values()
    assert not any(d.what.startswith("Median time") for d in shown[0].details)
    assert shown[0].seconds == "–"


def part_of(audit, **options):
    return raters(audit, Names(audit.round.raters, **options))[0]


def test_clear_camps_are_told_in_letters_with_their_numbers(audit):
    ids = [rater.id for rater in audit.round.raters]
    first = {ids[0], ids[2], ids[4]}
    rows = tuple(
        replace(a, value=0.82 if (a.raters[0] in first) == (a.raters[1] in first) else 0.41)
        for a in audit.agreements
        if a.raters is not None
    )
    sure = tuple(replace(row, error=0.05) for row in rows)
    said = plain(part_of(replace(audit, agreements=sure)).camps)
    assert "agree with each other (.82) more than with the others (.41)" in said
    assert all(letter in said for letter in "ABCDE")
    assert "read the guideline in different ways" in said
    unsure = tuple(replace(row, error=0.5) for row in rows)
    assert part_of(replace(audit, agreements=unsure)).camps.startswith("No camps show")
    assert part_of(replace(audit, agreements=rows[:1])).camps == ""
    assert part_of(replace(audit, agreements=())).pairs is None


def test_columns_that_nobody_fills_are_left_out(audit):
    found = part_of(audit)
    assert (found.shifts, found.turns) == (False, True)
    turned = [row for row in found.rows if row.turn is not None]
    assert [row.turned for row in turned] == ["90 % → 60 %"]


def test_of_a_crowd_the_first_are_listed_and_the_rest_counted(audit):
    crowd = replace(audit, raters=(audit.raters[0],) * (MOST_LISTED + 7), agreements=())
    found = part_of(crowd)
    assert (len(found.rows), found.more) == (MOST_LISTED, 7)
    assert len({row.anchor for row in found.rows}) == MOST_LISTED
