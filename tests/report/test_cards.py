"""Clusters, edge cases and queue as people see them: links, votes, what to do."""

import re
from dataclasses import replace

import pytest

from labelq.labels.model import Aside, Intake
from labelq.pinpoint.findings import Cause, EdgeCase
from labelq.report.beside import NOTHING, Beside, beside
from labelq.report.buying import queued
from labelq.report.cards import cluster_cards, edge_cases
from labelq.report.examples import example, excerpt
from labelq.report.funnel import funnel
from labelq.report.html import report_html
from labelq.report.names import Names
from labelq.report.pictures import Picture
from labelq.report.task_sections import shown_units
from labelq.report.text import plain

SERVER = {"url": "https://ls.example/studio/", "projects": [{"id": 7, "title": "x"}]}


@pytest.fixture(scope="module")
def page(audit):
    return report_html(audit)


@pytest.fixture
def names(audit):
    return Names(audit.round.raters)


def test_what_to_do_with_a_cluster(audit, names):
    chances = {"gap": 0.9, "rater": 0.06, "ambiguous": 0.04, "slip": 0.0}
    first = replace(audit.clusters[0], cause=Cause("gap", probabilities=chances))
    cards = cluster_cards(replace(audit, clusters=(first, *audit.clusters[1:])), names)
    assert cards[0].command == "labelq decide . category-1"
    assert "On the agenda" in cards[0].todo
    assert [(c.kind, c.x, c.width, plain(c.share)) for c in cards[0].chances] == [
        ("gap", 0.0, 90.0, "90 %"),
        ("rater", 90.0, 6.0, "6 %"),
        ("ambiguous", 96.0, 4.0, "4 %"),
        ("slip", 100.0, 0.0, "0 %"),
    ]
    assert "go through these tasks with annotator D" in plain(cards[1].todo)
    assert "For the guideline meeting" in cards[2].todo
    assert "Nothing to decide: " in cards[3].todo
    assert "Nothing to decide yet" in cards[4].todo
    assert [card.command for card in cards[3:]] == ["", ""]
    assert cards[1].chances == []


def test_a_question_with_blanks_and_signs_is_one_word_of_the_command(audit, names):
    cluster = replace(audit.clusters[0], id="what; rm -rf / #-1")
    card = cluster_cards(replace(audit, clusters=(cluster,)), names)[0]
    assert card.command == "labelq decide . 'what; rm -rf / #-1'"


def test_links_lead_to_the_task_in_label_studio(audit):
    page = report_html(audit, beside=beside({"server": SERVER, "options": {"join": None}}))
    links = re.findall(
        r'<a href="(http[^"]*)" rel="noopener noreferrer">Task <bdi>(\d+)</bdi>', page
    )
    assert ("https://ls.example/studio/projects/7/data?task=1008", "1008") in links
    assert len(re.findall(r'href="http', page)) == len(links)
    assert 'href="http' not in report_html(audit)


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"server": SERVER, "options": {"join": "ticket"}},
        {"server": SERVER | {"url": "javascript:alert(1)//"}},
        {"server": SERVER | {"url": 'https://x" onclick="alert(1)'}},
        {"server": SERVER | {"projects": [{"id": "7"}]}},
        {"server": SERVER | {"projects": [{"id": 1}, {"id": 2}]}},
        {"server": "https://ls.example"},
    ],
)
def test_no_link_where_tasks_have_no_address(manifest):
    assert beside(manifest) == NOTHING


def test_a_task_shows_its_picture_or_why_there_is_none(audit):
    uri = "data:image/jpeg;base64,AAAA"
    around = Beside(
        None, {"1008": Picture(uri), "1004": Picture(reason="the server answers <403>")}
    )
    page = report_html(audit, beside=around)
    assert f'<img class="thumb" src="{uri}" alt="Picture of task 1008">' in page
    assert "No picture here: <bdi>the server answers &lt;403&gt;</bdi>" in page


def test_who_voted_is_one_click_away(audit, names):
    shown = example(audit.round, "category", 8, names)
    assert plain(shown.counts) == "Cancel 1 · <b>Other</b> | $x$ \\u202e 1 · عربي 1"
    assert re.fullmatch(r"Cancel \([A-E]\) · .* \([A-E]\) · عربي \([A-E]\)", plain(shown.votes))
    two = next(
        found
        for unit in range(len(audit.round.units))
        if " 2" in (found := example(audit.round, "category", unit, names)).counts
    )
    assert re.fullmatch(r".* 2 · .* 1", plain(two.counts))
    assert re.fullmatch(r".* \([A-E], [A-E]\) · .* \([A-E]\)", plain(two.votes))
    urgency = example(audit.round, "urgency", 8, names)
    assert re.match(r"“\d” \d", plain(urgency.counts))  # a label that is a number


def test_the_part_of_a_long_text_in_which_the_words_stand():
    text = "word " * 400 + "the Parcel was wet " + "and so on " * 100
    shown = excerpt(text, ["parcel"], 200)
    assert "the Parcel was wet" in shown
    assert shown.startswith("… ")
    assert len(shown) <= 205
    assert excerpt(text, ["nothing"], 200) == excerpt(text, [], 200)
    assert excerpt("a parcel", ["parcel"], 200) == "a parcel"


def test_edge_cases_with_the_same_text_say_how_the_others_were_labeled(audit, names):
    case = EdgeCase("category", 0, "same_text", (), (1, 2, 3, 4))
    ((why, _, more, shown),) = edge_cases(replace(audit, edge_cases=(case,)), names)
    assert why == "same text, different labels"
    assert re.fullmatch(r"same text: task 1001 \(.*\), task 1002 \(.*\), 2 more", plain(more))
    assert shown.id == "1000"


def test_the_queue_is_a_table_to_sort(audit, names, page):
    rows = queued(audit, names)
    assert [row.rank for row in rows] == list(range(1, 21))
    assert rows[0].per_hour == "6.0"
    assert re.search(r'<table class="[^"]*sortable', page)
    assert '<td class="number" data-value="6.0">6.0</td>' in page


def test_pictures_are_wanted_for_what_is_shown_only(audit, page):
    units = shown_units(audit)
    assert units[:3] == [8, 4, 12]
    assert len(units) == len(set(units))
    assert all(f"<bdi>{audit.round.units.ids[unit]}</bdi>" in page for unit in units)


def test_what_was_read_adds_up_in_a_funnel():
    parts = funnel(Intake(n_kept=400, aside=(Aside("draft", 1), Aside("skipped", 100))))
    assert [(part.count, part.width, part.kept) for part in parts] == [
        ("400", 100.0, True),
        ("100", 25.0, False),
        ("1", 0.5, False),
    ]
    assert [part.width for part in funnel(Intake())] == [0.0]
