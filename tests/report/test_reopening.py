"""An audit's directory is the audit: whatever was measured, its reports come out the same."""

import datetime as dt
import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from labelq.auditing import audit
from labelq.cli.report import pages
from labelq.errors import LabelqError
from labelq.labels.building import build_round
from labelq.labels.model import Question, Ranking
from labelq.labels.plain import from_plain, to_plain
from labelq.labels.submissions import ADJUDICATED, ANSWER, GOLD, SELECTED, Submissions
from labelq.reading import read_audit
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.report.directory import queue_csv, write_audit
from labelq.report.disagreements import disagreements_frame
from labelq.report.document import audit_document, to_bytes
from labelq.report.html import report_html
from labelq.report.markdown import report_markdown
from labelq.report.reopening import open_audit, reopen
from labelq.report.sections import Document, ids_of
from labelq.report.steps import Onward
from labelq.settings import GateRule
from tests.pinpoint.planted import planted
from tests.report.conftest import HOSTILE

PEOPLE = ("ann", "bo", "cy", "di")
ONWARD = Onward("labelq audit next_round.csv --against 'a b'", server=True)


SCHEMA = json.loads((Path(__file__).parents[2] / "docs/audit.schema.json").read_bytes())
VALID = Draft202012Validator(SCHEMA)


def strict(schema):
    """The same schema, with nothing in a document that it does not tell."""
    schema = json.loads(json.dumps(schema))
    for told in schema["$defs"].values():
        told["additionalProperties"] = False
        told["required"] = [*told["properties"]]
    return Draft202012Validator(schema)


STRICT = strict(SCHEMA)


def assert_valid(document):
    problem = best_match(STRICT.iter_errors(document))
    assert problem is None, f"{problem.json_path}: {problem.message}"


def quick(round_, **how):
    return audit(round_, resamples=0, cross_check=False, **how)


def same_again(found, target, *, names=False, onward=ONWARD):
    """Write an audit, open it, and hold everything that is written from the two together."""
    write_audit(found, target, manifest={"inputs": {}}, names=names, onward=onward)
    assert_valid(json.loads((target / "audit.json").read_bytes()))
    opened = reopen(target)
    assert (opened.names, opened.onward) == (names, onward)
    for name, render in (("report.html", report_html), ("report.md", report_markdown)):
        page = render(opened.audit, names=opened.names, onward=opened.onward)
        written = (target / name).read_bytes().decode("utf-8")
        assert page.encode("utf-8", "backslashreplace").decode("utf-8") == written
    again = open_audit(target)
    assert to_bytes(audit_document(again)) == (target / "audit.json").read_bytes()
    assert to_bytes(list(again.tasks)) == (target / "queue.json").read_bytes()
    assert queue_csv(again).encode() == (target / "queue.csv").read_bytes()[3:]
    table = disagreements_frame(again).to_csv(index=False, lineterminator="\n")
    assert table.encode() == (target / "disagreements.csv").read_bytes()
    for name, consensus in found.consensus.items():
        assert again.consensus[name].best == consensus.best
        assert again.consensus[name].units.tolist() == consensus.units.tolist()
        if consensus.sd is not None:
            np.testing.assert_array_equal(again.consensus[name].sd, consensus.sd)
    assert again.round == found.round
    assert again.draft == found.draft
    assert again.decisions == found.decisions
    return again


PATHS = (("A", "B"), ("D",))
LEVELS = {
    "kind": ("nominal", ("a", "b", "c"), lambda dice: dice.choice("aabc")),
    "urgency": ("ordinal", tuple("123"), lambda dice: dice.choice("123")),
    "amount": ("interval", (), lambda dice: dice.randrange(9) / 4),
    "topics": ("set", ("x", "y"), lambda dice: frozenset(dice.sample("xy", dice.randrange(3)))),
    "order": ("ranking", (), lambda dice: Ranking.of(dice.sample(["i1", "i2", "i3"], 3))),
    "path": (
        "set",
        (("A", "B"), ("D",)),
        lambda dice: frozenset([dice.choice([("A", "B"), ("D",)])]),
    ),
}


