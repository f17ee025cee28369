"""The version of a guideline, in its front matter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelq.remedy.guideline.editing import edited
from labelq.remedy.guideline.front_matter import (
    body_start,
    content_hash,
    decisions_told,
    sections_told,
    stamped,
    version_of,
)

HASH = "sha256:" + "0" * 64


def stamp(text, version=2, date=None, decisions=()):
    content = content_hash(text)
    return edited(
        text, stamped(text, version=version, content=content, date=date, decisions=decisions)
    )


FRONTS = [
    "",
    "---\ntitle: A guide\n---\n",
    "---\ntitle: A\nlabelq:\n  version: 1\n---\n",
    (
        f"---\nlabelq:\n    hash: {HASH} # old\n    # a remark\n    sections:\n"
        "        Refund: Money back\n    version: 1\nlast: 1\n---\n"
    ),
    '﻿---\nlabelq: {sections: {Refund: "Money back", "a: b": c}, version: 7}\ntags: [a]\n---\n',
    "---\nlabelq:\n---\n\n",
    "---\nother: |\n  x\n\nlabelq:\n  decisions:\n  - old\n  - new\n  version: 1\n---\n",
    "---\nnot: yaml: at: all\n...\n",
]


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_stamp_is_read_again_and_the_rest_stays(front, end):
    text = (front + "# Guide\n\nText.\n").replace("\n", end)
    draft = stamp(text, 3, "2026-03-20", ["new", "b-2"])
    found = version_of("g.md", draft)
    assert (found.version, found.edited, found.problem) == (3, False, "")
    assert found.hash == content_hash(text)
    assert sections_told(draft) == sections_told(text)
    assert decisions_told(draft) == (("old", "new", "b-2") if "- old" in front else ("new", "b-2"))
    assert draft.count("\n") == draft.count(end)
    assert draft[body_start(draft) :].lstrip() == text[body_start(text) :].lstrip("\ufeff").lstrip()
    for line in text.split(end):
        own = line.strip().startswith(("version", "hash", "decisions", "- ", "labelq"))
        assert own or line in draft.split(end)
    assert stamp(draft, 3, "2026-03-20") == draft


def test_line_ends_are_no_edit_and_words_are():
    draft = stamp("# Guide\n\nText.\n")
    assert draft.startswith("---\nlabelq:\n  version: 2\n  hash: sha256:")
    assert not version_of("g", draft.replace("\n", "\r\n")).edited
    assert not version_of("g", "\ufeff" + draft).edited
    changed = version_of("g", draft.replace("Text", "Words"))
    assert (changed.version, changed.edited) == (2, True)
    assert version_of("g", "# Guide").version is None


@pytest.mark.parametrize(
    "block", ["labelq: text", "labelq: [1]", "labelq: {a: &x 1, b: *x}", "labelq:\n  a: b: c",
              "labelq:\n\t- x"]
)  # fmt: skip
def test_a_block_that_cannot_be_read_is_left_alone(block):
    text = f"---\n{block}\n---\n# G\n"
    assert version_of("g", text).problem
    assert stamp(text) == text


@pytest.mark.parametrize(
    "text", ["---\n\ntext\n\n---\n", "---\ntext\n---\n", "---\n", "--- a\n---\n"]
)
def test_thematic_breaks_are_no_front_matter(text):
    assert body_start(text) == 0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(
    ["---", "...", "labelq:", "labelq: {", "}", "  version: 1", "  sections:", "    A: B", "a: b",
     "# c", "", " ", "\ufeff", "text", "  hash: x", "- x", "  decisions: [a, b]", "\t"]),
    max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))  # fmt: skip
def test_any_text_gets_a_stamp_that_holds_or_none(lines, end):
    text = end.join(lines)
    draft = stamp(text)
    assert (
        content_hash(draft) == content_hash(text) or draft == text or version_of("", text).problem
    )
