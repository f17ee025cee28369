"""Causes, each from hand-made votes."""

from __future__ import annotations

import pytest

from labelq.pinpoint.causes import cause
from labelq.pinpoint.votes import choices
from tests.rounds import make_round


def of(votes, *, lookalikes=(), common_content=True, decided=True, habitual=()):
    """The cause where each string of ``votes`` is one unit: rater and label in turn."""
    both = [*votes, *lookalikes]
    rows = [(f"u{i:02}", v[j], v[j + 1]) for i, v in enumerate(both) for j in range(0, len(v), 2)]
    round_ = make_round(rows, labels=["x", "y", "z"])
    all_votes = choices(round_.questions[0], round_.ratings["value"])[0]
    names = [rater.id for rater in round_.raters]
    found = cause(
        all_votes.at(list(range(len(votes)))),
        all_votes,
        common_content=common_content,
        decided=decided,
        habitual=[names.index(name) for name in habitual],
    )
    return found, None if found.rater is None else names[found.rater]


def test_one_rater_with_a_rule_of_their_own():
    found, rater = of(["axbxdy", "axcxdy", "bxcxdy", "axbxdy", "bxcxay"])
    assert (found.kind, rater) == ("rater", "d")
    assert found.resolved == pytest.approx(4 / 5)


def test_without_a_common_content_nobody_is_named_but_for_a_tested_habit():
    votes = ["axbxdy", "axcxdy", "bxcxdy", "axbxdy", "bxcxay"]
    found, rater = of(votes, common_content=False)
    assert (found.kind, rater) == ("slip", None)
    assert of(votes, common_content=False, habitual="d")[1] == "d"
    assert of(votes, common_content=False, habitual="a")[1] is None


def test_nobody_is_named_when_the_others_differ_as_well():
    votes = ["axbxdy", "axcxdy", "bxcxdy", "axcxdy", "axbycx", "axbxcy"]
    found, rater = of(votes)
    assert (found.kind, rater) == ("too_little", None)
    assert of(votes, common_content=False, habitual="d")[1] is None


def test_nobody_is_named_for_what_chance_does():
    # Three answers of d differ, and so do two of the nine others.
    assert of(["axbxdy", "axcydy", "bxcxdy", "axbxcy"])[1] is None


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


def test_a_slip_needs_a_consensus():
    votes = ["axbxcy", "axbycx", "aybxcx", "axbydy"]
    more = {"lookalikes": ["axbxcx"] * 6, "decided": False}
    assert of(votes, **more)[0].kind == "ambiguous"
    assert of(votes, **more, common_content=False)[0].kind == "too_little"


@pytest.mark.parametrize("votes", [["axby"] * 9, ["axbxcy"] * 3, ["axby"] * 5 + ["axbxcy"] * 3])
def test_two_votes_or_three_units_say_too_little(votes):
    assert of(votes)[0].kind == "too_little"


def test_camps_list_the_busiest_first():
    found, _ = of(["axbxcy", "axbxcy", "axbxdy", "axbxey"])
    assert [(camp.rater, camp.n, camp.of) for camp in found.camps[:2]] == [(0, 4, 4), (1, 4, 4)]
