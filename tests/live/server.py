"""A real Label Studio server on a free loopback port, thrown away afterwards.

It runs from its own environment (``.venv-label-studio``, made by ``make``) on a copy of a
migrated SQLite template, which ``python tests/live/server.py`` builds once. Nothing leaves the
machine: telemetry, error reports and the look for newer versions are off. Standard library
only, so that it can run before anything else is installed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv-label-studio"
TEMPLATE = ENVIRONMENT / "template"

N_ANNOTATORS = 8
INVITE = "invite-token-for-tests-0000000000000000"


@dataclass(frozen=True)
class User:
    """Somebody who can sign in: ``token`` is the legacy one, ``pat`` the personal one."""

    id: int
    email: str
    password: str
    token: str
    pat: str


def users() -> dict[str, User]:
    """Everybody in the template: ``admin``, and ``ann1`` to ``ann8``."""
    known = json.loads((TEMPLATE / "users.json").read_text())
    return {name: User(*(told[f.name] for f in fields(User))) for name, told in known.items()}


class Server:
    """``with Server() as server: server.url``. ``data`` keeps its data directory afterwards."""

    def __init__(
        self,
        *,
        data: Path | None = None,
        template: Path | None = TEMPLATE,
        port: int | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        if template is not None and not (template / "users.json").is_file():
            raise FileNotFoundError(
                "the Label Studio of the live tests is not installed: `make test` installs it,"
                " `pytest -m 'not live'` does without"
            )
        self.keep = data is not None
        self.data = data or Path(tempfile.mkdtemp(prefix="label-studio-"))
        if template is not None and not (self.data / "label_studio.sqlite3").exists():
            shutil.copytree(template, self.data, dirs_exist_ok=True)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment or {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Start and wait until it answers."""
        self.log = (self.data / "server.log").open("ab")
        admin = _people()["admin"]
        self.process = subprocess.Popen(
            [
                str(ENVIRONMENT / "bin" / "label-studio"),
                *("start", "--no-browser", "--internal-host", "127.0.0.1"),
                *("--port", str(self.port), "--log-level", "WARNING"),
                *("--username", admin["email"], "--password", admin["password"]),
                *("--user-token", admin["token"], "--enable-legacy-api-token"),
            ],
            cwd=self.data,
            env=quiet_environment(self.data) | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a SIGINT to the tests is not one to the server
        )
        until = time.monotonic() + 240
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop(keep=True)
                log = (self.data / "server.log").read_text(errors="replace")
                raise RuntimeError(f"Label Studio did not start:\n{log[-3000:]}")
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        """Whether the server is up."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def stop(self, *, keep: bool = False) -> None:
        """Stop it (SIGINT ends it cleanly), and remove its data unless they are to be kept."""
        if self.process is not None and self.process.poll() is None:
            # SIGINT ends it cleanly, unless whoever started us in the background ignores it.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                self.process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(10)
                    break
        self.log.close()
        if not self.keep and not keep:
            shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def quiet_environment(data: Path) -> dict[str, str]:
    """The environment of a server that is alone with its data directory."""
    ours = ("LABEL_STUDIO_", "HEARTEX_", "PYTHON", "DJANGO_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    # Label Studio reads names without its prefix, too.
    for name in ("HOST", "PORT", "USERNAME", "PASSWORD", "DEBUG", "CI", "USER_TOKEN"):
        environment.pop(name, None)
    for name in ("DATABASE_NAME", "SECRET_KEY", "JSON_LOG"):
        environment.pop(name, None)
    return environment | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "XDG_CONFIG_HOME": str(data / "xdg-config"),
        "XDG_DATA_HOME": str(data / "xdg-data"),
        "XDG_CACHE_HOME": str(data / "xdg-cache"),
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_SENTRY_DSN": "",
        "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_DEBUG": "false",
        "DJANGO_DB": "sqlite",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }


def _people() -> dict[str, dict[str, str]]:
    admin = {
        "email": "admin@example.com",
        "password": "admin-pass-1",
        "token": "0123456789abcdef0123456789abcdef01234567",
    }
    annotators = {
        f"ann{i}": {
            "email": f"ann{i}@example.com",
            "password": f"ann-pass-{i}",
            "token": f"{i:02d}" * 20,
            "first_name": "Ann",
            "last_name": str(i),
        }
        for i in range(1, N_ANNOTATORS + 1)
    }
    return {"admin": admin, **annotators}


_CREATE_USERS = """
import json, os, sys
import label_studio
sys.path.insert(0, os.path.dirname(label_studio.__file__))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "label_studio.core.settings.label_studio")
import django; django.setup()
from organizations.models import Organization
from users.models import User
from rest_framework.authtoken.models import Token
from jwt_auth.models import LSAPIToken
people, invite = json.loads(sys.argv[1]), sys.argv[2]
organization = Organization.objects.first()
organization.token = invite; organization.save(update_fields=["token"])
for name, told in people.items():
    user = User.objects.filter(email=told["email"]).first() or User.objects.create_user(
        email=told["email"], password=told["password"], username=name,
        first_name=told.get("first_name", name), last_name=told.get("last_name", ""))
    organization.add_user(user)
    user.active_organization = organization; user.save(update_fields=["active_organization"])
    Token.objects.filter(user=user).delete(); Token.objects.create(user=user, key=told["token"])
    told["id"], told["pat"] = user.id, str(LSAPIToken.for_user(user).get_full_jwt())
print("USERS" + json.dumps(people))
"""


def create_users(data: Path, people: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Create (or find) ``people`` by e-mail, with known passwords and tokens; with their ids.

    Works on the database of a server that stands still or runs.
    """
    made = subprocess.run(
        [ENVIRONMENT / "bin" / "python", "-c", _CREATE_USERS, json.dumps(people), INVITE],
        env=quiet_environment(data),
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in made.stdout.splitlines() if line.startswith("USERS")]
    if made.returncode or not told:
        raise RuntimeError(f"the users were not created:\n{made.stdout}{made.stderr}"[-3000:])
    created: dict[str, dict[str, Any]] = json.loads(told[0].removeprefix("USERS"))
    return created


def build_template(target: Path = TEMPLATE) -> None:
    """Migrate an empty database, create the users, and put the result at ``target``."""
    fresh = Path(tempfile.mkdtemp(prefix="template-", dir=target.parent))
    try:
        server = Server(data=fresh, template=None)
        server.start()
        server.stop()
        (fresh / "users.json").write_text(json.dumps(create_users(fresh, _people())))
        (fresh / "server.log").unlink()
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


if __name__ == "__main__":
    build_template()
    print(f"{TEMPLATE}: built", file=sys.stderr)
