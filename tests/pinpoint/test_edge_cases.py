"""Edge cases, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from labelq.labels.model import Rater, Ratings
from labelq.pinpoint.borders import near_pairs
from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.edge_cases import find_edge_cases
from tests.pinpoint.planted import pinpointed
from tests.rounds import make_round


def edge_cases(round_):
    found = pinpointed(round_)
    question = round_.questions[0]
    cases = find_edge_cases(
        round_,
        question,
        found.settlings[question.name],
        found.consensuses[question.name],
        Content.of(round_.units),
    )
    return [(case.kind, round_.units.ids[case.unit], case) for case in cases]


def test_even_splits_those_with_most_votes_first():
    rows = [("u1", "a", "x"), ("u1", "b", "y"),
            ("u2", "a", "x"), ("u2", "b", "y"), ("u2", "c", "x"), ("u2", "d", "y"),
            ("u3", "a", "x"), ("u3", "b", "x"), ("u3", "c", "y")]  # fmt: skip
    even = [(unit, case.votes) for kind, unit, case in edge_cases(make_round(rows))
            if kind == "even_split"]  # fmt: skip
    assert even == [("u2", (("x", 2), ("y", 2))), ("u1", (("x", 1), ("y", 1)))]


def test_two_consistent_raters_who_differ():
    rows = [(f"u{i:02}", r, "xy"[i % 2]) for i in range(30) for r in ("a", "b")]
    rows += [(f"u{i:02}", r, "x") for i in range(30) for r in ("c", "d", "e", "f")]
    rows = [row for row in rows if row[:2] != ("u07", "b")] + [("u07", "b", "x")]
    split = [unit for kind, unit, _ in edge_cases(make_round(rows)) if kind == "consistent_split"]
    assert all(isinstance(unit, str) for unit in split)
    two = make_round([("u1", "a", "x"), ("u1", "b", "y"), ("u2", "a", "x"), ("u2", "b", "x")])
    assert not [kind for kind, *_ in edge_cases(two) if kind == "consistent_split"]


def test_one_text_with_two_labels():
    rows = [("u1", r, "x", "Where is  my parcel") for r in "ab"]
    rows += [("u2", r, "y", "where is my PARCEL ") for r in "ab"]
    rows += [("u3", r, "x", "where is my parcel") for r in "ab"]
    rows += [(f"v{i}", r, "xy"[i % 2], f"text {i}") for i in range(8) for r in "ab"]
    same = [case for kind, _, case in edge_cases(make_round(rows)) if kind == "same_text"]
    assert [(case.unit, case.others) for case in same] == [(0, (1,))]


def test_most_against_gold():
    rows = [("u1", r, v) for r, v in zip("abc", "xxy", strict=True)]
    rows += [("u2", r, v) for r, v in zip("abc", "xyy", strict=True)] + [("u3", "a", "x")]
    gold = {"u1": "x", "u2": "x", "u3": "y"}
    against = [
        u for kind, u, _ in edge_cases(make_round(rows, gold=gold)) if kind == "against_gold"
    ]
    assert against == ["u2"]


def test_numbers_name_the_widest_units():
    rows = [("u1", "a", 1.0), ("u1", "b", 1.5), ("u2", "a", 1.0), ("u2", "b", 9.0),
            ("u3", "a", 2.0), ("u3", "b", 2.0)]  # fmt: skip
    found = edge_cases(make_round(rows, level="interval"))
    assert [(kind, unit) for kind, unit, _ in found] == [("even_split", "u2"), ("even_split", "u1")]
    assert found[0][2].votes == (("1", 1), ("9", 1))


def test_two_most_consistent_raters_who_are_even():
    rows = [(f"u{i:02}", r, "xyz"[i % 3]) for i in range(30) for r in "abcdefghi"]
    # Each of d to i errs on five units of their own.
    rows = [
        (u, r, "zxy"["xyz".index(v)] if int(u[1:]) % 6 == "defghi".find(r) else v)
        for u, r, v in rows
    ]
    rows = [row if row[:2] != ("u09", "b") else ("u09", "b", "z") for row in rows]
    split = [unit for kind, unit, _ in edge_cases(make_round(rows)) if kind == "consistent_split"]
    assert split == []  # a, b and c: two against one is no even split
    rows = [row for row in rows if row[:2] != ("u09", "c")]
    split = [unit for kind, unit, _ in edge_cases(make_round(rows)) if kind == "consistent_split"]
    assert split == ["u09"]


def test_nearly_the_same_text_with_another_label():
    said = "parcel arrived open and the blue lamp inside was broken into many small pieces"
    texts = {f"v{i:02}": f"something else about subject{i} and topic{i % 7}" for i in range(40)}
    texts |= {"n1": said, "n2": f"{said} today", "n3": said.replace("small", "little")}
    label = {"n1": "x", "n2": "y", "n3": "x"}
    rows = [(u, r, label.get(u, "xy"[i % 2]), t) for i, (u, t) in enumerate(texts.items())
            for r in "ab"]  # fmt: skip
    made = make_round(rows)
    near = [case for kind, _, case in edge_cases(made) if kind == "near_text"]
    found = [{made.units.ids[unit] for unit in (case.unit, *case.others)} for case in near]
    assert found == [{"n1", "n2"}]  # n2 and n3 differ in two words of fifteen


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sets(st.integers(0, 14), min_size=1), min_size=2, max_size=25))
def test_near_pairs_are_all_pairs(texts):
    holds = np.zeros((len(texts), 15))
    for row, words in zip(holds, texts, strict=True):
        row[list(words)] = 1
    unit = holds / np.sqrt(holds.sum(axis=1, keepdims=True))
    cosine = np.triu(unit @ unit.T, 1)
    first, second, value = near_pairs(sparse.csr_array(holds))
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == set(
        zip(*(found.tolist() for found in np.nonzero(cosine >= 0.9 - 1e-9)), strict=True)
    )
    assert np.allclose(value, cosine[first, second])


def test_a_unit_between_two_labels():
    late, broken = ["parcel", "courier", "late", "depot"], ["lamp", "glass", "broken", "pieces"]
    dice = np.random.default_rng(2)
    rows = []
    for i in range(24):
        label, own = ("late", late) if i % 2 else ("broken", broken)
        text = " ".join([*dice.choice(own, 3, replace=False), f"w{i % 5}"])
        rows += [(f"u{i:02}", r, label, text) for r in "abc"]
    rows += [("v1", r, v, "parcel late courier lamp broken glass")
             for r, v in zip("abc", ("late", "late", "broken"), strict=True)]  # fmt: skip
    rows += [("v2", r, v, "w1 w2 late") for r, v in zip("abc", ("late", "late", "broken"),
                                                       strict=True)]  # fmt: skip
    border = [unit for kind, unit, _ in edge_cases(make_round(rows)) if kind == "border"]
    assert border == ["v1"]


def test_a_consensus_that_stays_undecided():
    # r errs often: on v, two of three votes say x, but one of them is r's.
    dice = np.random.default_rng(4)
    rows = []
    for i in range(120):
        truth = "xyz"[i % 3]
        for r, right in (("a", 0.97), ("b", 0.6), ("c", 0.6), ("d", 0.97)):
            rows.append(
                (f"u{i:03}", r, truth if dice.random() < right else dice.choice(list("xyz")))
            )
    rows += [("v", "a", "x"), ("v", "b", "y"), ("v", "c", "y")]
    found = pinpointed(make_round(rows)).consensuses["value"]
    torn = [case for kind, _, case in edge_cases(make_round(rows)) if kind == "torn"]
    for case in torn:
        row = np.flatnonzero(found.units == case.unit)[0]
        assert np.sort(found.posterior[row])[-2] >= 0.35
        assert case.votes[0][1] > case.votes[1][1]


def models(rows, said, scores=None):
    """A round with what one model says about units."""
    made = make_round(rows)
    ratings = made.ratings["value"]
    at = np.array([made.units.ids.index(unit) for unit in said], np.int32)
    n = len(at)
    predicted = Ratings(
        at, np.zeros(n, np.int32),
        np.array([ratings.values.index(v) for v in said.values()], np.int32), ratings.values,
        np.full(n, np.nan, np.float32), np.full(n, "NaT", "datetime64[s]"),
        np.zeros(n, bool), np.zeros(n, bool),
    )  # fmt: skip
    return replace(
        made,
        models=(Rater("m", "m", "M1", "model"),),
        predictions={"value": predicted},
        scores={} if scores is None else {"value": np.array(scores, np.float32)},
    )


def test_a_confident_model_against_all_raters():
    rows = [(f"u{i:02}", r, "xy"[i % 2]) for i in range(40) for r in "ab"]
    rows = [row for row in rows if row[:2] != ("u05", "b")]
    said = {f"u{i:02}": "xy"[i % 2] for i in range(40)} | {"u03": "x", "u04": "y", "u05": "x"}
    score = [0.95 if unit == "u03" else 0.6 for unit in said]

    def against(round_):
        return [unit for kind, unit, _ in edge_cases(round_) if kind == "against_model"]

    assert against(models(rows, said, score)) == ["u03"]  # u05 has one vote
    assert against(models(rows, said)) == ["u03", "u04"]  # right on 37 of 39
    assert against(models(rows, said, [100 * s for s in score])) == []  # on no known scale
    wild = said | {f"u{i:02}": "x" for i in range(20)}
    assert against(models(rows, wild)) == []  # too often wrong to be believed


def test_gold_that_the_most_consistent_reject():
    rows = [(f"u{i:02}", r, "xyz"[i % 3]) for i in range(30) for r in "abcdef"]
    rows = [(u, r, "z" if r in "cdef" and int(u[1:]) % 4 == 0 else v) for u, r, v in rows]
    gold = {"u01": "x", "u02": "z", "u05": "z"}
    found = edge_cases(make_round(rows, gold=gold))
    assert [unit for kind, unit, _ in found if kind == "gold_rejected"] == ["u01"]
    assert [unit for kind, unit, _ in found if kind == "against_gold"] == ["u01"]


def test_unanimous_against_gold_comes_first():
    rows = [("u1", r, v) for r, v in zip("abcd", "yyyx", strict=True)]
    rows += [("u2", r, "y") for r in "ab"] + [("u3", r, "x") for r in "ab"]
    found = edge_cases(make_round(rows, gold={"u1": "x", "u2": "x", "u3": "x"}))
    assert [unit for kind, unit, _ in found if kind == "against_gold"] == ["u2", "u1"]
