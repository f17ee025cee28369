"""The ledger: shares that add up, what settling really brings, ranks under resampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.settling import Settling
from labelq.pinpoint.findings import COVERED
from labelq.pinpoint.influence import Ledger
from tests.pinpoint.planted import pinpointed, planted
from tests.rounds import make_round

VALUES = {
    "nominal": ["x", "y", "z"],
    "ordinal": ["1", "2", "3"],
    "interval": [1.0, 2.0, 5.0],
    "set": [frozenset(), frozenset("a"), frozenset("ab")],
}
cells = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 2)),
    min_size=4,
    max_size=36,
    unique_by=lambda cell: cell[:2],
)


def ledger_of(round_, resamples=100):
    found = pinpointed(round_)
    name = round_.questions[0].name
    ledger = Ledger.of(found.settlings[name], found.consensuses[name], resamples=resamples)
    return found, ledger, ledger.listed(found.pairs, found.clusters)


def of_kind(rows, kind):
    return [row for row in rows if row.kind == kind]


@settings(max_examples=20, deadline=None)
@given(rows=cells, level=st.sampled_from(sorted(VALUES)))
def test_every_kind_adds_up_to_one(rows, level):
    named = [(u, r, VALUES[level][v]) for u, r, v in rows]
    labels = VALUES[level] if level in ("nominal", "ordinal") else None
    found, ledger, listed = ledger_of(make_round(named, level=level, labels=labels))
    disputed = ledger.settling.unit_share().any()
    for kind in ("unit", "rater", *(["label_pair"] if found.pairs else [])):
        shares = [row.share for row in of_kind(listed, kind)]
        assert sum(shares) == pytest.approx(1 if disputed else 0)
        assert np.diff(shares).max(initial=0) < 1e-9
    if level != "set":
        assert sum(row.share for row in of_kind(listed, "cluster")) <= 1 + 1e-9


def test_a_pair_of_ratings_is_split_between_its_raters():
    rows = [("u1", "a", "x"), ("u1", "b", "y"), ("u1", "c", "x"),
            ("u2", "a", "x"), ("u2", "b", "x"), ("u3", "a", "z")]  # fmt: skip
    _, _, listed = ledger_of(make_round(rows))
    # b is in both disagreeing pairs of u1, a and c in one each.
    shares = {row.key: row.share for row in of_kind(listed, "rater")}
    assert shares == {1: pytest.approx(0.5), 0: pytest.approx(0.25), 2: pytest.approx(0.25)}


@settings(max_examples=30, deadline=None)
@given(rows=cells, level=st.sampled_from(sorted(VALUES)))
def test_a_settled_rater_is_the_coefficient_of_the_changed_ratings(rows, level):
    named = [(u, r, VALUES[level][v]) for u, r, v in rows]
    labels = VALUES[level] if level in ("nominal", "ordinal") else None
    made = make_round(named, level=level, labels=labels)
    settling = Settling.of(made.questions[0], made.ratings["value"])
    ratings = settling.ratings
    best = np.zeros(len(settling.units), int)
    disputed = settling.units[settling.unit_share() > 0]
    raters = sorted(set(ratings.rater.tolist()))
    for rater, found in zip(raters, settling.settled_raters(raters, best), strict=True):
        theirs = (ratings.rater == rater) & np.isin(ratings.unit, disputed)
        changed = replace(ratings, value=np.where(theirs, 0, ratings.value).astype(np.int32))
        expected = Settling.of(made.questions[0], changed).value
        assert (found is None) == (expected is None)
        if found is not None:
            assert found == pytest.approx(expected, abs=1e-9)


def test_units_by_hand():
    found = planted()
    settling = found.settlings["category"]
    ledger = Ledger.of(settling, found.consensuses["category"], resamples=0)
    top = ledger.of_units(at_most=1000)
    assert sum(one.share for one in top) == pytest.approx(1)
    assert top[0].without == pytest.approx(settling.without([top[0].key]))
    assert top[0].rank_lower is None
    assert len(ledger.of_units(at_most=3)) == 3


def test_clear_ranks_are_stable_and_equal_ones_are_not():
    clear = [(f"u{i:03}", r, "y" if r == "b" and i < 60 else "x") for i in range(90) for r in "ab"]
    clear += [(f"u{i:03}", r, "z" if r == "c" and i > 80 else "x") for i in range(90) for r in "c"]
    _, _, listed = ledger_of(make_round(clear), resamples=400)
    first, second, *_ = of_kind(listed, "label_pair")
    assert (first.key, first.rank, first.rank_lower, first.rank_upper) == (("x", "y"), 1, 1, 1)
    assert first.stays == 1
    assert second.stays > 0.99
    even = [(f"u{i:02}", r, "x" if r == "a" else "yz"[i % 2]) for i in range(40) for r in "ab"]
    _, _, listed = ledger_of(make_round(even), resamples=400)
    one, other = of_kind(listed, "label_pair")
    assert one.rank == other.rank == 1.5
    assert (one.rank_lower, one.rank_upper) == (1, 2)
    assert 0.4 < one.stays < 0.65
    assert {row.rank for row in of_kind(listed, "unit")} == {20.5}


def test_the_same_seed_gives_the_same_ledger():
    found = planted()
    rows = [
        Ledger.of(
            found.settlings["category"], found.consensuses["category"], resamples=200, seed=seed
        ).listed(found.pairs, found.clusters)
        for seed in (3, 3, 4)
    ]
    assert rows[0] == rows[1] != rows[2]


def test_the_agenda_is_the_shortest_list():
    found = planted()
    ledger = Ledger.of(found.settlings["category"], found.consensuses["category"])
    agenda = ledger.agenda(found.clusters)
    shares = {c.id: c.share for c in found.clusters if not c.remainder}
    assert agenda.common == pytest.approx(sum(shares.values()))
    assert agenda.share >= COVERED * agenda.common
    assert agenda.share - shares[agenda.clusters[-1]] < COVERED * agenda.common
    assert list(agenda.clusters) == sorted(agenda.clusters, key=lambda c: -shares[c])
    assert agenda.common + agenda.remainder + agenda.left == pytest.approx(1)
    best = max(c.settled for c in found.clusters if c.id in agenda.clusters)
    assert agenda.settled > best > agenda.value


def test_no_disagreement_has_an_empty_ledger():
    rows = [(f"u{i}", r, "xy"[i % 2]) for i in range(6) for r in "ab"]
    _, ledger, listed = ledger_of(make_round(rows))
    assert listed == ()
    assert ledger.agenda(()).clusters == ()
    assert ledger.agenda(()).settled is None
