"""Agreement of votes that nobody signed: against the reference package, and by hand."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.measure.hands import ENOUGH, hands_agreement

counts = st.lists(
    st.fixed_dictionaries({}, optional={k: st.integers(0, 6) for k in "abc"}), max_size=9
)


def test_by_hand():
    # Pairs alike: 3·2+3·2 of 6 and 6; 2·1 of 6; 3·2 of 6, each weighing 1/(m-1): 10 of 12.
    found = hands_agreement([{"a": 3}, {"b": 3}, {"a": 2, "b": 1}, {"b": 3}])
    assert (found.n_units, found.n_votes, found.reason) == (4, 12, None)
    assert found.observed == pytest.approx(10 / 12)
    # D_e = (144 - 25 - 49) / (12·11)
    assert found.alpha == pytest.approx(1 - (2 / 12) / (70 / 132))


@given(counts)
def test_it_is_krippendorffs_alpha(hands):
    found = hands_agreement(hands)
    table = np.array([[one.get(k, 0) for k in "abc"] for one in hands], float).reshape(-1, 3)
    table = table[table.sum(axis=1) > 1]
    assert (found.n_units, found.n_votes) == (len(table), int(table.sum()))
    assert (found.alpha is None) == (found.reason is not None)
    if found.alpha is not None:
        wanted = krippendorff.alpha(value_counts=table, level_of_measurement="nominal")
        assert found.alpha == pytest.approx(wanted)
    if len(table):
        assert 0 <= found.observed <= 1


@given(counts, st.randoms())
def test_order_and_names_do_not_matter(hands, dice):
    mixed = [{k.upper(): n for k, n in reversed(one.items())} for one in hands]
    dice.shuffle(mixed)
    one, other = hands_agreement(hands), hands_agreement(mixed)
    assert (one.n_units, one.n_votes, one.reason) == (other.n_units, other.n_votes, other.reason)
    assert one.alpha == pytest.approx(other.alpha)


@pytest.mark.parametrize(
    ("hands", "reason", "observed"),
    [
        ([], "no_overlap", None),
        ([{"a": 1}, {"b": 1}, {}], "no_overlap", None),
        ([{"a": 2, "b": 2}] * (ENOUGH - 1), "too_few_units", 1 / 3),
        ([{"a": 4}] * ENOUGH, "no_variation", 1),
    ],
)
def test_too_little_is_a_reason_and_no_number(hands, reason, observed):
    found = hands_agreement(hands)
    assert (found.alpha, found.reason) == (None, reason)
    assert found.observed == (None if observed is None else pytest.approx(observed))
