"""``labelq explain`` from the command line, and its page in the docs."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from labelq.cli import main
from labelq.cli.demo import sample_folder
from labelq.measure.registry import METRICS
from labelq.report.symbols import symbols_of

ROOT = Path(__file__).parent.parent
FOUR_BY_TWELVE = json.loads(
    (ROOT / "tests/measure/cases/krippendorff2011_4x12.json").read_text(encoding="utf-8")
)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample's export and a published table, in a folder of their own; 80 columns."""
    sample = sample_folder()
    (tmp_path / "export.json").write_bytes(sample["round_1.json"].read_bytes())
    (tmp_path / "label_config.xml").write_bytes(sample["label_config.xml"].read_bytes())
    rows = [
        (f"{u + 1:02}", "abcd"[r], value)
        for r, row in enumerate(FOUR_BY_TWELVE["ratings"])
        for u, value in enumerate(row)
        if value is not None
    ]
    write(tmp_path / "ratings.csv", rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def write(path: Path, rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "rater", "value"])
        writer.writerows(rows)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["explain", *arguments])
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


def test_the_list_has_a_line_for_every_metric(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys)
    assert code == 0
    for entry in METRICS:
        assert re.search(rf"^{entry.name} ", out, re.MULTILINE)


@pytest.mark.parametrize("entry", METRICS, ids=lambda entry: entry.name)
def test_every_metric_is_explained_in_words(entry: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, entry.name)
    assert code == 0
    for part in ("Convention: ", "Reference: ", "Levels: ", "Missing ratings: ", "Interval: "):
        assert part in out
    assert entry.words
    assert entry.formula
    assert symbols_of(entry) or not re.search(r"[a-zA-Z]_", entry.formula)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("alpha", "krippendorff_alpha"),
        ("AC1", "gwet_ac1"),
        ("fleiss", "fleiss_kappa"),
        ("raw", "raw_agreement"),
        ("cohen", "cohen_kappa"),
        ("bp", "brennan_prediger"),
        ("PABAK", "brennan_prediger"),
        ("Scott's pi", "scott_pi"),
        ("randolph", "brennan_prediger"),
    ],
)
def test_short_forms(said: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, said)
    assert code == 0
    assert f"({name})" in out.splitlines()[0]


def test_kappa_is_several_things(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "kappa")
    assert code == 0
    assert {"fleiss_kappa", "cohen_kappa", "light_kappa"} <= set(out.split())
    code, _, err = run(capsys, "kappa", "ratings.csv")
    assert code == 2
    assert "name one" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["alfa"], "did you mean krippendorff_alpha"),
        (["zzzzzz"], "Known: krippendorff_alpha"),
        (["alpha", "--question", "category"], "need a SOURCE"),
        (["alpha", "export.json", "--question", "nope"], "there is no such question"),
        (["ac2", "export.json", "--question", "category"], "needs labels that have an order"),
        (["ac1", "ratings.csv", "--label", "1"], "no value per label"),
        (["alpha", "ratings.csv", "--label", "17"], "no such label; did you mean 1? It has 1, 2"),
        (["alpha", "ratings.csv", "--find", "much"], "give the number as it was said"),
        (["alpha", "--find", ".83"], "need a SOURCE"),
        (["sklearn"], "it is a program; it computes cohen_kappa"),
        (["alpha", "ratings.csv", "--raters", "A"], "name two annotators"),
        (["alpha", "ratings.csv", "--raters", "A,Z"], "no annotator is called Z"),
        (["alpha", "ratings.csv", "--variant", "linear"], "--variant linear"),
    ],
)
def test_errors_are_a_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("labelq: ")
    assert said in last
    assert err.count("labelq: ") == 1


def test_the_published_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Krippendorff (2011): alpha .743, ordinal .815; irrCAC's Fleiss .7612, its ordinal .8336."""
    _, out, _ = run(capsys, "alpha", "ratings.csv")
    assert "D_o = 8 / 40 = .2\n" in out
    assert "D_e = 1,216 / 1,560 = .779487\n" in out
    assert "1 − D_o / D_e = 1 − .2 / .779487 = .743421\n" in out
    assert "labelq says .7434. krippendorff, irrCAC and NLTK agree." in out
    assert "the 1 task with one rating" in out
    _, out, _ = run(capsys, "alpha", "ratings.csv", "--level", "ordinal")
    assert "= .815388\n" in out
    assert re.search(r"irrCAC: krippen.alpha.raw, ordinal weights +\.8336 +\+\.0183", out)


