"""What a push makes of an audit's documents, before any server is asked."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET

import pytest
from rich.cells import cell_len

from labelq.errors import SourceError
from labelq.label_studio.queues.fitting import Fitting
from labelq.label_studio.queues.header import queue_config, reason_shown
from labelq.label_studio.queues.instructions import instructions
from labelq.label_studio.queues.matching import same_content
from labelq.label_studio.queues.media import media_of, stores
from labelq.label_studio.queues.order import Entry, order, read_order
from labelq.label_studio.queues.same_project import SameProject, Tagged
from labelq.label_studio.texts import TextSource
from labelq.remedy.entries import WORDS
from labelq.report.queues import Line, push_lines
from tests.live.queueing import audit_directory

CONFIG = """<?xml version="1.0"?>
<!-- ours > theirs -->
<View style="a > b">
  <Text name="text" value="$text"/>
  <Choices name="c" toName="text"><Choice value="x &amp; y"/><Choice value="z"/></Choices>
</View>
"""


def test_an_order_is_what_the_audit_says(tmp_path):
    directory = audit_directory(
        tmp_path / "a",
        [
            {"unit": 7, "data": {"text": "t", "labelq_queue": "old"}, "bought": ["c", "d"]},
            {"unit": "b", "data": {}, "wants": "second_look", "reasons": ["gap", "gap"]},
        ],
        url="http://127.0.0.1:1/",
        projects=[3, 4],
        join="ticket",
        name="r/1",
    )
    found = read_order(directory)
    first, second = found.entries
    assert (first.unit, first.key, first.data) == ("7", "r/1/7", {"text": "t"})
    assert first.raters == {"ann1@example.com", "ann2@example.com"}
    assert first.bought == {"c", "d"}
    assert first.votes == {"sentiment": {"Positive": 2}}
    assert second.reasons == ("gap",)
    assert found.raters == ("ann1@example.com", "ann2@example.com", "ann3@example.com")
    assert found.seconds == 12
    assert found.origin is not None
    assert (found.origin.url, found.origin.projects) == ("http://127.0.0.1:1", (3, 4))
    assert found.join == "ticket"
    assert found.wanting(["second_look"]) == [second]


def test_an_annotations_time_counts_once_over_its_questions():
    rows = [
        ["unit", "question", "rater", "value", "seconds"],
        ["1", "a", "p", "x", "10"],
        ["1", "b", "p", "x", "10"],
        ["1", "a", "q", "x", "30"],
        ["2", "a", "p", "x", "50"],
        ["3", "a", "", "", ""],
    ]
    assert order({"name": "r"}, [], {}, rows, "").seconds == 30


@pytest.mark.parametrize("broken", ["queue.json", "ratings.csv", "manifest.json"])
def test_documents_that_are_not_an_audits_are_refused_in_one_line(tmp_path, broken):
    directory = audit_directory(tmp_path / "a", [{"unit": 1, "data": {"text": "t"}}])
    (directory / broken).write_text('[{"data": 1}]', "utf-8")
    with pytest.raises(SourceError, match="audit again"):
        read_order(directory)
    (directory / broken).unlink()
    with pytest.raises(SourceError):
        read_order(directory)


def test_the_config_stays_as_it_is_around_the_header():
    made = queue_config(CONFIG, "second_look", votes=True, where="x")
    tags = [element.tag for element in ET.fromstring(made)]
    assert tags == ["Header", "Header", "Text", "Choices", "Collapse"]
    ours = [line for line in made.splitlines() if "<Header" in line or "<Collapse" in line]
    assert [line for line in made.splitlines() if line not in ours] == CONFIG.splitlines()


@pytest.mark.parametrize(
    "config", ["", "<View/>", "<View><Text/>", "no xml", "<!DOCTYPE a><View/>"]
)
def test_what_is_no_config_is_refused(config):
    with pytest.raises(SourceError):
        queue_config(config, "second_look", where="the config")


def test_every_reason_is_told_without_leading():
    for reason in WORDS:
        told = reason_shown([reason])
        assert told.endswith(".")
        assert "$" not in told
    # a unit that contradicts its gold label looks like any other
    assert reason_shown(["against_gold"]) == reason_shown(["uncertain"])
    assert reason_shown(["against_gold", "disputed"]) == reason_shown(["disputed"])


def test_instructions_hold_nothing_that_runs_or_loads():
    html = instructions(
        "- a\n- b\n\n| x |\n|---|\n| y |\n\n<script>alert(1)</script>\n\n![i](http://a.example/i)\n\n"
        "[j](javascript:alert(1)) <!-- labelq: proposed rule -->"
    )
    assert "<li>a</li>" in html
    assert "<td>y</td>" in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert "proposed rule" not in html


def test_media_are_found_at_any_depth_and_other_hosts_are_none():
    data = {
        "a": "s3://photos/1.jpg",
        "b": [{"url": "gs://clips/2.mp4"}, "/data/upload/3/x.png"],
        "c": "https://elsewhere.example.com/data/upload/3/x.png",
        "d": "see s3://photos",
        "e": "//elsewhere.example.com/data/upload/1",
    }
    assert dict(media_of(data)) == {
        "s3://photos": "s3://photos/1.jpg",
        "gs://clips": "gs://clips/2.mp4",
        "/data/upload": "/data/upload/3/x.png",
    }
    assert next(iter(stores([data, {"a": "s3://photos/9.jpg"}]).values())) == "s3://photos/1.jpg"


def test_the_data_of_a_file_is_put_back_as_the_config_shows_it():
    config = (
        '<View><Paragraphs name="p" value="$turns"/><Text name="t" value="$body"/>'
        '<Choices name="c" toName="t"><Choice value="x"/><Choice value="y"/></Choices></View>'
    )
    fit = Fitting(config, "text", "the config")
    turns = [{"author": "a", "text": "hello"}]
    given = {"turns": json.dumps(turns), "body": "[not a list", "other": "[1]"}
    assert fit(given) == {"turns": turns, "body": "[not a list", "other": "[1]"}
    with pytest.raises(SourceError, match=r"shows \$turns"):
        fit({"body": "b"})


def test_content_is_the_same_whatever_labelq_or_somebody_added():
    entry = Entry("1", "r/1", 0.5, "another_person", (), {"text": "a\nb", "n": "1", "l": "[1,2]"})
    texts = (TextSource(("title",)), TextSource(("body",)))
    now = {"title": "a", "body": "b", "n": 1, "l": [1, 2], "labelq_queue": "x", "new": True}
    assert same_content(entry, now, texts, "text")
    assert not same_content(entry, now | {"body": "c"}, texts, "text")
    assert not same_content(entry, now | {"n": 2}, texts, "text")


def people_line(directory, wants="another_person"):
    found = read_order(directory)
    change = [Tagged(n, {"labelq_queue": "r"}, 3, 2, True, 1) for n in range(len(found.entries))]
    plan = SameProject(3, "t", "r", tuple(change), found.entries, 0, 0)
    (line,) = (one for one in push_lines(found, plan, wants) if "people" in one.start)
    return line.text


def test_who_voted_through_a_queue_is_no_new_person(tmp_path):
    one = {"unit": 1, "data": {"text": "t"}}
    assert people_line(audit_directory(tmp_path / "a", [one])) == (
        "the task is new to 1 of the round's 3 annotators: ann3@example.com 1"
    )
    asked = one | {"bought": ["ann3@example.com", "somebody@example.com"]}
    two = audit_directory(tmp_path / "b", [one, asked | {"unit": 2}])
    assert people_line(two) == (
        "each task is new to 0 to 1 of the round's 3 annotators: ann3@example.com 1; 1 task to"
        " none of them: invite somebody else"
    )
    assert people_line(audit_directory(tmp_path / "c", [asked])) == (
        "the task is new to none of the round's 3 annotators: invite somebody else"
    )


def test_lines_keep_to_the_width_and_commands_stay_whole():
    line = Line("  left out    ", "wide 東京 " * 12)
    told = line.within(60).splitlines()
    assert len(told) > 2
    assert all(cell_len(one) <= 60 for one in told)
    assert all(one.startswith(" " * 14) for one in told[1:])
    assert line.within(None) == line.start + line.text
    command = Line("  ", "labelq queue push " + "x" * 90, whole=True)
    assert command.within(60) == command.within(None)


@pytest.mark.parametrize(
    ("join", "more", "units", "found"),
    [
        (None, False, ["0123456789ab"], None),
        (None, True, ["0123456789ab", "ffffffffffff"], "content"),
        (None, True, ["0123456789ab", "17"], None),  # one export, and that of its queue
        ("ticket", True, ["0123456789ab"], "ticket"),
    ],
)
def test_what_units_are_called_by_is_told_by_the_manifest(tmp_path, join, more, units, found):
    entries = [{"unit": unit, "data": {"text": "t"}} for unit in units]
    directory = audit_directory(tmp_path / "a", entries, join=join, more_sources=more)
    assert read_order(directory).join == found
    pulled = audit_directory(
        tmp_path / "b", entries, join=join, more_sources=more, url="http://a/", projects=[1]
    )
    assert read_order(pulled).join == join
    several = audit_directory(tmp_path / "c", entries, join=join, url="http://a/", projects=[1, 2])
    assert read_order(several).join == (join or "content")


def test_long_texts_in_the_ratings_are_read(tmp_path):
    directory = audit_directory(tmp_path / "a", [{"unit": 1, "data": {"text": "t"}}])
    with (directory / "ratings.csv").open("a", newline="") as file:
        csv.writer(file).writerow(["1", "sentiment", "z", "x" * 300_000, "", ""])
    assert "z" in read_order(directory).entries[0].raters
