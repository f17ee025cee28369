import dataclasses
import json

import pytest

from labelq.errors import SourceError
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
    with pytest.raises(SourceError, match="is a directory"):
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
