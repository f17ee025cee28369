"""What an answer makes of an open decision, and which earlier decision it takes the place of."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from labelq.errors import DecisionsError
from labelq.pinpoint.findings import Cause, Cluster
from labelq.remedy.deciding import (
    MOST_TASKS,
    Answer,
    about_cluster,
    about_labels,
    answered,
    same_question,
)
from labelq.remedy.decisions import Scope
from tests.rounds import make_round

ROUND = make_round([(str(u), r, "AB"[u % 2], "text") for u in range(300) for r in "xy"])
CLUSTER = Cluster(
    "value-1", "value", ("A", "B"), (2, 0, 1), ("gift", "card"), 0.123456, None, Cause("gap"), None
)
OPEN = about_cluster(CLUSTER, ROUND)


def test_a_cluster_is_written_down_with_what_was_seen():
    ids = ROUND.units.ids
    assert OPEN.id == "gift-card"
    assert OPEN.scope == Scope(tasks=(ids[2], ids[0], ids[1]))
    assert OPEN.evidence is not None
    assert (OPEN.evidence.cluster, OPEN.evidence.n_units, OPEN.evidence.share) == (
        "value-1",
        3,
        0.1235,
    )
    large = about_cluster(replace(CLUSTER, units=tuple(range(300))), ROUND)
    assert len(large.scope.tasks) == MOST_TASKS
    rest = about_cluster(replace(CLUSTER, words=(), remainder=True), ROUND, {"a-b"})
    assert (rest.id, rest.scope.lookalikes) == ("a-b-2", False)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("label", "A"), {"label": "A", "scope": OPEN.scope}),
        (Answer("new_label", "N"), {"label": "N", "scope": OPEN.scope}),
        (Answer("undecided"), {"label": None, "scope": OPEN.scope}),
        (Answer("drop", "B"), {"label": None, "labels": ("B", "A"), "scope": Scope(labels=("B",))}),
        (Answer("split", "B", ("C", "D")), {"into": ("C", "D"), "scope": Scope(labels=("B",))}),
        (Answer("merge", "A"), {"label": "A", "scope": Scope()}),
        (Answer("label", "A", exact=True), {"scope": replace(OPEN.scope, lookalikes=False)}),
        (Answer("label", "A", scope=Scope(words=("x",))), {"scope": Scope(words=("x",))}),
        (Answer("drop", "B", scope=Scope(words=("x",))), {"scope": Scope(words=("x",))}),
        (Answer("label", "A", rule=" R. ", when=dt.date(2026, 1, 2)), {"rule": "R."}),
    ],
)
def test_what_an_answer_makes(answer, expected):
    decision = answered(OPEN, None, answer)
    assert decision.outcome == answer.outcome
    assert {name: getattr(decision, name) for name in expected} == expected


def test_what_is_not_said_again_stays():
    first = answered(OPEN, None, Answer("label", "A", rule="R.", who=("Ruth",), examples=("1",)))
    first = replace(first, id="by-hand", scope=Scope(words=("voucher",)))
    again = answered(OPEN, first, Answer("label", "B", who=("Al",)))
    assert again == replace(first, label="B", who=("Al",))
    assert answered(OPEN, first, Answer(rule="New.")) == replace(first, rule="New.")
    # What was about a label everywhere is about the cluster's tasks again.
    dropped = answered(OPEN, first, Answer("drop", "B"))
    assert answered(OPEN, dropped, Answer("label", "A")).scope == OPEN.scope


def test_what_cannot_be_is_refused():
    for answer, problem in [
        (Answer("label"), "label needs a label"),
        (Answer("split", "A", ("B",)), "split needs two labels"),
        (Answer("rename", "C"), "rename needs exactly one label"),
        (Answer("undecided", "A"), "undecided takes no label"),
    ]:
        with pytest.raises(DecisionsError, match=problem):
            answered(OPEN, None, answer)
    with pytest.raises(DecisionsError, match="needs a scope"):
        answered(about_labels("value", ("A", "B"), Scope()), None, Answer("label", "A"))


def test_the_same_question_is_decided_anew_another_beside_it():
    known = answered(OPEN, None, Answer("label", "A"))
    assert OPEN.evidence is not None
    assert same_question([known], OPEN) == known
    assert same_question([replace(known, question="other")], OPEN) is None
    for other in ({"round": "later"}, {"cluster": "value-2"}):
        fresh = replace(OPEN, evidence=replace(OPEN.evidence, **other))
        assert same_question([known], fresh) is None
    # Another round of the same name: other tasks under the same cluster id.
    assert same_question([known], replace(OPEN, scope=Scope(tasks=("x", "y")))) is None
    assert same_question([known], replace(OPEN, labels=("C", "D"))) is None
    about = about_labels("value", ("B", "A"), Scope(words=("x",)))
    assert about.id == "x"
    assert same_question([known, about], replace(about, labels=("A", "B"))) == about
    assert same_question([about], replace(about, scope=Scope(words=("y",)))) is None
