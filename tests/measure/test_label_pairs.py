"""One label against all others, from the patterns that carry it: the same as from all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.coefficients import cohen
from labelq.measure.coefficients.label_pairs import LabelPairs
from labelq.measure.coefficients.scale import Scale
from labelq.measure.tables import Tables
from tests.rounds import make_round

RATING = st.tuples(st.integers(0, 12), st.sampled_from("abcd"), st.sampled_from("vwxyz"))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(RATING.map(lambda r: r[:2]), st.sampled_from("vwxyz"), min_size=2))
def test_kappas_of_every_label_are_those_of_the_whole_table(given: dict[Any, str]) -> None:
    made = make_round([(*key, value) for key, value in given.items()], labels=list("vwxyz"))
    tables = Tables(made.questions[0], made.ratings["value"], len(made.raters))
    if not tables.pairs.n_pairs:
        return
    weights = Scale(made.questions[0], ("no", "yes")).weights(None)
    for label in range(5):
        mask = np.arange(5) == label
        few, all_of_them = tables.label_pairs.against_rest(mask), tables.pairs.binary(mask)
        assert few.shared_units() == all_of_them.shared_units()
        assert cohen.of_some_pair(few) == cohen.of_some_pair(all_of_them)
        assert (few.key == all_of_them.key).all()
        assert few.n == pytest.approx(all_of_them.n)
        theirs = cohen.kappas(all_of_them, weights)
        ours = cohen.kappas(few, weights)
        assert ours.value == pytest.approx(theirs.value, nan_ok=True)
        assert ours.error == pytest.approx(theirs.error, nan_ok=True)


def test_a_label_that_nobody_gave_leaves_one_pattern_per_set_of_pairs() -> None:
    made = make_round([(u, r, "xy"[u % 2]) for u in range(30) for r in "abc"], labels=list("xyz"))
    tables = Tables(made.questions[0], made.ratings["value"], 3)
    assert len(LabelPairs(tables.pairs).against_rest(np.arange(3) == 2).multiplicity) == 1
