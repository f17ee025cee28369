"""The picture of what the queue buys: its end is the forecast, and its numbers stand beside it."""

from dataclasses import replace

import pytest

from labelq.remedy.acts import Entry, QueueForecast
from labelq.remedy.forecast import Stage, course
from labelq.report.buying_chart import FEWEST, fall
from labelq.report.html import report_html

ENTRIES = (
    Entry(9, 1.0, (), "second_look", "held_back", fall=9.0, seconds=9.0),
    Entry(0, 1.0, (), "another_person", fall=4.0, votes=2, seconds=3000.0),
    Entry(1, 0.9, (), "another_person", fall=3.0, seconds=3600.0),
    Entry(2, 0.8, (), "another_person", fall=2.0, seconds=3600.0),
    Entry(3, 0.7, (), "another_person", fall=0.8, seconds=3600.0),
    Entry(4, 0.6, (), "another_person", fall=0.2, seconds=600.0),
    Entry(5, 0.5, (), "another_person", "later", fall=0.1, seconds=600.0),
)
FOUND = QueueForecast(
    5, 6, 14400.0, 10.0, 8.0, 5.0, 11.0, "held_out", 0.8, 0.5, 1.1, 40, None, None, 14400.0,
    budget_given=True, n_later=1, n_held_back=1, confidence=0.95,
)  # fmt: skip


def test_the_course_adds_up_to_the_forecast():
    stages = course(ENTRIES, FOUND)
    assert stages[0] == Stage(0, 0.0, 0.0, 0.0, 0.0)
    assert stages[1] == Stage(2, 3000.0, pytest.approx(3.2), pytest.approx(2), pytest.approx(4.4))
    assert stages[-1] == Stage(6, 14400.0, *(pytest.approx(x) for x in (8.0, 5.0, 11.0)))
    assert len(stages) == 6
    assert len(course(ENTRIES, FOUND, most=2)) == 3
    assert course(ENTRIES, FOUND, most=2)[-1] == stages[-1]
    assert course(ENTRIES[:1], FOUND) == []


def test_the_picture_and_its_numbers():
    chart = fall(ENTRIES, FOUND)
    assert chart.title == (
        "Wrong labels fewer while the queue is worked from its top: 8 (5 to 11) after 4 hours"
    )
    assert chart.header == ("answers", "work", "wrong labels fewer", "interval")
    assert chart.rows[-1] == ("6", "4 hours", "8", "5 to 11")
    assert chart.rows[-2] == ("5", "3.83 hours", "8", "5 to 11")
    assert "8 fewer" in chart.svg
    assert "fill-opacity" in chart.svg or "opacity" in chart.svg


def test_without_an_interval_or_times():
    alone = replace(FOUND, basis="model", lower=None, upper=None, seconds=None)
    chart = fall(ENTRIES, alone)
    assert chart.title.endswith(": 8 after 6 answers, by the model alone")
    assert chart.header == ("answers", "wrong labels fewer", "interval")
    assert chart.rows[-1] == ("6", "8", "–")
    untimed = [replace(entry, seconds=0.0) for entry in ENTRIES]
    assert fall(untimed, alone) == chart


def test_too_little_to_see():
    assert fall(ENTRIES, None) is None
    assert fall(ENTRIES, replace(FOUND, n_entries=FEWEST - 1)) is None
    assert fall(ENTRIES, replace(FOUND, fewer=0.4)) is None
    assert fall(ENTRIES, replace(FOUND, by_model=0.0, fewer=0.0)) is None


def test_it_stands_in_the_report(audit):
    queue = tuple(entry for entry in ENTRIES if entry.unit < 6)
    page = report_html(replace(audit, queue=queue, forecast=FOUND))
    _, _, section = page.partition('<section id="queue">')
    assert "worked from its top: 8 (5 to 11)" in section.partition("</section>")[0]
    assert "They should leave about 8 wrong labels fewer (5 to 11)" in section
