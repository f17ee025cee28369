"""``labelq review ballots`` before any server is asked."""

from __future__ import annotations

import json

import pytest

from labelq.cli import main
from tests.live.balloting import meeting_directory

TASKS = [{"id": i, "data": {"text": f"text {i}"}} for i in (1, 2)]


@pytest.fixture
def ballots(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["review", "ballots", *map(str, arguments)])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_what_is_missing_is_said_in_one_line(ballots, tmp_path):
    directory = meeting_directory(tmp_path / "a", TASKS, {"x": [0, 1]})
    for arguments, told in (
        ((directory, "--push", "--withdraw"), "--push or --withdraw, not both"),
        ((directory, "--push"), "which Label Studio?"),
        ((directory, "--push", "--url", "http://127.0.0.1:9"), "no key"),
        ((tmp_path / "none",), "is no audit"),
    ):
        code, _, err = ballots(*arguments)
        assert (code, len(err.strip().splitlines())) == (2, 1)
        assert told in err


def test_an_agenda_without_clusters_has_nothing_to_vote_on(ballots, tmp_path):
    directory = meeting_directory(tmp_path / "a", TASKS, {})
    code, out, _ = ballots(directory, "--push")
    assert (code, out) == (
        0,
        "Nothing to vote on: no cluster of the audit is for the meeting.\n",
    )


@pytest.mark.parametrize("broken", [[{"question": 1}], {"a": 1}, [3], None])
def test_an_agenda_that_is_none_is_refused_in_one_line(ballots, tmp_path, broken):
    directory = meeting_directory(tmp_path / "a", TASKS, {"x": [0]})
    audit = json.loads((directory / "audit.json").read_text("utf-8"))
    (directory / "audit.json").write_text(json.dumps(audit | {"agendas": broken}), "utf-8")
    code, _, err = ballots(directory, "--push")
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert "audit again" in err
