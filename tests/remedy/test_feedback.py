"""What one rater can learn: against what is known first, and never against what is open."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.errors import SettingsError
from labelq.labels.model import Rater
from labelq.pinpoint.findings import Agenda, Cause, Cluster
from labelq.remedy.casebook import Casebook
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.remedy.feedback import FEWEST, MOST_CASES, NOT_YOU, rater_called
from tests.rounds import make_round

PEOPLE = ("ann", "bo", "cy", "di", "ed")
LABELS = {"r": "refund", "b": "billing", "o": "other"}


def the_round(votes, texts=None, **more):
    """A round from unit → one letter per person (a point: no answer)."""
    rows = [
        (unit, who, LABELS[vote], (texts or {}).get(unit, f"text {unit}"))
        for unit, said in votes.items()
        for who, vote in zip(PEOPLE, said, strict=False)
        if vote != "."
    ]
    return make_round(rows, labels=tuple(LABELS.values()), **more)


def cluster(units, kind, *, name="value-1", labels=("refund", "billing"), rater=None, **more):
    cause = Cause(kind, rater=rater)
    return Cluster(name, "value", labels, units, ("card",), 0.4, 0.8, cause, None, **more)


def book(round_, clusters=(), decisions=(), decided=None, **more):
    agenda = Agenda("value", tuple(c.id for c in clusters), 0.4, 0.4, 0.2, 0.5, 0.8)
    return Casebook(round_, (), clusters, (agenda,), decisions, decided, **more)


def found(*arguments, rater=0, **more):
    return {case.unit: case for case in book(*arguments, **more).of(rater).cases}


def rule(**more):
    scope = more.pop("scope", Scope(words=("card",)))
    return Decision("cards", "value", ("refund", "billing"), "label", scope, "billing", **more)


@pytest.mark.parametrize(
    ("votes", "kind", "alike", "others"),
    [
        ("rbbb", "others", 0, (("billing", 3),)),
        ("rbb", "others", 0, (("billing", 2),)),
        ("rbbbo", "others", 0, (("billing", 3), ("other", 1))),
        ("rrbbb", "even", 1, (("billing", 3),)),
        ("rrbb", "even", 1, (("billing", 2),)),
        ("rb", "even", 0, (("billing", 1),)),
        ("rbo", "split", 0, (("billing", 1), ("other", 1))),
        ("rbboo", "split", 0, (("billing", 2), ("other", 2))),
    ],
)
def test_where_nothing_is_known_the_others_are_counted(votes, kind, alike, others):
    case = found(the_round({"1": votes}))[0]
    assert (case.kind, case.answer, case.alike, case.others) == (kind, "refund", alike, others)


@pytest.mark.parametrize("votes", ["rrrbb", "rrb", "r", "rrbo", "rrrr"])
def test_nothing_is_said_to_those_whom_more_follow_than_anybody_else(votes):
    assert found(the_round({"1": votes})) == {}
