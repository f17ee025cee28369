import pytest

from labelq.errors import SourceError
from labelq.label_studio.config import Condition, parse_label_config, read_label_config
from labelq.label_studio.texts import guessed_text_field, shown_text


def config(body, where="config.xml"):
    return parse_label_config(f"<View>{body}</View>", where=where)


TEXT = '<Text name="text" value="$text"/>'


def questions(body):
    return [(q.name, q.level, q.labels) for q in asked(body)]


def asked(body):
    return [c.question(c.name) for c in config(body).controls if c.line]


def test_labels_are_what_results_carry():
    body = TEXT + (
        '<Choices name="c" toName="text"><Choice value="A" alias="a"/><Choice value="B"/></Choices>'
    )
    assert questions(body) == [("c", "nominal", ("a", "B"))]
    (question,) = asked(body)
    assert (question.labels_source, question.tag) == ("config", "Choices")


def test_levels_and_universes_by_tag():
    body = TEXT + (
        '<Choices name="m" toName="text" choice="multiple"><Choice value="A"/></Choices>'
        '<Rating name="r" toName="text"/><Rating name="r3" toName="text" maxRating="3"/>'
        '<Number name="n" toName="text"/><DateTime name="d" toName="text"/>'
        '<Choices name="dyn" toName="text" value="$opts"/>'
        '<Taxonomy name="tax" toName="text"><Choice value="Animal">'
        '<Choice value="Cat" alias="cat"/></Choice><Choice value="Plant"/></Taxonomy>'
        '<Taxonomy name="leaf" toName="text" leafsOnly="true"><Choice value="X">'
        '<Choice value="Y"/></Choice></Taxonomy><TextArea name="ta" toName="text"/>'
    )
    assert questions(body) == [
        ("m", "set", ("A",)),
        ("r", "ordinal", ("1", "2", "3", "4", "5")),
        ("r3", "ordinal", ("1", "2", "3")),
        ("n", "interval", ()),
        ("d", "interval", ()),
        ("dyn", "nominal", ()),
        ("tax", "set", (("Animal",), ("Animal", "cat"), ("Plant",))),
        ("leaf", "set", (("X", "Y"),)),
    ]
    assert asked(body)[5].labels_source == "observed"


def test_pairwise():
    body = '<Pairwise name="p" toName="a,b"/><Text name="a" value="$a"/><Text name="b" value="$b"/>'
    assert questions(body) == [("p", "nominal", ("left", "right"))]
    assert shown_text(config(body).texts, {"a": "one", "b": "two"}) == "one\ntwo"


def test_questions_about_regions_and_items_are_told_apart():
    body = TEXT + (
        '<Choices name="conf" toName="text" perRegion="true"><Choice value="high"/></Choices>'
        '<Choices name="i" toName="text" perItem="true"><Choice value="A"/></Choices>'
    )
    assert [control.per for control in config(body).controls] == ["region", "item"]


def test_copies_of_a_repeater_are_found_by_pattern():
    body = (
        '<Repeater on="$turns" indexFlag="{{idx}}">'
        '<Text name="t_{{idx}}" value="$turns[{{idx}}].text"/>'
        '<Choices name="act.{{idx}}" toName="t_{{idx}}"><Choice value="A"/></Choices></Repeater>'
    )
    found = config(body)
    assert found.control("act.12").name == "act.{{idx}}"
    assert found.control("actX1") is None
    assert found.control("act.x") is None
    turns = {"turns": [{"text": "hi"}, {"other": 1}, {"text": "there"}]}
    assert shown_text(found.texts, turns) == "hi\nthere"


def test_visible_when_is_inherited_from_views():
    body = TEXT + (
        '<Choices name="c" toName="text"><Choice value="No"/></Choices>'
        '<View visibleWhen="choice-selected" whenTagName="c" whenChoiceValue="No, Maybe">'
        '<View visibleWhen="choice-unselected" whenTagName="d">'
        '<Rating name="r" toName="text" visibleWhen="choice-selected"/></View></View>'
    )
    rating = config(body).control("r")
    assert rating.conditions == (
        Condition("choice-selected", "c", frozenset({"No", "Maybe"})),
        Condition("choice-unselected", "d"),
        Condition("choice-selected"),
    )


@pytest.mark.parametrize(
    ("body", "data", "text"),
    [
        (
            '<HyperText name="h" value="$h"/>',
            {"h": "<p>a<b>b</b> &lt;c&gt;</p>\n<p>d</p>"},
            "ab <c>\nd",
        ),
        ('<HyperText name="h" value="$h"/>', {"h": "<script>x()</script>seen"}, "seen"),
        (
            '<Paragraphs name="p" value="$p" textKey="says"/>',
            {"p": [{"says": "one", "who": "A"}, {"says": "two"}]},
            "one\ntwo",
        ),
        ('<Text name="t" value="$a.b"/>', {"a": {"b": "deep"}}, "deep"),
        ('<Text name="t" value="$a.b"/>', {"a.b": "flat"}, "flat"),
        ('<Text name="t" value="Title: $t, by $who"/>', {"t": "T", "who": "W"}, "T\nW"),
        ('<Text name="t" value="$url" valueType="url"/>', {"url": "https://x"}, None),
        ('<Text name="t" value="$t"/>', {}, None),
        ('<Text name="t" value="$t"/>', {"t": 12}, "12"),
    ],
)
def test_the_text_that_was_shown(body, data, text):
    choices = '<Choices name="c" toName="t"><Choice value="A"/></Choices>'
    assert shown_text(config(body + choices).texts, data) == text


def test_the_text_field_is_guessed_from_what_is_longest():
    units = [{"id": "x", "url": "https://example.org/very/long/address", "body": "some words"}] * 3
    assert guessed_text_field(units, set()) == "body"
    assert guessed_text_field([{"text": "a", "body": "much longer"}], set()) == "text"
    assert guessed_text_field([{"n": 1}], set()) is None
    assert guessed_text_field([{"l": '["a"]'}], {"l"}) is None


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("", "not a label config"),
        ("<View>", "not a label config"),
        ("{}", "not a label config"),
        ("<View/>", "no control tag"),
        ('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><View>&c;</View>', "entities"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><View/>', "entities"),
        ("<V>" * 50_000 + "</V>" * 50_000, "not a label config"),
    ],
)
def test_broken_and_hostile_xml_ends_in_one_line(xml, message):
    with pytest.raises(SourceError, match=message) as caught:
        parse_label_config(xml, where="config.xml")
    assert str(caught.value).startswith("config.xml: ")
    assert "\n" not in str(caught.value)


def test_a_config_that_does_not_validate_is_used_and_noted():
    (note,) = config('<Choices name="c" toName="nowhere"><Choice value="A"/></Choices>').notes
    assert "does not validate" in note


def test_files_in_other_encodings_are_read(tmp_path):
    path = tmp_path / "config.xml"
    xml = (
        '<?xml version="1.0" encoding="utf-16"?><View><Text name="t" value="$t"/>'
        '<Choices name="c" toName="t"><Choice value="żółw"/></Choices></View>'
    )
    path.write_bytes(xml.encode("utf-16"))
    assert read_label_config(path).controls[0].labels == ("żółw",)
    with pytest.raises(SourceError, match="cannot be read"):
        read_label_config(tmp_path / "absent.xml")
