"""The consensus of rankings."""

from __future__ import annotations

import random

import pytest

from labelq.errors import SettingsError
from labelq.labels.model import Ranking
from labelq.measure.ceiling import ceiling
from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.held_out import held_out
from tests.rounds import make_round


def best(*given: Ranking) -> Ranking:
    made = make_round([("u", f"r{i}", x) for i, x in enumerate(given)], level="ranking")
    found = consensus(made.questions[0], made.ratings["value"], len(made.raters))
    assert found.method == "borda"
    (value,) = found.best
    assert isinstance(value, Ranking)
    return value


def test_mean_places() -> None:
    assert best(Ranking.of("abc"), Ranking.of("abc"), Ranking.of("acb")) == Ranking.of("abc")
    assert best(Ranking.of("abc"), Ranking.of("acb")) == Ranking.of(["a", ["b", "c"]])
    assert best(Ranking.of("ab"), Ranking.of("ba")) == Ranking.of([["a", "b"]])
    # Tied items stand in the middle of their places.
    assert best(Ranking.of([["a", "b"], "c"]), Ranking.of("cba")) == Ranking.of("bca")


def test_an_item_that_few_placed_is_not_in_it() -> None:
    found = best(Ranking.of("ab"), Ranking.of("ab"), Ranking.of("abz"))
    assert found == Ranking.of("ab")
    assert best(Ranking.of("ab"), Ranking.of("abz")) == Ranking.of("abz")


def test_every_unit_and_gold() -> None:
    rng = random.Random(3)
    rows = [(f"{u:02}", r, Ranking.of(rng.sample("abcd", 4))) for u in range(9) for r in "xyz"]
    made = make_round(rows, level="ranking", gold={"03": rows[0][2]})
    question, ratings = made.questions[0], made.ratings["value"]
    plain = consensus(question, ratings, 3)
    golden = consensus(question, ratings, 3, gold=made.gold["value"])
    assert plain.units.tolist() == list(range(9))
    assert golden.best[3] == rows[0][2]
    assert [a for i, a in enumerate(plain.best) if i != 3] == [
        a for i, a in enumerate(golden.best) if i != 3
    ]
    with pytest.raises(SettingsError, match="is ranking, and takes borda"):
        consensus(question, ratings, 3, method="dawid_skene")
    assert ceiling(question, ratings, plain).against_one.reason == "not_for_rankings"
    assert held_out(question, ratings, 3, plain.method).reason == "no_model"
    assert plain.n_ties == sum(len(one.places) < 4 for one in plain.best)  # type: ignore[union-attr]  # rankings
