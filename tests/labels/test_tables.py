import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.errors import SourceError
from labelq.labels.building import build_round
from labelq.labels.model import Question
from labelq.labels.submissions import ANSWER, GOLD, NO_TIME, Submissions
from labelq.labels.tables import COLUMNS, frame_to_submissions, round_to_frame


def table(text):
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def answers(s):
    raters = [*s.raters, None]
    values = [list(codes) for codes in s.values]
    return [
        (s.unit_ids[s.a_unit[a]], raters[s.a_rater[a]], s.questions[q].name, values[q][v])
        for a, q, v in zip(s.annotation, s.question, s.value, strict=True)
    ]


def test_the_smallest_table():
    s = frame_to_submissions(table("unit,rater,value\nu1,ann,yes\nu1,bo,NA\nu2,ann,none\n"))
    assert answers(s) == [
        ("u1", "ann", "value", "yes"),
        ("u1", "bo", "value", "NA"),
        ("u2", "ann", "value", "none"),
    ]
    assert s.questions == [Question("value", "nominal", "default for tables")]
    assert s.unit_text == [None, None]
    assert s.a_submitted.tolist() == [NO_TIME] * 3
    assert s.unit_fields == [{}, {}]


def test_every_column():
    s = frame_to_submissions(
        table(
            "unit,question,rater,value,text,gold,seconds,created_at,edited,prelabeled,lang,field:unit\n"
            "u1,q1,ann,a,,a,1.5,1970-01-02,true,,pl,x\n"
            "u1,q2,ann,3,hello,,1.5,1970-01-02,true,,pl,x\n"
            "u1,q1,bo,b,hello,a,,,,1,pl,x\n"
        )
    )
    assert s.unit_text == ["hello"]
    assert s.unit_fields == [{"lang": "pl", "unit": "x"}]
    assert s.a_kind.tolist() == [ANSWER, ANSWER, GOLD]
    assert s.a_seconds[0] == 1.5
    assert s.a_submitted.tolist()[:2] == [86400, NO_TIME]
    assert s.a_edited.tolist() == [1, 0, 0]
    assert s.a_prelabeled.tolist() == [0, 1, 0]
    assert answers(s) == [
        ("u1", "ann", "q1", "a"),
        ("u1", "ann", "q2", "3"),
        ("u1", "bo", "q1", "b"),
        ("u1", None, "q1", "a"),
    ]


def test_other_names_of_columns():
    frame = table("item_id,worker,label,unit\n1,ann,yes,kg\n")
    columns = {"unit": "item_id", "rater": "worker", "value": "label"}
    s = frame_to_submissions(frame, columns=columns)
    assert answers(s) == [("1", "ann", "value", "yes")]
    assert s.unit_fields == [{"unit": "kg"}]


def test_missing_columns_are_named_with_the_option_that_helps():
    with pytest.raises(SourceError) as caught:
        frame_to_submissions(table("item_id,worker,label\n1,ann,yes\n"))
    assert "it has item_id, worker, label" in str(caught.value)
    assert "--columns unit=item_id,rater=worker,value=label" in str(caught.value)
    with pytest.raises(SourceError, match="has no column 'nope'"):
        frame_to_submissions(table("unit,rater,value\n1,a,b\n"), columns={"unit": "nope"})
    with pytest.raises(SourceError, match="there is no 'weight' to map"):
        frame_to_submissions(table("unit,rater,value\n1,a,b\n"), columns={"weight": "value"})


def test_the_same_rater_again_is_a_later_annotation():
    text = "unit,question,rater,value\nu,q,ann,1\nu,q,ann,2\nu,p,ann,3\nu,p,ann,4\n"
    s = frame_to_submissions(table(text))
    assert len(s.a_unit) == 2
    assert list(s.annotation) == [0, 1, 0, 1]
    round_ = build_round(s, name="r")
    ratings = round_.ratings["q"]
    assert [ratings.values[v] for v in ratings.value] == ["2"]


def test_empty_cells():
    text = "unit,rater,value,gold\nu,ann,,x\nu,,yes,\nv,,,y\nw,bo,no,\n"
    s = frame_to_submissions(table(text))
    assert s.a_rater.tolist() == [0, -1, 1, -1, -1]
    assert s.a_kind.tolist() == [ANSWER, ANSWER, ANSWER, GOLD, GOLD]
    assert dict(s.aside) == {("empty", "value", ""): 1}
    with pytest.raises(SourceError, match="row 2, column unit: is empty"):
        frame_to_submissions(table("unit,rater,value\nu,a,1\n,b,1\n"))


