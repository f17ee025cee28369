"""Causes, each from hand-made votes."""

from __future__ import annotations

import pytest

from labelq.pinpoint.causes import cause
from labelq.pinpoint.votes import choices
from tests.rounds import make_round


def of(votes, *, lookalikes=(), common_content=True):
    """The cause where each string of ``votes`` is one unit: rater and label in turn."""
    both = [*votes, *lookalikes]
    rows = [(f"u{i:02}", v[j], v[j + 1]) for i, v in enumerate(both) for j in range(0, len(v), 2)]
    round_ = make_round(rows, labels=["x", "y", "z"])
    all_votes = choices(round_.questions[0], round_.ratings["value"])[0]
    found = cause(all_votes.at(list(range(len(votes)))), all_votes, common_content=common_content)
    names = [rater.id for rater in round_.raters]
    return found, None if found.rater is None else names[found.rater]


def test_one_rater_with_a_rule_of_their_own():
    found, rater = of(["axbxdy", "axcxdy", "bxcxdy", "axbxdy", "bxcxay"])
    assert (found.kind, rater) == ("rater", "d")
    assert found.resolved == pytest.approx(4 / 5)


def test_a_careless_rater_is_no_rule():
    found, _ = of(["axbxdy", "aybydx", "bxcxdy", "bycydx", "axcxdy", "aycydx"])
    assert found.kind != "rater"


def test_two_camps_are_a_gap():
    votes = ["axbxdy", "axdyey", "bxdyey", "cxdyey", "axcxey", "bxcxdy", "axdyey", "cxbxey"]
    found, _ = of(votes)
    assert found.kind == "gap"
    assert {camp.label for camp in found.camps} == {"x", "y"}
    assert of(votes, common_content=False)[0].kind != "gap"


def test_votes_without_rule_are_ambiguous():
    votes = ["axbycxdy", "aybxcydx", "axbxcydy", "aybycxdx", "axbycydx", "aybxcxdy"]
    found, _ = of(votes)
    assert found.kind == "ambiguous"
    assert found.even == 1


def test_single_deviations_of_changing_raters_are_slips():
    votes = ["axbxcy", "axbycx", "aybxcx", "axbxdy"]
    found, _ = of(votes, lookalikes=["axbxcx"] * 6)
    assert found.kind == "slip"


@pytest.mark.parametrize("votes", [["axby"] * 9, ["axbxcy"] * 3, ["axby"] * 5 + ["axbxcy"] * 3])
def test_two_votes_or_three_units_say_too_little(votes):
    assert of(votes)[0].kind == "too_little"


def test_camps_list_the_busiest_first():
    found, _ = of(["axbxcy", "axbxcy", "axbxdy", "axbxey"])
    assert [(camp.rater, camp.n, camp.of) for camp in found.camps[:2]] == [(0, 4, 4), (1, 4, 4)]
