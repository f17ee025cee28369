"""The draft: rules in their place, the author's text byte for byte."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.pinpoint.findings import Cause
from labelq.remedy.guideline import TaskLinks, draft_guideline, for_annotators, n_undecided
from labelq.remedy.guideline.front_matter import body_start, content_hash
from labelq.remedy.guideline.headings import outline
from labelq.remedy.guideline.marks import PROPOSED
from labelq.remedy.guideline.rules import evidence, worth_a_rule
from labelq.remedy.quoting import prose, quoted
from tests.pinpoint.planted import pinpointed, planted, rows
from tests.rounds import make_round

GUIDELINE = (
    "# Triage\n\n## Refund\n\nMoney back.\n\n## Billing\n\nInvoices.\n\n## Account\n\nLogin.\n"
)


FOUND = planted()


@pytest.fixture(scope="module")
def found():
    return FOUND


def drafted(found, text=GUIDELINE, name="g.md", **options):
    return draft_guideline(name, text, found.round, found.clusters, found.consensuses, **options)


def body(draft):
    return draft.text[body_start(draft.text) :]


def without_rules(draft):
    """The body with each inserted rule taken out again, found by the rules' own text."""
    text = body(draft)
    for rule in draft.rules:
        assert text.count(rule.text) == 1
        text = text.replace(rule.text, "")
    return text


def test_the_rule_stands_at_the_end_of_its_labels_section(found):
    draft = drafted(found)
    rule = draft.rules[0]
    assert (rule.heading, rule.placed) == ("Billing", True)
    assert f"Invoices.\n\n{rule.text}\n## Account" in draft.text
    lines = rule.text.splitlines()
    assert re.fullmatch(r"<!-- labelq: proposed \{.*\} -->", lines[0])
    assert lines[1].startswith(f"### {PROPOSED}: Billing or Refund? (often “")
    assert lines[-1] == "<!-- labelq: end -->"
    assert rule.words == found.clusters[0].words
    assert without_rules(draft).strip() == GUIDELINE.strip().replace("es.\n", "es.\n\n")


def test_the_rule_reads_as_a_guideline(found):
    rule = drafted(found).rules[0]
    text = rule.text
    assert re.search(
        rf"tasks like these, .* They often mention “{rule.words[0]}”", text, re.IGNORECASE
    )
    asks = "*Write the rule here: in one sentence, when is it Billing and when Refund?*"
    assert f"\n\n{asks}\n\n" in text
    assert asks not in for_annotators(text)
    assert "Vouchers are Refund." in for_annotators(text.replace(asks, "Vouchers are Refund."))
    assert "So far annotators follow different rules here: " in text
    assert re.search(r"three of them mostly answer \*Billing\* and two \*Refund\*\.", text)
    assert "- *Borderline" in text
    assert "- *Counter-example" in text
    ids = found.round.units.ids
    cited = [*rule.examples, rule.borderline]
    assert len(rule.examples) == 2
    assert len(set(cited)) == 3
    assert all(f"” (task {ids[unit]})" in text for unit in cited)
    assert f"*Evidence: {rule.n_units} disputed tasks in r" in text
    assert f" make up {rule.share * 100:.0f} % of the disagreement about category." in text
    assert re.search(r"alpha would be at most \.\d\d\.\*\n", text)
    assert rule.cluster not in text


def test_two_who_hold_one_rule_are_no_counter_example(found):
    rule = drafted(found).rules[0]
    gap = found.clusters[0]
    camp = {c.rater: c.label for c in gap.cause.camps}
    ratings = found.round.ratings["category"]
    if rule.counterexample is not None:
        here = ratings.unit == rule.counterexample
        given = {ratings.values[v] for v in ratings.value[here].tolist()}
        assert len(given) == 1
        assert any(camp.get(r) not in (None, *given) for r in ratings.rater[here].tolist())


