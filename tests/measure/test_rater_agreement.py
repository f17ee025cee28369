"""One rater against the others: by brute force, against Cohen, and how often intervals hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.measure.raters.estimates import share_intervals
from labelq.measure.raters.leave_one_out import leave_one_out
from labelq.measure.raters.shared import Shared
from labelq.measure.raters.thresholds import label_use, shift, thresholds
from tests.rounds import make_round

TABLES = [
    # Cohen 1960 p. 45 (kappa .492; quadratic .4545), and Artstein and Poesio 2008 p. 558 (.348).
    ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.4915254237, 0.4545454545),
    ([[20, 10], [20, 50]], 0.3478260870, 0.3478260870),
]


def of_table(table):
    rows, unit = [], 0
    for a, line in enumerate(table):
        for b, n in enumerate(line):
            for _ in range(n):
                rows += [(f"{unit:04}", "a", "xyz"[a]), (f"{unit:04}", "b", "xyz"[b])]
                unit += 1
    return make_round(rows, labels=list("xyz"[: len(table)])).ratings["value"]


@pytest.mark.parametrize(("table", "nominal", "quadratic"), TABLES)
def test_two_raters_have_cohens_kappa(table, nominal, quadratic):
    shared = Shared.of(of_table(table), 2)
    for x, published in ((None, nominal), (np.arange(3.0), quadratic)):
        kappa = leave_one_out(shared, x).kappa
        assert kappa.value.tolist() == pytest.approx([published, published], abs=1e-9)
        assert kappa.lower[0] < published < kappa.upper[0]


def test_the_interval_of_kappa_is_cohens():
    # Cohen 1960 p. 45: the large-sample standard error of Fleiss, Cohen and Everitt is .05100182.
    kappa = leave_one_out(Shared.of(of_table(TABLES[0][0]), 2), None).kappa.of(0)
    assert kappa.upper - kappa.value == pytest.approx(1.972 * 0.05100182, rel=0.01)


ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 3)),
    min_size=1,
    max_size=28,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_by_brute_force(rows):
    rows = [(f"u{u}", f"r{r}", "wxyz"[v]) for u, r, v in rows]
    made = make_round(rows, labels="wxyz")
    shared = Shared.of(made.ratings["value"], len(made.raters))
    found = leave_one_out(shared, None)
    moved = shift(shared, np.arange(4.0)).estimates
    uses, lines = label_use(shared, 2.0), thresholds(shared, 4, 2.0)
    for r, rater in enumerate(made.raters):
        pairs, most, apart, own_use, above = [], [], [], [], []
        for unit, who, value in rows:
            others = [v for u, w, v in rows if u == unit and w != who]
            if who != rater.id or not others:
                continue
            pairs += [value == other for other in others]
            n = [others.count(label) for label in "wxyz"]
            leaders = [label for label, k in zip("wxyz", n, strict=True) if k == max(n)]
            most.append((value in leaders) / len(leaders))
            code = ["wxyz".index(other) for other in others]
            apart.append("wxyz".index(value) - np.mean(code))
            own_use.append((value == "z") - np.mean([other == "z" for other in others]))
            above.append(("wxyz".index(value) > 1) - np.mean([c > 1 for c in code]))
        assert found.pairs.n[r] == len(most)
        if not most:
            assert found.pairs.of(r).reason == "no_overlap"
            continue
        assert found.pairs.value[r] == pytest.approx(np.mean(pairs))
        assert found.most.value[r] == pytest.approx(np.mean(most))
        assert moved.value[r] == pytest.approx(np.mean(apart), abs=1e-12)
        use = (uses.rater == r) & (uses.option == 3)
        assert sum(uses.value[use]) == pytest.approx(np.mean(own_use), abs=1e-12)
        line = (lines.rater == r) & (lines.option == 1)
        assert sum(lines.value[line]) == pytest.approx(np.mean(above), abs=1e-12)
        low, high = found.pairs.lower[r], found.pairs.upper[r]
        assert np.isnan(low) or 0 <= low <= np.mean(pairs) <= high <= 1


def test_without_an_own_answer_nobody_leads():
    # Two of three say x: whoever said x is with one x and one y, a tie; y stands against two.
    made = make_round([("u", "a", "x"), ("u", "b", "x"), ("u", "c", "y")])
    found = leave_one_out(Shared.of(made.ratings["value"], 3), None)
    assert found.most.value.tolist() == [0.5, 0.5, 0]


def test_nobody_ever_differs():
    rows = [(f"u{i:02}", r, "xy"[i % 2]) for i in range(40) for r in "abc"]
    shared = Shared.of(make_round(rows).ratings["value"], 3)
    kappa = leave_one_out(shared, None).kappa.of(0)
    assert (kappa.value, kappa.upper) == (1, 1)
    # 0 of 40: the exact binomial limit, over the expected disagreement of .5.
    assert kappa.lower == pytest.approx(1 - (1 - 0.025 ** (1 / 40)) / 0.5)
    assert leave_one_out(shared, np.arange(2.0)).kappa.of(0).reason == "too_little_variation"


def test_one_label_only_has_no_kappa():
    rows = [(f"u{i:02}", r, "x") for i in range(40) for r in "abc"]
    kappa = leave_one_out(Shared.of(make_round(rows).ratings["value"], 3), None).kappa.of(0)
    assert (kappa.value, kappa.reason) == (None, "too_little_variation")


def test_ticks_are_used_label_by_label():
    rows = [(f"u{i:02}", r, {"p", "q"} if r == "a" else {"p"}) for i in range(12) for r in "abc"]
    made = make_round(rows, level="set")
    ratings = made.ratings["value"]
    table = np.array([["p" in value, "q" in value] for value in ratings.values])
    found = label_use(Shared.of(ratings, 3), 0.05, table)
    cells = {(r, o): v for r, o, v in zip(found.rater, found.option, found.value, strict=True)}
    assert cells[0, 1] == 1
    assert cells[1, 1] == pytest.approx(-0.5)
    assert cells[0, 0] == 0
    p = found.p_value[(found.rater == 0) & (found.option == 1)][0]
    assert p == pytest.approx(2 * (1 / 3) ** 12)


def test_a_share_of_very_few_has_no_interval():
    n = np.array([0, 2, 4, 5, 50])
    share = np.array([np.nan, 0.5, 1.0, 1.0, 0.5])
    lower, upper = share_intervals(share, share * (1 - share) / np.maximum(n, 1), n)
    assert np.isnan(lower).tolist() == np.isnan(upper).tolist() == [True, True, True, False, False]
    assert 0.3 < lower[3] < 0.5
    assert upper[4] - lower[4] == pytest.approx(0.28, abs=0.01)
