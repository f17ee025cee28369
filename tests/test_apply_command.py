"""``labelq apply``: what it shows, what it writes, and that a repeat completes."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest

from labelq.auditing import audit
from labelq.cli import apply as command
from labelq.cli import main
from labelq.errors import ServerError
from labelq.files import write_directory
from labelq.label_studio.queues.order import read_order
from labelq.reading import read_audit
from labelq.report.directory import write_audit
from tests.rounds import make_round

GUIDELINE = """# Support

Our own words.\r
## Refund

Money that goes back.

## Billing

What we charge.
"""
CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="value" toName="text">
    <Choice value="billing"/>
    <Choice value="other"/>
    <Choice value="refund"/>
  </Choices>
</View>
"""
HEAD = "version: 1\ndecisions:\n"
CARDS = """  - id: cards
    question: value
    labels: [refund, billing]
    outcome: label
    label: billing
    rule: A gift card is billing.
    scope: {words: [card]}
    who: [Mia]
"""
SPLIT = """  - id: fees
    question: value
    labels: [other]
    outcome: split
    label: other
    into: [fees, "<b>late</b>"]
    rule: Other is too wide.
"""
RENAME = """  - id: money
    question: value
    labels: [refund]
    outcome: rename
    label: money
    rule: Better said.
"""


def a_round():
    """Forty tasks by three people; on every fourth, about cards, they split."""
    rows = []
    for n in range(40):
        about = f"gift card {n}" if n % 4 == 0 else f"parcel {n}" if n % 4 < 3 else f"hello {n}"
        label = "refund" if n % 4 == 1 else "billing" if n % 4 == 2 else "other"
        said = ["refund", "billing", "billing"] if n % 4 == 0 else [label] * 3
        rows += [
            (f"{n:02}", who, vote, about)
            for who, vote in zip(("ann", "bo", "cy"), said, strict=True)
        ]
    return make_round(rows, seconds={"ann": 30, "bo": 60, "cy": 90}, name="week 11")


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited") / "week"
    found = audit(a_round(), guideline=("guideline.md", GUIDELINE), resamples=0, cross_check=False)
    manifest = {"inputs": {"guideline": {"name": "guideline.md"}}, "options": {}}
    write_audit(found, folder, manifest=manifest)
    return folder


@pytest.fixture
def here(audited, tmp_path, monkeypatch):
    """A desk: the audit, the guideline, its decisions, the labeling config."""
    monkeypatch.chdir(tmp_path)
    with write_directory(tmp_path / "week") as directory:
        for file in audited.iterdir():
            if file.is_file():
                (directory / file.name).write_bytes(file.read_bytes())
    Path("guideline.md").write_bytes(GUIDELINE.encode())
    Path("label_config.xml").write_text(CONFIG, "utf-8")
    Path("decisions.yaml").write_text(HEAD + CARDS, "utf-8")
    return tmp_path


