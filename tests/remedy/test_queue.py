"""The queue: who is in it and why, and what a task never tells."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from labelq.pinpoint.edge_cases import find_edge_cases
from labelq.pinpoint.findings import EdgeCase
from labelq.remedy.acts import Released
from labelq.remedy.entries import queue_rows, queue_tasks, reason_words
from labelq.remedy.queue import queue
from labelq.report.directory import QUEUE_COLUMNS
from tests.pinpoint.planted import pinpointed, planted, rows
from tests.rounds import make_round


def queued(found, **how):
    cases = [
        case
        for q in found.round.questions
        for case in find_edge_cases(
            found.round, q, found.settlings[q.name], found.consensuses[q.name]
        )
    ]
    return queue(found.round, found.consensuses, found.clusters, cases, **how)


@pytest.fixture(scope="module")
def found():
    return planted()


@pytest.fixture(scope="module")
def noisy():
    """Three raters who err at random: single votes and real doubt, but no content."""
    dice = random.Random(5)
    rows = [(f"u{i:03}", r, dice.choice("xxxxxxyyz") if i % 3 else dice.choice("xyyyyyyyzz"))
            for i in range(150) for r in "abc"]  # fmt: skip
    return pinpointed(make_round(rows))


def test_disputed_units_that_the_consensus_has_not_settled(noisy):
    entries = queued(noisy)
    by_unit = {entry.unit: {r.code for r in entry.reasons} for entry in entries}
    assert len(by_unit) == len(entries)
    ratings = noisy.round.ratings["value"]
    doubt = 1 - noisy.consensuses["value"].posterior.max(axis=1)
    assert doubt.mean() < 0.2
    seen = set()
    for unit in range(len(noisy.round.units)):
        disputed = len(set(ratings.value[ratings.unit == unit])) > 1
        worth_it = bool(doubt[unit] >= 0.2)
        seen.add((disputed, worth_it))
        assert ("disputed" in by_unit.get(unit, ())) == (disputed and worth_it)
    assert {(True, True), (True, False)} <= seen


def test_the_most_valuable_first(noisy):
    entries = queued(noisy)
    worth = [entry.priority for entry in entries]
    assert worth == sorted(worth, reverse=True)
    assert worth[0] == 1
    assert worth[-1] >= 0
    posterior = noisy.consensuses["value"].posterior
    for entry in entries:
        assert entry.doubt == pytest.approx(1 - posterior[entry.unit].max())


def fixed(posterior, level="nominal", n_questions=1):
    """A round of unanimous units whose consensus has this posterior on each question."""
    posterior = np.array(posterior, float)
    labels = [str(i + 1) for i in range(posterior.shape[1])]
    rows = [(f"u{i:02}", r, "1") for i in range(len(posterior)) for r in "ab"]
    one = pinpointed(make_round(rows, level=level, labels=labels))
    asked = [replace(one.round.questions[0], name=f"q{i}") for i in range(n_questions)]
    said = one.consensuses["value"]
    round_ = replace(one.round, questions=tuple(asked),
                     ratings={q.name: one.round.ratings["value"] for q in asked})  # fmt: skip
    return round_, {q.name: replace(said, question=q.name, posterior=posterior) for q in asked}


def test_doubt_between_neighbours_of_a_scale_is_not_worth_it():
    sure = [1, 0, 0, 0, 0]
    near, far = [0, 0.5, 0.5, 0, 0], [0.5, 0, 0, 0, 0.5]
    ordered = queue(*fixed([near, far, *[sure] * 8], "ordinal"), (), ())
    assert [(entry.unit, entry.doubt) for entry in ordered] == [(1, 0.5)]
    named = queue(*fixed([near, far, *[sure] * 8]), (), ())
    assert sorted((entry.unit, entry.doubt) for entry in named) == [(0, 0.5), (1, 0.5)]


def test_an_entry_is_worth_more_than_a_unit_chosen_blindly():
    posterior = [[0.5, 0.5], [0.7, 0.3], [0.6, 0.4]]
    assert [entry.unit for entry in queue(*fixed(posterior), (), ())] == [0, 2]


def test_the_doubt_is_the_mean_over_the_questions():
    round_, consensuses = fixed([[0.5, 0.5], *[[1, 0]] * 9], n_questions=2)
    calm = replace(consensuses["q1"], posterior=np.array([[1.0, 0.0]] * 10))
    (entry,) = queue(round_, consensuses | {"q1": calm}, (), ())
    assert (entry.unit, entry.doubt) == (0, 0.25)
    assert [r.question for r in entry.reasons] == ["q0"]


def test_the_same_text_with_neighbouring_labels_is_no_contradiction():
    one, two, three = [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0]
    case = EdgeCase("q0", 0, "same_text", (("1", 2),), others=(1,))
    assert queue(*fixed([one, two], "ordinal"), (), [case]) == ()
    assert len(queue(*fixed([one, three], "ordinal"), (), [case])) == 2
    assert len(queue(*fixed([one, two]), (), [case])) == 2


def asked_again(found, unit, label):
    """The round of ``found`` with all its raters' votes for ``label`` from a queue."""
    (name,) = found.round.ratings
    n = len(found.round.raters)
    votes = replace(
        found.round.ratings[name].select(np.zeros(n, np.intp)),
        unit=np.full(n, unit, np.int32),
        rater=np.arange(n, dtype=np.int32),
        value=np.full(n, found.consensuses[name].labels.index(label), np.int32),
    )
    return replace(found.round, selected={name: votes})


