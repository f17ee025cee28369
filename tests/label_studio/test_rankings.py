"""Rankers: the shapes that Label Studio writes, those of older servers, and broken ones."""

import json

import pytest

from labelq.errors import SourceError
from labelq.labels.building import build_round
from labelq.labels.model import MOST_ITEMS, Ranking
from labelq.labels.tables import frame_to_submissions, round_to_frame
from tests.label_studio.exporting import annotation, answers, asides, task

PLAIN = '<List name="items" value="$items"/><Ranker name="rank" toName="items"/>'


def buckets(*names):
    inside = "".join(f'<Bucket name="{name}" title="t"/>' for name in names)
    return (
        f'<List name="items" value="$items"/><Ranker name="rank" toName="items">{inside}</Ranker>'
    )


def ranked(value, name="rank"):
    return {
        "from_name": name,
        "to_name": "items",
        "type": "ranker",
        "origin": "manual",
        "value": {"ranker": value},
    }


def one(export, value, config=PLAIN):
    """The value that a good answer beside ``value`` shows to be read."""
    good = {"rank": ["i1", "i2"]} if "Bucket" not in config else {"best": ["i1", "i2"]}
    s = export([task(1, annotation(1, ranked(value)), annotation(2, ranked(good)))], config)
    return answers(s).get(("1", "1", "rank")), asides(s), s


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({"rank": ["i2", "i3", "i1"]}, ["i2", "i3", "i1"]),
        (["i2", "i3", "i1"], ["i2", "i3", "i1"]),  # as the documentation still shows it
        ({"rank": [3, "i1"]}, ["3", "i1"]),
        ({"rank": ["ä > b", "<b>"]}, ["ä > b", "<b>"]),
    ],
)
@pytest.mark.parametrize("config", [PLAIN, None])
def test_a_list_in_order(export, value, places, config):
    s = export([task(1, annotation(1, ranked(value)))], config)
    assert answers(s) == {("1", "1", "rank"): Ranking.of(places)}
    assert s.questions[0].level == "ranking"
    assert s.questions[0].labels == ()


def test_buckets_stand_in_the_order_of_the_config(export):
    value = {"_": ["i3"], "worst": ["i2", "i4"], "best": ["i1"]}
    assert one(export, value, buckets("best", "worst"))[0] == Ranking.of(["i1", ["i2", "i4"]])
    assert one(export, value, buckets("worst", "best"))[0] == Ranking.of([["i2", "i4"], "i1"])


def test_of_one_bucket_what_is_in_it_comes_first(export):
    value = {"_": ["i3", "i4"], "best": ["i2"]}
    assert one(export, value, buckets("best"))[0] == Ranking.of(["i2", ["i3", "i4"]])


@pytest.mark.parametrize("value", [{"rank": []}, {"rank": ["i1"]}, {"_": ["i1", "i2"]}, [], {}])
def test_fewer_than_two_placed_items_are_no_answer(export, value):
    found, counted, _ = one(export, value)
    assert found is None
    assert counted["empty", "rank"] == 1


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"rank": ["i1", "i1"]}, "an item in two places"),
        ({"rank": "i1"}, "no ranking"),
        ("i1", "no ranking"),
        (7, "no ranking"),
        ({"rank": [["i1"], "i2"]}, "no ranking of item ids"),
        ({"rank": [True, "i2"]}, "no ranking of item ids"),
        ({"rank": [{"id": "i1"}, "i2"]}, "no ranking of item ids"),
        ({"rank": [f"i{i}" for i in range(MOST_ITEMS + 1)]}, "more than 1,000 items"),
    ],
)
def test_what_is_no_ranking_is_set_aside(export, value, says):
    found, counted, s = one(export, value)
    assert found is None
    assert counted["bad_record", "rank"] == 1
    assert any(says in detail for _, _, detail in s.aside)


def test_an_item_in_two_buckets_and_an_unknown_bucket(export):
    config = buckets("best", "worst")
    for value in ({"best": ["i1"], "worst": ["i1"]}, {"best": ["i1"], "middling": ["i2"]}):
        found, counted, _ = one(export, value, config)
        assert found is None
        assert counted["bad_record", "rank"] == 1


def test_without_a_config_nobody_knows_the_order_of_buckets(export):
    value = {"best": ["i1"], "worst": ["i2"]}
    with pytest.raises(SourceError, match=r"field rank\.ranker: .*only a label config tells"):
        export([task(1, annotation(1, ranked(value)))])


def test_deeply_nested_nonsense_is_one_line(export):
    deep = json.loads("[" * 400 + "]" * 400)
    found, counted, _ = one(export, {"rank": [deep, "i2"]})
    assert found is None
    assert counted["bad_record", "rank"] == 1


def test_json_min(export):
    row = {"id": 1, "annotator": 3, "annotation_id": 5, "items": [], "lead_time": 1.0}
    rows = [row | {"rank": [{"ranker": {"rank": ["i2", "i1"]}}]}]
    assert answers(export(rows, PLAIN)) == {("1", "3", "rank"): Ranking.of(["i2", "i1"])}


def test_a_table_of_rankings_reads_back_the_same(export):
    config = buckets("best", "fine", "worst")
    tasks = [
        task(
            n,
            annotation(1, ranked({"best": [f"{n}a"], "worst": [f"{n}b"], "fine": [f"{n}c"]})),
            annotation(2, ranked({"best": [f"{n}b", f"{n}a"], "worst": [f"{n}c"]})),
        )
        for n in (1, 2)
    ]
    first = build_round(export(tasks, config), name="r")
    frame = round_to_frame(first)
    again = build_round(frame_to_submissions(frame, scheme=first.questions), name="r")
    assert again.questions == first.questions
    assert again.ratings["rank"] == first.ratings["rank"]
    alone = build_round(frame_to_submissions(frame), name="r")  # without what was known before
    assert alone.questions[0].level == "ranking"
    assert alone.ratings["rank"] == first.ratings["rank"]
