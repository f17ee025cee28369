"""A round against an earlier one: changes, decisions, what else is different."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from labelq.labels.grouping import groups_of
from labelq.measure.agreement import agreement
from labelq.measure.intervals.plan import IntervalPlan
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.remember.comparison import compare
from labelq.remember.earlier import Earlier
from labelq.remember.effects import agreement_share, contrast
from labelq.remember.findings import Share
from labelq.report.comparison import effect
from labelq.report.text import plain
from tests.remember.contents import drawn, remembered
from tests.rounds import make_round

RATES = [0.9, *[0.05] * 14]
SETTLED = [0.05, *RATES[1:]]


def compared(earlier, after, *, plan=None, **how):
    plan = plan or IntervalPlan()
    (q,) = after.questions
    made = {"interval": plan.method, "resamples": plan.resamples}
    rows = agreement(q, after.ratings[q.name], after.raters, **made)
    return compare(earlier, after, rows, plan, **how)


def headline(found, tasks="all"):
    return found.change("value", "krippendorff_alpha", tasks)


@pytest.fixture(scope="module")
def rounds():
    return drawn(RATES, 20, 1, name="one"), drawn(SETTLED, 20, 2, name="two")


def test_the_same_round_twice_has_not_changed(rounds):
    found = compared(Earlier(rounds[0], (), {}, {}), rounds[0])
    assert (found.n_common, found.joined_by) == (len(rounds[0].units), "id")
    for tasks in ("all", "common"):
        row = headline(found, tasks)
        assert (row.difference, row.word) == (0, "not_shown")
        assert row.correlation == pytest.approx(1, abs=1e-6)
        assert row.upper - row.lower < 0.03


def test_values_are_those_that_each_round_has_on_its_own(rounds):
    before, after = rounds
    found = compared(Earlier(before, (), {}, {}), after)
    assert found.n_common == 0
    assert {row.tasks for row in found.changes} == {"all"}
    for side, round_ in (("before", before), ("after", after)):
        own = {
            (r.metric, r.weights, r.distance): r
            for r in agreement(round_.questions[0], round_.ratings["value"], round_.raters)
            if r.label is None and r.raters is None
        }
        for row in found.changes:
            told, alone = getattr(row, side), own[row.metric, row.weights, row.distance]
            assert dataclasses.replace(told, convention="") == dataclasses.replace(
                alone, convention=""
            )
            if row.lower is not None:
                assert row.lower < row.difference < row.upper
    assert headline(found).word == "improved"
    assert [row.headline for row in found.changes].count(True) == 1


@pytest.mark.parametrize("method", ["jackknife", "percentile", "bca", "analytic"])
def test_every_way_of_making_intervals_says_about_the_same(rounds, method):
    plan = IntervalPlan(method=method, resamples=400)
    row = headline(compared(Earlier(rounds[0], (), {}, {}), rounds[1], plan=plan))
    assert row.interval_method == ("mover" if method in ("jackknife", "analytic") else
                                   "bootstrap_percentile")  # fmt: skip
    assert (row.lower, row.upper) == pytest.approx((0.021, 0.146), abs=0.02)
    assert row.detectable == pytest.approx((row.upper - row.lower) / 2 * 2.8016 / 1.95996, rel=1e-4)


def test_without_intervals_nothing_is_claimed(rounds):
    row = headline(
        compared(Earlier(rounds[0], (), {}, {}), rounds[1], plan=IntervalPlan(resamples=0))
    )
    assert (row.word, row.reason) == ("cannot_tell", "no_interval")
    assert row.difference > 0


def test_too_little_variation_cannot_tell(rounds):
    quiet = make_round([(f"t{i}", r, "a" if i else "b") for i in range(40) for r in "xyz"])
    row = headline(compared(Earlier(rounds[0], (), {}, {}), quiet))
    assert (row.word, row.reason) == ("cannot_tell", "too_little_variation")


def test_another_level_or_other_labels_are_not_compared(rounds):
    before, after = rounds
    ordinal = dataclasses.replace(
        after, questions=(dataclasses.replace(after.questions[0], level="ordinal"),)
    )
    found = compared(Earlier(before, (), {}, {}), ordinal)
    assert (headline(found).word, headline(found).reason) == ("cannot_tell", "other_level")
    assert found.surroundings.levels == (("value", "nominal", "ordinal"),)
    more = drawn(SETTLED, 20, 2, labels=("a", "b"))
    more = dataclasses.replace(
        more, questions=(dataclasses.replace(more.questions[0], labels=("a", "b", "c")),)
    )
    found = compared(Earlier(before, (), {}, {}), more)
    assert headline(found).word == "improved"
    assert found.change("value", "gwet_ac1").reason == "other_labels"
    assert found.surroundings.labels == (("value", ("c",), ()),)


def test_groups_are_kept_together_in_both_rounds(rounds):
    def grouped(round_):
        fields = {"doc": tuple(str(i // 4) for i in range(len(round_.units)))}
        return dataclasses.replace(round_, units=dataclasses.replace(round_.units, fields=fields))

    before, after = map(grouped, rounds)
    plan = IntervalPlan(groups=groups_of(after.units, "doc"))
    rows = agreement(after.questions[0], after.ratings["value"], after.raters, groups=plan.groups)
    found = compare(Earlier(before, (), {}, {}), after, rows, IntervalPlan(), group="doc")
    row = headline(found)
    assert row.before.interval_method == row.after.interval_method == "jackknife_t_groups"
    assert row.word == "improved"


def decision(earlier, **how):
    cluster = earlier.clusters[0]
    ids = tuple(earlier.round.units.ids[u] for u in cluster.units)
    told = {
        "id": "d1", "question": "value", "labels": ("a", "b"), "outcome": "label", "label": "a",
        "scope": Scope(tasks=ids),
        "evidence": Evidence("one", cluster.id, cluster.words, len(ids), 0.5),
    }  # fmt: skip
    return Decision(**(told | how))


def test_a_decision_helped_where_it_applies_and_not_elsewhere(rounds):
    earlier = remembered(rounds[0], [0])
    (effect,) = compared(earlier, rounds[1], decisions=[decision(earlier)]).effects
    assert effect.word == "improved"
    inside = effect.inside_after.value - effect.inside_before.value
    outside = effect.outside_after.value - effect.outside_before.value
    assert effect.difference == pytest.approx(inside - outside)
    assert abs(outside) < 0.06
    assert inside > 0.3
    assert abs(effect.by_itself) < 0.1
    assert effect.inside_before.n_units + effect.outside_before.n_units == 300


def test_a_decision_that_changed_nothing_shows_nothing(rounds):
    earlier = remembered(rounds[0], [0])
    again = drawn(RATES, 20, 3)
    found = compared(earlier, again, decisions=[decision(earlier)])
    assert found.effects[0].word == "not_shown"
    assert headline(found).word == "not_shown"


def test_scopes_by_words_and_too_few_tasks(rounds):
    earlier = remembered(rounds[0], [0])
    by_word = decision(earlier, scope=Scope(words=("topic0a",)), evidence=None)
    nobody = decision(earlier, id="d2", scope=Scope(words=("nowhere",)))
    still_open = decision(earlier, id="d3", outcome="undecided", label=None)
    found = compared(earlier, rounds[1], decisions=[by_word, nobody, still_open]).effects
    assert [e.decision for e in found] == ["d1", "d2"]
    assert found[0].word == "improved"
    assert found[0].by_itself is None
    assert (found[1].word, found[1].reason) == ("cannot_tell", "too_few_units")


def test_what_was_decided_after_the_round_had_no_effect_on_it(rounds):
    earlier, after = remembered(rounds[0], [0]), rounds[1]
    ratings = after.ratings["value"]
    submitted = np.full(len(ratings.submitted), np.datetime64("2026-04-12T08:00:00", "s"))
    submitted[0] = np.datetime64("NaT", "s")
    dated = dataclasses.replace(
        after, ratings={"value": dataclasses.replace(ratings, submitted=submitted)}
    )
    for day, helped in ((11, True), (12, True), (13, False)):
        one = decision(earlier, when=dt.date(2026, 4, day))
        (found,) = compared(earlier, dated, decisions=[one]).effects
        if helped:
            assert (found.word, found.reason) == ("improved", None)
        else:
            assert (found.word, found.reason) == ("cannot_tell", "decided_later")
            assert found.difference is None
            assert plain(effect(found)) == (
                "Decision d1 (value): it was decided after this round was labeled, which so cannot"
                " show what it does."
            )
    one = decision(earlier, when=dt.date(2026, 4, 13))
    assert compared(earlier, after, decisions=[one]).effects[0].reason is None  # no dates known


def test_agreement_has_an_interval_even_where_all_agree():
    some = np.array([1.0] * 30 + [1 / 3] * 10)
    share = agreement_share(np.ones(8), some, 0.95)
    assert share.value == share.upper == 1
    assert 0.5 < share.lower < 0.95
    assert agreement_share(np.zeros(0), some, 0.95) == Share(0, None, None, None)
    # All or nothing on every task: Wilson's interval of a proportion.
    yes = agreement_share(np.repeat([1.0, 0], [56, 14]), np.repeat([1.0, 0], [56, 14]), 0.95)
    assert (yes.lower, yes.upper) == pytest.approx((0.6918, 0.8770), abs=1e-4)


def test_a_difference_of_differences_of_one_difference_is_the_published_one():
    first, second = (Share(80, 0.6, 0.49045, 0.70038), Share(70, 0.8, 0.69183, 0.87695))
    exact = Share(1, 0.5, 0.5, 0.5)
    value, lower, upper = contrast([(1, second), (-1, first), (-1, exact), (1, exact)])
    assert value == pytest.approx(0.2)
    assert (lower, upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_what_else_is_different_is_named():
    def tasks(seed, people, channels, labels):
        rng = np.random.default_rng(seed)
        rows = [
            (f"{seed}-{i}", r, labels[rng.integers(len(labels))])
            for i in range(120)
            for r in people
        ]
        ids = sorted({row[0] for row in rows})
        fields = {"channel": dict(zip(ids, rng.choice(channels, len(ids)), strict=True))}
        return make_round(rows, labels=("a", "b"), fields=fields)

    before = tasks(1, "xyz", ["mail", "web"], "ab")
    after = tasks(2, "xyw", ["mail", "mail", "mail", "phone"], "aaab")
    earlier = Earlier(before, (), {}, {}, ("g.md", "# Rules\n"))
    around = compared(earlier, after, guideline=("g2.md", "# Rules\n\nmore\n")).surroundings
    assert (around.joined, around.left, around.n_stayed) == (("w",), ("z",), 2)
    assert {(s.what, s.name) for s in around.shifts} == {("field", "channel"), ("labels", "value")}
    assert around.guideline == "changed"
    same = compared(earlier, tasks(3, "xyz", ["mail", "web"], "ab"), guideline=("x", "# Rules"))
    assert same.surroundings.shifts == ()
    assert same.surroundings.guideline == "same"
    assert compared(earlier, before).surroundings.guideline == "dropped"
    assert compared(Earlier(before, (), {}, {}), before).surroundings.guideline == "none"
