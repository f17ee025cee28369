"""The file of decisions: read with places, written without losing a byte that people wrote."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.errors import DecisionsError
from labelq.remedy.decision_file import read_decisions
from labelq.remedy.decision_writing import with_decision
from labelq.remedy.decisions import OUTCOMES, Decision, Evidence, Scope, refusal

HAND = """\
# What we decided
version: 1   # the only one

decisions:
  # --- March
  - id: gift-cards      # Ruth asked
    question: category
    labels: ['Refund', "Billing"]
    outcome: label
    label: Billing
    # why: the money never left us
    rule: >-
      A refund paid out as a gift card
      is Billing.
      # this is text
    scope:
      words: [gift card, no, 1]   # both spellings
    when: 2026-03-20
    # a note at the end

  - id: late
    question: category
    labels:
      - Shipping
      # courier
      - Complaint
    outcome: undecided

# the end
"""

GIFT, LATE = read_decisions(HAND).decisions


def test_reads_what_people_write():
    assert (
        Decision(
            "gift-cards",
            "category",
            ("Refund", "Billing"),
            "label",
            Scope(words=("gift card", "no", "1")),
            label="Billing",
            rule="A refund paid out as a gift card is Billing. # this is text",
            when=dt.date(2026, 3, 20),
        )
        == GIFT
    )
    assert (LATE.outcome, LATE.scope, LATE.labels) == (
        "undecided",
        Scope(),
        ("Shipping", "Complaint"),
    )
    assert read_decisions(HAND).places == {
        "gift-cards": "line 6, column 5",
        "late": "line 21, column 5",
    }
    assert read_decisions("\ufeff" + HAND.replace("\n", "\r\n")).decisions == (GIFT, LATE)
    assert read_decisions("# nothing yet\n").decisions == ()
    assert read_decisions("version: 1\ndecisions:\n").decisions == ()


ENTRY = "version: 1\ndecisions:\n- id: a\n  question: q\n  labels: [A, B]\n  outcome: undecided\n"

BROKEN = [
    ("version: 1\ndecisions: [", "line 2, column 13: not valid YAML"),
    ("version: 1\n\tdecisions:", "line 2, column 1: not valid YAML"),
    ("version: 2\n", "line 1, column 10: version '2'"),
    ("decisions: []\n", "line 1, column 1: has no version"),
    ("version: 1\ndecision: []\n", "unknown field 'decision'; did you mean decisions?"),
    ("version: 1\nversion: 1\n", "line 2, column 1: 'version' stands here twice"),
    ("version: 1\ndecisions: {a: b}\n", "line 2, column 12: decisions must be a list"),
    ("version: 1\ndecisions:\n- a\n", "line 3, column 3: a decision must hold names"),
    ("version: 1\n---\nversion: 1\n", "line 2, column 1: a second document"),
    ("version: 1\ndecisions: !!python/object:os.system {}\n", "! begins a tag"),
    ("version: 1\ndecisions: &a [*a]\n", "anchors and aliases"),
    ("version: " + "[" * 50, "nested too deep"),
    ("version: 1\x00", "line 1, column 11: a character"),
    ('version: "\\ud800"', "half a character"),
    ('version: "\\UFFFFFFFF"', "not valid YAML"),
    ("- 1\n", "line 1, column 1: the file must hold names"),
    (ENTRY + ENTRY.partition("decisions:\n")[2], "line 7, column 7: the id 'a' stands at line 3"),
    (ENTRY.replace("- id: a\n  q", "- q"), "line 3, column 3: a decision needs id"),
    (ENTRY.replace("id: a", "id: a--b"), "line 3, column 7: id: must be letters"),
    (ENTRY.replace("id: a", "id:"), "line 3, column 3: a decision needs id"),
    (ENTRY.replace("[A, B]", "[A, A]"), "line 5, column 11: labels: a label stands here twice"),
    (ENTRY.replace("[A, B]", "[A, ~]"), "line 5, column 15: labels is empty; put ~ in quotes"),
    (ENTRY.replace("[A, B]", "[A, [B]]"), "line 5, column 15: labels must be a text, not a list"),
    (ENTRY.replace("[A, B]", "{A: B}"), "line 5, column 11: labels must be a list, not a table"),
    (ENTRY.replace("undecided", "undecide"), "unknown outcome 'undecide'; did you mean undecided?"),
    (ENTRY.replace("undecided", "label"), "line 6, column 12: outcome: label needs a label"),
    (ENTRY.replace("undecided", "label\n  label: A"), "needs a scope that says which tasks"),
    (ENTRY.replace("undecided", "merge"), "merge needs a label: what the labels become"),
    (ENTRY.replace("[A, B]", "[A]").replace("undecided", "merge\n  label: C"), "merge needs the"),
    (ENTRY.replace("undecided", "split\n  label: A\n  into: [B, B]"), "split needs two labels"),
    (ENTRY.replace("undecided", "rename\n  label: C"), "rename needs exactly one label"),
    (ENTRY + "  label: A\n", "line 7, column 10: label: undecided takes no label"),
    (ENTRY + "  into: [A]\n", "line 7, column 9: into: is for the outcome split"),
    (ENTRY + "  lable: A\n", "line 7, column 3: unknown field 'lable'; did you mean label?"),
    (ENTRY + "  when: 20.3.2026\n", "line 7, column 9: when must be a day, as 2026-03-20"),
    (ENTRY + "  when: 2026-02-30\n", "line 7, column 9: when must be a day"),
    (ENTRY + "  who: |\n    a\n    b\n", "line 7, column 8: who must be one line"),
    (ENTRY + "  scope: {lookalike: yes}\n", "unknown field 'lookalike'; did you mean lookalikes?"),
    (ENTRY + "  scope: {lookalikes: yes}\n", "column 23: lookalikes must be true or false"),
    (ENTRY + "  scope: {where: [a]}\n", "column 18: where must hold names and values"),
    (ENTRY + "  scope: BF-1\n", "line 7, column 10: scope must hold names"),
    (ENTRY + "  evidence: {round: r}\n", "evidence needs cluster"),
    (ENTRY + "  evidence: {round: r, cluster: c, tasks: 1e3}\n", "tasks must be a whole number"),
    (ENTRY + "  evidence: {round: r, cluster: c, tasks: 1, share: 15 %}\n", "share must be a"),
    (ENTRY + "#" * 1_000_001, "is larger than any file of decisions"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_one_line_with_its_place(text, problem):
    with pytest.raises(DecisionsError) as raised:
        read_decisions(text)
    said = str(raised.value)
    assert problem in said
    assert "\n" not in said
    if "larger" not in said:
        assert re.match(r"decisions\.yaml, line \d+, column \d+: ", said)


def test_an_alias_bomb_is_refused_at_once():
    bomb = "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(30))
    with pytest.raises(DecisionsError, match="line 1, column 4"):
        read_decisions(bomb)


fragments = st.sampled_from(
    [*" \n\t:-[]{},#&*!|>'\"%@`~?\\", "\r\n", "- ", ": ", "\n  ", "version: 1\n", "decisions:\n",
     "- id: a\n", "  question: q\n", "  labels: [A, B]\n", "  outcome: label\n", "  label: A\n",
     "  scope:\n", "    words: [x]\n", "    where: {a: b}\n", "  when: 2026-01-01\n", "  rule: |\n",
     "  evidence: {round: r, cluster: c, tasks: 3}\n", "null", "\ufeff", "\x85", "\u2028", "---\n",
     "...\n", "<<: *a\n", "!!set", "\\x", "%YAML 9.9\n", "%TAG ! tag:x,1:\n", "\x00", "é", "😀"]
)  # fmt: skip


def _refusal(text):
    """What is said about a text that cannot be read; nothing where it can."""
    try:
        assert all(refusal(decision) is None for decision in read_decisions(text).decisions)
    except DecisionsError as error:
        return str(error)


@given(st.lists(fragments | st.text(max_size=5), max_size=40).map("".join))
def test_any_text_is_read_or_refused(text):
    said = _refusal(text)
    assert said is None or re.fullmatch(r"decisions\.yaml, line \d+, column \d+: .+", said)


@given(st.integers(0, len(HAND)), st.integers(0, 3), fragments)
def test_a_file_broken_anywhere_is_read_or_refused(at, cut, put_in):
    said = _refusal(HAND[:at] + put_in + HAND[at + cut :])
    assert said is None or re.fullmatch(r"decisions\.yaml, line \d+, column \d+: .+", said)


# --- writing ---------------------------------------------------------------------------------

line = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() and len(text.splitlines()) == 1
) | st.sampled_from(
    ["no", "1", "~", "2026-03-20", "a: b", "#a", "- a", "it's", '"', "x #y", "=", "1e3"]
)
lines = st.lists(line, max_size=4).map(tuple)
prose = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.lists(
    st.sampled_from(
        ["Billing", "- a", "", "  nested", "long " * 30, "# no comment", "a: b", "\t", "'"]
    )
).map("\n".join)
scopes = st.builds(
    Scope,
    lines,
    st.booleans(),
    lines,
    lines,
    st.dictionaries(line | st.just("when"), line, max_size=3),
    lines,
)
evidence = st.builds(Evidence, line, line, lines, st.integers(0, 10**6), st.floats(0, 1))


@st.composite
def _decisions(draw):
    """Any decision that can be: what its outcome needs, and nothing that it must not have."""
    outcome = draw(st.sampled_from(OUTCOMES))
    names = draw(st.lists(line, min_size=5, max_size=5, unique=True))
    n_labels = 1 if outcome == "rename" else draw(st.integers(2, 3))
    takes = outcome in ("label", "new_label", "split", "merge", "rename")
    scope = draw(scopes)
    return Decision(
        id=draw(st.sampled_from(["gift-cards", "late", "x", "été-2"])),
        question=draw(line),
        labels=tuple(names[:n_labels]),
        outcome=outcome,
        scope=scope or replace(scope, words=("word",)),
        label=names[4] if takes else None,
        into=tuple(names[1:4]) if outcome == "split" else (),
        rule=draw(prose),
        who=draw(lines),
        when=draw(st.none() | st.dates()),
        examples=draw(lines),
        evidence=draw(st.none() | evidence),
    )


decisions = _decisions()


def _same(found, decision):
    return found == replace(decision, rule=decision.rule.strip())


@given(decisions)
def test_what_is_written_is_read_again(decision):
    text = with_decision("", decision)
    (found,) = read_decisions(text).decisions
    assert _same(found, decision)
    assert with_decision(text, decision) == text


@settings(max_examples=20)
@given(st.lists(decisions, min_size=1, max_size=3), st.booleans())
def test_comments_and_other_lines_survive_any_change(changes, windows):
    text = HAND.replace("\n", "\r\n") if windows else HAND
    wanted = {"gift-cards": GIFT, "late": LATE}
    for decision in changes:
        text = with_decision(text, decision)
        wanted[decision.id] = replace(decision, rule=decision.rule.strip())
    assert {one.id: one for one in read_decisions(text).decisions} == wanted
    assert ("\r\n" in text) == windows
    for comment in re.findall("# (?!this is text).*", HAND):
        assert comment in text
    if all(decision.id != "late" for decision in changes):
        own = HAND[HAND.index("  - id: late") : HAND.index("\n# the end")]
        assert (own.replace("\n", "\r\n") if windows else own) in text


def test_only_the_lines_of_what_changes_are_touched():
    changed = with_decision(HAND, replace(GIFT, label="Refund", when=None, who=("Ruth", "Al")))
    assert changed == HAND.replace("label: Billing", "label: Refund").replace(
        "    when: 2026-03-20\n", ""
    ).replace("# both spellings\n", "# both spellings\n    who: [Ruth, Al]\n")
    added = with_decision(HAND, replace(LATE, id="later"))
    new = "\n  - id: later\n    question: category\n    labels: [Shipping, Complaint]\n"
    new += "    outcome: undecided\n"
    assert added == HAND.replace("    outcome: undecided\n", "    outcome: undecided\n" + new)


@pytest.mark.parametrize(
    "text",
    [
        "# only a comment",
        "version: 1",
        "version: 1\ndecisions:",
        "version: 1\ndecisions:   # none yet\n# end",
        "version: 1\ndecisions: []  # none yet\n",
        "version: 1\ndecisions: ~\n",
        "version: 1\ndecisions:\n- {id: b, question: q, labels: [A], outcome: undecided}  # b\n",
        "---\nversion: 1\ndecisions:\n-   id: b\n    question: q\n    labels: A\n    outcome: drop",
    ],
)
def test_grows_in_every_layout(text):
    grown = with_decision(text, LATE)
    assert read_decisions(grown).decisions[-1] == LATE
    assert all(comment in grown for comment in re.findall("#.*", text))
    if "id: b" in text:
        other = replace(read_decisions(text).decisions[0], rule="New rule.")
        grown = with_decision(grown, other)
        assert read_decisions(grown).decisions == (other, LATE)
        assert all(comment in grown for comment in re.findall("#.*", text))


@pytest.mark.parametrize(
    "text",
    ["{version: 1}", "version: 1\ndecisions: [{id: b, question: q, labels: A, outcome: drop}]"],
)
def test_a_layout_that_cannot_grow_is_refused(text):
    with pytest.raises(DecisionsError, match="lines of its own"):
        with_decision(text, LATE)


def test_a_decision_that_cannot_be_is_refused():
    with pytest.raises(DecisionsError, match="must be one line"):
        with_decision(HAND, replace(LATE, question="a\nb"))
    with pytest.raises(DecisionsError, match="takes no label"):
        with_decision(HAND, replace(LATE, label="Shipping"))
