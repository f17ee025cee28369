"""Blind votes: what is asked, who is heard, and that no first vote shows through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labelq.remedy.agenda import AgendaItem
from labelq.remedy.ballots import (
    CANNOT_TELL,
    MOST_OPTIONS,
    Ballot,
    Cast,
    ballot_papers,
    counted,
)
from tests.rounds import make_round

ROWS = [
    (unit, who, label, f"text {unit}")
    for unit in ("u1", "u2", "u3")
    for who, label in (("a", "Refund"), ("b", "Billing"))
]
LABELS = ("Shipping", "Refund", "Billing")


def item(*units, cluster="value-1", labels=("Refund", "Billing"), question="value"):
    return AgendaItem(cluster, question, labels, units, 0.5, 10.0)


def papers_of(*items, **options):
    round_ = make_round(ROWS, **{"labels": LABELS} | options)
    return ballot_papers(items, round_), round_


def test_every_label_can_be_chosen_in_the_questions_own_order():
    (first, second), _ = papers_of(item(2, 0))
    assert first.labels == LABELS
    assert first.options == (*LABELS, CANNOT_TELL)
    assert (first.unit, second.unit) == (2, 0)
    assert first.asks == "value: which one is right for this task?"
    assert not any(label in first.asks for label in LABELS)


def test_who_voted_what_at_first_does_not_show():
    """The same examples, with the first votes the other way round, make the same papers."""
    turned = [
        (unit, who, "Billing" if label == "Refund" else "Refund", text)
        for unit, who, label, text in ROWS
    ]
    papers, _ = papers_of(item(0, 1))
    swapped = item(0, 1, labels=("Billing", "Refund"))
    assert ballot_papers([swapped], make_round(turned, labels=LABELS)) == papers


def test_an_example_of_two_clusters_is_asked_once_and_counts_for_both():
    papers, round_ = papers_of(
        item(0, 1), item(1, 2, cluster="value-2", labels=("Billing", "Shipping"))
    )
    assert [paper.unit for paper in papers] == [0, 1, 2]
    assert papers[1].clusters == ("value-1", "value-2")
    found = counted(papers, [Cast(papers[1].key, "a", "Refund", "so", "1")], round_)
    assert found.ballots == (
        Ballot("value-1", "u2", "a", "Refund", "so"),
        Ballot("value-2", "u2", "a", "Refund", "so"),
    )
    assert found.answered == {"a": 1}


def test_of_a_multiple_choice_the_label_is_asked_for():
    sets = [("u1", "a", {"fee"}, "t"), ("u1", "b", {"late"}, "t"), ("u1", "c", set(), "t")]
    round_ = make_round(sets, level="set")
    items = [
        item(0, labels=("fee", "without fee")),
        item(0, cluster="value-2", labels=("late", "without late")),
    ]
    papers = ballot_papers(items, round_)
    assert [paper.applies for paper in papers] == ["fee", "late"]
    assert papers[0].asks == "value: does “fee” apply to this task?"
    assert papers[0].options == ("fee", "without fee", CANNOT_TELL)


def test_of_very_many_labels_only_the_clusters_can_be_chosen():
    many = tuple(f"l{i:03}" for i in range(MOST_OPTIONS + 1))
    rows = [("u1", "a", many[7], "t"), ("u1", "b", many[3], "t")]
    round_ = make_round(rows, labels=many)
    (paper,) = ballot_papers([item(0, labels=(many[7], many[3]))], round_)
    assert paper.labels == (many[3], many[7])  # in the question's order: no vote shows


def test_a_label_that_says_cannot_tell_is_told_from_saying_so():
    labels = (CANNOT_TELL, f"{CANNOT_TELL}.")
    rows = [("u1", "a", labels[0], "t"), ("u1", "b", labels[1], "t")]
    round_ = make_round(rows, labels=labels)
    (paper,) = papers = ballot_papers([item(0, labels=labels)], round_)
    assert len(set(paper.options)) == 3
    cast = [
        Cast(paper.key, voter, choice) for voter, choice in zip("abc", paper.options, strict=True)
    ]
    assert [b.label for b in counted(papers, cast, round_).ballots] == [*labels, None]


def test_a_paper_is_known_by_what_it_shows_and_not_by_the_number_alone():
    before, _ = papers_of(item(0))
    other = [(unit, who, label, text + "!") for unit, who, label, text in ROWS]
    round_ = make_round(other, labels=LABELS)
    papers = ballot_papers([item(0)], round_)
    found = counted(papers, [Cast(before[0].key, "a", "Refund")], round_)
    assert (found.ballots, found.n_elsewhere) == ((), 1)
    elsewhere = make_round(ROWS, labels=LABELS, name="another round")
    assert ballot_papers([item(0)], elsewhere)[0].key != before[0].key


def test_units_without_text_are_known_by_their_fields():
    rows = [("u1", "a", "x"), ("u1", "b", "y")]
    keys = {
        ballot_papers(
            [item(0, labels=("x", "y"))], make_round(rows, fields={"image": {"u1": image}})
        )[0].key
        for image in ("1.png", "2.png")
    }
    assert len(keys) == 2


def test_the_last_answer_counts_and_what_cannot_be_does_not():
    (paper, *_), round_ = papers_of(item(0))
    found = counted(
        [paper],
        [
            Cast(paper.key, "a", "Refund", "", "2026-01-01T10:00:02Z"),
            Cast(paper.key, "a", "Billing", "", "2026-01-01T10:00:01Z"),
            Cast(paper.key, "a", None, "", "2026-01-01T10:00:03Z"),
            Cast(paper.key, "b", None),
            Cast(paper.key, "c", "refund"),
            Cast("u1/value/0", "c", "Refund"),
            Cast("u1/value/0", "c", None),
            Cast(paper.key, "d", CANNOT_TELL, "no picture"),
        ],
        round_,
    )
    assert found.ballots == (
        Ballot("value-1", "u1", "a", "Refund"),
        Ballot("value-1", "u1", "d", None, "no picture"),
    )
    assert (found.answered, found.skipped) == ({"a": 1, "d": 1}, {"b": 1})
    assert (found.unknown, found.n_elsewhere) == ({"refund": 1}, 1)


CASTS = st.lists(
    st.builds(
        Cast,
        st.sampled_from(["0", "1", "?"]),
        st.sampled_from("ab"),
        st.sampled_from([None, *LABELS, CANNOT_TELL, "other"]),
        at=st.integers(0, 99).map("{:02}".format),
    ),
    max_size=12,
    unique_by=lambda one: one.at,
)


@given(CASTS, st.randoms(use_true_random=False))
def test_the_order_in_which_answers_come_changes_nothing(casts, random):
    papers, round_ = papers_of(item(0, 1))
    keys = {"0": papers[0].key, "1": papers[1].key, "?": "?"}
    casts = [Cast(keys[one.key], one.voter, one.choice, one.note, one.at) for one in casts]
    shuffled = random.sample(casts, len(casts))
    found = counted(papers, casts, round_)
    assert counted(papers, shuffled, round_) == found
    assert len({(b.task, b.voter) for b in found.ballots}) == len(found.ballots)
    assert found.answered.total() == len(found.ballots)
    possible = sum(one.choice in papers[0].options and one.key != "?" for one in casts)
    assert len(found.ballots) <= possible


def test_nothing_on_the_agenda_is_nothing_to_ask():
    assert papers_of()[0] == ()
