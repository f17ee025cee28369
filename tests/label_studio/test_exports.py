import math

import pytest

from labelq.errors import SourceError
from labelq.labels.submissions import ANSWER, GOLD, NO_TIME, PREDICTION
from tests.label_studio.exporting import (
    CATEGORY,
    TEXT,
    TOPICS,
    annotation,
    answers,
    asides,
    choice,
    rating,
    task,
)


def test_a_list_of_tasks(export):
    s = export(
        [
            task(
                7,
                annotation(3, choice("c", "A"), lead_time=4.5, created_at="1970-01-02T00:00:00Z"),
                annotation(4, choice("c", "B"), created_at="1970-01-01T00:00:01.500000Z"),
                data={"text": "hello", "lang": "pl", "n": 3, "tags": ["a", {"b": 1}]},
            )
        ]
    )
    assert answers(s) == {("7", "3", "c"): "A", ("7", "4", "c"): "B"}
    assert [name for _, name, _ in s.raters.values()] == ["annotator 3", "annotator 4"]
    assert s.unit_text == ["hello"]
    assert s.unit_fields == [{"lang": "pl", "n": 3, "tags": '["a",{"b":1}]'}]
    assert list(s.a_submitted) == [86400, 1]
    assert s.a_seconds[0] == 4.5
    assert math.isnan(s.a_seconds[1])
    assert any("inferred" in note for note in s.notes)


@pytest.mark.parametrize(
    "shape",
    [
        lambda t: [t],
        lambda t: t,
        lambda t: {"tasks": [t]},
        lambda t: {"projects": [{"project": {"id": 1}, "tasks": [t]}]},
        lambda t: [{"project": {"id": 1}, "annotated_tasks": [t]}],
        lambda t: [{"id": t["id"], "completions": t["annotations"]}],
    ],
)
def test_every_shape_holds_the_same(export, shape):
    s = export(shape(task(7, annotation(1, choice("c", "A")))))
    assert answers(s) == {("7", "1", "c"): "A"}


def test_old_completions(export):
    old = {"created_at": 1563816045, "honeypot": False, "result": [choice("c", "A")]}
    skipped = {"created_at": 1563816046, "skipped": True, "result": [choice("c", "B")]}
    aggregated = {"result": [[choice("c", "B")]]}
    s = export([{"id": 1, "completions": [old, skipped, aggregated]}])
    assert list(s.a_submitted) == [1563816045, 1563816046, NO_TIME]
    assert list(s.a_skipped) == [0, 1, 0]
    assert list(s.a_rater) == [-1, -1, -1]
    assert len(s.value) == 2


def test_byte_order_mark_nan_and_half_surrogates_are_read(export):
    content = b'\xef\xbb\xbf[{"id": 1, "data": {"text": "\\ud83d", "x": NaN}, "annotations": []}]'
    s = export(content)
    assert s.unit_text == ["?"]
    assert s.unit_fields == [{"x": None}]


def test_one_person_under_number_object_and_address_is_one(export):
    ann = {"id": 3, "email": "Ann@example.org", "first_name": "Ann", "last_name": "Lee"}
    s = export(
        [
            task(1, annotation(3, choice("c", "A"))),
            task(2, annotation("ann@example.org", choice("c", "A"))),
            task(3, annotation(ann, choice("c", "A"))),
            task(4, annotation({"email": "bo@example.org"}, choice("c", "A"))),
            task(5, annotation(None, choice("c", "A")), annotation({}, choice("c", "B"))),
        ]
    )
    assert list(s.a_rater) == [0, 0, 0, 1, -1, -1]
    assert [(i, name) for i, (_, name, _) in s.raters.items()] == [
        ("ann@example.org", "Ann Lee"),
        ("bo@example.org", "bo@example.org"),
    ]


def test_an_address_that_spells_a_number_is_another_person(export):
    s = export([task(1, annotation(3), annotation({"id": 4, "email": "3"}))])
    assert sorted(s.raters) == ["3", "3'"]


