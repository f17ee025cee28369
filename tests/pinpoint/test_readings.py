"""What speaks for each reading of a task, counted by hand."""

import pytest

from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.readings import LEAST_TEXTS, Readings
from tests.rounds import make_round

TEXTS = {
    # agreed on A
    "a1": "carton crushed corner",
    "a2": "carton soaked wet",
    "a3": "carton torn corner",
    "a4": "parcel delayed lorry",
    # agreed on B
    "b1": "vase cracked handle",
    "b2": "plate cracked rim",
    "b3": "mirror cracked frame",
    # disputed, one vote only, and agreed on something else
    "d1": "Carton torn, mirror cracked and frame",
    "s1": "carton carton",
    "c1": "carton cracked invoice",
}
VOTES = {
    **dict.fromkeys(("a1", "a2", "a3", "a4"), "AA"),
    **dict.fromkeys(("b1", "b2", "b3"), "BBB"),
    "d1": "AB",
    "s1": "A",
    "c1": "CC",
}
MADE = make_round(
    [(u, f"r{i}", v, TEXTS[u]) for u, votes in VOTES.items() for i, v in enumerate(votes)]
)
CODE = {name: code for code, name in enumerate(MADE.units.ids)}


def readings(made=MADE, labels=("A", "B"), content=...):
    content = Content.of(made.units) if content is ... else content
    return Readings(content, made.questions[0], made.ratings["value"], labels)


def test_words_are_counted_in_agreed_tasks_of_each_label():
    a, b = readings().of(CODE["d1"])
    (word,) = a.words
    assert (word.word, word.n, word.of, word.n_against, word.of_against) == ("Carton", 3, 4, 0, 3)
    (word,) = b.words
    assert (word.word, word.n, word.of, word.n_against, word.of_against) == ("cracked", 3, 3, 0, 4)
    assert (a.n_agreed, b.n_agreed) == (4, 3)


def test_the_precedent_is_the_agreed_task_that_is_most_alike():
    a, b = readings().of(CODE["d1"])
    assert (a.precedent.unit, a.precedent.n_votes) == (CODE["a3"], 2)
    assert (b.precedent.unit, b.precedent.n_votes) == (CODE["b3"], 3)
    assert 0.1 <= a.precedent.likeness <= 1


def test_a_task_is_no_precedent_for_itself():
    a, _ = readings().of(CODE["a1"])
    assert a.precedent.unit != CODE["a1"]


def test_a_rare_word_speaks_for_nothing():
    assert LEAST_TEXTS == 3
    a, _ = readings().of(CODE["d1"])
    assert "torn" not in [word.word for word in a.words]


def test_nothing_speaks_where_nothing_is_known():
    for content in (None, ...):
        a, c = readings(content=content, labels=("A", "C")).of(CODE["s1"])
        assert c.words == ()
        assert a.label == "A"
    quiet = make_round([(u, r, v) for u in "xy" for r, v in (("p", "A"), ("q", "B"))])
    for one in readings(quiet).of(0):
        assert (one.words, one.precedent, one.n_agreed) == ((), None, 0)


def test_first_votes_are_most_first():
    assert readings().votes(CODE["b1"]) == (("B", (0, 1, 2)),)
    assert readings().votes(CODE["d1"]) == (("A", (0,)), ("B", (1,)))


def test_a_multiple_choice_is_read_label_by_label():
    rows = [
        (u, r, {"x"} if u.startswith("a") else {"y"}, TEXTS[u])
        for u in ("a1", "a2", "a3", "b1", "b2", "b3")
        for r in "pq"
    ]
    rows += [("d1", "p", {"x"}, TEXTS["d1"]), ("d1", "q", {"x", "y"}, TEXTS["d1"])]
    made = make_round(rows, level="set")
    without, with_y = readings(made, labels=("without y", "y")).of(made.units.ids.index("d1"))
    assert [w.word for w in without.words] == ["Carton"]
    assert [w.word for w in with_y.words] == ["cracked"]


def test_labels_that_nobody_has_are_refused():
    with pytest.raises(KeyError):
        readings(labels=("A", "Z"))
