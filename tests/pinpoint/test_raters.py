"""Raters: planted behaviours are flagged, ordinary ones are not, gaps count against nobody."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.labels.model import Units
from labelq.measure.settling import Settling
from labelq.pinpoint.habits import others_say
from labelq.pinpoint.raters import excused_units, rater_reports, same_text
from labelq.pinpoint.votes import choices
from tests.pinpoint.planted import RATERS, pinpointed, planted, rows
from tests.rounds import make_round


def reports(found):
    made = rater_reports(found.round, found.settlings, found.clusters, found.consensuses)
    return {(r.question, found.round.raters[r.rater].id): r for r in made}


def flags(report):
    return [flag.kind for flag in report.flags]


def test_a_habit_is_found_and_nobody_else_flagged():
    by_name = reports(planted())
    habit = by_name["category", "bob"]
    # Without the habit nobody would disagree: so bob differs, too.
    assert flags(habit) == ["differs", "habit"]
    flag = habit.flags[1]
    assert (flag.label, flag.instead_of) == ("Billing", "Account")
    assert flag.n >= 8
    assert flag.value >= 0.5
    assert flag.value >= 4 * flag.others
    assert all(flags(r) == [] for (_, name), r in by_name.items() if name != "bob")


def the_habit(made):
    found = pinpointed(make_round(made, question="category"))
    (flag,) = [f for f in reports(found)["category", "bob"].flags if f.kind == "habit"]
    return found, flag


def test_a_habit_on_one_kind_of_content_has_its_words_and_claims_nothing_outside():
    made, _ = rows(gap=False)
    more, _ = rows(gap=False, n=45)  # many a task on which bob says Account like the others
    made += [row for row in more if row[0] >= "profile-20" and row[0].startswith("profile")]
    found, flag = the_habit(made)
    cluster = next(c for c in found.clusters if c.cause.kind == "rater" and not c.remainder)
    assert (flag.label, flag.instead_of) == ("Billing", "Account")
    assert cluster.words
    assert flag.words == cluster.words
    ids = found.round.units.ids
    inside = {ids[unit] for unit in (*cluster.units, *cluster.lookalikes)}
    own = {unit: label for unit, who, label, _ in made if who == "bob"}
    billing = [unit for unit, label in own.items() if label == "Billing" and unit in inside]
    assert flag.n == len(billing)
    assert flag.of <= len(inside & set(own))
    everywhere = [unit for unit in own if unit.startswith(("login", "profile"))]
    assert flag.value > 0.9
    assert flag.n < 0.5 * len(everywhere)


def test_a_habit_everywhere_has_no_words():
    made, _ = rows(gap=False, habit=None)
    everywhere = [
        (unit, who, "Billing" if who == "bob" and label == "Account" else label, text)
        for unit, who, label, text in made
    ]
    _, flag = the_habit(everywhere)
    assert (flag.label, flag.instead_of, flag.words) == ("Billing", "Account", ())
    assert flag.n == flag.of


def test_a_careless_fast_rater_differs_and_has_no_habit():
    seconds = dict.fromkeys(RATERS, 20.0) | {"eve": 3.0}
    by_name = reports(planted(habit=None, careless="eve", seconds=seconds))
    assert flags(by_name["category", "eve"]) == ["differs", "fast"]
    differs, fast = by_name["category", "eve"].flags
    assert differs.value - differs.others > 0.15
    assert (fast.value, fast.others) == (pytest.approx(3 / 20), 1)
    assert fast.n == fast.of == by_name["category", "eve"].n_shared
    assert all(flags(r) == [] for (_, name), r in by_name.items() if name != "eve")


def test_two_camps_in_a_gap_count_against_nobody():
    found = planted(habit=None)
    by_name = reports(found)
    assert all(r.flags == () for r in by_name.values())
    gap = found.clusters[0]
    excused = excused_units(found.round, found.round.questions[0], [gap])
    assert set(gap.units) <= set(excused.tolist())
    report = by_name["category", "cyd"]
    assert report.counted < report.n_shared


def test_agreement_is_the_share_of_agreeing_pairs():
    rows = [("u1", "a", "x"), ("u1", "b", "x"), ("u1", "c", "y"),
            ("u2", "a", "x"), ("u2", "b", "y"), ("u3", "a", "x")]  # fmt: skip
    report = reports(pinpointed(make_round(rows)))["value", "a"]
    assert (report.n_ratings, report.n_shared, report.agreement) == (3, 2, pytest.approx(1 / 3))
    assert (report.lower, report.upper) == (None, None)  # two tasks would leave 0 to 1
    assert report.labels == {"x": (1, pytest.approx(1 / 3)), "y": (0, pytest.approx(2 / 3))}


def test_nobody_shared_a_unit():
    report = reports(pinpointed(make_round([("u1", "a", "x"), ("u2", "b", "y")])))["value", "a"]
    assert (report.n_shared, report.agreement, report.lower, report.without) == (
        0,
        None,
        None,
        None,
    )
    assert report.labels == {}


def test_without_is_the_headline_without_the_rater():
    found = planted()
    settling = found.settlings["category"]
    rest = [r for r in range(5) if r != 1]
    ratings = found.round.ratings["category"]
    alone = Settling.of(found.round.questions[0], ratings.select(np.isin(ratings.rater, rest)))
    assert reports(found)["category", "bob"].without == pytest.approx(alone.value)
    assert settling.value is not None


def test_a_shift_of_an_ordered_question():
    dice = random.Random(3)
    rows = []
    for i in range(60):
        truth = dice.randint(2, 4)
        rows += [(f"u{i:02}", r, str(truth + dice.choice([0, 0, 0, 1, -1]))) for r in "abc"]
        rows.append((f"u{i:02}", "high", str(min(5, truth + dice.choice([0, 1, 1])))))
    by_name = reports(pinpointed(make_round(rows, level="ordinal", labels="12345")))
    shift = [flag for flag in by_name["value", "high"].flags if flag.kind == "shift"]
    assert shift
    assert 0.4 < shift[0].value < 1
    assert all("shift" not in flags(by_name["value", name]) for name in "abc")


def test_a_flag_and_the_numbers_beside_it_come_from_one_comparison():
    """Where one answers far lower, the next is compared without them, and so are the numbers."""
    dice = random.Random(8)
    rows = []
    for i in range(120):
        truth = dice.uniform(0, 100)
        for r in dice.sample(["low", "high", "a", "b", "c"], 3):
            off = {"low": -60, "high": 12}.get(r, 0)
            rows.append((f"u{i:03}", r, truth + off + dice.gauss(0, 3)))
    found = pinpointed(make_round(rows, level="interval"))
    by_name = reports(found)
    names = [rater.id for rater in found.round.raters]
    for who, left_out in (("low", []), ("high", ["low"])):
        report = by_name["value", who]
        (flag,) = [f for f in report.flags if f.kind == "shift"]
        assert flag.value == report.statistics.shift.value
        assert flag.of == report.statistics.shift.n
        assert [names[r] for r in report.left_out.get("shift", ())] == left_out
    assert by_name["value", "low"].statistics.shift.value == pytest.approx(-62, abs=4)
    assert by_name["value", "high"].statistics.shift.value == pytest.approx(12, abs=2)
    # Nobody else looks high because of the one who is low.
    for who in "abc":
        report = by_name["value", who]
        assert {names[r] for r in report.left_out["shift"]} == {"low", "high"}
        assert abs(report.statistics.shift.value) < 2


def test_uses_of_labels_and_lines_come_from_the_comparison_of_their_flags():
    made = timed_round(labels="wxyz", level="nominal")
    ratings = made.ratings["value"]
    rng = np.random.default_rng(1)
    ratings.value[(ratings.rater == 2) & (rng.random(len(ratings)) < 0.6)] = 3
    ratings.value[(ratings.rater == 0) & (rng.random(len(ratings)) < 0.25)] = 1
    by_name = reports(pinpointed(made))
    for who, left_out in (("c", ()), ("a", (2,))):
        report = by_name["value", who]
        assert report.left_out.get("label_use", ()) == left_out
        uses = {use.label: use for use in report.label_use}
        flagged = [f for f in report.flags if f.kind == "label_use"]
        assert flagged
        for flag in flagged:
            use = uses[flag.label]
            assert (use.own, use.others, use.difference.n) == (flag.value, flag.others, flag.of)


def test_of_two_raters_neither_is_the_one_who_is_off():
    rows = [(f"u{i:02}", "a", str(1 + i % 3)) for i in range(30)]
    rows += [(f"u{i:02}", "b", str(2 + i % 3)) for i in range(30)]
    by_name = reports(pinpointed(make_round(rows, level="ordinal", labels="1234")))
    values = [by_name["value", name].flags[-1].value for name in "ab"]
    assert values == [-1, 1]


def test_numbers_shift_in_their_own_unit_and_never_differ():
    dice = random.Random(4)
    rows = []
    for i in range(40):
        truth = dice.uniform(0, 100)
        rows += [(f"u{i:02}", r, truth + dice.gauss(0, 5)) for r in "abc"]
        rows.append((f"u{i:02}", "high", truth + 20 + dice.gauss(0, 5)))
    by_name = reports(pinpointed(make_round(rows, level="interval")))
    assert flags(by_name["value", "high"]) == ["shift"]
    assert by_name["value", "high"].flags[0].value == pytest.approx(20, abs=3)
    assert by_name["value", "a"].labels == {}


def test_skips():
    rows = [(f"u{i:02}", r, "x") for i in range(40) for r in "abc"]
    by_name = reports(pinpointed(make_round(rows, skips={"a": 10, "b": 1})))
    assert flags(by_name["value", "a"]) == ["skips"]
    flag = by_name["value", "a"].flags[0]
    assert (flag.n, flag.of, flag.value) == (10, 50, 0.2)
    assert by_name["value", "b"].flags == ()
    assert by_name["value", "b"].skip_rate == pytest.approx(1 / 41)


def test_repeats_and_gold():
    rows = [("u1", "a", "x"), ("u1", "b", "y"), ("u2", "a", "y"), ("u2", "b", "y")]
    round_ = make_round(
        rows, repeats=[("u1", "a", "x"), ("u2", "a", "x")], gold={"u1": "x", "u2": "x"}
    )
    report = reports(pinpointed(round_))["value", "a"]
    assert (report.statistics.repeats.n, report.statistics.repeats.value) == (2, 0.5)
    assert (report.gold_right, report.gold_of) == (1, 2)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from("wxyz")),
        min_size=1,
        max_size=24,
        unique_by=lambda row: row[:2],
    )
)
def test_what_the_others_say_by_brute_force(rows):
    round_ = make_round(rows, labels="wxyz")
    votes = choices(round_.questions[0], round_.ratings["value"])[0]
    said = others_say(votes)
    for i in range(len(votes.unit)):
        rest = (votes.unit == votes.unit[i]) & (np.arange(len(said)) != i)
        n = np.bincount(votes.label[rest], minlength=4)
        leaders = np.flatnonzero((n == n.max()) & (n > 0))
        assert said[i] == (leaders[0] if len(leaders) == 1 else -1)


def test_of_flagged_raters_the_one_who_matters_most_comes_first():
    dice = random.Random(9)
    rows = []
    for i in range(200):
        truth = dice.choice("xyz")
        rows += [(f"u{i:03}", r, truth) for r in "abc"]
        # "few" errs always on a few units, "many" often on all of them.
        rows.append((f"u{i:03}", "many", dice.choice("xyz") if i % 2 else truth))
        if i < 25:
            rows.append((f"u{i:03}", "few", "xyz"["xyz".index(truth) - 1]))
    found = pinpointed(make_round(rows))
    made = rater_reports(found.round, found.settlings, found.clusters)
    names = [found.round.raters[r.rater].id for r in made]
    assert all(report.flags for report in made[:2])
    assert not any(report.flags for report in made[2:])
    assert names[:2] == ["many", "few"]
    assert made[0].agreement > made[1].agreement
    gains = [report.without - found.settlings["value"].value for report in made[:2]]
    assert gains[0] > gains[1] > 0


def timed_round(n=300, raters="abcde", votes=3, labels="123456", level="ordinal"):
    """Alike raters with slips, three votes on each unit, in order of time."""
    dice = random.Random(11)
    rows = []
    for i in range(n):
        truth = dice.randrange(len(labels))
        for rater in dice.sample(raters, votes):
            off = dice.choice([-1, 1]) if dice.random() < 0.1 else 0
            rows.append((f"u{i:04}", rater, labels[min(max(truth + off, 0), len(labels) - 1)]))
    made = make_round(rows, level=level, labels=list(labels))
    made.ratings["value"].submitted[:] = np.datetime64("2026-03-01T08:00:00") + np.arange(
        len(rows)
    ).astype("timedelta64[s]")
    return made


def test_a_threshold_is_told_from_a_general_shift():
    made = timed_round()
    ratings = made.ratings["value"]
    strict = (ratings.rater == 0) & (ratings.value == 4)
    ratings.value[strict] = 3  # a gives 4 where the others give 5
    by_name = reports(pinpointed(made))
    (threshold,) = [f for f in by_name["value", "a"].flags if f.kind == "threshold"]
    assert (threshold.label, threshold.instead_of) == ("4", "5")
    assert threshold.value < 0
    assert threshold.n / threshold.of > 0.3 > threshold.others
    assert "shift" not in flags(by_name["value", "a"])
    assert all("threshold" not in flags(by_name["value", name]) for name in "bcde")
    lines = {line.above: line.difference for line in by_name["value", "a"].thresholds}
    assert lines["5"].upper < 0
    assert abs(lines["3"].value) < 0.05

    general = timed_round()
    ratings = general.ratings["value"]
    own = ratings.rater == 0
    ratings.value[own] = np.maximum(ratings.value[own] - 1, 0)
    kinds = flags(reports(pinpointed(general))["value", "a"])
    assert "shift" in kinds
    assert "threshold" not in kinds


def test_over_use_of_a_label():
    made = timed_round(labels="wxyz", level="nominal")
    ratings = made.ratings["value"]
    rng = np.random.default_rng(1)
    ratings.value[(ratings.rater == 2) & (rng.random(len(ratings)) < 0.25)] = 3
    by_name = reports(pinpointed(made))
    (use,) = [f for f in by_name["value", "c"].flags if f.kind == "label_use"]
    assert use.label == "z"
    assert use.value > use.others + 0.1
    assert all("label_use" not in flags(by_name["value", name]) for name in "abde")


def test_drift_in_the_middle():
    made = timed_round(n=600, labels="wxyz", level="nominal")
    ratings = made.ratings["value"]
    rng = np.random.default_rng(2)
    late = (ratings.rater == 1) & (ratings.unit >= 300) & (rng.random(len(ratings)) < 0.4)
    ratings.value[late] = (ratings.value[late] + 1) % 4
    by_name = reports(pinpointed(made))
    (drift,) = [f for f in by_name["value", "b"].flags if f.kind == "drift"]
    assert drift.value < drift.others - 0.2
    assert abs(drift.n / drift.of - 0.5) < 0.1
    assert drift.when.startswith("2026-03-01T")
    assert all("drift" not in flags(by_name["value", name]) for name in "acde")


def test_inconsistent_with_oneself():
    made = timed_round(labels="wxyz", level="nominal")
    ratings = made.ratings["value"]
    ids = made.units.ids
    again = [
        (ids[u], made.raters[r].id, "wxyz"[(v + (r == 3 and u % 2)) % 4])
        for u, r, v in zip(ratings.unit[::4], ratings.rater[::4], ratings.value[::4], strict=True)
    ]
    rows = [
        (ids[u], made.raters[r].id, "wxyz"[v])
        for u, r, v in zip(ratings.unit, ratings.rater, ratings.value, strict=True)
    ]
    by_name = reports(pinpointed(make_round(rows, labels=list("wxyz"), repeats=again)))
    (own,) = [f for f in by_name["value", "d"].flags if f.kind == "self"]
    assert own.value > own.others + 0.2
    assert all("self" not in flags(by_name["value", name]) for name in "abce")


def test_with_little_data_the_answer_is_too_little_to_say():
    rows = [(f"u{i}", r, "x" if i % 2 else "y") for i in range(8) for r in "abc"]
    report = reports(pinpointed(make_round(rows)))["value", "a"]
    assert report.flags == ()
    assert report.families == {
        "differs": "too_few_units",
        "habit": "nothing",
        "label_use": "too_few_units",
        "shift": "needs_ordered_labels",
        "threshold": "needs_ordered_labels",
        "self": "no_texts",
        "drift": "no_dates",
        "fast": "no_times",
        "skips": "no_skips",
    }
    assert report.drift is None
    assert report.statistics.kappa.reason == "too_little_variation"


def test_confusion_stands_in_the_report():
    found = planted()
    rows = reports(found)["category", "bob"].confusion
    assert {row.basis for row in rows} == {"consensus"}
    account = next(row for row in rows if row.true == "Account")
    assert account.given["Billing"].value > 0.2
    made = rater_reports(found.round, found.settlings, found.clusters)
    assert all(report.confusion == () for report in made)


def test_only_a_text_makes_two_units_the_same():
    """Fields that are equal, empty or both say nothing about what a rater read."""
    dice = random.Random(2)
    rows = [(f"u{i:03}", r, dice.choice("xy")) for i in range(200) for r in "abc"]
    fields = {
        "suggestion": {f"u{i:03}": None if i % 10 else "maybe" for i in range(200)},
        "batch": {f"u{i:03}": str(i // 50) for i in range(200)},
    }
    found = reports(pinpointed(make_round(rows, fields=fields)))
    for report in found.values():
        assert report.statistics.same_text.reason == "no_texts"
        assert report.families["self"] == "no_texts"
        assert "self" not in flags(report)


def test_what_counts_as_the_same_text():
    texts = ["late  parcel", "late parcel", None, "", "...", "...", "only once", *["Rate it:"] * 40]
    units = Units(tuple(f"u{i}" for i in range(len(texts))), tuple(texts))
    group = same_text(units)
    assert group[0] == group[1] >= 0
    assert (group[2:] == -1).all()  # none, empty, no letter, alone, and a heading above 40 tasks
    few = Units(tuple("abcdefgh"), ("one text",) * 8)
    assert (same_text(few) == 0).all()
    assert len(same_text(Units((), ()))) == 0
