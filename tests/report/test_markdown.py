import re

from labelq.report.markdown import report_markdown


def outside_code(markdown):
    return re.sub(r"(`+).*?[^`]\1(?!`)|`[^`\n]+`", "", markdown)


def test_data_is_in_code_spans_only(audit):
    markdown = report_markdown(audit, directory="audits/x")
    ours = outside_code(markdown)
    assert not set(ours) & set("<>|@[]\x1b\u202e\u2068\u2069")
    assert "http" not in ours
    assert "`<b>Other</b> | $x$ \\u202e`" in markdown


def test_it_says_what_the_page_says(audit):
    markdown = report_markdown(audit, directory="audits/x")
    for words in (
        "In part: `urgency` is reliable",
        "## ● `urgency`: reliable",
        "**.85** (.81 to .88)",
        "## What matters most",
        "## Where people disagree",
        "## What to do next",
        "`audits/x/queue.json`",
        "## Gates",
    ):
        assert words in markdown
    assert markdown == report_markdown(audit, directory="audits/x")


def test_letters_unless_names_are_asked_for(audit):
    assert "Dalia" not in report_markdown(audit)
    assert "@mail" not in report_markdown(audit)
    assert "Dalia" in report_markdown(audit, names=True)
