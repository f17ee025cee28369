import re
from dataclasses import replace

from labelq.report.markdown import report_markdown
from labelq.report.steps import Onward


def outside_code(markdown):
    return re.sub(r"(`+).*?[^`]\1(?!`)|`[^`\n]+`", "", markdown)


def test_data_is_in_code_spans_only(audit):
    markdown = report_markdown(audit)
    ours = outside_code(markdown)
    assert not set(ours) & set("<>|@[]\x1b\u202e\u2068\u2069")
    assert "http" not in ours
    assert "`<b>Other</b> | $x$ \\u202e`" in markdown


def test_it_says_what_the_page_says(audit):
    markdown = report_markdown(audit)
    for words in (
        "In part. Annotators agree enough on `urgency` to train on it",
        "## ● `urgency`: reliable",
        "**.85** (.81 to .88)",
        "## What matters most",
        "## Where people disagree",
        "## What to do next",
        "`labelq queue push .`",
        "## Gates",
    ):
        assert words in markdown
    assert markdown == report_markdown(audit)


def test_of_many_questions_a_line_each_first_and_the_words_below(audit):
    many = tuple(replace(v, question=f"{v.question} {i}") for i in range(2) for v in audit.verdicts)
    markdown = report_markdown(replace(audit, verdicts=many))
    assert "- ○ `topics 0`: unreliable, **.62** (.55 to .69)\n" in markdown
    first = markdown.index("## What matters most")
    assert markdown.index("`topics 1`") < first < markdown.index("## ○ `topics 0`")


def test_the_command_for_the_next_round_is_repeated(audit):
    assert "`labelq audit x.csv`" in report_markdown(audit, onward=Onward("labelq audit x.csv"))


def test_paths_that_hold_only_here_are_left_out(audit):
    command = "labelq audit '/home/me/next round.json' --guideline=/home/me/g.md data/x.csv"
    shown = report_markdown(audit, onward=Onward(command))
    assert "`labelq audit 'next round.json' --guideline=g.md data/x.csv`" in shown
    assert "/home" not in shown


def test_remarks_are_sentences_and_their_data_is_code(audit):
    said = "scheme: differs between <b>rows</b> of @all tasks, see www.example.org [x](y) 1,200"
    noted = replace(audit.round.intake, notes=(said,))
    shown = report_markdown(replace(audit, round=replace(audit.round, intake=noted)))
    assert (
        "Note: scheme: differs between `<b>rows</b>` of `@all` tasks, see `www.example.org`"
        " `[x](y)` 1,200\n"
    ) in shown


def test_letters_unless_names_are_asked_for(audit):
    assert "Dalia" not in report_markdown(audit)
    assert "@mail" not in report_markdown(audit)
    assert "Dalia" in report_markdown(audit, names=True)
