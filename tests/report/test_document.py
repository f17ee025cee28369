import json
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from labelq.measure.results import Agreement
from labelq.report.document import SCHEMA, audit_document, to_bytes


def test_it_reads_back_as_it_was(audit):
    document = audit_document(audit)
    assert json.loads(to_bytes(document)) == document
    assert document["schema"] == SCHEMA


def test_the_same_bytes(audit):
    assert to_bytes(audit_document(audit)) == to_bytes(audit_document(audit))


def test_full_precision_and_ids(audit):
    document = audit_document(audit)
    assert [list(row) for row in document["agreements"][:1]] == [
        [field.name for field in fields(Agreement)]
    ]
    assert document["agreements"][0]["lower"] == 0.5512
    assert document["clusters"][0]["units"][0] == "1008"
    assert document["clusters"][1]["cause"]["rater"] == "secret3@mail.example"
    assert document["clusters"][0]["cause"]["camps"][0]["rater"] == "secret0@mail.example"
    assert document["edge_cases"][1]["others"] == ["1003", "1005"]
    assert document["queue"][0]["unit"] == "1000"
    assert document["rules"][0]["counterexample"] == "1001"
    assert document["rater_reports"][0]["rater"] == "secret0@mail.example"
    unit, rater, pair, cluster = (one["key"] for one in document["influences"][:4])
    assert (unit, rater) == ("1000", "secret0@mail.example")
    assert pair == ["Refund", "Cancel"]
    assert cluster == "category-1"
    assert document["agendas"][0]["left"] == 0.35
    assert document["verdicts"][0]["rare_labels"][0]["label"] == "عربي"
    assert document["options"]["thresholds"]["topics"] == {"tentative": 0.667, "reliable": 0.8}


def test_questions_as_the_reader_reads_them_back(audit):
    paths = replace(audit.round.questions[2], labels=(("a", "b"), ("a",)))
    source = replace(audit.round, questions=(*audit.round.questions[:2], paths))
    questions = audit_document(replace(audit, round=source))["questions"]
    told = ["name", "level", "level_source", "labels", "labels_source", "tag", "costs"]
    assert list(questions[0]) == told
    assert questions[2]["labels"] == [["a", "b"], ["a"]]


def test_numbers_of_numpy_and_no_numbers(audit):
    pair = replace(
        audit.label_pairs[0], n_units=np.int64(3), observed=np.float64(0.1), excess=float("inf")
    )
    row = audit_document(replace(audit, label_pairs=(pair,)))["label_pairs"][0]
    assert (row["n_units"], row["observed"], row["excess"]) == (3, 0.1, None)
    assert type(row["n_units"]) is int


def test_half_a_character_is_a_question_mark_as_in_the_tables_beside_it():
    assert json.loads(to_bytes({"a": "x\ud800"})) == {"a": "x?"}


DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_and_the_schema_tell_the_same_fields():
    page = (DOCS / "audit-json.md").read_text("utf-8")
    schema = json.loads((DOCS / "audit.schema.json").read_bytes())
    assert f"`{SCHEMA}`" in page
    sections = [*schema["$defs"]["sections.Document"]["properties"]]
    table = page[page.index("| section |") :].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == sections
    elsewhere = (DOCS / "decisions-file.md", DOCS / "against.md")
    told = page + "".join(path.read_text("utf-8") for path in elsewhere)
    for name, kind in schema["$defs"].items():
        for field in kind["properties"]:
            assert re.search(rf"`{field}\b", told), (name, field)


def test_what_is_not_listed_is_counted(audit):
    more = replace(audit, pairs_left_out=500, more_pairs={"category": 250})
    document = audit_document(more)
    assert (document["pairs_left_out"], document["more_pairs"]) == (500, {"category": 250})
