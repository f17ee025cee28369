"""The draft: rules in their place, the author's text byte for byte."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.pinpoint.findings import Cause
from labelq.remedy.guideline import MARKER, draft_guideline, for_annotators, n_undecided
from labelq.remedy.headings import outline
from labelq.remedy.quoting import quoted
from labelq.remedy.rules import worth_a_rule
from tests.pinpoint.planted import pinpointed, planted, rows
from tests.rounds import make_round

GUIDELINE = (
    "# Triage\n\n## Refund\n\nMoney back.\n\n## Billing\n\nInvoices.\n\n## Account\n\nLogin.\n"
)


@pytest.fixture(scope="module")
def found():
    return planted()


def drafted(found, text=GUIDELINE, name="g.md"):
    return draft_guideline(name, text, found.round, found.clusters, found.consensuses)


def without_rules(draft):
    """The draft with each inserted line taken out again, found by the rules' own text."""
    assert draft.text.count(MARKER) == len(draft.rules)
    text = draft.text.replace(MARKER, "")
    for rule in draft.rules:
        assert text.count(rule.text) == 1
        text = text.replace(rule.text, "")
    return text


def test_the_rule_stands_at_the_end_of_its_labels_section(found):
    draft = drafted(found)
    rule = draft.rules[0]
    assert rule.heading == "Billing"
    assert draft.text.index("Invoices.") < draft.text.index(rule.text) < draft.text.index("## Acc")
    words = ", ".join(rule.words)
    assert rule.text.startswith(f"### Proposed rule: Billing or Refund? ({words})\n")
    assert f"- When: the task often contains {words}.\n" in rule.text
    assert f"Invoices.\n\n{MARKER}\n{rule.text}\n## Account" in draft.text
    assert rule.words == found.clusters[0].words


def test_the_rule_shows_its_evidence(found):
    rule = drafted(found).rules[0]
    ids = found.round.units.ids
    cited = [*rule.examples, rule.borderline]
    assert len(rule.examples) == 2
    assert len(set(cited)) == 3
    assert all(f"task {ids[unit]}" in rule.text for unit in cited)
    assert "UNDECIDED" in rule.text or rule.label
    assert f"{rule.n_units} tasks, {rule.share * 100:.0f} % of the disagreement" in rule.text
    assert re.search(r"alpha would be at most \.\d\d\.\n", rule.text)
    assert rule.cluster not in rule.text


def test_gaps_first_and_people_last(found):
    assert [c.cause.kind for c in worth_a_rule(found.clusters)] == ["gap"]
    habit_only = [c for c in found.clusters if c.cause.kind == "rater"]
    assert worth_a_rule(habit_only) == tuple(habit_only)
    assert worth_a_rule([c for c in found.clusters if c.remainder]) == ()


def test_an_ambiguous_cluster_needs_five_tasks(found):
    gap = replace(found.clusters[0], cause=Cause("ambiguous"))
    assert worth_a_rule([gap]) == (gap,)
    assert worth_a_rule([replace(gap, units=gap.units[:4])]) == ()


def test_rules_do_not_pile_up(found):
    for line_end in ("\n", "\r\n"):
        first = drafted(found, GUIDELINE.replace("\n", line_end))
        assert first.undecided == 0
        again = drafted(found, first.text)
        assert (again.text, again.diff, again.rules) == (first.text, "", ())
        assert again.undecided == len(first.rules) == 1
        # Once somebody has decided, the author's own words are no obstacle to a new proposal.
        decided = re.sub(r"(Answer to category:) .*", r"\1 Refund.", first.text)
        assert decided != first.text
        later = drafted(found, decided)
        assert (later.undecided, len(later.rules)) == (0, 1)


def test_another_question_or_pair_is_proposed_all_the_same(found):
    first = drafted(found).text
    for other in (first.replace("Billing or Refund?", "Billing or Account?"),
                  first.replace("Answer to category:", "Answer to topic:")):  # fmt: skip
        draft = drafted(found, other)
        assert (draft.undecided, len(draft.rules)) == (1, 1)


def test_whoever_labels_by_the_draft_reads_no_votes(found):
    authors = GUIDELINE.replace("Login.", "Login.\n\n- Not this: the author's own words.")
    draft = drafted(found, authors)
    size = "- Size of the problem: "
    votes = "- Clear so far: task 1 (all who labeled it said Billing)\n"
    text = draft.text.replace(size, votes + size, 1)

    shown = for_annotators(text)

    assert size in text
    assert size not in shown
    assert votes not in shown
    assert "- Not this: the author's own words." in shown
    assert draft.rules[0].text.splitlines()[0] in shown
    assert for_annotators(authors) == authors


def test_rules_that_nobody_decided_are_counted(found):
    draft = drafted(found)
    assert n_undecided(GUIDELINE) == 0
    assert n_undecided(draft.text) == len(draft.rules) > 0
    decided = draft.text.replace("**UNDECIDED**", "Billing").replace("to be confirmed", "yes")
    assert n_undecided(decided) == 0


