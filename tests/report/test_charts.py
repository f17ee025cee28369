from dataclasses import replace

from defusedxml.ElementTree import fromstring

from labelq.labels.model import Rater
from labelq.report.charts import coefficient_bar, confusion, pair_matrix
from labelq.report.names import Names
from labelq.report.text import plain

SHAPES = {"svg", "title", "g", "path", "text", "rect"}


def charts(audit):
    names = Names(audit.round.raters)
    rows = [a for a in audit.agreements if a.question == "category"]
    pairs = [p for p in audit.label_pairs if p.question == "category"]
    return [*map(coefficient_bar, audit.verdicts), pair_matrix(rows, names), confusion(pairs)]


def test_charts_are_well_formed_titled_and_hold_nothing_but_shapes(audit):
    for chart in charts(audit):
        root = fromstring(chart.svg)
        assert {element.tag for element in root.iter()} <= SHAPES
        assert root.get("role") == "img"
        assert root.get("aria-label") == root[0].text == plain(chart.title)
        assert chart.rows
        assert all(len(row) == len(chart.header) for row in chart.rows)
        for element in root.iter():
            assert set(element.attrib) & {"id", "href", "onload", "clip-path"} == set()
            assert "#" not in element.get("style", "")  # colours are the page's variables


def test_charts_are_deterministic(audit):
    assert [c.svg for c in charts(audit)] == [c.svg for c in charts(audit)]


def test_hostile_labels_are_text_in_bars_and_in_the_matrix(audit):
    pairs = [p for p in audit.label_pairs if p.question == "category"]
    third = replace(pairs[0], labels=("<b>Other</b> | $x$ \u202e", "عربي"))
    square = [third, *(replace(third, labels=(name, "Refund")) for name in third.labels)]
    for chosen in (pairs, square):
        svg = confusion(chosen).svg
        texts = [element.text for element in fromstring(svg).iter("text")]
        assert any("عربي" in shown for shown in texts)
        assert any("<b>Other</b>" in shown for shown in texts)
        assert "<b>" not in svg
    assert "عربي" in texts  # a label of its own in the matrix


def test_a_missing_value_and_a_negative_one(audit):
    nothing = replace(audit.verdicts[0].headline, value=None, lower=None, upper=None)
    chart = coefficient_bar(replace(audit.verdicts[0], headline=nothing))
    assert "–, without an interval;" in plain(chart.title)
    below = replace(nothing, value=-0.4, lower=-0.8, upper=0.1)
    assert "−.40" in coefficient_bar(replace(audit.verdicts[0], headline=below)).title
    assert "before" not in chart.title
    earlier = replace(nothing, value=0.41)
    shown = coefficient_bar(replace(audit.verdicts[0], headline=below), earlier)
    assert shown.title.endswith("; before .41")
    assert ("before", ".41") in shown.rows
    slightly = replace(nothing, value=-0.016)
    drawn = fromstring(coefficient_bar(replace(audit.verdicts[0], headline=slightly)).svg)
    assert [t.text for t in drawn.iter("text") if t.text[0] in "−.01"][:2] == ["−.2", "0"]


def test_without_pairs_there_is_no_picture(audit):
    names = Names(audit.round.raters)
    assert confusion([]) is None
    assert pair_matrix(audit.agreements[:2], names) is None


def test_many_annotators_keep_their_table(audit):
    raters = [replace(audit.round.raters[0], id=f"r{i}", letter=f"L{i}") for i in range(30)]
    row = next(a for a in audit.agreements if a.raters is not None)
    rows = [replace(row, raters=(f"r{i}", f"r{i + 1}")) for i in range(29)]
    chart = pair_matrix([*rows, replace(rows[0], value=None, reason="no_overlap")], Names(raters))
    assert chart.svg == ""
    assert len(chart.rows) == 30
    assert plain(chart.rows[-1][1]) == "no task was labeled by two or more people"


def test_a_crowd_of_annotators_lists_the_pairs_that_share_most(audit):
    row = next(a for a in audit.agreements if a.raters is not None and a.label is None)
    crowd = [replace(row, raters=(f"r{i}", "r0"), n_units=i) for i in range(1, 1001)]
    people = [Rater(f"r{i}", f"Person {i}", f"L{i}") for i in range(1001)]
    chart = pair_matrix(crowd, Names(people))
    assert len(chart.rows) == 300
    assert chart.rows[0][-1] == "1,000"
    assert "300 of 1,000" in chart.title
    assert chart.svg == ""
