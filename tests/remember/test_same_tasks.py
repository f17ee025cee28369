"""Which tasks two rounds share."""

import pytest

from labelq.errors import SettingsError
from labelq.labels.model import Units
from labelq.remember.same_tasks import same_tasks


def units(rows, **fields):
    ids, texts = zip(*rows, strict=True)
    return Units(tuple(ids), tuple(texts), {k: tuple(v) for k, v in fields.items()})


def pairs(same, before, after):
    return {
        (before.ids[a], after.ids[b]) for a, b in zip(same.before, same.after, strict=True)
    }, same.by


def test_the_same_id_with_the_same_text_is_the_same_task():
    a, b = units([("1", "x"), ("2", "y")]), units([("1", "x"), ("3", "z")])
    assert pairs(same_tasks(a, b), a, b) == ({("1", "1")}, "id")


def test_an_id_that_was_given_anew_is_another_task():
    a, b = units([("1", "x"), ("2", "y")]), units([("1", "other"), ("2", "x  ")])
    assert pairs(same_tasks(a, b), a, b) == ({("1", "2")}, "content")


def test_twins_are_paired_once_in_the_order_of_their_ids():
    a = units([("1", "x"), ("2", "x"), ("3", "y")])
    b = units([("7", "x"), ("8", "x"), ("9", "x")])
    assert pairs(same_tasks(a, b), a, b)[0] == {("1", "7"), ("2", "8")}


def test_without_texts_the_fields_of_both_rounds_tell():
    a = units([("1", None), ("2", None)], url=["a", "b"], only_then=["p", "q"])
    b = units([("8", None), ("9", None)], url=["b", "c"])
    assert pairs(same_tasks(a, b), a, b) == ({("2", "8")}, "content")


def test_without_anything_else_the_ids_tell():
    a, b = units([("1", None), ("2", None)]), units([("2", None), ("3", None)])
    assert pairs(same_tasks(a, b), a, b) == ({("2", "2")}, "id")


def test_a_field_tells_unless_several_tasks_share_its_value():
    a = units([("1", "x"), ("2", "y"), ("3", "z")], ticket=["p", "q", "q"])
    b = units([("7", "x2"), ("8", "y"), ("9", "")], ticket=["p", "q", None])
    assert pairs(same_tasks(a, b, "ticket"), a, b) == ({("1", "7")}, "ticket")
    assert pairs(same_tasks(a, b, "content"), a, b) == ({("2", "8")}, "content")


def test_a_field_that_there_is_not_is_refused():
    a, b = units([("1", "x")], ticket=["p"]), units([("1", "x")], tickets=["p"])
    with pytest.raises(SettingsError, match="tasks of this round have no such field; did you mean"):
        same_tasks(a, b, "ticket")
    with pytest.raises(SettingsError, match="tasks of the earlier round have no such field"):
        same_tasks(b, a, "ticket")