def mixed(seed, names, texts=None, n=9):
    """Questions of any level, gold, decisions, votes that a queue asked for, and a newcomer."""
    dice, s = random.Random(seed), Submissions()
    for name in names:
        level, labels, _ = LEVELS[name]
        s.add_question(Question(name, level, "config", labels, "config" if labels else "observed"))

    def answer(unit, rater, what):
        rater = s.add_rater(rater, rater)
        given = s.add_annotation(unit, rater, what, submitted=1000 * unit, seconds=2.5)
        for q, name in enumerate(names):
            s.add_answer(given, q, LEVELS[name][2](dice))

    for u in range(n):
        text = None if texts is None else texts[u % len(texts)]
        s.add_unit(f"u{u:02}", text, {"image": f"https://x.example/{u}.png"})
        for name in PEOPLE[: 2 + u % 3]:
            answer(u, name, ANSWER)
    for u in range(0, n, 4):
        answer(u, "ann", SELECTED)
        answer(u, "eve", SELECTED)
    for u in range(0, n, 7):
        answer(u, "rev", ADJUDICATED)
    s.add_answer(s.add_annotation(3, -1, GOLD), 0, LEVELS[names[0]][2](dice))
    return build_round(s, name="r <b>")


@pytest.mark.parametrize("names", [("kind", "topics"), ("urgency", "amount"), ("order", "path")])
def test_every_level_with_votes_from_a_queue_and_decisions(names, tmp_path):
    found = quick(mixed(1, names, ["text one", "another", "a third"]))
    assert found.round.newcomers
    assert found.round.gold.keys() == {names[0]}
    again = same_again(found, tmp_path / "a", names=True)
    assert {name for name, d in again.round.adjudicated.items() if d} == set(names)


def test_images_without_text(tmp_path):
    same_again(quick(mixed(2, ("kind",))), tmp_path / "a")


def hostile_round():
    """What a table, JSON and a page can choke on, wherever there is text."""
    dice, s = random.Random(3), Submissions()
    labels = ("<b>", "a,b\r\n", '"', "' ", "NA", "=1+1", "{{x}}", "\u202e", "nu\x00ll", "1.0")
    texts = [text for text in HOSTILE if "\ud800" not in text]
    s.add_question(Question("<q>,\n", "nominal", "config", labels, "config"))
    people = [f"{text[:20]} {i}" for i, text in enumerate(texts)]
    for u in range(16):
        text = texts[u % len(texts)]
        s.add_unit(f"{text[:40]} {u}", text, {"f\u2028": texts[u % 5], "unit": text[:9]})
        for name in dice.sample(people, 4):
            given = s.add_annotation(u, s.add_rater(name, name), ANSWER)
            s.add_answer(given, 0, dice.choice(labels[: 3 + u % 8]))
    return build_round(s, name="\u202e{% raw %}")


def test_hostile_ids_labels_names_and_texts(tmp_path):
    same_again(quick(hostile_round()), tmp_path / "a", names=True)


def test_half_characters_are_question_marks_in_every_file(tmp_path):
    half, dice, s = "\ud83d", random.Random(1), Submissions()
    s.add_question(Question(f"q{half}", "nominal", "config", (f"a{half}", "b"), "config"))
    s.add_question(Question(f"t{half}", "set", "config", (f"x{half}", "y"), "config"))
    for u in range(12):
        s.add_unit(f"{half}{u:02}", f"text {half} {u}", {f"f{half}": half, "text": half})
        for name in (f"ann{half}", "bo", "cy"):
            given = s.add_annotation(u, s.add_rater(name, name), ANSWER)
            s.add_answer(given, 0, dice.choice([f"a{half}", "b"]))
            s.add_answer(given, 1, frozenset(dice.sample([f"x{half}", "y"], dice.randrange(3))))
    found = quick(build_round(s, name=f"r{half}"))
    assert {*found.to_frame()["question"]} == {"q?", "t?"}
    write_audit(found, tmp_path / "a", manifest={"inputs": {}})
    again = open_audit(tmp_path / "a").round
    assert again.units.ids[0] == "?00"
    assert again.units.text[0] == "text ? 0"
    assert again.questions[0].labels == ("a?", "b")
    assert again.raters[0].id == "ann?"
    assert [*again.units.fields] == ["f?", "text"]


