"""One server per test process; a project per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelq.cli import main
from labelq.label_studio import retrying
from labelq.label_studio.connection import address, connect
from tests.live.server import Server, User, users

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="sentiment" toName="text" choice="single">
    <Choice value="Positive"/><Choice value="Negative"/><Choice value="Neutral"/>
  </Choices>
</View>"""

LABELS = ("Positive", "Negative", "Neutral")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running Label Studio."""
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def people() -> dict[str, User]:
    """``admin`` and ``ann1`` … ``ann8``."""
    return users()


@pytest.fixture(autouse=True)
def _no_server_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has in the shell must not reach a test."""
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY", "LABELQ_HEADERS", "LABELQ_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad weather costs a test no time."""
    monkeypatch.setattr(retrying, "PAUSES", (0.01,) * 4)


@pytest.fixture
def admin(people: dict[str, User]) -> User:
    return people["admin"]


@pytest.fixture
def as_admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, admin: User) -> None:
    """In a folder of one's own, with the administrator's key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", admin.token)


@pytest.fixture
def queue(capsys: pytest.CaptureFixture[str], as_admin: None) -> Callable[..., Any]:
    """``queue("push", directory, url, "--yes")``: exit code, stdout, stderr."""

    def run(command: str, directory: Path, url: str, *more: object) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["queue", command, str(directory), "--url", url, *map(str, more)])
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture
def api(server: Server, people: dict[str, User]) -> Iterator[Callable[..., Any]]:
    """``api("POST", "projects/", json={…}, who="ann1")``: the bare API, decoded."""
    with httpx.Client(base_url=f"{server.url}/api/", timeout=120, trust_env=False) as client:

        def call(method: str, path: str, *, who: str = "admin", **kwargs: Any) -> Any:
            headers = {"Authorization": f"Token {people[who].token}"}
            response = client.request(method, path, headers=headers, **kwargs)
            assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
            return response.json() if response.content else None

        yield call


@pytest.fixture
def new_project(api: Callable[..., Any]) -> Callable[..., int]:
    """``new_project(tasks, title=…, label_config=…, …)``: the id of a project of its own."""

    def make(tasks: list[dict[str, Any]], *, label_config: str = CONFIG, **settings: Any) -> int:
        settings = {"title": "a round", "maximum_annotations": 3} | settings
        made = api("POST", "projects/", json=settings | {"label_config": label_config})
        if tasks:
            api("POST", f"projects/{made['id']}/import", json=tasks)
        return int(made["id"])

    return make


def who(url: str, key: str, *, waiting: Any = None, ca_bundle: Any = None, **env: str) -> str:
    """The e-mail behind ``key``."""
    where = address(url, key, ca_bundle=ca_bundle, environment=env)
    with connect(where, waiting=waiting) as connection:
        return str(connection.me["email"])


def signed_in(monkeypatch: pytest.MonkeyPatch, server: Server, who: str = "admin") -> None:
    """The environment that the documentation asks for."""
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", users()[who].token)


def choice(label: str, name: str = "sentiment") -> list[dict[str, Any]]:
    """The result of a single choice, as the API takes it."""
    return [
        {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [label]}}
    ]


def task(text: str, votes: dict[int, str | None], **data: Any) -> dict[str, Any]:
    """A task for import; ``votes`` by user id, None for a skip."""
    annotations = [
        {
            "completed_by": user,
            "result": [] if label is None else choice(label),
            "was_cancelled": label is None,
            "ground_truth": False,  # an import's default is true
            "lead_time": 7.5,
        }
        for user, label in votes.items()
    ]
    return {"data": {"text": text, **data}, "annotations": annotations}
