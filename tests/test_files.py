import gzip
import io
import signal
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from labelq.documents import read_document
from labelq.errors import GuidelineError, OutputError, SourceError
from labelq.files import (
    check_target,
    csv_safe,
    read_table,
    read_text,
    write_directory,
)

ROWS = [["u1", "ann", "NA"], ["u2", "bo", ""]]


def rows(frame):
    return frame.to_numpy().tolist()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "unit,rater,value\nu1,ann,NA\nu2,bo,\n"),
        ("a.csv", "\ufeffunit;rater;value\r\nu1;ann;NA\r\nu2;bo;\r\n"),
        ("a.csv", "unit\trater\tvalue\nu1\tann\tNA\nu2\tbo\t\n"),
        ("a.tsv", '"unit"\t"rater"\t"value"\nu1\tann\tNA\nu2\tbo\n'),
        ("a", "unit,rater,value\nu1,ann,NA\nu2,bo,\n"),
    ],
)
def test_text_tables(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    frame = read_table(path)
    assert list(frame.columns) == ["unit", "rater", "value"]
    assert rows(frame) == ROWS


def test_compressed_tables_parquet_and_json_lines(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"unit,value\nu1,007\n", mtime=0))
    assert rows(read_table(tmp_path / "a.csv.gz")) == [["u1", "007"]]
    frame = pd.DataFrame({"unit": [1, 2], "n": pd.array([3, None], "Int64")})
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet")["n"].tolist() == [3, None]
    (tmp_path / "a.jsonl").write_text('{"unit": 1, "value": ["a"]}\n\n{"unit": 2, "more": true}\n')
    assert rows(read_table(tmp_path / "a.jsonl")) == [[1, ["a"], None], [2, None, True]]


def test_separators_inside_quotes_do_not_count(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('"a,b,c";rater\n1;2\n')
    assert list(read_table(path).columns) == ["a,b,c", "rater"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"unit,rater\n", "has no rows"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", "is not a table: Expected 2 fields in line 3, saw 3"),
        ("a.csv", b"a,b\n1,2,3\n4,5,6\n", "is not a table"),
        ("a.csv", b"a,b\n1,\xff\n", "is not UTF-8"),
        ("a.csv", b'a,b\n1,"2\n', "is not a table"),
        ("a.csv.gz", b"a,b\n1,2\n", "is not a whole gzip file"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "is not a whole gzip file"),
        ("a.parquet", b"PAR1", "is not Parquet"),
        ("a.jsonl", b'{"a": 1}\n[1]\n', "line 2 is not a JSON object"),
        ("a.jsonl", b'{"a": 1}\n{"a"\n', "line 2 is not a JSON object"),
    ],
)
def test_bad_tables_end_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        read_table(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absent_files(tmp_path):
    for name in ("absent.csv", "absent.parquet"):
        with pytest.raises(SourceError, match="cannot be read"):
            read_table(tmp_path / name)
    with pytest.raises(SourceError, match="cannot be read"):
        read_text(tmp_path)


# --- directories -----------------------------------------------------------------------------


def audit(path, word):
    path.mkdir(parents=True)
    (path / "manifest.json").write_text(word)


def test_a_directory_appears_whole(tmp_path):
    target = tmp_path / "audits" / "round_1"
    with write_directory(target) as fresh:
        (fresh / "report.md").write_text("hello")
        assert not target.exists()
        assert fresh.parent == target.parent
    assert (target / "report.md").read_text() == "hello"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("replace", [False, True])
def test_on_any_exception_nothing_is_left_and_nothing_is_lost(tmp_path, problem, replace):
    target = tmp_path / "audits" / "deep" / "round_1"
    if replace:
        audit(target, "old")

    def fail_half_way():
        with write_directory(target, replace=replace) as fresh:
            (fresh / "half").write_text("…")
            raise problem

    with pytest.raises(problem):
        fail_half_way()
    if replace:
        assert (target / "manifest.json").read_text() == "old"
        assert list(target.parent.iterdir()) == [target]
    else:
        assert list(tmp_path.iterdir()) == []


def test_an_audit_is_replaced_only_when_asked(tmp_path):
    target = tmp_path / "round_1"
    audit(target, "old")
    with pytest.raises(OutputError, match="--replace"), write_directory(target):
        pass
    with write_directory(target, replace=True) as fresh:
        (fresh / "manifest.json").write_text("new")
    assert (target / "manifest.json").read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_is_no_audit_is_never_replaced(tmp_path):
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="not an audit"), write_directory(target, replace=True):
        pass
    assert (target / "thesis.tex").exists()
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputError, match="is a file"), write_directory(file, replace=True):
        pass