def test_tasks_are_links_where_there_is_one_project(found):
    numbered = replace(
        found.round,
        units=replace(found.round.units, ids=tuple(map(str, range(len(found.round.units))))),
    )
    links = TaskLinks.of({"url": "https://ls.example/x/", "projects": [{"id": 3}]})
    text = drafted(replace(found, round=numbered), links=links).rules[0].text
    assert re.search(r"\(\[task (\d+)\]\(https://ls.example/x/projects/3/data\?task=\1\)\)", text)
    assert "](" not in drafted(found, links=links).rules[0].text  # ids that are no task's
    for server in (None, {}, {"url": "https://a", "projects": [{"id": 1}, {"id": 2}]},
                   {"url": "javascript:x", "projects": [{"id": 1}]},
                   {"url": "https://a)[b](c", "projects": [{"id": 1}]},
                   {"url": "https://a", "projects": [{"id": "1"}]}):  # fmt: skip
        assert TaskLinks.of(server) is None


def test_whoever_labels_is_led_to_no_answers(found):
    numbered = replace(
        found.round,
        units=replace(found.round.units, ids=tuple(map(str, range(len(found.round.units))))),
    )
    links = TaskLinks("https://ls.example", 3)
    text = drafted(replace(found, round=numbered), links=links).text
    assert "](https://ls.example" in text
    assert "ls.example" not in for_annotators(text)
    assert "(task " in for_annotators(text)


def test_three_labels_are_one_choice(found):
    gap = replace(found.clusters[0], labels=("Billing", "Refund", "Account"), consensus=None)
    draft = drafted(replace(found, clusters=(gap,)))
    text = draft.rules[0].text
    assert "PROPOSED: Billing, Refund or Account? (often “" in text
    assert "Tasks like these are **Billing**, **Refund** or **Account**: the meeting" in text
    assert "favour none of them." in text
    assert drafted(replace(found, clusters=(gap,)), draft.text).rules == ()


def test_gaps_first_and_people_last(found):
    assert [c.cause.kind for c in worth_a_rule(found.clusters)] == ["gap"]
    habit_only = [c for c in found.clusters if c.cause.kind == "rater"]
    assert worth_a_rule(habit_only) == tuple(habit_only)
    assert worth_a_rule([c for c in found.clusters if c.remainder]) == ()
    assert worth_a_rule(found.clusters, lambda c: c.cause.kind == "gap") == ()


def test_an_ambiguous_cluster_needs_five_tasks(found):
    gap = replace(found.clusters[0], cause=Cause("ambiguous"))
    assert worth_a_rule([gap]) == (gap,)
    assert worth_a_rule([replace(gap, units=gap.units[:4])]) == ()


def test_rules_do_not_pile_up(found):
    for line_end in ("\n", "\r\n"):
        first = drafted(found, GUIDELINE.replace("\n", line_end))
        assert (first.undecided, first.version) == (0, 2)
        again = drafted(found, first.text)
        assert (again.text, again.diff, again.rules) == (first.text, "", ())
        assert (again.undecided, again.used.version, again.used.edited) == (1, 2, False)
        # Once somebody has decided, the author's own words are no obstacle to a new proposal.
        decided = first.text.replace(f"{PROPOSED}: ", "")
        later = drafted(found, decided)
        assert (later.undecided, len(later.rules), later.version) == (0, 1, 3)
        assert later.used.edited
        assert "was edited since version 2" in later.log


def test_another_question_pair_or_content_is_proposed_all_the_same(found):
    first = drafted(found).text
    words = re.search(r'"words":(\[.*?\])', first).group(1)
    for other in (first.replace('"Refund"]', '"Account"]'), first.replace(words, '["zebra"]'),
                  first.replace('"question":"category"', '"question":"topic"')):  # fmt: skip
        assert other != first
        draft = drafted(found, other)
        assert (draft.undecided, len(draft.rules)) == (1, 1)


def test_whoever_labels_by_the_draft_reads_no_votes(found):
    authors = GUIDELINE.replace("Login.", "Login.\n\n- *Counter-example:* the author's own words.")
    draft = drafted(found, authors)
    shown = for_annotators(draft.text)
    assert "So far annotators" in draft.text
    for told in ("So far", "Evidence", "labelq:\n", "version: 2"):
        assert told not in shown
    assert "- *Counter-example:* the author's own words." in shown
    assert shown.count("Counter-example") == 1
    assert draft.rules[0].text.splitlines()[3] in shown
    assert for_annotators(authors) == authors


