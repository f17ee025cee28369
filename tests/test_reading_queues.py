"""Answers that a queue asked for, as a reader meets them: known, joined, or said to be astray."""

import json

import pytest

from labelq.errors import SourceError
from labelq.label_studio.exports import read_export
from labelq.labels.submissions import ANSWER, GOLD, SELECTED
from labelq.reading import read
from tests.test_reading import labels, vote


@pytest.fixture
def write(tmp_path):
    def write_(name, content):
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return path

    return write_


def a_round(n=3, **data):
    """``n`` tasks, labeled A by 7 and B by 8; tickets run against the ids."""
    tasks = [vote(i, f"text {i}", "A", 7, ticket=n + 1 - i, **data) for i in range(1, n + 1)]
    for task in tasks:
        task["annotations"] += vote(0, "", "B", 8)["annotations"]
    return tasks


def queued(unit, text, who=9, **data):
    keys = {"labelq_round": "r", "labelq_key": f"r/{unit}"}
    return vote(900, text, "B", who, **keys, **data)


def selected(round_):
    """{(unit id, voter id)}."""
    table = round_.selected.get("c")
    rows = zip(table.unit, table.rater, strict=True) if table is not None else ()
    return {(round_.units.ids[u], round_.voters[r].id) for u, r in rows}


def notes(round_):
    return " ".join(round_.intake.notes)


def test_labels_from_a_queue_are_told_apart_and_joined_by_their_key(write):
    ordinary = [vote(n, f"text {n}", "A", 7) for n in (1, 2)]
    for task in ordinary:
        task["annotations"] += vote(0, "", "B", 8)["annotations"]
    keys = {"labelq_round": "the/round", "labelq_key": "the/round/2"}
    queue = write("0_queue.json", [vote(900, "text 2", "B", 9, **keys)])
    queue_only = read_export(queue)
    assert list(queue_only.a_kind) == [SELECTED]
    assert queue_only.unit_ids == ["the/round/2 (queue)"]
    round_ = read([queue, write("round.json", ordinary)])
    assert set(labels(round_)) == {("1", "7"), ("1", "8"), ("2", "7"), ("2", "8")}
    assert [voter.id for voter in round_.voters if voter not in round_.raters] == ["9"]
    assert round_.units.text == ("text 1", "text 2")  # the round's own, whatever is read first
    with pytest.raises(SourceError, match="holds only labels that a queue asked for"):
        read(queue)


def test_labels_given_after_a_task_was_queued_in_its_own_project(write):
    dates = {"before": "2026-03-04T05:06:06.9Z", "at": "2026-03-04T05:06:07.000001Z"}
    task = vote(1, "t", "A", 7, labelq_queue="r", labelq_queued_at="2026-03-04T05:06:07Z")
    first = task["annotations"][0] | {"created_at": dates["before"], "updated_at": dates["at"]}
    second = vote(1, "t", "B", 8)["annotations"][0] | {"created_at": dates["at"]}
    golden = second | {"completed_by": 9, "ground_truth": True}
    undated = second | {"completed_by": 6, "created_at": None}
    task["annotations"] = [first, second, golden, undated]
    s = read_export(write("r.json", [task]))
    assert list(s.a_kind) == [ANSWER, SELECTED, SELECTED, ANSWER]
    assert any("1 annotation was changed after" in note for note in s.notes)
    task["data"]["labelq_queued_at"] = "\x1b[2J soon"
    assert list(read_export(write("r.json", [task])).a_kind) == [ANSWER, ANSWER, GOLD, ANSWER]


def test_a_queue_of_another_joining_never_votes_on_another_task(write):
    # Pushed when tickets were the units: ticket 3 is task 1, and not task 3.
    queue = write("queue.json", [queued("3", "text 1", ticket=3)])
    ordinary = write("round.json", a_round())

    joined = read([ordinary, queue], join="ticket")
    assert selected(joined) == {("3", "9")}
    assert joined.units.text[joined.units.ids.index("3")] == "text 1"

    by_id = read([ordinary, queue])
    assert selected(by_id) == set()
    assert "content is not that of the task with their id: 1" in notes(by_id)
    assert any(a.reason == "queue" and a.count == 1 for a in by_id.intake.aside)

    # And the other way round: queued by id, read by ticket.
    queue = write("queue.json", [queued("1", "text 1", ticket=3)])
    assert selected(read([ordinary, queue], join="ticket")) == {("3", "9")}