@pytest.fixture
def apply(here, capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stopped:
            main(["apply", "week", *map(str, arguments)])
        said = capsys.readouterr()
        return stopped.value.code or 0, said.out, said.err

    return run


def files(folder="."):
    return {p.as_posix(): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def test_it_shows_before_it_asks_and_a_dry_run_writes_nothing(here, apply):
    before = files()
    code, out, err = apply("--dry-run")
    assert (code, err) == (0, "")
    assert out.startswith("cards  value: refund or billing: billing\n")
    assert (
        "contradicts 10 of the 30 annotations of 10 tasks in its scope: 10 tasks, 1 annotator\n"
        in out
    )
    assert "to look at again: about 10 min, at 60 s for each" in out
    assert "    00 “gift card 0”  billing 2, refund 1\n" in out
    assert "In all 10 tasks and 10 annotations to look at again, about 10 min" in out
    assert "Guideline: guideline.md, version 2: " in out
    assert "Dry run: nothing was changed." in out
    code, _, err = apply()
    assert code == 2
    assert "nobody can be asked here: --yes does it" in err
    assert files() == before


def test_what_it_writes(here, apply):
    audit_before = files("week")
    code, out, err = apply("--yes")
    assert (code, err) == (0, "")
    assert out.index("Written: week-decided") < out.index("Written: guideline.md, version 2")
    assert "Push it with: labelq queue push week-decided --project ID\n" in out
    assert files("week") == audit_before  # an audit is never changed

    text = Path("guideline.md").read_bytes().decode()
    assert "Our own words.\r\n## Refund\n" in text
    assert "A gift card is billing." in text[text.index("## Billing") :]
    order = read_order(Path("week-decided"))
    assert order.round == "week 11, decided"
    assert order.guideline == text
    assert [(e.unit, e.raters, e.reasons) for e in order.entries] == [
        (f"{n:02}", {"ann"}, ("decided",)) for n in range(0, 40, 4)
    ]
    assert {e.data["text"] for e in order.entries} == {f"gift card {n}" for n in range(0, 40, 4)}
    text = Path("week-decided/ratings.csv").read_text("utf-8")
    released = list(csv.DictReader(text.splitlines()))
    assert {(r["rater"], r["value"]) for r in released} == {("ann", "refund")}
    queue = json.loads(Path("week-decided/queue.json").read_bytes())
    assert queue[0]["data"]["labelq_key"] == "week 11, decided/00"
    assert "refund" not in json.dumps(queue)
    assert not Path("week-decided/label_config.xml").exists()
    assert read_audit("week").name == "week 11"


def test_a_repeat_changes_nothing(here, apply):
    apply("--yes")
    before = files()
    code, out, _ = apply("--yes")
    assert code == 0
    assert "guideline.md says it all already" in out
    assert files() == before


def test_labels_that_change_give_a_config_and_lines_to_paste(here, apply):
    Path("decisions.yaml").write_text(HEAD + SPLIT, "utf-8")
    code, _, err = apply("--yes")
    assert code == 2
    assert "which labeling config has them? Give --label-config FILE" in err
    assert not Path("week-decided").exists()

    code, out, err = apply("--yes", "--label-config", "label_config.xml")
    assert (code, err) == (0, "")
    revised = CONFIG.replace(
        '<Choice value="other"/>',
        '<Choice value="fees"/>\n    <Choice value="&lt;b&gt;late&lt;/b&gt;"/>',
    )
    assert Path("week-decided/label_config.xml").read_text("utf-8") == revised
    by_hand = Path("week-decided/label_config_by_hand.txt").read_text("utf-8")
    assert by_hand.splitlines() == [
        'In value, after <Choice value="other"/>, put in:',
        '  <Choice value="fees"/>',
        '  <Choice value="&lt;b&gt;late&lt;/b&gt;"/>',
        "In value, take this out once no annotation has it any more (Label Studio refuses before):",
        '  <Choice value="other"/>',
    ]
    assert all(line in out for line in by_hand.splitlines())
    order = read_order(Path("week-decided"))
    assert (len(order.entries), order.released, order.label_config) == (10, True, revised)
    assert Path("label_config.xml").read_text("utf-8") == CONFIG


def test_a_rename_is_a_mapping_and_releases_nothing(here, apply):
    Path("decisions.yaml").write_text(HEAD + RENAME, "utf-8")
    code, out, _ = apply("--yes", "--label-config", "label_config.xml")
    assert code == 0
    assert "a mapping: re-labels nothing" in out
    assert "Nothing is to be labeled again." in out
    (line,) = [line for line in out.splitlines() if "map_label" in line]
    assert tomllib.loads(line) == {"map_label": ["value:refund=money"]}
    assert '<Choice value="money"/>' in Path("week-decided/label_config.xml").read_text("utf-8")
    assert "labelq queue push" not in out


def test_what_cannot_be_done_is_refused_before_anything_is_written(here, apply):
    rating = CONFIG.replace("Choices", "Taxonomy").replace(
        '<Choice value="other"/>', '<Choice value="other"><Choice value="deep"/></Choice>'
    )
    Path("label_config.xml").write_text(rating, "utf-8")
    Path("decisions.yaml").write_text(HEAD + SPLIT, "utf-8")
    before = files()
    code, _, err = apply("--yes", "--label-config", "label_config.xml")
    assert code == 2
    assert "decision fees: value: 'other' has labels below it" in err
    assert files() == before


@pytest.mark.parametrize(
    ("decisions", "arguments", "said"),
    [
        (None, (), "decisions.yaml: there are no decisions yet; labelq decide week writes them"),
        (
            CARDS.replace("billing", "biling"),
            (),
            "value has no label 'biling'; did you mean billing?",
        ),
        (CARDS.replace("outcome: label", "outcome: labl"), (), "unknown outcome 'labl'"),
        (CARDS, ("--out", "week"), "is (in) the audit"),
        (CARDS, ("--out", "week/sub"), "is (in) the audit"),
        (CARDS, ("--out", "guideline.md"), "is a file, not a directory"),
        (CARDS, ("--out", "other"), "was not written by this command"),
        (CARDS, ("--guideline", "missing.md"), "missing.md: cannot be read"),
    ],
)
def test_refusals_are_one_line(here, apply, decisions, arguments, said):
    Path("other").mkdir()
    Path("other/manifest.json").write_text("{}", "utf-8")
    if decisions is None:
        Path("decisions.yaml").unlink()
    else:
        Path("decisions.yaml").write_text(HEAD + decisions, "utf-8")
    before = files()
    code, out, err = apply("--yes", *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err
    assert files() == before


def test_decisions_about_another_round_are_noted_and_left(here, apply):
    other = CARDS.replace("cards", "tones").replace("value", "tone") + (
        "    evidence: {round: week 9, cluster: tone-1, words: [], tasks: 3, share: .1}\n"
    )
    Path("decisions.yaml").write_text(HEAD + CARDS + other, "utf-8")
    code, out, err = apply("--dry-run")
    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert "Note: decisions.yaml, line 11, column 5: the round has no question 'tone'" in said
    assert "1 decision made on other rounds" in said
    ours = other.replace("round: week 9", "round: week 11")
    Path("decisions.yaml").write_text(HEAD + CARDS + ours, "utf-8")
    code, _, err = apply("--dry-run")
    assert code == 2
    assert "the round has no question 'tone'" in err


def test_nothing_decided_is_nothing_to_do(here, apply):
    undecided = CARDS.replace("outcome: label\n    label: billing", "outcome: undecided")
    Path("decisions.yaml").write_text(HEAD + undecided, "utf-8")
    before = Path("guideline.md").read_bytes()
    code, out, _ = apply("--dry-run")
    assert code == 0
    assert "Nothing is decided about this round yet." in out
    assert "1 decision still open: not applied." in out
    assert Path("guideline.md").read_bytes() == before


def test_a_guideline_that_changed_meanwhile_is_not_overwritten(here, apply, monkeypatch):
    def changed(*_args):
        Path("guideline.md").write_bytes(b"# Somebody else's words\n")
        return True

    monkeypatch.setattr("labelq.cli.queue.go_on", changed)
    code, _, err = apply()
    assert code == 2
    assert "somebody changed it meanwhile; repeat the command" in err
    assert Path("guideline.md").read_bytes() == b"# Somebody else's words\n"


def test_a_word_document_gets_its_next_version_as_markdown(here, apply):
    Path("guideline.html").write_text("<h1>Support</h1><h2>Billing</h2><p>What we charge.</p>")
    code, out, _ = apply("--yes", "--guideline", "guideline.html")
    Path("guideline.md").unlink(missing_ok=False)
    assert code == 2  # guideline.md stands there already, and is not that document
    code, out, _ = apply("--yes", "--guideline", "guideline.html")
    assert code == 0
    assert "Written: guideline.md" in out
    assert "A gift card is billing." in Path("guideline.md").read_text("utf-8")


def test_a_server_that_fails_is_told_what_is_done(here, apply, monkeypatch):
    def fails(*_args):
        raise ServerError("https://example.com: does not answer")

    monkeypatch.setattr("labelq.cli.queue.push", fails)
    monkeypatch.setattr(command, "planned", _pushing(command.planned))
    code, out, err = apply("--yes")
    assert code == 2
    assert "Written: guideline.md" in out
    assert (
        "example.com: does not answer. The guideline and week-decided are written, the queue is not"
        " there yet, or not whole: repeat the command, it completes"
    ) in err
    assert Path("week-decided/queue.json").is_file()


def _pushing(planned):
    from dataclasses import replace

    return lambda *args: replace(planned(*args), pushes=True)


def test_hostile_text_steers_nothing(here, apply):
    hostile = CARDS.replace(
        "A gift card is billing.", '"\\e[31m</script><!-- --> [a](javascript:x)"'
    )
    hostile = hostile.replace("[Mia]", '["\\e]0;x"]')
    Path("decisions.yaml").write_text(HEAD + hostile, "utf-8")
    code, out, err = apply("--yes")
    assert code == 0
    assert "\x1b" not in out + err + Path("week-decided/changes.md").read_text("utf-8")


def test_tasks_decided_one_by_one_are_left_as_decided_without_an_audit(here, apply):
    said = "task,question,label,who\n00,value,refund,Mia\n04,value,other,Mia\n"
    Path("adjudicated.csv").write_text(said, "utf-8")
    code, out, err = apply("--dry-run")
    assert (code, err) == (0, "")
    assert "contradicts 8 of the 30 annotations of 10 tasks" in out
    assert "2 tasks more, decided one by one: left as decided" in out
    assert "adjudicated.csv: 2 decided labels of it are about this round." in out
    Path("adjudicated.csv").rename("elsewhere.csv")
    assert "contradicts 10 of the 30" in apply("--dry-run")[1]
    assert "contradicts 8 of the 30" in apply("--dry-run", "--adjudicated", "elsewhere.csv")[1]
    # A label that the decision brings is an answer, too.
    new = CARDS.replace("outcome: label\n    label: billing", "outcome: new_label\n    label: gift")
    Path("decisions.yaml").write_text(HEAD + new, "utf-8")
    Path("adjudicated.csv").write_text(said.replace("other", "gift"), "utf-8")
    out = apply("--dry-run", "--label-config", "label_config.xml")[1]
    assert "2 tasks more, decided one by one" in out


def test_a_task_is_shown_up_to_200_characters_and_what_is_compared(here):
    from labelq.remedy.decisions import Decision, Scope
    from labelq.remedy.releasing import effects
    from labelq.report.applying import WIDTH, effect_lines

    text = "card " + " ".join(f"w{n}" for n in range(90))
    round_ = make_round([("1", who, vote, text) for who, vote in zip("abc", "AAB", strict=True)])
    rule = Decision("d", "value", ("A", "B"), "label", Scope(words=("card",)), label="A")
    lines = list(effect_lines(round_, effects([rule], round_)[0]))
    assert "  only A and B are compared: other labels are left alone" in lines
    shown = lines[lines.index("  these:") + 1 :]
    assert max(map(len, shown)) <= WIDTH
    assert shown[-1].endswith("  A 2, B 1")
    whole = " ".join(line.strip() for line in shown)
    quoted = whole[whole.index("“") + 1 : whole.index("”")]
    assert 180 < len(quoted) <= 200
    assert text.startswith(quoted.rstrip("… "))


def test_a_home_in_another_folder(here, apply):
    Path("docs").mkdir()
    for name in ("guideline.md", "decisions.yaml"):
        Path(name).rename(f"docs/{name}")
    code, out, _ = apply("--yes")
    assert code == 0
    assert "Written: docs/guideline.md" in out