def test_rules_that_nobody_decided_are_counted(found):
    draft = drafted(found)
    assert n_undecided(GUIDELINE) == 0
    assert n_undecided(draft.text) == len(draft.rules) > 0
    assert n_undecided(draft.text.replace(PROPOSED, "")) == 0
    # The comment after the rule may go: it ends with its section.
    open_ended = draft.text.replace("<!-- labelq: end -->\n", "")
    assert n_undecided(open_ended) == 1
    assert n_undecided(open_ended.replace(f"### {PROPOSED}", "### ") + f"\n## {PROPOSED}\n") == 0


def test_no_section_no_matter(found):
    for text in ("", "Just a sentence", "# Only a title\n"):
        draft = drafted(found, text)
        assert body(draft).strip().startswith(text.strip())
        assert "\n## Proposed rules\n\n<!-- labelq: proposed" in f"\n{draft.text}"
        assert (draft.rules[0].heading, draft.rules[0].placed) == ("Proposed rules", False)
        assert "No section is named after Billing or Refund." in draft.text
        assert drafted(found, draft.text).text == draft.text


def test_a_section_can_be_told(found):
    text = "# G\n\n## Money\n\nm\n\n## Other\n"
    label = found.clusters[0].consensus or "Billing"
    draft = drafted(found, text, sections={label: "money", "Refund": "Nowhere"})
    assert draft.rules[0].heading == "Money"
    assert "there is no such heading" in draft.log
    front = f"---\nlabelq:\n  sections:\n    {label}: Money\n---\n"
    draft = drafted(found, front + text)
    assert draft.rules[0].heading == "Money"
    assert f"  sections:\n    {label}: Money\n---\n# G" in draft.text


def test_the_questions_section_is_second_best(found):
    draft = drafted(found, "# G\n\n## Category\n\ntext\n")
    assert draft.rules[0].heading == "Category"


def test_a_rules_own_heading_is_nobodys_section(found):
    draft = drafted(found, "# G\n\n## Category\n\ntext\n")
    later = draft.text.replace('"words":[', '"words":["zebra"],"old":[')
    assert drafted(found, later).rules[0].heading == "Category"