@pytest.mark.parametrize(
    ("updated_by", "edited"),
    [
        (None, False),
        (1, False),
        (2, True),
        ({"id": 1}, False),
        ({"id": 2, "email": "x@example.org"}, True),
        ([{"user_id": 1}], False),
        ([{"user_id": 1}, {"user_id": 2}], True),
    ],
)
def test_edited_by_somebody_else(export, updated_by, edited):
    s = export([task(1, annotation(1, choice("c", "A"), updated_by=updated_by))])
    assert bool(s.a_edited[0]) is edited


def test_prelabeled(export):
    s = export(
        [
            task(
                1,
                annotation(1, choice("c", "A"), parent_prediction=5),
                annotation(2, choice("c", "A", origin="prediction-changed")),
                annotation(3, choice("c", "A", origin="manual"), parent_prediction=None),
            )
        ]
    )
    assert list(s.a_prelabeled) == [1, 1, 0]


def test_skips_drafts_and_empty_results(export):
    s = export(
        [
            task(
                1,
                annotation(1, choice("c", "A"), was_cancelled=True),
                annotation(2, choice("c", "A"), draft=True),
                annotation(3),
                {"completed_by": 4, "result": None},
                annotation(5, choice("c", "A")),
                annotation(6, choice("c")),
                drafts=[{"user": "x"}, {"annotation": 9}, 17],
            )
        ]
    )
    assert answers(s) == {("1", "5", "c"): "A"}
    assert list(s.a_skipped) == [1, 0, 0, 0, 0]
    assert asides(s) == {("draft", None): 3, ("empty", "c"): 3}


def test_gold(export):
    gold = annotation(9, choice("c", "A"), ground_truth=True)
    plain = [annotation(n, choice("c", "A")) for n in (1, 2)]
    assert list(export([task(1, gold, *plain)]).a_kind) == [GOLD, ANSWER, ANSWER]
    s = export([task(1, gold, gold, plain[0])])
    assert list(s.a_kind) == [ANSWER] * 3
    assert any("2 of 3 annotations are marked as ground truth" in note for note in s.notes)


def test_predictions(export):
    s = export(
        [
            task(
                1,
                annotation(1, choice("c", "A")),
                predictions=[{"model_version": "v1", "result": [choice("c", "B")]}, 12],
            )
        ]
    )
    assert list(s.a_kind) == [ANSWER, PREDICTION]
    assert answers(s)["1", "model:v1", "c"] == "B"
    assert s.raters["model:v1"][1:] == ("v1", "model")
    assert asides(s) == {("prediction", None): 1}


def test_inferred_choices_are_multiple_where_somebody_made_two(export):
    s = export(
        [
            task(1, annotation(1, choice("m", "A", "B")), annotation(2, choice("m", "B", "A"))),
            task(2, annotation(1, choice("m", "A")), annotation(2)),
        ]
    )
    assert s.questions[0].level == "set"
    assert set(s.values[0]) == {frozenset({"A", "B"}), frozenset({"A"}), frozenset()}
    assert answers(s)["1", "1", "m"] == answers(s)["1", "2", "m"]
    assert answers(s)["2", "2", "m"] == frozenset()


def test_results_of_one_multiple_choice_in_pieces_are_one_set(export):
    s = export([task(1, annotation(1, choice("m", "X"), choice("m", "Y")))], TEXT + TOPICS)
    assert answers(s) == {("1", "1", "m"): frozenset({"X", "Y"})}
    assert len(s.value) == 1


def test_config_questions_missing_answers_and_empty_sets(export):
    config = TEXT + CATEGORY + TOPICS + '<Rating name="r" toName="text"/>'
    s = export(
        [
            task(1, annotation(1, choice("c", "A"), rating("r", 4)), annotation(2)),
            task(2, annotation(1, was_cancelled=True)),
        ],
        config,
    )
    assert [q.name for q in s.questions] == ["c", "m", "r"]
    assert answers(s) == {
        ("1", "1", "c"): "A",
        ("1", "1", "r"): "4",
        ("1", "1", "m"): frozenset(),
        ("1", "2", "m"): frozenset(),
    }
    assert asides(s) == {("empty", "c"): 1, ("empty", "r"): 1}


