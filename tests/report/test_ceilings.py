"""Sentences about the ceiling: every number in them, hostile labels, what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Bin, Calibration, Ceiling, Consensus, HeldOut, Loss
from labelq.report import ceilings
from labelq.report.text import html, markdown, plain

NONE = Estimate(reason="no_gold")
ROW = Ceiling(
    question="category",
    score="accuracy",
    against_one=Estimate(0.841, 0.812, 0.871, 200, None),
    against_consensus=Estimate(0.952, 0.93, 0.97, 200, None),
    label_noise=Estimate(0.048, 0.03, 0.07, 200, None),
    commonest="Billing",
    baseline_one=0.31,
    baseline_consensus=0.34,
    gold_one=NONE,
    gold_consensus=NONE,
    uneven=False,
    n_units=200,
    n_ratings=600,
    n_sampled=200,
    confidence=0.95,
    convention="how",
)
WORSE = HeldOut(
    question="category",
    model="dawid_skene",
    by_model=Loss(0.77, 0.7),
    by_majority=Loss(0.74, 0.72),
    worse=Estimate(0.03, 0.01, 0.05, 150, None),
    worse_hits=Estimate(0.02, -0.01, 0.05, 150, None),
    says="worse",
    n_votes=1200,
    n_units=150,
    folds=5,
    sampled=False,
    confidence=0.95,
    convention="how",
    reason=None,
)
CALIBRATION = Calibration(
    question="category",
    n=60,
    stated=0.95,
    right=Estimate(0.8, 0.68, 0.88, 60, None),
    error=Estimate(0.15, 0.1, 0.2, 60, None),
    error_by_chance=0.02,
    brier=0.1,
    bins=(Bin(0.9, 1.0, 60, 0.95, 0.8, 0.68, 0.88),),
    confidence=0.95,
    convention="how",
    reason=None,
)


def test_the_sentence_for_who_sets_the_target():
    assert plain(ceilings.ceiling(ROW)) == (
        "A perfect model would score about 84 % (81 % to 87 %) against one annotator’s labels and"
        " about 95 % (93 % to 97 %) against the consensus; always answering Billing would score"
        " 31 % and 34 %. A target above 84 % on the labels of one annotator asks for luck, or for"
        " learning the annotators’ habits. About 5 % (3 % to 7 %) of the consensus labels are"
        " probably not right, and more if some tasks are much harder than others."
    )


def test_gold_beside_it():
    gold = replace(
        ROW,
        gold_one=Estimate(0.8, 0.75, 0.84, 50, None),
        gold_consensus=Estimate(0.9, 0.8, 0.95, 50, None),
    )
    assert plain(ceilings.gold(gold)) == (
        "Gold says (50 tasks): the consensus is right on 90 % (80 % to 95 %), an annotator on 80 %"
        " (75 % to 84 %)."
    )
    said = plain(ceilings.ceiling(gold))
    assert said.startswith("By the model of annotators, which has not seen gold, a perfect model")
    assert said.endswith(
        "The model takes about 5 % (3 % to 7 %) of the consensus labels to be not right."
    )
    assert ceilings.gold(ROW) == ""


def test_uneven_tasks():
    said = plain(ceilings.ceiling(replace(ROW, uneven=True)))
    assert "probably not right; more may be, because some tasks are harder" in said


def test_two_annotators():
    two = Estimate(n=200, reason="two_raters")
    said = plain(ceilings.ceiling(replace(ROW, against_consensus=two, label_noise=two)))
    assert "Against the consensus it cannot be said: with two annotators nobody" in said
    assert "probably not right" not in said


def test_nothing_to_say():
    nothing = Estimate(reason="no_overlap")
    assert ceilings.ceiling(replace(ROW, against_one=nothing)) == ""
    assert ceilings.calibration(replace(CALIBRATION, stated=None)) == ""
    assert ceilings.held_out(replace(WORSE, says="alike")) == ""


def test_numbers_have_their_own_unit():
    row = replace(
        ROW,
        score="mean_absolute_error",
        against_one=Estimate(3.21, 2.9, 3.6, 200, None),
        against_consensus=Estimate(1234.5, 1100.0, 1400.0, 200, None),
        commonest="12",
        baseline_one=8.0,
        baseline_consensus=0.1234,
    )
    assert plain(ceilings.ceiling(row)) == (
        "A perfect model would be off by 3.21 (2.9 to 3.6) on average from one annotator’s numbers"
        " and by 1,234 (1,100 to 1,400) from the consensus; always answering 12, the"
        " median, would be off by 8 and 0.123. A target below 3.21 on the numbers of one annotator"
        " asks for luck, or for learning the annotators’ habits."
    )


@pytest.mark.parametrize(
    ("stated", "said"),
    [(0.95, ": surer than it is right."), (0.8, "."), (0.5, ": less sure than it is right.")],
)
def test_calibration(stated, said):
    sentence = plain(ceilings.calibration(replace(CALIBRATION, stated=stated)))
    assert sentence == f"On these tasks it is {stated * 100:.0f} % sure on average{said}"


def test_the_ends_of_the_scale():
    """Never "about over 99 %", no interval that says nothing, no difference that cannot be seen."""
    row = replace(
        ROW,
        against_one=Estimate(0.998, 0.996, 0.999, 900, None),
        against_consensus=Estimate(0.9995, 0.97, 1.0, 900, None),
        label_noise=Estimate(0.0005, 0.0, 0.003, 900, None),
    )
    said = plain(ceilings.ceiling(row))
    assert said.startswith(
        "A perfect model would score over 99 % against one annotator’s labels and over 99 % (at"
        " least 97 %) against the consensus; always"
    )
    assert said.endswith(
        "31 % and 34 %. Under 1 % of the consensus labels are probably not right, and more if some"
        " tasks are much harder than others."
    )
    sure = replace(CALIBRATION, stated=0.9999, right=Estimate(0.997, 0.996, 0.998, 900, None))
    assert plain(ceilings.calibration(sure)) == "On these tasks it is over 99 % sure on average."


def test_tasks_that_the_consensus_overrules_and_labels_that_it_lost():
    found = Consensus(
        question="urgency", method="dawid_skene", units=np.zeros(0, np.int32), labels=(),
        posterior=np.zeros((0, 0)), best=(), accuracy={}, iterations=1,
    )  # fmt: skip
    assert ceilings.overruled(found) == ""
    said = plain(ceilings.overruled(replace(found, n_unanimous=50, n_overruled=8, lost=("5",))))
    assert said == (
        "urgency: the consensus overrules 8 of the 50 tasks on which all annotators gave the same"
        " answer. “5” is the consensus of no task, though annotators gave it."
    )


def test_a_worse_model_is_said_with_what_to_do():
    said = plain(ceilings.held_out(WORSE))
    assert "log loss .77 against .74 (difference .03, .01 to .05; 1,200 answers)" in said
    assert said.endswith("prefer the majority.")
    assert ceilings.majority_command(WORSE.question) == (
        "labelq consensus … --question category --method majority"
    )


def test_hostile_labels():
    evil = "<script>alert(1)</script> `x` \x1b[31m \u2068\u202e"
    said = ceilings.ceiling(replace(ROW, commonest=evil))
    assert "<script" not in html(said)
    assert "\x1b" not in said
    assert "``" in markdown(said)
    told = ceilings.held_out(replace(WORSE, question=evil))
    assert "<script" not in html(told)
    assert "\x1b" not in ceilings.majority_command(evil)
