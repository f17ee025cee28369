"""The consensus with later votes: Bayes' rule by hand, and what must not change it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.labels.evidence import last_words
from labelq.labels.model import Rater
from labelq.measure.consensus.estimation import consensus
from labelq.measure.consensus.updating import updated
from tests.rounds import make_round


def rated(seed=0, n=60, labels="xyz", raters="abc", right=0.75):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        true = labels[i % len(labels)]
        rows += [(f"u{i:02}", r, true if rng.random() < right else rng.choice(list(labels)))
                 for r in raters]  # fmt: skip
    return rows


def later(round_, votes, newcomers=()):
    """``round_`` with ``(unit, voter, value)`` as votes that came through a queue."""
    round_ = replace(round_, newcomers=tuple(Rater(w, w, w) for w in newcomers))
    voters = [voter.id for voter in round_.voters]
    (question,) = round_.ratings
    ratings = round_.ratings[question]
    values = sorted({value for *_, value in votes}, key=str)
    if round_.questions[0].level in ("nominal", "ordinal"):
        values = list(ratings.values)
    elif round_.questions[0].level == "set":
        values.sort(key=lambda value: (len(value), sorted(value)))
    table = sorted(
        (round_.units.ids.index(u), voters.index(w), values.index(v)) for u, w, v in votes
    )
    codes = np.array(table, np.int32).reshape(-1, 3)
    empty = ratings.select(np.zeros(len(codes), np.intp))
    selected = replace(
        empty, unit=codes[:, 0], rater=codes[:, 1], value=codes[:, 2], values=tuple(values)
    )
    return replace(round_, selected={question: selected})


def both(round_, decided=None):
    """The consensus of the round, and with what came later."""
    (question,) = round_.questions
    ratings = round_.ratings[question.name]
    of_round = consensus(question, ratings, len(round_.raters))
    votes = round_.selected.get(question.name)
    return of_round, updated(
        question,
        of_round,
        ratings,
        last_words(round_, question),
        asked_again=np.zeros(0, np.int32) if votes is None else votes.unit,
        n_voters=len(round_.voters),
        decided=decided or {},
    )


def by_hand(seen):
    """Raters' matrices (rater × true × given), drawn to what they show together: in loops."""
    n_raters, n_labels, _ = seen.shape
    pooled = seen.sum(axis=0)
    right = (np.trace(pooled) + 0.3) / (pooled.sum() + 0.6)
    even = (1 - right) / (n_labels - 1)
    for true in range(n_labels):
        prior = np.array([right if g == true else even for g in range(n_labels)])
        pooled[true] = (pooled[true] + 5 * prior) / (pooled[true].sum() + 5)
    chance = np.zeros_like(seen)
    for rater in range(n_raters):
        n = seen[rater].sum()
        share = np.mean([pooled[t, t] for t in range(n_labels)])
        if n:
            share = sum(seen[rater, t].sum() * pooled[t, t] for t in range(n_labels)) / n
        shown = (np.trace(seen[rater]) + 5 * share) / (n + 5)
        for true in range(n_labels):
            own = pooled[true, true]
            odds = own / (1 - own) * (shown / (1 - shown)) / (share / (1 - share))
            row = pooled[true] / (1 - own) / (1 + odds)
            row[true] = odds / (1 + odds)
            row = seen[rater, true] + 10 * row + 0.5 / n_labels
            chance[rater, true] = row / row.sum()
    return chance


def test_bayes_by_hand():
    """Rater a again, b as before, c's vote replaced, and a newcomer: each label's chance."""
    round_ = make_round(rated())
    found = later(round_, [("u05", "c", "x"), ("u05", "new", "y")], ["new"])
    of_round, now = both(found)
    assert of_round.method == "dawid_skene"
    ratings = round_.ratings["value"]
    seen = np.zeros((4, 3, 3))  # rater, true, given; the newcomer has given nothing
    for unit, rater, value in zip(ratings.unit, ratings.rater, ratings.value, strict=True):
        for true in range(3):
            seen[rater, true, value] += of_round.posterior[unit, true]
    chance = by_hand(seen)
    first = {r: v for u, r, v in zip(ratings.unit, ratings.rater, ratings.value, strict=True)
             if u == 5}  # fmt: skip
    expected = of_round.posterior.sum(axis=0) + 0.5 / 3
    for rater, value in ((0, first[0]), (1, first[1]), (2, 0), (3, 1)):
        expected = expected * chance[rater, :, value]
    assert now.posterior[5] == pytest.approx(expected / expected.sum(), abs=1e-12)
    assert now.best[5] == "xyz"[int(expected.argmax())]
    others = np.arange(60) != 5
    assert (now.posterior[others] == of_round.posterior[others]).all()
    assert now.accuracy == of_round.accuracy


