"""Edge cases, by hand."""

from __future__ import annotations

from labelq.pinpoint.edge_cases import find_edge_cases
from tests.pinpoint.planted import pinpointed
from tests.rounds import make_round


def edge_cases(round_):
    found = pinpointed(round_)
    question = round_.questions[0]
    cases = find_edge_cases(
        round_, question, found.settlings[question.name], found.consensuses[question.name]
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
