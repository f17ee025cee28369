import csv
import io
import json
from dataclasses import fields

import pytest

from labelq.measure.results import Agreement
from labelq.report.terminal import (
    agreement_csv,
    agreement_json,
    agreement_table,
    console,
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
        "In part: urgency is reliable",
        "● urgency: reliable",
        "All annotators agreed on 104 of 212 tasks",
        "What matters most",
        "audits/x/queue.json",
        "audits/x/report.html",
        "<b>Other</b> | $x$ \\u202e",
    ):
        assert words in folded
    assert "Dalia" not in said
    assert "Dalia" in printed(audit, names=True)


@pytest.mark.parametrize("width", ["20", "40", "200"])
def test_never_wider_than_the_terminal_but_for_paths(audit, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    path = "a/very/long/path/to/copy"
    for line in printed(audit, path).splitlines():
        assert len(line) <= int(width) or path in line


def test_no_color(audit, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[36m" in printed(audit)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in printed(audit)


def test_the_table_shows_letters(audit, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    out = io.StringIO()
    print_agreements(audit.agreements, audit.round.raters, file=out)
    assert "B and A" in out.getvalue()
    assert "@mail" not in out.getvalue()
    assert "[red]" in _table_of(audit, "[red]x[/red]")
    assert agreement_table(audit.agreements).row_count == len(audit.agreements)


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