def test_one_coin_by_hand():
    labels = "abcdefgh"
    round_ = make_round(rated(labels=labels, n=24))
    found = later(round_, [("u05", "a", "c"), ("u05", "new", "c")], ["new"])
    of_round, now = both(found)
    assert of_round.method == "one_coin"
    ratings = round_.ratings["value"]
    likely = of_round.posterior[ratings.unit, ratings.value]
    together = (likely.sum() + 0.5) / (72 + 1)
    right = [(likely[ratings.rater == r].sum() + 3 * together) / (24 + 3) for r in range(3)]
    right.append(together)
    said = {0: 2, 3: 2} | {r: ratings.value[(ratings.unit == 5) & (ratings.rater == r)][0]
                           for r in (1, 2)}  # fmt: skip
    expected = of_round.posterior.sum(axis=0) + 0.5 / 8
    for rater, value in said.items():
        true = np.arange(8) == value
        expected = expected * np.where(true, right[rater], (1 - right[rater]) / 7)
    assert now.posterior[5] == pytest.approx(expected / expected.sum(), abs=1e-12)


def test_a_label_of_the_config_that_the_round_never_saw_can_win():
    round_ = make_round(rated(labels="xy"), labels=["x", "y", "z"])
    of_round, now = both(later(round_, [("u03", who, "z") for who in "abc"]))
    assert of_round.best[3] != "z"
    assert now.best[3] == "z"
    assert now.posterior[3, 2] > 0.5


def test_ticks_are_judged_one_by_one():
    rows = [(f"u{i:02}", r, {"x"} if (i + (r == "c") * (i % 5 == 0)) % 2 else {"x", "y"})
            for i in range(40) for r in "abc"]  # fmt: skip
    round_ = make_round(rows, level="set", labels=["x", "y", "z"])
    votes = [("u10", who, frozenset("xz")) for who in "abc"]
    of_round, now = both(later(round_, votes))
    assert of_round.best[10] == frozenset("xy")
    assert now.best[10] == frozenset("xz")
    assert now.posterior[10].round().tolist() == [1, 0, 1]
    assert now.best[:10] == of_round.best[:10]


def test_means_are_judged_by_what_the_round_shows():
    rng = np.random.default_rng(3)
    people = (("a", 1, 0.5), ("b", -1, 0.5), ("c", 0, 3.0))
    rows = [
        (f"u{i:02}", r, i + bias + rng.normal(0, sd)) for i in range(40) for r, bias, sd in people
    ]
    round_ = make_round(rows, level="interval")
    found = later(round_, [("u10", "a", 21.0), ("u10", "b", 19.0), ("u10", "new", 20.5)], ["new"])
    of_round, now = both(found, {3: 99.0})
    assert of_round.method == now.method == "weighted_mean"
    assert now.best[10] == pytest.approx(20, abs=0.5)  # biases taken out; c's old 10 weighs little
    assert (now.best[3], now.sd[3]) == (99.0, 0.0)
    rest = np.setdiff1d(np.arange(40), [3, 10])
    assert (now.mean[rest] == of_round.mean[rest]).all()
    assert now.bias == of_round.bias


def test_ticks_that_were_counted_are_counted_again():
    rows = [(f"u{i:02}", r, {"x"}) for i in range(4) for r in "abc"]
    round_ = make_round(rows, level="set", labels=["x", "y"])
    votes = [("u01", who, frozenset("y")) for who in "ab"]
    found = later(round_, votes)
    (question,) = found.questions
    ratings = found.ratings["value"]
    counted = consensus(question, ratings, 3, method="majority")
    now = updated(question, counted, ratings, last_words(found, question),
                  asked_again=found.selected["value"].unit, n_voters=3, decided={})  # fmt: skip
    assert now.posterior[1] == pytest.approx([1 / 3, 2 / 3])
    assert now.best[1] == frozenset("y")
    assert now.best[0] == frozenset("x")


