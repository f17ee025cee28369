"""Headings as CommonMark has them, and whose they are."""

from __future__ import annotations

import pytest

from labelq.remedy.headings import heading_of, outline


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
        ("---\ntitle: A\n# no\n---\n# B\n", [(1, "B")]),
        ("---\n\n# B\n", [(1, "B")]),
        ("- item\n---\n", []),
        ("text\n\n---\n", []),
        ("#\n", [(1, "")]),
        ("", []),
    ],
)
def test_outline(text, titles):
    assert [(h.level, h.title) for h in outline(text).headings] == titles


def test_a_section_ends_before_the_next_one_of_its_level():
    text = "# G\n\n## A\n\na\n\n### Examples\n\ne\n\n\n## B\nb"
    contents = outline(text)
    a = contents.headings[1]
    assert text[: contents.section_end(a, ())].endswith("\ne\n")
    assert text[: contents.section_end(a, [contents.headings[2]])].endswith("\na\n")
    assert contents.section_end(contents.headings[3], ()) == len(text)


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
