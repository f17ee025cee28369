"""What other labels would do, in words."""

from __future__ import annotations

from dataclasses import replace

from labelq.measure.label_pull import LabelPull
from labelq.measure.label_scheme import LabelScheme, SchemeChange
from labelq.pinpoint.label_scheme import CatchAll, SchemeFindings
from labelq.report import label_scheme
from labelq.report.html import report_html
from labelq.report.markdown import report_markdown
from labelq.report.text import plain

MERGE = SchemeChange(
    "q", "merge", (("Refund", "<b>Billing</b>"),), 5, None, 1, 0.73, 0.68, 0.78, None, 0.04, 0.016,
    0.067, 0.002, 2.5, 0.12, 1.3, 0.07, 0.19,
)  # fmt: skip
SCHEME = LabelScheme("q", 0.69, 6, 2.8, 1.4, (MERGE,))
PULL = LabelPull("Other", 0.1, 0.4, 1.25, 1.2, 1.31, 1e-9, ("a", "b", "c"), 4)


def said(found):
    return [plain(sentence) for sentence in label_scheme.sentences(found)]


def test_a_merge_that_raises_alpha():
    (sentence,) = said(SchemeFindings(SCHEME, (MERGE,)))
    assert sentence == (
        "Merging Refund and <b>Billing</b> would raise alpha from .69 to .73 (by .02 to .07) and"
        " remove 19 % of the disagreement. It loses 12 % of the information in the answers, and"
        " 7 % of what annotators’ answers have in common."
    )
    cut = replace(MERGE, kind="cut", groups=(), depth=2, shared_lost=None)
    assert said(SchemeFindings(replace(SCHEME, changes=(cut,)), (cut,)))[0].startswith(
        "Ending every path at depth 2 would raise alpha"
    )
    halves = replace(MERGE, kind="halves", groups=(("1", "2"), ("3", "4", "5")))
    assert said(SchemeFindings(replace(SCHEME, changes=(halves,)), (halves,)))[0].startswith(
        "Dividing the scale into two halves: “1” and “2”; “3”, “4” and “5” would raise alpha"
    )


def test_nothing_raises_alpha():
    (sentence,) = said(SchemeFindings(SCHEME))
    assert sentence == (
        "No merge of two labels would raise alpha beyond chance; the most would come from this:"
        " Merge Refund and <b>Billing</b> (difference +.04, .02 to .07)."
    )
    worse = replace(MERGE, difference=-0.1)
    scale = replace(worse, kind="bins", groups=(("1", "2"),), n_tried=4, n_labels=3)
    found = SchemeFindings(replace(SCHEME, changes=(worse, scale)))
    (sentence,) = said(found)
    assert sentence == (
        "No merge of neighbours and no coarser scale would raise alpha beyond chance: they all"
        " lower it."
    )
    assert said(SchemeFindings(replace(SCHEME, changes=(), reason="two_labels"))) == [
        "Two labels are in use: merging them leaves nothing to tell apart."
    ]


def test_a_label_that_attracts_everything():
    found = SchemeFindings(SCHEME, (), (CatchAll(PULL, by_name=True, by_votes=True),))
    assert said(found)[-1] == (
        "Other is 10 % of the answers and one side of 40 % of the disagreement, 1.2× what its"
        " frequency explains (1.2× to 1.3×): it attracts everything. 3 of 4 other labels are"
        " confused with it more than chance has it (a, b and c). Say when it may be given, or give"
        " what lands in it a label."
    )
    found = SchemeFindings(SCHEME, (), (CatchAll(replace(PULL, ratio=None), True, False),))
    assert said(found)[-1] == (
        "Other is 10 % of the answers and one side of 40 % of the disagreement."
    )


def test_it_stands_in_the_reports(audit):
    audit = replace(audit, label_schemes=(SchemeFindings(SCHEME, (MERGE,)),))
    page, short = report_html(audit), report_markdown(audit)
    assert 'id="label-scheme"' in page
    assert "<b>Billing" not in page
    assert "## Other labels" in short
    assert "`<b>Billing</b>`" in short
    plain_round = replace(audit, label_schemes=(SchemeFindings(replace(SCHEME, changes=())),))
    assert "No question has labels that could be merged." in report_html(plain_round)
    assert "## Other labels" not in report_markdown(plain_round)
