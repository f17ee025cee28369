"""Headings as CommonMark has them, and whose they are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.remedy.guideline.headings import outline
from labelq.remedy.guideline.sections import heading_of, sections_of


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("# A\n\n## B ##\n", [(1, "A"), (2, "B")]),
        ("\ufeff# A\r\n\r\n### C\r\n", [(1, "A"), (3, "C")]),
        ("A\n===\n\nB\nb\n---\n", [(1, "A"), (2, "B b")]),
        ("#A\n####### B\n    # C\n", []),
        ("```\n# A\n```\n~~~~\n## B\n~~~\n~~~~\n# C", [(1, "C")]),
        ("```python # x\n# A\n", []),
        ("<!--\n# A\n-->\n# B\n", [(1, "B")]),
        ("<!-- # A -->\n# B\n", [(1, "B")]),
        ("<div>\n# A\n</div>\n\n# B\n", [(1, "B")]),
        ("<pre>\n\n# A\n</pre>\n# B\n", [(1, "B")]),
        ("> # A\n\n- # B\n\n1. x\n\n   # C\n", []),
        ("- ```\n  # A\n\n# B\n", [(1, "B")]),
        ("---\ntitle: A\n# no\n---\n# B\n", [(1, "B")]),
        ("---\n\n# B\n", [(1, "B")]),
        ("---\n\n# A\n\n---\n\n# B\n", [(1, "A"), (1, "B")]),
        ("- item\n---\n", []),
        ("| a |\n|---|\n| b |\n---\n# B", [(1, "B")]),
        ("text\n\n---\n", []),
        ("#\n", [(1, "")]),
        ("", []),
    ],
)
def test_outline(text, titles):
    contents = outline(text)
    assert [(h.level, h.title) for h in contents.headings] == titles
    for heading in contents.headings:
        lines = text[heading.start : heading.end]
        assert all(word in lines for word in heading.title.split())
        assert heading.start == 0 or text[heading.start - 1] in "\r\n\ufeff"


def test_a_section_ends_before_the_next_one_of_its_level():
    text = "# G\n\n## A\n\na\n\n### Examples\n\ne\n\n\n## B\nb"
    contents = outline(text)
    a = contents.headings[1]
    assert text[: contents.section_end(a)].endswith("\ne\n")
    assert text[: contents.section_end(a, [contents.headings[2]])].endswith("\na\n")
    assert contents.section_end(contents.headings[3]) == len(text)


@pytest.mark.parametrize(
    ("text", "closer"),
    [("```\nx", "```"), ("~~~~ y\nx\n~~~", "~~~~"), ("```\nx\n```", ""), ("```", "```"),
     ("<!-- x\n\ny", "-->"), ("<!-- x -->", ""), ("<script>\n\n", "</script>"),
     ("<pre>\nx", "</pre>"), ("<?php\n", "?>"), ("<div>\nx", ""), ("- ```\n  x", ""), ("", "")],
)  # fmt: skip
def test_what_is_left_open_at_the_end(text, closer):
    assert outline(text).unclosed == closer


PIECES = st.sampled_from(
    ["# A", "## B ##", "   # C", "    # D", "#", "#x", "A", "===", "---", "- ", "- ```", "```",
     "~~~", "````", "> # x", "> ```", "<!--", "-->", "<div>", "</div>", "<pre>", "</pre>", "<b>",
     "<?", "| a |", "|---|", "", " ", "\t# t", "text", "1. one", "   ---", "[a]: b", "\x0c# f",
     "\u2028# u", "* * *"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_parts_give_the_outline_of_the_whole(lines, end, final):
    from labelq.remedy.guideline import headings

    text = "x\n\n" + end.join(lines) + end * final  # no front matter
    contents = headings.outline(text)
    whole: tuple[list, list] = ([], [])
    headings._collect(text, 0, headings._reader().parse(text), *whole)
    assert (contents.headings, contents.comments) == tuple(map(tuple, whole))
    closed = f"{text}\n{contents.unclosed}\n\n# end\n"
    assert headings.outline(closed).headings[-1].title == "end"


@pytest.mark.parametrize(
    "line",
    ["text **b**\n", "\n", "| a | b |\n", "    code\n", "<b>\n", "[a]: x\n", "`" * 99 + "\n"],
)
def test_time_grows_with_the_text_only(line):
    times = []
    for size in (20_000, 80_000):
        start = time.process_time()
        outline("<b>\n\n" + line * (size // len(line)))
        times.append(time.process_time() - start)
    assert times[1] < 4 * 3 * times[0] + 0.1


@pytest.mark.parametrize(
    ("labels", "titles", "expected"),
    [
        (["Refund"], ["## Refunds", "## 2. Refund"], {"Refund": "2. Refund"}),
        (["Damaged item", "item"], ["## Damaged item", "## Item"],
         {"Damaged item": "Damaged item", "item": "Item"}),
        (["Refund"], ["# Refund guideline", "## Billing"], {}),
        (["refund_request"], ["## Refund", "## Refund Request (money)"],
         {"refund_request": "Refund Request (money)"}),
        (["damagedItem"], ["## **Damaged** item"], {"damagedItem": "**Damaged** item"}),
        (["Zwrot pieniędzy"], ["## ZWROT PIENIĘDZY"], {"Zwrot pieniędzy": "ZWROT PIENIĘDZY"}),
        (["art"], ["## Start here"], {}),
        (["استرداد"], ["## استرداد"], {"استرداد": "استرداد"}),
    ],
)  # fmt: skip
def test_whose_heading(labels, titles, expected):
    found = heading_of(labels, outline("\n\n".join(titles)).headings)
    assert {label: heading.title for label, heading in found.items()} == expected


def test_a_section_that_is_told_wins_and_is_nobody_elses():
    headings = outline("# G\n\n## Money back\n\n## Refund of fees\n\n## Billing\n").headings
    told = {"Refund": "money BACK", "Gone": "Nowhere"}
    found = sections_of(["Refund", "Billing", "Gone", "3"], headings, told)
    assert {label: h.title for label, h in found.items()} == {
        "Refund": "Money back",
        "Billing": "Billing",
    }