def test_of_a_pair_and_of_a_label(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "cohen_kappa", "ratings.csv")
    assert "Note: annotators B and D, the pair that shares the most tasks" in out
    _, out, _ = run(capsys, "cohen_kappa", "ratings.csv", "--raters", "a, B")
    assert "= .844828\n" in out
    _, out, _ = run(capsys, "fleiss", "ratings.csv", "--label", "3")
    assert "Cohen (1960): the label against all others" in out


def test_who_is_in_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "cohen_kappa", "ratings.csv", "--raters", "A,B")
    assert "What annotator A said (rows) where B said (columns)" in out
    assert "Letters stand for the annotators of this round" in out
    _, out, _ = run(capsys, "cohen_kappa", "ratings.csv", "--raters", "A,B", "--names")
    assert "What a said (rows) where b said (columns)" in out
    assert "Letters stand" not in out
    _, out, _ = run(capsys, "cohen_kappa", "ratings.csv")
    noted = " ".join(out.split())
    pair, another = re.findall(r"annotators (\w and \w), .*?--raters (\w,\w)", noted)[0]
    assert pair != another.replace(",", " and ")


def test_the_mail_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    """“sklearn says .83, you say .69”: annotators A and C come to .8379, cut off."""
    arguments = ("alpha", "export.json", "--question", "category")
    _, out, _ = run(capsys, *arguments)
    said = " ".join(out.split())
    assert "scikit-learn says .5229 (B and E) to .8379 (A and C)" in said
    assert "Raw agreement is .7387" in said
    code, out, _ = run(capsys, *arguments, "--find", ".83")
    assert code == 0
    rounded, _, cut = out.partition("Is .83 when cut off, not rounded:")
    assert re.search(r"\.8264  Byrt et al\. \(1993\): PABAK, annotators A and E", rounded)
    assert re.search(r"\.8379  Cohen’s kappa of a pair, annotators A and C\n", cut)
    assert "as a program gives it: scikit-learn" in cut
    assert max(map(len, out.splitlines())) <= 80
    _, out, _ = run(capsys, *arguments, "--find", "74%", "--format", "json")
    found = json.loads(out)
    assert found["asked"]["metric"] == "krippendorff_alpha"
    assert "Raw agreement" in [each["what"] for each in found["rounded"]]
    assert all(each["reason"] for each in found["rounded"])


def test_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "alpha", "ratings.csv", "--format", "json")
    found = json.loads(out)
    assert found["row"]["value"] == pytest.approx(found["recomputed"])
    assert found["worked"] is True
    assert {step["kind"] for step in found["steps"]} >= {"data", "observed", "expected", "value"}
    assert all(convention["reason"] for convention in found["conventions"])
    _, out, _ = run(capsys, "alpha", "--format", "json")
    assert json.loads(out)[0]["name"] == "krippendorff_alpha"


def test_hostile_labels_are_tamed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = ["\x1b[31mred\x1b[0m", "x" * 10_000, "\u202eabc", "[bold]b[/bold]"]
    rows = [(u, f"r{r}\x1b[2J", labels[(u + (r and u % 3)) % 4]) for u in range(40) for r in (0, 1)]
    write(desk / "evil.csv", rows)
    for name in ("alpha", "fleiss", "cohen_kappa", "cohen_kappa_mean", "ac1"):
        code, out, _ = run(capsys, name, "evil.csv")
        assert code == 0
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "\u2068" not in out
        assert "\\x1b[31mred" in out or name == "cohen_kappa_mean"
        assert max(map(len, out.splitlines())) <= 80
        assert len(out) < 8_000
        run(capsys, name, "evil.csv", "--format", "json")
    code, out, _ = run(capsys, "alpha", "evil.csv", "--find", ".5", "--names")
    assert code == 0
    assert not {"\x1b", "\u202e", "\u2068"} & set(out)
    assert max(map(len, out.splitlines())) <= 80


def test_colour_only_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, plain, _ = run(capsys, "alpha", "ratings.csv")
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, coloured, _ = run(capsys, "alpha", "ratings.csv")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def examples() -> list[tuple[str, str]]:
    """(command, output) of the page: a block that begins with ``$ labelq explain``."""
    page = (ROOT / "docs/explain.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    found = []
    for block in blocks:
        command, _, output = block.partition("\n")
        found.append((command.removeprefix("$ labelq explain "), output))
    return found


@pytest.mark.parametrize(("command", "output"), examples())
def test_the_page_shows_what_it_says(
    command: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the command changed on purpose, paste its output (80 columns) into docs/explain.md."""
    code, out, _ = run(capsys, *shlex.split(command))
    assert code == 0

    def same(text: str) -> list[str]:
        without = re.sub(r"(krippendorff|statsmodels|scikit-learn) \d+(\.\d+)+", r"\1", text)
        return [" ".join(line.split()) for line in without.strip().splitlines()]

    assert same(out) == same(output)
    assert len(examples()) == 3
