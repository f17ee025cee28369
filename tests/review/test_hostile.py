"""Whatever words come in, from people or from data: they are text, on pages and in minutes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from labelq.pinpoint.findings import Agenda, Cause, Cluster
from labelq.remember.earlier import Earlier
from labelq.review.app import meeting_app
from labelq.review.desk import Desk
from labelq.review.guard import Keys
from labelq.settings import Settings
from tests.pinpoint.planted import planted
from tests.review.conftest import PORT, Browser

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "\u202eevil\u202c",
    "</textarea><b>out</b>",
    "javascript:alert(1)",
    "--> <!-- labelq: end of minutes",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_text_wherever_they_come_back(meeting, read, text):
    words = "/cluster/category-1/words"
    meeting.post(words, minority=text, note=text, minority_base="", note_base="")
    meeting.decide(choice="label-0", rule=text, who=text)
    for path in ("/", "/cluster/category-1", "/after"):
        page = meeting.get(path)
        _, elements, attributes = read(page)
        assert {"b", "img"}.isdisjoint(elements)
        assert not [name for name in attributes if name.startswith("on")]
        assert "alert(1)</script>" not in page
        assert "\u202e" not in page
        assert "49" not in re.sub(r"[0-9a-f]{16,}", "", page)
    answer = meeting.post("/cluster/category-1/preview", choice="label-0", rule=text)
    assert {"b", "img", "script"}.isdisjoint(read(answer.text)[1])
    assert Path("minutes.md").read_text(encoding="utf-8").count("<!-- labelq: ") == 2


def test_hostile_tasks_labels_names_and_guideline_are_text(folder, read):
    bad = HOSTILE[0] + HOSTILE[1] + HOSTILE[3] + HOSTILE[2]
    made = planted().round
    units = replace(made.units, text=tuple(f"{bad} {t}" for t in made.units.text))
    labels = {"Billing": f"Billing {bad}", "Refund": "Refund"}
    (question,) = made.questions
    ratings = made.ratings["category"]
    values = tuple(labels.get(v, v) for v in ratings.values)
    made = replace(
        made,
        name=bad,
        units=units,
        questions=(replace(question, labels=values),),
        raters=tuple(replace(one, name=f"{one.name} {bad}") for one in made.raters),
        ratings={"category": replace(ratings, values=values)},
    )
    cluster = Cluster(
        "what/is it?-1",
        "category",
        (labels["Billing"], "Refund"),
        tuple(range(6)),
        ("gift", bad),
        0.2,
        None,
        Cause("gap"),
        None,
    )
    agendas = (Agenda("category", ("what/is it?-1",), 0.2, 0.2, 0.0, 0.5, None),)
    guideline = f"# {bad}\n\n## Refund\n\n[x](javascript:alert(1)) {bad}\n"
    earlier = Earlier(made, (cluster,), {}, {"inputs": {}}, ("guideline.md", guideline), agendas)
    keys = Keys(PORT)
    Path("guideline.md").write_text(guideline, encoding="utf-8")
    desk = Desk(earlier, Path("audits/r"), Settings(), names=True)
    browser = Browser(meeting_app(desk, keys), keys)
    for path in ("/", "/cluster/item-what-is-it-1", "/after"):
        page = browser.get(path)
        text, elements, attributes = read(page)
        assert {"b", "img"}.isdisjoint(elements)
        assert not [name for name in attributes if name.startswith("on")]
        assert not [href for href in attributes["href"] if href.startswith("javascript")]
        assert page.count("<script") == 2
        assert "\u202e" not in page
        assert "{{ 7*7 }}" in text or path == "/after"
    answer = browser.decide("item-what-is-it-1", choice="label-0", rule="So.")
    assert answer.status_code == 303, read(answer.text)[0][:1500]
    assert Path("minutes.md").read_text(encoding="utf-8").count("<!-- labelq: ") == 2
