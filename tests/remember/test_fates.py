"""What became of clusters, where it is known what happened."""

import numpy as np
import pytest

from labelq.labels.model import Units
from labelq.labels.plain import plain
from labelq.remember.expecting import RATES, Predicted, inside_variance, posterior, prior
from labelq.remember.fates import cluster_fates
from labelq.remember.likeness import Both
from labelq.remember.splits import Splits, votes_of
from tests.remember.contents import LABELS, content_of, drawn, rate_of, remembered, worst
from tests.rounds import make_round


def fates(earlier, after):
    both = Both.of(earlier.round.units, after.units)
    return cluster_fates(earlier, after, both, 0.95)


def test_the_worst_of_many_fall_by_themselves_and_none_is_said_to_have_fallen():
    naive = ours = n = 0
    found_then, expected, now = [], [], []
    for seed in range(5):
        before, after = (drawn([0.2] * 25, 20, s) for s in (seed, 100 + seed))
        chosen = worst(before, 25, 4)
        found = fates(remembered(before, chosen), after)
        for content, fate in zip(chosen, found, strict=True):
            n += 1
            naive += rate_of(after, content) < rate_of(before, content)
            ours += fate.fate in ("gone", "smaller")
            found_then.append(fate.before)
            expected.append(fate.expected)
            now.append(fate.after)
    assert n == 20
    assert naive >= 17
    assert ours == 0
    # Most of the fall was expected.
    fall = np.mean(found_then) - np.mean(now)
    assert fall > 0.3 * np.mean(found_then)
    assert np.mean(expected) - np.mean(now) < 0.5 * fall


def test_a_content_that_was_settled_is_gone_and_the_others_are_the_same():
    rates = [0.9, 0.85, *[0.05] * 24]
    before, after = drawn(rates, 20, 1), drawn([0.05, 0.85, *rates[2:]], 20, 2)
    gone, same = fates(remembered(before, [0, 1]), after)
    assert (gone.fate, same.fate) == ("gone", "same")
    assert gone.after < 0.1 < gone.lowest < gone.expected < gone.before + 0.02
    assert gone.p_value < 0.001 < same.p_value
    assert {content_of(after, u) for u in gone.units} == {0}
    assert 15 <= gone.n_after <= 20


def test_half_settled_is_smaller():
    rates = [0.95, *[0.05] * 24]
    before, after = drawn(rates, 40, 1), drawn([0.5, *rates[1:]], 40, 2)
    assert [f.fate for f in fates(remembered(before, [0]), after)] == ["smaller"]


def test_few_tasks_say_nothing():
    rates = [0.9, *[0.05] * 24]
    before, after = drawn(rates, 12, 1), drawn([0.05, *rates[1:]], 4, 2)
    (found,) = fates(remembered(before, [0]), after)
    assert (found.fate, found.reason, found.n_after) == ("too_little", "too_few_units", 4)
    assert found.before is None


def test_what_was_gone_and_is_there_again_is_back():
    rates = [0.9, *[0.05] * 24]
    settled = [0.05, *rates[1:]]
    first, second = drawn(rates, 20, 1, name="one"), drawn(settled, 20, 2, name="two")
    (gone,) = fates(remembered(first, [0]), second)
    row = plain(gone) | {"units": [second.units.ids[u] for u in gone.units]}
    audit = remembered(second, [], {"comparison": {"clusters": [row]}})
    (again,) = fates(audit, drawn(rates, 20, 3))
    assert (again.fate, again.cluster, again.since) == ("back", "value-1", "one")
    (still,) = fates(audit, drawn(settled, 20, 4))
    assert still.fate == "gone"


def test_a_label_that_is_no_longer_there_leaves_any_disagreement_to_compare():
    rates = [0.9, *[0.05] * 24]
    before = drawn(rates, 20, 1)
    merged = drawn([0.05] * 25, 20, 2, labels=("a", "c"))
    (found,) = fates(remembered(before, [0]), merged)
    assert (found.fate, found.any_labels) == ("gone", True)


