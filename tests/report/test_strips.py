import math

from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from labelq.report.strips import Axis, axis, bar, change, differences, dot, steps, ticks

NUMBERS = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(-1, 1)


def shapes(strip):
    root = fromstring(strip.svg)
    assert root.tag == "svg"
    assert root.get("aria-hidden") == "true"
    return {element.get("class"): element.attrib for element in root}


def test_a_value_lies_where_the_axis_has_it_with_its_interval_through_it():
    found = shapes(dot(Axis(0, 1, (0.8,)), 0.25, 0.1, 0.5))
    assert found["dot"]["cx"] == "25.0%"
    assert (found["span"]["x1"], found["span"]["x2"]) == ("10.0%", "50.0%")
    assert found["mark"]["x1"] == "80.0%"


def test_nothing_is_drawn_that_is_not_known():
    assert set(shapes(dot(Axis(), None, None, None))) == {"axis"}
    assert set(shapes(dot(Axis(), 0.5, None, 0.7))) == {"axis", "dot"}
    assert set(shapes(change(Axis(), 0.5, None))) == {"axis", "ring"}
    assert shapes(bar(None))["bar"]["width"] == "0.0%"


def test_before_is_a_ring_after_a_dot():
    found = shapes(change(Axis(), 0.4, 0.6, 0.5, 0.7))
    assert (found["ring"]["cx"], found["dot"]["cx"]) == ("40.0%", "60.0%")
    assert (found["span"]["x1"], found["span"]["x2"]) == ("50.0%", "70.0%")
    assert (found["way"]["x1"], found["way"]["x2"]) == ("40.0%", "60.0%")


def test_what_lies_outside_stays_at_the_end():
    assert shapes(dot(Axis(), 7.0, -3.0, 9.0))["dot"]["cx"] == "100.0%"
    assert shapes(bar(1.4))["bar"]["width"] == "100.0%"
    assert shapes(bar(0.1, most=0.4))["bar"]["width"] == "25.0%"


def test_an_axis_reaches_below_zero_where_a_value_does():
    assert axis([0.3, None, math.nan]).low == 0
    assert axis([-0.13]).low == -0.2
    assert axis([0.5], (0.667, 1.2)).marks == (0.667,)
    assert differences([0.02, -0.01]) == Axis(-0.05, 0.05, (0.0,))


def test_the_head_of_a_column_names_the_axis():
    texts = [element.text for element in fromstring(ticks(axis([-0.2], (0.667, 0.8))).svg)]
    assert texts == ["−.2", ".667", ".8", "1"]


def test_a_fall_goes_down_where_it_happened():
    found = shapes(steps(0.9, 0.6, 0.25))
    assert found["turn"]["x1"] == "25.0%"
    assert float(found["way"]["y1"]) < float(found["span"]["y1"])
    risen = shapes(steps(0.6, 0.9, 0.25))
    assert float(risen["way"]["y1"]) > float(risen["span"]["y1"])
    level = shapes(steps(0.6, 0.6, 2.0))
    assert level["way"]["y1"] == level["span"]["y1"]


@given(st.lists(NUMBERS, max_size=5), st.floats(-1, 1), NUMBERS)
def test_every_length_is_a_share_of_the_width(values, value, end):
    lower = None if end is None or not math.isfinite(end) else end
    for on in (axis(values), differences(values)):
        if not math.isfinite(on.low):
            continue
        for strip in (dot(on, value, lower, value), change(on, lower, value, lower, value)):
            for element in fromstring(strip.svg):
                for name in ("x1", "x2", "cx"):
                    if name in element.attrib:
                        assert 0 <= float(element.get(name).removesuffix("%")) <= 100
