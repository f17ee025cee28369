"""A changed scheme is the coefficient of changed ratings; information only falls."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labelq.labels.grouping import groups_of
from labelq.labels.model import Ratings
from labelq.labels.statistics import count_patterns
from labelq.measure.additive import CountTable
from labelq.measure.agreement import agreement
from labelq.measure.information import Coincidences
from labelq.measure.intervals import sampling
from labelq.measure.label_scheme import label_scheme
from tests.rounds import make_round

cells = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(0, 4)),
    min_size=20,
    max_size=90,
    unique_by=lambda cell: cell[:2],
)


def simulated(n=120, m=3, labels="abcd", noise=0.3, seed=1, confused=("a", "b")):
    """Raters err at random with ``noise`` and cannot tell the two ``confused`` labels apart."""
    dice = np.random.default_rng(seed)
    rows = []
    for u in range(n):
        truth = dice.choice(list(labels))
        for r in range(m):
            given = dice.choice(list(labels)) if dice.random() < noise else truth
            given = dice.choice(confused) if given in confused else given
            rows.append((f"u{u:04}", f"r{r}", str(given)))
    return rows


def scheme_of(rows, level="nominal", labels=None, **how):
    made = make_round(rows, level=level, labels=labels)
    return label_scheme(made.questions[0], made.ratings["value"], **how)


def headline(rows, level="nominal", labels=None):
    made = make_round(rows, level=level, labels=labels)
    found = agreement(made.questions[0], made.ratings["value"], made.raters)
    return next(row for row in found if row.metric == "krippendorff_alpha")


def close(a, b):
    assert (a is None) == (b is None), (a, b)
    if a is not None:
        assert a == pytest.approx(b, abs=1e-9)


# Merging v and z makes two commonest labels: which of them counts as the commonest decided
# whether there was enough evidence for an interval.
TIED = [(0, 0, 3), (0, 1, 2), (0, 3, 3), (2, 0, 0), (2, 1, 1), (3, 0, 3), (3, 1, 2), (4, 0, 3),
        (4, 1, 4), (9, 0, 4), (9, 1, 0), (8, 0, 2), (8, 1, 1), (7, 0, 0), (7, 2, 3), (6, 0, 3),
        (6, 2, 0), (5, 0, 0), (5, 1, 2), (1, 0, 3), (1, 1, 1)]  # fmt: skip


@settings(max_examples=15, deadline=None)
@example(cells=TIED, level="nominal")
@given(cells=cells, level=st.sampled_from(["nominal", "ordinal"]))
def test_a_change_is_the_coefficient_of_changed_ratings(cells, level):
    rows = [(f"u{u:02}", f"r{r}", "vwxyz"[v]) for u, r, v in cells]
    scheme = scheme_of(rows, level, "vwxyz")
    for change in scheme.changes:
        new = {label: group[0] for group in change.groups for label in group}
        merged = [(u, r, new.get(v, v)) for u, r, v in rows]
        left = [label for label in "vwxyz" if new.get(label, label) == label]
        row = headline(merged, level, left)
        close(change.value, row.value)
        close(change.lower, row.lower)
        close(change.upper, row.upper)
        assert change.reason == row.reason
        if change.value is not None:
            close(change.difference, change.value - scheme.value)


def test_a_cut_taxonomy_is_the_coefficient_of_cut_paths():
    dice = np.random.default_rng(3)
    paths = [("a", "x", "1"), ("a", "x", "2"), ("a", "y"), ("b", "z"), ("b", "w"), ("c",)]
    rows = []
    for u in range(60):
        own = paths[dice.integers(6)]
        for r in range(3):
            said = own if dice.random() < 0.6 else paths[dice.integers(6)]
            rows.append((f"u{u:02}", f"r{r}", frozenset({said})))
    scheme = scheme_of(rows, "set")
    cuts = [change for change in scheme.changes if change.kind == "cut"]
    assert [change.depth for change in cuts] == [2, 1]
    for change in cuts:
        cut = [(u, r, {path[: change.depth] for path in value}) for u, r, value in rows]
        row = headline(cut, "set")
        close(change.value, row.value)
        close(change.lower, row.lower)
    assert cuts[0].shared_lost < cuts[1].shared_lost
    assert cuts[0].removed < cuts[1].removed


def test_merging_ticks_is_the_coefficient_of_merged_sets():
    dice = np.random.default_rng(4)
    rows = [
        (f"u{u:02}", f"r{r}", {label for label in "abc" if dice.random() < 0.4})
        for u in range(40)
        for r in range(3)
    ]
    scheme = scheme_of(rows, "set")
    assert {change.groups for change in scheme.changes} == {
        (("a", "b"),),
        (("a", "c"),),
        (("b", "c"),),
    }
    for change in scheme.changes:
        ((one, other),) = change.groups
        merged = [(u, r, {one if x == other else x for x in value}) for u, r, value in rows]
        close(change.value, headline(merged, "set").value)
        assert change.n_labels == 2


@settings(max_examples=40, deadline=None)
@given(cells=cells)
def test_information_only_falls_and_alpha_rises_with_the_excess(cells):
    rows = [(f"u{u:02}", f"r{r}", "vwxyz"[v]) for u, r, v in cells]
    made = make_round(rows, labels="vwxyz")
    ratings = made.ratings["value"]
    met = Coincidences.of(CountTable(count_patterns(ratings)))
    scheme = label_scheme(made.questions[0], ratings)
    assert 0 <= scheme.shared <= scheme.entropy + 1e-9
    assert scheme.entropy <= math.log2(5) + 1e-9
    total = met.weight[met.low != met.high].sum()
    n = met.totals
    chance = n.sum() ** 2 - (n**2).sum()
    for change in scheme.changes:
        assert change.entropy <= scheme.entropy + 1e-9
        assert change.shared <= scheme.shared + 1e-9
        assert 0 <= change.removed <= 1
        a, b = ("vwxyz".index(label) for label in change.groups[0])
        expected = 2 * n[a] * n[b] / chance
        o = met.weight[(met.low == min(a, b)) & (met.high == max(a, b))].sum() / total
        assert change.removed == pytest.approx(o)
        if change.value is not None and abs(o - expected) > 1e-9:
            assert (change.difference > 0) == (o > expected)


def test_information_by_hand():
    # Two raters, ten units: 4 x/x, 4 y/y, 2 x/y. Margins 1/2 each; joint .4, .4, .1, .1.
    pairs = ["xx"] * 4 + ["yy"] * 4 + ["xy"] * 2
    rows = [
        (f"u{i}", r, v) for i, pair in enumerate(pairs) for r, v in zip("ab", pair, strict=True)
    ]
    scheme = scheme_of(rows)
    assert scheme.entropy == pytest.approx(1)
    joint = -2 * (0.4 * math.log2(0.4) + 0.1 * math.log2(0.1))
    assert scheme.shared == pytest.approx(2 - joint)
    assert scheme.reason == "two_labels"


def test_labels_nobody_can_tell_apart_share_no_information():
    # Exactly: x and y fall on each other as on themselves, z agrees with itself.
    pairs = ["xx", "xy", "xy", "yy"] * 5 + ["zz"] * 20
    rows = [(f"u{i:02}", r, v) for i, p in enumerate(pairs) for r, v in zip("ab", p, strict=True)]
    best = scheme_of(rows).changes[0]
    assert best.groups == (("x", "y"),)
    assert best.shared_lost == pytest.approx(0, abs=1e-12)
    assert best.entropy_lost == pytest.approx(1 / 3)
    assert best.removed == best.value == 1
    assert (best.lower, best.upper) != (None, None)


def test_planted_confusion_is_found_and_the_paired_interval_is_narrower():
    scheme = scheme_of(simulated())
    best = scheme.changes[0]
    assert best.groups == (("a", "b"),)
    assert best.difference_lower > 0
    width = best.difference_upper - best.difference_lower
    assert width < best.upper - best.lower
    assert all(change.difference_lower < 0 for change in scheme.changes[1:])


def drawn(n, seed, m=3, labels=4, noise=0.3, confused=2):
    """As :func:`simulated`, as arrays."""
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, labels, (n, 1))
    given = np.where(dice.random((n, m)) < noise, dice.integers(0, labels, (n, m)), truth)
    mixed = dice.integers(0, max(confused, 1), (n, m))
    given = np.where(given < confused, mixed, given).ravel()
    small = make_round([(0, 0, label) for label in "abcd"[:labels]], labels="abcd"[:labels])
    empty = np.zeros(n * m, bool)
    ratings = Ratings(
        np.repeat(np.arange(n), m).astype(np.int32),
        np.tile(np.arange(m), n).astype(np.int32),
        given.astype(np.int32),
        tuple("abcd"[:labels]),
        np.full(n * m, np.nan, np.float32),
        np.full(n * m, "NaT", "datetime64[s]"),
        empty,
        empty,
    )
    return small.questions[0], ratings


def test_the_interval_of_the_difference_holds_over_new_rounds():
    """The share of rounds whose interval holds the difference of a very large one: about 95 %."""
    truth = {c.groups: c.difference for c in label_scheme(*drawn(200_000, 0)).changes}
    held = [
        c.difference_lower <= truth[c.groups] <= c.difference_upper
        for seed in range(40)
        for c in label_scheme(*drawn(120, seed + 1)).changes
    ]
    assert len(held) == 240
    assert 0.9 < np.mean(held) < 0.99


def test_scales_are_divided_at_their_best_place():
    dice = np.random.default_rng(5)
    rows = []
    for u in range(150):
        own = int(dice.integers(1, 8))
        for r in range(3):
            said = min(7, max(1, own + int(dice.integers(-1, 2))))
            rows.append((f"u{u:03}", f"r{r}", str(said)))
    scheme = scheme_of(rows, "ordinal", [str(i) for i in range(1, 8)])
    kinds = [change.kind for change in scheme.changes]
    assert kinds.count("merge") == 6
    assert kinds.count("halves") == 2
    bins = {change.n_labels: change for change in scheme.changes if change.kind == "bins"}
    assert sorted(bins) == [2, 3, 4, 5]
    assert bins[3].n_tried == math.comb(6, 2)
    halves = [change for change in scheme.changes if change.kind == "halves"]
    assert bins[2].value >= max(change.value for change in halves)
    assert all(change.difference < 0 for change in bins.values())


def test_a_long_scale_is_merged_step_by_step():
    dice = np.random.default_rng(6)
    labels = [str(i) for i in range(1, 31)]
    rows = [
        (f"u{u:03}", r, str(int(np.clip(own + dice.integers(-3, 4), 1, 30))))
        for u in range(200)
        for own in [int(dice.integers(1, 31))]
        for r in "ab"
    ]
    scheme = scheme_of(rows, "ordinal", labels)
    bins = [change for change in scheme.changes if change.kind == "bins"]
    assert [change.n_labels for change in bins] == list(range(28, 1, -1))


def test_what_cannot_change():
    two = [(f"u{i}", r, "xy"[i % 2 ^ (r == "b" and i < 3)]) for i in range(20) for r in "ab"]
    assert scheme_of(two).reason == "two_labels"
    assert scheme_of([("u1", "a", "x"), ("u2", "b", "y")]).reason == "no_overlap"
    alike = [(f"u{i}", r, "x") for i in range(5) for r in "ab"]
    assert scheme_of(alike).reason == "no_variation"
    agreed = [(f"u{i}", r, "xyz"[i % 3]) for i in range(9) for r in "ab"]
    assert scheme_of(agreed).reason == "no_disagreement"
    numbers = [("u1", "a", 1.0), ("u1", "b", 2.0)]
    assert scheme_of(numbers, "interval").reason == "not_for_numbers"


def test_merging_all_but_one_can_leave_no_variation():
    # Three labels on units with two ratings, but z only where x or y was given too.
    rows = [(f"u{i}", r, "x" if r == "a" else "y") for i in range(12) for r in "ab"]
    rows += [("v", "a", "z"), ("w", "a", "x"), ("w", "b", "y"), ("v", "b", "x")]
    change = next(c for c in scheme_of(rows).changes if c.groups == (("x", "y"),))
    assert change.value is not None  # z is left
    assert change.lower is None
    assert change.reason == "too_little_variation"
    assert change.difference_lower is None


def test_groups_are_left_out_as_wholes():
    rows = simulated(n=100)
    fields = {"source": {f"u{u:04}": str(u // 4) for u in range(100)}}
    made = make_round(rows, fields=fields)
    groups = groups_of(made.units, "source")
    question, ratings = made.questions[0], made.ratings["value"]
    alone = label_scheme(question, ratings)
    together = label_scheme(question, ratings, groups=groups)
    assert alone.changes[0].value == together.changes[0].value
    assert alone.changes[0].difference_lower != together.changes[0].difference_lower


def test_many_units_are_left_out_in_blocks(monkeypatch):
    rows = simulated(n=400)
    made = make_round(rows)
    ratings = made.ratings["value"]
    before = label_scheme(made.questions[0], ratings).changes

    most, sampling.MAX_ROWS = sampling.MAX_ROWS, 15
    try:
        after = label_scheme(made.questions[0], ratings).changes
    finally:
        sampling.MAX_ROWS = most
    for one, other in zip(before, after, strict=True):
        assert one.difference == pytest.approx(other.difference)
        assert one.difference_upper == pytest.approx(other.difference_upper, abs=0.03)


def test_the_order_of_units_and_names_of_raters_do_not_matter():
    rows = simulated()
    other = [(f"x{len(rows) - i // 3:05}", {"r0": "c", "r1": "a", "r2": "b"}[r], v)
             for i, (_, r, v) in enumerate(rows)]  # fmt: skip
    for a, b in zip(scheme_of(rows).changes, scheme_of(other).changes, strict=True):
        close(a.difference, b.difference)
        close(a.difference_lower, b.difference_lower)
        assert replace(a, p_value=0, difference=0, value=0).groups == b.groups


def test_an_attracting_label():
    dice = np.random.default_rng(8)
    rows = []
    for u in range(300):
        truth = str(dice.choice(list("abcde")))
        for r in range(3):
            given = "other" if dice.random() < 0.2 else truth
            rows.append((f"u{u:03}", f"r{r}", given))
    pulls = {pull.label: pull for pull in scheme_of(rows).pulls}
    other = pulls.pop("other")
    assert other.share == pytest.approx(1)
    assert other.drawn == tuple("abcde")
    assert other.of == 5
    assert other.lower > 1
    assert all(pull.drawn in ((), ("other",)) for pull in pulls.values())
    assert sum(pull.used for pull in (other, *pulls.values())) == pytest.approx(1)