PIECES = st.sampled_from(
    ["---", "title: x", "labelq:", "<div>", "</div>", "- ```",
     "# Billing", "## Refund", "## billing ##", "Billing", "===", "---", "```", "~~~", "# x # y",
     "", "   ", "text", "- item", "> quote", "<!--", "-->", "| a | b |", "    code", "### Account",
     "\ufeff", "\u2028odd\x0bbreaks", "\t# tab", "1. one"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\r\n", "\r", "\n\n"])), max_size=14),
       st.booleans())  # fmt: skip
def test_the_authors_text_stays_byte_for_byte(lines, final):
    found = FOUND
    text = "".join(piece + end for piece, end in lines) + ("" if final else "last words")
    draft = drafted(found, text)
    assert draft.original == text
    rest = iter(draft.text)
    assert all(character in rest for character in text)
    if not body_start(text):
        inserted = without_rules(draft)
        # What remains besides the author's text are line ends, the new section's heading, and
        # what closes an open fence or comment.
        extra = len(inserted) - len(text)
        assert extra <= 2 * 8 * len(draft.rules) + len("## Proposed rules") + 12
    # Every rule is a heading where it stands, never code.
    titles = [h.title for h in outline(draft.text).headings]
    assert sum(t.startswith(PROPOSED) for t in titles) == len(draft.rules) == 1
    assert [h.title for h in outline(text).headings] == [
        t for t in titles if t != "Proposed rules" and not t.startswith(PROPOSED)
    ]
    # Nothing is added twice.
    again = drafted(found, draft.text)
    assert (again.text, again.undecided) == (draft.text, 1)
    assert draft.used.hash == content_hash(text)


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


def test_two_megabytes_take_seconds(found):
    text = (
        GUIDELINE + "- item\n\n| a | b |\n|---|---|\n| c | d |\n\ntext text text text\n\n" * 40_000
    )
    assert len(text) > 2e6
    start = time.process_time()
    draft = drafted(found, text)
    assert time.process_time() - start < 6  # alone on a machine: 1
    assert draft.rules[0].heading == "Billing"


def test_without_a_guideline_one_is_started(found):
    draft = drafted(found, None)
    assert (draft.original, draft.version, draft.used) == (None, 1, None)
    titles = [(h.level, h.title) for h in outline(draft.text).headings]
    assert titles[:3] == [(1, "Labeling guideline for r"), (2, "category"), (3, "Account")]
    assert "When is a task Account, and when not?" in draft.text
    assert draft.rules[0].heading == "Billing"
    section = draft.text.split("### Shipping")[1]
    assert section.count("(task late-") == 3
    assert draft.diff.startswith("--- g.md\n+++ g.md (draft)\n@@ -0,0 ")
    assert "There was no guideline" in draft.log


def test_a_tick_has_its_own_words():
    made, kinds = rows(habit=None)
    ticked = [(u, r, {"money", label} if label == "Refund" else {"money"}, t)
              for u, r, label, t in made]  # fmt: skip
    found = pinpointed(make_round(ticked, level="set", question="topics"), kinds)
    draft = drafted(found)
    assert draft.rules[0].heading == "Refund"
    assert draft.rules[0].labels == ("Refund", "without Refund")
    text = draft.rules[0].text
    assert "PROPOSED: Refund or not? (often “" in text
    assert "tick **Refund**" in text
    assert "without" not in text.split("-->", 1)[1]


def test_nothing_to_propose_changes_nothing():
    calm = planted(gap=False, habit=None)
    draft = drafted(calm)
    assert (draft.text, draft.diff, draft.rules) == (GUIDELINE, "", ())
    assert draft.version is None
    assert "Nothing changes" in draft.log


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
    assert "<script" not in draft.log


def test_hostile_labels_and_names_stay_texts(found):
    evil = '--> <b> "x" \u202e `'
    made, kinds = rows(habit=None)
    names = {"Refund": f"Refund {evil}", "Billing": f"Billing {evil}"}
    round_ = make_round([(u, r, names.get(v, v), t) for u, r, v, t in made])
    odd = pinpointed(replace(round_, name=f"r {evil}"), kinds)
    draft = draft_guideline(f"g {evil}", GUIDELINE, odd.round, odd.clusters, odd.consensuses)
    assert draft.rules
    assert "\u202e" not in draft.text + draft.log + draft.diff.split("\n", 2)[2]
    assert "<b>" not in draft.text + draft.log
    assert draft_guideline("g", draft.text, odd.round, odd.clusters, odd.consensuses).rules == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Choose *Billing*.", ["Choose *Billing*."]),
        ("a\n\n\nb\n", ["a", "", "b"]),
        ("- a\n  - b\n    code", ["- a", "  - b", "code"]),
        ("R&D &amp; AT&T", ["R&D &amp;amp; AT&T"]),
        ("a\n===\n---\n```x\n## h", ["a", "\\===", "\\---", "\\```x", "\\## h"]),
        ("<!-- labelq: end -->", ["&lt;!-- labelq: end --&gt;"]),
        ("![x](y) http://z \x1b[0m\u202e", [r"!\[x\](y) http\://z \[0m"]),
        ("", []),
    ],
)
def test_prose(text, shown):
    assert prose(text) == shown


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


def test_a_counter_example_holds_the_words_that_the_rule_shows(found):
    gap, units = found.clusters[0], found.round.units
    ratings = found.round.ratings["category"]
    consensus = found.consensuses["category"]
    apart = replace(gap, cause=replace(gap.cause, kind="ambiguous"), lookalikes=())

    def counter(*topics):
        return evidence(found.round, apart, consensus, ratings, topics=topics).counterexample

    agreed = {
        unit: ratings.value[ratings.unit == unit]
        for unit in range(len(units))
        if unit not in gap.units
    }
    other = next(
        unit
        for unit, given in agreed.items()
        if len(given) > 1
        and len(set(given.tolist())) == 1
        and ratings.values[given[0]] in [x for x in gap.labels if x != gap.consensus][-1:]
    )
    first, second, third = units.text[other].split()[:3]
    shown = counter(f"{first} {second}")
    assert f"{first} {second}".casefold() in units.text[shown].casefold()
    assert counter(f"{first} {third} nowhere") is None
