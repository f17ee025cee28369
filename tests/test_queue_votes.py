"""Votes that came through a queue, and reviewers' labels: for the labels, never for agreement."""

from __future__ import annotations

import json
import random
from dataclasses import fields, replace

import numpy as np
import pytest

from labelq.auditing import audit
from labelq.labels.building import build_round
from labelq.labels.model import Question
from labelq.labels.submissions import ADJUDICATED, ANSWER, GOLD, SELECTED, Submissions
from labelq.measure.agreement import agreement
from labelq.measure.consensus.estimation import consensus
from labelq.reading import read
from labelq.remedy.training_labels import training_labels
from labelq.report.caveats import caveats
from labelq.report.directory import write_audit

LABELS = ("billing", "cancel", "delivery", "other", "refund")
RATERS = ("ann", "bo", "cy")
WORDS = ("card", "invoice", "plan", "parcel", "door", "voucher", "login", "reset")


def simulated(n=900, seed=1, right=(0.8,)):
    """Truths, first votes, and second votes of the same people on the tasks they split on.

    ``right`` is how often a vote is right: on each task one of these, by chance.
    """
    dice = random.Random(seed)
    truth = [dice.choice(LABELS) for _ in range(n)]
    chance = [dice.choice(right) for _ in range(n)]

    def vote(unit):
        wrong = [label for label in LABELS if label != truth[unit]]
        return truth[unit] if dice.random() < chance[unit] else dice.choice(wrong)

    first = [[vote(unit) for _ in RATERS] for unit in range(n)]
    split = [unit for unit in range(n) if len(set(first[unit])) > 1]
    return truth, first, {unit: [vote(unit) for _ in RATERS] for unit in split}