def decision(cluster, round_):
    return Decision(
        id="gift-cards",
        question=cluster.question,
        labels=cluster.labels,
        outcome="label",
        scope=Scope(tasks=tuple(round_.units.ids[u] for u in cluster.units[:5])),
        label=cluster.labels[0],
        rule="Gift cards are *that*.",
        who=("Ann",),
        when=dt.date(2026, 3, 2),
        evidence=Evidence("r", cluster.id, cluster.words, len(cluster.units), cluster.share),
    )


@pytest.fixture(scope="module")
def meeting(tmp_path_factory):
    """An audit after a meeting, against the one before it, with gates; both are written."""
    folder = tmp_path_factory.mktemp("meeting")
    round_ = planted().round
    before = quick(round_)
    write_audit(before, folder / "before", manifest={"inputs": {}})
    question = before.clusters[0].question
    found = quick(
        replace(round_, name="second"),
        guideline=("guide.md", "# Guide\r\n\r\n## One\r\n\r\nText\r\n"),
        decisions=[decision(before.clusters[0], round_)],
        against=read_audit(folder / "before"),
        fail_under=[
            GateRule(question, "krippendorff_alpha", 0.9),
            GateRule(question, "krippendorff_alpha", -0.5, change=True),
        ],
    )
    same_again(found, folder / "after")
    return folder / "after", found


def test_a_meeting_a_comparison_and_gates(meeting):
    target, found = meeting
    assert found.comparison
    assert found.decided
    assert [gate.change for gate in found.gates] == [False, True]
    again = open_audit(target)
    assert again.decision(next(iter(found.decided))) == found.decisions[0]
    assert again.passed == found.passed


def test_a_made_up_audit_of_everything(audit):
    texts = tuple(replace(q, labels=("1", "2")) for q in audit.round.questions)
    audit = replace(audit, round=replace(audit.round, questions=texts))
    ids = ids_of(audit.round)
    written = json.loads(to_bytes(audit_document(audit)))
    told = from_plain(written, Document, ids)
    assert to_plain(told, Document, ids) == written
    for name in ("agreements", "clusters", "verdicts", "queue", "edge_cases", "gates"):
        assert getattr(told, name) == getattr(audit, name)


def test_the_schema_is_one_and_refuses_what_is_spoiled(small):
    Draft202012Validator.check_schema(SCHEMA)
    assert_valid(small[1])
    document = {name: [] if isinstance(told, list) else told for name, told in small[1].items()}
    document["questions"] = small[1]["questions"]
    assert VALID.is_valid(document | {"new": 1})
    for name in document:
        without = {key: told for key, told in document.items() if key != name}
        late = name in ("more_pairs", "decisions", "consensus")  # added within the version
        assert VALID.is_valid(without) == late, name
        assert not VALID.is_valid(document | {name: 7 if name != "pairs_left_out" else "7"}), name
    question = document["questions"][0]
    for field, wrong in (("level", "nominel"), ("labels", [1]), ("costs", [["a", "b"]])):
        assert not VALID.is_valid(document | {"questions": [question | {field: wrong}]})


# --- what is no audit, or no longer one ---------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small audit's directory, and its audit.json."""
    target = tmp_path_factory.mktemp("small") / "a"
    found = quick(mixed(4, ("kind",), ["one text", "another"]))
    write_audit(found, target, manifest={"inputs": {}}, onward=ONWARD)
    return target, json.loads((target / "audit.json").read_bytes())


