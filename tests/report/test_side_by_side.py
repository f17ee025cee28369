"""The guideline draft beside the guideline: aligned, folded, bounded."""

import time

from hypothesis import given
from hypothesis import strategies as st

from labelq.report.side_by_side import MOST_ROWS, Piece, side_by_side

OLD = """# Guide

## Refund

Money goes back.
The customer returned the goods.

## Billing

One.
Two.
Three.
Four.
Five.
Six.
Seven.
"""


def said(pieces):
    return None if pieces is None else "".join(piece.text for piece in pieces)


def test_nothing_changes():
    assert side_by_side(OLD, OLD) == ([], 0)


def test_a_changed_word_is_marked_in_its_line():
    rows, more = side_by_side(OLD, OLD.replace("returned the goods", "sent the goods back"))
    (row,) = (row for row in rows if row.kind == "changed")
    assert [piece.text for piece in row.left if piece.changed] == ["returned"]
    assert [piece.text for piece in row.right if piece.changed] == ["sent", " back"]
    assert said(row.left) == "The customer returned the goods."
    assert said(row.right) == "The customer sent the goods back."
    assert more == 0


def test_an_added_line_stands_beside_nothing_and_unchanged_lines_are_folded():
    rows, _ = side_by_side(OLD, OLD.replace("Six.\n", "Six.\nA new rule.\n"))
    assert [row.kind for row in rows] == ["fold", *["same"] * 3, "added", "same"]
    fold, *_, added, _ = rows
    assert (fold.folded, fold.section) == (12, "Billing")
    assert (added.left, added.right) == (None, (Piece("A new rule."),))


def test_a_line_that_became_nothing_like_it_is_removed_and_added():
    rows, _ = side_by_side("a\nfirst words here\nb\n", "a\nsomething else entirely, 12\nb\n")
    assert [row.kind for row in rows] == ["same", "removed", "added", "same"]


def test_what_only_programs_read_is_left_out():
    new = (
        "---\nlabelq:\n  version: 2\n---\n" + OLD + '\n<!-- labelq: proposed {"a": 1} -->\n'
        "See [task 12](https://ls.example/projects/1/data?task=12).\n<!-- labelq: end -->\n"
    )
    rows, _ = side_by_side(OLD, new)
    text = "\n".join(said(row.right) or "" for row in rows)
    assert "See task 12." in text
    assert "<!--" not in text
    assert "version" not in text


def test_a_draft_without_a_guideline_is_all_new():
    rows, _ = side_by_side("", "# New\n\nA rule.\n")
    assert [(row.kind, said(row.right)) for row in rows] == [
        ("added", "# New"),
        ("added", ""),
        ("added", "A rule."),
    ]
    assert [row.heading for row in rows] == [True, False, False]


def test_a_long_guideline_is_bounded():
    old = "".join(f"line {i} of the long guideline\n" for i in range(20_000))
    new = old.replace("of the", "in this")
    began = time.perf_counter()
    rows, more = side_by_side(old, new)
    assert time.perf_counter() - began < 5
    assert len(rows) == MOST_ROWS
    assert more == 2 * 20_000 - MOST_ROWS
    rows, _ = side_by_side("x" * 2_000_000, "x" * 2_000_000 + "y")
    shown = [piece for row in rows for piece in (*(row.left or ()), *(row.right or ()))]
    assert sum(len(piece.text) for piece in shown) < 5_000


LINES = st.lists(st.sampled_from(["# A", "one two three", "one two four", "", "x"]), max_size=30)


@given(LINES, LINES)
def test_both_sides_are_whole_and_in_order(old, new):
    rows, more = side_by_side("".join(f"{x}\n" for x in old), "".join(f"{x}\n" for x in new))
    assert more == 0
    if old == new:
        assert rows == []
        return
    left, right, at = [], [], 0
    for row in rows:
        if row.kind == "fold":
            at = len(left)
            left += old[at : at + row.folded]
            right += old[at : at + row.folded]
        if row.left is not None:
            left.append(said(row.left))
        if row.right is not None:
            right.append(said(row.right))
    assert (left, right) == (old, new)
