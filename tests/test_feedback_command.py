"""``labelq report --rater``, as a labeling lead runs it."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape

import pytest

from labelq import audit, read
from labelq.cli import main
from labelq.cli.demo import sample_folder
from labelq.report.directory import write_audit
from labelq.report.feedback import casebook, feedback_html
from labelq.report.pictures import PICTURES, Picture, pictures_document
from labelq.report.without_text import SAID_TO_ONE

RULE = """
version: 1
decisions:
  - id: courier-damage
    question: category
    labels: [Shipping, Damaged item]
    outcome: label
    label: Shipping
    rule: A parcel that the courier damaged is Shipping.
    scope: {words: [carton, box]}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An audit of a part of the sample: enough for every kind of case."""
    tasks = json.loads(sample_folder()["round_1.json"].read_bytes())[:70]
    part = tmp_path_factory.mktemp("part") / "part.json"
    part.write_text(json.dumps(tasks))
    text = sample_folder()["support_triage.md"].read_text(encoding="utf-8")
    round_ = read(part)
    return audit(round_, guideline=("guideline.md", text), resamples=0, cross_check=False)


@pytest.fixture(scope="module")
def written(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("audits") / "round_1"
    write_audit(made, out, manifest={"inputs": {}})
    return out


@pytest.fixture
def desk(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(written, "a")
    return tmp_path


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["report", "a", *map(str, arguments)])
    return stopped.value.code


def test_a_page_from_the_directory_is_the_page_of_the_audit(desk, made, capsys):
    assert run("--rater", "Priya Nair") == 0
    assert capsys.readouterr().out == "a/private/feedback-D.html\n"
    page = (desk / "a/private/feedback-D.html").read_text(encoding="utf-8")
    assert page == feedback_html(made, casebook(made).of(3))
    for other in made.round.raters:
        if other.letter != "D":
            assert other.name not in page
            assert other.id not in page


def test_everybody_gets_one(desk, made, capsys):
    assert run("--rater", "all", "--format", "md", "--out", "pages") == 0
    files = sorted(path.name for path in (desk / "pages").iterdir())
    assert files == [f"{rater.letter}.md" for rater in made.round.raters]
    for rater in made.round.raters:
        text = (desk / "pages" / f"{rater.letter}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# Feedback for `{rater.name}`\n")
    assert run("--rater", "all") == 0
    assert len(list((desk / "a/private/feedback").iterdir())) == len(made.round.raters)
    assert "a/private/feedback/A.html" in capsys.readouterr().out


def test_what_the_meeting_decided_since_is_on_it(desk):
    run("--rater", "a", "--out", "before.md")
    (desk / "decisions.yaml").write_text(RULE)
    run("--rater", "a", "--format", "md", "--out", "after.md")
    before, after = ((desk / name).read_text("utf-8") for name in ("before.md", "after.md"))
    assert "Decided rules are about" not in before
    assert re.search(r"Decided rules are about \d+ of your answers; \d+ are as they say\.", after)
    (desk / "decisions.yaml").rename("meeting.yaml")
    run("--rater", "a", "--format", "md", "--out", "told.md", "--decisions", "meeting.yaml")
    assert (desk / "told.md").read_text("utf-8") == after


def without_texts(made, page):
    assert "text left out" in page
    assert SAID_TO_ONE in page
    assert "data:image" not in page.replace("img-src data:", "")
    assert not [text for text in made.round.units.text if text[:25] in unescape(page)]


def test_texts_are_left_out_where_asked(desk, made):
    (desk / "decisions.yaml").write_text(RULE)
    pictures = {unit: Picture("data:image/jpeg;base64,AAAA") for unit in made.round.units.ids}
    (desk / "a" / PICTURES).write_text(json.dumps(pictures_document(pictures)))
    assert run("--rater", "A", "--out", "full.html") == 0
    assert run("--rater", "A", "--out", "hidden.html", "--no-text") == 0
    full, hidden = ((desk / f"{name}.html").read_text("utf-8") for name in ("full", "hidden"))
    without_texts(made, hidden)
    rule = "A parcel that the courier damaged"
    assert rule in full
    assert rule not in hidden
    assert "data:image/jpeg" in full
    told = r"Decided rules are about \d+ of your answers; \d+ are as they say\."
    assert re.search(told, full).group() == re.search(told, hidden).group()


def test_texts_are_left_out_as_audited(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_audit(made, tmp_path / "a", manifest={"inputs": {}}, text=False)
    assert run("--rater", "all") == 0
    for page in (tmp_path / "a/private/feedback").iterdir():
        without_texts(made, page.read_text("utf-8"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rater", "Pria Nair"], "no annotator is called 'Pria Nair'; did you mean Priya Nair?"),
        (["--rater", "D", "--names"], "a feedback page names nobody else"),
        (["--decisions", "x.yaml"], "give --rater NAME, too"),
        (["--rater", "all", "--out", "d.md"], "--rater all needs a directory"),
        (["--rater", "D", "--format", "html", "--out", "d.md"], "is no file for --format html"),
        (["--rater", "D", "--decisions", "none.yaml"], "none.yaml"),
    ],
)
def test_one_line_says_what_is_wrong(desk, capsys, options, said):
    assert run(*options) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not list((desk / "a/private").glob("feedback*"))
