import pytest

from labelq.label_studio import control_tags
from labelq.label_studio.answers import (
    multiple_choice,
    number,
    paths,
    seconds,
    side,
    single_choice,
    stars,
)
from labelq.label_studio.control_tags import CONTROL_TAGS, of_result, of_tag
from labelq.label_studio.records import Answer
from labelq.labels.model import LEVELS


@pytest.mark.parametrize("line", CONTROL_TAGS, ids=lambda line: f"{line.tag}-{line.level}")
def test_every_line_of_the_registry_resolves_and_is_decoded(line):
    assert callable(line.reader())
    assert line.level in LEVELS
    assert line.value_key in Answer.__struct_fields__
    assert of_tag(line.tag, multiple=line.multiple) is line
    assert of_result(line.result_type, multiple=line.multiple) is line


def test_the_registry_holds_no_tag_twice():
    keys = [(line.tag, line.multiple) for line in CONTROL_TAGS]
    assert len(set(keys)) == len(keys)
    assert control_tags.of_tag("RectangleLabels") is None


@pytest.mark.parametrize(
    ("reader", "answer", "value"),
    [
        (single_choice, ("a",), "a"),
        (single_choice, "a", "a"),
        (single_choice, (7,), "7"),
        (single_choice, (("A", "A1"),), "A / A1"),
        (single_choice, (), None),
        (multiple_choice, ("A", "C"), frozenset({"A", "C"})),
        (multiple_choice, (), frozenset()),
        (paths, (("Animal", "Cat"), ("Plant",)), frozenset({("Animal", "Cat"), ("Plant",)})),
        (paths, (), frozenset()),
        (stars, 7, "7"),
        (stars, "4", "4"),
        (stars, None, None),
        (number, 42.5, 42.5),
        (number, "", None),
        (side, "right", "right"),
        (side, None, None),
        (seconds, "2024-03-04", 1709510400.0),
        (seconds, "1991-05-22T09:17", 674903820.0),
        (seconds, "1969-12-31T23:59:59+00:00", -1.0),
        (seconds, "1970", 0.0),
        (seconds, None, None),
    ],
)
def test_readers(reader, answer, value):
    assert reader(answer, {}) == value


def test_a_date_is_read_in_the_format_of_its_tag():
    assert seconds("04.03.2024 10:30", {"format": "%d.%m.%Y %H:%M"}) == 1709548200.0


@pytest.mark.parametrize(
    ("reader", "answer"),
    [
        (single_choice, ("a", "b")),
        (paths, "Animal"),
        (stars, "abc"),
        (number, "NaN"),
        (number, "1e999"),
        (number, ("1", "2")),
        (side, ("left",)),
        (seconds, "yesterday"),
    ],
)
def test_readers_refuse_what_has_not_their_shape(reader, answer):
    with pytest.raises(ValueError, match=r"^(no |several )"):
        reader(answer, {})
