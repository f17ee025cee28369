"""What the tests of pulling share: a round, a folder, and ``labelq`` as a person runs it."""

from __future__ import annotations

import pytest

from labelq.cli import main
from labelq.label_studio import pull as pulling
from labelq.label_studio import retrying
from tests.live.conftest import LABELS, task

TASKS = "/api/tasks/"


def in_a_folder(tmp_path, monkeypatch, people):
    """A folder of one's own, small pages, no long pauses, the key where it belongs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(retrying, "PAUSES", (0.01,) * 4)
    monkeypatch.setattr(pulling, "_PAGE", 8)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", people["admin"].token)
    return tmp_path


def runner(server, capsys, monkeypatch):
    """``labelq("pull", "--project", 3)``: exit code, stderr and stdout."""
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return ended.value.code, said.err.strip(), said.out

    return run


def votes(people, *labels):
    return {people[f"ann{n}"].id: label for n, label in enumerate(labels, 1)}


def split_round(people):
    """Twenty tasks by three annotators who split on every third."""
    return [
        task(
            f"ticket number {n}",
            votes(people, LABELS[n % 3], LABELS[n % 3], LABELS[(n + (n % 3 == 0)) % 3]),
            ticket=f"T{n}",
            labelq_is_ours="never a field",
        )
        for n in range(20)
    ]


def left(folder):
    """What lies in a folder, hidden files included."""
    return sorted(path.name for path in folder.iterdir())