def test_no_section_no_matter(found):
    for text in ("", "Just a sentence", "# Only a title\n"):
        draft = drafted(found, text)
        assert draft.text.startswith(text)
        assert f"\n## Proposed rules\n\n{MARKER}\n### Proposed rule" in f"\n{draft.text}"
        assert draft.rules[0].heading == "Proposed rules"


def test_the_questions_section_is_second_best(found):
    draft = drafted(found, "# G\n\n## Category\n\ntext\n")
    assert draft.rules[0].heading == "Category"


PIECES = st.sampled_from(
    ["# Billing", "## Refund", "## billing ##", "Billing", "===", "---", "```", "~~~", "# x # y",
     "", "   ", "text", "- item", "> quote", "<!--", "-->", "| a | b |", "    code", "### Account",
     "\ufeff", "\u2028odd\x0bbreaks", "\t# tab", "1. one"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\r\n", "\r", "\n\n"])), max_size=14),
       st.booleans())  # fmt: skip
def test_the_authors_text_stays_byte_for_byte(found, lines, final):
    text = "".join(piece + end for piece, end in lines) + ("" if final else "last words")
    draft = drafted(found, text)
    assert draft.original == text
    rest = iter(draft.text)
    assert all(character in rest for character in text)
    inserted = without_rules(draft)
    # What remains besides the author's text are line ends, the new section's heading, and
    # what closes an open fence or comment.
    extra = len(inserted) - len(text)
    assert extra <= 2 * 8 * len(draft.rules) + len("## Proposed rules") + 8
    # Every rule is a heading where it stands, never code.
    titles = [h.title for h in outline(draft.text).headings]
    assert sum(t.startswith("Proposed rule:") for t in titles) == len(draft.rules)


def test_line_ends_follow_the_document(found):
    draft = drafted(found, GUIDELINE.replace("\n", "\r\n"))
    assert draft.text.count("\n") == draft.text.count("\r\n")


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs the patch command")
@pytest.mark.parametrize("text", [GUIDELINE, "no end", GUIDELINE.replace("\n", "\r\n"), ""])
def test_the_diff_is_a_patch(found, tmp_path, text):
    draft = drafted(found, text)
    (tmp_path / "g.md").write_bytes(text.encode())
    subprocess.run(["patch", "--binary", "-s", "g.md"], input=draft.diff.encode(), check=True,
                   cwd=tmp_path)  # fmt: skip
    assert (tmp_path / "g.md").read_bytes() == draft.text.encode()
    assert draft.diff.startswith("--- g.md\n+++ g.md (draft)\n")


def test_without_a_guideline_one_is_started(found):
    draft = drafted(found, None)
    assert draft.original is None
    titles = [(h.level, h.title) for h in outline(draft.text).headings]
    assert titles[:3] == [(1, "Labeling guideline for r"), (2, "category"), (3, "Account")]
    assert "When is a task Account, and when not?" in draft.text
    assert draft.rules[0].heading == "Billing"
    section = draft.text.split("### Shipping")[1]
    assert section.count("- task late-") == 3
    assert draft.diff.startswith("--- g.md\n+++ g.md (draft)\n@@ -0,0 ")


def test_a_tick_has_its_own_words():
    made, kinds = rows(habit=None)
    ticked = [(u, r, {"money", label} if label == "Refund" else {"money"}, t)
              for u, r, label, t in made]  # fmt: skip
    found = pinpointed(make_round(ticked, level="set", question="topics"), kinds)
    draft = drafted(found)
    assert draft.rules[0].heading == "Refund"
    assert draft.rules[0].labels == ("Refund", "without Refund")


def test_nothing_to_propose_changes_nothing():
    calm = planted(gap=False, habit=None)
    draft = drafted(calm)
    assert (draft.text, draft.diff, draft.rules) == (GUIDELINE, "", ())


def test_hostile_texts_stay_texts():
    made, kinds = rows(habit=None)
    evil = "\n# Heading\n<script>alert(1)</script> `x` | [a](http://evil) ![i](x) \u202e\x1b[31m"
    found = pinpointed(make_round([(u, r, v, t + evil) for u, r, v, t in made]), kinds)
    draft = drafted(found)
    assert draft.rules
    assert "<script" not in draft.text
    assert not re.search(r"(?<!\\)\]\(", draft.text)
    assert "\u202e" not in draft.text
    assert "\x1b" not in draft.text
    assert not [h for h in outline(draft.text).headings if h.title == "Heading"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n\n  b", "a b"),
        ("a & <b>", "a &amp; &lt;b&gt;"),
        ("*x* _y_ #1", r"\*x\* \_y\_ \#1"),
        ("see http://x.org www.y.org", r"see http\://x.org www\.y.org"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("word " * 60, "word " * 39 + "word…"),
        ("退" * 300, "退" * 200 + "…"),
    ],
)
def test_quoted(text, shown):
    assert quoted(text) == shown