def test_a_hidden_question_was_not_asked(export):
    config = (
        TEXT
        + '<Choices name="c" toName="text"><Choice value="Yes"/><Choice value="No" alias="n"/>'
        + '</Choices><View visibleWhen="choice-selected" whenTagName="c" whenChoiceValue="No">'
        + TOPICS
        + '<Choices name="why" toName="text" visibleWhen="choice-unselected" whenTagName="m"'
        + ' whenChoiceValue="X"><Choice value="spam"/></Choices></View>'
    )
    s = export(
        [
            task(
                1,
                annotation(1, choice("c", "Yes")),
                annotation(2, choice("c", "n")),
                annotation(3, choice("c", "n"), choice("m", "X")),
            )
        ],
        config,
    )
    assert answers(s)["1", "2", "m"] == frozenset()
    assert ("1", "1", "m") not in answers(s)
    # `why` was seen by rater 2 only, who left it empty
    assert asides(s) == {("not_asked", "m"): 1, ("not_asked", "why"): 2, ("empty", "why"): 1}


def test_without_a_tag_name_any_other_choice_shows_the_question(export):
    config = (
        TEXT
        + CATEGORY
        + (
            '<Rating name="r" toName="text" visibleWhen="choice-selected"/>'
            '<Number name="n" toName="text" visibleWhen="region-selected"/>'
        )
    )
    s = export([task(1, annotation(1, choice("c", "A")), annotation(2))], config)
    assert asides(s) == {
        ("empty", "r"): 1,
        ("not_asked", "r"): 1,
        ("not_asked", "n"): 2,
        ("empty", "c"): 1,
    }


def test_copies_of_a_repeater_are_questions_of_their_own(export):
    config = (
        '<Repeater on="$turns" indexFlag="{{idx}}"><Text name="t_{{idx}}"'
        ' value="$turns[{{idx}}].text"/><Choices name="m_{{idx}}" toName="t_{{idx}}"'
        ' choice="multiple"><Choice value="A"/></Choices></Repeater>'
    )
    s = export(
        [
            task(1, annotation(1, choice("m_0", "A")), annotation(2)),
            task(2, annotation(1, choice("m_1", "A"))),
        ],
        config,
    )
    assert [(q.name, q.labels) for q in s.questions] == [("m_0", ("A",)), ("m_1", ("A",))]
    assert answers(s) == {
        ("1", "1", "m_0"): frozenset({"A"}),
        ("1", "2", "m_0"): frozenset(),
        ("2", "1", "m_1"): frozenset({"A"}),
    }


