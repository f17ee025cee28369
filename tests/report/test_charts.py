from dataclasses import replace

from defusedxml.ElementTree import fromstring

from labelq.labels.model import Rater
from labelq.pinpoint.camps import MOST_ORDERED, RaterCamp, rater_order
from labelq.report.charts import coefficient_bar, confusion, pair_matrix
from labelq.report.names import Names
from labelq.report.text import plain

SHAPES = {"svg", "title", "g", "path", "text", "rect"}


def charts(audit):
    names = Names(audit.round.raters)
    rows = [a for a in audit.agreements if a.question == "category"]
    pairs = [p for p in audit.label_pairs if p.question == "category"]
    matrix = pair_matrix(rater_order(rows), names)
    return [*map(coefficient_bar, audit.verdicts), matrix, confusion(pairs)]


def test_charts_are_well_formed_titled_and_hold_nothing_but_shapes(audit):
    for chart in charts(audit):
        root = fromstring(chart.svg)
        assert {element.tag for element in root.iter()} <= SHAPES
        assert root.get("role") == "img"
        assert root.get("aria-label") == root[0].text
        assert root[0].text.startswith(plain(chart.title))
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
    assert pair_matrix(rater_order(audit.agreements[:2]), names) is None


def people(n):
    return Names([Rater(f"r{i}", f"Person {i}", f"L{i}") for i in range(n)])


def test_annotators_whose_pairs_are_unknown_keep_their_table(audit):
    row = next(a for a in audit.agreements if a.raters is not None)
    rows = [replace(row, raters=(f"r{i}", f"r{i + 1}")) for i in range(29)]
    rows.append(replace(rows[0], value=None, reason="no_overlap"))
    chart = pair_matrix(rater_order(rows), people(30))
    assert chart.svg == ""
    assert len(chart.rows) == 30
    assert plain(chart.rows[-1][1]) == "no task was labeled by two or more people"


def test_a_crowd_of_annotators_lists_the_pairs_that_share_most(audit):
    row = next(a for a in audit.agreements if a.raters is not None and a.label is None)
    crowd = [replace(row, raters=(f"r{i}", "r0"), n_units=i) for i in range(1, 1001)]
    chart = pair_matrix(rater_order(crowd), people(1001))
    assert len(chart.rows) == 300
    assert chart.rows[0][-1] == "1,000"
    assert "300 of 1,000" in chart.title
    assert chart.svg == ""


def every_pair(audit, n):
    row = next(a for a in audit.agreements if a.raters is not None and a.label is None)
    return [
        replace(row, raters=(f"r{i}", f"r{j}"), value=0.5, n_units=2 * n - i - j)
        for i in range(n)
        for j in range(i)
    ]


def test_more_annotators_than_fit_are_shades_without_numbers(audit):
    chart = pair_matrix(rater_order(every_pair(audit, 30)), people(30))
    texts = [element.text for element in fromstring(chart.svg).iter("text")]
    assert len(texts) == 2 * 29  # the names only
    many = pair_matrix(rater_order(every_pair(audit, MOST_ORDERED + 3)), people(MOST_ORDERED + 3))
    assert f"the {MOST_ORDERED} annotators who share most tasks" in many.title
    assert len(list(fromstring(many.svg).iter("text"))) == 2 * (MOST_ORDERED - 1)


def test_camps_stand_together_and_are_outlined(audit):
    order = replace(
        rater_order(every_pair(audit, 4)),
        order=("r0", "r3", "r1", "r2"),
        camps=(RaterCamp(("r0", "r3"), 0.9, 0.3), RaterCamp(("r1", "r2"), 0.8, 0.3)),
    )
    plain_chart = pair_matrix(replace(order, camps=()), people(4))
    chart = pair_matrix(order, people(4))
    texts = [element.text for element in fromstring(chart.svg).iter("text")]
    assert [text for text in texts if text.startswith("L")] == ["L0", "L3", "L1", "L3", "L1", "L2"]
    paths = [len(list(fromstring(one.svg).iter("path"))) for one in (plain_chart, chart)]
    assert paths[1] - paths[0] == 2
    assert "Most alike are L1 and L0 (.50)" in plain(fromstring(chart.svg).get("aria-label"))


def test_labels_stand_in_the_order_that_people_know(audit):
    pairs = [
        replace(audit.label_pairs[0], labels=(a, b))
        for a, b in (("10", "2"), ("2", "1"), ("10", "1"))
    ]
    texts = [e.text for e in fromstring(confusion(pairs, ["1", "2", "10"]).svg).iter("text")]
    assert [text for text in texts if text.isdigit()] == ["1", "2", "2", "10"]
