import csv
import io
import json
from dataclasses import fields

import pytest

from labelq.measure.results import Agreement
from labelq.report.page import console
from labelq.report.terminal import (
    agreement_csv,
    agreement_json,
    agreement_table,
    print_agreements,
    print_audit,
)


def printed(audit, directory="audits/x", **options):
    out = io.StringIO()
    print_audit(audit, directory, file=out, **options)
    return out.getvalue()


def test_plain_when_it_is_no_terminal_and_safe(audit):
    said = printed(audit)
    assert not set(said) & set("\x1b\u202e\u2068\u2069")
    assert max(map(len, said.splitlines())) <= 80
    folded = " ".join(said.split())
    for words in (
        "In part. Annotators agree enough on urgency",
        "● urgency: reliable",
        "All annotators agreed on 104 of 212 tasks",
        "What matters most",
        "labelq queue push audits/x",
        "audits/x/report.html",
        "support <triage> \\u202e1",
    ):
        assert words in folded
    assert "Dalia" not in said
    assert "Dalia" in printed(audit, names=True)


@pytest.mark.parametrize("width", ["20", "40", "200"])
def test_never_wider_than_the_terminal_but_for_paths(audit, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    path = "a/very/long/path/to/copy"
    for line in printed(audit, path).splitlines():
        command = line.lstrip().startswith("labelq ")  # on one line, to be copied
        assert len(line) <= int(width) or path in line or "--" in line or command


def test_no_color(audit, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[36m" in printed(audit)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in printed(audit)


def table(audit, **options):
    out = io.StringIO()
    print_agreements(audit.agreements, audit.round.raters, file=out, **options)
    return out.getvalue()


def test_the_table_shows_what_holds_for_all_and_counts_the_rest(audit):
    said = table(audit)
    assert max(map(len, said.splitlines())) <= 80
    assert "Krippendorff alpha, Jaccard" in said
    assert "label " not in said.splitlines()[0]
    assert "@mail" not in said
    assert said.endswith(
        "category has more: 2 rows by label (--labels), 10 rows by pair of annotators\n(--pairs).\n"
    )


def test_reasons_are_footnotes_printed_once(audit):
    from dataclasses import replace

    again = [replace(row, metric="fleiss_kappa") for row in audit.agreements[-3:]]
    said = table(replace(audit, agreements=(*audit.agreements, *again)))
    assert " ".join(said.split()).count("1 everyone gave the same label") == 1
    assert "2 brand new reason" in said


def test_labels_and_pairs_have_columns_of_their_own(audit, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    said = table(audit, labels=True, pairs=True)
    assert said.splitlines()[0].split() == [
        *("question", "coefficient", "label", "annotators", "value", "interval", "tasks", "note")
    ]
    assert "B and A" in said
    assert "عربي" in said
    assert "has more" not in said
    assert "Bo <i>Chen</i> and Alma Brandt" in table(audit, pairs=True, names=True)
    assert "10 rows by pair" in table(audit, labels=True)
    assert "2 rows by label" in table(audit, pairs=True)
    assert agreement_table(audit.agreements).row_count == len(audit.agreements)
    assert "[red]" in _table_of(audit, "[red]x[/red]")


def test_pairs_by_label_are_counted_too(audit):
    from dataclasses import replace

    pair = next(row for row in audit.agreements if row.raters is not None)
    both = replace(audit, agreements=(replace(pair, label="x"), audit.agreements[0]))
    assert "category has more: 1 row by both (--labels --pairs)." in table(both)


def test_of_many_questions_a_line_each_the_worst_first(audit, monkeypatch):
    from dataclasses import replace

    many = tuple(replace(v, question=f"{v.question} {i}") for i in range(3) for v in audit.verdicts)
    audit = replace(audit, verdicts=many)
    lines = printed(audit).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("topics 0"))
    assert "○ unreliable" in lines[first]
    assert ".62" in lines[first]
    assert lines[first + 8].startswith("urgency 2")
    assert not any("All annotators agreed" in line for line in lines)
    monkeypatch.setenv("COLUMNS", "40")
    rest = [line for line in printed(audit, "x").splitlines() if "--" not in line]
    assert max(map(len, rest)) <= 40


def test_notes_on_the_source_stand_below_the_verdicts(audit):
    said = printed(audit)
    assert (
        said.index("not enough to train on")
        < said.index("Note: The text is taken")
        < said.index("matters")
    )


def _table_of(audit, question):
    from dataclasses import replace

    out = io.StringIO()
    table = agreement_table([replace(audit.agreements[0], question=question)])
    console(out).print(table)
    return out.getvalue()


def test_json_has_exactly_the_fields(audit):
    rows = json.loads(agreement_json(audit.agreements))
    names = [field.name for field in fields(Agreement)]
    assert all(list(row) == names for row in rows)
    assert rows[0]["value"] == audit.agreements[0].value
    assert next(row["raters"] for row in rows if row["raters"]) == [
        "secret1@mail.example",
        "secret0@mail.example",
    ]


def test_csv_has_full_precision_and_no_formulas(audit):
    from dataclasses import replace

    rows = [*audit.agreements, replace(audit.agreements[0], label="=1+1", value=-1 / 3)]
    read = list(csv.DictReader(io.StringIO(agreement_csv(rows))))
    assert len(read) == len(rows)
    assert float(read[-1]["value"]) == -1 / 3
    assert not read[-1]["label"].startswith("=")
    pair = next(row for row in read if row["raters"])
    assert json.loads(pair["raters"]) == ["secret1@mail.example", "secret0@mail.example"]
