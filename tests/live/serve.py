"""``make label-studio``: a Label Studio with the sample round in it, to try labelq on.

The same server as in the tests, with its data kept between starts; the five annotators of the
sample round are its users, and their annotations stand in a project.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
import sys
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.live.server import ENVIRONMENT, ROOT, TEMPLATE, Server, create_users, users

DATA = ENVIRONMENT / "demo"
SAMPLE = ROOT / "sample_data/support_triage"
TITLE = "Support triage, round 1"
PASSWORD = "labelq-demo"


def main() -> None:
    """Start, load what is missing, say what to do next, and stay until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("starting Label Studio (a few seconds) …", flush=True)
    tasks = json.loads((SAMPLE / "round_1.json").read_text(encoding="utf-8"))
    people = _people(tasks)
    if not (DATA / "label_studio.sqlite3").exists():
        shutil.copytree(TEMPLATE, DATA)
        create_users(DATA, people)
    server = Server(data=DATA, port=_port(8080))
    try:
        server.start()
        project = _project(server.url) or _load(server.url, tasks)
        _say(server.url, project, people)
        assert server.process is not None
        server.process.wait()
    except KeyboardInterrupt:
        print("\nstopping; the project and its labels are kept for the next start")
    finally:
        server.stop()


def _people(tasks: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """The annotators of the sample round as users, by their first names."""
    met = {a["completed_by"]["email"]: a["completed_by"] for t in tasks for a in t["annotations"]}
    return {
        email.partition("@")[0]: {
            "email": email,
            "password": PASSWORD,
            "token": f"{person['id']:02d}" * 10 + "ab" * 10,
            "first_name": person["first_name"],
            "last_name": person["last_name"],
        }
        for email, person in met.items()
    }


def _port(wanted: int) -> int | None:
    """``wanted`` if nobody listens there, else None: any free one."""
    with socket.socket() as tried:
        return None if tried.connect_ex(("127.0.0.1", wanted)) == 0 else wanted


def _call(url: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(  # loopback
        f"{url}/api/{path}",
        None if body is None else json.dumps(body).encode(),
        {
            "Authorization": f"Token {users()['admin'].token}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=120) as response:  # as above
        return json.load(response)


def _project(url: str) -> int | None:
    found = _call(url, "projects/?page_size=100")["results"]
    return next((p["id"] for p in found if p["title"] == TITLE), None)


def _load(url: str, tasks: list[dict[str, Any]]) -> int:
    """The sample round as a project, with its five annotators' annotations."""
    from markdown_it import MarkdownIt

    guideline = (ROOT / "guidelines/support_triage.md").read_text(encoding="utf-8")
    project = _call(
        url,
        "projects/",
        {
            "title": TITLE,
            "label_config": (SAMPLE / "label_config.xml").read_text(encoding="utf-8"),
            "expert_instruction": MarkdownIt().render(guideline),
            "maximum_annotations": 3,
            "show_collab_predictions": False,
        },
    )["id"]
    kept = ("data", "annotations", "predictions")
    _call(url, f"projects/{project}/import", [{key: t[key] for key in kept} for t in tasks])
    _date(tasks)
    return int(project)


def _date(tasks: list[dict[str, Any]]) -> None:
    """When each annotation was made, and who touched it last: an import forgets both."""
    ids = {user["email"]: user["id"] for user in _rows("SELECT id, email FROM htx_user")}
    by_number = {a["completed_by"]["id"]: a["completed_by"]["email"] for a in _all(tasks)}
    with sqlite3.connect(DATA / "label_studio.sqlite3", timeout=30) as database:
        database.executemany(
            "UPDATE task_completion SET created_at = ?, updated_at = ?, updated_by_id = ?"
            " WHERE import_id = ?",
            [
                (
                    a["created_at"].rstrip("Z").replace("T", " "),
                    a["updated_at"].rstrip("Z").replace("T", " "),
                    ids[by_number[a["updated_by"]]],
                    a["id"],
                )
                for a in _all(tasks)
            ],
        )


def _all(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [annotation for task in tasks for annotation in task["annotations"]]


def _rows(query: str) -> list[sqlite3.Row]:
    with sqlite3.connect(DATA / "label_studio.sqlite3", timeout=30) as database:
        database.row_factory = sqlite3.Row
        return database.execute(query).fetchall()


def _say(url: str, project: int, people: dict[str, dict[str, str]]) -> None:
    annotator = next(iter(people.values()))
    print(
        f"""
Label Studio runs at {url} (Ctrl-C stops it)
  sign in as      admin@example.com, password {_admin_password()}
  or an annotator {annotator["email"]}, password {PASSWORD}

In another terminal, here:
  source .venv/bin/activate
  export LABEL_STUDIO_URL={url}
  export LABEL_STUDIO_API_KEY={users()["admin"].token}
  labelq audit --project {project} --out audits/from_label_studio
  labelq queue push audits/from_label_studio
""",
        flush=True,
    )


def _admin_password() -> str:
    return users()["admin"].password


if __name__ == "__main__":
    main()
