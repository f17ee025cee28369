"""Flags on rounds where nobody stands out: near nobody may be flagged."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from labelq.measure.raters.tails import at_least, two_sided
from labelq.pinpoint.flags import Family, differs_flags, holm
from tests.rounds import make_round


def slips(seed, n_units, crews, votes, rates):
    """Every rater of crew i errs at random with the same rate; units go to the crews in turn."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(n_units):
        truth, crew = rng.integers(4), unit % len(crews)
        for rater in rng.permutation(crews[crew])[:votes]:
            wrong = rng.random() < rates[crew]
            rows.append(
                (f"{unit:04}", f"{rater:02}", "abcd"[(truth + wrong * rng.integers(1, 4)) % 4])
            )
    return make_round(rows, labels=list("abcd"))


def flagged(made):
    return differs_flags(made.questions[0], made.ratings["value"], len(made.raters)).flags


@pytest.mark.parametrize("votes", [2, 3])
def test_pure_slips_blame_nobody(votes):
    hit = [bool(flagged(slips(seed, 300, [range(10)], votes, [0.1]))) for seed in range(30)]
    assert sum(hit) <= 3  # 5 % of the rounds; never with two votes, where nobody can tell


def test_harder_tasks_blame_nobody():
    crews = [range(4), range(4, 8), range(8, 12)]
    hit = [bool(flagged(slips(seed, 450, crews, 3, [0.3, 0.08, 0.08]))) for seed in range(20)]
    assert sum(hit) <= 2


def test_one_who_errs_more_is_found():
    made = slips(1, 400, [range(5)], 3, [0.05])
    ratings = made.ratings["value"]
    rng = np.random.default_rng(2)
    value = ratings.value.copy()
    often = (ratings.rater == 3) & (rng.random(len(value)) < 0.25)
    value[often] = (value[often] + 1) % 4
    found = differs_flags(made.questions[0], type(ratings)(
        ratings.unit, ratings.rater, value, ratings.values, ratings.seconds, ratings.submitted,
        ratings.edited, ratings.prelabeled), 5).flags  # fmt: skip
    assert list(found) == [3]
    (flag,) = found[3]
    assert flag.value > 0.2 > flag.others


def test_the_tail_is_exact():
    assert at_least(3, np.full(10, 0.3)) == pytest.approx(binom.sf(2, 10, 0.3))
    assert at_least(3, np.array([1.0, 1.0, 0.5, 0.0])) == pytest.approx(0.5)
    many = np.full(5000, 0.2)
    assert at_least(1040, many) == pytest.approx(binom.sf(1039, 5000, 0.2), rel=0.03)


def test_two_sided_tails():
    fair = np.full(12, 0.5)
    assert two_sided(10, fair) == pytest.approx(2 * binom.sf(9, 12, 0.5))
    assert two_sided(2, fair) == two_sided(10, fair)
    assert two_sided(6, fair) == 1


def test_correction_over_raters_and_questions():
    p = np.array([0.001, 0.02, 0.4])
    assert holm(p).tolist() == pytest.approx([0.003, 0.04, 0.4])
    assert holm(p, 3).tolist() == pytest.approx([0.009, 0.12, 1.0])
    # Where nothing can be significant nothing is, and the smallest stays what it was.
    assert holm(np.array([0.03, 0.9])).tolist() == pytest.approx([0.06, 0.9])
    assert holm(np.zeros(0)).tolist() == []


def test_a_family_says_what_it_has_too_little_of():
    tested = Family({1: ("flag",)}, np.array([30, 30, 5, 0]), 20, "no_overlap")
    states = [tested.state(rater) for rater in range(4)]
    assert states == ["nothing", "flagged", "too_few_units", "no_overlap"]