def test_a_gap_unit_that_was_answered_or_decided_leaves_the_queue(found):
    (name,) = found.round.ratings
    unit = found.clusters[0].units[0]
    label = found.clusters[0].labels[0]
    said = found.consensuses[name]
    for sure, stays in ((0.95, False), (0.6, True)):
        posterior = said.posterior.copy()
        code = said.labels.index(label)
        posterior[unit] = (1 - sure) / (posterior.shape[1] - 1)
        posterior[unit, code] = sure
        consensuses = {name: replace(said, posterior=posterior)}
        again = asked_again(found, unit, label)
        entries = queue(again, consensuses, found.clusters, ())
        assert (unit in {entry.unit for entry in entries}) == stays
    decided = replace(found.round, adjudicated={name: {unit: label}})
    left = {entry.unit for entry in queue(decided, found.consensuses, found.clusters, ())}
    assert unit not in left
    assert set(found.clusters[0].units[1:]) <= left


def test_the_same_text_is_no_contradiction_once_the_labels_are_alike():
    one, two = [1, 0], [0, 1]
    case = EdgeCase("q0", 0, "same_text", (("1", 2),), others=(1,))
    round_, consensuses = fixed([one, two])
    assert len(queue(round_, consensuses, (), [case])) == 2
    decided = replace(round_, adjudicated={"q0": {1: "1"}})
    alike = {"q0": replace(consensuses["q0"], posterior=np.array([one, one], float))}
    assert alike["q0"].best == ("1", "1")
    assert queue(decided, alike, (), [case]) == ()


def test_a_gap_wants_a_second_look_and_its_lookalikes_are_queued(found):
    by_unit = {entry.unit: entry for entry in queued(found)}
    gap = found.clusters[0]
    assert gap.units
    assert gap.lookalikes
    for code, units in (("gap", gap.units), ("resembles_gap", gap.lookalikes)):
        for unit in units:
            assert by_unit[unit].wants == "second_look"
            assert (code, gap.id) in [(r.code, r.cluster) for r in by_unit[unit].reasons]
            assert len({"gap", "resembles_gap"} & {r.code for r in by_unit[unit].reasons}) == 1
    habit = next(c for c in found.clusters if c.cause.kind == "rater")
    wanted = {by_unit[unit].wants for unit in habit.units if unit in by_unit}
    assert wanted <= {"another_person"}


def test_what_wants_a_second_look_comes_last():
    made, kinds = rows(careless="dan", habit=None)
    made += [("voucher-99", "ann", "Billing", "Voucher coupon balance redeem expired checkout")]
    for unit, label in (("z-1", "Account"), ("z-2", "Shipping")):  # for another person
        made += [(unit, who, label, "Lantern flickers") for who in ("ann", "bob", "cyd")]
    found = pinpointed(make_round(made, question="category"), kinds)
    gap = found.clusters[0]
    single = found.round.units.ids.index("voucher-99")
    assert gap.cause.kind == "gap"
    assert single in gap.lookalikes
    entries = queued(found)
    wants = [entry.wants for entry in entries]
    assert set(wants) == {"another_person", "second_look"}
    assert wants == sorted(wants)
    entry = next(entry for entry in entries if entry.unit == single)
    # Another person would be asked under the same guideline, too.
    assert (entry.wants, entry.status) == ("second_look", "held_back")
    assert {"resembles_gap", "one_vote"} <= {r.code for r in entry.reasons}
    tasks = queue_tasks(found.round, entries)
    assert [task["meta"]["labelq"]["wants"] for task in tasks] == wants


def test_the_same_text_as_a_task_of_an_open_gap_waits_with_it():
    made, kinds = rows(careless="dan", habit=None)
    text = {unit: said for unit, _, _, said in made}
    twin = next(unit for unit in text if unit.startswith("voucher"))
    made += [("z-twin", who, "Account", text[twin]) for who in ("ann", "bob", "cyd")]
    found = pinpointed(make_round(made, question="category"), kinds)
    unit = found.round.units.ids.index("z-twin")
    gap = found.clusters[0]
    assert found.round.units.ids.index(twin) in gap.units
    assert unit not in (*gap.units, *gap.lookalikes)
    status = {entry.unit: entry.status for entry in queued(found)}
    assert status[unit] == "held_back"
    settled = Released(settled={"category": frozenset(gap.units)})
    decided = {entry.unit: entry.status for entry in queued(found, released=settled)}
    assert decided.get(unit) != "held_back"


