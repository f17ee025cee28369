"""Which changes are named: beyond noise, corrected for how many were tried."""

from __future__ import annotations

import numpy as np

from labelq.measure.label_scheme import label_scheme
from labelq.pinpoint.label_scheme import is_catch_all, scheme_findings
from tests.measure.test_label_scheme import drawn, simulated
from tests.rounds import make_round


def findings(rows, **how):
    made = make_round(rows)
    return scheme_findings(label_scheme(made.questions[0], made.ratings["value"]), **how)


def test_the_planted_merge_is_named_alone():
    found = findings(simulated())
    assert [change.groups for change in found.raising] == [(("a", "b"),)]
    assert found.catch_alls == ()
    assert found.question == "value"


def test_without_a_confused_pair_merges_are_hardly_ever_named():
    """Random errors that fall on labels as chance has it: at most one round in twenty."""
    named = 0
    for seed in range(60):
        question, ratings = drawn(150, seed, confused=0)
        named += bool(scheme_findings(label_scheme(question, ratings)).raising)
    assert named <= 6


def test_catch_alls_by_votes_and_by_name():
    dice = np.random.default_rng(8)
    truth = dice.choice(list("abcde"), 300)
    rows = [
        (f"u{u:03}", r, "vague" if dice.random() < 0.2 else str(truth[u]))
        for u in range(300)
        for r in "rst"
    ]
    (found,) = findings(rows).catch_alls
    assert (found.pull.label, found.by_name, found.by_votes) == ("vague", False, True)
    named = [(u, r, {"c": "Other", "d": "Misc."}.get(v, v)) for u, r, v in simulated()]
    found = findings(named).catch_alls
    assert {(c.pull.label, c.by_name, c.by_votes) for c in found} == {
        ("Other", True, False),
        ("Misc.", True, False),
    }


def test_names_of_catch_alls_in_other_scripts():
    for name in ("其他", "その他", "기타", "أخرى", "אחר", "Другое", "Overig", "Sonstiges", "n/a"):
        assert is_catch_all(name), name
    for name in ("", "Refund", "brother", "otherness"):
        assert not is_catch_all(name), name