def test_contradicting_gold_stays_visible():
    text = "unit,rater,value,gold\nu,ann,a,a\nu,bo,b,a\nu,cy,a,b\n"
    s = frame_to_submissions(table(text))
    assert [x[3] for x in answers(s) if x[1] is None] == ["a", "b"]


def test_sets_and_paths_are_json_lists():
    text = 'unit;rater;value\nu;ann;["b", "a"]\nu;bo;["a", "b"]\nv;bo;[]\n'
    s = frame_to_submissions(pd.read_csv(io.StringIO(text), sep=";", dtype=str))
    assert s.questions[0].level == "set"
    assert [x[3] for x in answers(s)] == [frozenset("ab"), frozenset("ab"), frozenset()]
    text = 'unit;rater;value\nu;ann;[["A", "B"]]\nu;bo;["C", 5]\n'
    s = frame_to_submissions(pd.read_csv(io.StringIO(text), sep=";", dtype=str))
    assert [x[3] for x in answers(s)] == [frozenset({("A", "B")}), frozenset({("C",), ("5",)})]


def test_numbers_are_labels_unless_a_level_says_otherwise():
    frame = table("unit,rater,value\nu,ann,3\nu,bo,4.0\n")
    s = frame_to_submissions(frame)
    assert [x[3] for x in answers(s)] == ["3", "4.0"]
    assert any("--level value=ordinal" in note for note in s.notes)
    for levels in ({"value": "interval"}, {"": "ratio"}):
        s = frame_to_submissions(frame, levels=levels)
        assert [x[3] for x in answers(s)] == [3.0, 4.0]
        assert s.questions[0].level_source == "--level"
        assert s.notes == []


@pytest.mark.parametrize(
    ("text", "levels", "message"),
    [
        (
            "unit,rater,value\nu,a,3\nu,b,low\n",
            {"": "interval"},
            "row 2, column value: 'low' is not a num",
        ),
        (
            "unit,rater,value\nu,a,x\n",
            {"value": "set"},
            "row 1, column value: 'x' is not a JSON list",
        ),
        ("unit,rater,value,gold\nu,a,3,low\n", {"": "interval"}, "column gold: 'low' is not a num"),
        (
            "unit,rater,value,seconds\nu,a,3,long\n",
            {},
            "row 1, column seconds: 'long' is not a num",
        ),
        (
            "unit,rater,value,created_at\nu,a,3,\nu,b,3,soon\n",
            {},
            "row 2, column created_at: 'soon'",
        ),
        ("unit,rater,value,edited\nu,a,3,maybe\n", {}, "row 1, column edited: 'maybe' is neither"),
    ],
)
def test_cells_that_do_not_hold_what_they_must(text, levels, message):
    with pytest.raises(SourceError, match=message):
        frame_to_submissions(table(text), levels=levels)


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("2026-03-04T05:06:07Z", 1772600767),
        ("2026-03-04T05:06:07.9+00:00", 1772600767),
        ("2026-03-04 05:06:07.0 UTC", 1772600767),
        ("1772600767", 1772600767),
        ("1772600767000", 1772600767),
        ("", NO_TIME),
    ],
)
def test_dates(cell, seconds):
    s = frame_to_submissions(table(f"unit,rater,value,created_at\nu,a,b,{cell}\n"))
    assert s.a_submitted.tolist() == [seconds]


def test_frames_with_native_types():
    frame = pd.DataFrame(
        {
            "unit": [1, 1, 2],
            "rater": ["a", "b", None],
            "value": [["y", "x"], ["x"], []],
            "seconds": [1.5, None, np.float32(2)],
            "meta": [{"k": 1}, {"k": 1}, float("nan")],
            "flag": [True, True, False],
            "when": pd.to_datetime(["2026-01-01"] * 3),
        }
    )
    s = frame_to_submissions(frame)
    assert s.unit_ids == ["1", "2"]
    assert answers(s)[0] == ("1", "a", "value", frozenset("xy"))
    assert s.unit_fields == [
        {"meta": '{"k":1}', "flag": True, "when": "2026-01-01T00:00:00"},
        {"meta": None, "flag": False, "when": "2026-01-01T00:00:00"},
    ]


def test_every_kind_of_nothing_is_nothing():
    frame = pd.DataFrame(
        {"unit": ["u"] * 5, "rater": list("abcde"), "value": ["x", None, pd.NA, pd.NaT, np.nan]}
    )
    s = frame_to_submissions(frame)
    assert answers(s) == [("u", "a", "value", "x")]


def test_fields_that_differ_within_a_unit_are_noted():
    s = frame_to_submissions(table("unit,rater,value,split,trust\nu,a,1,x,.5\nu,b,2,x,.6\n"))
    assert s.unit_fields == [{"split": "x", "trust": ".5"}]
    assert any(note.startswith("trust: differs") for note in s.notes)


