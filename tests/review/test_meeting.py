"""A meeting as data: nothing that one person does takes away what another did."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelq.errors import OutputError
from labelq.remedy.ballots import Ballot
from labelq.review.meeting import ALL_TOGETHER, CANNOT_TELL, Meeting
from labelq.review.store import Store

words = st.text(alphabet="ab \n", max_size=6)


@given(words, words, words)
def test_what_two_people_write_is_never_lost(base, theirs, mine):
    meeting = Meeting().with_words("c", theirs, "", ("", ""))
    kept = meeting.with_words("c", mine, "", (base, "")).talk("c").minority
    assert mine.strip() in kept or not mine.strip() or mine.strip() == base.strip()
    changed_meanwhile = theirs.strip() != base.strip()
    assert theirs.strip() in kept or not changed_meanwhile


def test_blind_votes_count_before_discussion_until_hands_are_shown():
    meeting = Meeting().with_ballots(
        [Ballot("c", "1", "x", "A"), Ballot("c", "1", "x", "B"), Ballot("c", "1", "y", None)]
    )
    assert meeting.blind("c") == {"1": {"B": 1, CANNOT_TELL: 1}}  # of x the last answer
    assert meeting.votes("c", "before") == meeting.blind("c")
    assert meeting.votes("c", "after") == {}
    hands = meeting.with_hands("c", "before", {"1": {"A": 2, "B": 0}, "2": {"A": 0}})
    assert hands.votes("c", "before") == {"1": {"A": 2}}
    assert meeting.agreement("other", "before") is None


def test_cannot_tell_is_no_label_and_single_examples_go_before_all_together():
    hands = {ALL_TOGETHER: {"A": 9}, "1": {"A": 2, CANNOT_TELL: 5}, "2": {"A": 1, "B": 1}}
    found = Meeting().with_hands("c", "after", hands).agreement("c", "after")
    assert (found.n_units, found.n_votes, found.observed) == (2, 4, pytest.approx(0.5))


def test_rounds_are_kept_apart_in_the_same_file(tmp_path):
    first, second = (Store(tmp_path / "decisions.yaml", name) for name in ("one", "-->two"))
    first.change(lambda m: m.with_seconds("c", 60))
    second.change(lambda m: m.with_hands("c", "after", {"1": {"A": 2}}))
    assert first.read_meeting().talk("c").seconds == 60
    assert second.read_meeting().talk("c").after == {"1": {"A": 2}}
    first.write_minutes("About one.")
    second.write_minutes("About two --> <!-- labelq: end of minutes")
    first.write_minutes("About one again.")
    text = (tmp_path / "minutes.md").read_text(encoding="utf-8")
    assert "About one." not in text
    assert text.index("About one again.") < text.index("About two")
    assert text.count("<!-- labelq: ") == 4


def test_two_processes_keep_each_others_steps(tmp_path):
    first, second = (Store(tmp_path / "decisions.yaml", "r") for _ in range(2))
    first.change(lambda m: m.with_seconds("a", 1))
    second.change(lambda m: m.with_seconds("b", 2))
    first.change(lambda m: m.with_seconds("a", 3))
    talks = json.loads((tmp_path / "meeting.json").read_bytes())["rounds"]["r"]["talks"]
    assert (talks["a"]["seconds"], talks["b"]["seconds"]) == (4, 2)


def test_a_write_that_fails_leaves_what_stood_there(tmp_path, monkeypatch):
    store = Store(tmp_path / "decisions.yaml", "r")
    store.change(lambda m: m.with_seconds("a", 1))
    before = (tmp_path / "meeting.json").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        store.change(lambda m: m.with_seconds("a", 1))
    assert (tmp_path / "meeting.json").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["meeting.json"]
