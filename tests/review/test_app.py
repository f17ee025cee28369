"""The meeting as a browser sees it: every page, every step, killed and resumed."""

import json
import re
from pathlib import Path

import pytest

from labelq.pinpoint.readings import Reading, WordFor
from labelq.reading import read_decision_file
from labelq.remedy.ballots import Ballot
from labelq.report.text import plain
from labelq.review.wording import nothing_for, words_for


def decided():
    return read_decision_file("decisions.yaml").decisions


def kept():
    (found,) = json.loads(Path("meeting.json").read_text(encoding="utf-8"))["rounds"].values()
    return found


def test_the_agenda_has_the_gap_and_keeps_the_habit_off(meeting, read):
    text, _, attributes = read(meeting.get("/"))
    assert attributes["data-cluster"] == ["category-1"]
    assert "1 question to settle in about 60 minutes" in text
    assert "Billing or Refund?" in text
    assert "Gap in the guideline" in text
    assert "1 cluster of single annotators’ habits or slips is not on the agenda" in text
    assert "/cluster/category-1" in attributes["href"]


def test_what_speaks_for_a_label_is_said_with_its_counts():
    word = WordFor("gift", 12, 40, 1, 160)
    (said,) = words_for(Reading("Billing", (word,), None, 40))
    assert plain(said) == "“gift” stands in 12 of 40 agreed tasks, against 1 of 160"
    assert "no agreed task like it" in nothing_for(Reading("Billing", (), None, 40))
    assert nothing_for(Reading("Billing", (), None, 0)) == "No task was agreed to be this."


def test_a_cluster_shows_the_guideline_both_readings_and_no_first_vote_of_a_person(
    meeting, read, earlier
):
    text, elements, attributes = read(meeting.get("/cluster/category-1"))
    assert "Money." in text  # what the guideline says about Billing
    assert "The guideline has no section for this." in text  # of Refund
    assert len(attributes["data-task"]) == 6
    assert "gave it to" in text
    assert "Show first votes" in text
    shown = re.search(r"Show first votes v (.*?) Before discussion", text).group(1)
    assert re.search(r"Task \S+ (Billing|Refund) \d", shown)
    for rater in earlier.round.raters:
        assert not re.search(rf"\b{re.escape(rater.name)}\b", text)
        assert f"({rater.letter}" not in shown
    assert {"style", "iframe", "object"}.isdisjoint(elements)
    assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_names_are_shown_only_when_asked_for(open_meeting, read, earlier):
    text, *_ = read(open_meeting(names=True).get("/cluster/category-1"))
    assert any(rater.name in text for rater in earlier.round.raters)


def test_what_is_decided_is_written_at_once(meeting, read):
    answer = meeting.decide(choice="label-0", rule="Gift cards are money.", who="Ruth, Mia")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/cluster/category-1?said=decided",
    )
    (one,) = decided()
    assert (one.label, one.rule, one.who) == ("Billing", "Gift cards are money.", ("Ruth", "Mia"))
    assert one.evidence.cluster == "category-1"
    assert one.when is not None
    text, *_ = read(meeting.get("/cluster/category-1?said=decided"))
    assert "Written down." in text
    text, *_ = read(meeting.get("/after"))
    assert "Everything on the agenda is decided." in text
    assert re.search(r"In all \d+ tasks and \d+ annotations to look at again", text)
    assert "labelq apply audits/r" in text
    minutes = Path("minutes.md").read_text(encoding="utf-8")
    assert "**Decided**: `Billing`, by `Ruth` and `Mia` on " in minutes
    assert "> Gift cards are money." in minutes


def test_the_command_on_the_last_page_runs(meeting):
    from click.testing import CliRunner

    from labelq.cli import labelq

    meeting.decide(choice="label-0", rule="Gift cards are money.")
    page = meeting.get("/after")
    command = re.search(r'id="command" class="command">labelq ([^<]+)<', page).group(1)
    result = CliRunner().invoke(labelq, [*command.split(), "--dry-run", "--no-push"])
    assert result.exit_code == 0, result.output
    assert "Billing or Refund: Billing" in result.output