def test_what_is_not_measured_is_counted_by_tag_and_control(export):
    span = {"from_name": "ner", "type": "labels", "value": {"start": 0, "end": 5, "labels": ["P"]}}
    about = choice("conf", "high")
    about["value"] |= {"start": 0, "end": 5, "text": "Alice"}
    item = choice("item", "A", item_index=0)
    relation = {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"}
    nameless = {"value": {"text": "x", "labels": ["P"]}}
    s = export([task(1, annotation(1, span, span, about, item, relation, nameless))])
    assert dict(s.aside) == {
        ("tag_not_measured", None, "labels ner"): 2,
        ("region_not_measured", None, "Choices conf, per region"): 1,
        ("region_not_measured", None, "Choices item, per item"): 1,
        ("tag_not_measured", None, "relation"): 1,
        ("tag_not_measured", None, "a result without a type"): 1,
        ("empty", "conf", ""): 1,
        ("empty", "item", ""): 1,
    }


def test_results_that_the_config_does_not_know(export):
    text = {"from_name": "c", "type": "textarea", "value": {"text": ["x"]}}
    s = export([task(1, annotation(1, choice("old", "A"), text))], TEXT + CATEGORY)
    assert ("tag_not_measured", None, "Choices old, not in the label config") in s.aside
    assert ("tag_not_measured", None, "textarea c, a Choices in the label config") in s.aside


def test_types_are_inferred_where_results_do_not_say_them(export):
    results = [
        {"from_name": "r", "value": {"rating": 2}},
        {"from_name": "p", "value": {"selected": "left"}},
    ]
    s = export([task(1, annotation(1, *results))])
    assert [(q.name, q.level, q.tag) for q in s.questions] == [
        ("r", "ordinal", "Rating"),
        ("p", "nominal", "Pairwise"),
    ]


def test_values_outside_the_config_are_kept_for_the_policy(export):
    s = export([task(1, annotation(1, choice("c", "Gone")))], TEXT + CATEGORY)
    assert answers(s) == {("1", "1", "c"): "Gone"}


def test_a_value_that_is_no_number_is_set_aside(export):
    s = export([task(1, annotation(1, rating("r", 3)), annotation(2, rating("r", "abc")))])
    assert answers(s) == {("1", "1", "r"): "3"}
    assert s.aside["not_a_number", "r", "'abc' is no number"] == 1


def test_text_where_a_question_is_numeric_is_refused(export):
    with pytest.raises(SourceError, match=r"round\.json: task 8: field r\.rating: 'abc' is no num"):
        export([task(7), task(8, annotation(1, rating("r", "abc")))])


def test_two_choices_where_one_is_asked(export):
    tasks = [task(1, annotation(1, choice("c", "A", "B")), annotation(2, choice("c", "A")))]
    s = export(tasks, TEXT + CATEGORY)
    assert asides(s)["bad_record", "c"] == 1


def test_the_text_comes_from_the_config_an_option_or_a_guess(export):
    data = {"body": "the longest text of all", "title": "short", "n": 1}
    tasks = [task(n, annotation(1, choice("c", "A")), data=data) for n in (1, 2)]
    s = export(tasks)
    assert s.unit_text == ["the longest text of all"] * 2
    assert s.unit_fields[0] == {"title": "short", "n": 1}
    assert any("body" in note for note in s.notes)
    assert export(tasks, text_field="title").unit_text[0] == "short"
    assert export(tasks, '<Text name="text" value="$title"/>' + CATEGORY).unit_text[0] == "short"
    with pytest.raises(SourceError, match=r"--text-field \(fields: body, n, title\)"):
        export(tasks, text_field="txet")


def test_a_config_beside_the_export_is_used_and_noted(export, tmp_path):
    (tmp_path / "label_config.xml").write_text(f"<View>{TEXT}{CATEGORY}</View>")
    s = export([task(1, annotation(1, choice("c", "A")))])
    assert s.questions[0].labels == ("A", "B")
    assert any("label_config.xml" in note for note in s.notes)


def test_the_same_task_twice_is_one_unit_and_another_is_another(export):
    one = task(1, annotation(1, choice("c", "A")))
    other = task(1, annotation(1, choice("c", "A")), data={"text": "other"})
    s = export([one, one, other, {"annotations": []}])
    assert s.unit_ids == ["1", "1#2", "#3"]
    assert s.a_unit.tolist() == [0, 0, 1]


def test_json_min(export):
    rows = [
        {
            "id": 1,
            "text": "hello",
            "c": "A",
            "m": {"choices": ["X", "Y"]},
            "ner": [{"start": 0, "end": 1, "labels": ["P"]}],
            "annotator": who,
            "annotation_id": who,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "lead_time": 2.5,
        }
        for who in (1, 2)
    ]
    ner = '<Labels name="ner" toName="text"><Label value="P"/></Labels>'
    s = export(rows, TEXT + CATEGORY + TOPICS + ner)
    assert s.unit_ids == ["1"]
    assert answers(s)["1", "2", "m"] == frozenset({"X", "Y"})
    assert answers(s)["1", "1", "c"] == "A"
    assert s.a_seconds.tolist() == [2.5, 2.5]
    assert asides(s) == {("tag_not_measured", None): 2}
    with pytest.raises(SourceError, match=r"task 1: this is a JSON_MIN export.*--label-config"):
        export(rows)