def submissions(first, later=(), kind=SELECTED, raters=RATERS):
    s = Submissions()
    s.add_question(Question("category", "nominal", "Choices", LABELS, "config", "Choices"))
    dice = random.Random(0)
    texts = [" ".join(dice.choices(WORDS, k=6)) for _ in first[::2]]
    for u in range(len(first)):  # two tasks of each text
        s.add_unit(str(u), texts[u // 2], {"channel": "mail" if u % 2 else "chat"})
    rounds = [(ANSWER, dict(enumerate(first)), RATERS), (kind, dict(later), raters)]
    for day, (what, votes, who) in enumerate(rounds):
        for unit, labels in votes.items():
            for name, label in zip(who, labels, strict=True):
                rater = s.add_rater(name, name)
                given = s.add_annotation(unit, rater, what, submitted=86_400 * (day + 1))
                s.add_answer(given, 0, label)
    return s


def alpha(round_):
    rows = agreement(round_.questions[0], round_.ratings["category"], round_.raters, resamples=100)
    return next(row.value for row in rows if row.metric == "krippendorff_alpha")


def about_the_round(found, *, causes=True):
    """Everything that an audit says about the round, at full precision.

    Without ``causes`` not how likely they are: what reviewers decided sets that right.
    """
    clusters = [replace(cluster, consensus=None) for cluster in found.clusters]
    if not causes:
        clusters = [replace(one, cause=replace(one.cause, probabilities={})) for one in clusters]
    kept = ("agreements", "verdicts", "label_pairs", "edge_cases", "raters", "influences", "gates")
    return repr([getattr(found, name) for name in kept] + clusters)


@pytest.fixture(scope="module")
def story():
    """The audit of the round, and of the round with its second votes; and the truth."""
    truth, first, second = simulated()
    before = build_round(submissions(first), name="r")
    after = build_round(submissions(first, second), name="r")
    return truth, second, audit(before, resamples=200), audit(after, resamples=200)


def test_naive_counting_moves_alpha_though_nobody_improved():
    _, first, second = simulated(4000)
    was = alpha(build_round(submissions(first), name="r"))
    replaced = [second.get(u, votes) for u, votes in enumerate(first)]
    assert was == pytest.approx(0.57, abs=0.01)
    assert alpha(build_round(submissions(replaced), name="r")) == pytest.approx(0.79, abs=0.01)
    assert alpha(build_round(submissions(first, second), name="r")) == was


def test_added_to_the_old_votes_it_falls_where_tasks_differ_in_difficulty():
    _, first, second = simulated(4000, right=(0.97, 0.63))
    was = alpha(build_round(submissions(first), name="r"))
    others = [f"{name} again" for name in RATERS]
    added = submissions(first, second, ANSWER, others)
    assert alpha(build_round(added, name="r")) < was - 0.04
    assert alpha(build_round(submissions(first, second, raters=others), name="r")) == was


def test_nothing_that_is_said_about_the_round_moves(story):
    _, second, before, after = story
    assert len(second) > 300
    assert after.clusters
    assert {"same_text", "even_split"} <= {case.kind for case in after.edge_cases}
    assert about_the_round(before) == about_the_round(after)
    assert before.round == after.round
    intake = replace(after.round.intake, n_queue_votes=0, n_queue_units=0)
    assert before.round.intake == intake


def test_causes_rest_on_the_round_and_the_proposed_label_on_all_evidence():
    """Slips of one rater or another; asked again, everybody gives half of them the other label."""
    first = [["refund"] * 3 if u % 3 else ["billing"] * 3 for u in range(90)]
    slips = range(1, 49, 3)
    for u in slips:
        first[u] = ["refund"] * 3
        first[u][u % 2] = "billing"
    second = {u: ["billing"] * 3 for u in list(slips)[::2]}
    before, after = (
        audit(build_round(submissions(first, later), name="r"), resamples=100)
        for later in ({}, second)
    )
    assert before.clusters[0].cause.probabilities
    assert about_the_round(before) == about_the_round(after)
    assert before.clusters[0].consensus == "refund"
    assert after.clusters[0].consensus is None


def test_the_labels_get_better_and_say_how_sure_they_are(story):
    truth, second, before, after = story
    right = {}
    for name, found in (("before", before), ("after", after)):
        table = training_labels(found.round, found.consensus).set_index("unit")
        right[name] = (table["label"] == np.array(truth)[table.index.astype(int)]).mean()
    again = table.loc[[str(u) for u in second]]
    hits = again["label"] == np.array(truth)[again.index.astype(int)]
    assert again["probability"].mean() == pytest.approx(hits.mean(), abs=0.04)
    assert right["after"] > right["before"] + 0.04


def test_fitted_to_second_votes_the_consensus_would_boast(story):
    """Why raters are judged by the round alone: the wrong answers are those that are replaced."""
    _, _, before, after = story
    question = after.round.questions[0]
    from labelq.labels.evidence import last_words

    boast = consensus(question, last_words(after.round, question), 3)
    assert min(boast.accuracy.values()) > 0.85
    assert after.consensus["category"].accuracy == before.consensus["category"].accuracy
    assert max(after.consensus["category"].accuracy.values()) < 0.85


def test_tasks_that_nobody_was_asked_about_keep_their_label_to_the_bit(story):
    _, second, before, after = story
    rest = [u for u, unit in enumerate(after.round.units.ids) if int(unit) not in second]
    one, two = (found.consensus["category"] for found in (before, after))
    assert (one.posterior[rest] == two.posterior[rest]).all()
    assert [one.best[u] for u in rest] == [two.best[u] for u in rest]


def test_what_the_queue_asked_and_got_leaves_it(story):
    _, second, before, after = story
    queued = [{after.round.units.ids[e.unit] for e in found.queue} for found in (before, after)]
    asked = {str(u) for u in second}
    doubt = 1 - after.consensus["category"].posterior.max(axis=1)
    sure = {unit for unit, d in zip(after.round.units.ids, doubt, strict=True) if d < 0.2}
    assert len(queued[0] & asked & sure) > 20
    assert not queued[1] & asked & sure
    for entry in after.queue:
        if after.round.units.ids[entry.unit] in asked:
            assert "even_split" not in {reason.code for reason in entry.reasons}


def test_every_medium_says_so(story):
    *_, before, after = story
    assert [c.text for c in caveats(before) if "queue" in c.text] == []
    n = len(story[1])
    (said,) = [c.text for c in caveats(after) if "queue" in c.text]
    assert said == (
        f"{3 * n:,} votes on {n} tasks came through a queue: they count for the labels, not for"
        " agreement."
    )


def test_what_a_reviewer_decides_is_certain_and_nobodys_vote():
    truth, first, second = simulated(300)
    decided = {u: [truth[u]] for u in list(second)[:40]}
    s = submissions(first, decided, ANSWER, ["Rev@x.example"])
    before = audit(build_round(submissions(first), name="r"), resamples=100)
    after = audit(build_round(s, name="r", reviewers=["rev@X.example"]), resamples=100)
    told = [about_the_round(found, causes=False) for found in (before, after)]
    assert told[0] == told[1]
    assert [rater.id for rater in after.round.raters] == sorted(RATERS)
    table = training_labels(after.round, after.consensus).set_index("unit")
    rows = table[table["source"] == "adjudicated"]
    assert sorted(rows.index, key=int) == [str(u) for u in decided]
    assert (rows["probability"] == 1).all()
    assert list(rows["label"]) == [truth[int(u)] for u in rows.index]
    assert (rows["n_votes"] == 3).all()
    queued = {after.round.units.ids[e.unit] for e in after.queue}
    assert queued
    assert not queued & set(rows.index)
    assert {before.round.units.ids[e.unit] for e in before.queue} & set(rows.index)
    assert "40 tasks were decided by a reviewer." in [c.text for c in caveats(after)]
    rest = [u for u, unit in enumerate(after.round.units.ids) if int(unit) not in decided]
    one, two = (found.consensus["category"].posterior for found in (before, after))
    assert (one[rest] == two[rest]).all()


def many_questions():
    """Every level, a newcomer, gold, decisions, and votes of values that no rating holds."""
    dice = random.Random(4)
    s = Submissions()
    s.add_question(Question("kind", "nominal", "Choices", ("a", "b", "c"), "config", "Choices"))
    s.add_question(Question("urgency", "ordinal", "Rating", tuple("12345"), "config", "Rating"))
    s.add_question(Question("amount", "interval", "Number", (), "observed", "Number"))
    s.add_question(Question("topics", "set", "Choices", ("x", "y", "z"), "config", "Choices"))
    people = ("ann", "bo", "cy")
    for u in range(40):
        s.add_unit(f"u{u:02}", f"text {u}", {"selected_by": "hand", "adjudicated": "no"})
        for name in people[: 2 + u % 2]:
            answers(s, u, name, ANSWER, dice)
    for u in range(0, 40, 3):
        answers(s, u, dice.choice(people), SELECTED, dice, seldom=True)
        answers(s, u, "eve", SELECTED, dice, seldom=True)
    for u in range(0, 40, 7):
        answers(s, u, "rev", ADJUDICATED, dice, seldom=True)
    gold = s.add_annotation(5, -1, GOLD)
    s.add_answer(gold, 0, "b")
    return s


def answers(s, unit, name, kind, dice, *, seldom=False):
    given = s.add_annotation(
        unit, s.add_rater(name, name), kind, submitted=1000 * (kind + 1) + unit, seconds=2.5
    )
    s.add_answer(given, 0, dice.choice("aabc"))
    s.add_answer(given, 1, dice.choice("12345"))
    s.add_answer(given, 2, dice.randrange(9) / (8 if seldom else 4))
    s.add_answer(given, 3, frozenset(dice.sample("xyz", dice.randrange(4 if seldom else 2))))


def test_ratings_csv_gives_the_same_audit_again(tmp_path):
    found = audit(build_round(many_questions(), name="r"), resamples=100)
    assert found.round.selected.keys() == {"kind", "urgency", "amount", "topics"}
    assert [(v.id, v.letter) for v in found.round.newcomers] == [("eve", "D")]
    write_audit(found, tmp_path / "r", manifest={})
    write_audit(
        audit(read(tmp_path / "r" / "ratings.csv"), resamples=100), tmp_path / "again", manifest={}
    )
    one, two = (json.loads((tmp_path / d / "audit.json").read_bytes()) for d in ("r", "again"))
    for document in (one, two):  # these tell how the source was read
        del document["intake"]["aside"], document["intake"]["n_annotations"]
    assert two == one
    for name in ("ratings.csv", "labels.csv", "queue.json", "guideline_draft.md"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "r" / name).read_bytes()
    header, *lines = (tmp_path / "r" / "ratings.csv").read_text("utf-8").splitlines()
    assert header.endswith("prelabeled,selected_by,adjudicated,field:selected_by,field:adjudicated")
    assert sum(",queue," in line for line in lines) == 4 * 2 * 14


def test_every_level_has_a_label_and_a_decision():
    round_ = build_round(many_questions(), name="r")
    found = audit(round_, resamples=100)
    table = training_labels(found.round, found.consensus).set_index(["question", "unit"])
    assert len(table) == 160
    for question, decided in round_.adjudicated.items():
        assert len(decided) == 6
        for unit, value in decided.items():
            row = table.loc[question, round_.units.ids[unit]]
            shown = json.dumps(sorted(value)) if isinstance(value, frozenset) else str(value)
            assert (row["label"], row["source"], row["probability"]) == (shown, "adjudicated", 1)
    amounts = table.loc["amount"]
    free = amounts[amounts["source"] == "consensus"]
    assert free["probability"].isna().all()
    asked = amounts["n_queue_votes"] > 0
    assert asked.sum() == 14


def test_a_round_without_any_of_this_writes_no_column_for_it():
    round_ = build_round(submissions(simulated(20)[1]), name="r")
    names = list(round_.to_frame())
    assert "selected_by" not in names
    assert "adjudicated" not in names
    assert round_.voters == round_.raters
    empty = {f.name for f in fields(round_) if f.name in ("selected", "newcomers", "adjudicated")}
    assert all(not getattr(round_, name) for name in empty)


def test_a_table_with_another_word_in_selected_by_is_refused(tmp_path):
    from labelq.errors import SourceError

    path = tmp_path / "t.csv"
    path.write_text("unit,rater,value,selected_by\n1,a,x,\n1,b,x,chance\n", "utf-8")
    with pytest.raises(SourceError, match="row 2, column selected_by: 'chance' is neither queue"):
        read(path)
