"""What speaks for each reading of a task, counted by hand."""

import pytest

from labelq.pinpoint.content.vectors import Content
from labelq.pinpoint.readings import LEAST_LIKENESS, LEAST_TEXTS, Readings
from tests.rounds import make_round

TEXTS = {
    # agreed on A: "carton" in 5 of 6, "and" as often
    "a1": "carton crushed and corner",
    "a2": "carton soaked and wet",
    "a3": "carton torn and corner",
    "a4": "parcel delayed lorry",
    "a5": "carton opened and taped",
    "a6": "carton dented and creased",
    # agreed on B: "cracked" in 5 of 6
    "b1": "vase cracked handle",
    "b2": "plate cracked rim",
    "b3": "mirror cracked frame",
    "b4": "lamp cracked bulb",
    "b5": "jug cracked spout",
    "b6": "corner corner chipped",
    # disputed, one vote only, and agreed on something else
    "d1": "Carton torn and corner, mirror cracked frame",
    "d2": "vase cracked handle",
    "d3": "carton poem",
    "s1": "carton carton",
    "c1": "carton cracked invoice",
}
VOTES = {
    **dict.fromkeys(("a1", "a2", "a3", "a4", "a5", "a6"), "AA"),
    **dict.fromkeys(("b1", "b2", "b3", "b4", "b5", "b6"), "BBB"),
    **dict.fromkeys(("d1", "d2", "d3"), "AB"),
    "s1": "A",
    "c1": "CC",
}
# Texts about something else, so that no word but "and" stands everywhere.
TEXTS |= {f"z{i}": f"and topic{i}" if i < 20 else f"topic{i}" for i in range(40)}
VOTES |= dict.fromkeys((one for one in TEXTS if one.startswith("z")), "CC")
ROWS = [(u, f"r{i}", v, TEXTS[u]) for u, votes in VOTES.items() for i, v in enumerate(votes)]
MADE = make_round(ROWS)
CODE = {name: code for code, name in enumerate(MADE.units.ids)}


def readings(made=MADE, labels=("A", "B"), content=...):
    content = Content.of(made.units) if content is ... else content
    return Readings(content, made.questions[0], made.ratings["value"], labels)


def test_words_are_counted_in_agreed_tasks_of_each_label():
    a, b = readings().of(CODE["d1"])
    (word,) = a.words
    assert (word.word, word.n, word.of, word.n_against, word.of_against) == ("Carton", 5, 6, 0, 6)
    (word,) = b.words
    assert (word.word, word.n, word.of, word.n_against, word.of_against) == ("cracked", 5, 6, 0, 6)
    assert (a.n_agreed, b.n_agreed) == (6, 6)


def test_a_word_must_stand_there_more_often_than_by_chance():
    # 5 of 6 against 0 of 6: C(6, 5) / C(12, 5) = 6/792 = .0076. With one agreed task fewer,
    # 4 of 5 against 0 of 6: C(5, 4) / C(11, 4) = 5/330 = .015, and 5 of 6 against 0 of 5: .013.
    assert [w.word for w in readings().of(CODE["d1"])[0].words] == ["Carton"]
    made = make_round([row for row in ROWS if row[0] != "a6"])
    assert [one.words for one in readings(made).of(made.units.ids.index("d1"))] == [(), ()]


def test_a_word_of_a_fifth_of_all_texts_is_a_function_word_in_any_language():
    # "and" stands with A as "carton" does, and in half of all other texts.
    swapped = [(u, r, v, t.replace("and", "onder")) for u, r, v, t in ROWS]
    made = make_round(swapped)
    a, _ = readings(made).of(made.units.ids.index("d1"))
    assert [w.word for w in a.words] == ["Carton"]


def test_the_precedent_is_the_agreed_task_that_is_most_alike():
    a, b = readings().of(CODE["d1"])
    assert (a.precedent.unit, a.precedent.n_votes) == (CODE["a3"], 2)
    assert (b.precedent.unit, b.precedent.n_votes) == (CODE["b3"], 3)
    assert LEAST_LIKENESS <= a.precedent.likeness <= 1
    assert not a.precedent.same


def test_a_word_in_common_makes_no_precedent():
    a, _ = readings().of(CODE["d2"])
    assert a.precedent is None


def test_the_same_text_is_named_as_that():
    _, b = readings().of(CODE["d2"])
    assert (b.precedent.unit, b.precedent.same) == (CODE["b1"], True)


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
        for u in TEXTS
        if u[0] in "abz"
        for r in ("p" if u[0] == "z" else "pq")
    ]
    rows += [("d1", "p", {"x"}, TEXTS["d1"]), ("d1", "q", {"x", "y"}, TEXTS["d1"])]
    made = make_round(rows, level="set")
    without, with_y = readings(made, labels=("without y", "y")).of(made.units.ids.index("d1"))
    assert [w.word for w in without.words] == ["Carton"]
    assert [w.word for w in with_y.words] == ["cracked"]


def test_labels_that_nobody_has_are_refused():
    with pytest.raises(KeyError):
        readings(labels=("A", "Z"))
