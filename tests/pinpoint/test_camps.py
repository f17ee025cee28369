import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.measure.results import Agreement
from labelq.pinpoint.camps import MOST_ORDERED, rater_order


def pair(a, b, value, n=100, *, error=0.06, **changes):
    fields = {
        "question": "q",
        "metric": "cohen_kappa",
        "level": "nominal",
        "weights": None,
        "distance": None,
        "label": None,
        "raters": (a, b),
        "value": value,
        "lower": None,
        "upper": None,
        "confidence": 0.95,
        "interval_method": None,
        "observed": None,
        "expected": None,
        "n_units": n,
        "n_ratings": 2 * n,
        "n_raters": 2,
        "convention": "",
        "reason": None,
        "error": error,
    }
    return Agreement(**(fields | changes))


def rows(raters, value):
    return [pair(a, b, value(a, b)) for a, b in itertools.combinations(raters, 2)]


def planted(raters, first, within=0.82, across=0.41):
    return rows(raters, lambda a, b: within if (a in first) == (b in first) else across)


def of_one_reading(shared):
    return rows(shared, lambda a, b: shared[a] * shared[b])


def test_two_planted_camps_stand_together_and_are_named():
    found = rater_order(planted("ABCDE", "ACE"))
    assert {*found.order[:3]} == set("ACE")
    assert [set(camp.raters) for camp in found.camps] == [set("ACE"), set("BD")]
    assert [camp.within for camp in found.camps] == pytest.approx([0.82, 0.82])
    assert [camp.across for camp in found.camps] == pytest.approx([0.41, 0.41])
    assert found.p_value <= 0.01


def test_whoever_agrees_less_with_everybody_is_no_camp():
    for shared in (
        {"A": 0.95, "B": 0.4, "C": 0.95, "D": 0.4, "E": 0.95, "F": 0.9},
        dict.fromkeys("ABCDEF", 0.8),
        {"A": 0.95, "B": 0.2, "C": 0.95, "D": 0.95},
    ):
        found = rater_order(of_one_reading(shared))
        assert not found.camps
        assert sorted(found.order) == sorted(shared)


def test_camps_that_the_errors_could_make_are_not_named():
    unsure = [replace(row, error=0.3) for row in planted("ABCDE", "ACE")]
    assert not rater_order(unsure).camps
    close = planted("ABCDE", "ACE", within=0.70, across=0.62)
    assert not rater_order([replace(row, error=0.02) for row in close]).camps


@given(st.permutations(range(15)), st.data())
def test_the_order_does_not_depend_on_that_of_the_pairs(places, data):
    values = data.draw(st.lists(st.floats(-1, 1), min_size=15, max_size=15))
    given_rows = [
        pair(a, b, value, error=1.0)
        for (a, b), value in zip(itertools.combinations("ABCDEF", 2), values, strict=True)
    ]
    found = rater_order(given_rows)
    again = rater_order([given_rows[i] for i in places])
    assert (found.order, found.camps, found.p_value) == (again.order, again.camps, again.p_value)
    assert sorted(found.order) == list("ABCDEF")


def test_missing_pairs_are_bridged():
    known = [r for r in planted("ABCDEF", "ABC") if r.raters not in {("A", "B"), ("C", "F")}]
    unknown = pair("A", "B", None, reason="no_overlap", error=None)
    found = rater_order([*known, unknown])
    assert {frozenset(found.order[:3]), frozenset(found.order[3:])} == {
        frozenset("ABC"),
        frozenset("DEF"),
    }
    assert unknown in found.pairs


def test_too_few_pairs_have_no_order():
    assert rater_order([]).reason == "no_pairs"
    assert rater_order([pair("A", "B", None)]).reason == "no_pairs"
    sparse = [pair(f"r{i}", f"r{i + 1}", 0.5) for i in range(0, 20, 2)]
    found = rater_order(sparse)
    assert (found.order, found.reason) == ((), "too_sparse")


def test_one_pair_and_three_raters():
    assert rater_order([pair("B", "A", 0.5)]).order == ("A", "B")
    found = rater_order(planted("ABC", "AB"))
    assert {*found.order[:2]} == {"A", "B"}
    assert not found.camps
    assert found.p_value is None


def test_a_pair_without_a_standard_error_counts_as_its_units_have_it():
    bare = [replace(row, error=None) for row in planted("ABCDEF", "ABC")]
    assert len(rater_order(bare).camps) == 2
    few = [replace(row, n_units=2) for row in bare]
    assert not rater_order(few).camps


def test_of_many_raters_those_stay_who_share_most():
    raters = [f"r{i:02}" for i in range(MOST_ORDERED + 5)]
    first = set(raters[::2])
    found = rater_order(
        [
            replace(row, n_units=100 - int(row.raters[0][1:]) - int(row.raters[1][1:]))
            for row in planted(raters, first)
        ]
    )
    assert len(found.order) == MOST_ORDERED
    assert found.left_out == 5
    assert set(found.order) == set(raters[:MOST_ORDERED])
    inside = [name in first for name in found.order]
    assert sum(a != b for a, b in itertools.pairwise(inside)) == 1
    assert len(found.camps) == 2


def test_quadratic_kappa_comes_first_and_rows_by_label_do_not_count():
    plain = [replace(row, value=0.1) for row in planted("ABCD", "AB")]
    quadratic = [replace(row, weights="quadratic") for row in planted("ABCD", "AB")]
    by_label = [replace(row, label="x") for row in plain]
    found = rater_order([*plain, *quadratic, *by_label])
    assert found.pairs == tuple(quadratic)


def test_one_reading_seldom_makes_camps():
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(25):
        shared = dict(zip("ABCDEF", rng.uniform(0.5, 0.97, 6), strict=True))
        drawn = [
            replace(row, value=float(np.clip(row.value + rng.normal(0, 0.06), -1, 1)))
            for row in of_one_reading(shared)
        ]
        found += bool(rater_order(drawn).camps)
    assert found <= 1