def test_a_field_that_was_added_since_does_no_harm(write):
    queue = write("queue.json", [queued("1", "text 1", ticket=3)])
    ordinary = write("round.json", a_round(customer="new"))
    assert selected(read([ordinary, queue])) == {("1", "9")}


def test_what_somebody_put_into_the_queues_project_is_no_rating_of_the_round(write):
    by_hand = vote(901, "something else", "A", 7)
    by_hand["annotations"] += vote(0, "", "A", 8)["annotations"]
    queue = write("queue.json", [queued("1", "text 1"), by_hand])
    round_ = read([write("round.json", a_round()), queue])
    assert len(round_.units) == 3
    assert ("queue", 2, "on a task that somebody added to the queue's project") in [
        (a.reason, a.count, a.detail) for a in round_.intake.aside
    ]


@pytest.mark.parametrize(
    ("tag", "kinds", "said"),
    [
        ("2026-03-04T05:06:07Z in project 3", [ANSWER, SELECTED], ""),
        ("2026-03-04T05:06:07Z in project 4", [ANSWER, ANSWER], "queued in another project"),
        ("2026-03-04T05:06:05Z in project 3", [SELECTED, SELECTED], "no answer yet when queued"),
        ("yesterday", [ANSWER, ANSWER], "that is no date"),
        (12.5, [ANSWER, ANSWER], "that is no date"),
    ],
)
def test_a_tag_is_believed_only_where_it_can_be(write, tag, kinds, said):
    task = vote(1, "t", "A", 7, labelq_queued_at=tag) | {"project": 3}
    task["annotations"] += vote(0, "", "B", 8)["annotations"]
    for annotation, second in zip(task["annotations"], (6, 8), strict=True):
        annotation["created_at"] = f"2026-03-04T05:06:0{second}Z"
    s = read_export(write("r.json", [task]))
    assert list(s.a_kind) == kinds
    assert said in " ".join(s.notes)
    assert bool(said) == ("queue" in " ".join(s.notes))


def test_a_source_that_shares_no_task_is_named(write):
    first, second = a_round(), a_round()
    third = [vote(n, f"other {n}", "A", 5) for n in (1, 2)]
    paths = [write(f"{i}.json", tasks) for i, tasks in enumerate((first, second, third))]
    assert f"No task of {paths[2]} is in another source" in notes(read(paths))
    assert "in another source" not in notes(read(paths[:2]))


def test_names_of_files_are_whole_names_of_people(write, tmp_path):
    for name, label in (("anna.meier", "A"), ("anna.schmidt", "B")):
        write(f"{name}.json", [vote(n, f"text {n}", label) for n in (1, 2)])
    round_ = read(tmp_path, rater_from="filename")
    assert [rater.id for rater in round_.raters] == ["anna.meier", "anna.schmidt"]
    queue = write("queue.json", [queued("x", "text 1", who=7)])
    assert queue.is_file()
    assert "voted in a queue is known by account" in notes(read(tmp_path, rater_from="filename"))


def test_a_source_without_answers_says_so(write):
    empty = [{"id": 1, "data": {"text": "t"}, "annotations": []}]
    with pytest.raises(SourceError, match="holds no answer yet;"):
        read(write("r.json", empty))
    empty[0]["annotations"] = [{"completed_by": 7, "was_cancelled": True, "result": []}]
    with pytest.raises(SourceError, match=r"holds no answer yet \(all were skipped\)"):
        read(write("r.json", empty))


def test_a_field_that_no_task_has_is_not_to_be_skipped(write):
    paths = [write(f"{i}.json", a_round()) for i in (1, 2)]
    with pytest.raises(SourceError, match="name one that all have"):
        read(paths, join="tikcet")
