"""Distances of taxonomy paths: documented examples, formulas written out, hostile trees."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.labels.model import Question
from labelq.measure import crosscheck
from labelq.measure.agreement import agreement
from labelq.measure.coefficients import distances, taxonomy
from labelq.measure.coefficients import krippendorff as ours
from labelq.measure.coefficients.distances import Overlap
from labelq.measure.coefficients.taxonomy import Taxonomy
from labelq.measure.metric import MOST_DEPTHS
from labelq.measure.registry import metric
from labelq.measure.results import Agreement
from tests.rounds import make_round

Paths = frozenset[tuple[str, ...]]


def paths(*names: str) -> Paths:
    return frozenset(tuple(name.split(">")) for name in names)


def one(name: str, a: Paths, b: Paths) -> float:
    codes = np.array([0]), np.array([1])
    if name == "jaccard":
        return float(Overlap([a, b]).distance("jaccard")(*codes)[0])
    return float(Taxonomy((a, b)).distance(name)(*codes)[0])


@pytest.mark.parametrize(
    ("a", "b", "common_labels", "common_subtree"),
    [
        (["A>D>L"], ["A>D>P"], 0, 0.5),
        (["A>D>L"], ["A>C>S"], 0, 0.2),
        (["A>D>L", "A>B>E"], ["A>D>L", "A>B>S"], 1 / 3, 2 / 3),
    ],
)
def test_examples_of_label_studio_enterprise(
    a: list[str], b: list[str], common_labels: float, common_subtree: float
) -> None:
    """Its guide on agreement metrics: Labrador/Poodle, Labrador/Siamese, two paths each."""
    assert one("jaccard", paths(*a), paths(*b)) == pytest.approx(1 - common_labels)
    assert one("subtree", paths(*a), paths(*b)) == pytest.approx(1 - common_subtree)


def test_wu_and_palmer() -> None:
    """1 - 2·depth(common ancestor) / (depth + depth)."""
    assert one("tree", paths("A>D>L"), paths("A>D>P")) == pytest.approx(1 - 4 / 6)
    assert one("tree", paths("A>D>L"), paths("A>D")) == pytest.approx(1 - 4 / 5)
    assert one("tree", paths("A>D>L"), paths("P>T")) == 1
    assert one("tree", paths("A>D>L", "P>T"), paths("A>D>L")) == pytest.approx((0 + 1 + 0) / 3)
    assert one("tree", frozenset(), frozenset()) == 0
    assert one("tree", frozenset(), paths("A")) == 1


def common(p: tuple[str, ...], q: tuple[str, ...]) -> int:
    return next(
        (i for i, (x, y) in enumerate(zip(p, q, strict=False)) if x != y), min(len(p), len(q))
    )


def written_out(name: str, a: Paths, b: Paths) -> float:
    if not a or not b:
        return float(a != b)
    if name == "tree":

        def nearest(p: tuple[str, ...], other: Paths) -> float:
            return min(1 - 2 * common(p, q) / (len(p) + len(q)) for q in other)

        total = sum(nearest(p, b) for p in a) + sum(nearest(q, a) for q in b)
        return total / (len(a) + len(b))
    if name == "subtree":
        x, y = ({p[:k] for p in s for k in range(1, len(p) + 1)} for s in (a, b))
    else:
        cut = int(name.removeprefix("depth_"))
        x, y = ({p[:cut] for p in s} for s in (a, b))
    return 1 - len(x & y) / len(x | y)


def drawn(rng: random.Random, most: int) -> Paths:
    return frozenset(
        tuple(rng.choice("xyz") for _ in range(rng.randint(1, 4)))
        for _ in range(rng.randint(0, most))
    )


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1, 3]),
    st.sampled_from(["tree", "subtree", "depth_1", "depth_2", "depth_4"]),
)
def test_distances_written_out(seed: int, most: int, name: str) -> None:
    rng = random.Random(seed)
    values = list({drawn(rng, most) for _ in range(12)})
    n = len(values)
    wanted = np.array([[written_out(name, a, b) for b in values] for a in values])
    found = Taxonomy(values).distance(name)
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    assert found(i, j) == pytest.approx(wanted.ravel(), abs=1e-12)
    assert found.table(np.arange(n), np.arange(n)) == pytest.approx(wanted, abs=1e-12)


def measured(rows: list[Any], **options: Any) -> dict[str | None, Agreement]:
    made = make_round(rows, level="set")
    found = agreement(
        made.questions[0],
        made.ratings["value"],
        made.raters,
        metrics=["krippendorff_alpha"],
        **options,
    )
    return {row.distance: row for row in found if row.label is None}


def some_rows(seed: int = 4, n: int = 60, most: int = 2) -> list[Any]:
    rng = random.Random(seed)
    rows = []
    for u in range(n):
        truth = drawn(rng, most)
        rows += [(f"{u:03}", r, truth if rng.random() < 0.7 else drawn(rng, most)) for r in "abc"]
    return rows


def test_variants_and_their_words() -> None:
    found = measured(some_rows())
    assert list(found) == [
        "masi",
        "jaccard",
        "passonneau_2004",
        "masi_dkpro",
        "nominal",
        "tree",
        "subtree",
        "depth_1",
        "depth_2",
        "depth_3",
        "depth_4",
    ]
    assert "paths cut at depth 2 of 4, then Jaccard's distance" in found["depth_2"].convention
    assert found["depth_4"].value == pytest.approx(found["jaccard"].value)
    for row in found.values():
        assert row.value is not None
        assert row.lower is not None
        assert row.lower < row.value


def test_an_audit_shows_the_usual_ones() -> None:
    asked = Question("q", "set", "test", labels=(("A", "B"), ("C",)))
    shown = metric("krippendorff_alpha").variants_on(asked)
    assert shown == ("masi", "jaccard", "tree", "subtree", "depth_1", "depth_2")
    assert metric("krippendorff_alpha").variants_on(replace(asked, labels=("a", "b"))) == (
        "masi",
        "jaccard",
    )


def test_alpha_is_the_reference_package_s() -> None:
    made = make_round(some_rows(n=25), level="set")
    question, ratings = made.questions[0], made.ratings["value"]
    rows = agreement(question, ratings, made.raters, metrics=["alpha"], resamples=0)
    checked = crosscheck.cross_check(((question, ratings),), made.raters, rows)
    assert checked.n_compared == sum(row.value is not None for row in rows)
    assert checked.largest == pytest.approx(0, abs=1e-12)


def test_sums_over_the_few_alike_are_the_sums_over_all() -> None:
    rows = some_rows(most=1)
    plain = measured(rows, resamples=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours, "_DENSE_VALUES", 0)
        by_sets = measured(rows, resamples=0)
        patch.setattr(distances, "_FEW", 0)
        alike = measured(rows, resamples=0)
        patch.setattr(ours, "_SIMILAR", 0)
        in_strips = measured(rows, resamples=0)
    for name, row in plain.items():
        assert by_sets[name].value == pytest.approx(row.value, abs=1e-12)
        assert alike[name].value == pytest.approx(row.value, abs=1e-12)
        assert in_strips[name].value == pytest.approx(row.value, abs=1e-12)


def test_depths_beyond_the_cap_are_said() -> None:
    deep = tuple(f"n{i}" for i in range(40))
    rows = [(u, r, frozenset({deep[: 20 + (u + r) % 20]})) for u in range(30) for r in range(3)]
    found = measured(rows, resamples=0)
    cuts = [name for name in found if name and name.startswith("depth_")]
    assert cuts == [f"depth_{k}" for k in range(1, MOST_DEPTHS + 1)]
    assert "deeper cuts are not computed" in found[cuts[-1]].convention
    assert "deeper cuts" not in found[cuts[0]].convention


def test_a_path_of_ten_thousand_names_and_one_that_repeats() -> None:
    deep = tuple("x" for _ in range(10_000))
    values = [frozenset({deep}), frozenset({deep[:-1]}), frozenset({("x",)}), frozenset({("y",)})]
    found = Taxonomy(values).distance("tree")
    a, b = np.array([0, 0, 0]), np.array([1, 2, 3])
    assert found(a, b) == pytest.approx([1 - 19_998 / 19_999, 1 - 2 / 10_001, 1])


def test_ten_thousand_labels_and_sets_of_several_paths() -> None:
    """More distinct sets than are compared in full: the tree distance says so, others hold."""
    rng = random.Random(8)
    tree = [(f"a{i % 10}", f"b{i % 100}", f"c{i}") for i in range(10_000)]
    rows = []
    for u in range(2_100):
        several = rng.sample(tree, 2)
        rows += [(u, r, frozenset([*several, rng.choice(tree)])) for r in range(3)]
    made = make_round(rows[:3], level="set")
    values = sorted({row[2] for row in rows}, key=lambda s: (len(s), sorted(s)))
    code = {value: i for i, value in enumerate(values)}
    n = len(rows)
    ratings = replace(
        made.ratings["value"],
        unit=np.array([row[0] for row in rows], np.int32),
        rater=np.array([row[1] for row in rows], np.int32),
        value=np.array([code[row[2]] for row in rows], np.int32),
        values=tuple(values),
        seconds=np.full(n, np.nan, np.float32),
        submitted=np.full(n, "NaT", "M8[s]"),
        edited=np.zeros(n, bool),
        prelabeled=np.zeros(n, bool),
    )
    question = replace(made.questions[0], labels=tuple(tree))
    work = taxonomy.Taxonomy(values)
    assert work.distance("tree").refused == "too_many_values"
    assert work.distance("subtree").refused is None
    found = agreement(
        replace(question, labels=tuple(sorted(tree))),
        ratings,
        made.raters,
        metrics=["krippendorff_alpha"],
        resamples=0,
    )
    rows_of = {row.distance: row for row in found if row.label is None}
    assert (rows_of["tree"].value, rows_of["tree"].reason) == (None, "too_many_values")
    assert rows_of["jaccard"].value == pytest.approx(0.5, abs=0.05)
