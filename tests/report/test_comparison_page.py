"""The comparison as the report draws it."""

from dataclasses import replace

import pytest
from defusedxml.ElementTree import fromstring

from labelq.auditing import audit
from labelq.report.comparison import WORDS
from labelq.report.comparison_page import page
from labelq.report.names import Names
from labelq.report.text import plain
from tests.remember.contents import drawn, remembered


@pytest.fixture(scope="module")
def found():
    before = drawn([0.9, *[0.05] * 9], 15, 1, name="then")
    after = drawn([0.05] * 10, 15, 2)
    return audit(after, resamples=100, cross_check=False, against=remembered(before, [0]))


def classes(strip):
    return {element.get("class"): element.attrib for element in fromstring(strip.svg)}


def test_headlines_are_drawn_from_before_to_after(found):
    shown = page(found, Names(found.round.raters))
    row = next(row for row in shown.rows if row.tasks == "all")
    change = next(c for c in found.comparison.changes if c.headline and c.tasks == "all")
    drawn_row = classes(row.picture)
    assert {"axis", "mark", "span", "way", "ring", "dot"} <= set(drawn_row)
    assert drawn_row["dot"]["cx"] == f"{change.after.value * 100:.1f}%"
    assert drawn_row["ring"]["cx"] == f"{change.before.value * 100:.1f}%"
    assert row.number == change.difference
    assert row.word == WORDS[change.word]
    assert all(not row.title.startswith("value: Krippendorff") for row in shown.more)


def test_fates_are_drawn_on_one_axis(found):
    shown = page(found, Names(found.round.raters))
    (row,) = shown.clusters
    fate = found.comparison.clusters[0]
    assert plain(row.what).startswith("a or b")
    most = max(fate.before, fate.after, fate.highest)
    assert classes(row.picture)["ring"]["cx"] == f"{fate.before / most * 100:.1f}%"


def test_verdicts_with_thresholds_of_their_own_leave_no_marks(found):
    other = replace(found.verdicts[0], question="other", reliable_from=0.9)
    mixed = replace(found, verdicts=(*found.verdicts, other))
    shown = page(mixed, Names(found.round.raters))
    assert "mark" not in classes(shown.rows[0].picture)


def test_without_a_comparison_there_is_no_page(found):
    assert page(replace(found, comparison=None), Names(found.round.raters)) is None