def test_tasks_that_say_nothing_have_no_clusters_to_find_again():
    before = drawn([0.5] * 4, 5, 1)
    assert Both.of(Units(("1",), (None,)), Units(("2",), (None,))) is None
    assert cluster_fates(remembered(before, [0]), before, None, 0.95) == ()


def test_scopes_do_not_depend_on_answers_and_leave_out_other_contents():
    before, after = drawn([0.5] * 10, 12, 1), drawn([0.0] * 10, 12, 2)
    earlier = remembered(before, [3, 7])
    both = Both.of(before.units, after.units)
    scopes = both.scopes([c.units for c in earlier.clusters])
    for content, (then, now) in zip((3, 7), scopes, strict=True):
        assert {content_of(before, u) for u in then} == {content}
        assert {content_of(after, u) for u in now} == {content}
        assert len(then) >= 5
        assert len(now) >= 5
    assert all(len(part) == 0 for part in both.scopes([[0, 1]])[0])


def test_splits_count_pairs_of_answers():
    rows = [("1", r, v) for r, v in zip("xyz", "aab", strict=True)]
    rows += [("2", r, v) for r, v in zip("xyz", "abc", strict=True)]
    rows += [("3", r, v) for r, v in zip("xyz", "ccc", strict=True)]
    rows += [("4", "x", "a")]
    round_ = make_round(rows, labels=("a", "b", "c"))
    votes = votes_of(round_, "value", LABELS)
    two, any_ = Splits.of(votes, LABELS), Splits.of(votes, None)
    assert two.units.tolist() == any_.units.tolist() == [0, 1, 2]
    assert two.share == pytest.approx([2 / 3, 1 / 3, 0])
    assert any_.share == pytest.approx([2 / 3, 1, 0])
    assert two.carries.tolist() == [True, True, False]
    assert two.elsewhere(np.array([0])) == pytest.approx([1 / 3])
    assert votes_of(round_, "value", ("a", "nobody")) is None
    assert votes_of(round_, "nothing", LABELS) is None


def test_the_prediction_is_a_binomial_where_the_rate_is_known():
    from scipy.stats import binom

    found = Predicted.at(0.3, 20)
    for k in range(21):
        assert found.at_most(k / 20) == pytest.approx(binom.cdf(k, 20, 0.3), abs=1e-9)
        assert found.at_least(k / 20) == pytest.approx(binom.sf(k - 1, 20, 0.3), abs=1e-9)
    assert found.mean == pytest.approx(0.3)
    assert found.quantile(0.5) == pytest.approx(0.3, abs=0.03)


def test_a_prior_finds_the_two_kinds_of_contents_there_are():
    rng = np.random.default_rng(0)
    groups = [(rng.random(30) < p).astype(float) for p in [0.05] * 30 + [0.6] * 10]
    weights = prior(groups, inside_variance(groups))
    assert weights.sum() == pytest.approx(1)
    assert weights[RATES < 0.2].sum() == pytest.approx(0.75, abs=0.05)
    assert weights[(RATES > 0.4) & (RATES < 0.8)].sum() == pytest.approx(0.25, abs=0.05)
    # Two of five say little beside thirty contents that are quiet, twelve of thirty a lot.
    few, many = np.array([1.0, 1, 0, 0, 0]), np.repeat([1.0, 0], [12, 18])
    only_quiet = prior(groups[:30], 1.0)
    assert posterior(only_quiet, few, 1.0) @ RATES < 0.2
    assert posterior(only_quiet, many, 1.0) @ RATES > 0.35


def test_the_variance_inside_is_that_of_yes_and_no_at_most():
    rng = np.random.default_rng(0)
    yes_or_no = [(rng.random(40) < p).astype(float) for p in (0.2, 0.5, 0.7)]
    assert inside_variance(yes_or_no) == pytest.approx(1, abs=0.01)
    assert inside_variance([group * 2 / 3 for group in yes_or_no]) < 0.7
    assert inside_variance([]) == 1
