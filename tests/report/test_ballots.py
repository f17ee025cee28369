"""What a push of ballots and their status say."""

from __future__ import annotations

from labelq.label_studio.ballots.votes import Ballots
from labelq.label_studio.queues.marks import Mark
from labelq.label_studio.queues.matching import LeftOut
from labelq.label_studio.queues.new_project import NewProject
from labelq.labels.queue_fields import BALLOT
from labelq.remedy.ballots import Ballot, BallotPaper
from labelq.report.ballots import ballot_details, ballot_push_lines, ballot_status_lines

HOSTILE = "x\x1b[31m\u202e\nlabelq: all is well"


def said(lines):
    text = "\n".join(line.within(None) for line in lines)
    assert "\x1b" not in text
    assert "\u202e" not in text
    return text


def test_status_says_who_has_answered_how_many_and_who_has_not():
    ballots = [
        Ballot("c1", "t1", "ann@x", "a"),
        Ballot("c1", "t1", "bob@x", "b"),
        Ballot("c2", "t1", "ann@x", "a"),
        Ballot("c2", "t1", "bob@x", "b"),
        Ballot("c1", "t2", "ann@x", None),
    ]
    found = Ballots(
        7,
        HOSTILE,
        n_agenda=3,
        n_papers=2,
        ballots=tuple(ballots),
        answered={"ann@x": 2, "bob@x": 1},
        skipped={HOSTILE: 1},
        unknown={HOSTILE: 2},
        n_elsewhere=1,
        n_edited=1,
    )
    text = said(ballot_status_lines(found, ["ann@x", "cat@x", HOSTILE]))
    assert text.startswith("ballot project 7 ")
    for line in (
        "  there       2 of 3 examples of the agenda",
        "  missing     --push adds them",
        "  answers     3 by 2 people; 1 example answered by two or more",
        "  by          ann@x 2 of 2, bob@x 1 of 2",
        "  note        1 answer is to examples that are not on this agenda, or show something",
        "  note        1 answer was changed by somebody else afterwards",
    ):
        assert f"\n{line}" in text
    assert "\n  not yet     cat@x, x" in text
    assert "(2 times) is no answer that the example offers" in text
    assert len(text.splitlines()) == 10  # nothing from data begins a line


def test_a_push_says_what_it_makes_and_what_it_leaves_out():
    papers = [BallotPaper(("c1", "c2"), "q", 0, ("a", "b"), "k1")]
    plan = NewProject(
        Mark((3,), "0" * 12, "blind_votes"),
        None,
        HOSTILE,
        100,
        {"title": HOSTILE, "label_config": "<View/>", "expert_instruction": "<p>" + HOSTILE},
        ({"data": {BALLOT: "k1", "labelq_asks": HOSTILE, HOSTILE: 1}},),
        (),
        left_out=(LeftOut("changed", (HOSTILE,)),),
        media={"s3://b": "s3://b/1"},
        doubled=(4,),
        key=BALLOT,
    )
    text = said(ballot_push_lines(plan, papers))
    assert "1 to add; of 2 agenda items" in text
    assert "1 task, changed since the audit: x" in text
    assert "1 example left twice by an interruption removed" in text
    every = said(ballot_details(plan))
    assert "delete task 4" in every
    assert "import k1: fields labelq_ballot, labelq_asks, x" in every
