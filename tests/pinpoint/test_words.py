"""Words in any script, and the words that set texts apart."""

from __future__ import annotations

import numpy as np
import pytest

from labelq.pinpoint.words import folded, is_content, setting_apart, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("—!?…", []),
        ("Où est-ce que l’argent", ["Où", "est", "ce", "que", "l’argent"]),
        ("cafe\u0301", ["café"]),
        ("مُحَمَّد كتب", ["مُحَمَّد", "كتب"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("退款 ok", ["退款", "ok"]),
        ("私", ["私"]),
        ("snake_case 12", ["snake_case", "12"]),
        ("don't 'quoted'", ["don't", "quoted"]),
    ],
)
def test_tokens(text, words):
    assert tokens(text) == words


def test_folded_forms_meet():
    assert folded("STRASSE") == folded("straße")
    assert folded("𝙄𝙣𝙙𝙤") == "indo"
    assert folded("can’t") == "can't"


def test_a_word_of_three_texts_that_are_elsewhere_rare_sets_apart():
    #              rare here & there, everywhere, only two texts, only here
    inside = np.array([1.0, 10.0, 2.0, 6.0])
    outside = np.array([1.0, 95.0, 0.0, 1.0])
    assert setting_apart(inside, 10, outside, 100).tolist() == [3]
    assert setting_apart(inside, 10, np.array([1.0, 95.0, 0, 90]), 100).tolist() == []


@pytest.mark.parametrize(
    ("word", "content"),
    [
        ("carton", True), ("l'argent", True), ("customer's", True), ("كرتون", True),
        ("פיצוי", True), ("退款", True), ("환불", True), ("पैसे", True), ("covid19", True),
        ("that", False), ("never", False), ("i'm", False), ("don't", False), ("can't", False),
        ("it's", False), ("في", False), ("款", False), ("ok", False), ("2024", False),
    ],
)  # fmt: skip
def test_content_words(word, content):
    assert is_content(word) == content


def test_words_in_most_texts_come_first():
    #                  one in five, one in three, more than half
    inside = np.array([6.0, 10.0, 16.0])
    assert setting_apart(inside, 30, np.zeros(3), 300).tolist() == [2, 1, 0]