def test_a_directory_that_appears_meanwhile_is_not_overwritten(tmp_path):
    target = tmp_path / "round_1"
    with pytest.raises(OutputError, match="there already"), write_directory(target):
        audit(target, "theirs")
    assert (target / "manifest.json").read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_a_directory_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "round_1"
    with pytest.raises(OutputError, match="cannot be written"), write_directory(inside):
        pass


def test_a_failed_swap_brings_the_old_audit_back(tmp_path, monkeypatch):
    target = tmp_path / "round_1"
    audit(target, "old")
    rename = type(target).rename

    def failing(self, to):
        if self.name.endswith(".new"):
            raise KeyboardInterrupt
        return rename(self, to)

    monkeypatch.setattr(type(target), "rename", failing)
    with pytest.raises(KeyboardInterrupt), write_directory(target, replace=True):
        pass
    assert (target / "manifest.json").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("-3", "-3"),
        ("+1.5e-3", "+1.5e-3"),
        ("refund - late", "refund - late"),
        ("", ""),
    ],
)
def test_spreadsheets_get_no_formulas(cell, safe):
    assert csv_safe(cell) == safe


# --- documents -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["g.md", "g.txt", "g.markdown"])
def test_text_documents_stay_byte_for_byte(tmp_path, name):
    content = "\ufeff# Título\r\nline\rold mac\n\n\ttab \n".encode()
    (tmp_path / name).write_bytes(content)
    assert read_document(tmp_path / name).encode() == content


def test_html_documents(tmp_path):
    (tmp_path / "g.html").write_text(
        "<html><head><style>p {}</style><title>t</title></head><body><h1>Labels</h1>"
        "<h2>Refund</h2><p>Money <b>back</b>.</p><ul><li>one</li><li>two</li></ul>"
        "<script>alert(1)</script><img src='data:image/png;base64,AAAA'></body></html>"
    )
    assert read_document(tmp_path / "g.html") == (
        "# Labels\n\n## Refund\n\nMoney **back**.\n\n- one\n- two\n"
    )


def test_word_documents(tmp_path):
    body = (
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Refund</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>Money back.</w:t></w:r></w:p>"
    )
    space = "http://schemas.openxmlformats.org/"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{space}package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{space}package/2006/relationships"><Relationship'
        f' Id="r" Type="{space}officeDocument/2006/relationships/officeDocument"'
        ' Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{space}wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>",
        "word/styles.xml": f'<w:styles xmlns:w="{space}wordprocessingml/2006/main"><w:style'
        ' w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    (tmp_path / "g.docx").write_bytes(file.getvalue())
    assert read_document(tmp_path / "g.docx") == "# Refund\n\nMoney back.\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("g.md", b"\xff\xfe", "not UTF-8"),
        ("g.docx", b"PK nonsense", "not a Word document"),
        ("g.pdf", b"%PDF", "a guideline is a .md"),
    ],
)
def test_documents_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GuidelineError, match=message):
        read_document(tmp_path / name)
    with pytest.raises(GuidelineError):
        read_document(tmp_path / "absent.md")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_between_the_two_renames_loses_nothing(tmp_path, monkeypatch, number):
    target = tmp_path / "audit"
    write_audit_like(target, "first")
    rename = Path.rename

    def interrupted(self, to):
        done = rename(self, to)
        if str(to).endswith(".old"):
            signal.raise_signal(number)
        return done

    monkeypatch.setattr(Path, "rename", interrupted)
    stopped = []
    before = signal.signal(number, lambda *_: stopped.append(number))
    try:
        write_audit_like(target, "second", replace=True)
    finally:
        signal.signal(number, before)
    assert stopped == [number]  # held back, not lost
    assert (target / "manifest.json").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["audit"]


def test_an_audit_left_between_two_renames_comes_back(tmp_path):
    """A process that was killed there leaves the earlier audit under a hidden name."""
    target = tmp_path / "audit"
    write_audit_like(tmp_path / ".audit.0a1b2c3d.old", "first")
    with pytest.raises(OutputError, match="is there already"):
        check_target(target, replace=False)
    assert (target / "manifest.json").read_text() == "first"


def test_links_in_a_circle_are_one_line(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OutputError):
        write_audit_like(tmp_path / "a/audit", "x")
    (tmp_path / "c").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="a link to nothing"):
        check_target(tmp_path / "c", replace=False)


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("unit,rater,value,value\n1,a,x,y\n", encoding="utf-8")
    with pytest.raises(SourceError, match="two columns are called 'value'"):
        read_table(path)


def write_audit_like(target, text, *, replace=False):
    with write_directory(target, replace=replace) as directory:
        (directory / "manifest.json").write_text(text)
