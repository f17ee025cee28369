import dataclasses
import json

import pytest

from labelq.errors import SettingsError, SourceError
from labelq.labels.model import Selection
from labelq.reading import read

TABLE = "unit,rater,value\nu1,ann,a\nu1,bo,b\n"
EXPORT = [
    {
        "id": n,
        "data": {"text": f"text {n}", "lang": "pl"},
        "annotations": [
            {
                "completed_by": {"id": r, "email": f"r{r}@example.org", "first_name": f"R{r}"},
                "lead_time": 1.73 * r,
                "created_at": "2026-01-02T03:04:05.678901Z",
                "result": [
                    {"from_name": "c", "type": "choices", "value": {"choices": ["AB"[r % n]]}},
                    {"from_name": "r", "type": "rating", "value": {"rating": r}},
                    {"from_name": "m", "type": "choices", "value": {"choices": ["x", "y"][:r]}},
                    {"from_name": "t", "type": "taxonomy", "value": {"taxonomy": [["P"] * r]}},
                    {"from_name": "n", "type": "number", "value": {"number": r / 3}},
                ],
            }
            for r in (1, 2)
        ],
    }
    for n in (1, 2)
]


@pytest.fixture
def write(tmp_path):
    def write_(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write_


def test_tables_and_exports_are_told_apart(write):
    assert read(write("round_1.csv", TABLE)).name == "round_1"
    assert read(write("table", TABLE)).questions[0].name == "value"
    assert len(read(write("round_2.json", EXPORT)).questions) == 5
    assert len(read(write("export", EXPORT), name="mine").questions) == 5
    assert read(str(write("export", EXPORT)), name="mine").name == "mine"


def test_a_round_written_and_read_back_is_identical(write):
    round_ = read(write("round_1.json", EXPORT))
    path = write("ratings.csv", round_.to_frame().to_csv(index=False))
    write(
        "audit.json",
        {
            "questions": [dataclasses.asdict(q) for q in round_.questions],
            "raters": [{"id": r.id, "name": r.name} for r in round_.raters],
        },
    )
    again = read(path)
    assert again == round_
    assert again.name == path.parent.name


def test_an_audit_beside_that_is_none_is_refused(write):
    path = write("ratings.csv", TABLE)
    assert read(path).name == "ratings"
    for content in ("[]", "{", {"questions": 3}):
        write("audit.json", content)
        with pytest.raises(SourceError, match="not the audit that ratings"):
            read(path)
    for question in (3, {}, {"name": "c"}, {"name": "c", "level": "odd", "level_source": ""}):
        write("audit.json", {"questions": [question]})
        with pytest.raises(SourceError, match="a question in it is not one"):
            read(path)


def test_errors_of_a_table_name_the_file(write):
    with pytest.raises(SourceError, match=r"a\.csv: the table has no column rater"):
        read(write("a.csv", "unit,who,value\n1,2,3\n"))


def test_levels_and_columns_reach_the_round(write):
    path = write("a.csv", "item,who,value\nu,a,1\nu,b,2.5\n")
    columns = {"unit": "item", "rater": "who"}
    round_ = read(path, columns=columns, levels={"": "interval"})
    assert round_.ratings["value"].values == (1.0, 2.5)


def test_a_source_that_compares_nobody_is_refused(write):
    with pytest.raises(SourceError, match="no task has answers of two annotators"):
        read(write("a.csv", "unit,rater,value\nu1,ann,a\nu2,bo,b\nu1,ann,b\n"))
    selection = Selection(since="2027-01-01")
    with pytest.raises(SourceError, match="in this selection"):
        read(write("a.json", EXPORT), selection=selection)


def test_a_single_question_without_overlap_is_no_error(write):
    text = "unit,question,rater,value\nu,q,a,1\nu,q,b,1\nu,p,a,1\n"
    assert [q.name for q in read(write("a.csv", text)).questions] == ["q", "p"]


def test_a_source_without_a_readable_question_says_what_it_holds(write):
    span = {"from_name": "ner", "type": "labels", "value": {"start": 0}}
    task = {"id": 1, "data": {}, "annotations": [{"completed_by": 1, "result": [span]}]}
    with pytest.raises(SourceError, match=r"\(found: labels ner\); it reads Choices"):
        read(write("a.json", [task]))


def test_directories_and_absent_files(tmp_path):
    with pytest.raises(SourceError, match="is a folder without any"):
        read(tmp_path)
    for name in ("absent.json", "absent.csv", "absent"):
        with pytest.raises(SourceError, match="cannot be read"):
            read(tmp_path / name)


def test_garbage_collection_is_switched_on_again(tmp_path):
    import gc

    path = tmp_path / "t.csv"
    path.write_text("unit,rater,value\n1,a,x\n1,b,x\n", encoding="utf-8")
    read(path)
    assert gc.isenabled()
    with pytest.raises(SourceError):
        read(tmp_path / "none.csv")
    assert gc.isenabled()


# --- several exports are one round ----------------------------------------------------------


def vote(task_id, text, label, who=None, **data):
    answer = {"from_name": "c", "type": "choices", "value": {"choices": [label]}}
    return {
        "id": task_id,
        "data": {"text": text, **data},
        "annotations": [{"completed_by": who, "result": [answer]}],
    }


def labels(round_):
    """{(unit id, rater id): label}."""
    ratings = round_.ratings["c"]
    return {
        (round_.units.ids[u], round_.raters[r].id): ratings.values[v]
        for u, r, v in zip(ratings.unit, ratings.rater, ratings.value, strict=True)
    }


@pytest.fixture
def folder(write, tmp_path):
    """Two annotators' exports: other task ids and order, tickets as numbers and as text."""
    write("anna.json", [vote(1, "late", "A", 7, ticket=11), vote(2, "lost", "B", 7, ticket=12)])
    write("bo.json", [vote(1, "lost", "B", 7, ticket="12"), vote(9, "late", "B", 7, ticket="11")])
    write("notes.txt", "not an export")
    write(".hidden.json", "neither")
    return tmp_path


def test_a_folder_of_one_file_per_annotator(folder):
    round_ = read(folder, join="ticket", rater_from="filename", name="r")
    assert labels(round_) == {
        ("11", "anna"): "A",
        ("11", "bo"): "B",
        ("12", "anna"): "B",
        ("12", "bo"): "B",
    }
    files = [folder / "bo.json", folder / "anna.json"]
    assert labels(read(files, join="ticket", rater_from="filename")) == labels(round_)
    assert read(folder, join="ticket", rater_from="filename").name == folder.name
    assert read(files, join="ticket", rater_from="filename").name == "bo + anna"
    assert "Tasks joined by the field ticket that have other data elsewhere: 2" in " ".join(
        round_.intake.notes
    )


def test_content_joins_what_has_the_same_data_and_nothing_of_ours(write, tmp_path):
    one = [vote(1, "late", "A", 7, labelq_queue="r"), vote(2, "lost", "B", 7, n=1)]
    two = [vote(5, "lost", "B", 8, n=2), vote(6, "late", "B", 8)]
    files = [write("one.json", one), write("two.json", two)]
    round_ = read(files)
    assert sorted(labels(round_).values()) == ["A", "B", "B", "B"]
    assert sorted(round_.units.text) == ["late", "lost", "lost"]
    (late,) = [
        u for u, text in zip(round_.units.ids, round_.units.text, strict=True) if text == "late"
    ]
    assert len(late) == 12
    assert {rater for unit, rater in labels(round_) if unit == late} == {"7", "8"}
    assert "labelq_queue" not in round_.units.fields


def test_the_same_task_twice_in_one_file_is_said(write):
    one = [vote(1, "late", "A", 7), vote(2, "late", "B", 7)]
    files = [write("one.json", one), write("two.json", [vote(1, "late", "B", 8)])]
    round_ = read(files)
    assert len(round_.units) == 1
    assert {aside.reason: aside.count for aside in round_.intake.aside} == {"repeat": 1}
    assert any(
        "more than once in one source by content: 1;" in note for note in round_.intake.notes
    )


def test_a_task_without_the_field_to_join_by(write):
    files = [
        write("one.json", [vote(1, "x", "A", 7, k=1), vote(2, "y", "A", 7)]),
        write("two.json", [vote(1, "x", "A", 8, k=1)]),
    ]
    with pytest.raises(SourceError, match=r"one\.json: task 2: has no field 'k' of --join"):
        read(files, join="k")
    round_ = read(files, join="k", skip_bad_records=True)
    assert len(labels(round_)) == 2
    assert [a.reason for a in round_.intake.aside] == ["bad_record"]


def test_sources_that_do_not_fit_together(folder, write, tmp_path):
    table = write("t.csv", TABLE)
    with pytest.raises(SettingsError, match="is a table; several sources must all be"):
        read([folder / "bo.json", table])
    with pytest.raises(SettingsError, match="--join is about Label Studio exports"):
        read(table, join="ticket")
    with pytest.raises(SourceError, match="joined by their content; --join FIELD names"):
        read(folder, rater_from="filename")
    with pytest.raises(SettingsError, match="no source"):
        read([])
    audit = tmp_path / "audits"
    audit.mkdir()
    (audit / "ratings.csv").write_text(TABLE)
    (audit / "audit.json").write_text("{}")
    with pytest.raises(SourceError, match=r"is an audit; give .*ratings\.csv"):
        read(audit)


CHOICES = (
    '<View><Text name="text" value="$text"/><Choices name="{}" toName="text">{}</Choices></View>'
)


def config(name, *labels):
    return CHOICES.format(name, "".join(f'<Choice value="{label}"/>' for label in labels))


def test_each_export_has_its_own_label_config(folder, write):
    write("label_config.xml", config("c", "A"))
    write("anna.label_config.xml", config("c", "A", "B"))
    write("bo.label_config.xml", config("c", "A", "B", "C"))
    round_ = read(folder, join="ticket", rater_from="filename")
    assert round_.questions[0].labels == ("A", "B")
    assert f"differ in the labels of c: those of {folder / 'anna.json'} count" in " ".join(
        round_.intake.notes
    )
    write("bo.label_config.xml", config("d", "A", "B"))
    with pytest.raises(SourceError, match="ask different questions"):
        read(folder, join="ticket", rater_from="filename")
    chosen = folder / "anna.label_config.xml"
    round_ = read(folder, join="ticket", rater_from="filename", label_config=chosen)
    assert len(labels(round_)) == 4
