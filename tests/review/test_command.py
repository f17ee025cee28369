"""``labelq review`` from the shell: the address, Ctrl-C, a kill, refusals."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from click.testing import CliRunner

from labelq.cli import labelq, review
from labelq.errors import LabelqError, ServerError
from labelq.remedy.ballots import Ballot

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def started(folder):
    """Starts the command and gives the process and the address that it printed."""
    running = []

    def start(*more):
        process = subprocess.Popen(
            [sys.executable, "-m", "labelq", "review", "audits/r", "--no-browser", *more],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        line = process.stdout.readline()
        found = re.fullmatch(r"The meeting: (http://127\.0\.0\.1:\d+/)\?token=(\S{30,})\n", line)
        assert found, line
        return process, found[1], found[2]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_it_answers_is_killed_and_ctrl_c_says_what_is_next(started):
    process, address, token = started()
    with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as browser:
        assert browser.get("/").status_code == 403
        page = browser.get("/", params={"token": token})
        assert str(page.url) == address  # the token is gone from the address
        assert "Agenda" in page.text
        assert "server" not in page.headers
        cluster = browser.get("/cluster/category-1").text
        fields = {
            "form": re.search(r'name="form" value="(\w+)"', cluster)[1],
            "base": "",
            "choice": "label-0",
        }
        origin = {"origin": address.rstrip("/")}
        assert browser.post("/cluster/category-1/decide", data=fields, headers=origin).is_success
    process.send_signal(signal.SIGKILL)
    process.wait()
    process, address, token = started()
    with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as browser:
        assert "all talked about" in browser.get("/", params={"token": token}).text
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "1 item decided, 0 open; in decisions.yaml" in said
    assert "Next: labelq apply audits/r --dry-run" in said
    assert "Traceback" not in said


@pytest.fixture
def quiet(monkeypatch):
    """The command without its server."""
    monkeypatch.setattr(review, "_serve", lambda *_: None)


def run(*arguments):
    return CliRunner().invoke(labelq, ["review", *arguments, "--no-browser"])


def refused(*arguments):
    with pytest.raises(LabelqError) as caught:
        CliRunner().invoke(labelq, ["review", *arguments, "--no-browser"], catch_exceptions=False)
    return str(caught.value)


def test_it_says_how_to_go_on(folder, quiet):
    result = run("audits/r")
    assert result.exit_code == 0
    assert "0 items decided, 1 open; in decisions.yaml" in result.output
    assert "Go on: labelq review audits/r" in result.output


def test_an_audit_called_like_a_command_is_reached_by_the_long_way(folder, quiet):
    (folder / "audits/r").rename(folder / "meeting")
    assert run("./meeting").exit_code == 0
    assert run("meeting", "meeting").exit_code == 0


def test_what_would_fail_in_the_meeting_is_refused_before(folder, quiet):
    assert "is no audit" in refused("nowhere")
    Path("decisions.yaml").write_text("version: 2\n", encoding="utf-8")
    assert "decisions.yaml, line 1" in refused("audits/r")
    Path("decisions.yaml").unlink()
    Path("meeting.json").write_text('{"schema": "other/1"}', encoding="utf-8")
    assert "is not as a meeting writes it" in refused("audits/r")
    for broken in ("[", '{"rounds": {"r": {"done": 3}}}', "\udcff"):
        Path("meeting.json").write_bytes(broken.encode("utf-8", "surrogateescape"))
        assert "is not as a meeting writes it" in refused("audits/r")
    Path("meeting.json").unlink()
    Path("minutes.md").mkdir()
    assert "minutes.md: is a directory" in refused("audits/r")
    assert "would be inside an audit" in refused("audits/r", "--decisions", "audits/r/d.yaml")


def test_a_taken_port_is_said(folder, quiet):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"--port {port}: cannot be opened" in refused("audits/r", "--port", port)


def test_the_last_port_is_tried_first(folder, quiet):
    import re
    import socket

    def port(*more):
        return re.search(r"127\.0\.0\.1:(\d+)/", run("audits/r", *more).output)[1]

    first = port("--minutes", "45")
    assert port() == first
    kept = Path("meeting.json").read_text(encoding="utf-8")
    assert '"minutes": 45' in kept
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(first)))
        taken.listen()
        assert port() != first
    Path("meeting.json").write_text(kept.replace(f'"port": {first}', '"port": 99999'))
    assert port() != "99999"


def test_blind_votes_are_read_when_the_meeting_opens(folder, quiet, monkeypatch):
    cast = (Ballot("category-1", "1", "ann", "Billing"), Ballot("category-1", "1", "bo", None))
    found = SimpleNamespace(ballots=cast, answered={"ann": 1, "bo": 1})
    monkeypatch.setattr(review, "fetch_ballots", lambda *_: found)
    result = run("audits/r")
    assert "Blind votes" not in result.output  # an audit of a file, and no project named
    result = run("audits/r", "--project", "3")
    assert result.exit_code == 0, result.output
    assert "Blind votes: 2 answers by 2 people." in result.output
    (kept,) = json.loads(Path("meeting.json").read_bytes())["rounds"].values()
    assert [one["voter"] for one in kept["ballots"]] == ["ann", "bo"]


def test_a_meeting_does_without_a_server(folder, quiet, monkeypatch):
    def refuses(*_):
        raise ServerError("http://ls.example: cannot be reached")

    monkeypatch.setattr(review, "fetch_ballots", refuses)
    result = run("audits/r", "--project", "3")
    assert result.exit_code == 0, result.output
    assert "No blind votes: http://ls.example: cannot be reached" in result.output
    assert "No blind votes" not in run("audits/r", "--project", "3", "--no-ballots").output
