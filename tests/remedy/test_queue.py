"""The queue: who is in it and why, and what a task never tells."""

from __future__ import annotations

import json

import pytest

from labelq.pinpoint.edge_cases import find_edge_cases
from labelq.remedy.queue import queue, queue_rows, queue_tasks, reason_words
from tests.pinpoint.planted import pinpointed, planted
from tests.rounds import make_round


def queued(found):
    cases = [
        case
        for q in found.round.questions
        for case in find_edge_cases(
            found.round, q, found.settlings[q.name], found.consensuses[q.name]
        )
    ]
    return queue(found.round, found.consensuses, found.clusters, cases)


@pytest.fixture(scope="module")
def found():
    return planted()


def test_disputed_units_that_the_consensus_has_not_settled(found):
    entries = queued(found)
    by_unit = {entry.unit: {r.code for r in entry.reasons} for entry in entries}
    assert len(by_unit) == len(entries)
    ratings = found.round.ratings["category"]
    posterior = found.consensuses["category"].posterior
    for unit in range(len(found.round.units)):
        disputed = len(set(ratings.value[ratings.unit == unit])) > 1
        doubtful = 1 - posterior[unit].max() >= 0.05
        assert ("disputed" in by_unit.get(unit, ())) == (disputed and doubtful)
    assert all(by_unit.values())


def test_the_most_uncertain_first(found):
    entries = queued(found)
    keys = [(-round(entry.priority, 12), entry.unit) for entry in entries]
    assert keys == sorted(keys)
    assert all(0 <= entry.priority <= 1 for entry in entries)
    posterior = found.consensuses["category"].posterior
    assert entries[0].priority == pytest.approx(1 - posterior[entries[0].unit].max())


def test_a_gap_wants_a_second_look_and_its_lookalikes_are_queued(found):
    by_unit = {entry.unit: entry for entry in queued(found)}
    gap = found.clusters[0]
    for unit in (*gap.units, *gap.lookalikes):
        assert by_unit[unit].wants == "second_look"
        assert ("gap", gap.id) in [(r.code, r.cluster) for r in by_unit[unit].reasons]
    habit = next(c for c in found.clusters if c.cause.kind == "rater")
    wanted = {by_unit[unit].wants for unit in habit.units if unit in by_unit}
    assert wanted <= {"another_person"}


def test_one_vote_is_queued_only_when_it_is_uncertain():
    rows = [(f"u{i:02}", r, "xy"[i % 2]) for i in range(30) for r in "abc"]
    rows += [("v1", "a", "x")]
    assert queued(pinpointed(make_round(rows))) == ()
    noisy = [(u, r, "x" if (i + ord(r)) % 3 else "y") for i, (u, r, _) in enumerate(rows)]
    entries = {e.unit: e for e in queued(pinpointed(make_round(noisy)))}
    single = len({row[0] for row in rows}) - 1
    assert [r.code for r in entries[single].reasons] == ["uncertain", "one_vote"]


def test_a_set_is_as_uncertain_as_its_most_doubtful_tick():
    rows = [(f"u{i:02}", r, {"a"}) for i in range(20) for r in "pqrs"]
    rows[0] = ("u00", "p", {"a", "b"})
    rows[1] = ("u00", "q", {"a", "b"})
    found = pinpointed(make_round(rows, level="set"))
    first = queued(found)[0]
    tick = found.consensuses["value"].posterior[0, 1]
    assert first.unit == 0
    assert first.priority == pytest.approx(min(tick, 1 - tick))


def test_numbers_are_ranked_by_their_spread():
    rows = [("u1", "a", 1.0), ("u1", "b", 9.0), ("u2", "a", 4.0), ("u2", "b", 5.0),
            ("u3", "a", 3.0), ("u3", "b", 3.0)]  # fmt: skip
    entries = queued(pinpointed(make_round(rows, level="interval")))
    assert [entry.unit for entry in entries] == [0, 1]
    assert 0 < entries[1].priority < entries[0].priority <= 0.5


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
    assert table[0]["unit"] == found.round.units.ids[entries[0].unit]
    assert "category: " in reason_words(entries[0])
