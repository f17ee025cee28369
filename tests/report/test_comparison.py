"""What a comparison says, in every medium, and that data in it stays data."""

import dataclasses
import io
import json

import pytest

from labelq.auditing import audit
from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.remember.earlier import Earlier
from labelq.remember.findings import Comparison
from labelq.report import comparison, words
from labelq.report.document import audit_document, to_bytes
from labelq.report.html import report_html
from labelq.report.markdown import report_markdown
from labelq.report.names import Names
from labelq.report.terminal import print_audit
from labelq.report.text import plain
from labelq.settings import GateRule
from tests.remember.contents import drawn, remembered

EVIL = "<script>alert(1)</script>\x1b[31m"


@pytest.fixture(scope="module")
def found():
    before = drawn([0.9, *[0.05] * 9], 15, 1, name=EVIL)
    after = drawn([0.05] * 10, 15, 2)
    earlier = remembered(before, [0])
    hostile = tuple(dataclasses.replace(c, words=(EVIL, *c.words)) for c in earlier.clusters)
    earlier = Earlier(before, hostile, {}, {}, (EVIL, "# Old\n"))
    cluster = hostile[0]
    decision = Decision(
        id=EVIL,
        question="value",
        labels=("a", "b"),
        outcome="label",
        label="a",
        scope=Scope(tasks=tuple(before.units.ids[u] for u in cluster.units)),
        evidence=Evidence(EVIL, cluster.id, cluster.words, len(cluster.units), 0.5),
    )
    return audit(
        after,
        resamples=100,
        cross_check=False,
        against=earlier,
        decisions=[decision],
        guideline=("new.md", "# New\n"),
        fail_under=[GateRule(None, "alpha", -0.05, change=True), GateRule(None, "alpha", 0.99)],
    )


def texts(found):
    terminal = io.StringIO()
    print_audit(found, "out", file=terminal)
    return report_html(found), report_markdown(found), terminal.getvalue()


def test_every_medium_says_it_and_data_stays_data(found):
    for text in texts(found):
        assert "Did it help" in text
        assert "improved" in text
        assert "\x1b[31m" not in text
        assert "\\x1b[31m" in text
    assert "<script>alert" not in texts(found)[0]
    assert "`<script>alert(1)</script>" in texts(found)[1]


def test_without_a_comparison_there_is_nothing_of_it(found):
    for text in texts(dataclasses.replace(found, comparison=None)):
        assert "Did it help" not in text


def test_the_document_holds_it_with_ids(found):
    document = json.loads(to_bytes(audit_document(found)))["comparison"]
    assert document["name"] == EVIL
    (fate,) = document["clusters"]
    assert fate["fate"] == "gone"
    assert set(fate["units"]) <= set(found.round.units.ids)
    assert document["changes"][0]["before"]["metric"] == "krippendorff_alpha"
    assert document["effects"][0]["decision"] == EVIL
    assert json.loads(to_bytes(audit_document(dataclasses.replace(found, comparison=None))))[
        "comparison"
    ] is None  # fmt: skip


def test_gates_about_changes(found):
    change, value = found.gates
    assert (change.change, change.passed, value.change, value.passed) == (True, True, False, False)
    assert change.lower == found.comparison.change("value", "krippendorff_alpha").lower
    said = plain(words.gate(change))
    assert said.startswith("Change of Krippendorff’s alpha of value at least −.05: passed")
    assert not found.passed


def told(found: Comparison, **how):
    return dataclasses.replace(found.changes[0], **how)


def test_changes_in_words(found):
    base = {"difference": 0.1, "lower": 0.034, "upper": 0.17, "detectable": 0.083}
    row = told(found.comparison, **base, word="improved")
    before, after = (comparison.coefficient(r.value) for r in (row.before, row.after))
    assert plain(comparison.change(row)) == (
        f"value: improved, alpha {before} → {after}, +.10 (+.03 to +.17)."
    )
    row = told(found.comparison, **base | {"lower": -0.05}, word="not_shown")
    assert plain(comparison.change(row)).endswith(
        "+.10 (−.05 to +.17); with tasks like these a change of .08 would be seen four times in"
        " five."
    )
    none = {"difference": None, "lower": None, "upper": None, "detectable": None}
    row = told(found.comparison, **none, word="cannot_tell", reason="other_level")
    said = plain(comparison.change(row))
    assert "it was measured as labels without order then and as labels without order now" in said
    for reason in ("other_labels", "other_costs", "not_in_both", "no_interval", "label_gone"):
        row = told(found.comparison, **none, word="cannot_tell", reason=reason)
        assert words.reason(reason) in plain(comparison.change(row))
        assert reason not in plain(comparison.change(row))


def test_fates_in_words(found):
    (fate,) = found.comparison.clusters
    assert plain(comparison.fate(fate)).startswith("Gone: a or b, about “")
    assert "without any change" in plain(comparison.rates(fate))
    few = dataclasses.replace(fate, before=None, reason="too_few_units", fate="too_little")
    assert plain(comparison.rates(few)).startswith("Only ")
    gone = dataclasses.replace(fate, reason="label_gone")
    assert plain(comparison.rates(gone)) == "One of the labels is no longer there."


def test_what_else_is_different_in_words(found):
    names = Names(found.round.raters)
    said = " ".join(
        plain(s)
        for s in comparison.surroundings(
            dataclasses.replace(
                found.comparison.surroundings,
                labels=(("value", ("c",), ("d",)),),
                levels=(("value", "nominal", "ordinal"),),
                only_before=("x",),
                only_after=("y",),
                joined=("rater0",),
                left=("nobody",),
            ),
            names,
        )
    )
    for part in (
        "Labels of value: new c; no longer there d.",
        "value was measured as labels without order then, as ordered labels now.",
        "Only asked in the earlier round: x.",
        "Only asked in this round: y.",
        "Annotators: 3 in both rounds, 1 new (A), 1 no longer there.",
        "The guideline changed",
    ):
        assert part in said


def test_a_summary_without_a_common_question(found):
    empty = dataclasses.replace(found.comparison, changes=(), clusters=())
    assert plain(comparison.summary(empty)).endswith("no question was asked in both rounds.")