@pytest.mark.parametrize(
    ("fields", "outcome", "label"),
    [
        ({"choice": "label-1"}, "label", "Refund"),
        ({"choice": "rejected"}, "rejected", None),
        ({"choice": "undecided"}, "undecided", None),
        ({"choice": "new_label", "target": "Gift cards"}, "new_label", "Gift cards"),
        ({"choice": "merge", "target": "Money"}, "merge", "Money"),
        ({"choice": "rename", "subject": "Refund", "target": "Money back"}, "rename", "Money back"),
        ({"choice": "drop", "subject": "Refund"}, "drop", None),
        ({"choice": "split", "subject": "Refund", "into": "A\r\nB\n"}, "split", "Refund"),
    ],
)
def test_every_outcome_can_be_decided_and_is_shown_again(meeting, read, fields, outcome, label):
    assert meeting.decide(**fields).status_code == 303
    (one,) = decided()
    assert (one.outcome, one.label) == (outcome, label)
    page = meeting.get("/cluster/category-1")
    assert f'value="{fields["choice"]}" checked' in page
    for name in ("target",):
        assert fields.get(name, "") in page


def test_another_label_of_the_question_can_be_right(meeting):
    others = [x for x in meeting.desk.labels("category") if x not in ("Billing", "Refund")]
    assert meeting.decide(choice="other", other=others[0]).status_code == 303
    (one,) = decided()
    assert one.label == others[0]
    assert one.labels == ("Billing", "Refund", others[0])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "What was decided?"),
        ({"choice": "label-7"}, "What was decided?"),
        ({"choice": "other"}, "Which other label?"),
        ({"choice": "other", "other": "Nobody's"}, "has no label"),
        ({"choice": "split", "subject": "Refund", "into": "A"}, "split needs two labels"),
        ({"choice": "rename", "target": "x"}, "Which label gets the new name?"),
        ({"choice": "new_label", "target": "Refund"}, "must be a new name"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_typed_is_lost(
    meeting, read, fields, said
):
    answer = meeting.decide(rule="Half a rule", **fields)
    assert answer.status_code == 422
    text, *_ = read(answer.text)
    assert said in text
    assert "Half a rule" in text
    assert not Path("decisions.yaml").exists()


def test_the_preview_shows_diff_count_hours_and_ten_tasks(meeting, read):
    answer = meeting.post(
        "/cluster/category-1/preview", choice="label-0", rule="Cards are money & more."
    )
    text, *_ = read(answer.text)
    assert re.search(r"Contradicts \d+ of \d+ annotations on \d+ tasks", text)
    assert "10 of these tasks, drawn at random" in text
    assert "+ Cards are money & more." in text.replace("+Cards", "+ Cards")
    assert not Path("decisions.yaml").exists()
    again = meeting.post(
        "/cluster/category-1/preview", choice="label-0", rule="Cards are money & more."
    )
    assert again.text == answer.text  # the same ten: a seed draws them
    text, *_ = read(meeting.post("/cluster/category-1/preview", choice="undecided").text)
    assert "It stays open: no label changes." in text
    text, *_ = read(meeting.post("/cluster/category-1/preview").text)
    assert "Choose what is decided" in text


def test_undo_restores_what_stood_in_the_file(meeting):
    meeting.decide(choice="label-0", rule="First.")
    first = Path("decisions.yaml").read_bytes()
    meeting.decide(choice="label-1", rule="Second.")
    assert decided()[0].rule == "Second."
    answer = meeting.post("/undo")
    assert answer.headers["location"] == "/cluster/category-1?said=undone"
    assert Path("decisions.yaml").read_bytes() == first
    meeting.post("/undo")
    assert decided() == ()
    assert meeting.post("/undo").headers["location"] == "/cluster/category-1?said=nothing"
    assert "Open." in Path("minutes.md").read_text(encoding="utf-8")


def test_killed_at_any_moment_it_goes_on_where_it_was(open_meeting, read):
    first = open_meeting()
    first.post("/cluster/category-1/hands/before", **{"base": hands_base(first), "h-0-0": "4"})
    first.post("/cluster/category-1/words", minority="Two say Refund.")
    first.decide(choice="label-0", who="Ruth")
    del first  # killed: nothing is closed, nothing is saved on the way out
    second = open_meeting()
    text, *_ = read(second.get("/"))
    assert "Go on" in text
    assert "Billing" in text
    page = second.get("/cluster/category-1")
    assert 'name="h-0-0" value="4"' in page
    assert "Two say Refund." in page
    assert second.post("/undo").status_code == 303  # what the first one decided
    assert decided() == ()


def hands_base(browser, phase="before"):
    page = browser.get("/cluster/category-1")
    return re.search(
        rf'id="kept-{phase}"[^>]*><input type="hidden" name="base" value="(\w+)"', page
    ).group(1)


def test_an_old_session_is_not_let_into_a_new_one(open_meeting):
    first, second = open_meeting(), open_meeting()
    second.client.cookies = first.client.cookies
    assert second.client.get("/").status_code == 403


def test_edits_by_hand_are_shown_and_never_lost(meeting, read):
    meeting.decide(choice="label-0", rule="First.")
    text = Path("decisions.yaml").read_text(encoding="utf-8")
    by_hand = text.replace("First.", "By hand.  # from Mia").replace("rule: By", "rule: By")
    Path("decisions.yaml").write_text(by_hand, encoding="utf-8")
    page, *_ = read(meeting.get("/cluster/category-1"))
    assert "By hand." in page
    assert "By hand." in read(meeting.get("/after"))[0]


def test_two_that_decide_the_same_see_both_texts(meeting, read):
    mine = meeting.base()
    meeting.decide(choice="label-0", rule="Theirs.")
    answer = meeting.decide(base=mine, choice="label-1", rule="Mine.")
    assert answer.status_code == 409
    text, *_ = read(answer.text)
    assert "This was decided otherwise meanwhile" in text
    assert "It stands as: Billing" in text
    assert "Theirs." in text
    assert "Mine." in text
    assert decided()[0].rule == "Theirs."
    fresh = re.search(r'name="base" value="(\w+)"', answer.text[answer.text.index('id="decide"') :])
    assert meeting.decide(base=fresh.group(1), choice="label-1", rule="Mine.").status_code == 303
    assert decided()[0].rule == "Mine."


def test_other_decisions_and_comments_of_the_file_stay(meeting):
    Path("decisions.yaml").write_text(
        "# ours\nversion: 1\n\ndecisions:\n  - id: by-hand  # Mia\n    question: category\n"
        "    labels: [Refund]\n    outcome: rename\n    label: Money back\n",
        encoding="utf-8",
    )
    before = Path("decisions.yaml").read_text(encoding="utf-8")
    meeting.decide(choice="label-0")
    assert Path("decisions.yaml").read_text(encoding="utf-8").startswith(before)
    assert decided()[0].id == "by-hand"
    meeting.post("/undo")
    assert Path("decisions.yaml").read_text(encoding="utf-8") == before


def test_undo_leaves_alone_what_was_changed_by_hand_since(meeting):
    meeting.decide(choice="label-0", rule="Ours.")
    text = Path("decisions.yaml").read_text(encoding="utf-8").replace("Ours.", "By hand.")
    Path("decisions.yaml").write_text(text, encoding="utf-8")
    answer = meeting.post("/undo")
    assert answer.status_code == 409
    assert "Nothing was taken back" in answer.text
    assert decided()[0].rule == "By hand."


def test_a_file_that_cannot_be_read_is_one_clear_line_and_mended_it_goes_on(meeting, read):
    Path("decisions.yaml").write_text("version: 1\ndecisions: [\n", encoding="utf-8")
    text, *_ = read(meeting.get("/", 422))
    assert "decisions.yaml, line" in text
    Path("decisions.yaml").unlink()
    meeting.get("/")


def test_hands_are_kept_with_their_agreement(meeting, read):
    counts = {f"h-{i}-{i % 2}": "5" for i in range(1, 7)} | {"h-1-0": "1"}
    base = hands_base(meeting)
    answer = meeting.post(
        "/cluster/category-1/hands/before", headers={"HX-Request": "true"}, base=base, **counts
    )
    text, *_ = read(answer.text)
    assert "31 votes on 6 examples" in text
    assert "Beyond chance that is alpha" in text
    answer = meeting.post(
        "/cluster/category-1/hands/after",
        headers={"HX-Request": "true"},
        base=hands_base(meeting, "after"),
        **{"h-0-0": "5", "h-0-1": "2"},
    )
    text, *_ = read(answer.text)
    assert "7 votes for all examples together: two people agree 52 % of the time." in text
    talk = kept()["talks"]["category-1"]
    assert talk["after"] == {"": {"Billing": 5, "Refund": 2}}
    minutes = Path("minutes.md").read_text(encoding="utf-8")
    assert "Before discussion: `Billing` 16, `Refund` 15, cannot tell 0. 31 votes" in minutes
    assert "After discussion: `Billing` 5, `Refund` 2, cannot tell 0. 7 votes" in minutes


def test_hands_of_two_tabs_do_not_overwrite_each_other(meeting, read):
    base = hands_base(meeting)
    hands = "/cluster/category-1/hands/before"
    meeting.post(hands, base=base, **{"h-0-0": "4"})
    answer = meeting.post(hands, headers={"HX-Request": "true"}, base=base, **{"h-0-0": "9"})
    assert "counted in another tab too" in answer.text
    assert kept()["talks"]["category-1"]["before"] == {"": {"Billing": 4}}


@pytest.mark.parametrize("wrong", ["-1", "1.5", "x", "1000", "٣"])
def test_hands_are_whole_numbers(meeting, wrong):
    answer = meeting.post(
        "/cluster/category-1/hands/before", base=hands_base(meeting), **{"h-0-0": wrong}
    )
    assert answer.status_code == 422
    assert "whole numbers" in answer.text


def test_words_of_two_tabs_are_both_kept(meeting):
    words = "/cluster/category-1/words"
    meeting.post(words, minority="One.", minority_base="", note="", note_base="")
    answer = meeting.post(
        words,
        headers={"HX-Request": "true"},
        minority="Other.",
        minority_base="",
        note="",
        note_base="",
    )
    assert "both are kept" in answer.text
    again = meeting.post(
        words,
        headers={"HX-Request": "true"},
        minority="One.\nOther.",
        minority_base="One.\r\nOther.",
        note="A note.",
        note_base="",
    )
    assert "Kept." in again.text
    assert kept()["talks"]["category-1"]["note"] == "A note."
    assert kept()["talks"]["category-1"]["minority"] == "One.\nOther."


def test_blind_votes_stand_before_discussion(meeting, read):
    tasks = [meeting.desk.earlier.round.units.ids[u] for u in meeting.desk.items[0].units]
    meeting.desk.take_ballots(
        [
            Ballot("category-1", task, voter, "Billing" if voter < "m" or i % 2 else "Refund")
            for i, task in enumerate(tasks)
            for voter in ("ann", "bo", "zoe")
        ]
        + [Ballot("category-1", tasks[0], "yan", None)]
    )
    text, *_ = read(meeting.get("/cluster/category-1"))
    assert "Blind votes from Label Studio" in text
    assert "18 votes on 6 examples" in text
    assert "cannot tell 1" in text
    assert "zoe" not in text


def test_time_is_counted_once_for_all_tabs_and_pauses_do_not_count(meeting):
    (item,) = meeting.desk.items
    for now in (100, 115, 115.5, 130, 500, 515):
        meeting.desk.look_at(item, now=now)
    assert meeting.desk.meeting().talk("category-1").seconds == pytest.approx(45)
    assert meeting.post("/cluster/category-1/tick").text.endswith(" min")


def test_people_may_write_into_the_minutes(meeting):
    meeting.decide(choice="label-0")
    text = Path("minutes.md").read_text(encoding="utf-8")
    Path("minutes.md").write_text(f"Ours, above.\n{text}\nOurs, below.\n", encoding="utf-8")
    meeting.decide(choice="label-1")
    text = Path("minutes.md").read_text(encoding="utf-8")
    assert text.startswith("Ours, above.\n")
    assert text.endswith("Ours, below.\n")
    assert text.count("## Guideline meeting") == 1
    assert "**Decided**: `Refund`" in text


def test_every_page_carries_the_token_of_its_forms(meeting, read):
    _, _, attributes = read(meeting.get("/cluster/category-1"))
    assert attributes["value"].count(meeting.keys.form) == 5  # hands, words, decide, undo
    assert meeting.keys.token not in meeting.get("/cluster/category-1")


def test_a_mistake_inside_is_one_line_and_no_traceback(meeting, monkeypatch, read):
    def broken(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("labelq.review.pages.agenda", broken)
    with pytest.raises(ZeroDivisionError):  # the server writes it down
        meeting.client.get("/")
    meeting.client._transport.raise_server_exceptions = False
    text, *_ = read(meeting.get("/", 500))
    assert "Something is wrong inside labelq" in text
    assert "secret" not in text


def test_steps_are_no_links(meeting):
    for path in ("/undo", "/cluster/category-1/draft", "/cluster/category-1/preview"):
        assert meeting.client.get(path).status_code in (404, 405)
    answer = meeting.client.get("/cluster/category-1/decide")  # a reload after a refusal
    assert (answer.status_code, answer.headers["location"]) == (303, "/cluster/category-1")
    assert not Path("decisions.yaml").exists()
