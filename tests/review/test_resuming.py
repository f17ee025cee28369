"""What was typed, how long it takes and where it is held outlive a kill; files stay theirs."""

import json
import re
import stat
import threading
from pathlib import Path

import pytest

from labelq.errors import OutputError
from labelq.reading import read_decision_file
from labelq.review.minutes import keep_minutes
from labelq.review.store import Store
from labelq.writing import locked, write_files

AT = "/cluster/category-1"


def form_of(browser):
    page = browser.get(AT)
    return page[page.index('id="decide"') :]


def rule_in(browser):
    return re.search(r'<textarea id="rule"[^>]*>([^<]*)<', form_of(browser))[1]


def test_what_was_typed_is_there_again_after_a_kill(open_meeting):
    first = open_meeting()
    sent = {"base": first.base(), "choice": "label-1", "rule": "Half a ru", "who": "Ruth"}
    assert first.post(f"{AT}/draft", **sent).status_code == 204
    del first
    second = open_meeting()
    form = form_of(second)
    assert 'value="label-1" checked' in form
    assert 'value="Ruth"' in form
    assert rule_in(second) == "Half a ru"
    assert "not decided yet" in form
    assert not Path("decisions.yaml").exists()
    second.decide(choice="label-0", rule="Whole.")
    assert rule_in(second) == "Whole."
    second.post(f"{AT}/draft", **sent)  # late, or of another tab: something else stands now
    assert rule_in(second) == "Whole."


def test_a_first_decision_that_is_taken_back_stands_in_the_form(meeting):
    meeting.decide(choice="label-1", rule="Cards are refunds.", who="Ruth")
    meeting.post("/undo")
    assert read_decision_file("decisions.yaml").decisions == ()
    assert rule_in(meeting) == "Cards are refunds."
    assert 'value="label-1" checked' in form_of(meeting)
    meeting.decide(choice="label-1", rule="Cards are refunds.")
    meeting.post(f"{AT}/draft", base=meeting.base(), choice="label-1", rule="And typed further.")
    meeting.post("/undo")
    assert rule_in(meeting) == "And typed further."


def test_deciding_the_same_again_is_no_step(meeting):
    meeting.decide(choice="label-1", rule="Cards.", who="Ruth")
    written = Path("decisions.yaml").read_bytes()
    answer = meeting.decide(choice="label-1", rule="Cards.", who="Ruth")
    assert answer.headers["location"] == f"{AT}?said=same"
    assert Path("decisions.yaml").read_bytes() == written
    meeting.post("/undo")
    assert read_decision_file("decisions.yaml").decisions == ()


def test_a_rule_that_was_written_for_another_label_is_asked_about(meeting, read):
    def hint(**fields):
        page = meeting.post(f"{AT}/preview", **fields).text
        return re.search(r'<p id="rule-hint"[^>]*>([^<]*)<', page)[1]

    assert hint(choice="label-0", rule="Choose Billing for cards.") == ""
    assert "names another label" in hint(choice="label-1", rule="Choose billing for cards.")
    assert hint(choice="label-1", rule="Refund, not Billing.") == ""
    meeting.decide(choice="label-0", rule="Cards are money.")
    assert "written for another label" in hint(choice="label-1", rule="Cards are money.")
    assert hint(choice="label-1", rule="Cards are not money.") == ""
    assert hint(choice="undecided", rule="Cards are money.") == ""


def test_the_minutes_say_who_voted_for_what_and_that_the_decision_is_another(meeting, read):
    page = meeting.get(AT)
    base = re.search(r'id="kept-after"[^>]*><input type="hidden" name="base" value="(\w+)"', page)
    meeting.post(f"{AT}/hands/after", base=base[1], **{"h-0-0": "1", "h-0-1": "3", "h-0-2": "2"})
    meeting.decide(choice="label-0", rule="Line one.\nAsk @everyone about #12.")
    said = "After discussion: {}Billing{} 1, {}Refund{} 3, cannot tell 2."
    differs = "The decision is not what most voted for: {}Refund{}, 3 of 4 votes."
    text, *_ = read(meeting.get("/after"))
    minutes = Path("minutes.md").read_text("utf-8")
    for sentence in (said, differs):
        assert sentence.format("", "", "", "") in text
        assert sentence.format("`", "`", "`", "`") in minutes
    assert "> Line one.\n>\n> Ask &#64;everyone" in minutes
    meeting.decide(choice="label-1", rule="Other.")
    assert "not what most voted for" not in meeting.get("/after")


