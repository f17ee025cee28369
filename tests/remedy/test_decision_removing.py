"""A decision goes out of the file; everything else stays byte for byte."""

import pytest

from labelq.errors import DecisionsError
from labelq.remedy.decision_file import read_decisions
from labelq.remedy.decision_removing import without_decision
from labelq.remedy.decision_writing import with_decision
from labelq.remedy.decisions import Decision, Scope


def decision(name, rule="A rule."):
    return Decision(name, "q", ("A", "B"), "label", Scope(words=("x",)), label="A", rule=rule)


BY_HAND = """\
# ours
version: 1
decisions:
  # first
  - id: one   # Mia
    question: q
    labels: [A, B]
    outcome: undecided

  # second
  - question: q
    labels: [A, B]
    id: two
    outcome: undecided
    rule: |
      Two
      lines.
# the end
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_was_put_in_comes_out_again(end, mark):
    text = mark
    for name in ("one", "two", "three"):
        text = with_decision(text, decision(name, "Long. " * 30)).replace("\r\n", "\n")
    text = text.replace("\n", end)
    more = with_decision(text, decision("four"))
    assert without_decision(more, "four") == text
    left = without_decision(text, "two")
    assert [one.id for one in read_decisions(left).decisions] == ["one", "three"]


def test_comments_and_lines_around_it_stay():
    assert without_decision(BY_HAND, "one") == BY_HAND.replace(
        "  - id: one   # Mia\n    question: q\n    labels: [A, B]\n    outcome: undecided\n", ""
    )
    left = without_decision(BY_HAND, "two")
    assert left.startswith(BY_HAND[: BY_HAND.index("  - question")])
    assert left.endswith("# the end\n")


def test_the_last_one_leaves_an_empty_list_that_can_be_added_to():
    text = with_decision("", decision("one"))
    left = without_decision(text, "one")
    assert read_decisions(left).decisions == ()
    assert [one.id for one in read_decisions(with_decision(left, decision("b"))).decisions] == ["b"]


def test_what_is_not_there_changes_nothing():
    assert without_decision(BY_HAND, "three") == BY_HAND
    assert without_decision("", "three") == ""


def test_a_layout_that_does_not_allow_it_is_refused():
    flow = "version: 1\ndecisions: [{id: one, question: q, labels: [A], outcome: undecided}]\n"
    with pytest.raises(DecisionsError, match="cannot be taken out of this layout"):
        without_decision(flow, "one")
    with pytest.raises(DecisionsError):
        without_decision("decisions: [", "one")
