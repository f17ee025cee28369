from dataclasses import replace

from labelq.report import agreements, label_pairs
from labelq.report.agreements import MOST_LABEL_ROWS, MOST_LABELS, headline, label_chart, part
from labelq.report.text import plain


def by_label(audit, values, **changes):
    row = next(a for a in audit.agreements if a.label == "Refund")
    return [
        replace(row, label=label, value=value, lower=value and value - 0.1, **changes)
        for label, value in values.items()
    ]


def test_the_headline_says_what_is_asked_of_it(audit):
    verdict = audit.verdicts[1]
    assert plain(headline(verdict)) == (
        "Krippendorff’s alpha (ordinal) is .85 (interval .81 to .88). Tentative from .667,"
        " reliable from .8."
    ).replace(" (ordinal)", "")
    none = replace(verdict.headline, value=None, lower=None, upper=None, reason="no_variation")
    assert "cannot be computed: everyone gave the same label" in headline(
        replace(verdict, headline=none)
    )


def test_labels_come_least_agreed_first_and_what_cannot_be_said_last(audit):
    rows = by_label(audit, {"a": 0.9, "b": 0.2, "c": 0.5})
    rare = replace(rows[0], label="rare", value=0.1, lower=None, upper=None)
    rare = replace(rare, reason="too_little_variation")
    question, verdict = audit.round.questions[0], audit.verdicts[0]
    chart = label_chart(question, verdict, [rare, *rows])
    assert [plain(row.label) for row in chart.rows] == ["b", "c", "a", "rare"]
    assert chart.rows[0].rare == ""
    assert chart.rows[-1].rare
    assert chart.rows[-1].interval == "–"
    assert [row.number for row in chart.rows] == [0.2, 0.5, 0.9, 0.1]


def test_a_scale_keeps_its_order(audit):
    rows = by_label(audit, {"1": 0.9, "2": 0.2, "3": 0.5})
    chart = label_chart(audit.round.questions[1], audit.verdicts[1], rows)
    assert [plain(row.label) for row in chart.rows] == ["1", "2", "3"]


def test_one_label_is_the_whole_question(audit):
    rows = by_label(audit, {"a": 0.9})
    assert label_chart(audit.round.questions[0], audit.verdicts[0], rows) is None
    other = [replace(row, metric="fleiss_kappa") for row in by_label(audit, {"a": 0.9, "b": 0.1})]
    assert label_chart(audit.round.questions[0], audit.verdicts[0], other) is None


def test_thousands_of_labels_are_cut_and_counted(audit):
    rows = by_label(audit, {f"l{i}": i / 1000 for i in range(1, 951)})
    found = part(audit.round.questions[0], audit.verdicts[0], rows)
    assert (len(found.labels.rows), found.labels.more) == (MOST_LABELS, 950 - MOST_LABELS)
    assert (len(found.by_label), found.more_by_label) == (MOST_LABEL_ROWS, 950 - MOST_LABEL_ROWS)


def test_refusals_are_grouped_by_reason(audit):
    row = replace(audit.agreements[0], value=None, observed=None, reason="no_overlap")
    rows = [row, replace(row, metric="gwet_ac1"), replace(row, metric="gwet_ac1")]
    found = agreements.part(audit.round.questions[0], audit.verdicts[0], rows)
    assert len(found.refused) == 1
    assert found.refused[0].count("Gwet’s AC1") == 1
    assert found.overall == []


def test_the_example_reads_the_darkest_cell(audit):
    pairs = [p for p in audit.label_pairs if p.question == "category"]
    found = label_pairs.part(audit.round.questions[0], pairs[::-1])
    assert plain(found.example) == (
        "Refund or Cancel: 41 tasks with both answers, 42 % of the disagreement. That is 3.8× what"
        " their frequencies explain: hard to tell apart."
    )
    common = replace(pairs[0], excess=0.6)
    assert "they meet because both are common" in label_pairs.example(common)
    assert "That is what their frequencies" in label_pairs.example(replace(common, excess=1.04))
    assert label_pairs.example(replace(common, excess=None)).endswith("of the disagreement.")
    assert label_pairs.part(audit.round.questions[0], []) is None
