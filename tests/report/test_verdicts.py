"""The first screen's answer: one plain sentence per question, true in every state."""

from dataclasses import replace

import pytest

from labelq.measure.raters.estimates import Estimate
from labelq.measure.results import Paradox
from labelq.report import ceilings, verdicts
from labelq.report.text import html, plain


@pytest.fixture
def verdict(audit):
    return replace(audit.verdicts[2], n_units=30_000, n_multiple=1_912)


@pytest.mark.parametrize(
    ("changes", "ends", "said"),
    [
        ({"state": "reliable"}, (0.8, 0.9), ": enough to train on."),
        (
            {"state": "tentative"},
            (0.7, 0.9),
            ": enough for tentative conclusions, not yet to train on.",
        ),
        ({"state": "unreliable"}, (0.5, 0.6), ": not enough to train on."),
        (
            {"state": "cannot_tell", "more_units": 257},
            (0.6, 0.7),
            ": cannot tell yet; about 260 more tasks would probably tell.",
        ),
        (
            {"state": "cannot_tell", "more_units": None},
            (0.6, 0.7),
            ": cannot tell yet; more tasks would hardly tell, a clearer guideline may.",
        ),
        (
            {"state": "cannot_tell", "more_units": 33},
            (None, None),
            (
                ": cannot tell yet, everyone gave the same label, so there is no chance agreement"
                " to compare with; it takes at least 33 more tasks."
            ),
        ),
    ],
)
def test_one_sentence_with_its_plain_counts(verdict, changes, ends, said):
    lower, upper = ends
    headline = replace(verdict.headline, lower=lower, upper=upper, reason="no_variation")
    shown = plain(verdicts.sentence(replace(verdict, headline=headline, **changes)))
    assert shown == f"All annotators agreed on 89 of 1,912 tasks{said}"


def test_nothing_to_compare(verdict):
    none = verdicts.sentence(replace(verdict, n_multiple=0))
    assert none.startswith("None of the 30,000 tasks was labeled by two or more people")


def test_why_many_unanimous_tasks_are_not_enough(verdict):
    odd = replace(verdict, commonest="ham", paradox=Paradox(0.96, 0.944, 0.971, 0.95))
    assert plain(verdicts.sentence(odd)).endswith(
        "not enough to train on; 97 % of all labels are ham, so that chance explains most."
    )


def test_the_answer_names_every_question(audit, verdict):
    assert plain(verdicts.answer(audit.verdicts)) == (
        "In part. Annotators agree enough on urgency to train on it, but not enough on topics; "
        "for category the data cannot tell yet."
    )
    assert verdicts.answer(()) == (
        "Nothing to measure. There is no question in this round that can be measured."
    )
    good = [replace(audit.verdicts[1], question=f"q{i}") for i in range(9)]
    assert plain(verdicts.answer(good)) == (
        "Yes. Annotators agree enough on all 9 questions to train on them."
    )
    assert plain(verdicts.answer([*good, verdict])) == (
        "In part. Annotators agree enough on 9 questions to train on them, but not enough on "
        "topics."
    )
    assert plain(verdicts.answer([verdict])) == (
        "Not yet. Annotators do not agree enough on topics to train on it."
    )
    half = replace(verdict, state="tentative")
    assert plain(verdicts.answer([half])) == (
        "In part. Annotators agree just enough on topics for tentative conclusions."
    )
    silent = replace(
        verdict, state="cannot_tell", headline=replace(verdict.headline, lower=None, upper=None)
    )
    close = [replace(audit.verdicts[0], question=q) for q in ("a", "b")]
    assert plain(verdicts.answer([silent, *close])) == (
        "Not yet. For topics, a and b the data cannot tell yet."
    )


def test_the_range_for_a_model(audit, ceiling):
    found = ceilings.target(ceiling())
    assert (found.perfect, found.always, plain(found.commonest)) == ("85 %", "24 %", "“3”")
    assert plain(found.sentence) == (
        "A perfect model would score about 85 %; always answering “3” would score 24 %."
    )
    numbers = ceilings.target(ceiling(score="mean_absolute_error", baseline_one=8.0))
    assert plain(numbers.sentence) == (
        "A perfect model would be off by about 0.849; always answering “3” would be off by 8."
    )
    assert ceilings.target(ceiling(against_one=Estimate(reason="no_overlap"))) is None
    alone = ceilings.target(ceiling(commonest=None, baseline_one=None))
    assert (alone.always, alone.commonest) == ("", "")
    assert alone.sentence == "A perfect model would score about 85 %."
    known = replace(audit, ceilings=(ceiling(),))
    assert ceilings.target_of(known, "category") is None
    assert verdicts.short(known, audit.verdicts[2])[-1] == found.sentence


def test_thresholds_in_words(audit):
    other = replace(audit.verdicts[0], reliable_from=0.9)
    assert verdicts.zones([*audit.verdicts, other]) == (
        "Reliable from .8, tentative from .667; or .9, tentative from .667, if the whole interval "
        "reaches it."
    )
    assert verdicts.zones(()) == ""


def test_hostile_names(verdict):
    evil = replace(verdict, question="<script>x\u202e", paradox=Paradox(0.9, 0.9, 0.9, None))
    for said in (verdicts.answer([evil]), verdicts.sentence(replace(evil, commonest="<img>"))):
        assert "<script" not in html(said)
        assert "<img" not in html(said)
        assert "\u202e" not in said