def test_task_by_task_and_all_together_says_which_counts(meeting):
    page = meeting.get(AT)
    base = re.search(r'id="kept-before"[^>]*><input type="hidden" name="base" value="(\w+)"', page)
    answer = meeting.post(
        f"{AT}/hands/before",
        headers={"HX-Request": "true"},
        base=base[1],
        **{"h-0-0": "9", "h-1-0": "2", "h-2-1": "2"},
    )
    assert "task by task count, not those for all examples together. 4 votes" in answer.text


def test_an_open_page_learns_whether_its_meeting_is_there(open_meeting, read):
    first = open_meeting()
    mark, token = first.get("/here").split()
    assert token == first.keys.form
    assert f'data-meeting="{mark}"' in first.get("/")
    second = open_meeting(minutes=30)  # the same one, started again
    assert second.get("/here").split()[0] == mark
    second.client.cookies.clear()
    assert second.client.get("/here").status_code == 403


def test_the_minutes_are_kept_unless_given_anew(open_meeting):
    open_meeting(minutes=45).desk.begin(4711)
    again = open_meeting()
    assert (again.desk.minutes, again.desk.meeting().port) == (45, 4711)
    assert open_meeting(minutes=20).desk.minutes == 20


def test_what_is_too_long_is_refused_and_not_cut(meeting):
    assert "too long" in meeting.decide(choice="label-0", rule="x" * 5001).text
    assert meeting.post(f"{AT}/words", minority="x" * 20_001).status_code == 422
    assert not Path("decisions.yaml").exists()


def test_a_decision_without_its_minutes_is_said_to_be_written(meeting, monkeypatch, read):
    def full(*_):
        raise OutputError("minutes.md: no space")

    monkeypatch.setattr(Store, "write_minutes", full)
    answer = meeting.decide(choice="label-0", rule="Kept.")
    assert answer.status_code == 200
    assert "Written down, but not in the minutes: minutes.md: no space." in read(answer.text)[0]
    assert read_decision_file("decisions.yaml").decisions[0].rule == "Kept."


def test_on_a_full_disk_one_can_go_on_looking(meeting, monkeypatch):
    def full(*_, **__):
        raise OutputError("meeting.json: no space")

    monkeypatch.setattr("labelq.review.store.write_files", full)
    meeting.get(AT)


def test_a_made_up_history_is_no_mistake_inside(meeting):
    done = {"cluster": "category-1", "id": "x", "was": "version: 1\ndecisions: []\n", "now": ""}
    kept = {"schema": "labelq/meeting/1", "rounds": {"planted": {"done": [done]}}}
    Path("meeting.json").write_text(json.dumps(kept), "utf-8")
    assert meeting.post("/undo").status_code == 409


def test_minutes_follow_edits_by_hand(meeting):
    meeting.decide(choice="label-0", rule="First.")
    file = Path("decisions.yaml")
    file.write_text(file.read_text("utf-8").replace("First.", "By hand."), "utf-8")
    keep_minutes(meeting.desk)
    assert "> By hand." in Path("minutes.md").read_text("utf-8")


def test_who_may_read_a_file_stays_as_it_was(meeting):
    meeting.get(AT)
    assert stat.S_IMODE(Path("meeting.json").stat().st_mode) == 0o600
    own = Path("own.txt")
    own.write_text("a")
    own.chmod(0o640)
    write_files({own: b"b"}, replace=True)
    assert stat.S_IMODE(own.stat().st_mode) == 0o640


def test_two_meetings_do_not_write_at_once(tmp_path):
    pytest.importorskip("fcntl")
    file, order = tmp_path / "decisions.yaml", []
    started = threading.Event()

    def other():
        started.set()
        with locked(file):
            order.append("other")

    with locked(file):
        one = threading.Thread(target=other)
        one.start()
        started.wait()
        one.join(0.1)
        order.append("first")
    one.join()
    assert order == ["first", "other"]
    assert list(tmp_path.iterdir()) == []
