"""What to talk about, in words."""

from __future__ import annotations

from dataclasses import replace

from labelq.pinpoint.findings import Agenda, Influence
from labelq.report import ledger
from labelq.report.html import report_html
from labelq.report.markdown import report_markdown
from labelq.report.names import Names
from labelq.report.text import plain

AGENDA = Agenda("q", ("q-1", "q-2"), 0.41, 0.45, 0.2, 0.62, 0.78)


def test_the_lead_says_what_is_carried_and_what_is_left():
    assert ledger.lead(AGENDA) == (
        "2 clusters carry 41 % of the disagreement, and with it at least 80 % of the 45 % that has"
        " a common content. If both were settled, alpha would be at most .78; now it is .62. 20 %"
        " lies on tasks without a common content and 35 % on labels that are confused too rarely"
        " to group."
    )
    one = Agenda("q", ("q-1",), 0.3, 0.3, 0.0, 0.62, 0.7)
    assert ledger.lead(one) == (
        "1 cluster carries 30 % of the disagreement: all that has a common content. If it were"
        " settled, alpha would be at most .70; now it is .62. 70 % lies on labels that are confused"
        " too rarely to group."
    )
    none = Agenda("q", (), 0.0, 0.0, 1.0, 0.5, None)
    assert ledger.lead(none) == (
        "No disagreement here has a common content that a meeting could settle at once. 100 % lies"
        " on tasks without a common content."
    )


def test_places_say_how_sure_they_are():
    row = Influence("q", "cluster", "q-1", 0.3, 0.7, None, 1.0, 1, 2, 0.962)
    assert ledger.place(row, 3) == "1 (first in 96 % of resamples)"
    assert ledger.place(replace(row, rank=2.5, rank_upper=4), 3) == "2.5 (1 to 4)"
    assert ledger.place(replace(row, rank=2.0, rank_lower=2, rank_upper=2), 3) == "2 (2)"
    assert ledger.place(replace(row, rank=None), 3) == "–"
    assert ledger.place(row, 1) == "1"
    assert ledger.place(replace(row, rank_lower=None, rank_upper=None), 3) == "1"


def test_parts_of_an_audit(audit):
    names = Names(audit.round.raters)
    (part,) = ledger.parts(audit, names)
    assert part.question == "category"
    assert [row.share for row in part.agenda] == ["31 %", "22 %"] or len(part.agenda) == 2
    titles = [weights.title for weights in part.weights]
    assert titles[0] == "Label pairs"
    assert any("Annotators" in title for title in titles)
    annotator = next(w for w in part.weights if "Annotators" in w.title)
    assert plain(annotator.rows[0][0]) == audit.round.raters[0].letter
    shown = Names(audit.round.raters, names=True)
    (part,) = ledger.parts(audit, shown)
    annotator = next(w for w in part.weights if "Annotators" in w.title)
    assert plain(annotator.rows[0][0]) == audit.round.raters[0].name


def test_it_stands_in_the_reports(audit):
    page, short = report_html(audit), report_markdown(audit)
    assert 'id="agenda"' in page
    assert "2 clusters carry 41\u00a0% of the disagreement" in page
    assert "## What to talk about" in short
    assert "2 clusters carry 41 % of the disagreement" in short
    empty = replace(audit, agendas=(), influences=())
    assert "Nobody disagrees." in report_html(empty)
    assert "What to talk about" not in report_markdown(empty)
