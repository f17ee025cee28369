"""Decisions in the draft: what stands, what goes, which headings change."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from labelq.remedy.decisions import Decision, Evidence, Scope
from labelq.remedy.guideline import draft_guideline, for_annotators, n_undecided
from labelq.remedy.guideline.front_matter import version_of
from labelq.remedy.guideline.headings import outline
from labelq.remedy.guideline.marks import PROPOSED
from tests.pinpoint.planted import planted

FOUND = planted()
GAP = FOUND.clusters[0]
GUIDELINE = (
    "# Triage\n\n## Refund\n\nMoney back, never *Billing*.\n\n## Billing\n\nInvoices.\n\n"
    "Account\n-------\n\nLogin, not billing.\n"
)
DECISION = Decision(
    id="vouchers",
    question="category",
    labels=GAP.labels,
    outcome="label",
    label="Refund",
    scope=Scope(tasks=tuple(FOUND.round.units.ids[unit] for unit in GAP.units)),
    rule="A *voucher* is Refund.\n\n- even if expired\n# <b>not a heading</b>",
    who=("Ana_1", "Bo"),
    when=dt.date(2026, 3, 20),
    examples=("voucher-03",),
    evidence=Evidence("r", GAP.id, GAP.words, len(GAP.units), GAP.share),
)


def drafted(text=GUIDELINE, decisions=(DECISION,), **options):
    return draft_guideline(
        "g.md", text, FOUND.round, FOUND.clusters, FOUND.consensuses,
        decisions=decisions, date="2026-03-21", **options,
    )  # fmt: skip


def test_a_decided_rule_stands_in_the_meetings_words():
    draft = drafted()
    assert (draft.rules, PROPOSED in draft.text) == ((), False)
    section = draft.text.split("## Refund\n")[1].split("## Billing\n")[0]
    assert "### Refund, not Billing: A voucher is Refund\n" in section
    assert "\nA *voucher* is Refund.\n\n- even if expired\n\\# &lt;b&gt;not a heading" in section
    assert section.count("- *Refund:* “") == 2
    assert "(task voucher-03)" in section
    assert "*Decided on 2026-03-20 by Ana\\_1 and Bo (vouchers). Evidence: " in section
    assert "**Refund, not Billing" in draft.log
    assert "Decided on 2026-03-20 by Ana\\_1 and Bo." in draft.log
    assert 'decisions: ["vouchers"]' in draft.text
    assert draft.version == 2


def test_no_counter_example_is_in_the_scope_of_the_decision():
    unit = {name: code for code, name in enumerate(FOUND.round.units.ids)}
    everything = replace(DECISION, scope=Scope(words=tuple(GAP.words)))
    text = drafted(decisions=[everything]).text
    for line in text.split("\n"):
        if line.startswith("- *Counter-example"):
            name = line.rpartition("(task ")[2].rstrip(")")
            words = FOUND.round.units.text[unit[name]].casefold()
            assert not any(word.casefold() in words for word in GAP.words)


def test_drafting_again_changes_nothing():
    draft = drafted()
    for decisions in ((DECISION,), ()):
        again = drafted(draft.text, decisions)
        assert (again.text, again.diff, again.rules) == (draft.text, "", ())
    assert not version_of("g", draft.text).edited


def test_what_the_editor_did_to_a_decided_rule_stays():
    draft = drafted().text
    better = draft.replace("A *voucher* is Refund.", "Vouchers are money.")
    assert drafted(better).text == better
    start, end = draft.index("<!-- labelq: decided"), draft.index("<!-- labelq: end -->")
    taken_out = draft[:start] + draft[end + 21 :]
    assert "decided" not in taken_out.replace("decisions", "")
    assert drafted(taken_out).text == taken_out
    # ... until the decision itself changes.
    new = drafted(better, [replace(DECISION, rule="Ask the customer.")])
    assert "Vouchers are money." not in new.text
    assert "\nAsk the customer.\n" in new.text
    assert new.text.count("labelq: decided") == 1


@pytest.mark.parametrize("label", ["Refund", "Billing"])
def test_a_decision_takes_the_place_of_what_was_proposed(label):
    first = drafted(decisions=()).text
    assert first.count(PROPOSED) == 1
    draft = drafted(first, [replace(DECISION, label=label)])
    assert PROPOSED not in draft.text
    assert n_undecided(draft.text) == draft.undecided == 0
    section = draft.text.split(f"## {label}\n")[1]
    assert section.index("labelq: decided") < section.find("\n## ") % len(section) + 1 or (
        "## " not in section.split("labelq: decided")[0]
    )
    assert draft.version == 3
    plain = draft.text[draft.text.index("# Triage") :]
    authors = re.sub(
        r"\n<!-- labelq: (decided|see).*?<!-- labelq: end -->\n", "", plain, flags=re.DOTALL
    )
    assert re.sub("\n+", "\n", authors) == re.sub("\n+", "\n", GUIDELINE)


def test_undecided_stays_proposed_and_says_who_talked_about_it():
    talked = replace(DECISION, outcome="undecided", label=None)
    draft = drafted(decisions=[talked])
    assert "*Talked about on 2026-03-20 by Ana\\_1 and Bo, and left open.*" in draft.text
    assert len(draft.rules) == 1
    said = "Billing or Refund was talked about on 2026-03-20"
    assert draft.log.count(said) == draft.log.count("Billing or Refund?") == 1
    assert "\\*" not in draft.log
    again = drafted(draft.text, [talked])
    assert again.text == draft.text
    assert "## Still open\n\n- **Billing or Refund** was talked about on 2026-03-20" in again.log
    assert again.log.count("Billing or Refund") == 1


@pytest.mark.parametrize("outcome", ["undecided", "rejected"])
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_decision_that_is_taken_back_stands_no_longer(outcome, by_hand):
    text = drafted().text
    if by_hand:
        text = text.replace("\n- even if expired", "\n- expired or not")
    back = drafted(text, [replace(DECISION, outcome=outcome, label=None)])
    assert "labelq: decided" not in back.text
    assert "labelq: see" not in back.text
    assert "vouchers" not in back.text
    assert back.text.count(f"{PROPOSED}:") == (outcome == "undecided")
    assert "There is a rule for this already" not in back.text
    assert ("edited by hand" in back.log) == by_hand
    assert back.log.count("is taken out") == back.log.count("A *voucher* is Refund.") == 1
    again = drafted(back.text, [replace(DECISION, outcome=outcome, label=None)])
    assert (again.text, again.diff) == (back.text, "")
    # Decided again, it stands again.
    assert drafted(back.text).text.count("labelq: decided") == 1


def test_another_label_moves_the_rule_into_its_section():
    first = drafted().text
    moved = drafted(first, [replace(DECISION, label="Billing")])
    refund, billing = moved.text.split("## Billing\n")
    assert "labelq: decided" in billing
    assert "labelq: decided" not in refund
    assert "see “Billing, not Refund: A voucher is Refund” under *Billing*." in refund
    assert moved.text.count("labelq: see") == 1
    assert [h.title for h in outline(moved.text).headings if h.level < 3] == [
        h.title for h in outline(GUIDELINE).headings
    ]


def test_the_section_that_loses_tasks_points_to_the_rule():
    draft = drafted(GUIDELINE.replace("Invoices.", "Invoices. Version 1.4, May."))
    line = next(x for x in draft.text.splitlines() if x.startswith("*Not here:*"))
    assert line.endswith("→ see “Refund, not Billing: A voucher is Refund” under *Refund*.")
    assert "A line under “Billing” points to it." in draft.log
    assert "Left to the editor\n\n- The text itself says “Version 1.4, May”: yours" in draft.log
    assert line in for_annotators(draft.text)
    start = draft.text.index("<!-- labelq: see")
    end = draft.text.index("<!-- labelq: end -->", start) + 21
    without = draft.text[:start] + draft.text[end:]
    assert drafted(without).text == without  # the editor took it out


def test_a_rule_first_proposed_is_not_followed_by_the_pointer():
    both = drafted(decisions=()).text  # proposed under Billing
    draft = drafted(both)
    section = draft.text.split("## Billing\n")[1].split("Account\n---")[0]
    assert section.startswith("\nInvoices.\n\n<!-- labelq: see")
    assert "###" not in section


def test_a_label_without_a_sentence_asks_for_one():
    draft = drafted(decisions=[replace(DECISION, rule="")])
    assert re.search(r"### Refund, not Billing \(often “\w+” or “\w+”\)\n", draft.text)
    assert "For tasks like these, choose **Refund**, not *Billing*. They often men" in draft.text
    wanted = "*The meeting gave only the label. Wanted here, in one sentence: when is it Refund?*"
    assert wanted in draft.text
    assert wanted not in for_annotators(draft.text)
    assert "A sentence is wanted." in draft.log
    assert "- *Borderline, decided as Refund:*" in draft.text
    n = len(GAP.units)
    assert f"Evidence: {n} disputed tasks in r make up" in draft.text
    assert f"the decision covers {n} tasks of this round.*" in draft.text


@pytest.mark.parametrize(
    ("rule", "heading"),
    [
        ("Gift cards that were lost, or stolen, are Refund.", "Gift cards that were lost"),
        (
            "one two three four five six seven eight nine",
            "one two three four five six seven eight…",
        ),
        ("- **If** expired: Refund", "If expired"),
        ("# <b>x</b>", "b&gt;x&lt;/b&gt;"),
        ("退" * 90, "退" * 80 + "…"),
    ],
)
def test_a_heading_is_what_the_rule_is_about(rule, heading):
    text = drafted(decisions=[replace(DECISION, rule=rule)]).text
    assert f"### Refund, not Billing: {heading}\n" in text


def test_rejected_goes_and_comes_back_with_new_evidence():
    first = drafted(decisions=())
    rejected = replace(DECISION, outcome="rejected", label=None)
    draft = drafted(first.text, [rejected])
    assert PROPOSED not in draft.text
    assert draft.text[draft.text.index("# Triage") :] == GUIDELINE
    assert "## Withdrawn" in draft.log
    assert drafted(GUIDELINE, [rejected]).text == GUIDELINE
    few = replace(rejected, evidence=replace(DECISION.evidence, n_units=2))
    assert len(drafted(GUIDELINE, [few]).rules) == 1
    assert drafted(first.text, [few]).text == first.text


def test_another_round_that_still_differs_is_told():
    draft = drafted()
    later = replace(FOUND.round, name="round 2")
    again = draft_guideline("g", draft.text, later, FOUND.clusters, FOUND.consensuses)
    assert len(again.rules) == 1
    assert "*There is a rule for this already, and annotators still differ.*" in again.text


def titles(draft):
    return [h.title for h in outline(draft.text).headings if h.level == 2]


def test_rename():
    old = Decision("r", "category", ("Billing",), "rename", Scope(), label="Invoice & co")
    draft = drafted(decisions=[old])
    assert titles(draft) == ["Refund", "Invoice &amp; co", "Account"]
    assert "### Billing is now called Invoice &amp; co" in draft.text
    assert "Money back, never *Billing*." in draft.text
    assert "line 5: “Money back, never \\*Billing\\*.”" in draft.log
    assert "line 14: “Login, not billing.”" in draft.log
    assert drafted(draft.text, [old]).text == draft.text


def test_a_renamed_heading_keeps_its_own_form():
    old = Decision("r", "category", ("Account",), "rename", Scope(), label="Login")
    draft = drafted(GUIDELINE.replace("Account\n---", "3\\. Account (you)\n---"), [old])
    assert "3\\. Login (you)\n-------\n" in draft.text


def test_merge_and_drop():
    merged = Decision("m", "category", ("Refund", "Billing"), "merge", Scope(), label="Money")
    draft = drafted(decisions=[merged])
    assert titles(draft) == ["Money", "Billing (now Money)", "Account"]
    assert "### Refund and Billing are one label: Money" in draft.text
    assert PROPOSED not in draft.text
    kept = replace(merged, label="Billing")
    assert titles(drafted(decisions=[kept])) == ["Refund (now Billing)", "Billing", "Account"]
    gone = Decision("d", "category", ("Account",), "drop", Scope())
    draft = drafted(decisions=[gone])
    assert "Account (no longer used)\n-------\n" in draft.text
    assert "Do not choose Account any more." in draft.text


def test_split_and_new_label():
    split = Decision("s", "category", ("Billing",), "split", Scope(), "Billing",
                     ("Invoice", "Fee"))  # fmt: skip
    draft = drafted(decisions=[split])
    assert "### Billing is now Invoice or Fee" in draft.text
    assert titles(draft) == ["Refund", "Billing", "Account"]
    assert "Write what sets Invoice and Fee apart" in draft.log
    new = replace(DECISION, outcome="new_label", label="Voucher")
    draft = drafted(decisions=[new])
    assert "Voucher" in titles(draft)
    assert PROPOSED not in draft.text


def test_a_rule_without_a_section_stands_at_the_end():
    draft = drafted("Just text.")
    assert "\n## Decided rules\n\n<!-- labelq: decided" in draft.text
    assert drafted(draft.text).text == draft.text


def test_whoever_labels_reads_decided_rules():
    shown = for_annotators(drafted().text)
    assert "A *voucher* is Refund." in shown
    assert not shown.startswith("---")


def test_hostile_decisions_stay_texts():
    evil = "--> <script> \u202e\n# x\n[a](b)"
    odd = replace(DECISION, rule=evil, who=(evil,), scope=Scope(words=("voucher", evil)))
    draft = drafted(decisions=[odd])
    assert "<script" not in draft.text + draft.log
    assert "\u202e" not in draft.text + draft.log
    shown = re.sub("<!--.*?-->", "", draft.text)  # nothing in a comment is a link
    assert "](b" not in shown.replace("\\](b", "")
    assert draft.text.count("-->") == 4
    assert drafted(draft.text, [odd]).text == draft.text
