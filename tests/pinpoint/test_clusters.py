"""Clusters: planted causes are found, named, ranked, and the order of units is no matter."""

from __future__ import annotations

import random

import pytest

from labelq.pinpoint.content.vectors import Content
from tests.pinpoint.planted import KINDS, pinpointed, planted, rows
from tests.rounds import make_round


@pytest.fixture(scope="module")
def found():
    return planted()


def test_the_gap_is_the_first_cluster_and_named(found):
    gap = found.clusters[0]
    assert gap.cause.kind == "gap"
    assert set(gap.labels) == {"Billing", "Refund"}
    assert found.kinds(gap.units) == {"voucher"}
    assert len(gap.units) >= 12
    assert {word.lower() for word in gap.words} <= set(KINDS["voucher"][1].split())
    assert len(gap.words) >= 2
    assert gap.id == "category-1"


def test_the_habit_is_a_cluster_of_its_own(found):
    habit = next(c for c in found.clusters if c.cause.kind == "rater")
    assert found.round.raters[habit.cause.rater].id == "bob"
    assert found.kinds(habit.units) == {"login"}
    assert found.kinds(habit.lookalikes) <= {"login"}
    assert habit.cause.resolved == 1
    assert habit.consensus == "Account"
    assert not set(habit.lookalikes) & set(habit.units)


def test_shares_are_disjoint_and_add_up(found):
    units = [unit for cluster in found.clusters for unit in cluster.units]
    assert len(units) == len(set(units))
    assert sum(cluster.share for cluster in found.clusters) == pytest.approx(1)
    real = [c.share for c in found.clusters if not c.remainder]
    assert real == sorted(real, reverse=True)
    assert all(c.settled > found.settlings["category"].value for c in found.clusters)


def test_no_content_where_disagreement_has_none():
    nothing = planted(gap=False, habit=None, careless="eve")
    assert all(cluster.remainder and not cluster.words for cluster in nothing.clusters)


def test_the_order_of_units_does_not_matter(found):
    made, _ = rows()
    names = sorted({row[0] for row in made})
    shuffled = names.copy()
    random.Random(1).shuffle(shuffled)
    # Renaming the units reorders them; grouping must see the same texts.
    new = dict(zip(names, (f"{i:03}" for i in range(len(names))), strict=True))
    other = pinpointed(
        make_round([(new[u], *rest) for u, *rest in random.Random(2).sample(made, len(made))],
                   question="category")
    )  # fmt: skip
    back = {new[u]: u for u in names}

    def shape(planted_):
        to = back.get
        return [
            (c.labels, sorted(to(i, i) for i in map(planted_.round.units.ids.__getitem__, c.units)),
             c.words, c.cause.kind, round(c.share, 9))
            for c in planted_.clusters
        ]  # fmt: skip

    assert shape(other) == shape(found)


def test_a_second_run_gives_the_same(found):
    assert planted().clusters == found.clusters


def test_without_text_there_is_one_remainder_per_pair():
    made, _ = rows()
    bare = pinpointed(make_round([row[:3] for row in made], question="category"))
    assert bare.clusters
    assert all(c.remainder and c.words == () and c.lookalikes == () for c in bare.clusters)
    assert len({c.labels for c in bare.clusters}) == len(bare.clusters)


def test_without_text_fields_are_the_content():
    made, kinds = rows()
    fields = {"kind": kinds, "id": {unit: unit for unit in kinds}}
    by_field = pinpointed(
        make_round([row[:3] for row in made], question="category", fields=fields), kinds
    )
    assert by_field.clusters[0].words == ("kind=voucher",)
    assert by_field.kinds(by_field.clusters[0].units) == {"voucher"}


def test_a_set_has_a_cluster_per_tick():
    made, kinds = rows(habit=None)
    ticked = [(u, r, {"money", label} if label == "Refund" else {"money"}, t)
              for u, r, label, t in made]  # fmt: skip
    found = pinpointed(make_round(ticked, level="set", question="topics"), kinds)
    gap = found.clusters[0]
    assert gap.labels == ("Refund", "without Refund")
    assert (gap.cause.kind, found.kinds(gap.units)) == ("gap", {"voucher"})
    assert sum(c.share for c in found.clusters) == pytest.approx(1)


@pytest.mark.parametrize("texts", [[None, "", "  "], ["!!!", "…", "?"], ["a", "a", "a"]])
def test_texts_without_words_in_common_are_no_error(texts):
    made = [(f"u{i}", r, "xy"[(i + j) % 2], texts[i % 3])
            for i in range(9) for j, r in enumerate("abc")]  # fmt: skip
    found = pinpointed(make_round(made))
    assert all(c.remainder for c in found.clusters)


def test_a_text_under_two_ids_is_fine():
    made = [(f"u{i:02}", r, "x", "same words here") for i in range(8) for r in "ab"]
    content = Content.of(make_round(made).units)
    assert content is not None
    assert content.words(content.rank) == ()


def named(inside, outside):
    """The name of the texts ``inside`` among the others."""
    texts = [*inside, *outside]
    made = [(f"u{i:03}", r, "x", text) for i, text in enumerate(texts) for r in "ab"]
    content = Content.of(make_round(made).units)
    assert content is not None
    return content.words(content.rank[: len(inside)])


def test_names_are_content_words():
    others = ["she told us about a green garden"] * 10 + [f"house{i} lake{i}" for i in range(30)]
    assert named([f"Carton which never that{i}" for i in range(6)], others) == ("Carton",)
    assert named([f"which never that thing{i}" for i in range(6)], others) == ()


def test_a_name_stands_in_three_of_ten_units():
    others = [f"house{i} lake{i}" for i in range(40)]
    some = ["carton word0", "carton word1", "carton word2"]
    assert named([*some, *(f"tree{i}" for i in range(7))], others) == ("carton",)
    assert named([*some, *(f"tree{i}" for i in range(8))], others) == ()
    assert named(some[:2], others) == ()


def test_words_that_are_common_in_their_script_name_nothing():
    latin = [f"house{i} lake{i}" for i in range(100)]
    # "على" and "كرتون" are in few texts of the round; the one is in most other Arabic texts.
    arabic = [f"على {word}" for word in ["سلام", "مدينة", "كتاب", "شجرة", "سماء", "بحر"]]
    inside = [f"على كرتون {word}" for word in ["ماء", "خبز", "قلم", "شمس"]]
    assert named(inside, [*latin, *arabic]) == ("كرتون",)


def test_texts_that_are_nearly_all_alike():
    dice = random.Random(5)
    said = [("s", "ann", "a", "same"), ("s", "bob", "b", "same")]
    said += [
        (f"u{i}", rater, dice.choice("aab"), f"x {i}")
        for i in range(40)
        for rater in ("ann", "bob")
    ]
    round_ = make_round(said)
    assert Content.of(round_.units).least > 1
    assert len(pinpointed(round_).clusters) <= 2