def filled_round():
    """A round with every kind of question, gold, fields with taken names, and odd text."""
    s = Submissions()
    labels = ("A", 'B, with "comma"', "=C\r\n")
    s.add_question(Question("c", "nominal", "Choices tag", labels, "config", "Choices"))
    s.add_question(Question("r", "ordinal", "Rating tag", ("1", "2", "3"), "config", "Rating"))
    s.add_question(Question("n", "interval", "Number tag", tag="Number"))
    s.add_question(Question("m", "set", "Choices tag", ("x", "y", "z"), "config", "Choices"))
    tree = (("P",), ("P", "Q"))
    s.add_question(Question("t", "set", "Taxonomy tag", tree, "config", "Taxonomy"))
    texts = ["café żółw", None, " مرحبا \n two ", "NA", "end"]
    for i, text in enumerate(texts):
        fields = {"value": i, "field:x": True, "gone": None, "s": f"=s{i}", "f": 0.1 * i}
        s.add_unit(str(10 - i), text, fields)
    for name in ("zoe@example.org", "7", "ann@example.org"):
        s.add_rater(name, name)
    sets = [frozenset(), frozenset({"x"}), frozenset({"x", "z"})]
    paths = [frozenset({("P",), ("P", "Q")}), frozenset({("P", "Q")})]
    for n in range(14):
        a = s.add_annotation(
            n % 5,
            n % 3,
            submitted=1_772_600_767 + n if n % 4 else NO_TIME,
            seconds=1.73 * n if n % 5 else float("nan"),
            edited=n % 4 == 1,
            prelabeled=n % 6 == 2,
        )
        for q, value in enumerate(
            (labels[n % 3], str(1 + n % 3), 0.1 + n / 3, sets[n % 3], paths[n % 2])
        ):
            if (n + q) % 4:
                s.add_answer(a, q, value)
    gold = s.add_annotation(2, -1, GOLD)
    s.add_answer(gold, 0, "A")
    s.add_answer(gold, 3, sets[1])
    return build_round(s, name="filled")


def back(frame, round_):
    s = frame_to_submissions(frame, scheme=round_.questions)
    return build_round(s, name="again")


@pytest.mark.parametrize("form", ["frame", "csv", "parquet"])
def test_a_round_written_and_read_back_is_identical(form):
    round_ = filled_round()
    frame = round_to_frame(round_)
    if form == "csv":
        text = frame.to_csv(index=False)
        frame = pd.read_csv(io.StringIO(text, newline=""), dtype=str, keep_default_na=False)
    elif form == "parquet":
        file = io.BytesIO()
        frame.to_parquet(file)
        frame = pd.read_parquet(file)
    again = back(frame, round_)
    assert again == round_
    assert all(np.array_equal(again.gold[name], codes) for name, codes in round_.gold.items())
    pd.testing.assert_frame_equal(round_to_frame(again), round_to_frame(round_))


def test_half_characters_become_question_marks_as_in_reading():
    s = Submissions()
    s.add_question(Question("c\ud83d", "nominal", "Choices tag", ("\ud83dA",), "config"))
    s.add_unit("1\udc00", "half \ud83d", {"f\ud83d": "\ud83d"})
    s.add_answer(s.add_annotation(0, s.add_rater("\ud83d", "Ann")), 0, "\ud83dA")
    (row,) = round_to_frame(build_round(s, name="r")).to_dict("records")
    told = {name: row[name] for name in ("unit", "question", "rater", "value", "text", "f?")}
    assert told == dict(zip(told, ("1?", "c?", "?", "?A", "half ?", "?"), strict=True))


def test_the_frame_is_sorted_and_its_columns_stand_in_order():
    frame = round_to_frame(filled_round())
    assert list(frame.columns) == [*COLUMNS[:-2], "field:value", "field:field:x", "gone", "s", "f"]
    order = [
        (["c", "r", "n", "m", "t"].index(q), int(u))
        for q, u in zip(frame.question, frame.unit, strict=True)
    ]
    assert order == sorted(order)


labels = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 1), labels),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[:3],
    )
)
def test_any_labels_survive_a_frame(rows):
    frame = pd.DataFrame(
        [(f"u{u}", f"r{r}", f"q{q}", value) for u, r, q, value in rows],
        columns=["unit", "rater", "question", "value"],
    )
    round_ = build_round(frame_to_submissions(frame), name="x")
    assert back(round_to_frame(round_), round_) == round_
    assert sum(len(r) for r in round_.ratings.values()) == len(rows)
