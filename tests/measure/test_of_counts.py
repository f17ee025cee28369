"""Alpha from counts alone: by hand, and the same as from the ratings themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.labels.model import Question
from labelq.measure.agreement import agreement
from labelq.measure.of_counts import alpha_of_counts
from tests.rounds import make_round


def question(*labels, level="nominal"):
    return Question("value", level, "test", labels)


def test_by_hand():
    # n = 12; D_o: two tasks with 4 of 6 ordered pairs apart, (4/2 + 4/2) / 12; the labels were
    # given 5, 5 and 2 times, so D_e = (144 - 25 - 25 - 4) / (12 * 11)
    row = alpha_of_counts(
        question("a", "b", "c"), np.array([[2, 1, 0], [3, 0, 0], [0, 3, 0], [0, 1, 2]])
    )
    assert row.observed == pytest.approx(1 / 3)
    assert row.expected == pytest.approx(90 / 132)
    assert row.value == pytest.approx(1 - (1 / 3) / (90 / 132))
    assert (row.n_units, row.n_ratings) == (4, 12)
    assert (row.lower, row.reason) == (None, "too_little_variation")  # four tasks bear no interval


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (np.zeros((0, 2), int), "no_overlap"),
        (np.array([[0, 0], [0, 1], [1, 0]]), "no_overlap"),
        (np.array([[3, 0], [2, 0]]), "no_variation"),
    ],
)
def test_too_little_is_said(counts, reason):
    row = alpha_of_counts(question("a", "b"), counts)
    assert (row.value, row.reason) == (None, reason)


@pytest.mark.parametrize("counts", [[[1, -1]], [[1, 2, 3]], [1, 2]])
def test_what_is_no_table_of_counts_is_refused(counts):
    with pytest.raises(ValueError, match="counts"):
        alpha_of_counts(question("a", "b"), np.array(counts))


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
@given(
    ratings=st.lists(
        st.lists(st.sampled_from("123"), min_size=1, max_size=5), min_size=1, max_size=14
    )
)
def test_it_is_the_alpha_of_the_ratings(level, ratings):
    rows = [(f"u{i:02}", f"r{j}", v) for i, said in enumerate(ratings) for j, v in enumerate(said)]
    round_ = make_round(rows, level=level, labels=("1", "2", "3"))
    whole = agreement(
        round_.questions[0], round_.ratings["value"], round_.raters, metrics=["krippendorff_alpha"]
    )[0]
    counts = np.array([[said.count(label) for label in "123"] for said in ratings])
    row = alpha_of_counts(question("1", "2", "3", level=level), counts)
    for name in ("value", "lower", "upper", "observed", "expected"):
        ours, theirs = getattr(row, name), getattr(whole, name)
        assert ours == (theirs if theirs is None else pytest.approx(theirs, abs=1e-12))
    assert (row.reason, row.n_units, row.n_ratings) == (
        whole.reason,
        whole.n_units,
        whole.n_ratings,
    )
