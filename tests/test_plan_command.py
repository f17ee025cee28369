"""``labelq plan`` as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from labelq.cli import labelq
from labelq.errors import LabelqError

SAMPLE = str(Path(__file__).parent.parent / "sample_data/support_triage/round_1.json")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(labelq, ["plan", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_question_and_all_at_once() -> None:
    text = run(SAMPLE)
    for part in ("category:", "urgency:", "topics:", "All questions at once", "fewest labels"):
        assert part in text
    assert "at most" in text


def test_one_question_as_json() -> None:
    document = json.loads(run(SAMPLE, "--question", "category", "--detect", ".2", "--format=json"))
    (plan,) = document["plans"]
    assert document["schema"] == "labelq/plan/1"
    assert plan["goal"] == {"kind": "detect", "size": 0.2}
    assert [option["raters_per_unit"] for option in plan["options"]] == [2, 3, 4, 5]
    assert plan["smallest"] < 0.2


def test_a_change_that_no_round_can_show() -> None:
    text = run(SAMPLE, "--question", "urgency", "--detect", ".01")
    assert "No next round can show a change of .01" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--width", ".1", "--detect", ".1"], "either --width or --detect"),
        (["--width", "7"], "--width 7"),
        (["--annotators", "1,x"], "--annotators 1,x"),
        (["--seconds", "-1"], "--seconds -1"),
        (["--question", "nope"], "known: category, urgency, topics"),
    ],
)
def test_refusals_say_what_to_do(arguments: list[str], said: str) -> None:
    with pytest.raises(LabelqError) as refused:
        CliRunner().invoke(labelq, ["plan", SAMPLE, *arguments], catch_exceptions=False)
    assert said in str(refused.value)
