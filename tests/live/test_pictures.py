"""Pictures of a project, fetched with the user's own key, small in the report."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labelq.cli import main
from tests.live.conftest import signed_in
from tests.live.server import Server, User

pytestmark = pytest.mark.live

CONFIG = """<View><Image name="image" value="$image"/>
<Choices name="kind" toName="image"><Choice value="cat"/><Choice value="dog"/></Choices></View>"""


def test_the_report_shows_what_annotators_saw(
    server: Server,
    people: dict[str, User],
    api: Callable[..., Any],
    new_project: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = {"data": {"image": "https://images.example/cat.png"}}
    project = new_project([elsewhere], label_config=CONFIG)
    for n in range(5):
        out = io.BytesIO()
        Image.new("RGB", (1200, 800), (40 * n, 90, 120)).save(out, "PNG")
        file = {"file": (f"picture_{n}.png", out.getvalue(), "image/png")}
        api("POST", f"projects/{project}/import", files=file)
    tasks = api("GET", "tasks/", params={"project": project, "page_size": 100})["tasks"]
    assert len(tasks) == 6
    for task in tasks:
        for who, label in (("ann1", "cat"), ("ann2", "dog")):
            value = {"choices": [label]}
            result = {"from_name": "kind", "to_name": "image", "type": "choices", "value": value}
            api("POST", f"tasks/{task['id']}/annotations/", who=who, json={"result": [result]})
    signed_in(monkeypatch, server)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["audit", "--project", str(project), "--out", "a", "--resamples", "0"])
    assert ended.value.code == 0
    told = json.loads(Path("a/pictures.json").read_text("utf-8"))
    reasons = [one["reason"] for one in told.values() if "reason" in one]
    assert reasons == ["it is not on the Label Studio server"]
    uris = [one["uri"] for one in told.values() if "uri" in one]
    assert len(uris) == 5
    for uri in uris:
        small = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
        assert small.size == (240, 160)
    page = Path("a/report.html").read_text("utf-8")
    assert all(uri in page for uri in uris)
    links = re.findall(r'href="([^"]*/data\?task=\d+)"', page)
    assert f"{server.url}/projects/{project}/data?task={tasks[0]['id']}" in links
    assert people["admin"].token not in "".join(
        path.read_text("utf-8") for path in Path("a").rglob("*") if path.is_file()
    )