@pytest.fixture
def copied(small, tmp_path):
    """A copy of it to spoil."""
    shutil.copytree(small[0], tmp_path / "a")
    return tmp_path / "a"


def refused(directory):
    with pytest.raises(LabelqError) as stopped:
        open_audit(directory)
    assert "\n" not in str(stopped.value)
    return str(stopped.value)


def test_what_is_no_audit(tmp_path):
    assert "is no audit (it has no audit.json)" in refused(tmp_path)
    assert "is no audit" in refused(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    assert "is no audit" in refused(tmp_path / "file")


def test_another_version_says_so(copied):
    path = copied / "audit.json"
    path.write_text(path.read_text("utf-8").replace("labelq/audit/1", "labelq/audit/2"))
    told = refused(copied)
    assert "labelq/audit/2" in told
    assert "reads labelq/audit/1" in told


@pytest.mark.parametrize("section", ["consensus", "decisions"])
def test_an_audit_of_before_reports_were_made_again(copied, small, section):
    document = {name: told for name, told in small[1].items() if name != section}
    (copied / "audit.json").write_text(json.dumps(document))
    assert "written by an earlier labelq" in refused(copied)
    assert read_audit(copied).clusters is not None  # still good to compare with


def test_a_manifest_that_does_not_say_how(copied):
    (copied / "manifest.json").write_text('{"inputs": {}}')
    assert "written by an earlier labelq" in refused(copied)
    (copied / "manifest.json").write_text('{"inputs": {}, "report": {"onward": 3}}')
    assert "audit again" in refused(copied)


def test_what_is_not_known_yet_is_passed_over(copied, small):
    document = small[1] | {"new": 1}
    document["verdicts"] = [row | {"new": {}} for row in document["verdicts"]]
    (copied / "audit.json").write_text(json.dumps(document))
    assert open_audit(copied).verdicts == open_audit(small[0]).verdicts


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("audit.json", "{"),
        ("audit.json", "[]"),
        ("audit.json", "[" * 100_000),
        ("manifest.json", "3"),
        ("queue.json", "{}"),
        ("queue.json", "[1]"),
        ("labels.csv", "unit,question\n1,2\n"),
        ("disagreements.csv", "unit,question,label\nx,kind,\n"),
        ("guideline_draft.md", None),
        ("ratings.csv", "unit,rater,value\n1,a,a\n1,b,c\n"),
    ],
)
def test_a_file_that_is_broken(copied, file, content):
    if content is None:
        (copied / file).unlink()
    else:
        (copied / file).write_text(content)
    refused(copied)


def test_it_says_where_it_does_not_fit(copied, small):
    document = json.loads(json.dumps(small[1]))
    document["verdicts"][0]["headline"]["value"] = "high"
    (copied / "audit.json").write_text(json.dumps(document))
    assert "audit.json: verdicts[0].headline.value: 'high' is no number" in refused(copied)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2)
    ),
    max_leaves=3,
)


@given(st.data())
def test_whatever_stands_there_there_is_a_page_or_one_line(small, data):
    target, document = small
    spoiled = json.loads(json.dumps(document))
    place = spoiled
    for _ in range(data.draw(st.integers(0, 5))):
        keys = [*place] if isinstance(place, dict) else range(len(place))
        inner = [key for key in keys if isinstance(place[key], dict | list) and place[key]]
        if not inner:
            break
        place = place[data.draw(st.sampled_from(inner))]
    key = data.draw(st.sampled_from([*place] if isinstance(place, dict) else [*range(len(place))]))
    place[key] = data.draw(ANYTHING)
    (target / "audit.json").write_text(json.dumps(spoiled))
    told = ""
    try:
        opened = reopen(target)
        assert VALID.is_valid(spoiled)  # what is read is as the schema says
        pages(target, opened, ["md"], names=False, text=True)
    except LabelqError as error:
        told = str(error)
    finally:
        (target / "audit.json").write_bytes(to_bytes(document))
    assert "\n" not in told
