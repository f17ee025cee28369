"""A pull of 20,000 tasks with 3 annotations each from a real server, beside the bare pages.

    python benchmarks/pull.py            # needs the server that `make test` installs

The bare loop asks for the same pages and throws them away. Both run in fresh processes, in
turn, against one server, so that a slow machine slows both. The time is that of the loop and
of `pull`, without the start-up of Python.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.live.conftest import CONFIG, LABELS, task
from tests.live.server import Server, users

TASKS, CHUNK, PAIRS = 20_000, 2_000, 2
TEXT = " the parcel was late and nobody answered the phone" * 4

OURS = """
import sys, tempfile, time
from pathlib import Path
from labelq.label_studio.connection import address, connect
from labelq.label_studio.projects import read_project
from labelq.label_studio.pull import pull
url, key, project = sys.argv[1], sys.argv[2], int(sys.argv[3])
with tempfile.TemporaryDirectory() as folder, connect(address(url, key)) as connection:
    start = time.perf_counter()
    told = read_project(connection, project)
    pulled = pull(connection, told, Path(folder) / "project.json")
    print(time.perf_counter() - start)
    assert (pulled.n_tasks, pulled.n_annotations) == (told.n_tasks, 3 * told.n_tasks)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
BARE = """
import sys, time
import httpx
from labelq.label_studio import pull
url, key, project, pages = sys.argv[1:]
wanted = {"project": project, "fields": "all", "page_size": 1000, "resolve_uri": "false"}
wanted["include"] = ",".join((*pull._FIELDS, *pull._OF_ANNOTATION))
with httpx.Client(headers={"Authorization": f"Token {key}"}, timeout=300) as client:
    start = time.perf_counter()
    for page in range(1, int(pages) + 1):
        client.get(f"{url}/api/tasks/", params=wanted | {"page": page}).raise_for_status()
    print(time.perf_counter() - start)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def asked(url: str, key: str, path: str, document: object) -> dict[str, object]:
    headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
    body = json.dumps(document).encode()
    request = urllib.request.Request(f"{url}/api/{path}", body, headers)
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.load(response)


def filled_project(url: str, key: str) -> str:
    """A project with the tasks; everybody's third label differs."""
    raters = [users()[f"ann{n}"].id for n in (1, 2, 3)]
    made = asked(url, key, "projects/", {"title": "benchmark", "label_config": CONFIG})
    for first in range(0, TASKS, CHUNK):
        tasks = [
            task(
                f"{n}{TEXT}",
                {who: LABELS[(n + (i == n % 5)) % 3] for i, who in enumerate(raters)},
                ticket=f"T-{n:06}",
            )
            for n in range(first, first + CHUNK)
        ]
        asked(url, key, f"projects/{made['id']}/import", tasks)
    return str(made["id"])


def measured(code: str, *arguments: str) -> tuple[float, float]:
    """Wall seconds of the loop and peak MiB of its process."""
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    taken, peak = found.stdout.split()
    return float(taken), float(peak) / 1024


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, Server(data=Path(folder)) as server:
        key = users()["admin"].token
        project = filled_project(server.url, key)
        ours, bare = [], []
        for _ in range(PAIRS):
            bare.append(measured(BARE, server.url, key, project, str(TASKS // 1000)))
            ours.append(measured(OURS, server.url, key, project))
        slower = sum(b[0] for b in bare) / sum(o[0] for o in ours)
        print(
            f"pull of {TASKS:,} tasks x 3 annotations: {ours[-1][0]:.1f} s,"
            f" {TASKS / ours[-1][0]:.0f} tasks/s, {max(o[1] for o in ours):.0f} MiB; the bare"
            f" pages {bare[-1][0]:.1f} s, {max(b[1] for b in bare):.0f} MiB; {slower:.2f} of their"
            f" rate ({PAIRS} pairs in turn; wanted: at least .9, under 400 MB)"
        )
