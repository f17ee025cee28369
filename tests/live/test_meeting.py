"""The whole way of a meeting: a project is audited, people vote on it alone, the chair decides."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labelq.cli import main
from tests.browser.conftest import browser, visit, watch
from tests.live.conftest import task
from tests.live.queueing import served, tasks_of
from tests.pinpoint.planted import RATERS, rows

pytestmark = [pytest.mark.live, pytest.mark.browser]

__all__ = ["browser", "visit", "watch"]  # fixtures

ROOT = Path(__file__).parents[2]
LABELS = ("Account", "Billing", "Refund", "Shipping")
CONFIG = f"""<View><Text name="text" value="$text"/><Choices name="sentiment" toName="text">
{"".join(f'<Choice value="{label}"/>' for label in LABELS)}</Choices></View>"""


def test_blind_votes_are_on_the_table_and_a_decision_is_written(
    server, people, api, new_project, as_admin, visit, tmp_path, capsys
):
    votes: dict[str, tuple[str, dict[int, str]]] = {}
    for unit, rater, label, text in rows()[0]:
        who = people[f"ann{RATERS.index(rater) + 1}"].id
        votes.setdefault(unit, (text, {}))[1][who] = label
    project = new_project(
        [task(text, given) for text, given in votes.values()], label_config=CONFIG
    )
    (tmp_path / "guideline.md").write_text("# Guideline\n\n## Billing\n\nMoney.\n", "utf-8")

    def run(*told):
        with pytest.raises(SystemExit) as ended:
            main([*told, "--url", server.url])
        assert ended.value.code == 0, capsys.readouterr().err

    quick = ("--guideline", "guideline.md", "--resamples", "0", "--no-cross-check", "--out", "a")
    run("audit", "--project", str(project), *quick)
    run("review", "ballots", "a", "--push", "--yes")
    ballots = int(re.search(r"/projects/(\d+)/data\n$", capsys.readouterr().out)[1])
    asked = len(tasks_of(api, ballots))
    for who, choice in (("ann6", "Billing"), ("ann7", "Refund")):
        for _ in range(asked):
            result = {"from_name": "labelq_vote", "to_name": "text", "type": "choices"}
            body = {"result": [result | {"value": {"choices": [choice]}}]}
            at = served(api, who, ballots)
            api("POST", f"tasks/{at}/annotations/", json=body, who=who)

    with subprocess.Popen(
        [sys.executable, "-m", "labelq", "review", "a", "--no-browser", "--url", server.url],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = []
        try:
            while "The meeting: " not in (said or [""])[-1]:
                said.append(process.stdout.readline())
                assert said[-1], said
            assert f"Blind votes: {2 * asked} answers by 2 people.\n" in said
            page = visit(said[-1].removeprefix("The meeting: ").strip())
            page.locator("#start").press("Enter")
            before = page.locator("#hands-before")
            assert "Blind votes from Label Studio" in before.inner_text()
            assert before.locator("li", has_text="Billing 1").count() == asked
            assert f"{2 * asked} votes on {asked} examples" in before.inner_text()
            assert "ann6" not in page.content()
            page.keyboard.press("d")
            page.keyboard.press("Space")
            page.keyboard.press("Control+Enter")
            page.wait_for_url(re.compile("said=decided"))
        finally:
            process.kill()
    assert "outcome: label" in Path("decisions.yaml").read_text("utf-8")
    assert "Before discussion: " in Path("minutes.md").read_text("utf-8")