def test_one_vote_is_queued_only_where_something_points_at_it():
    dice = random.Random(1)
    rows = [(f"u{i:02}", r, "xy"[i % 2]) for i in range(30) for r in "abc"]
    rows = [(u, r, v if dice.random() < 0.75 else "xy"[v == "x"]) for u, r, v in rows]
    found = pinpointed(make_round([*rows, ("v1", "a", "x")]))
    single = found.round.units.ids.index("v1")
    assert 1 - found.consensuses["value"].posterior[single].max() > 0.2
    assert single not in {entry.unit for entry in queued(found)}
    pointed = Released(pointed_at={"value": {single}})
    entries = {e.unit: e for e in queued(found, released=pointed)}
    assert [r.code for r in entries[single].reasons] == ["uncertain", "one_vote"]


def test_a_set_is_as_uncertain_as_its_most_doubtful_tick():
    dice = random.Random(3)
    rows = [(f"u{i:02}", r, {"a", "b"} if dice.random() < (0.8, 0.1)[i % 2] else {"a"})
            for i in range(40) for r in "pqr"]  # fmt: skip
    found = pinpointed(make_round(rows, level="set"))
    entries = queued(found)
    assert entries
    for entry in entries:
        tick = found.consensuses["value"].posterior[entry.unit, 1]
        assert entry.doubt == pytest.approx(min(tick, 1 - tick))


def test_numbers_are_ranked_by_their_spread():
    rows = [("u1", "a", 1.0), ("u1", "b", 9.0), ("u2", "a", 4.0), ("u2", "b", 5.0),
            ("u3", "a", 3.0), ("u3", "b", 3.0), ("u4", "a", 2.0), ("u4", "b", 6.8)]  # fmt: skip
    entries = queued(pinpointed(make_round(rows, level="interval")))
    assert [entry.unit for entry in entries] == [0, 3]
    assert 0.2 <= entries[1].doubt < entries[0].doubt <= 0.5


def test_a_task_never_tells_votes_gold_or_predictions():
    rows = [
        ("u1", r, f"LABEL{i}", "a text") for i, r in enumerate(("RATER-a", "RATER-b", "RATER-c"))
    ]
    rows += [("u2", r, "LABEL0", "other text") for r in ("RATER-a", "RATER-b")]
    round_ = make_round(rows, gold={"u1": "LABEL2"}, fields={"channel": {"u1": "chat"}}, name="May")
    entries = queued(pinpointed(round_))
    tasks = queue_tasks(round_, entries)
    assert tasks[0]["data"]["text"] == "a text"
    assert tasks[0]["data"]["channel"] == "chat"
    assert tasks[0]["data"]["labelq_key"] == "May/u1"
    assert tasks[0]["data"]["labelq_round"] == "May"
    assert tasks[0]["data"]["labelq_priority"] == entries[0].priority
    ours = {name for name in tasks[0]["data"] if name.startswith("labelq")}
    assert ours == {"labelq_key", "labelq_round", "labelq_priority"}
    assert tasks[0]["meta"]["labelq"]["reasons"]
    assert set(tasks[0]) == {"data", "meta"}
    told = json.dumps(tasks)
    assert "LABEL" not in told
    assert "RATER" not in told


def test_the_text_stands_under_its_own_field():
    round_ = make_round([("u1", "a", "x", "hello"), ("u1", "b", "y", "hello")])
    task = queue_tasks(round_, queued(pinpointed(round_)), text_field="ticket")[0]
    assert task["data"]["ticket"] == "hello"
    assert "text" not in task["data"]


def test_rows_are_plain_values(found):
    entries = queued(found)
    table = queue_rows(found.round, entries)
    assert [row["rank"] for row in table] == list(range(1, len(entries) + 1))
    assert all(isinstance(value, str | int | float) for row in table for value in row.values())
    assert tuple(table[0]) == QUEUE_COLUMNS
    assert table[0]["task"] == found.round.units.ids[entries[0].unit]
    held = table[-1]
    assert held["wants"] == "a second look, once the rule is decided"
    assert held["status"] == "held back: re-labeling it now buys the same split again"
    assert table[0]["gain"] == round(entries[0].gain, 4)
    assert "category: " in reason_words(entries[0])


def test_a_second_look_follows_a_rule_that_is_decided(found):
    from dataclasses import replace

    from labelq.remedy.acts import Reason
    from labelq.remedy.entries import wants

    entry = next(one for one in queued(found) if one.wants == "second_look")
    assert wants(entry) == "a second look, once the rule is decided"
    decided = replace(entry, status="queued", reasons=(Reason("decided", "category"),))
    assert wants(decided) == "a second look, by the rule that was decided"
    assert wants(replace(decided, status="held_back")) == wants(entry)
    assert wants(replace(decided, wants="another_person")) == "another person"