def test_numbers_join_the_median_and_a_second_one_replaces_the_first():
    round_ = make_round([("u", "a", 1.0), ("u", "b", 2.0), ("v", "a", 4.0)], level="interval")
    found = later(round_, [("u", "a", 9.5), ("u", "new", 3.0)], ["new"])
    of_round, now = both(found)
    assert of_round.best == (1.5, 4.0)
    assert now.best == (3.0, 4.0)
    assert both(found, {1: 7.0})[1].best == (3.0, 7.0)


def test_votes_of_the_many_labels_that_have_no_posterior(monkeypatch):
    monkeypatch.setattr("labelq.measure.consensus.estimation.MOST_CELLS", 1)
    monkeypatch.setattr("labelq.measure.consensus.methods.MOST_CELLS", 1)
    round_ = make_round([("u", "a", "x"), ("u", "b", "y"), ("v", "a", "x")])
    found = later(round_, [("u", "c", "y"), ("u", "a", "y")], ["c"])
    of_round, now = both(found, {1: "y"})
    assert of_round.best == ("x", "x")
    assert now.best == ("y", "y")
    assert now.posterior.shape == (2, 0)


def test_a_decision_is_certain_and_reaches_units_without_a_vote():
    round_ = make_round(rated(n=12))
    ratings = round_.ratings["value"]
    bare = replace(round_, ratings={"value": ratings.select(ratings.unit != 4)})
    of_round, now = both(bare, {4: "z", 7: "x"})
    assert 4 not in of_round.units
    assert now.units.tolist() == list(range(12))
    assert now.posterior[[4, 7]].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert (now.best[4], now.best[7]) == ("z", "x")
    kept = np.setdiff1d(np.arange(12), [4, 7])
    before = np.searchsorted(of_round.units, kept)
    assert (now.posterior[kept] == of_round.posterior[before]).all()


def test_where_nobody_rated_the_question_votes_are_shares():
    round_ = make_round(rated(n=12))
    found = later(round_, [("u01", "a", "y"), ("u01", "b", "y"), ("u01", "c", "z")])
    nothing = round_.ratings["value"].select(np.zeros(0, np.intp))
    found = replace(found, ratings={"value": nothing})
    _, now = both(found)
    assert now.units.tolist() == [1]
    assert now.posterior.tolist() == [pytest.approx([0, 2 / 3, 1 / 3])]
    assert now.best == ("y",)


def test_nothing_later_is_the_consensus_itself():
    of_round, now = both(make_round(rated()))
    assert now is of_round


@given(
    st.lists(
        st.tuples(st.integers(0, 23), st.sampled_from(["a", "b", "c", "d", "e"]),
                  st.sampled_from("xyz")),
        unique_by=lambda vote: vote[:2], min_size=1, max_size=30,
    ),
    st.dictionaries(st.integers(0, 23), st.sampled_from("xyz"), max_size=5),
    st.integers(0, 5),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_only_what_was_asked_again_changes_and_rows_sum_to_one(votes, decided, seed):
    round_ = make_round(rated(seed, n=24))
    named = [(f"u{u:02}", who, value) for u, who, value in votes]
    of_round, now = both(later(round_, named, ["d", "e"]), decided)
    touched = {u for u, *_ in votes} | set(decided)
    rest = [u for u in range(24) if u not in touched]
    assert (now.posterior[rest] == of_round.posterior[rest]).all()
    assert now.posterior.sum(axis=1) == pytest.approx(np.ones(24))
    assert all(now.best[u] == value for u, value in decided.items())
    # One more vote for a label, by somebody new, never makes it less probable.
    unit, _, label = votes[0]
    if unit in decided:
        return
    more = [*named, (f"u{unit:02}", "f", label)]
    _, then = both(later(round_, more, ["d", "e", "f"]), decided)
    code = "xyz".index(label)
    if of_round.method == "one_coin":
        assert then.posterior[unit, code] >= now.posterior[unit, code] - 1e-12
