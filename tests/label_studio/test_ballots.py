"""A config that asks one question about the task as it was shown, and what comes back from it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import msgspec
import pytest

from labelq.errors import SourceError
from labelq.label_studio.ballots.config import ASKS, CHOICE, OPTIONS, WHY, ballot_config
from labelq.label_studio.ballots.votes import cast_in
from labelq.label_studio.config import parse_label_config
from labelq.label_studio.queues.marks import Mark, description, mark_in, project_title
from labelq.label_studio.records import Task
from labelq.remedy.ballots import Cast


def tags(xml, **options):
    return [e.tag for e in ET.fromstring(ballot_config(xml, where="x", **options)).iter()][1:]


OURS = ["Header", "Choices", "TextArea"]


@pytest.mark.parametrize(
    ("config", "left"),
    [
        pytest.param(
            '<View><Header value="Which kind?"/><Text name="t" value="$text"/>'
            '<Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices>'
            '<Header value="How urgent (1 to 5)"/><Rating name="r" toName="t"/></View>',
            ["Text"],
            id="headings that ask go with what asks",
        ),
        pytest.param(
            '<View><Header value="Premise"/><Text name="a" value="$a"/><Header value="Claim"/>'
            '<Text name="b" value="$b"/><Header value="$title?"/><Image name="i" value="$i"/>'
            '<Choices name="c" toName="a"><Choice value="x"/></Choices></View>',
            ["Header", "Text", "Header", "Text", "Header", "Image"],
            id="headings that show stay",
        ),
        pytest.param(
            '<View><View className="left"><Image name="i" value="$i"/></View><View><Collapse>'
            '<Panel value="Answer"><Choices name="c" toName="i"><Choice value="x"/></Choices>'
            "</Panel></Collapse></View><Style>.left{}</Style></View>",
            ["View", "Image", "Style"],
            id="boxes that are left empty go",
        ),
        pytest.param(
            '<View><Image name="i" value="$i"/><RectangleLabels name="l" toName="i">'
            '<Label value="Cat"/></RectangleLabels><Relations><Relation value="of"/></Relations>'
            '<View visibleWhen="region-selected" whenTagName="l"><Text name="h" value="$hint"/>'
            '<TextArea name="n" toName="i" perRegion="true"/></View></View>',
            ["Image", "View", "Text"],
            id="regions and conditions go",
        ),
    ],
)
def test_what_shows_the_task_stays_and_what_asks_goes(config, left):
    assert tags(config) == left + OURS
    made = ballot_config(config, where="x")
    assert "visibleWhen" not in made
    read = parse_label_config(made, where="x")
    assert [control.name for control in read.controls] == [CHOICE, WHY]
    choices = read.controls[0]
    assert (choices.labels, choices.attributes["value"]) == (None, f"${OPTIONS}")
    assert choices.attributes["required"] == "true"
    assert read.notes == ()  # Label Studio's own check finds nothing


def test_no_label_of_the_round_is_in_the_config():
    made = ballot_config(
        '<View><Text name="t" value="$text"/><Choices name="c" toName="t">'
        '<Choice value="Secret label"/></Choices></View>',
        where="x",
    )
    assert "Secret" not in made


def test_where_only_copies_show_the_task_the_question_is_what_is_answered_about():
    made = ballot_config(
        '<View><Repeater on="$pages"><Image name="page_{{idx}}" value="$pages[{{idx}}].url"/>'
        '<Choices name="c_{{idx}}" toName="page_{{idx}}"><Choice value="x"/></Choices>'
        "</Repeater></View>",
        where="x",
    )
    root = ET.fromstring(made)
    assert [e.tag for e in root] == ["Repeater", "Text", "Choices", "TextArea"]
    assert root[1].attrib == {"name": "labelq_task", "value": f"${ASKS}"}
    assert root[2].attrib["toName"] == "labelq_task"


@pytest.mark.parametrize("config", ["", "<View/>", "<View><Text/>", "<!DOCTYPE a><View/>"])
def test_what_is_no_config_is_refused(config):
    with pytest.raises(SourceError):
        ballot_config(config, where="the config")


def test_a_project_of_ballots_is_none_of_a_queue():
    mark = Mark((3, 4), "0" * 12, "blind_votes")
    assert mark.line == "labelq-ballots: 3,4 000000000000 blind-votes"
    assert mark_in(description("a\nlabelq-queue: 3 000000000000 second-look", mark)) == mark
    assert mark_in(mark.line.replace("ballots", "queue")) is None
    assert mark_in("labelq-ballots: 3 000000000000 second-look") is None
    assert project_title("round 1", "blind_votes") == "Ballots: round 1"


def task(*annotations, **data):
    document = {"id": 1, "data": {"labelq_ballot": "k"} | data, "annotations": annotations}
    return msgspec.json.decode(json.dumps(document), type=Task)


def answer(*choices, why=None, who="ann1@example.com", **more):
    told = [{"from_name": CHOICE, "type": "choices", "value": {"choices": choices}}]
    if why is not None:
        told.append({"from_name": WHY, "type": "textarea", "value": {"text": why}})
    author = {"id": 7, "email": who}
    return {"completed_by": author, "result": told, "updated_at": "2026-01-02T03:04:05Z"} | more


AT = "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("annotation", "cast"),
    [
        (
            answer("a", why=["it\nsays", " so "]),
            Cast("k", "ann1@example.com", "a", "it says so", AT),
        ),
        (answer("a", why="so"), Cast("k", "ann1@example.com", "a", "so", AT)),
        (answer("a", why={"x": 1}), Cast("k", "ann1@example.com", "a", "{'x': 1}", AT)),
        (answer("a", "b"), Cast("k", "ann1@example.com", None, "", AT)),
        (answer(), Cast("k", "ann1@example.com", None, "", AT)),
        (answer("a", was_cancelled=True), Cast("k", "ann1@example.com", None, "", AT)),
        (answer("a", completed_by=7), Cast("k", "7", "a", "", AT)),
        (answer("a", result=None), Cast("k", "ann1@example.com", None, "", AT)),
    ],
)
def test_an_answer_is_read_as_it_was_given(annotation, cast):
    assert list(cast_in([task(annotation)])) == [cast]


def test_what_nobody_gave_or_nobody_asked_is_no_answer():
    assert list(cast_in([task(answer("a", completed_by=None))])) == []
    assert list(cast_in([task(answer("a"), labelq_ballot=5)])) == []
    other = [{"from_name": "else", "type": "choices", "value": {"choices": ["a"]}}]
    assert [one.choice for one in cast_in([task(answer("a", result=other))])] == [None]


def test_an_export_of_ballots_is_no_round(export):
    with pytest.raises(SourceError, match="ballots of a guideline review meeting"):
        export([{"id": 1, "data": {"text": "t", "labelq_ballot": "k"}, "annotations": []}])
