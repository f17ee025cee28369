"""Causes of clusters and disagreements, from hand-made votes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from labelq.measure.consensus.estimation import consensus
from labelq.pinpoint.causes.clusters import with_causes
from labelq.pinpoint.causes.disagreements import disagreements
from labelq.pinpoint.findings import CAUSES, Cause, Cluster
from labelq.pinpoint.votes import choices
from tests.rounds import make_round

CLEAR = ["axbxcx", "bydyey", "axcxdx", "aycyey", "bzdzaz", "czezbz"] * 6
"""What these raters agree on elsewhere."""


def made(votes, *, elsewhere=CLEAR, gold=""):
    """The round where each string of ``votes`` is one unit: rater and label in turn."""
    both = [*votes, *elsewhere]
    rows = [(f"u{i:03}", v[j], v[j + 1]) for i, v in enumerate(both) for j in range(0, len(v), 2)]
    return make_round(
        rows, labels=["x", "y", "z"], gold={f"u{i:03}": label for i, label in enumerate(gold)}
    )


def of(votes, *, lookalikes=(), common_content=True, elsewhere=CLEAR, habitual=(), **more):
    """The cause of the cluster of ``votes``, and the rater who is named."""
    n, alike = len(votes), len(lookalikes)
    round_ = made([*votes, *lookalikes], elsewhere=elsewhere, **more)
    question, ratings = round_.questions[0], round_.ratings["value"]
    found = consensus(question, ratings, len(round_.raters))
    cluster = Cluster(
        id="value-1",
        question="value",
        labels=("x", "y"),
        units=tuple(range(n)),
        words=("word",) if common_content else (),
        share=0.5,
        settled=None,
        cause=Cause("too_little"),
        consensus=None,
        lookalikes=tuple(range(n, n + alike)),
        remainder=not common_content,
    )
    names = [rater.id for rater in round_.raters]
    habits = [(names.index(name), frozenset(("x", "y"))) for name in habitual]
    (votes_,) = choices(question, ratings)
    (told,) = with_causes(round_, question, votes_, found, habits, [cluster])
    rater = None if told.cause.rater is None else names[told.cause.rater]
    return told.cause, rater


def test_one_rater_with_a_rule_of_their_own():
    found, rater = of(["axbxdy", "axcxdy", "bxcxdy", "axbxdy", "bxcxdy", "axexdy"])
    assert (found.kind, rater, found.resolved) == ("rater", "d", 1)
    assert found.evidence is not None
    assert (found.evidence.off, found.evidence.answers) == (6, 6)


def test_probabilities_add_up_and_the_likeliest_is_named():
    found, _ = of(["axbxdy", "axcxdy", "bxcxdy", "axbxdy", "bxcxdy", "axexdy"])
    assert list(found.probabilities) == list(CAUSES)
    assert sum(found.probabilities.values()) == pytest.approx(1)
    assert max(found.probabilities, key=found.probabilities.__getitem__) == "rater"
    assert found.basis == "uncalibrated"


def test_without_a_common_content_nobody_is_named_but_for_a_tested_habit():
    votes = ["axbxdy", "axcxdy", "bxcxdy", "axbxdy", "bxcxdy", "axexdy"]
    assert of(votes, common_content=False)[1] is None
    assert of(votes, common_content=False, habitual="d")[1] == "d"
    assert of(votes, common_content=False, habitual="a")[1] is None


def test_nobody_is_named_for_what_chance_does():
    # Three answers of d differ, and so do two of the nine others.
    assert of(["axbxdy", "axcydy", "bxcxdy", "axbxcy"])[1] is None


def test_a_careless_rater_is_no_rule():
    assert of(["axbxdy", "aybydx", "bxcxdy", "bycydx", "axcxdy", "aycydx"])[1] is None


CAMPS = ["axbxdy", "axdyey", "bxdyey", "cxdyey", "axcxey", "bxcxdy", "axdyey", "cxbxey"]


def test_two_camps_are_a_gap():
    found, rater = of(CAMPS)
    assert (found.kind, rater) == ("gap", None)
    assert {camp.label for camp in found.camps} == {"x", "y"}
    assert found.evidence is not None
    assert found.evidence.follows == found.evidence.of == 24
    assert of(CAMPS, common_content=False)[0].kind != "gap"


def test_votes_without_rule_are_ambiguous():
    votes = ["axbycxdy", "aybxcydx", "axbxcydy", "aybycxdx", "axbycydx", "aybxcxdy"]
    found, _ = of([*votes, "aybxcydx", "axbycxdy"])
    assert found.kind == "ambiguous"
    assert found.even == 1


def test_single_deviations_of_changing_raters_are_slips():
    votes = ["axbxcy", "axbycx", "aybxcx", "axbxdy"]
    found, _ = of(votes, lookalikes=["axbxcx", "bxcxdx", "axcxex"] * 8)
    assert found.kind == "slip"


@pytest.mark.parametrize("votes", [["axby"] * 9, ["axbxcy"] * 3, ["axby"] * 5 + ["axbxcy"] * 3])
def test_two_votes_or_three_units_say_too_little(votes):
    found, _ = of(votes)
    assert found.kind == "too_little"
    assert not found.probabilities


def test_two_raters_can_be_told_apart_by_known_labels_only():
    votes, elsewhere = ["axby"] * 8, ["axbx", "ayby", "azbz"] * 10
    assert of(votes, elsewhere=elsewhere)[0].kind == "too_little"
    assert not of(votes, elsewhere=elsewhere)[0].probabilities
    found, _ = of(votes, elsewhere=elsewhere, gold="x" * 8)
    assert sum(found.probabilities.values()) == pytest.approx(1)
    blind = disagreements_of(made(votes, elsewhere=elsewhere))
    told = disagreements_of(made(votes, elsewhere=elsewhere, gold="x" * 4))
    assert np.isnan(blind.probabilities).all()
    assert (blind.likeliest == -1).all()
    assert np.isnan(told.probabilities).all(axis=1).tolist() == [False] * 4 + [True] * 4


def disagreements_of(round_, clusters=()):
    question, ratings = round_.questions[0], round_.ratings["value"]
    found = consensus(question, ratings, len(round_.raters))
    (told,) = disagreements(round_, {"value": found}, clusters)
    return told


def test_every_disagreement_has_a_cause():
    found = disagreements_of(made(["axbxdy", "axbx", "axcycz", "aybydx"]))
    assert found.unit.tolist() == [0, 2, 3]
    assert (found.tick == -1).all()
    assert (found.cluster == -1).all()
    assert found.probabilities.sum(axis=1) == pytest.approx(1)


def test_labels_of_a_multiple_choice_are_disputed_one_by_one():
    rows = [("u1", "a", "xy"), ("u1", "b", "x"), ("u1", "c", "xy"), ("u2", "a", "z")]
    rows += [("u2", "b", "x"), ("u2", "c", "z")]
    rows += [(f"v{i}", r, "x") for i in range(9) for r in "abc"]
    found = disagreements_of(make_round(rows, level="set"))
    assert list(zip(found.unit.tolist(), found.tick.tolist(), strict=True)) == [
        (0, 1),
        (1, 0),
        (1, 2),
    ]


def test_nothing_is_disputed():
    found = disagreements_of(made([]))
    assert len(found) == 0
    assert found.likeliest.tolist() == []


def test_the_order_of_raters_and_units_does_not_matter():
    rng = np.random.default_rng(3)
    votes = [f"a{x}b{y}c{z}" for x, y, z in rng.choice(list("xxxxy"), (40, 3))]
    first = disagreements_of(made(votes))
    swapped = [v.translate(str.maketrans("abc", "cab")) for v in votes]
    swapped = ["".join(sorted(v[i : i + 2] for i in (0, 2, 4))) for v in swapped]
    elsewhere = [v.translate(str.maketrans("abc", "cab")) for v in CLEAR]
    again = disagreements_of(made(swapped, elsewhere=elsewhere))
    assert again.unit.tolist() == first.unit.tolist()
    assert again.probabilities == pytest.approx(first.probabilities)


def test_enough_decisions_recalibrate():
    rng = np.random.default_rng(4)
    votes = [f"a{x}b{y}c{z}" for x, y, z in rng.choice(list("xxxy"), (160, 3))]
    round_ = made(votes)
    disputed = [i for i, v in enumerate(votes) if len(set(v[1::2])) > 1]
    assert len(disputed) > 60
    lead = {i: max("xy", key=votes[i][1::2].count) for i in disputed}
    other = {i: "y" if lead[i] == "x" else "x" for i in disputed}
    before = disagreements_of(round_)

    def opened(decided):
        after = disagreements_of(replace(round_, adjudicated={"value": decided}))
        assert after.basis == "recalibrated"
        return after.probabilities[:, 2:].sum(axis=1).mean()

    assert before.basis == "uncalibrated"
    assert opened(lead) < opened({i: (lead, other)[i % 2][i] for i in disputed})
    few = disagreements_of(replace(round_, adjudicated={"value": dict(list(lead.items())[:9])}))
    assert few.basis == "uncalibrated"
